/* The hand-made conv's records: every register of every task. */
#include "tiny_parts.h"

#include <assert.h>
#include <string.h>

#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "hw/npu_word.h"

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

/* Rows [y, y + rows) by one of `cores`. */
struct tile {
	uint32_t y, rows, cores;
	const struct tiny_options *o;
	const struct npub_op *op;
};

static void cna_values(struct regs *r, const struct tile *t)
{
	uint32_t in_y = t->y ? t->y - TINY_PAD : 0;
	uint32_t in_end = npu_min(t->y + t->rows + TINY_PAD, TINY_H);
	uint32_t in_rows = in_end - in_y;
	uint32_t chans = t->o->int8 ? TINY_LANES_INT8 : TINY_C; /* whole atoms */

	r->value[NPU_REG_CNA_CONV_CON1] = t->o->int8 ? 0 : 0x120;
	set(r, NPU_CNA_CONV_CON2_FEATURE_GRAINS, in_rows + 3);
	set(r, NPU_CNA_CONV_CON2_NN_MODE_OBSERVED, t->cores - 1);
	set(r, NPU_CNA_CONV_CON3_CONV_Y_STRIDE, 1);
	set(r, NPU_CNA_CONV_CON3_CONV_X_STRIDE, 1);
	set(r, NPU_CNA_DATA_SIZE0_DATAIN_WIDTH, TINY_W);
	set(r, NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT, in_rows);
	set(r, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL_REAL, TINY_C - 1);
	set(r, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL, chans);
	set(r, NPU_CNA_DATA_SIZE2_DATAOUT_WIDTH, TINY_W);
	set(r, NPU_CNA_DATA_SIZE3_DATAOUT_ATOMICS, TINY_W * t->rows);
	set(r, NPU_CNA_WEIGHT_SIZE0_WEIGHT_BYTES, TINY_WEIGHT_BYTES);
	set(r, NPU_CNA_WEIGHT_SIZE1_WEIGHT_BYTES_PER_KERNEL, TINY_KERNEL_BYTES);
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
	set(r, NPU_CNA_PAD_CON0_PAD_TOP, t->y ? 0 : TINY_PAD);
	r->value[NPU_REG_CNA_PAD_CON1] = (uint32_t)t->op->pad_value;
	r->value[NPU_REG_CNA_DMA_CON0] = 0xf000f;
	set(r, NPU_CNA_DMA_CON1_LINE_STRIDE, 4 * TINY_W);
	set(r, NPU_CNA_DMA_CON2_SURF_STRIDE, (TINY_PLANE - 4 * TINY_W) & 0xfffffff);
	set(r, NPU_CNA_FC_DATA_SIZE0_DMA_WIDTH, TINY_W);
	set(r, NPU_CNA_FC_DATA_SIZE0_DMA_HEIGHT, in_rows);
	set(r, NPU_CNA_FC_DATA_SIZE1_DMA_CHANNEL, chans);
	address(r, NPU_REG_CNA_FEATURE_DATA_ADDR, TINY_INPUT, in_y * TINY_W * 16);
	address(r, NPU_REG_CNA_DCOMP_ADDR0, TINY_WEIGHT, 0);
}

static void core_dpu_values(struct regs *r, const struct tile *t)
{
	r->value[NPU_REG_CORE_MISC_CFG] = t->o->int8 ? 1 : 0x200;
	set(r, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_HEIGHT, t->rows);
	set(r, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_WIDTH, TINY_W);
	set(r, NPU_CORE_DATAOUT_SIZE_1_DATAOUT_CHANNEL, TINY_KP);
	r->value[NPU_REG_DPU_S_POINTER] = NPU_S_POINTER_PINGPONG;
	r->value[NPU_REG_DPU_FEATURE_MODE_CFG] = 0x1e4;
	r->value[NPU_REG_DPU_DATA_FORMAT] = t->o->int8 ? 0xe0 : 0x48000002;
	set(r, NPU_DPU_DST_SURF_STRIDE_DST_SURF_STRIDE, TINY_PLANE_OUT * 16);
	set(r, NPU_DPU_DATA_CUBE_WIDTH_WIDTH, TINY_W);
	set(r, NPU_DPU_DATA_CUBE_HEIGHT_HEIGHT, t->rows);
	set(r, NPU_DPU_DATA_CUBE_CHANNEL_ORIG_CHANNEL, TINY_K);
	set(r, NPU_DPU_DATA_CUBE_CHANNEL_CHANNEL, TINY_KP);
	set(r, NPU_DPU_WDMA_SIZE_0_CHANNEL_WDMA, TINY_KP);
	set(r, NPU_DPU_WDMA_SIZE_1_HEIGHT_WDMA, t->rows);
	set(r, NPU_DPU_WDMA_SIZE_1_WIDTH_WDMA, TINY_W);
	set(r, NPU_DPU_SURFACE_ADD_SURF_ADD, 2 * TINY_PLANE_OUT * 16);
	address(r, NPU_REG_DPU_DST_BASE_ADDR, TINY_OUTPUT, t->y * TINY_W * 16);
}

/* The words of npu-programming 4.2, as they stand there. */
static void stage_values(struct regs *r, const struct tile *t)
{
	const struct npub_op *op = t->op;
	int add = op->flags & NPUB_OP_ADD, relu = op->flags & NPUB_OP_RELU;
	int clamp = op->flags & NPUB_OP_CLAMP, leaky = op->flags & NPUB_OP_LEAKY;

	r->value[NPU_REG_DPU_BS_CFG] = t->o->int8	    ? 0x20140
				       : tiny_has_bias(t->o) ? 0x20150
							    : 0x53;
	r->value[NPU_REG_DPU_BS_MUL_CFG] = t->o->int8 ? 0xe01 : 0;
	r->value[NPU_REG_DPU_BS_OW_CFG] = t->o->int8 ? 0x125 : 0x126;
	r->value[NPU_REG_DPU_BN_CFG] = leaky		? 0x62
				       : relu && !add ? (clamp ? 0x92 : 0x12)
						       : 0x53;
	r->value[NPU_REG_DPU_BN_MUL_CFG] = op->leak_scale << 16 | op->leak_shift << 8;
	r->value[NPU_REG_DPU_DATA_FORMAT] |= op->leak_shift << 10;
	r->value[add ? NPU_REG_DPU_EW_RELUX_CMP_VALUE : NPU_REG_DPU_BN_RELUX_CMP_VALUE] =
	    op->limit;
	r->value[NPU_REG_DPU_EW_CFG] = !add	     ? 0x383
				       : t->o->int8 ? 0x904202c0
						     : 0x108202c0;
	if (add && relu)
		r->value[NPU_REG_DPU_EW_CFG] ^= 0x200;
	if (add && clamp)
		r->value[NPU_REG_DPU_EW_CFG] |= 0x400;
	r->value[NPU_REG_DPU_EW_CVT_OFFSET_VALUE] = (uint32_t)-op->operand_zero;
	r->value[NPU_REG_DPU_EW_CVT_SCALE_VALUE] =
	    add ? op->operand_shift << 16 | op->operand_scale : 1;
	r->value[NPU_REG_DPU_OUT_CVT_OFFSET] = (uint32_t)op->out_zero;
	r->value[NPU_REG_DPU_OUT_CVT_SCALE] = op->out_scale | (t->o->int8 ? 0 : 0x10000);
	r->value[NPU_REG_DPU_OUT_CVT_SHIFT] = op->out_shift;
}

static void rdma_values(struct regs *r, const struct tile *t)
{
	uint32_t plane = TINY_PLANE_OUT * 16, notch = 2 * plane - TINY_W * t->rows * 16;
	uint32_t at = TINY_OPERAND_AT + t->y * TINY_W * 16;

	r->value[NPU_REG_DPU_RDMA_S_POINTER] = NPU_S_POINTER_PINGPONG;
	set(r, NPU_DPU_RDMA_DATA_CUBE_WIDTH_WIDTH, TINY_W);
	set(r, NPU_DPU_RDMA_DATA_CUBE_HEIGHT_HEIGHT, t->rows);
	set(r, NPU_DPU_RDMA_DATA_CUBE_CHANNEL_CHANNEL, TINY_KP);
	r->value[NPU_REG_DPU_RDMA_BRDMA_CFG] = t->o->int8 ? 0xe : 2;
	r->value[NPU_REG_DPU_RDMA_ERDMA_CFG] = 1;
	r->value[NPU_REG_DPU_RDMA_FEATURE_MODE_CFG] = t->o->int8 ? 0x7810 : 0x17850;
	r->value[NPU_REG_DPU_RDMA_WEIGHT] = 0x01010101;
	address(r, NPU_REG_DPU_RDMA_BS_BASE_ADDR, TINY_WEIGHT, TINY_BIAS_AT);
	if (!(t->op->flags & NPUB_OP_ADD))
		return;
	r->value[NPU_REG_DPU_RDMA_ERDMA_CFG] = t->o->int8 ? 0x40000004 : 0x40000008;
	r->value[NPU_REG_DPU_RDMA_FEATURE_MODE_CFG] = t->o->int8 ? 0x7d00 : 0x17d40;
	r->value[NPU_REG_DPU_RDMA_EW_SURF_STRIDE] = plane;
	r->value[NPU_REG_DPU_RDMA_SURF_NOTCH] = notch;
	r->value[NPU_REG_DPU_RDMA_EW_SURF_NOTCH] = notch;
	address(r, NPU_REG_DPU_RDMA_SRC_BASE_ADDR, TINY_INPUT, at);
	address(r, NPU_REG_DPU_RDMA_EW_BASE_ADDR, TINY_INPUT, at + plane);
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
		NPU_REG_DPU_RDMA_BS_BASE_ADDR, NPU_REG_DPU_RDMA_SRC_BASE_ADDR,
		NPU_REG_DPU_RDMA_EW_BASE_ADDR, NPU_REG_DPU_RDMA_SURF_NOTCH,
		NPU_REG_DPU_RDMA_EW_SURF_NOTCH,
	};

	for (size_t i = 0; i < sizeof regs / sizeof regs[0]; i++) {
		if (regs[i] == reg)
			return 1;
	}
	return 0;
}

static void add_conv_task(struct tiny *t, const struct tile *tile, int delta)
{
	int bias = tiny_has_bias(tile->o);
	uint32_t mask = bias ? NPU_MASK_CONV_RDMA : NPU_MASK_CONV, start;
	struct npub_task *task = begin_task(t, mask);
	struct regs r;

	memset(&r, 0, sizeof r);
	cna_values(&r, tile);
	core_dpu_values(&r, tile);
	stage_values(&r, tile);
	if (bias)
		rdma_values(&r, tile);
	start = t->word_count;
	for (size_t i = 0; i < npu_order_count; i++) {
		enum npu_order_when when = npu_order[i].when;

		if ((when == NPU_ORDER_PRELUDE && (tile->cores > 1 || delta)) ||
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
	address(&r, NPU_REG_PPU_DST_BASE_ADDR, TINY_WEIGHT, t->scratch_at);
	address(&r, NPU_REG_PPU_RDMA_SRC_BASE_ADDR, TINY_WEIGHT,
		t->scratch_at + NPU_PPU_SCRATCH_BYTES);
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
					 .addend = t->regcmd_at + next->regcmd_addr };
	}
}

/* A limit after an addition or on floats, and a slope, were never captured. */
static uint32_t hazards(const struct tiny_options *o)
{
	if (o->op & NPUB_OP_LEAKY ||
	    (o->op & NPUB_OP_CLAMP && (!o->int8 || o->op & NPUB_OP_ADD)))
		return NPUB_HAZARD_UNTESTED;
	return 0;
}

void tiny_add_plan(struct tiny *t, uint32_t cores, const struct tiny_options *o)
{
	uint32_t parts = cores > 1 ? cores : o->tiles ? o->tiles : 1;
	struct npub_plan *p = &t->plan[t->plan_count++];
	const struct npub_op op = tiny_op(o);
	uint32_t y = 0, list_first = t->task_count;

	*p = (struct npub_plan){ .cores = cores,
				 .split = parts > 1 ? NPUB_SPLIT_Y : NPUB_SPLIT_WHOLE,
				 .hazards = hazards(o),
				 .macs = (uint64_t)TINY_K * TINY_PLANE * TINY_C * 9,
				 .cost_ns = 50000 };
	for (uint32_t i = 0; i < parts; i++) {
		uint32_t rows = TINY_H / parts + (i < TINY_H % parts);
		struct tile tile = { y, rows, cores, o, &op };

		add_conv_task(t, &tile, o->delta && cores == 1 && i >= 2);
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
