#include "verify/chain_view.h"

#include <stdlib.h>
#include <string.h>

#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "hw/npu_word.h"

#define LINK_CORES_SHIFT 16u /* tail word 1: cores - 1 above the amount */

struct by_offset {
	uint64_t offset;
	uint32_t index;
};

static int compare(const void *a, const void *b)
{
	const struct by_offset *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Tail words 0 and 1 of a record; false when they are outside the window. */
static bool tail_of(const uint64_t *words, uint64_t word_count, uint64_t offset,
		    uint32_t amount, struct npu_word tail[2])
{
	uint64_t at = offset / NPU_WORD_BYTES + amount;

	if (offset % NPU_WORD_BYTES || at + NPU_TAIL_WORDS > word_count)
		return false;
	tail[0] = npu_word_unpack(words[at]);
	tail[1] = npu_word_unpack(words[at + 1]);
	return true;
}

static bool is_link(struct npu_word w)
{
	return w.target == NPU_TARGET_PC &&
	       w.offset == npu_regs[NPU_REG_PC_BASE_ADDRESS].offset;
}

/*
 * Resolve all links.  `base` is what a link's address counts from; `amount` words
 * of body precede a record's tail.
 */
static bool link_all(struct chain_view *v, const uint64_t *words, uint64_t word_count,
		     const uint32_t *amount, uint64_t base)
{
	struct by_offset *sorted = calloc(v->count ? v->count : 1, sizeof *sorted);

	if (!sorted)
		return false;
	for (uint32_t i = 0; i < v->count; i++)
		sorted[i] = (struct by_offset){ v->records[i].offset, i };
	qsort(sorted, v->count, sizeof *sorted, compare);
	for (uint32_t i = 0; i < v->count; i++) {
		struct chain_record *r = &v->records[i];
		struct by_offset key, *found;
		struct npu_word tail[2];

		r->next = CHAIN_BROKEN;
		r->cores = 1;
		if (!tail_of(words, word_count, r->offset, amount[i], tail))
			continue;
		if (!is_link(tail[0]) || !tail[0].value) {
			r->next = CHAIN_END;
			continue;
		}
		r->cores = (tail[1].value >> LINK_CORES_SHIFT) + 1;
		key = (struct by_offset){ tail[0].value - base, 0 };
		found = bsearch(&key, sorted, v->count, sizeof *sorted, compare);
		if (found) {
			r->next = found->index;
			v->records[found->index].linked = true;
		}
	}
	free(sorted);
	return true;
}

static bool allocate(struct chain_view *v, uint32_t count, uint32_t **amount)
{
	v->count = count;
	v->records = calloc(count ? count : 1, sizeof *v->records);
	*amount = calloc(count ? count : 1, sizeof **amount);
	return v->records && *amount;
}

/* A bundle's words hold no addresses: put in what the relocations would add. */
static uint64_t *bundle_words_linked(const struct npub *b, const struct npub_conv *conv)
{
	uint64_t *words = calloc(conv->word_count ? conv->word_count : 1, sizeof *words);

	if (!words)
		return NULL;
	for (uint32_t i = 0; i < conv->word_count; i++)
		words[i] = b->words[conv->first_word + i];
	for (uint32_t i = 0; i < conv->reloc_count; i++) {
		const struct npub_reloc *r = &b->relocs[conv->first_reloc + i];
		struct npu_word w;

		if (r->word >= conv->word_count)
			continue;
		w = npu_word_unpack(words[r->word]);
		w.value += (uint32_t)r->addend;
		words[r->word] = npu_word_pack(w);
	}
	return words;
}

bool chain_from_bundle(struct chain_view *v, const struct npub *b,
		       const struct npub_conv *conv)
{
	uint64_t *words = bundle_words_linked(b, conv);
	uint32_t *amount = NULL;
	bool ok;

	memset(v, 0, sizeof *v);
	ok = words && allocate(v, conv->task_count, &amount);
	for (uint32_t i = 0; ok && i < v->count; i++) {
		const struct npub_task *t = &b->tasks[conv->first_task + i];

		v->records[i].enable_mask = t->enable_mask;
		v->records[i].int_mask = t->int_mask;
		v->records[i].offset = t->regcmd_addr;
		amount[i] = t->regcfg_amount;
	}
	ok = ok && link_all(v, words, conv->word_count, amount, conv->regcmd_bo_offset);
	free(words);
	free(amount);
	if (!ok)
		chain_free(v);
	return ok;
}

bool chain_from_log(struct chain_view *v, const struct evidence *ev)
{
	uint32_t *amount = NULL;
	bool ok;

	memset(v, 0, sizeof *v);
	/* without the command words nothing is known of the links */
	ok = allocate(v, ev->word_count ? ev->task_count : 0, &amount);
	for (uint32_t i = 0; ok && i < v->count; i++) {
		struct chain_record *r = &v->records[i];

		r->enable_mask = (uint32_t)evidence_get(ev, ev->tasks[i], LF_ENABLE_MASK);
		r->int_mask = (uint32_t)evidence_get(ev, ev->tasks[i], LF_INT_MASK);
		r->offset =
		    evidence_get(ev, ev->tasks[i], LF_REGCMD_ADDR) - ev->window_dma;
		amount[i] = (uint32_t)evidence_get(ev, ev->tasks[i], LF_AMOUNT);
	}
	ok = ok && link_all(v, ev->words, ev->word_count, amount, ev->window_dma);
	free(amount);
	if (!ok)
		chain_free(v);
	return ok;
}

void chain_free(struct chain_view *v)
{
	free(v->records);
	memset(v, 0, sizeof *v);
}

uint32_t chain_length(const struct chain_view *v, uint32_t start)
{
	uint32_t n = 0;

	/* a loop of links never ends: stop once every record was seen */
	for (uint32_t i = start; i < v->count && n <= v->count; i = v->records[i].next)
		n++;
	return n;
}

uint32_t chain_cores(const struct chain_view *v, uint32_t start)
{
	uint32_t cores = 1, n = 0;

	for (uint32_t i = start; i < v->count && n <= v->count;
	     i = v->records[i].next, n++) {
		if (v->records[i].cores > cores)
			cores = v->records[i].cores;
	}
	return cores;
}
