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
 * Single values against their ranges, for the setters, which know the value's place,
 * and for the checks of a whole conv, which know the attribute's.
 */
bool check_scale(double scale, struct loc loc, struct diag *diag);
bool check_zero_point(int32_t zero, bool uint8, struct loc loc, struct diag *diag);
bool check_act_range(const struct conv_act *act, struct loc loc, struct diag *diag);
/* Of CONV_INPUT_MEAN or CONV_INPUT_STD. */
bool check_pixel_value(enum conv_attr attr, double value, struct loc loc,
		       struct diag *diag);

/*
 * All checks of one conv, ranges first; derives out_h and out_w when the kernel
 * fits, and what the problem says of `fusion`.  A check is left out when one that it
 * builds on failed.
 */
void check_conv(struct conv_problem *p, struct diag *diag);

/*
 * The same for a conv that is only planned and compared, never computed: any
 * element type whose layout is known will do.
 */
void check_shape(struct conv_problem *p, struct diag *diag);

#endif
