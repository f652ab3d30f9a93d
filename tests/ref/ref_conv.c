#include "ref_conv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ACCUMULATOR_SHARE 0x1p-18

static uint32_t out_size(uint32_t in, uint32_t before, uint32_t after, uint32_t kernel,
			 uint32_t dilation, uint32_t stride)
{
	uint32_t window = (kernel - 1) * dilation + 1;

	return window > in + before + after ? 0
					    : (in + before + after - window) / stride + 1;
}

uint32_t ref_out_h(const struct ref_conv *r)
{
	return out_size(r->h, r->pt, r->pb, r->kh, r->dy, r->sy);
}

uint32_t ref_out_w(const struct ref_conv *r)
{
	return out_size(r->w, r->pl, r->pr, r->kw, r->dx, r->sx);
}

size_t ref_input_count(const struct ref_conv *r)
{
	return (size_t)r->n * r->c * r->h * r->w;
}

size_t ref_weight_count(const struct ref_conv *r)
{
	return (size_t)r->k * (r->c / r->g) * r->kh * r->kw;
}

size_t ref_output_count(const struct ref_conv *r)
{
	return (size_t)r->n * r->k * ref_out_h(r) * ref_out_w(r);
}

uint64_t ref_macs(const struct ref_conv *r)
{
	return (uint64_t)ref_output_count(r) * (r->c / r->g) * r->kh * r->kw;
}

double ref_half(uint16_t bits)
{
	int exponent = bits >> 10 & 31;
	double fraction = bits & 1023, value;

	if (exponent == 31)
		value = fraction != 0 ? NAN : INFINITY;
	else if (exponent == 0)
		value = ldexp(fraction, -24);
	else
		value = ldexp(1024 + fraction, exponent - 25);
	return bits & 0x8000 ? -value : value;
}

uint16_t ref_to_half(double value)
{
	uint16_t sign = signbit(value) ? 0x8000 : 0;
	int exponent; /* of the unit in the last place */
	double units;

	value = fabs(value);
	if (!(value < 65520))
		return (uint16_t)(sign | (isnan(value) ? 0x7e00 : 0x7c00));
	exponent = value < 0x1p-14 ? -24 : ilogb(value) - 10;
	units = nearbyint(ldexp(value, -exponent)); /* to 2048, which carries over */
	return (uint16_t)(sign + (uint16_t)units + 1024 * (exponent + 24));
}

/* Outputs [*first, *end) whose tap `tap` lies in the image. */
static void clip(uint32_t out, uint32_t in, uint32_t stride, uint32_t pad, uint32_t tap,
		 uint32_t *first, uint32_t *end)
{
	uint32_t least = tap >= pad ? 0 : (pad - tap + stride - 1) / stride;
	uint32_t past = tap >= in + pad ? 0 : (in + pad - tap - 1) / stride + 1;

	*first = least;
	*end = past < out ? past : out;
}

/* Add one tap's products to one output row. */
static void add_row(double *restrict sum, double *restrict magnitude,
		    const double *restrict x, double w, uint32_t count, uint32_t stride)
{
	for (uint32_t i = 0; i < count; i++) {
		double product = x[(size_t)i * stride] * w;

		sum[i] += product;
		magnitude[i] += fabs(product);
	}
}

/* Add channel plane `x` under kernel plane `w` to one output plane. */
static void add_plane(const struct ref_conv *r, double *sum, double *magnitude,
		      const double *x, const double *w)
{
	const uint32_t oh = ref_out_h(r), ow = ref_out_w(r);

	for (uint32_t ky = 0; ky < r->kh; ky++) {
		for (uint32_t kx = 0; kx < r->kw; kx++) {
			uint32_t y0, y1, x0, x1;

			clip(oh, r->h, r->sy, r->pt, ky * r->dy, &y0, &y1);
			clip(ow, r->w, r->sx, r->pl, kx * r->dx, &x0, &x1);
			if (x0 >= x1)
				continue;
			for (uint32_t oy = y0; oy < y1; oy++) {
				size_t row = oy * r->sy + ky * r->dy - r->pt;
				size_t col = x0 * r->sx + kx * r->dx - r->pl;

				add_row(sum + (size_t)oy * ow + x0,
					magnitude + (size_t)oy * ow + x0,
					x + row * r->w + col, w[ky * r->kw + kx], x1 - x0,
					r->sx);
			}
		}
	}
}

static double *widen(const uint16_t *bits, size_t count)
{
	double *values = malloc((count + 1) * sizeof *values);

	for (size_t i = 0; values && i < count; i++)
		values[i] = ref_half(bits[i]);
	return values;
}

bool ref_conv_run(const struct ref_conv *r, const uint16_t *x, const uint16_t *w,
		  const float *bias, double *y, double *magnitude)
{
	const size_t in_plane = (size_t)r->h * r->w, taps = (size_t)r->kh * r->kw;
	const size_t out_plane = (size_t)ref_out_h(r) * ref_out_w(r);
	const uint32_t group_c = r->c / r->g, group_k = r->k / r->g;
	double *xs = widen(x, ref_input_count(r)), *ws = widen(w, ref_weight_count(r));
	bool ok = xs && ws;

	memset(y, 0, ref_output_count(r) * sizeof *y);
	memset(magnitude, 0, ref_output_count(r) * sizeof *magnitude);
	for (uint32_t n = 0; ok && n < r->n; n++) {
		for (uint32_t k = 0; k < r->k; k++) {
			size_t out = ((size_t)n * r->k + k) * out_plane;
			size_t in = (size_t)n * r->c + (size_t)(k / group_k) * group_c;

			for (uint32_t c = 0; c < group_c; c++)
				add_plane(r, y + out, magnitude + out,
					  xs + (in + c) * in_plane,
					  ws + ((size_t)k * group_c + c) * taps);
			for (size_t i = 0; bias && i < out_plane; i++)
				y[out + i] += (double)bias[k];
		}
	}
	free(xs);
	free(ws);
	return ok;
}

/* The unit in the last place at `value`: `bits` of fraction, exponents from `least`. */
static double ulp(double value, int bits, int least)
{
	int exponent = value == 0 || !isfinite(value) ? least : ilogb(value);

	return ldexp(1, (exponent < least ? least : exponent) - bits);
}

double ref_bound_fp16(double sum, double magnitude)
{
	return ulp(sum, 10, -14) + ACCUMULATOR_SHARE * magnitude;
}

double ref_bound_fp32(double sum, double magnitude)
{
	return ulp(sum, 23, -126) + ACCUMULATOR_SHARE * magnitude;
}
