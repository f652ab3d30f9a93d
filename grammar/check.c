#include "check.h"

#include <inttypes.h>

#include "check_op.h"
#include "conv_attr.h"

/* DATA_SIZE1 counts channels in whole atoms of 16 bytes (F-12, F-20). */
static bool check_channel_atoms(struct conv_problem *p, struct diag *diag)
{
	uint32_t atom = npu_elem_info(p->elem)->atom_chans;
	struct loc loc = conv_attr_loc(p, CONV_IN_C);

	if (npu_round_up(p->in_c, atom) <= NPU_MAX_IN_CHANS)
		return true;
	diag_error(diag, loc, "channel-atoms",
		   "input channels %u do not fit in whole atoms", p->in_c);
	diag_note(diag, loc, "channels are stored by %u, so at most %u", atom,
		  NPU_MAX_IN_CHANS / atom * atom);
	return false;
}

static bool check_groups(struct conv_problem *p, struct diag *diag)
{
	struct loc loc = conv_attr_loc(p, CONV_GROUPS);
	bool divides = true;

	if (p->in_c % p->groups) {
		diag_error(diag, loc, "groups-divide",
			   "groups %u do not divide %u input channels", p->groups,
			   p->in_c);
		divides = false;
	}
	if (p->out_c % p->groups) {
		diag_error(diag, loc, "groups-divide",
			   "groups %u do not divide %u output channels", p->groups,
			   p->out_c);
		divides = false;
	}
	if (!divides)
		diag_note(diag, loc,
			  "each group takes as many input channels and makes as "
			  "many output channels as the others");
	return divides;
}

static bool check_pad(const struct conv_problem *p, enum conv_attr attr, uint32_t extent,
		      struct diag *diag)
{
	struct loc loc = conv_attr_loc(p, attr);

	if (conv_value(p, attr) < extent)
		return true;
	diag_error(diag, loc, "pad-window", "padding %u holds a whole window",
		   conv_value(p, attr));
	diag_note(diag, loc, "the window covers %u; a side can have 0 to %u", extent,
		  extent - 1);
	return false;
}

/* A window must see at least one pixel of the image. */
static bool check_pads(struct conv_problem *p, struct diag *diag)
{
	uint32_t rows = conv_extent(p->kernel_h, p->dilation_y);
	uint32_t cols = conv_extent(p->kernel_w, p->dilation_x);
	bool top = check_pad(p, CONV_PAD_TOP, rows, diag);
	bool left = check_pad(p, CONV_PAD_LEFT, cols, diag);
	bool bottom = check_pad(p, CONV_PAD_BOTTOM, rows, diag);
	bool right = check_pad(p, CONV_PAD_RIGHT, cols, diag);

	return top && left && bottom && right;
}

static bool check_fit(const struct conv_problem *p, enum conv_attr kernel,
		      uint32_t dilation, uint32_t in, uint32_t before, uint32_t after,
		      struct diag *diag)
{
	struct loc loc = conv_attr_loc(p, kernel);
	uint32_t extent = conv_extent(conv_value(p, kernel), dilation);

	if (extent <= in + before + after)
		return true;
	diag_error(diag, loc, "kernel-fit", "%s %u does not fit the padded input of %u",
		   conv_attr_name(kernel), conv_value(p, kernel), in + before + after);
	diag_note(diag, loc,
		  "the window covers %u (dilation %u), the input has %u + %u + %u",
		  extent, dilation, before, in, after);
	return false;
}

/* The kernel fits at least once; the output's size follows. */
static bool check_kernel_fit(struct conv_problem *p, struct diag *diag)
{
	bool fits_y = check_fit(p, CONV_KERNEL_H, p->dilation_y, p->in_h, p->pad_top,
				p->pad_bottom, diag);
	bool fits_x = check_fit(p, CONV_KERNEL_W, p->dilation_x, p->in_w, p->pad_left,
				p->pad_right, diag);

	if (!fits_y || !fits_x)
		return false;
	p->out_h = (p->in_h + p->pad_top + p->pad_bottom -
		    conv_extent(p->kernel_h, p->dilation_y)) /
		       p->stride_y +
		   1;
	p->out_w = (p->in_w + p->pad_left + p->pad_right -
		    conv_extent(p->kernel_w, p->dilation_x)) /
		       p->stride_x +
		   1;
	return true;
}

/* Padding can make the output wider than the input (F-20). */
static bool check_out_width(struct conv_problem *p, struct diag *diag)
{
	struct loc loc = conv_attr_loc(p, CONV_IN_W);

	if (p->out_w <= NPU_MAX_OUT_WIDTH)
		return true;
	diag_error(diag, loc, "output-width", "input width %u makes an output %u wide",
		   p->in_w, p->out_w);
	diag_note(diag, loc,
		  "an output can be 1 to %u wide; cut the image into overlapping "
		  "strips, or pad it less",
		  NPU_MAX_OUT_WIDTH);
	return false;
}

/*
 * Bytes of one stored kernel of a dense or grouped conv: kh * kw * Cw * b, where Cw
 * are the channels of as few groups as start on whole atoms, in 16-byte atoms, three
 * in a block of four counting as four (F-13, F-14).
 */
static uint64_t calc_kernel_bytes(const struct conv_problem *p, uint32_t *chans)
{
	const struct npu_elem_info *elem = npu_elem_info(p->elem);
	uint32_t in_step = conv_group_in_c(p), out_step = p->out_c / p->groups;
	uint32_t groups = 1, rest;

	while (groups < p->groups && (groups * in_step % elem->atom_chans ||
				      groups * out_step % elem->atom_chans))
		groups++;
	*chans = npu_round_up(groups * in_step, elem->atom_chans);
	rest = *chans % NPU_WEIGHT_BLOCK_CHANS;
	if (rest / elem->atom_chans == NPU_WEIGHT_BLOCK_ATOMS_FULL - 1)
		*chans = npu_round_up(*chans, NPU_WEIGHT_BLOCK_CHANS);
	return (uint64_t)p->kernel_h * p->kernel_w * *chans * elem->bytes;
}

/* WEIGHT_SIZE1 counts the bytes of a kernel in 19 bits (F-21). */
static bool check_kernel_bytes(struct conv_problem *p, struct diag *diag)
{
	struct loc loc = conv_attr_loc(p, CONV_KERNEL_H);
	uint32_t chans;
	uint64_t bytes;

	/* Depthwise streams are cut into channel chunks that fit the CBUF. */
	if (conv_is_depthwise(p))
		return true;
	bytes = calc_kernel_bytes(p, &chans);
	if (bytes <= NPU_MAX_KERNEL_BYTES)
		return true;
	diag_error(diag, loc, "kernel-bytes",
		   "kernel %ux%u of %u stored channels takes %" PRIu64 " bytes",
		   p->kernel_h, p->kernel_w, chans, bytes);
	diag_note(
	    diag, conv_attr_loc(p, CONV_IN_C),
	    "one kernel can take %u bytes: use fewer input channels, more groups or a "
	    "smaller kernel",
	    NPU_MAX_KERNEL_BYTES);
	return false;
}

/* DMA addresses are 32 bits (F-24): all buffers of a conv share 4 GiB. */
#define MAX_TOTAL_BYTES ((uint64_t)NPU_MAX_ADDRESS)

/* Twelve times the largest tensor: channels, rows, columns, bytes of an element. */
_Static_assert(UINT64_MAX / 12 / 65536 / (65536 + 1024) / (2048 + 1024) / 4 >
		   NPU_MAX_TASKS_PER_SUBMIT,
	       "six tensors, weights and a stream are counted without overflow");

/* Bytes of a feature tensor: whole groups of channels, planes of whole 4 pixels. */
static uint64_t calc_tensor_bytes(uint32_t n, uint32_t c, uint32_t h, uint32_t w,
				  uint32_t group, uint32_t elem_bytes)
{
	uint64_t pixels = npu_round_up64((uint64_t)h * w, NPU_PLANE_ALIGN_PIXELS);

	return n * pixels * npu_round_up(c, group) * elem_bytes;
}

static uint64_t calc_weight_bytes(const struct conv_problem *p)
{
	const struct npu_elem_info *elem = npu_elem_info(p->elem);
	uint32_t chans;

	if (conv_is_depthwise(p))
		return calc_tensor_bytes(1, p->in_c, p->kernel_h, p->kernel_w,
					 elem->dw_block, elem->bytes);
	return p->out_c * calc_kernel_bytes(p, &chans);
}

/* What the output stage reads: a value a channel, in int8 with its multiplier. */
static uint64_t calc_stream_bytes(const struct conv_problem *p, uint32_t group)
{
	uint64_t chans = npu_round_up(p->out_c, group);

	return !conv_streams_bias(p)   ? 0
	       : p->fusion.per_channel ? chans * NPU_BIAS_CHAN_BYTES_SCALED
				       : chans * NPU_BIAS_CHAN_BYTES;
}

/*
 * Input with the operand behind it, output, the runtime's copies, weights and what the
 * output stage reads, in one address space.
 */
static bool check_memory(struct conv_problem *p, struct diag *diag)
{
	const struct npu_elem_info *in = npu_elem_info(p->elem);
	const struct npu_elem_info *out = npu_elem_info(p->out_elem);
	uint32_t group = conv_is_depthwise(p) ? in->dw_block : in->kernel_group;
	uint32_t row = npu_round_up(p->in_w, NPU_PIXEL_ROW_ALIGN);
	uint64_t in_bytes =
	    calc_tensor_bytes(p->batch, p->in_c, p->in_h, row, in->atom_chans, in->bytes);
	uint64_t out_bytes =
	    calc_tensor_bytes(p->batch, p->out_c, p->out_h, p->out_w, group, out->bytes);
	uint64_t add_bytes = p->fusion.add ? out_bytes : 0;
	uint64_t total = 2 * (in_bytes + add_bytes + out_bytes) + calc_weight_bytes(p) +
			 calc_stream_bytes(p, group);
	enum conv_attr attr = p->batch > 1	      ? CONV_BATCH
			      : in_bytes >= out_bytes ? CONV_IN_H
						      : CONV_OUT_C;
	struct loc loc = conv_attr_loc(p, attr);

	if (total <= MAX_TOTAL_BYTES)
		return true;
	diag_error(diag, loc, "memory", "%s %u needs %" PRIu64 " bytes of buffers",
		   conv_attr_name(attr), conv_value(p, attr), total);
	diag_note(diag, loc,
		  "all buffers share %" PRIu64 " bytes: input %" PRIu64
		  " and output %" PRIu64 "%s, each twice, and weights",
		  MAX_TOTAL_BYTES, in_bytes, out_bytes,
		  add_bytes ? ", what is added to it" : "");
	return false;
}

static bool check_split(struct conv_problem *p, struct diag *diag)
{
	struct loc y = conv_attr_loc(p, CONV_SPLIT_Y), k = conv_attr_loc(p, CONV_SPLIT_K);

	if (p->split_y > p->out_h) {
		diag_error(diag, y, "split-range",
			   "split in y %u is more than the output's rows", p->split_y);
		diag_note(diag, y,
			  "the output has %u rows, and a part needs at least one",
			  p->out_h);
	}
	if (p->split_k > p->out_c) {
		diag_error(diag, k, "split-range",
			   "split in k %u is more than the output's channels",
			   p->split_k);
		diag_note(diag, k,
			  "the output has %u channels, and a part needs at least one",
			  p->out_c);
	}
	return p->split_y <= p->out_h && p->split_k <= p->out_c;
}

#define BIT(n) (UINT64_C(1) << (n))
#define SIZES_IN (BIT(CONV_IN_H) | BIT(CONV_IN_W))
#define CHANS (BIT(CONV_IN_C) | BIT(CONV_OUT_C) | BIT(CONV_GROUPS))
#define KERNEL (BIT(CONV_KERNEL_H) | BIT(CONV_KERNEL_W))
#define STRIDES (BIT(CONV_STRIDE_Y) | BIT(CONV_STRIDE_X))
#define DILATION (BIT(CONV_DILATION_Y) | BIT(CONV_DILATION_X))
#define PADS                                                                             \
	(BIT(CONV_PAD_TOP) | BIT(CONV_PAD_LEFT) | BIT(CONV_PAD_BOTTOM) |                 \
	 BIT(CONV_PAD_RIGHT))

/* Attributes take the low bits: in range.  The rules follow: passed. */
enum {
	RULE_TYPES = CONV_ATTR_N,
	RULE_CHANNEL_ATOMS,
	RULE_GROUPS,
	RULE_PADS,
	RULE_KERNEL_FIT,
	RULE_OUT_WIDTH,
	RULE_KERNEL_BYTES,
	RULE_MEMORY,
	RULE_SPLIT,
	RULE_QUANT_VALUES,
	RULE_QUANT_TYPE,
	RULE_ACTIVATION,
	RULE_ADD,
	RULE_INT32_OUTPUT,
	RULE_ACCUMULATOR,
	RULE_PIXEL_NORM,
	RULE_PIXEL_PAD,
	RULE_N
};

_Static_assert(RULE_N <= 64, "one bit each");

/* In order; a rule runs when everything in `needs` holds. */
static const struct {
	uint32_t rule;
	bool (*check)(struct conv_problem *p, struct diag *diag);
	uint64_t needs;
} rules[] = {
	{ RULE_TYPES, check_types, 0 },
	{ RULE_CHANNEL_ATOMS, check_channel_atoms, BIT(RULE_TYPES) | BIT(CONV_IN_C) },
	{ RULE_GROUPS, check_groups, CHANS },
	{ RULE_PADS, check_pads, KERNEL | DILATION | PADS },
	{ RULE_KERNEL_FIT, check_kernel_fit,
	  SIZES_IN | KERNEL | DILATION | PADS | STRIDES },
	{ RULE_OUT_WIDTH, check_out_width, BIT(RULE_KERNEL_FIT) },
	{ RULE_KERNEL_BYTES, check_kernel_bytes,
	  BIT(RULE_TYPES) | BIT(RULE_CHANNEL_ATOMS) | BIT(RULE_GROUPS) | KERNEL },
	{ RULE_MEMORY, check_memory,
	  BIT(RULE_TYPES) | BIT(RULE_GROUPS) | BIT(RULE_KERNEL_FIT) | BIT(CONV_BATCH) },
	{ RULE_SPLIT, check_split,
	  BIT(RULE_KERNEL_FIT) | BIT(CONV_OUT_C) | BIT(CONV_SPLIT_Y) |
	      BIT(CONV_SPLIT_K) },
	{ RULE_QUANT_VALUES, check_quant_values, 0 },
	{ RULE_QUANT_TYPE, check_quant_type, BIT(RULE_TYPES) },
	{ RULE_ACTIVATION, check_activation, BIT(RULE_TYPES) },
	{ RULE_ADD, check_add, BIT(RULE_TYPES) },
	{ RULE_INT32_OUTPUT, check_int32_output, BIT(RULE_TYPES) | BIT(RULE_GROUPS) },
	{ RULE_ACCUMULATOR, check_accumulator,
	  BIT(RULE_TYPES) | BIT(RULE_GROUPS) | BIT(RULE_KERNEL_BYTES) | KERNEL },
	{ RULE_PIXEL_NORM, check_pixel_norm, BIT(RULE_TYPES) | BIT(CONV_IN_C) },
	{ RULE_PIXEL_PAD, check_pixel_pad, BIT(RULE_PIXEL_NORM) | BIT(RULE_PADS) },
};

/* What only a conv that is computed must keep. */
#define RULES_OF_OPERATOR                                                                \
	(BIT(RULE_TYPES) | BIT(RULE_QUANT_VALUES) | BIT(RULE_QUANT_TYPE) |               \
	 BIT(RULE_ACTIVATION) | BIT(RULE_ADD) | BIT(RULE_INT32_OUTPUT) |                 \
	 BIT(RULE_ACCUMULATOR) | BIT(RULE_PIXEL_NORM) | BIT(RULE_PIXEL_PAD))

static bool is_conv_input(enum npu_elem elem)
{
	const struct npu_elem_info *info = npu_elem_info(elem);

	return info && info->kernel_group;
}

/* All rules but those of `holds`, which are taken as passed. */
static void check_rules(struct conv_problem *p, uint64_t holds, struct diag *diag)
{
	static const bool skip_none[CONV_ATTR_N];

	check_ranges(p, skip_none, diag);
	for (enum conv_attr a = 0; a < CONV_ATTR_N; a++)
		if (is_in_range(p, a))
			holds |= BIT(a);
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (!(holds & BIT(rules[i].rule)) &&
		    (holds & rules[i].needs) == rules[i].needs && rules[i].check(p, diag))
			holds |= BIT(rules[i].rule);
}

/* What the spec says of the fused operations, for plans and layouts. */
static void derive_fusion(struct conv_problem *p)
{
	enum weight_quant_kind kind = p->weight_quant.kind;

	p->fusion.add = p->add;
	p->fusion.per_channel =
	    p->elem == NPU_ELEM_INT8 && p->out_elem == NPU_ELEM_INT8 &&
	    (kind == WEIGHT_QUANT_PER_CHANNEL || kind == WEIGHT_QUANT_FILE);
}

void check_conv(struct conv_problem *p, struct diag *diag)
{
	derive_fusion(p);
	check_rules(p, 0, diag);
}

void check_shape(struct conv_problem *p, struct diag *diag)
{
	/* A type that no conv has is for check_types to say. */
	bool known = is_conv_input(p->elem) && npu_elem_info(p->out_elem);

	check_rules(p, known ? RULES_OF_OPERATOR : 0, diag);
}
