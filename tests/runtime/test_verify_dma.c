/* Relocations, ranges of memory and cache syncs that are not what they should be. */
#include "check.h"

#include <string.h>

#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "verify_case.h"

/* relocations */
static void c_reloc_missing(struct tiny *t)
{
	tiny_remove_reloc(t, tiny_reloc(t, CONV, NPU_REG_CNA_DCOMP_ADDR0));
}
static void c_reloc_missing_in_delta(struct tiny *t)
{
	tiny_remove_reloc(t, tiny_reloc(t, DELTA, NPU_REG_DPU_DST_BASE_ADDR));
}
static void c_reloc_no_address(struct tiny *t)
{
	tiny_reloc(t, CONV, NPU_REG_CNA_FEATURE_DATA_ADDR)->word++;
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
	struct npub_reloc *r = tiny_reloc(t, CONV, NPU_REG_DPU_RDMA_BS_BASE_ADDR);

	r->word = (uint32_t)(tiny_word(t, CONV,
				       npu_regs[NPU_REG_DPU_RDMA_SRC_BASE_ADDR].offset) -
			     t->word);
}
static void c_reloc_between(struct tiny *t)
{
	struct npub_reloc *r = tiny_reloc(t, SECOND, NPU_REG_CNA_FEATURE_DATA_ADDR);

	r->word = (uint32_t)(t->task[SECOND].regcmd_addr / 8) - 1;
}
static void c_reloc_after(struct tiny *t)
{
	t->reloc[t->reloc_count - 1].word = t->word_count - 1;
}
static void c_input_from_output(struct tiny *t)
{
	tiny_reloc(t, CONV, NPU_REG_CNA_FEATURE_DATA_ADDR)->bo = TINY_OUTPUT;
}
static void c_output_to_input(struct tiny *t)
{
	tiny_reloc(t, CONV, NPU_REG_DPU_DST_BASE_ADDR)->bo = TINY_INPUT;
}
static void c_output_to_weights(struct tiny *t)
{
	tiny_reloc(t, CONV, NPU_REG_DPU_DST_BASE_ADDR)->bo = TINY_WEIGHT;
}
static void c_weights_from_input(struct tiny *t)
{
	tiny_reloc(t, CONV, NPU_REG_CNA_DCOMP_ADDR0)->bo = TINY_INPUT;
}
static void c_bias_from_task(struct tiny *t)
{
	struct npub_reloc *r = tiny_reloc(t, CONV, NPU_REG_DPU_RDMA_BS_BASE_ADDR);

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
	tiny_reloc(t, LAST, NPU_REG_CNA_FEATURE_DATA_ADDR)->addend += 16 * 5;
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
	tiny_reloc(t, LAST, NPU_REG_DPU_DST_BASE_ADDR)->addend += 16 * 3;
}
static void c_weights_high(struct tiny *t)
{
	tiny_reloc(t, CONV, NPU_REG_CNA_DCOMP_ADDR0)->addend =
	    (t->bo[TINY_WEIGHT].bytes - 2864) / 16 * 16;
}
static void c_bias_high(struct tiny *t)
{
	tiny_reloc(t, CONV, NPU_REG_DPU_RDMA_BS_BASE_ADDR)->addend =
	    t->bo[TINY_WEIGHT].bytes / 16 * 16 - 112;
}
static void c_output_odd(struct tiny *t)
{
	tiny_reloc(t, CONV, NPU_REG_DPU_DST_BASE_ADDR)->addend = 8;
}
static void c_barrier_over_weights(struct tiny *t)
{
	tiny_reloc(t, BARRIER, NPU_REG_PPU_DST_BASE_ADDR)->addend = 1024;
}
static void c_barrier_over_bias(struct tiny *t)
{
	tiny_reloc(t, BARRIER, NPU_REG_PPU_DST_BASE_ADDR)->addend = 2880;
}
static void c_barrier_over_commands(struct tiny *t)
{
	tiny_reloc(t, BARRIER, NPU_REG_PPU_DST_BASE_ADDR)->addend =
	    t->conv.regcmd_bo_offset;
}
static void c_barrier_to_output(struct tiny *t)
{
	struct npub_reloc *r = tiny_reloc(t, BARRIER, NPU_REG_PPU_DST_BASE_ADDR);

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


static const struct verify_case cases[] = {
	/* clang-format off */
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
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		verify_case_run(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
