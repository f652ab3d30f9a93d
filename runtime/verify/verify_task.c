/*
 * What the blocks of one conv task must agree about.  A disagreement does not
 * show as an error on the hardware: a block waits for data that never comes.
 */
#include "verify/verify_internal.h"

#include "hw/npu_hw.h"

/* CONV_CON1.CONV_MODE and ARGB_IN codes. */
#define CONV_MODE_DENSE 0u
#define CONV_MODE_DEPTHWISE 3u
#define ARGB_FIRST 8u /* one channel; 11: four */
#define ARGB_LAST 11u

#define GET(t, field) npu_field_unpack((t)->reg[npu_fields[field].reg].value, field)

/* `field` must hold `allowed`, in the field's plain unit. */
static enum npurt_err want(struct verify *v, const struct task_state *t,
			   enum npu_field field, uint64_t allowed)
{
	uint32_t found = GET(t, field);

	if (found == allowed)
		return NPURT_OK;
	return verify_fail_value(v, NPURT_ERR_FORBIDDEN, npu_fields[field].reg,
				 npu_fields[field].name, found, allowed);
}

struct rule {
	enum npu_field field;
	uint64_t allowed;
};

static enum npurt_err want_all(struct verify *v, const struct task_state *t,
			       const struct rule *rules, uint32_t count)
{
	enum npurt_err err = NPURT_OK;

	for (uint32_t i = 0; !err && i < count; i++)
		err = want(v, t, rules[i].field, rules[i].allowed);
	return err;
}

/* CNA, CORE, DPU and DPU_RDMA each have their own copy of the tile's sizes. */
static enum npurt_err check_sizes(struct verify *v, const struct task_state *t)
{
	uint64_t ow = GET(t, NPU_CNA_DATA_SIZE2_DATAOUT_WIDTH);
	uint64_t oh = GET(t, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_HEIGHT);
	uint64_t chans = GET(t, NPU_CORE_DATAOUT_SIZE_1_DATAOUT_CHANNEL);
	const struct rule rules[] = {
		{ NPU_CNA_FC_DATA_SIZE0_DMA_WIDTH,
		  GET(t, NPU_CNA_DATA_SIZE0_DATAIN_WIDTH) },
		{ NPU_CNA_FC_DATA_SIZE0_DMA_HEIGHT,
		  GET(t, NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT) },
		{ NPU_CNA_FC_DATA_SIZE1_DMA_CHANNEL,
		  GET(t, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL) },
		{ NPU_CNA_DATA_SIZE3_DATAOUT_ATOMICS, ow * oh },
		{ NPU_CNA_DATA_SIZE3_SURF_MODE, 0 },
		{ NPU_CORE_DATAOUT_SIZE_0_DATAOUT_WIDTH, ow },
		{ NPU_DPU_DATA_CUBE_WIDTH_WIDTH, ow },
		{ NPU_DPU_DATA_CUBE_HEIGHT_HEIGHT, oh },
		{ NPU_DPU_WDMA_SIZE_1_WIDTH_WDMA, ow },
		{ NPU_DPU_WDMA_SIZE_1_HEIGHT_WDMA, oh },
		{ NPU_DPU_WDMA_SIZE_0_CHANNEL_WDMA, chans },
		{ NPU_DPU_DATA_CUBE_CHANNEL_CHANNEL, chans },
	};
	const struct rule rdma[] = {
		{ NPU_DPU_RDMA_DATA_CUBE_WIDTH_WIDTH, ow },
		{ NPU_DPU_RDMA_DATA_CUBE_HEIGHT_HEIGHT, oh },
		{ NPU_DPU_RDMA_DATA_CUBE_CHANNEL_CHANNEL, chans },
	};
	enum npurt_err err = want_all(v, t, rules, sizeof rules / sizeof rules[0]);

	if (!err && t->mask == NPU_MASK_CONV_RDMA)
		err = want_all(v, t, rdma, sizeof rdma / sizeof rdma[0]);
	if (!err && (!ow || !oh || !GET(t, NPU_CNA_DATA_SIZE0_DATAIN_WIDTH) ||
		     !GET(t, NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT) ||
		     !GET(t, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL)))
		return verify_fail(v, NPURT_ERR_FORBIDDEN, "a size is zero");
	return err;
}

/*
 * The last window must begin within the data or a padding's length after it:
 * right and bottom padding are not programmed, they follow from the output size.
 */
static enum npurt_err check_window(struct verify *v, const struct task_state *t)
{
	uint64_t oh = GET(t, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_HEIGHT);
	uint64_t ow = GET(t, NPU_CNA_DATA_SIZE2_DATAOUT_WIDTH);
	uint64_t sy = GET(t, NPU_CNA_CONV_CON3_CONV_Y_STRIDE);
	uint64_t sx = GET(t, NPU_CNA_CONV_CON3_CONV_X_STRIDE);
	uint64_t h = GET(t, NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT);
	uint64_t w = GET(t, NPU_CNA_DATA_SIZE0_DATAIN_WIDTH);

	if (!sy || !sx || !GET(t, NPU_CNA_WEIGHT_SIZE2_WEIGHT_WIDTH) ||
	    !GET(t, NPU_CNA_WEIGHT_SIZE2_WEIGHT_HEIGHT))
		return verify_fail(v, NPURT_ERR_FORBIDDEN, "stride or kernel is zero");
	if ((oh - 1) * sy >= h + GET(t, NPU_CNA_PAD_CON0_PAD_TOP) + NPU_MAX_PAD)
		return verify_fail_reg(v, NPURT_ERR_FORBIDDEN, NPU_REG_CNA_DATA_SIZE0,
				       "has too few rows for the output");
	if ((ow - 1) * sx >= w + GET(t, NPU_CNA_PAD_CON0_PAD_LEFT) + NPU_MAX_PAD)
		return verify_fail_reg(v, NPURT_ERR_FORBIDDEN, NPU_REG_CNA_DATA_SIZE0,
				       "is too narrow for the output");
	return NPURT_OK;
}

static bool is_pixel(const struct task_state *t)
{
	return GET(t, NPU_CNA_CONV_CON1_ARGB_IN) != 0;
}

static bool is_depthwise(const struct task_state *t)
{
	return GET(t, NPU_CNA_CONV_CON1_CONV_MODE) == CONV_MODE_DEPTHWISE;
}

/* Modes and precisions that this verifier can follow; others it cannot prove. */
static enum npurt_err check_modes(struct verify *v, const struct task_state *t,
				  uint32_t cores)
{
	uint32_t argb = GET(t, NPU_CNA_CONV_CON1_ARGB_IN);
	uint32_t conv = GET(t, NPU_CNA_CONV_CON1_CONV_MODE);
	uint32_t in = GET(t, NPU_CNA_CONV_CON1_IN_PRECISION);
	uint32_t nn = GET(t, NPU_CNA_CONV_CON2_NN_MODE_OBSERVED);
	uint32_t out = GET(t, NPU_DPU_DATA_FORMAT_OUT_PRECISION);
	const struct rule rules[] = {
		{ NPU_CNA_CONV_CON1_PROC_PRECISION, in },
		{ NPU_CNA_CONV_CON1_DECONV, 0 },
		{ NPU_CNA_CONV_CON1_NONALIGN_DMA, argb != 0 },
		{ NPU_CNA_CONV_CON1_GROUP_LINE_OFF, argb != 0 },
		{ NPU_CORE_MISC_CFG_PROC_PRECISION, in },
		{ NPU_CORE_MISC_CFG_DW_EN, is_depthwise(t) },
		{ NPU_DPU_FEATURE_MODE_CFG_CONV_MODE, is_depthwise(t) ? 3 : 0 },
		{ NPU_DPU_FEATURE_MODE_CFG_FLYING_MODE, 0 },
		{ NPU_DPU_FEATURE_MODE_CFG_TP_EN, 0 },
		{ NPU_DPU_FEATURE_MODE_CFG_NONALIGN, 0 },
		{ NPU_CNA_DCOMP_CTRL_DECOMP_CONTROL, 0 },
		{ NPU_CNA_FC_CON0_FC_SKIP_EN, 0 },
		{ NPU_CNA_CBUF_CON0_DATA_REUSE, 0 },
	};

	if ((in != NPU_ELEM_FP16 && in != NPU_ELEM_INT8) ||
	    (conv != CONV_MODE_DENSE && conv != CONV_MODE_DEPTHWISE) ||
	    (argb && (argb < ARGB_FIRST || argb > ARGB_LAST)))
		return verify_fail_reg(v, NPURT_ERR_COMMAND, NPU_REG_CNA_CONV_CON1,
				       "asks for a mode or precision not known");
	if (!npu_elem_info((enum npu_elem)out))
		return verify_fail_reg(v, NPURT_ERR_COMMAND, NPU_REG_DPU_DATA_FORMAT,
				       "asks for an output precision not known");
	/* 0 alone; 1 and 4 for two cores, 2 and 5 for three. */
	if (cores == 1 ? nn != 0 : nn != cores - 1 && nn != cores + 2)
		return verify_fail_value(v, NPURT_ERR_FORBIDDEN, NPU_REG_CNA_CONV_CON2,
					 "mode of the cores", nn,
					 cores == 1 ? 0 : cores - 1);
	return want_all(v, t, rules, sizeof rules / sizeof rules[0]);
}

/*
 * F-13, F-14: a tap holds whole atoms, three of a block of four count as four
 * (except dense int8, whose blocks have two).
 *
 *     kernel_bytes = kh * kw * 16 * atoms
 */
static enum npurt_err check_weights(struct verify *v, const struct task_state *t)
{
	bool depthwise = is_depthwise(t);
	uint32_t in = GET(t, NPU_CNA_CONV_CON1_IN_PRECISION);
	uint64_t bytes = npu_elem_info((enum npu_elem)in)->bytes;
	uint64_t atoms = npu_ceil_div64(GET(t, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL) * bytes,
					NPU_ATOM_BYTES);
	uint64_t kernels = GET(t, NPU_CNA_WEIGHT_SIZE2_WEIGHT_KERNELS), kernel;
	enum npurt_err err;

	if (atoms % 4 == 3 && (depthwise || bytes == 2))
		atoms++;
	kernel = atoms * NPU_ATOM_BYTES * GET(t, NPU_CNA_WEIGHT_SIZE2_WEIGHT_WIDTH) *
		 GET(t, NPU_CNA_WEIGHT_SIZE2_WEIGHT_HEIGHT);
	err = want(v, t, NPU_CNA_WEIGHT_SIZE1_WEIGHT_BYTES_PER_KERNEL, kernel);
	if (!err)
		err = want(v, t, NPU_CNA_WEIGHT_SIZE0_WEIGHT_BYTES, kernel * kernels);
	if (!err && depthwise)
		err = want(v, t, NPU_CNA_WEIGHT_SIZE2_WEIGHT_KERNELS, 1);
	if (!err &&
	    (!kernels ||
	     (!depthwise &&
	      kernels > GET(t, NPU_DPU_DATA_CUBE_CHANNEL_ORIG_CHANNEL) + (bytes == 1))))
		return verify_fail_reg(v, NPURT_ERR_FORBIDDEN, NPU_REG_CNA_WEIGHT_SIZE2,
				       "has a kernel count that the output does not");
	return err;
}

/* F-10, F-11: twelve banks, and the rows of the tile fit the data banks. */
static enum npurt_err check_cbuf(struct verify *v, const struct task_state *t, bool first)
{
	uint32_t data = GET(t, NPU_CNA_CBUF_CON0_DATA_BANK);
	uint32_t weight = GET(t, NPU_CNA_CBUF_CON0_WEIGHT_BANK);
	uint64_t entries = GET(t, NPU_CNA_CBUF_CON1_DATA_ENTRIES);
	uint64_t rows = GET(t, NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT);
	uint64_t room = (uint64_t)data * NPU_CBUF_ENTRIES_PER_BANK;

	if (!data || !weight || data + weight != NPU_CBUF_BANKS)
		return verify_fail_value(v, NPURT_ERR_FORBIDDEN, NPU_REG_CNA_CBUF_CON0,
					 "data and weight banks together", data + weight,
					 NPU_CBUF_BANKS);
	if (!is_pixel(t) && entries * rows > room)
		return verify_fail_value(v, NPURT_ERR_FORBIDDEN, NPU_REG_CNA_CBUF_CON1,
					 "entries of the tile", entries * rows, room);
	if (first)
		return want(v, t, NPU_CNA_CBUF_CON0_WEIGHT_REUSE, 0);
	return NPURT_OK;
}

enum npurt_err verify_conv_task(struct verify *v, const struct task_state *t,
				uint32_t cores, bool first)
{
	enum npurt_err err = check_modes(v, t, cores);

	if (!err)
		err = check_sizes(v, t);
	if (!err)
		err = check_window(v, t);
	if (!err)
		err = check_weights(v, t);
	return err ? err : check_cbuf(v, t, first);
}
