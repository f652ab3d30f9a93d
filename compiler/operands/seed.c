#include "operands/seed.h"

#include <assert.h>
#include <string.h>

#define SEED_STEP 0x9e3779b97f4a7c15u
#define SEED_LANES 4u /* elements from one 64-bit draw */
#define SEED_LANE_BITS 16u
#define SEED_SPARE_BITS 5u /* low bits of a lane that are not used */
#define SEED_HALF 1024	   /* values are n / 1024 - 1 */

static inline uint64_t splitmix64(uint64_t seed, uint64_t index)
{
	uint64_t z = seed + (index + 1) * SEED_STEP;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Lane of a draw as a number in [-1024, 1024). */
static inline int32_t lane_number(uint64_t draw, uint32_t lane)
{
	return (int32_t)((draw >> (SEED_LANE_BITS * lane + SEED_SPARE_BITS)) & 0x7ff) -
	       SEED_HALF;
}

/*
 * fp16 bits of n / 1024.  At most 11 bits of n are set and the value is 0 or at
 * least 2^-10, so float's bits only move: no rounding, no subnormal.
 */
static inline uint16_t fp16_from_1024th(int32_t n)
{
	float value = (float)n / SEED_HALF;
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	return n == 0 ? 0
		      : (uint16_t)((bits >> 16 & 0x8000) |
				   (((bits & 0x7fffffff) >> 13) - ((127u - 15u) << 10)));
}

void seed_fill_fp16(uint16_t *out, size_t count, uint64_t seed, enum seed_stream stream)
{
	uint64_t key = splitmix64(seed, stream);
	size_t draws = count / SEED_LANES;

	for (size_t i = 0; i < draws; i++) {
		uint64_t draw = splitmix64(key, i);

		for (uint32_t lane = 0; lane < SEED_LANES; lane++)
			out[i * SEED_LANES + lane] =
			    fp16_from_1024th(lane_number(draw, lane));
	}
	for (size_t i = draws * SEED_LANES; i < count; i++)
		out[i] = fp16_from_1024th(lane_number(splitmix64(key, i / SEED_LANES),
						      (uint32_t)(i % SEED_LANES)));
}

void seed_fill_float(float *out, size_t count, uint64_t seed, enum seed_stream stream,
		     float scale)
{
	uint64_t key = splitmix64(seed, stream);

	for (size_t i = 0; i < count; i++)
		out[i] = (float)lane_number(splitmix64(key, i / SEED_LANES),
					    (uint32_t)(i % SEED_LANES)) /
			 SEED_HALF * scale;
}

void seed_fill_double(double *out, uint64_t first, size_t count, uint64_t seed,
		      enum seed_stream stream)
{
	uint64_t key = splitmix64(seed, stream), draw = 0;

	assert(first % SEED_LANES == 0);
	for (size_t i = 0; i < count; i++) {
		if (i % SEED_LANES == 0)
			draw = splitmix64(key, (first + i) / SEED_LANES);
		out[i] = (double)lane_number(draw, (uint32_t)(i % SEED_LANES)) / SEED_HALF;
	}
}
