/*
 * CNA and CORE registers as a convolution: read, and held against each other.
 *
 * Nothing is believed: a size that follows from others must equal what follows,
 * and every mode that is not simulated is refused by its register's name.
 */
#include "sim/sim_priv.h"

#define CONV_MODE_DENSE 0u
#define CONV_MODE_DEPTHWISE 3u
#define PIXEL_CODE_BASE 7u /* CONV_CON1.ARGB_IN of n channels is 7 + n */

#define CVT_BYPASS 0xbu	  /* no conversion, signed */
#define CVT_UNIT 0x10000u /* scale 1, offset 0 */

static bool check_fixed(struct sim_ctx *ctx)
{
	static const struct sim_want_reg regs[] = {
		{ NPU_REG_CNA_CVT_CON0, CVT_BYPASS }, { NPU_REG_CNA_CVT_CON1, CVT_UNIT },
		{ NPU_REG_CNA_CVT_CON2, CVT_UNIT },   { NPU_REG_CNA_CVT_CON3, CVT_UNIT },
		{ NPU_REG_CNA_CVT_CON4, CVT_UNIT },   { NPU_REG_CNA_CVT_CON5, 0 },
		{ NPU_REG_CNA_FC_CON0, 0 },	      { NPU_REG_CNA_FC_CON1, 0 },
		{ NPU_REG_CNA_FC_CON2, 0 },	      { NPU_REG_CNA_DCOMP_CTRL, 0 },
		{ NPU_REG_CNA_DCOMP_REGNUM, 0 },      { NPU_REG_CORE_CLIP_TRUNCATE, 0 },
		{ NPU_REG_CORE_UNKNOWN_3030, 0 },
	};
	static const struct sim_want_field fields[] = {
		{ NPU_CNA_CONV_CON1_DECONV, 0 },
		{ NPU_CNA_CONV_CON2_KERNEL_GROUP, 0 },
		{ NPU_CNA_CONV_CON2_CSC_WO_EN, 0 },
		{ NPU_CNA_CONV_CON2_CSC_DO_EN, 0 },
		{ NPU_CNA_CONV_CON2_CMD_FIFO_SRST, 0 },
		{ NPU_CNA_CONV_CON3_NN_MODE, 0 },
		{ NPU_CNA_CONV_CON3_DECONV_X_STRIDE, 1 },
		{ NPU_CNA_CONV_CON3_DECONV_Y_STRIDE, 1 },
		{ NPU_CNA_DATA_SIZE3_SURF_MODE, 0 },
		{ NPU_CNA_CBUF_CON0_DATA_REUSE, 0 },
		{ NPU_CNA_CBUF_CON0_FC_DATA_BANK, 0 },
		{ NPU_CORE_MISC_CFG_SOFT_GATING, 0 },
	};

	for (uint32_t r = NPU_REG_CNA_DCOMP_AMOUNT0; r <= NPU_REG_CNA_DCOMP_AMOUNT15;
	     r++) {
		struct sim_want_reg off = { (enum npu_reg)r, 0 };

		if (!sim_want_regs(ctx, &off, 1))
			return false;
	}
	return sim_want_regs(ctx, regs, sizeof regs / sizeof regs[0]) &&
	       sim_want_fields(ctx, fields, sizeof fields / sizeof fields[0]);
}

static bool decode_mode(struct sim_ctx *ctx, struct sim_conv *c)
{
	uint32_t conv_mode = sim_field(ctx, NPU_CNA_CONV_CON1_CONV_MODE);
	uint32_t argb = sim_field(ctx, NPU_CNA_CONV_CON1_ARGB_IN);
	const struct npu_elem_info *info;

	c->in = (enum npu_elem)sim_field(ctx, NPU_CNA_CONV_CON1_IN_PRECISION);
	info = npu_elem_info(c->in);
	if (!info || !info->kernel_group)
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, NPU_REG_CNA_CONV_CON1, 0,
				"input precision %u is not simulated", (unsigned)c->in);
	if (!sim_want_same(ctx, NPU_CNA_CONV_CON1_PROC_PRECISION,
			   NPU_CNA_CONV_CON1_IN_PRECISION) ||
	    !sim_want_same(ctx, NPU_CORE_MISC_CFG_PROC_PRECISION,
			   NPU_CNA_CONV_CON1_IN_PRECISION))
		return false;
	if (conv_mode != CONV_MODE_DENSE && conv_mode != CONV_MODE_DEPTHWISE)
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, NPU_REG_CNA_CONV_CON1, 0,
				"CONV_MODE %u is not simulated", conv_mode);
	c->depthwise = conv_mode == CONV_MODE_DEPTHWISE;
	if (!sim_want_size(ctx, NPU_CORE_MISC_CFG_DW_EN, c->depthwise,
			   "CONV_CON1.CONV_MODE"))
		return false;
	c->pixel = argb != 0;
	c->flat_lines = sim_field(ctx, NPU_CNA_CONV_CON1_GROUP_LINE_OFF);
	if (c->pixel &&
	    (argb <= PIXEL_CODE_BASE || argb > PIXEL_CODE_BASE + NPU_PIXEL_MAX_CHANS ||
	     !c->flat_lines || c->depthwise))
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, NPU_REG_CNA_CONV_CON1, 0,
				"ARGB_IN %u is not simulated with GROUP_LINE_OFF %d and "
				"CONV_MODE %u",
				argb, c->flat_lines, conv_mode);
	if (!sim_want_size(ctx, NPU_CNA_CONV_CON1_NONALIGN_DMA, c->pixel, "ARGB_IN"))
		return false;
	c->elem_bytes = info->bytes;
	c->atom_chans = info->atom_chans;
	c->group = c->depthwise ? info->dw_block : info->kernel_group;
	c->block = c->depthwise ? info->dw_block : NPU_WEIGHT_BLOCK_CHANS;
	return true;
}

/*
 * CHANNEL_REAL says real channels minus one; the vendor stores its low six bits
 * alone, others all of it.  Finds the real count that rounds up to `c`.
 */
static bool decode_real_channels(struct sim_ctx *ctx, struct sim_conv *c)
{
	uint32_t field = sim_field(ctx, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL_REAL);
	uint32_t argb = sim_field(ctx, NPU_CNA_CONV_CON1_ARGB_IN);

	for (uint32_t real = c->c; real > c->c - c->atom_chans; real--) {
		if (field == real - 1 || field == ((real - 1) & 63u)) {
			c->c_real = real;
			break;
		}
	}
	if (!c->c_real)
		return sim_fail(ctx, SIM_ERR_SIZES, NPU_REG_CNA_DATA_SIZE1, 0,
				"DATAIN_CHANNEL_REAL %u fits no count that rounds up to "
				"DATAIN_CHANNEL %u",
				field, c->c);
	if (c->pixel && (c->c != c->atom_chans || c->c_real != argb - PIXEL_CODE_BASE))
		return sim_fail(ctx, SIM_ERR_SIZES, NPU_REG_CNA_DATA_SIZE1, 0,
				"%u real channels in %u do not fit CONV_CON1.ARGB_IN %u",
				c->c_real, c->c, argb);
	return true;
}

/*
 * One axis: the windows must start within the input and its padding, reach its
 * end to less than a stride, and run past it by less than the kernel.
 */
static bool check_axis(struct sim_ctx *ctx, enum npu_reg reg, const char *axis,
		       uint32_t in, uint32_t pad, uint32_t k, uint32_t dilation,
		       uint32_t stride, uint32_t out)
{
	uint64_t need = (uint64_t)(out - 1) * stride + (uint64_t)(k - 1) * dilation + 1;
	uint64_t have = (uint64_t)in + pad;

	if (need > have + (uint64_t)k * dilation - 1 || have >= need + stride)
		return sim_fail(
		    ctx, SIM_ERR_SIZES, reg, 0,
		    "%u output %s (kernel %u, stride %u, dilation %u) take %llu, but "
		    "DATA_SIZE0 has %u and PAD_CON0 %u",
		    out, axis, k, stride, dilation, (unsigned long long)need, in, pad);
	return true;
}

static bool decode_geometry(struct sim_ctx *ctx, struct sim_conv *c)
{
	c->w = sim_field(ctx, NPU_CNA_DATA_SIZE0_DATAIN_WIDTH);
	c->h = sim_field(ctx, NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT);
	c->c = sim_field(ctx, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL);
	c->ow = sim_field(ctx, NPU_CNA_DATA_SIZE2_DATAOUT_WIDTH);
	c->oh = sim_field(ctx, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_HEIGHT);
	c->kw = sim_field(ctx, NPU_CNA_WEIGHT_SIZE2_WEIGHT_WIDTH);
	c->kh = sim_field(ctx, NPU_CNA_WEIGHT_SIZE2_WEIGHT_HEIGHT);
	c->sx = sim_field(ctx, NPU_CNA_CONV_CON3_CONV_X_STRIDE);
	c->sy = sim_field(ctx, NPU_CNA_CONV_CON3_CONV_Y_STRIDE);
	c->dx = sim_field(ctx, NPU_CNA_CONV_CON3_ATROUS_X_DILATION);
	c->dy = sim_field(ctx, NPU_CNA_CONV_CON3_ATROUS_Y_DILATION);
	c->pt = sim_field(ctx, NPU_CNA_PAD_CON0_PAD_TOP);
	c->pl = sim_field(ctx, NPU_CNA_PAD_CON0_PAD_LEFT);
	if (!c->w || !c->h)
		return sim_fail(ctx, SIM_ERR_SIZES, NPU_REG_CNA_DATA_SIZE0, 0,
				"input of %u x %u pixels", c->w, c->h);
	if (!c->c || c->c % c->atom_chans)
		return sim_fail(ctx, SIM_ERR_SIZES, NPU_REG_CNA_DATA_SIZE1, 0,
				"DATAIN_CHANNEL %u is not a multiple of %u", c->c,
				c->atom_chans);
	if (!c->kw || !c->kh)
		return sim_fail(ctx, SIM_ERR_SIZES, NPU_REG_CNA_WEIGHT_SIZE2, 0,
				"kernel of %u x %u", c->kw, c->kh);
	if (!c->sx || !c->sy)
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, NPU_REG_CNA_CONV_CON3, 0,
				"stride 0 is not simulated");
	if (!c->ow)
		return sim_fail(ctx, SIM_ERR_SIZES, NPU_REG_CNA_DATA_SIZE2, 0,
				"DATAOUT_WIDTH is 0");
	return decode_real_channels(ctx, c) &&
	       sim_want_same(ctx, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_WIDTH,
			     NPU_CNA_DATA_SIZE2_DATAOUT_WIDTH) &&
	       sim_want_size(ctx, NPU_CNA_DATA_SIZE3_DATAOUT_ATOMICS,
			     (uint64_t)c->ow * c->oh, "DATAOUT_WIDTH * DATAOUT_HEIGHT") &&
	       sim_want_same(ctx, NPU_CNA_FC_DATA_SIZE0_DMA_HEIGHT,
			     NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT) &&
	       (c->pixel || sim_want_same(ctx, NPU_CNA_FC_DATA_SIZE0_DMA_WIDTH,
					  NPU_CNA_DATA_SIZE0_DATAIN_WIDTH)) &&
	       sim_want_same(ctx, NPU_CNA_FC_DATA_SIZE1_DMA_CHANNEL,
			     NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL) &&
	       check_axis(ctx, NPU_REG_CNA_DATA_SIZE2, "columns", c->w, c->pl, c->kw,
			  c->dx, c->sx, c->ow) &&
	       check_axis(ctx, NPU_REG_CORE_DATAOUT_SIZE_0, "rows", c->h, c->pt, c->kh,
			  c->dy, c->sy, c->oh);
}

/*
 * Channels per tap in the weight stream (F-13, F-14): whole blocks and a tail of
 * whole atoms, where a tail of three atoms is stored as four.
 */
static uint32_t calc_stored_chans(const struct sim_conv *c)
{
	uint32_t tail = c->c % c->block;

	if (tail / c->atom_chans == NPU_WEIGHT_BLOCK_ATOMS_FULL - 1)
		tail += c->atom_chans;
	return c->c - c->c % c->block + tail;
}

static bool decode_weights(struct sim_ctx *ctx, struct sim_conv *c)
{
	uint64_t bytes;

	c->kernels = sim_field(ctx, NPU_CNA_WEIGHT_SIZE2_WEIGHT_KERNELS);
	c->k_real = sim_field(ctx, NPU_DPU_DATA_CUBE_CHANNEL_ORIG_CHANNEL);
	c->k_pad = npu_round_up(c->k_real, c->group);
	c->cw = calc_stored_chans(c);
	bytes = (uint64_t)c->kh * c->kw * c->cw * c->elem_bytes;
	if (!sim_want_size(ctx, NPU_CNA_WEIGHT_SIZE1_WEIGHT_BYTES_PER_KERNEL, bytes,
			   "kernel * stored channels"))
		return false;
	c->kernel_bytes = (uint32_t)bytes;
	if (c->depthwise) {
		if (npu_round_up(c->c, c->group) != c->k_pad)
			return sim_fail(
			    ctx, SIM_ERR_SIZES, NPU_REG_DPU_DATA_CUBE_CHANNEL, 0,
			    "%u output channels of a depthwise task with %u input "
			    "channels",
			    c->k_real, c->c);
		if (!sim_want_size(ctx, NPU_CNA_WEIGHT_SIZE2_WEIGHT_KERNELS, 1,
				   "the depthwise mode"))
			return false;
	} else if (c->kernels != npu_round_up(c->k_real, 2) &&
		   (c->kernels != c->k_real || c->in == NPU_ELEM_INT8)) {
		return sim_fail(
		    ctx, SIM_ERR_SIZES, NPU_REG_CNA_WEIGHT_SIZE2, 0,
		    "WEIGHT_KERNELS is %u but DATA_CUBE_CHANNEL.ORIG_CHANNEL is %u",
		    c->kernels, c->k_real);
	}
	bytes *= c->kernels;
	if (!sim_want_size(ctx, NPU_CNA_WEIGHT_SIZE0_WEIGHT_BYTES, bytes,
			   "WEIGHT_BYTES_PER_KERNEL * WEIGHT_KERNELS"))
		return false;
	c->weight_bytes = (uint32_t)bytes;
	return true;
}

/* CBUF entries of one input row (F-52). */
static uint64_t calc_row_entries(const struct sim_conv *c)
{
	uint32_t atoms = c->c / c->atom_chans;
	uint32_t whole = atoms / NPU_ATOMS_PER_ENTRY, rest = atoms % NPU_ATOMS_PER_ENTRY;
	uint64_t w = c->w;

	if (rest == NPU_ATOMS_PER_ENTRY - 1)
		return w * whole + w;
	return w * whole + npu_ceil_div64(rest * w, NPU_ATOMS_PER_ENTRY);
}

static bool check_banks(struct sim_ctx *ctx, const struct sim_conv *c)
{
	uint64_t row_bytes = calc_row_entries(c) * NPU_CBUF_ENTRY_BYTES;
	uint64_t entries = calc_row_entries(c);
	uint64_t group_bytes = (uint64_t)npu_min(c->group, c->kernels) * c->kernel_bytes;

	if (!c->data_banks || !c->weight_banks ||
	    c->data_banks + c->weight_banks > NPU_CBUF_BANKS)
		return sim_fail(
		    ctx, SIM_ERR_CBUF, NPU_REG_CNA_CBUF_CON0, 0,
		    "%u data and %u weight banks: each needs one and there are %u",
		    c->data_banks, c->weight_banks, NPU_CBUF_BANKS);
	if (c->pixel) {
		entries = (uint64_t)npu_round_up(c->w, NPU_PIXEL_ROW_ALIGN) * c->h;
		/* F-17: one int8 channel takes a quarter of the others' room. */
		row_bytes = (uint64_t)npu_round_up(c->w, NPU_PIXEL_ROW_ALIGN) *
			    (c->c_real == 1 && c->elem_bytes == 1
				 ? NPU_PIXEL_BANK_CHANS_GREY
				 : NPU_PIXEL_BANK_CHANS) *
			    c->elem_bytes;
	}
	if (sim_field(ctx, NPU_CNA_CBUF_CON1_DATA_ENTRIES) != entries)
		return sim_fail(ctx, SIM_ERR_CBUF, NPU_REG_CNA_CBUF_CON1, 0,
				"DATA_ENTRIES is %u but the input makes it %llu",
				sim_field(ctx, NPU_CNA_CBUF_CON1_DATA_ENTRIES),
				(unsigned long long)entries);
	if (row_bytes * c->h > (uint64_t)c->data_banks * NPU_CBUF_BANK_BYTES)
		return sim_fail(ctx, SIM_ERR_CBUF, NPU_REG_CNA_CBUF_CON0, 0,
				"%u rows of %llu bytes do not fit %u data banks", c->h,
				(unsigned long long)row_bytes, c->data_banks);
	if (c->depthwise)
		group_bytes = (uint64_t)c->kernel_bytes / c->cw * sim_block_chans(c, 0);
	if (group_bytes > (uint64_t)c->weight_banks * NPU_CBUF_BANK_BYTES)
		return sim_fail(
		    ctx, SIM_ERR_CBUF, NPU_REG_CNA_CBUF_CON0, 0,
		    "a kernel group of %llu bytes does not fit %u weight banks",
		    (unsigned long long)group_bytes, c->weight_banks);
	return true;
}

static bool decode_cbuf(struct sim_ctx *ctx, struct sim_conv *c)
{
	uint32_t grains = sim_field(ctx, NPU_CNA_CONV_CON2_FEATURE_GRAINS);

	c->data_banks = sim_field(ctx, NPU_CNA_CBUF_CON0_DATA_BANK);
	c->weight_banks = sim_field(ctx, NPU_CNA_CBUF_CON0_WEIGHT_BANK);
	c->reuse = sim_field(ctx, NPU_CNA_CBUF_CON0_WEIGHT_REUSE);
	if (!check_banks(ctx, c))
		return false;
	if (grains < npu_min(c->h, NPU_MIN_GRAINS))
		return sim_fail(ctx, SIM_ERR_SIZES, NPU_REG_CNA_CONV_CON2, 0,
				"FEATURE_GRAINS %u is less than %u rows (DATA_SIZE0)",
				grains, npu_min(c->h, NPU_MIN_GRAINS));
	return true;
}

/* The surface stride has 28 bits and a sign: negative for fewer than four rows (F-38). */
static int32_t sign_extend_28(uint32_t v)
{
	return (int32_t)(v << 4) / 16;
}

/*
 * What a window reads outside the input (F-90): nothing but zeros in fp16; in int8 the
 * low byte, which depthwise records hold twice.
 */
static bool decode_pad_value(struct sim_ctx *ctx, struct sim_conv *c)
{
	uint32_t pad = sim_reg(ctx, NPU_REG_CNA_PAD_CON1);

	if (c->in == NPU_ELEM_FP16 && pad)
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, NPU_REG_CNA_PAD_CON1, 0,
				"pad value 0x%x is not simulated in fp16, only 0", pad);
	if (c->depthwise && (pad & 0xffu) != (pad >> 8 & 0xffu))
		return sim_fail(
		    ctx, SIM_ERR_UNSUPPORTED, NPU_REG_CNA_PAD_CON1, 0,
		    "pad value 0x%x of a depthwise task is not simulated: its "
		    "two low bytes differ",
		    pad);
	c->pad_value = (int8_t)(uint8_t)pad;
	return true;
}

bool sim_cna_decode(struct sim_ctx *ctx, struct sim_conv *c)
{
	if (!check_fixed(ctx) || !decode_mode(ctx, c) || !decode_geometry(ctx, c) ||
	    !decode_weights(ctx, c) || !decode_cbuf(ctx, c) || !decode_pad_value(ctx, c))
		return false;
	c->mode = sim_field(ctx, NPU_CNA_CONV_CON2_NN_MODE_OBSERVED);
	c->feature_addr = sim_field(ctx, NPU_CNA_FEATURE_DATA_ADDR_FEATURE_BASE_ADDR);
	c->weight_addr = sim_field(ctx, NPU_CNA_DCOMP_ADDR0_DECOMPRESS_ADDR0);
	c->line = sim_field(ctx, NPU_CNA_DMA_CON1_LINE_STRIDE);
	c->surf = sign_extend_28(sim_field(ctx, NPU_CNA_DMA_CON2_SURF_STRIDE));
	return true;
}
