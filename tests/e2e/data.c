#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "problem.h"

uint64_t draw64(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint32_t draw_range(uint64_t *state, uint32_t least, uint32_t most)
{
	return least + (uint32_t)(draw64(state) % ((uint64_t)most - least + 1));
}

double draw_real(uint64_t *state, double least, double most)
{
	return least + (most - least) * ldexp((double)(draw64(state) >> 11), -53);
}

bool draw_chance(uint64_t *state, uint32_t percent)
{
	return draw64(state) % 100 < percent;
}

/*
 * fp16 numbers with all bits in use: magnitudes from 2^-7 to below 1, and now and
 * then a zero.  Sums stay far from fp16's largest number.
 */
static void fill_half(uint16_t *out, size_t count, uint64_t *state)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t bits = draw64(state);
		uint64_t sign = bits & 0x8000, fraction = bits & 0x3ff;
		uint64_t exponent = 8 + (bits >> 16) % 7;

		out[i] = (bits >> 32) % 64 == 0
			     ? 0
			     : (uint16_t)(sign | exponent << 10 | fraction);
	}
}

/*
 * Weights as the compiler makes them from a seed: eleven bits of each 16-bit lane
 * of a splitmix64 stream, as n / 1024 - 1.  Restated here, from its description.
 */
static void fill_seeded(uint16_t *out, size_t count, uint64_t seed)
{
	uint64_t key = draw64(&seed), word = 0;

	for (size_t i = 0; i < count; i++) {
		int n, exponent = 25 - 10;
		uint16_t sign;

		if (i % 4 == 0)
			word = draw64(&key);
		n = (int)(word >> (16 * (i % 4) + 5) & 2047) - 1024;
		sign = n < 0 ? 0x8000 : 0;
		n = abs(n);
		for (; n && n < 1024; n *= 2)
			exponent--;
		out[i] = n ? (uint16_t)(sign | exponent << 10 | (n - 1024)) : 0;
	}
}

/* Real values within `reach`, of a bias or a shift. */
static void fill_bias(float *out, size_t count, double reach, uint64_t *state)
{
	for (size_t i = 0; i < count; i++)
		out[i] = (float)(reach * ((int32_t)(draw64(state) >> 40) - (1 << 23)) /
				 (1 << 23));
}

/* Magnitudes of 1/4 to 4, now and then negative, and a zero. */
static void fill_gains(float *out, size_t count, uint64_t *state)
{
	for (size_t i = 0; i < count; i++) {
		double size = exp2(draw_real(state, -2, 2));

		out[i] = (float)(draw_chance(state, 20) ? -size : size);
		if (draw_chance(state, 2))
			out[i] = 0;
	}
}

/* Channels' scales down to 1/64 of the largest; one of them is the largest. */
static void fill_scales(float *out, size_t count, double largest, uint64_t *state)
{
	for (size_t i = 0; i < count; i++)
		out[i] = (float)(largest * exp2(draw_real(state, -6, 0)));
	out[draw64(state) % count] = (float)largest;
}

static void fill_bytes(int8_t *out, size_t count, uint64_t *state)
{
	for (size_t i = 0; i < count; i++)
		out[i] = (int8_t)(draw64(state) >> 40);
}

/* Large ones are rare, as zero points of weights are. */
static void fill_zeros(int8_t *out, size_t count, uint64_t *state)
{
	for (size_t i = 0; i < count; i++)
		out[i] = (int8_t)(draw_chance(state, 10)
				      ? (int32_t)draw_range(state, 0, 255) - 128
				      : (int32_t)draw_range(state, 0, 30) - 15);
}

static void fill_tensor(void *out, size_t count, bool int8, uint64_t *state)
{
	if (int8)
		fill_bytes(out, count, state);
	else
		fill_half(out, count, state);
}

size_t data_elem_bytes(const struct problem *p)
{
	return p->int8 ? sizeof(int8_t) : sizeof(uint16_t);
}

size_t data_weight_bytes(const struct problem *p)
{
	return p->stored_weights ? sizeof(int8_t) : sizeof(uint16_t);
}

size_t data_output_bytes(const struct problem *p)
{
	return p->wide ? 4 : data_elem_bytes(p);
}

static bool has_scales(const struct problem *p)
{
	return p->weight_scales == WEIGHTS_FILE || p->weight_scales == WEIGHTS_FILE_ZEROS;
}

static bool allocate(struct data *d, const struct problem *p)
{
	bool zeros = p->weight_scales == WEIGHTS_FILE_ZEROS;

	d->x = malloc(d->x_count * data_elem_bytes(p));
	d->w = malloc(d->w_count * data_weight_bytes(p));
	d->operand = p->add ? malloc(d->y_count * data_elem_bytes(p)) : NULL;
	d->bias = p->bias ? calloc(p->r.k, sizeof *d->bias) : NULL;
	d->bn_scale = p->bn_scale ? calloc(p->r.k, sizeof *d->bn_scale) : NULL;
	d->bn_shift = p->bn_shift ? calloc(p->r.k, sizeof *d->bn_shift) : NULL;
	d->weight_scales = has_scales(p) ? calloc(p->r.k, sizeof(float)) : NULL;
	d->weight_zeros = zeros ? calloc(p->r.k, sizeof *d->weight_zeros) : NULL;
	return d->x && d->w && (d->operand || !p->add) && (d->bias || !p->bias) &&
	       (d->bn_scale || !p->bn_scale) && (d->bn_shift || !p->bn_shift) &&
	       (d->weight_scales || !has_scales(p)) && (d->weight_zeros || !zeros);
}

bool data_make(struct data *d, const struct problem *p)
{
	uint64_t state = p->seed;

	memset(d, 0, sizeof *d);
	d->x_count = ref_input_count(&p->r);
	d->w_count = ref_weight_count(&p->r);
	d->y_count = ref_output_count(&p->r);
	if (!allocate(d, p)) {
		data_free(d);
		return false;
	}
	fill_tensor(d->x, d->x_count, p->int8, &state);
	if (p->seeded)
		fill_seeded(d->w, d->w_count, p->seed);
	else
		fill_tensor(d->w, d->w_count, p->stored_weights, &state);
	if (p->bias)
		fill_bias(d->bias, p->r.k, p->spread, &state);
	if (p->add)
		fill_tensor(d->operand, d->y_count, p->int8, &state);
	if (p->bn_scale)
		fill_gains(d->bn_scale, p->r.k, &state);
	if (p->bn_shift)
		fill_bias(d->bn_shift, p->r.k, p->spread / 2, &state);
	if (has_scales(p))
		fill_scales(d->weight_scales, p->r.k, p->weight_scale, &state);
	if (d->weight_zeros)
		fill_zeros(d->weight_zeros, p->r.k, &state);
	return true;
}

void data_free(struct data *d)
{
	free(d->x);
	free(d->w);
	free(d->operand);
	free(d->bias);
	free(d->bn_scale);
	free(d->bn_shift);
	free(d->weight_scales);
	free(d->weight_zeros);
	memset(d, 0, sizeof *d);
}
