#include "operands/requant.h"

#include <math.h>
#include <string.h>

bool requant_multiplier(double ratio, struct multiplier *m)
{
	const uint32_t one = 1u << NPU_MULTIPLIER_BITS;
	uint32_t scale;
	int exponent;
	double half; /* 1/2 <= half < 1 */

	if (!(ratio > 0) || !isfinite(ratio))
		return false;
	half = frexp(ratio, &exponent);
	exponent--;
	scale = (uint32_t)requant_round(half * 2 * one);
	if (scale == 2 * one) {
		scale = one;
		exponent++;
	}
	if (exponent > (int)NPU_MULTIPLIER_BITS ||
	    exponent < (int)NPU_MULTIPLIER_BITS - (int)NPU_MAX_SHIFT)
		return false;
	m->scale = scale;
	m->shift = (uint32_t)((int)NPU_MULTIPLIER_BITS - exponent);
	return true;
}

uint32_t requant_factor(double scale, double largest)
{
	return (uint32_t)requant_round(scale / largest * NPU_FACTOR_ONE);
}

uint32_t requant_factor_above(double scale, double largest)
{
	double factor = ceil(scale / largest * NPU_FACTOR_ONE);

	return factor < 1		 ? 1
	       : factor > NPU_FACTOR_ONE ? NPU_FACTOR_ONE
					 : (uint32_t)factor;
}

double requant_scale_of(uint32_t factor, double largest)
{
	return factor * largest / NPU_FACTOR_ONE;
}

bool requant_bias(double bias, double unit, int32_t input_zero, int64_t weight_sum,
		  int32_t *fixed)
{
	double units = requant_round(bias / unit);
	int64_t sum;

	if (!(fabs(units) < 0x1p51)) /* far from any zero point that brings it back */
		return false;
	sum = (int64_t)units - input_zero * weight_sum;
	if (sum < INT32_MIN || sum > INT32_MAX)
		return false;
	*fixed = (int32_t)sum;
	return true;
}

bool requant_limit(double high, double unit, int32_t *limit)
{
	double units = high / unit;

	if (!(units > 0.5))
		return false;
	*limit = units >= INT32_MAX ? INT32_MAX : (int32_t)requant_round(units);
	return true;
}

uint32_t requant_float_bits(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	return bits;
}
