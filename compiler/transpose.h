/*
 * Transposing small matrices of bytes or half-words: the inner step of packing.
 */
#ifndef TRANSPOSE_H
#define TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>

/*
 * dst[j * dst_pitch + i] = src[i * src_pitch + j] for i < rows, j < cols; pitches in
 * elements of `elem_bytes` (1, 2 or 4).  The matrices must not overlap.
 */
void transpose(void *dst, size_t dst_pitch, const void *src, size_t src_pitch,
	       size_t rows, size_t cols, uint32_t elem_bytes);

#endif
