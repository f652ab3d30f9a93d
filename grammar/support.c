#include "support.h"

#define ANY (-1)

static const char only_products[] =
    "it was seen in matrix products only, with wide outputs: how larger kernels are "
    "stored is not known";
static const char no_conv[] =
    "the hardware writes it and reads none of it as a conv's input";
static const char no_conversion[] = "no conversion of the sums to it is known";

/*
 * The first row that fits a pair says why it is refused; NULL: it is computed.  To
 * open a pair, set its row to NULL once packing, lowering and the simulator handle it
 * (F-50).
 */
static const struct {
	int in, out;
	const char *refusal;
} pairs[] = {
	{ NPU_ELEM_FP16, NPU_ELEM_FP16, NULL },
	{ NPU_ELEM_FP16, NPU_ELEM_FP32, NULL },
	{ NPU_ELEM_FP16, ANY, no_conversion },
	{ NPU_ELEM_INT8, NPU_ELEM_INT8, NULL },
	{ NPU_ELEM_INT8, NPU_ELEM_INT32, NULL },
	{ NPU_ELEM_INT8, NPU_ELEM_FP16, "no register code for it is known" },
	{ NPU_ELEM_INT8, NPU_ELEM_FP32,
	  "its register codes are known, the arithmetic of its conversion is not" },
	{ NPU_ELEM_INT8, ANY, no_conversion },
	{ NPU_ELEM_INT16, ANY, only_products },
	{ NPU_ELEM_BF16, ANY, only_products },
	{ NPU_ELEM_TF32, ANY, only_products },
	{ NPU_ELEM_INT4, ANY, only_products },
	{ ANY, ANY, no_conv },
};

const char *type_pair_refusal(enum npu_elem in, enum npu_elem out)
{
	size_t i = 0;

	while ((pairs[i].in != ANY && pairs[i].in != (int)in) ||
	       (pairs[i].out != ANY && pairs[i].out != (int)out))
		i++;
	return pairs[i].refusal;
}

static const char needs_table[] =
    "it needs the look-up table, and how the hardware finds its entries is not known";

static const struct {
	const char *name, *refusal;
} acts[ACT_N] = {
	[ACT_NONE] = { "none", NULL },
	[ACT_RELU] = { "relu", NULL },
	[ACT_CLIP] = { "clip", NULL },
	[ACT_LEAKY] = { "leaky", NULL },
	[ACT_PRELU] = { "prelu",
			"how the hardware reads a slope for each channel is not known; one "
			"slope for all is 'leaky'" },
	[ACT_SIGMOID] = { "sigmoid", needs_table },
	[ACT_HARDSIGMOID] = { "hardsigmoid", needs_table },
	[ACT_SILU] = { "silu", needs_table },
	[ACT_HARDSWISH] = { "hardswish", needs_table },
	[ACT_TANH] = { "tanh", needs_table },
};

const char *act_name(enum act_kind kind)
{
	return (size_t)kind < ACT_N ? acts[kind].name : "?";
}

const char *act_refusal(enum act_kind kind)
{
	return (size_t)kind < ACT_N ? acts[kind].refusal : "there is no such function";
}

const char *act_pair_refusal(enum act_kind kind, enum npu_elem in, enum npu_elem out)
{
	if (act_refusal(kind) || kind == ACT_NONE)
		return act_refusal(kind);
	if (out == NPU_ELEM_INT32)
		return "an int32 output is the sum itself, before any function";
	if (kind == ACT_LEAKY && in != NPU_ELEM_INT8)
		return "the format of its slope is known for int8 only";
	return NULL;
}
