/*
 * Small channel arithmetic that layout, planner and lowering share.
 */
#ifndef CHAN_H
#define CHAN_H

#include "plan/layout.h"

/* Output channels the hardware computes together: G dense, B depthwise (F-50). */
static inline uint32_t calc_chan_group(const struct conv_layout *l)
{
	return l->mode == NPUB_MODE_DEPTHWISE ? l->elem->dw_block
					      : l->elem->kernel_group;
}

/* Kernels in memory for `k_count` channels: int8 stores pairs (F-51). */
static inline uint32_t calc_stored_kernels(enum npu_elem elem, uint32_t k_count)
{
	return elem == NPU_ELEM_INT8 ? npu_round_up(k_count, 2) : k_count;
}

/* Pixels of a stored plane: rounded up to 4, but 1 stays 1 (F-15). */
uint32_t calc_plane_pixels(uint32_t h, uint32_t w);

#endif
