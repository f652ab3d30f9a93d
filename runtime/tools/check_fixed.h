/*
 * The convolution of integers by its definition, in plain loops: what int8 results
 * must equal, bit by bit (npu-programming s. 4.3, s. 9).  Shares nothing with
 * compiler, runtime or simulator but the names of the constants.
 */
#ifndef CHECK_FIXED_H
#define CHECK_FIXED_H

#include <stdbool.h>

#include "bundle_format.h"
#include "conv_shape.h"

struct fixed_conv {
	struct conv_shape shape;
	struct npub_op op;
	bool wide;		   /* the output is int32 */
	const int8_t *input;	   /* n c h w, as stored */
	const int8_t *weights;	   /* out_c, in_c / groups, kernel_h, kernel_w */
	const int8_t *operand;	   /* as the output; NULL: none */
	const int32_t *bias;	   /* out_c, or NULL */
	const int16_t *correction; /* out_c: minus the weights' zero point; or NULL */
	const uint16_t *factor;	   /* out_c, in units of 2^-14; or NULL */
};

/*
 * Row `y` of output channel `k` of image `n`: out_w results, and in `sums` what they
 * come from, sum x * (w - zero).
 */
void fixed_row(const struct fixed_conv *f, uint32_t n, uint32_t k, uint32_t y,
	       int32_t *result, int64_t *sums);

/* What the output stage makes of a sum; `operand` is the added element. */
int32_t fixed_output(const struct fixed_conv *f, uint32_t k, int64_t sum,
		     int32_t operand);

#endif
