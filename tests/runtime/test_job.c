/* What a submit header may never say, each refused before a call is made. */
#include "check.h"

#include "job.h"

static const struct npurt_device_bo records = { .bytes = 40 * 8,
						.flags = 0x40b,
						.handle = 1 };
static const struct npurt_device_bo unmapped = { .bytes = 40 * 8,
						 .flags = 0x403,
						 .handle = 1 };
static const struct npurt_device_bo none = { .bytes = 40 * 8, .flags = 0x40b };
static const struct npurt_device three = { .cores = 3 }, two = { .cores = 2 };
#define ONE                                                                              \
	{                                                                                \
		{ 0, 2 }, { 0, 2 }, { 0, 2 },                                            \
	}
#define JOB(...)                                                                         \
	{                                                                                \
		.task_bo = &records, .flags = 5, .timeout_ms = 1000, __VA_ARGS__         \
	}
static const struct {
	const char *name;
	enum npurt_err want;
	const struct npurt_device *device;
	struct npurt_job job;
} headers[] = {
	{ "good", NPURT_OK, &three, JOB(.task_number = 6, .subcore = ONE) },
	{ "two cores", NPURT_OK, &three,
	  JOB(.task_number = 4, .core_mask = 3, .subcore = { { 0, 2 }, { 2, 2 } }) },
	{ "three cores", NPURT_OK, &three,
	  JOB(.task_number = 3, .core_mask = 7,
	      .subcore = { { 0, 0 }, { 0, 0 }, { 0, 1 }, { 1, 1 }, { 2, 1 } }) },
	{ "without PC",
	  NPURT_ERR_FORBIDDEN,
	  &three,
	  { .task_bo = &records,
	    .flags = 4,
	    .timeout_ms = 1,
	    .task_number = 6,
	    .subcore = ONE } },
	{ "NONBLOCK",
	  NPURT_ERR_FORBIDDEN,
	  &three,
	  { .task_bo = &records,
	    .flags = 7,
	    .timeout_ms = 1,
	    .task_number = 6,
	    .subcore = ONE } },
	{ "fence",
	  NPURT_ERR_FORBIDDEN,
	  &three,
	  { .task_bo = &records,
	    .flags = 13,
	    .timeout_ms = 1,
	    .task_number = 6,
	    .subcore = ONE } },
	{ "timeout 0",
	  NPURT_ERR_FORBIDDEN,
	  &three,
	  { .task_bo = &records, .flags = 5, .task_number = 6, .subcore = ONE } },
	{ "endless timeout",
	  NPURT_ERR_FORBIDDEN,
	  &three,
	  { .task_bo = &records,
	    .flags = 5,
	    .timeout_ms = 0x80000000u,
	    .task_number = 6,
	    .subcore = ONE } },
	{ "mask 5", NPURT_ERR_FORBIDDEN, &three,
	  JOB(.task_number = 6, .core_mask = 5, .subcore = ONE) },
	{ "mask 6", NPURT_ERR_FORBIDDEN, &three,
	  JOB(.task_number = 6, .core_mask = 6, .subcore = ONE) },
	{ "mask 8", NPURT_ERR_FORBIDDEN, &three,
	  JOB(.task_number = 6, .core_mask = 8, .subcore = ONE) },
	{ "mask 0xffffffff", NPURT_ERR_FORBIDDEN, &three,
	  JOB(.task_number = 6, .core_mask = 0xffffffffu, .subcore = ONE) },
	{ "core 1 alone", NPURT_ERR_FORBIDDEN, &three,
	  JOB(.task_number = 6, .core_mask = 2, .subcore = ONE) },
	{ "three of two", NPURT_ERR_CORES, &two,
	  JOB(.task_number = 3, .core_mask = 7,
	      .subcore = { { 0, 0 }, { 0, 0 }, { 0, 1 }, { 1, 1 }, { 2, 1 } }) },
	{ "no tasks", NPURT_ERR_FORBIDDEN, &three, JOB(.subcore = ONE) },
	{ "another sum", NPURT_ERR_FORBIDDEN, &three,
	  JOB(.task_number = 5, .subcore = ONE) },
	{ "task start", NPURT_ERR_FORBIDDEN, &three,
	  JOB(.task_number = 6, .task_start = 1, .subcore = ONE) },
	{ "records outside the buffer", NPURT_ERR_FORBIDDEN, &three,
	  JOB(.task_number = 6, .subcore = { { 7, 2 }, { 7, 2 }, { 7, 2 } }) },
	{ "entry 1 empty", NPURT_ERR_FORBIDDEN, &three,
	  JOB(.task_number = 4, .subcore = { { 0, 2 }, { 0, 0 }, { 0, 2 } }) },
	{ "entry 2 another list", NPURT_ERR_FORBIDDEN, &three,
	  JOB(.task_number = 6, .subcore = { { 0, 2 }, { 0, 2 }, { 2, 2 } }) },
	{ "entry 3 used", NPURT_ERR_FORBIDDEN, &three,
	  JOB(.task_number = 8, .subcore = { { 0, 2 }, { 0, 2 }, { 0, 2 }, { 0, 2 } }) },
	{ "too many tasks", NPURT_ERR_FORBIDDEN, &three,
	  JOB(.task_number = 12288,
	      .subcore = { { 0, 4096 }, { 0, 4096 }, { 0, 4096 } }) },
	{ "buffer not in the kernel",
	  NPURT_ERR_FORBIDDEN,
	  &three,
	  { .task_bo = &unmapped,
	    .flags = 5,
	    .timeout_ms = 1,
	    .task_number = 6,
	    .subcore = ONE } },
	{ "buffer freed",
	  NPURT_ERR_FORBIDDEN,
	  &three,
	  { .task_bo = &none,
	    .flags = 5,
	    .timeout_ms = 1,
	    .task_number = 6,
	    .subcore = ONE } },
};
#undef JOB
#undef ONE

/* What a header may never say, each refused before a call is made. */
static void test_never(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
		struct npurt_error error = { 0 };
		enum npurt_err err =
		    npurt_job_check(headers[i].device, &headers[i].job, &error);

		CHECK_ERR(headers[i].name, err, headers[i].want, &error);
		CHECK(headers[i].name, !err || error.code == err, "no sentence");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
