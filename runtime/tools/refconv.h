/*
 * The convolution by its definition, in plain loops and double precision: what
 * results are judged by.  Shares nothing with compiler, runtime or simulator.
 */
#ifndef REFCONV_H
#define REFCONV_H

#include <stdbool.h>
#include <stdint.h>

struct refconv {
	uint32_t batch, in_c, in_h, in_w, out_c, out_h, out_w;
	uint32_t kernel_h, kernel_w, stride_y, stride_x;
	uint32_t pad_top, pad_left; /* right and bottom follow from out_h, out_w */
	uint32_t dilation_y, dilation_x, groups;
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
