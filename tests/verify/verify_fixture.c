#include "verify_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void give_up(const char *what, const char *which)
{
	fprintf(stderr, "%s: %s\n", which, what);
	exit(1);
}

char *sample_text(const char *directory, const char *name)
{
	char path[512];
	char *text;
	FILE *file;
	long bytes = -1;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) || (bytes = ftell(file)) < 0)
		give_up("cannot be read", path);
	rewind(file);
	text = calloc(1, (size_t)bytes + 1);
	if (!text || fread(text, 1, (size_t)bytes, file) != (size_t)bytes)
		give_up("cannot be read", path);
	fclose(file);
	return text;
}

/* The first `what`, which must be there. */
static const char *must_find(const char *text, const char *what)
{
	const char *at = strstr(text, what);

	if (!at)
		give_up("is not in the sample", what);
	return at;
}

static const char *line_start(const char *text, const char *at)
{
	while (at > text && at[-1] != '\n')
		at--;
	return at;
}

static const char *line_end(const char *at)
{
	const char *end = strchr(at, '\n');

	return end ? end + 1 : at + strlen(at);
}

/* Append [from, to) to `out`. */
static char *put(char *out, const char *from, const char *to)
{
	memcpy(out, from, (size_t)(to - from));
	return out + (to - from);
}

static char *replace(char *out, const char *text, const struct damage *d)
{
	const char *at = must_find(text, d->from);

	do {
		out = put(out, text, at);
		out = put(out, d->to, d->to + strlen(d->to));
		text = at + strlen(d->from);
		at = d->kind == DAMAGE_ALL ? strstr(text, d->from) : NULL;
	} while (at);
	return put(out, text, text + strlen(text));
}

static char *swap(char *out, const char *text, const struct damage *d)
{
	const char *a = line_start(text, must_find(text, d->from));
	const char *b = line_start(text, must_find(text, d->to));
	const char *t = a;

	if (a > b) {
		a = b;
		b = t;
	}
	out = put(out, text, a);
	out = put(out, b, line_end(b));
	out = put(out, line_end(a), b);
	out = put(out, a, line_end(a));
	return put(out, line_end(b), text + strlen(text));
}

char *damaged(const char *text, const struct damage *d)
{
	const size_t growth = d->to ? strlen(d->to) : 0;
	char *copy = calloc(2, strlen(text) * (1 + growth / 8) + growth + 1024),
	     *out = copy;
	const char *line;

	if (!copy)
		give_up("out of memory", "damage");
	switch (d->kind) {
	case DAMAGE_NONE:
		put(out, text, text + strlen(text));
		break;
	case DAMAGE_FIRST:
	case DAMAGE_ALL:
		replace(out, text, d);
		break;
	case DAMAGE_DELETE:
		line = line_start(text, must_find(text, d->from));
		out = put(out, text, line);
		put(out, line_end(line), text + strlen(text));
		break;
	case DAMAGE_SWAP:
		swap(out, text, d);
		break;
	case DAMAGE_TWICE:
		line = line_start(text, must_find(text, d->from));
		out = put(out, text, line_end(line));
		put(out, line, text + strlen(text));
		break;
	case DAMAGE_APPEND:
		out = put(out, text, text + strlen(text));
		put(out, d->to, d->to + growth);
		break;
	}
	return copy;
}

bool check_text(const char *name, const char *text, const struct verify_subject *subject,
		uint32_t cores, struct report *report, char *why)
{
	const struct npub *b = subject ? &subject->npub : NULL;
	struct log *log = calloc(1, sizeof *log);
	struct evidence ev;
	bool ok;

	if (!log)
		give_up("out of memory", name);
	report_init(report);
	ok = log_read_text(log, name, text, strlen(text), LOG_KIND_AUTO, why);
	if (ok) {
		if (!evidence_init(&ev, log, b, b ? &b->convs[0] : NULL, cores))
			give_up("out of memory", name);
		evidence_check(&ev, report);
		evidence_free(&ev);
	}
	log_free(log);
	free(log);
	return ok;
}

void check_subject(const struct verify_subject *s, struct report *report)
{
	static const struct log no_log;
	struct evidence ev;

	report_init(report);
	subject_check_structure(s, 0, report);
	subject_check_plan(s, 0, report);
	subject_check_numbers(s, 0, report);
	if (!evidence_init(&ev, &no_log, &s->npub, &s->npub.convs[0], 1))
		give_up("out of memory", "subject");
	evidence_check_forbidden(&ev, report);
	evidence_free(&ev);
}

const char *verdict_of(const struct report *report, const char *name)
{
	const struct report_item *item = report_find(report, name);

	return !item			       ? "MISSING"
	       : item->verdict == VERDICT_FAIL ? item->reason
	       : item->verdict == VERDICT_SKIP ? "SKIP"
					       : "PASS";
}
