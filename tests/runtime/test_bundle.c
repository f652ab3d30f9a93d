#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "error.h"
#include "tiny.h"

static uint8_t *good_bundle(size_t *bytes)
{
	struct tiny t;

	tiny_make(&t, &(struct tiny_options){ .max_cores = 2, .tiles = 2, .bias = 1 });
	return tiny_bundle(&t, bytes);
}

static void test_round_trip(void **state)
{
	struct tiny t;
	struct npurt_error error;
	struct npub b;
	uint8_t *blob;
	size_t bytes;

	(void)state;
	tiny_make(&t, &(struct tiny_options){ .max_cores = 3, .tiles = 2 });
	blob = tiny_bundle(&t, &bytes);
	npurt_error_reset(&error);
	assert_int_equal(npub_open(&b, blob, bytes, &error), NPURT_OK);
	assert_int_equal(b.conv_count, 1);
	assert_int_equal(b.plan_count, t.plan_count);
	assert_memory_equal(b.plans, t.plan, t.plan_count * sizeof t.plan[0]);
	assert_int_equal(b.task_count, t.task_count);
	assert_memory_equal(b.tasks, t.task, t.task_count * sizeof t.task[0]);
	assert_int_equal(b.word_count, t.word_count);
	assert_memory_equal(b.words, t.word, t.word_count * sizeof t.word[0]);
	assert_int_equal(b.reloc_count, t.reloc_count);
	assert_memory_equal(b.relocs, t.reloc, t.reloc_count * sizeof t.reloc[0]);
	assert_int_equal(b.sync_count, t.sync_count);
	assert_memory_equal(b.syncs, t.sync, t.sync_count * sizeof t.sync[0]);
	assert_int_equal(b.data_bytes, t.data_bytes);
	assert_memory_equal(b.data, t.data, t.data_bytes);
	assert_string_equal(npub_string(&b, b.convs[0].name), "tiny");
	assert_string_equal(npub_string(&b, b.bos[TINY_WEIGHT].name), "weight");
	assert_string_equal(npub_string(&b, UINT32_MAX), "");
	assert_null(b.debug);
	assert_true((uint64_t)((const uint8_t *)b.words - blob) % NPUB_ALIGN == 0);
	free(blob);
}

static void test_every_prefix(void **state)
{
	size_t bytes;
	uint8_t *blob = good_bundle(&bytes);

	(void)state;
	for (size_t n = 0; n < bytes; n++) {
		/* its own allocation, so that a sanitizer sees a read past the end */
		uint8_t *prefix = malloc(n ? n : 1);
		struct npurt_error error;
		enum npurt_err err;

		assert_non_null(prefix);
		memcpy(prefix, blob, n);
		err = npurt_verify(prefix, n, &error);
		if (err != NPURT_ERR_TRUNCATED || error.code != err)
			fail_msg("prefix of %zu bytes: %s", n, npurt_errname(err));
		free(prefix);
	}
	free(blob);
}

static void test_every_byte(void **state)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff };
	size_t bytes;
	uint8_t *blob = good_bundle(&bytes);

	(void)state;
	assert_int_equal(npurt_verify(blob, bytes, NULL), NPURT_OK);
	for (size_t i = 0; i < bytes; i++) {
		for (size_t f = 0; f < sizeof flips; f++) {
			struct npurt_error error;
			enum npurt_err err;

			blob[i] ^= flips[f];
			err = npurt_verify(blob, bytes, &error);
			blob[i] ^= flips[f];
			/* SECTION: a byte of the zeros between sections */
			if (i < NPUB_MAGIC_BYTES
				? err != NPURT_ERR_MAGIC
				: err != NPURT_ERR_CHECKSUM && err != NPURT_ERR_SECTION)
				fail_msg("byte %zu ^ %02x: %s", i, flips[f],
					 npurt_errname(err));
		}
	}
	assert_int_equal(npurt_verify(blob, bytes, NULL), NPURT_OK);
	free(blob);
}

static void test_arguments(void **state)
{
	size_t bytes;
	uint8_t *blob = good_bundle(&bytes), *longer = malloc(bytes + 200);
	struct npurt_error error;

	(void)state;
	assert_non_null(longer);
	assert_int_equal(npurt_verify(NULL, 0, &error), NPURT_ERR_ARGUMENT);
	memcpy(longer + 4, blob, bytes);
	assert_int_equal(npurt_verify(longer + 4, bytes, &error), NPURT_ERR_ALIGNMENT);
	/* erased flash after the bundle is no harm */
	memset(longer, 0xff, bytes + 200);
	memcpy(longer, blob, bytes);
	assert_int_equal(npurt_verify(longer, bytes + 200, &error), NPURT_OK);
	free(longer);
	free(blob);
}

/* ---- bundles that are whole but wrong: checksums recomputed ---- */

#define HEADER(field) offsetof(struct npub_header, field)
#define ENTRY(i, field)                                                                  \
	(sizeof(struct npub_header) + (i) * sizeof(struct npub_section) +                \
	 offsetof(struct npub_section, field))

static const struct {
	const char *name;
	enum npurt_err want;
	size_t offset, width;
	uint64_t value;
} header_cases[] = {
	/* clang-format off */
	{ "newer reader needed",  NPURT_ERR_VERSION,   HEADER(last_compatible_version), 4, NPUB_VERSION + 1 },
	{ "no version",           NPURT_ERR_VERSION,   HEADER(last_compatible_version), 4, 0 },
	{ "older than we read",   NPURT_ERR_VERSION,   HEADER(last_compatible_version), 4, 1 },
	{ "version below itself", NPURT_ERR_VERSION,   HEADER(version), 4, 0 },
	{ "other chip",           NPURT_ERR_TARGET,    HEADER(target), 4, 3568 },
	{ "longer than given",    NPURT_ERR_TRUNCATED, HEADER(file_bytes), 8, 1u << 30 },
	{ "huge",                 NPURT_ERR_TRUNCATED, HEADER(file_bytes), 8, UINT64_MAX },
	{ "shorter than table",   NPURT_ERR_SECTION,   HEADER(file_bytes), 8, 128 },
	{ "shorter than content", NPURT_ERR_TRUNCATED, HEADER(file_bytes), 8, 1024 },
	{ "header size",          NPURT_ERR_SECTION,   HEADER(header_bytes), 4, 64 },
	{ "entry size",           NPURT_ERR_SECTION,   HEADER(section_entry_bytes), 4, 48 },
	{ "no sections",          NPURT_ERR_SECTION,   HEADER(section_count), 4, 0 },
	{ "too many sections",    NPURT_ERR_SECTION,   HEADER(section_count), 4, 1000 },
	{ "one section short",    NPURT_ERR_SECTION,   HEADER(section_count), 4, 9 },
	{ "reserved header byte", NPURT_ERR_SECTION,   HEADER(reserved) + 39, 1, 1 },
	{ "compiler not ended",   NPURT_ERR_SECTION,   HEADER(compiler) + 31, 1, 'x' },
	{ "unknown required",     NPURT_ERR_SECTION,   ENTRY(0, kind), 4, 99 },
	{ "kind zero",            NPURT_ERR_SECTION,   ENTRY(0, kind), 4, 0 },
	{ "known but optional",   NPURT_ERR_SECTION,   ENTRY(0, flags), 4, 0 },
	{ "unknown flag",         NPURT_ERR_SECTION,   ENTRY(1, flags), 4, 3 },
	{ "reserved entry word",  NPURT_ERR_SECTION,   ENTRY(1, reserved), 4, 1 },
	{ "section twice",        NPURT_ERR_SECTION,   ENTRY(9, kind), 4, NPUB_SECTION_STRINGS },
	{ "not on 64",            NPURT_ERR_SECTION,   ENTRY(0, offset), 8, 530 },
	{ "over the header",      NPURT_ERR_SECTION,   ENTRY(0, offset), 8, 64 },
	{ "over another",         NPURT_ERR_SECTION,   ENTRY(2, offset), 8, 576 },
	{ "past the end",         NPURT_ERR_TRUNCATED, ENTRY(9, offset), 8, 1u << 20 },
	{ "offset wraps",         NPURT_ERR_TRUNCATED, ENTRY(9, offset), 8, UINT64_MAX - 63 },
	{ "bytes wrap",           NPURT_ERR_TRUNCATED, ENTRY(9, bytes), 8, UINT64_MAX },
	{ "element size",         NPURT_ERR_SECTION,   ENTRY(1, elem_bytes), 4, 40 },
	{ "count not bytes",      NPURT_ERR_SECTION,   ENTRY(1, elem_count), 4, 3 },
	/* clang-format on */
};

static void test_header_and_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof header_cases / sizeof header_cases[0]; i++) {
		size_t bytes;
		uint8_t *blob = good_bundle(&bytes);
		struct npurt_error error;
		enum npurt_err err;

		memcpy(blob + header_cases[i].offset, &header_cases[i].value,
		       header_cases[i].width);
		tiny_fix_crcs(blob, bytes);
		err = npurt_verify(blob, bytes, &error);
		CHECK_ERR(header_cases[i].name, err, header_cases[i].want, &error);
		CHECK(header_cases[i].name, error.code == err && error.detail[0],
		      "no detail");
		free(blob);
	}
}

static void test_unknown_optional_section(void **state)
{
	struct tiny t;
	size_t bytes;
	uint8_t *blob;
	struct npub_section *s;

	(void)state;
	tiny_make(&t, &(struct tiny_options){ .tiles = 1 });
	blob = tiny_bundle(&t, &bytes);
	s = (struct npub_section *)(blob + sizeof(struct npub_header));
	/* Turn a required section into an optional stranger: skipped, but missed. */
	s[8].kind = 77;
	s[8].flags = 0;
	tiny_fix_crcs(blob, bytes);
	assert_int_equal(npurt_verify(blob, bytes, NULL), NPURT_ERR_SECTION);
	free(blob);
}

/* A newer writer's extra section, appended to a good bundle. */
static void test_extra_section_is_skipped(void **state)
{
	size_t bytes, table_end, grown;
	uint8_t *blob = good_bundle(&bytes), *more;
	struct npub_header *h;
	struct npub_section *s;

	(void)state;
	table_end = sizeof *h + 10 * sizeof *s;
	assert_true(table_end + sizeof *s <= 576); /* fits before the first section */
	grown = bytes + 64;
	more = calloc(1, grown);
	assert_non_null(more);
	memcpy(more, blob, bytes);
	h = (struct npub_header *)more;
	s = (struct npub_section *)(h + 1);
	assert_int_equal(s[0].offset, 576);
	s[10] = (struct npub_section){ .kind = 500,
				       .offset = bytes,
				       .bytes = 24,
				       .elem_bytes = 12,
				       .elem_count = 2 };
	h->section_count = 11;
	h->file_bytes = grown;
	memset(more + bytes, 0x5a, 24);
	tiny_fix_crcs(more, grown);
	assert_int_equal(npurt_verify(more, grown, NULL), NPURT_OK);
	more[bytes + 3] ^= 1;
	assert_int_equal(npurt_verify(more, grown, NULL), NPURT_ERR_CHECKSUM);
	free(more);
	free(blob);
}

/* The writer shares strings, so a bad name needs a change after writing. */
static void test_names(void **state)
{
	struct npurt_error error;
	struct npub b;
	size_t bytes;
	uint8_t *blob = good_bundle(&bytes);
	uint8_t *first_char;

	(void)state;
	npurt_error_reset(&error);
	assert_int_equal(npub_open(&b, blob, bytes, &error), NPURT_OK);
	((struct npub_conv *)(uintptr_t)b.convs)->name = b.string_bytes;
	tiny_fix_crcs(blob, bytes);
	assert_int_equal(npurt_verify(blob, bytes, &error), NPURT_ERR_INDEX);
	((struct npub_conv *)(uintptr_t)b.convs)->name = 0;
	((struct npub_bo *)(uintptr_t)b.bos)->name = UINT32_MAX;
	tiny_fix_crcs(blob, bytes);
	assert_int_equal(npurt_verify(blob, bytes, &error), NPURT_ERR_INDEX);
	((struct npub_bo *)(uintptr_t)b.bos)->name = 0;
	((struct npub_tensor *)(uintptr_t)b.tensors)->name = UINT32_MAX;
	tiny_fix_crcs(blob, bytes);
	assert_int_equal(npurt_verify(blob, bytes, &error), NPURT_ERR_INDEX);
	((struct npub_tensor *)(uintptr_t)b.tensors)->name = 0;
	tiny_fix_crcs(blob, bytes);
	assert_int_equal(npurt_verify(blob, bytes, &error), NPURT_OK);
	first_char = (uint8_t *)(uintptr_t)b.strings;
	first_char[b.string_bytes - 1] = 'x';
	tiny_fix_crcs(blob, bytes);
	assert_int_equal(npurt_verify(blob, bytes, &error), NPURT_ERR_SECTION);
	first_char[b.string_bytes - 1] = 0;
	first_char[0] = 'x';
	tiny_fix_crcs(blob, bytes);
	assert_int_equal(npurt_verify(blob, bytes, &error), NPURT_ERR_SECTION);
	free(blob);
}

static void test_error_texts(void **state)
{
	struct npurt_error error;

	(void)state;
	for (int e = 0; e < NPURT_ERR_N; e++) {
		assert_non_null(npurt_strerror((enum npurt_err)e));
		assert_true(strlen(npurt_strerror((enum npurt_err)e)) > 5);
		assert_memory_equal(npurt_errname((enum npurt_err)e), "NPURT_", 6);
	}
	assert_string_equal(npurt_errname(NPURT_ERR_DMA), "NPURT_ERR_DMA");
	assert_string_equal(npurt_strerror((enum npurt_err)9999), "unknown error");
	npurt_error_reset(&error);
	npurt_failf(&error, NPURT_ERR_DMA, "%s %u %U %x %X%%", "s", 0u, UINT64_MAX,
		    0xabcu, UINT64_C(0x123456789abcdef0));
	assert_string_equal(error.detail,
			    "s 0 18446744073709551615 0xabc 0x123456789abcdef0");
	assert_int_equal(npurt_failf(&error, NPURT_ERR_PLAN, "second"), NPURT_ERR_PLAN);
	assert_int_equal(error.code, NPURT_ERR_DMA); /* the first one wins */
	npurt_error_reset(&error);
	for (int i = 0; i < 40; i++)
		npurt_detailf(&error, "0123456789");
	assert_int_equal(strlen(error.detail), NPURT_DETAIL_BYTES - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_header_and_table),
		cmocka_unit_test(test_unknown_optional_section),
		cmocka_unit_test(test_extra_section_is_skipped),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_error_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
