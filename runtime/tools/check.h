/*
 * A run's output against the reference convolution.
 */
#ifndef CHECK_H
#define CHECK_H

#include "bundle_file.h"
#include "error_stats.h"
#include "tensor.h"

/*
 * int8: every output must be what the fixed-point reference gives (check_fixed.h).
 *
 * Floats: how far a result may be from the reference r:
 *
 *     |got - r| <= ulp(r) + 2^-18 * sum |input * weight| + 2^-22 * (|bias| + |operand|)
 *
 * ulp: of the output's type at r.  The second term is for the order of summation,
 * which the hardware does not promise; the third for the two additions behind it.
 */
struct check_result {
	bool is_fixed;
	uint64_t outputs, failures;
	struct error_stats error; /* from the reference, in stored numbers */
	/* Floats: the output that came nearest to its bound. */
	double worst_ratio; /* largest |got - r| / bound */
	size_t worst;	    /* where worst_ratio is */
	double worst_got, worst_reference, worst_bound;
	/*
	 * int8: from the same conv in real numbers, with the scales that the bundle
	 * notes, cut to what the output can hold; in real numbers.  What is further from
	 * it than all roundings together comes from constants of other scales.
	 */
	bool has_model;
	struct error_stats model;
	uint64_t clipped; /* outputs that were cut */
	uint64_t beyond;  /* outputs that rounding does not explain */
	double seconds;
};

enum check_status {
	CHECK_DONE,	  /* `failures` and `beyond` say how it went */
	CHECK_IMPOSSIBLE, /* `why` says why */
	CHECK_NOMEM
};

/* What was run, and on what. */
struct check_run {
	const struct npub *npub;
	const struct npub_conv *conv;
	const struct tensor *input, *output;
	const struct tensor *operand; /* NULL: the conv adds none */
	uint32_t threads;
	bool progress; /* a line on stderr that goes away */
};

/* Compute the conv again from the bundle's weights and compare. */
enum check_status check_output(struct check_result *result, const struct check_run *run,
			       char *why, size_t why_bytes);

/* What one value of a float output may be off; magnitude: what 2^-18 is taken of. */
double check_bound(enum npu_elem elem, double reference, double magnitude);

#endif
