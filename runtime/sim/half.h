/*
 * fp16 and fp32, both ways, exact: subnormals are kept, NaN stays NaN, and the
 * way back rounds to nearest even and overflows to infinity (what the
 * hardware does on overflow is not known).  Branch-free, so that loops over
 * them become vector code.
 */
#ifndef SIM_HALF_H
#define SIM_HALF_H

#include <stdint.h>
#include <string.h>

static inline float sim_float_from_bits(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof f);
	return f;
}

static inline uint32_t sim_bits_from_float(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof bits);
	return bits;
}

/* Exponents differ in bias, 15 and 127: a multiplication by 2^112 moves it. */
static inline float sim_float_from_half(uint16_t h)
{
	uint32_t magnitude = ((uint32_t)h & 0x7fffu) << 13;
	uint32_t sign = ((uint32_t)h & 0x8000u) << 16;
	uint32_t scaled = sim_bits_from_float(sim_float_from_bits(magnitude) * 0x1p112f);
	uint32_t special = magnitude | 0x7f800000u; /* infinity and NaN */

	return sim_float_from_bits((magnitude >= 0x0f800000u ? special : scaled) | sign);
}

static inline uint16_t sim_half_from_float(float f)
{
	uint32_t bits = sim_bits_from_float(f);
	uint32_t sign = bits >> 16 & 0x8000u;
	uint32_t mag = bits & 0x7fffffffu;
	/* below 2^-14: adding 0.5 leaves the subnormal's bits at the low end */
	uint32_t small =
	    sim_bits_from_float(sim_float_from_bits(mag) + 0.5f) - 0x3f000000u;
	uint32_t normal = (mag + 0xc8000fffu + (mag >> 13 & 1u)) >> 13;
	uint32_t big = mag > 0x7f800000u ? 0x7e00u : 0x7c00u;
	uint32_t h = mag < 0x38800000u ? small : normal;

	return (uint16_t)((mag >= 0x47800000u ? big : h) | sign);
}

#endif
