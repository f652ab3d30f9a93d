#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "plan/tiles.h"

static const char *const split_names[] = {
	[NPUB_SPLIT_WHOLE] = "whole", [NPUB_SPLIT_Y] = "y",   [NPUB_SPLIT_K] = "k",
	[NPUB_SPLIT_YK] = "yk",       [NPUB_SPLIT_C] = "c",   [NPUB_SPLIT_YC] = "yc",
};

const char *plan_split_name(enum npub_split split)
{
	return split_names[split];
}

static const char *const basis_names[] = {
	[PLAN_BASIS_CAPTURED_RULE] = "captured-rule",
	[PLAN_BASIS_THIN] = "thin-rule",
	[PLAN_BASIS_COMPLETION] = "completion",
	[PLAN_BASIS_PINNED] = "pinned",
};

static const char *const verdict_names[] = {
	[PLAN_CHOICE_TAKEN] = "taken",
	[PLAN_CHOICE_REFUSED] = "refused",
	[PLAN_CHOICE_UNNEEDED] = "unneeded",
};

const char *plan_verdict_name(enum plan_verdict verdict)
{
	return verdict_names[verdict];
}

const char *plan_basis_name(enum plan_basis basis)
{
	return basis_names[basis];
}

/* Pictures of three channels were captured, and grey ones in int8 (F-62). */
static bool pixel_was_captured(const struct planner *w)
{
	return w->p->in_c == NPU_CAPTURED_PIXEL_CHANS ||
	       (w->p->in_c == 1 && w->p->elem == NPU_ELEM_INT8);
}

/* Kernels that see all channels are at most 3x3 in captures, depthwise ones 7x7 and 4x10. */
static bool kernel_was_captured(const struct planner *w)
{
	bool depthwise = w->l->mode == NPUB_MODE_DEPTHWISE;

	return w->p->kernel_h <= (depthwise ? NPU_CAPTURED_DEPTHWISE_KERNEL_H
					    : NPU_CAPTURED_KERNEL) &&
	       w->p->kernel_w <= (depthwise ? NPU_CAPTURED_DEPTHWISE_KERNEL_W
					    : NPU_CAPTURED_KERNEL);
}

/* What the plan rests on besides its split: features without captures (F-62). */
void note_features(struct planner *w)
{
	const struct conv_problem *p = w->p;

	if (w->l->mode == NPUB_MODE_DENSE && p->groups > 1)
		note_basis(w, PLAN_BASIS_COMPLETION,
			   "grouped convs have no capture: %u groups a task as a "
			   "block-diagonal dense conv", w->l->groups_per_slice);
	if (p->batch > 1)
		note_basis(w, PLAN_BASIS_COMPLETION,
			   "batches rest on one capture: images one after the other");
	if (w->l->mode == NPUB_MODE_PIXEL && !pixel_was_captured(w))
		note_basis(w, PLAN_BASIS_COMPLETION,
			   "%u-channel %s images have no capture", p->in_c,
			   w->l->elem->name);
	if (w->l->mode == NPUB_MODE_PIXEL && p->in_c == 1 && pixel_was_captured(w))
		note_basis(w, PLAN_BASIS_THIN,
			   "what a grey image takes in CBUF rests on one capture");
	if (w->l->mode == NPUB_MODE_PIXEL && p->in_w % NPU_PIXEL_ROW_ALIGN)
		note_basis(w, PLAN_BASIS_COMPLETION,
			   "image rows of %u pixels are stored %u apart, captures with "
			   "such widths are not", p->in_w,
			   npu_round_up(p->in_w, NPU_PIXEL_ROW_ALIGN));
	if (!kernel_was_captured(w))
		note_basis(w, PLAN_BASIS_THIN, "no capture has a kernel as large as %ux%u",
			   p->kernel_h, p->kernel_w);
	if (p->stride_y > NPU_CAPTURED_STRIDE || p->stride_x > NPU_CAPTURED_STRIDE)
		note_basis(w, PLAN_BASIS_THIN, "few captures have strides above %u",
			   NPU_CAPTURED_STRIDE);
}

/* What no capture and no board has shown. */
static void note_doubts(struct planner *w)
{
	char sentence[PLAN_SENTENCE_BYTES];

	for (uint32_t i = 0; plan_doubt(w->p, w->l, i, sentence); i++) {
		note_basis(w, PLAN_BASIS_COMPLETION, "%s", sentence);
		w->plan->hazards |= NPUB_HAZARD_UNTESTED;
	}
}

static enum plan_status plan_one_core(struct planner *w)
{
	enum plan_status status;

	if (w->p->split_y || w->p->split_k)
		status = plan_pinned(w);
	else if (w->l->mode == NPUB_MODE_DEPTHWISE)
		status = plan_depthwise(w);
	else
		status = plan_dense(w);
	if (status == PLAN_OK) {
		w->plan->list[0].first = 0;
		w->plan->list[0].count = w->plan->tile_count;
	}
	return status;
}

enum plan_status plan_from_problem(struct plan *plan, const struct conv_problem *p,
				   const struct conv_layout *layout, uint32_t cores,
				   struct plan_refusal *why)
{
	struct planner w = { .p = p, .l = layout, .plan = plan, .why = why };
	enum plan_status status;

	memset(plan, 0, sizeof *plan);
	memset(why, 0, sizeof *why);
	plan->cores = cores;
	plan->evidence = NPUB_EVIDENCE_FORMULA;
	status = cores == 1 ? plan_one_core(&w) : plan_cores(&w);
	if (status != PLAN_OK) {
		plan_free(plan);
		return status;
	}
	note_doubts(&w);
	note_features(&w);
	if (!plan->basis_note[0])
		note_basis(&w, PLAN_BASIS_CAPTURED_RULE,
			   "every rule used reproduces the captures of its family");
	if (plan->tile_count > NPU_MAX_TASKS_PER_SUBMIT) {
		refuse(&w, CONV_IN_H, "%u tasks, a submit runs at most %u",
		       plan->tile_count, NPU_MAX_TASKS_PER_SUBMIT);
		refuse_remedy(&w, "a smaller image or batch, or fewer groups");
		plan_free(plan);
		return PLAN_REFUSED;
	}
	return PLAN_OK;
}

void plan_free(struct plan *plan)
{
	free(plan->tiles);
	plan->tiles = NULL;
	plan->tile_count = 0;
}
