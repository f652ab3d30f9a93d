#include "transpose.h"

#include <assert.h>
#include <string.h>

#define TILE 8u		   /* half-words of one vector */
#define TILE_WORTHWHILE 3u /* a rest of fewer columns is quicker one by one */

typedef uint16_t half8 __attribute__((vector_size(16)));
typedef uint32_t word4 __attribute__((vector_size(16)));
typedef uint64_t long2 __attribute__((vector_size(16)));

static inline half8 load8(const uint16_t *p)
{
	half8 v;

	memcpy(&v, p, sizeof v);
	return v;
}

static inline void store8(uint16_t *p, long2 v)
{
	memcpy(p, &v, sizeof v);
}

#define LOW16(a, b) ((word4)__builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11))
#define HIGH16(a, b) ((word4)__builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15))
#define LOW32(a, b) ((long2)__builtin_shufflevector(a, b, 0, 4, 1, 5))
#define HIGH32(a, b) ((long2)__builtin_shufflevector(a, b, 2, 6, 3, 7))
#define LOW64(a, b) __builtin_shufflevector(a, b, 0, 2)
#define HIGH64(a, b) __builtin_shufflevector(a, b, 1, 3)

/* 8 x 8 half-words: three rounds of interleaving, of 2, 4 and 8 bytes. */
static inline void transpose_tile(uint16_t *dst, size_t dst_pitch, const uint16_t *src,
				  size_t src_pitch)
{
	half8 r0 = load8(src), r1 = load8(src + src_pitch);
	half8 r2 = load8(src + 2 * src_pitch), r3 = load8(src + 3 * src_pitch);
	half8 r4 = load8(src + 4 * src_pitch), r5 = load8(src + 5 * src_pitch);
	half8 r6 = load8(src + 6 * src_pitch), r7 = load8(src + 7 * src_pitch);
	word4 a0 = LOW16(r0, r1), a1 = HIGH16(r0, r1), a2 = LOW16(r2, r3);
	word4 a3 = HIGH16(r2, r3), a4 = LOW16(r4, r5), a5 = HIGH16(r4, r5);
	word4 a6 = LOW16(r6, r7), a7 = HIGH16(r6, r7);
	long2 b0 = LOW32(a0, a2), b1 = HIGH32(a0, a2), b2 = LOW32(a1, a3);
	long2 b3 = HIGH32(a1, a3), b4 = LOW32(a4, a6), b5 = HIGH32(a4, a6);
	long2 b6 = LOW32(a5, a7), b7 = HIGH32(a5, a7);

	store8(dst, LOW64(b0, b4));
	store8(dst + dst_pitch, HIGH64(b0, b4));
	store8(dst + 2 * dst_pitch, LOW64(b1, b5));
	store8(dst + 3 * dst_pitch, HIGH64(b1, b5));
	store8(dst + 4 * dst_pitch, LOW64(b2, b6));
	store8(dst + 5 * dst_pitch, HIGH64(b2, b6));
	store8(dst + 6 * dst_pitch, LOW64(b3, b7));
	store8(dst + 7 * dst_pitch, HIGH64(b3, b7));
}

/* Eight rows, any number of columns >= 8. */
static inline void transpose_strip(uint16_t *dst, size_t dst_pitch, const uint16_t *src,
				   size_t src_pitch, size_t cols)
{
	size_t j = 0;

	for (; j + TILE <= cols; j += TILE)
		transpose_tile(dst + j * dst_pitch, dst_pitch, src + j, src_pitch);
	if (cols - j >= TILE_WORTHWHILE) { /* again some columns, with the rest */
		j = cols - TILE;
		transpose_tile(dst + j * dst_pitch, dst_pitch, src + j, src_pitch);
		return;
	}
	for (; j < cols; j++)
		for (size_t i = 0; i < TILE; i++)
			dst[j * dst_pitch + i] = src[i * src_pitch + j];
}

#define TRANSPOSE_PLAIN(type)                                                            \
	static void transpose_##type(type *dst, size_t dst_pitch, const type *src,       \
				     size_t src_pitch, size_t rows, size_t cols)         \
	{                                                                                \
		for (size_t j = 0; j < cols; j++)                                        \
			for (size_t i = 0; i < rows; i++)                                \
				dst[j * dst_pitch + i] = src[i * src_pitch + j];         \
	}

TRANSPOSE_PLAIN(uint8_t)
TRANSPOSE_PLAIN(uint16_t)
TRANSPOSE_PLAIN(uint32_t)

static void transpose_half(uint16_t *dst, size_t dst_pitch, const uint16_t *src,
			   size_t src_pitch, size_t rows, size_t cols)
{
	size_t i = 0;

	if (cols == 1 && src_pitch == 1) {
		memcpy(dst, src, rows * sizeof *dst);
		return;
	}
	if (cols >= TILE)
		for (; i + TILE <= rows; i += TILE)
			transpose_strip(dst + i, dst_pitch, src + i * src_pitch,
					src_pitch, cols);
	transpose_uint16_t(dst + i, dst_pitch, src + i * src_pitch, src_pitch, rows - i,
			   cols);
}

void transpose(void *dst, size_t dst_pitch, const void *src, size_t src_pitch,
	       size_t rows, size_t cols, uint32_t elem_bytes)
{
	assert(elem_bytes == 1 || elem_bytes == 2 || elem_bytes == 4);
	if (elem_bytes == 2)
		transpose_half(dst, dst_pitch, src, src_pitch, rows, cols);
	else if (elem_bytes == 1)
		transpose_uint8_t(dst, dst_pitch, src, src_pitch, rows, cols);
	else
		transpose_uint32_t(dst, dst_pitch, src, src_pitch, rows, cols);
}
