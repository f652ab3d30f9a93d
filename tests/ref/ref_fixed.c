#include "ref_fixed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FACTOR_ONE 16384 /* 2^14 */
#define SCALE_BITS 14
#define MAX_SHIFT 62

/* ---- constants ---- */

/* The nearest scale / 2^shift with a scale of 15 bits, the top one set. */
static bool find_multiplier(double ratio, int32_t *scale, uint32_t *shift)
{
	int places = 0;
	double s;

	if (!(ratio > 0) || isinf(ratio))
		return false;
	while (ldexp(ratio, places) >= 1 << (SCALE_BITS + 1))
		places--;
	while (ldexp(ratio, places) < 1 << SCALE_BITS)
		places++;
	s = nearbyint(ldexp(ratio, places));
	if (s >= 1 << (SCALE_BITS + 1)) {
		s /= 2;
		places--;
	}
	*scale = (int32_t)s;
	*shift = (uint32_t)places;
	return places >= 0 && places <= MAX_SHIFT;
}

static double largest_scale(const struct ref_conv *r, const struct ref_operator *o)
{
	double most = 0;

	for (uint32_t k = 0; k < r->k; k++)
		most = fmax(most, o->weight_scale[k]);
	return most;
}

/* Real value that channel k's sum starts with: bias, and what shifts its inputs. */
static double real_bias(const struct ref_conv *r, const int8_t *w,
			const struct ref_operator *o, uint32_t k)
{
	const size_t taps = (size_t)r->kh * r->kw;
	const uint32_t group_c = r->c / r->g, c0 = k / (r->k / r->g) * group_c;
	double bias = o->bias ? o->bias[k] : 0;

	for (uint32_t c = 0; o->input_shift && c < group_c; c++) {
		for (size_t i = 0; i < taps; i++) {
			int stored = w[((size_t)k * group_c + c) * taps + i];
			int zero = o->weight_zero ? o->weight_zero[k] : 0;

			bias +=
			    (stored - zero) * o->weight_scale[k] * o->input_shift[c0 + c];
		}
	}
	return bias;
}

static bool derive_channel(struct ref_fixed *f, const struct ref_conv *r, const int8_t *w,
			   const struct ref_operator *o, uint32_t k, const char **why)
{
	const size_t count = (size_t)(r->c / r->g) * r->kh * r->kw;
	int64_t weights = 0;
	double bias;

	f->weight_zero[k] = o->weight_zero ? o->weight_zero[k] : 0;
	for (size_t i = 0; i < count; i++)
		weights += w[k * count + i] - f->weight_zero[k];
	bias = nearbyint(real_bias(r, w, o, k) / (o->input.scale * o->weight_scale[k])) -
	       (double)o->input.zero * (double)weights;
	*why = "a bias is beyond 32 bits";
	if (!(bias >= INT32_MIN && bias <= INT32_MAX))
		return false;
	f->bias[k] = (int32_t)bias;
	if (!f->factor)
		return true;
	f->factor[k] =
	    (uint32_t)nearbyint(FACTOR_ONE * o->weight_scale[k] / largest_scale(r, o));
	*why = "a channel's weight scale is nothing beside the largest";
	return f->factor[k] > 0;
}

static bool derive_stages(struct ref_fixed *f, const struct ref_operator *o, double unit,
			  const char **why)
{
	if (o->act == REF_ACT_CLIP && o->high / unit < INT32_MAX)
		f->limit = (int64_t)nearbyint(o->high / unit);
	else
		f->limit = INT32_MAX;
	*why = "the slope has no multiplier";
	if (o->act == REF_ACT_LEAKY && o->slope != 0 &&
	    !find_multiplier(o->slope, &f->leak_scale, &f->leak_shift))
		return false;
	*why = "the operand's scale has no multiplier";
	f->operand_zero = o->operand.zero;
	if (o->add && !find_multiplier(o->operand.scale / unit, &f->operand_scale,
				       &f->operand_shift))
		return false;
	*why = "the output's scale has no multiplier";
	f->out_zero = o->output.zero;
	return o->int32 ||
	       find_multiplier(unit / o->output.scale, &f->out_scale, &f->out_shift);
}

bool ref_fixed_derive(struct ref_fixed *f, const struct ref_conv *r, const int8_t *w,
		      const struct ref_operator *o, const char **why)
{
	memset(f, 0, sizeof *f);
	f->int32 = o->int32;
	f->add = o->add;
	f->act = o->act;
	f->pad = o->input.zero;
	f->bias = calloc(r->k, sizeof *f->bias);
	f->weight_zero = calloc(r->k, sizeof *f->weight_zero);
	if (o->per_channel)
		f->factor = calloc(r->k, sizeof *f->factor);
	*why = "out of memory";
	if (!f->bias || !f->weight_zero || (o->per_channel && !f->factor))
		return false;
	for (uint32_t k = 0; k < r->k; k++) {
		if (!derive_channel(f, r, w, o, k, why))
			return false;
	}
	return derive_stages(f, o, o->input.scale * largest_scale(r, o), why);
}

void ref_fixed_free(struct ref_fixed *f)
{
	free(f->bias);
	free(f->weight_zero);
	free(f->factor);
	memset(f, 0, sizeof *f);
}

/* ---- sums ---- */

/* The image of channel `c` with its padding, in doubles, and the sums of one kernel. */
struct sums {
	uint32_t h, w; /* with padding */
	double *image, *sum, *inputs;
};

static bool sums_open(struct sums *s, const struct ref_conv *r)
{
	size_t out = (size_t)ref_out_h(r) * ref_out_w(r);

	s->h = r->h + r->pt + r->pb;
	s->w = r->w + r->pl + r->pr;
	s->image = malloc((size_t)s->h * s->w * r->c * sizeof *s->image);
	s->sum = malloc(out * sizeof *s->sum);
	s->inputs = malloc(out * sizeof *s->inputs);
	return s->image && s->sum && s->inputs;
}

static void sums_close(struct sums *s)
{
	free(s->image);
	free(s->sum);
	free(s->inputs);
}

/* Image `n` as value = (x - zero) * scale + shift[c], which padding is with x = pad. */
static void load_image(struct sums *s, const struct ref_conv *r, const int8_t *x,
		       uint32_t n, int32_t pad, int32_t zero, double scale,
		       const double *shift)
{
	double *to = s->image;

	for (uint32_t c = 0; c < r->c; c++) {
		for (uint32_t y = 0; y < s->h; y++) {
			for (uint32_t col = 0; col < s->w; col++) {
				bool in = y >= r->pt && y < r->pt + r->h &&
					  col >= r->pl && col < r->pl + r->w;
				int32_t v = pad;

				if (in)
					v = x[(((size_t)n * r->c + c) * r->h + y -
					       r->pt) *
						  r->w +
					      col - r->pl];
				*to++ = (v - zero) * scale + (shift ? shift[c] : 0);
			}
		}
	}
}

static void add_tap(const double *from, double *restrict to, double by, uint32_t count,
		    uint32_t stride)
{
	for (uint32_t i = 0; i < count; i++)
		to[i] += from[(size_t)i * stride] * by;
}

/* Add channel `c` under one kernel plane of weights `(w - zero) * scale`. */
static void add_channel(const struct sums *s, const struct ref_conv *r, uint32_t c,
			const int8_t *w, int32_t zero, double scale, double *sum)
{
	const uint32_t oh = ref_out_h(r), ow = ref_out_w(r);

	for (uint32_t tap = 0; tap < r->kh * r->kw; tap++) {
		size_t ky = (size_t)(tap / r->kw) * r->dy,
		       kx = (size_t)(tap % r->kw) * r->dx;
		double by = w ? (w[tap] - zero) * scale : 1;

		for (uint32_t oy = 0; oy < oh; oy++)
			add_tap(s->image + ((size_t)c * s->h + oy * r->sy + ky) * s->w +
				    kx,
				sum + (size_t)oy * ow, by, ow, r->sx);
	}
}

/* Kernel k's sums over its group's channels; w NULL: of the inputs themselves. */
static void sum_kernel(const struct sums *s, const struct ref_conv *r, const int8_t *w,
		       uint32_t k, int32_t zero, double scale, double *sum)
{
	const size_t taps = (size_t)r->kh * r->kw;
	const uint32_t group_c = r->c / r->g, c0 = k / (r->k / r->g) * group_c;

	memset(sum, 0, (size_t)ref_out_h(r) * ref_out_w(r) * sizeof *sum);
	for (uint32_t c = 0; c < group_c; c++)
		add_channel(s, r, c0 + c, w ? w + ((size_t)k * group_c + c) * taps : NULL,
			    zero, scale, sum);
}

/* ---- in integers ---- */

static int64_t between(int64_t v, int64_t least, int64_t most)
{
	if (v < least)
		return least;
	return v > most ? most : v;
}

static int64_t in_int32(int64_t v)
{
	return between(v, INT32_MIN, INT32_MAX);
}

int64_t ref_round_shift(int64_t v, uint32_t shift)
{
	int64_t unit = (int64_t)1 << shift;
	int64_t down = v / unit - (v % unit < 0); /* toward minus infinity */
	int64_t above = v - down * unit;	  /* 0 <= above < unit */

	if (2 * above > unit || (2 * above == unit && down % 2 != 0))
		down++;
	return down;
}

/* One output from its sum of products and its sum of inputs. */
static int64_t finish(const struct ref_fixed *f, uint32_t k, int64_t products,
		      int64_t inputs, int32_t operand)
{
	int64_t t = in_int32(products - f->weight_zero[k] * inputs);

	t = in_int32(t + f->bias[k]);
	if (f->factor)
		t = in_int32(ref_round_shift(t * f->factor[k], 14));
	if (f->act == REF_ACT_LEAKY && t < 0)
		t = in_int32(ref_round_shift(t * f->leak_scale, f->leak_shift));
	if (f->add) {
		int64_t added = (int64_t)(operand - f->operand_zero) * f->operand_scale;

		t = in_int32(t + in_int32(ref_round_shift(added, f->operand_shift)));
	}
	if (f->act == REF_ACT_RELU)
		t = between(t, 0, INT32_MAX);
	if (f->act == REF_ACT_CLIP)
		t = between(t, 0, f->limit);
	if (f->int32)
		return t;
	return between(ref_round_shift(t * f->out_scale, f->out_shift) + f->out_zero,
		       -128, 127);
}

void ref_fixed_run(const struct ref_conv *r, const int8_t *x, const int8_t *w,
		   const int8_t *operand, const struct ref_fixed *f, int32_t *y)
{
	const size_t plane = (size_t)ref_out_h(r) * ref_out_w(r);
	struct sums s;
	bool ok = sums_open(&s, r);

	for (uint32_t n = 0; ok && n < r->n; n++) {
		load_image(&s, r, x, n, f->pad, 0, 1, NULL);
		for (uint32_t k = 0; k < r->k; k++) {
			size_t at = ((size_t)n * r->k + k) * plane;

			/* doubles hold these integers exactly: they are below 2^53 */
			sum_kernel(&s, r, w, k, 0, 1, s.sum);
			if (f->weight_zero[k])
				sum_kernel(&s, r, NULL, k, 0, 1, s.inputs);
			for (size_t i = 0; i < plane; i++)
				y[at + i] = (int32_t)finish(
				    f, k, (int64_t)s.sum[i],
				    f->weight_zero[k] ? (int64_t)s.inputs[i] : 0,
				    operand ? operand[at + i] : 0);
		}
	}
	sums_close(&s);
	if (!ok)
		abort();
}

/* ---- in real numbers ---- */

static double real_output(const struct ref_operator *o, uint32_t k, double sum,
			  int32_t operand)
{
	if (o->bias)
		sum += o->bias[k];
	if (o->int32)
		return sum / (o->input.scale * o->weight_scale[k]);
	if (o->act == REF_ACT_LEAKY && sum < 0)
		sum *= o->slope;
	if (o->add)
		sum += (operand - o->operand.zero) * o->operand.scale;
	if ((o->act == REF_ACT_RELU || o->act == REF_ACT_CLIP) && sum < 0)
		sum = 0;
	if (o->act == REF_ACT_CLIP && sum > o->high)
		sum = o->high;
	return fmin(127, fmax(-128, sum / o->output.scale + o->output.zero));
}

void ref_real_run(const struct ref_conv *r, const int8_t *x, const int8_t *w,
		  const int8_t *operand, const struct ref_operator *o, double *y)
{
	const size_t plane = (size_t)ref_out_h(r) * ref_out_w(r);
	struct sums s;
	bool ok = sums_open(&s, r);

	for (uint32_t n = 0; ok && n < r->n; n++) {
		load_image(&s, r, x, n, o->input.zero, o->input.zero, o->input.scale,
			   o->input_shift);
		for (uint32_t k = 0; k < r->k; k++) {
			size_t at = ((size_t)n * r->k + k) * plane;

			sum_kernel(&s, r, w, k, o->weight_zero ? o->weight_zero[k] : 0,
				   o->weight_scale[k], s.sum);
			for (size_t i = 0; i < plane; i++)
				y[at + i] = real_output(o, k, s.sum[i],
							operand ? operand[at + i] : 0);
		}
	}
	sums_close(&s);
	if (!ok)
		abort();
}

double ref_fixed_slack(const struct ref_conv *r, const struct ref_operator *o,
		       const struct ref_fixed *f, uint32_t k)
{
	const double largest = largest_scale(r, o), own = o->weight_scale[k];
	const double unit = o->input.scale * largest / o->output.scale;
	const double operand = o->add ? 255 * o->operand.scale / o->output.scale : 0;
	const double steepest = o->act == REF_ACT_LEAKY ? fmax(1, fabs(o->slope)) : 1;
	double slack = 0.5 * unit * own / largest * steepest; /* bias */

	if (o->int32)
		return 0.5;
	if (f->factor) {
		double off = f->factor[k] * largest / FACTOR_ONE / own - 1;

		slack += steepest * 0.5 * unit + fabs(off) * (256 + operand);
	}
	if (o->act == REF_ACT_LEAKY)
		slack += 0.5 * unit + ldexp(256, -15);
	if (o->act == REF_ACT_CLIP)
		slack += 0.5 * unit;
	if (o->add)
		slack += 0.5 * unit + ldexp(operand, -15);
	return slack + 0.5 + ldexp(256 + operand, -15);
}
