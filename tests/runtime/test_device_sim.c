/* The simulator as a device: what it refuses, and what is left when memory ends. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "device.h"

#define NEVER UINT32_MAX

/* The allocation that fails, counted from when it was set. */
static uint32_t fails_in = NEVER;

void *__real_calloc(size_t n, size_t bytes);
void *__real_realloc(void *p, size_t bytes);
void *__wrap_calloc(size_t n, size_t bytes);
void *__wrap_realloc(void *p, size_t bytes);

static bool is_failing(void)
{
	return fails_in != NEVER && !fails_in--;
}

void *__wrap_calloc(size_t n, size_t bytes)
{
	return is_failing() ? NULL : __real_calloc(n, bytes);
}

void *__wrap_realloc(void *p, size_t bytes)
{
	return is_failing() ? NULL : __real_realloc(p, bytes);
}

static struct npurt_device *open_device(void)
{
	struct npurt_device *device;

	assert_int_equal(npurt_device_open_sim(&device, 1, NULL), NPURT_OK);
	return device;
}

static void test_open(void **state)
{
	struct npurt_device *device;
	struct npurt_error error;

	(void)state;
	assert_int_equal(npurt_device_open_sim(NULL, 1, &error), NPURT_ERR_ARGUMENT);
	assert_int_equal(error.code, NPURT_ERR_ARGUMENT);
	for (uint32_t i = 0; i < 2; i++) {
		fails_in = i;
		assert_int_equal(npurt_device_open_sim(&device, 1, &error),
				 NPURT_ERR_NOMEM);
		assert_int_equal(error.code, NPURT_ERR_NOMEM);
		assert_int_equal(fails_in, NEVER);
	}
}

/* No buffer of nothing, none that 32 bits cannot address, none without memory. */
static void test_buffers(void **state)
{
	static const uint64_t sizes[] = { 64, 0, UINT64_C(1) << 32 };
	struct npurt_device *device = open_device();
	struct npurt_error error;

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		struct npurt_device_bo bo = { .bytes = sizes[i] };

		memset(&error, 0, sizeof error);
		fails_in = sizes[i] == 64 ? 0 : NEVER;
		assert_int_equal(device->ops->bo_create(device, &bo, &error),
				 NPURT_ERR_DEVICE_MEMORY);
		assert_int_equal(error.code, NPURT_ERR_DEVICE_MEMORY);
		assert_non_null(strstr(error.detail, "no room for"));
	}
	fails_in = NEVER;
	npurt_device_close(device);
}

static void test_syncs(void **state)
{
	static const struct {
		const char *name;
		uint32_t flags;
		uint64_t offset, bytes;
		enum npurt_err want;
	} cases[] = {
		{ "all", 3, 0, 100, NPURT_OK },
		{ "the last byte", 1, 99, 1, NPURT_OK },
		{ "nothing, at the end", 2, 100, 0, NPURT_OK },
		{ "no direction", 0, 0, 100, NPURT_ERR_DEVICE_SYNC },
		{ "an unknown direction", 4, 0, 100, NPURT_ERR_DEVICE_SYNC },
		{ "behind the end", 1, 101, 0, NPURT_ERR_DEVICE_SYNC },
		{ "across the end", 1, 99, 2, NPURT_ERR_DEVICE_SYNC },
		{ "a sum that wraps", 1, 1, UINT64_MAX, NPURT_ERR_DEVICE_SYNC },
	};
	struct npurt_device *device = open_device();
	struct npurt_device_bo bo = { .bytes = 100 };

	(void)state;
	assert_int_equal(device->ops->bo_create(device, &bo, NULL), NPURT_OK);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct npurt_error error = { 0 };
		enum npurt_err err = device->ops->bo_sync(
		    device, &bo, cases[i].flags, cases[i].offset, cases[i].bytes, &error);

		CHECK_ERR(cases[i].name, err, cases[i].want, &error);
		CHECK(cases[i].name, error.code == err, "no sentence");
	}
	npurt_device_close(device); /* with the buffer still there */
}

/* Headers that a run never sends, and that only ever time out on a board. */
static void test_submits(void **state)
{
	static const struct {
		const char *name;
		uint32_t number, mask, start, count;
	} cases[] = {
		{ "no tasks", 0, 0, 0, 1 },
		{ "cores 0 and 2", 1, 5, 0, 1 },
		{ "cores 1 and 2", 1, 6, 0, 1 },
		{ "core 3", 1, 8, 0, 1 },
		{ "an empty list", 1, 0, 0, 0 },
		{ "a list behind the records", 1, 0, 3, 1 },
		{ "a list across the records' end", 1, 0, 1, 2 },
		{ "more tasks than a submit takes", 4096, 0, 0, 4096 },
	};
	struct npurt_device *device = open_device();
	struct npurt_device_bo records = { .bytes = 2 * 40 };

	(void)state;
	assert_int_equal(device->ops->bo_create(device, &records, NULL), NPURT_OK);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct npurt_job job = { .task_bo = &records,
					 .task_number = cases[i].number,
					 .core_mask = cases[i].mask };
		struct npurt_error error = { 0 };
		enum npurt_err err;

		job.subcore[0].task_start = cases[i].start;
		job.subcore[0].task_number = cases[i].count;
		err = device->ops->submit(device, &job, &error);
		CHECK_ERR(cases[i].name, err, NPURT_ERR_SUBMIT, &error);
		CHECK(cases[i].name, error.code == err, "no sentence");
	}
	npurt_device_close(device);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_buffers),
		cmocka_unit_test(test_syncs),
		cmocka_unit_test(test_submits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
