/*
 * Families of random problems.
 */
#ifndef FAMILIES_H
#define FAMILIES_H

#include "problem.h"

#define MAX_WIDTH 2047u /* of an input row */

struct family {
	const char *name;
	void (*draw)(struct problem *p,
		     uint64_t *s); /* sizes; may be too large or illegal */
	uint32_t share;		   /* of all problems */
};

/* One of all, by their shares, or one of those that aim at the edges of the CBUF. */
const struct family *family_draw(uint64_t *s, bool at_edges);
/* The one of this name, which there must be. */
const struct family *family_named(const char *name);

/* One feature of the operator, with a shape and other features that suit it. */
const char *operator_draw(struct problem *p, uint64_t *s, uint32_t feature);
/* An int8 conv whose features and kernels take as many bytes as the fp16 one's. */
void operator_make_int8(struct problem *p, uint64_t *s);
/* Scales that follow from the sizes, once these are final. */
void operator_finish(struct problem *p, uint64_t *s);

/* A number whose logarithm is even over that of [least, most]. */
double draw_log(uint64_t *s, double least, double most);
/* A zero point of stored elements, at an end of their range as often as not. */
int32_t draw_zero(uint64_t *s);
/* Such a scale and zero point, of bytes at times. */
void draw_quant(struct user_quant *q, uint64_t *s, double least, double most);

#endif
