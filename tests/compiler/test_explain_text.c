/*
 * The text of --explain: the figures of the JSON, every tile, lines that fit; and a
 * slug that reads back.
 */
#include "common/text_table.h"
#include "explain_cases.h"

#define TEXT_COLUMNS 100

/* The slug that is printed is the conv again, as far as a slug can say. */
static void slug_reads_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXPLAIN_CASES; i++) {
		const char *name = explain_cases[i].name, *slug;
		struct explained e, again;

		explained_open(&e, name, explain_cases[i].spec,
			       strlen(explain_cases[i].spec), 1);
		slug = json_text_at(name, json_array_get(e.json, 0), "slug");
		explained_open(&again, name, slug, strlen(slug), 1);
		if (strcmp(slug,
			   json_text_at(name, json_array_get(again.json, 0), "slug")))
			fail_msg("%s: '%s' does not read back", name, slug);
		assert_true(json_equal(json_at(name, e.json, "0.problem.output"),
				       json_at(name, again.json, "0.problem.output")));
		explained_close(&again);
		explained_close(&e);
	}
}

static void text_has(const char *name, const char *text, const char *want)
{
	if (!strstr(text, want))
		fail_msg("%s: the text lacks '%s':\n%s", name, want, text);
}

/* Figures of the JSON as the text writes them. */
static void check_text_figures(const char *name, const char *text, const json_t *j)
{
	static const char *const paths[] = {
		"problem.macs",
		"layout.weight_bytes",
		"command_words",
		"bos.1.bytes",
		"syncs.2.offset",
		"plans.0.cost.critical_cycles",
		"plans.0.cost.mac_cycles",
		"plans.0.cost.write_cycles",
		"plans.0.cost.dram_cycles",
		"plans.0.dram.input.bytes",
		"plans.0.dram.total.bytes",
		"plans.0.dram.total.least_bytes",
		"plans.0.tiles.0.cycles",
	};
	char number[TEXT_NUMBER_BYTES], want[96];

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		text_has(name, text,
			 text_number(number, json_uint_at(name, j, paths[i])));
	snprintf(want, sizeof want, "%.1f %% of",
		 100 * json_real_value(json_at(name, j, "plans.0.cost.utilisation")));
	text_has(name, text, want);
	text_has(name, text, json_text_at(name, j, "plans.0.evidence"));
	text_has(name, text, json_text_at(name, j, "plans.0.basis"));
	text_has(name, text, json_text_at(name, j, "slug"));
}

/* Every tile has its row, up to a limit; the rest is counted. */
static void check_tile_rows(const char *name, const char *text, const json_t *j)
{
	size_t plans = json_array_size(json_at(name, j, "plans")), want = 0, rows = 0;
	char more[32];

	for (size_t i = 0; i < plans; i++) {
		const json_t *plan = json_array_get(json_at(name, j, "plans"), i);
		size_t tiles = json_array_size(json_at(name, plan, "tiles"));

		if (!json_is_null(json_at(name, plan, "repeats_plan")))
			continue;
		want += tiles > 64 ? 64 : tiles;
		snprintf(more, sizeof more, "... %zu more", tiles - 64);
		if (tiles > 64)
			text_has(name, text, more);
	}
	for (const char *line = text; line; line = strchr(line, '\n')) {
		size_t digits;

		line += *line == '\n';
		digits = strspn(line, " ");
		rows += digits >= 4 && line[digits] >= '0' && line[digits] <= '9' &&
			digits < 8;
	}
	if (rows != want)
		fail_msg("%s: %zu tile rows, %zu expected:\n%s", name, rows, want, text);
}

static void check_lines(const char *name, const char *text)
{
	for (const char *line = text; *line;) {
		size_t bytes = strcspn(line, "\n");

		if (bytes > TEXT_COLUMNS)
			fail_msg("%s: %zu columns: %.*s", name, bytes, (int)bytes, line);
		if (bytes && line[bytes - 1] == ' ')
			fail_msg("%s: blanks at the end of '%.*s'", name, (int)bytes,
				 line);
		line += bytes + (line[bytes] == '\n');
	}
}

static void text_equals_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < EXPLAIN_CASES; i++) {
		struct explained e;
		const json_t *j;

		explained_open(&e, explain_cases[i].name, explain_cases[i].spec,
			       strlen(explain_cases[i].spec), explain_cases[i].core_mask);
		j = json_array_get(e.json, 0);
		check_text_figures(explain_cases[i].name, e.text, j);
		check_tile_rows(explain_cases[i].name, e.text, j);
		check_lines(explain_cases[i].name, e.text);
		explained_close(&e);
	}
}

static void numbers_and_sizes(void **state)
{
	static const struct {
		uint64_t value;
		const char *number, *size;
	} figures[] = {
		{ 0, "0", "" },
		{ 999, "999", "" },
		{ 1023, "1,023", "" },
		{ 1024, "1,024", "1.0 KiB" },
		{ 921600, "921,600", "900.0 KiB" },
		{ 1048576, "1,048,576", "1.0 MiB" },
		{ UINT64_MAX, "18,446,744,073,709,551,615", "16777216.0 TiB" },
	};
	char buf[TEXT_NUMBER_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
		assert_string_equal(text_number(buf, figures[i].value),
				    figures[i].number);
		assert_string_equal(text_size(buf, figures[i].value), figures[i].size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_and_sizes),
		cmocka_unit_test(slug_reads_back),
		cmocka_unit_test(text_equals_json),
	};

	return cmocka_run_group_tests_name("explain_text", tests, NULL, NULL);
}
