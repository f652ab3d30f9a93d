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

static void fill_bias(float *out, size_t count, uint64_t *state)
{
	for (size_t i = 0; i < count; i++)
		out[i] = (float)((int32_t)(draw64(state) >> 40) - (1 << 23)) / (1 << 19);
}

bool data_make(struct data *d, const struct problem *p)
{
	uint64_t state = p->seed;

	memset(d, 0, sizeof *d);
	d->x_count = ref_input_count(&p->r);
	d->w_count = ref_weight_count(&p->r);
	d->y_count = ref_output_count(&p->r);
	d->x = malloc(d->x_count * sizeof *d->x);
	d->w = malloc(d->w_count * sizeof *d->w);
	d->y = malloc(d->y_count * sizeof *d->y);
	d->magnitude = malloc(d->y_count * sizeof *d->magnitude);
	if (p->bias)
		d->bias = malloc(p->r.k * sizeof *d->bias);
	if (!d->x || !d->w || !d->y || !d->magnitude || (p->bias && !d->bias)) {
		data_free(d);
		return false;
	}
	fill_half(d->x, d->x_count, &state);
	if (p->seeded)
		fill_seeded(d->w, d->w_count, p->seed);
	else
		fill_half(d->w, d->w_count, &state);
	if (p->bias)
		fill_bias(d->bias, p->r.k, &state);
	if (!ref_conv_run(&p->r, d->x, d->w, d->bias, d->y, d->magnitude)) {
		data_free(d);
		return false;
	}
	return true;
}

void data_free(struct data *d)
{
	free(d->x);
	free(d->w);
	free(d->bias);
	free(d->y);
	free(d->magnitude);
	memset(d, 0, sizeof *d);
}

static double value_at(const struct problem *p, const void *got, size_t i)
{
	if (p->fp32)
		return (double)((const float *)got)[i];
	return ref_half(((const uint16_t *)got)[i]);
}

bool data_compare(const struct data *d, const struct problem *p, const void *got,
		  char *why, size_t why_bytes)
{
	size_t wrong = 0, first = 0;

	for (size_t i = 0; i < d->y_count; i++) {
		double bound = p->fp32 ? ref_bound_fp32(d->y[i], d->magnitude[i])
				       : ref_bound_fp16(d->y[i], d->magnitude[i]);

		if (fabs(value_at(p, got, i) - d->y[i]) <= bound) /* false for a NaN */
			continue;
		if (wrong++ == 0)
			first = i;
	}
	if (wrong) {
		size_t ow = ref_out_w(&p->r), plane = ow * ref_out_h(&p->r);

		snprintf(
		    why, why_bytes,
		    "%zu of %zu outputs are wrong, the first at [%zu, %zu, %zu, %zu]: "
		    "%.9g, the reference is %.9g",
		    wrong, d->y_count, first / plane / p->r.k, first / plane % p->r.k,
		    first % plane / ow, first % ow, value_at(p, got, first), d->y[first]);
	}
	return wrong == 0;
}
