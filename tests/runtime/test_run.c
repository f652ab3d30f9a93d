/* Runs: on the simulator, in two steps, from a file, by a device that lies. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tiny_fixture.h"

static uint8_t *bundle(const struct tiny_options *o, struct tiny *t, size_t *bytes)
{
	tiny_make(t, o);
	return tiny_bundle(t, bytes);
}

/* The hand-made conv gives the exact result on the simulator, whatever the plan. */
static void test_simulator(void **state)
{
	struct npurt_error error;
	struct npurt_device *device;

	(void)state;
	assert_int_equal(npurt_device_open_sim(&device, 2, &error), NPURT_OK);
	assert_string_equal(npurt_device_describe(device), "simulator, 2 threads");
	for (int bias = 0; bias < 2; bias++)
		for (uint32_t cores = 1; cores <= 3; cores++)
			for (uint32_t tiles = 1; tiles <= 4; tiles++) {
				uint16_t in[TINY_IN_ELEMS], out[TINY_OUT_ELEMS], want[TINY_OUT_ELEMS];
				struct npurt_options o = { .cores = cores };
				struct npurt *rt;
				struct tiny t;
				size_t bytes;
				uint8_t *b =
				    bundle(&(struct tiny_options){ .max_cores = 3,
								   .tiles = tiles,
								   .bias = bias,
								   .delta = tiles > 2 },
					   &t, &bytes);
				enum npurt_err err =
				    npurt_open(&rt, b, bytes, device, &o, &error);

				CHECK_ERR("open", err, NPURT_OK, &error);
				tiny_input(in);
				tiny_expected(&t, want);
				for (int again = 0; again < 2; again++) {
					assert_int_equal(
					    npurt_write_input(rt, in, sizeof in),
					    NPURT_OK);
					err = npurt_run(rt, &error);
					CHECK_ERR("run", err, NPURT_OK, &error);
					memset(out, 0, sizeof out);
					assert_int_equal(
					    npurt_read_output(rt, out, sizeof out),
					    NPURT_OK);
					assert_memory_equal(out, want, sizeof out);
				}
				npurt_close(rt);
				free(b);
			}
	npurt_device_close(device);
}

/* Two handles share a simulator device; closing one leaves the other's memory. */
static void test_two_handles(void **state)
{
	uint16_t in[TINY_IN_ELEMS], out[TINY_OUT_ELEMS], want[TINY_OUT_ELEMS];
	struct npurt_device *device;
	struct npurt *a, *c;
	struct tiny t;
	size_t bytes;
	uint8_t *b = bundle(&(struct tiny_options){ .tiles = 2 }, &t, &bytes);

	(void)state;
	assert_int_equal(npurt_device_open_sim(&device, 1, NULL), NPURT_OK);
	assert_int_equal(npurt_open(&a, b, bytes, device, NULL, NULL), NPURT_OK);
	assert_int_equal(npurt_open(&c, b, bytes, device, NULL, NULL), NPURT_OK);
	tiny_input(in);
	tiny_expected(&t, want);
	assert_int_equal(npurt_write_input(c, in, sizeof in), NPURT_OK);
	npurt_close(a);
	assert_int_equal(npurt_run(c, NULL), NPURT_OK);
	assert_int_equal(npurt_read_output(c, out, sizeof out), NPURT_OK);
	assert_memory_equal(out, want, sizeof out);
	npurt_close(c);
	npurt_device_close(device);
	free(b);
}

/* What the simulator refuses comes back with task and register. */
static void test_simulator_error(void **state)
{
	struct npurt_error error;
	struct npurt_device *device;
	struct npurt_bo_info weight;
	struct npurt *rt;
	struct tiny t;
	uint64_t *words;
	ptrdiff_t at[2];
	uint8_t *b;
	size_t bytes;

	(void)state;
	tiny_make(&t, &(struct tiny_options){ .tiles = 2 });
	b = tiny_bundle(&t, &bytes);
	assert_int_equal(npurt_device_open_sim(&device, 1, &error), NPURT_OK);
	assert_int_equal(npurt_open(&rt, b, bytes, device, NULL, &error), NPURT_OK);
	/* Behind the verifier's back the second tile writes over the first one's rows. */
	assert_int_equal(npurt_bo(rt, TINY_WEIGHT, &weight), NPURT_OK);
	words = (uint64_t *)((uintptr_t)weight.data + t.conv.regcmd_bo_offset);
	for (uint16_t task = 0, reg = 0x4020; task < 2; task++)
		at[task] = tiny_word(&t, task, reg) - t.word;
	words[at[1]] = words[at[0]];
	assert_int_equal(npurt_run(rt, &error), NPURT_ERR_EXECUTION);
	assert_int_equal(error.code, NPURT_ERR_EXECUTION);
	assert_int_equal(error.task, 1);
	assert_true(strlen(error.detail) > 10);
	assert_int_equal(npurt_read_output(rt, &bytes, 1), NPURT_ERR_TENSOR_SIZE);
	npurt_close(rt);
	npurt_device_close(device);
	free(b);
}

/* A device that turns out to have fewer cores is not sent the job. */
static void test_cores_at_the_last_moment(void **state)
{
	struct tiny_fixture *f = tiny_setup(&(struct tiny_options){ .max_cores = 3, .tiles = 2 });
	struct npurt_options o = { .cores = 3 };
	struct npurt_error error;
	struct npurt *rt;
	uint32_t calls;

	(void)state;
	assert_int_equal(npurt_open(&rt, f->blob, f->bytes, &f->device.device, &o, NULL),
			 NPURT_OK);
	f->device.device.cores = 2;
	calls = f->device.calls;
	assert_int_equal(npurt_run(rt, &error), NPURT_ERR_CORES);
	assert_int_equal(f->device.calls, calls);
	npurt_close(rt);
	f->device.device.cores = 1;
	assert_int_equal(npurt_open(&rt, f->blob, f->bytes, &f->device.device, &o, NULL),
			 NPURT_ERR_CORES);
	tiny_teardown(f);
}

/* A model has nothing to reset, and its health is as good as its code. */
static void test_simulator_health(void **state)
{
	struct npurt_device *device;
	struct npurt_error error;

	(void)state;
	assert_int_equal(npurt_device_open_sim(&device, 1, &error), NPURT_OK);
	assert_int_equal(npurt_device_cores(device), 3);
	assert_int_equal(npurt_health(device, &error), NPURT_OK);
	assert_int_equal(npurt_device_reset(device, &error), NPURT_ERR_UNSUPPORTED);
	assert_non_null(strstr(error.detail, "no reset"));
	npurt_device_close(device);
}

/* A driver that says yes to a job it did not run. */
static void test_not_executed(void **state)
{
	enum { NOTHING_WRITTEN, ONE_ATOM_LEFT, TASKS_MISSING, NO_INTERRUPT, CASES };
	static const char *const names[CASES] = { "nothing written", "one atom left",
						  "tasks missing", "no interrupt" };

	(void)state;
	for (int i = 0; i < CASES; i++) {
		struct tiny_fixture *f = tiny_setup(&(struct tiny_options){ .tiles = 2 });
		uint16_t out[TINY_OUT_ELEMS];
		struct npurt_error error;
		struct npurt *rt;
		enum npurt_err err;

		if (i == NOTHING_WRITTEN)
			f->device.output = NULL;
		if (i == ONE_ATOM_LEFT) { /* last pixel of the last real surface */
			f->device.hole_at = (2 * TINY_PLANE_OUT + 29) * 16;
			f->device.hole_bytes = 16;
		}
		f->device.task_counter_less = i == TASKS_MISSING;
		f->device.no_interrupt = i == NO_INTERRUPT;
		assert_int_equal(
		    npurt_open(&rt, f->blob, f->bytes, &f->device.device, NULL, NULL),
		    NPURT_OK);
		err = npurt_run(rt, &error);
		CHECK_ERR(names[i], err, NPURT_ERR_NOT_EXECUTED, &error);
		CHECK(names[i], npurt_read_output(rt, out, sizeof out) == NPURT_ERR_STATE,
		      "output of a failed run was readable");
		npurt_close(rt);
		tiny_teardown(f);
	}
}

static void test_two_steps(void **state)
{
	struct tiny_fixture *f = tiny_setup(&(struct tiny_options){ .tiles = 2 });
	uint16_t in[TINY_IN_ELEMS] = { 0 }, out[TINY_OUT_ELEMS], want[TINY_OUT_ELEMS];
	struct npurt *rt;

	(void)state;
	assert_int_equal(
	    npurt_open(&rt, f->blob, f->bytes, &f->device.device, NULL, NULL), NPURT_OK);
	assert_int_equal(npurt_submit(rt, NULL), NPURT_OK);
	assert_int_equal(npurt_submit(rt, NULL), NPURT_ERR_STATE);
	assert_int_equal(npurt_write_input(rt, in, sizeof in), NPURT_ERR_STATE);
	assert_int_equal(npurt_read_output(rt, out, sizeof out), NPURT_ERR_STATE);
	assert_int_equal(npurt_wait(rt, NULL), NPURT_OK);
	assert_int_equal(npurt_wait(rt, NULL), NPURT_ERR_STATE);
	assert_int_equal(npurt_read_output(rt, out, sizeof out), NPURT_OK);
	tiny_expected(&f->tiny, want);
	assert_memory_equal(out, want, sizeof out);
	npurt_close(rt);
	tiny_teardown(f);
}

static void test_open_file(void **state)
{
	struct tiny_fixture *f = tiny_setup(&(struct tiny_options){ .tiles = 1 });
	struct npurt_device *d = &f->device.device;
	char dir[] = "/tmp/test_run.XXXXXX", path[64];
	struct npurt_error error;
	struct npurt *rt;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/a.npub", dir);
	assert_int_equal(npurt_open_file(&rt, path, d, NULL, &error), NPURT_ERR_FILE);
	assert_non_null(strstr(error.detail, path));
	assert_int_equal(npurt_open_file(&rt, dir, d, NULL, &error), NPURT_ERR_FILE);
	assert_int_equal(npurt_open_file(&rt, "/dev/null", d, NULL, &error),
			 NPURT_ERR_FILE);
	file = fopen(path, "wb");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(npurt_open_file(&rt, path, d, NULL, &error), NPURT_ERR_FILE);
	file = fopen(path, "wb");
	assert_int_equal(fwrite(f->blob, 1, f->bytes - 1, file), f->bytes - 1);
	fclose(file);
	assert_int_equal(npurt_open_file(&rt, path, d, NULL, &error),
			 NPURT_ERR_TRUNCATED);
	file = fopen(path, "ab");
	fputc(f->blob[f->bytes - 1], file);
	fclose(file);
	assert_int_equal(npurt_open_file(&rt, path, d, NULL, &error), NPURT_OK);
	unlink(path); /* the mapping keeps it */
	assert_int_equal(npurt_run(rt, &error), NPURT_OK);
	npurt_close(rt);
	rmdir(dir);
	tiny_teardown(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simulator),
		cmocka_unit_test(test_two_handles),
		cmocka_unit_test(test_simulator_error),
		cmocka_unit_test(test_cores_at_the_last_moment),
		cmocka_unit_test(test_simulator_health),
		cmocka_unit_test(test_not_executed),
		cmocka_unit_test(test_two_steps),
		cmocka_unit_test(test_open_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
