/* Threads, many openings, fork: nothing is lost, and what collides is named. */
#include "rig.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8
#define RUNS 20
#define OPENINGS 1000

static const struct tiny_options options = { .max_cores = 1, .tiles = 2 };

struct worker {
	pthread_t thread;
	const uint8_t *bundle;
	size_t bytes;
	const struct tiny *tiny;
	enum npurt_err err;
	bool wrong;
};

/* Everything a program does, over and over, on a device of its own. */
static void *work(void *arg)
{
	const struct npurt_options o = { .allow_hazards = UINT32_MAX };
	uint16_t input[TINY_C * TINY_H * TINY_W];
	uint16_t want[TINY_K * TINY_H * TINY_W], got[TINY_K * TINY_H * TINY_W];
	struct worker *w = arg;

	tiny_input(input);
	tiny_expected(w->tiny, want);
	for (int i = 0; i < RUNS && !w->err && !w->wrong; i++) {
		struct npurt_device *device = NULL;
		struct npurt *rt = NULL;

		w->err = npurt_device_open_rknpu(&device, NULL, NULL);
		if (!w->err)
			w->err = npurt_open(&rt, w->bundle, w->bytes, device, &o, NULL);
		if (!w->err)
			w->err = npurt_write_input(rt, input, sizeof input);
		if (!w->err)
			w->err = npurt_run(rt, NULL);
		if (!w->err)
			w->err = npurt_read_output(rt, got, sizeof got);
		w->wrong = !w->err && memcmp(got, want, sizeof want);
		npurt_close(rt);
		if (device)
			npurt_device_close(device);
	}
	return NULL;
}

static void check_nothing_left(const char *name)
{
	struct npuemu_stats s;

	npuemu_stats(&s);
	CHECK(name, !s.fds && !s.files && !s.handles && !s.bos && !s.mmaps && !s.jobs,
	      "left over: %u fds, %u BOs, %u mmaps, %u jobs", s.fds, s.bos, s.mmaps,
	      s.jobs);
	CHECK(name, !s.iova_bytes, "%u bytes of addresses", (unsigned)s.iova_bytes);
}

static void eight_threads(void **state)
{
	struct worker w[THREADS] = { 0 };
	struct npuemu_stats s;
	struct tiny tiny;
	uint8_t *bundle;
	size_t bytes;

	(void)state;
	rig_reset(NULL);
	tiny_make(&tiny, &options);
	bundle = tiny_bundle(&tiny, &bytes);
	for (int i = 0; i < THREADS; i++) {
		w[i].bundle = bundle;
		w[i].bytes = bytes;
		w[i].tiny = &tiny;
		assert_int_equal(0, pthread_create(&w[i].thread, NULL, work, &w[i]));
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(0, pthread_join(w[i].thread, NULL));
	for (int i = 0; i < THREADS; i++) {
		CHECK("thread", !w[i].err, "thread %d: %s", i, npurt_errname(w[i].err));
		CHECK("thread", !w[i].wrong, "thread %d: wrong output", i);
	}
	npuemu_stats(&s);
	assert_int_equal(THREADS * RUNS, s.submits_ok);
	CHECK_NO_VERDICT("eight threads");
	check_nothing_left("eight threads");
	free(bundle);
}

/* ---- two files at once ---- */

static int stop;

static void *submit_over_and_over(void *arg)
{
	struct rig *r = arg;

	for (int i = 0; i < 20000 && !__atomic_load_n(&stop, __ATOMIC_SEQ_CST); i++) {
		struct rig_submit s;

		rig_header(r, 0, &s);
		rig_submit(r, &s);
		rig_sync(r->fd, &r->bo[TINY_OUTPUT], 2, 0, 4096);
	}
	return NULL;
}

static void two_files_at_once(void **state)
{
	pthread_t thread;
	struct rig r[2];
	bool seen = false;

	(void)state;
	rig_reset(NULL);
	for (int i = 0; i < 2; i++) {
		rig_begin(&r[i], &options);
		rig_prepare(&r[i]);
	}
	__atomic_store_n(&stop, 0, __ATOMIC_SEQ_CST);
	assert_int_equal(0, pthread_create(&thread, NULL, submit_over_and_over, &r[0]));
	for (int i = 0; i < 20000 && !seen; i++) {
		struct rig_submit s;

		rig_header(&r[1], 0, &s);
		assert_int_equal(0, rig_submit(&r[1], &s));
		assert_int_equal(0, rig_sync(r[1].fd, &r[1].bo[TINY_OUTPUT], 2, 0, 4096));
		seen = rig_verdict("two files submit at once");
	}
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	CHECK("two files", seen, "never noticed");
	rig_end(&r[0]);
	rig_end(&r[1]);
	check_nothing_left("two files");
}

/* ---- many openings; fork ---- */

static uint32_t open_files(void)
{
	int probe = dup(0);

	close(probe);
	return (uint32_t)probe;
}

static void many_openings(void **state)
{
	uint32_t first;

	(void)state;
	rig_reset(NULL);
	close(rig_open());
	first = open_files();
	for (int i = 0; i < OPENINGS; i++) {
		struct rig_bo bo;
		int fd = rig_open();

		assert_int_equal(
		    0, rig_create(fd, 0x403, 4096u * (1 + (unsigned)i % 7), &bo));
		assert_int_equal(0, rig_map(fd, &bo));
		assert_true(bo.offset ==
			    UINT64_C(0x100000000)); /* nothing is left over */
		assert_int_equal(0, munmap(bo.map, bo.size));
		assert_int_equal(0, close(fd)); /* takes the object along */
	}
	assert_int_equal(first, open_files());
	check_nothing_left("openings");
}

static void fork_and_go_on(void **state)
{
	struct rig_submit s;
	int status = -1;
	struct rig r;
	pid_t child;

	(void)state;
	rig_reset(NULL);
	rig_begin(&r, &options);
	child = fork();
	if (!child) { /* a board of its own from here on; exec is what programs do */
		uint32_t value = 0;

		_exit(rig_action(r.fd, 1, &value) || value != 908);
	}
	assert_true(waitpid(child, &status, 0) == child);
	assert_int_equal(0, status);
	assert_int_equal(0, rig_run(&r, &s));
	assert_true(rig_output_ok(&r));
	rig_end(&r);
	check_nothing_left("fork");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eight_threads),
		cmocka_unit_test(two_files_at_once),
		cmocka_unit_test(many_openings),
		cmocka_unit_test(fork_and_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
