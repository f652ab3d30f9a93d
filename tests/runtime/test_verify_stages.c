/*
 * The output stage's registers, one by one: each value that another operation would
 * have is refused, and so is each relocation of a stream that is not right.
 */
#include "check.h"

#include <string.h>

#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "tiny.h"

static const struct tiny_options plain = { .int8 = 1 },
				 limit = { .int8 = 1,
					   .op = NPUB_OP_RELU | NPUB_OP_CLAMP },
				 leaky = { .int8 = 1, .op = NPUB_OP_LEAKY },
				 added = { .tiles = 2,
					   .int8 = 1,
					   .op = NPUB_OP_ADD | NPUB_OP_RELU |
						 NPUB_OP_CLAMP },
				 floats = { .op = NPUB_OP_ADD };

static const struct {
	const char *name;
	const struct tiny_options *options;
	enum npurt_err want;
	enum npu_reg reg;
	uint32_t value;
} cases[] = {
	/* clang-format off */
	{ "multiplier left out", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BS_CFG, 0x20150 },
	{ "bias left out", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BS_CFG, 0x53 },
	{ "multiplier of the register", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BS_MUL_CFG, 0xe00 },
	{ "multiplier shifted less", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BS_MUL_CFG, 0xd01 },
	{ "negative shift", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_DATA_FORMAT, 0xd0 },
	{ "correction bypassed", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BS_OW_CFG, 0x127 },
	{ "correction of the register", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BS_OW_CFG, 0x124 },
	{ "correction", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BS_OW_OP, 1 },
	{ "ReLU", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BN_CFG, 0x12 },
	{ "zero point of outputs", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_OUT_CVT_OFFSET, 0xfb },
	{ "output scale", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_OUT_CVT_SCALE, 0x5122 },
	{ "output as fp16", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_OUT_CVT_SCALE, 0x15123 },
	{ "output shift", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_OUT_CVT_SHIFT, 15 },
	{ "output rounding", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_OUT_CVT_SHIFT, 1u << 30 | 16 },
	{ "padding", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_CNA_PAD_CON1, 0 },
	{ "no quantised dot product", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_CORE_MISC_CFG, 0 },
	{ "stream of values alone", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_RDMA_BRDMA_CFG, 2 },
	{ "stream of nothing", &plain, NPURT_ERR_RELOC, NPU_REG_DPU_RDMA_BRDMA_CFG, 0 },
	{ "stream of four parts", &plain, NPURT_ERR_COMMAND, NPU_REG_DPU_RDMA_BRDMA_CFG, 0x1e },
	{ "stream of fp16", &plain, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_RDMA_FEATURE_MODE_CFG, 0x17810 },
	{ "addition of nothing", &plain, NPURT_ERR_COMMAND, NPU_REG_DPU_RDMA_FEATURE_MODE_CFG, 0x7800 },
	{ "no limit", &limit, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BN_CFG, 0x12 },
	{ "another limit", &limit, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BN_RELUX_CMP_VALUE, 351 },
	{ "limit after the addition", &limit, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_EW_RELUX_CMP_VALUE, 350 },
	{ "slope of all", &leaky, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BN_CFG, 0x42 },
	{ "ReLU before the slope", &leaky, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BN_CFG, 0x22 },
	{ "slope", &leaky, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BN_MUL_CFG, 0x199a << 16 | 15 << 8 },
	{ "slope's shift", &leaky, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BN_MUL_CFG, 0x1999 << 16 | 14 << 8 },
	{ "slope's other shift", &leaky, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_DATA_FORMAT, 14 << 10 | 0xe0 },
	{ "no addition", &added, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_EW_CFG, 0x383 },
	{ "product", &added, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_EW_CFG, 0x904204c4 },
	{ "addition of halves", &added, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_EW_CFG, 0x108204c0 },
	{ "limit twice", &added, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BN_CFG, 0x92 },
	{ "limit of the sum", &added, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_EW_RELUX_CMP_VALUE, 0 },
	{ "zero point of operands", &added, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_EW_CVT_OFFSET_VALUE, 2 },
	{ "operand scale", &added, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_EW_CVT_SCALE_VALUE, 12 << 16 | 0x4320 },
	{ "operand shift", &added, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_EW_CVT_SCALE_VALUE, 11 << 16 | 0x4321 },
	{ "operand's planes apart", &added, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_RDMA_EW_SURF_STRIDE, 496 },
	{ "operand's even surfaces", &added, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_RDMA_SURF_NOTCH, 0 },
	{ "operand's odd surfaces", &added, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_RDMA_EW_SURF_NOTCH, 0 },
	{ "operand of four bytes", &added, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_RDMA_ERDMA_CFG, 0x4000000c },
	{ "operand a channel", &added, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_RDMA_ERDMA_CFG, 4 },
	{ "operand by one engine", &added, NPURT_ERR_COMMAND, NPU_REG_DPU_RDMA_ERDMA_CFG, 0x40000005 },
	{ "engines apart", &added, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_RDMA_FEATURE_MODE_CFG, 0x7800 },
	{ "halves as bytes", &floats, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_EW_CFG, 0x904202c0 },
	{ "halves converted", &floats, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_EW_CVT_SCALE_VALUE, 2 },
	{ "operand dropped", &floats, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_EW_CFG, 0x108203c0 },
	/* clang-format on */
};

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct npurt_error error;
		struct tiny t;
		uint64_t *word;

		tiny_make(&t, cases[i].options);
		assert_int_equal(tiny_verify(&t, &error), NPURT_OK);
		word = tiny_word(&t, 0, npu_regs[cases[i].reg].offset);
		CHECK(cases[i].name, tiny_get(word) != cases[i].value, "no change");
		tiny_set(word, cases[i].value);
		CHECK_ERR(cases[i].name, tiny_verify(&t, &error), cases[i].want, &error);
		CHECK(cases[i].name,
		      cases[i].want != NPURT_ERR_FORBIDDEN ||
			  error.reg == npu_regs[cases[i].reg].offset,
		      "at register %llx", (unsigned long long)error.reg);
	}
}

/* The second tile's streams: from elsewhere, from another buffer, from nowhere. */
static void test_streams(void **state)
{
	static const enum npu_reg regs[] = { NPU_REG_DPU_RDMA_BS_BASE_ADDR,
					     NPU_REG_DPU_RDMA_SRC_BASE_ADDR,
					     NPU_REG_DPU_RDMA_EW_BASE_ADDR };

	(void)state;
	for (size_t i = 0; i < sizeof regs / sizeof regs[0]; i++) {
		const char *name = npu_regs[regs[i]].name;
		struct npurt_error error;
		struct npub_reloc keep, *r;
		struct tiny t;

		tiny_make(&t, &added);
		r = tiny_reloc(&t, 1, regs[i]);
		keep = *r;
		r->addend += r->addend >= 16 ? (uint64_t)-16 : 16;
		CHECK_ERR(name, tiny_verify(&t, &error), NPURT_ERR_FORBIDDEN, &error);
		*r = keep;
		r->addend = (t.bo[keep.bo].bytes - 16) / 16 * 16;
		CHECK_ERR(name, tiny_verify(&t, &error), NPURT_ERR_DMA, &error);
		*r = keep;
		r->bo = TINY_OUTPUT;
		r->addend = 0;
		CHECK_ERR(name, tiny_verify(&t, &error), NPURT_ERR_RELOC, &error);
		*r = keep;
		tiny_remove_reloc(&t, r);
		CHECK_ERR(name, tiny_verify(&t, &error), NPURT_ERR_RELOC, &error);
	}
}

/* Neither a stream that is off nor one that the tensor does not have. */
static void test_no_stream(void **state)
{
	struct npurt_error error;
	struct tiny t;

	(void)state;
	tiny_make(&t, &plain);
	tiny_set(tiny_word(&t, 0, npu_regs[NPU_REG_DPU_RDMA_BRDMA_CFG].offset), 0);
	tiny_remove_reloc(&t, tiny_reloc(&t, 0, NPU_REG_DPU_RDMA_BS_BASE_ADDR));
	assert_int_equal(tiny_verify(&t, &error), NPURT_ERR_RELOC);
	assert_non_null(strstr(error.detail, "no relocation"));
	tiny_make(&t, &plain);
	t.tensor[TINY_T_BIAS].bytes -= 8; /* of the channels that fill up the group */
	assert_int_equal(tiny_verify(&t, &error), NPURT_ERR_DMA);
	assert_non_null(strstr(error.detail, "past the bias"));
	tiny_make(&t, &added);
	t.bo[TINY_INPUT].bytes += 2 * NPU_PAGE_BYTES;
	t.sync[3].bytes = t.sync[8].bytes = t.bo[TINY_INPUT].bytes;
	assert_int_equal(tiny_verify(&t, &error), NPURT_ERR_SECTION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_no_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
