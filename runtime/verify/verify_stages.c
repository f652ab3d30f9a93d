/*
 * The output stage: what OW, BS, BN, EW and the output converter must be set to, and
 * what DPU_RDMA must fetch for them, from the conv's constants and types alone.
 */
#include "verify/verify_internal.h"

#include "hw/npu_hw.h"

#define MUL_UNIT_SHIFT 14u /* a channel's multiplier is in units of 2^-14 */

static bool has(const struct npub_conv *c, uint32_t flag)
{
	return (c->op.flags & flag) != 0;
}

/* int8 to int8: the sum passes the zero-point correction and is scaled down. */
static bool is_requantised(const struct npub_conv *c)
{
	return c->elem == NPU_ELEM_INT8 && c->out_elem == NPU_ELEM_INT8;
}

uint32_t verify_bias_bytes(const struct npub_conv *c)
{
	return has(c, NPUB_OP_PER_CHANNEL) ? NPU_BIAS_CHAN_BYTES_SCALED
					   : NPU_BIAS_CHAN_BYTES;
}

uint64_t verify_stored_outputs(const struct npub_conv *c, const struct verify_tile *tile)
{
	const struct npu_elem_info *in = npu_elem_info((enum npu_elem)c->elem);

	return npu_round_up64(tile->k_count, c->mode == NPUB_MODE_DEPTHWISE
						 ? in->dw_block
						 : in->kernel_group);
}

/* F-39, F-55: BS adds the stream's value, and multiplies with it; or is off. */
static void expect_bs(struct verify_expected *e, const struct npub_conv *c)
{
	bool bias = has(c, NPUB_OP_BIAS), per_channel = has(c, NPUB_OP_PER_CHANNEL);

	verify_put(e, NPU_DPU_BS_CFG_BS_RELU_BYPASS, 1);
	verify_put(e, NPU_DPU_BS_CFG_BS_MUL_BYPASS, !per_channel);
	verify_put(e, NPU_DPU_BS_CFG_BS_ALU_ALGO, bias ? NPU_ALU_ADD : 0);
	verify_put(e, NPU_DPU_BS_CFG_BS_ALU_SRC, bias);
	verify_put(e, NPU_DPU_BS_CFG_BS_ALU_BYPASS, !bias);
	verify_put(e, NPU_DPU_BS_CFG_BS_BYPASS, !bias);
	verify_put(e, NPU_DPU_BS_OW_CFG_OD_BYPASS, !is_requantised(c));
	verify_put(e, NPU_DPU_BS_OW_CFG_OW_SRC, per_channel);
	verify_put(e, NPU_DPU_BS_OW_OP_OW_OP, (uint16_t)-c->op.weight_zero);
	if (!per_channel)
		return;
	verify_put(e, NPU_DPU_BS_MUL_CFG_BS_MUL_SRC, 1);
	verify_put(e, NPU_DPU_BS_MUL_CFG_BS_MUL_SHIFT_VALUE, MUL_UNIT_SHIFT);
	verify_put(e, NPU_DPU_DATA_FORMAT_BS_MUL_SHIFT_VALUE_NEG, MUL_UNIT_SHIFT);
}

/* An activation without an addition sits in BN; a leaky one is its multiplier's. */
static void expect_bn(struct verify_expected *e, const struct npub_conv *c)
{
	bool relu = has(c, NPUB_OP_RELU) && !has(c, NPUB_OP_ADD);
	bool clamp = relu && has(c, NPUB_OP_CLAMP), leaky = has(c, NPUB_OP_LEAKY);

	verify_put(e, NPU_DPU_BN_CFG_BN_RELU_BYPASS, !relu);
	verify_put(e, NPU_DPU_BN_CFG_BN_RELUX_EN, clamp);
	verify_put(e, NPU_DPU_BN_CFG_BN_MUL_BYPASS, !leaky);
	verify_put(e, NPU_DPU_BN_CFG_BN_MUL_PRELU, leaky);
	verify_put(e, NPU_DPU_BN_CFG_BN_ALU_BYPASS, 1);
	verify_put(e, NPU_DPU_BN_CFG_BN_BYPASS, !relu && !leaky);
	verify_put(e, NPU_DPU_BN_RELUX_CMP_VALUE_BN_RELUX_CMP_DAT,
		   clamp ? c->op.limit : 0);
	verify_put(e, NPU_DPU_BN_MUL_CFG_BN_MUL_OPERAND, c->op.leak_scale);
	verify_put(e, NPU_DPU_BN_MUL_CFG_BN_MUL_SHIFT_VALUE, c->op.leak_shift);
	verify_put(e, NPU_DPU_DATA_FORMAT_BN_MUL_SHIFT_VALUE_NEG, c->op.leak_shift);
}

/* EW adds the operand, converted, and has the activation after it; or is off. */
static void expect_ew(struct verify_expected *e, const struct npub_conv *c)
{
	bool add = has(c, NPUB_OP_ADD), relu = add && has(c, NPUB_OP_RELU);
	bool clamp = relu && has(c, NPUB_OP_CLAMP);
	uint32_t scale = add ? c->op.operand_scale : 1;

	verify_put(e, NPU_DPU_EW_CFG_EW_BYPASS, !add);
	verify_put(e, NPU_DPU_EW_CFG_EW_OP_BYPASS, !add);
	verify_put(e, NPU_DPU_EW_CFG_EW_OP_CVT_BYPASS, !add);
	verify_put(e, NPU_DPU_EW_CFG_EW_LUT_BYPASS, 1);
	verify_put(e, NPU_DPU_EW_CFG_EW_RELU_BYPASS, !relu);
	verify_put(e, NPU_DPU_EW_CFG_EW_RELUX_EN, clamp);
	verify_put(e, NPU_DPU_EW_RELUX_CMP_VALUE_EW_RELUX_CMP_DAT,
		   clamp ? c->op.limit : 0);
	verify_put(e, NPU_DPU_EW_CVT_SCALE_VALUE_EW_OP_CVT_SCALE, scale);
	verify_put(e, NPU_DPU_EW_CVT_SCALE_VALUE_EW_OP_CVT_SHIFT, c->op.operand_shift);
	verify_put(e, NPU_DPU_EW_CVT_OFFSET_VALUE_EW_OP_CVT_OFFSET,
		   (uint32_t)-c->op.operand_zero);
	if (!add)
		return;
	verify_put(e, NPU_DPU_EW_CFG_EW_CVT_TYPE, c->elem == NPU_ELEM_INT8);
	verify_put(e, NPU_DPU_EW_CFG_EW_DATA_MODE, 1);
	verify_put(e, NPU_DPU_EW_CFG_EDATA_SIZE, npub_elem_bytes(c->elem));
	verify_put(e, NPU_DPU_EW_CFG_EW_ALU_ALGO, NPU_ALU_ADD);
	verify_put(e, NPU_DPU_EW_CFG_EW_OP_SRC, 1);
}

static void expect_convert(struct verify_expected *e, const struct npub_conv *c)
{
	verify_put(e, NPU_DPU_OUT_CVT_OFFSET_OUT_CVT_OFFSET, (uint32_t)c->op.out_zero);
	verify_put(e, NPU_DPU_OUT_CVT_SCALE_OUT_CVT_SCALE, c->op.out_scale);
	verify_put(e, NPU_DPU_OUT_CVT_SCALE_FP32TOFP16_EN, c->out_elem == NPU_ELEM_FP16);
	verify_put(e, NPU_DPU_OUT_CVT_SHIFT_OUT_CVT_SHIFT, c->op.out_shift);
}

/*
 * The operand's even surfaces come by one engine, its odd ones by the other: from one
 * to the next are two planes, less the pixels just read.
 */
static void expect_operand(struct verify_expected *e, const struct verify *v,
			   const struct verify_tile *tile)
{
	const struct npub_conv *c = v->conv;
	bool add = has(c, NPUB_OP_ADD);
	uint64_t plane = (uint64_t)v->b->tensors[c->output].plane_pixels;
	uint64_t notch = 2 * plane - tile->y_count * c->out_w;

	verify_put(e, NPU_DPU_RDMA_ERDMA_CFG_ERDMA_DISABLE, !add);
	verify_put(e, NPU_DPU_RDMA_FEATURE_MODE_CFG_MRDMA_DISABLE, !add);
	if (!add)
		return;
	verify_put(e, NPU_DPU_RDMA_ERDMA_CFG_ERDMA_DATA_MODE, 1);
	verify_put(e, NPU_DPU_RDMA_ERDMA_CFG_ERDMA_DATA_SIZE, npub_elem_bytes(c->elem));
	verify_put(e, NPU_DPU_RDMA_FEATURE_MODE_CFG_COMB_USE, NPU_RDMA_COMB_ADD);
	verify_put(e, NPU_DPU_RDMA_EW_SURF_STRIDE_EW_SURF_STRIDE, plane * NPU_ATOM_BYTES);
	verify_put(e, NPU_DPU_RDMA_SURF_NOTCH_SURF_NOTCH_ADDR, notch * NPU_ATOM_BYTES);
	verify_put(e, NPU_DPU_RDMA_EW_SURF_NOTCH_EW_SURF_NOTCH, notch * NPU_ATOM_BYTES);
}

static void expect_rdma(struct verify_expected *e, const struct verify *v,
			const struct verify_tile *tile)
{
	const struct npub_conv *c = v->conv;

	e->value[NPU_REG_DPU_RDMA_S_POINTER] = NPU_S_POINTER_PINGPONG;
	verify_put(e, NPU_DPU_RDMA_DATA_CUBE_WIDTH_WIDTH, c->out_w);
	verify_put(e, NPU_DPU_RDMA_DATA_CUBE_HEIGHT_HEIGHT, tile->y_count);
	verify_put(e, NPU_DPU_RDMA_DATA_CUBE_CHANNEL_CHANNEL,
		   verify_stored_outputs(c, tile));
	verify_put(e, NPU_DPU_RDMA_BRDMA_CFG_BRDMA_DATA_USE,
		   has(c, NPUB_OP_PER_CHANNEL) ? NPU_BRDMA_PER_CHANNEL : 1);
	verify_put(e, NPU_DPU_RDMA_FEATURE_MODE_CFG_IN_PRECISION, c->elem);
	verify_put(e, NPU_DPU_RDMA_FEATURE_MODE_CFG_PROC_PRECISION, c->elem);
	verify_put(e, NPU_DPU_RDMA_FEATURE_MODE_CFG_BURST_LEN, NPU_BURST_16);
	verify_put(e, NPU_DPU_RDMA_FEATURE_MODE_CFG_CONV_MODE,
		   c->mode == NPUB_MODE_DEPTHWISE ? NPU_MODE_DEPTHWISE : 0);
	verify_put(e, NPU_DPU_RDMA_WEIGHT_E_WEIGHT, 1);
	verify_put(e, NPU_DPU_RDMA_WEIGHT_N_WEIGHT, 1);
	verify_put(e, NPU_DPU_RDMA_WEIGHT_B_WEIGHT, 1);
	verify_put(e, NPU_DPU_RDMA_WEIGHT_M_WEIGHT, 1);
	expect_operand(e, v, tile);
}

void verify_expect_stages(struct verify_expected *e, const struct verify *v,
			  const struct verify_tile *tile)
{
	expect_bs(e, v->conv);
	expect_bn(e, v->conv);
	expect_ew(e, v->conv);
	expect_convert(e, v->conv);
	expect_rdma(e, v, tile);
}
