/* Timing shared by the benchmarks: the best of several rounds, on one thread. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <time.h>

static inline uint64_t bench_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

typedef void bench_body(void *context);

/*
 * Nanoseconds of one call: each round repeats the body for `round_ns`, the
 * quickest round counts, so that a busy machine disturbs little.
 */
static inline double bench_best_ns(bench_body *body, void *context, uint32_t rounds,
				   uint64_t round_ns)
{
	double best = 0;

	body(context); /* page in, warm up */
	for (uint32_t i = 0; i < rounds; i++) {
		uint64_t begin = bench_now_ns(), now;
		uint64_t calls = 0;
		double each;

		do {
			body(context);
			calls++;
			now = bench_now_ns();
		} while (now - begin < round_ns);
		each = (double)(now - begin) / (double)calls;
		if (i == 0 || each < best)
			best = each;
	}
	return best;
}

#endif
