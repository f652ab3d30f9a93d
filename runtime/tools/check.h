/*
 * A run's output against the reference convolution.
 */
#ifndef CHECK_H
#define CHECK_H

#include "bundle_file.h"
#include "tensor.h"

/*
 * How far a result may be from the reference r:
 *
 *     |got - r| <= ulp(r) + 2^-18 * sum |input * weight|
 *
 * ulp: of the output's type at r.  The second term is for the order of summation,
 * which the hardware does not promise.
 */
struct check_result {
	uint64_t outputs, failures;
	double max_error;   /* largest |got - r| */
	double worst_ratio; /* largest |got - r| / bound */
	size_t worst;	    /* where worst_ratio is */
	double worst_got, worst_reference, worst_bound;
	double cosine; /* of the two outputs as vectors; 1 when both are zero */
	double seconds;
};

enum check_status {
	CHECK_DONE,	  /* `failures` says how it went */
	CHECK_IMPOSSIBLE, /* `why` says why */
	CHECK_NOMEM
};

/*
 * Compute `conv` again from `input` and the bundle's weights and compare.
 * `threads` workers; `progress` prints a line on stderr that goes away.
 */
enum check_status check_output(struct check_result *result, const struct npub *b,
			       const struct npub_conv *conv, const struct tensor *input,
			       const struct tensor *output, uint32_t threads,
			       bool progress, char *why, size_t why_bytes);

/* What one value of the output may be off. */
double check_bound(enum npu_elem elem, double reference, double magnitude);

#endif
