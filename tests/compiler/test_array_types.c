/* Whole numbers of every type come out of .npy files as what they are, ends included. */
#include "source_fixture.h"

#include "operands/array_file.h"

#define COUNT 3u

static bool take_values(void *context, uint64_t first, double *values, size_t count)
{
	memcpy((double *)context + first, values, count * sizeof *values);
	return true;
}

static void expect_values(const char *descr, const void *stored, size_t bytes,
			  const double *want)
{
	const uint64_t shape[] = { COUNT };
	struct source_files files = { .count = 0 };
	struct tensor_source source;
	struct array_error error;
	struct array_file a;
	double got[COUNT];

	put_array(&files, &source, descr, 1, shape, stored, bytes);
	if (!array_open_npy(&a, source.path, &error))
		fail_msg("%s: %s", descr, error.why);
	assert_int_equal(a.count, COUNT);
	assert_true(array_read(&a, take_values, got, &error));
	for (uint32_t i = 0; i < COUNT; i++)
		if (got[i] != want[i])
			fail_msg("%s: value %u is %g, want %g", descr, i, got[i],
				 want[i]);
	array_close(&a);
	remove_sources(&files);
}

#define CASE(descr, type, least, most)                                                   \
	expect_values(descr, (type[]){ (least), 1, (most) }, sizeof(type[COUNT]),        \
		      (double[]){ (double)(least), 1, (double)(most) })

static void test_types(void **state)
{
	(void)state;
	CASE("|i1", int8_t, INT8_MIN, INT8_MAX);
	CASE("<i2", int16_t, INT16_MIN, INT16_MAX);
	CASE("<i4", int32_t, INT32_MIN, INT32_MAX);
	CASE("<i8", int64_t, INT64_MIN, INT64_C(1) << 53);
	CASE("|u1", uint8_t, 0, UINT8_MAX);
	CASE("<u2", uint16_t, 0, UINT16_MAX);
	CASE("<u4", uint32_t, 0, UINT32_MAX);
	CASE("<u8", uint64_t, 0, UINT64_C(1) << 63);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_types) };

	return cmocka_run_group_tests_name("array types", tests, NULL, NULL);
}
