/*
 * Registers that outlive a job: groups, power, reset; the driver's writes.
 */
#include "rig.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct tiny_options one_task = { .max_cores = 1, .tiles = 1 };
static const struct tiny_options six_tasks = { .max_cores = 1, .tiles = 6 };
static const struct tiny_options three_tasks = { .max_cores = 1, .tiles = 3 };

#define CUBE_HEIGHT 0x4034

/* A word that does nothing in place of a register's write. */
static void blank(uint64_t *word)
{
	*word = 0;
}

/*
 * The report: a convolution of two tasks runs well, and then a small program times
 * out that had passed before.  That program is one row high and leaves out the
 * height, which after a reset is one row in both groups.
 */
struct story {
	struct rig small, conv;
};

static void story_begin(struct story *t, const char *script)
{
	uint64_t *tail;

	rig_reset(script);
	rig_begin(&t->small, &six_tasks);
	rig_begin(&t->conv, &one_task);
	tail = rig_tail(&t->small, 0);
	tail[0] &= 0xffff00000000ffffull;
	tail[1] &= 0xffff00000000ffffull;
	blank(rig_word(&t->small, 0, CUBE_HEIGHT));
	rig_prepare(&t->small);
	rig_prepare(&t->conv);
}

static void story_end(struct story *t)
{
	rig_end(&t->small);
	rig_end(&t->conv);
}

static int run_small(struct story *t)
{
	struct rig_submit s;
	int err;

	rig_header(&t->small, 0, &s);
	s.core_mask = 1;
	s.sub[0].number = 1;
	err = rig_submit(&t->small, &s);
	if (err)
		assert_int_equal(0, s.task_counter);
	assert_int_equal(0, rig_sync(t->small.fd, &t->small.bo[TINY_OUTPUT], 2, 0, 4096));
	return err;
}

static void run_conv(struct story *t)
{
	struct rig_submit s;

	rig_header(&t->conv, 0, &s);
	s.core_mask = 1;
	assert_int_equal(0, rig_submit(&t->conv, &s));
	assert_int_equal(0, rig_sync(t->conv.fd, &t->conv.bo[TINY_OUTPUT], 2, 0, 4096));
	assert_true(rig_output_ok(&t->conv));
}

static void stale_state_hangs_the_next_job(void **state)
{
	struct story t;

	(void)state;
	story_begin(&t, "strict off");
	assert_int_equal(0, run_small(&t)); /* passes: both groups are clean */
	assert_int_equal(0, run_small(&t));
	run_conv(&t);			    /* one task: one group is left dirty */
	assert_int_equal(0, run_small(&t)); /* and the other is used */
	run_conv(&t);
	run_conv(&t); /* two tasks: both are dirty */
	assert_int_equal(ETIMEDOUT, run_small(&t));
	CHECK_LOG("the report's line",
		  "core 0 irq status: 0x0, raw status: 0xc0000000, require mask: 0x300, "
		  "task counter: 0x0");
	CHECK_LOG("the report's line", "soft reset, num: 6");
	assert_int_equal(0, run_small(&t)); /* the reset cleaned both */
	run_conv(&t);
	run_conv(&t);
	assert_int_equal(ETIMEDOUT, run_small(&t));
	run_conv(&t);
	run_conv(&t);
	npuemu_advance_us(4000000); /* power is lost meanwhile: clean again */
	assert_int_equal(0, run_small(&t));
	run_conv(&t);
	run_conv(&t);
	assert_int_equal(0, rig_action(t.conv.fd, 1, NULL)); /* no reset at all */
	assert_int_equal(ETIMEDOUT, run_small(&t));
	run_conv(&t);
	run_conv(&t);
	assert_int_equal(0, rig_action(t.conv.fd, 6, NULL)); /* this is one */
	assert_int_equal(0, run_small(&t));
	story_end(&t);
}

static void stale_state_is_named(void **state)
{
	struct story t;

	(void)state;
	story_begin(&t, NULL);
	assert_int_equal(0, run_small(&t));
	CHECK_VERDICT("clean", "stale-state dependence: core 0 task 0 does not write "
			       "DPU.DATA_CUBE_HEIGHT (0x4034); group 0 holds 0x0 of the "
			       "reset");
	run_conv(&t);
	run_conv(&t);
	assert_int_equal(ETIMEDOUT, run_small(&t));
	CHECK_VERDICT("dirty", "group 1 holds 0x5 of an earlier job");
	story_end(&t);
}

/* Groups are each core's own. */
static void cores_have_their_own(void **state)
{
	struct rig_submit s;
	struct story t;

	(void)state;
	story_begin(&t, "strict off");
	run_conv(&t);
	run_conv(&t);
	rig_header(&t.small, 0, &s);
	s.core_mask = 2;
	s.sub[1].number = 1;
	assert_int_equal(0, rig_submit(&t.small, &s));
	assert_int_equal(ETIMEDOUT, run_small(&t));
	story_end(&t);
}

/* The delay runs from the first exit after power-on; later ioctls do not extend it. */
static void power_off_timer(void **state)
{
	struct npuemu_stats s;
	int fd;

	(void)state;
	rig_reset(NULL);
	fd = rig_open();
	assert_int_equal(0, rig_action(fd, 1, NULL));
	npuemu_advance_us(2999000);
	assert_int_equal(0, rig_action(fd, 1, NULL));
	npuemu_stats(&s);
	assert_int_equal(0, s.power_offs);
	npuemu_advance_us(1000);
	assert_int_equal(0, rig_action(fd, 1, NULL)); /* a millisecond after the last */
	npuemu_stats(&s);
	assert_int_equal(1, s.power_offs);
	npuemu_advance_us(2999000);
	assert_int_equal(0, rig_action(fd, 1, NULL));
	npuemu_stats(&s);
	assert_int_equal(1, s.power_offs);
	close(fd);
	rig_reset("power-delay 0, wake 5000");
	fd = rig_open();
	assert_int_equal(0, rig_action(fd, 1, NULL));
	assert_int_equal(0, rig_action(fd, 1, NULL));
	npuemu_stats(&s);
	assert_int_equal(2, s.power_offs);
	assert_true(s.now_us >= 10000);
	close(fd);
}

/* ---- the driver's writes ---- */

static void register_writes(void **state)
{
	static const uint32_t offsets[NPUEMU_START_WRITES] = { 0x10, 0x1004, 0x3004, 0x10,
							       0x14, 0x20,   0x24,   0x30,
							       0x34, 0x08,   0x08 };
	struct npuemu_write w[NPUEMU_START_WRITES];
	struct rig_submit s;
	struct rig r;

	(void)state;
	rig_reset(NULL);
	rig_begin(&r, &three_tasks);
	rig_prepare(&r);
	rig_header(&r, 0, &s);
	s.core_mask = 2;
	s.task_base_addr = UINT64_C(0x1200000000);
	assert_int_equal(0, rig_submit(&r, &s));
	assert_int_equal(0, npuemu_start_writes(0, w));
	assert_int_equal(NPUEMU_START_WRITES, npuemu_start_writes(1, w));
	for (int i = 0; i < NPUEMU_START_WRITES; i++)
		CHECK("order", w[i].offset == offsets[i], "write %d to 0x%x", i,
		      w[i].offset);
	assert_int_equal(1, w[0].value);
	assert_int_equal(0x1000000e, w[1].value);
	assert_int_equal(0x1000000e, w[2].value);
	assert_int_equal((uint32_t)rig_record(&r, 0)->regcmd_addr, w[3].value);
	assert_int_equal((rig_record(&r, 0)->regcfg_amount + 5) / 2 - 1, w[4].value);
	assert_int_equal(0x300, w[5].value);
	assert_int_equal(0x300, w[6].value);
	assert_int_equal(0x7003, w[7].value);
	assert_int_equal(0, w[8].value);
	assert_int_equal(1, w[9].value);
	assert_int_equal(0, w[10].value);
	rig_end(&r);
}

static void amounts_and_control(void **state)
{
	static const struct {
		const char *name, *script;
		uint32_t amount, flags, tasks;
		uint32_t want_amount, want_control;
	} cases[] = {
		{ "complete record", NULL, 108, 5, 2, 55, 0x7002 },
		{ "multi-core record", NULL, 104, 5, 1, 53, 0x7001 },
		{ "barrier", NULL, 26, 5, 1, 14, 0x7001 },
		{ "elementwise", NULL, 14, 1, 1, 8, 0x6001 },
		{ "odd", NULL, 13, 5, 1, 8, 0x7001 },
		{ "another chip", "soc rk3576", 108, 5, 3, 55, 0x70003 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct npuemu_write w[NPUEMU_START_WRITES];
		struct rig_submit s;
		struct rig r;

		rig_reset(cases[i].script);
		assert_true(npuemu_script("no-execute", "test", NULL, 0));
		rig_begin(&r, &three_tasks);
		rig_record(&r, 0)->regcfg_amount = cases[i].amount;
		rig_header(&r, 0, &s);
		s.core_mask = 1;
		s.flags = cases[i].flags;
		s.sub[0].number = cases[i].tasks;
		assert_int_equal(0, rig_submit(&r, &s));
		npuemu_start_writes(0, w);
		CHECK(cases[i].name, w[4].value == cases[i].want_amount, "amount %u",
		      w[4].value);
		CHECK(cases[i].name, w[7].value == cases[i].want_control, "control 0x%x",
		      w[7].value);
		rig_end(&r);
	}
}

/* Lists are cut at 4095 records; each chunk is a start of its own. */
static void long_lists(void **state)
{
	static const struct {
		const char *name, *script;
		uint32_t tasks, want_first, want_control;
	} cases[] = {
		{ "4095", "no-execute", 4095, 0, 0x7fff },
		{ "4096", "no-execute", 4096, 4095, 0x7001 },
		{ "two and a half", "no-execute", 10000, 8190, 0x7000 | 1810 },
		{ "16 bits", "no-execute, soc rk3576", 10000, 0, 0x70000 | 10000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct npuemu_write w[NPUEMU_START_WRITES];
		struct npub_task *records;
		struct rig_bo bo;
		struct rig_submit s = { .flags = 5, .timeout = 1000, .core_mask = 1 };
		int fd;

		rig_reset(cases[i].script);
		fd = rig_open();
		assert_int_equal(0, rig_create(fd, 0x40b, 40 * cases[i].tasks, &bo));
		assert_int_equal(0, rig_map(fd, &bo));
		records = bo.map;
		for (uint32_t t = 0; t < cases[i].tasks; t++)
			records[t] = (struct npub_task){ .int_mask = 0x300,
							 .regcfg_amount = 108,
							 .regcmd_addr = t * 0x400 };
		s.task_number = s.sub[0].number = cases[i].tasks;
		s.task_obj_addr = bo.obj;
		assert_int_equal(0, rig_ioctl(fd, REQ_SUBMIT, &s));
		npuemu_start_writes(0, w);
		CHECK(cases[i].name, w[3].value == cases[i].want_first * 0x400,
		      "starts at 0x%x", w[3].value);
		CHECK(cases[i].name, w[7].value == cases[i].want_control, "control 0x%x",
		      w[7].value);
		CHECK(cases[i].name, s.task_counter == cases[i].tasks, "counter %u",
		      s.task_counter);
		CHECK(cases[i].name, records[cases[i].tasks - 1].int_status == 0x100,
		      "status 0x%x", records[cases[i].tasks - 1].int_status);
		assert_int_equal(0, rig_destroy(fd, &bo));
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stale_state_hangs_the_next_job),
		cmocka_unit_test(stale_state_is_named),
		cmocka_unit_test(cores_have_their_own),
		cmocka_unit_test(power_off_timer),
		cmocka_unit_test(register_writes),
		cmocka_unit_test(amounts_and_control),
		cmocka_unit_test(long_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
