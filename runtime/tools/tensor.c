#include "tensor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fp16.h"
#include "seed.h"
#include "weights.h"

#define FP16_EXPONENT 0x7c00u /* all ones: infinity or not a number */

size_t tensor_elem_bytes(enum npu_elem elem)
{
	switch (elem) {
	case NPU_ELEM_INT8:
		return 1;
	case NPU_ELEM_FP16:
		return 2;
	case NPU_ELEM_INT32:
	case NPU_ELEM_FP32:
		return 4;
	default:
		return 0;
	}
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
		return ((const int8_t *)t->data)[i];
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

static bool set_integer(struct tensor *t, size_t i, double value)
{
	bool narrow = t->desc.elem == NPU_ELEM_INT8;

	value = nearbyint(value);
	if (!(value >= (narrow ? INT8_MIN : INT32_MIN)) ||
	    !(value <= (narrow ? INT8_MAX : INT32_MAX)))
		return false;
	if (narrow)
		((int8_t *)t->data)[i] = (int8_t)value;
	else
		((int32_t *)t->data)[i] = (int32_t)value;
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

/* Integers get the same numbers spread over the 256 values of an int8. */
static bool fill_integers(struct tensor *t, uint64_t seed)
{
	float *values = malloc((t->count ? t->count : 1) * sizeof(*values));

	if (!values)
		return false;
	seed_fill_float(values, t->count, seed, SEED_INPUT, -(float)INT8_MIN);
	for (size_t i = 0; i < t->count; i++)
		tensor_set(t, i, floor((double)values[i]));
	free(values);
	return true;
}

bool tensor_fill_random(struct tensor *t, uint64_t seed)
{
	if (t->desc.elem == NPU_ELEM_FP16)
		seed_fill_fp16(t->data, t->count, seed, SEED_INPUT);
	else if (t->desc.elem == NPU_ELEM_FP32)
		seed_fill_float(t->data, t->count, seed, SEED_INPUT, 1);
	else
		return fill_integers(t, seed);
	return true;
}

char *tensor_text(char text[TENSOR_TEXT_BYTES], const struct tensor_desc *desc)
{
	static const char *const names[] = { [NPU_ELEM_INT8] = "int8",
					     [NPU_ELEM_FP16] = "fp16",
					     [NPU_ELEM_INT32] = "int32",
					     [NPU_ELEM_FP32] = "fp32" };

	snprintf(text, TENSOR_TEXT_BYTES, "%ux%ux%ux%u %s", desc->n, desc->c, desc->h,
		 desc->w, tensor_elem_bytes(desc->elem) ? names[desc->elem] : "?");
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
