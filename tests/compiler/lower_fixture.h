/*
 * The words of the output stage, lowered for a small conv.
 */
#ifndef LOWER_FIXTURE_H
#define LOWER_FIXTURE_H

#include <string.h>

#include "problem_fixture.h"
#include "tasks/lower.h"

/* What decides the form of a record besides the constants of its operation. */
struct op_form {
	enum npu_elem elem, out_elem;
	bool depthwise;
	uint32_t flags; /* NPUB_OP_* */
};

/* A 5 x 5 conv of 64 channels whose output stage does what `form` says. */
static inline struct conv_problem problem_of_form(const struct op_form *form)
{
	struct conv_problem p = make_problem(64, 5, 5, 64, 3, 3);

	p.elem = form->elem;
	p.out_elem = form->out_elem;
	p.groups = form->depthwise ? p.in_c : 1;
	p.bias.kind = form->flags & NPUB_OP_BIAS ? SOURCE_SEED : SOURCE_NONE;
	p.fusion.add = form->flags & NPUB_OP_ADD;
	p.fusion.per_channel = form->flags & NPUB_OP_PER_CHANNEL;
	assert_true(derive_sizes(&p));
	return p;
}

/* The conv's only record on one core; addresses stay offsets in `task`. */
static inline void lower_form(struct task_desc *task, const struct op_form *form,
			      const struct npub_op *op)
{
	static const struct weight_bo_layout wbo = { 0 };
	struct conv_problem p = problem_of_form(form);
	struct plan_refusal why;
	struct conv_layout l;
	struct plan plan;

	assert_true(layout_from_problem(&l, &p));
	assert_int_equal(plan_from_problem(&plan, &p, &l, 1, &why), PLAN_OK);
	assert_int_equal(plan.tile_count, 1);
	lower_conv(task, &p, op, &l, &plan, &plan.tiles[0], &wbo);
	plan_free(&plan);
	layout_free(&l);
}

#endif
