/*
 * safetensors: 8 bytes of header length, a JSON header, data.  The header maps
 * names to { "dtype", "shape", "data_offsets": [begin, end] }, offsets counted
 * from the end of the header.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "operands/array_file.h"

#define SAFETENSORS_PREFIX_BYTES 8u
#define SAFETENSORS_MAX_HEADER_BYTES (100u << 20) /* the format's own limit */
#define SAFETENSORS_METADATA "__metadata__"

/* Element type of a dtype; false for types that are no plain numbers. */
static bool elem_from_dtype(const char *dtype, enum array_elem *elem)
{
	static const struct {
		const char *name;
		enum array_elem elem;
	} known[] = {
		{ "F16", ARRAY_F16 },
		{ "BF16", ARRAY_BF16 },
		{ "F32", ARRAY_F32 },
		{ "F64", ARRAY_F64 },
		{ "I8", ARRAY_I8 },
		{ "I16", ARRAY_I16 },
		{ "I32", ARRAY_I32 },
		{ "I64", ARRAY_I64 },
		{ "U8", ARRAY_U8 },
		{ "U16", ARRAY_U16 },
		{ "U32", ARRAY_U32 },
		{ "U64", ARRAY_U64 },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strcmp(dtype, known[i].name) == 0) {
			*elem = known[i].elem;
			return true;
		}
	}
	return false;
}

/* The header as JSON, NULL with `error` filled; *data is where data begins. */
static json_t *read_header(int fd, uint64_t file_bytes, uint64_t *data,
			   struct array_error *error)
{
	uint64_t header_bytes;
	json_error_t why;
	json_t *root;
	char *text;

	if (file_bytes < SAFETENSORS_PREFIX_BYTES ||
	    !array_read_at(fd, &header_bytes, sizeof header_bytes, 0)) {
		array_fail(error, "length", "it is too short for a safetensors file");
		return NULL;
	}
	if (header_bytes > SAFETENSORS_MAX_HEADER_BYTES ||
	    header_bytes > file_bytes - SAFETENSORS_PREFIX_BYTES) {
		array_fail(
		    error, "length",
		    "it announces a header of %llu bytes but has %llu bytes in all",
		    (unsigned long long)header_bytes, (unsigned long long)file_bytes);
		return NULL;
	}
	text = malloc(header_bytes + 1);
	if (!text || !array_read_at(fd, text, header_bytes, SAFETENSORS_PREFIX_BYTES)) {
		array_fail(error, "file", text ? "it cannot be read" : "out of memory");
		free(text);
		return NULL;
	}
	root = json_loadb(text, header_bytes, JSON_REJECT_DUPLICATES, &why);
	free(text);
	if (!root)
		array_fail(error, "type", "its header is not JSON: %s (byte %d)",
			   why.text, why.position);
	else if (!json_is_object(root))
		array_fail(error, "type", "its header is not a JSON object");
	if (!json_is_object(root)) {
		json_decref(root);
		return NULL;
	}
	*data = SAFETENSORS_PREFIX_BYTES + header_bytes;
	return root;
}

/* No tensor of that name: say which one is near, or what there is. */
static bool fail_unknown(json_t *root, const char *tensor, struct array_error *error)
{
	size_t count = 0, room = json_object_size(root);
	const char **names = calloc(room + 1, sizeof *names);
	const char *near, *name;
	json_t *value;

	if (!names)
		return array_fail(error, "file", "out of memory");
	json_object_foreach(root, name, value) if (strcmp(name, SAFETENSORS_METADATA) !=
						   0) names[count++] = name;
	near = diag_nearest(tensor, names, count);
	if (near)
		snprintf(error->remedy, sizeof error->remedy, "did you mean '%.200s'?",
			 near);
	else if (count)
		snprintf(error->remedy, sizeof error->remedy,
			 "it has %zu tensors, the first is '%.180s'", count, names[0]);
	free(names);
	return array_fail(error, "tensor", "it has no tensor '%.200s'", tensor);
}

/* A JSON integer >= 0; false for anything else. */
static bool get_size(const json_t *value, uint64_t *size)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*size = (uint64_t)json_integer_value(value);
	return true;
}

/* Shape and element count of an entry. */
static bool get_shape(struct array_file *a, const json_t *shape,
		      struct array_error *error)
{
	if (!json_is_array(shape) || json_array_size(shape) > NPY_MAX_DIMS)
		return array_fail(error, "type",
				  "the tensor has no shape of at most %u sizes",
				  NPY_MAX_DIMS);
	a->ndim = (uint32_t)json_array_size(shape);
	a->count = 1;
	for (uint32_t i = 0; i < a->ndim; i++)
		if (!get_size(json_array_get(shape, i), &a->shape[i]) ||
		    __builtin_mul_overflow(a->count, a->shape[i], &a->count))
			return array_fail(error, "type",
					  "the tensor's shape is malformed");
	return true;
}

/* Offsets of an entry, which must hold exactly its elements inside the file. */
static bool get_offsets(struct array_file *a, const json_t *offsets, uint64_t data,
			uint64_t file_bytes, struct array_error *error)
{
	uint64_t begin, end, bytes;

	if (!json_is_array(offsets) || json_array_size(offsets) != 2 ||
	    !get_size(json_array_get(offsets, 0), &begin) ||
	    !get_size(json_array_get(offsets, 1), &end) || begin > end)
		return array_fail(error, "type",
				  "the tensor's data_offsets are malformed");
	if (end > file_bytes - data)
		return array_fail(error, "length",
				  "the tensor ends at byte %llu of its data, it has %llu",
				  (unsigned long long)end,
				  (unsigned long long)(file_bytes - data));
	if (__builtin_mul_overflow(a->count, (uint64_t)array_elem_bytes(a->elem),
				   &bytes) ||
	    bytes != end - begin)
		return array_fail(
		    error, "length",
		    "the tensor has %llu bytes, its shape and type need %llu",
		    (unsigned long long)(end - begin),
		    (unsigned long long)a->count * array_elem_bytes(a->elem));
	a->data_offset = data + begin;
	return true;
}

static bool find_tensor(struct array_file *a, json_t *root, const char *tensor,
			uint64_t data, uint64_t file_bytes, struct array_error *error)
{
	json_t *entry = json_object_get(root, tensor);
	const char *dtype = json_string_value(json_object_get(entry, "dtype"));

	if (!entry || strcmp(tensor, SAFETENSORS_METADATA) == 0)
		return fail_unknown(root, tensor, error);
	if (!dtype)
		return array_fail(error, "type", "the tensor has no dtype");
	if (!elem_from_dtype(dtype, &a->elem)) {
		snprintf(error->remedy, sizeof error->remedy, "convert it to F16 or F32");
		return array_fail(error, "type",
				  "its elements are %.20s, which is not known", dtype);
	}
	return get_shape(a, json_object_get(entry, "shape"), error) &&
	       get_offsets(a, json_object_get(entry, "data_offsets"), data, file_bytes,
			   error);
}

/* Data beyond the last tensor belongs to nothing: the file is not what it says. */
static bool check_length(json_t *root, uint64_t data, uint64_t file_bytes,
			 struct array_error *error)
{
	uint64_t last = 0, end;
	const char *name;
	json_t *entry;

	json_object_foreach(root, name, entry)
	{
		const json_t *offsets = json_object_get(entry, "data_offsets");

		if (get_size(json_array_get(offsets, 1), &end) && end > last)
			last = end;
	}
	if (last >= file_bytes - data)
		return true;
	return array_fail(
	    error, "length", "its tensors end at byte %llu of its data, it has %llu",
	    (unsigned long long)last, (unsigned long long)(file_bytes - data));
}

bool array_open_safetensors(struct array_file *a, const char *path, const char *tensor,
			    struct array_error *error)
{
	uint64_t file_bytes, data;
	json_t *root;
	bool ok;

	if (!array_open_file(a, path, &file_bytes, error))
		return false;
	root = read_header(a->fd, file_bytes, &data, error);
	ok = root && find_tensor(a, root, tensor, data, file_bytes, error) &&
	     check_length(root, data, file_bytes, error);
	json_decref(root);
	if (!ok)
		array_close(a);
	return ok;
}
