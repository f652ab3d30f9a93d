/*
 * What a conv computes with, in numbers: weights, bias and requantisation as the
 * hardware takes them.
 *
 * Loads weights, bias, scales and batch norm, folds and quantises them, and derives
 * the constants of the output stage (struct npub_op) that lowering puts in registers.
 *
 * Formulas (npu-programming s. 4.3, F-67 on), with sx sw sy the scales of input,
 * weights and output, zx zw zy their zero points:
 *
 *     a, b     batch norm: w' = w * a[k],  bias' = bias * a[k] + b[k]
 *     factor[k] = round(2^14 * sw[k] / max sw)
 *     bias[k]   = round(bias' / (sx * sw[k])) - zx * sum (w - zw[k])
 *     correction[k] = -zw[k]
 *     f = sx * max sw / sy = m * 2^e, 1 <= m < 2:  scale = round(m * 2^14), shift = 14 - e
 */
#ifndef OPERANDS_H
#define OPERANDS_H

#include "bundle_format.h"
#include "conv_problem.h"

struct tensor_quant {
	float scale; /* real = (stored - zero) * scale */
	int32_t zero;
};

struct operands {
	struct npub_op op;
	struct tensor_quant input, output, operand; /* 1 and 0 for floats */
	void *weights; /* out_c x in_c/groups x kernel_h x kernel_w, in p->elem */
	/* One value an output channel each; NULL when the stream has none. */
	float *bias;	     /* fp16 */
	int32_t *bias_fixed; /* int8, everything folded in */
	int16_t *correction; /* int8 per channel: minus the weights' zero point */
	uint16_t *factor;    /* int8 per channel: 2^14 is one */
	float *weight_scale; /* int8: real scale of each channel's weights */
	int32_t *weight_zero; /* int8: of each channel; what padding lanes must hold */
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
