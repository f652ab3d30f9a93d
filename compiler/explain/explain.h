/*
 * What the compiler decided for a conv, and why: the same figures as text and
 * as JSON (docs/explain.md).
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <jansson.h>
#include <stdio.h>

#include "compile.h"

/*
 * Whether the operation's constants follow from weights or other files, so that
 * operands_load() must come first; else op_from_problem() and unit scales are enough.
 */
bool explain_needs_operands(const struct conv_problem *p);

/* Print one conv, compiled with `o`, with all its plans. */
void explain_text(FILE *out, const struct compiled_conv *c, const struct operands *o);

/* The same as a new JSON object, keys in a fixed order; NULL: out of memory. */
json_t *explain_json(const struct compiled_conv *c, const struct operands *o);

#endif
