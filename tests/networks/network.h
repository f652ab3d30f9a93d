/*
 * The convs of a network, one after the other, from spec to compared output.
 *
 * The reference is told what the spec says and the quantisation that the bundle
 * states; all constants between them it derives itself (tests/ref).
 */
#ifndef NETWORK_H
#define NETWORK_H

#include "conv_problem.h"
#include "npurt.h"
#include "operands/operands.h"
#include "ref_fixed.h"

/* A conv's data: stored elements, and what the reference makes of them. */
struct layer {
	const struct conv_problem *p;
	struct ref_conv r;
	bool int8;
	void *x, *w, *operand; /* fp16 bits or int8; operand NULL: none is added */
	double *bias;	       /* real values; NULL: none */
	double *weight_scale;  /* int8 */
	struct ref_fixed fixed; /* int8 */
	size_t x_count, w_count, y_count;
};

/*
 * Weights and bias as the spec's seed draws them, quantised by the scales that the
 * compiler chose, and a random input and operand.  False with a sentence when those
 * scales waste the weights' range, or memory runs out.
 */
bool layer_make(struct layer *l, const struct conv_problem *p, const struct operands *o,
		uint64_t seed, char *why, size_t why_bytes);
void layer_free(struct layer *l);

/* Constants of the output stage from the quantisation that the runtime states (int8). */
bool layer_derive(struct layer *l, const struct npurt_tensor_info *input,
		  const struct npurt_tensor_info *output,
		  const struct npurt_tensor_info *operand, char *why, size_t why_bytes);

/* How much to do, and what was done. */
struct tally {
	bool sampled; /* see layer_compare() */
	uint32_t convs;
	uint64_t compared, outputs, macs;
};

/*
 * Compare an output with the reference: all of it, or where `sampled` SAMPLE_ROWS
 * rows, the first and the last and random ones, of SAMPLE_CHANNELS random channels
 * each.  False with a sentence that names the first wrong element, or when most
 * outputs lie at a limit, where little would be noticed.
 */
#define SAMPLE_ROWS 12u
#define SAMPLE_CHANNELS 8u
bool layer_compare(const struct layer *l, const void *y, uint64_t seed, struct tally *tally,
		   char *why, size_t why_bytes);

/*
 * Compile a conv for 1, 2 and 3 cores, verify the bundle, run every plan on the
 * simulator and compare: the first with the reference, the others with the first.
 */
bool layer_run(const struct conv_problem *p, uint64_t seed, struct tally *tally, char *why,
	       size_t why_bytes);

/* splitmix64: advances *state. */
uint64_t draw64(uint64_t *state);

#endif
