/*
 * A tensor as the user has it: dense n c h w in a conv's element type.
 */
#ifndef TENSOR_H
#define TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/npu_hw.h"
#include "operands/seed.h"

/*
 * What a conv takes or gives.  For integers, real = (stored - zero_point) * scale;
 * other types hold the real number itself.  "Stored" is what the user's array has.
 */
struct tensor_desc {
	enum npu_elem elem; /* INT8, FP16, INT32 or FP32 */
	uint32_t n, c, h, w;
	float scale;
	int32_t zero_point;
	bool is_uint8; /* INT8 only: elements are bytes 0..255, and so is zero_point */
};

struct tensor {
	struct tensor_desc desc;
	void *data; /* malloc'd */
	size_t count, bytes;
};

/* Zero-filled; false when out of memory or when the sizes overflow. */
bool tensor_new(struct tensor *t, const struct tensor_desc *desc);
void tensor_free(struct tensor *t);

/* Bytes of one element; 0 for a type that tensors cannot have. */
size_t tensor_elem_bytes(enum npu_elem elem);

/* The stored number of element i. */
double tensor_get(const struct tensor *t, size_t i);

/*
 * Store `value` rounded to nearest even.  False, storing nothing, when it is not
 * finite or beyond what the type holds.
 */
bool tensor_set(struct tensor *t, size_t i, double value);

/*
 * Numbers in [-1, 1), or any byte: the same on every host for a seed and stream.
 * False when out of memory.
 */
bool tensor_fill_random(struct tensor *t, uint64_t seed, enum seed_stream stream);

/* INT8, also as bytes, or INT32. */
bool tensor_is_integer(const struct tensor_desc *desc);

/* Whether `scale` can turn stored numbers into real ones; floats need none. */
bool tensor_has_scale(const struct tensor_desc *desc);

/* The real number that a stored one stands for. */
double tensor_real(const struct tensor_desc *desc, double stored);

/* The least and the largest number that an integer type stores. */
struct tensor_range {
	double least, most;
};
struct tensor_range tensor_range(const struct tensor_desc *desc);

/*
 * The number that is stored for a real one: round(real / scale) + zero_point, half to
 * even, saturated, which counts in *saturated.  Floats keep what they are given.
 */
double tensor_stored(const struct tensor_desc *desc, double real, uint64_t *saturated);

/* All of `t` as real numbers in an FP32 tensor, made anew; false when out of memory. */
bool tensor_dequantize(struct tensor *out, const struct tensor *t);

/* "uint8", "int8", "fp16", "int32", "fp32". */
const char *tensor_type(const struct tensor_desc *desc);

/* "1x3x224x224 fp16"; returns `text`. */
#define TENSOR_TEXT_BYTES 64
char *tensor_text(char text[TENSOR_TEXT_BYTES], const struct tensor_desc *desc);

/* "[0, 2, 14, 3]": the place of element i; returns `text`. */
char *tensor_place(char text[TENSOR_TEXT_BYTES], const struct tensor_desc *desc,
		   size_t i);

#endif
