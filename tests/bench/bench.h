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

/* Repeat the body for `ns`; nanoseconds of one call. */
static inline double bench_ns(bench_body *body, void *context, uint64_t ns)
{
	uint64_t begin = bench_now_ns(), now, calls = 0;

	do {
		body(context);
		calls++;
		now = bench_now_ns();
	} while (now - begin < ns);
	return (double)(now - begin) / (double)calls;
}

/*
 * Nanoseconds of one call of each body, taken in turns so that a busy machine
 * disturbs all alike; the quickest of `rounds` counts.
 */
static inline void bench_in_turns(bench_body *const *bodies, uint32_t count,
				  void *context, double *best, uint32_t rounds,
				  uint64_t round_ns)
{
	for (uint32_t i = 0; i < count; i++)
		bodies[i](context); /* page in, warm up */
	for (uint32_t round = 0; round < rounds; round++) {
		for (uint32_t i = 0; i < count; i++) {
			double ns = bench_ns(bodies[i], context, round_ns);

			if (round == 0 || ns < best[i])
				best[i] = ns;
		}
	}
}

/* The same for one body. */
static inline double bench_best_ns(bench_body *body, void *context, uint32_t rounds,
				   uint64_t round_ns)
{
	double best = 0;

	bench_in_turns(&body, 1, context, &best, rounds, round_ns);
	return best;
}

#endif
