#include "operands/operands.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "conv_attr.h"
#include "operands/operands_priv.h"
#include "operands/requant.h"

static uint32_t op_flags(const struct conv_problem *p)
{
	bool clip = p->act.kind == ACT_CLIP;
	uint32_t flags = 0;

	if (conv_streams_bias(p))
		flags |= NPUB_OP_BIAS;
	if (p->fusion.per_channel)
		flags |= NPUB_OP_PER_CHANNEL;
	if (p->fusion.add)
		flags |= NPUB_OP_ADD;
	if (p->act.kind == ACT_RELU || clip)
		flags |= NPUB_OP_RELU;
	if (clip && isfinite(p->act.high))
		flags |= NPUB_OP_CLAMP;
	if (p->act.kind == ACT_LEAKY)
		flags |= NPUB_OP_LEAKY;
	return flags;
}

/* All scales one: a limit is a number of steps. */
static void set_int8(struct npub_op *op, const struct conv_problem *p)
{
	const struct multiplier one = { 1u << NPU_MULTIPLIER_BITS, NPU_MULTIPLIER_BITS };
	int32_t limit = INT32_MAX;

	op->pad_value = conv_input_zero(p);
	if (!p->fusion.per_channel && p->weight_quant.kind == WEIGHT_QUANT_GIVEN)
		op->weight_zero = p->weight_quant.zero;
	if (op->flags & NPUB_OP_CLAMP) {
		requant_limit(p->act.high, 1, &limit);
		op->limit = (uint32_t)limit;
	}
	if (p->out_elem != NPU_ELEM_INT8)
		return;
	op->out_scale = one.scale;
	op->out_shift = one.shift;
	op->out_zero = p->output_quant.given ? conv_stored_zero(&p->output_quant) : 0;
	if (p->fusion.add) {
		op->operand_scale = one.scale;
		op->operand_shift = one.shift;
		op->operand_zero =
		    p->add_quant.given ? conv_stored_zero(&p->add_quant) : op->out_zero;
	}
}

struct npub_op op_from_problem(const struct conv_problem *p)
{
	struct npub_op op = { .flags = op_flags(p),
			      .out_scale = 1,
			      .operand_scale = p->fusion.add };
	struct multiplier leak = { 0, 0 };

	if (op.flags & NPUB_OP_LEAKY && requant_multiplier(p->act.slope, &leak)) {
		op.leak_scale = leak.scale;
		op.leak_shift = leak.shift;
	}
	if (p->elem == NPU_ELEM_INT8)
		set_int8(&op, p);
	else if (op.flags & NPUB_OP_CLAMP)
		op.limit = requant_float_bits((float)p->act.high);
	return op;
}

static void start(struct operands *o, const struct conv_problem *p)
{
	memset(o, 0, sizeof *o);
	o->op = op_from_problem(p);
	o->input.scale = o->output.scale = o->operand.scale = 1.0f;
	o->notes.bn_scale_min = o->notes.bn_scale_max = 1;
	o->notes.leak = ldexp(o->op.leak_scale, -(int)o->op.leak_shift);
}

static bool allocate(struct operands *o, const struct conv_problem *p)
{
	const size_t n = p->out_c;
	const bool stream = o->op.flags & NPUB_OP_BIAS;

	if (p->elem != NPU_ELEM_INT8)
		return !stream || (o->bias = calloc(n, sizeof *o->bias));
	o->weight_scale = calloc(n, sizeof *o->weight_scale);
	o->weight_zero = calloc(n, sizeof *o->weight_zero);
	if (stream)
		o->bias_fixed = calloc(n, sizeof *o->bias_fixed);
	if (p->fusion.per_channel) {
		o->correction = calloc(n, sizeof *o->correction);
		o->factor = calloc(n, sizeof *o->factor);
	}
	return o->weight_scale && o->weight_zero && (!stream || o->bias_fixed) &&
	       (!p->fusion.per_channel || (o->correction && o->factor));
}

bool operands_allocate(struct operands *o, const struct conv_problem *p,
		       struct diag *diag)
{
	if (allocate(o, p))
		return true;
	diag_error(diag, conv_attr_loc(p, CONV_OUT_C), "memory",
		   "out of memory for %u output channels", p->out_c);
	return false;
}

enum conv_attr operands_bias_attr(const struct conv_problem *p)
{
	return p->bias.kind != SOURCE_NONE	 ? CONV_BIAS
	       : p->bn_shift.kind != SOURCE_NONE ? CONV_BN_SHIFT
	       : p->pixel_norm.mean_count	 ? CONV_INPUT_MEAN
						 : CONV_INPUT_QUANT;
}

void operands_note_gain(struct operands *o, const struct fold *fold)
{
	struct operand_notes *notes = &o->notes;

	notes->first_gain = fold->gain[0];
	notes->first_bias = fold->bias[0];
	notes->bn_scale_min = notes->bn_scale_max = (float)fold->gain[0];
	for (uint32_t k = 1; k < fold->p->out_c; k++) {
		notes->bn_scale_min = fminf(notes->bn_scale_min, (float)fold->gain[k]);
		notes->bn_scale_max = fmaxf(notes->bn_scale_max, (float)fold->gain[k]);
	}
}

/* The slope must leave something of itself in a multiplier. */
static bool check_leak(const struct operands *o, const struct conv_problem *p,
		       struct diag *diag)
{
	if (!(o->op.flags & NPUB_OP_LEAKY) || o->op.leak_scale || p->act.slope == 0)
		return true;
	diag_error(diag, conv_attr_loc(p, CONV_ACTIVATION), "activation-slope",
		   "slope %g is out of range", p->act.slope);
	diag_note(diag, conv_attr_loc(p, CONV_ACTIVATION),
		  "it can be 0, as in relu, or %g and more",
		  REQUANT_LEAST_RATIO);
	return false;
}

bool operands_load(struct operands *o, const struct conv_problem *p, struct diag *diag)
{
	uint32_t errors = diag_errors(diag);
	bool ok;

	start(o, p);
	ok = check_leak(o, p, diag) &&
	     (p->elem == NPU_ELEM_INT8 ? operands_load_int8(o, p, diag)
				       : operands_load_fp16(o, p, diag));
	assert(ok == (diag_errors(diag) == errors));
	return ok;
}

bool operands_zero(struct operands *o, const struct conv_problem *p)
{
	size_t count = (size_t)p->out_c * conv_group_in_c(p) * p->kernel_h * p->kernel_w;

	start(o, p);
	o->weights = calloc(count, npu_elem_info(p->elem)->bytes);
	if (!o->weights || !allocate(o, p))
		return false;
	if (p->elem != NPU_ELEM_INT8)
		return true;
	o->input.zero = o->op.pad_value;
	o->output.zero = o->op.out_zero;
	o->operand.zero = o->op.operand_zero;
	memset(o->weights, (uint8_t)o->op.weight_zero, count);
	for (uint32_t k = 0; k < p->out_c; k++) {
		o->weight_scale[k] = 1;
		o->weight_zero[k] = o->op.weight_zero;
		if (o->factor)
			o->factor[k] = NPU_FACTOR_ONE;
	}
	return true;
}

void operands_free(struct operands *o)
{
	free(o->weights);
	free(o->bias);
	free(o->bias_fixed);
	free(o->correction);
	free(o->factor);
	free(o->weight_scale);
	free(o->weight_zero);
	memset(o, 0, sizeof *o);
}
