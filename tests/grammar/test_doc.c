/*
 * The examples of docs/spec-language.md: blocks marked `conv` and `json` are read
 * and checked, blocks marked `conv-error` are refused.
 */
#include "reading.h"

#include <stdlib.h>
#include <string.h>

#define FENCE "```"

struct block {
	char kind[32];
	const char *text;
	size_t bytes;
	int line;
};

static const char *next_line(const char *at)
{
	const char *stop = strchr(at, '\n');

	return stop ? stop + 1 : at + strlen(at);
}

/* The next fenced block from *at on; false at the end. */
static bool next_block(struct block *block, const char **at, int *line)
{
	for (; **at && strncmp(*at, FENCE, strlen(FENCE)) != 0; *at = next_line(*at))
		++*line;
	if (!**at)
		return false;
	block->kind[0] = 0;
	sscanf(*at + strlen(FENCE), "%31[a-z-]", block->kind);
	block->line = ++*line;
	*at = next_line(*at);
	block->text = *at;
	for (; **at && strncmp(*at, FENCE, strlen(FENCE)) != 0; *at = next_line(*at))
		++*line;
	block->bytes = (size_t)(*at - block->text);
	*at = next_line(*at);
	++*line;
	return true;
}

static bool is_kind(const struct block *block, const char *kind)
{
	return strcmp(block->kind, kind) == 0;
}

/* True when the block is an example; fails when it does not do what it shows. */
static bool check_block(const struct block *block)
{
	bool is_wrong = is_kind(block, "conv-error");
	struct reading r;

	if (!is_wrong && !is_kind(block, "conv") && !is_kind(block, "json"))
		return false;
	reading_start(&r);
	spec_read_text(&r.spec, "example", block->text, block->bytes, r.diag);
	reading_finish(&r);
	if (is_wrong != (r.errors > 0))
		fail_msg("spec-language.md:%d: %s", block->line,
			 is_wrong ? "is accepted" : r.messages);
	reading_free(&r);
	return true;
}

static void test_examples(void **state)
{
	size_t bytes;
	char *doc = read_whole(SOURCE_ROOT "/docs/spec-language.md", &bytes);
	const char *at = doc;
	int line = 1, convs = 0, jsons = 0, errors = 0;
	struct block block;

	(void)state;
	assert_non_null(doc);
	while (next_block(&block, &at, &line)) {
		if (!check_block(&block))
			continue;
		convs += is_kind(&block, "conv");
		jsons += is_kind(&block, "json");
		errors += is_kind(&block, "conv-error");
	}
	assert_true(convs >= 3);
	assert_true(jsons >= 1);
	assert_true(errors >= 1);
	free(doc);
}

/* The message that the page shows is the one its example gives. */
static void test_shown_message(void **state)
{
	size_t bytes;
	char *doc = read_whole(SOURCE_ROOT "/docs/spec-language.md", &bytes);
	const char *at = doc;
	struct block block, shown = { .text = NULL };
	struct reading r;
	int line = 1;

	(void)state;
	assert_non_null(doc);
	reading_start(&r);
	while (next_block(&block, &at, &line)) {
		if (is_kind(&block, "conv-error") && !shown.text)
			spec_read_text(&r.spec, "edges.conv", block.text, block.bytes,
				       r.diag);
		else if (is_kind(&block, "text") && r.diag &&
			 strstr(block.text, "edges.conv:") && !shown.text)
			shown = block;
	}
	reading_finish(&r);
	assert_non_null(shown.text);
	if (r.message_bytes != shown.bytes ||
	    memcmp(r.messages, shown.text, shown.bytes) != 0)
		fail_msg("the page shows\n%.*s\nbut it is\n%s", (int)shown.bytes,
			 shown.text, r.messages);
	reading_free(&r);
	free(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_shown_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
