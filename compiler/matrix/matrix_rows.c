/*
 * The features of the matrix, and what of a captured schedule shows each.
 */
#include <string.h>

#include "matrix/matrix.h"
#include "plan/layout.h"

static bool is_image(const struct conv_problem *p)
{
	struct conv_layout layout;
	bool pixel = layout_from_problem(&layout, p) && layout.mode == NPUB_MODE_PIXEL;

	layout_free(&layout);
	return pixel;
}

static bool is_plain_dense(const struct conv_problem *p)
{
	return p->groups == 1 && !is_image(p);
}

static bool shows_dense(const struct capture *c)
{
	const struct conv_problem *p = &c->problem;

	return is_plain_dense(p) && (p->kernel_h > 1 || p->kernel_w > 1);
}

static bool shows_pointwise(const struct capture *c)
{
	return is_plain_dense(&c->problem) && !shows_dense(c);
}

static bool shows_depthwise(const struct capture *c)
{
	return conv_is_depthwise(&c->problem);
}

static bool shows_groups(const struct capture *c)
{
	return c->problem.groups > 1 && !conv_is_depthwise(&c->problem);
}

static bool shows_image_1(const struct capture *c)
{
	return c->problem.in_c == 1 && is_image(&c->problem);
}

static bool shows_image_2(const struct capture *c)
{
	return c->problem.in_c == 2 && is_image(&c->problem);
}

static bool shows_image_3(const struct capture *c)
{
	return c->problem.in_c == 3 && is_image(&c->problem);
}

static bool shows_image_4(const struct capture *c)
{
	return c->problem.in_c == 4 && is_image(&c->problem);
}

static bool shows_inner(const struct capture *c)
{
	return c->problem.input_kind == INPUT_INNER;
}

static bool shows_stride_2(const struct capture *c)
{
	return c->problem.stride_y == 2 && c->problem.stride_x == 2;
}

static bool shows_stride_above_2(const struct capture *c)
{
	return c->problem.stride_y > 2 || c->problem.stride_x > 2;
}

static bool shows_strides_apart(const struct capture *c)
{
	return c->problem.stride_y != c->problem.stride_x;
}

static bool is_pad_even(const struct conv_problem *p)
{
	return p->pad_top == p->pad_bottom && p->pad_left == p->pad_right &&
	       p->pad_top == p->pad_left;
}

static bool shows_pad(const struct capture *c)
{
	return c->problem.pad_top && is_pad_even(&c->problem);
}

static bool shows_pad_apart(const struct capture *c)
{
	return !is_pad_even(&c->problem);
}

static bool shows_dilation(const struct capture *c)
{
	return c->problem.dilation_y > 1 || c->problem.dilation_x > 1;
}

static bool shows_batch(const struct capture *c)
{
	return c->problem.batch > 1;
}

static bool shows_bias(const struct capture *c)
{
	return c->problem.bias.kind != SOURCE_NONE;
}

static bool is_op(const struct capture *c, const char *op)
{
	return !strcmp(c->op_type, op);
}

static bool shows_relu(const struct capture *c)
{
	return is_op(c, "ConvRelu");
}

static bool shows_clip(const struct capture *c)
{
	return is_op(c, "ConvClip");
}

static bool shows_sigmoid(const struct capture *c)
{
	return is_op(c, "ConvSigmoid");
}

static bool shows_hardsigmoid(const struct capture *c)
{
	return is_op(c, "ConvHardSigmoid");
}

/* The vendor's name for x * sigmoid(x). */
static bool shows_silu(const struct capture *c)
{
	return is_op(c, "ConvExSwish");
}

static bool shows_hardswish(const struct capture *c)
{
	return is_op(c, "ConvHardSwish");
}

static bool shows_add(const struct capture *c)
{
	return c->problem.fusion.add && is_op(c, "ConvAdd");
}

static bool shows_add_relu(const struct capture *c)
{
	return c->problem.fusion.add && is_op(c, "ConvAddRelu");
}

/* Of the conv tasks: whether one has a value other than 0 in the register's bits. */
static bool has_value(const struct capture *c, enum npu_reg reg)
{
	for (uint32_t i = 0; i < c->task_count; i++)
		if (capture_is_conv(&c->tasks[i]) && c->tasks[i].has[reg] &&
		    c->tasks[i].value[reg])
			return true;
	return false;
}

static bool shows_scale_a_channel(const struct capture *c)
{
	return c->problem.fusion.per_channel;
}

static bool shows_one_scale(const struct capture *c)
{
	return c->problem.elem == NPU_ELEM_INT8 && c->problem.out_elem == NPU_ELEM_INT8 &&
	       shows_bias(c) && !c->problem.fusion.per_channel;
}

static bool shows_weight_zero(const struct capture *c)
{
	return shows_one_scale(c) && has_value(c, NPU_REG_DPU_BS_OW_OP);
}

static bool shows_input_zero(const struct capture *c)
{
	return c->problem.elem == NPU_ELEM_INT8 && has_value(c, NPU_REG_CNA_PAD_CON1);
}

static bool shows_output_zero(const struct capture *c)
{
	return c->problem.out_elem == NPU_ELEM_INT8 &&
	       has_value(c, NPU_REG_DPU_OUT_CVT_OFFSET);
}

static bool shows_add_zero(const struct capture *c)
{
	return c->problem.fusion.add && c->problem.elem == NPU_ELEM_INT8 &&
	       has_value(c, NPU_REG_DPU_EW_CVT_OFFSET_VALUE);
}

static bool shows_out_fp16(const struct capture *c)
{
	return c->problem.out_elem == NPU_ELEM_FP16;
}

/* Not behind a table, where another converter is programmed. */
static bool shows_out_fp32(const struct capture *c)
{
	return c->problem.out_elem == NPU_ELEM_FP32 && !c->problem.fusion.table;
}

static bool shows_out_int8(const struct capture *c)
{
	return c->problem.out_elem == NPU_ELEM_INT8;
}

static bool shows_out_int32(const struct capture *c)
{
	return c->problem.out_elem == NPU_ELEM_INT32;
}

/* Captures that show a feature, fp16 and int8, of the 152 and 208 of F-89. */
const struct matrix_row matrix_rows[] = {
	{ "Convolutions", "dense, 3x3", "", shows_dense, { 46, 87 } },
	{ NULL, "dense, 1x1", "kernel 1; pad 0", shows_pointwise, { 56, 79 } },
	{ NULL, "depthwise", "output 32; groups 32", shows_depthwise, { 47, 35 } },
	{ NULL, "grouped, in one block", "groups 4", shows_groups, { 0, 0 } },
	{ NULL, "grouped, several blocks", "input 128x30x40; output 128; groups 4", NULL,
	  { 0, 0 } },
	{ NULL, "image of 1 channel", "input 1x30x48", shows_image_1, { 0, 1 } },
	{ NULL, "image of 2 channels", "input 2x30x48", shows_image_2, { 0, 0 } },
	{ NULL, "image of 3 channels", "input 3x30x48", shows_image_3, { 3, 6 } },
	{ NULL, "image of 4 channels", "input 4x30x48", shows_image_4, { 0, 0 } },
	{ NULL, "input by another operator", "input inner", shows_inner, { 94, 201 } },
	{ NULL, "stride 2", "stride 2", shows_stride_2, { 8, 28 } },
	{ NULL, "stride 3 to 7", "stride 7; kernel 7; pad 3", shows_stride_above_2, { 8, 8 } },
	{ NULL, "strides apart in y and x", "stride 2 1", shows_strides_apart, { 0, 1 } },
	{ NULL, "padding, all sides alike", "pad 1", shows_pad, { 46, 81 } },
	{ NULL, "padding, sides apart", "pad 1 1 0 0", shows_pad_apart, { 12, 36 } },
	{ NULL, "dilation", "dilation 2", shows_dilation, { 0, 0 } },
	{ NULL, "batch", "batch 2", shows_batch, { 0, 1 } },
	{ NULL, "pinned split", "split y 3 k 2", NULL, { 0, 0 } },
	{ NULL, "rows of 2,041 to 2,047 columns", "input 8x4x2047", NULL, { 0, 0 } },

	{ "After the sum", "bias", "bias seed", shows_bias, { 91, 208 } },
	{ NULL, "batch norm, folded", "bn_scale seed; bn_shift seed", NULL, { 0, 0 } },
	{ NULL, "relu", "activation relu", shows_relu, { 36, 46 } },
	{ NULL, "relu6, clip from 0", "activation relu6", shows_clip, { 0, 24 } },
	{ NULL, "clip from other values", "activation clip -1 1", NULL, { 0, 0 } },
	{ NULL, "leaky relu", "activation leaky 0.1", NULL, { 0, 0 } },
	{ NULL, "prelu", "activation prelu", NULL, { 0, 0 } },
	{ NULL, "sigmoid", "activation sigmoid", shows_sigmoid, { 3, 3 } },
	{ NULL, "hardsigmoid", "activation hardsigmoid", shows_hardsigmoid, { 2, 1 } },
	{ NULL, "silu", "activation silu", shows_silu, { 0, 28 } },
	{ NULL, "hardswish", "activation hardswish", shows_hardswish, { 7, 17 } },
	{ NULL, "tanh", "activation tanh", NULL, { 0, 0 } },
	{ NULL, "residual add", "add", shows_add, { 5, 14 } },
	{ NULL, "residual add, relu", "add; activation relu", shows_add_relu, { 9, 20 } },
	{ NULL, "residual add, clip", "add; activation relu6", NULL, { 0, 0 } },
	{ NULL, "residual add, leaky", "add; activation leaky 0.1", NULL, { 0, 0 } },
	{ NULL, "residual add, depthwise", "output 32; groups 32; add", NULL, { 0, 0 } },

	{ "Numbers", "weight scale for each channel", "weight_quant per_channel",
	  shows_scale_a_channel, { MATRIX_NO_MEANING, 203 } },
	{ NULL, "one scale for all weights", "weight_quant per_tensor", shows_one_scale, { 0, 5 } },
	{ NULL, "zero point of weights", "weight_quant scale 0.01 zero 3", shows_weight_zero,
	  { 0, 5 } },
	{ NULL, "zero point of input", "input_quant scale 0.02 zero 5", shows_input_zero,
	  { 0, 206 } },
	{ NULL, "zero point of output", "output_quant scale 0.1 zero 5", shows_output_zero,
	  { 0, 207 } },
	{ NULL, "zero point of added tensor", "add scale 0.02 zero 5", shows_add_zero, { 0, 33 } },
	{ NULL, "input in bytes 0 to 255", "input_quant scale 0.02 zero 128 uint8", NULL,
	  { 0, 0 } },
	{ NULL, "output in bytes 0 to 255", "output_quant scale 0.1 zero 128 uint8", NULL,
	  { 0, 0 } },
	{ NULL, "pixel mean and deviation", "input 3x30x48; pad 0; input_mean 128; input_std 64",
	  NULL, { 0, 0 } },
	{ NULL, "pixel mean, padding", "input 3x30x48; input_mean 128; input_std 64", NULL,
	  { 0, 0 } },

	{ "Element types", "output fp16", "output_type fp16", shows_out_fp16, { 145, 0 } },
	{ NULL, "output fp32", "output_type fp32", shows_out_fp32, { 0, 0 } },
	{ NULL, "output int8", "output_type int8", shows_out_int8, { 0, 208 } },
	{ NULL, "output int32", "output_type int32; weight_quant per_tensor",
	  shows_out_int32, { 0, 0 } },
	{ NULL, "output int32, bias", "output_type int32; weight_quant per_tensor; bias seed",
	  NULL, { 0, 0 } },
	{ NULL, "input int16", "type int16", NULL, { 0, 0 } },
	{ NULL, "input bf16", "type bf16", NULL, { 0, 0 } },
	{ NULL, "input tf32", "type tf32", NULL, { 0, 0 } },
	{ NULL, "input int4", "type int4", NULL, { 0, 0 } },
};

const size_t matrix_row_count = sizeof matrix_rows / sizeof matrix_rows[0];
