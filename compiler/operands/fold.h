/*
 * What goes into weights and bias before anything is quantised, in double precision:
 * batch norm, and the conversion of pixels.
 *
 *     w' = w * a[k] / std[c]
 *     bias' = bias * a[k] + b[k]          and, by the reader of the weights, less the
 *                                         sum of w' * mean[c], with w' as it is stored
 */
#ifndef FOLD_H
#define FOLD_H

#include "operands/weights.h"

struct fold {
	const struct conv_problem *p;
	double *gain; /* a[k]: bn_scale, or ones */
	double *bias; /* bias' without the means */
	bool pixels;  /* std and mean by input channel count */
	double std[CONV_MAX_PIXEL_CHANS], mean[CONV_MAX_PIXEL_CHANS];
	/* By output channel, of weights that are stored numbers: real weight
	 * w = (stored - zero) * scale.  NULL: weights are real already. */
	const double *stored_scale, *stored_zero;
};

/* False after an error at the value that drives it; fold_free() either way. */
bool fold_load(struct fold *f, const struct conv_problem *p, struct diag *diag);
void fold_free(struct fold *f);

/* Whether weights stay what they are. */
bool fold_is_plain(const struct fold *f);

/* Consecutive weights w' of one kernel; with pixels, of one input channel too. */
struct weight_run {
	uint32_t k, c; /* c: input channel, 0 without pixels */
	uint64_t at;   /* index of the first */
	const double *values;
	size_t count;
};

typedef bool weight_run_take(void *context, const struct weight_run *run);

/* weights_read() of folded weights. */
bool fold_read(const struct fold *f, struct weights_file *w, weight_run_take *take,
	       void *context);

#endif
