#include "common/number_words.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Of one, of more; the first is never the longer one. */
static const struct {
	const char *one, *many;
} nouns[] = {
	{ "bank", "banks" },	 { "channel", "channels" }, { "chunk", "chunks" },
	{ "column", "columns" }, { "core", "cores" },	    { "entry", "entries" },
	{ "group", "groups" },	 { "kernel", "kernels" },   { "part", "parts" },
	{ "row", "rows" },	 { "slice", "slices" },	    { "task", "tasks" },
	{ "tile", "tiles" },
};

static bool begins_word(const char *text, const char *at)
{
	return at == text || at[-1] == ' ' || at[-1] == '(';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Make the noun at `at` one. */
static void shorten(char *at)
{
	for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++) {
		size_t one = strlen(nouns[i].one), many = strlen(nouns[i].many);

		if (strncmp(at, nouns[i].many, many) != 0 || is_letter(at[many]))
			continue;
		memcpy(at, nouns[i].one, one);
		memmove(at + one, at + many, strlen(at + many) + 1);
		return;
	}
}

void words_singular(char *text)
{
	static const char *const adjectives[] = { "data ",    "input ",	 "output ",
						  "channel ", "weight ", "row ",
						  "whole " };

	for (char *at = text; (at = strstr(at, "1 ")) != NULL;) {
		bool counted = begins_word(text, at);

		at += 2;
		if (!counted)
			continue;
		for (size_t i = 0; i < sizeof adjectives / sizeof adjectives[0]; i++) {
			size_t bytes = strlen(adjectives[i]);

			if (!strncmp(at, adjectives[i], bytes)) {
				at += bytes;
				break;
			}
		}
		shorten(at);
	}
}
