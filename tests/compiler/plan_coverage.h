/*
 * Every output of a conv is in one tile of its plan.  cmocka.h comes first.
 */
#ifndef PLAN_COVERAGE_H
#define PLAN_COVERAGE_H

#include <stdlib.h>

#include "plan/plan.h"
#include "random_problem.h"

/* Mark the tile's outputs in [image][k][y]; false when one was marked before. */
static inline bool mark(uint8_t *seen, const struct conv_problem *p, const struct tile *t)
{
	for (uint32_t k = t->k; k < t->k + t->k_count; k++) {
		for (uint32_t y = t->y; y < t->y + t->y_count; y++) {
			uint8_t *s = &seen[(t->image * p->out_c + k) * p->out_h + y];

			if (*s)
				return false;
			*s = 1;
		}
	}
	return true;
}

static inline void check_coverage(const struct conv_problem *p, const struct plan *plan)
{
	size_t all = (size_t)p->batch * p->out_c * p->out_h;
	uint8_t *seen = calloc(all, 1);
	size_t covered = 0;

	assert_non_null(seen);
	for (uint32_t i = 0; i < plan->tile_count; i++) {
		if (!mark(seen, p, &plan->tiles[i]))
			fail_msg("%s: %u cores: tile %u repeats an output", describe(p),
				 plan->cores, i);
	}
	for (size_t i = 0; i < all; i++)
		covered += seen[i];
	if (covered != all)
		fail_msg("%s: %u cores: %zu of %zu output rows", describe(p), plan->cores,
			 covered, all);
	free(seen);
}

#endif
