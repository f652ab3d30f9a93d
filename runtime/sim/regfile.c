/*
 * The register file: two groups per block, poison, and which words are legal.
 *
 * A register counts as set when *this job* wrote it in the group that runs:
 * values of earlier jobs survive in hardware, but a list that leans on them
 * works or hangs depending on what ran before it.
 */
#include <string.h>

#include "hw/npu_word.h"
#include "sim/sim_priv.h"

void sim_regs_init(struct sim *sim)
{
	for (uint32_t r = 0; r < NPU_REG_N; r++)
		sim->known_bits[r] = npu_reg_known_bits((enum npu_reg)r);
	for (size_t i = 0; i < npu_order_count; i++)
		sim->in_record[npu_order[i].reg] = true;
}

/* The S_POINTER of a block; its fields lie at the same bits in all of them. */
static enum npu_reg pointer_reg(enum npu_block block)
{
	static const enum npu_reg regs[NPU_BLOCK_N] = {
		[NPU_BLOCK_CNA] = NPU_REG_CNA_S_POINTER,
		[NPU_BLOCK_CORE] = NPU_REG_CORE_S_POINTER,
		[NPU_BLOCK_DPU] = NPU_REG_DPU_S_POINTER,
		[NPU_BLOCK_DPU_RDMA] = NPU_REG_DPU_RDMA_S_POINTER,
		[NPU_BLOCK_PPU] = NPU_REG_PPU_S_POINTER,
		[NPU_BLOCK_PPU_RDMA] = NPU_REG_PPU_RDMA_S_POINTER,
	};

	return regs[block];
}

/*
 * With ping-pong on, the group bits of the written value are ignored: every
 * record writes 0xe and yet the groups alternate (F-32).
 */
static void write_pointer(struct sim_ctx *ctx, enum npu_block block, uint32_t value)
{
	struct sim_core_state *s = ctx->state;

	if (npu_field_unpack(value, NPU_DPU_S_POINTER_POINTER_PP_CLEAR))
		s->block[block].pointer = 0;
	if (npu_field_unpack(value, NPU_DPU_S_POINTER_EXECUTER_PP_CLEAR))
		s->block[block].executer = 0;
	s->block[block].pointer_pp =
	    npu_field_unpack(value, NPU_DPU_S_POINTER_POINTER_PP_EN);
	s->block[block].executer_pp =
	    npu_field_unpack(value, NPU_DPU_S_POINTER_EXECUTER_PP_EN);
	if (!s->block[block].pointer_pp)
		s->block[block].pointer =
		    npu_field_unpack(value, NPU_DPU_S_POINTER_POINTER);
	s->block[block].epoch = ctx->sim->epoch;
}

void sim_regs_begin_list(struct sim_ctx *ctx)
{
	write_pointer(ctx, NPU_BLOCK_CNA, NPU_S_POINTER_PINGPONG);
	write_pointer(ctx, NPU_BLOCK_CORE, NPU_S_POINTER_PINGPONG);
}

/* Offsets every block has: state to read and a start that only the PC gives. */
#define OFFSET_S_STATUS 0x0u
#define OFFSET_OPERATION_ENABLE 0x8u

bool sim_reg_write(struct sim_ctx *ctx, enum npu_block block, uint16_t offset,
		   uint32_t value)
{
	enum npu_reg reg = npu_reg_from_offset(offset);
	uint32_t in_block = offset & 0xfffu;
	struct sim_core_state *s = ctx->state;

	if (reg == NPU_REG_N)
		return sim_fail(ctx, SIM_ERR_WORD, NPU_REG_N, 0,
				"no register at offset 0x%04x (value 0x%x)", offset,
				value);
	if (npu_regs[reg].block != block)
		return sim_fail(
		    ctx, SIM_ERR_WORD, reg, 0,
		    "the word's target 0x%04x is %s, but the offset belongs to %s",
		    npu_block_target(block), npu_block_name(block),
		    npu_block_name(npu_regs[reg].block));
	if (value & ~ctx->sim->known_bits[reg])
		return sim_fail(ctx, SIM_ERR_WORD, reg, 0,
				"value 0x%x has bits outside its fields (0x%x)", value,
				value & ~ctx->sim->known_bits[reg]);
	if (in_block == OFFSET_S_STATUS || in_block == OFFSET_OPERATION_ENABLE)
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, reg, 0,
				"a record may not write this register");
	if (reg == pointer_reg(block)) {
		write_pointer(ctx, block, value);
		return true;
	}
	s->value[s->block[block].pointer][reg] = value;
	s->epoch[s->block[block].pointer][reg] = ctx->sim->epoch;
	return true;
}

uint32_t sim_reg(const struct sim_ctx *ctx, enum npu_reg reg)
{
	const struct sim_core_state *s = ctx->state;

	return s->value[s->block[npu_regs[reg].block].executer][reg];
}

uint32_t sim_field(const struct sim_ctx *ctx, enum npu_field field)
{
	return npu_field_unpack(sim_reg(ctx, npu_fields[field].reg), field);
}

bool sim_reg_is_set(struct sim_ctx *ctx, enum npu_reg reg)
{
	struct sim_core_state *s = ctx->state;
	enum npu_block block = npu_regs[reg].block;
	uint32_t group = s->block[block].executer;
	uint64_t epoch =
	    reg == pointer_reg(block) ? s->block[block].epoch : s->epoch[group][reg];

	if (epoch == ctx->sim->epoch)
		return true;
	return sim_fail(ctx, SIM_ERR_UNSET, reg, 0,
			epoch ? "register group %u holds a value of an earlier job only"
			      : "never written in register group %u",
			group);
}

bool sim_regs_all_set(struct sim_ctx *ctx, enum npu_block block)
{
	for (uint32_t r = 0; r < NPU_REG_N; r++) {
		if (ctx->sim->in_record[r] && npu_regs[r].block == block &&
		    !sim_reg_is_set(ctx, (enum npu_reg)r))
			return false;
	}
	return true;
}

uint32_t sim_regs_started(struct sim_ctx *ctx, enum npu_block block)
{
	struct sim_core_state *s = ctx->state;
	uint32_t group = s->block[block].executer;

	if (s->block[block].pointer_pp)
		s->block[block].pointer ^= 1u;
	if (s->block[block].executer_pp)
		s->block[block].executer ^= 1u;
	return group;
}

bool sim_want_regs(struct sim_ctx *ctx, const struct sim_want_reg *want, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t value = sim_reg(ctx, want[i].reg);

		if (value != want[i].value)
			return sim_fail(ctx, SIM_ERR_UNSUPPORTED, want[i].reg, 0,
					"value 0x%x is not simulated, only 0x%x", value,
					want[i].value);
	}
	return true;
}

bool sim_want_fields(struct sim_ctx *ctx, const struct sim_want_field *want, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t value = sim_field(ctx, want[i].field);

		if (value != want[i].value)
			return sim_fail(
			    ctx, SIM_ERR_UNSUPPORTED, npu_fields[want[i].field].reg, 0,
			    "%s %u is not simulated, only %u",
			    npu_fields[want[i].field].name, value, want[i].value);
	}
	return true;
}

static bool sizes_differ(struct sim_ctx *ctx, enum npu_field a, uint32_t va,
			 enum npu_field b, uint32_t vb)
{
	const struct npu_field_desc *da = &npu_fields[a], *db = &npu_fields[b];

	return sim_fail(ctx, SIM_ERR_SIZES, da->reg, 0,
			"%s is %u but %s.%s %s (0x%04x) is %u", da->name, va,
			npu_block_name(npu_regs[db->reg].block), npu_regs[db->reg].name,
			db->name, npu_regs[db->reg].offset, vb);
}

bool sim_want_same(struct sim_ctx *ctx, enum npu_field a, enum npu_field b)
{
	uint32_t va = sim_field(ctx, a), vb = sim_field(ctx, b);

	return va == vb || sizes_differ(ctx, a, va, b, vb);
}

bool sim_want_size(struct sim_ctx *ctx, enum npu_field a, uint64_t value, const char *why)
{
	uint32_t va = sim_field(ctx, a);

	if (va == value)
		return true;
	return sim_fail(ctx, SIM_ERR_SIZES, npu_fields[a].reg, 0,
			"%s is %u but %s makes it %llu", npu_fields[a].name, va, why,
			(unsigned long long)value);
}
