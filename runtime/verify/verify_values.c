/*
 * What every register of a conv task must hold, worked out once more from the conv,
 * its tensors and the tile, and compared bit by bit.  Left free are the choices of a
 * schedule, within bounds: banks, the rows before the array starts, and whether
 * weights stay.
 */
#include "verify/verify_internal.h"

#include <string.h>

#include "hw/npu_hw.h"

#define GET(t, field) npu_field_unpack((t)->reg[npu_fields[field].reg].value, field)

#define STRIDE_ONE 1u
#define BARRIER_CHANS 32u

void verify_put(struct verify_expected *e, enum npu_field field, uint64_t value)
{
	enum npu_reg reg = npu_fields[field].reg;

	if (npu_field_fits(field, value))
		e->value[reg] = npu_field_pack(e->value[reg], field, value);
	else
		e->fits = false;
}

/* The schedule's own choice: whatever it is here, checked elsewhere. */
static void take(struct verify_expected *e, const struct task_state *t, enum npu_field field)
{
	verify_put(e, field, GET(t, field));
}

/* F-10: entries of one row; four atoms fill one, three take a whole one. */
static uint64_t row_entries(const struct npub_conv *c, uint64_t chans)
{
	uint64_t atoms = npu_ceil_div64(chans, npub_atom_chans(c->elem));
	uint64_t rest = atoms % NPU_ATOMS_PER_ENTRY;

	if (rest == NPU_ATOMS_PER_ENTRY - 1)
		rest = NPU_ATOMS_PER_ENTRY;
	return atoms / NPU_ATOMS_PER_ENTRY * c->in_w +
	       npu_ceil_div64(rest * c->in_w, NPU_ATOMS_PER_ENTRY);
}

/* F-17: pixels count as 16 channels, one int8 channel as 4. */
static uint64_t pixel_row_entries(const struct npub_conv *c)
{
	bool grey = c->in_c == 1 && c->elem == NPU_ELEM_INT8;

	return (uint64_t)npu_round_up(c->in_w, NPU_PIXEL_ROW_ALIGN) *
	       (grey ? NPU_PIXEL_BANK_CHANS_GREY : NPU_PIXEL_BANK_CHANS) *
	       npub_elem_bytes(c->elem) / NPU_CBUF_ENTRY_BYTES;
}

static void expect_modes(struct verify_expected *e, const struct verify *v,
			 const struct task_state *t)
{
	const struct npub_conv *c = v->conv;
	bool pixel = c->mode == NPUB_MODE_PIXEL;

	take(e, t, NPU_CNA_CBUF_CON0_DATA_BANK);
	take(e, t, NPU_CNA_CBUF_CON0_WEIGHT_BANK);
	take(e, t, NPU_CNA_CBUF_CON0_WEIGHT_REUSE);
	take(e, t, NPU_CNA_CONV_CON2_FEATURE_GRAINS);
	take(e, t, NPU_CNA_CONV_CON2_NN_MODE_OBSERVED);
	verify_put(e, NPU_CNA_CONV_CON1_CONV_MODE,
	    c->mode == NPUB_MODE_DEPTHWISE ? NPU_MODE_DEPTHWISE : 0);
	verify_put(e, NPU_CNA_CONV_CON1_IN_PRECISION, c->elem);
	verify_put(e, NPU_CNA_CONV_CON1_PROC_PRECISION, c->elem);
	verify_put(e, NPU_CNA_CONV_CON1_ARGB_IN, pixel ? NPU_PIXEL_CODE_BASE + c->in_c : 0);
	verify_put(e, NPU_CNA_CONV_CON1_GROUP_LINE_OFF, pixel);
	verify_put(e, NPU_CNA_CONV_CON1_NONALIGN_DMA, pixel);
	verify_put(e, NPU_CNA_CONV_CON3_CONV_Y_STRIDE, c->stride_y);
	verify_put(e, NPU_CNA_CONV_CON3_CONV_X_STRIDE, c->stride_x);
	verify_put(e, NPU_CNA_CONV_CON3_ATROUS_Y_DILATION, c->dilation_y);
	verify_put(e, NPU_CNA_CONV_CON3_ATROUS_X_DILATION, c->dilation_x);
	verify_put(e, NPU_CNA_CONV_CON3_DECONV_Y_STRIDE, STRIDE_ONE);
	verify_put(e, NPU_CNA_CONV_CON3_DECONV_X_STRIDE, STRIDE_ONE);
}

/*
 * What lies around the input, sign-extended; the depthwise array takes two bytes at a
 * time (npu-programming s. 2.1, 1184).
 */
static uint32_t padding(const struct npub_conv *c)
{
	uint32_t byte = (uint8_t)c->op.pad_value;

	if (c->elem != NPU_ELEM_INT8 || c->mode != NPUB_MODE_DEPTHWISE)
		return (uint32_t)c->op.pad_value;
	return (uint32_t)(int16_t)(byte << 8 | byte);
}

static void expect_input(struct verify_expected *e, const struct verify *v,
			 const struct verify_tile *tile)
{
	const struct npub_conv *c = v->conv;
	const struct npub_tensor *in = &v->b->tensors[c->input];
	bool pixel = c->mode == NPUB_MODE_PIXEL;
	uint64_t line = (uint64_t)in->row_pixels * (pixel ? 1 : NPU_LINE_GROUP_ROWS);
	uint64_t surface =
	    pixel ? (uint64_t)in->row_pixels * (c->in_h - 1) : in->plane_pixels - line;
	uint64_t chans = npu_round_up64(tile->c_count, npub_atom_chans(c->elem));

	verify_put(e, NPU_CNA_DATA_SIZE0_DATAIN_WIDTH, c->in_w);
	verify_put(e, NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT, tile->in_rows);
	verify_put(e, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL, chans);
	verify_put(e, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL_REAL,
	    (tile->c_count - 1) % NPU_CHAN_REAL_MODULO);
	verify_put(e, NPU_CNA_FC_DATA_SIZE0_DMA_WIDTH, c->in_w);
	verify_put(e, NPU_CNA_FC_DATA_SIZE0_DMA_HEIGHT, tile->in_rows);
	verify_put(e, NPU_CNA_FC_DATA_SIZE1_DMA_CHANNEL, chans);
	verify_put(e, NPU_CNA_CBUF_CON1_DATA_ENTRIES,
	    pixel ? npu_round_up(c->in_w, NPU_PIXEL_ROW_ALIGN) * tile->in_rows
		  : row_entries(c, chans));
	verify_put(e, NPU_CNA_PAD_CON0_PAD_LEFT, c->pad_left);
	verify_put(e, NPU_CNA_PAD_CON0_PAD_TOP, tile->pad_top);
	verify_put(e, NPU_CNA_PAD_CON1_PAD_VALUE, padding(c));
	verify_put(e, NPU_CNA_DMA_CON0_WEIGHT_BURST_LEN, NPU_BURST_16);
	verify_put(e, NPU_CNA_DMA_CON0_DATA_BURST_LEN, NPU_BURST_16);
	verify_put(e, NPU_CNA_DMA_CON1_LINE_STRIDE, line);
	verify_put(e, NPU_CNA_DMA_CON2_SURF_STRIDE, surface & NPU_SURF_STRIDE_MASK);
	/* The converter is bypassed and its scales are one (F-38). */
	verify_put(e, NPU_CNA_CVT_CON0_CVT_BYPASS, 1);
	verify_put(e, NPU_CNA_CVT_CON0_CVT_TYPE, 1);
	verify_put(e, NPU_CNA_CVT_CON0_DATA_SIGN, 1);
	verify_put(e, NPU_CNA_CVT_CON1_CVT_SCALE0, 1);
	verify_put(e, NPU_CNA_CVT_CON2_CVT_SCALE1, 1);
	verify_put(e, NPU_CNA_CVT_CON3_CVT_SCALE2, 1);
	verify_put(e, NPU_CNA_CVT_CON4_CVT_SCALE3, 1);
}

static void expect_kernels(struct verify_expected *e, const struct verify *v,
			   const struct verify_tile *tile)
{
	const struct npub_conv *c = v->conv;

	verify_put(e, NPU_CNA_WEIGHT_SIZE0_WEIGHT_BYTES, tile->kernel_bytes * tile->kernels);
	verify_put(e, NPU_CNA_WEIGHT_SIZE1_WEIGHT_BYTES_PER_KERNEL, tile->kernel_bytes);
	verify_put(e, NPU_CNA_WEIGHT_SIZE2_WEIGHT_WIDTH, c->kernel_w);
	verify_put(e, NPU_CNA_WEIGHT_SIZE2_WEIGHT_HEIGHT, c->kernel_h);
	verify_put(e, NPU_CNA_WEIGHT_SIZE2_WEIGHT_KERNELS, tile->kernels);
}

static void expect_output(struct verify_expected *e, const struct verify *v,
			  const struct verify_tile *tile)
{
	const struct npub_conv *c = v->conv;
	const struct npub_tensor *out = &v->b->tensors[c->output];
	const struct npu_elem_info *in = npu_elem_info((enum npu_elem)c->elem);
	bool depthwise = c->mode == NPUB_MODE_DEPTHWISE;
	uint64_t group = depthwise ? in->dw_block : in->kernel_group;
	uint64_t chans = verify_stored_outputs(c, tile);
	uint64_t surfaces = group * npub_elem_bytes(out->elem) / NPU_ATOM_BYTES;
	uint64_t plane = (uint64_t)out->plane_pixels * NPU_ATOM_BYTES;

	verify_put(e, NPU_CNA_DATA_SIZE2_DATAOUT_WIDTH, c->out_w);
	verify_put(e, NPU_CNA_DATA_SIZE3_DATAOUT_ATOMICS, c->out_w * tile->y_count);
	verify_put(e, NPU_CORE_MISC_CFG_PROC_PRECISION, c->elem);
	verify_put(e, NPU_CORE_MISC_CFG_DW_EN, depthwise);
	verify_put(e, NPU_CORE_MISC_CFG_QD_EN, c->elem == NPU_ELEM_INT8);
	verify_put(e, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_HEIGHT, tile->y_count);
	verify_put(e, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_WIDTH, c->out_w);
	verify_put(e, NPU_CORE_DATAOUT_SIZE_1_DATAOUT_CHANNEL, chans);
	e->value[NPU_REG_DPU_S_POINTER] = NPU_S_POINTER_PINGPONG;
	verify_put(e, NPU_DPU_FEATURE_MODE_CFG_BURST_LEN, NPU_BURST_16);
	verify_put(e, NPU_DPU_FEATURE_MODE_CFG_OUTPUT_MODE, NPU_OUTPUT_TO_MEMORY);
	verify_put(e, NPU_DPU_FEATURE_MODE_CFG_CONV_MODE, depthwise ? NPU_MODE_DEPTHWISE : 0);
	verify_put(e, NPU_DPU_DATA_FORMAT_OUT_PRECISION, c->out_elem);
	verify_put(e, NPU_DPU_DATA_FORMAT_IN_PRECISION, c->elem);
	verify_put(e, NPU_DPU_DATA_FORMAT_PROC_PRECISION, c->elem);
	verify_put(e, NPU_DPU_DST_SURF_STRIDE_DST_SURF_STRIDE, plane);
	verify_put(e, NPU_DPU_DATA_CUBE_WIDTH_WIDTH, c->out_w);
	verify_put(e, NPU_DPU_DATA_CUBE_HEIGHT_HEIGHT, tile->y_count);
	verify_put(e, NPU_DPU_DATA_CUBE_CHANNEL_ORIG_CHANNEL, tile->k_count);
	verify_put(e, NPU_DPU_DATA_CUBE_CHANNEL_CHANNEL, chans);
	verify_put(e, NPU_DPU_BS_OW_CFG_SIZE_E_2, surfaces);
	verify_put(e, NPU_DPU_BS_OW_CFG_SIZE_E_1, surfaces);
	verify_put(e, NPU_DPU_BS_OW_CFG_SIZE_E_0, surfaces);
	verify_put(e, NPU_DPU_WDMA_SIZE_0_CHANNEL_WDMA, chans);
	verify_put(e, NPU_DPU_WDMA_SIZE_1_HEIGHT_WDMA, tile->y_count);
	verify_put(e, NPU_DPU_WDMA_SIZE_1_WIDTH_WDMA, c->out_w);
	verify_put(e, NPU_DPU_SURFACE_ADD_SURF_ADD, surfaces * plane);
}

static enum npurt_err compare(struct verify *v, const struct task_state *t,
			      const struct verify_expected *e)
{
	if (!e->fits)
		return verify_fail(v, NPURT_ERR_FORBIDDEN,
				   "needs sizes that no register holds");
	for (int r = 0; r < NPU_REG_N; r++) {
		enum npu_reg reg = (enum npu_reg)r;

		if (!(t->mask & verify_block_bit(npu_regs[r].block)) ||
		    !verify_is_program_reg(reg) || t->reg[r].reloc)
			continue;
		if (t->reg[r].value != e->value[r])
			return verify_fail_value(v, NPURT_ERR_FORBIDDEN, reg, "value",
						 t->reg[r].value, e->value[r]);
	}
	return NPURT_OK;
}

/* ---- the schedule's choices ---- */

/* F-10, F-11: rows and at least one group of kernels have their places. */
static enum npurt_err check_banks(struct verify *v, const struct task_state *t,
				  const struct verify_tile *tile)
{
	const struct npub_conv *c = v->conv;
	uint64_t entries =
	    c->mode == NPUB_MODE_PIXEL
		? pixel_row_entries(c)
		: row_entries(c, npu_round_up64(tile->c_count, npub_atom_chans(c->elem)));
	uint64_t data =
	    (uint64_t)GET(t, NPU_CNA_CBUF_CON0_DATA_BANK) * NPU_CBUF_ENTRIES_PER_BANK;
	uint64_t weight =
	    (uint64_t)GET(t, NPU_CNA_CBUF_CON0_WEIGHT_BANK) * NPU_CBUF_BANK_BYTES;
	uint64_t group = npu_elem_info((enum npu_elem)c->elem)->kernel_group;
	/* F-11: two groups stream; one was never tried. */
	uint64_t kernels = v->plan->hazards & NPUB_HAZARD_UNTESTED ? group : 2 * group;

	if (entries * tile->in_rows > data)
		return verify_fail_value(v, NPURT_ERR_FORBIDDEN, NPU_REG_CNA_CBUF_CON0,
					 "entries of the tile", entries * tile->in_rows,
					 data);
	if (kernels > tile->kernels)
		kernels = tile->kernels;
	if (kernels * tile->kernel_bytes > weight)
		return verify_fail_value(v, NPURT_ERR_FORBIDDEN, NPU_REG_CNA_CBUF_CON0,
					 "bytes of the kernels that stream",
					 kernels * tile->kernel_bytes, weight);
	return NPURT_OK;
}

/* F-22: enough rows for a window and a step, no more than there are. */
static enum npurt_err check_grains(struct verify *v, const struct task_state *t,
				   const struct verify_tile *tile)
{
	const struct npub_conv *c = v->conv;
	uint64_t grains = GET(t, NPU_CNA_CONV_CON2_FEATURE_GRAINS);
	uint64_t least = (uint64_t)c->kernel_h + c->stride_y;
	uint64_t most = tile->in_rows + tile->pad_top + c->kernel_h;

	if (least < NPU_MIN_GRAINS)
		least = NPU_MIN_GRAINS;
	if (least > tile->in_rows)
		least = tile->in_rows;
	if (grains < least || grains > most)
		return verify_fail_value(v, NPURT_ERR_FORBIDDEN, NPU_REG_CNA_CONV_CON2,
					 "rows before the start", grains,
					 grains < least ? least : most);
	return NPURT_OK;
}

/* Weights stay only when the task before left these very ones, all of them. */
static enum npurt_err check_reuse(struct verify *v, const struct task_state *t,
				  struct verify_weights *before)
{
	const struct reg_state *address = &t->reg[NPU_REG_CNA_DCOMP_ADDR0];
	struct verify_weights now = {
		.at = v->relocs[address->reloc - 1].addend,
		.size = { t->reg[NPU_REG_CNA_WEIGHT_SIZE0].value,
			  t->reg[NPU_REG_CNA_WEIGHT_SIZE1].value,
			  t->reg[NPU_REG_CNA_WEIGHT_SIZE2].value },
		.banks = GET(t, NPU_CNA_CBUF_CON0_WEIGHT_BANK),
	};
	bool same = now.at == before->at && now.banks == before->banks &&
		    !memcmp(now.size, before->size, sizeof now.size) &&
		    now.size[0] <= now.banks * NPU_CBUF_BANK_BYTES;

	*before = now;
	if (GET(t, NPU_CNA_CBUF_CON0_WEIGHT_REUSE) && !same)
		return verify_fail_reg(
		    v, NPURT_ERR_FORBIDDEN, NPU_REG_CNA_CBUF_CON0,
		    "keeps weights that the task before did not leave");
	return NPURT_OK;
}

enum npurt_err verify_conv_values(struct verify *v, const struct task_state *t,
				  const struct verify_tile *tile,
				  struct verify_weights *before)
{
	struct verify_expected e = { .fits = true };
	enum npurt_err err;

	expect_modes(&e, v, t);
	expect_input(&e, v, tile);
	expect_kernels(&e, v, tile);
	expect_output(&e, v, tile);
	verify_expect_stages(&e, v, tile);
	err = compare(v, t, &e);
	if (!err)
		err = check_banks(v, t, tile);
	if (!err)
		err = check_grains(v, t, tile);
	return err ? err : check_reuse(v, t, before);
}

/* F-19: from one line to another in the room between data and commands. */
static enum npurt_err check_scratch(struct verify *v, const struct task_state *t)
{
	const struct npub_conv *c = v->conv;
	const struct npub_reloc *to =
	    &v->relocs[t->reg[NPU_REG_PPU_DST_BASE_ADDR].reloc - 1];
	const struct npub_reloc *from =
	    &v->relocs[t->reg[NPU_REG_PPU_RDMA_SRC_BASE_ADDR].reloc - 1];

	if (from->bo == to->bo && to->bo == c->regcmd_bo &&
	    from->addend == to->addend + NPU_PPU_SCRATCH_BYTES &&
	    to->addend >= v->b->bos[to->bo].data_bytes &&
	    from->addend + NPU_PPU_SCRATCH_BYTES <= c->regcmd_bo_offset)
		return NPURT_OK;
	return verify_fail_reg(v, NPURT_ERR_DMA, NPU_REG_PPU_DST_BASE_ADDR,
			       "is not the scratch memory between data and commands");
}

/* F-37: the one barrier the vendor has, a 1 x 1 x 32 pool in scratch memory. */
enum npurt_err verify_barrier_values(struct verify *v, const struct task_state *t)
{
	struct verify_expected e = { .fits = true };
	enum npurt_err err = check_scratch(v, t);

	if (err)
		return err;
	e.value[NPU_REG_PPU_S_POINTER] = NPU_S_POINTER_PINGPONG;
	e.value[NPU_REG_PPU_RDMA_S_POINTER] = NPU_S_POINTER_PINGPONG;
	verify_put(&e, NPU_PPU_DATA_CUBE_IN_CHANNEL_CUBE_IN_CHANNEL, BARRIER_CHANS);
	verify_put(&e, NPU_PPU_DATA_CUBE_OUT_CHANNEL_CUBE_OUT_CHANNEL, BARRIER_CHANS);
	verify_put(&e, NPU_PPU_OPERATION_MODE_CFG_FLYING_MODE, 1);
	verify_put(&e, NPU_PPU_OPERATION_MODE_CFG_POOLING_METHOD, 1);
	verify_put(&e, NPU_PPU_DST_SURF_STRIDE_DST_SURF_STRIDE, NPU_ATOM_BYTES);
	verify_put(&e, NPU_PPU_DATA_FORMAT_INDEX_ADD, NPU_ATOM_BYTES);
	verify_put(&e, NPU_PPU_MISC_CTRL_BURST_LEN, 3);
	verify_put(&e, NPU_PPU_RDMA_CUBE_IN_CHANNEL_CUBE_IN_CHANNEL, BARRIER_CHANS);
	verify_put(&e, NPU_PPU_RDMA_SRC_LINE_STRIDE_SRC_LINE_STRIDE, NPU_ATOM_BYTES);
	verify_put(&e, NPU_PPU_RDMA_SRC_SURF_STRIDE_SRC_SURF_STRIDE, NPU_ATOM_BYTES);
	verify_put(&e, NPU_PPU_RDMA_DATA_FORMAT_IN_PRECISION, 1);
	return compare(v, t, &e);
}
