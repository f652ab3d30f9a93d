/*
 * int8 weights: their scales and zero points, and the weights in those steps.
 */
#ifndef QUANTIZE_H
#define QUANTIZE_H

#include "operands/fold.h"
#include "operands/operands_priv.h"

/* Of the folded real weights of one output channel. */
struct channel_stat {
	double peak; /* largest magnitude */
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
	double least_scale;		  /* chosen scales are not below; */
	double
	    free_scale; /* and are this one when neither weights nor bias ask for any */
	double *scale;	/* of each channel's weights, and the largest */
	double largest;
};

/*
 * Read the weights once: their scales where given, and stats.  False after an error.
 */
bool quantize_measure(struct quantizer *q);

/*
 * Take the scales that are given, or choose them (operands.h says how); fills scale,
 * largest, o->weight_zero, o->weight_scale and, per channel, o->factor and o->correction
 * (F-68, F-70).  False after an error.
 */
bool quantize_choose_scales(struct quantizer *q);

/* Store the weights in their scales: fills o->weights and stored.  False after an error.
 */
bool quantize_weights(struct quantizer *q);

/* Real values that an output is to hold, 0 among them. */
struct output_range {
	double low, high;
};

/*
 * The range to be expected after the activation, by the formula in operands.h; `operand`
 * is the added tensor's quantisation where it is given, else NULL.
 */
struct output_range expect_output(const struct quantizer *q,
				  const struct tensor_quant *operand,
				  struct operand_notes *notes);

/* The scale that spreads a range over an int8. */
double output_range_scale(const struct output_range *range);

/* Scale, at least `unit`, and zero point for a range. */
struct tensor_quant quant_of_range(const struct output_range *range, double unit);

#endif
