/* Conversions between IEEE binary16 bits and wider floats, in integers alone. */
#include "operands/fp16.h"

#include <string.h>

#include "operands/weights.h"

#define FP16_FRACTION_BITS 10
#define FP16_BIAS 15
#define FP16_INFINITY 0x7c00u
#define FP16_NAN 0x7e00u
#define FP64_FRACTION_BITS 52
#define FP64_BIAS 1023

uint16_t fp16_from_double(double value)
{
	uint64_t bits, fraction, half, rest, middle;
	uint16_t sign;
	int exponent, shift;

	memcpy(&bits, &value, sizeof bits);
	sign = (uint16_t)(bits >> 48 & 0x8000);
	exponent = (int)(bits >> FP64_FRACTION_BITS & 0x7ff) - FP64_BIAS;
	fraction = bits & (((uint64_t)1 << FP64_FRACTION_BITS) - 1);
	if (exponent == FP64_BIAS + 1)
		return sign | (fraction ? FP16_NAN : FP16_INFINITY);
	if (exponent > FP16_BIAS)
		return sign | FP16_INFINITY;
	if (exponent < -FP16_BIAS - FP16_FRACTION_BITS) /* below half the smallest */
		return sign;

	fraction |= (uint64_t)1 << FP64_FRACTION_BITS;
	shift = FP64_FRACTION_BITS - FP16_FRACTION_BITS;
	if (exponent < 1 - FP16_BIAS) { /* subnormal: the unit stays at 2^-24 */
		shift += 1 - FP16_BIAS - exponent;
		exponent = -FP16_BIAS;
	} else {
		fraction -= (uint64_t)1 << FP64_FRACTION_BITS;
	}
	half = fraction >> shift;
	rest = fraction & (((uint64_t)1 << shift) - 1);
	middle = (uint64_t)1 << (shift - 1);
	half += rest > middle || (rest == middle && (half & 1));
	/* A carry out of the fraction is the next exponent, up to infinity. */
	return (
	    uint16_t)(sign |
		      (((uint64_t)(exponent + FP16_BIAS) << FP16_FRACTION_BITS) + half));
}

uint16_t fp16_from_float(float value)
{
	return fp16_from_double(value);
}

float float_from_fp16(uint16_t bits)
{
	uint32_t exponent = bits >> FP16_FRACTION_BITS & 0x1f;
	uint32_t fraction = bits & ((1u << FP16_FRACTION_BITS) - 1);
	uint32_t sign = (uint32_t)(bits & 0x8000) << 16;
	uint32_t wide;
	float value;

	if (exponent == 0) {
		value = (float)fraction * 0x1p-24f;
		return sign ? -value : value;
	}
	if (exponent == 0x1f)
		exponent = 0xff;
	else
		exponent += 127 - FP16_BIAS;
	wide = sign | exponent << 23 | fraction << 13;
	memcpy(&value, &wide, sizeof value);
	return value;
}
