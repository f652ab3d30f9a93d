/*
 * The operation words of captured records, restated here as data: the constants of an
 * operation must give exactly these words.
 *
 * NPUCC_CONV_VECTORS may name a file of captured registers with hundreds more.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>

#include "lower_fixture.h"

#define FP16 NPU_ELEM_FP16
#define FP32 NPU_ELEM_FP32
#define INT8 NPU_ELEM_INT8
#define INT32 NPU_ELEM_INT32
#define BIAS NPUB_OP_BIAS
#define CHANS (NPUB_OP_BIAS | NPUB_OP_PER_CHANNEL)
#define RELU NPUB_OP_RELU
#define CLAMP (NPUB_OP_RELU | NPUB_OP_CLAMP)
#define ADD NPUB_OP_ADD
#define LEAKY NPUB_OP_LEAKY
#define OFF UINT32_MAX /* no read engine in the record */

/* Registers of an operation, in the order of the columns below. */
static const enum npu_reg columns[] = {
	NPU_REG_DPU_BS_CFG, NPU_REG_DPU_BS_MUL_CFG, NPU_REG_DPU_DATA_FORMAT,
	NPU_REG_DPU_BN_CFG, NPU_REG_DPU_EW_CFG, NPU_REG_DPU_RDMA_BRDMA_CFG,
	NPU_REG_DPU_RDMA_ERDMA_CFG, NPU_REG_DPU_RDMA_FEATURE_MODE_CFG,
};
#define COLUMNS (sizeof columns / sizeof columns[0])

/* clang-format off */
static const struct {
	const char *name;
	struct op_form form;
	uint32_t ow; /* BS_OW_CFG, the two lowest bits */
	uint32_t want[COLUMNS];
} rows[] = {
	/*                                          4050  4040     4048   4010        4060  4070        501c 5034        5044 */
	{ "fp16, no bias",     { FP16, FP16, 0, 0 },            2, { 0x53,    0,     0x48000002, 0x53, 0x383,      OFF, OFF,        OFF     } },
	{ "fp16, bias",        { FP16, FP16, 0, BIAS },         2, { 0x20150, 0,     0x48000002, 0x53, 0x383,      2,   1,          0x17850 } },
	{ "fp16, relu",        { FP16, FP16, 0, BIAS | RELU },  2, { 0x20150, 0,     0x48000002, 0x12, 0x383,      2,   1,          0x17850 } },
	{ "fp16, add",         { FP16, FP16, 0, BIAS | ADD },   2, { 0x20150, 0,     0x48000002, 0x53, 0x108202c0, 2,   0x40000008, 0x17d40 } },
	{ "fp16, add, relu",   { FP16, FP16, 0, BIAS | ADD | RELU },
	                                                        2, { 0x20150, 0,     0x48000002, 0x53, 0x108200c0, 2,   0x40000008, 0x17d40 } },
	{ "fp16 depthwise",    { FP16, FP16, 1, BIAS },         2, { 0x20150, 0,     0x48000002, 0x53, 0x383,      2,   1,          0x17856 } },
	{ "fp16 depthwise, relu", { FP16, FP16, 1, BIAS | RELU },
	                                                        2, { 0x20150, 0,     0x48000002, 0x12, 0x383,      2,   1,          0x17856 } },
	{ "fp16 to fp32",      { FP16, FP32, 0, 0 },            2, { 0x53,    0,     0xa8000002, 0x53, 0x383,      OFF, OFF,        OFF     } },
	{ "int8",              { INT8, INT8, 0, CHANS },        1, { 0x20140, 0xe01, 0xe0,       0x53, 0x383,      0xe, 1,          0x7810  } },
	{ "int8, relu",        { INT8, INT8, 0, CHANS | RELU }, 1, { 0x20140, 0xe01, 0xe0,       0x12, 0x383,      0xe, 1,          0x7810  } },
	{ "int8, clamp",       { INT8, INT8, 0, CHANS | CLAMP },
	                                                        1, { 0x20140, 0xe01, 0xe0,       0x92, 0x383,      0xe, 1,          0x7810  } },
	{ "int8, add",         { INT8, INT8, 0, CHANS | ADD },  1, { 0x20140, 0xe01, 0xe0,       0x53, 0x904202c0, 0xe, 0x40000004, 0x7d00  } },
	{ "int8, add, relu",   { INT8, INT8, 0, CHANS | ADD | RELU },
	                                                        1, { 0x20140, 0xe01, 0xe0,       0x53, 0x904200c0, 0xe, 0x40000004, 0x7d00  } },
	{ "int8 depthwise",    { INT8, INT8, 1, CHANS },        1, { 0x20140, 0xe01, 0xe0,       0x53, 0x383,      0xe, 1,          0x7816  } },
	{ "int8 depthwise, clamp", { INT8, INT8, 1, CHANS | CLAMP },
	                                                        1, { 0x20140, 0xe01, 0xe0,       0x92, 0x383,      0xe, 1,          0x7816  } },
	{ "int8, one scale",   { INT8, INT8, 0, BIAS },         0, { 0x20150, 0,     0,          0x53, 0x383,      2,   1,          0x7810  } },
	{ "int8 to int32",     { INT8, INT32, 0, 0 },           2, { 0x53,    0,     0x80000000, 0x53, 0x383,      OFF, OFF,        OFF     } },
	/* not captured: what the rows above and the fields' meanings give */
	{ "int8 to int32, bias", { INT8, INT32, 0, BIAS },      2, { 0x20150, 0,     0x80000000, 0x53, 0x383,      2,   1,          0x7810  } },
	{ "fp16, clamp",       { FP16, FP16, 0, BIAS | CLAMP }, 2, { 0x20150, 0,     0x48000002, 0x92, 0x383,      2,   1,          0x17850 } },
	{ "int8, add, clamp",  { INT8, INT8, 0, CHANS | ADD | CLAMP },
	                                                        1, { 0x20140, 0xe01, 0xe0,       0x53, 0x904204c0, 0xe, 0x40000004, 0x7d00  } },
	{ "int8, leaky",       { INT8, INT8, 0, CHANS | LEAKY },
	                                                        1, { 0x20140, 0xe01, 0x30e0,     0x62, 0x383,      0xe, 1,          0x7810  } },
};
/* clang-format on */

/* Constants such that one in the wrong place shows. */
static const struct npub_op constants = {
	.pad_value = -14,
	.weight_zero = 0,
	.limit = 0x1cc2a,
	.out_zero = -9,
	.out_scale = 0x6f8e,
	.out_shift = 0x18,
	.operand_zero = -11,
	.operand_scale = 0x7512,
	.operand_shift = 6,
	.leak_scale = 0x199,
	.leak_shift = 12,
};

static struct npub_op op_of(const struct op_form *form)
{
	struct npub_op op = constants;

	op.flags = form->flags;
	if (form->out_elem != INT8) {
		op.out_zero = 0;
		op.out_shift = 0;
		op.out_scale = 1;
	}
	return op;
}

static bool reads(const struct task_desc *t)
{
	return t->block_mask == NPU_MASK_CONV_RDMA;
}

static void words_of_the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct npub_op op = op_of(&rows[i].form);
		struct task_desc t;

		lower_form(&t, &rows[i].form, &op);
		for (size_t j = 0; j < COLUMNS; j++) {
			uint32_t want = rows[i].want[j];

			if (want == OFF ? reads(&t) : t.value[columns[j]] != want)
				fail_msg("%s: %s is %#x, not %#x", rows[i].name,
					 npu_regs[columns[j]].name, t.value[columns[j]],
					 want);
		}
		if ((t.value[NPU_REG_DPU_BS_OW_CFG] & 3) != rows[i].ow)
			fail_msg("%s: BS_OW_CFG is %#x", rows[i].name,
				 t.value[NPU_REG_DPU_BS_OW_CFG]);
	}
}

/* clang-format off */
static const struct {
	const char *name;
	struct op_form form;
	enum npu_reg reg;
	uint32_t want;
} constant_cases[] = {
	{ "padding, sign-extended",  { INT8, INT8, 0, CHANS }, NPU_REG_CNA_PAD_CON1, 0xfffffff2 },
	{ "padding, depthwise",      { INT8, INT8, 1, CHANS }, NPU_REG_CNA_PAD_CON1, 0xfffff2f2 },
	{ "output zero",             { INT8, INT8, 0, CHANS }, NPU_REG_DPU_OUT_CVT_OFFSET, 0xfffffff7 },
	{ "output scale",            { INT8, INT8, 0, CHANS }, NPU_REG_DPU_OUT_CVT_SCALE, 0x6f8e },
	{ "output shift",            { INT8, INT8, 0, CHANS }, NPU_REG_DPU_OUT_CVT_SHIFT, 0x18 },
	{ "int32 scale",             { INT8, INT32, 0, BIAS }, NPU_REG_DPU_OUT_CVT_SCALE, 1 },
	{ "fp16 scale",              { FP16, FP16, 0, BIAS }, NPU_REG_DPU_OUT_CVT_SCALE, 0x10001 },
	{ "fp32 scale",              { FP16, FP32, 0, BIAS }, NPU_REG_DPU_OUT_CVT_SCALE, 1 },
	{ "limit in BN",             { INT8, INT8, 0, CHANS | CLAMP }, NPU_REG_DPU_BN_RELUX_CMP_VALUE, 0x1cc2a },
	{ "no limit without clamp",  { INT8, INT8, 0, CHANS | RELU }, NPU_REG_DPU_BN_RELUX_CMP_VALUE, 0 },
	{ "limit in EW after an add", { INT8, INT8, 0, CHANS | ADD | CLAMP }, NPU_REG_DPU_EW_RELUX_CMP_VALUE, 0x1cc2a },
	{ "and not in BN",           { INT8, INT8, 0, CHANS | ADD | CLAMP }, NPU_REG_DPU_BN_RELUX_CMP_VALUE, 0 },
	{ "operand zero",            { INT8, INT8, 0, CHANS | ADD }, NPU_REG_DPU_EW_CVT_OFFSET_VALUE, 11 },
	{ "operand scale",           { INT8, INT8, 0, CHANS | ADD }, NPU_REG_DPU_EW_CVT_SCALE_VALUE, 0x67512 },
	{ "no operand",              { INT8, INT8, 0, CHANS }, NPU_REG_DPU_EW_CVT_SCALE_VALUE, 1 },
	{ "leak",                    { INT8, INT8, 0, CHANS | LEAKY }, NPU_REG_DPU_BN_MUL_CFG, 0x1990c00 },
	{ "no leak",                 { INT8, INT8, 0, CHANS }, NPU_REG_DPU_BN_MUL_CFG, 0 },
};
/* clang-format on */

static void constants_in_their_registers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof constant_cases / sizeof constant_cases[0]; i++) {
		const struct npub_op op = op_of(&constant_cases[i].form);
		struct task_desc t;

		lower_form(&t, &constant_cases[i].form, &op);
		if (t.value[constant_cases[i].reg] != constant_cases[i].want)
			fail_msg("%s: %#x, not %#x", constant_cases[i].name,
				 t.value[constant_cases[i].reg], constant_cases[i].want);
	}
}

/* One zero point for all weights goes, negated, into 16 bits. */
static void weight_zero_is_negated(void **state)
{
	static const struct {
		int32_t zero;
		uint32_t want;
	} cases[] = { { 0, 0 }, { -128, 0x80 }, { 127, 0xff81 }, { 1, 0xffff } };
	const struct op_form form = { INT8, INT8, 0, BIAS };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct npub_op op = op_of(&form);
		struct task_desc t;

		op.weight_zero = cases[i].zero;
		lower_form(&t, &form, &op);
		assert_int_equal(t.value[NPU_REG_DPU_BS_OW_OP], cases[i].want);
	}
}

/* The operand lies behind the input, as far into it as the output's tile. */
static void operand_addresses(void **state)
{
	const struct op_form form = { INT8, INT8, 0, CHANS | ADD };
	const struct npub_op op = op_of(&form);
	uint64_t input_bytes = 64 / 16 * 28 * 16; /* 4 surfaces of 25 pixels, rounded */
	uint64_t src = 0, ew = 0;
	struct task_desc t;

	(void)state;
	lower_form(&t, &form, &op);
	for (uint32_t i = 0; i < t.addr_count; i++) {
		if (t.addr[i].reg == NPU_REG_DPU_RDMA_SRC_BASE_ADDR)
			src = t.addr[i].offset;
		if (t.addr[i].reg == NPU_REG_DPU_RDMA_EW_BASE_ADDR)
			ew = t.addr[i].offset;
		if (t.addr[i].reg == NPU_REG_DPU_RDMA_SRC_BASE_ADDR ||
		    t.addr[i].reg == NPU_REG_DPU_RDMA_EW_BASE_ADDR)
			assert_int_equal(t.addr[i].bo, NPUB_BO_INPUT);
	}
	assert_int_equal(src, input_bytes);
	assert_int_equal(ew, input_bytes + 12 * 16); /* 3 x 3 pixels, rounded */
}

/* --- registers of a file of captures --------------------------------------------- */

struct vector {
	uint32_t value[NPU_REG_N];
	bool has[NPU_REG_N];
	bool conv, depthwise, rdma;
};

static struct vector vector_from(const json_t *json)
{
	const json_t *values = json_object_get(json, "values");
	const json_t *params = json_object_get(json, "params");
	const char *kind = json_string_value(json_object_get(json, "kind"));
	size_t order = (size_t)json_integer_value(json_object_get(json, "order")), at = 0;
	struct vector v = { .conv = kind && !strcmp(kind, "conv") };
	bool prelude = order == 126 || order == 108;

	v.rdma = order == 126 || order == 122;
	v.depthwise = json_is_true(json_object_get(params, "depthwise"));
	for (size_t i = 0; v.conv && i < npu_order_count; i++) {
		const struct npu_order_row *row = &npu_order[i];

		if ((row->when == NPU_ORDER_PRELUDE && !prelude) ||
		    (row->when == NPU_ORDER_RDMA && !v.rdma))
			continue;
		v.value[row->reg] = (uint32_t)strtoul(
		    json_string_value(json_array_get(values, at++)), NULL, 16);
		v.has[row->reg] = true;
	}
	if (v.conv)
		assert_int_equal(at, json_array_size(values));
	return v;
}

static uint32_t get(const struct vector *v, enum npu_field field)
{
	return npu_field_unpack(v->value[npu_fields[field].reg], field);
}

/* The constants a record holds. */
static struct npub_op op_from_vector(const struct vector *v)
{
	bool add = !get(v, NPU_DPU_EW_CFG_EW_BYPASS);
	bool relu = add ? !get(v, NPU_DPU_EW_CFG_EW_RELU_BYPASS)
			: !get(v, NPU_DPU_BN_CFG_BN_RELU_BYPASS);
	bool chans = get(v, NPU_DPU_BS_OW_CFG_OW_SRC);

	return (struct npub_op){
		.flags = (v->rdma ? BIAS : 0) | (chans ? CHANS : 0) | (relu ? RELU : 0) |
			 (get(v, NPU_DPU_BN_CFG_BN_RELUX_EN) ? CLAMP : 0) |
			 (add ? ADD : 0),
		.pad_value = (int8_t)v->value[NPU_REG_CNA_PAD_CON1],
		.weight_zero = -(int16_t)v->value[NPU_REG_DPU_BS_OW_OP],
		.limit = v->value[NPU_REG_DPU_BN_RELUX_CMP_VALUE],
		.out_zero = (int32_t)v->value[NPU_REG_DPU_OUT_CVT_OFFSET],
		.out_scale = get(v, NPU_DPU_OUT_CVT_SCALE_OUT_CVT_SCALE),
		.out_shift = v->value[NPU_REG_DPU_OUT_CVT_SHIFT],
		.operand_zero = -(int32_t)v->value[NPU_REG_DPU_EW_CVT_OFFSET_VALUE],
		.operand_scale = get(v, NPU_DPU_EW_CVT_SCALE_VALUE_EW_OP_CVT_SCALE),
		.operand_shift = get(v, NPU_DPU_EW_CVT_SCALE_VALUE_EW_OP_CVT_SHIFT),
	};
}

static void check_vector(const struct vector *v, size_t index)
{
	static const enum npu_reg more[] = {
		NPU_REG_CNA_PAD_CON1, NPU_REG_DPU_BS_ALU_CFG,
		NPU_REG_DPU_BS_RELUX_CMP_VALUE, NPU_REG_DPU_BS_OW_CFG,
		NPU_REG_DPU_BS_OW_OP, NPU_REG_DPU_BN_ALU_CFG, NPU_REG_DPU_BN_MUL_CFG,
		NPU_REG_DPU_BN_RELUX_CMP_VALUE, NPU_REG_DPU_EW_CVT_OFFSET_VALUE,
		NPU_REG_DPU_EW_CVT_SCALE_VALUE, NPU_REG_DPU_EW_RELUX_CMP_VALUE,
		NPU_REG_DPU_OUT_CVT_OFFSET, NPU_REG_DPU_OUT_CVT_SCALE,
		NPU_REG_DPU_OUT_CVT_SHIFT,
	};
	struct npub_op op = op_from_vector(v);
	struct op_form form = { get(v, NPU_DPU_DATA_FORMAT_IN_PRECISION),
				get(v, NPU_DPU_DATA_FORMAT_OUT_PRECISION), v->depthwise,
				op.flags };
	struct task_desc t;

	lower_form(&t, &form, &op);
	for (size_t i = 0; i < COLUMNS + sizeof more / sizeof more[0]; i++) {
		enum npu_reg reg = i < COLUMNS ? columns[i] : more[i - COLUMNS];

		if (v->has[reg] && t.value[reg] != v->value[reg])
			fail_msg("record %zu: %s is %#x, captured %#x", index,
				 npu_regs[reg].name, t.value[reg], v->value[reg]);
	}
}

static void words_of_captured_records(void **state)
{
	const char *path = getenv("NPUCC_CONV_VECTORS");
	json_t *root = path ? json_load_file(path, 0, NULL) : NULL;
	const json_t *vectors = json_object_get(root, "vectors");
	size_t compared = 0;

	(void)state;
	if (!path)
		skip();
	for (size_t i = 0; i < json_array_size(vectors); i++) {
		struct vector v = vector_from(json_array_get(vectors, i));

		if (!v.conv)
			continue;
		check_vector(&v, i);
		compared++;
	}
	print_message("%zu records: equal\n", compared);
	assert_true(compared > 0);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_the_table),
		cmocka_unit_test(constants_in_their_registers),
		cmocka_unit_test(weight_zero_is_negated),
		cmocka_unit_test(operand_addresses),
		cmocka_unit_test(words_of_captured_records),
	};

	return cmocka_run_group_tests_name("lower-stages", tests, NULL, NULL);
}
