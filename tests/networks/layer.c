/* A conv's numbers, restated from the descriptions of spec language and quantisation. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"

#define FACTOR_ONE 16384.0
#define BIAS_SPREAD 16.0
#define LEAST_PEAK 126 /* of 127: what chosen scales must use */

enum stream { STREAM_WEIGHTS, STREAM_BIAS };

uint64_t draw64(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Values that a spec's seed draws: eleven bits of each 16-bit lane, n / 1024 - 1. */
static double *draw_seeded(size_t count, uint64_t seed, enum stream stream)
{
	double *values = malloc((count + 1) * sizeof *values);
	uint64_t key = 0, word = 0;

	for (int i = 0; i <= (int)stream; i++)
		key = draw64(&seed);
	for (size_t i = 0; values && i < count; i++) {
		if (i % 4 == 0)
			word = draw64(&key);
		values[i] = (double)(word >> (16 * (i % 4) + 5) & 2047) / 1024 - 1;
	}
	return values;
}

/* The nearest fp16, of two equally near ones the even one; normal or 0 in, far from
 * the largest. */
static uint16_t half_from(double value)
{
	double size = fabs(value), steps;
	int exponent;

	if (size < ldexp(1, -14))
		return (uint16_t)(nearbyint(ldexp(size, 24))) | (value < 0 ? 0x8000 : 0);
	exponent = ilogb(size);
	steps = nearbyint(ldexp(size, 10 - exponent)); /* 1024 to 2048 */
	return (uint16_t)((exponent + 14) * 1024 + (int)steps) | (value < 0 ? 0x8000 : 0);
}

/* Real weights as the spec has them: drawn, divided by the pixels' deviation. */
static double *real_weights(const struct layer *l)
{
	double *w = draw_seeded(l->w_count, l->p->seed, STREAM_WEIGHTS);
	double by = l->p->pixel_norm.std_count ? l->p->pixel_norm.std[0] : 1;

	for (size_t i = 0; w && i < l->w_count; i++)
		w[i] /= by;
	return w;
}

/* A scale a channel, exactly as the part of the largest that the hardware multiplies by. */
static bool take_scales(struct layer *l, const struct operands *o)
{
	double most = 0;

	l->weight_scale = malloc(l->r.k * sizeof *l->weight_scale);
	if (!l->weight_scale)
		return false;
	for (uint32_t k = 0; k < l->r.k; k++)
		most = fmax(most, (double)o->weight_scale[k]);
	for (uint32_t k = 0; k < l->r.k; k++)
		l->weight_scale[k] =
		    nearbyint(FACTOR_ONE * (double)o->weight_scale[k] / most) * most /
		    FACTOR_ONE;
	return true;
}

/* Stored weights; the least of all channels' largest magnitudes. */
static int store_weights(struct layer *l, const double *real)
{
	size_t kernel = l->w_count / l->r.k;
	int least = 127;

	for (uint32_t k = 0; k < l->r.k; k++) {
		int peak = 0;

		for (size_t i = k * kernel; i < (k + 1) * kernel; i++) {
			int stored = (int)nearbyint(real[i] / l->weight_scale[k]);

			((int8_t *)l->w)[i] = (int8_t)(stored > 127 ? 127 : stored);
			peak = abs(stored) > peak ? abs(stored) : peak;
		}
		least = peak < least ? peak : least;
	}
	return least;
}

static void fill_bytes(void *out, size_t bytes, uint64_t *state)
{
	uint64_t word = 0;

	for (size_t i = 0; i < bytes; i++) {
		word = i % 8 ? word >> 8 : draw64(state);
		((uint8_t *)out)[i] = (uint8_t)word;
	}
}

/* fp16 numbers with all bits in use, magnitudes from 2^-7 to below 1. */
static void fill_half(uint16_t *out, size_t count, uint64_t *state)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t bits = draw64(state);

		out[i] = (uint16_t)((bits & 0x83ff) | (8 + (bits >> 16) % 7) << 10);
	}
}

static void set_ref_conv(struct ref_conv *r, const struct conv_problem *p)
{
	*r = (struct ref_conv){
		.n = p->batch, .c = p->in_c, .h = p->in_h, .w = p->in_w, .k = p->out_c,
		.kh = p->kernel_h, .kw = p->kernel_w, .sy = p->stride_y, .sx = p->stride_x,
		.pt = p->pad_top, .pl = p->pad_left, .pb = p->pad_bottom,
		.pr = p->pad_right, .dy = p->dilation_y, .dx = p->dilation_x,
		.g = p->groups,
	};
}

static bool allocate(struct layer *l)
{
	size_t bytes = l->int8 ? 1 : 2;

	l->x = malloc(l->x_count * bytes);
	l->w = malloc(l->w_count * bytes);
	if (l->p->add)
		l->operand = malloc(l->y_count * bytes);
	return l->x && l->w && (l->operand || !l->p->add);
}

static void fill_inputs(struct layer *l, uint64_t seed)
{
	if (l->int8) {
		fill_bytes(l->x, l->x_count, &seed);
		if (l->operand)
			fill_bytes(l->operand, l->y_count, &seed);
	} else {
		fill_half(l->x, l->x_count, &seed);
		if (l->operand)
			fill_half(l->operand, l->y_count, &seed);
	}
}

bool layer_make(struct layer *l, const struct conv_problem *p, const struct operands *o,
		uint64_t seed, char *why, size_t why_bytes)
{
	double *real;
	int peak = 127;

	memset(l, 0, sizeof *l);
	l->p = p;
	l->int8 = p->elem == NPU_ELEM_INT8;
	set_ref_conv(&l->r, p);
	l->x_count = ref_input_count(&l->r);
	l->w_count = ref_weight_count(&l->r);
	l->y_count = ref_output_count(&l->r);
	snprintf(why, why_bytes, "out of memory in the test");
	real = real_weights(l);
	if (!real || !allocate(l) || (l->int8 && !take_scales(l, o))) {
		free(real);
		return false;
	}
	if (l->int8)
		peak = store_weights(l, real);
	for (size_t i = 0; !l->int8 && i < l->w_count; i++)
		((uint16_t *)l->w)[i] = half_from(real[i]);
	free(real);
	if (p->bias.kind == SOURCE_SEED)
		l->bias = draw_seeded(l->r.k, p->seed, STREAM_BIAS);
	for (uint32_t k = 0; l->bias && k < l->r.k; k++)
		l->bias[k] *= BIAS_SPREAD;
	fill_inputs(l, seed);
	snprintf(why, why_bytes, "a channel's largest stored weight is %d", peak);
	return peak >= LEAST_PEAK;
}

void layer_free(struct layer *l)
{
	free(l->x);
	free(l->w);
	free(l->operand);
	free(l->bias);
	free(l->weight_scale);
	ref_fixed_free(&l->fixed);
	memset(l, 0, sizeof *l);
}

static struct ref_quant stored_quant(const struct npurt_tensor_info *info)
{
	return (struct ref_quant){ (double)info->scale,
				   info->zero_point - (info->is_uint8 ? 128 : 0) };
}

bool layer_derive(struct layer *l, const struct npurt_tensor_info *input,
		  const struct npurt_tensor_info *output,
		  const struct npurt_tensor_info *operand, char *why, size_t why_bytes)
{
	static const enum ref_act acts[] = { [ACT_NONE] = REF_ACT_NONE,
					     [ACT_RELU] = REF_ACT_RELU,
					     [ACT_CLIP] = REF_ACT_CLIP };
	struct ref_operator o = {
		.input = stored_quant(input),
		.output = stored_quant(output),
		.per_channel = true,
		.weight_scale = l->weight_scale,
		.bias = l->bias,
		.act = acts[l->p->act.kind],
		.high = l->p->act.high,
		.add = l->p->add,
	};
	const char *reason;

	if (o.add)
		o.operand = stored_quant(operand);
	if (ref_fixed_derive(&l->fixed, &l->r, l->w, &o, &reason))
		return true;
	snprintf(why, why_bytes, "the reference: %s", reason);
	return false;
}
