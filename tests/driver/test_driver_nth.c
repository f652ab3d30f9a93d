/*
 * The n-th call fails, for every n until none is left and every errno: the right
 * code with a sentence, nothing left behind, the device usable afterwards.
 */
#include "driver.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const int errnos[] = {
	EPERM,	ENOENT, EINTR,	   EIO,	      ENXIO,	  EBADF,     EAGAIN,
	ENOMEM, EACCES, EFAULT,	   EBUSY,     EEXIST,	  ENODEV,    EINVAL,
	ENFILE, EMFILE, ENOTTY,	   ENOSPC,    ERANGE,	  ENOSYS,    EPROTO,
	ETIME,	EPIPE,	EREMOTEIO, EOVERFLOW, EOPNOTSUPP, ETIMEDOUT, ECANCELED,
};

#define ERRNOS (sizeof errnos / sizeof errnos[0])

struct points {
	uint32_t tried, survived, by_stage[STAGE_DONE + 1];
};

/* Codes that a failing call of a stage may end in. */
static int may_be(enum stage stage, enum npurt_err err)
{
	switch (err) {
	case NPURT_ERR_NODEVICE:
	case NPURT_ERR_DEVICE_KIND:
		return 1;
	case NPURT_ERR_DEVICE_MEMORY:
		return stage == STAGE_LOAD;
	case NPURT_ERR_DEVICE_SYNC:
		return stage == STAGE_LOAD || stage == STAGE_RUN;
	case NPURT_ERR_SUBMIT:
	case NPURT_ERR_TIMEOUT:
	case NPURT_ERR_NOT_EXECUTED:
		return stage == STAGE_RUN;
	default:
		return 0;
	}
}

/* One fault point; true when the n-th call was never made. */
static int try_point(const struct conv *c, const struct npurt_rknpu_options *device,
		     uint32_t n, int err_number, const char *when, struct points *p)
{
	char script[64], name[96];
	struct npuemu_stats stats;
	struct npurt_error error;
	enum npurt_err err;
	enum stage stage;

	snprintf(script, sizeof script, "fail call %u errno %d%s", n, err_number, when);
	snprintf(name, sizeof name, "%s (%s), %s profile", script, strerror(err_number),
		 device->profile ? "vendor" : "lean");
	board(script);
	err = run_once(name, c, device, NULL, &stage, &error);
	npuemu_stats(&stats);
	if (!stats.faults_hit) {
		CHECK(name, !err, "no fault, and %s (%s)", npurt_errname(err),
		      error.detail);
		return 1;
	}
	p->tried++;
	p->by_stage[stage]++;
	if (!err) {
		p->survived++;
	} else {
		CHECK(name, error.code == err, "the error says %s",
		      npurt_errname(error.code));
		CHECK(name, may_be(stage, err), "%s (%s) in stage %d", npurt_errname(err),
		      error.detail, stage);
		CHECK(name, error.detail[0], "%s without a sentence", npurt_errname(err));
	}
	check_nothing_alive(name);
	check_still_works(name, c);
	return 0;
}

static void try_profile(enum npurt_profile profile, const char *when)
{
	struct npurt_rknpu_options device = driver_options();
	struct points points = { 0 };
	struct conv c;

	/* One node, so that a search does not go on past a node that fails. */
	device.path = "/dev/dri/renderD128";
	device.profile = profile;
	device.cores = 3;
	conv_make(&c, &(struct tiny_options){ .tiles = 2, .bias = 1 });
	for (size_t e = 0; e < ERRNOS; e++) {
		uint32_t n = 1;

		while (!try_point(&c, &device, n, errnos[e], when, &points))
			n++;
		assert_in_range(n, 30, 200);
	}
	print_message(
	    "%u fault points%s, %s profile: %u in opening, %u in loading, %u in "
	    "running, %u survived\n",
	    points.tried, when, profile ? "vendor" : "lean", points.by_stage[STAGE_OPEN],
	    points.by_stage[STAGE_LOAD], points.by_stage[STAGE_RUN], points.survived);
	conv_free(&c);
}

static void test_lean(void **state)
{
	(void)state;
	try_profile(NPURT_PROFILE_LEAN, "");
}

/* The call does its work and then says it failed. */
static void test_lean_after(void **state)
{
	(void)state;
	try_profile(NPURT_PROFILE_LEAN, " after");
}

static void test_vendor(void **state)
{
	(void)state;
	try_profile(NPURT_PROFILE_VENDOR, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lean),
		cmocka_unit_test(test_lean_after),
		cmocka_unit_test(test_vendor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
