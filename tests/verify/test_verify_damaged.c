/* Bundles changed after they were opened: the item that says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "verify_fixture.h"

#define H56 "b1_c64_h56_w56_oc128_wic64_k1x1_g1_s1_pvalid"

/* Damage that the checksum would hide: done after the bundle was opened. */
static void lengthen(struct verify_subject *s, struct npub_plan *plans,
		     struct npub_task *tasks)
{
	(void)s;
	(void)tasks;
	plans[0].list[0].task_count = 14;
}

static void tail_index(struct verify_subject *s, struct npub_plan *plans,
		       struct npub_task *tasks)
{
	(void)s;
	(void)tasks;
	plans[0].list[0].first_task = 2;
	plans[0].list[0].task_count = 12;
}

static void shorten(struct verify_subject *s, struct npub_plan *plans,
		    struct npub_task *tasks)
{
	(void)s;
	(void)tasks;
	plans[0].list[0].task_count = 1;
}

static void lone_barrier(struct verify_subject *s, struct npub_plan *plans,
			 struct npub_task *tasks)
{
	(void)s;
	(void)plans;
	tasks[1].enable_mask = 0x60;
}

static void half_pair(struct verify_subject *s, struct npub_plan *plans,
		      struct npub_task *tasks)
{
	(void)s;
	(void)plans;
	tasks[13].int_mask = 0x400;
}

static void other_plan(struct verify_subject *s, struct npub_plan *plans,
		       struct npub_task *tasks)
{
	(void)s;
	(void)tasks;
	plans[2].list[0] = plans[1].list[0];
}

static void chain_loop(struct verify_subject *s, struct npub_plan *plans,
		       struct npub_task *tasks)
{
	struct npub_reloc *relocs = (struct npub_reloc *)s->npub.relocs;

	(void)plans;
	(void)tasks;
	/* the first link leads to its own record */
	for (uint32_t i = 0; i < s->npub.reloc_count; i++) {
		if (relocs[i].word == 108)
			relocs[i].addend = s->npub.convs[0].regcmd_bo_offset;
	}
}

static void other_register(struct verify_subject *s, struct npub_plan *plans,
			   struct npub_task *tasks)
{
	(void)plans;
	(void)tasks;
	((uint64_t *)s->npub.words)[0] ^= 0x10000;
}

static void other_reloc(struct verify_subject *s, struct npub_plan *plans,
			struct npub_task *tasks)
{
	(void)plans;
	(void)tasks;
	((struct npub_reloc *)s->npub.relocs)[0].addend += 64;
}

static void other_size(struct verify_subject *s, struct npub_plan *plans,
		       struct npub_task *tasks)
{
	(void)plans;
	(void)tasks;
	((struct npub_bo *)s->npub.bos)[2].bytes += 64;
}

static void other_amount(struct verify_subject *s, struct npub_plan *plans,
			 struct npub_task *tasks)
{
	(void)s;
	(void)plans;
	tasks[0].regcfg_amount = 104;
}

static void other_conv(struct verify_subject *s, struct npub_plan *plans,
		       struct npub_task *tasks)
{
	(void)plans;
	(void)tasks;
	((struct npub_conv *)s->npub.convs)[0].out_h = 55;
}

static void zero_stride(struct verify_subject *s, struct npub_plan *plans,
			struct npub_task *tasks)
{
	(void)plans;
	(void)tasks;
	((struct npub_conv *)s->npub.convs)[0].stride_y = 0;
}

static void other_type(struct verify_subject *s, struct npub_plan *plans,
		       struct npub_task *tasks)
{
	(void)plans;
	(void)tasks;
	((struct npub_conv *)s->npub.convs)[0].elem = 77;
}

static void damaged_bundles_fail(void **state)
{
	static const struct {
		const char *name;
		void (*damage)(struct verify_subject *s, struct npub_plan *plans,
			       struct npub_task *tasks);
		const char *item, *reason;
	} cases[] = {
		{ "all records in one list", lengthen, "forbidden-mixed-plans",
		  "record 2 begins another" },
		{ "later lists as one", tail_index, "forbidden-tail-index",
		  "record 5 begins another" },
		{ "shorter than its chain", shorten, "forbidden-task-count",
		  "the chain is 2 long" },
		{ "barrier on one core", lone_barrier, "forbidden-barrier",
		  "record 1 waits" },
		{ "half a pair", half_pair, "forbidden-half-pair", "awaits 0x400" },
		{ "list of another plan", other_plan, "forbidden-mixed-plans",
		  "belongs to the 2-core plan" },
		{ "chain without an end", chain_loop, "forbidden-task-count",
		  "the chain is" },
		{ "shorter, by the runtime", shorten, "bundle-structure", "task" },
		{ "register", other_register, "bundle-plan", "command word 0 is" },
		{ "relocation", other_reloc, "bundle-plan", "relocation 0" },
		{ "buffer size", other_size, "bundle-plan", "internal buffer" },
		{ "amount", other_amount, "bundle-plan", "record 0: amount 104" },
		{ "output size", other_conv, "bundle-plan", "sizes are not ones" },
		{ "stride", zero_stride, "bundle-plan", "sizes are not ones" },
		{ "type", other_type, "bundle-plan", "sizes are not ones" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct verify_subject s;
		struct report report;
		const char *verdict;

		assert_int_equal(subject_open(&s, H56, NPU_ELEM_FP16), 0);
		cases[i].damage(&s, (struct npub_plan *)s.npub.plans,
				(struct npub_task *)s.npub.tasks);
		check_subject(&s, &report);
		verdict = verdict_of(&report, cases[i].item);
		if (!strstr(verdict, cases[i].reason))
			fail_msg("%s: %s: %s", cases[i].name, cases[i].item, verdict);
		subject_close(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(damaged_bundles_fail) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
