#include "operands/array_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "operands/weights.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are read in place");

static const struct {
	const char *name;
	uint32_t bytes;
	char npy_kind; /* '\0': NumPy has no such type */
} elems[] = {
	[ARRAY_F16] = { "fp16", 2, 'f' },   [ARRAY_BF16] = { "bf16", 2, '\0' },
	[ARRAY_F32] = { "fp32", 4, 'f' },   [ARRAY_F64] = { "fp64", 8, 'f' },
	[ARRAY_I8] = { "int8", 1, 'i' },    [ARRAY_I16] = { "int16", 2, 'i' },
	[ARRAY_I32] = { "int32", 4, 'i' },  [ARRAY_I64] = { "int64", 8, 'i' },
	[ARRAY_U8] = { "uint8", 1, 'u' },   [ARRAY_U16] = { "uint16", 2, 'u' },
	[ARRAY_U32] = { "uint32", 4, 'u' }, [ARRAY_U64] = { "uint64", 8, 'u' },
};

#define ELEM_N (sizeof elems / sizeof elems[0])

bool array_fail(struct array_error *error, const char *rule, const char *fmt, ...)
{
	va_list args;

	error->rule = rule;
	va_start(args, fmt);
	vsnprintf(error->why, sizeof error->why, fmt, args);
	va_end(args);
	return false;
}

uint32_t array_elem_bytes(enum array_elem elem)
{
	return elems[elem].bytes;
}

const char *array_elem_name(enum array_elem elem)
{
	return elems[elem].name;
}

bool array_read_at(int fd, void *out, size_t bytes, uint64_t offset)
{
	uint8_t *p = out;

	while (bytes) {
		ssize_t n = pread(fd, p, bytes, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		bytes -= (size_t)n;
		offset += (uint64_t)n;
	}
	return true;
}

bool array_open_file(struct array_file *a, const char *path, uint64_t *file_bytes,
		     struct array_error *error)
{
	struct stat st;

	memset(a, 0, sizeof *a);
	error->remedy[0] = '\0';
	/* Not blocking: a FIFO in place of a file must not hang the build. */
	a->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (a->fd < 0)
		return array_fail(error, "file", "it cannot be opened: %s",
				  strerror(errno));
	if (fstat(a->fd, &st) != 0)
		array_fail(error, "file", "it cannot be read: %s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		array_fail(error, "file", "it is not a regular file");
	else {
		*file_bytes = (uint64_t)st.st_size;
		return true;
	}
	array_close(a);
	return false;
}

void array_close(struct array_file *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

/* The header of an .npy file to the common form. */
static bool array_from_npy(struct array_file *a, const struct npy_header *h,
			   uint64_t file_bytes, struct array_error *error)
{
	size_t elem = 0;

	while (elem < ELEM_N &&
	       (elems[elem].npy_kind != h->kind || elems[elem].bytes != h->elem_bytes))
		elem++;
	if (elem == ELEM_N) {
		snprintf(error->remedy, sizeof error->remedy,
			 "save floats: np.save(path, array.astype('<f4'))");
		return array_fail(error, "type", "its elements are '%c%u', not numbers",
				  h->kind, h->elem_bytes);
	}
	a->elem = (enum array_elem)elem;
	if (h->fortran) {
		snprintf(error->remedy, sizeof error->remedy,
			 "save it with np.save(path, np.ascontiguousarray(array))");
		return array_fail(error, "type", "it is in Fortran order");
	}
	if (h->data_bytes != file_bytes - h->data_offset)
		return array_fail(error, "length",
				  "its header promises %llu bytes of data, it has %llu",
				  (unsigned long long)h->data_bytes,
				  (unsigned long long)(file_bytes - h->data_offset));
	a->ndim = h->ndim;
	memcpy(a->shape, h->shape, sizeof a->shape);
	a->count = h->count;
	a->data_offset = h->data_offset;
	return true;
}

bool array_open_npy(struct array_file *a, const char *path, struct array_error *error)
{
	struct npy_header h;
	char why[NPY_WHY_BYTES];
	uint64_t file_bytes;
	size_t head_bytes;
	uint8_t *head;
	bool ok;

	if (!array_open_file(a, path, &file_bytes, error))
		return false;
	head_bytes =
	    file_bytes < NPY_MAX_HEADER_BYTES ? file_bytes : NPY_MAX_HEADER_BYTES;
	head = malloc(head_bytes + 1); /* an empty file is no reason for NULL */
	if (!head)
		ok = array_fail(error, "file", "out of memory");
	else if (!array_read_at(a->fd, head, head_bytes, 0))
		ok = array_fail(error, "file", "it cannot be read");
	else if (!npy_parse(&h, head, head_bytes, why, sizeof why))
		ok = array_fail(error, "type", "%s", why);
	else
		ok = array_from_npy(a, &h, file_bytes, error);
	free(head);
	if (!ok)
		array_close(a);
	return ok;
}

#define WIDEN(name, type)                                                                \
	static void name(const uint8_t *stored, double *values, size_t count)            \
	{                                                                                \
		for (size_t i = 0; i < count; i++) {                                     \
			type x;                                                          \
                                                                                         \
			memcpy(&x, stored + i * sizeof x, sizeof x);                     \
			values[i] = (double)x;                                           \
		}                                                                        \
	}

WIDEN(widen_f32, float)
WIDEN(widen_f64, double)
WIDEN(widen_i8, int8_t)
WIDEN(widen_i16, int16_t)
WIDEN(widen_i32, int32_t)
WIDEN(widen_i64, int64_t)
WIDEN(widen_u8, uint8_t)
WIDEN(widen_u16, uint16_t)
WIDEN(widen_u32, uint32_t)
WIDEN(widen_u64, uint64_t)

static void widen_f16(const uint8_t *stored, double *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint16_t h;

		memcpy(&h, stored + i * sizeof h, sizeof h);
		values[i] = float_from_fp16(h);
	}
}

/* The upper half of a float. */
static void widen_bf16(const uint8_t *stored, double *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t wide[4] = { 0, 0, stored[2 * i], stored[2 * i + 1] };

		widen_f32(wide, &values[i], 1);
	}
}

/* One block of stored elements as doubles. */
static void (*const widen[])(const uint8_t *stored, double *values, size_t count) = {
	[ARRAY_F16] = widen_f16, [ARRAY_BF16] = widen_bf16, [ARRAY_F32] = widen_f32,
	[ARRAY_F64] = widen_f64, [ARRAY_I8] = widen_i8,	    [ARRAY_I16] = widen_i16,
	[ARRAY_I32] = widen_i32, [ARRAY_I64] = widen_i64,   [ARRAY_U8] = widen_u8,
	[ARRAY_U16] = widen_u16, [ARRAY_U32] = widen_u32,   [ARRAY_U64] = widen_u64,
};

bool array_read(const struct array_file *a, array_take *take, void *context,
		struct array_error *error)
{
	uint32_t elem_bytes = array_elem_bytes(a->elem);
	uint8_t *stored = malloc((size_t)ARRAY_BLOCK_ELEMS * elem_bytes);
	double *values = malloc(ARRAY_BLOCK_ELEMS * sizeof *values);
	bool ok = stored && values;

	if (!ok)
		array_fail(error, "file", "out of memory");
	for (uint64_t i = 0; ok && i < a->count; i += ARRAY_BLOCK_ELEMS) {
		size_t n = a->count - i < ARRAY_BLOCK_ELEMS ? (size_t)(a->count - i)
							    : ARRAY_BLOCK_ELEMS;

		if (!array_read_at(a->fd, stored, n * elem_bytes,
				   a->data_offset + i * elem_bytes)) {
			ok = array_fail(error, "file", "it cannot be read to its end");
			break;
		}
		widen[a->elem](stored, values, n);
		ok = take(context, i, values, n);
	}
	free(stored);
	free(values);
	return ok;
}
