/* An int8 conv's numbers: quantised weights, fixed-point bias, requantisation. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "conv_attr.h"
#include "operands/quantize.h"
#include "operands/requant.h"

/* The scale of one step of a sum, in real values. */
static double sum_unit(const struct quantizer *q)
{
	return q->input_scale * q->largest;
}

/* A tensor's quantisation as it is written. */
static struct tensor_quant take_quant(const struct conv_quant *given)
{
	return (struct tensor_quant){ (float)given->scale, conv_stored_zero(given),
				      given->uint8 };
}

static bool allocate(struct quantizer *q)
{
	const size_t n = q->p->out_c;

	q->stats = calloc(n, sizeof *q->stats);
	q->stored = calloc(n, sizeof *q->stored);
	q->scale = calloc(n, sizeof *q->scale);
	q->given_scale = calloc(n, sizeof *q->given_scale);
	q->given_zero = calloc(n, sizeof *q->given_zero);
	if (q->stats && q->stored && q->scale && q->given_scale && q->given_zero)
		return operands_allocate(q->o, q->p, q->diag);
	diag_error(q->diag, conv_attr_loc(q->p, CONV_OUT_C), "memory",
		   "out of memory for %zu output channels", n);
	return false;
}

/* The least and greatest that `stat` makes of inputs -128 to 127. */
static void sum_range(const struct stored_stat *stat, int64_t *low, int64_t *high)
{
	*low = INT8_MIN * stat->positive + INT8_MAX * stat->negative;
	*high = INT8_MAX * stat->positive + INT8_MIN * stat->negative;
}

static bool refuse_sum(const struct quantizer *q, uint32_t k, int64_t value, double bias)
{
	bool products = fabs(bias) < 0x1p30;
	struct loc loc =
	    conv_attr_loc(q->p, products ? CONV_WEIGHTS : operands_bias_attr(q->p));

	diag_error(q->diag, loc, "sum-range",
		   "the sum of output channel %u can reach %lld, beyond 32 bits", k,
		   (long long)value);
	diag_note(q->diag, loc,
		  products ? "use a larger weight scale, or fewer input channels"
			   : "the bias alone is %.0f steps; use a larger weight or input "
			     "scale",
		  bias);
	return false;
}

static bool refuse_bias(const struct quantizer *q, uint32_t k, double bias, double unit)
{
	struct loc loc = conv_attr_loc(q->p, operands_bias_attr(q->p));

	diag_error(q->diag, loc, "bias-range",
		   "the bias %g of output channel %u is %.4g steps of input scale times "
		   "weight scale, beyond 32 bits",
		   bias, k, bias / unit);
	diag_note(q->diag, loc, "use a larger input or weight scale: a step is %g now",
		  unit);
	return false;
}

/*
 * Bias of every channel (F-69), and the check that no input makes a sum, before or
 * after the bias, that 32 bits do not hold: what the hardware does then is not known.
 */
static bool set_bias(struct quantizer *q)
{
	struct operand_notes *notes = &q->o->notes;
	int64_t most = 0;

	for (uint32_t k = 0; k < q->p->out_c; k++) {
		const struct stored_stat *stat = &q->stored[k];
		double unit = q->input_scale * q->scale[k];
		double bias = q->fold.bias[k] + stat->offset * unit;
		int64_t low, high, sum = stat->positive + stat->negative;
		int32_t fixed;

		notes->lost_channels +=
		    q->stats[k].peak > 0 && !stat->positive && !stat->negative;
		if (!requant_bias(bias, unit, q->input_zero, sum, &fixed))
			return refuse_bias(q, k, bias, unit);
		sum_range(stat, &low, &high);
		high = high > high + fixed ? high : high + fixed;
		low = low < low + fixed ? low : low + fixed;
		if (high > INT32_MAX || low < INT32_MIN)
			return refuse_sum(q, k, high > INT32_MAX ? high : low, fixed);
		most = high > most ? high : most;
		most = -low > most ? -low : most;
		if (q->o->bias_fixed)
			q->o->bias_fixed[k] = fixed;
		notes->bias_min = k && notes->bias_min < fixed ? notes->bias_min : fixed;
		notes->bias_max = k && notes->bias_max > fixed ? notes->bias_max : fixed;
	}
	notes->bits_used = most ? log2((double)most) + 1 : 0;
	return true;
}

/* The sum itself: its step is what a 1 means. */
static bool set_wide_output(struct quantizer *q)
{
	const double unit = sum_unit(q);

	q->o->output = (struct tensor_quant){ .scale = (float)unit };
	if (unit >= FLT_MIN && unit <= FLT_MAX)
		return true;
	diag_error(q->diag, conv_attr_loc(q->p, CONV_OUT_TYPE), "output-scale-range",
		   "the scale of the sums, input scale times weight scale, is %g, beyond "
		   "fp32",
		   unit);
	diag_note(q->diag, conv_attr_loc(q->p, CONV_OUT_TYPE),
		  "use an input scale, or weights, nearer to 1");
	return false;
}

/* Scale and shift of the output (F-67). */
static bool set_output(struct quantizer *q)
{
	const struct conv_problem *p = q->p;
	const double unit = sum_unit(q);
	struct operands *o = q->o;
	struct multiplier m;

	if (p->out_elem == NPU_ELEM_INT32)
		return set_wide_output(q);
	if (!requant_multiplier(unit / (double)o->output.scale, &m)) {
		/* The real weights alone choose an output that their scale does not fit. */
		bool chosen = o->notes.output_chosen;
		struct loc loc =
		    conv_attr_loc(p, chosen ? CONV_WEIGHT_QUANT : CONV_OUTPUT_QUANT);

		diag_error(q->diag, loc, "output-scale-range",
			   "output scale %g%s is out of range of the sum's step, %g",
			   (double)o->output.scale,
			   chosen ? ", chosen for the weights as they are given," : "",
			   unit);
		if (chosen)
			diag_note(q->diag, loc,
				  "the weights are far beyond this weight scale: use a "
				  "larger one");
		else
			diag_note(q->diag, loc, "scales from %g to %g can be used",
				  unit / REQUANT_MOST_RATIO, unit / REQUANT_LEAST_RATIO);
		return false;
	}
	o->op.out_scale = m.scale;
	o->op.out_shift = m.shift;
	o->op.out_zero = o->output.zero;
	return true;
}

/* The added tensor comes to the sum's steps (F-73). */
static bool set_operand(struct quantizer *q)
{
	const struct conv_problem *p = q->p;
	const double unit = sum_unit(q);
	struct operands *o = q->o;
	double ratio = (double)o->operand.scale / unit;
	double reach = fmax(fabs((double)INT8_MIN - o->operand.zero),
			    fabs((double)INT8_MAX - o->operand.zero));
	struct loc loc = conv_attr_loc(p, CONV_ADD);
	struct multiplier m;

	if (!p->fusion.add)
		return true;
	if (!requant_multiplier(ratio, &m)) {
		diag_error(
		    q->diag, loc, "add-scale-range",
		    "the scale %g of the added tensor is out of range of the sum's "
		    "step, %g",
		    (double)o->operand.scale, unit);
		diag_note(q->diag, loc, "scales from %g to %g can be used",
			  unit * REQUANT_LEAST_RATIO, unit * REQUANT_MOST_RATIO);
		return false;
	}
	if (reach * ratio + exp2(o->notes.bits_used - 1) >= INT32_MAX) {
		diag_error(q->diag, loc, "add-range",
			   "the sum with the added tensor can reach %.0f, beyond 32 bits",
			   reach * ratio + exp2(o->notes.bits_used - 1));
		diag_note(q->diag, loc, "use larger weights or a larger input scale");
		return false;
	}
	o->op.operand_zero = o->operand.zero;
	o->op.operand_scale = m.scale;
	o->op.operand_shift = m.shift;
	return true;
}

/* Clip's limit in the sum's steps (F-72). */
static bool set_limit(struct quantizer *q)
{
	const struct conv_act *act = &q->p->act;
	struct operands *o = q->o;
	int32_t limit;

	if (!(o->op.flags & NPUB_OP_CLAMP))
		return true;
	if (!requant_limit(act->high, sum_unit(q), &limit)) {
		diag_error(q->diag, conv_attr_loc(q->p, CONV_ACTIVATION),
			   "activation-limit",
			   "the limit %g is less than half a step of the sum, %g",
			   act->high, sum_unit(q));
		diag_note(q->diag, conv_attr_loc(q->p, CONV_ACTIVATION),
			  "all outputs would be 0; use a smaller input or weight scale");
		return false;
	}
	o->op.limit = (uint32_t)limit;
	o->notes.limit = limit * sum_unit(q);
	return true;
}

/* A sum's step may be this much finer than an added tensor's: half the converter's range.
 */
#define OPERAND_RATIO 0x1p14

/* A step for sums that are all 0: fine enough for what is given. */
static double free_unit(const struct quantizer *q)
{
	const struct conv_problem *p = q->p;
	double unit = p->output_quant.given ? (double)q->o->output.scale : 1;

	return q->o->op.flags & NPUB_OP_CLAMP ? fmin(unit, p->act.high) : unit;
}

/*
 * Scales of weights and output, given or chosen.  The expected range comes first: what
 * is added must be within reach of the sum's step.
 */
static bool set_scales(struct quantizer *q)
{
	const struct conv_problem *p = q->p;
	const bool own = p->fusion.add && p->add_quant.given;
	const bool choose = p->out_elem == NPU_ELEM_INT8 && !p->output_quant.given;
	struct operands *o = q->o;
	struct output_range range;
	double added = 0;

	if (own)
		o->operand = take_quant(&p->add_quant);
	if (p->output_quant.given)
		o->output = take_quant(&p->output_quant);
	if (choose)
		range = expect_output(q, own ? &o->operand : NULL, &o->notes);
	if (p->fusion.add)
		added = own	 ? (double)o->operand.scale
			: choose ? output_range_scale(&range)
				 : (double)o->output.scale;
	q->least_scale = added / OPERAND_RATIO / q->input_scale;
	q->free_scale = free_unit(q) / q->input_scale;
	if (!quantize_choose_scales(q))
		return false;
	if (choose) {
		o->output = quant_of_range(&range, sum_unit(q));
		o->output.uint8 = p->output_quant.uint8;
		o->notes.output_chosen = true;
		o->notes.output_floored = output_range_scale(&range) < sum_unit(q);
	}
	if (p->fusion.add && !own) {
		o->operand = o->output;
		o->operand.uint8 |= p->add_quant.uint8;
		o->notes.operand_chosen = true;
	}
	return true;
}

static bool load(struct quantizer *q)
{
	const struct conv_quant input = conv_input_quant(q->p);
	bool ok;

	q->o->input = take_quant(&input);
	q->input_scale = (double)q->o->input.scale;
	q->input_zero = q->o->input.zero;
	q->pixel_zero = input.zero;
	if (!allocate(q) || !fold_load(&q->fold, q->p, q->diag) ||
	    !weights_open(&q->file, q->p, q->diag))
		return false;
	operands_note_gain(q->o, &q->fold);
	ok = quantize_measure(q) && set_scales(q) && quantize_weights(q);
	weights_close(&q->file);
	if (!ok)
		return false;
	q->o->op.weight_zero = q->per_channel ? 0 : q->o->weight_zero[0];
	return set_bias(q) && set_output(q) && set_operand(q) && set_limit(q);
}

bool operands_load_int8(struct operands *o, const struct conv_problem *p,
			struct diag *diag)
{
	struct quantizer q = {
		.p = p, .o = o, .diag = diag, .per_channel = p->fusion.per_channel
	};
	bool ok = load(&q);

	fold_free(&q.fold);
	free(q.stats);
	free(q.stored);
	free(q.scale);
	free(q.given_scale);
	free(q.given_zero);
	return ok;
}
