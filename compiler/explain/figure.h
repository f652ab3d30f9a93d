/*
 * A plan as a picture: which core makes which rows and channels of the output,
 * and which input rows each tile reads, halo included.
 */
#ifndef FIGURE_H
#define FIGURE_H

#include <stdio.h>

#include "compile.h"

/* Draw all plans of a compiled conv, side by side, as one SVG document. */
void figure_svg(FILE *out, const struct compiled_conv *c);

/* The same into a file, whole or not at all.  False with `why` filled. */
bool figure_write(const char *path, const struct compiled_conv *c, char *why,
		  size_t why_bytes);

#endif
