#include "bundle.h"

#include <string.h>

#include "crc32c.h"
#include "error.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "bundles are little-endian and used in place"
#endif

/* What the runtime knows of each kind; the table's order is the enum's. */
static const struct {
	uint16_t elem_bytes;
	uint8_t offset_of_pointer, offset_of_count; /* in struct npub, in bytes */
} kinds[] = {
#define KIND(k, bytes, pointer, count)                                                   \
	[NPUB_SECTION_##                                                                 \
	    k] = { bytes, offsetof(struct npub, pointer), offsetof(struct npub, count) }
	KIND(STRINGS, 1, strings, string_bytes),
	KIND(TENSORS, sizeof(struct npub_tensor), tensors, tensor_count),
	KIND(BOS, sizeof(struct npub_bo), bos, bo_count),
	KIND(CONVS, sizeof(struct npub_conv), convs, conv_count),
	KIND(PLANS, sizeof(struct npub_plan), plans, plan_count),
	KIND(TASKS, sizeof(struct npub_task), tasks, task_count),
	KIND(REGCMD, sizeof(uint64_t), words, word_count),
	KIND(RELOCS, sizeof(struct npub_reloc), relocs, reloc_count),
	KIND(SYNCS, sizeof(struct npub_sync), syncs, sync_count),
	KIND(DATA, 1, data, data_bytes),
	KIND(DEBUG, sizeof(struct npub_debug_tile), debug, debug_count),
	KIND(SCALES, sizeof(float), scales, scale_count),
#undef KIND
};

_Static_assert(sizeof(struct npub) < 256, "offsets in kinds[] are bytes");

#define LAST_KIND NPUB_SECTION_SCALES
#define LAST_REQUIRED_KIND NPUB_SECTION_DATA

/* More sections than any writer makes, few enough to bound the work. */
#define MAX_SECTIONS 64u

const char *npub_string(const struct npub *b, uint32_t offset)
{
	return offset < b->string_bytes ? b->strings + offset : "";
}

static bool all_zero(const uint8_t *p, uint64_t count)
{
	while (count--) {
		if (*p++)
			return false;
	}
	return true;
}

static enum npurt_err check_header(const struct crc32c_table *table, const uint8_t *base,
				   size_t bytes, struct npurt_error *e)
{
	const struct npub_header *h = (const struct npub_header *)base;
	size_t have_magic = bytes < NPUB_MAGIC_BYTES ? bytes : NPUB_MAGIC_BYTES;

	if (memcmp(base, NPUB_MAGIC, have_magic))
		return npurt_failf(e, NPURT_ERR_MAGIC,
				   "the first bytes are not a bundle's");
	if (bytes < sizeof *h) {
		e->found = bytes;
		e->allowed = sizeof *h;
		return npurt_failf(e, NPURT_ERR_TRUNCATED, "%U bytes, less than a header",
				   (uint64_t)bytes);
	}
	if (crc32c(table, 0, h, offsetof(struct npub_header, header_crc)) !=
	    h->header_crc)
		return npurt_failf(e, NPURT_ERR_CHECKSUM, "header checksum");
	if (h->last_compatible_version > NPUB_VERSION ||
	    h->last_compatible_version < NPUB_LAST_COMPATIBLE_VERSION ||
	    h->version < h->last_compatible_version) {
		e->found = h->last_compatible_version;
		e->allowed = NPUB_VERSION;
		return npurt_failf(e, NPURT_ERR_VERSION,
				   "version %u for readers of %u, this one reads %u to "
				   "%u; compile it again",
				   h->version, h->last_compatible_version,
				   NPUB_LAST_COMPATIBLE_VERSION, NPUB_VERSION);
	}
	if (h->target != NPUB_TARGET_RK3588) {
		e->found = h->target;
		e->allowed = NPUB_TARGET_RK3588;
		return npurt_failf(e, NPURT_ERR_TARGET,
				   "target %u, this runtime drives %u", h->target,
				   NPUB_TARGET_RK3588);
	}
	if (h->file_bytes > bytes) {
		e->found = bytes;
		e->allowed = h->file_bytes;
		return npurt_failf(e, NPURT_ERR_TRUNCATED, "%U of %U bytes",
				   (uint64_t)bytes, h->file_bytes);
	}
	if (h->header_bytes != sizeof *h ||
	    h->section_entry_bytes != sizeof(struct npub_section) ||
	    h->section_count > MAX_SECTIONS ||
	    h->file_bytes <
		sizeof *h + (uint64_t)h->section_count * sizeof(struct npub_section) ||
	    h->compiler[sizeof h->compiler - 1] ||
	    !all_zero(h->reserved, sizeof h->reserved))
		return npurt_failf(e, NPURT_ERR_SECTION, "malformed header");
	return NPURT_OK;
}

/* One entry on its own: place, size, flags. */
static enum npurt_err check_entry(const struct npub *b, const struct npub_section *s,
				  uint64_t end_of_last, struct npurt_error *e)
{
	bool known = s->kind >= 1 && s->kind <= LAST_KIND;
	bool required = (s->flags & NPUB_SECTION_REQUIRED) != 0;

	if (s->flags & ~NPUB_SECTION_REQUIRED || s->reserved)
		return npurt_failf(e, NPURT_ERR_SECTION, "unknown flags");
	if (!known && required)
		return npurt_failf(e, NPURT_ERR_SECTION, "required kind %u is unknown",
				   s->kind);
	if (known && required != (s->kind <= LAST_REQUIRED_KIND))
		return npurt_failf(e, NPURT_ERR_SECTION, "wrong required flag");
	if (s->offset % NPUB_ALIGN || s->offset < end_of_last)
		return npurt_failf(e, NPURT_ERR_SECTION, "misplaced at offset %U",
				   s->offset);
	if (s->offset > b->header->file_bytes ||
	    s->bytes > b->header->file_bytes - s->offset)
		return npurt_failf(e, NPURT_ERR_TRUNCATED, "[%U, +%U) of %U bytes",
				   s->offset, s->bytes, b->header->file_bytes);
	if (s->bytes != (uint64_t)s->elem_bytes * s->elem_count ||
	    (known && s->elem_bytes != kinds[s->kind].elem_bytes))
		return npurt_failf(e, NPURT_ERR_SECTION, "%u elements of %u bytes",
				   s->elem_count, s->elem_bytes);
	return NPURT_OK;
}

static enum npurt_err check_sections(struct npub *b, const struct crc32c_table *table,
				     struct npurt_error *e)
{
	const struct npub_header *h = b->header;
	const uint8_t *base = (const uint8_t *)h;
	uint64_t table_bytes = (uint64_t)h->section_count * sizeof(struct npub_section);
	uint64_t end = sizeof *h + table_bytes;
	uint32_t seen = 0;
	enum npurt_err err;

	if (crc32c(table, 0, b->sections, table_bytes) != h->table_crc)
		return npurt_failf(e, NPURT_ERR_CHECKSUM, "section table checksum");
	for (uint32_t i = 0; i < h->section_count; i++) {
		const struct npub_section *s = &b->sections[i];

		e->section = s->kind;
		err = check_entry(b, s, end, e);
		if (err)
			return err;
		if (!all_zero(base + end, s->offset - end))
			return npurt_failf(e, NPURT_ERR_SECTION,
					   "gap before it is not zero");
		end = s->offset + s->bytes;
		if (crc32c(table, 0, base + s->offset, s->bytes) != s->crc)
			return npurt_failf(e, NPURT_ERR_CHECKSUM, "section checksum");
		if (s->kind < 1 || s->kind > LAST_KIND)
			continue; /* optional, of a newer writer */
		if (seen & 1u << s->kind)
			return npurt_failf(e, NPURT_ERR_SECTION, "there twice");
		seen |= 1u << s->kind;
		const void *p = base + s->offset;
		memcpy((char *)b + kinds[s->kind].offset_of_pointer, &p, sizeof p);
		memcpy((char *)b + kinds[s->kind].offset_of_count, &s->elem_count,
		       sizeof s->elem_count);
	}
	e->section = NPURT_NOWHERE;
	if (!all_zero(base + end, h->file_bytes - end))
		return npurt_failf(e, NPURT_ERR_SECTION, "bytes after the last section");
	for (uint32_t k = 1; k <= LAST_REQUIRED_KIND; k++) {
		if (!(seen & 1u << k)) {
			e->section = k;
			return npurt_failf(e, NPURT_ERR_SECTION, "section %u is missing",
					   k);
		}
	}
	return NPURT_OK;
}

enum npurt_err npub_open(struct npub *b, const void *blob, size_t blob_bytes,
			 struct npurt_error *e)
{
	struct crc32c_table table;
	enum npurt_err err;

	memset(b, 0, sizeof *b);
	if (!blob)
		return npurt_failf(e, NPURT_ERR_ARGUMENT, "no bundle");
	if ((uintptr_t)blob % 8)
		return npurt_failf(e, NPURT_ERR_ALIGNMENT,
				   "it begins %u bytes behind a multiple of 8",
				   (unsigned)((uintptr_t)blob % 8));
	crc32c_init(&table);
	err = check_header(&table, blob, blob_bytes, e);
	if (err)
		return err;
	b->header = blob;
	b->sections = (const struct npub_section *)(b->header + 1);
	err = check_sections(b, &table, e);
	return err ? err : npub_check_elements(b, e);
}
