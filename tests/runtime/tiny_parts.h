/* What the files of the hand-made bundle share. */
#ifndef TESTS_TINY_PARTS_H
#define TESTS_TINY_PARTS_H

#include "tiny.h"

enum {
	TINY_PLANE = TINY_H * TINY_W,
	TINY_LANES_INT8 = 16, /* channels of an atom: 8 of them do not exist */
	TINY_KERNEL_BYTES = TINY_KERNEL * TINY_KERNEL * 16, /* an atom a tap either way */
	TINY_WEIGHT_BYTES = TINY_K * TINY_KERNEL_BYTES,
	TINY_BIAS_AT = TINY_WEIGHT_BYTES, /* 2880 is a multiple of 64 */
	TINY_OPERAND_AT = 512		  /* behind the input */
};

/* The output stage's constants (struct npub_op). */
struct npub_op tiny_op(const struct tiny_options *o);

/* Weights, bias and scales into t->data and t->scale; fills data_bytes. */
void tiny_fill_data(struct tiny *t, const struct tiny_options *o);

/* Records, words and relocations of a plan for so many cores. */
void tiny_add_plan(struct tiny *t, uint32_t cores, const struct tiny_options *o);

static inline int tiny_has_bias(const struct tiny_options *o)
{
	return o->bias || o->int8 || o->op;
}

#endif
