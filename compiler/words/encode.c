#include "words/encode.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hw/npu_word.h"

#define RECORD_ALIGN_WORDS (NPU_RECORD_ALIGN_BYTES / NPU_WORD_BYTES)

void regcmds_init(struct regcmds *r)
{
	memset(r, 0, sizeof *r);
}

void regcmds_free(struct regcmds *r)
{
	free(r->words);
	free(r->tasks);
	free(r->relocs);
	free(r->debug);
	regcmds_init(r);
}

/* Make room for `more` elements beyond `count`; false when out of memory. */
static bool grow(void **array, size_t elem_bytes, uint32_t *room, uint32_t count, uint32_t more)
{
	uint32_t want = *room ? *room : 64;
	void *p;

	if (count + more <= *room)
		return true;
	while (want < count + more)
		want *= 2;
	p = realloc(*array, want * elem_bytes);
	if (!p)
		return false;
	*array = p;
	*room = want;
	return true;
}

static bool make_room(struct regcmds *r, uint32_t addrs)
{
	uint32_t words = NPU_ORDER_MAX + NPU_TAIL_WORDS + RECORD_ALIGN_WORDS;
	uint32_t task_room = r->task_room;

	return grow((void **)&r->words, sizeof *r->words, &r->word_room, r->word_count, words) &&
	       grow((void **)&r->tasks, sizeof *r->tasks, &task_room, r->task_count, 1) &&
	       grow((void **)&r->debug, sizeof *r->debug, &r->task_room, r->task_count, 1) &&
	       /* its addresses and the link to it */
	       grow((void **)&r->relocs, sizeof *r->relocs, &r->reloc_room, r->reloc_count,
		    addrs + 1);
}

static void put_word(struct regcmds *r, uint16_t target, uint32_t value, uint16_t offset)
{
	struct npu_word w = { target, value, offset };

	r->words[r->word_count++] = npu_word_pack(w);
}

/* A register write; an address stays zero and becomes a relocation. */
static void put_reg(struct regcmds *r, const struct task_desc *t, enum npu_reg reg)
{
	const struct npu_reg_desc *d = &npu_regs[reg];

	for (uint32_t i = 0; i < t->addr_count; i++) {
		if (t->addr[i].reg == reg)
			r->relocs[r->reloc_count++] = (struct npub_reloc){
				.word = r->word_count, .bo = t->addr[i].bo,
				.addend = t->addr[i].offset,
			};
	}
	put_word(r, npu_block_target(d->block), t->value[reg], d->offset);
}

/* Written in every delta record, whether it differs or not (F-63). */
static const enum npu_reg delta_always[] = {
	NPU_REG_DPU_S_POINTER, NPU_REG_DPU_RDMA_S_POINTER,
	NPU_REG_CNA_FEATURE_DATA_ADDR, NPU_REG_CNA_FC_DATA_SIZE0,
	NPU_REG_CNA_FC_DATA_SIZE1, NPU_REG_CNA_DCOMP_ADDR0,
	NPU_REG_DPU_DST_BASE_ADDR, NPU_REG_DPU_WDMA_SIZE_0, NPU_REG_DPU_WDMA_SIZE_1,
	NPU_REG_DPU_RDMA_SRC_BASE_ADDR, NPU_REG_DPU_RDMA_BS_BASE_ADDR,
	NPU_REG_DPU_RDMA_BN_BASE_ADDR, NPU_REG_DPU_RDMA_EW_BASE_ADDR,
};

static bool is_pixel(const struct task_desc *t)
{
	return npu_field_unpack(t->value[NPU_REG_CNA_CONV_CON1], NPU_CNA_CONV_CON1_ARGB_IN) != 0;
}

/* Whether a delta record writes the register; image input rewrites all of CNA. */
static bool in_delta(const struct task_desc *t, const struct task_desc *before, enum npu_reg reg)
{
	if (t->value[reg] != before->value[reg] ||
	    (is_pixel(t) && npu_regs[reg].block == NPU_BLOCK_CNA))
		return true;
	for (size_t i = 0; i < sizeof delta_always / sizeof delta_always[0]; i++) {
		if (delta_always[i] == reg)
			return true;
	}
	return false;
}

/* The record body; `before`: the task whose registers it inherits, or NULL. */
static void put_conv_body(struct regcmds *r, const struct task_desc *t,
			  const struct task_desc *before)
{
	bool rdma = t->block_mask == NPU_MASK_CONV_RDMA;

	for (size_t i = 0; i < npu_order_count; i++) {
		const struct npu_order_row *row = &npu_order[i];

		if ((row->when == NPU_ORDER_PRELUDE && t->cores > 1) ||
		    (row->when == NPU_ORDER_RDMA && !rdma))
			continue;
		if (before && row->when != NPU_ORDER_PRELUDE && !in_delta(t, before, row->reg))
			continue;
		put_reg(r, t, row->reg);
	}
}

/* S_POINTERs, then every other register of PPU and PPU_RDMA as the table has them. */
static void put_barrier_body(struct regcmds *r, const struct task_desc *t)
{
	put_reg(r, t, NPU_REG_PPU_S_POINTER);
	put_reg(r, t, NPU_REG_PPU_RDMA_S_POINTER);
	for (int reg = NPU_REG_PPU_DATA_CUBE_IN_WIDTH; reg <= NPU_REG_PPU_MISC_CTRL; reg++)
		put_reg(r, t, (enum npu_reg)reg);
	for (int reg = NPU_REG_PPU_RDMA_CUBE_IN_WIDTH; reg <= NPU_REG_PPU_RDMA_DATA_FORMAT;
	     reg++)
		put_reg(r, t, (enum npu_reg)reg);
}

/*
 * The tail of a list's last record: no next address, no amount, version, start
 * (F-30).  Chaining replaces the first two words.
 */
static void put_tail(struct regcmds *r, const struct task_desc *t)
{
	r->last_tail_word = r->word_count;
	r->words[r->word_count++] = 0;
	put_word(r, NPU_TARGET_PC, 0, npu_regs[NPU_REG_PC_REGISTER_AMOUNTS].offset);
	put_word(r, NPU_TARGET_VERSION, 0, 0);
	put_word(r, NPU_TARGET_START, t->block_mask,
		 npu_regs[NPU_REG_PC_OPERATION_ENABLE].offset);
}

/*
 * Point the list's last record at the one about to be written.  The upper half
 * of the amount is cores - 1 on every record of a multi-core list that has a
 * successor; only the barrier has none (F-36).
 */
static void link_from_last(struct regcmds *r, const struct task_desc *t, uint32_t body_words,
			   uint32_t first_word)
{
	uint32_t amount = 0, tail = r->last_tail_word;
	struct npu_word link = { NPU_TARGET_PC, 0, npu_regs[NPU_REG_PC_BASE_ADDRESS].offset };
	struct npu_word next = { NPU_TARGET_PC, 0, npu_regs[NPU_REG_PC_REGISTER_AMOUNTS].offset };

	amount = npu_field_pack(amount, NPU_PC_REGISTER_AMOUNTS_PC_DATA_AMOUNT,
				npu_amount_from_body(body_words));
	amount = npu_field_pack(amount, NPU_PC_REGISTER_AMOUNTS_BARRIER, t->cores - 1);
	next.value = amount;
	r->words[tail] = npu_word_pack(link);
	r->words[tail + 1] = npu_word_pack(next);
	r->relocs[r->reloc_count++] = (struct npub_reloc){
		.word = tail, .bo = NPUB_BO_WEIGHT,
		.addend = r->regcmd_offset + (uint64_t)first_word * NPU_WORD_BYTES,
	};
}

void encode_begin_list(struct regcmds *r, uint64_t regcmd_offset, bool deltas)
{
	r->regcmd_offset = regcmd_offset;
	r->deltas = deltas;
	r->list_first_task = r->task_count;
}

bool encode_task(struct regcmds *r, const struct task_desc *t)
{
	uint32_t first_word = r->word_count, body_words;
	uint32_t index = r->task_count - r->list_first_task;
	struct task_desc *slot = &r->history[index % 2];

	if (!make_room(r, t->addr_count))
		return false;
	assert(first_word % RECORD_ALIGN_WORDS == 0);
	if (t->barrier)
		put_barrier_body(r, t);
	else
		put_conv_body(r, t, r->deltas && index >= NPU_DELTA_FIRST ? slot : NULL);
	*slot = *t;
	body_words = r->word_count - first_word;
	if (index > 0)
		link_from_last(r, t, body_words, first_word);
	put_tail(r, t);
	while (r->word_count % RECORD_ALIGN_WORDS)
		r->words[r->word_count++] = 0;
	r->tasks[r->task_count] = (struct npub_task){
		.op_idx = 1, .enable_mask = t->block_mask, .int_mask = t->int_mask,
		.int_clear = NPU_INT_CLEAR_ALL, .regcfg_amount = body_words,
		.regcmd_addr = (uint64_t)first_word * NPU_WORD_BYTES,
	};
	r->debug[r->task_count++] = t->debug;
	return true;
}
