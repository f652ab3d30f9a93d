#include "check_load.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/pack.h"
#include "bundle/stated_problem.h"
#include "bundle_channel.h"

#define FP16_MANTISSA_BITS 10
#define FP16_MIN_EXPONENT (-14)
#define STORED_OF_UINT8 128 /* how much less is stored than the user's byte */

/* What is under way: arrays are taken one by one and freed together. */
struct loading {
	struct check_conv *c;
	const struct check_run *run;
	struct conv_problem problem;
	struct conv_layout layout;
	char *why;
	size_t why_bytes;
};

static void *take(struct check_conv *c, size_t bytes)
{
	void *array = calloc(bytes ? bytes : 1, 1);

	if (array)
		c->arrays[c->array_count++] = array;
	return array;
}

/* The number of fp16 bits, by the format's definition. */
static float number_of_half(uint16_t bits)
{
	int exponent = bits >> FP16_MANTISSA_BITS & 0x1f, fraction = bits & 0x3ff;
	float sign = bits & 0x8000 ? -1.0f : 1.0f;

	if (exponent == 0x1f)
		return fraction ? NAN : sign * INFINITY;
	if (exponent == 0)
		return sign *
		       ldexpf((float)fraction, FP16_MIN_EXPONENT - FP16_MANTISSA_BITS);
	return sign *
	       ldexpf((float)(fraction + 0x400), exponent - 15 - FP16_MANTISSA_BITS);
}

static float number_at(enum npu_elem elem, const void *data, size_t i)
{
	switch (elem) {
	case NPU_ELEM_FP16:
		return number_of_half(((const uint16_t *)data)[i]);
	default:
		return ((const float *)data)[i];
	}
}

static float *numbers(struct check_conv *c, enum npu_elem elem, const void *data,
		      size_t count)
{
	float *out = take(c, count * sizeof(*out));

	for (size_t i = 0; out && i < count; i++)
		out[i] = number_at(elem, data, i);
	return out;
}

static enum check_status lacks(const struct loading *l, const char *what)
{
	snprintf(l->why, l->why_bytes, "the bundle does not hold the conv's %s", what);
	return CHECK_IMPOSSIBLE;
}

/* The weights as out_c x in_c/groups x kernel_h x kernel_w in their own type. */
static enum check_status unpack(struct loading *l, void **oihw, size_t *count)
{
	const struct npub_conv *c = l->run->conv;
	const uint8_t *packed =
	    npub_tensor_data(l->run->npub, c->weights, l->layout.weight_bytes);

	*count = (size_t)c->out_c * (c->in_c / c->groups) * c->kernel_h * c->kernel_w;
	if (!packed)
		return lacks(l, "weights");
	*oihw = take(l->c, *count * tensor_elem_bytes(l->problem.elem));
	if (!*oihw)
		return CHECK_NOMEM;
	unpack_weights(&l->problem, &l->layout, packed, *oihw);
	return CHECK_DONE;
}

static enum check_status load_float_bias(struct loading *l, const float **bias)
{
	const struct npub_conv *c = l->run->conv;
	struct bundle_channel x;
	float *values;

	*bias = NULL;
	if (c->bias == NPUB_NONE)
		return CHECK_DONE;
	if (!npub_tensor_data(l->run->npub, c->bias, l->layout.bias_bytes))
		return lacks(l, "bias");
	*bias = values = take(l->c, c->out_c * sizeof(*values));
	for (uint32_t k = 0; values && k < c->out_c; k++) {
		bundle_channel(&x, l->run->npub, c, k);
		values[k] = x.bias_real;
	}
	return values ? CHECK_DONE : CHECK_NOMEM;
}

static enum check_status load_fixed_bias(struct loading *l)
{
	const struct npub_conv *c = l->run->conv;
	bool grouped = c->op.flags & NPUB_OP_PER_CHANNEL;
	struct bundle_channel x;
	int16_t *correction;
	uint16_t *factor;
	int32_t *bias;

	if (c->bias == NPUB_NONE)
		return grouped ? lacks(l, "multipliers") : CHECK_DONE;
	if (!npub_tensor_data(l->run->npub, c->bias, l->layout.bias_bytes))
		return lacks(l, "bias");
	bias = take(l->c, c->out_c * sizeof(*bias));
	correction = take(l->c, c->out_c * sizeof(*correction));
	factor = take(l->c, c->out_c * sizeof(*factor));
	if (!bias || !correction || !factor)
		return CHECK_NOMEM;
	for (uint32_t k = 0; k < c->out_c; k++) {
		bundle_channel(&x, l->run->npub, c, k);
		bias[k] = x.bias;
		correction[k] = x.correction;
		factor[k] = x.factor;
	}
	l->c->fixed.bias = bias;
	l->c->fixed.correction = grouped ? correction : NULL;
	l->c->fixed.factor = grouped ? factor : NULL;
	return CHECK_DONE;
}

/* A tensor as the device stores it, which is not how the user has bytes. */
static const int8_t *stored_bytes(struct check_conv *c, const struct tensor *t)
{
	int8_t *out = take(c, t->count);

	for (size_t i = 0; out && i < t->count; i++)
		out[i] =
		    (int8_t)(tensor_get(t, i) - (t->desc.is_uint8 ? STORED_OF_UINT8 : 0));
	return out;
}

static struct conv_shape shape_of(const struct npub_conv *c)
{
	return (struct conv_shape){
		.batch = c->batch,
		.in_c = c->in_c,
		.in_h = c->in_h,
		.in_w = c->in_w,
		.out_c = c->out_c,
		.out_h = c->out_h,
		.out_w = c->out_w,
		.kernel_h = c->kernel_h,
		.kernel_w = c->kernel_w,
		.stride_y = c->stride_y,
		.stride_x = c->stride_x,
		.pad_top = c->pad_top,
		.pad_left = c->pad_left,
		.dilation_y = c->dilation_y,
		.dilation_x = c->dilation_x,
		.groups = c->groups,
	};
}

static enum check_status load_fixed(struct loading *l)
{
	const struct check_run *run = l->run;
	const struct npub_conv *c = run->conv;
	struct fixed_conv *f = &l->c->fixed;
	enum check_status status;
	void *weights;
	size_t count;

	*f = (struct fixed_conv){
		.shape = shape_of(c),
		.op = c->op,
		.wide = c->out_elem == NPU_ELEM_INT32,
	};
	status = unpack(l, &weights, &count);
	if (status == CHECK_DONE)
		status = load_fixed_bias(l);
	if (status != CHECK_DONE)
		return status;
	f->weights = weights;
	f->input = stored_bytes(l->c, run->input);
	if (run->operand)
		f->operand = stored_bytes(l->c, run->operand);
	if (c->scale_count)
		l->c->weight_scale = run->npub->scales + c->first_scale;
	for (uint32_t k = 0; k < c->scale_count; k++)
		l->c->largest_scale =
		    fmax(l->c->largest_scale, (double)l->c->weight_scale[k]);
	return f->input && (f->operand || !run->operand) ? CHECK_DONE : CHECK_NOMEM;
}

static enum check_status load_real(struct loading *l)
{
	const struct check_run *run = l->run;
	const struct npub_conv *c = run->conv;
	struct refconv *r = &l->c->real;
	enum check_status status;
	void *weights;
	const float *bias;
	size_t count;

	*r = (struct refconv){
		.shape = shape_of(c),
		.relu = c->op.flags & NPUB_OP_RELU,
		.clamp = c->op.flags & NPUB_OP_CLAMP,
	};
	memcpy(&r->limit, &c->op.limit, sizeof(r->limit));
	status = unpack(l, &weights, &count);
	if (status == CHECK_DONE)
		status = load_float_bias(l, &bias);
	if (status != CHECK_DONE)
		return status;
	r->weights = numbers(l->c, l->problem.elem, weights, count);
	r->bias = bias;
	r->input =
	    numbers(l->c, run->input->desc.elem, run->input->data, run->input->count);
	if (run->operand)
		r->operand = numbers(l->c, run->operand->desc.elem, run->operand->data,
				     run->operand->count);
	return r->weights && r->input && (r->operand || !run->operand) ? CHECK_DONE
								       : CHECK_NOMEM;
}

enum check_status check_load(struct check_conv *c, const struct check_run *run, char *why,
			     size_t why_bytes)
{
	const struct npub_conv *conv = run->conv;
	struct loading l = { .c = c,
			     .run = run,
			     .problem = stated_problem(run->npub, conv),
			     .why = why,
			     .why_bytes = why_bytes };
	bool real = conv->elem == NPU_ELEM_FP16 &&
		    (conv->out_elem == NPU_ELEM_FP16 || conv->out_elem == NPU_ELEM_FP32);
	enum check_status status;

	memset(c, 0, sizeof(*c));
	c->is_fixed = conv->elem == NPU_ELEM_INT8 && (conv->out_elem == NPU_ELEM_INT8 ||
						      conv->out_elem == NPU_ELEM_INT32);
	if (!real && !c->is_fixed) {
		snprintf(why, why_bytes, "--check does not know %s convs with %s outputs",
			 name_of_elem(conv->elem), name_of_elem(conv->out_elem));
		return CHECK_IMPOSSIBLE;
	}
	if (!layout_from_problem(&l.layout, &l.problem))
		return CHECK_NOMEM;
	status = c->is_fixed ? load_fixed(&l) : load_real(&l);
	layout_free(&l.layout);
	return status;
}

void check_unload(struct check_conv *c)
{
	while (c->array_count)
		free(c->arrays[--c->array_count]);
}
