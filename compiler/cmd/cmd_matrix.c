/*
 * npucc matrix: what is supported, in which type, on how many cores, and what that
 * rests on, found by compiling an example of each feature.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "common/options.h"
#include "matrix/matrix.h"
#include "mem.h"

enum option_id { OPT_MARKDOWN = 1, OPT_JSON, OPT_CAPTURES };

static const struct option_row rows[] = {
	{ NULL, NULL, NULL, 0, "Options" },
	{ NULL, "markdown", "[short]", OPT_MARKDOWN,
	  "print a table for a page; short: without the reasons of refusals" },
	{ NULL, "json", NULL, OPT_JSON,
	  "print an array with an object for each feature: plans, hazards, reasons, and "
	  "the spec that was compiled" },
	{ NULL, "captures", "DIR", OPT_CAPTURES,
	  "count the captured schedules of DIR that show each feature, in place of the "
	  "numbers built in" },
	{ "h", "help", NULL, OPTIONS_HELP, "print this page" },
	{ "V", "version", NULL, OPTIONS_VERSION, "print the version" },
};

static const struct options_section sections[] = {
	{ "CELLS",
	  " captured (N)  it compiles, and N captured schedules of the vendor's compiler "
	  "show the\n"
	  "               feature in this type; their plans are reproduced (npucc verify "
	  "--corpus)\n"
	  " formula       it compiles; no capture shows it: verifier and simulator "
	  "agree\n"
	  " untested      it compiles, but rests on a guess: a board runs it only with\n"
	  "               --allow=untested\n"
	  " no (N)        it is refused, for the reason N below the table\n"
	  " cores         the numbers of cores that have a plan of their own; others run "
	  "the\n"
	  "               one-core plan\n" },
	{ "EXIT STATUS",
	  " 0  printed\n 2  wrong command line\n 3  a file could not be read "
	  "or written\n 4  internal error or out of memory\n" },
	{ "EXAMPLES", " npucc matrix\n npucc matrix --json | jq '.[] | .feature'\n" },
	{ "SEE ALSO", "npucc; docs/support.md" },
};

static const struct options options = {
	.program = "npucc matrix",
	.rows = rows,
	.row_count = sizeof rows / sizeof rows[0],
	.summary = "say what is supported, and what that rests on",
	.synopsis = "[--markdown[=short] | --json] [--captures DIR]",
	.description = "Every feature is shown by a small conv that is checked, quantised, "
		       "planned and compiled for one, two and three cores. Nothing of the "
		       "answer is written down but the numbers of captures.",
	.sections = sections,
	.section_count = sizeof sections / sizeof sections[0],
};

struct request {
	enum matrix_format format;
	const char *captures;
};

static int take_option(void *request, const struct options_scan *scan, int id)
{
	struct request *r = request;

	switch (id) {
	case OPTIONS_WORD:
		options_usage(&options, stderr, "'%s': nothing is read", scan->value);
		return EXIT_USAGE;
	case OPT_MARKDOWN:
		r->format = MATRIX_MARKDOWN;
		if (scan->value && strcmp(scan->value, "short") != 0) {
			options_complain(scan, "it can be 'short', not '%s'", scan->value);
			return EXIT_USAGE;
		}
		if (scan->value)
			r->format = MATRIX_SHORT;
		break;
	case OPT_JSON:
		r->format = MATRIX_JSON;
		break;
	case OPT_CAPTURES:
		r->captures = scan->value;
		break;
	}
	return -1;
}

int cmd_matrix(int argc, char **argv)
{
	struct request r = { .format = MATRIX_TEXT };
	int code = options_each(&options, argc, argv, take_option, &r);
	struct matrix_cell(*cells)[MATRIX_TYPES];
	uint32_t(*counts)[MATRIX_TYPES];

	if (code >= 0)
		return code;
	cells = mem_new(matrix_row_count * sizeof *cells);
	counts = mem_new(matrix_row_count * sizeof *counts);
	for (size_t i = 0; i < matrix_row_count && !r.captures; i++)
		memcpy(counts[i], matrix_rows[i].captures, sizeof counts[i]);
	code = EXIT_FILE;
	if (!r.captures || matrix_count_captures(r.captures, counts)) {
		for (size_t i = 0; i < matrix_row_count; i++)
			for (int type = 0; type < MATRIX_TYPES; type++)
				matrix_ask(&cells[i][type], &matrix_rows[i],
					   (enum matrix_type)type, counts[i][type]);
		matrix_print(stdout, (const struct matrix_cell(*)[MATRIX_TYPES])cells,
			     r.format);
		code = EXIT_DONE;
	}
	free(cells);
	free(counts);
	return code;
}
