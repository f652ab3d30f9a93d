/* Command words: fetching, tails, starts, and the count of tasks. */
#include <string.h>

#include "board.h"
#include "check.h"

static const struct bconv conv = { "conv",  .c = 8,  .h = 6, .w = 5,
				   .k = 16, .kh = 1, .kw = 1 };

/* A list of three tiles; most tests change one word of the second record. */
struct list {
	struct board b;
	struct brecord r[3];
	uint32_t body; /* words */
};

static void list_open(struct list *l)
{
	const uint32_t three = 3;

	board_open(&l->b, &conv, 11);
	for (uint32_t i = 0; i < 3; i++)
		board_encode(&l->b, &(struct btile){ .y = 2 * i, .y_count = 2 },
			     &l->r[i]);
	board_place(&l->b, l->r, &three, 1);
	l->body = l->r[0].n;
	assert_true(board_run(&l->b));
}

static uint64_t word(uint32_t target, uint32_t offset, uint32_t value)
{
	return (uint64_t)target << 48 | (uint64_t)value << 16 | offset;
}

/* Word of the second record to replace: in the body, or in the tail from -4. */
static const struct {
	const char *name;
	int at;
	uint32_t target, offset, value;
	enum sim_status status;
	uint32_t task;
} cases[] = {
	{ "unknown register", 5, 0x0201, 0x1ffc, 0, SIM_ERR_WORD, 1 },
	{ "unaligned register", 5, 0x0201, 0x1012, 0, SIM_ERR_WORD, 1 },
	{ "another block's target", 5, 0x0801, 0x1010, 0, SIM_ERR_WORD, 1 },
	{ "unknown target", 5, 0x0401, 0x1010, 0, SIM_ERR_WORD, 1 },
	{ "block's own start", 5, 0x0201, 0x1008, 1, SIM_ERR_UNSUPPORTED, 1 },
	{ "status register", 5, 0x1001, 0x4000, 0, SIM_ERR_UNSUPPORTED, 1 },
	{ "interrupt mask", 5, 0x0101, 0x20, 0, SIM_ERR_WORD, 1 },
	{ "start in the middle", 5, 0x0081, 8, 0xd, SIM_ERR_WORD, 1 },
	{ "version in the middle", 5, 0x0041, 0, 0, SIM_ERR_WORD, 1 },
	{ "version with a value", -2, 0x0041, 0, 1, SIM_ERR_WORD, 1 },
	{ "no version", -2, 0, 0, 0, SIM_ERR_WORD, 1 },
	{ "no version but a nop", -2, 0x0001, 0, 0, SIM_ERR_WORD, 1 },
	{ "no start", -1, 0, 0, 0, SIM_ERR_WORD, 1 },
	{ "start at another offset", -1, 0x0081, 0x10, 0xd, SIM_ERR_WORD, 1 },
	{ "start of an unknown block", -1, 0x0081, 8, 0xf, SIM_ERR_WORD, 1 },
	{ "start of the dpu alone", -1, 0x0081, 8, 0x18, SIM_ERR_UNSUPPORTED, 1 },
	{ "start of nothing", -1, 0x0081, 8, 0, SIM_ERR_UNSUPPORTED, 1 },
	{ "start of an unset read engine", -1, 0x0081, 8, 0x1d, SIM_ERR_UNSET, 1 },
	{ "no amount", -3, 0, 0, 0, SIM_ERR_WORD, 1 },
	{ "amount with unknown bits", -3, 0x0101, 0x14, 1u << 30 | 0x37,
	  SIM_ERR_UNSUPPORTED, 1 },
	{ "amount with a bit between", -3, 0x0101, 0x14, 1u << 20 | 0x37, SIM_ERR_WORD,
	  1 },
	{ "amount for several cores", -3, 0x0101, 0x14, 1u << 16 | 0x37, SIM_ERR_BARRIER,
	  1 },
	{ "amount 0: the chain ends", -3, 0x0101, 0x14, 0, SIM_ERR_CHAIN, 1 },
	{ "amount too small for the record", -3, 0x0101, 0x14, 0x20, SIM_ERR_WORD, 2 },
	{ "no next record", -4, 0, 0, 0, SIM_ERR_CHAIN, 1 },
	{ "next record nowhere", -4, 0x0101, 0x10, 0x1000, SIM_ERR_DMA, 2 },
	{ "next record with low bits", -4, 0x0101, 0x10, 0x70000008, SIM_ERR_WORD, 1 },
	{ "back to the processor", -4, 0x0101, 0x10, 1, SIM_ERR_WORD, 1 },
};

static void changed_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct list l;
		uint32_t at;

		list_open(&l);
		at = cases[i].at < 0 ? l.body + 4 - (uint32_t)-cases[i].at
				     : (uint32_t)cases[i].at;
		*board_word(&l.b, 1, at) =
		    word(cases[i].target, cases[i].offset, cases[i].value);
		if (board_run(&l.b))
			fail_msg("%s: accepted", cases[i].name);
		if (l.b.result.status != cases[i].status ||
		    l.b.result.task != cases[i].task)
			fail_msg("%s: %s, expected %s at task %u: %s", cases[i].name,
				 sim_status_name(l.b.result.status),
				 sim_status_name(cases[i].status), cases[i].task,
				 l.b.result.message);
		assert_int_equal(l.b.result.tasks_done, cases[i].task);
		board_close(&l.b);
	}
}

/* Nops and zero words count for nothing, anywhere before the version word. */
static void padding_is_ignored(void **state)
{
	struct list l;

	(void)state;
	list_open(&l);
	/* a nop in place of a register's only write: nothing was written */
	*board_word(&l.b, 0, 2) = word(0x0001, 0, 0);
	assert_false(board_run(&l.b));
	assert_int_equal(l.b.result.status, SIM_ERR_UNSET);
	/* the end may be a zero word instead of an address of 0 */
	board_close(&l.b);
	list_open(&l);
	*board_word(&l.b, 2, l.body) = 0;
	assert_true(board_run(&l.b));
	board_check(&l.b);
	board_close(&l.b);
}

static void task_count_against_chain(void **state)
{
	struct list l;

	(void)state;
	list_open(&l);
	l.b.lists[0].task_count = 2;
	assert_false(board_run(&l.b));
	assert_int_equal(l.b.result.status, SIM_ERR_CHAIN);
	assert_int_equal(l.b.result.task, 1);
	l.b.lists[0].task_count = 4;
	assert_false(board_run(&l.b));
	assert_int_equal(l.b.result.status, SIM_ERR_CHAIN);
	assert_int_equal(l.b.result.task, 2);
	l.b.lists[0].task_count = 0;
	assert_false(board_run(&l.b));
	assert_int_equal(l.b.result.status, SIM_ERR_CHAIN);
	l.b.lists[0].task_count = 4096;
	assert_false(board_run(&l.b));
	assert_int_equal(l.b.result.status, SIM_ERR_CHAIN);
	board_close(&l.b);
}

/* The driver's side: where the list starts and how it ends. */
static void first_record(void **state)
{
	struct list l;
	struct sim_list good;

	(void)state;
	list_open(&l);
	good = l.b.lists[0];
	l.b.lists[0].regcfg_amount = good.regcfg_amount - 2;
	assert_false(board_run(&l.b));
	assert_int_equal(l.b.result.status, SIM_ERR_WORD);
	l.b.lists[0].regcfg_amount = good.regcfg_amount + 2;
	assert_false(board_run(&l.b));
	assert_int_equal(l.b.result.status, SIM_ERR_WORD);
	l.b.lists[0].regcfg_amount = UINT32_MAX;
	assert_false(board_run(&l.b));
	assert_int_equal(l.b.result.status, SIM_ERR_CHAIN);
	l.b.lists[0] = good;
	l.b.lists[0].regcmd_addr += 8;
	assert_false(board_run(&l.b));
	assert_int_equal(l.b.result.status, SIM_ERR_DMA);
	l.b.lists[0] = good;
	l.b.lists[0].int_mask = 0xc00;
	assert_false(board_run(&l.b));
	assert_int_equal(l.b.result.status, SIM_ERR_CHAIN);
	l.b.lists[0] = good;
	assert_true(board_run(&l.b));
	board_close(&l.b);
}

/*
 * S_POINTER 0x30 puts both pointers back to group 0 and keeps them there; 0x3e lets them
 * go on from it.
 */
static void pointers_can_be_cleared(void **state)
{
	static struct brecord r;
	const uint32_t one = 1;
	struct board b;

	(void)state;
	board_open(&b, &conv, 11);
	board_encode(&b, &(struct btile){ 0 }, &r);
	board_place(&b, &r, &one, 1);
	assert_true(board_run(&b));
	assert_int_equal(b.result.int_status, 0x100);
	record_set(&r, 0x4004, 0x30);
	board_place(&b, &r, &one, 1);
	for (int i = 0; i < 3; i++) {
		assert_true(board_run(&b));
		assert_int_equal(b.result.int_status, 0x100);
	}
	record_set(&r, 0x4004, 0x3e);
	board_place(&b, &r, &one, 1);
	for (int i = 0; i < 3; i++) {
		assert_true(board_run(&b));
		assert_int_equal(b.result.int_status, 0x100);
	}
	board_check(&b);
	board_close(&b);
}

static void statuses_have_names(void **state)
{
	(void)state;
	for (int i = SIM_OK; i <= SIM_ERR_NOMEM; i++) {
		assert_string_not_equal(sim_status_name((enum sim_status)i), "unknown");
		for (int j = SIM_OK; j < i; j++)
			assert_string_not_equal(sim_status_name((enum sim_status)i),
						sim_status_name((enum sim_status)j));
	}
	assert_string_equal(sim_status_name((enum sim_status)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changed_words),
		cmocka_unit_test(padding_is_ignored),
		cmocka_unit_test(task_count_against_chain),
		cmocka_unit_test(first_record),
		cmocka_unit_test(pointers_can_be_cleared),
		cmocka_unit_test(statuses_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
