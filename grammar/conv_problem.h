/*
 * One convolution: what the user wrote and the sizes that follow from it.
 * Filled once by the front end and never changed.
 */
#ifndef CONV_PROBLEM_H
#define CONV_PROBLEM_H

#include <stdbool.h>
#include <stdint.h>

#include "diag.h"
#include "hw/npu_hw.h"

/* Every value that can be written has a place, for messages. */
enum conv_attr {
	CONV_NAME,
	CONV_BATCH,
	CONV_IN_C,
	CONV_IN_H,
	CONV_IN_W,
	CONV_OUT_C,
	CONV_KERNEL_H,
	CONV_KERNEL_W,
	CONV_STRIDE_Y,
	CONV_STRIDE_X,
	CONV_PAD_TOP,
	CONV_PAD_LEFT,
	CONV_PAD_BOTTOM,
	CONV_PAD_RIGHT,
	CONV_DILATION_Y,
	CONV_DILATION_X,
	CONV_GROUPS,
	CONV_TYPE,
	CONV_OUT_TYPE,
	CONV_WEIGHTS,
	CONV_BIAS,
	CONV_SEED,
	CONV_SPLIT_Y,
	CONV_SPLIT_K,
	CONV_INPUT_KIND,
	CONV_ATTR_N
};

enum tensor_source_kind {
	SOURCE_NONE,	   /* bias only: there is none */
	SOURCE_SEED,	   /* pseudo-random from the conv's seed */
	SOURCE_NPY,	   /* path */
	SOURCE_SAFETENSORS /* path and tensor name */
};

struct tensor_source {
	enum tensor_source_kind kind;
	char *path;   /* relative to the spec that names it, made usable */
	char *tensor; /* SAFETENSORS */
};

/* Who wrote the input: settles the pitch of its surfaces. */
enum input_kind {
	INPUT_GRAPH, /* the application: surfaces W*H pixels apart (default) */
	INPUT_INNER  /* another NPU operator: rounded up to 4 pixels */
};

/*
 * Operations fused into the output stage, as far as they change plans and
 * addresses.  The spec language has no words for them yet; captures do.
 */
struct conv_fusion {
	bool table;       /* activation through the look-up table: never split */
	bool add;         /* a second tensor, laid out as the output, is added */
	bool add_channel; /* one operand a channel is added by the element-wise engine */
	bool per_channel; /* int8 bias stream of 8 bytes a channel, with multipliers */
};

/*
 * invariant: every size >= 1
 * invariant: out_h == (in_h + pad_top + pad_bottom
 *                      - ((kernel_h - 1) * dilation_y + 1)) / stride_y + 1
 *            and the same for out_w
 * invariant: in_c % groups == 0 and out_c % groups == 0
 * They hold once check_conv() found no error.
 */
struct conv_problem {
	char *name;
	uint32_t batch, in_c, in_h, in_w, out_c, out_h, out_w;
	uint32_t kernel_h, kernel_w, stride_y, stride_x;
	uint32_t pad_top, pad_left, pad_bottom, pad_right;
	uint32_t dilation_y, dilation_x, groups;
	enum npu_elem elem, out_elem;
	struct tensor_source weights, bias;
	uint64_t seed;
	uint32_t split_y, split_k; /* pinned number of parts; 0: not pinned */
	enum input_kind input_kind;
	struct conv_fusion fusion;
	struct loc loc[CONV_ATTR_N]; /* line 0: a default */
};

/* Rows or columns under one window: (k - 1) * d + 1. */
static inline uint32_t conv_extent(uint32_t kernel, uint32_t dilation)
{
	return (kernel - 1) * dilation + 1;
}

/* Every output channel has one input channel of its own (multiplier 1). */
static inline bool conv_is_depthwise(const struct conv_problem *p)
{
	return p->groups > 1 && p->groups == p->in_c && p->out_c == p->in_c;
}

/* Input channels that one output channel sees. */
static inline uint32_t conv_group_in_c(const struct conv_problem *p)
{
	return p->in_c / p->groups;
}

/* Multiply-accumulates of the whole conv. */
static inline uint64_t conv_macs(const struct conv_problem *p)
{
	return (uint64_t)p->batch * p->out_c * p->out_h * p->out_w * conv_group_in_c(p) *
	       p->kernel_h * p->kernel_w;
}

/*
 * Write the shape as a slug, `b1_c3_h224_w224_oc32_wic3_k3x3_g1_s1_pvalid`;
 * strides, padding and dilation that the short form cannot say are spelled out
 * (docs/spec-language.md).  Returns the length like snprintf.
 */
int conv_slug(const struct conv_problem *p, char *buf, size_t bytes);

#endif
