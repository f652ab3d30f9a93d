#include "expect_priv.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool expect_fail(char *why, size_t why_bytes, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, why_bytes, format, args);
	va_end(args);
	return false;
}

/* ---- what is folded into weights and bias ---- */

double gain_of(const struct data *d, uint32_t k)
{
	return d->bn_scale ? (double)d->bn_scale[k] : 1;
}

double folded_bias(const struct data *d, uint32_t k)
{
	double bias = d->bias ? (double)d->bias[k] : 0;

	bias *= d->bn_scale ? (double)d->bn_scale[k] : 1;
	return bias + (d->bn_shift ? (double)d->bn_shift[k] : 0);
}

double mean_of(const struct problem *p, uint32_t c)
{
	return p->means ? p->mean[p->means > 1 ? c : 0] : 0;
}

double std_of(const struct problem *p, uint32_t c)
{
	return p->stds ? p->std[p->stds > 1 ? c : 0] : 1;
}

uint32_t weight_chan(const struct ref_conv *r, size_t i)
{
	const size_t taps = (size_t)r->kh * r->kw;
	const uint32_t group_c = r->c / r->g;
	uint32_t k = (uint32_t)(i / taps / group_c);

	return k / (r->k / r->g) * group_c + (uint32_t)(i / taps % group_c);
}

double real_weight(const struct problem *p, const struct data *d, size_t i)
{
	const size_t kernel = d->w_count / p->r.k;
	double w = ref_half(((const uint16_t *)d->w)[i]);

	return w * gain_of(d, (uint32_t)(i / kernel)) / std_of(p, weight_chan(&p->r, i));
}

/* ---- fp16 ---- */

static double activate(const struct problem *p, double v)
{
	if (p->act == REF_ACT_NONE)
		return v;
	v = v < 0 ? 0 : v;
	return p->act == REF_ACT_CLIP && v > p->high ? p->high : v;
}

/* Bias of each channel: folded, less the means under the weights as they are stored. */
static void half_biases(const struct problem *p, const struct data *d, const uint16_t *w,
			float *bias)
{
	const size_t kernel = d->w_count / p->r.k;

	for (uint32_t k = 0; k < p->r.k; k++) {
		double b = folded_bias(d, k);

		for (size_t i = k * kernel; p->means && i < (k + 1) * kernel; i++)
			b -= ref_half(w[i]) * mean_of(p, weight_chan(&p->r, i));
		bias[k] = (float)b;
	}
}

static void finish_half(struct expect *e, const struct problem *p, const struct data *d,
			const float *bias)
{
	const size_t plane = (size_t)ref_out_h(&p->r) * ref_out_w(&p->r);
	const uint16_t *operand = d->operand;

	for (size_t i = 0; i < d->y_count; i++) {
		e->magnitude[i] += fabs((double)bias[i / plane % p->r.k]);
		if (operand) {
			e->y[i] += ref_half(operand[i]);
			e->magnitude[i] += fabs(ref_half(operand[i]));
		}
		e->y[i] = activate(p, e->y[i]);
	}
}

static bool expect_half(struct expect *e, const struct problem *p, const struct data *d,
			char *why, size_t why_bytes)
{
	uint16_t *w = malloc(d->w_count * sizeof *w);
	float *bias = malloc(p->r.k * sizeof *bias);
	bool ok = w && bias;

	for (size_t i = 0; ok && i < d->w_count; i++)
		w[i] = ref_to_half(real_weight(p, d, i));
	if (ok)
		half_biases(p, d, w, bias);
	ok = ok && ref_conv_run(&p->r, d->x, w, bias, e->y, e->magnitude);
	if (ok)
		finish_half(e, p, d, bias);
	free(w);
	free(bias);
	return ok || expect_fail(why, why_bytes, "out of memory in the test");
}

/* ---- all of it ---- */

bool expect_make(struct expect *e, const struct problem *p, const struct data *d,
		 const struct chosen *c, char *why, size_t why_bytes)
{
	e->y = malloc(d->y_count * sizeof *e->y);
	e->magnitude = malloc(d->y_count * sizeof *e->magnitude);
	e->fixed = p->int8 ? malloc(d->y_count * sizeof *e->fixed) : NULL;
	if (!e->y || !e->magnitude || (p->int8 && !e->fixed))
		return expect_fail(why, why_bytes, "out of memory in the test");
	return p->int8 ? expect_int8(e, p, d, c, why, why_bytes)
		       : expect_half(e, p, d, why, why_bytes);
}

void expect_free(struct expect *e)
{
	free(e->y);
	free(e->magnitude);
	free(e->fixed);
	memset(e, 0, sizeof *e);
}

static double value_at(const struct problem *p, const void *got, size_t i)
{
	if (p->int8 && p->wide)
		return ((const int32_t *)got)[i];
	if (p->int8)
		return p->output.uint8 ? ((const uint8_t *)got)[i] - 128
				       : ((const int8_t *)got)[i];
	return p->wide ? (double)((const float *)got)[i]
		       : ref_half(((const uint16_t *)got)[i]);
}

/* int8: the integer model exactly, the real one nearly.  False for a NaN. */
static bool is_right(const struct expect *e, const struct problem *p, size_t i, double v)
{
	double bound = e->magnitude[i];

	if (!p->int8)
		bound = p->wide ? ref_bound_fp32(e->y[i], bound)
				: ref_bound_fp16(e->y[i], bound);
	return fabs(v - e->y[i]) <= bound && (!p->int8 || v == e->fixed[i]);
}

bool expect_compare(const struct expect *e, const struct problem *p, const void *got,
		    char *why, size_t why_bytes)
{
	const size_t ow = ref_out_w(&p->r), plane = ow * ref_out_h(&p->r);
	const size_t count = ref_output_count(&p->r);
	size_t wrong = 0, first = 0;
	char exact[48] = "";

	for (size_t i = 0; i < count; i++) {
		if (!is_right(e, p, i, value_at(p, got, i)) && wrong++ == 0)
			first = i;
	}
	if (!wrong)
		return true;
	if (p->int8)
		snprintf(exact, sizeof exact, " and %d", e->fixed[first]);
	return expect_fail(
	    why, why_bytes,
	    "%zu of %zu outputs are wrong, the first at [%zu, %zu, %zu, %zu]: "
	    "%.9g, the reference is %.9g%s",
	    wrong, count, first / plane / p->r.k, first / plane % p->r.k,
	    first % plane / ow, first % ow, value_at(p, got, first), e->y[first], exact);
}
