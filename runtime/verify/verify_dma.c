/*
 * What a task reads and writes, computed from its registers alone, against the
 * buffers its addresses were relocated to.  Ranges are widened, never narrowed.
 */
#include "verify/verify_internal.h"

#include "hw/npu_hw.h"

#define GET(t, field) npu_field_unpack((t)->reg[npu_fields[field].reg].value, field)

#define SURF_STRIDE_BITS 28

/* Bytes from an address register: [low, high) relative to it. */
struct span {
	int64_t low, high;
};

/* Its span must lie inside a BO of that role; *at is where in the BO. */
static enum npurt_err check_span(struct verify *v, const struct task_state *t,
				 enum npu_reg reg, enum npub_bo_role role,
				 const char *verb, struct span s, uint64_t *bo_at)
{
	const struct reg_state *r = &t->reg[reg];
	const struct npub_reloc *reloc;
	const struct npub_bo *bo;
	int64_t low, high;

	if (!r->reloc)
		return verify_fail_reg(v, NPURT_ERR_RELOC, reg, "has no relocation");
	reloc = &v->relocs[r->reloc - 1];
	bo = &v->b->bos[reloc->bo];
	if (bo->role != role)
		return verify_fail_value(v, NPURT_ERR_RELOC, reg, "role of its BO",
					 bo->role, role);
	low = (int64_t)reloc->addend + s.low;
	high = (int64_t)reloc->addend + s.high;
	if (reloc->addend % NPU_ATOM_BYTES || low < 0 || high > (int64_t)bo->bytes) {
		v->error->task = v->task;
		v->error->reg = npu_regs[reg].offset;
		v->error->found = (uint64_t)high;
		v->error->allowed = bo->bytes;
		return npurt_failf(
		    v->error, NPURT_ERR_DMA,
		    "task %u (core %u): %s.%s %s [%s%U, %U) of BO '%s' of %U bytes%s",
		    v->task, v->core, npu_block_name(npu_regs[reg].block),
		    npu_regs[reg].name, verb, low < 0 ? "-" : "",
		    (uint64_t)(low < 0 ? -low : low), (uint64_t)high,
		    npub_string(v->b, bo->name), bo->bytes,
		    reloc->addend % NPU_ATOM_BYTES ? ", not on 16" : "");
	}
	*bo_at = (uint64_t)low;
	return NPURT_OK;
}

/* An address register that the task does not use must stay zero. */
static enum npurt_err check_unused(struct verify *v, const struct task_state *t,
				   enum npu_reg reg)
{
	if (t->reg[reg].reloc)
		return verify_fail_reg(v, NPURT_ERR_RELOC, reg,
				       "is relocated but not used");
	return NPURT_OK;
}

/*
 * Rows come in groups of four, `line` atoms apart (F-12):
 *
 *     at(y, x, s) = (y / 4) * line + (y % 4) * W + x + s * (4 * W + surf)
 *
 * or, in pixel mode, y * line + x in pixels of Cr elements.
 */
static struct span feature_span(const struct task_state *t)
{
	int64_t w = GET(t, NPU_CNA_DATA_SIZE0_DATAIN_WIDTH);
	int64_t h = GET(t, NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT);
	int64_t line = GET(t, NPU_CNA_DMA_CON1_LINE_STRIDE);
	int64_t surf = GET(t, NPU_CNA_DMA_CON2_SURF_STRIDE);
	uint32_t in = GET(t, NPU_CNA_CONV_CON1_IN_PRECISION);
	int64_t bytes = npu_elem_info((enum npu_elem)in)->bytes;
	uint32_t argb = GET(t, NPU_CNA_CONV_CON1_ARGB_IN);
	int64_t surfaces, last_group, last, step;

	if (argb)
		return (struct span){ 0, ((h - 1) * line + w) * (int64_t)(argb - 7) *
					     bytes };
	if (surf >> (SURF_STRIDE_BITS - 1))
		surf -= INT64_C(1) << SURF_STRIDE_BITS;
	surfaces = (int64_t)npu_ceil_div64(
	    GET(t, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL) * (uint64_t)bytes, NPU_ATOM_BYTES);
	last_group = (h - 1) / 4;
	last = last_group * line + (h - 1) % 4 * w + w;
	if (last_group && (last_group - 1) * line + 4 * w > last)
		last = (last_group - 1) * line + 4 * w;
	step = (surfaces - 1) * (4 * w + surf);
	return (struct span){ (step < 0 ? step : 0) * NPU_ATOM_BYTES,
			      (last + (step > 0 ? step : 0)) * NPU_ATOM_BYTES };
}

/*
 * All channels of the cube are written, those beyond the real ones too:
 *
 *     at(g, s, y, x) = g * SURFACE_ADD + s * DST_SURF_STRIDE
 *                      + (y * (ow + notch) + x) * 16
 */
static enum npurt_err output_span(struct verify *v, const struct task_state *t,
				  struct span *out)
{
	uint32_t elem = GET(t, NPU_DPU_DATA_FORMAT_OUT_PRECISION);
	uint64_t atom_chans = npu_elem_info((enum npu_elem)elem)->atom_chans;
	uint64_t per_group = GET(t, NPU_DPU_BS_OW_CFG_SIZE_E_0);
	uint64_t surfaces =
	    npu_ceil_div64(GET(t, NPU_DPU_WDMA_SIZE_0_CHANNEL_WDMA), atom_chans);
	uint64_t groups = npu_ceil_div64(surfaces, per_group);
	uint64_t last_group_surfaces = surfaces - (groups - 1) * per_group;
	uint64_t ow = GET(t, NPU_DPU_WDMA_SIZE_1_WIDTH_WDMA);
	uint64_t oh = GET(t, NPU_DPU_WDMA_SIZE_1_HEIGHT_WDMA);
	uint64_t notch = GET(t, NPU_DPU_DATA_CUBE_NOTCH_ADDR_NOTCH_ADDR_0);
	uint64_t surf = GET(t, NPU_DPU_DST_SURF_STRIDE_DST_SURF_STRIDE);
	uint64_t add = GET(t, NPU_DPU_SURFACE_ADD_SURF_ADD);
	uint64_t plane = ((oh - 1) * (ow + notch) + ow) * NPU_ATOM_BYTES, top;

	if (per_group != GET(t, NPU_DPU_BS_OW_CFG_SIZE_E_1) ||
	    per_group != GET(t, NPU_DPU_BS_OW_CFG_SIZE_E_2))
		return verify_fail_reg(v, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_BS_OW_CFG,
				       "has unequal surface counts");
	top = (groups - 1) * add + (last_group_surfaces - 1) * surf;
	/* A full group before the last may reach further than the last. */
	if (groups > 1 && (groups - 2) * add + (per_group - 1) * surf > top)
		top = (groups - 2) * add + (per_group - 1) * surf;
	if (surfaces > 1 && groups == 1 && (surfaces - 1) * surf > top)
		top = (surfaces - 1) * surf;
	*out = (struct span){ 0, (int64_t)(top + plane) };
	return NPURT_OK;
}

/* Bytes a channel for each bit of data_use: value, correction, multiplier. */
static enum npurt_err check_bias(struct verify *v, const struct task_state *t)
{
	uint64_t use = GET(t, NPU_DPU_RDMA_BRDMA_CFG_BRDMA_DATA_USE), at;
	uint64_t chan_bytes = (use & 1 ? 4 : 0) + (use & 2 ? 2 : 0) + (use & 4 ? 2 : 0);
	uint64_t chans = GET(t, NPU_DPU_RDMA_DATA_CUBE_CHANNEL_CHANNEL);

	if (!use)
		return check_unused(v, t, NPU_REG_DPU_RDMA_BS_BASE_ADDR);
	return check_span(v, t, NPU_REG_DPU_RDMA_BS_BASE_ADDR, NPUB_BO_WEIGHT, "reads",
			  (struct span){ 0, (int64_t)(chans * chan_bytes) }, &at);
}

/*
 * The operand of an addition, in the output's type.  Two engines share its surfaces,
 * one in two each; from one to the next are the pixels read and the notch:
 *
 *     at(i, y, x) = i * (ow * oh * 16 + notch) + (y * ow + x) * 16
 */
static enum npurt_err check_operand(struct verify *v, const struct task_state *t)
{
	uint32_t elem = GET(t, NPU_DPU_DATA_FORMAT_OUT_PRECISION);
	uint64_t surfaces =
	    npu_ceil_div64(GET(t, NPU_DPU_RDMA_DATA_CUBE_CHANNEL_CHANNEL),
			   npu_elem_info((enum npu_elem)elem)->atom_chans);
	uint64_t each = npu_ceil_div64(surfaces, 2), at;
	uint64_t plane = (uint64_t)GET(t, NPU_DPU_RDMA_DATA_CUBE_WIDTH_WIDTH) *
			 GET(t, NPU_DPU_RDMA_DATA_CUBE_HEIGHT_HEIGHT) * NPU_ATOM_BYTES;
	uint64_t even = GET(t, NPU_DPU_RDMA_SURF_NOTCH_SURF_NOTCH_ADDR);
	uint64_t odd = GET(t, NPU_DPU_RDMA_EW_SURF_NOTCH_EW_SURF_NOTCH);
	struct span first = { 0, (int64_t)((each - 1) * (plane + even) + plane) };
	struct span second = { 0, (int64_t)((each - 1) * (plane + odd) + plane) };
	enum npurt_err err = check_span(v, t, NPU_REG_DPU_RDMA_SRC_BASE_ADDR,
					NPUB_BO_INPUT, "reads", first, &at);

	return err ? err
		   : check_span(v, t, NPU_REG_DPU_RDMA_EW_BASE_ADDR, NPUB_BO_INPUT,
				"reads", second, &at);
}

/* What the DPU reads: a bias, and the operand of an addition by both engines. */
static enum npurt_err check_operands(struct verify *v, const struct task_state *t)
{
	bool off = GET(t, NPU_DPU_RDMA_ERDMA_CFG_ERDMA_DISABLE);
	enum npurt_err err;

	if (GET(t, NPU_DPU_RDMA_NRDMA_CFG_NRDMA_DATA_USE) ||
	    GET(t, NPU_DPU_RDMA_FEATURE_MODE_CFG_MRDMA_DISABLE) != off ||
	    GET(t, NPU_DPU_RDMA_BRDMA_CFG_BRDMA_DATA_USE) > NPU_BRDMA_PER_CHANNEL)
		return verify_fail_reg(v, NPURT_ERR_COMMAND,
				       NPU_REG_DPU_RDMA_FEATURE_MODE_CFG,
				       "asks for operands other than bias and addition");
	err = check_unused(v, t, NPU_REG_DPU_RDMA_BN_BASE_ADDR);
	if (!err && off)
		err = check_unused(v, t, NPU_REG_DPU_RDMA_SRC_BASE_ADDR);
	if (!err && off)
		err = check_unused(v, t, NPU_REG_DPU_RDMA_EW_BASE_ADDR);
	if (!err && !off)
		err = check_operand(v, t);
	return err ? err : check_bias(v, t);
}

enum npurt_err verify_conv_dma(struct verify *v, const struct task_state *t)
{
	struct span weights = { 0, GET(t, NPU_CNA_WEIGHT_SIZE0_WEIGHT_BYTES) }, output;
	uint64_t at;
	enum npurt_err err = check_span(v, t, NPU_REG_CNA_FEATURE_DATA_ADDR,
					NPUB_BO_INPUT, "reads", feature_span(t), &at);

	if (!err)
		err = check_span(v, t, NPU_REG_CNA_DCOMP_ADDR0, NPUB_BO_WEIGHT, "reads",
				 weights, &at);
	if (!err)
		err = output_span(v, t, &output);
	if (!err)
		err = check_span(v, t, NPU_REG_DPU_DST_BASE_ADDR, NPUB_BO_OUTPUT,
				 "writes", output, &at);
	if (!err && t->mask == NPU_MASK_CONV_RDMA)
		err = check_operands(v, t);
	return err;
}

static bool overlaps(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a < b + b_bytes && b < a + a_bytes;
}

/* The barrier's one write must miss weights, bias and commands in the same BO. */
static enum npurt_err check_scratch(struct verify *v, const struct task_state *t,
				    uint64_t at, uint64_t bytes)
{
	const struct npub_conv *c = v->conv;
	uint32_t bo = v->relocs[t->reg[NPU_REG_PPU_DST_BASE_ADDR].reloc - 1].bo;
	const struct npub_tensor *weights = &v->b->tensors[c->weights];
	const struct npub_tensor *bias =
	    &v->b->tensors[c->bias == NPUB_NONE ? c->weights : c->bias];
	bool hit =
	    bo == c->regcmd_bo && overlaps(at, bytes, c->regcmd_bo_offset,
					   (uint64_t)c->word_count * NPU_WORD_BYTES);

	hit |=
	    bo == weights->bo && overlaps(at, bytes, weights->bo_offset, weights->bytes);
	hit |= bo == bias->bo && overlaps(at, bytes, bias->bo_offset, bias->bytes);
	if (hit)
		return verify_fail_reg(v, NPURT_ERR_DMA, NPU_REG_PPU_DST_BASE_ADDR,
				       "writes over weights, bias or commands");
	return NPURT_OK;
}

/*
 * The barrier task pools one small cube from scratch to scratch.  Its channels
 * are counted four to an atom, the widest an element can be.
 */
enum npurt_err verify_barrier_dma(struct verify *v, const struct task_state *t)
{
	const uint64_t widest = 4;
	uint64_t in_w = GET(t, NPU_PPU_RDMA_CUBE_IN_WIDTH_CUBE_IN_WIDTH);
	uint64_t in_h = GET(t, NPU_PPU_RDMA_CUBE_IN_HEIGHT_CUBE_IN_HEIGHT);
	uint64_t in_s =
	    npu_ceil_div64(GET(t, NPU_PPU_RDMA_CUBE_IN_CHANNEL_CUBE_IN_CHANNEL), widest);
	uint64_t out_w = GET(t, NPU_PPU_DATA_CUBE_OUT_WIDTH_CUBE_OUT_WIDTH);
	uint64_t out_h = GET(t, NPU_PPU_DATA_CUBE_OUT_HEIGHT_CUBE_OUT_HEIGHT);
	uint64_t out_s = npu_ceil_div64(
	    GET(t, NPU_PPU_DATA_CUBE_OUT_CHANNEL_CUBE_OUT_CHANNEL), widest);
	uint64_t line = GET(t, NPU_PPU_RDMA_SRC_LINE_STRIDE_SRC_LINE_STRIDE);
	uint64_t read =
	    (in_s - 1) * GET(t, NPU_PPU_RDMA_SRC_SURF_STRIDE_SRC_SURF_STRIDE) +
	    (in_h - 1) * line + in_w * NPU_ATOM_BYTES;
	uint64_t written = (out_s - 1) * GET(t, NPU_PPU_DST_SURF_STRIDE_DST_SURF_STRIDE) +
			   out_h * out_w * NPU_ATOM_BYTES;
	uint64_t at;
	enum npurt_err err;

	err = check_span(v, t, NPU_REG_PPU_RDMA_SRC_BASE_ADDR, NPUB_BO_WEIGHT, "reads",
			 (struct span){ 0, (int64_t)read }, &at);
	if (!err)
		err = check_span(v, t, NPU_REG_PPU_DST_BASE_ADDR, NPUB_BO_WEIGHT,
				 "writes", (struct span){ 0, (int64_t)written }, &at);
	return err ? err : check_scratch(v, t, at, written);
}
