/* npurun --list */
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

void list_convs(const struct npub *b, FILE *out)
{
	struct table *t =
	    table_new(">#|conv|type|input|output|kernel|stride|pad t,l,b,r|"
		      "dil|>groups|mode|cores:split/tasks|evidence|hazards");

	for (uint32_t i = 0; i < b->conv_count; i++) {
		const struct npub_conv *c = &b->convs[i];
		const struct npub_plan *first = &b->plans[c->first_plan];
		char plans[128], hazards[HAZARD_TEXT_BYTES];

		plan_text(plans, sizeof(plans), b, c);
		table_cell(t, "%u", i);
		table_cell(t, "%s", npub_string(b, c->name));
		table_cell(t, "%s", name_of_elem(c->elem));
		table_cell(t, "%ux%ux%ux%u", c->batch, c->in_c, c->in_h, c->in_w);
		table_cell(t, "%ux%ux%ux%u", c->batch, c->out_c, c->out_h, c->out_w);
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
