/* Good programs, and such with one value of one register changed. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "verify_case.h"

static void test_good_bundles(void **state)
{
	(void)state;
	for (int bias = 0; bias < 2; bias++)
		for (uint32_t cores = 1; cores <= 3; cores++)
			for (uint32_t tiles = 1; tiles <= 4; tiles++)
				for (int delta = 0; delta < 2; delta++) {
					struct npurt_error error;
					struct tiny t;

					tiny_make(&t, &(struct tiny_options){
							  .max_cores = cores,
							  .tiles = tiles,
							  .bias = bias,
							  .delta = delta });
					assert_int_equal(tiny_verify(&t, &error), NPURT_OK);
					assert_int_equal(error.code, NPURT_OK);
				}
}

/* One register of one task given another value. */
static const struct {
	const char *name;
	enum npurt_err want;
	uint32_t task;
	enum npu_reg reg;
	uint32_t value;
	const char *says;
} word_cases[] = {
	/* clang-format off */
	/* bits */
	{ "bits outside fields", NPURT_ERR_COMMAND, CONV, NPU_REG_CNA_CBUF_CON0, 0x80b1, "CNA.CBUF_CON0" },
	{ "S_POINTER without ping-pong", NPURT_ERR_COMMAND, CONV, NPU_REG_DPU_S_POINTER, 0, "DPU.S_POINTER" },
	{ "S_POINTER of a barrier", NPURT_ERR_COMMAND, BARRIER, NPU_REG_PPU_S_POINTER, 0x30, "PPU.S_POINTER" },
	{ "absolute address", NPURT_ERR_RELOC, CONV, NPU_REG_DPU_DST_BASE_ADDR, 0x1000, "DST_BASE_ADDR" },
	{ "absolute unused address", NPURT_ERR_RELOC, CONV, NPU_REG_DPU_RDMA_EW_BASE_ADDR, 16, "EW_BASE_ADDR" },
	/* sizes */
	{ "input width", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_DATA_SIZE0, 6 << 16 | 3, "FC_DATA_SIZE0" },
	{ "input rows", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_FC_DATA_SIZE0, 5 << 16 | 6, "FC_DATA_SIZE0" },
	{ "input channels", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_FC_DATA_SIZE1, 16, "FC_DATA_SIZE1" },
	{ "no input rows", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_DATA_SIZE0, 5 << 16, "" },
	{ "output width", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_DATA_SIZE2, 4, "" },
	{ "output pixels", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_DATA_SIZE3, 11, "DATA_SIZE3" },
	{ "CORE height", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CORE_DATAOUT_SIZE_0, 2 << 16 | 4, "" },
	{ "CORE channels", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CORE_DATAOUT_SIZE_1, 15, "" },
	{ "DPU width", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_DPU_DATA_CUBE_WIDTH, 5, "DPU.DATA_CUBE_WIDTH" },
	{ "DPU height", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_DPU_DATA_CUBE_HEIGHT, 0x31, "DPU.DATA_CUBE_HEIGHT" },
	{ "DPU channels", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_DPU_DATA_CUBE_CHANNEL, 19 << 16 | 15, "DATA_CUBE_CHANNEL" },
	{ "written height", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_DPU_WDMA_SIZE_1, 0 << 16 | 4, "WDMA_SIZE_1" },
	{ "written channels", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_DPU_WDMA_SIZE_0, 15, "WDMA_SIZE_0" },
	{ "RDMA width", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_DPU_RDMA_DATA_CUBE_WIDTH, 3, "DPU_RDMA" },
	{ "RDMA height", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_DPU_RDMA_DATA_CUBE_HEIGHT, 3, "DPU_RDMA" },
	{ "RDMA channels", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_DPU_RDMA_DATA_CUBE_CHANNEL, 15, "DPU_RDMA" },
	{ "delta's own size", NPURT_ERR_FORBIDDEN, DELTA, NPU_REG_DPU_WDMA_SIZE_1, 1 << 16 | 4, "task 2" },
	{ "stride zero", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_CONV_CON3, 1 << 3, "stride" },
	{ "kernel zero", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_WEIGHT_SIZE2, 3 << 16 | 20, "" },
	{ "rows far too few", NPURT_ERR_FORBIDDEN, SECOND, NPU_REG_CNA_CONV_CON3, 7 << 3 | 7, "narrow" },
	/* weights */
	{ "kernel bytes", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_WEIGHT_SIZE1, 288, "WEIGHT_SIZE1" },
	{ "weight bytes", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_WEIGHT_SIZE0, 2880 + 144, "WEIGHT_SIZE0" },
	{ "kernel count", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_WEIGHT_SIZE2, 3 << 24 | 3 << 16 | 21, "" },
	/* modes */
	{ "int4", NPURT_ERR_COMMAND, CONV, NPU_REG_CNA_CONV_CON1, 0x360, "CONV_CON1" },
	{ "conv mode", NPURT_ERR_COMMAND, CONV, NPU_REG_CNA_CONV_CON1, 0x121, "CONV_CON1" },
	{ "precisions differ", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_CONV_CON1, 0x20, "CONV_CON1" },
	{ "transposed", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_CONV_CON1, 0x10120, "DECONV" },
	{ "pixel code", NPURT_ERR_COMMAND, CONV, NPU_REG_CNA_CONV_CON1, 0x6000f120, "" },
	{ "pixel without flags", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_CONV_CON1, 0x8120, "NONALIGN" },
	{ "depthwise in CNA alone", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_CONV_CON1, 0x123, "DW_EN" },
	{ "CORE precision", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CORE_MISC_CFG, 0, "PROC_PRECISION" },
	{ "flying", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_DPU_FEATURE_MODE_CFG, 0x1e5, "FLYING" },
	{ "output precision", NPURT_ERR_COMMAND, CONV, NPU_REG_DPU_DATA_FORMAT, 0x68000002, "DATA_FORMAT" },
	{ "compressed weights", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_DCOMP_CTRL, 1, "DCOMP_CTRL" },
	{ "joint mode alone", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_CONV_CON2, 1 << 28 | 5 << 4, "CONV_CON2" },
	{ "single mode in two", NPURT_ERR_FORBIDDEN, MULTI, NPU_REG_CNA_CONV_CON2, 5 << 4, "CONV_CON2" },
	{ "mode of three in two", NPURT_ERR_FORBIDDEN, MULTI, NPU_REG_CNA_CONV_CON2, 2 << 28 | 5 << 4, "CONV_CON2" },
	{ "mode of two in three", NPURT_ERR_FORBIDDEN, THREE, NPU_REG_CNA_CONV_CON2, 4 << 28 | 5 << 4, "CONV_CON2" },
	/* CBUF */
	{ "thirteen banks", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_CBUF_CON0, 0xb2, "CBUF_CON0" },
	{ "no data bank", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_CBUF_CON0, 0xc0, "CBUF_CON0" },
	{ "rows over the banks", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_CBUF_CON1, 500, "CBUF_CON1" },
	{ "reuse on the first", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_CNA_CBUF_CON0, 0x20b1, "WEIGHT_REUSE" },
	{ "data reuse", NPURT_ERR_FORBIDDEN, SECOND, NPU_REG_CNA_CBUF_CON0, 0x10b1, "DATA_REUSE" },
	/* DMA */
	{ "output surfaces too far", NPURT_ERR_DMA, CONV, NPU_REG_DPU_DST_SURF_STRIDE, 0x1000, "DST_BASE_ADDR writes" },
	{ "output groups too far", NPURT_ERR_DMA, CONV, NPU_REG_DPU_SURFACE_ADD, 0x1000, "DST_BASE_ADDR writes" },
	{ "output notch", NPURT_ERR_DMA, SECOND, NPU_REG_DPU_DATA_CUBE_NOTCH_ADDR, 13 << 16 | 13, "DST_BASE_ADDR writes" },
	{ "huge stride", NPURT_ERR_DMA, CONV, NPU_REG_DPU_DST_SURF_STRIDE, 0xfffffff0, "" },
	{ "surfaces a group", NPURT_ERR_FORBIDDEN, CONV, NPU_REG_DPU_BS_OW_CFG, 0x12e, "BS_OW_CFG" },
	{ "barrier reads far", NPURT_ERR_DMA, BARRIER, NPU_REG_PPU_RDMA_SRC_SURF_STRIDE, 0x100000, "SRC_BASE_ADDR reads" },
	{ "barrier writes far", NPURT_ERR_DMA, BARRIER, NPU_REG_PPU_DST_SURF_STRIDE, 0x1000, "" },
	{ "barrier writes much", NPURT_ERR_DMA, BARRIER, NPU_REG_PPU_DATA_CUBE_OUT_WIDTH, 0x1fff, "" },
	{ "element-wise operand", NPURT_ERR_COMMAND, CONV, NPU_REG_DPU_RDMA_ERDMA_CFG, 0x40000008, "operands" },
	{ "main operand", NPURT_ERR_COMMAND, CONV, NPU_REG_DPU_RDMA_FEATURE_MODE_CFG, 0x17840, "operands" },
	{ "norm operand", NPURT_ERR_COMMAND, CONV, NPU_REG_DPU_RDMA_NRDMA_CFG, 2, "operands" },
	{ "bias unused but there", NPURT_ERR_RELOC, CONV, NPU_REG_DPU_RDMA_BRDMA_CFG, 0, "BS_BASE_ADDR" },
	/* clang-format on */
};

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof word_cases / sizeof word_cases[0]; i++) {
		struct npurt_error error;
		struct tiny t;
		enum npurt_err err;

		verify_make(&t);
		tiny_set(
		    tiny_word(&t, word_cases[i].task, npu_regs[word_cases[i].reg].offset),
		    word_cases[i].value);
		err = tiny_verify(&t, &error);
		CHECK_ERR(word_cases[i].name, err, word_cases[i].want, &error);
		CHECK(word_cases[i].name, strstr(error.detail, word_cases[i].says),
		      "'%s' does not say '%s'", error.detail, word_cases[i].says);
		CHECK(word_cases[i].name, error.task == word_cases[i].task, "task %llu",
		      (unsigned long long)error.task);
	}
}

/* Every word of the program, with each bit changed: refused, or the same DMA. */
static void test_every_bit(void **state)
{
	struct npurt_error error;
	struct tiny t;
	uint32_t refused = 0, accepted = 0;

	(void)state;
	tiny_make(&t, &(struct tiny_options){ .max_cores = 2, .tiles = 1, .bias = 1 });
	for (uint32_t w = 0; w < t.word_count; w++) {
		for (int bit = 0; bit < 64; bit++) {
			t.word[w] ^= UINT64_C(1) << bit;
			if (tiny_verify(&t, &error))
				refused++;
			else
				accepted++;
			t.word[w] ^= UINT64_C(1) << bit;
		}
	}
	/* Targets, offsets and tails alone are half of the bits. */
	assert_true(refused > accepted);
	print_message("%u of %u single-bit changes refused\n", refused,
		      refused + accepted);
	assert_int_equal(tiny_verify(&t, &error), NPURT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_bundles),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_every_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
