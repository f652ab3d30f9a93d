/*
 * A conv record's registers back to its tile: the inverse of lowering, for records
 * that somebody else made.
 */
#include <string.h>

#include "template/template.h"

static uint32_t get(const uint32_t value[NPU_REG_N], enum npu_field field)
{
	return npu_field_unpack(value[npu_fields[field].reg], field);
}

/*
 * DATA_SIZE1 keeps the real channels modulo 64 and the stored ones in whole atoms:
 *
 *     c_count = largest c <= stored with (c - 1) mod 64 == real
 */
static uint32_t real_chans(const uint32_t value[NPU_REG_N])
{
	uint32_t stored = get(value, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL);
	uint32_t real = get(value, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL_REAL);

	if (!stored)
		return 0;
	return (stored - 1) / NPU_CHAN_REAL_MODULO * NPU_CHAN_REAL_MODULO + real + 1;
}

static void place_output(struct tile *t, const struct conv_layout *l, uint32_t offset)
{
	const struct feature_layout *out = &l->output;
	uint64_t surface = (uint64_t)out->plane_pixels * NPU_ATOM_BYTES;
	uint64_t row = (uint64_t)out->row_pixels * NPU_ATOM_BYTES, in_image;

	t->image = (uint32_t)(offset / out->image_bytes);
	in_image = offset % out->image_bytes;
	t->k = (uint32_t)(in_image / surface) * l->out_elem->atom_chans;
	t->y = (uint32_t)(in_image % surface / row);
}

static void place_input(struct tile *t, const struct conv_layout *l, uint32_t offset)
{
	const struct feature_layout *in = &l->input;
	uint64_t in_image = offset % in->image_bytes, surface, row;

	if (l->mode == NPUB_MODE_PIXEL) {
		row = (uint64_t)in->row_pixels * in->c * l->elem->bytes;
		t->in_y = (uint32_t)(in_image / row);
		return;
	}
	surface = (uint64_t)in->plane_pixels * NPU_ATOM_BYTES;
	row = (uint64_t)in->row_pixels * NPU_ATOM_BYTES;
	t->c = (uint32_t)(in_image / surface) * l->elem->atom_chans;
	t->in_y = (uint32_t)(in_image % surface / row);
}

void tile_from_registers(struct tile *t, const struct conv_problem *p,
			 const struct conv_layout *l, const uint32_t value[NPU_REG_N])
{
	memset(t, 0, sizeof *t);
	place_output(t, l, value[NPU_REG_DPU_DST_BASE_ADDR]);
	place_input(t, l, value[NPU_REG_CNA_FEATURE_DATA_ADDR]);
	t->y_count = get(value, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_HEIGHT);
	t->k_count = get(value, NPU_DPU_DATA_CUBE_CHANNEL_ORIG_CHANNEL);
	t->c_count = l->mode == NPUB_MODE_PIXEL ? p->in_c : real_chans(value);
	t->in_rows = get(value, NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT);
	t->pad_top = get(value, NPU_CNA_PAD_CON0_PAD_TOP);
	t->data_banks = get(value, NPU_CNA_CBUF_CON0_DATA_BANK);
	t->weight_banks = get(value, NPU_CNA_CBUF_CON0_WEIGHT_BANK);
	t->weight_reuse = get(value, NPU_CNA_CBUF_CON0_WEIGHT_REUSE);
	t->row_entries = get(value, NPU_CNA_CBUF_CON1_DATA_ENTRIES);
	t->grains = get(value, NPU_CNA_CONV_CON2_FEATURE_GRAINS);
}
