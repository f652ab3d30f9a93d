#include "verify/report.h"

#include <assert.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

static const char *const verdict_names[] = { "PASS", "SKIP", "FAIL" };

void report_init(struct report *report)
{
	report->count = 0;
}

static struct report_item *current(struct report *report)
{
	assert(report->count);
	return &report->items[report->count - 1];
}

void report_item(struct report *report, const char *name, const char *what, ...)
{
	struct report_item *item;
	va_list args;

	assert(report->count < REPORT_MAX_ITEMS);
	item = &report->items[report->count++];
	*item = (struct report_item){ .name = name, .verdict = VERDICT_PASS };
	va_start(args, what);
	vsnprintf(item->reason, sizeof item->reason, what, args);
	va_end(args);
}

void report_fail(struct report *report, const char *fmt, ...)
{
	struct report_item *item = current(report);
	va_list args;

	item->verdict = VERDICT_FAIL;
	if (item->failures++)
		return;
	va_start(args, fmt);
	vsnprintf(item->reason, sizeof item->reason, fmt, args);
	va_end(args);
}

void report_skip(struct report *report, const char *fmt, ...)
{
	struct report_item *item = current(report);
	va_list args;

	if (item->verdict == VERDICT_FAIL)
		return;
	item->verdict = VERDICT_SKIP;
	va_start(args, fmt);
	vsnprintf(item->reason, sizeof item->reason, fmt, args);
	va_end(args);
}

void report_pass(struct report *report, const char *fmt, ...)
{
	struct report_item *item = current(report);
	va_list args;

	if (item->verdict != VERDICT_PASS)
		return;
	va_start(args, fmt);
	vsnprintf(item->reason, sizeof item->reason, fmt, args);
	va_end(args);
}

bool report_failed(const struct report *report)
{
	return report->count && report->items[report->count - 1].verdict == VERDICT_FAIL;
}

const struct report_item *report_find(const struct report *report, const char *name)
{
	for (uint32_t i = 0; i < report->count; i++) {
		if (!strcmp(report->items[i].name, name))
			return &report->items[i];
	}
	return NULL;
}

uint32_t report_tally(const struct report *report, enum verdict verdict)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < report->count; i++)
		n += report->items[i].verdict == verdict;
	return n;
}

void report_print(const struct report *report, FILE *out)
{
	for (uint32_t i = 0; i < report->count; i++) {
		const struct report_item *item = &report->items[i];

		fprintf(out, "%s  %s: %s", verdict_names[item->verdict], item->name,
			item->reason);
		if (item->failures > 1)
			fprintf(out, " (and %u more)", item->failures - 1);
		fputc('\n', out);
	}
	fprintf(out, "%u passed, %u skipped, %u failed\n",
		report_tally(report, VERDICT_PASS), report_tally(report, VERDICT_SKIP),
		report_tally(report, VERDICT_FAIL));
}

/* A reason may quote a name in any bytes; JSON is UTF-8. */
static json_t *text_json(const char *string)
{
	char plain[REPORT_REASON_BYTES];
	json_t *text = json_string(string);
	size_t n = 0;

	if (text)
		return text;
	for (; string[n] && n + 1 < sizeof plain; n++)
		plain[n] = (unsigned char)string[n] < 0x80 ? string[n] : '?';
	plain[n] = 0;
	return json_string(plain);
}

void report_print_json(const struct report *report, const char *conv, FILE *out)
{
	json_t *items = json_array(), *root;

	for (uint32_t i = 0; i < report->count; i++) {
		const struct report_item *item = &report->items[i];

		json_array_append_new(items, json_pack("{s:s, s:s, s:o, s:i}", "item",
						       item->name, "verdict",
						       verdict_names[item->verdict],
						       "reason", text_json(item->reason),
						       "failures", (int)item->failures));
	}
	root = json_pack("{s:o, s:o, s:i, s:i, s:i}", "conv", text_json(conv), "items",
			 items, "passed", (int)report_tally(report, VERDICT_PASS),
			 "skipped", (int)report_tally(report, VERDICT_SKIP), "failed",
			 (int)report_tally(report, VERDICT_FAIL));
	json_dumpf(root, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(root);
}
