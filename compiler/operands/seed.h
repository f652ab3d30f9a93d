/*
 * Pseudo-random tensors from a seed: the same on every host, any element without
 * the ones before it, and exact in fp16, so that no rounding blurs a comparison.
 *
 *     mix(z):    z ^= z >> 30; z *= bf58476d1ce4e5b9; z ^= z >> 27;
 *                z *= 94d049bb133111eb; z ^= z >> 31             (splitmix64)
 *     at(s, i) = mix(s + (i + 1) * 9e3779b97f4a7c15)
 *     n(i)     = bits [16 * (i % 4) + 5, + 11) of at(at(seed, stream), i / 4)
 *     value(i) = (n(i) - 1024) / 1024                            in [-1, 1)
 */
#ifndef SEED_H
#define SEED_H

#include <stddef.h>
#include <stdint.h>

/* Tensors of one conv draw from streams that do not overlap. */
enum seed_stream {
	SEED_WEIGHTS,
	SEED_BIAS,
	SEED_INPUT,
	SEED_BN_SCALE,
	SEED_BN_SHIFT,
	SEED_OPERAND
};

/* Elements 0 .. count-1 of the stream as fp16 bits. */
void seed_fill_fp16(uint16_t *out, size_t count, uint64_t seed, enum seed_stream stream);

/* The same as floats, times `scale`. */
void seed_fill_float(float *out, size_t count, uint64_t seed, enum seed_stream stream,
		     float scale);

/* Elements first .. first+count-1 as doubles; `first` is a multiple of 4. */
void seed_fill_double(double *out, uint64_t first, size_t count, uint64_t seed,
		      enum seed_stream stream);

#endif
