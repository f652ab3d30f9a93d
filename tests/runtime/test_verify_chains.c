/* Records, chains and lists that are not what they should be. */
#include "check.h"

#include <string.h>

#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "verify_case.h"

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
			tiny_remove_reloc(t, &t->reloc[i]);
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

static const struct verify_case cases[] = {
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
	/* clang-format on */
};

static void test_changes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		verify_case_run(&cases[i]);
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
	assert_int_equal(tiny_verify(&t, &error), NPURT_OK);
	t.plan[2].list[0].task_count = 1; /* but not a part of it */
	assert_int_equal(tiny_verify(&t, &error), NPURT_ERR_FORBIDDEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_shared_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
