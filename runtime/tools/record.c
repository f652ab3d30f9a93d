/* Finding a conv's records, relocations and the plans that own them. */
#include "dump.h"

void record_find(struct record *r, const struct npub *b, const struct npub_conv *c,
		 uint32_t task)
{
	uint64_t first, body, left;

	*r = (struct record){ .task = &b->tasks[c->first_task + task] };
	first = r->task->regcmd_addr / NPU_WORD_BYTES;
	body = r->task->regcfg_amount;
	if (r->task->regcmd_addr % NPU_WORD_BYTES || first >= c->word_count)
		return;
	left = c->word_count - first;
	r->first_word = (uint32_t)first;
	r->words = b->words + c->first_word + first;
	r->body_words = (uint32_t)(body < left ? body : left);
	left -= r->body_words;
	r->tail_words = left < NPU_TAIL_WORDS ? (uint32_t)left : NPU_TAIL_WORDS;
}

const struct npub_reloc *record_reloc(const struct npub *b, const struct npub_conv *c,
				      uint32_t word)
{
	uint32_t lo = 0, hi = c->reloc_count; /* they rise by word */

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (b->relocs[c->first_reloc + mid].word < word)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < c->reloc_count && b->relocs[c->first_reloc + lo].word == word)
		return &b->relocs[c->first_reloc + lo];
	return NULL;
}

static bool plan_core_of(const struct npub_plan *plan, uint32_t task, uint32_t *core)
{
	for (uint32_t i = 0; i < plan->cores; i++)
		if (task - plan->list[i].first_task < plan->list[i].task_count) {
			*core = i;
			return true;
		}
	return false;
}

bool task_owner(struct task_owner *owner, const struct npub *b, const struct npub_conv *c,
		uint32_t task)
{
	for (uint32_t p = 0; p < c->plan_count; p++) {
		const struct npub_plan *plan = &b->plans[c->first_plan + p];

		if (plan_core_of(plan, task, &owner->core)) {
			owner->cores = plan->cores;
			return true;
		}
	}
	return false;
}

bool dump_wants_conv(const struct dump *d, uint32_t conv)
{
	return d->conv == NPUB_NONE || d->conv == conv;
}

bool dump_wants_plan(const struct dump *d, const struct npub_plan *plan)
{
	return d->cores == 0 || d->cores == plan->cores;
}

bool dump_wants_task(const struct dump *d, const struct npub_conv *c, uint32_t task)
{
	uint32_t core;

	if (d->task != NPUB_NONE && d->task != task)
		return false;
	if (d->cores == 0)
		return true;
	for (uint32_t p = 0; p < c->plan_count; p++) {
		const struct npub_plan *plan = &d->npub->plans[c->first_plan + p];

		if (plan->cores == d->cores && plan_core_of(plan, task, &core))
			return true;
	}
	return false;
}

enum npu_reg reg_of_word(struct npu_word word)
{
	enum npu_block block;
	enum npu_reg reg = npu_reg_from_offset(word.offset);

	if (reg == NPU_REG_N)
		return NPU_REG_N;
	/* The last two words of a tail write PC registers under targets of their own. */
	if (word.target == NPU_TARGET_START || word.target == NPU_TARGET_VERSION)
		return npu_regs[reg].block == NPU_BLOCK_PC ? reg : NPU_REG_N;
	if (!npu_block_from_target(word.target, &block) || npu_regs[reg].block != block)
		return NPU_REG_N;
	return reg;
}

char *reg_text(char text[REG_TEXT_BYTES], struct npu_word word)
{
	enum npu_reg reg = reg_of_word(word);
	enum npu_block block;

	if (reg != NPU_REG_N)
		snprintf(text, REG_TEXT_BYTES, "%s.%s",
			 npu_block_name(npu_regs[reg].block), npu_regs[reg].name);
	else if (npu_block_from_target(word.target, &block))
		snprintf(text, REG_TEXT_BYTES, "%s.R%04x", npu_block_name(block),
			 word.offset);
	else if (word.target == 0 || word.target == NPU_TARGET_NOP)
		snprintf(text, REG_TEXT_BYTES, "NOP");
	else
		snprintf(text, REG_TEXT_BYTES, "T%04x.R%04x", word.target, word.offset);
	return text;
}
