/*
 * Diagnostics for the user's text: sources, locations, carets, counters.
 *
 *     conv.spec:4:10: error: stride 12 is out of range [stride-range]
 *         4 |   stride 12
 *           |          ^~
 *     conv.spec:4:10: note: the hardware takes strides 1 to 7
 */
#ifndef DIAG_H
#define DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DIAG_MAX_ERRORS 20u

/* A range in a source.  line 0: no place in any text. */
struct loc {
	uint32_t source; /* index of diag_add_source */
	uint32_t line;	 /* from 1 */
	uint32_t col;	 /* from 1, in characters (UTF-8 code points) */
	uint32_t len;	 /* characters, at least 1 */
};

struct diag;

/* The source of what was typed, rather than read. */
#define COMMAND_LINE_SOURCE "<command line>"

/* Messages go to `out`; NULL collects nothing but counts. */
struct diag *diag_new(FILE *out);
void diag_free(struct diag *diag);

/* A message as it would be printed, for a program that has its own way of showing it. */
struct diag_message {
	struct loc loc;
	const char *kind;  /* "error", "warning", "note" */
	const char *check; /* the rule's name; NULL: none */
	const char *text;
};

/*
 * Hand messages to `sink` instead of printing them, all of them: nothing is left
 * out after DIAG_MAX_ERRORS.  NULL prints again.
 */
void diag_set_sink(struct diag *diag,
		   void (*sink)(void *context, const struct diag_message *message),
		   void *context);

/*
 * Register a text; the text is copied.  `name` is what messages print: a path,
 * "<command line>", ...  Returns its index.
 */
uint32_t diag_add_source(struct diag *diag, const char *name, const char *text,
			 size_t bytes);

/* The name of a text, as messages print it. */
const char *diag_source_name(const struct diag *diag, uint32_t source);

/* Report; `check` is the rule's name in brackets, NULL for syntax errors. */
void diag_error(struct diag *diag, struct loc loc, const char *check, const char *fmt,
		...) __attribute__((format(printf, 4, 5)));
void diag_warning(struct diag *diag, struct loc loc, const char *check, const char *fmt,
		  ...) __attribute__((format(printf, 4, 5)));
/* A line under the message before it; not printed when that one was not. */
void diag_note(struct diag *diag, struct loc loc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

uint32_t diag_errors(const struct diag *diag);
uint32_t diag_warnings(const struct diag *diag);
/*
 * True once an error was held back and that was said: nothing more would be shown,
 * so reading may stop.
 */
bool diag_full(const struct diag *diag);

/* The candidate nearest to `word` ("did you mean"), NULL when none is near. */
const char *diag_nearest(const char *word, const char *const *candidates, size_t count);

#endif
