/*
 * A bundle of one conv, taken apart by its section table.
 */
#ifndef BUNDLE_SECTIONS_H
#define BUNDLE_SECTIONS_H

#include "explain_fixture.h"

/* The sections of a finished bundle; the writer's own reader is tested elsewhere. */
struct sections {
	const struct npub_bo *bos;
	const struct npub_conv *conv;
	const struct npub_plan *plans;
	const struct npub_task *tasks;
	const uint64_t *words;
	const struct npub_reloc *relocs;
	const struct npub_sync *syncs;
	const struct npub_debug_tile *debug;
	const struct npub_tensor *tensors;
	const uint8_t *data;
	const char *strings;
};

static inline const void *find_section(const uint8_t *image, enum npub_section_kind kind)
{
	const struct npub_header *h = (const struct npub_header *)image;
	const struct npub_section *s = (const struct npub_section *)(image + sizeof *h);

	for (uint32_t i = 0; i < h->section_count; i++) {
		if (s[i].kind == (uint32_t)kind)
			return image + s[i].offset;
	}
	fail_msg("no section %d", kind);
	return NULL;
}

/* A bundle of one conv that was compiled with `o`. */
static inline struct bundle *make_bundle(const struct compiled_conv *c,
					 const struct operands *o, struct sections *s)
{
	struct bundle *bundle = bundle_new(1);
	const uint8_t *image;
	size_t bytes;

	assert_true(bundle && compile_emit(bundle, c, o));
	image = bundle_finish(bundle, &bytes);
	assert_non_null(image);
	*s = (struct sections){
		.bos = find_section(image, NPUB_SECTION_BOS),
		.conv = find_section(image, NPUB_SECTION_CONVS),
		.plans = find_section(image, NPUB_SECTION_PLANS),
		.tasks = find_section(image, NPUB_SECTION_TASKS),
		.words = find_section(image, NPUB_SECTION_REGCMD),
		.relocs = find_section(image, NPUB_SECTION_RELOCS),
		.syncs = find_section(image, NPUB_SECTION_SYNCS),
		.debug = find_section(image, NPUB_SECTION_DEBUG),
		.tensors = find_section(image, NPUB_SECTION_TENSORS),
		.data = find_section(image, NPUB_SECTION_DATA),
		.strings = find_section(image, NPUB_SECTION_STRINGS),
	};
	return bundle;
}

#endif
