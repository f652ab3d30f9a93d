/*
 * Which part of the conv a task computes, read back from where it writes, and what
 * follows from that: which rows and channels it must read, and from where.
 */
#include "verify/verify_internal.h"

#include "hw/npu_hw.h"

#define GET(t, field) npu_field_unpack((t)->reg[npu_fields[field].reg].value, field)

static uint64_t addend(const struct verify *v, const struct task_state *t,
		       enum npu_reg reg)
{
	return v->relocs[t->reg[reg].reloc - 1].addend;
}

/* F-51: int8 kernels are stored in pairs. */
static uint64_t stored_kernels(const struct npub_conv *c, uint64_t kernels)
{
	return c->elem == NPU_ELEM_INT8 ? npu_round_up64(kernels, 2) : kernels;
}

static bool is_depthwise(const struct npub_conv *c)
{
	return c->mode == NPUB_MODE_DEPTHWISE;
}

/* Output channels computed together (F-50). */
static uint32_t chan_group(const struct npub_conv *c)
{
	const struct npu_elem_info *in = npu_elem_info((enum npu_elem)c->elem);

	return is_depthwise(c) ? in->dw_block : in->kernel_group;
}

/* The output address is image, surface and row; nothing may be left over. */
static enum npurt_err place_output(struct verify *v, const struct task_state *t,
				   struct verify_tile *tile)
{
	const struct npub_tensor *out = &v->b->tensors[v->conv->output];
	uint64_t at = addend(v, t, NPU_REG_DPU_DST_BASE_ADDR);
	uint64_t row = (uint64_t)out->row_pixels * NPU_ATOM_BYTES;
	uint64_t plane = (uint64_t)out->plane_pixels * NPU_ATOM_BYTES;
	uint64_t group = chan_group(v->conv);

	if (at >= out->bo_offset) {
		at -= out->bo_offset;
		tile->image = at / out->image_bytes;
		at %= out->image_bytes;
		tile->k = at / plane * npub_atom_chans(out->elem);
		at %= plane;
		tile->y = at / row;
		tile->k_count = GET(t, NPU_DPU_DATA_CUBE_CHANNEL_ORIG_CHANNEL);
		tile->y_count = GET(t, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_HEIGHT);
		if (at % row == 0 && tile->image < out->n &&
		    tile->y + tile->y_count <= out->h &&
		    tile->k + tile->k_count <= out->c && tile->k % group == 0 &&
		    (tile->k_count % group == 0 || tile->k + tile->k_count == out->c))
			return NPURT_OK;
	}
	return verify_fail_reg(v, NPURT_ERR_FORBIDDEN, NPU_REG_DPU_DST_BASE_ADDR,
			       "is not where a tile of the output begins");
}

/*
 * Rows under the tile's windows, as far as they are data:
 *
 *     first = y * sy - pad          last = first + (rows - 1) * sy + extent
 */
static enum npurt_err place_rows(struct verify *v, const struct task_state *t,
				 struct verify_tile *tile)
{
	const struct npub_conv *c = v->conv;
	uint64_t top = tile->y * c->stride_y;
	uint64_t extent = (uint64_t)(c->kernel_h - 1) * c->dilation_y + 1;
	uint64_t end = top + (tile->y_count - 1) * c->stride_y + extent;

	tile->pad_top = top < c->pad_top ? c->pad_top - top : 0;
	tile->in_y = top < c->pad_top ? 0 : top - c->pad_top;
	tile->in_rows = GET(t, NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT);
	end = end > c->pad_top ? end - c->pad_top : 0;
	if (end > c->in_h)
		end = c->in_h;
	if (tile->in_y + tile->in_rows >= end && tile->in_y + tile->in_rows <= c->in_h)
		return NPURT_OK;
	return verify_fail_value(v, NPURT_ERR_FORBIDDEN, NPU_REG_CNA_DATA_SIZE0,
				 "rows read", tile->in_rows,
				 end > tile->in_y ? end - tile->in_y : 0);
}

/*
 * Groups computed by one task: as few as start on whole atoms and kernel groups,
 * then as many of those as one block of 32 input channels holds (F-13).
 */
static uint64_t groups_per_slice(const struct npub_conv *c)
{
	const struct npu_elem_info *in = npu_elem_info((enum npu_elem)c->elem);
	uint64_t in_c = c->in_c / c->groups, out_c = c->out_c / c->groups, least = 1;
	uint64_t room;

	while (least < c->groups &&
	       (least * in_c % in->atom_chans || least * out_c % in->kernel_group))
		least++;
	room = NPU_WEIGHT_BLOCK_CHANS / (least * in_c);
	least *= room ? room : 1;
	return least < c->groups ? least : c->groups;
}

/* F-13, F-14: whole blocks, then whole atoms, three of four stored as four. */
static uint64_t stored_chans(const struct npub_conv *c, uint64_t chans)
{
	const struct npu_elem_info *in = npu_elem_info((enum npu_elem)c->elem);
	uint64_t block = is_depthwise(c) ? in->dw_block : NPU_WEIGHT_BLOCK_CHANS;
	uint64_t whole = chans / block * block;
	uint64_t atoms = npu_ceil_div64(chans - whole, in->atom_chans);

	if (atoms + 1 == NPU_WEIGHT_BLOCK_ATOMS_FULL)
		atoms++;
	return whole + atoms * in->atom_chans;
}

/* Input channels of the tile, and where its weights lie from the first. */
static enum npurt_err place_channels(struct verify *v, struct verify_tile *tile)
{
	const struct npub_conv *c = v->conv;
	uint32_t elem_bytes = npub_elem_bytes(c->elem);
	uint64_t taps = (uint64_t)c->kernel_h * c->kernel_w;
	uint64_t per, slice, groups, in_c = c->in_c / c->groups,
				     out_c = c->out_c / c->groups;

	if (is_depthwise(c)) {
		tile->c = tile->k;
		tile->c_count = tile->k_count;
		tile->kernel_bytes = taps * stored_chans(c, tile->c_count) * elem_bytes;
		tile->kernels = 1;
		tile->weight_at = tile->k * taps * elem_bytes;
		return NPURT_OK;
	}
	per = c->groups == 1 ? 1 : groups_per_slice(c);
	slice = tile->k / (per * out_c);
	groups = c->groups - slice * per < per ? c->groups - slice * per : per;
	if (tile->k + tile->k_count > (slice * per + groups) * out_c)
		return verify_fail_reg(v, NPURT_ERR_FORBIDDEN,
				       NPU_REG_DPU_DATA_CUBE_CHANNEL,
				       "reaches into groups that are not read");
	tile->c = slice * per * in_c;
	tile->c_count = groups * in_c;
	tile->kernel_bytes = taps * stored_chans(c, tile->c_count) * elem_bytes;
	tile->kernels = stored_kernels(c, tile->k_count);
	tile->weight_at = slice * npu_round_up64(taps * stored_chans(c, per * in_c) *
						     elem_bytes *
						     stored_kernels(c, per * out_c),
						 NPU_BO_ALIGN_BYTES) +
			  (tile->k - slice * per * out_c) * tile->kernel_bytes;
	return NPURT_OK;
}

static enum npurt_err check_at(struct verify *v, const struct task_state *t,
			       enum npu_reg reg, uint64_t want)
{
	uint64_t found;

	if (!t->reg[reg].reloc)
		return verify_fail_reg(v, NPURT_ERR_RELOC, reg, "has no relocation");
	found = addend(v, t, reg);
	if (found == want)
		return NPURT_OK;
	return verify_fail_value(v, NPURT_ERR_FORBIDDEN, reg, "offset in its buffer",
				 found, want);
}

/* Where the tile begins in a tensor of the output's layout. */
static uint64_t tile_at(const struct npub_tensor *t, const struct verify_tile *tile)
{
	return t->bo_offset + tile->image * t->image_bytes +
	       (tile->k / npub_atom_chans(t->elem) * t->plane_pixels +
		tile->y * t->row_pixels) *
		   NPU_ATOM_BYTES;
}

/* The tile's channels of the stream; the operand's first two surfaces of the tile. */
static enum npurt_err check_streams(struct verify *v, const struct task_state *t,
				    const struct verify_tile *tile)
{
	const struct npub_conv *c = v->conv;
	const struct npub_tensor *bias = &v->b->tensors[c->bias], *operand;
	uint64_t chan_bytes = verify_bias_bytes(c), at = tile->k * chan_bytes;
	enum npurt_err err =
	    check_at(v, t, NPU_REG_DPU_RDMA_BS_BASE_ADDR, bias->bo_offset + at);

	if (!err && at + verify_stored_outputs(c, tile) * chan_bytes > bias->bytes)
		return verify_fail_reg(v, NPURT_ERR_DMA, NPU_REG_DPU_RDMA_BS_BASE_ADDR,
				       "reads past the bias");
	if (err || c->operand == NPUB_NONE)
		return err;
	operand = &v->b->tensors[c->operand];
	at = tile_at(operand, tile);
	err = check_at(v, t, NPU_REG_DPU_RDMA_SRC_BASE_ADDR, at);
	at += (uint64_t)operand->plane_pixels * NPU_ATOM_BYTES;
	return err ? err : check_at(v, t, NPU_REG_DPU_RDMA_EW_BASE_ADDR, at);
}

/* All is read from where the tile's parts of input, weights and streams begin. */
static enum npurt_err check_addresses(struct verify *v, const struct task_state *t,
				      const struct verify_tile *tile)
{
	const struct npub_conv *c = v->conv;
	const struct npub_tensor *in = &v->b->tensors[c->input];
	const struct npub_tensor *weights = &v->b->tensors[c->weights];
	uint64_t at = in->bo_offset + tile->image * in->image_bytes;
	enum npurt_err err;

	if (c->mode == NPUB_MODE_PIXEL)
		at += tile->in_y * in->row_pixels * in->c * npub_elem_bytes(in->elem);
	else
		at += (tile->c / npub_atom_chans(in->elem) * in->plane_pixels +
		       tile->in_y * in->row_pixels) *
		      NPU_ATOM_BYTES;
	err = check_at(v, t, NPU_REG_CNA_FEATURE_DATA_ADDR, at);
	if (!err)
		err = check_at(v, t, NPU_REG_CNA_DCOMP_ADDR0,
			       weights->bo_offset + tile->weight_at);
	if (!err && tile->weight_at + tile->kernel_bytes * tile->kernels > weights->bytes)
		return verify_fail_reg(v, NPURT_ERR_DMA, NPU_REG_CNA_DCOMP_ADDR0,
				       "reads past the weights");
	if (err || t->mask != NPU_MASK_CONV_RDMA)
		return err;
	return check_streams(v, t, tile);
}

enum npurt_err verify_conv_tile(struct verify *v, const struct task_state *t,
				struct verify_tile *tile)
{
	enum npurt_err err = NPURT_OK;

	if ((t->mask == NPU_MASK_CONV_RDMA) != (v->conv->bias != NPUB_NONE))
		return verify_fail(v, NPURT_ERR_FORBIDDEN,
				   "streams a bias that the conv does not have, or not");
	err = place_output(v, t, tile);
	if (!err)
		err = place_rows(v, t, tile);
	if (!err)
		err = place_channels(v, tile);
	return err ? err : check_addresses(v, t, tile);
}

/* ---- every output once ---- */

/* Mixes a corner of a tile into a number that no sum of others gives by chance. */
static uint64_t corner(uint64_t image, uint64_t y, uint64_t k)
{
	uint64_t x = image * UINT64_C(0x9e3779b97f4a7c15) ^ y << 40 ^ k;

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/*
 * Tiles cover a plane exactly once when their corners, those of one diagonal
 * counted up and of the other down, cancel but for the plane's own.
 */
static uint64_t corners(uint64_t image, uint64_t y, uint64_t y_end, uint64_t k,
			uint64_t k_end)
{
	return corner(image, y, k) - corner(image, y_end, k) - corner(image, y, k_end) +
	       corner(image, y_end, k_end);
}

void verify_cover(struct verify *v, const struct verify_tile *t)
{
	v->covered += corners(t->image, t->y, t->y + t->y_count, t->k, t->k + t->k_count);
}

enum npurt_err verify_covered(struct verify *v)
{
	const struct npub_tensor *out = &v->b->tensors[v->conv->output];
	uint64_t covered = v->covered;

	v->covered = 0;
	for (uint32_t i = 0; i < out->n; i++)
		covered -= corners(i, 0, out->h, 0, out->c);
	return covered ? npurt_failf(v->error, NPURT_ERR_FORBIDDEN,
				     "the plan's tiles do not cover the output once")
		       : NPURT_OK;
}
