/*
 * What --explain tells about the operation: types, quantisation, what is folded where,
 * and the constants of the output stage with the real numbers that they stand for.
 */
#ifndef EXPLAIN_OPERATION_H
#define EXPLAIN_OPERATION_H

#include <jansson.h>
#include <stdio.h>

#include "explain/explain_figures.h"
#include "operands/operands.h"

/* scale / 2^shift in place of a real ratio. */
struct explain_multiplier {
	double ratio;
	uint32_t scale, shift;
	double value, error; /* what it is, and how far off, relative */
};

struct explain_operation {
	const struct conv_problem *p;
	const struct operands *o;
	const struct npub_op *op;
	const struct conv_layout *l;
	bool int8;
	double weight_scale_min, weight_scale_max; /* int8: of all channels */
	double sum_scale;		 /* int8: what a 1 in the sum means */
	struct explain_multiplier out;	 /* int8 to int8: sum to output */
	struct explain_multiplier added; /* int8 with an addition: operand to sum */
	struct explain_multiplier leak;	 /* leaky: the slope */
};

/* `o` is what the conv was compiled with. */
void explain_operation_of(struct explain_operation *e, const struct compiled_conv *c,
			  const struct operands *o);

/* "none", "fp32", "int32" or "grouped". */
const char *explain_stream_name(const struct conv_layout *l);

/* "none", "relu", "clip" or "leaky", and the stage that does it: "none", "BN", "EW". */
const char *explain_activation_name(const struct npub_op *op);
const char *explain_activation_stage(const struct npub_op *op);

/* "none", "per-channel", "per-tensor", "given" or "file". */
const char *explain_granularity(const struct conv_problem *p);

/*
 * Where the quantisation comes from; "none" for floats.
 *
 *     input     "given", "default", or "pixels": the user's bytes as they are
 *     output    "given", "range": chosen from it, or "sum": that of the int32 sum
 *     operand   "given", or "output": the output's
 */
const char *explain_input_source(const struct conv_problem *p);
const char *explain_output_source(const struct explain_operation *e);
const char *explain_operand_source(const struct explain_operation *e);

/* A section of the text; nothing for a float conv with at most a bias. */
void explain_operation_text(FILE *out, const struct explain_operation *e);

/* The same as a new JSON object; NULL: out of memory. */
json_t *explain_operation_json(const struct explain_operation *e);

#endif
