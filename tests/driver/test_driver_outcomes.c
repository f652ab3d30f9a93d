/* Devices that fail, lie or lose their power: what the runtime makes of each. */
#include "driver.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rknpu/device_rknpu.h"
#include "trace.h"

#define NODE "/dev/dri/renderD128"

static const struct outcome {
	const char *name, *script;
	enum npurt_err want;
	enum stage stage;
	const char *says;
	uint32_t slept; /* ms, at least */
} outcomes[] = {
	/* clang-format off */
	/* success that is none */
	{ "stub that says yes", "stub", NPURT_ERR_NOT_EXECUTED, STAGE_RUN, "0 of 6 tasks counted", 0 },
	{ "not executed", "no-execute", NPURT_ERR_NOT_EXECUTED, STAGE_RUN, "not written", 0 },
	{ "stale output", "output stale", NPURT_ERR_NOT_EXECUTED, STAGE_RUN, "not written", 0 },
	{ "one stale line", "output stale-line", NPURT_ERR_NOT_EXECUTED, STAGE_RUN, "4 atoms", 0 },
	{ "zeros always", "output zero", NPURT_ERR_NOT_EXECUTED, STAGE_RUN, "all zeros, and a known job", 0 },
	{ "zeros once", "output zero submit 1", NPURT_ERR_NOT_EXECUTED, STAGE_RUN, "other values", 0 },
	{ "zeros, then a hang", "output zero submit 1\nhang submit 2", NPURT_ERR_TIMEOUT, STAGE_RUN, "reset", 250 },
	{ "success too early", "early-success", NPURT_ERR_NOT_EXECUTED, STAGE_RUN, "not written", 0 },
	/* failures of a submit */
	{ "hang", "hang task 0", NPURT_ERR_TIMEOUT, STAGE_RUN, "do not repeat", 250 },
	{ "hang in the second task", "hang task 1", NPURT_ERR_TIMEOUT, STAGE_RUN, "tasks begun", 250 },
	{ "refused once", "fail SUBMIT call 1 errno EINVAL", NPURT_OK, STAGE_DONE, "", 250 },
	{ "refused always", "fail SUBMIT errno EINVAL", NPURT_ERR_SUBMIT, STAGE_RUN, "again: ", 500 },
	{ "refused, then hung", "fail SUBMIT call 1 errno EINVAL\nhang submit 1", NPURT_ERR_TIMEOUT, STAGE_RUN,
	  "do not repeat", 500 },
	{ "no memory for the job", "fail SUBMIT errno ENOMEM", NPURT_ERR_SUBMIT, STAGE_RUN, "out of memory", 250 },
	{ "bad pointer", "fail SUBMIT errno EFAULT", NPURT_ERR_SUBMIT, STAGE_RUN, "SUBMIT: errno 14", 250 },
	{ "gone in mid-run", "fail SUBMIT errno ENODEV", NPURT_ERR_NODEVICE, STAGE_RUN, "open it again", 250 },
	{ "timed out behind others", "fail SUBMIT errno ETIMEDOUT", NPURT_ERR_TIMEOUT, STAGE_RUN, "reset", 250 },
	{ "somebody's reset in mid-wait", "reset during submit 1", NPURT_OK, STAGE_DONE, "", 250 },
	{ "inside somebody's reset", "reset before submit 1", NPURT_OK, STAGE_DONE, "", 0 },
	{ "power goes between", "power-off before", NPURT_OK, STAGE_DONE, "", 0 },
	{ "slow power-on", "wake 900000", NPURT_OK, STAGE_DONE, "", 0 },
	{ "interrupt of another block", "irq 0xc00 submit 1", NPURT_ERR_TIMEOUT, STAGE_RUN, "do not repeat", 250 },
	{ "interrupt of a DMA error", "irq 0x1000 submit 1", NPURT_ERR_TIMEOUT, STAGE_RUN, "do not repeat", 250 },
	{ "no interrupt", "irq 0 submit 1", NPURT_ERR_TIMEOUT, STAGE_RUN, "do not repeat", 250 },
	{ "half of the pair", "irq 0x100", NPURT_OK, STAGE_DONE, "", 0 },
	{ "ran, then a bad copy", "fail SUBMIT call 1 errno EFAULT after", NPURT_ERR_SUBMIT, STAGE_RUN, "errno 14", 250 },
	{ "ran, then refused", "fail SUBMIT call 1 errno EINVAL after", NPURT_OK, STAGE_DONE, "", 250 },
	{ "hung, and the reset fails", "hang submit 1\nreset-line dead", NPURT_ERR_TIMEOUT, STAGE_RUN, "", 250 },
	{ "behind others for too long",
	  "foreign job core 0 ms 90000 submit 1\nforeign job core 1 ms 90000 submit 1\n"
	  "foreign job core 2 ms 90000 submit 1", NPURT_ERR_SUBMIT, STAGE_RUN, "stuck queue", 500 },
	/* memory */
	{ "no memory", "memory exhausted", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "BO 'task': MEM_CREATE: errno 12", 0 },
	{ "contiguous memory gone", "iommu off\ncontiguous exhausted call 2", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "BO 'weight'", 0 },
	{ "no memory for the fourth", "memory exhausted call 4", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "BO 'input'", 0 },
	{ "addresses full", "iova full call 3", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "address space is full", 0 },
	{ "address too high", "dma high call 2", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "reach 4 GiB; IOMMU is on", 0 },
	{ "address zero", "dma zero call 5", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "BO 'output'", 0 },
	{ "object zero", "obj zero call 1", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "no object", 0 },
	{ "handle zero", "handle zero call 1", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "no handle", 0 },
	{ "size short", "short size call 2", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "BO 'weight': MEM_CREATE gave", 0 },
	{ "in SRAM", "sram 4096 call 2", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "4096 bytes into SRAM", 0 },
	{ "created, not mappable", "fail mmap call 2 errno ENXIO", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "not its pages", 0 },
	{ "mmap refused", "fail mmap call 1 errno EINVAL", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "mapping: errno 22", 0 },
	{ "mmap of another's", "fail mmap call 3 errno EACCES", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "permission", 0 },
	{ "no offset", "fail MEM_MAP call 2 errno ENOENT", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "mapping: errno 2", 0 },
	{ "not cacheable", "fail MEM_SYNC call 3 errno EINVAL", NPURT_ERR_DEVICE_SYNC, STAGE_LOAD, "refused", 0 },
	{ "sync before the run", "fail MEM_SYNC call 9 errno EINVAL", NPURT_ERR_DEVICE_SYNC, STAGE_RUN, "MEM_SYNC", 0 },
	{ "sync after the run", "fail MEM_SYNC call 10 errno EINVAL", NPURT_ERR_DEVICE_SYNC, STAGE_RUN, "MEM_SYNC", 0 },
	{ "fragmented addresses", "iova-gap 65536", NPURT_OK, STAGE_DONE, "", 0 },
	{ "few addresses", "iova-top 0x20000000", NPURT_OK, STAGE_DONE, "", 0 },
	{ "no IOMMU, low memory", "iommu off", NPURT_OK, STAGE_DONE, "", 0 },
	{ "another's job on core 0", "foreign job core 0 ms 20", NPURT_OK, STAGE_DONE, "", 0 },
	{ "another's job on core 1", "foreign job core 1 ms 20", NPURT_OK, STAGE_DONE, "", 0 },
	{ "another's job on core 2", "foreign job core 2 ms 20", NPURT_OK, STAGE_DONE, "", 0 },
	{ "others' jobs on all cores",
	  "foreign job core 0 ms 20\nforeign job core 1 ms 20\nforeign job core 2 ms 20", NPURT_OK, STAGE_DONE,
	  "", 0 },
	{ "signals", "fail MEM_CREATE call 2 errno EINTR\nfail MEM_SYNC call 2 errno EAGAIN", NPURT_OK, STAGE_DONE, "", 0 },
	{ "signals without end", "fail MEM_SYNC errno EINTR", NPURT_ERR_DEVICE_SYNC, STAGE_LOAD, "MEM_SYNC: errno 4", 0 },
	/* clang-format on */
};

static void test_outcomes(void **state)
{
	struct conv c;

	(void)state;
	conv_make(&c, &(struct tiny_options){ .tiles = 2 });
	for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
		const struct outcome *o = &outcomes[i];
		struct npurt_rknpu_options device = driver_options();
		struct npurt_error error;
		struct npuemu_stats stats;
		enum npurt_err err;
		enum stage stage;

		board(o->script);
		err = run_once(o->name, &c, &device, NULL, &stage, &error);
		CHECK_ERR(o->name, err, o->want, &error);
		CHECK(o->name, stage == o->stage, "stage %d instead of %d", stage,
		      o->stage);
		CHECK(o->name, !err || error.code == err, "error says %s",
		      npurt_errname(error.code));
		CHECK(o->name, strstr(err ? error.detail : "", o->says),
		      "'%s' does not say '%s'", error.detail, o->says);
		CHECK(o->name, slept_ms() >= o->slept, "slept %u ms", slept_ms());
		npuemu_stats(&stats);
		CHECK(o->name, !stats.fatal_verdicts, "a fatal verdict");
		/* Others' jobs end, too; a wrong interrupt leaves one behind for good. */
		npuemu_advance_us(1000000000);
		if (!strstr(o->script ? o->script : "", "irq 0x"))
			check_nothing_alive(o->name);
		check_still_works(o->name, &c);
	}
	print_message("%zu outcomes\n", sizeof outcomes / sizeof outcomes[0]);
	conv_free(&c);
}

/* Whenever the power goes, all registers with it, the result is right. */
static void test_power_off_anywhere(void **state)
{
	struct npurt_rknpu_options device = driver_options();
	uint32_t n = 0, calls = 1, offs = 0;
	struct conv c;

	(void)state;
	device.path = NODE;
	conv_make(&c, &(struct tiny_options){ .tiles = 3, .bias = 1 });
	while (n < calls) {
		struct npuemu_stats stats;
		struct npurt_error error;
		enum npurt_err err;
		enum stage stage;
		char script[48];

		snprintf(script, sizeof script, "power-off before call %u", ++n);
		board(script);
		err = run_once(script, &c, &device, NULL, &stage, &error);
		CHECK_ERR(script, err, NPURT_OK, &error);
		check_nothing_alive(script);
		check_no_verdict(script);
		npuemu_stats(&stats);
		calls = (uint32_t)stats.calls;
		offs += (uint32_t)stats.power_offs;
	}
	assert_in_range(n, 30, 200);
	assert_true(offs > n / 2); /* it was on nearly all the time */
	conv_free(&c);
}

/* A driver whose reset failed refuses everything from then on, by name each time. */
static void test_dead_reset_line(void **state)
{
	struct npurt_rknpu_options options = driver_options();
	struct npurt_device *device;
	struct npurt_error error;
	struct npurt *rt;
	struct conv c;

	(void)state;
	conv_make(&c, &(struct tiny_options){ .tiles = 1 });
	board("hang submit 1\nreset-line dead");
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL), NPURT_OK);
	assert_int_equal(npurt_open(&rt, c.bundle, c.bytes, device, NULL, NULL),
			 NPURT_OK);
	assert_int_equal(npurt_run(rt, &error), NPURT_ERR_TIMEOUT);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(npurt_run(rt, &error), NPURT_ERR_SUBMIT);
		assert_int_equal(npurt_health(device, &error), NPURT_ERR_SUBMIT);
	}
	npurt_close(rt);
	npurt_device_close(device);
	conv_free(&c);
	check_nothing_alive("dead reset line");
}

/* After a failed submit no buffer is freed before 250 ms have passed. */
static void test_nothing_freed_early(void **state)
{
	struct npurt_rknpu_options device = driver_options();
	struct npurt_error error;
	enum stage stage;
	struct conv c;
	int submit;

	(void)state;
	conv_make(&c, &(struct tiny_options){ .tiles = 2 });
	board("hang task 1");
	trace_begin();
	assert_int_equal(run_once("hang", &c, &device, NULL, &stage, &error),
			 NPURT_ERR_TIMEOUT);
	submit = trace_find(RKNPU_SUBMIT, 0);
	assert_true(submit > 0);
	assert_int_equal(trace_count_of(RKNPU_SUBMIT), 1); /* never the same job again */
	assert_int_equal(slept_ms(), 250);
	assert_true(trace_find(RKNPU_MEM_DESTROY, 0) > submit);
	assert_int_equal(trace_count_of(RKNPU_MEM_DESTROY), 5);
	assert_int_equal(error.found, 1); /* tasks done before the one that hangs */
	conv_free(&c);
}

/* A handle whose run failed runs again; the job header is made anew. */
static void test_run_after_failure(void **state)
{
	struct npurt_rknpu_options options = driver_options();
	uint16_t got[OUT_ELEMS];
	struct npurt_device *device;
	struct npurt_error error;
	struct npurt *rt;
	struct conv c;

	(void)state;
	conv_make(&c, &(struct tiny_options){ .tiles = 2 });
	board("hang submit 1");
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL), NPURT_OK);
	assert_int_equal(npurt_open(&rt, c.bundle, c.bytes, device, NULL, NULL),
			 NPURT_OK);
	assert_int_equal(npurt_write_input(rt, c.in, sizeof c.in), NPURT_OK);
	assert_int_equal(npurt_run(rt, &error), NPURT_ERR_TIMEOUT);
	assert_int_equal(npurt_device_reset(device, &error), NPURT_OK);
	assert_int_equal(npurt_health(device, &error), NPURT_OK);
	assert_int_equal(npurt_run(rt, &error), NPURT_OK);
	assert_int_equal(npurt_read_output(rt, got, sizeof got), NPURT_OK);
	assert_memory_equal(got, c.want, sizeof got);
	npurt_close(rt);
	npurt_device_close(device);
	conv_free(&c);
	check_nothing_alive("after a failure");
}

/* Without a lock there is no submit; the descriptor is taken away to make it fail. */
static void test_lock_fails(void **state)
{
	struct npurt_rknpu_options options = driver_options();
	struct npurt_device *device;
	struct npurt_error error;
	struct npurt *rt;
	struct conv c;

	(void)state;
	conv_make(&c, &(struct tiny_options){ .tiles = 1 });
	board(NULL);
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL), NPURT_OK);
	assert_int_equal(npurt_open(&rt, c.bundle, c.bytes, device, NULL, NULL),
			 NPURT_OK);
	close(((struct npurt_rknpu *)device)->lock_fd);
	trace_begin();
	assert_int_equal(npurt_run(rt, &error), NPURT_ERR_NODEVICE);
	assert_non_null(strstr(error.detail, "lock"));
	assert_int_equal(trace_count_of(RKNPU_SUBMIT), 0);
	assert_int_equal(npurt_device_reset(device, &error), NPURT_ERR_NODEVICE);
	((struct npurt_rknpu *)device)->lock_fd = ((struct npurt_rknpu *)device)->fd;
	npurt_close(rt);
	npurt_device_close(device);
	conv_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_power_off_anywhere),
		cmocka_unit_test(test_dead_reset_line),
		cmocka_unit_test(test_nothing_freed_early),
		cmocka_unit_test(test_run_after_failure),
		cmocka_unit_test(test_lock_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
