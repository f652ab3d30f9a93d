/*
 * int8 weights: their scales and zero points, and the weights in those steps.
 */
#ifndef QUANTIZE_H
#define QUANTIZE_H

#include "fold.h"
#include "operands_priv.h"

/* Of the folded real weights of one output channel. */
struct channel_stat {
	double peak;	/* largest magnitude */
	double sum;
	double squares; /* sum of squares */
	double offset;	/* sum of w' * (input zero point - mean[c]), with pixels */
};

/* Of the stored weights of one output channel, less their zero point. */
struct stored_stat {
	int64_t positive, negative; /* sums */
	double offset; /* sum of weight * (input zero point - mean[c]), with pixels */
};

/*
 * An int8 conv on its way to operands.
 *
 * invariant: once scales are chosen, largest == max of scale[] and is a float
 */
struct quantizer {
	const struct conv_problem *p;
	struct operands *o;
	struct diag *diag;
	struct fold fold;
	struct weights_file file;
	bool per_channel;
	double input_scale;
	int32_t input_zero; /* stored */
	double pixel_zero;  /* the input's zero point as the user's byte */
	struct channel_stat *stats;
	struct stored_stat *stored;
	double *given_scale, *given_zero; /* as written, before batch norm */
	double *scale; /* of each channel's weights, and the largest */
	double largest;
};

/*
 * Take the scales that are given, or measure the weights and choose them; fills scale,
 * largest, stats, o->weight_zero, o->weight_scale and, per channel, o->factor and
 * o->correction (F-68, F-70).  How scales are chosen is in operands.h.  False after an error.
 */
bool quantize_choose_scales(struct quantizer *q);

/* Store the weights in their scales: fills o->weights and stored.  False after an error. */
bool quantize_weights(struct quantizer *q);

/*
 * Quantisation of the output from the range of real values to be expected; formula in
 * operands.h.  `operand` is the added tensor's where given, else NULL.
 */
struct tensor_quant choose_output_quant(const struct quantizer *q,
					const struct tensor_quant *operand,
					struct operand_notes *notes);

#endif
