/*
 * What a conv problem's attributes are called and where they are kept.
 */
#ifndef CONV_ATTR_H
#define CONV_ATTR_H

#include "conv_problem.h"

/* "kernel height", as messages say it. */
const char *conv_attr_name(enum conv_attr attr);

/* The uint32_t field of an attribute; NULL for attributes that are no size. */
uint32_t *conv_field(struct conv_problem *p, enum conv_attr attr);
uint32_t conv_value(const struct conv_problem *p, enum conv_attr attr);

/* The place of an attribute, or that of the conv when it was not written. */
struct loc conv_attr_loc(const struct conv_problem *p, enum conv_attr attr);

/* The files that a problem names, by number: each may be SOURCE_NONE. */
#define CONV_SOURCE_N 6u
struct tensor_source *conv_source(struct conv_problem *p, size_t number);

/* The source that an attribute sets; NULL for attributes that set none or several. */
struct tensor_source *conv_attr_source(struct conv_problem *p, enum conv_attr attr);

/* The quantisation that an attribute sets; NULL for all but three. */
struct conv_quant *conv_attr_quant(struct conv_problem *p, enum conv_attr attr);

/* Free what a source owns; it is then SOURCE_NONE. */
void tensor_source_clear(struct tensor_source *source);

/* Free what the problem owns. */
void conv_problem_clear(struct conv_problem *p);

#endif
