/* What the strict mode says of programs that hardware might run. */
#include "rig.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct tiny_options one_task = { .max_cores = 1, .tiles = 1 };

static const struct tiny_options three_tasks = { .max_cores = 1, .tiles = 3 };

/* A word that does nothing in place of a register's write. */
static void blank(uint64_t *word)
{
	*word = 0;
}

enum spoil {
	DMA_OUTSIDE,
	UNKNOWN_REGISTER,
	BARRIER_BITS,
	NO_POINTER,
	NO_REGISTER,
	TAIL_AFTER_END,
	COUNT_TOO_SMALL,
	CHAIN_ENDS_EARLY,
	NOT_PADDED,
	CBUF_OVERCOMMIT,
	COMMANDS_NOWHERE
};

static void spoil_program(struct rig *r, struct rig_submit *s, enum spoil what)
{
	uint64_t *tail = rig_tail(r, 0), *end = rig_tail(r, 2);

	switch (what) {
	case DMA_OUTSIDE:
		tiny_set(rig_word(r, 0, 0x1070), 0x12340000);
		break;
	case UNKNOWN_REGISTER:
		*rig_word(r, 0, 0x1010) = UINT64_C(0x0201) << 48 | 0x1ffc;
		break;
	case BARRIER_BITS:
		*end = *end;
		tail[1] |= UINT64_C(0x10000) << 16;
		break;
	case NO_POINTER:
		blank(rig_word(r, 0, 0x4004));
		break;
	case NO_REGISTER:
		blank(rig_word(r, 0, 0x4100));
		break;
	case TAIL_AFTER_END:
		tiny_set(&end[0], tiny_get(&tail[0]));
		tiny_set(&end[1], 7);
		break;
	case COUNT_TOO_SMALL:
		s->sub[0].number = s->sub[1].number = s->sub[2].number = 1;
		break;
	case CHAIN_ENDS_EARLY:
		tiny_set(&tail[0], 0);
		tiny_set(&tail[1], 0);
		break;
	case NOT_PADDED:
		tiny_set(&tail[1], tiny_get(&tail[1]) + 1);
		rig_tail(r, 1)[4] = 0;
		rig_tail(r, 1)[5] = UINT64_C(0x0201) << 48 | 0x1010;
		break;
	case CBUF_OVERCOMMIT:
		tiny_set(rig_word(r, 0, 0x1040), 0xb << 4 | 0xb);
		break;
	default:
		rig_record(r, 0)->regcmd_addr = 0x22220000;
		break;
	}
}

static void strict_verdicts(void **state)
{
	static const struct {
		const char *name;
		enum spoil what;
		int want;
		uint32_t counter;
		const char *verdict, *log;
	} cases[] = {
		{ "dma outside", DMA_OUTSIDE, ETIMEDOUT, 0,
		  "execution: dma: core 0 task 0",
		  "Page fault at 0x12340000 of type read" },
		{ "unknown register", UNKNOWN_REGISTER, ETIMEDOUT, 0,
		  "execution: word: ", NULL },
		{ "barrier bits", BARRIER_BITS, ETIMEDOUT, 0,
		  "barrier bits in a one-core list: core 0 task 0", NULL },
		{ "no pointer", NO_POINTER, 0, 9,
		  "task 0 does not write DPU.S_POINTER (0x4004)", NULL },
		{ "no register", NO_REGISTER, 0, 9, "(0x4100); group 0 holds 0x0", NULL },
		{ "tail after the end", TAIL_AFTER_END, 0, 9,
		  "chain longer than its count: core 0: after task 2", NULL },
		{ "count too small", COUNT_TOO_SMALL, 0, 9,
		  "chain longer than its count: core 0: after task 0", NULL },
		{ "chain ends early", CHAIN_ENDS_EARLY, ETIMEDOUT, 1, NULL, NULL },
		{ "not padded", NOT_PADDED, ETIMEDOUT, 1,
		  "unpadded record: core 0 task 1", NULL },
		{ "cbuf overcommit", CBUF_OVERCOMMIT, ETIMEDOUT, 0, "execution: ", NULL },
		{ "commands nowhere", COMMANDS_NOWHERE, ETIMEDOUT, 0, "execution: dma",
		  "Page fault at 0x22220000 of type read" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_submit s;
		struct rig r;
		int err;

		rig_reset(NULL);
		rig_begin(&r, &three_tasks);
		rig_header(&r, 0, &s);
		spoil_program(&r, &s, cases[i].what);
		rig_prepare(&r);
		err = rig_submit(&r, &s);
		CHECK(cases[i].name, err == cases[i].want, "errno %d: %s", err,
		      rig_verdicts());
		CHECK(cases[i].name, s.task_counter == cases[i].counter, "counter %u",
		      s.task_counter);
		if (cases[i].verdict)
			CHECK_VERDICT(cases[i].name, cases[i].verdict);
		if (cases[i].log)
			CHECK_LOG(cases[i].name, cases[i].log);
		rig_end(&r);
	}
}

static void submit_stale(void *arg)
{
	struct rig_submit s;

	rig_header(arg, 0, &s);
	rig_submit(arg, &s);
}

static void strict_can_abort(void **state)
{
	char text[2048];
	struct rig r;

	(void)state;
	rig_reset("strict abort");
	rig_begin(&r, &one_task);
	blank(rig_word(&r, 0, 0x4100));
	rig_prepare(&r);
	CHECK("strict abort", rig_aborts(submit_stale, &r, text, sizeof text), "went on");
	CHECK("strict abort", strstr(text, "stale-state dependence"), "%s", text);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strict_verdicts),
		cmocka_unit_test(strict_can_abort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
