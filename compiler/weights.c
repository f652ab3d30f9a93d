#include "weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array_file.h"
#include "fp16.h"
#include "seed.h"

/* Bias values from a seed are multiples of 1/64 in [-16, 16). */
#define BIAS_SEED_SCALE 16.0f
#define CHECK_NAME_BYTES 32u

/* What is being loaded, for messages and for the callback of array_read(). */
struct load {
	const struct conv_problem *p;
	enum conv_attr attr; /* CONV_WEIGHTS or CONV_BIAS */
	const struct tensor_source *source;
	struct diag *diag;
	struct array_error error;
	uint16_t *half; /* weights go here */
	float *single;	/* bias goes here */
};

/* Report load->error: what file, what is wrong, the way out. */
static void report(struct load *load)
{
	const char *noun = load->attr == CONV_WEIGHTS ? "weights" : "bias";
	struct loc loc = load->p->loc[load->attr];
	char check[CHECK_NAME_BYTES];

	snprintf(check, sizeof check, "%s-%s", noun, load->error.rule);
	if (load->source->kind == SOURCE_SAFETENSORS)
		diag_error(load->diag, loc, check, "%s file '%s', tensor '%s': %s", noun,
			   load->source->path, load->source->tensor, load->error.why);
	else
		diag_error(load->diag, loc, check, "%s file '%s': %s", noun,
			   load->source->path, load->error.why);
	if (load->error.remedy[0])
		diag_note(load->diag, loc, "%s", load->error.remedy);
}

/* Element `i` of the weights as a sentence part: where in the tensor it is. */
static void describe_index(const struct load *load, uint64_t i, char *text, size_t bytes)
{
	const struct conv_problem *p = load->p;
	uint64_t taps = (uint64_t)p->kernel_h * p->kernel_w;
	uint32_t chans = conv_group_in_c(p);

	if (load->attr == CONV_BIAS)
		snprintf(text, bytes, "element [%llu]", (unsigned long long)i);
	else
		snprintf(text, bytes, "element [%llu, %llu, %llu, %llu]",
			 (unsigned long long)(i / taps / chans),
			 (unsigned long long)(i / taps % chans),
			 (unsigned long long)(i % taps / p->kernel_w),
			 (unsigned long long)(i % taps % p->kernel_w));
}

static bool refuse_value(struct load *load, uint64_t i, double value)
{
	char where[96];

	describe_index(load, i, where, sizeof where);
	if (!isfinite(value))
		return array_fail(&load->error, "finite", "%s is %s", where,
				  isnan(value) ? "not a number" : "infinite");
	snprintf(load->error.remedy, sizeof load->error.remedy,
		 "scale the weights, and the output back afterwards");
	return array_fail(&load->error, "range", "%s is %g, beyond %s", where, value,
			  load->attr == CONV_WEIGHTS ? "fp16's 65504" : "fp32");
}

/* Round to fp16; what is or becomes infinite is refused. */
static bool take_weights(void *context, uint64_t first, const double *values,
			 size_t count)
{
	struct load *load = context;

	for (size_t i = 0; i < count; i++) {
		uint16_t half = fp16_from_double(values[i]);

		if ((half & 0x7c00) == 0x7c00)
			return refuse_value(load, first + i, values[i]);
		load->half[first + i] = half;
	}
	return true;
}

static bool take_bias(void *context, uint64_t first, const double *values, size_t count)
{
	struct load *load = context;

	for (size_t i = 0; i < count; i++) {
		float single = (float)values[i];

		if (!isfinite(single))
			return refuse_value(load, first + i, values[i]);
		load->single[first + i] = single;
	}
	return true;
}

/* The file must have the shape `want`, or its first `least` sizes, rest 1. */
static bool check_shape(struct load *load, const struct array_file *a,
			const uint64_t *want, uint32_t ndim, uint32_t least)
{
	char has[200], needs[200];
	bool same = a->ndim == ndim || a->ndim == least;

	for (uint32_t i = 0; same && i < ndim; i++)
		same = want[i] == (i < a->ndim ? a->shape[i] : 1);
	if (same)
		return true;
	if (load->attr == CONV_WEIGHTS)
		snprintf(
		    load->error.remedy, sizeof load->error.remedy,
		    "weights are out_c, in_c / groups, kernel_h, kernel_w; reshape or "
		    "transpose the array, or correct the conv's sizes");
	else
		snprintf(load->error.remedy, sizeof load->error.remedy,
			 "a bias has one value for each of the %u output channels",
			 load->p->out_c);
	return array_fail(&load->error, "shape", "it has shape %s, conv '%.80s' needs %s",
			  npy_shape_text(has, sizeof has, a->ndim, a->shape),
			  load->p->name ? load->p->name : "",
			  npy_shape_text(needs, sizeof needs, ndim, want));
}

/* Open, check, read; *out is `bytes` of fresh memory, NULL after a report. */
static void *load_file(struct load *load, const uint64_t *want, uint32_t ndim,
		       uint32_t least, size_t bytes)
{
	struct array_file a;
	void *out = NULL;
	bool ok;

	if (load->source->kind == SOURCE_SAFETENSORS)
		ok = array_open_safetensors(&a, load->source->path, load->source->tensor,
					    &load->error);
	else
		ok = array_open_npy(&a, load->source->path, &load->error);
	if (!ok) {
		report(load);
		return NULL;
	}
	ok = check_shape(load, &a, want, ndim, least);
	if (ok && !(out = malloc(bytes)))
		ok = array_fail(&load->error, "file", "out of memory");
	if (ok) {
		load->half = out;
		load->single = out;
		ok = array_read(&a, load->attr == CONV_WEIGHTS ? take_weights : take_bias,
				load, &load->error);
	}
	array_close(&a);
	if (!ok) {
		report(load);
		free(out);
		return NULL;
	}
	return out;
}

void *weights_load(const struct conv_problem *p, struct diag *diag)
{
	const uint64_t want[] = { p->out_c, conv_group_in_c(p), p->kernel_h,
				  p->kernel_w };
	size_t count = (size_t)want[0] * want[1] * want[2] * want[3];
	struct load load = {
		.p = p, .attr = CONV_WEIGHTS, .source = &p->weights, .diag = diag
	};
	uint32_t least = want[2] * want[3] == 1 ? 2 : 4; /* a matrix is a 1x1 kernel */
	uint16_t *out;

	if (p->elem != NPU_ELEM_FP16) {
		diag_error(diag, p->loc[CONV_TYPE], "weights-type",
			   "weights of this element type cannot be loaded, only fp16");
		return NULL;
	}
	if (p->weights.kind == SOURCE_NPY || p->weights.kind == SOURCE_SAFETENSORS)
		return load_file(&load, want, 4, least, count * sizeof *out);
	out = malloc(count * sizeof *out);
	if (!out)
		diag_error(diag, p->loc[CONV_WEIGHTS], "weights-memory",
			   "out of memory for %zu weights", count);
	else
		seed_fill_fp16(out, count, p->seed, SEED_WEIGHTS);
	return out;
}

float *bias_load(const struct conv_problem *p, struct diag *diag)
{
	const uint64_t want[] = { p->out_c };
	struct load load = {
		.p = p, .attr = CONV_BIAS, .source = &p->bias, .diag = diag
	};
	float *out;

	if (p->bias.kind == SOURCE_NONE)
		return NULL;
	if (p->bias.kind != SOURCE_SEED)
		return load_file(&load, want, 1, 1, p->out_c * sizeof *out);
	out = malloc(p->out_c * sizeof *out);
	if (!out)
		diag_error(diag, p->loc[CONV_BIAS], "bias-memory",
			   "out of memory for %u bias values", p->out_c);
	else
		seed_fill_float(out, p->out_c, p->seed, SEED_BIAS, BIAS_SEED_SCALE);
	return out;
}
