/*
 * A tensor as the user has it: dense n c h w in a conv's element type.
 */
#ifndef TENSOR_H
#define TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hw/npu_hw.h"

/*
 * What a conv takes or gives.  For int8, real = (stored - zero_point) * scale;
 * other types hold the real number itself.
 */
struct tensor_desc {
	enum npu_elem elem; /* INT8, FP16, INT32 or FP32 */
	uint32_t n, c, h, w;
	float scale;
	int32_t zero_point;
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
 * Numbers in [-1, 1), or any int8: the same on every host for a seed.  False when
 * out of memory.
 */
bool tensor_fill_random(struct tensor *t, uint64_t seed);

/* "1x3x224x224 fp16"; returns `text`. */
#define TENSOR_TEXT_BYTES 64
char *tensor_text(char text[TENSOR_TEXT_BYTES], const struct tensor_desc *desc);

/* "[0, 2, 14, 3]": the place of element i; returns `text`. */
char *tensor_place(char text[TENSOR_TEXT_BYTES], const struct tensor_desc *desc,
		   size_t i);

#endif
