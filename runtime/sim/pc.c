/*
 * The PC: fetches a record, writes its registers, starts the blocks its start
 * word names, and follows the tail to the next record.  The task count comes
 * from the driver; everything else about a later record comes from the tail.
 */
#include <string.h>

#include "hw/npu_word.h"
#include "sim/sim_priv.h"

/* A PC unit is 16 bytes: two words. */
#define WORDS_PER_UNIT (NPU_ATOM_BYTES / NPU_WORD_BYTES)

/* A record as fetched, up to its start word. */
struct record {
	uint64_t addr;
	uint32_t units;	     /* of 16 bytes */
	uint32_t body_words; /* 0: not known, only the first record's is */
	bool has_amount, has_start;
	uint32_t next_addr, next_amount; /* registers as the tail leaves them */
	uint32_t mask;
};

static bool tail_word(struct sim_ctx *ctx, struct record *r, struct npu_word w)
{
	enum npu_reg reg = npu_reg_from_offset(w.offset);

	if (reg != NPU_REG_PC_BASE_ADDRESS && reg != NPU_REG_PC_REGISTER_AMOUNTS)
		return sim_fail(ctx, SIM_ERR_WORD, reg, 0,
				"a record may not write the PC's register at 0x%04x",
				w.offset);
	if (w.value & ~ctx->sim->known_bits[reg])
		return sim_fail(ctx, SIM_ERR_WORD, reg, 0,
				"value 0x%x has bits outside its fields", w.value);
	if (reg == NPU_REG_PC_BASE_ADDRESS) {
		if (npu_field_unpack(w.value, NPU_PC_BASE_ADDRESS_PC_SEL))
			return sim_fail(ctx, SIM_ERR_WORD, reg, 0,
					"PC_SEL in a tail ends command fetching");
		r->next_addr = w.value;
		return true;
	}
	if (npu_field_unpack(w.value, NPU_PC_REGISTER_AMOUNTS_UNKNOWN_29_30))
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, reg, 0,
				"bits 30:29 of the amount (0x%x) are not simulated",
				w.value);
	r->next_amount = w.value;
	r->has_amount = true;
	return true;
}

static bool start_word(struct sim_ctx *ctx, struct record *r, struct npu_word w,
		       bool after_version, uint32_t index)
{
	if (npu_reg_from_offset(w.offset) != NPU_REG_PC_OPERATION_ENABLE ||
	    w.value & ~ctx->sim->known_bits[NPU_REG_PC_OPERATION_ENABLE])
		return sim_fail(ctx, SIM_ERR_WORD, NPU_REG_PC_OPERATION_ENABLE, 0,
				"start word with offset 0x%04x and mask 0x%x", w.offset,
				w.value);
	if (!after_version)
		return sim_fail(
		    ctx, SIM_ERR_WORD, NPU_REG_PC_OPERATION_ENABLE, 0,
		    "no version word (target 0x%04x) directly before the start word",
		    NPU_TARGET_VERSION);
	if (!r->has_amount)
		return sim_fail(
		    ctx, SIM_ERR_WORD, NPU_REG_PC_REGISTER_AMOUNTS, 0,
		    "the tail sets no amount: the PC would keep the last one");
	if (r->body_words && index != r->body_words + NPU_TAIL_WORDS - 1)
		return sim_fail(ctx, SIM_ERR_WORD, NPU_REG_PC_OPERATION_ENABLE, 0,
				"start word %u of a record with %u body words", index,
				r->body_words);
	r->mask = w.value;
	r->has_start = true;
	return true;
}

static bool run_words(struct sim_ctx *ctx, struct record *r, const uint8_t *data)
{
	bool after_version = false, in_tail = false;

	for (uint32_t i = 0; i < r->units * WORDS_PER_UNIT; i++) {
		struct npu_word w;
		enum npu_block block;
		uint64_t bits;

		memcpy(&bits, data + (size_t)i * NPU_WORD_BYTES, sizeof bits);
		w = npu_word_unpack(bits);
		if (bits == 0 || w.target == NPU_TARGET_NOP) {
			after_version = false;
			continue;
		}
		if (r->has_start)
			return sim_fail(ctx, SIM_ERR_WORD, NPU_REG_N, r->addr,
					"word %u (0x%016llx) after the start word", i,
					(unsigned long long)bits);
		if (w.target == NPU_TARGET_VERSION) {
			if (w.offset || w.value)
				return sim_fail(ctx, SIM_ERR_WORD, NPU_REG_N, r->addr,
						"version word 0x%016llx is not empty",
						(unsigned long long)bits);
			after_version = in_tail = true;
			continue;
		}
		if (w.target == NPU_TARGET_START) {
			if (!start_word(ctx, r, w, after_version, i))
				return false;
			continue;
		}
		after_version = false;
		if (!npu_block_from_target(w.target, &block))
			return sim_fail(ctx, SIM_ERR_WORD, NPU_REG_N, r->addr,
					"word %u (0x%016llx) has unknown target 0x%04x",
					i, (unsigned long long)bits, w.target);
		if (block == NPU_BLOCK_PC) {
			in_tail = true;
			if (!tail_word(ctx, r, w))
				return false;
		} else if (in_tail) {
			return sim_fail(
			    ctx, SIM_ERR_WORD, npu_reg_from_offset(w.offset), r->addr,
			    "word %u writes a register after the tail began", i);
		} else if (!sim_reg_write(ctx, block, w.offset, w.value)) {
			return false;
		}
	}
	if (!r->has_start)
		return sim_fail(ctx, SIM_ERR_WORD, NPU_REG_PC_OPERATION_ENABLE, r->addr,
				"no start word in the %u words fetched from 0x%llx",
				r->units * WORDS_PER_UNIT, (unsigned long long)r->addr);
	return true;
}

static bool fetch_record(struct sim_ctx *ctx, struct record *r)
{
	struct sim_span span;

	r->has_amount = r->has_start = false;
	r->next_addr = r->next_amount = r->mask = 0;
	return sim_mem_read(ctx, NPU_REG_PC_BASE_ADDRESS, r->addr,
			    (uint64_t)r->units * NPU_ATOM_BYTES, NPU_ATOM_BYTES, &span) &&
	       run_words(ctx, r, span.data);
}

/* CONV_CON2's mode of a list, by number of cores: split by rows, by channels. */
static bool check_barrier_bits(struct sim_ctx *ctx, const struct sim_conv *c,
			       const struct record *r)
{
	static const uint32_t modes[NPU_MAX_CORES][2] = { { 0, 0 }, { 1, 4 }, { 2, 5 } };
	uint32_t cores = ctx->job->list_count;
	uint32_t bits = npu_field_unpack(r->next_amount, NPU_PC_REGISTER_AMOUNTS_BARRIER);

	if (bits != cores - 1)
		return sim_fail(ctx, SIM_ERR_BARRIER, NPU_REG_PC_REGISTER_AMOUNTS, 0,
				"the tail waits for %u cores but the job has %u",
				bits + 1, cores);
	if (c->mode != modes[cores - 1][0] && c->mode != modes[cores - 1][1])
		return sim_fail(ctx, SIM_ERR_BARRIER, NPU_REG_CNA_CONV_CON2, 0,
				"co-work mode %u in a job of %u cores", c->mode, cores);
	return true;
}

static bool run_conv(struct sim_ctx *ctx, const struct record *r)
{
	static const enum npu_block blocks[] = {
		NPU_BLOCK_CNA,
		NPU_BLOCK_CORE,
		NPU_BLOCK_DPU,
		NPU_BLOCK_DPU_RDMA,
	};
	bool rdma = r->mask == NPU_MASK_CONV_RDMA;
	size_t n = rdma ? 4 : 3;
	struct sim_conv c;

	memset(&c, 0, sizeof c);
	for (size_t i = 0; i < n; i++) {
		if (!sim_regs_all_set(ctx, blocks[i]))
			return false;
	}
	if (!sim_cna_decode(ctx, &c) || !sim_dpu_decode(ctx, &c, rdma) ||
	    !check_barrier_bits(ctx, &c, r) || !sim_feature_load(ctx, &c) ||
	    !sim_weights_load(ctx, &c) || !sim_dpu_claim(ctx, &c, rdma) ||
	    !sim_core_run(ctx, &c))
		return false;
	for (size_t i = 0; i < n; i++) {
		uint32_t group = sim_regs_started(ctx, blocks[i]);

		if (blocks[i] == NPU_BLOCK_DPU)
			ctx->result->int_status = 1u << (SIM_INT_DPU_SHIFT + group);
	}
	return true;
}

static bool run_barrier(struct sim_ctx *ctx, const struct record *r, bool last)
{
	if (ctx->job->list_count == 1)
		return sim_fail(ctx, SIM_ERR_BARRIER, NPU_REG_PC_OPERATION_ENABLE, 0,
				"a barrier record in a job of one core");
	if (!last)
		return sim_fail(ctx, SIM_ERR_BARRIER, NPU_REG_PC_OPERATION_ENABLE, 0,
				"a barrier record before the end of its list");
	if (npu_field_unpack(r->next_amount, NPU_PC_REGISTER_AMOUNTS_BARRIER))
		return sim_fail(ctx, SIM_ERR_BARRIER, NPU_REG_PC_REGISTER_AMOUNTS, 0,
				"barrier bits in the tail of a barrier record");
	if (!sim_ppu_run(ctx))
		return false;
	sim_regs_started(ctx, NPU_BLOCK_PPU_RDMA);
	ctx->result->int_status =
	    1u << (SIM_INT_PPU_SHIFT + sim_regs_started(ctx, NPU_BLOCK_PPU));
	return true;
}

static bool run_record(struct sim_ctx *ctx, const struct record *r, bool last)
{
	switch (r->mask) {
	case NPU_MASK_CONV:
	case NPU_MASK_CONV_RDMA:
		if (last && ctx->job->list_count > 1)
			return sim_fail(
			    ctx, SIM_ERR_BARRIER, NPU_REG_PC_OPERATION_ENABLE, 0,
			    "the list ends without a barrier record: its partners "
			    "would wait");
		return run_conv(ctx, r);
	case NPU_MASK_BARRIER:
		return run_barrier(ctx, r, last);
	default:
		return sim_fail(ctx, SIM_ERR_UNSUPPORTED, NPU_REG_PC_OPERATION_ENABLE, 0,
				"start mask 0x%x is not simulated", r->mask);
	}
}

/* Whether the chain stops exactly where the task count does. */
static bool follow_tail(struct sim_ctx *ctx, struct record *r, bool last)
{
	uint32_t units =
	    npu_field_unpack(r->next_amount, NPU_PC_REGISTER_AMOUNTS_PC_DATA_AMOUNT);
	bool more = units || r->next_addr;

	if (last && more)
		return sim_fail(ctx, SIM_ERR_CHAIN, NPU_REG_PC_BASE_ADDRESS, r->next_addr,
				"the chain goes on to 0x%x after the last of %u tasks",
				r->next_addr, ctx->task + 1);
	if (!last && (!units || !r->next_addr))
		return sim_fail(ctx, SIM_ERR_CHAIN, NPU_REG_PC_BASE_ADDRESS, r->next_addr,
				"the chain ends after %u tasks, the list has %u",
				ctx->task + 1, ctx->job->lists[ctx->list].task_count);
	r->addr = r->next_addr;
	r->units = units + 1;
	r->body_words = 0;
	return true;
}

/* The driver widens status bits to pairs and waits for exactly `int_mask`. */
static bool check_interrupt(struct sim_ctx *ctx, const struct sim_list *list)
{
	uint32_t pair = ctx->result->int_status & NPU_INT_MASK_DPU ? NPU_INT_MASK_DPU
								   : NPU_INT_MASK_PPU;

	if (list->int_mask != pair)
		return sim_fail(ctx, SIM_ERR_CHAIN, NPU_REG_PC_INTERRUPT_MASK, 0,
				"the list ends with interrupt 0x%x but its mask is 0x%x",
				pair, list->int_mask);
	return true;
}

bool sim_pc_run_list(struct sim_ctx *ctx, const struct sim_list *list)
{
	struct record r = {
		.addr = list->regcmd_addr,
		.units = npu_amount_from_body(list->regcfg_amount) + 1,
		.body_words = list->regcfg_amount,
	};

	ctx->sim->cbuf.resident = false;
	sim_regs_begin_list(ctx);
	for (ctx->task = 0; ctx->task < list->task_count; ctx->task++) {
		bool last = ctx->task + 1 == list->task_count;

		if (!fetch_record(ctx, &r) || !run_record(ctx, &r, last) ||
		    !follow_tail(ctx, &r, last))
			return false;
		ctx->result->tasks_done++;
	}
	ctx->task = list->task_count - 1;
	return check_interrupt(ctx, list);
}
