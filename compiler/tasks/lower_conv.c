/*
 * A conv record, block by block, in the hardware's order.  Every register of an
 * enabled block is written: those without a line here are zero.
 *
 * Values: npu-programming s. 2, schedules s. 6 (F-38, F-39).
 */
#include "tasks/lower_priv.h"

#include <assert.h>
#include <string.h>

#include "plan/chan.h"

/* CONV_CON2's co-work mode: who shares what (F-37). */
static uint32_t cowork_mode(const struct plan *plan)
{
	bool rows = plan->split == NPUB_SPLIT_Y;

	if (plan->cores == 1 || plan->shared)
		return 0;
	if (plan->cores == 2)
		return rows ? NPU_COWORK_ROWS_2 : NPU_COWORK_CHANS_2;
	return rows ? NPU_COWORK_ROWS_3 : NPU_COWORK_CHANS_3;
}

static uint64_t input_offset(const struct lowering *w)
{
	const struct feature_layout *in = &w->l->input;
	const struct tile *t = w->t;
	uint64_t image = t->image * in->image_bytes;

	if (w->pixel)
		return image + (uint64_t)t->in_y * in->row_pixels * in->c *
				       w->l->elem->bytes;
	return image + ((uint64_t)(t->c / w->l->elem->atom_chans) * in->plane_pixels +
			(uint64_t)t->in_y * in->row_pixels) * NPU_ATOM_BYTES;
}

static uint64_t weight_offset(const struct lowering *w)
{
	const struct conv_slice *s = &w->l->slices[w->t->slice];
	uint64_t in_slice = w->depthwise
		? calc_depthwise_offset(w->p, w->l->elem, w->t->c)
		: (uint64_t)(w->t->k - s->k) * w->kernel_bytes;

	return w->wbo->weights + s->weight_offset + in_slice;
}

static void lower_cna_mode(struct lowering *w)
{
	const struct conv_problem *p = w->p;

	set(w, NPU_CNA_CBUF_CON0_DATA_BANK, w->t->data_banks);
	set(w, NPU_CNA_CBUF_CON0_WEIGHT_BANK, w->t->weight_banks);
	set(w, NPU_CNA_CBUF_CON0_WEIGHT_REUSE, w->t->weight_reuse);
	set(w, NPU_CNA_CONV_CON1_CONV_MODE, w->depthwise ? NPU_MODE_DEPTHWISE : 0);
	set(w, NPU_CNA_CONV_CON1_IN_PRECISION, p->elem);
	set(w, NPU_CNA_CONV_CON1_PROC_PRECISION, p->elem);
	if (w->pixel) {
		set(w, NPU_CNA_CONV_CON1_ARGB_IN, NPU_PIXEL_CODE_BASE + p->in_c);
		set(w, NPU_CNA_CONV_CON1_GROUP_LINE_OFF, 1);
		set(w, NPU_CNA_CONV_CON1_NONALIGN_DMA, 1);
	}
	set(w, NPU_CNA_CONV_CON2_NN_MODE_OBSERVED, cowork_mode(w->plan));
	set(w, NPU_CNA_CONV_CON2_FEATURE_GRAINS, w->t->grains);
	set(w, NPU_CNA_CONV_CON3_CONV_Y_STRIDE, p->stride_y);
	set(w, NPU_CNA_CONV_CON3_CONV_X_STRIDE, p->stride_x);
	set(w, NPU_CNA_CONV_CON3_ATROUS_Y_DILATION, p->dilation_y);
	set(w, NPU_CNA_CONV_CON3_ATROUS_X_DILATION, p->dilation_x);
	set(w, NPU_CNA_CONV_CON3_DECONV_Y_STRIDE, 1);
	set(w, NPU_CNA_CONV_CON3_DECONV_X_STRIDE, 1);
}

static void lower_cna_sizes(struct lowering *w)
{
	const struct conv_problem *p = w->p;
	const struct tile *t = w->t;
	uint32_t chans = npu_round_up(t->c_count, w->l->elem->atom_chans);

	set(w, NPU_CNA_DATA_SIZE0_DATAIN_WIDTH, p->in_w);
	set(w, NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT, t->in_rows);
	set(w, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL, chans);
	set(w, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL_REAL,
	    (t->c_count - 1) % NPU_CHAN_REAL_MODULO);
	set(w, NPU_CNA_DATA_SIZE2_DATAOUT_WIDTH, p->out_w);
	set(w, NPU_CNA_DATA_SIZE3_DATAOUT_ATOMICS, (uint64_t)p->out_w * t->y_count);
	set(w, NPU_CNA_WEIGHT_SIZE0_WEIGHT_BYTES, (uint64_t)w->kernel_bytes * w->kernels);
	set(w, NPU_CNA_WEIGHT_SIZE1_WEIGHT_BYTES_PER_KERNEL, w->kernel_bytes);
	set(w, NPU_CNA_WEIGHT_SIZE2_WEIGHT_WIDTH, p->kernel_w);
	set(w, NPU_CNA_WEIGHT_SIZE2_WEIGHT_HEIGHT, p->kernel_h);
	set(w, NPU_CNA_WEIGHT_SIZE2_WEIGHT_KERNELS, w->kernels);
	set(w, NPU_CNA_CBUF_CON1_DATA_ENTRIES,
	    w->pixel ? npu_round_up(p->in_w, NPU_PIXEL_ROW_ALIGN) * t->in_rows
		     : t->row_entries);
	set(w, NPU_CNA_FC_DATA_SIZE0_DMA_WIDTH, p->in_w);
	set(w, NPU_CNA_FC_DATA_SIZE0_DMA_HEIGHT, t->in_rows);
	set(w, NPU_CNA_FC_DATA_SIZE1_DMA_CHANNEL, chans);
}

/* The input converter is bypassed; its scales are one (F-38). */
static void lower_cna_convert(struct lowering *w)
{
	set(w, NPU_CNA_CVT_CON0_CVT_BYPASS, 1);
	set(w, NPU_CNA_CVT_CON0_CVT_TYPE, 1);
	set(w, NPU_CNA_CVT_CON0_DATA_SIGN, 1);
	set(w, NPU_CNA_CVT_CON1_CVT_SCALE0, 1);
	set(w, NPU_CNA_CVT_CON2_CVT_SCALE1, 1);
	set(w, NPU_CNA_CVT_CON3_CVT_SCALE2, 1);
	set(w, NPU_CNA_CVT_CON4_CVT_SCALE3, 1);
}

static void lower_cna_dma(struct lowering *w)
{
	const struct feature_layout *in = &w->l->input;
	uint32_t line = w->pixel ? in->row_pixels : NPU_LINE_GROUP_ROWS * in->row_pixels;
	uint32_t surface = w->pixel ? in->row_pixels * (in->h - 1) : in->plane_pixels - line;

	set(w, NPU_CNA_PAD_CON0_PAD_LEFT, w->p->pad_left);
	set(w, NPU_CNA_PAD_CON0_PAD_TOP, w->t->pad_top);
	set_addr(w, NPU_REG_CNA_FEATURE_DATA_ADDR, NPUB_BO_INPUT, input_offset(w));
	set(w, NPU_CNA_DMA_CON0_WEIGHT_BURST_LEN, NPU_BURST_16);
	set(w, NPU_CNA_DMA_CON0_DATA_BURST_LEN, NPU_BURST_16);
	set(w, NPU_CNA_DMA_CON1_LINE_STRIDE, line);
	set(w, NPU_CNA_DMA_CON2_SURF_STRIDE, surface & NPU_SURF_STRIDE_MASK);
	set_addr(w, NPU_REG_CNA_DCOMP_ADDR0, NPUB_BO_WEIGHT, weight_offset(w));
}

static void lower_core(struct lowering *w)
{
	set(w, NPU_CORE_MISC_CFG_PROC_PRECISION, w->p->elem);
	set(w, NPU_CORE_MISC_CFG_DW_EN, w->depthwise);
	set(w, NPU_CORE_MISC_CFG_QD_EN, w->p->elem == NPU_ELEM_INT8);
	set(w, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_HEIGHT, w->t->y_count);
	set(w, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_WIDTH, w->p->out_w);
	set(w, NPU_CORE_DATAOUT_SIZE_1_DATAOUT_CHANNEL, w->padded_k);
}

static void lower_dpu_cube(struct lowering *w)
{
	w->task->value[NPU_REG_DPU_S_POINTER] = s_pointer(w);
	set(w, NPU_DPU_FEATURE_MODE_CFG_BURST_LEN, NPU_BURST_16);
	set(w, NPU_DPU_FEATURE_MODE_CFG_OUTPUT_MODE, NPU_OUTPUT_TO_MEMORY);
	set(w, NPU_DPU_FEATURE_MODE_CFG_CONV_MODE, w->depthwise ? NPU_MODE_DEPTHWISE : 0);
	set(w, NPU_DPU_DATA_FORMAT_OUT_PRECISION, w->p->out_elem);
	set(w, NPU_DPU_DATA_FORMAT_IN_PRECISION, w->p->elem);
	set(w, NPU_DPU_DATA_FORMAT_PROC_PRECISION, w->p->elem);
	set_addr(w, NPU_REG_DPU_DST_BASE_ADDR, NPUB_BO_OUTPUT, output_offset(w));
	set(w, NPU_DPU_DST_SURF_STRIDE_DST_SURF_STRIDE, w->surf_bytes);
	set(w, NPU_DPU_DATA_CUBE_WIDTH_WIDTH, w->p->out_w);
	set(w, NPU_DPU_DATA_CUBE_HEIGHT_HEIGHT, w->t->y_count);
	set(w, NPU_DPU_DATA_CUBE_CHANNEL_ORIG_CHANNEL, w->t->k_count);
	set(w, NPU_DPU_DATA_CUBE_CHANNEL_CHANNEL, w->padded_k);
	set(w, NPU_DPU_BS_OW_CFG_SIZE_E_2, w->group_surfaces);
	set(w, NPU_DPU_BS_OW_CFG_SIZE_E_1, w->group_surfaces);
	set(w, NPU_DPU_BS_OW_CFG_SIZE_E_0, w->group_surfaces);
	set(w, NPU_DPU_WDMA_SIZE_0_CHANNEL_WDMA, w->padded_k);
	set(w, NPU_DPU_WDMA_SIZE_1_HEIGHT_WDMA, w->t->y_count);
	set(w, NPU_DPU_WDMA_SIZE_1_WIDTH_WDMA, w->p->out_w);
	set(w, NPU_DPU_SURFACE_ADD_SURF_ADD,
	    (uint64_t)w->group_surfaces * w->surf_bytes);
}

static void describe_tile(struct npub_debug_tile *d, const struct tile *t)
{
	*d = (struct npub_debug_tile){
		.core = t->core, .image = t->image,
		.y = t->y, .y_count = t->y_count, .k = t->k, .k_count = t->k_count,
		.c = t->c, .c_count = t->c_count,
		.in_y = t->in_y, .in_rows = t->in_rows, .pad_top = t->pad_top,
		.data_banks = t->data_banks, .weight_banks = t->weight_banks,
		.entries_per_row = t->row_entries, .grains = t->grains,
	};
}

void lower_conv(struct task_desc *task, const struct conv_problem *p,
		const struct npub_op *op, const struct conv_layout *l, const struct plan *plan,
		const struct tile *t, const struct weight_bo_layout *wbo)
{
	const struct conv_slice *slice = &l->slices[t->slice];
	uint32_t group = calc_chan_group(l);
	struct lowering w = {
		.task = task, .p = p, .op = op, .l = l, .plan = plan, .t = t, .wbo = wbo,
		.depthwise = l->mode == NPUB_MODE_DEPTHWISE,
		.pixel = l->mode == NPUB_MODE_PIXEL,
		.rdma = l->bias_bytes != 0,
		.padded_k = npu_round_up(t->k_count, group),
		.group_surfaces = group * l->out_elem->bytes / NPU_ATOM_BYTES,
		.surf_bytes = l->output.plane_pixels * NPU_ATOM_BYTES,
	};

	memset(task, 0, sizeof *task);
	w.kernels = w.depthwise ? 1 : calc_stored_kernels(p->elem, t->k_count);
	w.kernel_bytes = w.depthwise ? p->kernel_h * p->kernel_w *
				       calc_depthwise_chans(l->elem, t->c_count) *
				       l->elem->bytes
				     : slice->kernel_bytes;
	lower_cna_mode(&w);
	lower_cna_sizes(&w);
	lower_cna_convert(&w);
	lower_cna_dma(&w);
	lower_core(&w);
	lower_dpu_cube(&w);
	lower_stages(&w);
	if (w.rdma)
		lower_rdma(&w);
	task->block_mask = w.rdma ? NPU_MASK_CONV_RDMA : NPU_MASK_CONV;
	task->int_mask = NPU_INT_MASK_DPU;
	task->cores = plan->shared ? 1 : plan->cores;
	describe_tile(&task->debug, t);
}
