#include <string.h>

#include "doctor_report.h"

#define COLUMNS 90u

void doctor_sentence(const struct diagnosis *d, char text[SIGNATURE_TEXT_BYTES])
{
	if (d->main)
		signature_fill(text, d->main->sig->title, d->facts);
	else if (d->family == FAMILY_AUTO)
		snprintf(text, SIGNATURE_TEXT_BYTES,
			 "no NPU of a known family shows itself; name one with --family "
			 "to see what it lacks");
	else if (d->log_error[0])
		snprintf(text, SIGNATURE_TEXT_BYTES,
			 "nothing is wrong with what can be seen, but %s", d->log_error);
	else
		snprintf(text, SIGNATURE_TEXT_BYTES, "no known trouble in %s",
			 d->scan->log_count ? "logs and state" : "the state");
}

void doctor_print_verdict(FILE *out, const struct diagnosis *d)
{
	char text[SIGNATURE_TEXT_BYTES];

	doctor_sentence(d, text);
	fprintf(out, "npudoctor: %s%s%s: %s\n", verdict_names[d->verdict],
		d->family == FAMILY_AUTO ? "" : " ",
		d->main			   ? d->main->sig->id
		: d->family == FAMILY_AUTO ? ""
					   : family_names[d->family],
		text);
}

/* Wrapped at blanks; following lines are indented. */
static void print_wrapped(FILE *out, const char *first, const char *text)
{
	size_t indent = strlen(first), column = indent;

	fputs(first, out);
	while (*text) {
		size_t word = strcspn(text, " ");

		if (column > indent && column + 1 + word > COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, word, out);
		column += word;
		text += word + strspn(text + word, " ");
	}
	fputc('\n', out);
}

static void print_fact(FILE *out, const struct diagnosis *d, enum fact_id id)
{
	const struct fact *fact = facts_find(d->facts, id);

	if (fact)
		fprintf(out, "  %s: %s = %s\n", fact->source, fact_names[id],
			fact->value);
	else
		fprintf(out, "  %s: not found (%s)\n", fact_names[id], fact_meanings[id]);
}

static void print_conditions(FILE *out, const struct diagnosis *d,
			     const struct finding *f)
{
	for (size_t i = 0; i < f->sig->when_count; i++) {
		print_fact(out, d, f->sig->when[i].fact);
		if (f->sig->when[i].other < FACT_N)
			print_fact(out, d, f->sig->when[i].other);
	}
}

static void print_evidence(FILE *out, const struct diagnosis *d, const struct finding *f)
{
	print_conditions(out, d, f);
	for (uint32_t i = 0; i < f->line_count; i++)
		fprintf(out, "  %s:%u: %s\n", d->scan->logs[f->lines[i]->log],
			f->lines[i]->line, f->lines[i]->text);
	if (f->hits > f->line_count)
		fprintf(out, "  (the last %u of %u such lines)\n", f->line_count,
			f->hits);
}

static void print_steps(FILE *out, const struct diagnosis *d, const struct signature *sig)
{
	char text[SIGNATURE_TEXT_BYTES], number[32];

	fprintf(out, "\nnext steps\n");
	for (size_t i = 0; i < sig->step_count; i++) {
		signature_fill(text, sig->steps[i], d->facts);
		snprintf(number, sizeof number, "  %zu. ", i + 1);
		print_wrapped(out, number, text);
	}
}

/* Why a finding is not the verdict. */
static void print_other(FILE *out, const struct diagnosis *d, const struct finding *f)
{
	char title[SIGNATURE_TEXT_BYTES];

	signature_fill(title, f->sig->title, d->facts);
	fprintf(out, "  %s %s: %s", severity_names[f->sig->severity], f->sig->id, title);
	if (f->line_count)
		fprintf(
		    out, " (%s:%u%s)", d->scan->logs[f->lines[f->line_count - 1]->log],
		    f->lines[f->line_count - 1]->line, f->hits > 1 ? " and before" : "");
	if (f->past)
		fprintf(out, "; before the driver's last start");
	else if (f->old)
		fprintf(out, "; in an earlier incident");
	if (f->cause)
		fprintf(out, "; explained by %s", f->cause->sig->id);
	fprintf(out, "\n");
}

static void print_others(FILE *out, const struct diagnosis *d)
{
	bool any = false;

	for (size_t i = 0; i < d->finding_count; i++) {
		if (&d->findings[i] == d->main ||
		    d->findings[i].sig->severity == SEVERITY_START)
			continue;
		if (!any)
			fprintf(out, "\nalso seen\n");
		any = true;
		print_other(out, d, &d->findings[i]);
	}
}

static void print_facts(FILE *out, const struct diagnosis *d)
{
	if (!d->facts->count)
		return;
	fprintf(out, "\nstate\n");
	for (size_t i = 0; i < d->facts->count; i++) {
		const struct fact *f = &d->facts->items[i];

		fprintf(out, "  %s = %s (%s)\n", fact_names[f->id], f->value, f->source);
	}
}

void doctor_print_text(FILE *out, const struct diagnosis *d)
{
	char text[SIGNATURE_TEXT_BYTES];

	doctor_print_verdict(out, d);
	if (d->main) {
		signature_fill(text, d->main->sig->meaning, d->facts);
		print_wrapped(out, "  ", text);
		fprintf(out, "\nevidence\n");
		print_evidence(out, d, d->main);
		print_steps(out, d, d->main->sig);
	} else if (d->log_error[0]) {
		fprintf(out,
			"\nnext steps\n"
			"  1. Run npudoctor as root, or save the log with 'sudo dmesg > "
			"kernel.log' and add\n     --log kernel.log.\n");
	}
	print_others(out, d);
	print_facts(out, d);
}
