/* What the tests of weight sources share: a small conv, a file, the messages. */
#ifndef WEIGHTS_FIXTURE_H
#define WEIGHTS_FIXTURE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "operands/fp16.h"
#include "operands/npy.h"
#include "operands/operands.h"
#include "operands/weights.h"

#define WEIGHT_COUNT 24u /* 6 x 2 x 2 x 1 */
#define FILE_BYTES 4096u

/* Tests run at the same time in one directory: each process has its own file. */
static inline char *file_name(void)
{
	static char name[64];

	snprintf(name, sizeof name, "weights-%ld.tmp", (long)getpid());
	return name;
}

/* The value of fp16 bits by its definition, in a double. */
static inline double value_of_half(uint32_t bits)
{
	uint32_t exponent = bits >> 10 & 0x1f;
	double fraction = bits & 0x3ff;
	double value =
	    exponent ? ldexp(1024 + fraction, (int)exponent - 25) : ldexp(fraction, -24);

	return bits & 0x8000 ? -value : value;
}

/* A conv of 3 kernels over 2 channels, 2 x 1, and what its messages say. */
struct fixture {
	struct conv_problem p;
	struct diag *diag;
	FILE *out;
	char *text;
	size_t text_bytes;
};

static inline void open_fixture(struct fixture *f)
{
	memset(f, 0, sizeof *f);
	f->p = (struct conv_problem){
		.name = (char *)"c1",
		.batch = 1,
		.in_c = 4,
		.in_h = 5,
		.in_w = 7,
		.out_c = 6,
		.out_h = 4,
		.out_w = 7,
		.kernel_h = 2,
		.kernel_w = 1,
		.stride_y = 1,
		.stride_x = 1,
		.dilation_y = 1,
		.dilation_x = 1,
		.groups = 2,
		.elem = NPU_ELEM_FP16,
		.out_elem = NPU_ELEM_FP16,
		.seed = 7,
	};
	f->p.weights.path = file_name();
	f->p.bias.path = file_name();
	f->out = open_memstream(&f->text, &f->text_bytes);
	assert_non_null(f->out);
	f->diag = diag_new(f->out);
	assert_non_null(f->diag);
}

static inline void close_fixture(struct fixture *f)
{
	diag_free(f->diag);
	fclose(f->out);
	free(f->text);
	unlink(file_name());
}

static inline void write_file(const void *bytes, size_t count)
{
	FILE *file = fopen(file_name(), "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, count, file), count);
	assert_int_equal(fclose(file), 0);
}

/* The weights of an fp16 conv as npucc stores them, for free(); NULL after an error. */
static inline void *weights_load(const struct conv_problem *p, struct diag *diag)
{
	struct operands o;
	void *weights = operands_load(&o, p, diag) ? o.weights : NULL;

	if (weights)
		o.weights = NULL;
	operands_free(&o);
	return weights;
}

static inline void check_values(const char *name, const uint16_t *weights)
{
	for (uint32_t i = 0; i < WEIGHT_COUNT; i++)
		if (value_of_half(weights[i]) != i + 0.25)
			fail_msg("%s: weight %u is %g", name, i,
				 value_of_half(weights[i]));
}

/* Load `bytes` of `file` as weights; it must fail with these words. */
static inline void refuse(const char *name, enum tensor_source_kind kind,
			  const char *tensor, const void *file, size_t bytes,
			  const char *words, const char *remedy)
{
	struct fixture f;
	void *weights;

	open_fixture(&f);
	f.p.weights.kind = kind;
	f.p.weights.tensor = (char *)(uintptr_t)tensor;
	write_file(file, bytes);
	weights = weights_load(&f.p, f.diag);
	if (weights)
		fail_msg("%s: was loaded", name);
	fflush(f.out);
	if (diag_errors(f.diag) != 1)
		fail_msg("%s: %u errors", name, diag_errors(f.diag));
	if (!strstr(f.text, words) || (remedy && !strstr(f.text, remedy)))
		fail_msg("%s: says\n%s", name, f.text);
	close_fixture(&f);
}

#endif
