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
	CONV_INPUT_QUANT,
	CONV_WEIGHT_QUANT,
	CONV_OUTPUT_QUANT,
	CONV_ADD,
	CONV_ACTIVATION,
	CONV_BN_SCALE,
	CONV_BN_SHIFT,
	CONV_INPUT_MEAN,
	CONV_INPUT_STD,
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
 * Quantisation of a feature tensor: real = (stored - zero) * scale.  `uint8` is how
 * the user has it: bytes 0..255 whose zero point is given in that range; stored are
 * int8 with both moved down by 128.
 */
struct conv_quant {
	bool given; /* else the compiler chooses (compiler/operands/operands.h) */
	bool uint8; /* also of a tensor whose scale the compiler chooses */
	double scale;
	int32_t zero; /* as the user has it */
};

enum weight_quant_kind {
	WEIGHT_QUANT_PER_CHANNEL, /* the compiler chooses, one scale a channel (default) */
	WEIGHT_QUANT_PER_TENSOR,  /* the compiler chooses one scale */
	WEIGHT_QUANT_GIVEN,	  /* one scale and zero point */
	WEIGHT_QUANT_FILE	  /* a scale a channel, and maybe a zero point, from files */
};

struct conv_weight_quant {
	enum weight_quant_kind kind;
	double scale;			    /* GIVEN */
	int32_t zero;			    /* GIVEN */
	struct tensor_source scales, zeros; /* FILE; zeros may be SOURCE_NONE */
};

/* From PRELU on they are known by name, and refused: most need the look-up table. */
enum act_kind {
	ACT_NONE,
	ACT_RELU,
	ACT_CLIP, /* to [low, high]; relu6 is clip 0 6 */
	ACT_LEAKY,
	ACT_PRELU,
	ACT_SIGMOID,
	ACT_HARDSIGMOID,
	ACT_SILU,
	ACT_HARDSWISH,
	ACT_TANH
};

struct conv_act {
	enum act_kind kind;
	double low, high; /* CLIP, real values */
	double slope;	  /* LEAKY, of negative values */
};

#define CONV_MAX_PIXEL_CHANS 4u

/* Conversion of pixels, (value - mean) / std by channel, folded into the conv. */
struct conv_pixel_norm {
	uint32_t mean_count, std_count; /* 0: not given; else 1 or in_c */
	double mean[CONV_MAX_PIXEL_CHANS], std[CONV_MAX_PIXEL_CHANS];
};

/*
 * Operations fused into the output stage, as far as they change plans and
 * addresses.  check_conv() derives `add` and `per_channel` from what the spec says;
 * captures set them all.
 */
struct conv_fusion {
	bool table;       /* activation through the look-up table: never split */
	uint32_t index_scale, index_shift; /* TABLE: multiplier from the sum to an index */
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
	struct conv_quant input_quant, output_quant, add_quant;
	struct conv_weight_quant weight_quant;
	struct conv_act act;
	bool add; /* a second tensor of the output's shape and type is added */
	struct tensor_source bn_scale, bn_shift; /* by channel; SOURCE_NONE: 1, 0 */
	struct conv_pixel_norm pixel_norm;
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

/* A zero point as it is stored: the user's bytes are kept 128 lower, as int8. */
static inline int32_t conv_stored_zero(const struct conv_quant *q)
{
	return q->zero - (q->uint8 ? 128 : 0);
}

/* Whether anything is said of the stored numbers: their scale, or the user's bytes. */
static inline bool conv_quant_is_said(const struct conv_quant *q)
{
	return q->given || q->uint8;
}

/*
 * How an int8 conv has its input.  Pixels with a mean or a standard deviation are the
 * user's bytes as they are; the byte nearest to the means is their zero point, and
 * what padding holds.
 */
static inline struct conv_quant conv_input_quant(const struct conv_problem *p)
{
	const struct conv_pixel_norm *n = &p->pixel_norm;
	struct conv_quant bytes = { .given = true, .uint8 = true, .scale = 1 };
	double mean = 0;

	if (p->elem != NPU_ELEM_INT8 || (!n->mean_count && !n->std_count))
		return p->input_quant;
	for (uint32_t i = 0; i < n->mean_count; i++)
		mean += n->mean[i] / n->mean_count;
	bytes.zero = mean < 0 ? 0 : mean > 255 ? 255 : (int32_t)(mean + 0.5);
	return bytes;
}

/* Stored zero point of the input; 0 for floats. */
static inline int32_t conv_input_zero(const struct conv_problem *p)
{
	struct conv_quant q = conv_input_quant(p);

	return p->elem == NPU_ELEM_INT8 ? conv_stored_zero(&q) : 0;
}

/*
 * Whether the output stage reads a value a channel.  The vendor always streams one in
 * int8, for the folded zero point, and ahead of every fused operation (F-39).
 */
static inline bool conv_streams_bias(const struct conv_problem *p)
{
	return p->bias.kind != SOURCE_NONE || p->bn_shift.kind != SOURCE_NONE ||
	       p->act.kind != ACT_NONE || p->fusion.add || p->pixel_norm.mean_count ||
	       (p->elem == NPU_ELEM_INT8 &&
		(p->out_elem == NPU_ELEM_INT8 || conv_input_zero(p)));
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
