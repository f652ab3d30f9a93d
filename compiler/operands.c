#include "operands.h"

#include <stdlib.h>
#include <string.h>

#include "weights.h"

struct npub_op op_from_problem(const struct conv_problem *p)
{
	return (struct npub_op){
		.flags = (conv_streams_bias(p) ? NPUB_OP_BIAS : 0) |
			 (p->fusion.per_channel ? NPUB_OP_PER_CHANNEL : 0) |
			 (p->fusion.add ? NPUB_OP_ADD : 0),
		.out_scale = 1,
		.operand_scale = p->fusion.add,
	};
}

static void start(struct operands *o, const struct conv_problem *p)
{
	memset(o, 0, sizeof *o);
	o->op = op_from_problem(p);
	o->input.scale = o->output.scale = o->operand.scale = 1.0f;
}

bool operands_load(struct operands *o, const struct conv_problem *p, struct diag *diag)
{
	uint32_t errors = diag_errors(diag);

	start(o, p);
	o->weights = weights_load(p, diag);
	o->bias = bias_load(p, diag);
	return o->weights && diag_errors(diag) == errors;
}

bool operands_zero(struct operands *o, const struct conv_problem *p)
{
	size_t count = (size_t)p->out_c * conv_group_in_c(p) * p->kernel_h * p->kernel_w;

	start(o, p);
	o->weights = calloc(count, npu_elem_info(p->elem)->bytes);
	o->bias = calloc(p->out_c, sizeof *o->bias);
	return o->weights && o->bias;
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
