/* Plain loops in double, and the comparison. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "check.h"

/* One output's sum, and the sum of magnitudes that its error bound needs. */
static double window(const struct board *b, uint32_t k, uint32_t oy, uint32_t ox,
		     double *size)
{
	const struct bconv *v = &b->conv;
	uint32_t per_k = v->depthwise ? 1 : v->c;
	double sum = 0;

	*size = 0;
	for (uint32_t i = 0; i < per_k; i++) {
		uint32_t c = v->depthwise ? k : i;

		for (uint32_t ky = 0; ky < v->kh; ky++) {
			for (uint32_t kx = 0; kx < v->kw; kx++) {
				int32_t y = (int32_t)(oy * v->sy + ky * v->dy - v->pt);
				int32_t x = (int32_t)(ox * v->sx + kx * v->dx - v->pl);
				bool in = y >= 0 && y < (int32_t)v->h && x >= 0 &&
					  x < (int32_t)v->w;
				double xv =
				    in ? b->x[((size_t)c * v->h + (size_t)y) * v->w +
					      (size_t)x]
				       : v->in_zero;
				double wv =
				    b->wt[((size_t)k * per_k + i) * v->kh * v->kw +
					  ky * v->kw + kx];

				sum += xv * (wv - v->weight_zero);
				*size += fabs(xv * wv);
			}
		}
	}
	return sum;
}

/* floor(v + 1/2), but ties go to the even neighbour. */
static double half_even(double v)
{
	double f = floor(v), d = v - f;

	return d > 0.5 || (d == 0.5 && fmod(f, 2) != 0) ? f + 1 : f;
}

static double expect_int(const struct board *b, uint32_t k, double v, double operand)
{
	const struct bconv *c = &b->conv;

	if (c->bias)
		v += b->bias[k];
	if (c->per_channel)
		v = half_even(v * b->mul[k] / 16384);
	if (c->leak && v < 0)
		v = half_even(v * c->leak / 4096);
	if (c->add)
		v += half_even((operand - 3) * 100 / 16);
	if (c->relu && v < 0)
		v = 0;
	if (c->limit && v > c->limit)
		v = c->limit;
	v = half_even(v * b->out_scale / ldexp(1, (int)b->out_shift)) + c->out_zero;
	if (!c->wide_out)
		v = v < -128 ? -128 : v > 127 ? 127 : v;
	return v;
}

static double expect_float(const struct board *b, uint32_t k, double v, double operand)
{
	const struct bconv *c = &b->conv;

	if (c->bias)
		v += b->bias[k];
	if (c->add)
		v += operand;
	if (c->relu && v < 0)
		v = 0;
	if (c->clamp != 0 && v > (double)c->clamp)
		v = (double)c->clamp;
	return v;
}

static double read_output(const struct bconv *v, const uint8_t *at)
{
	uint16_t h;
	float f;
	int32_t i;

	if (v->int8 && !v->wide_out)
		return (int8_t)*at;
	memcpy(&h, at, sizeof h);
	if (!v->wide_out)
		return half_value(h);
	memcpy(&f, at, sizeof f);
	memcpy(&i, at, sizeof i);
	return v->int8 ? i : (double)f;
}

/* One unit in the last place of an fp16 near v. */
static double half_ulp(double v)
{
	int e;

	frexp(v, &e);
	return ldexp(1, (e - 1 < -14 ? -14 : e - 1) - 10);
}

void board_check(const struct board *b)
{
	const struct bconv *v = &b->conv;
	uint32_t ob = v->wide_out ? 4 : v->int8 ? 1 : 2, uo = 16 / ob;
	uint32_t pixels = v->oh * v->ow, plane = pixels == 1 ? 1 : (pixels + 3) / 4 * 4;
	uint32_t kp = (uint32_t)(b->regions[BOARD_OUTPUT].bytes / plane / ob);
	const uint8_t *data = b->regions[BOARD_OUTPUT].data;

	for (uint32_t k = 0; k < v->k; k++) {
		for (uint32_t i = 0; i < pixels; i++) {
			size_t at = ((size_t)k / uo * plane + i) * 16 + k % uo * ob;
			double size, want, got, bound;

			if (v->row_major_out)
				at = ((size_t)i * kp + k) * ob;
			want = window(b, k, i / v->ow, i % v->ow, &size);
			if (v->int8)
				want = expect_int(b, k, want, b->operand[k * pixels + i]);
			else
				want =
				    expect_float(b, k, want, b->operand[k * pixels + i]);
			got = read_output(v, data + at);
			bound = v->int8 ? 0
					: ldexp(size, -18) +
					      (v->wide_out ? 0 : half_ulp(want));
			if (!(fabs(got - want) <= bound))
				fail_msg("%s: k %u y %u x %u is %g, expected %g +- %g",
					 v->name, k, i / v->ow, i % v->ow, got, want,
					 bound);
		}
	}
}
