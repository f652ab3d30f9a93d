/*
 * The model behind a capture: its quantisation is read from the records, the words are
 * made from that again, and a word that no operator has is named.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus/verify_compare.h"

#define CAPTURES TEST_DATA "/captures"
#define INT8_ADD_RELU "i8_c48_20x20_oc80_k1x1_s1_p0_g1_addrelu"
#define INT8_ADD "i8_c960_7x7_oc160_k1x1_s1_p0_g1_add"
#define INT8_CLIP "i8_c160_7x7_oc960_k1x1_s1_p0_g1_clip"
#define INT8_RELU "i8_c24_1x1_oc6_k1x1_s1_p0_g1_relu"
#define INT8_PER_TENSOR "i8_c64_20x20_oc1_k1x1_s1_p0_g1_sigmoid"
#define INT8_DEPTHWISE "i8_c96_60x60_oc96_k3x3_s1_p1_g96_hardswish"
#define FP16_ADD_RELU "f16_c48_20x20_oc80_k1x1_s1_p0_g1_addrelu"
#define FP16_SIGMOID "f16_c64_20x20_oc2_k3x3_s1_p1_g1_sigmoid"
#define FP16_PLAIN "f16_c160_7x7_oc320_k3x3_s1_p0_g1"

struct captured {
	struct capture c;
	struct capture_orders orders;
};

static void open_path(struct captured *x, const char *path)
{
	char why[CAPTURE_WHY_BYTES];

	assert_true(capture_orders_read(&x->orders, CAPTURES, why));
	if (!capture_read(&x->c, path, &x->orders, why))
		fail_msg("%s", why);
}

static void open_capture(struct captured *x, const char *name)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s.json", CAPTURES, name);
	open_path(x, path);
}

static void close_capture(struct captured *x)
{
	capture_free(&x->c);
	capture_orders_free(&x->orders);
}

/* Differences, all their sentences in one. */
struct seen {
	unsigned count;
	char all[4000];
};

static void keep(void *ctx, const char *sentence)
{
	struct seen *s = ctx;
	size_t at = strlen(s->all);

	s->count++;
	snprintf(s->all + at, sizeof s->all - at, "%s\n", sentence);
}

static struct seen compare(const struct capture *c)
{
	struct verify_tally tally = { 0 };
	struct seen seen = { 0 };
	struct verify_sink sink = { keep, &seen };

	verify_compare(c, &tally, &sink);
	return seen;
}

static void facts_are_read(void **state)
{
	static const struct {
		const char *name;
		enum capture_fact fact;
		double value;
	} cases[] = {
		{ INT8_ADD_RELU, FACT_INPUT_ZERO, -128 },
		{ INT8_ADD_RELU, FACT_OUTPUT_ZERO, -128 },
		{ INT8_ADD_RELU, FACT_OPERAND_ZERO, 0 },
		{ INT8_PER_TENSOR, FACT_WEIGHT_ZERO, 44 },
		{ INT8_DEPTHWISE, FACT_INPUT_ZERO, -95 },
		{ FP16_SIGMOID, FACT_INDEX_RATIO, 2596 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct capture_facts f;
		struct captured x;

		open_capture(&x, cases[i].name);
		capture_read_facts(&f, &x.c);
		if (!f.has[cases[i].fact] || f.value[cases[i].fact] != cases[i].value)
			fail_msg("%s: %s are %g, not %g", cases[i].name,
				 capture_fact_name(cases[i].fact), f.value[cases[i].fact],
				 cases[i].value);
		close_capture(&x);
	}
}

/* Every operation has the facts of its kind and no others. */
static void operations_have_their_facts(void **state)
{
	static const struct {
		const char *name;
		unsigned facts;
	} cases[] = {
#define F(x) (1u << FACT_##x)
#define INT8_FACTS (F(INPUT_ZERO) | F(OUTPUT_ZERO) | F(OUTPUT_RATIO))
		{ FP16_PLAIN, 0 },
		{ FP16_ADD_RELU, 0 },
		{ FP16_SIGMOID, F(INDEX_RATIO) },
		{ INT8_RELU, INT8_FACTS },
		{ INT8_CLIP, INT8_FACTS | F(LIMIT) },
		{ INT8_ADD, INT8_FACTS | F(OPERAND_ZERO) | F(OPERAND_RATIO) },
		{ INT8_PER_TENSOR, INT8_FACTS | F(WEIGHT_ZERO) | F(INDEX_RATIO) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct capture_facts f;
		struct captured x;
		unsigned facts = 0;

		open_capture(&x, cases[i].name);
		capture_read_facts(&f, &x.c);
		for (unsigned k = 0; k < FACT_N; k++)
			facts |= (unsigned)f.has[k] << k;
		if (facts != cases[i].facts)
			fail_msg("%s: facts %#x, not %#x", cases[i].name, facts,
				 cases[i].facts);
		close_capture(&x);
	}
}

/* All registers that an operator's constants and switches are in. */
static const enum npu_reg operation_regs[] = {
	NPU_REG_DPU_DATA_FORMAT,       NPU_REG_DPU_BS_CFG,
	NPU_REG_DPU_BS_ALU_CFG,	       NPU_REG_DPU_BS_MUL_CFG,
	NPU_REG_DPU_BS_RELUX_CMP_VALUE, NPU_REG_DPU_BS_OW_CFG,
	NPU_REG_DPU_BS_OW_OP,	       NPU_REG_DPU_BN_CFG,
	NPU_REG_DPU_BN_ALU_CFG,	       NPU_REG_DPU_BN_MUL_CFG,
	NPU_REG_DPU_BN_RELUX_CMP_VALUE, NPU_REG_DPU_EW_CFG,
	NPU_REG_DPU_EW_CVT_OFFSET_VALUE, NPU_REG_DPU_EW_CVT_SCALE_VALUE,
	NPU_REG_DPU_EW_RELUX_CMP_VALUE, NPU_REG_DPU_OUT_CVT_OFFSET,
	NPU_REG_DPU_OUT_CVT_SCALE,     NPU_REG_DPU_OUT_CVT_SHIFT,
	NPU_REG_DPU_LUT_ACCESS_CFG,    NPU_REG_DPU_LUT_ACCESS_DATA,
	NPU_REG_DPU_LUT_CFG,	       NPU_REG_DPU_LUT_INFO,
	NPU_REG_DPU_LUT_LE_START,      NPU_REG_DPU_LUT_LO_SLOPE_SHIFT,
	NPU_REG_DPU_RDMA_BRDMA_CFG,    NPU_REG_DPU_RDMA_ERDMA_CFG,
	NPU_REG_CNA_PAD_CON1,	       NPU_REG_DPU_S_POINTER,
};

static struct capture_task *last_conv(struct capture *c)
{
	for (uint32_t i = c->task_count; i-- > 0;) {
		if (capture_is_conv(&c->tasks[i]))
			return &c->tasks[i];
	}
	fail_msg("%s: no conv record", c->slug);
	return NULL;
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* One bit of one record: the record before tells what it should be. */
static void flip_each_register(struct capture *c, uint32_t *seed)
{
	struct capture_task *t = last_conv(c);

	for (size_t i = 0; i < sizeof operation_regs / sizeof operation_regs[0]; i++) {
		enum npu_reg reg = operation_regs[i];
		uint32_t bit = 1u << next_random(seed) % 32;
		bool taken = verify_taken(&c->problem, reg) != TAKEN_NOT;
		struct seen seen;

		if (!t->has[reg])
			continue;
		t->value[reg] ^= bit;
		seen = compare(c);
		t->value[reg] ^= bit;
		if (taken != !seen.count)
			fail_msg("%s: %s with bit %#x flipped: %u differences", c->slug,
				 npu_regs[reg].name, bit, seen.count);
		if (!taken && !strstr(seen.all, npu_regs[reg].name))
			fail_msg("%s: %s is not named: %s", c->slug, npu_regs[reg].name,
				 seen.all);
	}
}

static int is_capture(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return e->d_name[0] != '_' && dot && !strcmp(dot, ".json");
}

static void every_flipped_word_is_named(void **state)
{
	struct dirent **names;
	int count = scandir(CAPTURES, &names, is_capture, alphasort);
	uint32_t seed = 20240917;

	(void)state;
	print_message("seed %u\n", seed);
	assert_true(count >= 15);
	for (int i = 0; i < count; i++) {
		char path[512];
		struct captured x;

		snprintf(path, sizeof path, "%s/%s", CAPTURES, names[i]->d_name);
		open_path(&x, path);
		assert_int_equal(compare(&x.c).count, 0);
		flip_each_register(&x.c, &seed);
		close_capture(&x);
		free(names[i]);
	}
	free(names);
}

static void set_all(struct capture *c, enum npu_reg reg, uint32_t value)
{
	for (uint32_t i = 0; i < c->task_count; i++) {
		if (capture_is_conv(&c->tasks[i]) && c->tasks[i].has[reg])
			c->tasks[i].value[reg] = value;
	}
}

/* Words that agree with each other in all records, and that no operator gives. */
static void words_of_no_model_are_named(void **state)
{
	static const struct {
		const char *name;
		enum npu_reg reg;
		uint32_t value;
		const char *said;
	} cases[] = {
		{ INT8_RELU, NPU_REG_DPU_OUT_CVT_SCALE, 0x3000,
		  "OUT_CVT_SCALE is 0x6000, captured 0x3000" },
		{ INT8_RELU, NPU_REG_DPU_OUT_CVT_SCALE, 0, "OUT_CVT_SHIFT" },
		{ INT8_RELU, NPU_REG_DPU_OUT_CVT_SCALE, 0x18000, "OUT_CVT_SCALE is 0x4000" },
		{ INT8_RELU, NPU_REG_DPU_OUT_CVT_SHIFT, 0xfff, "captured 0xfff" },
		{ INT8_RELU, NPU_REG_DPU_OUT_CVT_OFFSET, 300, "OUT_CVT_OFFSET is 0x7f" },
		{ INT8_RELU, NPU_REG_CNA_PAD_CON1, 0x80, "PAD_CON1 is 0xffffff80" },
		{ INT8_DEPTHWISE, NPU_REG_CNA_PAD_CON1, 0xffffffa1,
		  "PAD_CON1 is 0xffffa1a1" },
		{ INT8_PER_TENSOR, NPU_REG_DPU_BS_OW_OP, 0x100, "BS_OW_OP is 0x80" },
		{ INT8_PER_TENSOR, NPU_REG_DPU_BN_MUL_CFG, 0x20000f00,
		  "BN_MUL_CFG is 0x40001000" },
		{ INT8_CLIP, NPU_REG_DPU_BN_RELUX_CMP_VALUE, 0, "BN_RELUX_CMP_VALUE" },
		{ INT8_CLIP, NPU_REG_DPU_BN_CFG, 0x12, "BN_CFG is 0x92" },
		{ INT8_RELU, NPU_REG_DPU_BN_CFG, 0x53, "BN_CFG is 0x12" },
		{ INT8_ADD, NPU_REG_DPU_EW_CVT_SCALE_VALUE, 0x52000,
		  "EW_CVT_SCALE_VALUE is 0x64000" },
		{ INT8_ADD, NPU_REG_DPU_EW_CVT_OFFSET_VALUE, 0x81,
		  "EW_CVT_OFFSET_VALUE is 0x80" },
		{ INT8_ADD_RELU, NPU_REG_DPU_EW_CFG, 0x904202c0, "EW_CFG is 0x904200c0" },
		{ FP16_ADD_RELU, NPU_REG_DPU_EW_CVT_SCALE_VALUE, 0x10002,
		  "EW_CVT_SCALE_VALUE is 0x1" },
		{ FP16_PLAIN, NPU_REG_CNA_PAD_CON1, 1, "PAD_CON1 is 0" },
		{ FP16_PLAIN, NPU_REG_DPU_OUT_CVT_SHIFT, 3, "OUT_CVT_SHIFT is 0" },
		{ FP16_SIGMOID, NPU_REG_DPU_BN_ALU_CFG, 0, "BN_ALU_CFG is 0x80000000" },
		{ FP16_SIGMOID, NPU_REG_DPU_EW_CFG, 0x383, "EW_CFG is 0x302" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct captured x;
		struct seen seen;

		open_capture(&x, cases[i].name);
		set_all(&x.c, cases[i].reg, cases[i].value);
		seen = compare(&x.c);
		if (!strstr(seen.all, cases[i].said))
			fail_msg("%s: \"%s\" not in:\n%s", cases[i].name, cases[i].said,
				 seen.all);
		close_capture(&x);
	}
}

/* A capture read again with its operator called something else. */
static struct seen compare_as(const char *name, const char *type, const char *as)
{
	char path[512], line[64 * 1024];
	struct captured x;
	struct seen seen;
	FILE *in, *out = fopen("renamed.json", "w");
	char *at;

	snprintf(path, sizeof path, "%s/%s.json", CAPTURES, name);
	in = fopen(path, "r");
	assert_non_null(in);
	assert_non_null(out);
	assert_non_null(fgets(line, sizeof line, in));
	at = strstr(line, type);
	assert_non_null(at);
	fprintf(out, "%.*s%s%s", (int)(at - line), line, as, at + strlen(type));
	fclose(in);
	assert_int_equal(fclose(out), 0);
	open_path(&x, "renamed.json");
	seen = compare(&x.c);
	close_capture(&x);
	remove("renamed.json");
	return seen;
}

static void operators_are_what_they_are_called(void **state)
{
	static const struct {
		const char *name, *type, *as, *said;
	} cases[] = {
		{ INT8_RELU, "\"ConvRelu\"", "\"Conv\"", "BN_CFG is 0x53, captured 0x12" },
		{ INT8_RELU, "\"ConvRelu\"", "\"ConvClip\"", "BN_CFG is 0x92, captured 0x12" },
		{ INT8_RELU, "\"ConvRelu\"", "\"ConvAddRelu\"",
		  "the operator is ConvAddRelu, but its records add nothing" },
		{ INT8_ADD_RELU, "\"ConvAddRelu\"", "\"ConvRelu\"",
		  "the operator is ConvRelu, but its records add a tensor" },
		{ FP16_SIGMOID, "\"ConvSigmoid\"", "\"ConvRelu\"",
		  "the operator is ConvRelu, but its records use a look-up table" },
		{ INT8_RELU, "\"ConvRelu\"", "\"ConvHardSwish\"",
		  "the operator is ConvHardSwish, but its records use no look-up table" },
		/* a name that is not known: what the records do */
		{ INT8_RELU, "\"ConvRelu\"", "\"ConvFancy\"", "" },
		{ INT8_CLIP, "\"ConvClip\"", "\"\"", "" },
		{ INT8_ADD_RELU, "\"ConvAddRelu\"", "\"Gemm\"", "" },
		{ FP16_SIGMOID, "\"ConvSigmoid\"", "\"ConvTanh\"", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct seen seen = compare_as(cases[i].name, cases[i].type, cases[i].as);

		if (!strstr(seen.all, cases[i].said) || !seen.count != !*cases[i].said)
			fail_msg("%s as %s: \"%s\" not in:\n%s", cases[i].name, cases[i].as,
				 cases[i].said, seen.all);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_are_read),
		cmocka_unit_test(operations_have_their_facts),
		cmocka_unit_test(every_flipped_word_is_named),
		cmocka_unit_test(words_of_no_model_are_named),
		cmocka_unit_test(operators_are_what_they_are_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
