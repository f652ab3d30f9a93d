#include "refconv.h"

#include <math.h>
#include <stddef.h>

/*
 * One kernel column: add weight * input to each output whose window has it, which
 * are those with 0 <= x * stride + offset < in_w.
 */
static void add_tap(const struct refconv *r, const float *in_row, float weight,
		    uint32_t kx, double *restrict result, double *restrict magnitude)
{
	const struct conv_shape *s = &r->shape;
	int64_t offset = (int64_t)kx * s->dilation_x - s->pad_left;
	int64_t stride = s->stride_x, first = 0, end = s->out_w;

	while (first < end && first * stride + offset < 0)
		first++;
	while (first < end && (end - 1) * stride + offset >= s->in_w)
		end--;
	for (int64_t x = first; x < end; x++) {
		double product = (double)in_row[x * stride + offset] * (double)weight;

		result[x] += product;
		magnitude[x] += fabs(product);
	}
}

/* Addition and activation; `place` is the row's first output. */
static void finish_row(const struct refconv *r, size_t place, double *result)
{
	const struct conv_shape *s = &r->shape;

	for (uint32_t x = 0; r->operand && x < s->out_w; x++)
		result[x] += (double)r->operand[place + x];
	for (uint32_t x = 0; r->relu && x < s->out_w; x++)
		result[x] = fmax(result[x], 0);
	for (uint32_t x = 0; r->clamp && x < s->out_w; x++)
		result[x] = fmin(result[x], (double)r->limit);
}

void refconv_row(const struct refconv *r, uint32_t n, uint32_t k, uint32_t y,
		 double *result, double *magnitude)
{
	const struct conv_shape *s = &r->shape;
	uint32_t group_in_c = s->in_c / s->groups;
	uint32_t first_c = k / (s->out_c / s->groups) * group_in_c;
	const float *weight =
	    r->weights + (size_t)k * group_in_c * s->kernel_h * s->kernel_w;

	for (uint32_t x = 0; x < s->out_w; x++) {
		result[x] = 0;
		magnitude[x] = 0;
	}
	for (uint32_t c = 0; c < group_in_c; c++)
		for (uint32_t ky = 0; ky < s->kernel_h; ky++) {
			int64_t iy = (int64_t)y * s->stride_y +
				     (int64_t)ky * s->dilation_y - s->pad_top;
			size_t plane = (size_t)n * s->in_c + first_c + c;

			for (uint32_t kx = 0; kx < s->kernel_w; kx++, weight++)
				if (iy >= 0 && iy < s->in_h)
					add_tap(r,
						r->input +
						    (plane * s->in_h + (size_t)iy) *
							s->in_w,
						*weight, kx, result, magnitude);
		}
	for (uint32_t x = 0; r->bias && x < s->out_w; x++)
		result[x] += (double)r->bias[k];
	finish_row(r, (((size_t)n * s->out_c + k) * s->out_h + y) * s->out_w, result);
}
