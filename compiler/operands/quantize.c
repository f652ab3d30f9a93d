#include "operands/quantize.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "conv_attr.h"
#include "operands/requant.h"

/* Chosen scales use the symmetric part of an int8, -127 to 127. */
#define WEIGHT_PEAK 127.0
/* Chosen scales keep a bias to a quarter of what 32 bits hold. */
#define BIAS_ROOM 0x1p29

static bool measure_run(void *context, const struct weight_run *run)
{
	struct quantizer *q = context;
	struct channel_stat *stat = &q->stats[run->k];
	double peak = 0, sum = 0, squares = 0;

	for (size_t i = 0; i < run->count; i++) {
		double w = run->values[i], size = fabs(w);

		peak = size > peak ? size : peak;
		sum += w;
		squares += w * w;
	}
	if (!(peak <= FLT_MAX)) {
		size_t i = 0;

		while (fabs(run->values[i]) <= FLT_MAX)
			i++;
		return weights_refuse(&q->file, run->at + i, "range",
				      "scale the weights, and the output back afterwards",
				      "%g, beyond fp32%s", run->values[i],
				      fold_is_plain(&q->fold) ? "" : " after batch norm");
	}
	stat->peak = fmax(stat->peak, peak);
	stat->sum += sum;
	stat->squares += squares;
	if (q->fold.pixels)
		stat->offset += sum * (q->pixel_zero - q->fold.mean[run->c]);
	return true;
}

/* The least scale that holds a channel's weights, and its bias in a sum's units. */
static double least_scale(const struct quantizer *q, uint32_t k)
{
	double bias = fabs(q->fold.bias[k] + q->stats[k].offset);

	return fmax(q->stats[k].peak / WEIGHT_PEAK, bias / q->input_scale / BIAS_ROOM);
}

/* The next float that is not below. */
static double float_above(double value)
{
	float near = (float)value;

	if (value < FLT_MIN)
		return FLT_MIN;
	return near < value ? nextafterf(near, INFINITY) : near;
}

static bool choose_scales(struct quantizer *q)
{
	double top = 0, most;

	for (uint32_t k = 0; k < q->p->out_c; k++)
		top = fmax(top, least_scale(q, k));
	most = fmax(top, q->least_scale);
	if (!(most < FLT_MAX)) {
		bool added = q->least_scale == most;
		struct loc loc =
		    conv_attr_loc(q->p, added ? CONV_ADD : operands_bias_attr(q->p));

		diag_error(q->diag, loc, added ? "add-scale-range" : "bias-range",
			   "%s needs a weight scale of %g, beyond fp32",
			   added ? "the added tensor" : "the bias", most);
		diag_note(q->diag, loc, "use a larger input scale: it is %g now",
			  q->input_scale);
		return false;
	}
	q->largest = float_above(most > 0 ? most : fmin(q->free_scale, FLT_MAX));
	for (uint32_t k = 0; k < q->p->out_c; k++) {
		double least = least_scale(q, k);

		q->scale[k] = q->largest; /* of the topmost channel, whatever it needs */
		if (q->per_channel && q->stats[k].peak > 0 && least < top)
			q->scale[k] = requant_scale_of(
			    requant_factor_above(least, q->largest), q->largest);
	}
	return true;
}

/*
 * Scales as given.  Weights that are stored numbers keep them through batch norm: the
 * scale takes the magnitude, and a negative one turns them round.
 */
static bool take_scales(struct quantizer *q)
{
	q->largest = 0;
	for (uint32_t k = 0; k < q->p->out_c; k++) {
		double gain = q->fold.gain[k] / q->fold.std[0];

		q->scale[k] = q->given_scale[k];
		q->o->weight_zero[k] = (int32_t)q->given_zero[k];
		if (q->file.stored && gain != 0)
			q->scale[k] = (float)(q->scale[k] * fabs(gain));
		if (q->file.stored && gain < 0 && q->o->weight_zero[k])
			q->o->weight_zero[k] = -1 - q->o->weight_zero[k];
		q->largest = fmax(q->largest, q->scale[k]);
	}
	if (q->largest >= FLT_MIN && q->largest <= FLT_MAX)
		return true;
	diag_error(q->diag, conv_attr_loc(q->p, CONV_WEIGHT_QUANT), "weight-scale-range",
		   "the weight scale %g is out of the range of fp32", q->largest);
	diag_note(q->diag, conv_attr_loc(q->p, CONV_WEIGHT_QUANT), "%g to %g can be used",
		  (double)FLT_MIN, (double)FLT_MAX);
	return false;
}

/* Stored numbers have one scale a channel at most, whatever is folded in. */
static bool check_stored(const struct quantizer *q)
{
	const struct conv_problem *p = q->p;

	if (!q->per_channel && p->bn_scale.kind != SOURCE_NONE) {
		diag_error(q->diag, conv_attr_loc(p, CONV_BN_SCALE), "bn-scale-stored",
			   "bn_scale makes a scale for each channel, weights stored as "
			   "int8 have one");
		diag_note(q->diag, conv_attr_loc(p, CONV_BN_SCALE),
			  "give weight_quant a file of scales, or save the weights as "
			  "floats");
		return false;
	}
	for (uint32_t c = 1; c < p->in_c && q->fold.pixels; c++) {
		if (q->fold.std[c] == q->fold.std[0])
			continue;
		diag_error(q->diag, conv_attr_loc(p, CONV_INPUT_STD), "input-std-stored",
			   "weights stored as int8 cannot be divided by a value for each "
			   "input channel");
		diag_note(
		    q->diag, conv_attr_loc(p, CONV_INPUT_STD),
		    "give one value for all channels, or save the weights as floats");
		return false;
	}
	return true;
}

static bool load_given(struct quantizer *q)
{
	const struct conv_weight_quant *given = &q->p->weight_quant;

	for (uint32_t k = 0; k < q->p->out_c; k++) {
		q->given_scale[k] = given->scale;
		q->given_zero[k] = given->kind == WEIGHT_QUANT_GIVEN ? given->zero : 0;
	}
	if (given->kind == WEIGHT_QUANT_FILE &&
	    (!channel_values_load(q->given_scale, q->p, CHANNEL_WEIGHT_SCALE, q->diag) ||
	     !channel_values_load(q->given_zero, q->p, CHANNEL_WEIGHT_ZERO, q->diag)))
		return false;
	for (uint32_t k = 0; k < q->p->out_c; k++)
		q->given_scale[k] = (float)q->given_scale[k]; /* as a bundle has it */
	if (!q->file.stored)
		return true;
	q->fold.stored_scale = q->given_scale;
	q->fold.stored_zero = q->given_zero;
	return check_stored(q);
}

static bool set_factors(struct quantizer *q)
{
	struct operand_notes *notes = &q->o->notes;

	for (uint32_t k = 0; k < q->p->out_c; k++) {
		uint32_t factor = requant_factor(q->scale[k], q->largest);
		double error;

		if (!factor) {
			diag_error(q->diag, conv_attr_loc(q->p, CONV_WEIGHT_QUANT),
				   "weight-scale-ratio",
				   "the weight scale %g of channel %u is nothing beside "
				   "the largest, %g",
				   q->scale[k], k, q->largest);
			diag_note(
			    q->diag, conv_attr_loc(q->p, CONV_WEIGHT_QUANT),
			    "scales down to 1/%u of the largest can be used; make it "
			    "%g or more",
			    2 * NPU_FACTOR_ONE, q->largest / NPU_FACTOR_ONE);
			return false;
		}
		error = fabs(requant_scale_of(factor, q->largest) / q->scale[k] - 1);
		if (error > notes->factor_error) {
			notes->factor_error = error;
			notes->factor_channel = k;
		}
		q->o->factor[k] = (uint16_t)factor;
		q->o->correction[k] = (int16_t)-q->o->weight_zero[k];
	}
	return true;
}

static bool scales_are_given(const struct conv_problem *p)
{
	enum weight_quant_kind kind = p->weight_quant.kind;

	return kind == WEIGHT_QUANT_GIVEN || kind == WEIGHT_QUANT_FILE;
}

bool quantize_measure(struct quantizer *q)
{
	if (scales_are_given(q->p) && !load_given(q))
		return false;
	return fold_read(&q->fold, &q->file, measure_run, q);
}

bool quantize_choose_scales(struct quantizer *q)
{
	/* check_conv() refuses it */
	assert(q->per_channel || q->p->weight_quant.kind != WEIGHT_QUANT_FILE);
	if (scales_are_given(q->p) ? !take_scales(q) : !choose_scales(q))
		return false;
	for (uint32_t k = 0; k < q->p->out_c; k++)
		q->o->weight_scale[k] = (float)q->scale[k];
	return !q->per_channel || set_factors(q);
}

static bool store_run(void *context, const struct weight_run *run)
{
	struct quantizer *q = context;
	struct stored_stat *stat = &q->stored[run->k];
	const double scale = q->scale[run->k], zero = q->o->weight_zero[run->k];
	int8_t *out = (int8_t *)q->o->weights + run->at;
	int32_t positive = 0, negative = 0, saturated = 0;

	_Static_assert(ARRAY_BLOCK_ELEMS * 255u < INT32_MAX, "sums of a run fit");
	for (size_t i = 0; i < run->count; i++) {
		double exact = requant_round(run->values[i] / scale) + zero;
		double held = exact < INT8_MIN	 ? INT8_MIN
			      : exact > INT8_MAX ? INT8_MAX
						 : exact;
		int32_t steps = (int32_t)(held - zero);

		saturated += held != exact;
		positive += steps > 0 ? steps : 0;
		negative += steps < 0 ? steps : 0;
		out[i] = (int8_t)held;
	}
	stat->positive += positive;
	stat->negative += negative;
	if (q->fold.pixels)
		stat->offset +=
		    (positive + negative) * (q->pixel_zero - q->fold.mean[run->c]);
	q->o->notes.saturated_weights += (uint32_t)saturated;
	q->o->notes.weight_count += run->count;
	return true;
}

bool quantize_weights(struct quantizer *q)
{
	const struct conv_problem *p = q->p;

	q->o->weights =
	    malloc((size_t)p->out_c * conv_group_in_c(p) * p->kernel_h * p->kernel_w);
	if (!q->o->weights) {
		diag_error(q->diag, conv_attr_loc(p, CONV_WEIGHTS), "weights-memory",
			   "out of memory for the weights");
		return false;
	}
	return fold_read(&q->fold, &q->file, store_run, q);
}
