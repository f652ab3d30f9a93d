/*
 * The record that ends a core's list in a multi-core plan: a 1 x 1 x 32 max pool
 * from one scratch line to the other (F-37).
 */
#include "tasks/lower.h"

#include <string.h>

#define BARRIER_CHANS 32u

static void set(struct task_desc *t, enum npu_field field, uint64_t value)
{
	enum npu_reg reg = npu_fields[field].reg;

	t->value[reg] = npu_field_pack(t->value[reg], field, value);
}

void lower_barrier(struct task_desc *t, uint32_t cores, uint32_t core,
		   const struct weight_bo_layout *wbo)
{
	memset(t, 0, sizeof *t);
	t->barrier = true;
	t->cores = cores;
	t->debug.core = core;
	t->block_mask = NPU_MASK_BARRIER;
	t->int_mask = NPU_INT_MASK_PPU;
	t->value[NPU_REG_PPU_S_POINTER] = NPU_S_POINTER_PINGPONG;
	t->value[NPU_REG_PPU_RDMA_S_POINTER] = NPU_S_POINTER_PINGPONG;
	set(t, NPU_PPU_DATA_CUBE_IN_CHANNEL_CUBE_IN_CHANNEL, BARRIER_CHANS);
	set(t, NPU_PPU_DATA_CUBE_OUT_CHANNEL_CUBE_OUT_CHANNEL, BARRIER_CHANS);
	set(t, NPU_PPU_OPERATION_MODE_CFG_FLYING_MODE, 1);
	set(t, NPU_PPU_OPERATION_MODE_CFG_POOLING_METHOD, 1);
	set(t, NPU_PPU_DST_SURF_STRIDE_DST_SURF_STRIDE, NPU_ATOM_BYTES);
	set(t, NPU_PPU_DATA_FORMAT_INDEX_ADD, NPU_ATOM_BYTES);
	set(t, NPU_PPU_MISC_CTRL_BURST_LEN, 3);
	set(t, NPU_PPU_RDMA_CUBE_IN_CHANNEL_CUBE_IN_CHANNEL, BARRIER_CHANS);
	set(t, NPU_PPU_RDMA_SRC_LINE_STRIDE_SRC_LINE_STRIDE, NPU_ATOM_BYTES);
	set(t, NPU_PPU_RDMA_SRC_SURF_STRIDE_SRC_SURF_STRIDE, NPU_ATOM_BYTES);
	set(t, NPU_PPU_RDMA_DATA_FORMAT_IN_PRECISION, 1);
	t->addr[0] = (struct task_addr){ NPU_REG_PPU_DST_BASE_ADDR, NPUB_BO_WEIGHT,
					 wbo->scratch };
	t->addr[1] = (struct task_addr){ NPU_REG_PPU_RDMA_SRC_BASE_ADDR, NPUB_BO_WEIGHT,
					 wbo->scratch + NPU_PPU_SCRATCH_BYTES };
	t->addr_count = 2;
}
