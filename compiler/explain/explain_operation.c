#include "explain/explain_operation.h"

#include <math.h>

#include "explain/explain.h"

static struct explain_multiplier multiplier_of(double ratio, uint32_t scale, uint32_t shift)
{
	double value = ldexp(scale, -(int)shift);

	return (struct explain_multiplier){ .ratio = ratio,
					    .scale = scale,
					    .shift = shift,
					    .value = value,
					    .error = ratio > 0 ? value / ratio - 1 : 0 };
}

static void measure_scales(struct explain_operation *e)
{
	const float *scale = e->o->weight_scale;

	e->weight_scale_min = e->weight_scale_max = (double)scale[0];
	for (uint32_t k = 1; k < e->p->out_c; k++) {
		e->weight_scale_min = fmin(e->weight_scale_min, (double)scale[k]);
		e->weight_scale_max = fmax(e->weight_scale_max, (double)scale[k]);
	}
	e->sum_scale = (double)e->o->input.scale * e->weight_scale_max;
}

void explain_operation_of(struct explain_operation *e, const struct compiled_conv *c,
			  const struct operands *o)
{
	const struct npub_op *op = &c->op;

	*e = (struct explain_operation){
		.p = c->problem, .o = o, .op = op, .l = &c->layout,
		.int8 = c->problem->elem == NPU_ELEM_INT8,
	};
	if (op->flags & NPUB_OP_LEAKY)
		e->leak = multiplier_of(c->problem->act.slope, op->leak_scale, op->leak_shift);
	if (!e->int8)
		return;
	measure_scales(e);
	if (c->problem->out_elem != NPU_ELEM_INT8)
		return;
	e->out = multiplier_of(e->sum_scale / (double)o->output.scale, op->out_scale,
			       op->out_shift);
	if (op->flags & NPUB_OP_ADD)
		e->added = multiplier_of((double)o->operand.scale / e->sum_scale,
					 op->operand_scale, op->operand_shift);
}

bool explain_needs_operands(const struct conv_problem *p)
{
	return p->elem == NPU_ELEM_INT8 || p->bn_scale.kind != SOURCE_NONE ||
	       p->bn_shift.kind != SOURCE_NONE;
}

const char *explain_stream_name(const struct conv_layout *l)
{
	if (!l->bias_bytes)
		return "none";
	if (l->bias_kind == NPUB_LAYOUT_BIAS_GROUPED)
		return "grouped";
	return npu_elem_info(l->bias_elem)->name;
}

const char *explain_activation_name(const struct npub_op *op)
{
	if (op->flags & NPUB_OP_LEAKY)
		return "leaky";
	if (op->flags & NPUB_OP_CLAMP)
		return "clip";
	return op->flags & NPUB_OP_RELU ? "relu" : "none";
}

const char *explain_activation_stage(const struct npub_op *op)
{
	if (!(op->flags & (NPUB_OP_RELU | NPUB_OP_LEAKY)))
		return "none";
	return op->flags & NPUB_OP_ADD ? "EW" : "BN";
}

const char *explain_granularity(const struct conv_problem *p)
{
	static const char *const names[] = {
		[WEIGHT_QUANT_PER_CHANNEL] = "per-channel",
		[WEIGHT_QUANT_PER_TENSOR] = "per-tensor",
		[WEIGHT_QUANT_GIVEN] = "given",
		[WEIGHT_QUANT_FILE] = "file",
	};

	if (p->elem != NPU_ELEM_INT8)
		return "none";
	/* with an int32 output the sums have one scale unless one is given */
	if (!p->fusion.per_channel && p->weight_quant.kind == WEIGHT_QUANT_PER_CHANNEL)
		return names[WEIGHT_QUANT_PER_TENSOR];
	return names[p->weight_quant.kind];
}

const char *explain_input_source(const struct conv_problem *p)
{
	if (p->elem != NPU_ELEM_INT8)
		return "none";
	if (p->pixel_norm.mean_count || p->pixel_norm.std_count)
		return "pixels";
	return p->input_quant.given ? "given" : "default";
}

const char *explain_output_source(const struct explain_operation *e)
{
	if (!e->int8)
		return "none";
	if (e->p->out_elem != NPU_ELEM_INT8)
		return "sum";
	return e->o->notes.output_chosen ? "range" : "given";
}

const char *explain_operand_source(const struct explain_operation *e)
{
	if (!e->int8)
		return "none";
	return e->o->notes.operand_chosen ? "output" : "given";
}
