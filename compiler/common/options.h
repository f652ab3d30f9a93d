/*
 * Command lines: one table of options drives parsing and the help page.
 *
 *     static const struct option_row rows[] = {
 *             { NULL, NULL, NULL, 0, "Output" },
 *             { "o", "output", "FILE", OPT_OUTPUT, "write to FILE" },
 *             { NULL, "explain", "[FORMAT]", OPT_EXPLAIN, "say why; ..." },
 *             { "MF", NULL, "FILE", OPT_DEPFILE, "..." },
 *     };
 *     static const struct options options = { "npucc", rows, ROWS, ... };
 *
 *     static int take(void *request, const struct options_scan *scan, int id)
 *     {
 *             switch (id) { case OPT_OUTPUT: request->output = scan->value; ... }
 *             return -1;
 *     }
 *
 *     code = options_each(&options, argc, argv, take, &request);
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * One option, or a heading of the help page when both names are NULL.
 *
 * `short_name` follows one dash and may have several letters ("MF").  `arg` names
 * the argument: "FILE" must follow, as `--x FILE`, `--x=FILE`, `-x FILE` or
 * `-xFILE`; "[FILE]" may follow, only as `--x=FILE`; NULL: the option has none.
 */
struct option_row {
	const char *short_name, *long_name;
	const char *arg;
	int id; /* above 0; the caller's */
	const char *help;
};

/* A section of the help page.  Lines that start with a space are not wrapped. */
struct options_section {
	const char *title;
	const char *text;
};

struct options {
	const char *program;
	const struct option_row *rows;
	size_t row_count;
	const char *summary;  /* NAME: what follows the dash */
	const char *synopsis; /* lines after the program's name */
	const char *description;
	const struct options_section *sections; /* after OPTIONS */
	size_t section_count;
};

/* Ids that options_each() answers itself; the rows may have any names. */
#define OPTIONS_HELP (INT_MAX - 1)
#define OPTIONS_VERSION INT_MAX

#define OPTIONS_END 0	   /* no word is left */
#define OPTIONS_WORD (-1)  /* `value` is an argument that is not an option */
#define OPTIONS_ERROR (-2) /* reported; the caller ends with exit code 2 */

/* State of one walk over argv; nothing is allocated. */
struct options_scan {
	const struct options *options;
	int argc;
	char **argv;
	FILE *err;
	int at;		  /* next word of argv */
	const char *rest; /* letters left in a word such as -abc */
	bool only_words;  /* "--" was seen */
	/* Of the option just returned. */
	const struct option_row *row;
	const char *value; /* its argument, or the word; NULL: none given */
	char shown[48];	   /* as the user wrote it, for messages: "--bench" */
};

/* Begin at argv[1].  Complaints go to `err`, one line each. */
void options_begin(struct options_scan *scan, const struct options *options, int argc,
		   char **argv, FILE *err);

/*
 * One option or word of a command line, for options_each().  The exit code to end
 * with, after a complaint, or -1 to go on.  `id` is one of the caller's rows or
 * OPTIONS_WORD.
 */
typedef int options_take(void *request, const struct options_scan *scan, int id);

/*
 * Give every option and word to `take` until it returns an exit code.  --help and
 * --version print their page; what cannot be read ends with OPTIONS_EXIT_USAGE.
 * The exit code to end with, or -1 to go on.
 */
#define OPTIONS_EXIT_USAGE 2
int options_each(const struct options *options, int argc, char **argv, options_take *take,
		 void *request);

/* The next option's id, OPTIONS_WORD, OPTIONS_END or OPTIONS_ERROR. */
int options_next(struct options_scan *scan);

/*
 * The current option's argument as a whole number in [min, max], decimal or 0x.
 * False after a complaint that names the option and the range.
 */
bool options_number(const struct options_scan *scan, uint64_t min, uint64_t max,
		    uint64_t *out);

/* The argument's index in `words`, -1 after a complaint that lists them. */
int options_choice(const struct options_scan *scan, const char *const *words,
		   size_t count);

/* Complain about the current option: "PROGRAM: --bench: SENTENCE". */
void options_complain(const struct options_scan *scan, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Complain about the command line as a whole. */
void options_usage(const struct options *options, FILE *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The whole page, laid out like a manual page. */
void options_help(const struct options *options, FILE *out);

#endif
