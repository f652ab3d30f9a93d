/* SUBMIT: checks in order, what would crash, cores, what comes back. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct tiny_options one_task = { .max_cores = 1, .tiles = 1 };

static const struct tiny_options three_tasks = { .max_cores = 1, .tiles = 3 };

static uint64_t now_ms(void)
{
	struct npuemu_stats s;

	npuemu_stats(&s);
	return s.now_us / 1000;
}

/* One field of the header changed; errno, how long it takes, and what is logged. */
enum field {
	NONE,
	TASK_NUMBER,
	MASK,
	FLAGS,
	OBJ,
	DOMAIN,
	TIMEOUT,
	EMPTY,
	EVERYTHING_WRONG
};

static void change(struct rig_submit *s, enum field field, uint64_t value)
{
	switch (field) {
	case TASK_NUMBER:
		s->task_number = (uint32_t)value;
		break;
	case MASK:
		s->core_mask = (uint32_t)value;
		break;
	case FLAGS:
		s->flags = (uint32_t)value;
		break;
	case OBJ:
		s->task_obj_addr = value;
		break;
	case DOMAIN:
		s->domain = (uint32_t)value;
		break;
	case TIMEOUT:
		s->timeout = (uint32_t)value;
		break;
	case EMPTY:
		s->sub[0].number = 0;
		break;
	case EVERYTHING_WRONG: /* the first check wins */
		s->task_number = 0;
		s->core_mask = 9;
		s->flags = 8;
		break;
	default:
		break;
	}
}

static const struct {
	const char *name, *script;
	enum field field;
	uint64_t value;
	int want;
	uint32_t ms; /* at least, and less than 20 more */
	const char *log;
} check_cases[] = {
	{ "good", NULL, NONE, 0, 0, 0, NULL },
	{ "no tasks", NULL, TASK_NUMBER, 0, EINVAL, 0, "invalid rknpu task number!" },
	{ "order of checks", NULL, EVERYTHING_WRONG, 0, EINVAL, 0,
	  "invalid rknpu task number!" },
	{ "mask 8", NULL, MASK, 8, EINVAL, 0, "invalid rknpu core mask: 0x8" },
	{ "core 2 of two", "cores 2", MASK, 4, EINVAL, 0,
	  "invalid rknpu core mask: 0x4" },
	{ "core 1 of one", "cores 1", MASK, 2, EINVAL, 0,
	  "invalid rknpu core mask: 0x2" },
	{ "fused core", "soc rk3583", MASK, 7, EINVAL, 0,
	  "invalid rknpu core mask: 0x7" },
	{ "fence in", NULL, FLAGS, 8 | 5, EINVAL, 0, "please enable rknpu fence" },
	{ "fence out", NULL, FLAGS, 16 | 5, EINVAL, 0, "please enable rknpu fence" },
	{ "no pc flag", NULL, FLAGS, 4, EINVAL, 100, "job abort" },
	{ "no object", NULL, OBJ, 0, EINVAL, 1100, "job commit failed" },
	{ "mask 5", NULL, MASK, 5, EINVAL, 1100, "Unknown core mask: 5" },
	{ "mask 6", NULL, MASK, 6, EINVAL, 1100, "Unknown core mask: 6" },
	{ "no such domain", NULL, DOMAIN, 16, EINVAL, 3100, "job commit failed" },
	{ "domain of old drivers", "version 905", DOMAIN, 16, 0, 0, NULL },
	{ "no records", NULL, EMPTY, 0, ETIMEDOUT, 1207, "require mask: 0x0" },
	{ "no time", NULL, TIMEOUT, 0, ETIMEDOUT, 207, "soft reset, num: 6" },
	{ "unknown flags", NULL, FLAGS, 0x40000005, 0, 0, NULL },
};

static void checks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof check_cases / sizeof check_cases[0]; i++) {
		struct rig_submit s;
		uint64_t begin, took;
		struct rig r;
		int err;

		rig_reset(check_cases[i].script);
		rig_begin(&r, &one_task);
		rig_prepare(&r);
		rig_header(&r, 0, &s);
		change(&s, check_cases[i].field, check_cases[i].value);
		begin = now_ms();
		err = rig_submit(&r, &s);
		took = now_ms() - begin;
		CHECK(check_cases[i].name, err == check_cases[i].want, "errno %d", err);
		CHECK(check_cases[i].name,
		      took >= check_cases[i].ms && took < check_cases[i].ms + 20,
		      "took %u ms", (unsigned)took);
		if (check_cases[i].log)
			CHECK_LOG(check_cases[i].name, check_cases[i].log);
		/* whatever it was, the device is usable afterwards */
		err = rig_run(&r, &s);
		CHECK(check_cases[i].name, !err && rig_output_ok(&r),
		      "afterwards: errno %d", err);
		rig_end(&r);
	}
}

/* ---- what the kernel would not survive ---- */

static void submit_header(void *arg)
{
	void **args = arg;

	rig_submit(args[0], args[1]);
}

static void crashes(void **state)
{
	static const struct {
		const char *name, *script, *says;
	} cases[] = {
		{ "guessed token", NULL, "which is no object" },
		{ "no kernel mapping", NULL, "no kernel mapping" },
		{ "record beyond the buffer", NULL, "SUBMIT of records [102, +1)" },
		{ "no pc flag on a busy core", "foreign job core 0 ms 50",
		  "without the PC flag" },
		{ "for ever", "hang", "waits for ever" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_submit s;
		struct rig r;
		void *args[2] = { &r, &s };
		char text[4096];

		rig_reset(cases[i].script);
		rig_begin(&r, &one_task);
		rig_prepare(&r);
		rig_header(&r, 0, &s);
		if (i == 0)
			s.task_obj_addr += 0x40;
		else if (i == 1)
			s.task_obj_addr = r.bo[TINY_INPUT].obj;
		else if (i == 2)
			s.sub[0].start = 4096 / 40;
		else if (i == 3)
			s.flags = 4;
		else
			s.timeout = 0x80000000u;
		if (i == 3)
			s.core_mask = 1;
		CHECK(cases[i].name, rig_aborts(submit_header, args, text, sizeof text),
		      "went on");
		CHECK(cases[i].name, strstr(text, cases[i].says), "%s", text);
		assert_true(npuemu_script("crash einval", "test", NULL, 0));
		CHECK(cases[i].name, rig_submit(&r, &s) == EINVAL, "no EINVAL");
		CHECK_VERDICT(cases[i].name, cases[i].says);
		rig_end(&r);
	}
}

/* ---- cores ---- */

static void automatic_core(void **state)
{
	static const struct {
		const char *name, *script;
		uint32_t want;
	} cases[] = {
		{ "idle", NULL, 1 },
		{ "core 0 busy", "foreign job core 0 ms 50", 2 },
		{ "cores 0 and 1 busy",
		  "foreign job core 0 ms 50, foreign job core 1 ms 50", 4 },
		{ "cores 1 and 2 busy",
		  "foreign job core 1 ms 50, foreign job core 2 ms 50", 1 },
		{ "core 1 least busy",
		  "foreign job core 0 ms 9,foreign job core 0 ms 9,foreign job core 1 ms "
		  "9,"
		  "foreign job core 2 ms 9,foreign job core 2 ms 9",
		  2 },
		{ "only one", "cores 1, foreign job core 0 ms 50", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_submit s;
		struct rig r;

		rig_reset(cases[i].script);
		rig_begin(&r, &three_tasks);
		assert_int_equal(0, rig_run(&r, &s));
		CHECK(cases[i].name, s.core_mask == cases[i].want, "mask %u",
		      s.core_mask);
		CHECK(cases[i].name, rig_output_ok(&r), "wrong output");
		CHECK(cases[i].name, s.task_counter == 9 && s.elapsed_ns > 0,
		      "counter %u", s.task_counter);
		rig_end(&r);
	}
}

/* Entries of the ranges: core, or core + 2; the status goes into the last list. */
static void several_cores(void **state)
{
	(void)state;
	for (uint32_t plan = 0; plan < 3; plan++) {
		const struct tiny_options options = { .max_cores = 3, .tiles = 1 };
		char name[] = "0 cores";
		const struct npub_list *last;
		struct rig_submit s;
		struct rig r;
		int err;

		name[0] = (char)('1' + plan);
		rig_reset(NULL);
		rig_begin(&r, &options);
		rig_prepare(&r);
		rig_header(&r, plan, &s);
		err = rig_submit(&r, &s);
		CHECK(name, !err, "errno %d: %s", err, rig_verdicts());
		assert_int_equal(0, rig_sync(r.fd, &r.bo[TINY_OUTPUT], 2, 0, 4096));
		CHECK(name, rig_output_ok(&r), "wrong output");
		last = &r.tiny.plan[plan].list[plan];
		CHECK(
		    name,
		    rig_record(&r, last->first_task + last->task_count - 1)->int_status ==
			(plan ? 0x400 : 0x100),
		    "status 0x%x",
		    rig_record(&r, last->first_task + last->task_count - 1)->int_status);
		CHECK_NO_VERDICT(name);
		if (plan) { /* one list in the place of another: partners never meet */
			rig_prepare(&r);
			s.sub[plan == 2 ? 2 : 0] = s.sub[plan == 2 ? 3 : 1];
			err = rig_submit(&r, &s);
			CHECK(name, err == ETIMEDOUT, "errno %d", err);
		}
		rig_end(&r);
	}
}

static void single_interrupt(void **state)
{
	struct rig_submit s;
	struct rig r;

	(void)state;
	rig_reset("soc rv1106");
	rig_begin(&r, &three_tasks);
	rig_prepare(&r);
	rig_header(&r, 0, &s);
	s.task_number = 3; /* a real range here */
	memset(s.sub, 0xff, sizeof s.sub);
	assert_int_equal(0, rig_submit(&r, &s));
	assert_int_equal(0, rig_sync(r.fd, &r.bo[TINY_OUTPUT], 2, 0, 4096));
	assert_true(rig_output_ok(&r));
	assert_int_equal(3, s.task_counter);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks),	    cmocka_unit_test(crashes),
		cmocka_unit_test(automatic_core),   cmocka_unit_test(several_cores),
		cmocka_unit_test(single_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
