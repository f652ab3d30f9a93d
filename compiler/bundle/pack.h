/*
 * Weights and bias to and from the order the hardware reads (F-13, F-14).
 *
 *   dense, for each slice:
 *     for each group of G kernels, block of 32 channels, ky, kx:
 *       for each kernel of the group, channel of the block: element
 *   depthwise:
 *     for each block of B channels, ky, kx, channel of the block: element
 *
 * Lanes of channels that are stored but do not exist, and of other groups inside a
 * grouped slice, hold the zero point of their kernel's weights, so that the correction
 * for it may count them (0 in floats and in symmetric int8).  Kernels that do not
 * exist are zero.
 */
#ifndef PACK_H
#define PACK_H

#include "operands/operands.h"
#include "plan/layout.h"

/*
 * o->weights: out_c x in_c/groups x kernel_h x kernel_w, o->weight_zero: of each kernel
 * or NULL; packed: layout->weight_bytes.
 */
void pack_weights(const struct conv_problem *p, const struct conv_layout *layout,
		  const struct operands *o, void *packed);

/* The inverse, to oihw as o->weights is; padding is ignored. */
void unpack_weights(const struct conv_problem *p, const struct conv_layout *layout,
		    const void *packed, void *oihw);

/*
 * The bias stream, layout->bias_bytes, by layout->bias_kind and bias_elem (F-55, F-81):
 *
 *     fp32, int32    one value a channel: o->bias, o->bias_fixed
 *     grouped        8 channels in 64 bytes: 8 bias_fixed, 8 correction, 8 factor
 *
 * What `o` has as NULL is zero, a factor one; channels that do not exist are zero.
 */
void pack_bias(const struct conv_problem *p, const struct conv_layout *layout,
	       const struct operands *o, void *packed);

/* The inverse, into those of o's arrays that are not NULL. */
void unpack_bias(const struct conv_problem *p, const struct conv_layout *layout,
		 const void *packed, struct operands *o);

#endif
