/*
 * The operation as text: quantisation, folding, and the output stage in numbers.
 */
#include "explain/explain_operation.h"

#include <math.h>
#include <stdlib.h>

#include "explain/explain_lines.h"

#define QUANT_BYTES 120u

/* "(stored - 3) * 0.02", or with 0 as the zero point "stored * 0.02". */
static void write_real(char *text, const struct tensor_quant *q)
{
	if (q->zero)
		snprintf(text, QUANT_BYTES, "(stored %c %d) * %.6g", q->zero > 0 ? '-' : '+',
			 abs(q->zero), (double)q->scale);
	else
		snprintf(text, QUANT_BYTES, "stored * %.6g", (double)q->scale);
}

/* One tensor; `why` is a sentence about where its numbers come from. */
static void put_tensor(FILE *out, const char *label, const struct npu_elem_info *elem,
		       const struct tensor_quant *q, const char *why)
{
	char real[QUANT_BYTES];

	write_real(real, q);
	explain_field(out, 4, label, "%s, real = %s, %s%s", elem->name, real, why,
		      q->uint8 ? "; the user's bytes are 128 more than what is stored"
			       : "");
}

static void put_input(FILE *out, const struct explain_operation *e)
{
	const struct conv_pixel_norm *n = &e->p->pixel_norm;
	const char *why = "given";

	if (n->mean_count || n->std_count)
		why = "the pixels as they are";
	else if (!e->p->input_quant.given)
		why = "by default";
	put_tensor(out, "input", e->l->elem, &e->o->input, why);
}

static void put_weights(FILE *out, const struct explain_operation *e)
{
	const struct operand_notes *notes = &e->o->notes;
	char saturated[64] = "";

	if (notes->saturated_weights)
		snprintf(saturated, sizeof saturated, "; %llu of %llu weights are clamped",
			 (unsigned long long)notes->saturated_weights,
			 (unsigned long long)notes->weight_count);
	if (e->p->fusion.per_channel)
		explain_field(out, 4, "weights", "int8, a scale a channel: %.6g to %.6g%s",
			      e->weight_scale_min, e->weight_scale_max, saturated);
	else
		explain_field(out, 4, "weights", "int8, one scale: %.6g, zero point %d%s",
			      e->weight_scale_max, e->op->weight_zero, saturated);
}

static void put_output(FILE *out, const struct explain_operation *e)
{
	const struct operand_notes *notes = &e->o->notes;
	char why[256] = "given";

	if (e->p->out_elem != NPU_ELEM_INT8)
		snprintf(why, sizeof why, "the sum itself");
	else if (notes->output_chosen)
		snprintf(why, sizeof why,
			 "chosen: values from %.4g (channel %u) to %.4g (channel %u) are "
			 "expected%s%s",
			 notes->expected_low, notes->low_channel, notes->expected_high,
			 notes->high_channel,
			 notes->output_cut ? ", before the activation" : "",
			 notes->output_floored ? "; no finer than a step of the sum" : "");
	put_tensor(out, "output", e->l->out_elem, &e->o->output, why);
}

static void put_tensors(FILE *out, const struct explain_operation *e)
{
	put_input(out, e);
	put_weights(out, e);
	put_output(out, e);
	if (e->op->flags & NPUB_OP_ADD)
		put_tensor(out, "operand", e->l->elem, &e->o->operand,
			   e->o->notes.operand_chosen ? "as the output" : "given");
}

/* What happens to the numbers before the device sees them. */
static void put_folding(FILE *out, const struct explain_operation *e)
{
	const struct conv_pixel_norm *n = &e->p->pixel_norm;
	const struct operand_notes *notes = &e->o->notes;

	if (e->p->bn_scale.kind != SOURCE_NONE || e->p->bn_shift.kind != SOURCE_NONE)
		explain_field(out, 4, "batch norm",
			      "folded: weights and bias times %.6g to %.6g, then bias + "
			      "shift; channel 0: weights * %.6g, bias %.6g",
			      (double)notes->bn_scale_min, (double)notes->bn_scale_max,
			      notes->first_gain, notes->first_bias);
	if (n->mean_count || n->std_count)
		explain_field(out, 4, "pixels",
			      "(value - mean) / std is folded: weights / std of their "
			      "channel, bias - the sum of weights * mean");
}

/* The sum of one channel with its numbers. */
static void put_channel(FILE *out, const struct explain_operation *e)
{
	const struct operands *o = e->o;
	const int32_t correction = o->correction ? o->correction[0] : -e->op->weight_zero;
	char times_x[40] = "", factor[40] = "";

	if (correction)
		snprintf(times_x, sizeof times_x, " %c %d * X", correction < 0 ? '-' : '+',
			 abs(correction));
	if (o->factor)
		snprintf(factor, sizeof factor, ", times %u / 2^%u", o->factor[0],
			 NPU_BIAS_FACTOR_SHIFT);
	explain_field(out, 4, "channel 0", "t = S%s %c %lld%s, in steps of %.6g", times_x,
		      o->bias_fixed && o->bias_fixed[0] < 0 ? '-' : '+',
		      o->bias_fixed ? llabs((long long)o->bias_fixed[0]) : 0, factor,
		      e->sum_scale);
	explain_field(out, 4, "", "S is the sum of stored inputs times weights%s",
		      correction ? ", X that of the inputs alone" : "");
}

static void put_sum(FILE *out, const struct explain_operation *e)
{
	const struct operand_notes *notes = &e->o->notes;

	if (e->l->bias_bytes)
		explain_field(out, 4, "bias",
			      "%d to %d steps, with the input's zero point folded in",
			      notes->bias_min, notes->bias_max);
	explain_field(out, 4, "sums", "at most %.1f of 32 bits", notes->bits_used);
	if (e->p->fusion.per_channel && notes->factor_error > 0)
		explain_field(out, 4, "factors",
			      "scale over the largest scale in units of 2^-%u, relative "
			      "error at most %.1e (channel %u)",
			      NPU_BIAS_FACTOR_SHIFT, notes->factor_error,
			      notes->factor_channel);
	else if (e->p->fusion.per_channel)
		explain_field(out, 4, "factors",
			      "scale over the largest scale in units of 2^-%u, all exact",
			      NPU_BIAS_FACTOR_SHIFT);
	put_channel(out, e);
}

/* A ratio, what stands for it, and how far off that is. */
static void put_multiplier(FILE *out, const char *label, const char *what,
			   const struct explain_multiplier *m)
{
	explain_field(out, 4, label, "%s %.6g: %u / 2^%u = %.6g, relative error %.1e", what,
		      m->ratio, m->scale, m->shift, m->value, fabs(m->error));
}

static void put_addition(FILE *out, const struct explain_operation *e)
{
	if (!(e->op->flags & NPUB_OP_ADD))
		return;
	if (e->int8)
		put_multiplier(out, "addition",
			       "stage EW brings the operand to the sum's steps by",
			       &e->added);
	else
		explain_field(out, 4, "addition", "stage EW adds the operand to the fp32 sum");
}

static void put_activation(FILE *out, const struct explain_operation *e)
{
	const char *stage = explain_activation_stage(e->op);

	if (e->op->flags & NPUB_OP_LEAKY)
		put_multiplier(out, "activation", "stage BN takes negative values times",
			       &e->leak);
	else if (e->op->flags & NPUB_OP_CLAMP && e->int8)
		explain_field(out, 4, "activation",
			      "stage %s clips to 0 .. %u steps: %.6g, asked for %.6g", stage,
			      e->op->limit, e->o->notes.limit, e->p->act.high);
	else if (e->op->flags & NPUB_OP_CLAMP)
		explain_field(out, 4, "activation", "stage %s clips to 0 .. %.6g", stage,
			      (double)(float)e->p->act.high);
	else if (e->op->flags & NPUB_OP_RELU)
		explain_field(out, 4, "activation", "relu in stage %s", stage);
}

static void put_conversion(FILE *out, const struct explain_operation *e)
{
	if (!e->int8) {
		explain_field(out, 4, "result", "the fp32 sum%s",
			      e->p->out_elem == NPU_ELEM_FP16 ? ", rounded once to fp16" : "");
		return;
	}
	if (e->p->out_elem == NPU_ELEM_INT8) {
		put_multiplier(out, "result", "the sum's steps over the output's",
			       &e->out);
		explain_field(out, 4, "", "rounded half to even, then %+d, saturated",
			      e->op->out_zero);
	} else {
		explain_field(out, 4, "result", "the int32 sum as it is");
	}
	explain_field(out, 4, "padding", "%d, the input's zero point, is what padding holds",
		      e->op->pad_value);
}

void explain_operation_text(FILE *out, const struct explain_operation *e)
{
	const struct conv_problem *p = e->p;
	const struct conv_pixel_norm *n = &p->pixel_norm;

	if (!e->int8 && !(e->op->flags & ~NPUB_OP_BIAS) &&
	    p->bn_scale.kind == SOURCE_NONE && p->bn_shift.kind == SOURCE_NONE &&
	    !n->mean_count && !n->std_count)
		return;
	fprintf(out, "\n  operation\n");
	if (e->int8)
		put_tensors(out, e);
	put_folding(out, e);
	if (e->int8)
		put_sum(out, e);
	put_addition(out, e);
	put_activation(out, e);
	put_conversion(out, e);
}
