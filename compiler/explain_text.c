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

/* "3 x 3", or "3" for equal sizes when `fold`. */
static const char *yx(char *buf, size_t bytes, uint32_t y, uint32_t x)
{
	snprintf(buf, bytes, "%u x %u", y, x);
	return buf;
}

static void put_problem(FILE *out, const struct explain_figures *f)
{
	const struct conv_problem *p = f->c->problem;
	const struct conv_layout *l = &f->c->layout;
	char kernel[32], stride[32], pad[96] = "no padding", more[96] = "";
	int n = 0;

	yx(kernel, sizeof kernel, p->kernel_h, p->kernel_w);
	yx(stride, sizeof stride, p->stride_y, p->stride_x);
	if (p->pad_top || p->pad_left || p->pad_bottom || p->pad_right)
		snprintf(pad, sizeof pad, "padding top %u left %u bottom %u right %u",
			 p->pad_top, p->pad_left, p->pad_bottom, p->pad_right);
	if (p->dilation_y > 1 || p->dilation_x > 1)
		n = snprintf(more, sizeof more, ", dilation %u x %u", p->dilation_y,
			     p->dilation_x);
	if (p->groups > 1)
		snprintf(more + n, sizeof more - (size_t)n, ", %u groups", p->groups);
	put_field(
	    out, 2, "problem",
	    "%u x %u x %u x %u -> %u x %u x %u x %u (batch, channels, rows, columns), "
	    "kernel %s, stride %s, %s%s",
	    p->batch, p->in_c, p->in_h, p->in_w, p->batch, p->out_c, p->out_h, p->out_w,
	    kernel, stride, pad, more);
	put_field(out, 2, "data", "%s in, %s out, weights from %s, %s%s", l->elem->name,
		  l->out_elem->name, explain_source_name(p->weights.kind),
		  p->bias.kind == SOURCE_NONE ? "no bias" : "bias from ",
		  p->bias.kind == SOURCE_NONE ? "" : explain_source_name(p->bias.kind));
}

static void put_mode(FILE *out, const struct explain_figures *f)
{
	const struct conv_problem *p = f->c->problem;
	const struct conv_layout *l = &f->c->layout;

	switch (l->mode) {
	case NPUB_MODE_PIXEL:
		put_field(out, 2, "mode",
			  "pixel: %u interleaved channels, rows stored %u pixels apart",
			  p->in_c, l->input.row_pixels);
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

static void put_choices(FILE *out, const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->choice_count; i++) {
		const struct plan_choice *c = &plan->choices[i];

		fprintf(out, "    %-8s %-8s ", c->rule, c->taken ? "taken" : "refused");
		put_wrapped(out, 22, c->sentence);
	}
}

static void put_evidence(FILE *out, const struct plan *plan)
{
	const char *name;

	put_field(out, 4, "evidence", "%s, resting on a %s: %s",
		  explain_evidence_name(plan->evidence), plan_basis_name(plan->basis),
		  plan->basis_note);
	if (!plan->hazards)
		put_field(out, 4, "hazards", "none known");
	for (uint32_t i = 0; (name = explain_hazard_name(plan->hazards, i)); i++)
		put_field(out, 4, i ? "" : "hazards", "%s", name);
}

static void put_cost(FILE *out, const struct explain_figures *f,
		     const struct explain_plan *e)
{
	char a[TEXT_NUMBER_BYTES], b[TEXT_NUMBER_BYTES], c[TEXT_NUMBER_BYTES];
	char d[TEXT_NUMBER_BYTES];

	put_field(out, 4, "MACs", "%s", text_number(a, e->cost.macs));
	put_field(
	    out, 4, "cycles",
	    "%s in the slowest list, bound by %s (array %s, write-out %s, DRAM %s over "
	    "all tiles)",
	    text_number(a, e->critical_cycles), e->cost.bound,
	    text_number(b, e->cost.mac_cycles), text_number(c, e->cost.out_cycles),
	    text_number(d, e->cost.ddr_cycles));
	put_field(out, 4, "array use", "%.1f %% of %u MACs a cycle on %u core%s",
		  100.0 * e->utilisation, f->c->layout.elem->macs_per_cycle, e->run_cores,
		  plural(e->run_cores));
	put_field(out, 4, "time",
		  "about %.3f ms: an estimate by a model, task and submit overheads are "
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
	text_table_end(t, out, 4);
}

static void put_range(struct text_table *t, uint32_t first, uint32_t count)
{
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
	if (e->run_cores > 1)
		text_cell(t, "%u", tile->core);
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

static void put_tiles(FILE *out, const struct compiled_conv *c,
		      const struct explain_plan *e)
{
	uint32_t count = e->plan->tile_count;
	uint32_t shown = count > MAX_TILE_ROWS ? MAX_TILE_ROWS : count;
	struct text_table *t;
	char heads[160];

	snprintf(
	    heads, sizeof heads,
	    ">tile|%s%s>out rows|>out ch|>in rows|>pad|>in ch|>banks|>entries|>grains|"
	    "reuse|>cycles|bound",
	    e->run_cores > 1 ? ">core|" : "", c->problem->batch > 1 ? ">image|" : "");
	t = text_table_new(heads);
	for (uint32_t i = 0; i < shown; i++)
		put_tile(t, c, e, i);
	text_table_end(t, out, 4);
	if (shown < count)
		fprintf(out, "    ... %u more\n", count - shown);
}

static void put_plan(FILE *out, const struct explain_figures *f,
		     const struct explain_plan *e)
{
	const struct plan *plan = e->plan;

	fprintf(out, "\n  plan for %u core%s: split %s, %u tile%s%s\n", plan->cores,
		plural(plan->cores), plan_split_name(plan->split), plan->tile_count,
		plural(plan->tile_count), plan->shared ? ", run as a one-core job" : "");
	put_choices(out, plan);
	putc('\n', out);
	put_evidence(out, plan);
	if (e->repeats >= 0) {
		put_field(out, 4, "records", "those of the plan for %u core%s",
			  f->plans[e->repeats].plan->cores,
			  plural(f->plans[e->repeats].plan->cores));
		return;
	}
	put_field(out, 4, "records",
		  "%u (%u barrier%s), %u command words, %u relocations", e->records,
		  e->barriers, plural(e->barriers), e->words, e->relocs);
	put_cost(out, f, e);
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
	text_table_end(t, out, 4);
}

static void put_syncs(FILE *out, const struct explain_figures *f)
{
	struct text_table *t = text_table_new("sync|buffer|direction|>offset|>bytes");
	char offset[TEXT_NUMBER_BYTES], bytes[TEXT_NUMBER_BYTES];

	for (uint32_t i = 0; i < EXPLAIN_SYNC_N; i++) {
		const struct explain_sync *s = &f->syncs[i];

		text_cell(t, "%s", explain_phase_name(s->phase));
		text_cell(t, "%s", f->bos[s->bo].name);
		text_cell(t, "%s", explain_direction_name(s->flags));
		text_cell(t, "%s", text_number(offset, s->offset));
		text_cell(t, "%s", text_number(bytes, s->bytes));
	}
	text_table_end(t, out, 4);
}

void explain_text(FILE *out, const struct compiled_conv *c)
{
	const struct regcmds *r = &c->regcmds;
	struct explain_figures f;

	explain_figures_of(&f, c);
	fprintf(out, "conv %s", c->problem->name);
	if (strcmp(c->problem->name, f.slug) != 0)
		fprintf(out, "  %s", f.slug);
	putc('\n', out);
	put_problem(out, &f);
	put_mode(out, &f);
	for (uint32_t i = 0; i < f.plan_count; i++)
		put_plan(out, &f, &f.plans[i]);
	fprintf(out, "\n  all plans: %u record%s, %u command words, %u relocations\n",
		r->task_count, plural(r->task_count), r->word_count, r->reloc_count);
	put_bos(out, &f);
	putc('\n', out);
	put_syncs(out, &f);
	putc('\n', out);
}
