#include "bundle/bundle_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"

#define LAST_KIND NPUB_SECTION_SCALES
#define LAST_REQUIRED_KIND NPUB_SECTION_DATA

/* One section growing: `count` elements of `elem_bytes`. */
struct array {
	uint8_t *bytes;
	size_t elem_bytes;
	uint64_t count, room;
};

struct bundle {
	uint64_t spec_digest;
	struct array section[LAST_KIND + 1];
	uint8_t *image; /* made by bundle_finish() */
	size_t image_bytes;
	bool failed; /* sticky: out of memory or a count overflowed */
	bool strip;
};

static const size_t elem_bytes[LAST_KIND + 1] = {
	[NPUB_SECTION_STRINGS] = 1,
	[NPUB_SECTION_TENSORS] = sizeof(struct npub_tensor),
	[NPUB_SECTION_BOS] = sizeof(struct npub_bo),
	[NPUB_SECTION_CONVS] = sizeof(struct npub_conv),
	[NPUB_SECTION_PLANS] = sizeof(struct npub_plan),
	[NPUB_SECTION_TASKS] = sizeof(struct npub_task),
	[NPUB_SECTION_REGCMD] = sizeof(uint64_t),
	[NPUB_SECTION_RELOCS] = sizeof(struct npub_reloc),
	[NPUB_SECTION_SYNCS] = sizeof(struct npub_sync),
	[NPUB_SECTION_DATA] = 1,
	[NPUB_SECTION_DEBUG] = sizeof(struct npub_debug_tile),
	[NPUB_SECTION_SCALES] = sizeof(float),
};

/* Room for `count` more elements, uninitialised; NULL after a failure. */
static void *grow(struct bundle *b, enum npub_section_kind kind, uint64_t count)
{
	struct array *a = &b->section[kind];
	uint64_t need = a->count + count;
	void *place;

	free(b->image); /* an image made before is stale now */
	b->image = NULL;
	if (b->failed || need >= NPUB_NONE) {
		b->failed = true;
		return NULL;
	}
	if (need > a->room) {
		uint64_t room = a->room + a->room / 2;
		uint8_t *bytes;

		if (room < need)
			room = need;
		if (room < 16)
			room = 16;
		bytes = realloc(a->bytes, room * a->elem_bytes);
		if (!bytes) {
			b->failed = true;
			return NULL;
		}
		a->bytes = bytes;
		a->room = room;
	}
	place = a->bytes + a->count * a->elem_bytes;
	a->count = need;
	return place;
}

static uint32_t append(struct bundle *b, enum npub_section_kind kind,
		       const void *elements, uint32_t count)
{
	uint32_t first = (uint32_t)b->section[kind].count;
	void *place = grow(b, kind, count);

	if (place && count)
		memcpy(place, elements, count * elem_bytes[kind]);
	return first;
}

struct bundle *bundle_new(uint64_t spec_digest)
{
	struct bundle *b = calloc(1, sizeof *b);

	if (!b)
		return NULL;
	b->spec_digest = spec_digest;
	for (int k = 1; k <= LAST_KIND; k++)
		b->section[k].elem_bytes = elem_bytes[k];
	bundle_string(b, "");
	return b;
}

void bundle_free(struct bundle *b)
{
	if (!b)
		return;
	for (int k = 1; k <= LAST_KIND; k++)
		free(b->section[k].bytes);
	free(b->image);
	free(b);
}

uint32_t bundle_string(struct bundle *b, const char *text)
{
	const struct array *a = &b->section[NPUB_SECTION_STRINGS];
	size_t bytes = strlen(text) + 1;

	for (uint64_t at = 0; at < a->count;) {
		const char *have = (const char *)a->bytes + at;
		size_t have_bytes = strlen(have) + 1;

		if (have_bytes == bytes && !memcmp(have, text, bytes))
			return (uint32_t)at;
		at += have_bytes;
	}
	if (bytes >= NPUB_NONE) {
		b->failed = true;
		return 0;
	}
	return append(b, NPUB_SECTION_STRINGS, text, (uint32_t)bytes);
}

uint32_t bundle_tensor(struct bundle *b, const struct npub_tensor *t)
{
	return append(b, NPUB_SECTION_TENSORS, t, 1);
}

uint32_t bundle_bo(struct bundle *b, const struct npub_bo *bo)
{
	return append(b, NPUB_SECTION_BOS, bo, 1);
}

uint32_t bundle_conv(struct bundle *b, const struct npub_conv *c)
{
	return append(b, NPUB_SECTION_CONVS, c, 1);
}

uint32_t bundle_plan(struct bundle *b, const struct npub_plan *p)
{
	return append(b, NPUB_SECTION_PLANS, p, 1);
}

uint32_t bundle_tasks(struct bundle *b, const struct npub_task *t, uint32_t count)
{
	return append(b, NPUB_SECTION_TASKS, t, count);
}

uint32_t bundle_words(struct bundle *b, const uint64_t *w, uint32_t count)
{
	return append(b, NPUB_SECTION_REGCMD, w, count);
}

uint32_t bundle_relocs(struct bundle *b, const struct npub_reloc *r, uint32_t count)
{
	return append(b, NPUB_SECTION_RELOCS, r, count);
}

uint32_t bundle_syncs(struct bundle *b, const struct npub_sync *s, uint32_t count)
{
	return append(b, NPUB_SECTION_SYNCS, s, count);
}

uint32_t bundle_scales(struct bundle *b, const float *scales, uint32_t count)
{
	return append(b, NPUB_SECTION_SCALES, scales, count);
}

uint32_t bundle_debug(struct bundle *b, const struct npub_debug_tile *d, uint32_t count)
{
	return append(b, NPUB_SECTION_DEBUG, d, count);
}

uint32_t bundle_count(const struct bundle *b, enum npub_section_kind kind)
{
	return (uint32_t)b->section[kind].count;
}

void *bundle_data(struct bundle *b, uint64_t bytes, uint64_t *offset)
{
	const struct array *a = &b->section[NPUB_SECTION_DATA];
	uint64_t pad = (NPUB_ALIGN - a->count % NPUB_ALIGN) % NPUB_ALIGN;
	uint8_t *place;

	if (bytes >= NPUB_NONE) {
		b->failed = true;
		return NULL;
	}
	place = grow(b, NPUB_SECTION_DATA, pad + bytes);
	if (!place)
		return NULL;
	memset(place, 0, pad + bytes);
	*offset = a->count - bytes;
	return place + pad;
}

void bundle_strip(struct bundle *b)
{
	b->section[NPUB_SECTION_DEBUG].count = 0;
	b->strip = true;
}

static uint64_t align_up(uint64_t x)
{
	return (x + NPUB_ALIGN - 1) / NPUB_ALIGN * NPUB_ALIGN;
}

static int by_word(const void *a, const void *b)
{
	const struct npub_reloc *x = a, *y = b;

	return (x->word > y->word) - (x->word < y->word);
}

/* Readers want each conv's relocations in the order of the words they patch. */
static void sort_relocs(struct bundle *b)
{
	const struct array *convs = &b->section[NPUB_SECTION_CONVS];
	const struct array *relocs = &b->section[NPUB_SECTION_RELOCS];

	for (uint64_t i = 0; i < convs->count; i++) {
		const struct npub_conv *c = (const struct npub_conv *)convs->bytes + i;

		if (c->first_reloc <= relocs->count && c->reloc_count &&
		    c->reloc_count <= relocs->count - c->first_reloc)
			qsort((struct npub_reloc *)relocs->bytes + c->first_reloc,
			      c->reloc_count, sizeof(struct npub_reloc), by_word);
	}
}

static bool has_section(const struct bundle *b, int kind)
{
	if (kind <= LAST_REQUIRED_KIND)
		return true;
	return b->section[kind].count && !(kind == NPUB_SECTION_DEBUG && b->strip);
}

/* Place the sections: fills the table, returns the bytes of the file. */
static uint64_t lay_out(const struct bundle *b, struct npub_section *table,
			uint32_t *count)
{
	uint64_t at;

	*count = 0;
	for (int k = 1; k <= LAST_KIND; k++)
		*count += has_section(b, k);
	at = align_up(sizeof(struct npub_header) + *count * sizeof(struct npub_section));
	for (int k = 1; k <= LAST_KIND; k++) {
		const struct array *a = &b->section[k];

		if (!has_section(b, k))
			continue;
		*table++ = (struct npub_section){
			.kind = (uint32_t)k,
			.flags = k <= LAST_REQUIRED_KIND ? NPUB_SECTION_REQUIRED : 0,
			.offset = at,
			.bytes = a->count * a->elem_bytes,
			.elem_bytes = (uint32_t)a->elem_bytes,
			.elem_count = (uint32_t)a->count,
		};
		at = align_up(at + a->count * a->elem_bytes);
	}
	return at;
}

static void fill_header(const struct bundle *b, struct npub_header *h,
			uint32_t section_count, uint64_t file_bytes)
{
	*h = (struct npub_header){
		.version = NPUB_VERSION,
		.last_compatible_version = NPUB_LAST_COMPATIBLE_VERSION,
		.file_bytes = file_bytes,
		.header_bytes = sizeof *h,
		.section_entry_bytes = sizeof(struct npub_section),
		.section_count = section_count,
		.target = NPUB_TARGET_RK3588,
		.spec_digest = b->spec_digest,
	};
	memcpy(h->magic, NPUB_MAGIC, NPUB_MAGIC_BYTES);
	snprintf(h->compiler, sizeof h->compiler, "npucc %s", NPUCC_VERSION);
}

const uint8_t *bundle_finish(struct bundle *b, size_t *bytes)
{
	struct npub_section table[LAST_KIND];
	struct crc32c_table crc;
	struct npub_header *h;
	uint64_t file_bytes;
	uint32_t count;

	if (b->failed)
		return NULL;
	if (b->image) {
		*bytes = b->image_bytes;
		return b->image;
	}
	sort_relocs(b);
	file_bytes = lay_out(b, table, &count);
	b->image = calloc(1, file_bytes);
	if (!b->image)
		return NULL;
	b->image_bytes = file_bytes;
	crc32c_init(&crc);
	for (uint32_t i = 0; i < count; i++) {
		struct npub_section *s = &table[i];

		if (s->bytes)
			memcpy(b->image + s->offset, b->section[s->kind].bytes, s->bytes);
		s->crc = crc32c(&crc, 0, b->image + s->offset, s->bytes);
	}
	memcpy(b->image + sizeof *h, table, count * sizeof table[0]);
	h = (struct npub_header *)b->image;
	fill_header(b, h, count, file_bytes);
	h->table_crc = crc32c(&crc, 0, table, count * sizeof table[0]);
	h->header_crc = crc32c(&crc, 0, h, offsetof(struct npub_header, header_crc));
	*bytes = file_bytes;
	return b->image;
}
