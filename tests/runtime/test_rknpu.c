#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "rknpu/device_rknpu.h"
#include "rknpu/rknpu_uapi.h"

static void test_error_mapping(void **state)
{
	static const struct {
		const char *name;
		enum npurt_rknpu_call call;
		int err;
		enum npurt_err want;
		const char *says;
	} cases[] = {
		{ "submit einval", NPURT_RKNPU_SUBMIT, EINVAL, NPURT_ERR_SUBMIT,
		  "reset" },
		{ "submit timeout", NPURT_RKNPU_SUBMIT, ETIMEDOUT, NPURT_ERR_TIMEOUT,
		  "do not repeat" },
		{ "submit enomem", NPURT_RKNPU_SUBMIT, ENOMEM, NPURT_ERR_SUBMIT,
		  "memory" },
		{ "create enomem", NPURT_RKNPU_MEMORY, ENOMEM, NPURT_ERR_DEVICE_MEMORY,
		  "memory" },
		{ "address space full", NPURT_RKNPU_MEMORY, EFAULT,
		  NPURT_ERR_DEVICE_MEMORY, "fewer" },
		{ "sync einval", NPURT_RKNPU_SYNC, EINVAL, NPURT_ERR_DEVICE_SYNC,
		  "refused" },
		{ "gone", NPURT_RKNPU_SUBMIT, ENODEV, NPURT_ERR_NODEVICE,
		  "open it again" },
		{ "closed", NPURT_RKNPU_SYNC, EBADF, NPURT_ERR_NODEVICE,
		  "open it again" },
		{ "no rights", NPURT_RKNPU_OPEN, EACCES, NPURT_ERR_NODEVICE, "'render'" },
		{ "missing", NPURT_RKNPU_OPEN, ENOENT, NPURT_ERR_NODEVICE,
		  "No such file" },
		{ "not ours", NPURT_RKNPU_OPEN, ENOTTY, NPURT_ERR_DEVICE_KIND,
		  "another driver" },
		{ "no gem", NPURT_RKNPU_MEMORY, EOPNOTSUPP, NPURT_ERR_DEVICE_KIND,
		  "another driver" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *sentence = "";
		enum npurt_err code =
		    npurt_rknpu_error(cases[i].call, cases[i].err, &sentence);

		CHECK(cases[i].name, code == cases[i].want, "%s", npurt_errname(code));
		CHECK(cases[i].name, strstr(sentence, cases[i].says), "'%s'", sentence);
	}
}

static void check_open(const char *name, const char *path, enum npurt_err want)
{
	struct npurt_device *device = (void *)(uintptr_t)1;
	struct npurt_error error;
	enum npurt_err err = npurt_device_open_rknpu(&device, path, &error);

	CHECK_ERR(name, err, want, &error);
	CHECK(name, error.code == want, "error says %s", npurt_errname(error.code));
	CHECK(name, !path || strstr(error.detail, path), "'%s' does not name it",
	      error.detail);
	CHECK(name, device == (void *)(uintptr_t)1, "out parameter touched");
	CHECK(name, npurt_device_open_rknpu(&device, path, NULL) == want,
	      "without error struct");
}

static void test_paths_that_are_no_npu(void **state)
{
	char dir[] = "/tmp/test_rknpu.XXXXXX", path[64];
	FILE *f;

	(void)state;
	unsetenv("NPURT_NO_DEVICE");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/node", dir);
	check_open("missing", path, NPURT_ERR_NODEVICE);
	f = fopen(path, "w");
	assert_non_null(f);
	fclose(f);
	check_open("regular file", path, NPURT_ERR_DEVICE_KIND);
	if (geteuid() != 0) { /* root may open it all the same */
		chmod(path, 0);
		check_open("no permission", path, NPURT_ERR_NODEVICE);
	}
	unlink(path);
	check_open("directory", dir, NPURT_ERR_NODEVICE);
	rmdir(dir);
	check_open("null device", "/dev/null", NPURT_ERR_DEVICE_KIND);
	check_open("zero device", "/dev/zero", NPURT_ERR_DEVICE_KIND);
	check_open("below a file", "/dev/null/x", NPURT_ERR_NODEVICE);
}

static void test_forbidden(void **state)
{
	struct npurt_device *device = NULL;
	struct npurt_error error;

	(void)state;
	setenv("NPURT_NO_DEVICE", "1", 1);
	assert_int_equal(npurt_device_open_rknpu(&device, NULL, &error),
			 NPURT_ERR_DEVICE_FORBIDDEN);
	assert_int_equal(error.code, NPURT_ERR_DEVICE_FORBIDDEN);
	assert_int_equal(npurt_device_open_rknpu(&device, "/dev/null", &error),
			 NPURT_ERR_DEVICE_FORBIDDEN);
	assert_null(device);
	setenv("NPURT_NO_DEVICE", "0", 1);
	assert_int_equal(npurt_device_open_rknpu(&device, "/dev/null", &error),
			 NPURT_ERR_DEVICE_KIND);
	unsetenv("NPURT_NO_DEVICE");
	assert_int_equal(npurt_device_open_rknpu(NULL, NULL, &error), NPURT_ERR_ARGUMENT);
}

/* The error struct is optional everywhere, and the first failure stays. */
static void test_errors_without_a_place(void **state)
{
	struct npurt_error error;

	(void)state;
	npurt_detailf(NULL, "nothing");
	assert_int_equal(npurt_failf(NULL, NPURT_ERR_DMA, "x"), NPURT_ERR_DMA);
	npurt_error_reset(&error);
	npurt_detailf(&error, "%s ", "BO");
	assert_int_equal(npurt_failf(&error, NPURT_ERR_DMA, "%u", 7), NPURT_ERR_DMA);
	npurt_detailf(&error, "later");
	assert_int_equal(npurt_fail(&error, NPURT_ERR_NOMEM, "later"), NPURT_ERR_NOMEM);
	assert_int_equal(error.code, NPURT_ERR_DMA);
	assert_string_equal(error.detail, "BO 7");
}

static void test_no_device_described(void **state)
{
	(void)state;
	assert_string_equal(npurt_device_describe(NULL), "no device");
	npurt_device_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error_mapping),
		cmocka_unit_test(test_paths_that_are_no_npu),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_errors_without_a_place),
		cmocka_unit_test(test_no_device_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
