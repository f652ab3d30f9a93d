/*
 * Each list as the PC walks it: tail words, barriers, and the registers that
 * each task finds in its ping-pong group.
 */
#include "verify/verify_internal.h"

#include <string.h>

#include "hw/npu_hw.h"

/* The registers of both groups, and how often each block has started. */
struct machine {
	struct reg_state group[2][NPU_REG_N];
	uint32_t starts[NPU_BLOCK_N];
	struct verify_weights weights; /* in the CBUF */
};

static uint64_t pc_word(enum npu_reg reg, uint32_t value)
{
	return npu_word_pack(
	    (struct npu_word){ NPU_TARGET_PC, value, npu_regs[reg].offset });
}

/*
 * F-30: the first two words lead to the next record (or nowhere), the third must
 * precede the fourth, which starts this record's blocks.
 */
static enum npurt_err check_tail(struct verify *v, const struct npub_task *t,
				 const struct npub_task *next, uint32_t barrier)
{
	uint32_t at = (uint32_t)(t->regcmd_addr / NPU_WORD_BYTES) + t->regcfg_amount;
	const uint64_t *tail = &v->words[at];
	uint32_t i = verify_find_reloc(v, at);
	const struct npub_reloc *r =
	    i < v->conv->reloc_count && v->relocs[i].word == at ? &v->relocs[i] : NULL;
	uint64_t amounts = 0;

	if (tail[2] != npu_word_pack((struct npu_word){ NPU_TARGET_VERSION, 0, 0 }) ||
	    tail[3] != npu_word_pack((struct npu_word){
			   NPU_TARGET_START, t->enable_mask,
			   npu_regs[NPU_REG_PC_OPERATION_ENABLE].offset }))
		return verify_fail(
		    v, NPURT_ERR_CHAIN,
		    "start word is missing or not the record's enable_mask");
	if (!next) {
		if (r || (tail[0] && tail[0] != pc_word(NPU_REG_PC_BASE_ADDRESS, 0)) ||
		    tail[1] != pc_word(NPU_REG_PC_REGISTER_AMOUNTS, 0))
			return verify_fail(v, NPURT_ERR_CHAIN,
					   "last of its list but its chain goes on");
		return NPURT_OK;
	}
	if (tail[0] != pc_word(NPU_REG_PC_BASE_ADDRESS, 0) || !r ||
	    r->bo != v->conv->regcmd_bo ||
	    r->addend != v->conv->regcmd_bo_offset + next->regcmd_addr)
		return verify_fail(v, NPURT_ERR_CHAIN,
				   "chain does not lead to the next record of its list");
	amounts = npu_amount_from_body(next->regcfg_amount) | (uint64_t)barrier << 16;
	if (tail[1] != pc_word(NPU_REG_PC_REGISTER_AMOUNTS, (uint32_t)amounts)) {
		v->error->found = tail[1] >> 16 & UINT32_MAX;
		v->error->allowed = amounts;
		return verify_fail(v,
				   (tail[1] >> 16 & 0xffff) == (amounts & 0xffff)
				       ? NPURT_ERR_FORBIDDEN
				       : NPURT_ERR_CHAIN,
				   "amount or barrier bits of the next record are wrong");
	}
	return NPURT_OK;
}

static uint32_t block_group(const struct machine *m, enum npu_block block)
{
	return m->starts[block] & 1;
}

static void write_registers(const struct verify *v, struct machine *m,
			    const struct npub_task *t)
{
	uint32_t start = (uint32_t)(t->regcmd_addr / NPU_WORD_BYTES);
	uint32_t reloc = verify_find_reloc(v, start);

	for (uint32_t i = start; i < start + t->regcfg_amount; i++) {
		struct npu_word w = npu_word_unpack(v->words[i]);
		enum npu_reg reg = npu_reg_from_offset(w.offset);
		uint32_t group = block_group(m, npu_regs[reg].block);
		bool hit = reloc < v->conv->reloc_count && v->relocs[reloc].word == i;

		m->group[group][reg] =
		    (struct reg_state){ w.value, hit ? reloc + 1 : 0, true };
		reloc += hit;
	}
}

/*
 * Every register of every enabled block, from this task or from the last one of
 * the same list that used the same group.  Pointers do not carry over: they are
 * not part of a group.
 */
static enum npurt_err collect(struct verify *v, struct machine *m, uint32_t mask,
			      struct reg_state *seen)
{
	for (int r = 0; r < NPU_REG_N; r++) {
		enum npu_reg reg = (enum npu_reg)r;
		enum npu_block block = npu_regs[reg].block;
		struct reg_state *state;

		seen[r] = (struct reg_state){ 0 };
		if (!(mask & verify_block_bit(block)) || !verify_is_program_reg(reg))
			continue;
		state = &m->group[block_group(m, block)][reg];
		if (!state->set)
			return verify_fail_reg(v, NPURT_ERR_INCOMPLETE, reg,
					       "is not set by this list");
		seen[r] = *state;
		if (verify_is_pointer(reg))
			state->set = false;
	}
	return NPURT_OK;
}

static enum npurt_err check_task(struct verify *v, struct machine *m,
				 const struct npub_task *t, uint32_t cores, bool first)
{
	struct reg_state seen[NPU_REG_N];
	struct task_state state = { seen, t->enable_mask };
	struct verify_tile tile = { 0 };
	enum npurt_err err;

	write_registers(v, m, t);
	err = collect(v, m, t->enable_mask, seen);
	if (err)
		return err;
	for (int b = 0; b < NPU_BLOCK_N; b++)
		m->starts[b] +=
		    (t->enable_mask & verify_block_bit((enum npu_block)b)) != 0;
	if (t->enable_mask == NPU_MASK_BARRIER) {
		err = verify_barrier_dma(v, &state);
		return err ? err : verify_barrier_values(v, &state);
	}
	err = verify_conv_task(v, &state, cores, first);
	if (!err)
		err = verify_conv_dma(v, &state);
	if (!err)
		err = verify_conv_tile(v, &state, &tile);
	if (!err)
		err = verify_conv_values(v, &state, &tile, &m->weights);
	if (!err)
		verify_cover(v, &tile);
	return err;
}

/* F-37: barriers end the lists of a plan of several cores and are nowhere else. */
static enum npurt_err check_barrier_place(struct verify *v, const struct npub_task *t,
					  uint32_t cores, bool last)
{
	bool is = t->enable_mask == NPU_MASK_BARRIER;

	if (is && cores == 1)
		return verify_fail(v, NPURT_ERR_FORBIDDEN, "barrier in a one-core list");
	if (is != (last && cores > 1))
		return verify_fail(
		    v, NPURT_ERR_FORBIDDEN,
		    is ? "barrier before the end of its list"
		       : "list of several cores does not end in a barrier");
	return NPURT_OK;
}

static enum npurt_err check_list(struct verify *v, const struct npub_list *l,
				 uint32_t cores)
{
	struct machine m;
	enum npurt_err err = NPURT_OK;

	memset(&m, 0, sizeof m);
	for (uint32_t i = 0; !err && i < l->task_count; i++) {
		bool last = i + 1 == l->task_count;
		const struct npub_task *t = &v->tasks[l->first_task + i];

		v->task = l->first_task + i;
		err = check_barrier_place(v, t, cores, last);
		if (!err)
			err = check_tail(v, t, last ? NULL : t + 1, cores - 1);
		if (!err)
			err = check_task(v, &m, t, cores, i == 0);
	}
	return err;
}

enum npurt_err verify_chains(struct verify *v, const struct npub_plan *plan)
{
	uint32_t cores = npub_plan_is_one_core(plan) ? 1 : plan->cores;
	enum npurt_err err = NPURT_OK;

	v->plan = plan;
	for (v->core = 0; !err && v->core < cores; v->core++)
		err = check_list(v, &plan->list[v->core], cores);
	v->core = 0;
	return err ? err : verify_covered(v);
}
