/*
 * Conv problems for planner tests, made without the front end.
 */
#ifndef PROBLEM_FIXTURE_H
#define PROBLEM_FIXTURE_H

#include "conv_problem.h"

/* A dense fp16 conv with stride 1 and no padding; sizes derived. */
static inline struct conv_problem make_problem(uint32_t c, uint32_t h, uint32_t w, uint32_t k,
					       uint32_t kh, uint32_t kw)
{
	struct conv_problem p = {
		.name = (char *)"test", .batch = 1, .in_c = c, .in_h = h, .in_w = w,
		.out_c = k, .kernel_h = kh, .kernel_w = kw, .stride_y = 1, .stride_x = 1,
		.dilation_y = 1, .dilation_x = 1, .groups = 1,
		.elem = NPU_ELEM_FP16, .out_elem = NPU_ELEM_FP16,
		.weights.kind = SOURCE_SEED,
	};

	return p;
}

/* Output sizes of a changed problem; false when the window does not fit. */
static inline bool derive_sizes(struct conv_problem *p)
{
	uint32_t eh = conv_extent(p->kernel_h, p->dilation_y);
	uint32_t ew = conv_extent(p->kernel_w, p->dilation_x);
	uint32_t ph = p->in_h + p->pad_top + p->pad_bottom;
	uint32_t pw = p->in_w + p->pad_left + p->pad_right;

	if (ph < eh || pw < ew || p->pad_top >= eh || p->pad_left >= ew ||
	    p->pad_bottom >= eh || p->pad_right >= ew)
		return false;
	p->out_h = (ph - eh) / p->stride_y + 1;
	p->out_w = (pw - ew) / p->stride_x + 1;
	return true;
}

#endif
