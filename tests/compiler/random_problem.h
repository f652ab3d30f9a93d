/*
 * Random problems for planner tests, by a seeded generator.
 */
#ifndef RANDOM_PROBLEM_H
#define RANDOM_PROBLEM_H

#include <stdio.h>

#include "problem_fixture.h"

static uint64_t rng_state;

/* xorshift64*: a number in [lo, hi]. */
static inline uint32_t pick(uint32_t lo, uint32_t hi)
{
	rng_state ^= rng_state >> 12;
	rng_state ^= rng_state << 25;
	rng_state ^= rng_state >> 27;
	return lo + (uint32_t)((rng_state * 2685821657736338717u) >> 33) % (hi - lo + 1);
}

static inline const char *describe(const struct conv_problem *p)
{
	static char text[200];

	snprintf(text, sizeof text,
		 "b%u %ux%ux%u -> %u k%ux%u s%ux%u p%u.%u.%u.%u d%ux%u g%u split %u/%u",
		 p->batch, p->in_c, p->in_h, p->in_w, p->out_c, p->kernel_h, p->kernel_w,
		 p->stride_y, p->stride_x, p->pad_top, p->pad_left, p->pad_bottom,
		 p->pad_right, p->dilation_y, p->dilation_x, p->groups, p->split_y,
		 p->split_k);
	return text;
}

/* False when the sizes drawn make no conv. */
static inline bool random_problem(struct conv_problem *p)
{
	static const uint32_t kernels[] = { 1, 1, 2, 3, 3, 4, 5, 7, 11 };
	uint32_t kind = pick(0, 9), big = pick(0, 3) == 0;

	*p = make_problem(pick(1, big ? 600 : 70), pick(1, big ? 260 : 40),
			  pick(1, big ? 260 : 40), pick(1, big ? 600 : 70),
			  kernels[pick(0, 8)], kernels[pick(0, 8)]);
	if (kind == 0)
		p->out_c = p->groups = p->in_c;
	if (kind == 1) {
		p->groups = pick(2, 9);
		p->in_c = p->groups * pick(1, 12);
		p->out_c = p->groups * pick(1, 20);
	}
	if (kind == 2)
		p->in_c = pick(1, 4);
	if (kind == 3)
		p->batch = pick(2, 3);
	if (kind == 4) {
		p->split_y = pick(0, 5);
		p->split_k = pick(0, 4);
	}
	if (kind == 5)
		p->dilation_y = pick(1, 3);
	p->stride_y = pick(1, 4) == 4 ? pick(1, 7) : 1;
	p->stride_x = pick(1, 4) == 4 ? pick(1, 7) : p->stride_y;
	p->pad_top = pick(0, p->kernel_h - 1);
	p->pad_left = pick(0, p->kernel_w - 1);
	p->pad_bottom = pick(0, p->kernel_h - 1);
	p->pad_right = pick(0, p->kernel_w - 1);
	return derive_sizes(p);
}

#endif
