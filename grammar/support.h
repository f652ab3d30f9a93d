/*
 * What this release computes, and why it does not compute the rest.
 */
#ifndef SUPPORT_H
#define SUPPORT_H

#include "conv_problem.h"

#define ACT_N ((size_t)ACT_TANH + 1)

/* The activation's word in the spec language. */
const char *act_name(enum act_kind kind);

/*
 * Why no conv of `in` elements can write `out` elements, as half a sentence for a
 * message; NULL when it can.
 */
const char *type_pair_refusal(enum npu_elem in, enum npu_elem out);

/* Why an activation cannot be had with any types; NULL when it can with some. */
const char *act_refusal(enum act_kind kind);

/* The same for a pair of types that is supported. */
const char *act_pair_refusal(enum act_kind kind, enum npu_elem in, enum npu_elem out);

#endif
