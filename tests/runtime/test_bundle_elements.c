/* A case for each check of a bundle's elements: whole, checksums right, and wrong. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "hw/npu_hw.h"
#include "tiny.h"

#define AT(field) offsetof(struct tiny, field), sizeof(((struct tiny *)0)->field)

/* One field of the hand-made bundle with another value. */
struct change {
	const char *name;
	enum npurt_err want;
	size_t offset, width;
	uint64_t value;
};

static const struct change element_cases[] = {
	/* clang-format off */
	{ "BO role",              NPURT_ERR_SECTION, AT(bo[0].role), 9 },
	{ "BO of nothing",        NPURT_ERR_SECTION, AT(bo[2].bytes), 0 },
	{ "BO over 4 GiB",        NPURT_ERR_SECTION, AT(bo[2].bytes), UINT64_C(1) << 33 },
	{ "BO alignment 48",      NPURT_ERR_SECTION, AT(bo[3].align), 48 },
	{ "BO alignment 0",       NPURT_ERR_SECTION, AT(bo[3].align), 0 },
	{ "BO data past DATA",    NPURT_ERR_INDEX,   AT(bo[1].data_bytes), 1u << 20 },
	{ "BO data wraps",        NPURT_ERR_INDEX,   AT(bo[1].data_offset), UINT64_MAX },
	{ "BO data too large",    NPURT_ERR_SECTION, AT(bo[1].bytes), 64 },
	{ "BO data over words",   NPURT_ERR_SECTION, AT(conv.regcmd_bo_offset), 64 },
	{ "BO flags",             NPURT_ERR_FORBIDDEN, AT(bo[1].flags), 0x503 },
	{ "task BO not mapped",   NPURT_ERR_FORBIDDEN, AT(bo[0].flags), 0x403 },
	{ "tensor BO",            NPURT_ERR_INDEX,   AT(tensor[0].bo), 5 },
	{ "tensor role",          NPURT_ERR_SECTION, AT(tensor[0].role), 7 },
	{ "tensor layout",        NPURT_ERR_SECTION, AT(tensor[0].layout), NPUB_LAYOUT_LINEAR },
	{ "output in pixels",     NPURT_ERR_SECTION, AT(tensor[1].layout), NPUB_LAYOUT_PIXEL },
	{ "tensor element",       NPURT_ERR_SECTION, AT(tensor[0].elem), 3 },
	{ "tensor size zero",     NPURT_ERR_SECTION, AT(tensor[0].w), 0 },
	{ "tensor scale",         NPURT_ERR_SECTION, AT(tensor[0].scale), 0x7f800000 },
	{ "tensor outside BO",    NPURT_ERR_TENSOR,  AT(tensor[0].bytes), 1u << 16 },
	{ "tensor offset wraps",  NPURT_ERR_TENSOR,  AT(tensor[0].bo_offset), UINT64_MAX - 15 },
	{ "tensor not on atom",   NPURT_ERR_TENSOR,  AT(tensor[1].bo_offset), 8 },
	{ "tensor rows overlap",  NPURT_ERR_TENSOR,  AT(tensor[0].row_pixels), 4 },
	{ "tensor planes overlap", NPURT_ERR_TENSOR, AT(tensor[0].plane_pixels), 29 },
	{ "tensor plane wraps",   NPURT_ERR_TENSOR,  AT(tensor[1].plane_pixels), UINT32_MAX },
	{ "tensor rows wrap",     NPURT_ERR_TENSOR,  AT(tensor[0].row_pixels), UINT32_MAX },
	{ "too few surfaces",     NPURT_ERR_TENSOR,  AT(tensor[1].surfaces), 2 },
	{ "image too small",      NPURT_ERR_TENSOR,  AT(tensor[0].image_bytes), 16 },
	{ "image too far",        NPURT_ERR_TENSOR,  AT(tensor[0].n), 2 },
	{ "conv BO range",        NPURT_ERR_INDEX,   AT(conv.bo_count), 6 },
	{ "conv plan range",      NPURT_ERR_INDEX,   AT(conv.first_plan), 2 },
	{ "conv task range",      NPURT_ERR_INDEX,   AT(conv.task_count), UINT32_MAX },
	{ "conv sync range",      NPURT_ERR_INDEX,   AT(conv.first_sync), UINT32_MAX },
	{ "conv reloc range",     NPURT_ERR_INDEX,   AT(conv.reloc_count), 1000 },
	{ "conv word range",      NPURT_ERR_INDEX,   AT(conv.word_count), 10000 },
	{ "conv name",            NPURT_ERR_INDEX,   AT(conv.input), 4 },
	{ "input is the output",  NPURT_ERR_INDEX,   AT(conv.input), 1 },
	{ "input in another BO",  NPURT_ERR_INDEX,   AT(tensor[0].bo), TINY_INTERNAL },
	{ "output in another BO", NPURT_ERR_INDEX,   AT(tensor[1].bo), TINY_INTERNAL },
	{ "weights missing",      NPURT_ERR_INDEX,   AT(conv.weights), NPUB_NONE },
	{ "bias is the input",    NPURT_ERR_INDEX,   AT(conv.bias), 0 },
	{ "task BO is input",     NPURT_ERR_INDEX,   AT(conv.task_bo), TINY_INPUT },
	{ "regcmd BO is input",   NPURT_ERR_INDEX,   AT(conv.regcmd_bo), TINY_INPUT },
	{ "regcmd BO elsewhere",  NPURT_ERR_INDEX,   AT(conv.regcmd_bo), 77 },
	{ "no plan",              NPURT_ERR_SECTION, AT(conv.plan_count), 0 },
	{ "reserved conv word",   NPURT_ERR_SECTION, AT(conv.reserved), 1 },
	{ "groups do not divide", NPURT_ERR_SECTION, AT(conv.groups), 3 },
	{ "stride zero",          NPURT_ERR_SECTION, AT(conv.stride_y), 0 },
	{ "dilation zero",        NPURT_ERR_SECTION, AT(conv.dilation_x), 0 },
	{ "mode unknown",         NPURT_ERR_SECTION, AT(conv.mode), 3 },
	{ "mode not its layout",  NPURT_ERR_SECTION, AT(conv.mode), NPUB_MODE_PIXEL },
	{ "output size",          NPURT_ERR_SECTION, AT(conv.out_h), 7 },
	{ "padding",              NPURT_ERR_SECTION, AT(conv.pad_left), 3 },
	{ "huge padding",         NPURT_ERR_SECTION, AT(conv.pad_right), UINT32_MAX },
	{ "huge kernel",          NPURT_ERR_SECTION, AT(conv.kernel_h), UINT32_MAX },
	{ "huge dilation",        NPURT_ERR_SECTION, AT(conv.dilation_y), UINT32_MAX },
	{ "commands past BO",     NPURT_ERR_SECTION, AT(conv.regcmd_bo_offset), UINT32_MAX & ~63u },
	{ "commands not on 64",   NPURT_ERR_SECTION, AT(conv.regcmd_bo_offset), 5064 },
	{ "records past BO",      NPURT_ERR_SECTION, AT(bo[0].bytes), 40 },
	{ "plan cores 4",         NPURT_ERR_PLAN,    AT(plan[0].cores), 4 },
	{ "plan cores 0",         NPURT_ERR_PLAN,    AT(plan[0].cores), 0 },
	{ "plan split",           NPURT_ERR_PLAN,    AT(plan[0].split), 6 },
	{ "plan evidence",        NPURT_ERR_PLAN,    AT(plan[0].evidence), 3 },
	{ "plan hazards",         NPURT_ERR_PLAN,    AT(plan[0].hazards), 4 },
	{ "plan reserved",        NPURT_ERR_PLAN,    AT(plan[0].reserved[1]), 1 },
	{ "list past records",    NPURT_ERR_INDEX,   AT(plan[0].list[0].task_count), 100 },
	{ "list wraps",           NPURT_ERR_INDEX,   AT(plan[0].list[0].first_task), UINT32_MAX },
	{ "reloc word",           NPURT_ERR_INDEX,   AT(reloc[3].word), 4000 },
	{ "reloc BO",             NPURT_ERR_INDEX,   AT(reloc[3].bo), 5 },
	{ "reloc addend",         NPURT_ERR_RELOC,   AT(reloc[3].addend), UINT64_MAX },
	{ "reloc twice",          NPURT_ERR_RELOC,   AT(reloc[1].word), 0 }, /* see below */
	{ "sync phase",           NPURT_ERR_SECTION, AT(sync[0].phase), 3 },
	{ "sync BO",              NPURT_ERR_INDEX,   AT(sync[0].bo), 5 },
	{ "sync flags",           NPURT_ERR_SECTION, AT(sync[0].flags), 4 },
	{ "sync nothing",         NPURT_ERR_SECTION, AT(sync[0].flags), 0 },
	{ "sync reserved",        NPURT_ERR_SECTION, AT(sync[0].reserved), 1 },
	{ "sync range",           NPURT_ERR_SECTION, AT(sync[0].bytes), UINT64_MAX },
	/* clang-format on */
};

static void check_change(const struct change *c, const struct tiny_options *o)
{
	struct npurt_error error;
	struct tiny t;
	enum npurt_err err;

	tiny_make(&t, o);
	memcpy((char *)&t + c->offset, &c->value, c->width);
	if (!strcmp(c->name, "reloc twice"))
		t.reloc[1].word = t.reloc[0].word;
	err = tiny_verify(&t, &error);
	CHECK_ERR(c->name, err, c->want, &error);
	CHECK(c->name,
	      error.code == err && error.detail[0] && error.section != NPURT_NOWHERE,
	      "says nowhere");
}

static void test_elements(void **state)
{
	const struct tiny_options o = { .max_cores = 2, .tiles = 2, .bias = 1 };

	(void)state;
	for (size_t i = 0; i < sizeof element_cases / sizeof element_cases[0]; i++)
		check_change(&element_cases[i], &o);
}

#define OP(field) AT(conv.op.field)
#define S NPURT_ERR_SECTION
#define I NPURT_ERR_INDEX
#define NEGATIVE(n) ((uint64_t)(uint32_t)-(n))

/* fp16, with an operand, ReLU and a limit. */
static const struct change float_cases[] = {
	/* clang-format off */
	{ "unknown flag",          S, OP(flags), 64 | 1 | 4 | 8 | 16 },
	{ "multipliers of floats", S, OP(flags), 2 | 1 | 4 | 8 | 16 },
	{ "a slope of floats",     S, OP(flags), 1 | 32 },
	{ "stages without a bias", S, OP(flags), 4 | 8 | 16 },
	{ "limit without ReLU",    S, OP(flags), 1 | 8 | 16 },
	{ "limit without its flag", S, OP(flags), 1 | 4 | 16 },
	{ "operand without its flag", S, OP(flags), 1 | 4 | 8 },
	{ "operand missing",       S, AT(conv.operand), NPUB_NONE },
	{ "bias missing",          S, AT(conv.bias), NPUB_NONE },
	{ "operand of another role", I, AT(conv.operand), TINY_T_BIAS },
	{ "operand in another BO", I, AT(tensor[TINY_T_OPERAND].bo), TINY_INTERNAL },
	{ "operand as weights",    S, AT(tensor[TINY_T_OPERAND].layout), NPUB_LAYOUT_WEIGHTS },
	{ "role of nothing",       S, AT(tensor[TINY_T_OPERAND].role), 5 },
	{ "layout of nothing",     S, AT(tensor[TINY_T_BIAS].layout), 6 },
	{ "to another type",       S, AT(conv.out_elem), NPU_ELEM_INT8 },
	{ "infinite limit",        S, OP(limit), 0x7f800000 },
	{ "limit below zero",      S, OP(limit), 0xbf800000 },
	{ "limit of no number",    S, OP(limit), 0x7fc00000 },
	{ "padding of floats",     S, OP(pad_value), 1 },
	{ "zero of float weights", S, OP(weight_zero), 1 },
	{ "zero of float outputs", S, OP(out_zero), 1 },
	{ "scale of float outputs", S, OP(out_scale), 2 },
	{ "no scale of float outputs", S, OP(out_scale), 0 },
	{ "shift of float outputs", S, OP(out_shift), 1 },
	{ "zero of a float operand", S, OP(operand_zero), 1 },
	{ "scale of a float operand", S, OP(operand_scale), 2 },
	{ "shift of a float operand", S, OP(operand_shift), 1 },
	{ "slope without its flag", S, OP(leak_scale), 1 },
	{ "slope's shift without it", S, OP(leak_shift), 1 },
	{ "bias of whole numbers", S, AT(tensor[TINY_T_BIAS].elem), NPU_ELEM_INT32 },
	{ "bias in groups",        S, AT(tensor[TINY_T_BIAS].layout), NPUB_LAYOUT_BIAS_GROUPED },
	{ "float scale",           S, AT(tensor[TINY_T_INPUT].scale), 0x40000000 },
	{ "float zero point",      S, AT(tensor[TINY_T_INPUT].zero_point), 1 },
	{ "floats from bytes",     S, AT(tensor[TINY_T_INPUT].user_form), NPUB_USER_UINT8 },
	{ "scales of floats",      S, AT(conv.scale_count), TINY_K },
	{ "first scale",           S, AT(conv.first_scale), 1 },
	{ "reserved tensor word",  S, AT(tensor[TINY_T_INPUT].reserved), 1 },
	{ "operand's channels",    S, AT(tensor[TINY_T_OPERAND].c), TINY_K - 1 },
	{ "operand's rows",        S, AT(tensor[TINY_T_OPERAND].h), TINY_H - 1 },
	{ "operand's columns",     S, AT(tensor[TINY_T_OPERAND].w), TINY_W - 1 },
	{ "operand's type",        NPURT_ERR_TENSOR, AT(tensor[TINY_T_OPERAND].elem), NPU_ELEM_FP32 },
	{ "operand's rows apart",  S, AT(tensor[TINY_T_OPERAND].plane_pixels), 31 },
	{ "operand's surfaces",    S, AT(tensor[TINY_T_OPERAND].surfaces), 3 },
	{ "operand's images",      S, AT(tensor[TINY_T_OPERAND].image_bytes), 2032 },
	{ "operand over the input", S, AT(tensor[TINY_T_OPERAND].bo_offset), 496 },
	{ "operand past its BO",   NPURT_ERR_TENSOR, AT(tensor[TINY_T_OPERAND].bo_offset), 528 },
	{ "operand not synced",    S, AT(sync[8].bytes), 528 },
	/* clang-format on */
};

/* int8, the same. */
static const struct change fixed_cases[] = {
	/* clang-format off */
	{ "leaky and added",       S, OP(flags), 1 | 2 | 16 | 32 },
	{ "leaky and ReLU",        S, OP(flags), 1 | 2 | 4 | 32 },
	{ "one multiplier, stream of many", S, OP(flags), 1 | 4 | 8 | 16 },
	{ "no bias stream",        S, OP(flags), 2 | 4 | 8 | 16 },
	{ "padding over a byte",   S, OP(pad_value), 128 },
	{ "padding not the zero",  S, OP(pad_value), 4 },
	{ "input's zero point",    S, AT(tensor[TINY_T_INPUT].zero_point), 4 },
	{ "output's zero point",   S, AT(tensor[TINY_T_OUTPUT].zero_point), 4 },
	{ "operand's zero point",  S, AT(tensor[TINY_T_OPERAND].zero_point), 4 },
	{ "zero point over a byte", S, AT(tensor[TINY_T_OUTPUT].zero_point), 128 },
	{ "zero point below a byte", S, AT(tensor[TINY_T_OUTPUT].zero_point), NEGATIVE(129) },
	{ "weights' zero by channel", S, OP(weight_zero), 1 },
	{ "limit below zero",      S, OP(limit), NEGATIVE(1) },
	{ "output's zero over a byte", S, OP(out_zero), 1000 },
	{ "output's zero not its tensor's", S, OP(out_zero), 7 },
	{ "no output scale",       S, OP(out_scale), 0 },
	{ "output scale",          S, OP(out_scale), 0x8000 },
	{ "output shift",          S, OP(out_shift), 63 },
	{ "operand's zero over a byte", S, OP(operand_zero), NEGATIVE(129) },
	{ "no operand scale",      S, OP(operand_scale), 0 },
	{ "operand scale",         S, OP(operand_scale), 0x8000 },
	{ "operand shift",         S, OP(operand_shift), 63 },
	{ "float bias",            S, AT(tensor[TINY_T_BIAS].elem), NPU_ELEM_FP32 },
	{ "plain bias",            S, AT(tensor[TINY_T_BIAS].layout), NPUB_LAYOUT_LINEAR },
	{ "no scale",              S, AT(tensor[TINY_T_INPUT].scale), 0 },
	{ "scale below zero",      S, AT(tensor[TINY_T_INPUT].scale), 0xbf800000 },
	{ "scale of no number",    S, AT(tensor[TINY_T_INPUT].scale), 0x7fc00000 },
	{ "user's form",           S, AT(tensor[TINY_T_INPUT].user_form), 2 },
	{ "weights from bytes",    S, AT(tensor[TINY_T_WEIGHTS].user_form), NPUB_USER_UINT8 },
	{ "zero point of the bias", S, AT(tensor[TINY_T_BIAS].zero_point), 1 },
	{ "bias from bytes",       S, AT(tensor[TINY_T_BIAS].user_form), NPUB_USER_UINT8 },
	{ "too few scales",        S, AT(conv.scale_count), TINY_K - 1 },
	{ "scales past the last",  S, AT(conv.first_scale), 1 },
	{ "scale of a channel",    S, AT(scale[3]), 0 },
	{ "infinite scale of one", S, AT(scale[3]), 0x7f800000 },
	/* clang-format on */
};

/* The ends of what constants may be: it is the words that then say something else. */
static const struct change edge_cases[] = {
	/* clang-format off */
	{ "least output scale", NPURT_ERR_FORBIDDEN, OP(out_scale), 1 },
	{ "most output scale",  NPURT_ERR_FORBIDDEN, OP(out_scale), 0x7fff },
	{ "most output shift",  NPURT_ERR_FORBIDDEN, OP(out_shift), 62 },
	{ "most limit",         NPURT_ERR_FORBIDDEN, OP(limit), INT32_MAX },
	{ "least operand scale", NPURT_ERR_FORBIDDEN, OP(operand_scale), 1 },
	{ "most operand scale", NPURT_ERR_FORBIDDEN, OP(operand_scale), 0x7fff },
	/* clang-format on */
};

/* int8, leaky. */
static const struct change leaky_cases[] = {
	/* clang-format off */
	{ "slope",       S, OP(leak_scale), 0x8000 },
	{ "slope's shift", S, OP(leak_shift), 63 },
	{ "no slope is one", NPURT_ERR_FORBIDDEN, OP(leak_scale), 0 },
	{ "a slope that does not say so", NPURT_ERR_FORBIDDEN, AT(plan[0].hazards), 0 },
	/* clang-format on */
};

static void test_operators(void **state)
{
	const struct tiny_options fixed = { .int8 = 1,
					    .op = NPUB_OP_ADD | NPUB_OP_RELU |
						  NPUB_OP_CLAMP },
				  floats = { .op = fixed.op },
				  leaky = { .int8 = 1, .op = NPUB_OP_LEAKY };

	(void)state;
	for (size_t i = 0; i < sizeof float_cases / sizeof float_cases[0]; i++)
		check_change(&float_cases[i], &floats);
	for (size_t i = 0; i < sizeof fixed_cases / sizeof fixed_cases[0]; i++)
		check_change(&fixed_cases[i], &fixed);
	for (size_t i = 0; i < sizeof edge_cases / sizeof edge_cases[0]; i++)
		check_change(&edge_cases[i], &fixed);
	for (size_t i = 0; i < sizeof leaky_cases / sizeof leaky_cases[0]; i++)
		check_change(&leaky_cases[i], &leaky);
}

/* An int32 output is the sum: no stage, no other scale. */
static void test_sums(void **state)
{
	static const struct {
		const char *name;
		uint32_t flags;
		int32_t weight_zero, out_zero;
		uint32_t out_scale;
	} cases[] = {
		{ "ReLU", NPUB_OP_BIAS | NPUB_OP_RELU, 0, 0, 1 },
		{ "multipliers", NPUB_OP_BIAS | NPUB_OP_PER_CHANNEL, 0, 0, 1 },
		{ "weights' zero", NPUB_OP_BIAS, 1, 0, 1 },
		{ "output's zero", NPUB_OP_BIAS, 0, 1, 1 },
		{ "output's scale", NPUB_OP_BIAS, 0, 0, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct npurt_error error;
		struct tiny t;

		tiny_make(&t, &(struct tiny_options){ .int8 = 1 });
		t.conv.out_elem = t.tensor[TINY_T_OUTPUT].elem = NPU_ELEM_INT32;
		t.tensor[TINY_T_OUTPUT].surfaces = 8;
		t.tensor[TINY_T_OUTPUT].image_bytes = t.tensor[TINY_T_OUTPUT].bytes =
		    8 * TINY_PLANE_OUT * 16;
		t.tensor[TINY_T_OUTPUT].zero_point = 0;
		t.bo[TINY_OUTPUT].bytes = t.tensor[TINY_T_OUTPUT].bytes;
		t.tensor[TINY_T_BIAS].layout = NPUB_LAYOUT_LINEAR;
		t.conv.op = (struct npub_op){ .flags = cases[i].flags,
					      .pad_value = t.conv.op.pad_value,
					      .weight_zero = cases[i].weight_zero,
					      .out_zero = cases[i].out_zero,
					      .out_scale = cases[i].out_scale };
		CHECK_ERR(cases[i].name, tiny_verify(&t, &error), NPURT_ERR_SECTION,
			  &error);
		CHECK(cases[i].name, strstr(error.detail, "output stage"), "%s",
		      error.detail);
	}
}

/* Types that are each of their own, but not of one conv. */
static void test_types(void **state)
{
	static const struct {
		enum npu_elem in, out;
	} cases[] = {
		{ NPU_ELEM_FP16, NPU_ELEM_INT8 },
		{ NPU_ELEM_FP16, NPU_ELEM_INT32 },
		{ NPU_ELEM_INT8, NPU_ELEM_FP16 },
		{ NPU_ELEM_INT8, NPU_ELEM_FP32 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bool is_wide = npu_elem_info(cases[i].out)->bytes == 4;
		struct npub_tensor *output;
		struct npurt_error error;
		struct tiny t;

		tiny_make(&t, &(struct tiny_options){ .int8 = !cases[i].in });
		output = &t.tensor[TINY_T_OUTPUT];
		t.conv.out_elem = output->elem = cases[i].out;
		output->surfaces = is_wide ? 8 : cases[i].out == NPU_ELEM_FP16 ? 4 : 2;
		output->image_bytes = output->bytes =
		    output->surfaces * TINY_PLANE_OUT * 16;
		output->zero_point = 0;
		output->scale = 1;
		t.bo[TINY_OUTPUT].bytes = output->bytes;
		CHECK_ERR("types", tiny_verify(&t, &error), NPURT_ERR_SECTION, &error);
		CHECK("types", strstr(error.detail, "no conv goes from type"), "%s",
		      error.detail);
	}
}

/* Sums of the two operands' types come out as nothing else. */
static void test_wide_addition(void **state)
{
	struct npub_tensor *output;
	struct npurt_error error;
	struct tiny t;

	(void)state;
	tiny_make(&t, &(struct tiny_options){ .op = NPUB_OP_ADD });
	output = &t.tensor[TINY_T_OUTPUT];
	t.conv.out_elem = output->elem = NPU_ELEM_FP32;
	output->surfaces = 8;
	output->image_bytes = output->bytes = 8 * TINY_PLANE_OUT * 16;
	t.bo[TINY_OUTPUT].bytes = output->bytes;
	CHECK_ERR("addition", tiny_verify(&t, &error), NPURT_ERR_SECTION, &error);
	CHECK("addition", strstr(error.detail, "an addition to an output of another type"),
	      "%s", error.detail);
}

/* Sizes whose product 64 bits do not hold. */
static void test_huge_tensor(void **state)
{
	struct npurt_error error;
	struct tiny t;

	(void)state;
	tiny_make(&t, &(struct tiny_options){ .tiles = 1 });
	t.tensor[0].n = t.tensor[0].h = t.tensor[0].w = UINT32_MAX;
	CHECK_ERR("huge", tiny_verify(&t, &error), NPURT_ERR_SECTION, &error);
	CHECK("huge", strstr(error.detail, "too large"), "%s", error.detail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_wide_addition),
		cmocka_unit_test(test_huge_tensor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
