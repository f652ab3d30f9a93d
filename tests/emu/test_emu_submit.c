/* SUBMIT: checks in order, cores, queues, waits, interrupts, what comes back. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAP_NONE 0x403 /* a buffer without a kernel mapping */

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

static void checks(void **state)
{
	static const struct {
		const char *name, *script;
		enum field field;
		uint64_t value;
		int want;
		uint32_t ms; /* at least, and less than 20 more */
		const char *log;
	} cases[] = {
		{ "good", NULL, NONE, 0, 0, 0, NULL },
		{ "no tasks", NULL, TASK_NUMBER, 0, EINVAL, 0,
		  "invalid rknpu task number!" },
		{ "order of checks", NULL, EVERYTHING_WRONG, 0, EINVAL, 0,
		  "invalid rknpu task number!" },
		{ "mask 8", NULL, MASK, 8, EINVAL, 0, "invalid rknpu core mask: 0x8" },
		{ "core 2 of two", "cores 2", MASK, 4, EINVAL, 0,
		  "invalid rknpu core mask: 0x4" },
		{ "core 1 of one", "cores 1", MASK, 2, EINVAL, 0,
		  "invalid rknpu core mask: 0x2" },
		{ "fused core", "soc rk3583", MASK, 7, EINVAL, 0,
		  "invalid rknpu core mask: 0x7" },
		{ "fence in", NULL, FLAGS, 8 | 5, EINVAL, 0,
		  "please enable rknpu fence" },
		{ "fence out", NULL, FLAGS, 16 | 5, EINVAL, 0,
		  "please enable rknpu fence" },
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

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_submit s;
		uint64_t begin, took;
		struct rig r;
		int err;

		rig_reset(cases[i].script);
		rig_begin(&r, &one_task);
		rig_prepare(&r);
		rig_header(&r, 0, &s);
		change(&s, cases[i].field, cases[i].value);
		begin = now_ms();
		err = rig_submit(&r, &s);
		took = now_ms() - begin;
		CHECK(cases[i].name, err == cases[i].want, "errno %d", err);
		CHECK(cases[i].name, took >= cases[i].ms && took < cases[i].ms + 20,
		      "took %u ms", (unsigned)took);
		if (cases[i].log)
			CHECK_LOG(cases[i].name, cases[i].log);
		/* whatever it was, the device is usable afterwards */
		err = rig_run(&r, &s);
		CHECK(cases[i].name, !err && rig_output_ok(&r), "afterwards: errno %d",
		      err);
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

/* ---- queues ---- */

static uint32_t count_in_log(const char *text)
{
	uint32_t n = 0;

	for (const char *p = rig_log(); (p = strstr(p, text)); p++)
		n++;
	return n;
}

static void behind_others(void **state)
{
	static const struct {
		const char *name;
		uint32_t foreign_ms, mask;
		int want;
		uint32_t ms, waits_logged;
		const char *verdict;
	} cases[] = {
		{ "first wait", 500, 1, 0, 500, 0, NULL },
		{ "second wait", 1500, 1, 0, 1500, 1, NULL },
		{ "third wait", 2500, 1, 0, 2500, 2, NULL },
		{ "three waits", 9000, 1, EINVAL, 3100, 2, NULL },
		{ "three waits on core 1", 9000, 2, EINVAL, 3100, 2,
		  "stays linked in core 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t begin, took;
		struct rig_submit s;
		char script[64];
		struct rig r;
		int err;

		snprintf(script, sizeof script, "foreign job core %u ms %u submit 1",
			 cases[i].mask / 2, cases[i].foreign_ms);
		rig_reset(script);
		rig_begin(&r, &one_task);
		rig_prepare(&r);
		rig_header(&r, 0, &s);
		s.core_mask = cases[i].mask;
		begin = now_ms();
		err = rig_submit(&r, &s);
		took = now_ms() - begin;
		CHECK(cases[i].name, err == cases[i].want, "errno %d", err);
		CHECK(cases[i].name, took >= cases[i].ms && took < cases[i].ms + 20,
		      "took %u ms", (unsigned)took);
		CHECK(cases[i].name, count_in_log("wait_count") == cases[i].waits_logged,
		      "%s", rig_log());
		CHECK(cases[i].name, rig_logged("job commit failed") == (err != 0), "%s",
		      rig_log());
		if (cases[i].verdict)
			CHECK_VERDICT(cases[i].name, cases[i].verdict);
		else
			CHECK_NO_VERDICT(cases[i].name);
		if (cases[i].verdict) { /* and when that core comes to it */
			assert_true(npuemu_script("crash einval", "test", NULL, 0));
			npuemu_advance_us(9000000);
			CHECK_VERDICT(cases[i].name, "kernel crash: core 1 starts a job");
		}
		rig_end(&r);
	}
}

/* Half of the second wait is another's; the job then hangs through the third. */
static void hang_behind_others(void **state)
{
	struct rig_submit s;
	uint64_t begin;
	struct rig r;

	(void)state;
	rig_reset("foreign job core 0 ms 1500 submit 1, hang submit 1");
	rig_begin(&r, &one_task);
	rig_prepare(&r);
	rig_header(&r, 0, &s);
	s.core_mask = 1;
	begin = now_ms();
	assert_int_equal(ETIMEDOUT, rig_submit(&r, &s));
	assert_in_range(now_ms() - begin, 3207, 3220);
	assert_int_equal(2, count_in_log("continue wait: 1"));
	rig_end(&r);
}

/* ---- interrupts ---- */

static void masks(void **state)
{
	static const struct {
		const char *name;
		uint32_t mask;
		int want;
		const char *log;
		bool leaks, whole;
	} cases[] = {
		{ "pair of the last block", 0x300, 0, NULL, false, true },
		{ "single bit of this group", 0x100, ETIMEDOUT,
		  "invalid irq status: 0x100, raw status: 0x155, require mask: 0x100",
		  true, true },
		{ "single bit of the other group", 0x200, ETIMEDOUT,
		  "require mask: 0x200", false, true },
		{ "pair of another block", 0xc00, ETIMEDOUT, "irq status: 0x0, ", false,
		  true },
		{ "two pairs", 0xf00, ETIMEDOUT, "invalid irq status: 0x100", true,
		  true },
		{ "earlier stage", 0x3, 0, NULL, false, false },
		{ "nothing", 0, ETIMEDOUT, "require mask: 0x0", false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_submit s;
		struct rig r;
		int err;

		rig_reset(NULL);
		rig_begin(&r, &one_task);
		rig_prepare(&r);
		rig_record(&r, 0)->int_mask = cases[i].mask;
		rig_header(&r, 0, &s);
		s.core_mask = 1;
		err = rig_submit(&r, &s);
		CHECK(cases[i].name, err == cases[i].want, "errno %d: %s", err,
		      rig_log());
		if (cases[i].log)
			CHECK_LOG(cases[i].name, cases[i].log);
		CHECK(cases[i].name, rig_verdict("slot leak") == cases[i].leaks, "%s",
		      rig_verdicts());
		assert_int_equal(0, rig_sync(r.fd, &r.bo[TINY_OUTPUT], 2, 0, 4096));
		CHECK(cases[i].name, rig_output_ok(&r) == cases[i].whole, "output");
		/* A leaked slot stops its core until the driver is loaded again. */
		rig_prepare(&r);
		rig_record(&r, 0)->int_mask = 0x300;
		rig_header(&r, 0, &s);
		s.core_mask = 1;
		err = rig_submit(&r, &s);
		CHECK(cases[i].name, err == (cases[i].leaks ? EINVAL : 0), "next: %d",
		      err);
		rig_header(&r, 0, &s);
		s.core_mask = 2;
		err = rig_submit(&r, &s);
		CHECK(cases[i].name, !err, "core 1: %d", err);
		rig_end(&r);
	}
}

static void timeout_is_told(void **state)
{
	static const char *const lines[] = {
		"job: 0x",
		", mask: 0x1, job iommu domain id: 0, dev iommu domain id: 0, "
		"wait_count: 1, "
		"continue wait: 0, commit elapse time: 1000000us, wait time: 1000000us, "
		"timeout: 1000000us\n",
		"failed to wait job, task counter: 2, flags: 0x5, ret = 0, elapsed "
		"time: ",
		"job timeout, flags: 0x5:\n",
		"\tcore 0 irq status: 0x0, raw status: 0xc0000000, require mask: 0x300, "
		"task "
		"counter: 0x2, elapsed time: ",
		"soft reset, num: 6\n",
	};
	struct rig_submit s;
	const char *at;
	struct rig r;

	(void)state;
	rig_reset("hang task 2 submit 1");
	rig_begin(&r, &three_tasks);
	assert_int_equal(ETIMEDOUT, rig_run(&r, &s));
	assert_int_equal(2, s.task_counter);
	at = rig_log();
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		const char *found = strstr(at, lines[i]);

		CHECK("log", found, "no '%s' in its place in: %s", lines[i], rig_log());
		at = found;
	}
	assert_int_equal(0, rig_run(&r, &s));
	assert_true(rig_output_ok(&r));
	rig_end(&r);
}

/* ---- NONBLOCK: why the runtime must not use it ---- */

static void nonblock(void **state)
{
	struct npuemu_stats stats;
	struct rig_submit s;
	struct rig r;

	(void)state;
	rig_reset("foreign job core 0 ms 20 submit 1");
	rig_begin(&r, &one_task);
	rig_prepare(&r);
	rig_header(&r, 0, &s);
	s.flags = 7;
	s.core_mask = 1;
	s.timeout = 6000;
	assert_int_equal(0, rig_submit(&r, &s)); /* behind the other's */
	assert_int_equal(0, s.task_counter);	 /* nothing is reported */
	npuemu_stats(&stats);
	assert_int_equal(2, stats.jobs);
	npuemu_advance_us(21000);
	assert_int_equal(0, rig_sync(r.fd, &r.bo[TINY_OUTPUT], 2, 0, 4096));
	assert_true(rig_output_ok(&r));
	npuemu_stats(&stats);
	assert_int_equal(0, stats.jobs);
	rig_end(&r);

	/* 6000 ms are compared with microseconds: 6 ms later the hung job is dropped */
	rig_reset("hang submit 1");
	rig_begin(&r, &one_task);
	rig_prepare(&r);
	rig_header(&r, 0, &s);
	s.flags = 7;
	s.core_mask = 1;
	s.timeout = 6000;
	assert_int_equal(0, rig_submit(&r, &s));
	npuemu_advance_us(5000);
	assert_int_equal(0, rig_submit(&r, &s)); /* queued */
	CHECK("5 ms", !rig_verdict("dropped"), "%s", rig_verdicts());
	npuemu_advance_us(1500);
	assert_int_equal(0, rig_submit(&r, &s));
	CHECK_VERDICT("6.5 ms",
		      "NONBLOCK: job 1 and 1 queued ones on core 0 are dropped");
	npuemu_advance_us(10000);
	npuemu_stats(&stats);
	assert_int_equal(0, stats.jobs);
	rig_end(&r);
}

static void destroyed_in_use(void **state)
{
	struct rig_submit s;
	struct rig r;

	(void)state;
	rig_reset(NULL);
	rig_begin(&r, &one_task);
	rig_prepare(&r);
	rig_header(&r, 0, &s);
	s.flags = 7;
	assert_int_equal(0, rig_submit(&r, &s));
	assert_int_equal(0, rig_destroy(r.fd, &r.bo[TINY_WEIGHT]));
	CHECK_VERDICT("weights", "BO 2 (dma ");
	CHECK_VERDICT("weights", "is destroyed while job 1 uses it");
	r.bo[TINY_WEIGHT].handle = 0;
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks),
		cmocka_unit_test(crashes),
		cmocka_unit_test(automatic_core),
		cmocka_unit_test(several_cores),
		cmocka_unit_test(single_interrupt),
		cmocka_unit_test(behind_others),
		cmocka_unit_test(hang_behind_others),
		cmocka_unit_test(masks),
		cmocka_unit_test(timeout_is_told),
		cmocka_unit_test(nonblock),
		cmocka_unit_test(destroyed_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
