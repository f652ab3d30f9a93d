/*
 * A conv while it is being written: values, where they came from, what is still
 * missing.  Defaults are a draft that later ones start from.
 */
#ifndef DRAFT_H
#define DRAFT_H

#include "conv_problem.h"
#include "mem.h"

/* Of an input whose quantisation is not said: real -1 to 127/128. */
#define CONV_INPUT_SCALE (1.0 / 128)

struct draft {
	struct conv_problem problem;
	bool has[CONV_ATTR_N];	/* given here or by the defaults */
	bool here[CONV_ATTR_N]; /* given in this block: a second time is an error */
	bool bad[CONV_ATTR_N];	/* given, but unusable; the error is reported */
	bool pad_same;		/* paddings follow from the sizes */
	struct loc block;	/* the conv's first word */
};

/* Start from `defaults`, or from the language's own when NULL. */
void draft_init(struct draft *draft, const struct draft *defaults, struct loc block);
void draft_free(struct draft *draft);

/*
 * Note that `attr` is given at `loc`.  False, after an error, when this block gave
 * it before.
 */
bool draft_claim(struct draft *draft, enum conv_attr attr, struct loc loc,
		 struct diag *diag);

/* Set a number; the attribute must be one of the uint32_t fields. */
void draft_set(struct draft *draft, enum conv_attr attr, uint32_t value);

/*
 * Complete the draft: what is missing is reported, `pad same` becomes numbers, a
 * conv without a name gets its slug.  True when the problem can be used; its
 * strings then belong to the caller.
 */
bool draft_finish(struct draft *draft, struct conv_problem *problem, struct diag *diag);

#endif
