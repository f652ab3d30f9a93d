#include "operands/weights.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conv_attr.h"
#include "operands/seed.h"

#define CHECK_NAME_BYTES 40u
#define WHERE_BYTES 96u
#define FINITE_REMEDY "every number must be finite; look at how the file was made"

/* A tensor of the problem, for messages. */
struct subject {
	const struct conv_problem *p;
	enum conv_attr attr;
	const struct tensor_source *source;
	const char *noun, *check; /* "bn_scale", "bn-scale" of [bn-scale-shape] */
	struct diag *diag;
};

/* What array_fail() filled in: what file, what is wrong, the way out. */
static void report(const struct subject *s, const struct array_error *error)
{
	struct loc loc = conv_attr_loc(s->p, s->attr);
	char check[CHECK_NAME_BYTES];

	snprintf(check, sizeof check, "%s-%s", s->check, error->rule);
	if (s->source->kind == SOURCE_SAFETENSORS)
		diag_error(s->diag, loc, check, "%s file '%s', tensor '%s': %s", s->noun,
			   s->source->path, s->source->tensor, error->why);
	else if (s->source->kind == SOURCE_NPY)
		diag_error(s->diag, loc, check, "%s file '%s': %s", s->noun,
			   s->source->path, error->why);
	else
		diag_error(s->diag, loc, check, "%s: %s", s->noun, error->why);
	if (error->remedy[0])
		diag_note(s->diag, loc, "%s", error->remedy);
}

static bool open_source(struct array_file *a, const struct tensor_source *source,
			struct array_error *error)
{
	if (source->kind == SOURCE_SAFETENSORS)
		return array_open_safetensors(a, source->path, source->tensor, error);
	return array_open_npy(a, source->path, error);
}

/* The file must have the shape `want`, or its first `least` sizes, rest 1. */
static bool check_shape(const struct conv_problem *p, const struct array_file *a,
			const uint64_t *want, uint32_t ndim, uint32_t least,
			struct array_error *error)
{
	char has[200], needs[200];
	bool same = a->ndim == ndim || a->ndim == least;

	for (uint32_t i = 0; same && i < ndim; i++)
		same = want[i] == (i < a->ndim ? a->shape[i] : 1);
	if (same)
		return true;
	return array_fail(error, "shape", "it has shape %s, conv '%.80s' needs %s",
			  npy_shape_text(has, sizeof has, a->ndim, a->shape),
			  p->name ? p->name : "",
			  npy_shape_text(needs, sizeof needs, ndim, want));
}

static void set_remedy(struct array_error *error, const char *text)
{
	snprintf(error->remedy, sizeof error->remedy, "%s", text);
}

static struct subject weights_subject(const struct weights_file *w)
{
	return (struct subject){ w->p,	    CONV_WEIGHTS, &w->p->weights,
				 "weights", "weights",	  w->diag };
}

/* Whole numbers are weights only if somebody tells their scale. */
static bool check_weight_type(struct weights_file *w)
{
	const struct conv_problem *p = w->p;
	bool scaled = p->weight_quant.kind == WEIGHT_QUANT_GIVEN ||
		      p->weight_quant.kind == WEIGHT_QUANT_FILE;

	if (array_elem_is_float(w->file.elem))
		return true;
	w->stored = p->elem == NPU_ELEM_INT8 && w->file.elem == ARRAY_I8;
	if (w->stored && scaled)
		return true;
	if (w->stored) {
		set_remedy(&w->error, "give weight_quant a scale or a file of scales, or "
				      "save the weights as floats");
		return array_fail(&w->error, "type",
				  "its elements are int8, and nothing tells their scale");
	}
	if (w->file.elem == ARRAY_U8 && p->elem == NPU_ELEM_INT8)
		set_remedy(&w->error, "subtract 128 from weights and zero points, and "
				      "save them as int8: astype('i1')");
	else
		set_remedy(&w->error, "save floats: astype('<f2') in NumPy, F16 in "
				      "safetensors");
	return array_fail(&w->error, "type", "its elements are %s, not floats",
			  array_elem_name(w->file.elem));
}

bool weights_open(struct weights_file *w, const struct conv_problem *p, struct diag *diag)
{
	const uint64_t want[] = { p->out_c, conv_group_in_c(p), p->kernel_h,
				  p->kernel_w };
	uint32_t least = want[2] * want[3] == 1 ? 2 : 4; /* a matrix is a 1x1 kernel */
	struct subject subject;

	memset(w, 0, sizeof *w);
	w->p = p;
	w->diag = diag;
	w->file.fd = -1;
	if (p->weights.kind != SOURCE_NPY && p->weights.kind != SOURCE_SAFETENSORS)
		return true; /* from the seed */
	subject = weights_subject(w);
	if (open_source(&w->file, &p->weights, &w->error)) {
		set_remedy(
		    &w->error,
		    "weights are out_c, in_c / groups, kernel_h, kernel_w; reshape "
		    "or transpose the array, or correct the conv's sizes");
		if (check_shape(p, &w->file, want, 4, least, &w->error) &&
		    check_weight_type(w))
			return true;
		array_close(&w->file);
	}
	report(&subject, &w->error);
	return false;
}

void weights_close(struct weights_file *w)
{
	array_close(&w->file);
}

bool weights_refuse(struct weights_file *w, uint64_t i, const char *rule,
		    const char *remedy, const char *fmt, ...)
{
	uint64_t taps = (uint64_t)w->p->kernel_h * w->p->kernel_w;
	uint32_t chans = conv_group_in_c(w->p);
	char how[WHERE_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(how, sizeof how, fmt, args);
	va_end(args);
	set_remedy(&w->error, remedy);
	return array_fail(&w->error, rule, "element [%llu, %llu, %llu, %llu] is %s",
			  (unsigned long long)(i / taps / chans),
			  (unsigned long long)(i / taps % chans),
			  (unsigned long long)(i % taps / w->p->kernel_w),
			  (unsigned long long)(i % taps % w->p->kernel_w), how);
}

/* What weights_read() needs between array_read() and the caller. */
struct reading {
	struct weights_file *w;
	array_take *take;
	void *context;
};

static bool take_finite(void *context, uint64_t first, double *values, size_t count)
{
	struct reading *r = context;
	double sum = 0; /* 0 times a number is 0, else not a number */

	for (size_t i = 0; i < count; i++)
		sum += values[i] * 0;
	for (size_t i = 0; sum != 0 && i < count; i++)
		if (!isfinite(values[i]))
			return weights_refuse(
			    r->w, first + i, "finite", FINITE_REMEDY, "%s",
			    isnan(values[i]) ? "not a number" : "infinite");
	return r->take(r->context, first, values, count);
}

static bool read_seed(struct weights_file *w, array_take *take, void *context)
{
	const struct conv_problem *p = w->p;
	uint64_t count =
	    (uint64_t)p->out_c * conv_group_in_c(p) * p->kernel_h * p->kernel_w;
	double *values = malloc(ARRAY_BLOCK_ELEMS * sizeof *values);
	bool ok = values || array_fail(&w->error, "memory", "out of memory");

	for (uint64_t i = 0; ok && i < count; i += ARRAY_BLOCK_ELEMS) {
		size_t n = count - i < ARRAY_BLOCK_ELEMS ? (size_t)(count - i)
							 : ARRAY_BLOCK_ELEMS;

		seed_fill_double(values, i, n, p->seed, SEED_WEIGHTS);
		ok = take(context, i, values, n);
	}
	free(values);
	return ok;
}

bool weights_read(struct weights_file *w, array_take *take, void *context)
{
	struct subject subject = weights_subject(w);
	struct reading reading = { w, take, context };
	bool ok;

	w->error.remedy[0] = '\0';
	ok = w->file.fd < 0 ? read_seed(w, take, context)
			    : array_read(&w->file, take_finite, &reading, &w->error);
	if (!ok)
		report(&subject, &w->error);
	return ok;
}

#define FLOAT_REMEDY "scale weights and bias, and the output back afterwards"

/* Values by channel. */
static const struct channel_kind {
	enum conv_attr attr;
	const char *noun, *check;
	const char *remedy; /* of a value out of range */
	double seed_scale, seed_offset;
	enum seed_stream stream;
} kinds[] = {
	[CHANNEL_BIAS] = { CONV_BIAS, "bias", "bias", FLOAT_REMEDY, 16, 0, SEED_BIAS },
	[CHANNEL_BN_SCALE] = { CONV_BN_SCALE, "bn_scale", "bn-scale", FLOAT_REMEDY, 0.25,
			       1, SEED_BN_SCALE },
	[CHANNEL_BN_SHIFT] = { CONV_BN_SHIFT, "bn_shift", "bn-shift", FLOAT_REMEDY, 16, 0,
			       SEED_BN_SHIFT },
	[CHANNEL_WEIGHT_SCALE] = { CONV_WEIGHT_QUANT, "weight scales", "weight-scale",
				   "a scale is the real number that a stored 1 stands "
				   "for",
				   0, 0, SEED_WEIGHTS },
	[CHANNEL_WEIGHT_ZERO] = { CONV_WEIGHT_QUANT, "weight zero points", "weight-zero",
				  "a zero point is the stored int8 weight that stands "
				  "for 0",
				  0, 0, SEED_WEIGHTS },
};

static const struct tensor_source *channel_source(const struct conv_problem *p,
						  enum channel_tensor which)
{
	return which == CHANNEL_BIAS	       ? &p->bias
	       : which == CHANNEL_BN_SCALE     ? &p->bn_scale
	       : which == CHANNEL_BN_SHIFT     ? &p->bn_shift
	       : which == CHANNEL_WEIGHT_SCALE ? &p->weight_quant.scales
					       : &p->weight_quant.zeros;
}

struct channel_load {
	enum channel_tensor which;
	double *values;
	struct array_error *error;
};

/* NULL when a finite value will do, else how it is wrong. */
static const char *channel_value_why(enum channel_tensor which, double value)
{
	if (which == CHANNEL_WEIGHT_ZERO && value != floor(value))
		return "not a whole number";
	if (which == CHANNEL_WEIGHT_ZERO)
		return value < INT8_MIN || value > INT8_MAX ? "not in -128 to 127" : NULL;
	if (fabs(value) > FLT_MAX)
		return "beyond fp32";
	if (which == CHANNEL_WEIGHT_SCALE && value < FLT_MIN)
		return value > 0 ? "too small for fp32" : "not above 0";
	return NULL;
}

static bool take_channels(void *context, uint64_t first, double *values, size_t count)
{
	struct channel_load *load = context;

	for (size_t i = 0; i < count; i++) {
		bool finite = isfinite(values[i]);
		const char *why =
		    finite ? channel_value_why(load->which, values[i]) : "not finite";

		load->values[first + i] = values[i];
		if (!why)
			continue;
		set_remedy(load->error,
			   finite ? kinds[load->which].remedy : FINITE_REMEDY);
		return array_fail(load->error, finite ? "range" : "finite",
				  "element [%llu] is %g, %s",
				  (unsigned long long)(first + i), values[i], why);
	}
	return true;
}

/* Zero points are whole numbers, however they are stored; all else is floats. */
static bool check_channel_type(enum channel_tensor which, const struct array_file *a,
			       struct array_error *error)
{
	if (which == CHANNEL_WEIGHT_ZERO || array_elem_is_float(a->elem))
		return true;
	set_remedy(error, "save floats: np.save(path, array.astype('<f4'))");
	return array_fail(error, "type", "its elements are %s, not floats",
			  array_elem_name(a->elem));
}

bool channel_values_load(double *values, const struct conv_problem *p,
			 enum channel_tensor which, struct diag *diag)
{
	const struct channel_kind *kind = &kinds[which];
	const struct tensor_source *source = channel_source(p, which);
	const uint64_t want[] = { p->out_c };
	struct subject subject = { p, kind->attr, source, kind->noun, kind->check, diag };
	struct array_error error = { .rule = "" };
	struct channel_load load = { which, values, &error };
	struct array_file a;
	bool ok;

	if (source->kind == SOURCE_NONE)
		return true;
	if (source->kind == SOURCE_SEED) {
		seed_fill_double(values, 0, p->out_c, p->seed, kind->stream);
		for (uint32_t k = 0; k < p->out_c; k++)
			values[k] = values[k] * kind->seed_scale + kind->seed_offset;
		return true;
	}
	ok = open_source(&a, source, &error);
	if (ok) {
		snprintf(error.remedy, sizeof error.remedy,
			 "there is one value for each of the %u output channels",
			 p->out_c);
		ok = check_shape(p, &a, want, 1, 1, &error);
		if (ok)
			error.remedy[0] = '\0';
		ok = ok && check_channel_type(which, &a, &error) &&
		     array_read(&a, take_channels, &load, &error);
		array_close(&a);
	}
	if (!ok)
		report(&subject, &error);
	return ok;
}
