#include "explain/explain_figures.h"

#include <string.h>

#include "plan/chan.h"

const char *explain_mode_name(enum npub_mode mode)
{
	static const char *const names[] = {
		[NPUB_MODE_DENSE] = "dense",
		[NPUB_MODE_DEPTHWISE] = "depthwise",
		[NPUB_MODE_PIXEL] = "pixel",
	};

	return names[mode];
}

const char *explain_evidence_name(enum npub_evidence evidence)
{
	static const char *const names[] = {
		[NPUB_EVIDENCE_FORMULA] = "formula",
		[NPUB_EVIDENCE_CAPTURED] = "captured",
		[NPUB_EVIDENCE_PROMOTED] = "promoted",
	};

	return names[evidence];
}

const char *explain_phase_name(enum npub_sync_phase phase)
{
	static const char *const names[] = {
		[NPUB_SYNC_LOAD] = "load",
		[NPUB_SYNC_BEFORE] = "before",
		[NPUB_SYNC_AFTER] = "after",
	};

	return names[phase];
}

const char *explain_direction_name(uint32_t sync_flags)
{
	static const char *const names[] = {
		[NPUB_SYNC_TO_DEVICE] = "to-device",
		[NPUB_SYNC_FROM_DEVICE] = "from-device",
		[NPUB_SYNC_TO_DEVICE | NPUB_SYNC_FROM_DEVICE] = "both",
	};

	return names[sync_flags];
}

const char *explain_source_name(enum tensor_source_kind kind)
{
	static const char *const names[] = {
		[SOURCE_NONE] = "none",
		[SOURCE_SEED] = "seed",
		[SOURCE_NPY] = "npy",
		[SOURCE_SAFETENSORS] = "safetensors",
	};

	return names[kind];
}

const char *explain_hazard_name(uint32_t hazards, uint32_t i)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ NPUB_HAZARD_POISONS_NEXT_JOB, "poisons-next-job" },
		{ NPUB_HAZARD_UNTESTED, "untested" },
	};

	for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
		if (hazards & names[k].bit && i-- == 0)
			return names[k].name;
	}
	return NULL;
}

double explain_ratio(uint64_t bytes, uint64_t least_bytes)
{
	return least_bytes ? (double)bytes / (double)least_bytes : 1.0;
}

static void list_bos(struct explain_figures *f)
{
	const struct conv_bos *b = &f->c->bos;
	const struct explain_bo bos[EXPLAIN_BO_N] = {
		[NPUB_BO_TASK] = { "task", NPU_BO_FLAGS_TASK, b->task },
		[NPUB_BO_WEIGHT] = { "weight", NPU_BO_FLAGS_DATA, b->weight },
		[NPUB_BO_INTERNAL] = { "internal", NPU_BO_FLAGS_DATA, b->internal },
		[NPUB_BO_INPUT] = { "input", NPU_BO_FLAGS_DATA, b->input },
		[NPUB_BO_OUTPUT] = { "output", NPU_BO_FLAGS_DATA, b->output },
	};

	memcpy(f->bos, bos, sizeof bos);
}

static void list_streams(struct explain_plan *e, const struct plan_cost *least)
{
	const struct explain_stream streams[EXPLAIN_STREAM_N] = {
		{ "input", e->cost.input_bytes, least->input_bytes },
		{ "weights", e->cost.weight_bytes, least->weight_bytes },
		{ "output", e->cost.output_bytes, least->output_bytes },
		{ "operand", e->cost.operand_bytes, least->operand_bytes },
	};

	memcpy(e->streams, streams, sizeof streams);
	for (uint32_t i = 0; i < EXPLAIN_STREAM_N; i++) {
		e->dram_bytes += streams[i].bytes;
		e->least_dram_bytes += streams[i].least_bytes;
	}
}

/* First word of record `task`; behind the last record, the end of the words. */
static uint64_t record_word(const struct regcmds *r, uint32_t task)
{
	return task < r->task_count ? r->tasks[task].regcmd_addr / NPU_WORD_BYTES
				    : r->word_count;
}

/* A record with fewer registers than its list's first is a delta (F-63). */
static void count_list(struct explain_plan *e, const struct regcmds *r,
		       const struct explain_list *list)
{
	const struct npub_task *tasks = &r->tasks[list->first_task];

	e->records += list->task_count;
	for (uint32_t i = 0; i < list->task_count; i++) {
		bool barrier = tasks[i].enable_mask == NPU_MASK_BARRIER;

		e->barriers += barrier;
		e->deltas += !barrier && tasks[i].regcfg_amount < tasks[0].regcfg_amount;
	}
}

/* Records and words of a plan lie side by side, list after list. */
static void count_program(struct explain_plan *e, const struct regcmds *r)
{
	uint32_t first_task = e->lists[0].first_task;
	uint64_t first, end;

	for (uint32_t core = 0; core < e->run_cores; core++)
		count_list(e, r, &e->lists[core]);
	first = record_word(r, first_task);
	end = record_word(r, first_task + e->records);
	e->words = (uint32_t)(end - first);
	for (uint32_t i = 0; i < r->reloc_count; i++)
		e->relocs += r->relocs[i].word >= first && r->relocs[i].word < end;
}

static void figure_lists(struct explain_plan *e, const struct compiled_conv *c,
			 const struct npub_list *lists)
{
	for (uint32_t core = 0; core < e->run_cores; core++) {
		struct explain_list *list = &e->lists[core];

		list->first_tile = e->plan->list[core].first;
		list->tile_count = e->plan->list[core].count;
		list->first_task = lists[core].first_task;
		list->task_count = lists[core].task_count;
		for (uint32_t i = 0; i < list->tile_count; i++) {
			struct plan_cost cost;

			cost_of_tile(&cost, c->problem, &c->layout,
				     &e->plan->tiles[list->first_tile + i]);
			list->cycles += cost.cycles;
			list->ns += cost.ns;
		}
		if (list->cycles > e->critical_cycles)
			e->critical_cycles = list->cycles;
	}
}

static void figure_plan(struct explain_figures *f, uint32_t index)
{
	const struct compiled_conv *c = f->c;
	struct explain_plan *e = &f->plans[index];

	memset(e, 0, sizeof *e);
	e->plan = &c->plans[index];
	e->run_cores = e->plan->shared ? 1 : e->plan->cores;
	e->repeats = -1;
	for (uint32_t i = 0; e->plan->shared && e->repeats < 0 && i < index; i++) {
		if (f->plans[i].run_cores == 1)
			e->repeats = (int)i;
	}
	cost_of_plan(&e->cost, c->problem, &c->layout, e->plan);
	list_streams(e, &f->least);
	figure_lists(e, c, c->lists[index]);
	count_program(e, &c->regcmds);
	if (e->critical_cycles)
		e->utilisation =
		    (double)e->cost.macs / ((double)e->critical_cycles * e->run_cores *
					    c->layout.elem->macs_per_cycle);
}

void explain_figures_of(struct explain_figures *f, const struct compiled_conv *c)
{
	memset(f, 0, sizeof *f);
	f->c = c;
	conv_slug(c->problem, f->slug, sizeof f->slug);
	f->macs = conv_macs(c->problem);
	cost_least(&f->least, c->problem, &c->layout);
	list_bos(f);
	f->sync_count = conv_syncs(c, f->syncs);
	f->plan_count = c->plan_count;
	for (uint32_t i = 0; i < c->plan_count; i++)
		figure_plan(f, i);
}
