/*
 * The header of an .npy file (NumPy's array format, versions 1.0 to 3.0), parsed
 * from memory and written to memory.  Knows no conv and no device.
 */
#ifndef NPY_H
#define NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NPY_MAX_DIMS 8u
#define NPY_MAX_HEADER_BYTES 65600u /* magic, length and text; NumPy writes 128 */
#define NPY_WHY_BYTES 160u	    /* enough for every reason npy_parse gives */

struct npy_header {
	char kind;	     /* 'f' float, 'i' signed, 'u' unsigned, 'b' bool */
	uint32_t elem_bytes; /* 1, 2, 4 or 8 */
	bool fortran;	     /* first dimension varies fastest; never with ndim < 2 */
	uint32_t ndim;	     /* 0: a scalar */
	uint64_t shape[NPY_MAX_DIMS];
	uint64_t count;	      /* product of the shape */
	uint64_t data_bytes;  /* count * elem_bytes */
	uint32_t data_offset; /* of the first element in the file */
};

/*
 * Parse the header at the start of a file, of which `bytes` bytes are in memory
 * (NPY_MAX_HEADER_BYTES are always enough; data need not be there).  Accepts
 * little-endian plain numbers only.  False with `why` filled: a clause such as
 * "big-endian data; save it with astype('<f4')".
 */
bool npy_parse(struct npy_header *h, const void *file, size_t bytes, char *why,
	       size_t why_bytes);

/*
 * Write a version 1.0 header for a C-order array; `descr` is NumPy's type code,
 * "<f2".  Returns its length, a multiple of 64, or 0 when `room` is too small
 * (NPY_WRITE_BYTES is enough).
 */
#define NPY_WRITE_BYTES 320u
size_t npy_format(void *header, size_t room, const char *descr, uint32_t ndim,
		  const uint64_t *shape);

/* "(64, 3, 3, 3)" for messages; returns `text`. */
char *npy_shape_text(char *text, size_t room, uint32_t ndim, const uint64_t *shape);

#endif
