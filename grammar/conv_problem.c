#include "conv_problem.h"

/* Where the next part of a slug goes, once `used` characters are written. */
#define REST(buf, bytes, used)                                                           \
	((size_t)(used) < (bytes) ? (buf) + (used) : NULL),                              \
	    ((size_t)(used) < (bytes) ? (bytes) - (size_t)(used) : 0)

int conv_slug(const struct conv_problem *p, char *buf, size_t bytes)
{
	int n = snprintf(buf, bytes, "b%u_c%u_h%u_w%u_oc%u_wic%u_k%ux%u_g%u_s%u",
			 p->batch, p->in_c, p->in_h, p->in_w, p->out_c,
			 p->groups ? conv_group_in_c(p) : 0, p->kernel_h, p->kernel_w,
			 p->groups, p->stride_y);

	if (p->stride_x != p->stride_y)
		n += snprintf(REST(buf, bytes, n), "x%u", p->stride_x);
	if (p->pad_top || p->pad_left || p->pad_bottom || p->pad_right)
		n += snprintf(REST(buf, bytes, n), "_p%ux%ux%ux%u", p->pad_top,
			      p->pad_left, p->pad_bottom, p->pad_right);
	else
		n += snprintf(REST(buf, bytes, n), "_pvalid");
	if (p->dilation_y != 1 || p->dilation_x != 1)
		n += snprintf(REST(buf, bytes, n), "_d%u", p->dilation_y);
	if (p->dilation_x != p->dilation_y)
		n += snprintf(REST(buf, bytes, n), "x%u", p->dilation_x);
	return n;
}
