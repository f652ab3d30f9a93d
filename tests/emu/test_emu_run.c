/* The unchanged runtime on the virtual node: it finds it, loads, runs, closes. */
#include "rig.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(plans) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
