/*
 * What the compiler decided for a conv, and why: the same figures as text and
 * as JSON (docs/explain.md).
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <jansson.h>
#include <stdio.h>

#include "compile.h"

/* Print one compiled conv with all its plans. */
void explain_text(FILE *out, const struct compiled_conv *c);

/* The same as a new JSON object, keys in a fixed order; NULL: out of memory. */
json_t *explain_json(const struct compiled_conv *c);

#endif
