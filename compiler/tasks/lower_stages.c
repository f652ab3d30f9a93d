/*
 * The output stage: BS adds the bias and scales by channel, BN is the activation, EW
 * adds the second tensor, OUT_CVT makes the output's type.  Its constants are those of
 * struct npub_op; every word here is one of npu-programming s. 4.2 (F-67).
 */
#include "tasks/lower_priv.h"

static bool has(const struct lowering *w, uint32_t flag)
{
	return w->op->flags & flag;
}

/* The sum stays an int32 or fp32 until OUT_CVT; only int8 output is requantised. */
static bool requantises(const struct lowering *w)
{
	return w->p->out_elem == NPU_ELEM_INT8;
}

/* A depthwise conv reads 16 bits of padding: the byte twice. */
static void lower_padding(struct lowering *w)
{
	int32_t value = w->op->pad_value;

	if (w->depthwise && w->p->elem == NPU_ELEM_INT8)
		value = (int16_t)((uint32_t)(uint8_t)value * NPU_PAD_BYTE_TWICE);
	set(w, NPU_CNA_PAD_CON1_PAD_VALUE, (uint32_t)value);
}

/* Zero-point correction of the weights: from the stream, or one value for all. */
static void lower_ow(struct lowering *w)
{
	set(w, NPU_DPU_BS_OW_CFG_OD_BYPASS, !requantises(w));
	set(w, NPU_DPU_BS_OW_CFG_OW_SRC, has(w, NPUB_OP_PER_CHANNEL));
	set(w, NPU_DPU_BS_OW_OP_OW_OP, (uint16_t)-w->op->weight_zero);
}

/* BS adds the stream's value, and multiplies by the stream's factor over 2^14. */
static void lower_bs(struct lowering *w)
{
	set(w, NPU_DPU_BS_CFG_BS_RELU_BYPASS, 1);
	if (!w->rdma) {
		set(w, NPU_DPU_BS_CFG_BS_MUL_BYPASS, 1);
		set(w, NPU_DPU_BS_CFG_BS_ALU_BYPASS, 1);
		set(w, NPU_DPU_BS_CFG_BS_BYPASS, 1);
		return;
	}
	set(w, NPU_DPU_BS_CFG_BS_ALU_ALGO, NPU_ALU_ADD);
	set(w, NPU_DPU_BS_CFG_BS_ALU_SRC, 1);
	if (!has(w, NPUB_OP_PER_CHANNEL)) {
		set(w, NPU_DPU_BS_CFG_BS_MUL_BYPASS, 1);
		return;
	}
	set(w, NPU_DPU_BS_MUL_CFG_BS_MUL_SRC, 1);
	set(w, NPU_DPU_BS_MUL_CFG_BS_MUL_SHIFT_VALUE, NPU_BIAS_FACTOR_SHIFT);
	set(w, NPU_DPU_DATA_FORMAT_BS_MUL_SHIFT_VALUE_NEG, NPU_BIAS_FACTOR_SHIFT);
}

/* Before a table, BN makes an index of the sum: less an origin of 0, scaled (F-82). */
static void lower_bn_index(struct lowering *w)
{
	const struct conv_fusion *f = &w->p->fusion;

	set(w, NPU_DPU_BN_CFG_BN_ALU_ALGO, NPU_ALU_ADD);
	set(w, NPU_DPU_BN_CFG_BN_RELU_BYPASS, 1);
	if (w->p->elem != NPU_ELEM_INT8)
		set(w, NPU_DPU_BN_ALU_CFG_BN_ALU_OPERAND, NPU_MINUS_ZERO_FP32);
	set(w, NPU_DPU_BN_MUL_CFG_BN_MUL_OPERAND, f->index_scale);
	set(w, NPU_DPU_BN_MUL_CFG_BN_MUL_SHIFT_VALUE, f->index_shift);
	set(w, NPU_DPU_DATA_FORMAT_BN_MUL_SHIFT_VALUE_NEG, f->index_shift);
}

/* BN clamps below and above, or multiplies what is negative; before no addition. */
static void lower_bn(struct lowering *w)
{
	bool relu = has(w, NPUB_OP_RELU) && !has(w, NPUB_OP_ADD);
	bool clamp = relu && has(w, NPUB_OP_CLAMP), leaky = has(w, NPUB_OP_LEAKY);

	if (w->p->fusion.table) {
		lower_bn_index(w);
		return;
	}
	set(w, NPU_DPU_BN_CFG_BN_RELU_BYPASS, !relu);
	set(w, NPU_DPU_BN_CFG_BN_RELUX_EN, clamp);
	set(w, NPU_DPU_BN_RELUX_CMP_VALUE_BN_RELUX_CMP_DAT, clamp ? w->op->limit : 0);
	set(w, NPU_DPU_BN_CFG_BN_MUL_BYPASS, !leaky);
	set(w, NPU_DPU_BN_CFG_BN_ALU_BYPASS, 1);
	set(w, NPU_DPU_BN_CFG_BN_BYPASS, !relu && !leaky);
	if (!leaky)
		return;
	set(w, NPU_DPU_BN_CFG_BN_MUL_PRELU, 1);
	set(w, NPU_DPU_BN_MUL_CFG_BN_MUL_OPERAND, w->op->leak_scale);
	set(w, NPU_DPU_BN_MUL_CFG_BN_MUL_SHIFT_VALUE, w->op->leak_shift);
	set(w, NPU_DPU_DATA_FORMAT_BN_MUL_SHIFT_VALUE_NEG, w->op->leak_shift);
}

/* Without an operand EW is off, or looks the index up. */
static void lower_ew_alone(struct lowering *w)
{
	set(w, NPU_DPU_EW_CFG_EW_RELU_BYPASS, 1);
	set(w, NPU_DPU_EW_CFG_EW_OP_CVT_BYPASS, 1);
	set(w, NPU_DPU_EW_CFG_EW_LUT_BYPASS, !w->p->fusion.table);
	set(w, NPU_DPU_EW_CFG_EW_OP_BYPASS, 1);
	set(w, NPU_DPU_EW_CFG_EW_BYPASS, !w->p->fusion.table);
	set(w, NPU_DPU_EW_CVT_SCALE_VALUE_EW_OP_CVT_SCALE, 1);
}

/*
 * EW converts the operand to the units of the sum, adds it, and is the activation.
 * The converter stays on in fp16 too: without it the operand is dropped.
 */
static void lower_ew(struct lowering *w)
{
	const struct npub_op *op = w->op;
	bool relu = has(w, NPUB_OP_RELU), clamp = relu && has(w, NPUB_OP_CLAMP);

	if (!has(w, NPUB_OP_ADD)) {
		lower_ew_alone(w);
		return;
	}
	set(w, NPU_DPU_EW_CFG_EW_CVT_TYPE, w->p->elem == NPU_ELEM_INT8);
	set(w, NPU_DPU_EW_CFG_EW_DATA_MODE,
	    w->p->fusion.add_channel ? NPU_EW_DATA_CHANNEL : NPU_EW_DATA_EACH);
	set(w, NPU_DPU_EW_CFG_EDATA_SIZE, w->l->elem->bytes);
	set(w, NPU_DPU_EW_CFG_EW_ALU_ALGO, NPU_ALU_ADD);
	set(w, NPU_DPU_EW_CFG_EW_LUT_BYPASS, 1);
	set(w, NPU_DPU_EW_CFG_EW_OP_SRC, 1);
	set(w, NPU_DPU_EW_CFG_EW_RELU_BYPASS, !relu);
	set(w, NPU_DPU_EW_CFG_EW_RELUX_EN, clamp);
	set(w, NPU_DPU_EW_RELUX_CMP_VALUE_EW_RELUX_CMP_DAT, clamp ? op->limit : 0);
	set(w, NPU_DPU_EW_CVT_OFFSET_VALUE_EW_OP_CVT_OFFSET, (uint32_t)-op->operand_zero);
	set(w, NPU_DPU_EW_CVT_SCALE_VALUE_EW_OP_CVT_SCALE, op->operand_scale);
	set(w, NPU_DPU_EW_CVT_SCALE_VALUE_EW_OP_CVT_SHIFT, op->operand_shift);
}

/* fp32 becomes fp16; a table's fp32 output keeps the bit that says so (s. 4.3). */
static void lower_out_cvt(struct lowering *w)
{
	bool floats = w->p->elem != NPU_ELEM_INT8;

	set(w, NPU_DPU_OUT_CVT_OFFSET_OUT_CVT_OFFSET, (uint32_t)w->op->out_zero);
	set(w, NPU_DPU_OUT_CVT_SCALE_OUT_CVT_SCALE, w->op->out_scale);
	set(w, NPU_DPU_OUT_CVT_SCALE_FP32TOFP16_EN,
	    floats && (w->p->out_elem == NPU_ELEM_FP16 || w->p->fusion.table));
	set(w, NPU_DPU_OUT_CVT_SHIFT_OUT_CVT_SHIFT, w->op->out_shift);
}

void lower_stages(struct lowering *w)
{
	lower_padding(w);
	lower_ow(w);
	lower_bs(w);
	lower_bn(w);
	lower_ew(w);
	lower_out_cvt(w);
}

/*
 * The operand of an addition lies as the output does, behind the input; even surfaces
 * come by one engine, odd ones by the other (schedules s. 6):
 *
 *     second base = first + 16Q        notch = (2Q - oh*ow) * 16
 */
static void lower_add(struct lowering *w)
{
	uint64_t notch = 2ull * w->surf_bytes -
			 (uint64_t)w->p->out_w * w->t->y_count * NPU_ATOM_BYTES;
	uint64_t operand = w->l->operand_offset + output_offset(w);

	set_addr(w, NPU_REG_DPU_RDMA_SRC_BASE_ADDR, NPUB_BO_INPUT, operand);
	set_addr(w, NPU_REG_DPU_RDMA_EW_BASE_ADDR, NPUB_BO_INPUT, operand + w->surf_bytes);
	set(w, NPU_DPU_RDMA_ERDMA_CFG_ERDMA_DATA_MODE, NPU_EW_DATA_EACH);
	set(w, NPU_DPU_RDMA_ERDMA_CFG_ERDMA_DATA_SIZE, w->l->elem->bytes);
	set(w, NPU_DPU_RDMA_EW_SURF_STRIDE_EW_SURF_STRIDE, w->surf_bytes);
	set(w, NPU_DPU_RDMA_SURF_NOTCH_SURF_NOTCH_ADDR, notch);
	set(w, NPU_DPU_RDMA_EW_SURF_NOTCH_EW_SURF_NOTCH, notch);
	set(w, NPU_DPU_RDMA_FEATURE_MODE_CFG_COMB_USE, NPU_RDMA_COMB_ADD);
}

/* One operand a channel, over all pixels; one capture (F-65). */
static void lower_add_channel(struct lowering *w)
{
	set_addr(w, NPU_REG_DPU_RDMA_EW_BASE_ADDR, NPUB_BO_WEIGHT,
		 (uint64_t)w->t->k * w->l->elem->bytes);
	set(w, NPU_DPU_RDMA_ERDMA_CFG_ERDMA_DATA_SIZE, w->l->elem->bytes);
	set(w, NPU_DPU_RDMA_EW_SURF_STRIDE_EW_SURF_STRIDE, w->surf_bytes);
	set(w, NPU_DPU_RDMA_FEATURE_MODE_CFG_MRDMA_DISABLE, 1);
}

void lower_rdma(struct lowering *w)
{
	w->task->value[NPU_REG_DPU_RDMA_S_POINTER] = s_pointer(w);
	set(w, NPU_DPU_RDMA_DATA_CUBE_WIDTH_WIDTH, w->p->out_w);
	set(w, NPU_DPU_RDMA_DATA_CUBE_HEIGHT_HEIGHT, w->t->y_count);
	set(w, NPU_DPU_RDMA_DATA_CUBE_CHANNEL_CHANNEL, w->padded_k);
	set(w, NPU_DPU_RDMA_BRDMA_CFG_BRDMA_DATA_USE,
	    has(w, NPUB_OP_PER_CHANNEL) ? NPU_BRDMA_PER_CHANNEL : NPU_BRDMA_BIAS);
	set_addr(w, NPU_REG_DPU_RDMA_BS_BASE_ADDR, NPUB_BO_WEIGHT,
		 w->wbo->bias + (uint64_t)w->t->k * w->l->bias_chan_bytes);
	set(w, NPU_DPU_RDMA_FEATURE_MODE_CFG_IN_PRECISION, w->p->elem);
	set(w, NPU_DPU_RDMA_FEATURE_MODE_CFG_BURST_LEN, NPU_BURST_16);
	set(w, NPU_DPU_RDMA_FEATURE_MODE_CFG_PROC_PRECISION, w->p->elem);
	set(w, NPU_DPU_RDMA_FEATURE_MODE_CFG_CONV_MODE,
	    w->depthwise ? NPU_MODE_DEPTHWISE : 0);
	set(w, NPU_DPU_RDMA_WEIGHT_E_WEIGHT, 1);
	set(w, NPU_DPU_RDMA_WEIGHT_N_WEIGHT, 1);
	set(w, NPU_DPU_RDMA_WEIGHT_B_WEIGHT, 1);
	set(w, NPU_DPU_RDMA_WEIGHT_M_WEIGHT, 1);
	if (w->p->fusion.add) {
		lower_add(w);
	} else if (w->p->fusion.add_channel) {
		lower_add_channel(w);
	} else {
		set(w, NPU_DPU_RDMA_ERDMA_CFG_ERDMA_DISABLE, 1);
		set(w, NPU_DPU_RDMA_FEATURE_MODE_CFG_MRDMA_DISABLE, 1);
	}
}
