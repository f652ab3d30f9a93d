/*
 * The convolution by its definition, in plain loops and double precision: what
 * results are judged by.  Shares nothing with compiler, runtime or simulator.
 */
#ifndef REFCONV_H
#define REFCONV_H

#include <stdbool.h>

#include "conv_shape.h"

struct refconv {
	struct conv_shape shape;
	const float *input;   /* n c h w */
	const float *weights; /* out_c, in_c / groups, kernel_h, kernel_w */
	const float *bias;    /* out_c, or NULL */
	const float *operand; /* as the output: added; or NULL */
	bool relu, clamp;     /* then: negative is 0; more than `limit` is `limit` */
	float limit;
};

/*
 * Row `y` of output channel `k` of image `n`: out_w results and, in `magnitude`,
 * the sums of |input * weight| behind them.
 */
void refconv_row(const struct refconv *r, uint32_t n, uint32_t k, uint32_t y,
		 double *result, double *magnitude);

#endif
