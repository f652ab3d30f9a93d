#include "draft.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "conv_attr.h"

#define SLUG_BYTES 320u

/* Give a source that was copied as it is strings of its own. */
static void own_strings(struct tensor_source *s)
{
	s->path = s->path ? mem_strndup(s->path, strlen(s->path)) : NULL;
	s->tensor = s->tensor ? mem_strndup(s->tensor, strlen(s->tensor)) : NULL;
}

void draft_init(struct draft *draft, const struct draft *defaults, struct loc block)
{
	struct conv_problem *p = &draft->problem;

	if (defaults) {
		*draft = *defaults;
		for (size_t i = 0; i < CONV_SOURCE_N; i++)
			own_strings(conv_source(p, i));
		memset(draft->here, 0, sizeof draft->here);
		draft->block = block;
		return;
	}
	*draft = (struct draft){ .block = block };
	p->batch = p->groups = 1;
	p->stride_y = p->stride_x = p->dilation_y = p->dilation_x = 1;
	p->elem = p->out_elem = NPU_ELEM_FP16;
	p->weights.kind = SOURCE_SEED;
	p->bias.kind = SOURCE_NONE;
	p->input_kind = INPUT_GRAPH;
	p->input_quant.scale = CONV_INPUT_SCALE;
}

void draft_free(struct draft *draft)
{
	conv_problem_clear(&draft->problem);
}

bool draft_claim(struct draft *draft, enum conv_attr attr, struct loc loc,
		 struct diag *diag)
{
	if (draft->here[attr]) {
		diag_error(diag, loc, "given-twice", "%s given twice",
			   conv_attr_name(attr));
		diag_note(diag, draft->problem.loc[attr], "the first one is here");
		return false;
	}
	draft->here[attr] = draft->has[attr] = true;
	draft->bad[attr] = false;
	draft->problem.loc[attr] = loc;
	return true;
}

void draft_set(struct draft *draft, enum conv_attr attr, uint32_t value)
{
	*conv_field(&draft->problem, attr) = value;
}

/* Attributes without a default, and how to give them. */
static void check_missing(struct draft *draft, struct diag *diag)
{
	static const struct {
		const char *word, *example;
		enum conv_attr first, last;
	} needed[] = {
		{ "input", "input 3x224x224", CONV_IN_C, CONV_IN_W },
		{ "output", "output 64", CONV_OUT_C, CONV_OUT_C },
		{ "kernel", "kernel 3x3", CONV_KERNEL_H, CONV_KERNEL_W },
	};

	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
		const char *name = draft->problem.name;
		bool any = false, *has = draft->has;
		enum conv_attr missing = CONV_ATTR_N;

		for (enum conv_attr a = needed[i].first; a <= needed[i].last; a++) {
			any = any || has[a];
			if (!has[a] && missing == CONV_ATTR_N)
				missing = a;
			draft->bad[a] = draft->bad[a] || !has[a];
		}
		if (missing == CONV_ATTR_N)
			continue;
		diag_error(diag, draft->block, "missing", "%s%s%s has no %s",
			   name ? "conv '" : "this conv", name ? name : "",
			   name ? "'" : "",
			   any ? conv_attr_name(missing) : needed[i].word);
		diag_note(diag, draft->block, "give it, for example as '%s'",
			  needed[i].example);
	}
}

/*
 * As much padding as keeps out = ceil(in / stride), the odd one at the end:
 *
 *     total = max((out - 1) * stride + extent - in, 0)
 */
static void pad_same(uint32_t in, uint32_t extent, uint32_t stride, uint32_t *before,
		     uint32_t *after)
{
	uint64_t needed = (uint64_t)(npu_ceil_div(in, stride) - 1) * stride + extent;
	uint32_t total = needed > in ? (uint32_t)(needed - in) : 0;

	*before = total / 2;
	*after = total - *before;
}

static void resolve_pad_same(struct draft *draft)
{
	static const enum conv_attr used[] = { CONV_IN_H,	CONV_IN_W,
					       CONV_KERNEL_H,	CONV_KERNEL_W,
					       CONV_STRIDE_Y,	CONV_STRIDE_X,
					       CONV_DILATION_Y, CONV_DILATION_X };
	struct conv_problem *p = &draft->problem;

	for (size_t i = 0; i < sizeof used / sizeof used[0]; i++)
		if (draft->bad[used[i]] || !is_in_range(p, used[i]))
			return;
	pad_same(p->in_h, conv_extent(p->kernel_h, p->dilation_y), p->stride_y,
		 &p->pad_top, &p->pad_bottom);
	pad_same(p->in_w, conv_extent(p->kernel_w, p->dilation_x), p->stride_x,
		 &p->pad_left, &p->pad_right);
}

bool draft_finish(struct draft *draft, struct conv_problem *problem, struct diag *diag)
{
	struct conv_problem *p = &draft->problem;
	bool usable = true;
	char slug[SLUG_BYTES];

	check_missing(draft, diag);
	if (!draft->has[CONV_OUT_TYPE])
		p->out_elem = p->elem;
	/* An int32 output is the sum itself, without a multiplier for each channel. */
	if (!draft->has[CONV_WEIGHT_QUANT] && p->out_elem == NPU_ELEM_INT32)
		p->weight_quant.kind = WEIGHT_QUANT_PER_TENSOR;
	if (draft->pad_same)
		resolve_pad_same(draft);
	if (!p->loc[CONV_NAME].line)
		p->loc[CONV_NAME] = draft->block;
	for (size_t a = 0; a < CONV_ATTR_N; a++)
		usable = usable && !draft->bad[a];
	if (!usable) {
		/* It goes no further: say now what its other sizes break. */
		check_ranges(p, draft->bad, diag);
		return false;
	}
	if (!p->name) {
		conv_slug(p, slug, sizeof slug);
		p->name = mem_strndup(slug, strlen(slug));
	}
	*problem = *p;
	*p = (struct conv_problem){ 0 };
	return true;
}
