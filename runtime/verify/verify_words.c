/* Each record by itself: where it lies, what words it has, what is relocated. */
#include "verify/verify_internal.h"

#include <string.h>

#include "hw/npu_hw.h"

void verify_init(struct verify *v, const struct npub *b, uint32_t index,
		 struct npurt_error *error)
{
	v->b = b;
	v->conv = &b->convs[index];
	v->tasks = b->tasks + v->conv->first_task;
	v->words = b->words + v->conv->first_word;
	v->relocs = b->relocs + v->conv->first_reloc;
	v->error = error;
	v->task = v->core = 0;
	v->plan = NULL;
	v->covered = 0;
	for (int r = 0; r < NPU_REG_N; r++)
		v->known_bits[r] = npu_reg_known_bits((enum npu_reg)r);
}

enum npurt_err verify_fail(struct verify *v, enum npurt_err code, const char *sentence)
{
	v->error->task = v->task;
	return npurt_failf(v->error, code, "task %u (core %u): %s", v->task, v->core,
			   sentence);
}

enum npurt_err verify_fail_reg(struct verify *v, enum npurt_err code, enum npu_reg reg,
			       const char *sentence)
{
	v->error->task = v->task;
	v->error->reg = npu_regs[reg].offset;
	return npurt_failf(v->error, code, "task %u (core %u): %s.%s %s", v->task,
			   v->core, npu_block_name(npu_regs[reg].block),
			   npu_regs[reg].name, sentence);
}

enum npurt_err verify_fail_value(struct verify *v, enum npurt_err code, enum npu_reg reg,
				 const char *what, uint64_t found, uint64_t allowed)
{
	v->error->task = v->task;
	v->error->reg = npu_regs[reg].offset;
	v->error->found = found;
	v->error->allowed = allowed;
	return npurt_failf(v->error, code,
			   "task %u (core %u): %s.%s: %s is %U, must be %U", v->task,
			   v->core, npu_block_name(npu_regs[reg].block),
			   npu_regs[reg].name, what, found, allowed);
}

uint32_t verify_find_reloc(const struct verify *v, uint32_t word)
{
	uint32_t lo = 0, hi = v->conv->reloc_count;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (v->relocs[mid].word < word)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* F-33: bit 1 of the mask belongs to no block of ours. */
uint32_t verify_block_bit(enum npu_block block)
{
	static const uint8_t bits[NPU_BLOCK_N] = {
		[NPU_BLOCK_CNA] = 0x01, [NPU_BLOCK_CORE] = 0x04,
		[NPU_BLOCK_DPU] = 0x08, [NPU_BLOCK_DPU_RDMA] = 0x10,
		[NPU_BLOCK_PPU] = 0x20, [NPU_BLOCK_PPU_RDMA] = 0x40,
	};

	return bits[block];
}

bool verify_is_pointer(enum npu_reg reg)
{
	return reg == NPU_REG_DPU_S_POINTER || reg == NPU_REG_DPU_RDMA_S_POINTER ||
	       reg == NPU_REG_PPU_S_POINTER || reg == NPU_REG_PPU_RDMA_S_POINTER;
}

/*
 * The driver sets the CNA's and the CORE's pointers itself; status, enable and
 * clock registers are nobody's business in a command stream.
 */
bool verify_is_program_reg(enum npu_reg reg)
{
	switch (reg) {
	case NPU_REG_CNA_S_STATUS:
	case NPU_REG_CNA_S_POINTER:
	case NPU_REG_CNA_OPERATION_ENABLE:
	case NPU_REG_CNA_CLK_GATE:
	case NPU_REG_CORE_S_STATUS:
	case NPU_REG_CORE_S_POINTER:
	case NPU_REG_CORE_OPERATION_ENABLE:
	case NPU_REG_CORE_MAC_GATING:
	case NPU_REG_DPU_S_STATUS:
	case NPU_REG_DPU_OPERATION_ENABLE:
	case NPU_REG_DPU_RDMA_S_STATUS:
	case NPU_REG_DPU_RDMA_OPERATION_ENABLE:
	case NPU_REG_PPU_S_STATUS:
	case NPU_REG_PPU_OPERATION_ENABLE:
	case NPU_REG_PPU_RDMA_S_STATUS:
	case NPU_REG_PPU_RDMA_OPERATION_ENABLE:
		return false;
	default:
		return npu_regs[reg].block != NPU_BLOCK_PC;
	}
}

static bool is_address_reg(enum npu_reg reg)
{
	enum npu_field first;
	uint32_t count;

	npu_reg_fields(reg, &first, &count);
	return count && npu_fields[first].kind == NPU_FIELD_ADDR;
}

/* The driver reads some of these, the others must not surprise a later one. */
static enum npurt_err check_record(struct verify *v, const struct npub_task *t,
				   uint64_t at)
{
	uint32_t int_mask =
	    t->enable_mask == NPU_MASK_BARRIER ? NPU_INT_MASK_PPU : NPU_INT_MASK_DPU;

	if (t->enable_mask != NPU_MASK_CONV && t->enable_mask != NPU_MASK_CONV_RDMA &&
	    t->enable_mask != NPU_MASK_BARRIER)
		return verify_fail(v, NPURT_ERR_FORBIDDEN,
				   "unknown combination of blocks");
	if (t->int_mask != int_mask) {
		v->error->found = t->int_mask;
		v->error->allowed = int_mask;
		return verify_fail(v, NPURT_ERR_FORBIDDEN,
				   "int_mask is not the pair of its last block");
	}
	if (t->flags || t->int_status || t->regcfg_offset ||
	    t->int_clear != NPU_INT_CLEAR_ALL)
		return verify_fail(v, NPURT_ERR_PLAN,
				   "task record fields differ from the driver's");
	if (t->regcmd_addr % NPU_RECORD_ALIGN_BYTES || t->regcmd_addr < at)
		return verify_fail(v, NPURT_ERR_CHAIN,
				   "commands overlap or are not on 64 bytes");
	if (!t->regcfg_amount || t->regcmd_addr / NPU_WORD_BYTES > v->conv->word_count ||
	    v->conv->word_count - t->regcmd_addr / NPU_WORD_BYTES < NPU_TAIL_WORDS ||
	    t->regcfg_amount >
		v->conv->word_count - t->regcmd_addr / NPU_WORD_BYTES - NPU_TAIL_WORDS)
		return verify_fail(v, NPURT_ERR_CHAIN, "commands run past the last word");
	return NPURT_OK;
}

static enum npurt_err check_word(struct verify *v, uint64_t word, uint32_t mask,
				 bool relocated, uint32_t *pointers)
{
	struct npu_word w = npu_word_unpack(word);
	enum npu_reg reg = npu_reg_from_offset(w.offset);
	enum npu_block block;
	uint32_t bit;

	v->error->reg = w.offset;
	if (!npu_block_from_target(w.target, &block) || reg == NPU_REG_N ||
	    npu_regs[reg].block != block || !verify_is_program_reg(reg)) {
		v->error->found = word;
		return verify_fail(v, NPURT_ERR_COMMAND, "no such register");
	}
	bit = verify_block_bit(block);
	if (!(mask & bit))
		return verify_fail_reg(v, NPURT_ERR_COMMAND, reg,
				       "is of a block not enabled");
	if (w.value & ~v->known_bits[reg]) {
		v->error->found = w.value;
		v->error->allowed = v->known_bits[reg];
		return verify_fail_reg(v, NPURT_ERR_COMMAND, reg,
				       "has bits outside its fields");
	}
	if (verify_is_pointer(reg)) {
		if (w.value != NPU_S_POINTER_PINGPONG)
			return verify_fail_value(v, NPURT_ERR_COMMAND, reg, "value",
						 w.value, NPU_S_POINTER_PINGPONG);
		*pointers |= bit;
	} else if (block != NPU_BLOCK_CNA && block != NPU_BLOCK_CORE &&
		   !(*pointers & bit)) {
		return verify_fail_reg(v, NPURT_ERR_INCOMPLETE, reg,
				       "is written before the block's S_POINTER");
	}
	if (relocated && !is_address_reg(reg))
		return verify_fail_reg(v, NPURT_ERR_RELOC, reg, "is no address");
	if (is_address_reg(reg) && w.value)
		return verify_fail_reg(v, NPURT_ERR_RELOC, reg,
				       "holds an address; the loader supplies it");
	v->error->reg = NPURT_NOWHERE;
	return NPURT_OK;
}

/* Whether the next relocation patches `word`; takes it if so. */
static bool take_reloc(const struct verify *v, uint32_t *reloc, uint32_t word)
{
	if (*reloc >= v->conv->reloc_count || v->relocs[*reloc].word != word)
		return false;
	++*reloc;
	return true;
}

/*
 * Walk the conv's words from first to last.  What is in no record must be zero,
 * and so no relocation may point there.
 */
enum npurt_err verify_records(struct verify *v)
{
	uint32_t at = 0, reloc = 0;
	enum npurt_err err;

	for (v->task = 0; v->task < v->conv->task_count; v->task++) {
		const struct npub_task *t = &v->tasks[v->task];
		uint32_t start, pointers = 0;

		err = check_record(v, t, (uint64_t)at * NPU_WORD_BYTES);
		if (err)
			return err;
		start = (uint32_t)(t->regcmd_addr / NPU_WORD_BYTES);
		for (; at < start; at++) {
			if (v->words[at])
				return verify_fail(
				    v, NPURT_ERR_CHAIN,
				    "words before its commands are not zero");
		}
		if (reloc < v->conv->reloc_count && v->relocs[reloc].word < start)
			return verify_fail(v, NPURT_ERR_RELOC,
					   "relocation between records");
		for (; at < start + t->regcfg_amount; at++) {
			err = check_word(v, v->words[at], t->enable_mask,
					 take_reloc(v, &reloc, at), &pointers);
			if (err)
				return err;
		}
		take_reloc(v, &reloc,
			   at); /* address of the next record, seen by the chain */
		at += NPU_TAIL_WORDS;
		if (reloc < v->conv->reloc_count && v->relocs[reloc].word < at)
			return verify_fail(v, NPURT_ERR_RELOC, "relocation in the tail");
	}
	v->task = v->conv->task_count - 1;
	for (; at < v->conv->word_count; at++) {
		if (v->words[at])
			return verify_fail(v, NPURT_ERR_CHAIN,
					   "words after its commands are not zero");
	}
	if (reloc != v->conv->reloc_count)
		return verify_fail(v, NPURT_ERR_RELOC,
				   "relocation after the last record");
	return NPURT_OK;
}
