#include "tiny.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bundle_write.h"
#include "crc32c.h"
#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "hw/npu_word.h"

#define KERNEL_BYTES (TINY_KERNEL * TINY_KERNEL * TINY_C * 2)
#define WEIGHT_BYTES (TINY_K * KERNEL_BYTES)
#define BIAS_AT WEIGHT_BYTES /* 2880 is a multiple of 64 */
#define BIAS_BYTES (TINY_KP * 4)
#define SCRATCH_AT (BIAS_AT + BIAS_BYTES)
#define REGCMD_AT (SCRATCH_AT + NPU_WEIGHT_SCRATCH_BYTES)
#define PLANE (TINY_H * TINY_W)

_Static_assert(BIAS_AT % 64 == 0 && SCRATCH_AT % 64 == 0 && REGCMD_AT % 64 == 0,
	       "alignment");

/* ---- values ---- */

static int input_value(int c, int y, int x)
{
	return (c * 7 + y * 3 + x * 5) % 7 - 3;
}

static int weight_value(int k, int c, int y, int x)
{
	return (k * 5 + c * 3 + y * 2 + x) % 5 - 2;
}

static int bias_value(int k)
{
	return k % 9 - 4;
}

/* Whole numbers below 2048 are exact in fp16. */
static uint16_t fp16_from_int(int v)
{
	uint16_t sign = v < 0 ? 0x8000 : 0;
	int m = v < 0 ? -v : v, e = 25;

	if (!m)
		return 0;
	for (; m < 1024; m *= 2)
		e--;
	assert(m < 2048);
	return (uint16_t)(sign | e << 10 | (m & 1023));
}

void tiny_input(uint16_t input[TINY_C * TINY_H * TINY_W])
{
	for (int c = 0; c < TINY_C; c++)
		for (int i = 0; i < PLANE; i++)
			input[c * PLANE + i] =
			    fp16_from_int(input_value(c, i / TINY_W, i % TINY_W));
}

static int sum_at(int k, int oy, int ox)
{
	int sum = 0;

	for (int c = 0; c < TINY_C; c++)
		for (int ky = 0; ky < TINY_KERNEL; ky++)
			for (int kx = 0; kx < TINY_KERNEL; kx++) {
				int y = oy + ky - TINY_PAD, x = ox + kx - TINY_PAD;

				if (y >= 0 && y < TINY_H && x >= 0 && x < TINY_W)
					sum += input_value(c, y, x) *
					       weight_value(k, c, ky, kx);
			}
	return sum;
}

void tiny_expected(const struct tiny *t, uint16_t output[TINY_K * TINY_H * TINY_W])
{
	int bias = t->conv.bias != NPUB_NONE;

	for (int k = 0; k < TINY_K; k++)
		for (int i = 0; i < PLANE; i++)
			output[k * PLANE + i] =
			    fp16_from_int(sum_at(k, i / TINY_W, i % TINY_W) +
					  (bias ? bias_value(k) : 0));
}

/* F-13: groups of 16 kernels; inside, taps; inside, kernel by channel. */
static void fill_data(struct tiny *t, int bias)
{
	uint8_t *p = t->data;

	for (int g = 0; g < TINY_K; g += 16)
		for (int ky = 0; ky < TINY_KERNEL; ky++)
			for (int kx = 0; kx < TINY_KERNEL; kx++)
				for (int k = g; k < g + 16 && k < TINY_K; k++)
					for (int c = 0; c < TINY_C; c++, p += 2) {
						uint16_t v = fp16_from_int(
						    weight_value(k, c, ky, kx));

						memcpy(p, &v, 2);
					}
	assert(p == t->data + WEIGHT_BYTES);
	for (int k = 0; bias && k < TINY_K; k++) {
		float v = (float)bias_value(k);

		memcpy(t->data + BIAS_AT + k * 4, &v, 4);
	}
	t->data_bytes = bias ? BIAS_AT + BIAS_BYTES : WEIGHT_BYTES;
}

/* ---- records ---- */

struct regs {
	uint32_t value[NPU_REG_N];
	int has_reloc[NPU_REG_N];
	struct npub_reloc reloc[NPU_REG_N];
};

static void set(struct regs *r, enum npu_field field, uint64_t value)
{
	enum npu_reg reg = npu_fields[field].reg;

	r->value[reg] = npu_field_pack(r->value[reg], field, value);
}

static void address(struct regs *r, enum npu_reg reg, enum tiny_bo bo, uint64_t offset)
{
	r->has_reloc[reg] = 1;
	r->reloc[reg] = (struct npub_reloc){ .bo = bo, .addend = offset };
}

static uint32_t add_word(struct tiny *t, uint16_t target, uint32_t value, uint16_t offset)
{
	assert(t->word_count < TINY_MAX_WORDS);
	t->word[t->word_count] =
	    npu_word_pack((struct npu_word){ target, value, offset });
	return t->word_count++;
}

static void add_reg(struct tiny *t, const struct regs *r, enum npu_reg reg)
{
	uint32_t at = add_word(t, npu_block_target(npu_regs[reg].block), r->value[reg],
			       npu_regs[reg].offset);

	if (r->has_reloc[reg]) {
		t->reloc[t->reloc_count] = r->reloc[reg];
		t->reloc[t->reloc_count++].word = at;
	}
}

/* The tail's first two words are filled when the next record is known. */
static void add_tail(struct tiny *t, uint32_t mask)
{
	add_word(t, NPU_TARGET_PC, 0, npu_regs[NPU_REG_PC_BASE_ADDRESS].offset);
	add_word(t, NPU_TARGET_PC, 0, npu_regs[NPU_REG_PC_REGISTER_AMOUNTS].offset);
	add_word(t, NPU_TARGET_VERSION, 0, 0);
	add_word(t, NPU_TARGET_START, mask, npu_regs[NPU_REG_PC_OPERATION_ENABLE].offset);
	while (t->word_count % 8)
		t->word_count++;
}

static struct npub_task *begin_task(struct tiny *t, uint32_t mask)
{
	struct npub_task *task = &t->task[t->task_count++];

	assert(t->task_count <= TINY_MAX_TASKS);
	*task =
	    (struct npub_task){ .op_idx = 1,
				.enable_mask = mask,
				.int_mask = mask == NPU_MASK_BARRIER ? NPU_INT_MASK_PPU
								     : NPU_INT_MASK_DPU,
				.int_clear = NPU_INT_CLEAR_ALL,
				.regcmd_addr = t->word_count * 8 };
	return task;
}

static void cna_values(struct regs *r, uint32_t y, uint32_t rows, uint32_t cores)
{
	uint32_t in_y = y ? y - TINY_PAD : 0;
	uint32_t in_end = npu_min(y + rows + TINY_PAD, TINY_H);
	uint32_t in_rows = in_end - in_y;

	set(r, NPU_CNA_CONV_CON1_IN_PRECISION, NPU_ELEM_FP16);
	set(r, NPU_CNA_CONV_CON1_PROC_PRECISION, NPU_ELEM_FP16);
	set(r, NPU_CNA_CONV_CON2_FEATURE_GRAINS, in_rows + 3);
	set(r, NPU_CNA_CONV_CON2_NN_MODE_OBSERVED, cores - 1);
	set(r, NPU_CNA_CONV_CON3_CONV_Y_STRIDE, 1);
	set(r, NPU_CNA_CONV_CON3_CONV_X_STRIDE, 1);
	set(r, NPU_CNA_DATA_SIZE0_DATAIN_WIDTH, TINY_W);
	set(r, NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT, in_rows);
	set(r, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL_REAL, TINY_C - 1);
	set(r, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL, TINY_C);
	set(r, NPU_CNA_DATA_SIZE2_DATAOUT_WIDTH, TINY_W);
	set(r, NPU_CNA_DATA_SIZE3_DATAOUT_ATOMICS, TINY_W * rows);
	set(r, NPU_CNA_WEIGHT_SIZE0_WEIGHT_BYTES, WEIGHT_BYTES);
	set(r, NPU_CNA_WEIGHT_SIZE1_WEIGHT_BYTES_PER_KERNEL, KERNEL_BYTES);
	set(r, NPU_CNA_WEIGHT_SIZE2_WEIGHT_WIDTH, TINY_KERNEL);
	set(r, NPU_CNA_WEIGHT_SIZE2_WEIGHT_HEIGHT, TINY_KERNEL);
	set(r, NPU_CNA_WEIGHT_SIZE2_WEIGHT_KERNELS, TINY_K);
	set(r, NPU_CNA_CBUF_CON0_WEIGHT_BANK, 11);
	set(r, NPU_CNA_CBUF_CON0_DATA_BANK, 1);
	set(r, NPU_CNA_CBUF_CON1_DATA_ENTRIES, (TINY_W + 3) / 4); /* one atom a pixel */
	r->value[NPU_REG_CNA_CVT_CON0] = 0xb;
	r->value[NPU_REG_CNA_CVT_CON1] = r->value[NPU_REG_CNA_CVT_CON2] = 0x10000;
	r->value[NPU_REG_CNA_CVT_CON3] = r->value[NPU_REG_CNA_CVT_CON4] = 0x10000;
	set(r, NPU_CNA_PAD_CON0_PAD_LEFT, TINY_PAD);
	set(r, NPU_CNA_PAD_CON0_PAD_TOP, y ? 0 : TINY_PAD);
	r->value[NPU_REG_CNA_DMA_CON0] = 0xf000f;
	set(r, NPU_CNA_DMA_CON1_LINE_STRIDE, 4 * TINY_W);
	set(r, NPU_CNA_DMA_CON2_SURF_STRIDE, (PLANE - 4 * TINY_W) & 0xfffffff);
	set(r, NPU_CNA_FC_DATA_SIZE0_DMA_WIDTH, TINY_W);
	set(r, NPU_CNA_FC_DATA_SIZE0_DMA_HEIGHT, in_rows);
	set(r, NPU_CNA_FC_DATA_SIZE1_DMA_CHANNEL, TINY_C);
	address(r, NPU_REG_CNA_FEATURE_DATA_ADDR, TINY_INPUT, in_y * TINY_W * 16);
	address(r, NPU_REG_CNA_DCOMP_ADDR0, TINY_WEIGHT, 0);
}

static void core_dpu_values(struct regs *r, uint32_t y, uint32_t rows, int bias)
{
	r->value[NPU_REG_CORE_MISC_CFG] = 0x200;
	set(r, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_HEIGHT, rows);
	set(r, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_WIDTH, TINY_W);
	set(r, NPU_CORE_DATAOUT_SIZE_1_DATAOUT_CHANNEL, TINY_KP);
	r->value[NPU_REG_DPU_S_POINTER] = NPU_S_POINTER_PINGPONG;
	r->value[NPU_REG_DPU_FEATURE_MODE_CFG] = 0x1e4;
	r->value[NPU_REG_DPU_DATA_FORMAT] = 0x48000002;
	set(r, NPU_DPU_DST_SURF_STRIDE_DST_SURF_STRIDE, TINY_PLANE_OUT * 16);
	set(r, NPU_DPU_DATA_CUBE_WIDTH_WIDTH, TINY_W);
	set(r, NPU_DPU_DATA_CUBE_HEIGHT_HEIGHT, rows);
	set(r, NPU_DPU_DATA_CUBE_CHANNEL_ORIG_CHANNEL, TINY_K);
	set(r, NPU_DPU_DATA_CUBE_CHANNEL_CHANNEL, TINY_KP);
	r->value[NPU_REG_DPU_BS_CFG] = bias ? 0x20150 : 0x53;
	r->value[NPU_REG_DPU_BS_OW_CFG] = 0x126;
	set(r, NPU_DPU_WDMA_SIZE_0_CHANNEL_WDMA, TINY_KP);
	set(r, NPU_DPU_WDMA_SIZE_1_HEIGHT_WDMA, rows);
	set(r, NPU_DPU_WDMA_SIZE_1_WIDTH_WDMA, TINY_W);
	r->value[NPU_REG_DPU_BN_CFG] = 0x53;
	r->value[NPU_REG_DPU_EW_CFG] = 0x383;
	r->value[NPU_REG_DPU_EW_CVT_SCALE_VALUE] = 1;
	r->value[NPU_REG_DPU_OUT_CVT_SCALE] = 0x10001;
	set(r, NPU_DPU_SURFACE_ADD_SURF_ADD, 2 * TINY_PLANE_OUT * 16);
	address(r, NPU_REG_DPU_DST_BASE_ADDR, TINY_OUTPUT, y * TINY_W * 16);
}

static void rdma_values(struct regs *r, uint32_t rows)
{
	r->value[NPU_REG_DPU_RDMA_S_POINTER] = NPU_S_POINTER_PINGPONG;
	set(r, NPU_DPU_RDMA_DATA_CUBE_WIDTH_WIDTH, TINY_W);
	set(r, NPU_DPU_RDMA_DATA_CUBE_HEIGHT_HEIGHT, rows);
	set(r, NPU_DPU_RDMA_DATA_CUBE_CHANNEL_CHANNEL, TINY_KP);
	set(r, NPU_DPU_RDMA_BRDMA_CFG_BRDMA_DATA_USE, 1);
	r->value[NPU_REG_DPU_RDMA_ERDMA_CFG] = 1;
	r->value[NPU_REG_DPU_RDMA_FEATURE_MODE_CFG] = 0x17850;
	r->value[NPU_REG_DPU_RDMA_WEIGHT] = 0x01010101;
	address(r, NPU_REG_DPU_RDMA_BS_BASE_ADDR, TINY_WEIGHT, BIAS_AT);
}

/* What the vendor's delta tasks always write, and what this tile changes. */
static int in_delta(enum npu_reg reg)
{
	static const enum npu_reg regs[] = {
		NPU_REG_DPU_S_POINTER,	       NPU_REG_DPU_RDMA_S_POINTER,
		NPU_REG_CNA_CONV_CON2,	       NPU_REG_CNA_DATA_SIZE0,
		NPU_REG_CNA_DATA_SIZE3,	       NPU_REG_CNA_PAD_CON0,
		NPU_REG_CNA_FEATURE_DATA_ADDR, NPU_REG_CNA_FC_DATA_SIZE0,
		NPU_REG_CNA_DCOMP_ADDR0,       NPU_REG_CORE_DATAOUT_SIZE_0,
		NPU_REG_DPU_DST_BASE_ADDR,     NPU_REG_DPU_DATA_CUBE_HEIGHT,
		NPU_REG_DPU_WDMA_SIZE_1,       NPU_REG_DPU_RDMA_DATA_CUBE_HEIGHT,
		NPU_REG_DPU_RDMA_BS_BASE_ADDR,
	};

	for (size_t i = 0; i < sizeof regs / sizeof regs[0]; i++) {
		if (regs[i] == reg)
			return 1;
	}
	return 0;
}

static void add_conv_task(struct tiny *t, uint32_t y, uint32_t rows, uint32_t cores,
			  int bias, int delta)
{
	uint32_t mask = bias ? NPU_MASK_CONV_RDMA : NPU_MASK_CONV, start;
	struct npub_task *task = begin_task(t, mask);
	struct regs r;

	memset(&r, 0, sizeof r);
	cna_values(&r, y, rows, cores);
	core_dpu_values(&r, y, rows, bias);
	if (bias)
		rdma_values(&r, rows);
	start = t->word_count;
	for (size_t i = 0; i < npu_order_count; i++) {
		enum npu_order_when when = npu_order[i].when;

		if ((when == NPU_ORDER_PRELUDE && (cores > 1 || delta)) ||
		    (when == NPU_ORDER_RDMA && !bias) ||
		    (delta && !in_delta(npu_order[i].reg)))
			continue;
		add_reg(t, &r, npu_order[i].reg);
	}
	task->regcfg_amount = t->word_count - start;
	add_tail(t, mask);
}

static void add_barrier(struct tiny *t)
{
	static const enum npu_reg order[] = {
		NPU_REG_PPU_S_POINTER,
		NPU_REG_PPU_RDMA_S_POINTER,
		NPU_REG_PPU_DATA_CUBE_IN_WIDTH,
		NPU_REG_PPU_DATA_CUBE_IN_HEIGHT,
		NPU_REG_PPU_DATA_CUBE_IN_CHANNEL,
		NPU_REG_PPU_DATA_CUBE_OUT_WIDTH,
		NPU_REG_PPU_DATA_CUBE_OUT_HEIGHT,
		NPU_REG_PPU_DATA_CUBE_OUT_CHANNEL,
		NPU_REG_PPU_OPERATION_MODE_CFG,
		NPU_REG_PPU_POOLING_KERNEL_CFG,
		NPU_REG_PPU_RECIP_KERNEL_WIDTH,
		NPU_REG_PPU_RECIP_KERNEL_HEIGHT,
		NPU_REG_PPU_POOLING_PADDING_CFG,
		NPU_REG_PPU_PADDING_VALUE_1_CFG,
		NPU_REG_PPU_PADDING_VALUE_2_CFG,
		NPU_REG_PPU_DST_BASE_ADDR,
		NPU_REG_PPU_DST_SURF_STRIDE,
		NPU_REG_PPU_DATA_FORMAT,
		NPU_REG_PPU_MISC_CTRL,
		NPU_REG_PPU_RDMA_CUBE_IN_WIDTH,
		NPU_REG_PPU_RDMA_CUBE_IN_HEIGHT,
		NPU_REG_PPU_RDMA_CUBE_IN_CHANNEL,
		NPU_REG_PPU_RDMA_SRC_BASE_ADDR,
		NPU_REG_PPU_RDMA_SRC_LINE_STRIDE,
		NPU_REG_PPU_RDMA_SRC_SURF_STRIDE,
		NPU_REG_PPU_RDMA_DATA_FORMAT,
	};
	struct npub_task *task = begin_task(t, NPU_MASK_BARRIER);
	struct regs r;

	memset(&r, 0, sizeof r);
	r.value[NPU_REG_PPU_S_POINTER] = r.value[NPU_REG_PPU_RDMA_S_POINTER] =
	    NPU_S_POINTER_PINGPONG;
	r.value[NPU_REG_PPU_DATA_CUBE_IN_CHANNEL] = 0x1f;
	r.value[NPU_REG_PPU_DATA_CUBE_OUT_CHANNEL] = 0x1f;
	r.value[NPU_REG_PPU_OPERATION_MODE_CFG] = 0x11;
	r.value[NPU_REG_PPU_DST_SURF_STRIDE] = r.value[NPU_REG_PPU_DATA_FORMAT] = 0x10;
	r.value[NPU_REG_PPU_MISC_CTRL] = 3;
	r.value[NPU_REG_PPU_RDMA_CUBE_IN_CHANNEL] = 0x1f;
	r.value[NPU_REG_PPU_RDMA_SRC_LINE_STRIDE] = 0x10;
	r.value[NPU_REG_PPU_RDMA_SRC_SURF_STRIDE] = 0x10;
	r.value[NPU_REG_PPU_RDMA_DATA_FORMAT] = 1;
	address(&r, NPU_REG_PPU_DST_BASE_ADDR, TINY_WEIGHT, SCRATCH_AT);
	address(&r, NPU_REG_PPU_RDMA_SRC_BASE_ADDR, TINY_WEIGHT,
		SCRATCH_AT + NPU_PPU_SCRATCH_BYTES);
	task->regcfg_amount = sizeof order / sizeof order[0];
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		add_reg(t, &r, order[i]);
	add_tail(t, NPU_MASK_BARRIER);
}

/* Lead each record of tasks [first, first + count) to the next. */
static void chain(struct tiny *t, uint32_t first, uint32_t count, uint32_t cores)
{
	for (uint32_t i = first; i + 1 < first + count; i++) {
		uint64_t *tail = tiny_tail(t, i);
		const struct npub_task *next = &t->task[i + 1];

		tiny_set(&tail[1], npu_amount_from_body(next->regcfg_amount) | (cores - 1)
										   << 16);
		t->reloc[t->reloc_count++] =
		    (struct npub_reloc){ .word = (uint32_t)(tail - t->word),
					 .bo = TINY_WEIGHT,
					 .addend = REGCMD_AT + next->regcmd_addr };
	}
}

static void add_plan(struct tiny *t, uint32_t cores, const struct tiny_options *o)
{
	uint32_t parts = cores > 1 ? cores : o->tiles ? o->tiles : 1;
	struct npub_plan *p = &t->plan[t->plan_count++];
	uint32_t y = 0, list_first = t->task_count;

	*p = (struct npub_plan){ .cores = cores,
				 .split = parts > 1 ? NPUB_SPLIT_Y : NPUB_SPLIT_WHOLE,
				 .macs = (uint64_t)TINY_K * PLANE * TINY_C * 9,
				 .cost_ns = 50000 };
	for (uint32_t i = 0; i < parts; i++) {
		uint32_t rows = TINY_H / parts + (i < TINY_H % parts);

		add_conv_task(t, y, rows, cores, o->bias,
			      o->delta && cores == 1 && i >= 2);
		y += rows;
		if (cores > 1) {
			add_barrier(t);
			chain(t, list_first, 2, cores);
			p->list[i] = (struct npub_list){ list_first, 2 };
			list_first = t->task_count;
		}
	}
	if (cores == 1) {
		chain(t, list_first, parts, 1);
		p->list[0] = (struct npub_list){ list_first, parts };
	}
}

/* ---- sections ---- */

static void fill_tensors(struct tiny *t, int bias)
{
	const struct npub_tensor feature = { .elem = NPU_ELEM_FP16,
					     .layout = NPUB_LAYOUT_NC1HWC2,
					     .n = 1,
					     .h = TINY_H,
					     .w = TINY_W,
					     .row_pixels = TINY_W,
					     .scale = 1 };
	struct npub_tensor *i = &t->tensor[TINY_T_INPUT], *o = &t->tensor[TINY_T_OUTPUT];
	struct npub_tensor *w = &t->tensor[TINY_T_WEIGHTS], *b = &t->tensor[TINY_T_BIAS];

	*i = *o = *w = *b = feature;
	i->role = NPUB_TENSOR_INPUT;
	i->c = TINY_C;
	i->bo = TINY_INPUT;
	i->plane_pixels = PLANE;
	i->surfaces = TINY_C / 8;
	i->image_bytes = i->bytes = i->surfaces * 32 * 16;
	o->role = NPUB_TENSOR_OUTPUT;
	o->c = TINY_K;
	o->bo = TINY_OUTPUT;
	o->plane_pixels = TINY_PLANE_OUT;
	o->surfaces = TINY_KP / 8;
	o->image_bytes = o->bytes = o->surfaces * TINY_PLANE_OUT * 16;
	*w = (struct npub_tensor){ .role = NPUB_TENSOR_WEIGHTS,
				   .elem = NPU_ELEM_FP16,
				   .layout = NPUB_LAYOUT_WEIGHTS,
				   .n = TINY_K,
				   .c = TINY_C,
				   .h = TINY_KERNEL,
				   .w = TINY_KERNEL,
				   .bo = TINY_WEIGHT,
				   .bytes = WEIGHT_BYTES,
				   .scale = 1 };
	*b = (struct npub_tensor){ .role = NPUB_TENSOR_BIAS,
				   .elem = NPU_ELEM_FP32,
				   .layout = NPUB_LAYOUT_LINEAR,
				   .n = 1,
				   .c = TINY_K,
				   .h = 1,
				   .w = 1,
				   .bo = TINY_WEIGHT,
				   .bo_offset = BIAS_AT,
				   .bytes = bias ? BIAS_BYTES : 0,
				   .scale = 1 };
}

static void fill_bos(struct tiny *t)
{
	const uint64_t bytes[TINY_BOS] = {
		[TINY_TASK] = t->task_count * sizeof(struct npub_task),
		[TINY_WEIGHT] =
		    REGCMD_AT + t->word_count * 8 +
		    npu_round_up64(t->task_count * sizeof(struct npub_task), 64),
		[TINY_INTERNAL] =
		    t->tensor[TINY_T_INPUT].bytes + t->tensor[TINY_T_OUTPUT].bytes,
		[TINY_INPUT] = t->tensor[TINY_T_INPUT].bytes,
		[TINY_OUTPUT] = t->tensor[TINY_T_OUTPUT].bytes,
	};

	for (uint32_t i = 0; i < TINY_BOS; i++)
		t->bo[i] =
		    (struct npub_bo){ .role = i, /* same order as enum npub_bo_role */
				      .flags = i == TINY_TASK ? NPU_BO_FLAGS_TASK
							      : NPU_BO_FLAGS_DATA,
				      .align = NPU_PAGE_BYTES,
				      .bytes = bytes[i] };
	t->bo[TINY_WEIGHT].data_bytes = t->data_bytes;
}

static void add_sync(struct tiny *t, uint32_t phase, uint32_t bo, uint32_t flags,
		     uint64_t offset, uint64_t bytes)
{
	t->sync[t->sync_count++] = (struct npub_sync){
		.phase = phase, .bo = bo, .flags = flags, .offset = offset, .bytes = bytes
	};
}

static void fill_syncs(struct tiny *t)
{
	for (uint32_t i = 0; i < TINY_BOS; i++)
		add_sync(t, NPUB_SYNC_LOAD, i, 3, 0, t->bo[i].bytes);
	add_sync(t, NPUB_SYNC_LOAD, TINY_WEIGHT, 1, 0, t->bo[TINY_WEIGHT].bytes);
	add_sync(t, NPUB_SYNC_LOAD, TINY_TASK, 1, 0, t->bo[TINY_TASK].bytes);
	add_sync(t, NPUB_SYNC_BEFORE, TINY_WEIGHT, 1, REGCMD_AT, t->word_count * 8);
	add_sync(t, NPUB_SYNC_BEFORE, TINY_INPUT, 1, 0, t->bo[TINY_INPUT].bytes);
	add_sync(t, NPUB_SYNC_AFTER, TINY_OUTPUT, 2, 0, t->bo[TINY_OUTPUT].bytes);
}

static int by_word(const void *a, const void *b)
{
	const struct npub_reloc *x = a, *y = b;

	return (x->word > y->word) - (x->word < y->word);
}

void tiny_make(struct tiny *t, const struct tiny_options *o)
{
	memset(t, 0, sizeof *t);
	fill_data(t, o->bias);
	for (uint32_t cores = o->first_cores ? o->first_cores : 1;
	     cores <= (o->max_cores ? o->max_cores : 1); cores++)
		add_plan(t, cores, o);
	qsort(t->reloc, t->reloc_count, sizeof t->reloc[0], by_word);
	fill_tensors(t, o->bias);
	fill_bos(t);
	fill_syncs(t);
	t->conv = (struct npub_conv){ .batch = 1,
				      .in_c = TINY_C,
				      .in_h = TINY_H,
				      .in_w = TINY_W,
				      .out_c = TINY_K,
				      .out_h = TINY_H,
				      .out_w = TINY_W,
				      .kernel_h = TINY_KERNEL,
				      .kernel_w = TINY_KERNEL,
				      .stride_y = 1,
				      .stride_x = 1,
				      .pad_top = TINY_PAD,
				      .pad_left = TINY_PAD,
				      .pad_bottom = TINY_PAD,
				      .pad_right = TINY_PAD,
				      .dilation_y = 1,
				      .dilation_x = 1,
				      .groups = 1,
				      .elem = NPU_ELEM_FP16,
				      .out_elem = NPU_ELEM_FP16,
				      .input = TINY_T_INPUT,
				      .output = TINY_T_OUTPUT,
				      .weights = TINY_T_WEIGHTS,
				      .bias = o->bias ? TINY_T_BIAS : NPUB_NONE,
				      .operand = NPUB_NONE,
				      .op = { .flags = o->bias ? NPUB_OP_BIAS : 0,
					      .out_scale = 1 },
				      .bo_count = TINY_BOS,
				      .task_bo = TINY_TASK,
				      .regcmd_bo = TINY_WEIGHT,
				      .regcmd_bo_offset = REGCMD_AT,
				      .plan_count = t->plan_count,
				      .task_count = t->task_count,
				      .word_count = t->word_count,
				      .reloc_count = t->reloc_count,
				      .sync_count = t->sync_count };
}

uint8_t *tiny_bundle(const struct tiny *t, size_t *bytes)
{
	static const char *const tensor_names[] = { "input", "output", "weights",
						    "bias" };
	static const char *const bo_names[] = { "task", "weight", "internal", "input",
						"output" };
	struct bundle *b = bundle_new(0x0123456789abcdef);
	struct npub_conv conv = t->conv;
	const uint8_t *image;
	uint8_t *copy;
	uint64_t offset;
	void *data;

	assert(b);
	data = bundle_data(b, t->data_bytes, &offset);
	assert(data);
	memcpy(data, t->data, t->data_bytes);
	for (int i = 0; i < TINY_BOS; i++) {
		struct npub_bo bo = t->bo[i];

		bo.name = bundle_string(b, bo_names[i]);
		bundle_bo(b, &bo);
	}
	for (int i = 0; i < TINY_TENSORS; i++) {
		struct npub_tensor tensor = t->tensor[i];

		tensor.name = bundle_string(b, tensor_names[i]);
		bundle_tensor(b, &tensor);
	}
	conv.name = bundle_string(b, "tiny");
	bundle_conv(b, &conv);
	for (uint32_t i = 0; i < t->plan_count; i++)
		bundle_plan(b, &t->plan[i]);
	/* More than there is room for: the first one over and over. */
	for (uint32_t i = 0; i < t->task_count; i++)
		bundle_tasks(b, &t->task[t->task_count > TINY_MAX_TASKS ? 0 : i], 1);
	bundle_words(b, t->word, t->word_count);
	bundle_relocs(b, t->reloc, t->reloc_count);
	bundle_syncs(b, t->sync, t->sync_count);
	image = bundle_finish(b, bytes);
	assert(image);
	copy = malloc(*bytes);
	assert(copy);
	memcpy(copy, image, *bytes);
	bundle_free(b);
	return copy;
}

/* ---- changing ---- */

uint64_t *tiny_word(struct tiny *t, uint32_t task, uint16_t offset)
{
	uint64_t *first = &t->word[t->task[task].regcmd_addr / 8];

	/* The last write of a register counts. */
	for (uint32_t i = t->task[task].regcfg_amount; i--;) {
		if ((uint16_t)first[i] == offset)
			return &first[i];
	}
	assert(!"register not in the task");
	return NULL;
}

uint64_t *tiny_tail(struct tiny *t, uint32_t task)
{
	return &t->word[t->task[task].regcmd_addr / 8 + t->task[task].regcfg_amount];
}

void tiny_set(uint64_t *word, uint32_t value)
{
	*word = (*word & ~(UINT64_C(0xffffffff) << 16)) | (uint64_t)value << 16;
}

uint32_t tiny_get(const uint64_t *word)
{
	return (uint32_t)(*word >> 16);
}

void tiny_fix_crcs(uint8_t *bundle, size_t bytes)
{
	struct npub_header *h = (struct npub_header *)bundle;
	struct npub_section *s = (struct npub_section *)(h + 1);
	struct crc32c_table table;

	crc32c_init(&table);
	if (bytes < sizeof *h)
		return;
	for (uint32_t i = 0; i < h->section_count; i++) {
		if ((uint8_t *)(s + i + 1) > bundle + bytes)
			break;
		if (s[i].offset <= bytes && s[i].bytes <= bytes - s[i].offset)
			s[i].crc = crc32c(&table, 0, bundle + s[i].offset, s[i].bytes);
	}
	if (h->section_count <= (bytes - sizeof *h) / sizeof *s)
		h->table_crc = crc32c(&table, 0, s, h->section_count * sizeof *s);
	h->header_crc = crc32c(&table, 0, h, offsetof(struct npub_header, header_crc));
}
