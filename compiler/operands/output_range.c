/* The output's quantisation, from what values to expect. */
#include <float.h>
#include <math.h>

#include "operands/quantize.h"
#include "operands/requant.h"

#define RANGE_DEVIATIONS 4.0
#define INT8_STEPS 255.0
#define INT8_VALUES 256.0

struct spread {
	double mean, variance;
};

/* Real values spread evenly over all steps of a quantised tensor. */
static struct spread even_spread(double scale, int32_t zero)
{
	return (struct spread){ scale * ((INT8_MIN + INT8_MAX) / 2.0 - zero),
				scale * scale * (INT8_VALUES * INT8_VALUES - 1) / 12 };
}

/* The sum of a channel, and what is added to it. */
static struct spread channel_spread(const struct quantizer *q, uint32_t k,
				    const struct tensor_quant *operand)
{
	const struct channel_stat *stat = &q->stats[k];
	struct spread in = even_spread(q->input_scale, q->input_zero), added;
	struct spread out = { q->fold.bias[k] + stat->offset + in.mean * stat->sum,
			      in.variance * stat->squares };

	if (!q->p->fusion.add)
		return out;
	added = operand ? even_spread((double)operand->scale, operand->zero) : out;
	return (struct spread){ out.mean + added.mean, out.variance + added.variance };
}

/* The activation's values over low .. high. */
static void cut_range(const struct conv_act *act, double *low, double *high)
{
	if (act->kind == ACT_RELU || act->kind == ACT_CLIP)
		*low = fmax(*low, 0);
	if (act->kind == ACT_CLIP)
		*high = fmin(*high, act->high);
	if (act->kind == ACT_LEAKY && *low < 0)
		*low *= act->slope;
}

struct output_range expect_output(const struct quantizer *q,
				  const struct tensor_quant *operand,
				  struct operand_notes *notes)
{
	double low = INFINITY, high = -INFINITY;

	for (uint32_t k = 0; k < q->p->out_c; k++) {
		struct spread s = channel_spread(q, k, operand);
		double reach = RANGE_DEVIATIONS * sqrt(s.variance);

		if (s.mean - reach < low) {
			low = s.mean - reach;
			notes->low_channel = k;
		}
		if (s.mean + reach > high) {
			high = s.mean + reach;
			notes->high_channel = k;
		}
	}
	notes->expected_low = low;
	notes->expected_high = high;
	cut_range(&q->p->act, &low, &high);
	notes->output_cut = low != notes->expected_low || high != notes->expected_high;
	/* 0 has a step of its own: no zero point needs clamping */
	return (struct output_range){ fmin(low, 0), fmax(high, 0) };
}

double output_range_scale(const struct output_range *range)
{
	return (range->high - range->low) / INT8_STEPS;
}

struct tensor_quant quant_of_range(const struct output_range *range, double unit)
{
	double scale = fmax(output_range_scale(range), unit), zero;

	scale = (float)fmin(fmax(scale, FLT_MIN), FLT_MAX);
	zero = requant_round(INT8_MIN - range->low / scale);
	return (struct tensor_quant){
		.scale = (float)scale,
		.zero = (int32_t)fmin(fmax(zero, INT8_MIN), INT8_MAX),
	};
}
