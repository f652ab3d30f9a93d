/* An output against the reference, whole or by rows of some channels. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"

#define LEAST_INSIDE_PERCENT 5u

/* Output rows [y, y + rows) of the channels `k[0..count)`, as a conv of its own. */
struct part {
	uint32_t y, rows, count;
	uint32_t *k;
	struct ref_conv r;
	void *x, *w, *operand;
	float *bias;
	struct ref_fixed fixed; /* arrays of the part's channels */
};

/* Copies `count` of the rows of `row_bytes` that start at `first`. */
static void gather(void *out, size_t index, const void *in, size_t first, size_t bytes)
{
	memcpy((char *)out + index * bytes, (const char *)in + first * bytes, bytes);
}

/* Input rows under the part, and the padding that is left at its edges. */
static uint32_t crop_rows(struct part *part, const struct ref_conv *r)
{
	int64_t first = (int64_t)part->y * r->sy - r->pt;
	int64_t end = first + (int64_t)(part->rows - 1) * r->sy +
		      (int64_t)(r->kh - 1) * r->dy + 1;
	int64_t top = first > 0 ? first : 0, bottom = end < r->h ? end : r->h;

	part->r.pt = (uint32_t)(top - first);
	part->r.pb = (uint32_t)(end - bottom);
	part->r.h = (uint32_t)(bottom - top);
	return (uint32_t)top;
}

static void take_input(struct part *part, const struct layer *l, uint32_t top, size_t elem)
{
	const struct ref_conv *r = &l->r;
	bool depthwise = r->g > 1;

	for (uint32_t c = 0; c < part->r.c; c++)
		gather(part->x, c,
		       (const char *)l->x +
			   ((size_t)(depthwise ? part->k[c] : c) * r->h + top) * r->w *
			       elem,
		       0, (size_t)part->r.h * r->w * elem);
}

static void take_channels(struct part *part, const struct layer *l, size_t elem)
{
	size_t kernel = l->w_count / l->r.k * elem, ow = ref_out_w(&l->r);
	size_t plane = (size_t)ref_out_h(&l->r) * ow;

	for (uint32_t i = 0; i < part->count; i++) {
		uint32_t k = part->k[i];

		gather(part->w, i, l->w, k, kernel);
		if (l->operand)
			gather(part->operand, i,
			       (const char *)l->operand + (k * plane + part->y * ow) * elem,
			       0, part->rows * ow * elem);
		if (l->bias)
			part->bias[i] = (float)l->bias[k];
		if (!l->int8)
			continue;
		part->fixed.bias[i] = l->fixed.bias[k];
		part->fixed.weight_zero[i] = l->fixed.weight_zero[k];
		part->fixed.factor[i] = l->fixed.factor[k];
	}
}

static bool part_make(struct part *part, const struct layer *l)
{
	size_t elem = l->int8 ? 1 : 2, n = part->count;
	size_t outputs = n * part->rows * ref_out_w(&l->r);
	uint32_t top;

	part->r = l->r;
	part->r.k = part->count;
	if (l->r.g > 1)
		part->r.c = part->r.g = part->count;
	top = crop_rows(part, &l->r);
	part->x = malloc(ref_input_count(&part->r) * elem);
	part->w = malloc(ref_weight_count(&part->r) * elem);
	part->operand = l->operand ? malloc(outputs * elem) : NULL;
	part->bias = l->bias ? malloc(n * sizeof *part->bias) : NULL;
	part->fixed = l->fixed;
	part->fixed.bias = malloc(n * sizeof *part->fixed.bias);
	part->fixed.weight_zero = malloc(n * sizeof *part->fixed.weight_zero);
	part->fixed.factor = malloc(n * sizeof *part->fixed.factor);
	if (!part->x || !part->w || (l->operand && !part->operand) ||
	    (l->bias && !part->bias) || !part->fixed.bias || !part->fixed.weight_zero ||
	    !part->fixed.factor)
		return false;
	take_input(part, l, top, elem);
	take_channels(part, l, elem);
	return true;
}

static void part_free(struct part *part)
{
	free(part->x);
	free(part->w);
	free(part->operand);
	free(part->bias);
	ref_fixed_free(&part->fixed);
}

/* What was found of all parts. */
struct finding {
	uint64_t compared, inside, wrong; /* inside: neither limit nor saturated */
	char first[160];
};

static void note(struct finding *f, const struct part *part, size_t i, size_t plane,
		 size_t ow, double got, double want)
{
	if (f->wrong++ == 0)
		snprintf(f->first, sizeof f->first,
			 "[%u, %zu, %zu] is %.9g, the reference says %.9g",
			 part->k[i / plane], part->y + i % plane / ow, i % ow, got, want);
}

static double activate(const struct conv_problem *p, double v)
{
	if (p->act.kind != ACT_NONE && v < 0)
		return 0;
	return p->act.kind == ACT_CLIP && v > p->act.high ? p->act.high : v;
}

static bool compare_half(struct finding *f, const struct part *part, const struct layer *l,
			 const uint16_t *y, size_t out_plane)
{
	size_t ow = ref_out_w(&part->r), plane = part->rows * ow;
	size_t count = part->count * plane;
	double *want = malloc(count * sizeof *want), *magnitude = malloc(count * sizeof *want);
	bool ok = want && magnitude &&
		  ref_conv_run(&part->r, part->x, part->w, part->bias, want, magnitude);

	for (size_t i = 0; ok && i < count; i++) {
		size_t at = part->k[i / plane] * out_plane + part->y * ow + i % plane;
		double got = ref_half(y[at]), sum = want[i];

		if (part->operand) {
			double added = ref_half(((uint16_t *)part->operand)[i]);

			sum += added;
			magnitude[i] += fabs(added);
		}
		f->inside += activate(l->p, sum) == sum;
		sum = activate(l->p, sum);
		if (!(fabs(got - sum) <= ref_bound_fp16(sum, magnitude[i])))
			note(f, part, i, plane, ow, got, sum);
	}
	free(want);
	free(magnitude);
	f->compared += count;
	return ok;
}

static bool compare_int8(struct finding *f, const struct part *part, const struct layer *l,
			 const int8_t *y, size_t out_plane)
{
	size_t ow = ref_out_w(&part->r), plane = part->rows * ow;
	size_t count = part->count * plane;
	int32_t *want = malloc(count * sizeof *want);

	(void)l;
	if (!want)
		return false;
	ref_fixed_run(&part->r, part->x, part->w, part->operand, &part->fixed, want);
	for (size_t i = 0; i < count; i++) {
		size_t at = part->k[i / plane] * out_plane + part->y * ow + i % plane;

		f->inside += want[i] > INT8_MIN && want[i] < INT8_MAX &&
			     want[i] != part->fixed.out_zero;
		if (y[at] != want[i])
			note(f, part, i, plane, ow, y[at], want[i]);
	}
	free(want);
	f->compared += count;
	return true;
}

static bool compare_part(struct finding *f, struct part *part, const struct layer *l,
			 const void *y)
{
	size_t plane = (size_t)ref_out_h(&l->r) * ref_out_w(&l->r);
	bool ok = part_make(part, l) && (l->int8 ? compare_int8(f, part, l, y, plane)
						 : compare_half(f, part, l, y, plane));

	part_free(part);
	return ok;
}

static bool compare_whole(struct finding *f, const struct layer *l, const void *y)
{
	struct part part = { .rows = ref_out_h(&l->r), .count = l->r.k };
	bool ok;

	part.k = malloc(part.count * sizeof *part.k);
	for (uint32_t i = 0; part.k && i < part.count; i++)
		part.k[i] = i;
	ok = part.k && compare_part(f, &part, l, y);
	free(part.k);
	return ok;
}

static bool compare_rows(struct finding *f, const struct layer *l, const void *y,
			 uint64_t seed)
{
	uint32_t oh = ref_out_h(&l->r), k[SAMPLE_CHANNELS];
	bool ok = true;

	for (uint32_t row = 0; ok && row < SAMPLE_ROWS; row++) {
		struct part part = { .rows = 1, .count = SAMPLE_CHANNELS, .k = k };

		for (uint32_t i = 0; i < SAMPLE_CHANNELS; i++)
			k[i] = (uint32_t)(draw64(&seed) % l->r.k);
		part.y = row == 0   ? 0
			 : row == 1 ? oh - 1
				    : (uint32_t)(draw64(&seed) % oh);
		ok = compare_part(f, &part, l, y);
	}
	return ok;
}

bool layer_compare(const struct layer *l, const void *y, uint64_t seed, struct tally *tally,
		   char *why, size_t why_bytes)
{
	struct finding f = { 0 };

	if (!(tally->sampled ? compare_rows(&f, l, y, seed) : compare_whole(&f, l, y))) {
		snprintf(why, why_bytes, "out of memory in the test");
		return false;
	}
	tally->compared += f.compared;
	tally->outputs += l->y_count;
	if (f.wrong) {
		snprintf(why, why_bytes, "%llu of %llu outputs are wrong: %s",
			 (unsigned long long)f.wrong, (unsigned long long)f.compared,
			 f.first);
		return false;
	}
	snprintf(why, why_bytes, "only %llu of %llu outputs are inside the limits",
		 (unsigned long long)f.inside, (unsigned long long)f.compared);
	return f.inside * 100 >= f.compared * LEAST_INSIDE_PERCENT;
}
