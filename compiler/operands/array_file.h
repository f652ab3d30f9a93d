/*
 * One array of numbers in a file: an .npy file, or a tensor of a safetensors file.
 * Opening reads the header only, so that a wrong shape costs no memory.
 */
#ifndef ARRAY_FILE_H
#define ARRAY_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "operands/npy.h"

enum array_elem {
	ARRAY_F16,
	ARRAY_BF16,
	ARRAY_F32,
	ARRAY_F64,
	ARRAY_I8,
	ARRAY_I16,
	ARRAY_I32,
	ARRAY_I64,
	ARRAY_U8,
	ARRAY_U16,
	ARRAY_U32,
	ARRAY_U64
};

struct array_file {
	int fd;
	enum array_elem elem;
	uint32_t ndim;
	uint64_t shape[NPY_MAX_DIMS];
	uint64_t count;	      /* elements */
	uint64_t data_offset; /* bytes, in the file; data is known to be in it */
};

/* Why a file cannot be used: the rule's suffix ("type" of "weights-type") and a
 * clause about the file ("it ends ..."), perhaps a way out. */
struct array_error {
	const char *rule;
	char why[512];
	char remedy[256];
};

/* Open and check the header; false with `error` filled and nothing left open. */
bool array_open_npy(struct array_file *a, const char *path, struct array_error *error);
bool array_open_safetensors(struct array_file *a, const char *path, const char *tensor,
			    struct array_error *error);
void array_close(struct array_file *a);

/*
 * Read all elements, in order, a block at a time: `take` gets the index of the
 * first, and the values, which it may change.  A whole number of 64 bits may lose its
 * lowest bits.  False when the file cannot be read, or `take` says so.
 */
typedef bool array_take(void *context, uint64_t first, double *values, size_t count);
bool array_read(const struct array_file *a, array_take *take, void *context,
		struct array_error *error);

#define ARRAY_BLOCK_ELEMS 8192u /* of all blocks but the last; a multiple of 4 */

uint32_t array_elem_bytes(enum array_elem elem);
const char *array_elem_name(enum array_elem elem); /* "fp16", "int8" */
static inline bool array_elem_is_float(enum array_elem elem) { return elem <= ARRAY_F64; }

/* What the formats share: open any regular file, *file_bytes long; */
bool array_open_file(struct array_file *a, const char *path, uint64_t *file_bytes,
		     struct array_error *error);
/* all of `bytes` at `offset`, or false. */
bool array_read_at(int fd, void *out, size_t bytes, uint64_t offset);

/* Fill an error; returns false. */
bool array_fail(struct array_error *error, const char *rule, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
