/* Scales, stored weights and outputs of an int8 problem. */
#include "expect_priv.h"

#include <math.h>
#include <stdlib.h>

#define FACTOR_ONE 16384.0 /* 2^14 */
#define DEFAULT_INPUT_SCALE (1.0 / 128)

/* ---- what the scales are ---- */

static struct user_quant input_quant(const struct problem *p)
{
	struct user_quant bytes = { .given = true, .uint8 = true, .scale = 1 };
	double mean = 0;

	if (!p->means && !p->stds)
		return p->input.given
			   ? p->input
			   : (struct user_quant){ .given = true,
						  .scale = DEFAULT_INPUT_SCALE };
	for (uint32_t i = 0; i < p->means; i++)
		mean += p->mean[i];
	bytes.zero = p->means ? (int32_t)floor(mean / p->means + 0.5) : 0;
	return bytes;
}

static bool check_quant(const char *what, const struct user_quant *said,
			const struct ref_quant *has, bool uint8, char *why,
			size_t why_bytes)
{
	int32_t zero = said->zero - (said->uint8 ? 128 : 0);

	if (has->scale == (double)(float)said->scale && has->zero == zero &&
	    uint8 == said->uint8)
		return true;
	return expect_fail(why, why_bytes,
			   "%s: the bundle has scale %g zero %d, the spec %g %d", what,
			   has->scale, has->zero, said->scale, zero);
}

static bool check_chosen(const struct problem *p, const struct chosen *c, char *why,
			 size_t why_bytes)
{
	const struct user_quant input = input_quant(p);

	if (c->weight_scale_count != p->r.k)
		return expect_fail(why, why_bytes,
				   "the bundle has %u weight scales, not %u",
				   c->weight_scale_count, p->r.k);
	if (!check_quant("input", &input, &c->input, c->input_uint8, why, why_bytes) ||
	    (p->output.given && !check_quant("output", &p->output, &c->output,
					     c->output_uint8, why, why_bytes)) ||
	    (p->operand.given && !check_quant("operand", &p->operand, &c->operand,
					      c->operand_uint8, why, why_bytes)))
		return false;
	if (p->wide && (c->output.zero ||
			c->output.scale != (double)(float)(c->input.scale *
							   (double)c->weight_scales[0])))
		return expect_fail(why, why_bytes,
				   "the scale of the sums is %g in the bundle",
				   c->output.scale);
	if (p->add && !p->operand.given &&
	    (c->operand.scale != c->output.scale || c->operand.zero != c->output.zero))
		return expect_fail(why, why_bytes,
				   "the operand has not the output's scale");
	return true;
}

/* Scale and zero point of each channel's weights, and where the scale is given, that. */
struct weight_quant {
	double *scale;
	int32_t *zero;
	int8_t *stored;
};

/* What weights that come as int8 are multiplied by: one value for a whole channel. */
static double stored_gain(const struct problem *p, const struct data *d, uint32_t k)
{
	return gain_of(d, k) / std_of(p, 0);
}

static double given_scale(const struct problem *p, const struct data *d, uint32_t k)
{
	double gain = fabs(stored_gain(p, d, k));
	float scale = (float)p->weight_scale;

	if (d->weight_scales)
		scale = d->weight_scales[k];
	return p->stored_weights && gain != 0 ? (double)(float)((double)scale * gain)
					      : (double)scale;
}

/* A choice by channel is a multiple of the largest over 2^14, which the bundle rounds. */
static bool set_weight_scales(struct weight_quant *w, const struct problem *p,
			      const struct data *d, const struct chosen *c, char *why,
			      size_t why_bytes)
{
	double most = 0;

	for (uint32_t k = 0; k < p->r.k; k++)
		most = fmax(most, (double)c->weight_scales[k]);
	for (uint32_t k = 0; k < p->r.k; k++) {
		double named = (double)c->weight_scales[k];

		w->zero[k] = d->weight_zeros			 ? d->weight_zeros[k]
			     : p->weight_scales == WEIGHTS_GIVEN ? p->weight_zero
								 : 0;
		if (p->weight_scales < WEIGHTS_GIVEN) {
			double factor = nearbyint(FACTOR_ONE * named / most);

			w->scale[k] = factor * most / FACTOR_ONE;
		} else {
			w->scale[k] = given_scale(p, d, k);
		}
		if ((float)w->scale[k] != c->weight_scales[k])
			return expect_fail(why, why_bytes,
					   "weight scale %u is %g in the bundle, not %g",
					   k, named, w->scale[k]);
	}
	return true;
}

static int8_t saturate(double v)
{
	return (int8_t)(v < -128 ? -128 : v > 127 ? 127 : v);
}

/*
 * Stored weights.  Those that come as int8 stay what they are, but a negative gain of
 * batch norm, whose size is in the scale, turns them round, and their zero point with
 * them when it has a place among the others.
 */
static void set_stored(struct weight_quant *w, const struct problem *p,
		       const struct data *d)
{
	const size_t kernel = d->w_count / p->r.k;

	for (uint32_t k = 0; k < p->r.k; k++) {
		double gain = stored_gain(p, d, k);
		int32_t zero = w->zero[k];

		if (p->stored_weights && gain < 0 && zero)
			w->zero[k] = -1 - zero;
		for (size_t i = k * kernel; i < (k + 1) * kernel; i++) {
			if (p->stored_weights) {
				int32_t steps = ((const int8_t *)d->w)[i] - zero;

				steps *= gain > 0 ? 1 : gain < 0 ? -1 : 0;
				w->stored[i] = saturate(steps + w->zero[k]);
			} else {
				w->stored[i] = saturate(
				    nearbyint(real_weight(p, d, i) / w->scale[k]) +
				    w->zero[k]);
			}
		}
	}
}

/* ---- outputs ---- */

static int8_t *stored_tensor(const void *user, size_t count, bool uint8)
{
	int8_t *stored = malloc(count + 1);

	for (size_t i = 0; stored && i < count; i++)
		stored[i] =
		    (int8_t)(((const uint8_t *)user)[i] ^ (uint8_t)(uint8 ? 0x80 : 0));
	return stored;
}

static bool run_models(struct expect *e, const struct problem *p, const struct data *d,
		       const struct chosen *c, const struct ref_operator *o,
		       const int8_t *w, char *why, size_t why_bytes)
{
	const size_t plane = (size_t)ref_out_h(&p->r) * ref_out_w(&p->r);
	int8_t *x = stored_tensor(d->x, d->x_count, c->input_uint8);
	int8_t *operand =
	    p->add ? stored_tensor(d->operand, d->y_count, c->operand_uint8) : NULL;
	const char *no = "out of memory";
	struct ref_fixed f = { .pad = 0 };
	bool ok = x && (operand || !p->add) && ref_fixed_derive(&f, &p->r, w, o, &no);

	if (ok) {
		ref_fixed_run(&p->r, x, w, operand, &f, e->fixed);
		ref_real_run(&p->r, x, w, operand, o, e->y);
		for (uint32_t j = 0; j < p->r.n * p->r.k; j++) {
			double slack = ref_fixed_slack(&p->r, o, &f, j % p->r.k);

			for (size_t i = 0; i < plane; i++)
				e->magnitude[j * plane + i] = slack < 1 ? 1 : slack;
		}
	}
	ref_fixed_free(&f);
	free(x);
	free(operand);
	return ok || expect_fail(why, why_bytes, "the test finds no constants: %s", no);
}

bool expect_int8(struct expect *e, const struct problem *p, const struct data *d,
		 const struct chosen *c, char *why, size_t why_bytes)
{
	struct weight_quant w = { malloc(p->r.k * sizeof *w.scale),
				  malloc(p->r.k * sizeof *w.zero), malloc(d->w_count) };
	double *bias = malloc(p->r.k * sizeof *bias);
	double shift[MAX_PIXEL_CHANS] = { 0 };
	const struct user_quant input = input_quant(p);
	struct ref_operator o = {
		.input = c->input,
		.output = c->output,
		.operand = c->operand,
		.int32 = p->wide,
		.per_channel = p->weight_scales != WEIGHTS_AUTO_TENSOR &&
			       p->weight_scales != WEIGHTS_GIVEN,
		.weight_scale = w.scale,
		.weight_zero = w.zero,
		.bias = bias,
		.input_shift = p->means ? shift : NULL,
		.act = p->act,
		.high = p->high,
		.slope = p->slope,
		.add = p->add,
	};
	bool ok = w.scale && w.zero && w.stored && bias;

	if (!ok)
		expect_fail(why, why_bytes, "out of memory in the test");
	for (uint32_t i = 0; p->means && i < p->r.c; i++)
		shift[i] = input.zero - mean_of(p, i);
	for (uint32_t k = 0; ok && k < p->r.k; k++)
		bias[k] = folded_bias(d, k);
	ok = ok && check_chosen(p, c, why, why_bytes) &&
	     set_weight_scales(&w, p, d, c, why, why_bytes);
	if (ok) {
		set_stored(&w, p, d);
		ok = run_models(e, p, d, c, &o, w.stored, why, why_bytes);
	}
	free(w.scale);
	free(w.zero);
	free(w.stored);
	free(bias);
	return ok;
}
