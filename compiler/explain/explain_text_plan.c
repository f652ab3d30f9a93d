/*
 * One plan as text: what was chosen, what it costs, tile by tile.
 */
#include <string.h>

#include "common/text_table.h"
#include "explain/explain_lines.h"

#define MAX_TILE_ROWS 64u

/* Was this said, word for word, of the plan that `e` repeats? */
static bool was_said(const struct explain_figures *f, const struct explain_plan *e,
		     uint32_t i)
{
	const struct plan *before;

	if (e->repeats < 0 || i + 1 == e->plan->choice_count)
		return false;
	before = f->plans[e->repeats].plan;
	return i < before->choice_count &&
	       !strcmp(before->choices[i].sentence, e->plan->choices[i].sentence);
}

static void put_choices(FILE *out, const struct explain_figures *f,
			const struct explain_plan *e)
{
	for (uint32_t i = 0; i < e->plan->choice_count; i++) {
		const struct plan_choice *c = &e->plan->choices[i];

		if (was_said(f, e, i))
			continue;
		fprintf(out, "    %-8s %-8s ", c->rule, plan_verdict_name(c->verdict));
		explain_wrapped(out, 22, c->sentence);
	}
}

/* A hazard with what it rests on, or its name alone; returns the lines. */
static uint32_t put_hazard(FILE *out, const struct compiled_conv *c, const char *name,
			   uint32_t before)
{
	bool untested = !strcmp(name, explain_hazard_name(NPUB_HAZARD_UNTESTED, 0));
	char doubt[PLAN_SENTENCE_BYTES];
	uint32_t lines = 0;

	for (; untested && plan_doubt(c->problem, &c->layout, lines, doubt); lines++)
		explain_field(out, 4, before + lines ? "" : "hazards", "%s: %s", name,
			      doubt);
	if (lines)
		return lines;
	explain_field(out, 4, before ? "" : "hazards", "%s", name);
	return 1;
}

static void put_evidence(FILE *out, const struct explain_figures *f,
			 const struct plan *plan)
{
	uint32_t lines = 0;
	const char *name;

	explain_field(out, 4, "evidence", "%s", explain_evidence_name(plan->evidence));
	explain_field(out, 4, "rests on", "%s: %s", plan_basis_name(plan->basis),
		      plan->basis_note);
	if (!plan->hazards)
		explain_field(out, 4, "hazards", "none");
	for (uint32_t i = 0; (name = explain_hazard_name(plan->hazards, i)); i++)
		lines += put_hazard(out, f->c, name, lines);
}

/* The cost model's words, spelt out. */
static const char *bound_words(const char *bound)
{
	if (!strcmp(bound, "mac"))
		return "the MAC array";
	return strcmp(bound, "write") ? "DRAM traffic" : "writing the output";
}

static void put_cost(FILE *out, const struct explain_figures *f,
		     const struct explain_plan *e)
{
	char a[TEXT_NUMBER_BYTES], b[TEXT_NUMBER_BYTES], c[TEXT_NUMBER_BYTES];

	explain_field(
	    out, 4, "cycles", "%s%s, bound by %s", text_number(a, e->critical_cycles),
	    e->run_cores > 1 ? " in the slowest list" : "", bound_words(e->cost.bound));
	explain_field(out, 4, "", "%sMAC array %s, output %s, DRAM %s",
		      e->run_cores > 1 ? "all cores together: " : "",
		      text_number(a, e->cost.mac_cycles),
		      text_number(b, e->cost.out_cycles),
		      text_number(c, e->cost.ddr_cycles));
	explain_field(out, 4, "array use", "%.1f %% of %u MACs a cycle on %u core%s",
		      100.0 * e->utilisation, f->c->layout.elem->macs_per_cycle,
		      e->run_cores, explain_plural(e->run_cores));
	explain_field(
	    out, 4, "time",
	    "%.3f ms, an estimate by a model whose task and submit overheads are "
	    "guesses",
	    (double)e->cost.ns / 1e6);
}

static void put_streams(FILE *out, const struct explain_plan *e)
{
	struct text_table *t = text_table_new("DRAM stream|>bytes|>least|>ratio|");
	char a[TEXT_NUMBER_BYTES], b[TEXT_NUMBER_BYTES], size[TEXT_NUMBER_BYTES];

	for (uint32_t i = 0; i <= EXPLAIN_STREAM_N; i++) {
		bool total = i == EXPLAIN_STREAM_N;
		uint64_t bytes = total ? e->dram_bytes : e->streams[i].bytes;
		uint64_t least = total ? e->least_dram_bytes : e->streams[i].least_bytes;

		if (!least) /* nothing is added */
			continue;
		text_cell(t, "%s", total ? "total" : e->streams[i].name);
		text_cell(t, "%s", text_number(a, bytes));
		text_cell(t, "%s", text_number(b, least));
		text_cell(t, "%.2f", explain_ratio(bytes, least));
		text_cell(t, "%s", text_size(size, bytes));
	}
	text_table_end(t, out, 4, EXPLAIN_COLUMNS);
}

/* Both ends included, as people count. */
static void put_range(struct text_table *t, uint32_t first, uint32_t count)
{
	if (count == 1)
		text_cell(t, "%u", first);
	else
		text_cell(t, "%u..%u", first, first + count - 1);
}

static void put_tile(struct text_table *t, const struct compiled_conv *c,
		     const struct explain_plan *e, uint32_t index)
{
	const struct tile *tile = &e->plan->tiles[index];
	char number[TEXT_NUMBER_BYTES];
	struct plan_cost cost;

	cost_of_tile(&cost, c->problem, &c->layout, tile);
	text_cell(t, "%u", index);
	if (c->problem->batch > 1)
		text_cell(t, "%u", tile->image);
	put_range(t, tile->y, tile->y_count);
	put_range(t, tile->k, tile->k_count);
	put_range(t, tile->in_y, tile->in_rows);
	text_cell(t, "%u", tile->pad_top);
	put_range(t, tile->c, tile->c_count);
	text_cell(t, "%u+%u", tile->data_banks, tile->weight_banks);
	text_cell(t, "%u", tile->row_entries);
	text_cell(t, "%u", tile->grains);
	text_cell(t, "%s", tile->weight_reuse ? "yes" : "-");
	text_cell(t, "%s", text_number(number, cost.cycles));
	text_cell(t, "%s", cost.bound);
}

/* Which list the tiles that follow are in. */
static void put_list_line(struct text_table *t, const struct explain_plan *e,
			  uint32_t core)
{
	const struct explain_list *list = &e->lists[core];
	char cycles[TEXT_NUMBER_BYTES];

	text_line(t, "core %u: %u tile%s, %s cycles, then the barrier", core,
		  list->tile_count, explain_plural(list->tile_count),
		  text_number(cycles, list->cycles));
}

static void put_tiles(FILE *out, const struct compiled_conv *c,
		      const struct explain_plan *e)
{
	uint32_t count = e->plan->tile_count;
	uint32_t shown = count > MAX_TILE_ROWS ? MAX_TILE_ROWS : count;
	struct text_table *t;
	char heads[160];

	snprintf(heads, sizeof heads,
		 ">#|%s>out rows|>out ch|>in rows|>pad|>in ch|>banks|>entries|>grains|"
		 "reuse|>cycles|bound",
		 c->problem->batch > 1 ? ">image|" : "");
	t = text_table_new(heads);
	for (uint32_t i = 0, core = 0; i < shown; i++) {
		if (e->run_cores > 1 && core < e->run_cores &&
		    i == e->lists[core].first_tile)
			put_list_line(t, e, core++);
		put_tile(t, c, e, i);
	}
	text_table_end(t, out, 4, EXPLAIN_COLUMNS);
	if (shown < count)
		fprintf(out, "    ... %u more\n", count - shown);
}

/* The split in words. */
static const char *split_words(enum npub_split split)
{
	static const char *const words[] = {
		[NPUB_SPLIT_WHOLE] = "one task for everything",
		[NPUB_SPLIT_Y] = "by output rows",
		[NPUB_SPLIT_K] = "by output channels",
		[NPUB_SPLIT_YK] = "by output rows and channels",
		[NPUB_SPLIT_C] = "by chunks of channels",
		[NPUB_SPLIT_YC] = "by output rows and chunks of channels",
	};

	return words[split];
}

static void put_plan_head(FILE *out, const struct explain_plan *e)
{
	const struct plan *plan = e->plan;

	fprintf(out, "\n  plan for %u core%s: ", plan->cores,
		explain_plural(plan->cores));
	if (plan->shared)
		fprintf(out, "not split over cores, run as a one-core job\n");
	else
		fprintf(out, "split %s (%s), %u tile%s\n", plan_split_name(plan->split),
			split_words(plan->split), plan->tile_count,
			explain_plural(plan->tile_count));
}

void explain_text_plan(FILE *out, const struct explain_figures *f,
		       const struct explain_plan *e)
{
	char words[TEXT_NUMBER_BYTES], kinds[40] = "";

	put_plan_head(out, e);
	put_choices(out, f, e);
	putc('\n', out);
	if (e->repeats >= 0) {
		explain_field(out, 4, "records", "those of the plan for %u core%s",
			      f->plans[e->repeats].plan->cores,
			      explain_plural(f->plans[e->repeats].plan->cores));
		return;
	}
	put_evidence(out, f, e->plan);
	put_cost(out, f, e);
	if (e->barriers)
		snprintf(kinds, sizeof kinds, " (%u of them barriers)", e->barriers);
	if (e->deltas)
		snprintf(kinds, sizeof kinds, " (%u of them deltas)", e->deltas);
	explain_field(out, 4, "program",
		      "%u record%s%s, %s command words, %u relocations", e->records,
		      explain_plural(e->records), kinds, text_number(words, e->words),
		      e->relocs);
	putc('\n', out);
	put_streams(out, e);
	putc('\n', out);
	put_tiles(out, f->c, e);
}
