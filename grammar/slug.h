/*
 * The one-line form: b1_c160_h40_w40_oc320_wic160_k3x3_g1_s1_pvalid
 */
#ifndef SLUG_H
#define SLUG_H

#include "attr.h"

/* For messages. */
extern const char slug_example[];

/* Does the text begin as a slug does? */
bool str_is_slug(struct str text);

/* Set what the slug, written at `loc`, says.  Errors point at its parts. */
void slug_read(const struct attr_context *context, struct str slug, struct loc loc);

#endif
