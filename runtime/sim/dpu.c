/*
 * DPU and DPU_RDMA registers: pipeline stages, operands and output, checked.
 */
#include "sim/sim_priv.h"

/* F-39: modes of the records that are simulated. */
#define ALGO_ADD 2u
#define OUTPUT_MODE_MEMORY 2u
#define CONV_MODE_DEPTHWISE 3u
#define RDMA_COMB_ADD 5u /* fused addition: main and element-wise reads */
#define DATA_USE_BIAS 1u /* bits of BRDMA_DATA_USE */
#define DATA_USE_CORRECTION 2u
#define DATA_USE_MUL 4u
#define EW_DATA_MODE_MEMORY 1u

static bool check_fixed(struct sim_ctx *ctx)
{
	static const struct sim_want_field fields[] = {
		{ NPU_DPU_FEATURE_MODE_CFG_COMB_USE, 0 },
		{ NPU_DPU_FEATURE_MODE_CFG_TP_EN, 0 },
		{ NPU_DPU_FEATURE_MODE_CFG_RGP_TYPE, 0 },
		{ NPU_DPU_FEATURE_MODE_CFG_NONALIGN, 0 },
		{ NPU_DPU_FEATURE_MODE_CFG_SURF_LEN, 0 },
		{ NPU_DPU_FEATURE_MODE_CFG_OUTPUT_MODE, OUTPUT_MODE_MEMORY },
		{ NPU_DPU_FEATURE_MODE_CFG_FLYING_MODE, 0 },
		{ NPU_DPU_DATA_FORMAT_EW_TRUNCATE_NEG, 0 },
		{ NPU_DPU_DATA_FORMAT_MC_SURF_OUT, 0 },
		{ NPU_DPU_DATA_CUBE_HEIGHT_MINMAX_CTL, 0 },
		{ NPU_DPU_BS_OW_CFG_RGP_CNTER, 0 },
		{ NPU_DPU_BS_OW_CFG_TP_ORG_EN, 0 },
		{ NPU_DPU_WDMA_SIZE_0_TP_PRECISION, 0 },
		{ NPU_DPU_WDMA_SIZE_0_SIZE_C_WDMA, 0 },
		{ NPU_DPU_OUT_CVT_SHIFT_CVT_TYPE, 0 },
		{ NPU_DPU_OUT_CVT_SHIFT_CVT_ROUND, 0 },
		{ NPU_DPU_OUT_CVT_SHIFT_MINUS_EXP, 0 },
	};
	static const struct sim_want_reg regs[] = {
		{ NPU_REG_DPU_OFFSET_PEND, 0 },
		{ NPU_REG_DPU_UNKNOWN_40C4, 0 },
	};

	for (uint32_t r = NPU_REG_DPU_LUT_ACCESS_CFG; r <= NPU_REG_DPU_LUT_LO_SLOPE_SHIFT;
	     r++) {
		if (sim_reg(ctx, (enum npu_reg)r))
			return sim_fail(ctx, SIM_ERR_UNSUPPORTED, (enum npu_reg)r, 0,
					"activation tables are not simulated");
	}
	for (uint32_t r = NPU_REG_DPU_EW_OP_VALUE_0; r <= NPU_REG_DPU_EW_OP_VALUE_7;
	     r++) {
		struct sim_want_reg zero = { (enum npu_reg)r, 0 };

		if (!sim_want_regs(ctx, &zero, 1))
			return false;
	}
	return sim_want_fields(ctx, fields, sizeof fields / sizeof fields[0]) &&
	       sim_want_regs(ctx, regs, sizeof regs / sizeof regs[0]);
}

/* Precisions, and with them what an output atom holds. */
static bool decode_formats(struct sim_ctx *ctx, struct sim_conv *c)
{
	struct sim_dpu *d = &c->dpu;
	const struct npu_elem_info *info;
	bool ok;

	if (!sim_want_size(ctx, NPU_DPU_DATA_FORMAT_PROC_PRECISION, (uint64_t)c->in,
			   "CONV_CON1.IN_PRECISION") ||
	    !sim_want_size(ctx, NPU_DPU_FEATURE_MODE_CFG_CONV_MODE,
			   c->depthwise ? CONV_MODE_DEPTHWISE : 0,
			   "CONV_CON1.CONV_MODE") ||
	    !sim_want_size(ctx, NPU_DPU_DATA_FORMAT_IN_PRECISION, (uint64_t)c->in,
			   "CONV_CON1.IN_PRECISION"))
		return false;
	d->out = (enum npu_elem)sim_field(ctx, NPU_DPU_DATA_FORMAT_OUT_PRECISION);
	info = npu_elem_info(d->out);
	ok = c->in == NPU_ELEM_FP16 ? d->out == NPU_ELEM_FP16 || d->out == NPU_ELEM_FP32
				    : d->out == NPU_ELEM_INT8 || d->out == NPU_ELEM_INT32;
	if (!info || !ok)
		return sim_fail(
		    ctx, SIM_ERR_UNSUPPORTED, NPU_REG_DPU_DATA_FORMAT, 0,
		    "output precision %u of input precision %u is not simulated",
		    (unsigned)d->out, (unsigned)c->in);
	d->out_bytes = info->bytes;
	d->out_chans = info->atom_chans;
	d->surfaces = c->group / d->out_chans;
	return sim_want_size(ctx, NPU_DPU_BS_OW_CFG_SIZE_E_0, d->surfaces,
			     "group * output bytes / 16") &&
	       sim_want_size(ctx, NPU_DPU_BS_OW_CFG_SIZE_E_1, d->surfaces,
			     "group * output bytes / 16") &&
	       sim_want_size(ctx, NPU_DPU_BS_OW_CFG_SIZE_E_2, d->surfaces,
			     "group * output bytes / 16");
}

static bool decode_output(struct sim_ctx *ctx, struct sim_conv *c)
{
	struct sim_dpu *d = &c->dpu;
	uint32_t notch = sim_field(ctx, NPU_DPU_DATA_CUBE_NOTCH_ADDR_NOTCH_ADDR_0);

	if (!sim_want_size(ctx, NPU_DPU_DATA_CUBE_CHANNEL_CHANNEL, c->k_pad,
			   "ORIG_CHANNEL rounded up to the kernel group") ||
	    !sim_want_same(ctx, NPU_CORE_DATAOUT_SIZE_1_DATAOUT_CHANNEL,
			   NPU_DPU_DATA_CUBE_CHANNEL_CHANNEL) ||
	    !sim_want_same(ctx, NPU_DPU_WDMA_SIZE_0_CHANNEL_WDMA,
			   NPU_DPU_DATA_CUBE_CHANNEL_CHANNEL) ||
	    !sim_want_same(ctx, NPU_DPU_DATA_CUBE_WIDTH_WIDTH,
			   NPU_CNA_DATA_SIZE2_DATAOUT_WIDTH) ||
	    !sim_want_same(ctx, NPU_DPU_DATA_CUBE_HEIGHT_HEIGHT,
			   NPU_CORE_DATAOUT_SIZE_0_DATAOUT_HEIGHT) ||
	    !sim_want_same(ctx, NPU_DPU_WDMA_SIZE_1_WIDTH_WDMA,
			   NPU_CNA_DATA_SIZE2_DATAOUT_WIDTH) ||
	    !sim_want_same(ctx, NPU_DPU_WDMA_SIZE_1_HEIGHT_WDMA,
			   NPU_CORE_DATAOUT_SIZE_0_DATAOUT_HEIGHT) ||
	    !sim_want_same(ctx, NPU_DPU_DATA_CUBE_NOTCH_ADDR_NOTCH_ADDR_1,
			   NPU_DPU_DATA_CUBE_NOTCH_ADDR_NOTCH_ADDR_0))
		return false;
	d->dst = sim_field(ctx, NPU_DPU_DST_BASE_ADDR_DST_BASE_ADDR);
	d->surf_stride = sim_field(ctx, NPU_DPU_DST_SURF_STRIDE_DST_SURF_STRIDE);
	d->surf_add = sim_field(ctx, NPU_DPU_SURFACE_ADD_SURF_ADD);
	d->row_atoms = c->ow + notch;
	if (!d->surf_stride)
		return sim_fail(ctx, SIM_ERR_SIZES, NPU_REG_DPU_DST_SURF_STRIDE, 0,
				"surface stride 0");
	return true;
}

/* BS and BN have the same fields; this names one of the two sets. */
struct stage_fields {
	enum npu_field bypass, alu_bypass, mul_bypass, relu_bypass, prelu, clamp,
	    alu_algo, alu_src, alu_operand, mul_operand, mul_shift, truncate_src, mul_src,
	    clamp_value, negative_shift;
};

static const struct stage_fields bs_fields = {
	NPU_DPU_BS_CFG_BS_BYPASS,
	NPU_DPU_BS_CFG_BS_ALU_BYPASS,
	NPU_DPU_BS_CFG_BS_MUL_BYPASS,
	NPU_DPU_BS_CFG_BS_RELU_BYPASS,
	NPU_DPU_BS_CFG_BS_MUL_PRELU,
	NPU_DPU_BS_CFG_BS_RELUX_EN,
	NPU_DPU_BS_CFG_BS_ALU_ALGO,
	NPU_DPU_BS_CFG_BS_ALU_SRC,
	NPU_DPU_BS_ALU_CFG_BS_ALU_OPERAND,
	NPU_DPU_BS_MUL_CFG_BS_MUL_OPERAND,
	NPU_DPU_BS_MUL_CFG_BS_MUL_SHIFT_VALUE,
	NPU_DPU_BS_MUL_CFG_BS_TRUNCATE_SRC,
	NPU_DPU_BS_MUL_CFG_BS_MUL_SRC,
	NPU_DPU_BS_RELUX_CMP_VALUE_BS_RELUX_CMP_DAT,
	NPU_DPU_DATA_FORMAT_BS_MUL_SHIFT_VALUE_NEG,
};

static const struct stage_fields bn_fields = {
	NPU_DPU_BN_CFG_BN_BYPASS,
	NPU_DPU_BN_CFG_BN_ALU_BYPASS,
	NPU_DPU_BN_CFG_BN_MUL_BYPASS,
	NPU_DPU_BN_CFG_BN_RELU_BYPASS,
	NPU_DPU_BN_CFG_BN_MUL_PRELU,
	NPU_DPU_BN_CFG_BN_RELUX_EN,
	NPU_DPU_BN_CFG_BN_ALU_ALGO,
	NPU_DPU_BN_CFG_BN_ALU_SRC,
	NPU_DPU_BN_ALU_CFG_BN_ALU_OPERAND,
	NPU_DPU_BN_MUL_CFG_BN_MUL_OPERAND,
	NPU_DPU_BN_MUL_CFG_BN_MUL_SHIFT_VALUE,
	NPU_DPU_BN_MUL_CFG_BN_TRUNCATE_SRC,
	NPU_DPU_BN_MUL_CFG_BN_MUL_SRC,
	NPU_DPU_BN_RELUX_CMP_VALUE_BN_RELUX_CMP_DAT,
	NPU_DPU_DATA_FORMAT_BN_MUL_SHIFT_VALUE_NEG,
};

/* DATA_FORMAT has the shift of negative values; one that differs is not understood. */
static bool check_negative_shift(struct sim_ctx *ctx, const struct sim_stage *st,
				 const struct stage_fields *f)
{
	if (!st->mul || sim_field(ctx, f->negative_shift) == st->mul_shift)
		return true;
	return sim_fail(ctx, SIM_ERR_UNSUPPORTED, npu_fields[f->mul_shift].reg, 0,
			"shift %u differs from DATA_FORMAT's for negative values, %u",
			st->mul_shift, sim_field(ctx, f->negative_shift));
}

static bool decode_stage(struct sim_ctx *ctx, const struct sim_conv *c,
			 struct sim_stage *st, const struct stage_fields *f)
{
	enum npu_reg cfg = npu_fields[f->bypass].reg;

	if (sim_field(ctx, f->bypass))
		return true;
	st->alu = !sim_field(ctx, f->alu_bypass);
	st->mul = !sim_field(ctx, f->mul_bypass);
	st->relu = !sim_field(ctx, f->relu_bypass);
	st->clamp = st->relu && sim_field(ctx, f->clamp);
	st->alu_stream = st->alu && sim_field(ctx, f->alu_src);
	st->mul_stream = st->mul && sim_field(ctx, f->mul_src);
	st->alu_operand = sim_field(ctx, f->alu_operand);
	st->mul_operand = (int16_t)sim_field(ctx, f->mul_operand);
	st->mul_shift = sim_field(ctx, f->mul_shift);
	st->clamp_value = sim_field(ctx, f->clamp_value);
	if (st->alu && sim_field(ctx, f->alu_algo) != ALGO_ADD)
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, cfg, 0,
				"ALU algorithm %u is not simulated, only addition (2)",
				sim_field(ctx, f->alu_algo));
	st->prelu = sim_field(ctx, f->prelu); /* F-92 */
	if (sim_field(ctx, f->truncate_src) || st->mul_shift > NPU_MAX_SHIFT ||
	    (st->mul && c->in != NPU_ELEM_INT8))
		return sim_fail(
		    ctx, SIM_ERR_UNSUPPORTED, cfg, 0,
		    "this multiplication (operand 0x%x, shift %u) is not simulated",
		    (uint32_t)st->mul_operand & 0xffffu, st->mul_shift);
	if (st->prelu && (!st->mul || st->mul_stream || st->relu))
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, cfg, 0,
				"MUL_PRELU is simulated only with a multiplication by "
				"one register and without RELU");
	return check_negative_shift(ctx, st, f);
}

/* The operand of a fused addition: EW_CFG and the read engine's side of it. */
static bool decode_ew(struct sim_ctx *ctx, struct sim_conv *c, bool rdma)
{
	struct sim_ew *ew = &c->dpu.ew;
	struct sim_want_field fields[] = {
		{ NPU_DPU_EW_CFG_EW_CVT_ROUND, 0 },
		{ NPU_DPU_EW_CFG_EW_CVT_TYPE, c->in == NPU_ELEM_INT8 },
		{ NPU_DPU_EW_CFG_EW_DATA_MODE, EW_DATA_MODE_MEMORY },
		{ NPU_DPU_EW_CFG_EDATA_SIZE, c->elem_bytes },
		{ NPU_DPU_EW_CFG_EW_EQUAL_EN, 0 },
		{ NPU_DPU_EW_CFG_EW_BINARY_EN, 0 },
		{ NPU_DPU_EW_CFG_EW_ALU_ALGO, ALGO_ADD },
		{ NPU_DPU_EW_CFG_EW_OP_CVT_BYPASS, 0 },
		{ NPU_DPU_EW_CFG_EW_LUT_BYPASS, 1 },
		{ NPU_DPU_EW_CFG_EW_OP_SRC, 1 },
		{ NPU_DPU_EW_CFG_EW_MUL_PRELU, 0 },
		{ NPU_DPU_EW_CFG_EW_OP_TYPE, 0 },
		{ NPU_DPU_EW_CFG_EW_OP_BYPASS, 0 },
		{ NPU_DPU_EW_CVT_SCALE_VALUE_EW_TRUNCATE, 0 },
	};

	if (!sim_field(ctx, NPU_DPU_EW_CFG_EW_LUT_BYPASS) &&
	    !sim_field(ctx, NPU_DPU_EW_CFG_EW_BYPASS))
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, NPU_REG_DPU_EW_CFG, 0,
				"activation tables are not simulated");
	ew->on = !sim_field(ctx, NPU_DPU_EW_CFG_EW_BYPASS);
	if (!ew->on)
		return true;
	if (!rdma || c->dpu.out != c->in)
		return sim_fail(
		    ctx, SIM_ERR_UNSUPPORTED, NPU_REG_DPU_EW_CFG, 0,
		    "a fused operand is simulated only with DPU_RDMA, in tasks of one "
		    "precision");
	if (!sim_want_fields(ctx, fields, sizeof fields / sizeof fields[0]))
		return false;
	ew->relu = !sim_field(ctx, NPU_DPU_EW_CFG_EW_RELU_BYPASS);
	ew->clamp = ew->relu && sim_field(ctx, NPU_DPU_EW_CFG_EW_RELUX_EN);
	ew->clamp_value = sim_reg(ctx, NPU_REG_DPU_EW_RELUX_CMP_VALUE);
	ew->offset = (int32_t)sim_reg(ctx, NPU_REG_DPU_EW_CVT_OFFSET_VALUE);
	ew->scale = (int16_t)sim_field(ctx, NPU_DPU_EW_CVT_SCALE_VALUE_EW_OP_CVT_SCALE);
	ew->shift = sim_field(ctx, NPU_DPU_EW_CVT_SCALE_VALUE_EW_OP_CVT_SHIFT);
	if (ew->shift > NPU_MAX_SHIFT ||
	    (c->in == NPU_ELEM_FP16 && (ew->offset || ew->scale != 1 || ew->shift)))
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, NPU_REG_DPU_EW_CVT_SCALE_VALUE,
				0,
				"operand offset %d, scale %d, shift %u are not simulated",
				ew->offset, ew->scale, ew->shift);
	return true;
}

/* fp32 to fp16 is bit 16 of the scale; the integer path scales and shifts. */
static bool decode_out_cvt(struct sim_ctx *ctx, struct sim_conv *c)
{
	struct sim_dpu *d = &c->dpu;
	uint32_t scale = sim_reg(ctx, NPU_REG_DPU_OUT_CVT_SCALE);
	bool to_half = sim_field(ctx, NPU_DPU_OUT_CVT_SCALE_FP32TOFP16_EN);
	bool ok = true;

	d->cvt_offset = (int32_t)sim_reg(ctx, NPU_REG_DPU_OUT_CVT_OFFSET);
	d->cvt_scale = (int16_t)sim_field(ctx, NPU_DPU_OUT_CVT_SCALE_OUT_CVT_SCALE);
	d->cvt_shift = sim_field(ctx, NPU_DPU_OUT_CVT_SHIFT_OUT_CVT_SHIFT);
	if (d->out == NPU_ELEM_INT8)
		ok = !to_half && d->cvt_shift <= NPU_MAX_SHIFT;
	else if (d->out == NPU_ELEM_INT32)
		ok = scale == 1 && !d->cvt_shift && !d->cvt_offset;
	else if (d->out == NPU_ELEM_FP16)
		ok = to_half && d->cvt_scale == 1 && !d->cvt_shift && !d->cvt_offset;
	else
		ok = (d->cvt_scale == 1 || !scale) && !d->cvt_shift && !d->cvt_offset;
	if (!ok)
		return sim_fail(
		    ctx, SIM_ERR_UNSUPPORTED, NPU_REG_DPU_OUT_CVT_SCALE, 0,
		    "conversion 0x%x, offset %d, shift %u is not simulated for this "
		    "output",
		    scale, d->cvt_offset, d->cvt_shift);
	return true;
}

/* The zero-point correction, and whether the streams on offer are the ones used. */
static bool decode_streams(struct sim_ctx *ctx, struct sim_conv *c, bool rdma)
{
	struct sim_dpu *d = &c->dpu;
	uint32_t use = rdma ? sim_field(ctx, NPU_DPU_RDMA_BRDMA_CFG_BRDMA_DATA_USE) : 0;
	bool bypass = sim_field(ctx, NPU_DPU_BS_OW_CFG_OD_BYPASS);
	uint32_t want;

	if (c->in != NPU_ELEM_INT8 && !bypass)
		return sim_fail(
		    ctx, SIM_ERR_UNSUPPORTED, NPU_REG_DPU_BS_OW_CFG, 0,
		    "zero-point correction (OD_BYPASS 0) of fp16 is not simulated");
	d->ow_operand = (int16_t)sim_field(ctx, NPU_DPU_BS_OW_OP_OW_OP);
	d->ow_stream = !bypass && sim_field(ctx, NPU_DPU_BS_OW_CFG_OW_SRC);
	d->ow = d->ow_stream || (!bypass && d->ow_operand);
	/* the CORE block adds up the windows that the correction multiplies (F-91) */
	if (d->ow && !sim_want_size(ctx, NPU_CORE_MISC_CFG_QD_EN, 1,
				    "the correction of BS_OW_CFG"))
		return false;
	want = (d->bs.alu_stream ? DATA_USE_BIAS : 0) |
	       (d->ow_stream ? DATA_USE_CORRECTION : 0) |
	       (d->bs.mul_stream ? DATA_USE_MUL : 0);
	if (use != want)
		return sim_fail(
		    ctx, SIM_ERR_UNSUPPORTED,
		    rdma ? NPU_REG_DPU_RDMA_BRDMA_CFG : NPU_REG_DPU_BS_CFG, 0,
		    "streams 0x%x are read but BS_CFG and BS_OW_CFG take 0x%x", use,
		    want);
	if (d->bn.alu_stream || d->bn.mul_stream)
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, NPU_REG_DPU_BN_CFG, 0,
				"streams of BN are not simulated");
	if (want != 0 && want != DATA_USE_BIAS &&
	    want != (DATA_USE_BIAS | DATA_USE_CORRECTION | DATA_USE_MUL))
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, NPU_REG_DPU_RDMA_BRDMA_CFG, 0,
				"stream combination 0x%x is not simulated", want);
	d->bias_grouped = want & DATA_USE_MUL;
	return true;
}

static bool decode_rdma(struct sim_ctx *ctx, struct sim_conv *c)
{
	bool add = c->dpu.ew.on;
	struct sim_want_field fields[] = {
		{ NPU_DPU_RDMA_NRDMA_CFG_NRDMA_DATA_USE, 0 },
		{ NPU_DPU_RDMA_DATA_CUBE_HEIGHT_EW_LINE_NOTCH_ADDR, 0 },
		{ NPU_DPU_RDMA_ERDMA_CFG_ERDMA_DISABLE, !add },
		{ NPU_DPU_RDMA_ERDMA_CFG_ERDMA_DATA_MODE, add ? EW_DATA_MODE_MEMORY : 0 },
		{ NPU_DPU_RDMA_ERDMA_CFG_ERDMA_SURF_MODE, 0 },
		{ NPU_DPU_RDMA_ERDMA_CFG_ERDMA_NONALIGN, 0 },
		{ NPU_DPU_RDMA_ERDMA_CFG_ERDMA_DATA_SIZE, add ? c->elem_bytes : 0 },
		{ NPU_DPU_RDMA_FEATURE_MODE_CFG_COMB_USE, add ? RDMA_COMB_ADD : 0 },
		{ NPU_DPU_RDMA_FEATURE_MODE_CFG_MRDMA_DISABLE, !add },
		{ NPU_DPU_RDMA_FEATURE_MODE_CFG_MRDMA_FP16TOFP32_EN, 0 },
		{ NPU_DPU_RDMA_FEATURE_MODE_CFG_FLYING_MODE, 0 },
	};
	static const struct sim_want_reg regs[] = {
		{ NPU_REG_DPU_RDMA_SRC_DMA_CFG, 0 },
		{ NPU_REG_DPU_RDMA_PAD_CFG, 0 },
	};

	if (add && !sim_want_same(ctx, NPU_DPU_RDMA_EW_SURF_STRIDE_EW_SURF_STRIDE,
				  NPU_DPU_DST_SURF_STRIDE_DST_SURF_STRIDE))
		return false;
	return sim_want_same(ctx, NPU_DPU_RDMA_DATA_CUBE_WIDTH_WIDTH,
			     NPU_CNA_DATA_SIZE2_DATAOUT_WIDTH) &&
	       sim_want_same(ctx, NPU_DPU_RDMA_DATA_CUBE_HEIGHT_HEIGHT,
			     NPU_CORE_DATAOUT_SIZE_0_DATAOUT_HEIGHT) &&
	       sim_want_same(ctx, NPU_DPU_RDMA_DATA_CUBE_CHANNEL_CHANNEL,
			     NPU_DPU_DATA_CUBE_CHANNEL_CHANNEL) &&
	       sim_want_size(ctx, NPU_DPU_RDMA_FEATURE_MODE_CFG_CONV_MODE,
			     c->depthwise ? CONV_MODE_DEPTHWISE : 0,
			     "CONV_CON1.CONV_MODE") &&
	       sim_want_size(ctx, NPU_DPU_RDMA_FEATURE_MODE_CFG_IN_PRECISION,
			     (uint64_t)c->in, "CONV_CON1.IN_PRECISION") &&
	       sim_want_size(ctx, NPU_DPU_RDMA_FEATURE_MODE_CFG_PROC_PRECISION,
			     (uint64_t)c->in, "CONV_CON1.IN_PRECISION") &&
	       sim_want_fields(ctx, fields, sizeof fields / sizeof fields[0]) &&
	       sim_want_regs(ctx, regs, sizeof regs / sizeof regs[0]);
}

bool sim_dpu_decode(struct sim_ctx *ctx, struct sim_conv *c, bool rdma)
{
	return check_fixed(ctx) && decode_formats(ctx, c) && decode_output(ctx, c) &&
	       decode_stage(ctx, c, &c->dpu.bs, &bs_fields) &&
	       decode_stage(ctx, c, &c->dpu.bn, &bn_fields) && decode_ew(ctx, c, rdma) &&
	       decode_out_cvt(ctx, c) && decode_streams(ctx, c, rdma) &&
	       (!rdma || decode_rdma(ctx, c));
}
