/*
 * The PPU, as far as schedules use it: the barrier record at the end of each
 * core's list, a 1x1 max pool of 32 channels from one scratch line to another (F-37).
 */
#include <string.h>

#include "sim/sim_priv.h"

#define BARRIER_CHANS_MINUS1 0x1fu
#define BARRIER_MODE 0x11u /* max, from memory */

/* Everything but the two addresses is the same in every known barrier. */
static const struct sim_want_reg barrier[] = {
	{ NPU_REG_PPU_DATA_CUBE_IN_WIDTH, 0 },
	{ NPU_REG_PPU_DATA_CUBE_IN_HEIGHT, 0 },
	{ NPU_REG_PPU_DATA_CUBE_IN_CHANNEL, BARRIER_CHANS_MINUS1 },
	{ NPU_REG_PPU_DATA_CUBE_OUT_WIDTH, 0 },
	{ NPU_REG_PPU_DATA_CUBE_OUT_HEIGHT, 0 },
	{ NPU_REG_PPU_DATA_CUBE_OUT_CHANNEL, BARRIER_CHANS_MINUS1 },
	{ NPU_REG_PPU_OPERATION_MODE_CFG, BARRIER_MODE },
	{ NPU_REG_PPU_POOLING_KERNEL_CFG, 0 },
	{ NPU_REG_PPU_RECIP_KERNEL_WIDTH, 0 },
	{ NPU_REG_PPU_RECIP_KERNEL_HEIGHT, 0 },
	{ NPU_REG_PPU_POOLING_PADDING_CFG, 0 },
	{ NPU_REG_PPU_PADDING_VALUE_1_CFG, 0 },
	{ NPU_REG_PPU_PADDING_VALUE_2_CFG, 0 },
	{ NPU_REG_PPU_DST_SURF_STRIDE, NPU_ATOM_BYTES },
	{ NPU_REG_PPU_DATA_FORMAT, 0x10 },
	{ NPU_REG_PPU_MISC_CTRL, 3 },
	{ NPU_REG_PPU_RDMA_CUBE_IN_WIDTH, 0 },
	{ NPU_REG_PPU_RDMA_CUBE_IN_HEIGHT, 0 },
	{ NPU_REG_PPU_RDMA_CUBE_IN_CHANNEL, BARRIER_CHANS_MINUS1 },
	{ NPU_REG_PPU_RDMA_SRC_LINE_STRIDE, NPU_ATOM_BYTES },
	{ NPU_REG_PPU_RDMA_SRC_SURF_STRIDE, NPU_ATOM_BYTES },
	{ NPU_REG_PPU_RDMA_DATA_FORMAT, 1 },
};

bool sim_ppu_run(struct sim_ctx *ctx)
{
	static const enum npu_reg others[] = {
		NPU_REG_PPU_S_POINTER,
		NPU_REG_PPU_RDMA_S_POINTER,
		NPU_REG_PPU_DST_BASE_ADDR,
		NPU_REG_PPU_RDMA_SRC_BASE_ADDR,
	};
	struct sim_span src, dst;
	uint64_t from, to;

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		if (!sim_reg_is_set(ctx, others[i]))
			return false;
	}
	for (size_t i = 0; i < sizeof barrier / sizeof barrier[0]; i++) {
		if (!sim_reg_is_set(ctx, barrier[i].reg))
			return false;
	}
	if (!sim_want_regs(ctx, barrier, sizeof barrier / sizeof barrier[0]))
		return false;
	from = sim_reg(ctx, NPU_REG_PPU_RDMA_SRC_BASE_ADDR);
	to = sim_reg(ctx, NPU_REG_PPU_DST_BASE_ADDR);
	if (from != to + NPU_PPU_SCRATCH_BYTES)
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, NPU_REG_PPU_RDMA_SRC_BASE_ADDR,
				from, "a barrier reads 0x%x bytes after what it writes",
				NPU_PPU_SCRATCH_BYTES);
	if (!sim_mem_find(ctx, NPU_REG_PPU_RDMA_SRC_BASE_ADDR, from, SIM_BARRIER_BYTES,
			  NPU_ATOM_BYTES, &src) ||
	    !sim_mem_find(ctx, NPU_REG_PPU_DST_BASE_ADDR, to, SIM_BARRIER_BYTES,
			  NPU_ATOM_BYTES, &dst))
		return false;
	memcpy(dst.data, src.data, SIM_BARRIER_BYTES);
	ctx->scratch[ctx->scratch_count++] = to;
	return true;
}
