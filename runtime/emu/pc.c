/*
 * Command words and register groups.
 *
 * The simulator that executes a job insists on complete programs.  Hardware does
 * not: what a record leaves out, an earlier job or the reset has set.  So the
 * words are walked here first, against groups that outlive jobs, and a record
 * with gaps is handed on with the gaps filled.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/emu.h"
#include "emu/regs.h"
#include "hw/npu_word.h"

#define RECORD_WORDS 512u /* more than any known record has */
#define TAIL_BASE 0u
#define TAIL_AMOUNT 1u
#define UNIT_WORDS 2u /* of a chain's amount: 16 bytes */

/* One record as fetched. */
struct record {
	uint64_t word[RECORD_WORDS];
	uint32_t words; /* fetched */
	uint32_t body;	/* up to the tail */
	uint32_t next_base, next_amount;
	uint32_t mask;
	bool started;
	uint64_t after; /* first word after the start word, if fetched */
};

void emu_regs_clear(struct emu_regs *regs)
{
	memset(regs, 0, sizeof *regs);
}

/* What each block's interrupt bits are for group 0; group 1 has the next one. */
static const uint32_t raw_bits[NPU_BLOCK_N] = {
	[NPU_BLOCK_CNA] = 0x15,	 /* feature, weight, CSC */
	[NPU_BLOCK_CORE] = 0x40, /* */
	[NPU_BLOCK_DPU] = 0x100, /* */
	[NPU_BLOCK_PPU] = 0x400, /* */
};

/* Bit of a block in the start word. */
static const uint32_t start_bit[NPU_BLOCK_N] = {
	[NPU_BLOCK_CNA] = 0x01,	     [NPU_BLOCK_CORE] = 0x04, [NPU_BLOCK_DPU] = 0x08,
	[NPU_BLOCK_DPU_RDMA] = 0x10, [NPU_BLOCK_PPU] = 0x20,  [NPU_BLOCK_PPU_RDMA] = 0x40,
};

static const enum npu_reg pointer_reg[NPU_BLOCK_N] = {
	[NPU_BLOCK_CNA] = NPU_REG_CNA_S_POINTER,
	[NPU_BLOCK_CORE] = NPU_REG_CORE_S_POINTER,
	[NPU_BLOCK_DPU] = NPU_REG_DPU_S_POINTER,
	[NPU_BLOCK_DPU_RDMA] = NPU_REG_DPU_RDMA_S_POINTER,
	[NPU_BLOCK_PPU] = NPU_REG_PPU_S_POINTER,
	[NPU_BLOCK_PPU_RDMA] = NPU_REG_PPU_RDMA_S_POINTER,
};

/* What a pooling record has to set, by offset. */
static const uint16_t ppu_offsets[] = {
	0x600c, 0x6010, 0x6014, 0x6018, 0x601c, 0x6020, 0x6024, 0x6034,
	0x6038, 0x603c, 0x6040, 0x6044, 0x6048, 0x6070, 0x607c, 0x6084,
	0x60dc, 0x700c, 0x7010, 0x7014, 0x701c, 0x7024, 0x7028, 0x7030,
};

static void write_pointer(struct emu_core_regs *c, enum npu_block block, uint32_t value,
			  uint64_t job)
{
	struct emu_group_state *s = &c->block[block];

	if (npu_field_unpack(value, NPU_DPU_S_POINTER_POINTER_PP_CLEAR))
		s->pointer = 0;
	if (npu_field_unpack(value, NPU_DPU_S_POINTER_EXECUTER_PP_CLEAR))
		s->executer = 0;
	s->pointer_pp = npu_field_unpack(value, NPU_DPU_S_POINTER_POINTER_PP_EN);
	s->executer_pp = npu_field_unpack(value, NPU_DPU_S_POINTER_EXECUTER_PP_EN);
	if (!s->pointer_pp)
		s->pointer = npu_field_unpack(value, NPU_DPU_S_POINTER_POINTER);
	s->pointer_word = value;
	s->pointer_job = job;
}

/* ---- fetching ---- */

static bool fetch(struct emu_walk *w, uint64_t address, uint32_t words, struct record *r)
{
	struct emu_bo *bo = emu_bo_by_dma(address);
	uint64_t offset;

	if (!bo || words > RECORD_WORDS || address % NPU_ATOM_BYTES)
		return false;
	offset = address - bo->dma;
	if ((uint64_t)words * NPU_WORD_BYTES > bo->bytes - offset)
		return false;
	emu_cache_read(bo, offset, (uint64_t)words * NPU_WORD_BYTES, "command fetch");
	memset(r, 0, sizeof *r);
	r->words = words;
	memcpy(r->word, bo->dev + offset, (size_t)words * NPU_WORD_BYTES);
	(void)w;
	return true;
}

/* Find body, tail and start word; the simulator finds fault with the details. */
static bool parse(struct record *r)
{
	bool tail = false;

	for (uint32_t i = 0; i < r->words; i++) {
		struct npu_word w = npu_word_unpack(r->word[i]);
		bool is_pc = w.target == NPU_TARGET_PC;

		if (r->started) {
			r->after |= r->word[i];
			continue;
		}
		if (is_pc && w.offset == npu_regs[NPU_REG_PC_BASE_ADDRESS].offset)
			r->next_base = w.value;
		if (is_pc && w.offset == npu_regs[NPU_REG_PC_REGISTER_AMOUNTS].offset)
			r->next_amount = w.value;
		if (!tail && (is_pc || w.target == NPU_TARGET_VERSION)) {
			tail = true;
			r->body = i;
			/* an end of chain may be a word of zeros before the amount */
			if (is_pc &&
			    w.offset != npu_regs[NPU_REG_PC_BASE_ADDRESS].offset && i &&
			    !r->word[i - 1])
				r->body = i - 1;
		}
		if (w.target == NPU_TARGET_START) {
			r->mask = w.value;
			r->started = true;
		}
	}
	return r->started && tail;
}

static void apply(struct emu_core_regs *c, const struct record *r, uint64_t job)
{
	for (uint32_t i = 0; i < r->body; i++) {
		struct npu_word w = npu_word_unpack(r->word[i]);
		enum npu_reg reg = npu_reg_from_offset(w.offset);
		enum npu_block block;

		if (reg == NPU_REG_N || !npu_block_from_target(w.target, &block) ||
		    npu_regs[reg].block != block)
			continue;
		if (reg == pointer_reg[block]) {
			write_pointer(c, block, w.value, job);
			continue;
		}
		c->value[c->block[block].pointer][reg] = w.value;
		c->job[c->block[block].pointer][reg] = job;
	}
}

/* ---- the copy ---- */

static bool copy_word(struct emu_walk *w, uint64_t word)
{
	if (w->copy_words == w->copy_room) {
		uint32_t room = w->copy_room ? w->copy_room * 2 : 1024;
		uint64_t *copy = realloc(w->copy, room * sizeof *copy);

		if (!copy)
			return false;
		w->copy = copy;
		w->copy_room = room;
	}
	w->copy[w->copy_words++] = word;
	return true;
}

static uint64_t reg_word(enum npu_reg reg, uint32_t value)
{
	return npu_word_pack((struct npu_word){ npu_block_target(npu_regs[reg].block),
						value, npu_regs[reg].offset });
}

static bool complete_reg(struct emu_walk *w, struct emu_core_regs *c, enum npu_reg reg)
{
	enum npu_block block = npu_regs[reg].block;
	const struct emu_group_state *s = &c->block[block];
	bool pointer = reg == pointer_reg[block];
	uint64_t job = pointer ? s->pointer_job : c->job[s->executer][reg];
	uint32_t value = pointer ? s->pointer_word : c->value[s->executer][reg];

	if (job == w->job)
		return true;
	w->completed = true;
	emu_verdict("stale-state dependence: core %u task %u does not write %s.%s "
		    "(0x%04x); group %u holds 0x%x of %s",
		    w->core, w->walked, npu_block_name(block), npu_regs[reg].name,
		    npu_regs[reg].offset, s->executer, value,
		    job ? "an earlier job" : "the reset");
	return copy_word(w, reg_word(reg, value));
}

static bool complete(struct emu_walk *w, struct emu_core_regs *c, uint32_t mask)
{
	for (enum npu_block b = NPU_BLOCK_CNA; b < NPU_BLOCK_N; b++) {
		if (mask & start_bit[b] && !complete_reg(w, c, pointer_reg[b]))
			return false;
	}
	for (size_t i = 0; i < npu_order_count; i++) {
		enum npu_reg reg = npu_order[i].reg;

		if (mask & start_bit[npu_regs[reg].block] &&
		    npu_order[i].when != NPU_ORDER_PRELUDE &&
		    reg != pointer_reg[npu_regs[reg].block] && !complete_reg(w, c, reg))
			return false;
	}
	for (size_t i = 0; i < sizeof ppu_offsets / sizeof ppu_offsets[0]; i++) {
		enum npu_reg reg = npu_reg_from_offset(ppu_offsets[i]);

		if (mask & start_bit[npu_regs[reg].block] && !complete_reg(w, c, reg))
			return false;
	}
	return true;
}

/* Lead the record before to this one, which begins at the copy's end. */
static void link_previous(struct emu_walk *w, uint32_t begin, uint32_t body)
{
	uint64_t *tail = &w->copy[w->copy_previous];
	uint64_t address = w->copy_address + (uint64_t)begin * NPU_WORD_BYTES;
	uint32_t keep = npu_word_unpack(tail[TAIL_AMOUNT]).value & 0xffff0000u;

	if (!begin) {
		w->copy_amount = body;
		return;
	}
	tail[TAIL_BASE] = npu_word_pack((struct npu_word){
	    NPU_TARGET_PC, (uint32_t)address, npu_regs[NPU_REG_PC_BASE_ADDRESS].offset });
	tail[TAIL_AMOUNT] = npu_word_pack(
	    (struct npu_word){ NPU_TARGET_PC, keep | npu_amount_from_body(body),
			       npu_regs[NPU_REG_PC_REGISTER_AMOUNTS].offset });
}

/* The tail ends the chain until the next record is copied. */
static bool copy_tail(struct emu_walk *w, const struct record *r)
{
	uint32_t barrier = r->next_amount & 0xffff0000u;

	w->copy_previous = w->copy_words;
	if (!copy_word(
		w, npu_word_pack((struct npu_word){
		       NPU_TARGET_PC, 0, npu_regs[NPU_REG_PC_BASE_ADDRESS].offset })) ||
	    !copy_word(w, npu_word_pack((struct npu_word){
			      NPU_TARGET_PC, barrier,
			      npu_regs[NPU_REG_PC_REGISTER_AMOUNTS].offset })) ||
	    !copy_word(w, npu_word_pack((struct npu_word){ NPU_TARGET_VERSION, 0, 0 })) ||
	    !copy_word(w, npu_word_pack((struct npu_word){
			      NPU_TARGET_START, r->mask,
			      npu_regs[NPU_REG_PC_OPERATION_ENABLE].offset })))
		return false;
	while (w->copy_words % (NPU_RECORD_ALIGN_BYTES / NPU_WORD_BYTES)) {
		if (!copy_word(w, 0))
			return false;
	}
	return true;
}

/* Start the record's blocks: their groups flip; the last one's bits are pending. */
static void start_blocks(struct emu_walk *w, struct emu_core_regs *c, uint32_t mask)
{
	w->last_mask = mask;
	w->last_raw = 0;
	for (enum npu_block b = NPU_BLOCK_CNA; b < NPU_BLOCK_N; b++) {
		struct emu_group_state *s = &c->block[b];

		if (!(mask & start_bit[b]))
			continue;
		w->last_raw |= raw_bits[b] << s->executer;
		if (s->pointer_pp)
			s->pointer ^= 1u;
		if (s->executer_pp)
			s->executer ^= 1u;
	}
}

static bool take_record(struct emu_walk *w, struct emu_core_regs *c,
			const struct record *r)
{
	uint32_t begin = w->copy_words;

	apply(c, r, w->job);
	for (uint32_t i = 0; i < r->body; i++) {
		if (!copy_word(w, r->word[i]))
			return false;
	}
	if (!complete(w, c, r->mask))
		return false;
	link_previous(w, begin, w->copy_words - begin);
	if (!copy_tail(w, r))
		return false;
	start_blocks(w, c, r->mask);
	if (r->after)
		emu_verdict("unpadded record: core %u task %u: words after its start are "
			    "fetched and not zero",
			    w->core, w->walked);
	if (w->cores == 1 && r->next_amount >> 16)
		emu_verdict(
		    "barrier bits in a one-core list: core %u task %u: the tail's "
		    "amount is 0x%x",
		    w->core, w->walked, r->next_amount);
	w->walked++;
	return true;
}

bool emu_walk(struct emu_regs *regs, struct emu_walk *w)
{
	struct emu_core_regs *c = &regs->core[w->core];
	uint32_t scale = emu.settings.soc.amount_scale;
	uint32_t words = ((w->amount + NPU_TAIL_WORDS + scale - 1) / scale) * scale;
	uint64_t address = w->address;
	struct record r;

	write_pointer(c, NPU_BLOCK_CNA, NPU_S_POINTER_PINGPONG, w->job);
	write_pointer(c, NPU_BLOCK_CORE, NPU_S_POINTER_PINGPONG, w->job);
	while (w->walked < w->tasks) {
		if (!fetch(w, address, words, &r) || !parse(&r)) {
			w->broken = true;
			return true;
		}
		if (!take_record(w, c, &r))
			return false;
		address = r.next_base;
		words = ((r.next_amount & 0xffffu) + 1) * UNIT_WORDS;
		if (!(r.next_amount & 0xffffu) || !address)
			break;
	}
	w->longer = w->walked == w->tasks && ((r.next_amount & 0xffffu) || r.next_base);
	if (w->longer && !w->cut)
		emu_verdict(
		    "chain longer than its count: core %u: after task %u the tail "
		    "leads to 0x%x, amount 0x%x",
		    w->core, w->walked - 1, r.next_base, r.next_amount);
	return true;
}
