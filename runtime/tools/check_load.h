/*
 * A bundle's conv as plain arrays, for --check.
 */
#ifndef CHECK_LOAD_H
#define CHECK_LOAD_H

#include "check.h"
#include "check_fixed.h"
#include "refconv.h"

struct check_conv {
	bool is_fixed;
	struct refconv real;	 /* floats */
	struct fixed_conv fixed; /* int8 */
	void *arrays[8];	 /* all that the two point to, malloc'd */
	uint32_t array_count;
	const float *weight_scale; /* in the bundle, one a channel; NULL: not given */
	double largest_scale;	   /* of them */
};

/* Unpack what `run` names; `why` is filled for CHECK_IMPOSSIBLE.  Free either way. */
enum check_status check_load(struct check_conv *c, const struct check_run *run, char *why,
			     size_t why_bytes);
void check_unload(struct check_conv *c);

#endif
