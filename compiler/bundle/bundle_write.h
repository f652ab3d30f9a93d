/*
 * Build a bundle in memory and write it, magic last.
 *
 * The caller adds elements section by section; indices and offsets come back.
 * The same calls give the same bytes on every host.
 */
#ifndef BUNDLE_WRITE_H
#define BUNDLE_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "bundle_format.h"

struct bundle;

/* NULL when out of memory.  Later failures are sticky: bundle_finish() reports. */
struct bundle *bundle_new(uint64_t spec_digest);
void bundle_free(struct bundle *b);

/* Offset of the text in STRINGS; equal texts share one. */
uint32_t bundle_string(struct bundle *b, const char *text);

/* Append an element; returns its index in its section. */
uint32_t bundle_tensor(struct bundle *b, const struct npub_tensor *t);
uint32_t bundle_bo(struct bundle *b, const struct npub_bo *bo);
uint32_t bundle_conv(struct bundle *b, const struct npub_conv *c);
uint32_t bundle_plan(struct bundle *b, const struct npub_plan *p);
/* Append `count` elements; returns the index of the first. */
uint32_t bundle_tasks(struct bundle *b, const struct npub_task *t, uint32_t count);
uint32_t bundle_words(struct bundle *b, const uint64_t *w, uint32_t count);
uint32_t bundle_relocs(struct bundle *b, const struct npub_reloc *r, uint32_t count);
uint32_t bundle_syncs(struct bundle *b, const struct npub_sync *s, uint32_t count);
uint32_t bundle_debug(struct bundle *b, const struct npub_debug_tile *d, uint32_t count);

/* Real scales of a conv's weights, one float an output channel. */
uint32_t bundle_scales(struct bundle *b, const float *scales, uint32_t count);

/* Elements added so far, to know an index before adding. */
uint32_t bundle_count(const struct bundle *b, enum npub_section_kind kind);

/*
 * Room for `bytes` of DATA at a 64-byte boundary, zeroed, to be filled in place
 * before the next call; *offset is its place in DATA.  NULL when out of memory.
 */
void *bundle_data(struct bundle *b, uint64_t bytes, uint64_t *offset);

/* Leave the optional DEBUG section out. */
void bundle_strip(struct bundle *b);

/*
 * The finished file image; owned by the bundle.  NULL when anything before ran
 * out of memory or a count overflowed.
 */
const uint8_t *bundle_finish(struct bundle *b, size_t *bytes);

/*
 * Write the image to `path` through a temporary file in the same directory and
 * a rename; nothing is left behind on failure, and a link stays a link.  "-" is
 * standard output.  False with `why` filled: "x.npub: cannot write: ...".
 */
bool bundle_write_file(struct bundle *b, const char *path, char *why, size_t why_bytes);

#endif
