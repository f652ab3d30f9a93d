/* Shared by the files that make operands. */
#ifndef OPERANDS_PRIV_H
#define OPERANDS_PRIV_H

#include "operands/fold.h"
#include "operands/operands.h"

/* The arrays by channel that the problem needs, zero; false after an error. */
bool operands_allocate(struct operands *o, const struct conv_problem *p,
		       struct diag *diag);

/* What drives the part of a sum that is no product. */
enum conv_attr operands_bias_attr(const struct conv_problem *p);

/* Least and greatest bn_scale into the notes. */
void operands_note_gain(struct operands *o, const struct fold *fold);

/* Everything of `o` from the problem, by element type.  False after an error. */
bool operands_load_int8(struct operands *o, const struct conv_problem *p,
			struct diag *diag);
bool operands_load_fp16(struct operands *o, const struct conv_problem *p,
			struct diag *diag);

#endif
