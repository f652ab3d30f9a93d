#include "conv_attr.h"

#include <stddef.h>
#include <stdlib.h>

#define NO_FIELD SIZE_MAX

#define SIZE(attr, what, field) [attr] = { what, offsetof(struct conv_problem, field) }
#define OTHER(attr, what) [attr] = { what, NO_FIELD }

static const struct {
	const char *name;
	size_t offset;
} attrs[CONV_ATTR_N] = {
	OTHER(CONV_NAME, "name"),
	SIZE(CONV_BATCH, "batch", batch),
	SIZE(CONV_IN_C, "input channels", in_c),
	SIZE(CONV_IN_H, "input height", in_h),
	SIZE(CONV_IN_W, "input width", in_w),
	SIZE(CONV_OUT_C, "output channels", out_c),
	SIZE(CONV_KERNEL_H, "kernel height", kernel_h),
	SIZE(CONV_KERNEL_W, "kernel width", kernel_w),
	SIZE(CONV_STRIDE_Y, "stride in y", stride_y),
	SIZE(CONV_STRIDE_X, "stride in x", stride_x),
	SIZE(CONV_PAD_TOP, "top padding", pad_top),
	SIZE(CONV_PAD_LEFT, "left padding", pad_left),
	SIZE(CONV_PAD_BOTTOM, "bottom padding", pad_bottom),
	SIZE(CONV_PAD_RIGHT, "right padding", pad_right),
	SIZE(CONV_DILATION_Y, "dilation in y", dilation_y),
	SIZE(CONV_DILATION_X, "dilation in x", dilation_x),
	SIZE(CONV_GROUPS, "groups", groups),
	OTHER(CONV_TYPE, "type"),
	OTHER(CONV_OUT_TYPE, "output type"),
	OTHER(CONV_WEIGHTS, "weights"),
	OTHER(CONV_BIAS, "bias"),
	OTHER(CONV_SEED, "seed"),
	SIZE(CONV_SPLIT_Y, "split in y", split_y),
	SIZE(CONV_SPLIT_K, "split in k", split_k),
	OTHER(CONV_INPUT_KIND, "input kind"),
	OTHER(CONV_INPUT_QUANT, "input quantisation"),
	OTHER(CONV_WEIGHT_QUANT, "weight quantisation"),
	OTHER(CONV_OUTPUT_QUANT, "output quantisation"),
	OTHER(CONV_ADD, "addition"),
	OTHER(CONV_ACTIVATION, "activation"),
	OTHER(CONV_BN_SCALE, "batch norm scale"),
	OTHER(CONV_BN_SHIFT, "batch norm shift"),
	OTHER(CONV_INPUT_MEAN, "input mean"),
	OTHER(CONV_INPUT_STD, "input deviation"),
};

const char *conv_attr_name(enum conv_attr attr)
{
	return attrs[attr].name;
}

uint32_t *conv_field(struct conv_problem *p, enum conv_attr attr)
{
	if (attrs[attr].offset == NO_FIELD)
		return NULL;
	return (uint32_t *)(void *)((char *)p + attrs[attr].offset);
}

uint32_t conv_value(const struct conv_problem *p, enum conv_attr attr)
{
	return *(const uint32_t *)(const void *)((const char *)p + attrs[attr].offset);
}

struct loc conv_attr_loc(const struct conv_problem *p, enum conv_attr attr)
{
	return p->loc[attr].line ? p->loc[attr] : p->loc[CONV_NAME];
}

struct tensor_source *conv_source(struct conv_problem *p, size_t number)
{
	struct tensor_source *const sources[CONV_SOURCE_N] = {
		&p->weights,
		&p->bias,
		&p->weight_quant.scales,
		&p->weight_quant.zeros,
		&p->bn_scale,
		&p->bn_shift,
	};

	return sources[number];
}

struct tensor_source *conv_attr_source(struct conv_problem *p, enum conv_attr attr)
{
	return attr == CONV_WEIGHTS    ? &p->weights
	       : attr == CONV_BIAS     ? &p->bias
	       : attr == CONV_BN_SCALE ? &p->bn_scale
	       : attr == CONV_BN_SHIFT ? &p->bn_shift
				       : NULL;
}

struct conv_quant *conv_attr_quant(struct conv_problem *p, enum conv_attr attr)
{
	return attr == CONV_INPUT_QUANT	   ? &p->input_quant
	       : attr == CONV_OUTPUT_QUANT ? &p->output_quant
	       : attr == CONV_ADD	   ? &p->add_quant
					   : NULL;
}

void tensor_source_clear(struct tensor_source *source)
{
	free(source->path);
	free(source->tensor);
	*source = (struct tensor_source){ 0 };
}

void conv_problem_clear(struct conv_problem *p)
{
	free(p->name);
	p->name = NULL;
	for (size_t i = 0; i < CONV_SOURCE_N; i++)
		tensor_source_clear(conv_source(p, i));
}
