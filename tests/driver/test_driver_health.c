/* The health probe and the reset. */
#include "driver.h"

#include <string.h>

#include "rknpu/rknpu_uapi.h"

static void test_health(void **state)
{
	static const struct {
		const char *name, *script;
		enum npurt_err want;
		const char *says;
	} cases[] = {
		{ "good", NULL, NPURT_OK, "" },
		{ "not executed", "no-execute", NPURT_ERR_NOT_EXECUTED, "not written" },
		{ "zeros", "output zero", NPURT_ERR_HEALTH, "output 0 of the probe" },
		{ "hangs", "hang task 1", NPURT_ERR_TIMEOUT, "reset" },
		{ "no memory", "memory exhausted", NPURT_ERR_DEVICE_MEMORY, "memory" },
	};
	struct npurt_rknpu_options options = driver_options();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct npurt_device *device;
		struct npurt_error error;
		enum npurt_err err;

		board(cases[i].script);
		assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL),
				 NPURT_OK);
		err = npurt_health(device, &error);
		CHECK_ERR(cases[i].name, err, cases[i].want, &error);
		CHECK(cases[i].name, strstr(err ? error.detail : "", cases[i].says),
		      "'%s'", error.detail);
		CHECK(cases[i].name, npurt_health(device, NULL) == cases[i].want,
		      "without an error struct");
		npurt_device_close(device);
		check_nothing_alive(cases[i].name);
	}
	assert_int_equal(npurt_health(NULL, NULL), NPURT_ERR_ARGUMENT);
}

/*
 * The probe does not rely on what a job left behind: it is right after jobs of one,
 * two and three tasks, whichever register group comes next, and each after each.
 */
static void test_health_after_anything(void **state)
{
	struct npurt_rknpu_options options = driver_options();
	struct npurt_device *device;
	struct npurt_error error;

	(void)state;
	board(NULL);
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL), NPURT_OK);
	for (uint32_t tiles = 1; tiles <= 4; tiles++) {
		for (int bias = 0; bias < 2; bias++) {
			struct npurt *rt;
			struct conv c;

			conv_make(&c,
				  &(struct tiny_options){ .tiles = tiles, .bias = bias });
			assert_int_equal(
			    npurt_open(&rt, c.bundle, c.bytes, device, NULL, NULL),
			    NPURT_OK);
			assert_int_equal(npurt_write_input(rt, c.in, sizeof c.in),
					 NPURT_OK);
			assert_int_equal(npurt_run(rt, &error), NPURT_OK);
			assert_int_equal(npurt_health(device, &error), NPURT_OK);
			npurt_close(rt);
			conv_free(&c);
		}
	}
	npurt_device_close(device);
	check_no_verdict("health after anything");
}

static void test_reset(void **state)
{
	struct npurt_rknpu_options options = driver_options();
	struct npurt_device *device;
	struct npuemu_stats stats;
	struct npurt_error error;

	(void)state;
	board(NULL);
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL), NPURT_OK);
	assert_int_equal(npurt_device_reset(device, &error), NPURT_OK);
	npuemu_stats(&stats);
	assert_int_equal(stats.resets, 1);
	assert_int_equal(slept_ms(), 250);
	npurt_device_close(device);
	board("fail ACTION call 4 errno EINVAL");
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL), NPURT_OK);
	assert_int_equal(npurt_device_reset(device, NULL), NPURT_ERR_RESET);
	npurt_device_close(device);
	assert_int_equal(npurt_device_reset(NULL, NULL), NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_device_cores(NULL), 0);
}

/* The clock that is there when nobody brings one. */
static void test_real_sleep(void **state)
{
	struct npurt_device *device;

	(void)state;
	board(NULL);
	assert_int_equal(npurt_device_open_rknpu(&device, NULL, NULL), NPURT_OK);
	assert_int_equal(npurt_device_reset(device, NULL), NPURT_OK);
	npurt_device_close(device);
	assert_int_equal(slept_ms(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_health),
		cmocka_unit_test(test_health_after_anything),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_real_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
