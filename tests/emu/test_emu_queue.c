/* Waits behind others, interrupts, timeouts, NONBLOCK. */
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

/* Before 0.9 there was one line, and no elapsed time in the header. */
static void old_drivers_say_less(void **state)
{
	struct rig_submit s;
	struct rig r;

	(void)state;
	rig_reset("version 802, hang submit 1");
	rig_begin(&r, &one_task);
	assert_int_equal(ETIMEDOUT, rig_run(&r, &s));
	CHECK_LOG("0.8.2",
		  "job timeout, flags: 0x5, irq status: 0x0, raw status: 0xc0000000");
	assert_false(rig_logged("core 0 irq status"));
	assert_int_equal(0, rig_run(&r, &s));
	assert_int_equal(0, s.elapsed_ns);
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
		cmocka_unit_test(behind_others),
		cmocka_unit_test(hang_behind_others),
		cmocka_unit_test(masks),
		cmocka_unit_test(timeout_is_told),
		cmocka_unit_test(old_drivers_say_less),
		cmocka_unit_test(nonblock),
		cmocka_unit_test(destroyed_in_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
