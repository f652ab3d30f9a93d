/*
 * Weights and bias as the user has them: from a seed, an .npy file or a
 * safetensors file, as plain arrays in the conv's element type.
 */
#ifndef WEIGHTS_H
#define WEIGHTS_H

#include "conv_problem.h"

/*
 * The conv's weights as a dense array, out_c x in_c/groups x kernel_h x kernel_w,
 * element type p->elem, in malloc'd memory for the caller to free.  fp32 and fp64
 * files are rounded to nearest even.  NULL after an error at the conv's
 * CONV_WEIGHTS location (wrong shape, type, length, unreadable, not finite).
 */
void *weights_load(const struct conv_problem *p, struct diag *diag);

/* The bias as out_c floats, or NULL: none, or after an error (diag says which). */
float *bias_load(const struct conv_problem *p, struct diag *diag);

/* fp16 bits of a float, nearest even; and back. */
uint16_t fp16_from_float(float value);
float float_from_fp16(uint16_t bits);

#endif
