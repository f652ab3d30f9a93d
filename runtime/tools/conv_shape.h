/* Sizes of a conv, as the references compute it. */
#ifndef CONV_SHAPE_H
#define CONV_SHAPE_H

#include <stdint.h>

struct conv_shape {
	uint32_t batch, in_c, in_h, in_w, out_c, out_h, out_w;
	uint32_t kernel_h, kernel_w, stride_y, stride_x;
	uint32_t pad_top, pad_left; /* right and bottom follow from out_h, out_w */
	uint32_t dilation_y, dilation_x, groups;
};

#endif
