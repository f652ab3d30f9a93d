/*
 * Lines of the text that --explain prints: labels, wrapped sentences, plurals.
 */
#ifndef EXPLAIN_LINES_H
#define EXPLAIN_LINES_H

#include <stdint.h>
#include <stdio.h>

#include "explain/explain_figures.h"

#define EXPLAIN_COLUMNS 100

/* "  label          text", wrapped with the text's own margin. */
void explain_field(FILE *out, int indent, const char *label, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Words of `text` from column `margin` on, broken before EXPLAIN_COLUMNS. */
void explain_wrapped(FILE *out, int margin, const char *text);

/* "s" unless there is one. */
const char *explain_plural(uint64_t count);

/* One plan with its choices, costs, streams and tiles. */
void explain_text_plan(FILE *out, const struct explain_figures *f,
		       const struct explain_plan *e);

#endif
