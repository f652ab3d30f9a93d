#include <stdio.h>
#include <string.h>

#include "check.h"
#include "conv_attr.h"

/* Longest reach of a window beyond its first row. */
#define MAX_REACH ((NPU_MAX_KERNEL - 1) * NPU_MAX_DILATION)

/*
 * Rows of a whole image.  DATA_SIZE0 counts the rows of one tile only, so taller
 * images are legal as tiles; what must hold the image is the surface pitch, 28
 * bits signed in units of 16 bytes (F-20).
 */
#define MAX_IMAGE_ROWS 65535u

_Static_assert((uint64_t)MAX_IMAGE_ROWS *NPU_MAX_IN_WIDTH < UINT32_C(1) << 27,
	       "the pitch of the largest surface fits DMA_CON2");

/* One attribute, its check's name and what it may be. */
struct range {
	/* In messages; the same for all axes, so that `stride 12` is one error. */
	const char *what;
	const char *check;
	const char *note; /* after the range: where the limit is from, the way out */
	uint32_t min, max;
	bool zero_is_unset; /* 0 in the problem: not written */
};

// clang-format off
static const struct range ranges[CONV_ATTR_N] = {
	[CONV_BATCH] = { "batch", "batch-range",
		"each image takes a task and one submit holds so many; use smaller batches",
		1, NPU_MAX_TASKS_PER_SUBMIT, false },
	[CONV_IN_C] = { "input channels", "input-channels-range",
		"the hardware counts channels in 16 bits; sum the results of narrower convs",
		1, NPU_MAX_IN_CHANS, false },
	[CONV_IN_H] = { "input height", "input-height-range",
		"taller images do not fit the pitch of a surface; cut the image",
		1, MAX_IMAGE_ROWS, false },
	[CONV_IN_W] = { "input width", "input-width-range",
		"the hardware counts columns in 11 bits; cut the image into overlapping strips",
		1, NPU_MAX_IN_WIDTH, false },
	[CONV_OUT_C] = { "output channels", "output-channels-range",
		"the hardware counts output channels in 13 bits; make it several convs",
		1, NPU_MAX_OUT_CHANS, false },
	[CONV_KERNEL_H] = { "kernel", "kernel-range",
		"the hardware takes no larger kernels; dilation can widen the window",
		1, NPU_MAX_KERNEL, false },
	[CONV_KERNEL_W] = { "kernel", "kernel-range",
		"the hardware takes no larger kernels; dilation can widen the window",
		1, NPU_MAX_KERNEL, false },
	[CONV_STRIDE_Y] = { "stride", "stride-range",
		"the hardware takes no larger strides", 1, NPU_MAX_STRIDE, false },
	[CONV_STRIDE_X] = { "stride", "stride-range",
		"the hardware takes no larger strides", 1, NPU_MAX_STRIDE, false },
	[CONV_PAD_TOP] = { "padding", "pad-range",
		"the hardware pads no further; store more zero rows with the image",
		0, NPU_MAX_PAD, false },
	[CONV_PAD_LEFT] = { "padding", "pad-range",
		"the hardware pads no further; store more zero columns with the image",
		0, NPU_MAX_PAD, false },
	[CONV_PAD_BOTTOM] = { "padding", "pad-range",
		"no window reaches further", 0, MAX_REACH, false },
	[CONV_PAD_RIGHT] = { "padding", "pad-range",
		"no window reaches further", 0, MAX_REACH, false },
	[CONV_DILATION_Y] = { "dilation", "dilation-range",
		"the hardware spreads taps no further", 1, NPU_MAX_DILATION, false },
	[CONV_DILATION_X] = { "dilation", "dilation-range",
		"the hardware spreads taps no further", 1, NPU_MAX_DILATION, false },
	[CONV_GROUPS] = { "groups", "groups-range",
		"there cannot be more groups than channels", 1, NPU_MAX_IN_CHANS, false },
	[CONV_SPLIT_Y] = { "split", "split-range",
		"an image has no more rows to share out", 1, MAX_IMAGE_ROWS, true },
	[CONV_SPLIT_K] = { "split", "split-range",
		"there are no more output channels to share out", 1, NPU_MAX_OUT_CHANS, true },
};
// clang-format on

void report_range(enum conv_attr attr, struct loc loc, struct str text, struct diag *diag)
{
	const struct range *r = &ranges[attr];

	diag_error(diag, loc, r->check, "%s %.*s is out of range", r->what,
		   STR_ARGS(text));
	diag_note(diag, loc, "it can be %u to %u: %s", r->min, r->max, r->note);
}

bool is_in_range(const struct conv_problem *p, enum conv_attr attr)
{
	const struct range *r = &ranges[attr];
	uint32_t value;

	if (!r->check)
		return true;
	value = conv_value(p, attr);
	return (value >= r->min && value <= r->max) || (r->zero_is_unset && value == 0);
}

void check_ranges(const struct conv_problem *p, const bool skip[CONV_ATTR_N],
		  struct diag *diag)
{
	char digits[12];

	for (enum conv_attr a = 0; a < CONV_ATTR_N; a++) {
		if (skip[a] || is_in_range(p, a))
			continue;
		snprintf(digits, sizeof digits, "%u", conv_value(p, a));
		report_range(a, conv_attr_loc(p, a),
			     (struct str){ digits, strlen(digits) }, diag);
	}
}
