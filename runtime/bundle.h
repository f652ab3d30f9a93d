/*
 * Read a bundle in place: every access into the mapped bytes goes through the
 * pointers and counts that npub_open() has checked.
 */
#ifndef NPUB_BUNDLE_H
#define NPUB_BUNDLE_H

#include <stddef.h>

#include "bundle_format.h"
#include "npurt.h"

/* A checked bundle.  Pointers go into the caller's bytes. */
struct npub {
	const struct npub_header *header;
	const struct npub_section *sections; /* header->section_count of them */
	const char *strings;
	const struct npub_tensor *tensors;
	const struct npub_bo *bos;
	const struct npub_conv *convs;
	const struct npub_plan *plans;
	const struct npub_task *tasks;
	const uint64_t *words;
	const struct npub_reloc *relocs;
	const struct npub_sync *syncs;
	const uint8_t *data;
	const struct npub_debug_tile *debug; /* NULL when stripped */
	const float *scales;                 /* NULL when no conv has any */
	uint32_t string_bytes, tensor_count, bo_count, conv_count, plan_count, task_count,
	    word_count, reloc_count, sync_count, data_bytes, debug_count, scale_count;
};

/*
 * Check the bundle in blob[0, blob_bytes) and fill `b`: header, checksums,
 * section table, and every index, offset and size in every element, so that a
 * user of `b` may follow them blindly.  Command words are not looked at; see
 * verify.h.  `error` must not be NULL.
 *
 * Bytes after header.file_bytes are ignored: a flash partition may be longer.
 */
enum npurt_err npub_open(struct npub *b, const void *blob, size_t blob_bytes,
			 struct npurt_error *error);

/* The elements' part of npub_open(). */
enum npurt_err npub_check_elements(const struct npub *b, struct npurt_error *error);

/* The tensor's bytes in DATA; NULL when the bundle does not have `bytes` of them. */
static inline const uint8_t *npub_tensor_data(const struct npub *b, uint32_t tensor,
					      uint64_t bytes)
{
	const struct npub_tensor *t = &b->tensors[tensor];
	const struct npub_bo *bo = &b->bos[t->bo];

	if (t->bytes < bytes || t->bo_offset > bo->data_bytes ||
	    bytes > bo->data_bytes - t->bo_offset)
		return NULL;
	return b->data + bo->data_offset + t->bo_offset;
}

/* Text at an offset of STRINGS; "" when the offset is out of range. */
const char *npub_string(const struct npub *b, uint32_t offset);

/* Bytes of one element of enum npu_elem as tensors may have it; 0: not allowed. */
uint32_t npub_elem_bytes(uint32_t elem);

/* Channels in one 16-byte atom of the element. */
uint32_t npub_atom_chans(uint32_t elem);

/* A plan of several cores that was not split: it runs as a one-core job. */
bool npub_plan_is_one_core(const struct npub_plan *plan);

#endif
