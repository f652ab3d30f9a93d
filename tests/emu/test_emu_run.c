/* The unchanged runtime on the virtual node: it finds it, loads, runs, closes. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void run_bundle(const char *name, const struct tiny_options *options,
		       uint32_t cores)
{
	struct npurt_options o = { .cores = cores, .allow_hazards = UINT32_MAX };
	uint16_t input[TINY_C * TINY_H * TINY_W];
	uint16_t want[TINY_K * TINY_H * TINY_W], got[TINY_K * TINY_H * TINY_W];
	struct npurt_device *device = NULL;
	struct npuemu_stats stats;
	struct npurt_error error;
	struct npurt *rt = NULL;
	struct tiny tiny;
	uint8_t *bundle;
	size_t bytes;

	rig_reset(NULL);
	tiny_make(&tiny, options);
	bundle = tiny_bundle(&tiny, &bytes);
	CHECK_ERR(name, npurt_device_open_rknpu(&device, NULL, &error), NPURT_OK, &error);
	CHECK_ERR(name, npurt_open(&rt, bundle, bytes, device, &o, &error), NPURT_OK,
		  &error);
	tiny_input(input);
	assert_int_equal(NPURT_OK, npurt_write_input(rt, input, sizeof input));
	for (int i = 0; i < 3; i++)
		CHECK_ERR(name, npurt_run(rt, &error), NPURT_OK, &error);
	assert_int_equal(NPURT_OK, npurt_read_output(rt, got, sizeof got));
	tiny_expected(&tiny, want);
	CHECK(name, !memcmp(got, want, sizeof want), "wrong output");
	npurt_close(rt);
	npurt_device_close(device);
	free(bundle);
	npuemu_stats(&stats);
	CHECK_NO_VERDICT(name);
	CHECK(name, stats.submits_ok == 3, "%u", (unsigned)stats.submits_ok);
	CHECK(name, !stats.fds && !stats.handles && !stats.bos && !stats.mmaps,
	      "left over: %u fds, %u handles, %u BOs, %u mmaps", stats.fds, stats.handles,
	      stats.bos, stats.mmaps);
}

static void plans(void **state)
{
	static const struct {
		const char *name;
		struct tiny_options options;
		uint32_t cores;
	} cases[] = {
		{ "one task", { .max_cores = 1, .tiles = 1 }, 1 },
		{ "three tasks", { .max_cores = 1, .tiles = 3 }, 1 },
		{ "bias", { .max_cores = 1, .tiles = 2, .bias = 1 }, 1 },
		{ "delta records", { .max_cores = 1, .tiles = 5, .delta = 1 }, 1 },
		{ "two cores", { .max_cores = 2, .tiles = 1 }, 2 },
		{ "three cores", { .max_cores = 3, .tiles = 1 }, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		run_bundle(cases[i].name, &cases[i].options, cases[i].cores);
}

/* ---- under faults ---- */

static const struct tiny_options three_tasks = { .max_cores = 1, .tiles = 3 };

static enum npurt_err run_runtime(const char *name, const char *script,
				  struct npurt_error *error)
{
	struct npurt_device *device = NULL;
	struct npuemu_stats stats;
	struct npurt *rt = NULL;
	struct tiny tiny;
	enum npurt_err err;
	uint8_t *bundle;
	size_t bytes;

	rig_reset(script);
	assert_true(npuemu_script("strict off", "test", NULL, 0));
	tiny_make(&tiny, &three_tasks);
	bundle = tiny_bundle(&tiny, &bytes);
	err = npurt_device_open_rknpu(&device, NULL, error);
	if (!err) {
		const struct npurt_options o = { .allow_hazards = UINT32_MAX };

		err = npurt_open(&rt, bundle, bytes, device, &o, error);
	}
	if (!err)
		err = npurt_run(rt, error);
	npurt_close(rt);
	if (device)
		npurt_device_close(device);
	free(bundle);
	npuemu_stats(&stats);
	CHECK(name, !stats.fds && !stats.bos && !stats.mmaps && !stats.handles,
	      "left over: %u fds, %u BOs, %u mmaps", stats.fds, stats.bos, stats.mmaps);
	return err;
}

static void runtime_notices(void **state)
{
	static const struct {
		const char *script;
		enum npurt_err want;
	} cases[] = {
		{ "", NPURT_OK },
		{ "hang task 1", NPURT_ERR_TIMEOUT },
		{ "irq 0xc00", NPURT_ERR_TIMEOUT },
		{ "no-execute", NPURT_ERR_NOT_EXECUTED },
		{ "stub", NPURT_ERR_NOT_EXECUTED },
		{ "output stale", NPURT_ERR_NOT_EXECUTED },
		{ "output stale-line", NPURT_ERR_NOT_EXECUTED },
		{ "early-success", NPURT_ERR_NOT_EXECUTED },
		{ "memory exhausted", NPURT_ERR_DEVICE_MEMORY },
		{ "iova full call 3", NPURT_ERR_DEVICE_MEMORY },
		{ "dma high", NPURT_ERR_DEVICE_MEMORY },
		{ "dma zero call 2", NPURT_ERR_DEVICE_MEMORY },
		{ "obj zero", NPURT_ERR_DEVICE_MEMORY },
		{ "short size call 4", NPURT_ERR_DEVICE_MEMORY },
		{ "fail mmap call 2 errno ENOMEM", NPURT_ERR_DEVICE_MEMORY },
		{ "fail MEM_SYNC call 3 errno EINVAL", NPURT_ERR_DEVICE_SYNC },
		{ "fail SUBMIT errno ENODEV", NPURT_ERR_NODEVICE },
		{ "node none", NPURT_ERR_NODEVICE },
		{ "node /dev/dri/card0 name rocket", NPURT_ERR_DEVICE_KIND },
		{ "node /dev/dri/card0 errno EACCES", NPURT_ERR_NODEVICE },
		{ "hw 0x46495247", NPURT_ERR_DEVICE_KIND },
		{ "version 802", NPURT_ERR_DEVICE_KIND },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct npurt_error error;
		enum npurt_err err =
		    run_runtime(cases[i].script, cases[i].script, &error);

		CHECK_ERR(cases[i].script, err, cases[i].want, &error);
	}
}

/* The n-th call fails, for every n: an error or none, but nothing is left behind. */
static void every_call_fails_once(void **state)
{
	static const int errnos[] = { ENOMEM, EINVAL, EFAULT, ENODEV, EIO };
	struct npurt_error error;
	struct npuemu_stats stats;
	uint64_t calls, points = 0;

	(void)state;
	assert_int_equal(NPURT_OK, run_runtime("whole", "", &error));
	npuemu_stats(&stats);
	calls = stats.calls;
	assert_true(calls > 40);
	for (uint64_t n = 1; n <= calls; n++) {
		char script[64];
		int e = errnos[n % 5];

		snprintf(script, sizeof script, "fail call %u errno %d", (unsigned)n, e);
		run_runtime(script, script, &error);
		npuemu_stats(&stats);
		points += stats.faults_hit;
	}
	assert_true(points >= calls);
	print_message("%u fault points\n", (unsigned)points);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans),
		cmocka_unit_test(runtime_notices),
		cmocka_unit_test(every_call_fails_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
