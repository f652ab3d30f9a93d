/* npurun --list */
#include "hw/npu_hw.h"
#include "run_parts.h"
#include "table.h"

/* "1:whole/1 2:y/2+2": cores, split, tasks of each core. */
static void plan_text(char *text, size_t room, const struct npub *b,
		      const struct npub_conv *c)
{
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < c->plan_count; i++) {
		const struct npub_plan *p = &b->plans[c->first_plan + i];

		if (used < room)
			used += (size_t)snprintf(text + used, room - used, "%s%u:%s",
						 i ? " " : "", p->cores,
						 name_of_split(p->split));
		for (uint32_t k = 0; k < p->cores && used < room; k++)
			if (p->list[k].task_count)
				used += (size_t)snprintf(text + used, room - used, "%c%u",
							 k ? '+' : '/',
							 p->list[k].task_count);
	}
}

/* "int8 1x3x224x224 scale 0.0235 zero -3": type, sizes and what a number stands for. */
static void tensor_cell(struct table *t, const struct npub *b, uint32_t index)
{
	const struct npub_tensor *x;
	char quant[48] = "";
	int32_t zero;

	if (index == NPUB_NONE) {
		table_cell(t, "-");
		return;
	}
	x = &b->tensors[index];
	zero = x->zero_point + (x->user_form == NPUB_USER_UINT8 ? -INT8_MIN : 0);
	if (x->elem == NPU_ELEM_INT8 || x->elem == NPU_ELEM_INT32)
		snprintf(quant, sizeof(quant), " scale %.6g zero %d", (double)x->scale,
			 zero);
	table_cell(t, "%s %ux%ux%ux%u%s", name_of_user_type(x), x->n, x->c, x->h, x->w,
		   quant);
}

/* What is done to the sum, in the spec's words. */
static const char *activation(const struct npub_op *op)
{
	return op->flags & NPUB_OP_CLAMP   ? "clip"
	       : op->flags & NPUB_OP_LEAKY ? "leaky"
	       : op->flags & NPUB_OP_RELU  ? "relu"
					   : "-";
}

void list_convs(const struct npub *b, FILE *out)
{
	struct table *t =
	    table_new(">#|conv|input|output|operand|activation|kernel|stride|"
		      "pad t,l,b,r|dil|>groups|mode|cores:split/tasks|evidence|hazards");

	for (uint32_t i = 0; i < b->conv_count; i++) {
		const struct npub_conv *c = &b->convs[i];
		const struct npub_plan *first = &b->plans[c->first_plan];
		char plans[128], hazards[HAZARD_TEXT_BYTES];

		plan_text(plans, sizeof(plans), b, c);
		table_cell(t, "%u", i);
		table_cell(t, "%s", npub_string(b, c->name));
		tensor_cell(t, b, c->input);
		tensor_cell(t, b, c->output);
		tensor_cell(t, b, c->operand);
		table_cell(t, "%s", activation(&c->op));
		table_cell(t, "%ux%u", c->kernel_h, c->kernel_w);
		table_cell(t, "%ux%u", c->stride_y, c->stride_x);
		table_cell(t, "%u,%u,%u,%u", c->pad_top, c->pad_left, c->pad_bottom,
			   c->pad_right);
		table_cell(t, "%ux%u", c->dilation_y, c->dilation_x);
		table_cell(t, "%u", c->groups);
		table_cell(t, "%s", name_of_mode(c->mode));
		table_cell(t, "%s", plans);
		table_cell(t, "%s", name_of_evidence(first->evidence));
		table_cell(t, "%s", hazard_text(hazards, first->hazards));
	}
	table_end(t, out, 0);
}
