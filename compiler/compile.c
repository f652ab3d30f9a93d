#include "compile.h"

#include <string.h>

/* Weights, bias, two scratch lines, commands, a copy of the records (F-19). */
static void lay_out_weight_bo(struct weight_bo_layout *b, const struct conv_layout *l)
{
	uint64_t end = l->bias_bytes ? l->bias_offset + l->bias_bytes : l->weight_bytes;

	memset(b, 0, sizeof *b);
	b->bias = l->bias_offset;
	b->scratch = npu_round_up64(end, NPU_BO_ALIGN_BYTES);
	b->regcmd = b->scratch + NPU_WEIGHT_SCRATCH_BYTES;
}

/* Sizes in creation order, as the vendor's runtime asks for them (schedules s. 7). */
static void size_bos(struct compiled_conv *c)
{
	uint64_t tasks = (uint64_t)c->regcmds.task_count * sizeof(struct npub_task);

	c->weight_bo.bytes = c->weight_bo.regcmd +
			     (uint64_t)c->regcmds.word_count * NPU_WORD_BYTES +
			     npu_round_up64(tasks, NPU_BO_ALIGN_BYTES);
	c->bos = (struct conv_bos){
		.task = tasks,
		.weight = c->weight_bo.bytes,
		.internal = c->layout.input.bytes + c->layout.output.bytes,
		.input = c->layout.input.bytes,
		.output = c->layout.output.bytes,
	};
	if (c->problem->fusion.add) {
		c->bos.operand_offset = c->layout.operand_offset;
		c->bos.input = c->layout.operand_offset + c->layout.output.bytes;
	}
}

static void report_refusal(const struct conv_problem *p, uint32_t cores,
			   const struct plan_refusal *why, struct diag *diag)
{
	struct loc loc = p->loc[why->attr].line ? p->loc[why->attr] : p->loc[CONV_NAME];

	diag_error(diag, loc, "plan", "conv %s cannot be planned for %u core%s: %s", p->name,
		   cores, cores == 1 ? "" : "s", why->sentence);
	if (why->remedy[0])
		diag_note(diag, loc, "%s", why->remedy);
}

static void report_nomem(const struct conv_problem *p, struct diag *diag)
{
	diag_error(diag, p->loc[CONV_NAME], NULL, "out of memory");
}

/*
 * Lower and encode every list of a plan.  Only one-core lists have delta
 * records, and never with a look-up table (schedules s. 6).
 */
static bool encode_plan(struct compiled_conv *c, uint32_t index, bool full_records)
{
	const struct plan *plan = &c->plans[index];
	struct regcmds *r = &c->regcmds;
	bool deltas = !full_records && (plan->cores == 1 || plan->shared) &&
		      !c->problem->fusion.table;
	struct task_desc task;

	for (uint32_t core = 0; core < plan->cores; core++) {
		struct npub_list *list = &c->lists[index][core];

		list->first_task = r->task_count;
		if (!plan->list[core].count)
			continue;
		encode_begin_list(r, c->weight_bo.regcmd, deltas);
		for (uint32_t i = 0; i < plan->list[core].count; i++) {
			lower_conv(&task, c->problem, &c->op, &c->layout, plan,
				   &plan->tiles[plan->list[core].first + i], &c->weight_bo);
			if (!encode_task(r, &task))
				return false;
		}
		if (plan->cores > 1 && !plan->shared) {
			lower_barrier(&task, plan->cores, core, &c->weight_bo);
			if (!encode_task(r, &task))
				return false;
		}
		list->task_count = r->task_count - list->first_task;
	}
	return true;
}

/* The plan made before for fewer cores that `index` repeats, if any. */
static uint32_t find_shared(const struct compiled_conv *c, uint32_t index)
{
	for (uint32_t i = 0; c->plans[index].shared && i < index; i++) {
		if (c->plans[i].cores == 1 || c->plans[i].shared)
			return i;
	}
	return index;
}

static bool make_plan(struct compiled_conv *c, uint32_t cores,
		      const struct compile_options *options, struct diag *diag)
{
	uint32_t index = c->plan_count, same;
	struct plan_refusal why;
	enum plan_status status = plan_from_problem(&c->plans[index], c->problem, &c->layout,
						    cores, &why);

	if (status == PLAN_REFUSED) {
		report_refusal(c->problem, cores, &why, diag);
		return false;
	}
	if (status != PLAN_OK)
		goto nomem;
	c->plan_count++;
	same = find_shared(c, index);
	if (same != index)
		memcpy(c->lists[index], c->lists[same], sizeof c->lists[index]);
	else if (!encode_plan(c, index, options->full_records))
		goto nomem;
	return true;
nomem:
	report_nomem(c->problem, diag);
	return false;
}

bool compile_conv(struct compiled_conv *c, const struct conv_problem *p,
		  const struct npub_op *op, const struct compile_options *options,
		  struct diag *diag)
{
	memset(c, 0, sizeof *c);
	c->problem = p;
	c->op = op ? *op : op_from_problem(p);
	regcmds_init(&c->regcmds);
	if (!layout_from_problem(&c->layout, p)) {
		report_nomem(p, diag);
		return false;
	}
	lay_out_weight_bo(&c->weight_bo, &c->layout);
	for (uint32_t cores = 1; cores <= NPU_MAX_CORES; cores++) {
		if (options->core_mask & 1u << (cores - 1) &&
		    !make_plan(c, cores, options, diag)) {
			compiled_conv_free(c);
			return false;
		}
	}
	size_bos(c);
	template_apply_evidence(c, options->templates);
	return true;
}

void compiled_conv_free(struct compiled_conv *c)
{
	for (uint32_t i = 0; i < c->plan_count; i++)
		plan_free(&c->plans[i]);
	c->plan_count = 0;
	layout_free(&c->layout);
	regcmds_free(&c->regcmds);
}
