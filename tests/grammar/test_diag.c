/* How messages look. */
#include "reading.h"

#include <stdlib.h>
#include <string.h>

struct capture {
	struct diag *diag;
	FILE *out;
	char *text;
	size_t bytes;
};

static void start(struct capture *c)
{
	memset(c, 0, sizeof *c);
	c->out = open_memstream(&c->text, &c->bytes);
	assert_non_null(c->out);
	c->diag = diag_new(c->out);
}

static void finish(struct capture *c, const char *name, const char *want)
{
	fclose(c->out);
	if (strcmp(c->text, want) != 0)
		fail_msg("%s: found\n%s\nwant\n%s", name, c->text, want);
	diag_free(c->diag);
	free(c->text);
}

static const struct {
	const char *name, *text;
	uint32_t line, col, len;
	const char *want;
} snippets[] = {
	{ "a token", "conv a {\n  stride 12\n}\n", 2, 10, 2,
	  "s:2:10: error: m [c]\n    2 |   stride 12\n      |          ^~\n" },
	{ "tabs stay tabs", "\tstride\t12", 1, 9, 2,
	  "s:1:9: error: m [c]\n    1 | \tstride\t12\n      | \t      \t^~\n" },
	{ "characters, not bytes", "\xc3\xa9\xe2\x82\xac x", 1, 4, 1,
	  "s:1:4: error: m [c]\n    1 | \xc3\xa9\xe2\x82\xac x\n      |    ^\n" },
	{ "behind the last character", "ab\ncd", 2, 3, 1,
	  "s:2:3: error: m [c]\n    2 | cd\n      |   ^\n" },
	{ "tildes end with the line", "abcd", 1, 3, 40,
	  "s:1:3: error: m [c]\n    1 | abcd\n      |   ^~\n" },
	{ "an empty line shows nothing", "ab\n\ncd", 2, 1, 1, "s:2:1: error: m [c]\n" },
	{ "a line that does not exist", "ab", 7, 1, 1, "s:7:1: error: m [c]\n" },
	{ "carriage return", "ab\r\ncd", 1, 1, 9,
	  "s:1:1: error: m [c]\n    1 | ab\n      | ^~\n" },
	{ "no terminal codes", "a\x1b[2J\x7f\x01 b\xff\xc2\x9b", 1, 1, 1,
	  "s:1:1: error: m [c]\n    1 | a?[2J?? b??\n      | ^\n" },
	{ "no place", "ab", 0, 0, 0, "error: m [c]\n" },
};

static void test_snippets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof snippets / sizeof snippets[0]; i++) {
		struct loc loc = { 0, snippets[i].line, snippets[i].col,
				   snippets[i].len };
		struct capture c;

		start(&c);
		diag_add_source(c.diag, "s", snippets[i].text, strlen(snippets[i].text));
		diag_error(c.diag, loc, "c", "m");
		finish(&c, snippets[i].name, snippets[i].want);
	}
}

/* Long lines are cut around the caret, and the caret stays under its character. */
static void test_long_line(void **state)
{
	static const uint32_t cols[] = { 1, 60, 75, 76, 500, 4999, 5000, 5001 };
	char *text = malloc(5000);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < 5000; i++)
		text[i] = (char)('a' + i % 26);
	for (size_t i = 0; i < sizeof cols / sizeof cols[0]; i++) {
		struct loc loc = { 0, 1, cols[i], 1 };
		struct capture c;
		char *shown, *caret;

		start(&c);
		diag_add_source(c.diag, "s", text, 5000);
		diag_error(c.diag, loc, NULL, "m");
		fclose(c.out);
		shown = strchr(c.text, '\n') + 1;
		caret = strchr(shown, '\n') + 1;
		assert_true(caret - shown < 130);
		assert_non_null(strchr(caret, '^'));
		if (cols[i] <= 5000)
			assert_int_equal(shown[strchr(caret, '^') - caret],
					 'a' + (cols[i] - 1) % 26);
		diag_free(c.diag);
		free(c.text);
	}
	free(text);
}

static void test_notes(void **state)
{
	struct loc first = { 0, 1, 1, 1 }, second = { 0, 2, 1, 1 };
	struct capture c;

	(void)state;
	start(&c);
	diag_add_source(c.diag, "s", "ab\ncd", 5);
	diag_error(c.diag, second, "c", "m");
	diag_note(c.diag, second, "same line");
	diag_note(c.diag, first, "other line");
	diag_warning(c.diag, first, "w", "careful");
	diag_note(c.diag, (struct loc){ 0 }, "nowhere");
	assert_int_equal(diag_errors(c.diag), 1);
	assert_int_equal(diag_warnings(c.diag), 1);
	finish(&c, "notes",
	       "s:2:1: error: m [c]\n    2 | cd\n      | ^\ns:2:1: note: same line\n"
	       "s:1:1: note: other line\n    1 | ab\n      | ^\n"
	       "s:1:1: warning: careful [w]\n    1 | ab\n      | ^\nnote: nowhere\n");
}

/* After the last error that is shown, nothing of the others is. */
static void test_many(void **state)
{
	struct capture c;
	char *last;

	(void)state;
	start(&c);
	diag_add_source(c.diag, "s", "ab", 2);
	for (uint32_t i = 1; i <= 50; i++) {
		struct loc loc = { 0, 1, i, 1 };

		assert_int_equal(diag_full(c.diag), i > DIAG_MAX_ERRORS + 1);
		diag_error(c.diag, loc, NULL, "number %u", i);
		diag_note(c.diag, loc, "note %u", i);
	}
	assert_int_equal(diag_errors(c.diag), 50);
	fclose(c.out);
	assert_non_null(strstr(c.text, "number 20\n"));
	assert_non_null(strstr(c.text, "note 20\n"));
	assert_null(strstr(c.text, "number 21"));
	assert_null(strstr(c.text, "note 21"));
	last = strstr(c.text, "error: more than 20 errors");
	assert_non_null(last);
	assert_null(strstr(last + 1, "error:"));
	diag_free(c.diag);
	free(c.text);
}

/* The same thing at the same place is said once; without output it is counted. */
static void test_once(void **state)
{
	struct loc loc = { 0, 1, 1, 1 };
	struct diag *diag = diag_new(NULL);

	(void)state;
	diag_add_source(diag, "s", "ab", 2);
	diag_error(diag, loc, "c", "m");
	diag_error(diag, loc, "c", "m");
	diag_note(diag, loc, "n");
	assert_int_equal(diag_errors(diag), 1);
	loc.col = 2;
	diag_error(diag, loc, "c", "m");
	assert_int_equal(diag_errors(diag), 2);
	diag_free(diag);
}

static const struct {
	const char *word, *want;
} words[] = {
	{ "strid", "stride" },
	{ "sride", "stride" },
	{ "strdie", "stride" },
	{ "STRIDE", "stride" },
	{ "pading", NULL },
	{ "knrel", "kernel" },
	{ "x", NULL },
	{ "", NULL },
	{ "groups", "groups" },
	{ "padd", "pad" },
	{ "completely", NULL },
	{ "dilatoin", "dilation" },
	{ "a_word_longer_than_anything_there_is", NULL },
};

static void test_nearest(void **state)
{
	static const char *const candidates[] = { "stride", "pad",	"kernel",
						  "groups", "dilation", "" };

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		const char *found = diag_nearest(
		    words[i].word, candidates, sizeof candidates / sizeof candidates[0]);

		if (!found != !words[i].want ||
		    (found && strcmp(found, words[i].want) != 0))
			fail_msg("%s: found %s", words[i].word,
				 found ? found : "nothing");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snippets), cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_notes),	 cmocka_unit_test(test_many),
		cmocka_unit_test(test_once),	 cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
