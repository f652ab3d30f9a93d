/*
 * Bytes: where input, operand, weights, bias and output of a conv lie in their BOs.
 *
 * Follows from the conv problem alone; no plan changes it.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "bundle_format.h"
#include "conv_problem.h"

/* A feature tensor in device memory (F-12, F-15, F-16). */
struct feature_layout {
	enum npub_layout kind;
	enum npu_elem elem;
	uint32_t n, c, h, w;   /* logical sizes */
	uint32_t row_pixels;   /* pixels from row to row */
	uint32_t plane_pixels; /* pixels from surface to surface; 0: pixel layout */
	uint32_t surfaces;     /* stored, padding channels included; 0: pixel layout */
	uint64_t image_bytes;  /* from image to image of the batch */
	uint64_t bytes;        /* of the whole tensor */
};

/*
 * A block of the conv that one task can compute: input channels
 * [c, c + c_count) to output channels [k, k + k_count).  A dense conv is one
 * slice, a depthwise conv is one slice, a grouped conv is one slice for as few
 * groups as start on an atom on both sides; inside it the kernels of the other
 * groups are zero (block diagonal).
 */
struct conv_slice {
	uint32_t c, c_count;
	uint32_t k, k_count;
	uint32_t kernel_chans;   /* stored channels of a tap, Cw (F-14) */
	uint32_t kernel_bytes;   /* one stored kernel; depthwise: all channels */
	uint32_t stored_kernels; /* kernels in memory: k_count, int8 rounded to 2 */
	uint64_t weight_offset;  /* in the packed weights */
	uint64_t weight_bytes;
};

struct conv_layout {
	enum npub_mode mode;
	const struct npu_elem_info *elem, *out_elem;
	uint32_t hw_in_c; /* whole atoms: channels that registers name */
	struct feature_layout input, output;
	struct conv_slice *slices;
	uint32_t slice_count;
	uint32_t groups_per_slice; /* 1 for dense and depthwise */
	uint64_t weight_bytes;     /* all slices */
	uint64_t bias_offset;      /* after the weights, 64-byte aligned */
	uint64_t bias_bytes;       /* 0: none; else bias_chan_bytes per stored channel */
	enum npub_layout bias_kind; /* LINEAR or BIAS_GROUPED */
	enum npu_elem bias_elem;    /* fp32 or int32 */
	uint32_t bias_chan_bytes;
	uint64_t operand_offset;   /* in the input BO: of a tensor that is added */
};

/*
 * Lay out a checked problem.  False when out of memory.
 * Free with layout_free().
 */
bool layout_from_problem(struct conv_layout *layout, const struct conv_problem *p);
void layout_free(struct conv_layout *layout);

/* Stored channels of one tap of a dense kernel that sees `chans` (F-13, F-14). */
uint32_t calc_kernel_chans(const struct npu_elem_info *elem, uint32_t chans);

/* The same for a depthwise kernel of `chans` channels. */
uint32_t calc_depthwise_chans(const struct npu_elem_info *elem, uint32_t chans);

/* Bytes of the kernels of channels before `c` in a depthwise slice. */
uint64_t calc_depthwise_offset(const struct conv_problem *p,
			       const struct npu_elem_info *elem, uint32_t c);

#endif
