/*
 * The figures as text for people: 100 columns, numbers aligned to the right.
 */
#include "explain.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "explain_figures.h"
#include "text_table.h"

#define TEXT_COLUMNS 100
#define LABEL_COLUMNS 15
#define MAX_TILE_ROWS 64u

/* "  label          text", wrapped with the text's own margin. */
static void put_field(FILE *out, int indent, const char *label, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Print words of `text`, breaking lines before TEXT_COLUMNS. */
static void put_wrapped(FILE *out, int margin, const char *text)
{
	int column = margin;

	while (*text) {
		int word = (int)strcspn(text, " ");

		if (column > margin && column + 1 + word > TEXT_COLUMNS) {
			fprintf(out, "\n%*s", margin, "");
			column = margin;
		}
		column += fprintf(out, "%s%.*s", column > margin ? " " : "", word, text);
		text += word;
		text += *text == ' ';
	}
	putc('\n', out);
}

static void put_field(FILE *out, int indent, const char *label, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	fprintf(out, "%*s%-*s", indent, "", LABEL_COLUMNS, label);
	put_wrapped(out, indent + LABEL_COLUMNS, text);
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* "", or what the padding is: most convs need one number. */
static void write_pad(char *text, size_t bytes, const struct conv_problem *p)
{
	bool even = p->pad_top == p->pad_left && p->pad_top == p->pad_bottom &&
		    p->pad_top == p->pad_right;

	text[0] = '\0';
	if (even && p->pad_top)
		snprintf(text, bytes, ", pad %u", p->pad_top);
	else if (!even)
		snprintf(text, bytes, ", pad top %u left %u bottom %u right %u",
			 p->pad_top, p->pad_left, p->pad_bottom, p->pad_right);
}

/* The problem in one line: what differs from the plainest conv, and no more. */
static void put_problem(FILE *out, const struct explain_figures *f)
{
	const struct conv_problem *p = f->c->problem;
	const struct conv_layout *l = &f->c->layout;
	char batch[32] = "", stride[16] = "", pad[80], dilation[40] = "", groups[32] = "";

	if (p->batch > 1)
		snprintf(batch, sizeof batch, "%u images, ", p->batch);
	if (p->stride_x != p->stride_y)
		snprintf(stride, sizeof stride, "x%u", p->stride_x);
	write_pad(pad, sizeof pad, p);
	if (p->dilation_y > 1 || p->dilation_x > 1)
		snprintf(dilation, sizeof dilation, ", dilation %ux%u", p->dilation_y,
			 p->dilation_x);
	if (p->groups > 1)
		snprintf(groups, sizeof groups, ", %u groups", p->groups);
	put_field(out, 2, "problem",
		  "%s%ux%ux%u -> %ux%ux%u, kernel %ux%u, stride %u%s%s%s%s, %s%s%s",
		  batch, p->in_c, p->in_h, p->in_w, p->out_c, p->out_h, p->out_w,
		  p->kernel_h, p->kernel_w, p->stride_y, stride, pad, dilation, groups,
		  l->elem->name, l->out_elem == l->elem ? "" : " to ",
		  l->out_elem == l->elem ? "" : l->out_elem->name);
}

static void put_data(FILE *out, const struct explain_figures *f)
{
	const struct conv_problem *p = f->c->problem;
	const struct conv_layout *l = &f->c->layout;
	char bytes[TEXT_NUMBER_BYTES];

	put_field(out, 2, "work", "%s MACs", text_number(bytes, f->macs));
	put_field(out, 2, "weights", "from %s, %s bytes packed",
		  explain_source_name(p->weights.kind),
		  text_number(bytes, l->weight_bytes));
	if (l->bias_bytes)
		put_field(out, 2, "bias", "from %s, %s bytes",
			  explain_source_name(p->bias.kind),
			  text_number(bytes, l->bias_bytes));
	else
		put_field(out, 2, "bias", "none");
	put_field(out, 2, "capture", "%s",
		  f->c->verdict.template ? f->c->verdict.note
					 : "none of this problem to compare with");
}

static void put_mode(FILE *out, const struct explain_figures *f)
{
	const struct conv_problem *p = f->c->problem;
	const struct conv_layout *l = &f->c->layout;

	switch (l->mode) {
	case NPUB_MODE_PIXEL:
		put_field(out, 2, "mode",
			  "pixel: %u interleaved channel%s, rows stored %u pixels apart",
			  p->in_c, plural(p->in_c), l->input.row_pixels);
		break;
	case NPUB_MODE_DEPTHWISE:
		put_field(out, 2, "mode",
			  "depthwise: each of %u channels has its own kernel", p->in_c);
		break;
	case NPUB_MODE_DENSE:
		if (p->groups == 1)
			put_field(out, 2, "mode",
				  "dense: every kernel sees all %u channels", p->in_c);
		else
			put_field(
			    out, 2, "mode",
			    "dense, %u groups as %u block-diagonal slice%s of %u group%s",
			    p->groups, l->slice_count, plural(l->slice_count),
			    l->groups_per_slice, plural(l->groups_per_slice));
		break;
	}
}

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
		fprintf(out, "    %-8s %-8s ", c->rule, c->taken ? "taken" : "refused");
		put_wrapped(out, 22, c->sentence);
	}
}

static void put_evidence(FILE *out, const struct plan *plan)
{
	const char *name;

	put_field(out, 4, "evidence", "%s", explain_evidence_name(plan->evidence));
	put_field(out, 4, "rests on", "%s: %s", plan_basis_name(plan->basis),
		  plan->basis_note);
	if (!plan->hazards)
		put_field(out, 4, "hazards", "none");
	for (uint32_t i = 0; (name = explain_hazard_name(plan->hazards, i)); i++)
		put_field(out, 4, i ? "" : "hazards", "%s", name);
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

	put_field(
	    out, 4, "cycles", "%s%s, bound by %s", text_number(a, e->critical_cycles),
	    e->run_cores > 1 ? " in the slowest list" : "", bound_words(e->cost.bound));
	put_field(out, 4, "", "%sMAC array %s, output %s, DRAM %s",
		  e->run_cores > 1 ? "all cores together: " : "",
		  text_number(a, e->cost.mac_cycles), text_number(b, e->cost.out_cycles),
		  text_number(c, e->cost.ddr_cycles));
	put_field(out, 4, "array use", "%.1f %% of %u MACs a cycle on %u core%s",
		  100.0 * e->utilisation, f->c->layout.elem->macs_per_cycle, e->run_cores,
		  plural(e->run_cores));
	put_field(out, 4, "time",
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

		text_cell(t, "%s", total ? "total" : e->streams[i].name);
		text_cell(t, "%s", text_number(a, bytes));
		text_cell(t, "%s", text_number(b, least));
		text_cell(t, "%.2f", explain_ratio(bytes, least));
		text_cell(t, "%s", text_size(size, bytes));
	}
	text_table_end(t, out, 4, TEXT_COLUMNS);
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
		  list->tile_count, plural(list->tile_count),
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
	text_table_end(t, out, 4, TEXT_COLUMNS);
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

	fprintf(out, "\n  plan for %u core%s: ", plan->cores, plural(plan->cores));
	if (plan->shared)
		fprintf(out, "not split over cores, run as a one-core job\n");
	else
		fprintf(out, "split %s (%s), %u tile%s\n", plan_split_name(plan->split),
			split_words(plan->split), plan->tile_count,
			plural(plan->tile_count));
}

static void put_plan(FILE *out, const struct explain_figures *f,
		     const struct explain_plan *e)
{
	char words[TEXT_NUMBER_BYTES], kinds[40] = "";

	put_plan_head(out, e);
	put_choices(out, f, e);
	putc('\n', out);
	if (e->repeats >= 0) {
		put_field(out, 4, "records", "those of the plan for %u core%s",
			  f->plans[e->repeats].plan->cores,
			  plural(f->plans[e->repeats].plan->cores));
		return;
	}
	put_evidence(out, e->plan);
	put_cost(out, f, e);
	if (e->barriers)
		snprintf(kinds, sizeof kinds, " (%u of them barriers)", e->barriers);
	if (e->deltas)
		snprintf(kinds, sizeof kinds, " (%u of them deltas)", e->deltas);
	put_field(out, 4, "program", "%u record%s%s, %s command words, %u relocations",
		  e->records, plural(e->records), kinds, text_number(words, e->words),
		  e->relocs);
	putc('\n', out);
	put_streams(out, e);
	putc('\n', out);
	put_tiles(out, f->c, e);
}

static void put_bos(FILE *out, const struct explain_figures *f)
{
	struct text_table *t = text_table_new("buffer|>bytes||flags");
	char number[TEXT_NUMBER_BYTES], size[TEXT_NUMBER_BYTES];

	for (uint32_t i = 0; i < EXPLAIN_BO_N; i++) {
		text_cell(t, "%s", f->bos[i].name);
		text_cell(t, "%s", text_number(number, f->bos[i].bytes));
		text_cell(t, "%s", text_size(size, f->bos[i].bytes));
		text_cell(t, "0x%x", f->bos[i].flags);
	}
	text_table_end(t, out, 4, TEXT_COLUMNS);
}

static void put_syncs(FILE *out, const struct explain_figures *f)
{
	struct text_table *t = text_table_new("sync|buffer|direction|>offset|>bytes");
	char offset[TEXT_NUMBER_BYTES], bytes[TEXT_NUMBER_BYTES];

	for (uint32_t i = 0; i < f->sync_count; i++) {
		const struct npub_sync *s = &f->syncs[i];

		text_cell(t, "%s", explain_phase_name(s->phase));
		text_cell(t, "%s", f->bos[s->bo].name);
		text_cell(t, "%s", explain_direction_name(s->flags));
		text_cell(t, "%s", text_number(offset, s->offset));
		text_cell(t, "%s", text_number(bytes, s->bytes));
	}
	text_table_end(t, out, 4, TEXT_COLUMNS);
}

void explain_text(FILE *out, const struct compiled_conv *c)
{
	const struct regcmds *r = &c->regcmds;
	char words[TEXT_NUMBER_BYTES];
	struct explain_figures f;

	explain_figures_of(&f, c);
	fprintf(out, "conv %s", c->problem->name);
	if (strcmp(c->problem->name, f.slug) != 0)
		fprintf(out, "  %s", f.slug);
	putc('\n', out);
	put_problem(out, &f);
	put_mode(out, &f);
	put_data(out, &f);
	for (uint32_t i = 0; i < f.plan_count; i++)
		put_plan(out, &f, &f.plans[i]);
	fprintf(out,
		"\n  all plans together: %u record%s, %s command words, %u relocations\n",
		r->task_count, plural(r->task_count), text_number(words, r->word_count),
		r->reloc_count);
	put_bos(out, &f);
	putc('\n', out);
	put_syncs(out, &f);
	putc('\n', out);
}
