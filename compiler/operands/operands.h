/*
 * What a conv computes with, in numbers: weights, bias and requantisation as the
 * hardware takes them.
 *
 * Loads weights, bias, scales and batch norm, folds and quantises them, and derives
 * the constants of the output stage (struct npub_op) that lowering puts in registers.
 *
 * Formulas (npu-programming s. 4.3, F-67 on), with sx sw sy the scales of input,
 * weights and output, zx zw zy their zero points, round() to the nearest, half to even:
 *
 *     w' = w * a[k] / std[c]                             a, b: batch norm, 1 and 0
 *     bias' = bias * a[k] + b[k] - sum ws * (mean[c] - zx)     means with pixels only
 *     factor[k] = round(2^14 * sw[k] / max sw)                 per channel, else 1
 *     bias[k]   = round(bias' / (sx * sw[k])) - zx * sum (w - zw[k])
 *     correction[k] = -zw[k]
 *     output: f = sx * max sw / sy = m * 2^e, 1 <= m < 2
 *             scale = round(m * 2^14), shift = 14 - e
 *     operand: the same with f = scale of the operand / (sx * max sw)
 *     limit = round(high / (sx * max sw))
 *
 * ws is w' as it is stored, (w - zw[k]) * sw[k] or the fp16, so that an image of means
 * gives the bias alone.  All of it is in double precision, from scales that are floats,
 * as a bundle holds them; a channel's scale that was chosen is factor[k] / 2^14 of the
 * largest, and the bundle has the nearest float.
 *
 * What is chosen when nothing is given:
 *
 * Weights are symmetric, zw = 0.  The least scale that holds channel k is
 *
 *     s[k] = max(max |w'| / 127, |bias'| / (sx * 2^29))
 *
 * where the second term only counts for a bias that dwarfs all products.  One scale
 * for all: the largest s[k], as a float, and at least a 2^14th of an added tensor's
 * scale by sx, which its converter can still multiply.  One a channel: s[k] moved up to
 * the next of the 2^14 parts of the largest, so that factor[k] is exact; the topmost
 * channel and channels of zeros have the largest.  When nothing asks for a scale, sums
 * have the output's, or 1.
 *
 * The output is chosen for inputs that spread evenly over all 256 values, each for
 * itself: mean mx = (-1/2 - zx) * sx, variance vx = (256^2 - 1) / 12 * sx^2, so that
 *
 *     mean[k] = bias' + mx * sum w'        variance[k] = vx * sum w'^2
 *     low = min (mean - 4 * sqrt(variance))     high = max (mean + 4 * sqrt(variance))
 *
 * With an added tensor its mean and variance, by the same rule from its scale and zero
 * point, are added; without a quantisation of its own it counts as much as the sum, and
 * has the output's.  The activation then cuts the range (relu: low 0, clip: high at
 * most its limit, leaky: low times the slope), 0 is taken in, and
 *
 *     sy = max((high - low) / 255, sx * max sw)    zy = round(-128 - low / sy)
 */
#ifndef OPERANDS_H
#define OPERANDS_H

#include "bundle_format.h"
#include "conv_problem.h"

struct tensor_quant {
	float scale;  /* real = (stored - zero) * scale */
	int32_t zero; /* of the stored element */
	bool uint8;   /* the user has bytes, 128 more than what is stored */
};

/* What --explain and warnings tell about the numbers.  Nothing else depends on them. */
struct operand_notes {
	uint64_t weight_count;
	uint64_t saturated_weights; /* clamped: the given scale is too small for them */
	uint32_t lost_channels;	    /* not zero, but less than half a step all of them */
	float bn_scale_min, bn_scale_max; /* 1 without batch norm */
	double first_gain, first_bias; /* of channel 0: bn_scale, bias after batch norm */
	/* int8 per channel: how far factor / 2^14 * max scale is from a channel's scale */
	double factor_error; /* worst, relative; 0: all exact */
	uint32_t factor_channel;
	int32_t bias_min, bias_max; /* int8: of bias_fixed */
	double bits_used; /* int8: of the 32 of the largest sum that inputs can make */
	/* int8 output: the real values expected, and which channels reach them */
	double expected_low, expected_high;
	uint32_t low_channel, high_channel;
	bool output_chosen;  /* scale and zero point come from the expected range */
	bool output_cut;     /* the activation ends the range earlier */
	bool output_floored; /* one unit of the sum is coarser than range / 255 */
	bool operand_chosen; /* the operand was given the output's quantisation */
	double limit;	     /* real value at which a clip acts; 0: none */
	double leak;	     /* slope as it was rounded; 0: none */
};

struct operands {
	struct npub_op op;
	struct tensor_quant input, output, operand; /* 1 and 0 for floats */
	void *weights; /* out_c x in_c/groups x kernel_h x kernel_w, in p->elem */
	/* One value an output channel each; NULL when the stream has none. */
	float *bias;	      /* fp16 */
	int32_t *bias_fixed;  /* int8, everything folded in */
	int16_t *correction;  /* int8 per channel: minus the weights' zero point */
	uint16_t *factor;     /* int8 per channel: 2^14 is one */
	float *weight_scale;  /* int8: real scale of each channel's weights */
	int32_t *weight_zero; /* int8: of each channel; what padding lanes must hold */
	struct operand_notes notes;
};

/*
 * Load and fold everything the problem names.  False after an error at the value that
 * drives it (a file's, a scale's, a bias beyond 32 bits, a factor that rounds to
 * nothing).  Free with operands_free() either way.
 */
bool operands_load(struct operands *o, const struct conv_problem *p, struct diag *diag);
void operands_free(struct operands *o);

/*
 * The constants that follow from the problem alone, with unit scales for all that
 * weights decide: for plans, checks and captures that have no weights.
 */
struct npub_op op_from_problem(const struct conv_problem *p);

/* Zero weights and bias with op_from_problem(); false when out of memory. */
bool operands_zero(struct operands *o, const struct conv_problem *p);

#endif
