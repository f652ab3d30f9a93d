#include <stdlib.h>

#include "doctor_report.h"
#include "json_put.h"

#define JSON_VERSION 1u

static json_t *steps_json(const struct diagnosis *d, const struct signature *sig)
{
	json_t *steps = json_array();
	char text[SIGNATURE_TEXT_BYTES];

	for (size_t i = 0; sig && i < sig->step_count; i++) {
		signature_fill(text, sig->steps[i], d->facts);
		append_s(steps, text);
	}
	return steps;
}

static void append_row(json_t *rows, const char *source, uint32_t line, const char *text)
{
	json_t *row = json_object();

	put_s(row, "source", source);
	if (line)
		put_u(row, "line", line);
	else
		put(row, "line", json_null());
	put_s(row, "text", text);
	json_array_append_new(rows, row);
}

static void append_fact(json_t *rows, const struct facts *facts, enum fact_id id)
{
	const struct fact *fact = facts_find(facts, id);
	char text[FACT_VALUE_BYTES + 64];

	snprintf(text, sizeof text, "%s %s%s", fact_names[id], fact ? "= " : "absent",
		 fact ? fact->value : "");
	append_row(rows, fact ? fact->source : "", 0, text);
}

static json_t *evidence_json(const struct diagnosis *d, const struct finding *f)
{
	json_t *rows = json_array();

	for (size_t i = 0; f && i < f->sig->when_count; i++) {
		append_fact(rows, d->facts, f->sig->when[i].fact);
		if (f->sig->when[i].other < FACT_N)
			append_fact(rows, d->facts, f->sig->when[i].other);
	}
	for (uint32_t i = 0; f && i < f->line_count; i++)
		append_row(rows, d->scan->logs[f->lines[i]->log], f->lines[i]->line,
			   f->lines[i]->text);
	return rows;
}

static json_t *finding_json(const struct diagnosis *d, const struct finding *f)
{
	json_t *o = json_object();
	char text[SIGNATURE_TEXT_BYTES];

	put_s(o, "id", f->sig->id);
	put_s(o, "family", family_names[f->sig->family]);
	put_s(o, "severity", severity_names[f->sig->severity]);
	put_u(o, "rank", f->sig->rank);
	signature_fill(text, f->sig->title, d->facts);
	put_s(o, "title", text);
	signature_fill(text, f->sig->meaning, d->facts);
	put_s(o, "meaning", text);
	put_u(o, "lines", f->hits);
	put_bool(o, "past", f->past);
	put_bool(o, "old", f->old);
	if (f->cause)
		put_s(o, "cause", f->cause->sig->id);
	else
		put(o, "cause", json_null());
	put(o, "evidence", evidence_json(d, f));
	return o;
}

static json_t *facts_json(const struct facts *facts)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < facts->count; i++) {
		json_t *row = json_object();

		put_s(row, "name", fact_names[facts->items[i].id]);
		put_s(row, "value", facts->items[i].value);
		put_s(row, "source", facts->items[i].source);
		json_array_append_new(rows, row);
	}
	return rows;
}

void doctor_print_json(FILE *out, const struct diagnosis *d)
{
	json_t *o = json_object(), *findings = json_array();
	char sentence[SIGNATURE_TEXT_BYTES];
	size_t bytes;
	char *text;

	doctor_sentence(d, sentence);
	put_u(o, "version", JSON_VERSION);
	put_s(o, "verdict", verdict_names[d->verdict]);
	if (d->family == FAMILY_AUTO)
		put(o, "family", json_null());
	else
		put_s(o, "family", family_names[d->family]);
	if (d->main)
		put_s(o, "id", d->main->sig->id);
	else
		put(o, "id", json_null());
	put_s(o, "sentence", sentence);
	if (d->log_error[0])
		put_s(o, "kernel_log_error", d->log_error);
	else
		put(o, "kernel_log_error", json_null());
	put(o, "evidence", evidence_json(d, d->main));
	put(o, "steps", steps_json(d, d->main ? d->main->sig : NULL));
	for (size_t i = 0; i < d->finding_count; i++)
		json_array_append_new(findings, finding_json(d, &d->findings[i]));
	put(o, "findings", findings);
	put(o, "facts", facts_json(d->facts));
	text = json_text(o, &bytes);
	fwrite(text, 1, bytes, out);
	free(text);
	json_decref(o);
}
