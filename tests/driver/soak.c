/*
 * Many runs, many openings, and eight threads with a handle each, against the
 * emulated driver; before and after must be alike: descriptors, mappings, memory,
 * device addresses.
 *
 *     soak [SUBMITS [OPENINGS]]
 */
#include "driver.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 8 };

static unsigned long submits = 2000, openings = 100;

struct usage {
	unsigned fds, maps;
	unsigned long rss_kib;
	struct npuemu_stats stats;
};

static unsigned count_lines(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned lines = 0;
	int c;

	assert_non_null(f);
	while ((c = getc(f)) != EOF)
		lines += c == '\n';
	fclose(f);
	return lines;
}

static unsigned count_entries(const char *path)
{
	DIR *d = opendir(path);
	unsigned entries = 0;

	assert_non_null(d);
	while (readdir(d))
		entries++;
	closedir(d);
	return entries;
}

static unsigned long rss_kib(void)
{
	unsigned long pages = 0, size;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu", &size, &pages), 2);
	fclose(f);
	return pages * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
}

static void measure(struct usage *u, const char *when)
{
	u->fds = count_entries("/proc/self/fd");
	u->maps = count_lines("/proc/self/maps");
	u->rss_kib = rss_kib();
	npuemu_stats(&u->stats);
	print_message("%-12s %u fds, %u mappings, %lu KiB, %llu submits, %llu calls\n",
		      when, u->fds, u->maps, u->rss_kib,
		      (unsigned long long)u->stats.submits_ok,
		      (unsigned long long)u->stats.calls);
}

static void run_handle(struct npurt *rt, const struct conv *c, unsigned long runs)
{
	uint16_t got[OUT_ELEMS];
	struct npurt_error error;

	for (unsigned long i = 0; i < runs; i++) {
		enum npurt_err err = npurt_write_input(rt, c->in, sizeof c->in);

		if (!err)
			err = npurt_run(rt, &error);
		if (!err)
			err = npurt_read_output(rt, got, sizeof got);
		if (err || memcmp(got, c->want, sizeof got)) {
			print_error("run %lu: %s (%s)\n", i, npurt_errname(err),
				    err ? error.detail : "wrong output");
			abort(); /* from any thread */
		}
	}
}

static struct npurt_device *open_device(void)
{
	struct npurt_rknpu_options options = driver_options();
	struct npurt_device *device;
	struct npurt_error error;
	enum npurt_err err;

	options.sleep_ms = NULL;
	err = npurt_device_open_rknpu_with(&device, &options, &error);
	CHECK_ERR("open", err, NPURT_OK, &error);
	return device;
}

static struct npurt *load(struct npurt_device *device, const struct conv *c)
{
	struct npurt_error error;
	struct npurt *rt;
	enum npurt_err err = npurt_open(&rt, c->bundle, c->bytes, device, NULL, &error);

	CHECK_ERR("load", err, NPURT_OK, &error);
	return rt;
}

struct worker {
	const struct conv *conv;
	struct npurt_device *device; /* shared by half of the threads, else their own */
	unsigned long runs;
	pthread_barrier_t *all_there; /* so that they do run side by side */
	pthread_t thread;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct npurt_device *own = w->device ? NULL : open_device();
	struct npurt *rt = load(own ? own : w->device, w->conv);

	pthread_barrier_wait(w->all_there);
	run_handle(rt, w->conv, w->runs);
	npurt_close(rt);
	npurt_device_close(own);
	return NULL;
}

static void run_threads(const struct conv *c, unsigned long runs)
{
	struct npurt_device *shared = open_device();
	struct worker w[THREADS];
	pthread_barrier_t all_there;

	assert_int_equal(pthread_barrier_init(&all_there, NULL, THREADS), 0);
	for (int i = 0; i < THREADS; i++) {
		w[i] = (struct worker){ .conv = c,
					.device = i % 2 ? shared : NULL,
					.runs = runs / THREADS,
					.all_there = &all_there };
		assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(w[i].thread, NULL), 0);
	pthread_barrier_destroy(&all_there);
	npurt_device_close(shared);
}

static void run_openings(const struct conv *c, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		struct npurt_device *device = open_device();
		struct npurt *rt = load(device, c);

		run_handle(rt, c, 1);
		npurt_close(rt);
		npurt_device_close(device);
	}
}

static void run_one_handle(const struct conv *c, unsigned long runs)
{
	struct npurt_device *device = open_device();
	struct npurt *rt = load(device, c);

	run_handle(rt, c, runs);
	npurt_close(rt);
	npurt_device_close(device);
}

static void test_soak(void **state)
{
	struct usage before, after;
	struct conv c;

	(void)state;
	conv_make(&c, &(struct tiny_options){ .tiles = 2 });
	board(NULL);
	/* Once round, for what libraries keep after their first use. */
	run_one_handle(&c, 100);
	run_openings(&c, 20);
	run_threads(&c, 20 * THREADS);
	measure(&before, "before");
	run_one_handle(&c, submits / 2);
	run_threads(&c, submits / 2);
	run_openings(&c, openings);
	measure(&after, "after");
	CHECK("descriptors", after.fds == before.fds, "%u, %u before", after.fds,
	      before.fds);
#ifndef SOAK_MEMORY_IS_NOT_OURS
	/* A sanitizer's own memory grows, and an emulated processor's. */
	CHECK("mappings", after.maps == before.maps, "%u, %u before", after.maps,
	      before.maps);
	/* Allocators keep free pages; a leak of one word a run would be more. */
	CHECK("memory", after.rss_kib <= before.rss_kib + 512, "%lu KiB, %lu before",
	      after.rss_kib, before.rss_kib);
#endif
	CHECK("submits",
	      after.stats.submits_ok - before.stats.submits_ok ==
		  submits / 2 + submits / 2 / THREADS * THREADS + openings,
	      "%llu", (unsigned long long)after.stats.submits_ok);
	check_nothing_alive("soak");
	check_no_verdict("soak");
	conv_free(&c);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_soak) };

	if (argc > 1)
		submits = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		openings = strtoul(argv[2], NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
