/*
 * Weight order.  The expectation is the definition, walked: position after
 * position, group of kernels, block of channels, tap, kernel, channel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "pack.h"

#define POISON 0xa5
#define RED_ZONE 64u

static struct conv_problem make_problem(enum npu_elem elem, uint32_t out_c, uint32_t in_c,
					uint32_t groups, uint32_t kernel_h,
					uint32_t kernel_w)
{
	struct conv_problem p = {
		.batch = 1,
		.in_c = in_c,
		.in_h = 32,
		.in_w = 32,
		.out_c = out_c,
		.kernel_h = kernel_h,
		.kernel_w = kernel_w,
		.stride_y = 1,
		.stride_x = 1,
		.dilation_y = 1,
		.dilation_x = 1,
		.groups = groups,
		.elem = elem,
		.out_elem = elem,
	};

	p.out_h = p.in_h - kernel_h + 1;
	p.out_w = p.in_w - kernel_w + 1;
	return p;
}

/* One tensor in both orders, with red zones behind both. */
struct both {
	struct conv_problem p;
	struct conv_layout layout;
	size_t count, bytes; /* user's elements and bytes */
	uint8_t *user, *packed, *back;
};

static uint8_t *take(size_t bytes)
{
	uint8_t *p = malloc(bytes + RED_ZONE);

	assert_non_null(p);
	memset(p, POISON, bytes + RED_ZONE);
	return p;
}

static void check_zone(const char *name, const uint8_t *buffer, size_t bytes)
{
	for (uint32_t i = 0; i < RED_ZONE; i++)
		if (buffer[bytes + i] != POISON)
			fail_msg("%s: byte %u behind the end was written", name, i);
}

/* Element i of the user's array: never zero, neighbours differ. */
static uint32_t value_of(const struct both *b, size_t i)
{
	return 1 + (uint32_t)(i % (b->layout.elem->bytes == 1 ? 251 : 65521));
}

static uint32_t element(const struct both *b, const uint8_t *buffer, size_t i)
{
	uint16_t half;

	if (b->layout.elem->bytes == 1)
		return buffer[i];
	memcpy(&half, buffer + i * 2, sizeof half);
	return half;
}

static void open_both(struct both *b, struct conv_problem p)
{
	b->p = p;
	assert_true(layout_from_problem(&b->layout, &b->p));
	b->count = (size_t)p.out_c * (p.in_c / p.groups) * p.kernel_h * p.kernel_w;
	b->bytes = b->count * b->layout.elem->bytes;
	b->user = take(b->bytes);
	b->packed = take(b->layout.weight_bytes);
	b->back = take(b->bytes);
	for (size_t i = 0; i < b->count; i++) {
		uint16_t half = (uint16_t)value_of(b, i);

		if (b->layout.elem->bytes == 1)
			b->user[i] = (uint8_t)half;
		else
			memcpy(b->user + i * 2, &half, sizeof half);
	}
	pack_weights(&b->p, &b->layout, b->user, b->packed);
	unpack_weights(&b->p, &b->layout, b->packed, b->back);
}

static void close_both(struct both *b, const char *name)
{
	check_zone(name, b->packed, b->layout.weight_bytes);
	check_zone(name, b->back, b->bytes);
	if (memcmp(b->user, b->back, b->bytes) != 0)
		fail_msg("%s: unpacking does not give the weights back", name);
	free(b->user);
	free(b->packed);
	free(b->back);
	layout_free(&b->layout);
}

/* User's index of w[k][c][tap] when kernel k sees channel c, else SIZE_MAX. */
static size_t user_index(const struct conv_problem *p, uint32_t k, uint32_t c,
			 uint32_t tap)
{
	uint32_t in_c = p->in_c / p->groups, out_c = p->out_c / p->groups;
	uint32_t taps = p->kernel_h * p->kernel_w;

	if (k >= p->out_c || c >= p->in_c || c / in_c != k / out_c)
		return SIZE_MAX;
	return ((size_t)k * in_c + c % in_c) * taps + tap;
}

static void check_position(const struct both *b, const char *name, size_t at, size_t user)
{
	uint32_t want = user == SIZE_MAX ? 0 : value_of(b, user);
	uint32_t has = element(b, b->packed, at);

	if (has != want)
		fail_msg("%s: element %zu is %u, the definition says %u", name, at, has,
			 want);
}

/* Walk one dense slice; `stored` channels a tap, `kernels` stored. */
static size_t walk_dense(const struct both *b, const char *name,
			 const struct conv_slice *s, uint32_t stored, uint32_t kernels)
{
	const uint32_t group = b->layout.elem->bytes == 1 ? 32 : 16;
	const uint32_t taps = b->p.kernel_h * b->p.kernel_w;
	size_t at = s->weight_offset / b->layout.elem->bytes;

	for (uint32_t k0 = 0; k0 < kernels; k0 += group)
		for (uint32_t c0 = 0; c0 < stored; c0 += 32)
			for (uint32_t tap = 0; tap < taps; tap++)
				for (uint32_t k = k0; k < k0 + group && k < kernels; k++)
					for (uint32_t c = c0; c < c0 + 32 && c < stored;
					     c++) {
						size_t user = SIZE_MAX;

						if (k < s->k_count && c < s->c_count)
							user = user_index(&b->p, s->k + k,
									  s->c + c, tap);
						check_position(b, name, at++, user);
					}
	return at * b->layout.elem->bytes;
}

/* clang-format off */
static const struct {
	const char *name;
	enum npu_elem elem;
	uint32_t out_c, in_c, kernel_h, kernel_w;
	uint32_t want_chans, want_kernels; /* stored */
} dense_cases[] = {
	/* name                       elem        K    C  kh kw  Cw   Kw */
	{ "worked example",       NPU_ELEM_FP16, 40,  72,  3, 3,  72,  40 },
	{ "one of everything",    NPU_ELEM_FP16,  1,   8,  1, 1,   8,   1 },
	{ "part of an atom",      NPU_ELEM_FP16,  5,   6,  2, 3,   8,   5 },
	{ "two atoms",            NPU_ELEM_FP16, 17,  13,  3, 2,  16,  17 },
	{ "three atoms are four", NPU_ELEM_FP16, 16,  24,  3, 3,  32,  16 },
	{ "17 channels are 32",   NPU_ELEM_FP16,  3,  17,  3, 3,  32,   3 },
	{ "56 channels are 64",   NPU_ELEM_FP16, 33,  56,  1, 5,  64,  33 },
	{ "152 channels are 160", NPU_ELEM_FP16, 31, 152,  1, 1, 160,  31 },
	{ "144 stay 144",         NPU_ELEM_FP16, 24, 144,  1, 1, 144,  24 },
	{ "pixel input",          NPU_ELEM_FP16, 32,   3,  3, 3,   8,  32 },
	{ "five by five",         NPU_ELEM_FP16, 19,  40,  5, 5,  40,  19 },
	{ "seven by seven",       NPU_ELEM_FP16, 18,  64,  7, 7,  64,  18 },
	{ "largest kernel",       NPU_ELEM_FP16,  2,  16, 31, 31, 16,   2 },
	{ "eleven by one",        NPU_ELEM_FP16, 16,  48, 11, 1,  48,  16 },
	{ "int8 keeps 48",        NPU_ELEM_INT8, 64,  48,  3, 3,  48,  64 },
	{ "int8 kernels in pairs", NPU_ELEM_INT8, 37, 40,  3, 3,  48,  38 },
	{ "int8 one kernel",      NPU_ELEM_INT8,  1,  80,  1, 1,  80,   2 },
};
/* clang-format on */

static void test_dense_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof dense_cases / sizeof *dense_cases; i++) {
		const char *name = dense_cases[i].name;
		struct both b;
		size_t end;

		open_both(&b,
			  make_problem(dense_cases[i].elem, dense_cases[i].out_c,
				       dense_cases[i].in_c, 1, dense_cases[i].kernel_h,
				       dense_cases[i].kernel_w));
		if (b.layout.slice_count != 1)
			fail_msg("%s: %u slices", name, b.layout.slice_count);
		end = walk_dense(&b, name, &b.layout.slices[0], dense_cases[i].want_chans,
				 dense_cases[i].want_kernels);
		if (end != b.layout.slices[0].weight_bytes)
			fail_msg("%s: %zu bytes walked, the layout has %llu", name, end,
				 (unsigned long long)b.layout.slices[0].weight_bytes);
		close_both(&b, name);
	}
}

/* Addresses worked out by hand from the formulas. */
/* clang-format off */
static const struct {
	const char *name;
	enum npu_elem elem;
	uint32_t out_c, in_c, groups, k, c, y, x;
	uint32_t want_byte, want_total;
} worked[] = {
	{ "fp16 dense", NPU_ELEM_FP16, 40, 72, 1, 37, 66, 1, 2, 51412, 51840 },
	{ "int8 depthwise", NPU_ELEM_INT8, 80, 80, 80, 70, 70, 2, 1, 694, 720 },
};
/* clang-format on */

static void test_worked_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof worked / sizeof *worked; i++) {
		struct both b;
		size_t user;

		open_both(&b, make_problem(worked[i].elem, worked[i].out_c,
					   worked[i].in_c, worked[i].groups, 3, 3));
		user = user_index(&b.p, worked[i].k, worked[i].c,
				  worked[i].y * 3 + worked[i].x);
		check_position(&b, worked[i].name,
			       worked[i].want_byte / b.layout.elem->bytes, user);
		if (b.layout.slices[0].weight_bytes != worked[i].want_total)
			fail_msg("%s: %llu bytes in all", worked[i].name,
				 (unsigned long long)b.layout.slices[0].weight_bytes);
		close_both(&b, worked[i].name);
	}
}

/* clang-format off */
static const struct {
	const char *name;
	enum npu_elem elem;
	uint32_t chans, kernel_h, kernel_w, want_chans; /* stored */
} depthwise_cases[] = {
	/* name                      elem          C  kh kw   Cw */
	{ "one block",           NPU_ELEM_FP16,   32, 3, 3,   32 },
	{ "three channels",      NPU_ELEM_FP16,    3, 3, 3,    8 },
	{ "two atoms stay two",  NPU_ELEM_FP16,   48, 5, 1,   48 },
	{ "24 channels are 32",  NPU_ELEM_FP16,   24, 3, 3,   32 },
	{ "a tail of one",       NPU_ELEM_FP16,  129, 2, 2,  136 },
	{ "144 stay 144",        NPU_ELEM_FP16,  144, 3, 3,  144 },
	{ "seven by seven",      NPU_ELEM_FP16,   96, 7, 7,   96 },
	{ "int8 48 are 64",      NPU_ELEM_INT8,   48, 3, 3,   64 },
	{ "int8 32 stay 32",     NPU_ELEM_INT8,   32, 3, 1,   32 },
};
/* clang-format on */

static void test_depthwise_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof depthwise_cases / sizeof *depthwise_cases; i++) {
		const char *name = depthwise_cases[i].name;
		const uint32_t chans = depthwise_cases[i].chans;
		const uint32_t taps =
		    depthwise_cases[i].kernel_h * depthwise_cases[i].kernel_w;
		const uint32_t block = depthwise_cases[i].elem == NPU_ELEM_INT8 ? 64 : 32;
		const uint32_t stored = depthwise_cases[i].want_chans;
		struct both b;
		size_t at = 0;

		open_both(&b, make_problem(depthwise_cases[i].elem, chans, chans, chans,
					   depthwise_cases[i].kernel_h,
					   depthwise_cases[i].kernel_w));
		for (uint32_t c0 = 0; c0 < stored; c0 += block)
			for (uint32_t tap = 0; tap < taps; tap++)
				for (uint32_t c = c0; c < c0 + block && c < stored; c++)
					check_position(&b, name, at++,
						       c < chans ? (size_t)c * taps + tap
								 : SIZE_MAX);
		if (at * b.layout.elem->bytes != b.layout.slices[0].weight_bytes)
			fail_msg("%s: wrong size", name);
		close_both(&b, name);
	}
}

/* clang-format off */
static const struct {
	const char *name;
	uint32_t out_c, in_c, groups, kernel;
} grouped_cases[] = {
	{ "whole kernel groups", 64, 64, 2, 3 },
	{ "three channels, seven kernels", 35, 15, 5, 3 },
	{ "two channels, one kernel", 2, 4, 2, 1 },
	{ "block of channels straddled", 96, 120, 6, 1 },
	{ "channel multiplier", 64, 32, 32, 3 },
	{ "fewer kernels than channels", 12, 60, 12, 3 },
	{ "more than one slice", 320, 160, 10, 3 },
};
/* clang-format on */

/* Every channel is in one slice, and a slice is a dense walk with zeros. */
static void test_grouped_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof grouped_cases / sizeof *grouped_cases; i++) {
		const char *name = grouped_cases[i].name;
		struct both b;
		uint32_t c = 0, k = 0;

		open_both(&b,
			  make_problem(NPU_ELEM_FP16, grouped_cases[i].out_c,
				       grouped_cases[i].in_c, grouped_cases[i].groups,
				       grouped_cases[i].kernel, grouped_cases[i].kernel));
		for (uint32_t j = 0; j < b.layout.slice_count; j++) {
			const struct conv_slice *s = &b.layout.slices[j];

			if (s->c != c || s->k != k || s->weight_offset % 64 != 0)
				fail_msg("%s: slice %u starts at c %u, k %u, byte %llu",
					 name, j, s->c, s->k,
					 (unsigned long long)s->weight_offset);
			walk_dense(&b, name, s, s->kernel_chans, s->stored_kernels);
			c += s->c_count;
			k += s->k_count;
		}
		if (c != b.p.in_c || k != b.p.out_c)
			fail_msg("%s: slices cover %u channels and %u kernels", name, c,
				 k);
		close_both(&b, name);
	}
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % below;
}

/* Packing and unpacking is the identity, and everything packed was written. */
static void test_random_round_trips(void **state)
{
	const char *given = getenv("NPUCC_TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

	(void)state;
	print_message("NPUCC_TEST_SEED=%llu\n", (unsigned long long)seed);
	for (uint32_t i = 0; i < 300; i++) {
		uint32_t groups = draw(&seed, 3) ? 1 : 1 + draw(&seed, 40);
		uint32_t per_in = 1 + draw(&seed, groups > 1 ? 20 : 200);
		uint32_t per_out =
		    draw(&seed, 2) ? 1 : 1 + draw(&seed, groups > 1 ? 20 : 70);
		uint32_t kh = 1 + draw(&seed, 7), kw = 1 + draw(&seed, 7);
		enum npu_elem elem = draw(&seed, 4) ? NPU_ELEM_FP16 : NPU_ELEM_INT8;
		struct both b;
		char name[96];

		if (groups > 1 && draw(&seed, 2))
			per_in = per_out = 1; /* depthwise */
		snprintf(name, sizeof name, "case %u: K %u C %u groups %u %ux%u elem %d",
			 i, per_out * groups, per_in * groups, groups, kh, kw, (int)elem);
		open_both(&b, make_problem(elem, per_out * groups, per_in * groups,
					   groups, kh, kw));
		for (uint32_t j = 0; j < b.layout.slice_count; j++)
			if (b.layout.mode != NPUB_MODE_DEPTHWISE)
				walk_dense(&b, name, &b.layout.slices[j],
					   b.layout.slices[j].kernel_chans,
					   b.layout.slices[j].stored_kernels);
		close_both(&b, name);
	}
}

static void test_bias(void **state)
{
	struct conv_problem p = make_problem(NPU_ELEM_FP16, 37, 8, 1, 1, 1);
	struct conv_layout layout;
	float bias[37], back[37], packed[48];

	(void)state;
	p.bias.kind = SOURCE_SEED;
	assert_true(layout_from_problem(&layout, &p));
	assert_int_equal(layout.bias_bytes, sizeof packed);
	for (int i = 0; i < 37; i++)
		bias[i] = (float)i - 18.5f;
	memset(packed, POISON, sizeof packed);
	pack_bias(&p, &layout, bias, packed);
	for (int i = 0; i < 48; i++)
		if (packed[i] != (i < 37 ? bias[i] : 0))
			fail_msg("bias %d is %g", i, (double)packed[i]);
	unpack_bias(&p, &layout, packed, back);
	assert_memory_equal(bias, back, sizeof bias);
	layout_free(&layout);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dense_order),
		cmocka_unit_test(test_worked_examples),
		cmocka_unit_test(test_depthwise_order),
		cmocka_unit_test(test_grouped_order),
		cmocka_unit_test(test_random_round_trips),
		cmocka_unit_test(test_bias),
	};

	return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
