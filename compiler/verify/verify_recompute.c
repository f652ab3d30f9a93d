/*
 * A bundle's conv against a fresh compilation of the problem it states.
 */
#include <stdlib.h>
#include <string.h>

#include "bundle/stated_problem.h"
#include "check.h"
#include "compile.h"
#include "verify/verify_subject.h"

/* How far a candidate agrees, and where it stops. */
struct agreement {
	uint32_t score; /* sections that agree; SECTIONS: all */
	char difference[REPORT_REASON_BYTES];
};
#define SECTIONS 4u

#define DIFFER(a, ...)                                                                   \
	do {                                                                             \
		snprintf((a)->difference, sizeof(a)->difference, __VA_ARGS__);           \
		return;                                                                  \
	} while (0)

static void compare_tasks(struct agreement *a, const struct npub *b,
			  const struct npub_conv *conv, const struct regcmds *r)
{
	for (uint32_t i = 0; i < conv->task_count && i < r->task_count; i++) {
		const struct npub_task *x = &b->tasks[conv->first_task + i];
		const struct npub_task *y = &r->tasks[i];

		if (memcmp(x, y, sizeof *x) != 0)
			DIFFER(a,
			       "record %u: amount %u, blocks 0x%x, commands at 0x%llx; "
			       "recomputed %u, 0x%x, 0x%llx",
			       i, x->regcfg_amount, x->enable_mask,
			       (unsigned long long)x->regcmd_addr, y->regcfg_amount,
			       y->enable_mask, (unsigned long long)y->regcmd_addr);
	}
	if (conv->task_count != r->task_count)
		DIFFER(a, "%u records, recomputed %u", conv->task_count, r->task_count);
	a->score++;
}

static void compare_words(struct agreement *a, const struct npub *b,
			  const struct npub_conv *conv, const struct regcmds *r)
{
	if (conv->word_count != r->word_count)
		DIFFER(a, "%u command words, recomputed %u", conv->word_count,
		       r->word_count);
	for (uint32_t i = 0; i < r->word_count; i++) {
		uint64_t x = b->words[conv->first_word + i];

		if (x != r->words[i])
			DIFFER(a, "command word %u is 0x%016llx, recomputed 0x%016llx", i,
			       (unsigned long long)x, (unsigned long long)r->words[i]);
	}
	a->score++;
}

static int by_word(const void *a, const void *b)
{
	const struct npub_reloc *x = a, *y = b;

	return x->word < y->word ? -1 : x->word > y->word;
}

static void compare_sorted(struct agreement *a, const struct npub *b,
			   const struct npub_conv *conv, const struct npub_reloc *want)
{
	for (uint32_t i = 0; i < conv->reloc_count; i++) {
		const struct npub_reloc *x = &b->relocs[conv->first_reloc + i];
		const struct npub_reloc *y = &want[i];

		if (x->word != y->word || b->bos[x->bo].role != y->bo ||
		    x->addend != y->addend)
			DIFFER(a,
			       "relocation %u: word %u, buffer %u + %llu; recomputed %u, "
			       "%u + "
			       "%llu",
			       i, x->word, b->bos[x->bo].role,
			       (unsigned long long)x->addend, y->word, y->bo,
			       (unsigned long long)y->addend);
	}
	a->score++;
}

/* A bundle has them in order of their words, the encoder as it meets them. */
static void compare_relocs(struct agreement *a, const struct npub *b,
			   const struct npub_conv *conv, const struct regcmds *r)
{
	struct npub_reloc *want;

	if (conv->reloc_count != r->reloc_count)
		DIFFER(a, "%u relocations, recomputed %u", conv->reloc_count,
		       r->reloc_count);
	want = malloc((r->reloc_count + 1) * sizeof *want);
	if (!want)
		DIFFER(a, "out of memory");
	if (r->reloc_count)
		memcpy(want, r->relocs, r->reloc_count * sizeof *want);
	qsort(want, r->reloc_count, sizeof *want, by_word);
	compare_sorted(a, b, conv, want);
	free(want);
}

static void compare_bos(struct agreement *a, const struct npub *b,
			const struct npub_conv *conv, const struct compiled_conv *c)
{
	const uint64_t want[] = {
		[NPUB_BO_TASK] = c->bos.task,	      [NPUB_BO_WEIGHT] = c->bos.weight,
		[NPUB_BO_INTERNAL] = c->bos.internal, [NPUB_BO_INPUT] = c->bos.input,
		[NPUB_BO_OUTPUT] = c->bos.output,
	};

	for (uint32_t i = 0; i < conv->bo_count; i++) {
		const struct npub_bo *bo = &b->bos[conv->first_bo + i];
		uint64_t bytes =
		    bo->role < sizeof want / sizeof want[0] ? want[bo->role] : 0;

		if (bo->bytes != bytes)
			DIFFER(a, "%s buffer of %llu bytes, recomputed %llu",
			       npub_string(b, bo->name), (unsigned long long)bo->bytes,
			       (unsigned long long)bytes);
	}
	if (conv->regcmd_bo_offset != c->weight_bo.regcmd)
		DIFFER(a, "commands at %u of the weight buffer, recomputed %llu",
		       conv->regcmd_bo_offset, (unsigned long long)c->weight_bo.regcmd);
	a->score++;
}

static void compare_compiled(struct agreement *a, const struct npub *b,
			     const struct npub_conv *conv, const struct compiled_conv *c)
{
	memset(a, 0, sizeof *a);
	compare_tasks(a, b, conv, &c->regcmds);
	if (a->score == 1)
		compare_words(a, b, conv, &c->regcmds);
	if (a->score == 2)
		compare_relocs(a, b, conv, &c->regcmds);
	if (a->score == 3)
		compare_bos(a, b, conv, c);
}

/*
 * Try what a bundle does not say: which core counts were asked for (a plan that is not
 * split is left out), and whether delta records were allowed.
 */
static void try_options(struct agreement *best, const struct npub *b,
			const struct npub_conv *conv, const struct conv_problem *p,
			struct diag *diag)
{
	for (uint32_t mask = 1; mask < 1u << NPU_MAX_CORES && best->score < SECTIONS;
	     mask++) {
		for (int full = 0; full <= 1 && best->score < SECTIONS; full++) {
			const struct compile_options options = { .core_mask = mask,
								 .full_records = full };
			struct compiled_conv c;
			struct agreement a;

			if (!compile_conv(&c, p, &conv->op, &options, diag)) {
				if (!best->score && !best->difference[0])
					strcpy(best->difference,
					       "the planner refuses the problem");
				continue;
			}
			compare_compiled(&a, b, conv, &c);
			/* of equals the candidate with the same number of records tells
			 * most */
			if (a.score > best->score || !best->difference[0] ||
			    (a.score == best->score &&
			     c.regcmds.task_count == conv->task_count))
				*best = a;
			compiled_conv_free(&c);
		}
	}
}

/* Tasks of the first plan that compute something: barriers do not. */
static uint32_t count_tiles(const struct npub *b, const struct npub_conv *conv)
{
	const struct npub_plan *plan = &b->plans[conv->first_plan];
	uint32_t tiles = 0;

	for (uint32_t i = 0; i < plan->cores && i < NPU_MAX_CORES; i++) {
		uint32_t first = plan->list[i].first_task;
		uint32_t end = first + plan->list[i].task_count;

		for (uint32_t t = first; t < end && t < conv->task_count; t++)
			tiles += b->tasks[conv->first_task + t].enable_mask !=
				 NPU_MASK_BARRIER;
	}
	return tiles;
}

/*
 * Splits pinned by the spec are not in the bundle: those that give as many tasks, which
 * images and groups multiply.
 */
static bool try_pins(struct agreement *best, const struct npub *b,
		     const struct npub_conv *conv, struct conv_problem *p,
		     struct diag *diag)
{
	uint32_t tasks = count_tiles(b, conv) / conv->batch;

	for (uint32_t y = 1; y <= tasks; y++) {
		for (uint32_t k = 1; tasks % y == 0 && k <= tasks / y; k++) {
			if (tasks / y % k)
				continue;
			p->split_y = y;
			p->split_k = k;
			try_options(best, b, conv, p, diag);
			if (best->score == SECTIONS)
				return true;
		}
	}
	return false;
}

/* The problem must be one that the front end would accept: a bundle may say anything. */
static bool is_sound(const struct conv_problem *p, const struct npub_conv *conv,
		     struct diag *diag)
{
	struct conv_problem checked = *p;

	if (!npu_elem_info(p->elem) || !npu_elem_info(p->out_elem))
		return false;
	check_conv(&checked, diag);
	return !diag_errors(diag) && checked.out_h == conv->out_h &&
	       checked.out_w == conv->out_w;
}

void subject_check_plan(const struct verify_subject *s, uint32_t index,
			struct report *report)
{
	const struct npub_conv *conv;
	struct agreement best = { 0 }, pinned = { 0 };
	struct conv_problem p;
	struct diag *diag;

	report_item(report, "bundle-plan",
		    "records, words, relocations, buffers recomputed");
	if (s->broken.code != NPURT_OK) {
		report_skip(report, "the bundle cannot be read");
		return;
	}
	diag = diag_new(NULL); /* counts; the reasons are told here */
	conv = &s->npub.convs[index];
	p = stated_problem(&s->npub, conv);
	p.name = (char *)npub_string(&s->npub, conv->name);
	if (!diag || !is_sound(&p, conv, diag)) {
		report_fail(report,
			    "the conv's sizes are not ones that the compiler takes");
		diag_free(diag);
		return;
	}
	try_options(&best, &s->npub, conv, &p, diag);
	if (best.score == SECTIONS)
		;
	else if (conv->plan_count && try_pins(&pinned, &s->npub, conv, &p, diag))
		report_pass(report, "recomputed with rows in %u and channels in %u parts",
			    p.split_y, p.split_k);
	else
		report_fail(report, "%s", best.difference);
	diag_free(diag);
}
