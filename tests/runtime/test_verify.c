#include "check.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "tiny.h"

/* Tasks of the bundle under test: 1-core 0,1,2,3; 2-core 4,5 6,7; 3-core 8,9 10,11 12,13.
 */
enum { CONV = 0, SECOND = 1, DELTA = 2, LAST = 3, MULTI = 4, BARRIER = 5, THREE = 8 };

static void make(struct tiny *t)
{
	tiny_make(t, &(struct tiny_options){
			 .max_cores = 3, .tiles = 4, .bias = 1, .delta = 1 });
}

static enum npurt_err verify(const struct tiny *t, struct npurt_error *error)
{
	size_t bytes;
	uint8_t *blob = tiny_bundle(t, &bytes);
	enum npurt_err err = npurt_verify(blob, bytes, error);

	free(blob);
	return err;
}

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
					assert_int_equal(verify(&t, &error), NPURT_OK);
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

		make(&t);
		tiny_set(
		    tiny_word(&t, word_cases[i].task, npu_regs[word_cases[i].reg].offset),
		    word_cases[i].value);
		err = verify(&t, &error);
		CHECK_ERR(word_cases[i].name, err, word_cases[i].want, &error);
		CHECK(word_cases[i].name, strstr(error.detail, word_cases[i].says),
		      "'%s' does not say '%s'", error.detail, word_cases[i].says);
		CHECK(word_cases[i].name, error.task == word_cases[i].task, "task %llu",
		      (unsigned long long)error.task);
	}
}

/* ---- changes that need more than one value ---- */

/* The conv of the relocation at the register of the task. */
static struct npub_reloc *reloc_of(struct tiny *t, uint32_t task, enum npu_reg reg)
{
	uint32_t word = (uint32_t)(tiny_word(t, task, npu_regs[reg].offset) - t->word);

	for (uint32_t i = 0; i < t->reloc_count; i++) {
		if (t->reloc[i].word == word)
			return &t->reloc[i];
	}
	assert(!"no relocation there");
	return NULL;
}

static void remove_reloc(struct tiny *t, struct npub_reloc *r)
{
	uint32_t at = (uint32_t)(r - t->reloc);

	memmove(r, r + 1, (t->reloc_count - at - 1) * sizeof *r);
	t->conv.reloc_count = --t->reloc_count;
}

/* A word of the task becomes another write, e.g. a duplicate of the one before it. */
static void forget(struct tiny *t, uint32_t task, enum npu_reg reg)
{
	uint16_t offset = npu_regs[reg].offset;
	uint64_t *first = &t->word[t->task[task].regcmd_addr / 8];
	uint64_t filler = *tiny_word(t, task, npu_regs[NPU_REG_DPU_OUT_CVT_SHIFT].offset);

	for (uint32_t i = 0; i < t->task[task].regcfg_amount; i++) {
		if ((uint16_t)first[i] == offset)
			first[i] = filler;
	}
}

static void c_unset_cna(struct tiny *t)
{
	forget(t, CONV, NPU_REG_CNA_PAD_CON1);
}
static void c_unset_in_second_group(struct tiny *t)
{
	forget(t, SECOND, NPU_REG_DPU_EW_CFG);
}
static void c_unset_multi(struct tiny *t)
{
	forget(t, MULTI, NPU_REG_CNA_DCOMP_CTRL);
}
static void c_no_pointer(struct tiny *t)
{
	forget(t, CONV, NPU_REG_DPU_S_POINTER);
}
static void c_no_pointer_in_delta(struct tiny *t)
{
	uint64_t *p = tiny_word(t, DELTA, npu_regs[NPU_REG_DPU_S_POINTER].offset);

	*p = *tiny_word(t, DELTA, npu_regs[NPU_REG_CNA_PAD_CON0].offset);
}
static void c_unknown_target(struct tiny *t)
{
	t->word[3] = (t->word[3] & 0xffffffffffff) | UINT64_C(0x0401) << 48;
}
static void c_unknown_register(struct tiny *t)
{
	t->word[3] = (t->word[3] & ~UINT64_C(0xffff)) | 0x10fc;
}
static void c_wrong_block(struct tiny *t)
{
	t->word[3] = (t->word[3] & 0xffffffffffff) | UINT64_C(0x1001) << 48;
}
static void c_driver_pointer(struct tiny *t)
{
	t->word[3] = UINT64_C(0x0201) << 48 | 0xeu << 16 | 0x1004;
}
static void c_enable_in_body(struct tiny *t)
{
	t->word[3] = UINT64_C(0x0081) << 48 | 0xdu << 16 | 0x8;
}
static void c_block_not_enabled(struct tiny *t)
{
	t->word[3] = UINT64_C(0x4001) << 48 | 0xeu << 16 | 0x6004;
}
static void c_start_mask(struct tiny *t)
{
	tiny_set(&tiny_tail(t, CONV)[3], 0x0d);
}
static void c_enable_mask(struct tiny *t)
{
	t->task[CONV].enable_mask = 0x0d;
}
static void c_dpu_only(struct tiny *t)
{
	t->task[CONV].enable_mask = 0x18;
}
static void c_int_mask_single(struct tiny *t)
{
	t->task[CONV].int_mask = 0x100;
}
static void c_int_mask_other(struct tiny *t)
{
	t->task[BARRIER].int_mask = 0x300;
}
static void c_int_mask_union(struct tiny *t)
{
	t->task[LAST].int_mask = 0xf00;
}
static void c_record_flags(struct tiny *t)
{
	t->task[CONV].flags = 1;
}
static void c_record_status(struct tiny *t)
{
	t->task[CONV].int_status = 0x300;
}
static void c_record_clear(struct tiny *t)
{
	t->task[CONV].int_clear = 0;
}
static void c_record_offset(struct tiny *t)
{
	t->task[CONV].regcfg_offset = 8;
}
static void c_record_16(struct tiny *t)
{
	t->task[SECOND].regcmd_addr += 16;
}
static void c_record_overlap(struct tiny *t)
{
	t->task[SECOND].regcmd_addr -= 64;
}
static void c_record_past_end(struct tiny *t)
{
	t->task[13].regcfg_amount += 4000;
}
static void c_record_huge(struct tiny *t)
{
	t->task[13].regcmd_addr = UINT64_MAX - 63;
}
static void c_record_empty(struct tiny *t)
{
	t->task[13].regcfg_amount = 0;
}
static void c_amount_short(struct tiny *t)
{
	t->task[CONV].regcfg_amount -= 2;
}
static void c_junk_between(struct tiny *t)
{
	t->word[t->task[SECOND].regcmd_addr / 8 - 1] = 1;
}
static void c_junk_after(struct tiny *t)
{
	t->word[t->word_count - 1] = 1;
}
static void c_chain_amount(struct tiny *t)
{
	uint64_t *w = &tiny_tail(t, CONV)[1];

	tiny_set(w, tiny_get(w) + 1);
}
static void c_chain_ends_early(struct tiny *t)
{
	uint64_t *tail = tiny_tail(t, SECOND);

	tiny_set(&tail[1], 0);
	for (uint32_t i = 0; i < t->reloc_count; i++) {
		if (t->reloc[i].word == (uint32_t)(tail - t->word))
			remove_reloc(t, &t->reloc[i]);
	}
}
static void c_chain_skips(struct tiny *t)
{
	uint32_t word = (uint32_t)(tiny_tail(t, CONV) - t->word);

	for (uint32_t i = 0; i < t->reloc_count; i++) {
		if (t->reloc[i].word == word)
			t->reloc[i].addend =
			    t->conv.regcmd_bo_offset + t->task[DELTA].regcmd_addr;
	}
}
static void c_chain_base_not_zero(struct tiny *t)
{
	tiny_set(tiny_tail(t, CONV), 0x40);
}
static void c_chain_goes_on(struct tiny *t)
{
	tiny_set(&tiny_tail(t, LAST)[1], 0x37);
}
static void c_chain_stale_base(struct tiny *t)
{
	tiny_set(tiny_tail(t, LAST), 0x1000);
}
static void c_no_version_word(struct tiny *t)
{
	tiny_tail(t, CONV)[2] = 0;
}
static void c_no_start_word(struct tiny *t)
{
	tiny_tail(t, CONV)[3] = 0;
}
static void c_barrier_bits_alone(struct tiny *t)
{
	uint64_t *w = &tiny_tail(t, CONV)[1];

	tiny_set(w, tiny_get(w) | 1 << 16);
}
static void c_barrier_bits_missing(struct tiny *t)
{
	uint64_t *w = &tiny_tail(t, MULTI)[1];

	tiny_set(w, tiny_get(w) & 0xffff);
}
static void c_barrier_bits_of_three(struct tiny *t)
{
	uint64_t *w = &tiny_tail(t, MULTI)[1];

	tiny_set(w, (tiny_get(w) & 0xffff) | 2 << 16);
}
static void c_amount_high_bits(struct tiny *t)
{
	uint64_t *w = &tiny_tail(t, CONV)[1];

	tiny_set(w, tiny_get(w) | 1u << 30);
}
/* lists */
static void c_list_short(struct tiny *t)
{
	t->plan[0].list[0].task_count = 3;
}
static void c_list_long(struct tiny *t)
{
	t->plan[0].list[0].task_count = 5;
}
static void c_list_all(struct tiny *t)
{
	t->plan[0].list[0].task_count = 14;
}
static void c_list_tail_index(struct tiny *t)
{
	t->plan[0].list[0] = (struct npub_list){ 8, 6 };
}
static void c_list_mixed(struct tiny *t)
{
	t->plan[1].list[1] = t->plan[2].list[1];
}
static void c_list_without_barrier(struct tiny *t)
{
	t->plan[1].list[0].task_count = 1;
}
static void c_list_missing_core(struct tiny *t)
{
	t->plan[2].list[1] = (struct npub_list){ 0, 0 };
}
static void c_list_extra_core(struct tiny *t)
{
	t->plan[1].list[2] = (struct npub_list){ 12, 2 };
}
static void c_list_leftover_start(struct tiny *t)
{
	t->plan[0].list[2].first_task = 3;
}
static void c_plans_same_cores(struct tiny *t)
{
	t->plan[2].cores = 2;
}
static void c_two_core_list_alone(struct tiny *t)
{
	t->plan[1].list[1] = (struct npub_list){ 0, 0 };
}
/* relocations */
static void c_reloc_missing(struct tiny *t)
{
	remove_reloc(t, reloc_of(t, CONV, NPU_REG_CNA_DCOMP_ADDR0));
}
static void c_reloc_missing_in_delta(struct tiny *t)
{
	remove_reloc(t, reloc_of(t, DELTA, NPU_REG_DPU_DST_BASE_ADDR));
}
static void c_reloc_no_address(struct tiny *t)
{
	reloc_of(t, CONV, NPU_REG_CNA_FEATURE_DATA_ADDR)->word++;
}
static void c_reloc_in_tail(struct tiny *t)
{
	uint32_t word = (uint32_t)(tiny_tail(t, CONV) - t->word);

	for (uint32_t i = 0; i < t->reloc_count; i++) {
		if (t->reloc[i].word == word)
			t->reloc[i].word = word + 1;
	}
}
static void c_reloc_unused(struct tiny *t)
{
	struct npub_reloc *r = reloc_of(t, CONV, NPU_REG_DPU_RDMA_BS_BASE_ADDR);

	r->word = (uint32_t)(tiny_word(t, CONV,
				       npu_regs[NPU_REG_DPU_RDMA_SRC_BASE_ADDR].offset) -
			     t->word);
}
static void c_reloc_between(struct tiny *t)
{
	struct npub_reloc *r = reloc_of(t, SECOND, NPU_REG_CNA_FEATURE_DATA_ADDR);

	r->word = (uint32_t)(t->task[SECOND].regcmd_addr / 8) - 1;
}
static void c_reloc_after(struct tiny *t)
{
	t->reloc[t->reloc_count - 1].word = t->word_count - 1;
}
static void c_input_from_output(struct tiny *t)
{
	reloc_of(t, CONV, NPU_REG_CNA_FEATURE_DATA_ADDR)->bo = TINY_OUTPUT;
}
static void c_output_to_input(struct tiny *t)
{
	reloc_of(t, CONV, NPU_REG_DPU_DST_BASE_ADDR)->bo = TINY_INPUT;
}
static void c_output_to_weights(struct tiny *t)
{
	reloc_of(t, CONV, NPU_REG_DPU_DST_BASE_ADDR)->bo = TINY_WEIGHT;
}
static void c_weights_from_input(struct tiny *t)
{
	reloc_of(t, CONV, NPU_REG_CNA_DCOMP_ADDR0)->bo = TINY_INPUT;
}
static void c_bias_from_task(struct tiny *t)
{
	struct npub_reloc *r = reloc_of(t, CONV, NPU_REG_DPU_RDMA_BS_BASE_ADDR);

	r->bo = TINY_TASK;
	r->addend = 0;
}
static void c_input_low(struct tiny *t)
{
	/* Surfaces below the first one: 28 bits, wrapped. */
	tiny_set(tiny_word(t, CONV, 0x1080), 0xfffffff - 100);
	tiny_set(tiny_word(t, CONV, 0x1024), 0x000f0010);
	tiny_set(tiny_word(t, CONV, 0x1088), 16);
	tiny_set(tiny_word(t, CONV, 0x1034), 288);
	tiny_set(tiny_word(t, CONV, 0x1030), 288 * 20);
}
static void c_input_high(struct tiny *t)
{
	reloc_of(t, LAST, NPU_REG_CNA_FEATURE_DATA_ADDR)->addend += 16 * 5;
}
static void c_input_rows(struct tiny *t)
{
	tiny_set(tiny_word(t, CONV, 0x1020), 5 << 16 | 7);
	tiny_set(tiny_word(t, CONV, 0x1084), 5 << 16 | 7);
}
static void c_input_line(struct tiny *t)
{
	c_input_rows(t);
	tiny_set(tiny_word(t, CONV, 0x1020), 5 << 16 | 6);
	tiny_set(tiny_word(t, CONV, 0x1084), 5 << 16 | 6);
	tiny_set(tiny_word(t, CONV, 0x107c), 400);
}
static void c_output_high(struct tiny *t)
{
	reloc_of(t, LAST, NPU_REG_DPU_DST_BASE_ADDR)->addend += 16 * 3;
}
static void c_weights_high(struct tiny *t)
{
	reloc_of(t, CONV, NPU_REG_CNA_DCOMP_ADDR0)->addend =
	    (t->bo[TINY_WEIGHT].bytes - 2864) / 16 * 16;
}
static void c_bias_high(struct tiny *t)
{
	reloc_of(t, CONV, NPU_REG_DPU_RDMA_BS_BASE_ADDR)->addend =
	    t->bo[TINY_WEIGHT].bytes / 16 * 16 - 112;
}
static void c_output_odd(struct tiny *t)
{
	reloc_of(t, CONV, NPU_REG_DPU_DST_BASE_ADDR)->addend = 8;
}
static void c_barrier_over_weights(struct tiny *t)
{
	reloc_of(t, BARRIER, NPU_REG_PPU_DST_BASE_ADDR)->addend = 1024;
}
static void c_barrier_over_bias(struct tiny *t)
{
	reloc_of(t, BARRIER, NPU_REG_PPU_DST_BASE_ADDR)->addend = 2880;
}
static void c_barrier_over_commands(struct tiny *t)
{
	reloc_of(t, BARRIER, NPU_REG_PPU_DST_BASE_ADDR)->addend =
	    t->conv.regcmd_bo_offset;
}
static void c_barrier_to_output(struct tiny *t)
{
	struct npub_reloc *r = reloc_of(t, BARRIER, NPU_REG_PPU_DST_BASE_ADDR);

	r->bo = TINY_OUTPUT;
	r->addend = 0;
}
/* syncs; see fill_syncs() in tiny.c for the indices */
static void c_sync_input(struct tiny *t)
{
	t->sync[8].bytes -= 16;
}
static void c_sync_output(struct tiny *t)
{
	t->sync[9].flags = 1;
}
static void c_sync_commands(struct tiny *t)
{
	t->sync[5].bytes = 64;
	t->sync[7].bytes -= 8;
}
static void c_sync_data(struct tiny *t)
{
	t->sync[5].offset = 64, t->sync[5].bytes -= 64;
}

static const struct {
	const char *name;
	enum npurt_err want;
	void (*change)(struct tiny *t);
	const char *says;
} change_cases[] = {
	/* clang-format off */
	{ "register never set", NPURT_ERR_INCOMPLETE, c_unset_cna, "CNA.PAD_CON1" },
	{ "set in the other group only", NPURT_ERR_INCOMPLETE, c_unset_in_second_group, "DPU.EW_CFG" },
	{ "set in another plan only", NPURT_ERR_INCOMPLETE, c_unset_multi, "CNA.DCOMP_CTRL" },
	{ "no S_POINTER", NPURT_ERR_INCOMPLETE, c_no_pointer, "S_POINTER" },
	{ "no S_POINTER in a delta", NPURT_ERR_INCOMPLETE, c_no_pointer_in_delta, "S_POINTER" },
	{ "unknown target", NPURT_ERR_COMMAND, c_unknown_target, "no such register" },
	{ "unknown register", NPURT_ERR_COMMAND, c_unknown_register, "no such register" },
	{ "target of another block", NPURT_ERR_COMMAND, c_wrong_block, "no such register" },
	{ "driver's pointer", NPURT_ERR_COMMAND, c_driver_pointer, "no such register" },
	{ "start word in the body", NPURT_ERR_COMMAND, c_enable_in_body, "no such register" },
	{ "block not enabled", NPURT_ERR_COMMAND, c_block_not_enabled, "not enabled" },
	{ "start mask", NPURT_ERR_CHAIN, c_start_mask, "start word" },
	{ "enable mask", NPURT_ERR_COMMAND, c_enable_mask, "" },
	{ "DPU-only record", NPURT_ERR_FORBIDDEN, c_dpu_only, "combination" },
	{ "half an interrupt pair", NPURT_ERR_FORBIDDEN, c_int_mask_single, "int_mask" },
	{ "another block's pair", NPURT_ERR_FORBIDDEN, c_int_mask_other, "int_mask" },
	{ "two pairs", NPURT_ERR_FORBIDDEN, c_int_mask_union, "int_mask" },
	{ "record flags", NPURT_ERR_PLAN, c_record_flags, "record" },
	{ "record status", NPURT_ERR_PLAN, c_record_status, "record" },
	{ "record clear", NPURT_ERR_PLAN, c_record_clear, "record" },
	{ "record offset", NPURT_ERR_PLAN, c_record_offset, "record" },
	{ "record on 16 bytes", NPURT_ERR_CHAIN, c_record_16, "64" },
	{ "records overlap", NPURT_ERR_CHAIN, c_record_overlap, "overlap" },
	{ "record past the words", NPURT_ERR_CHAIN, c_record_past_end, "past" },
	{ "record address huge", NPURT_ERR_CHAIN, c_record_huge, "past" },
	{ "record empty", NPURT_ERR_CHAIN, c_record_empty, "" },
	{ "record two words short", NPURT_ERR_RELOC, c_amount_short, "tail" },
	{ "junk between records", NPURT_ERR_CHAIN, c_junk_between, "not zero" },
	{ "junk after the last", NPURT_ERR_CHAIN, c_junk_after, "not zero" },
	{ "chain amount", NPURT_ERR_CHAIN, c_chain_amount, "amount" },
	{ "chain ends early", NPURT_ERR_CHAIN, c_chain_ends_early, "chain" },
	{ "chain skips a record", NPURT_ERR_CHAIN, c_chain_skips, "next record" },
	{ "chain base not zero", NPURT_ERR_CHAIN, c_chain_base_not_zero, "" },
	{ "chain goes on", NPURT_ERR_CHAIN, c_chain_goes_on, "goes on" },
	{ "stale end base", NPURT_ERR_CHAIN, c_chain_stale_base, "goes on" },
	{ "no version word", NPURT_ERR_CHAIN, c_no_version_word, "start word" },
	{ "no start word", NPURT_ERR_CHAIN, c_no_start_word, "start word" },
	{ "barrier bits in a one-core list", NPURT_ERR_FORBIDDEN, c_barrier_bits_alone, "barrier bits" },
	{ "barrier bits missing", NPURT_ERR_FORBIDDEN, c_barrier_bits_missing, "barrier bits" },
	{ "barrier bits of three in two", NPURT_ERR_FORBIDDEN, c_barrier_bits_of_three, "barrier bits" },
	{ "amount bits 30:29", NPURT_ERR_FORBIDDEN, c_amount_high_bits, "" },
	{ "count below the chain", NPURT_ERR_FORBIDDEN, c_list_short, "leave out" },
	{ "count above the chain", NPURT_ERR_FORBIDDEN, c_list_long, "overlap" },
	{ "all plans in one range", NPURT_ERR_FORBIDDEN, c_list_all, "overlap" },
	{ "tail-index layout", NPURT_ERR_FORBIDDEN, c_list_tail_index, "" },
	{ "lists of two plans mixed", NPURT_ERR_FORBIDDEN, c_list_mixed, "" },
	{ "list without its barrier", NPURT_ERR_FORBIDDEN, c_list_without_barrier, "" },
	{ "core without a list", NPURT_ERR_PLAN, c_list_missing_core, "core 1" },
	{ "list without a core", NPURT_ERR_PLAN, c_list_extra_core, "core 2" },
	{ "empty list that starts", NPURT_ERR_PLAN, c_list_leftover_start, "core 2" },
	{ "two plans for two cores", NPURT_ERR_PLAN, c_plans_same_cores, "rise" },
	{ "two-core list run alone", NPURT_ERR_FORBIDDEN, c_two_core_list_alone, "" },
	{ "address not relocated", NPURT_ERR_RELOC, c_reloc_missing, "DCOMP_ADDR0" },
	{ "delta's address not relocated", NPURT_ERR_RELOC, c_reloc_missing_in_delta, "DST_BASE_ADDR" },
	{ "relocation of a size", NPURT_ERR_RELOC, c_reloc_no_address, "no address" },
	{ "relocation of an amount", NPURT_ERR_RELOC, c_reloc_in_tail, "tail" },
	{ "relocation of an unused address", NPURT_ERR_RELOC, c_reloc_unused, "not used" },
	{ "relocation between records", NPURT_ERR_RELOC, c_reloc_between, "between" },
	{ "relocation after the last record", NPURT_ERR_RELOC, c_reloc_after, "" },
	{ "input from the output", NPURT_ERR_RELOC, c_input_from_output, "role" },
	{ "output to the input", NPURT_ERR_RELOC, c_output_to_input, "role" },
	{ "output to the weights", NPURT_ERR_RELOC, c_output_to_weights, "role" },
	{ "weights from the input", NPURT_ERR_RELOC, c_weights_from_input, "role" },
	{ "bias from the task BO", NPURT_ERR_RELOC, c_bias_from_task, "role" },
	{ "input below its buffer", NPURT_ERR_DMA, c_input_low, "[-" },
	{ "input above its buffer", NPURT_ERR_DMA, c_input_high, "FEATURE_DATA_ADDR reads" },
	{ "more rows than there are", NPURT_ERR_DMA, c_input_rows, "FEATURE_DATA_ADDR reads" },
	{ "rows too far apart", NPURT_ERR_DMA, c_input_line, "FEATURE_DATA_ADDR reads" },
	{ "output above its buffer", NPURT_ERR_DMA, c_output_high, "of BO 'output' of" },
	{ "weights above their buffer", NPURT_ERR_DMA, c_weights_high, "DCOMP_ADDR0 reads" },
	{ "bias above its buffer", NPURT_ERR_DMA, c_bias_high, "BS_BASE_ADDR reads" },
	{ "output not on an atom", NPURT_ERR_DMA, c_output_odd, "not on 16" },
	{ "barrier over weights", NPURT_ERR_DMA, c_barrier_over_weights, "over weights" },
	{ "barrier over bias", NPURT_ERR_DMA, c_barrier_over_bias, "over weights" },
	{ "barrier over commands", NPURT_ERR_DMA, c_barrier_over_commands, "over weights" },
	{ "barrier to the output", NPURT_ERR_RELOC, c_barrier_to_output, "role" },
	{ "input sync short", NPURT_ERR_SECTION, c_sync_input, "input to the device" },
	{ "output sync the wrong way", NPURT_ERR_SECTION, c_sync_output, "output from" },
	{ "commands never synced", NPURT_ERR_SECTION, c_sync_commands, "commands" },
	{ "data never synced", NPURT_ERR_SECTION, c_sync_data, "data" },
	/* clang-format on */
};

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof change_cases / sizeof change_cases[0]; i++) {
		struct npurt_error error;
		struct tiny t;
		enum npurt_err err;

		make(&t);
		change_cases[i].change(&t);
		err = verify(&t, &error);
		CHECK_ERR(change_cases[i].name, err, change_cases[i].want, &error);
		CHECK(change_cases[i].name, strstr(error.detail, change_cases[i].says),
		      "'%s' does not say '%s'", error.detail, change_cases[i].says);
	}
}

/* A plan for two cores that was not split shares the one-core list. */
static void test_shared_list(void **state)
{
	struct npurt_error error;
	struct tiny t;

	(void)state;
	tiny_make(&t, &(struct tiny_options){ .tiles = 2 });
	t.plan[1] = t.plan[0];
	t.plan[1].cores = 2;
	t.plan[2] = t.plan[0];
	t.plan[2].cores = 3;
	t.conv.plan_count = t.plan_count = 3;
	assert_int_equal(verify(&t, &error), NPURT_OK);
	t.plan[2].list[0].task_count = 1; /* but not a part of it */
	assert_int_equal(verify(&t, &error), NPURT_ERR_FORBIDDEN);
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
			if (verify(&t, &error))
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
	assert_int_equal(verify(&t, &error), NPURT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_bundles), cmocka_unit_test(test_words),
		cmocka_unit_test(test_changes),	     cmocka_unit_test(test_shared_list),
		cmocka_unit_test(test_every_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
