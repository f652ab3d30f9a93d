/*
 * The figures as text for people: 100 columns, numbers aligned to the right.
 */
#include "explain/explain.h"

#include <string.h>

#include "common/text_table.h"
#include "explain/explain_lines.h"
#include "explain/explain_operation.h"

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
	explain_field(out, 2, "problem",
		      "%s%ux%ux%u -> %ux%ux%u, kernel %ux%u, stride %u%s%s%s%s, %s%s%s",
		      batch, p->in_c, p->in_h, p->in_w, p->out_c, p->out_h, p->out_w,
		      p->kernel_h, p->kernel_w, p->stride_y, stride, pad, dilation,
		      groups, l->elem->name, l->out_elem == l->elem ? "" : " to ",
		      l->out_elem == l->elem ? "" : l->out_elem->name);
}

static void put_data(FILE *out, const struct explain_figures *f)
{
	const struct conv_problem *p = f->c->problem;
	const struct conv_layout *l = &f->c->layout;
	char bytes[TEXT_NUMBER_BYTES];

	explain_field(out, 2, "work", "%s MACs", text_number(bytes, f->macs));
	explain_field(out, 2, "weights", "from %s, %s bytes packed",
		      explain_source_name(p->weights.kind),
		      text_number(bytes, l->weight_bytes));
	if (l->bias_bytes && p->bias.kind == SOURCE_NONE)
		explain_field(out, 2, "bias", "none; the output stage reads %s bytes",
			      text_number(bytes, l->bias_bytes));
	else if (l->bias_bytes)
		explain_field(out, 2, "bias", "from %s, %s bytes",
			      explain_source_name(p->bias.kind),
			      text_number(bytes, l->bias_bytes));
	else
		explain_field(out, 2, "bias", "none");
	explain_field(out, 2, "capture", "%s",
		      f->c->verdict.template ? f->c->verdict.note
					     : "none of this problem to compare with");
}

static void put_mode(FILE *out, const struct explain_figures *f)
{
	const struct conv_problem *p = f->c->problem;
	const struct conv_layout *l = &f->c->layout;

	switch (l->mode) {
	case NPUB_MODE_PIXEL:
		explain_field(
		    out, 2, "mode",
		    "pixel: %u interleaved channel%s, rows stored %u pixels apart",
		    p->in_c, explain_plural(p->in_c), l->input.row_pixels);
		break;
	case NPUB_MODE_DEPTHWISE:
		explain_field(out, 2, "mode",
			      "depthwise: each of %u channels has its own kernel",
			      p->in_c);
		break;
	case NPUB_MODE_DENSE:
		if (p->groups == 1)
			explain_field(out, 2, "mode",
				      "dense: every kernel sees all %u channels",
				      p->in_c);
		else
			explain_field(
			    out, 2, "mode",
			    "dense, %u groups as %u block-diagonal slice%s of %u group%s",
			    p->groups, l->slice_count, explain_plural(l->slice_count),
			    l->groups_per_slice, explain_plural(l->groups_per_slice));
		break;
	}
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
	text_table_end(t, out, 4, EXPLAIN_COLUMNS);
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
	text_table_end(t, out, 4, EXPLAIN_COLUMNS);
}

void explain_text(FILE *out, const struct compiled_conv *c, const struct operands *o)
{
	const struct regcmds *r = &c->regcmds;
	struct explain_operation operation;
	char words[TEXT_NUMBER_BYTES];
	struct explain_figures f;

	explain_figures_of(&f, c);
	explain_operation_of(&operation, c, o);
	fprintf(out, "conv %s", c->problem->name);
	if (strcmp(c->problem->name, f.slug) != 0)
		fprintf(out, "  %s", f.slug);
	putc('\n', out);
	put_problem(out, &f);
	put_mode(out, &f);
	put_data(out, &f);
	explain_operation_text(out, &operation);
	for (uint32_t i = 0; i < f.plan_count; i++)
		explain_text_plan(out, &f, &f.plans[i]);
	fprintf(out,
		"\n  all plans together: %u record%s, %s command words, %u relocations\n",
		r->task_count, explain_plural(r->task_count),
		text_number(words, r->word_count), r->reloc_count);
	put_bos(out, &f);
	putc('\n', out);
	put_syncs(out, &f);
	putc('\n', out);
}
