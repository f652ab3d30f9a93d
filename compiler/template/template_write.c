/*
 * A template as text: a record that resembles an earlier one is written as what
 * changed, so that a file stays short enough to be read.
 */
#include <inttypes.h>
#include <string.h>

#include "elem.h"
#include "template/template.h"

#define LINE_COLUMNS 90u

/* Writes items of a JSON array or object, several a line. */
struct line {
	FILE *out;
	const char *indent;
	size_t column;
	bool started;
};

static void put_item(struct line *l, const char *text)
{
	size_t bytes = strlen(text);

	if (!l->started || l->column + 2 + bytes > LINE_COLUMNS) {
		fprintf(l->out, "%s\n%s", l->started ? "," : "", l->indent);
		l->column = strlen(l->indent);
	} else {
		fputs(", ", l->out);
		l->column += 2;
	}
	fputs(text, l->out);
	l->column += bytes;
	l->started = true;
}

static void put_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void put_conv(FILE *out, const struct conv_problem *p)
{
	fprintf(out, "\t\"conv\": {\n");
	fprintf(out, "\t\t\"input\": [%u, %u, %u],\n", p->in_c, p->in_h, p->in_w);
	fprintf(out, "\t\t\"output\": [%u, %u, %u],\n", p->out_c, p->out_h, p->out_w);
	fprintf(out, "\t\t\"kernel\": [%u, %u],\n", p->kernel_h, p->kernel_w);
	fprintf(out, "\t\t\"stride\": [%u, %u],\n", p->stride_y, p->stride_x);
	fprintf(out, "\t\t\"pad\": [%u, %u, %u, %u],\n", p->pad_top, p->pad_left,
		p->pad_bottom, p->pad_right);
	fprintf(out, "\t\t\"dilation\": [%u, %u],\n", p->dilation_y, p->dilation_x);
	fprintf(out, "\t\t\"groups\": %u,\n\t\t\"batch\": %u,\n", p->groups, p->batch);
	fprintf(out, "\t\t\"type\": \"%s\",\n\t\t\"output_type\": \"%s\",\n",
		elem_name(p->elem), elem_name(p->out_elem));
	fprintf(out, "\t\t\"source\": \"%s\",\n\t\t\"bias\": %s\n\t},\n",
		p->input_kind == INPUT_GRAPH ? "graph" : "inner",
		p->bias.kind == SOURCE_NONE ? "false" : "true");
}

static void put_provenance(FILE *out, const struct template *t)
{
	const struct {
		const char *key, *text;
	} rows[] = {
		{ "kind", t->provenance.kind },
		{ "compiler", t->provenance.compiler },
		{ "runtime", t->provenance.runtime },
		{ "driver", t->provenance.driver },
		{ "date", t->provenance.date },
	};

	fputs("\t\"provenance\": {\n\t\t\"capture\": ", out);
	put_string(out, t->provenance.capture);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!rows[i].text)
			continue;
		fprintf(out, ",\n\t\t\"%s\": ", rows[i].key);
		put_string(out, rows[i].text);
	}
	fputs("\n\t},\n", out);
}

static void put_notes(FILE *out, const struct template *t)
{
	fputs("\t\"notes\": [", out);
	for (uint32_t i = 0; i < t->note_count; i++) {
		fprintf(out, "%s\n\t\t", i ? "," : "");
		put_string(out, t->notes[i]);
	}
	fputs(t->note_count ? "\n\t],\n" : "],\n", out);
	fputs("\t\"hazards\": [", out);
	for (uint32_t i = 0; i < t->hazard_count; i++) {
		const struct template_hazard *h = &t->hazards[i];

		fprintf(
		    out,
		    "%s\n\t\t{ \"name\": \"%s\", \"inherited\": %s,\n\t\t  \"note\": ",
		    i ? "," : "", template_hazard_name(h->bit),
		    h->inherited ? "true" : "false");
		put_string(out, h->note);
		fputs(" }", out);
	}
	fputs(t->hazard_count ? "\n\t],\n" : "],\n", out);
}

static void put_sizes(FILE *out, const struct template *t)
{
	const char *comma = "";

	fputs("\t\"buffers\": {", out);
	for (uint32_t i = 0; i < TEMPLATE_BOS; i++) {
		if (!t->bo_bytes[i])
			continue;
		fprintf(out, "%s \"%s\": %" PRIu64, comma, template_bo_name(i),
			t->bo_bytes[i]);
		comma = ",";
	}
	fputs(" },\n", out);
	if (t->regcmd_bytes)
		fprintf(out,
			"\t\"regcmd\": { \"offset\": %" PRIu64 ", \"bytes\": %" PRIu64
			" },\n",
			t->regcmd_offset, t->regcmd_bytes);
}

static void put_run(FILE *out, const struct template *t)
{
	const struct template_submit *s = &t->submit;
	struct line line = { out, "\t\t\t", 0, false };

	if (!t->has_submit)
		return;
	fprintf(out, "\t\"run\": {\n\t\t\"dumps\": %s,\n\t\t\"syncs\": [",
		t->dumps ? "true" : "false");
	for (uint32_t i = 0; i < t->sync_count; i++) {
		char text[96];

		snprintf(text, sizeof text, "[\"%s\", %u, %" PRIu64 ", %" PRIu64 "]",
			 template_bo_name(t->syncs[i].bo), t->syncs[i].flags,
			 t->syncs[i].offset, t->syncs[i].bytes);
		put_item(&line, text);
	}
	fprintf(out, "%s],\n\t\t\"submit\": {\n", t->sync_count ? "\n\t\t" : "");
	fprintf(out, "\t\t\t\"flags\": %u, \"timeout_ms\": %u, \"task_start\": %u,\n",
		s->flags, s->timeout_ms, s->task_start);
	fprintf(out,
		"\t\t\t\"task_number\": %u, \"core_mask\": %u,\n\t\t\t\"subcore\": [",
		s->task_number, s->core_mask);
	for (uint32_t i = 0; i < TEMPLATE_SUBCORES; i++)
		fprintf(out, "%s[%u, %u]", i ? ", " : "", s->subcore[i][0],
			s->subcore[i][1]);
	fputs("]\n\t\t}\n\t},\n", out);
}

/* --- records --------------------------------------------------------------- */

static bool same_write(const struct template_write *a, const struct template_write *b)
{
	return a->buffer == b->buffer && a->value == b->value;
}

/* Writes that change against `from`; UINT32_MAX when the sequences differ. */
static uint32_t changes(const struct template_record *r,
			const struct template_record *from)
{
	uint32_t count = 0;

	if (r->write_count != from->write_count)
		return UINT32_MAX;
	for (uint32_t i = 0; i < r->write_count; i++) {
		if (r->writes[i].reg != from->writes[i].reg)
			return UINT32_MAX;
		count += !same_write(&r->writes[i], &from->writes[i]);
	}
	return count;
}

/* The earlier record with the fewest changes; UINT32_MAX: write this one in full. */
static uint32_t find_like(const struct template *t, uint32_t index)
{
	uint32_t best = UINT32_MAX, least = t->records[index].write_count / 2;

	for (uint32_t i = 0; i < index; i++) {
		uint32_t count = changes(&t->records[index], &t->records[i]);

		if (count < least) {
			least = count;
			best = i;
		}
	}
	return best;
}

/* A register that the record writes twice is told once when it changes. */
static bool told_before(const struct template_record *r, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++) {
		if (r->writes[i].reg == r->writes[index].reg)
			return true;
	}
	return false;
}

static void put_writes(FILE *out, const struct template_record *r,
		       const struct template_record *like)
{
	struct line line = { out, "\t\t\t\t\t\t", 0, false };

	fputs("\t\t\t\t\t\"writes\": [", out);
	for (uint32_t i = 0; i < r->write_count; i++) {
		const struct template_write *w = &r->writes[i];
		char text[112], buffer[24] = "";

		if (like && (same_write(w, &like->writes[i]) || told_before(r, i)))
			continue;
		if (w->buffer)
			snprintf(buffer, sizeof buffer, "\"%s\", ",
				 template_buffer_name(w->buffer));
		snprintf(text, sizeof text, "[\"%s.%s\", %s%u]",
			 npu_block_name(npu_regs[w->reg].block), npu_regs[w->reg].name,
			 buffer, w->value);
		put_item(&line, text);
	}
	fputs(line.started ? "\n\t\t\t\t\t],\n" : "],\n", out);
}

static void put_tile(FILE *out, const struct tile *t)
{
	fputs("\t\t\t\t\t\"tile\": { ", out);
	if (t->image)
		fprintf(out, "\"image\": %u, ", t->image);
	fprintf(
	    out, "\"y\": [%u, %u], \"k\": [%u, %u], \"c\": [%u, %u], \"in\": [%u, %u],\n",
	    t->y, t->y_count, t->k, t->k_count, t->c, t->c_count, t->in_y, t->in_rows);
	fprintf(out,
		"\t\t\t\t\t\t\"pad_top\": %u, \"banks\": [%u, %u], \"entries\": %u, "
		"\"grains\": %u, \"reuse\": %s },\n",
		t->pad_top, t->data_banks, t->weight_banks, t->row_entries, t->grains,
		t->weight_reuse ? "true" : "false");
}

static void put_record(FILE *out, const struct template *t, uint32_t index)
{
	const struct template_record *r = &t->records[index];
	uint32_t like = find_like(t, index);

	fputs("\t\t\t\t{\n", out);
	if (r->mask != NPU_MASK_BARRIER)
		put_tile(out, &r->tile);
	fprintf(out, "\t\t\t\t\t\"mask\": %u, \"int_mask\": %u, \"offset\": %u,\n",
		r->mask, r->int_mask, r->offset);
	if (like != UINT32_MAX)
		fprintf(out, "\t\t\t\t\t\"like\": %u,\n", like);
	put_writes(out, r, like != UINT32_MAX ? &t->records[like] : NULL);
	fputs("\t\t\t\t\t\"tail\": [", out);
	for (uint32_t i = 0; i < 4; i++)
		fprintf(out, "%s[%u, %u, %u]", i ? ", " : "", r->tail[i][0],
			r->tail[i][1], r->tail[i][2]);
	fputs("]\n\t\t\t\t}", out);
}

static void put_board(FILE *out, const struct template_board *b)
{
	fputs("\t\t\t\"board\": { \"driver\": ", out);
	put_string(out, b->driver);
	fputs(", \"date\": ", out);
	put_string(out, b->date);
	fputs(",\n\t\t\t\t\"note\": ", out);
	put_string(out, b->note);
	fputs(" },\n", out);
}

static void put_plan(FILE *out, const struct template *t,
		     const struct template_plan *plan)
{
	fprintf(out, "\t\t{\n\t\t\t\"cores\": %u,\n\t\t\t\"evidence\": \"%s\",\n",
		plan->cores, template_evidence_name(plan->evidence));
	if (plan->board.driver)
		put_board(out, &plan->board);
	fputs("\t\t\t\"lists\": [\n", out);
	for (uint32_t core = 0; core < plan->list_count; core++) {
		fputs("\t\t\t[\n", out);
		for (uint32_t i = 0; i < plan->list[core].count; i++) {
			put_record(out, t, plan->list[core].first + i);
			fputs(i + 1 < plan->list[core].count ? ",\n" : "\n", out);
		}
		fputs(core + 1 < plan->list_count ? "\t\t\t],\n" : "\t\t\t]\n", out);
	}
	fputs("\t\t\t]\n\t\t}", out);
}

bool template_write(const struct template *t, FILE *out)
{
	fprintf(out, "{\n\t\"format\": \"%s\",\n", TEMPLATE_FORMAT);
	put_conv(out, &t->problem);
	put_provenance(out, t);
	put_notes(out, t);
	put_sizes(out, t);
	put_run(out, t);
	fputs("\t\"plans\": [\n", out);
	for (uint32_t i = 0; i < t->plan_count; i++) {
		put_plan(out, t, &t->plans[i]);
		fputs(i + 1 < t->plan_count ? ",\n" : "\n", out);
	}
	fputs("\t]\n}\n", out);
	return !ferror(out);
}
