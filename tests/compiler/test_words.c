/*
 * Counted nouns in the planner's sentences.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "common/number_words.h"

/* clang-format off */
static const struct {
	const char *name, *text, *want;
} cases[] = {
	{ "one", "1 banks", "1 bank" },
	{ "more", "2 banks", "2 banks" },
	{ "eleven ends in a one", "11 banks, 21 rows", "11 banks, 21 rows" },
	{ "none", "0 groups", "0 groups" },
	{ "irregular", "room for 1 rows of 1 entries", "room for 1 row of 1 entry" },
	{ "two in a row", "1 tiles, 1 tasks", "1 tile, 1 task" },
	{ "adjective", "3 data + 1 weight banks", "3 data + 1 weight bank" },
	{ "in brackets", "(1 channels)", "(1 channel)" },
	{ "nothing counted", "core 1 runs", "core 1 runs" },
	{ "longer word", "1 rowsets", "1 rowsets" },
	{ "fraction", "0.1 rows", "0.1 rows" },
	{ "one at the end", "at least 1 ", "at least 1 " },
	{ "empty", "", "" },
};
/* clang-format on */

static void one_is_singular(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[80];

		snprintf(text, sizeof text, "%s", cases[i].text);
		words_singular(text);
		if (strcmp(text, cases[i].want) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", cases[i].name, text,
				 cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(one_is_singular) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
