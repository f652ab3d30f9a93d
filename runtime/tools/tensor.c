#include "tensor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operands/fp16.h"
#include "operands/weights.h"

#define FP16_EXPONENT 0x7c00u /* all ones: infinity or not a number */

size_t tensor_elem_bytes(enum npu_elem elem)
{
	const struct npu_elem_info *info = npu_elem_info(elem);

	return info ? info->bytes : 0;
}

bool tensor_new(struct tensor *t, const struct tensor_desc *desc)
{
	size_t count = desc->n, bytes;

	if (__builtin_mul_overflow(count, (size_t)desc->c, &count) ||
	    __builtin_mul_overflow(count, (size_t)desc->h, &count) ||
	    __builtin_mul_overflow(count, (size_t)desc->w, &count) ||
	    __builtin_mul_overflow(count, tensor_elem_bytes(desc->elem), &bytes))
		return false;
	memset(t, 0, sizeof(*t));
	t->data = calloc(bytes ? bytes : 1, 1);
	if (!t->data)
		return false;
	t->desc = *desc;
	t->count = count;
	t->bytes = bytes;
	return true;
}

void tensor_free(struct tensor *t)
{
	free(t->data);
	memset(t, 0, sizeof(*t));
}

double tensor_get(const struct tensor *t, size_t i)
{
	switch (t->desc.elem) {
	case NPU_ELEM_INT8:
		return t->desc.is_uint8 ? ((const uint8_t *)t->data)[i]
					: ((const int8_t *)t->data)[i];
	case NPU_ELEM_FP16:
		return (double)float_from_fp16(((const uint16_t *)t->data)[i]);
	case NPU_ELEM_INT32:
		return ((const int32_t *)t->data)[i];
	case NPU_ELEM_FP32:
		return (double)((const float *)t->data)[i];
	default:
		return (double)NAN;
	}
}

bool tensor_is_integer(const struct tensor_desc *d)
{
	return d->elem == NPU_ELEM_INT8 || d->elem == NPU_ELEM_INT32;
}

struct tensor_range tensor_range(const struct tensor_desc *d)
{
	if (d->elem == NPU_ELEM_INT32)
		return (struct tensor_range){ INT32_MIN, INT32_MAX };
	return d->is_uint8 ? (struct tensor_range){ 0, UINT8_MAX }
			   : (struct tensor_range){ INT8_MIN, INT8_MAX };
}

bool tensor_has_scale(const struct tensor_desc *d)
{
	return !tensor_is_integer(d) || (isfinite(d->scale) && d->scale > 0);
}

double tensor_real(const struct tensor_desc *d, double stored)
{
	return tensor_is_integer(d) ? (stored - d->zero_point) * (double)d->scale
				    : stored;
}

double tensor_stored(const struct tensor_desc *d, double real, uint64_t *saturated)
{
	struct tensor_range range;
	double stored;

	if (!tensor_is_integer(d))
		return real;
	range = tensor_range(d);
	stored = nearbyint(real / (double)d->scale) + d->zero_point;
	if (stored >= range.least && stored <= range.most)
		return stored;
	++*saturated;
	return stored < range.least ? range.least : range.most;
}

static bool set_integer(struct tensor *t, size_t i, double value)
{
	struct tensor_range range = tensor_range(&t->desc);

	value = nearbyint(value);
	if (!(value >= range.least) || !(value <= range.most))
		return false;
	if (t->desc.elem == NPU_ELEM_INT32)
		((int32_t *)t->data)[i] = (int32_t)value;
	else if (t->desc.is_uint8)
		((uint8_t *)t->data)[i] = (uint8_t)value;
	else
		((int8_t *)t->data)[i] = (int8_t)value;
	return true;
}

bool tensor_set(struct tensor *t, size_t i, double value)
{
	if (!isfinite(value))
		return false;
	if (t->desc.elem == NPU_ELEM_FP16) {
		uint16_t bits = fp16_from_double(value);

		if ((bits & FP16_EXPONENT) == FP16_EXPONENT)
			return false;
		((uint16_t *)t->data)[i] = bits;
		return true;
	}
	if (t->desc.elem == NPU_ELEM_FP32) {
		if (isinf((float)value))
			return false;
		((float *)t->data)[i] = (float)value;
		return true;
	}
	return set_integer(t, i, value);
}

/* Integers get the same numbers spread over the 256 values of a byte. */
static bool fill_integers(struct tensor *t, uint64_t seed, enum seed_stream stream)
{
	float *values = malloc((t->count ? t->count : 1) * sizeof(*values));
	double least = t->desc.is_uint8 ? 0 : INT8_MIN;

	if (!values)
		return false;
	seed_fill_float(values, t->count, seed, stream, -(float)INT8_MIN);
	for (size_t i = 0; i < t->count; i++)
		tensor_set(t, i, floor((double)values[i]) - INT8_MIN + least);
	free(values);
	return true;
}

bool tensor_fill_random(struct tensor *t, uint64_t seed, enum seed_stream stream)
{
	if (t->desc.elem == NPU_ELEM_FP16)
		seed_fill_fp16(t->data, t->count, seed, stream);
	else if (t->desc.elem == NPU_ELEM_FP32)
		seed_fill_float(t->data, t->count, seed, stream, 1);
	else
		return fill_integers(t, seed, stream);
	return true;
}

bool tensor_dequantize(struct tensor *out, const struct tensor *t)
{
	struct tensor_desc desc = t->desc;

	desc.elem = NPU_ELEM_FP32;
	desc.scale = 1;
	desc.zero_point = 0;
	desc.is_uint8 = false;
	if (!tensor_new(out, &desc))
		return false;
	/* Infinities of fp16 stay what they are: tensor_set() would refuse them. */
	for (size_t i = 0; i < t->count; i++)
		((float *)out->data)[i] = (float)tensor_real(&t->desc, tensor_get(t, i));
	return true;
}

const char *tensor_type(const struct tensor_desc *d)
{
	switch (d->elem) {
	case NPU_ELEM_INT8:
		return d->is_uint8 ? "uint8" : "int8";
	case NPU_ELEM_FP16:
		return "fp16";
	case NPU_ELEM_INT32:
		return "int32";
	case NPU_ELEM_FP32:
		return "fp32";
	default:
		return "?";
	}
}

char *tensor_text(char text[TENSOR_TEXT_BYTES], const struct tensor_desc *desc)
{
	snprintf(text, TENSOR_TEXT_BYTES, "%ux%ux%ux%u %s", desc->n, desc->c, desc->h,
		 desc->w, tensor_type(desc));
	return text;
}

char *tensor_place(char text[TENSOR_TEXT_BYTES], const struct tensor_desc *desc, size_t i)
{
	size_t x = i % desc->w, rows = i / desc->w;
	size_t y = rows % desc->h, planes = rows / desc->h;

	snprintf(text, TENSOR_TEXT_BYTES, "[%zu, %zu, %zu, %zu]", planes / desc->c,
		 planes % desc->c, y, x);
	return text;
}
