/*
 * The convolution everything is measured against: plain loops over its definition,
 * in double, for fp16 operands.  Includes nothing of the product.
 *
 *     y[n][k][oy][ox] = bias[k] + sum over c, ky, kx of
 *         w[k][c][ky][kx] * x[n][c0 + c][oy*sy - pt + ky*dy][ox*sx - pl + kx*dx]
 *
 * with c0 the first channel of kernel k's group; x outside the image is zero.
 */
#ifndef REF_CONV_H
#define REF_CONV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Same names as in the formula; n images of c x h x w, k kernels of kh x kw. */
struct ref_conv {
	uint32_t n, c, h, w, k, kh, kw, sy, sx;
	uint32_t pt, pl, pb, pr, dy, dx, g;
};

/* Rows and columns of the output; 0 when the kernel does not fit. */
uint32_t ref_out_h(const struct ref_conv *r);
uint32_t ref_out_w(const struct ref_conv *r);

size_t ref_input_count(const struct ref_conv *r);
size_t ref_weight_count(const struct ref_conv *r);
size_t ref_output_count(const struct ref_conv *r);
uint64_t ref_macs(const struct ref_conv *r);

/* The value of fp16 bits. */
double ref_half(uint16_t bits);
/* The nearest fp16, of two equally near ones the even one; infinity beyond the largest.
 */
uint16_t ref_to_half(double value);

/*
 * y: the sums.  magnitude: for each the sum of |x * w|, which bounds what rounding
 * of partial sums can cost.  Dense NCHW and OIHW; bias may be NULL.  False when out
 * of memory.
 */
bool ref_conv_run(const struct ref_conv *r, const uint16_t *x, const uint16_t *w,
		  const float *bias, double *y, double *magnitude);

/*
 * How far a result may be from `sum`: one unit in the last place of the output
 * type at `sum`, plus 2^-18 of the magnitude for an fp32 accumulator that adds in
 * any order.
 */
double ref_bound_fp16(double sum, double magnitude);
double ref_bound_fp32(double sum, double magnitude);

#endif
