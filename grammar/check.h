/*
 * Named checks of a conv problem against geometry and hardware limits.
 */
#ifndef CHECK_H
#define CHECK_H

#include "conv_problem.h"
#include "mem.h"

/* Report that the number written as `text` is outside the attribute's range. */
void report_range(enum conv_attr attr, struct loc loc, struct str text,
		  struct diag *diag);

/* Does the attribute hold a value that its own range allows? */
bool is_in_range(const struct conv_problem *p, enum conv_attr attr);

/* Report every attribute outside its range, except those marked in `skip`. */
void check_ranges(const struct conv_problem *p, const bool skip[CONV_ATTR_N],
		  struct diag *diag);

/*
 * All checks of one conv, ranges first; derives out_h and out_w when the kernel
 * fits.  A check is left out when one that it builds on failed.
 */
void check_conv(struct conv_problem *p, struct diag *diag);

/*
 * The same for a conv that is only planned and compared, never computed: any
 * element type whose layout is known will do.
 */
void check_shape(struct conv_problem *p, struct diag *diag);

#endif
