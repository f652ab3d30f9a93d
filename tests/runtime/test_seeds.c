/*
 * The fuzzers' seeds are what the writer makes today, not yesterday's format: a seed
 * that is refused at the door reaches nothing.  NPUCC_UPDATE_SEEDS=1 writes them anew.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tiny.h"

#define CORPUS SOURCE_ROOT "/tests/fuzz/corpus/"

static const struct {
	const char *name;
	struct tiny_options options;
} seeds[] = {
	{ "one-task", { .tiles = 1 } },
	{ "bias", { .tiles = 2, .bias = 1 } },
	{ "delta", { .tiles = 4, .delta = 1 } },
	{ "two-cores", { .max_cores = 2 } },
	{ "three-cores", { .max_cores = 3 } },
	{ "int8", { .int8 = 1 } },
	{ "int8-leaky", { .int8 = 1, .op = NPUB_OP_LEAKY } },
	{ "int8-add", { .int8 = 1, .op = NPUB_OP_ADD | NPUB_OP_RELU | NPUB_OP_CLAMP } },
	{ "add", { .tiles = 2, .op = NPUB_OP_ADD | NPUB_OP_RELU } },
};

static void check_file(const char *kind, const char *name, const void *want, size_t bytes)
{
	char path[512];
	uint8_t *have = malloc(bytes + 1);
	FILE *f;

	assert_non_null(have);
	snprintf(path, sizeof path, CORPUS "%s/%s", kind, name);
	if (getenv("NPUCC_UPDATE_SEEDS")) {
		f = fopen(path, "wb");
		CHECK(path, f && fwrite(want, 1, bytes, f) == bytes, "not written");
	} else {
		f = fopen(path, "rb");
		CHECK(path, f, "not there");
		CHECK(path,
		      fread(have, 1, bytes + 1, f) == bytes && !memcmp(have, want, bytes),
		      "not what the writer makes");
	}
	fclose(f);
	free(have);
}

static void test_bundles(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
		struct tiny t;
		size_t bytes;
		uint8_t *blob;

		tiny_make(&t, &seeds[i].options);
		blob = tiny_bundle(&t, &bytes);
		assert_int_equal(npurt_verify(blob, bytes, NULL), NPURT_OK);
		check_file("bundle", seeds[i].name, blob, bytes);
		free(blob);
	}
}

/* As fuzz_words.c reads them: eight bytes, then commands with device addresses. */
enum { WORDS_AT = 8, DATA_ROOM = 8192, COMMANDS_DMA = 0x10000000, DATA_DMA = 0x20000000 };

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++) {
		uint8_t seed[WORDS_AT + TINY_MAX_WORDS * 8] = { 0 };
		struct tiny t;

		if (!seeds[i].options.op) /* the others are there by hand */
			continue;
		tiny_make(&t, &seeds[i].options);
		for (uint32_t r = 0; r < t.reloc_count; r++) {
			const struct npub_reloc *reloc = &t.reloc[r];
			uint64_t address = DATA_DMA + reloc->bo * DATA_ROOM;

			if (reloc->bo == TINY_WEIGHT && reloc->addend >= t.regcmd_at)
				address = COMMANDS_DMA - t.regcmd_at;
			t.word[reloc->word] += (address + reloc->addend) << 16;
		}
		seed[1] = (uint8_t)(t.task[0].regcfg_amount / 2);
		seed[2] = (uint8_t)t.task_count;
		memcpy(seed + WORDS_AT, t.word, t.word_count * 8);
		check_file("words", seeds[i].name, seed, WORDS_AT + t.word_count * 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_bundles),
					    cmocka_unit_test(test_words) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
