/*
 * Real factors as the output stage's constants: pure arithmetic on single values.
 *
 * Evidence: npu-programming s. 4.3 (factor, bias, scale and shift) and 4.5 (operand);
 * facts F-67 to F-73.
 */
#ifndef REQUANT_H
#define REQUANT_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/npu_hw.h"

/* value = scale / 2^shift. */
struct multiplier {
	uint32_t scale, shift;
};

/*
 * The nearest multiplier of 15 bits: with ratio = m * 2^e, 1 <= m < 2,
 *
 *     scale = round(m * 2^14)     0x4000 .. 0x7fff
 *     shift = 14 - e              0 .. NPU_MAX_SHIFT
 *
 * and one step more of e when m rounds up to 2.  The relative error is at most 2^-15.
 * False when the ratio is no positive number or its shift has no place: 2^15 and more
 * are too much, below about 2^-48 is nothing (F-67).
 */
bool requant_multiplier(double ratio, struct multiplier *m);

/* Ratios that have a multiplier: from the least up, below the most. */
#define REQUANT_LEAST_RATIO                                                              \
	(1.0 / (double)(UINT64_C(1) << (NPU_MAX_SHIFT - NPU_MULTIPLIER_BITS)))
#define REQUANT_MOST_RATIO (NPU_MAX_MULTIPLIER + 0.5)

/* Half to even, as the hardware rounds (F-71); exact below 2^51. */
static inline double requant_round(double value)
{
	return value + 0x1.8p52 - 0x1.8p52;
}

/*
 * A channel's weight scale as a part of the largest one, in units of 2^-14 (F-68):
 * rounded to the nearest, 0 when there is nothing left of it.
 */
uint32_t requant_factor(double scale, double largest);

/* The same, never below the scale and never 0: exact for a scale that is free. */
uint32_t requant_factor_above(double scale, double largest);

/* The scale that a factor stands for. */
double requant_scale_of(uint32_t factor, double largest);

/*
 * A bias in units of the sum, with the input's zero point folded in (F-69):
 *
 *     round(bias / unit) - input_zero * weight_sum
 *
 * `bias` in units of the output, `unit` = input scale * weight scale; weight_sum is of
 * stored weights less their zero point.  False when it does not fit 32 bits.
 */
bool requant_bias(double bias, double unit, int32_t input_zero, int64_t weight_sum,
		  int32_t *fixed);

/*
 * The upper limit of a clip in units of the sum, 1 .. INT32_MAX (F-72); a limit beyond
 * that never acts.  False when nothing is left of it.
 */
bool requant_limit(double high, double unit, int32_t *limit);

/* A float as the register that compares takes it (F-72). */
uint32_t requant_float_bits(float value);

#endif
