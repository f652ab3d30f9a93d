#include "corpus/verify_record.h"

#include <stdlib.h>

uint64_t record_part_start(enum npu_reg reg, const struct compiled_conv *c)
{
	const struct weight_bo_layout *wbo = &c->weight_bo;

	switch (reg) {
	case NPU_REG_CNA_DCOMP_ADDR0: return wbo->weights;
	case NPU_REG_DPU_RDMA_BS_BASE_ADDR: return wbo->bias;
	case NPU_REG_PPU_DST_BASE_ADDR: return wbo->scratch;
	case NPU_REG_PPU_RDMA_SRC_BASE_ADDR: return wbo->scratch + NPU_PPU_SCRATCH_BYTES;
	case NPU_REG_DPU_RDMA_SRC_BASE_ADDR:
	case NPU_REG_DPU_RDMA_EW_BASE_ADDR: return c->layout.operand_offset;
	default: return 0;
	}
}

/* Words with their addends in place of the addresses that they will hold. */
static uint64_t *patch(const struct compiled_conv *c)
{
	const struct regcmds *r = &c->regcmds;
	uint64_t *words = malloc((r->word_count + 1) * sizeof *words);

	if (!words)
		return NULL;
	for (uint32_t i = 0; i < r->word_count; i++)
		words[i] = r->words[i];
	for (uint32_t i = 0; i < r->reloc_count; i++) {
		const struct npub_reloc *p = &r->relocs[i];
		struct npu_word w = npu_word_unpack(words[p->word]);
		uint64_t start = w.target == NPU_TARGET_PC
				     ? c->weight_bo.regcmd
				     : record_part_start(npu_reg_from_offset(w.offset), c);

		w.value = (uint32_t)(p->addend - start);
		words[p->word] = npu_word_pack(w);
	}
	return words;
}

static void view_record(struct record_view *v, const struct npub_task *t, const uint64_t *words)
{
	const uint64_t *at = words + t->regcmd_addr / NPU_WORD_BYTES;

	v->body_words = t->regcfg_amount;
	v->enable_mask = t->enable_mask;
	v->int_mask = t->int_mask;
	v->regcmd_offset = (uint32_t)t->regcmd_addr;
	for (uint32_t i = 0; i < t->regcfg_amount; i++) {
		struct npu_word w = npu_word_unpack(at[i]);
		enum npu_reg reg = npu_reg_from_offset(w.offset);

		v->order[i] = reg;
		v->value[reg] = w.value;
		v->has[reg] = true;
	}
	for (uint32_t i = 0; i < NPU_TAIL_WORDS; i++)
		v->tail[i] = npu_word_unpack(at[t->regcfg_amount + i]);
}

/* A delta inherits from the record two before, which is of its own list. */
static void complete(struct record_view *v, const struct record_view *before)
{
	for (int reg = 0; reg < NPU_REG_N; reg++) {
		if (!v->has[reg] && before->has[reg]) {
			v->value[reg] = before->value[reg];
			v->has[reg] = true;
		}
	}
}

struct record_view *record_views(const struct compiled_conv *c)
{
	const struct regcmds *r = &c->regcmds;
	struct record_view *views = calloc(r->task_count + 1, sizeof *views);
	uint64_t *words = patch(c);

	if (!views || !words) {
		free(words);
		free(views);
		return NULL;
	}
	for (uint32_t i = 0; i < r->task_count; i++) {
		view_record(&views[i], &r->tasks[i], words);
		if (i >= 2 && !views[i].has[NPU_REG_CNA_WEIGHT_SIZE2] &&
		    views[i].has[NPU_REG_CNA_CBUF_CON0])
			complete(&views[i], &views[i - 2]);
	}
	free(words);
	return views;
}

void record_views_free(struct record_view *views, const struct regcmds *r)
{
	(void)r;
	free(views);
}
