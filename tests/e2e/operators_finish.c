/* Quantisation at random, and what makes features that were drawn fit each other. */
#include <math.h>

#include "families.h"

#define INT8_RMS 73.9 /* of numbers spread evenly over -128 .. 127 */
#define HALF_RMS 0.36 /* of what fill_half() in data.c draws */

double draw_log(uint64_t *s, double least, double most)
{
	return exp(draw_real(s, log(least), log(most)));
}

int32_t draw_zero(uint64_t *s)
{
	switch (draw64(s) % 6) {
	case 0:
		return -128;
	case 1:
		return 127;
	case 2:
		return 0;
	default:
		return (int32_t)draw_range(s, 0, 255) - 128;
	}
}

void draw_quant(struct user_quant *q, uint64_t *s, double least, double most)
{
	q->given = true;
	q->uint8 = draw_chance(s, 25);
	q->scale = draw_log(s, least, most);
	q->zero = draw_zero(s) + (q->uint8 ? 128 : 0);
}

/* Means that one padding value can stand for: a byte near all of them, or 0. */
static void settle_means(struct problem *p)
{
	double byte = fmin(floor(p->mean[0]) + 1, 254);

	for (uint32_t i = 0; i < MAX_PIXEL_CHANS; i++) {
		double off = p->mean[i] - floor(p->mean[i]) - 0.5;

		p->mean[i] = p->int8 ? byte + off * 0.9 : 0;
	}
}

/* What parts and shape say together is made something that a conv can be. */
static void settle(struct problem *p)
{
	const struct ref_conv *r = &p->r;

	if (r->g > 1 && r->g == r->c && r->k == r->c && p->int8)
		p->wide = false; /* depthwise has no int32 output */
	if (p->int8 && p->wide)
		p->weight_zero = 0;
	if (p->act == REF_ACT_LEAKY || p->wide)
		p->add = false;
	if (!p->add)
		p->operand.given = false;
	if (r->c > MAX_PIXEL_CHANS)
		p->means = p->stds = 0;
	p->means = p->means > 1 ? r->c : p->means;
	p->stds = p->stds > 1 ? r->c : p->stds;
	if (p->means || p->stds)
		p->input = (struct user_quant){ .given = false };
	/* numbers that are stored with one scale a channel have no other */
	if (p->stds > 1 || (p->bn_scale && p->weight_scales == WEIGHTS_GIVEN))
		p->stored_weights = false;
	if (r->pt || r->pl || r->pb || r->pr)
		settle_means(p);
}

/*
 * A scale that makes the sum's step a hair less than a power of two of it: the output's
 * multiplier rounds up to the next one.
 */
static double scale_near_power(const struct problem *p)
{
	double input = !p->input.given ? 1.0 / 128 : (double)(float)p->input.scale;
	double step = input * (double)(float)p->weight_scale;

	return step * exp2(round(log2(p->output.scale / step))) * (1 + 0x1p-18);
}

void operator_finish(struct problem *p, uint64_t *s)
{
	double products = (double)(p->r.c / p->r.g) * p->r.kh * p->r.kw, unit;

	settle(p);
	unit = !p->int8		     ? HALF_RMS
	       : p->means || p->stds ? INT8_RMS
	       : p->input.given	     ? INT8_RMS * p->input.scale
				     : INT8_RMS / 128;
	unit *= p->stored_weights ? INT8_RMS * p->weight_scale : HALF_RMS;
	unit /= p->stds ? p->std[0] : 1;
	p->spread = unit * sqrt(products);
	/* floats are stored in steps that suit what they have become */
	if (p->stds && p->weight_scales >= WEIGHTS_GIVEN && !p->stored_weights)
		p->weight_scale /= p->std[0];
	if (p->act == REF_ACT_CLIP)
		p->high = p->high == 0 ? 6 : p->high * p->spread;
	if (p->int8 && p->output.given)
		draw_quant(&p->output, s, p->spread / 128, p->spread / 8);
	if (p->output.given && p->weight_scales >= WEIGHTS_GIVEN && draw_chance(s, 10))
		p->output.scale = scale_near_power(p);
	if (p->int8 && p->operand.given)
		draw_quant(&p->operand, s, p->spread / 256, p->spread / 8);
}

bool operator_is_sane(const struct problem *p)
{
	const struct ref_conv *r = &p->r;
	bool depthwise = r->g > 1 && r->g == r->c && r->k == r->c;
	bool given = p->weight_scales >= WEIGHTS_GIVEN;

	if ((p->means > 1 && p->means != r->c) || (p->stds > 1 && p->stds != r->c) ||
	    ((p->means || p->stds) && r->c > MAX_PIXEL_CHANS))
		return false;
	if (p->add && (p->wide || p->act == REF_ACT_LEAKY))
		return false;
	if (!p->int8)
		return !p->input.given && !p->output.given && !p->operand.given &&
		       p->weight_scales == WEIGHTS_AUTO_CHANNEL && !p->stored_weights &&
		       p->act != REF_ACT_LEAKY;
	if (p->wide &&
	    (depthwise || p->act != REF_ACT_NONE || p->weight_zero || p->output.given ||
	     (p->weight_scales != WEIGHTS_AUTO_TENSOR &&
	      p->weight_scales != WEIGHTS_GIVEN)))
		return false;
	return !p->stored_weights ||
	       (given && p->stds <= 1 &&
		!(p->bn_scale && p->weight_scales == WEIGHTS_GIVEN));
}
