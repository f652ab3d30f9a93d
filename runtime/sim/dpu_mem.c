/*
 * What the DPU and its read engine touch in memory, noted before anything runs.
 */
#include "sim/sim_priv.h"

static bool claim_operand(struct sim_ctx *ctx, struct sim_conv *c)
{
	static const struct {
		enum npu_reg base, notch;
	} dma[2] = {
		{ NPU_REG_DPU_RDMA_SRC_BASE_ADDR, NPU_REG_DPU_RDMA_SURF_NOTCH },
		{ NPU_REG_DPU_RDMA_EW_BASE_ADDR, NPU_REG_DPU_RDMA_EW_SURF_NOTCH },
	};
	uint64_t tile_bytes = (uint64_t)c->ow * c->oh * NPU_ATOM_BYTES;

	/* two engines share the surfaces: even ones and odd ones (F-93) */
	for (uint32_t s = 0; s < c->k_pad / c->dpu.out_chans; s++) {
		uint64_t pitch = tile_bytes + sim_reg(ctx, dma[s % 2].notch);
		struct sim_span span;

		if (!sim_mem_read(ctx, dma[s % 2].base,
				  sim_reg(ctx, dma[s % 2].base) + s / 2 * pitch,
				  tile_bytes, NPU_ATOM_BYTES, &span))
			return false;
		ctx->sim->ew_surface[s] = span.data;
	}
	c->dpu.ew.surface = ctx->sim->ew_surface;
	ctx->result->bytes_read += tile_bytes * (c->k_pad / c->dpu.out_chans);
	return true;
}

static bool claim_output(struct sim_ctx *ctx, struct sim_conv *c)
{
	struct sim_dpu *d = &c->dpu;
	struct sim_span base, row;

	if (!sim_mem_find(ctx, NPU_REG_DPU_DST_BASE_ADDR, d->dst, NPU_ATOM_BYTES,
			  NPU_ATOM_BYTES, &base))
		return false;
	for (uint32_t s = 0; s < c->k_pad / d->out_chans; s++) {
		uint64_t surface = d->dst + (uint64_t)(s / d->surfaces) * d->surf_add +
				   (uint64_t)(s % d->surfaces) * d->surf_stride;

		for (uint32_t y = 0; y < c->oh; y++) {
			uint64_t at =
			    surface + (uint64_t)y * d->row_atoms * NPU_ATOM_BYTES;

			if (!sim_mem_write(ctx, NPU_REG_DPU_DST_BASE_ADDR, at,
					   (uint64_t)c->ow * NPU_ATOM_BYTES,
					   d->surf_stride, &row))
				return false;
			if (row.region != base.region)
				return sim_fail(ctx, SIM_ERR_DMA,
						NPU_REG_DPU_DST_BASE_ADDR, at,
						"the output spreads over two regions");
		}
	}
	d->out_data = base.data;
	ctx->result->bytes_written += (uint64_t)c->ow * c->oh * c->k_pad * d->out_bytes;
	return true;
}

bool sim_dpu_claim(struct sim_ctx *ctx, struct sim_conv *c, bool rdma)
{
	struct sim_dpu *d = &c->dpu;

	if (rdma && sim_field(ctx, NPU_DPU_RDMA_BRDMA_CFG_BRDMA_DATA_USE)) {
		uint64_t bytes =
		    (uint64_t)c->k_pad *
		    (d->bias_grouped ? SIM_BIAS_GROUP_CHAN_BYTES : SIM_BIAS_CHAN_BYTES);
		struct sim_span span;

		if (!sim_mem_read(ctx, NPU_REG_DPU_RDMA_BS_BASE_ADDR,
				  sim_reg(ctx, NPU_REG_DPU_RDMA_BS_BASE_ADDR), bytes,
				  NPU_ATOM_BYTES, &span))
			return false;
		d->bias = span.data;
		ctx->result->bytes_read += bytes;
	}
	return (!d->ew.on || claim_operand(ctx, c)) && claim_output(ctx, c);
}
