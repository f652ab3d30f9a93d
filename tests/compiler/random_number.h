/* Random numbers for tests of arithmetic; the seed is printed, TEST_SEED repeats it. */
#ifndef RANDOM_NUMBER_H
#define RANDOM_NUMBER_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static uint64_t random_state;

/* splitmix64 */
static inline uint64_t draw(void)
{
	uint64_t z = (random_state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* A whole number in [low, high]. */
static inline int32_t draw_in(int32_t low, int32_t high)
{
	return low + (int32_t)((draw() >> 32) % ((uint64_t)((int64_t)high - low) + 1));
}

/* Spread evenly over magnitudes from 2^low to 2^high. */
static inline double draw_magnitude(int32_t low, int32_t high)
{
	return ldexp(1 + (double)(draw() >> 12) * 0x1p-52, draw_in(low, high - 1));
}

static inline double draw_sign(void) { return draw() >> 63 ? -1 : 1; }

/* To be printed by the caller. */
static inline unsigned long long start_random(void)
{
	const char *given = getenv("TEST_SEED");

	random_state = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	return random_state;
}

#endif
