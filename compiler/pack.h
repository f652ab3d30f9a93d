/*
 * Weights and bias to and from the order the hardware reads (F-13, F-14).
 *
 *   dense, for each slice:
 *     for each group of G kernels, block of 32 channels, ky, kx:
 *       for each kernel of the group, channel of the block: element
 *   depthwise:
 *     for each block of B channels, ky, kx, channel of the block: element
 *
 * Channels that are stored but do not exist are zero, and so are the kernels of
 * other groups inside a grouped slice.
 */
#ifndef PACK_H
#define PACK_H

#include "layout.h"

/* oihw: out_c x in_c/groups x kernel_h x kernel_w; packed: layout->weight_bytes. */
void pack_weights(const struct conv_problem *p, const struct conv_layout *layout,
		  const void *oihw, void *packed);

/* The inverse; padding is ignored. */
void unpack_weights(const struct conv_problem *p, const struct conv_layout *layout,
		    const void *packed, void *oihw);

/* bias: out_c floats; packed: layout->bias_bytes. */
void pack_bias(const struct conv_problem *p, const struct conv_layout *layout,
	       const float *bias, void *packed);
void unpack_bias(const struct conv_problem *p, const struct conv_layout *layout,
		 const void *packed, float *bias);

#endif
