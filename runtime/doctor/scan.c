#include "scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000
#define HOUR_MS ((int64_t)3600 * MS)
#define DAY_MS (24 * HOUR_MS)
#define MONTH_DAYS 31 /* only differences count, and those of a day or less */

static int64_t clock_ms(unsigned month, unsigned day, unsigned h, unsigned m, unsigned s)
{
	if (month > 12 || day > 31 || h > 23 || m > 59 || s > 60)
		return SCAN_TIME_NONE;
	return ((int64_t)month * MONTH_DAYS + day) * DAY_MS + h * HOUR_MS +
	       (int64_t)m * 60 * MS + (int64_t)s * MS;
}

int64_t scan_time(const char *line)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	unsigned long long seconds, fraction;
	unsigned year, month, day, h, m, s;
	char name[4];

	if (line[0] == '<' && line[1 + strspn(line + 1, "0123456789")] == '>')
		line = strchr(line, '>') + 1; /* klogctl's priority */
	if (sscanf(line, "[%10llu.%6llu]", &seconds, &fraction) == 2)
		return (int64_t)(seconds * MS + fraction / MS);
	if (sscanf(line, "%*3u,%*18u,%18llu,", &fraction) == 1)
		return (int64_t)(fraction / MS);
	if (sscanf(line, "%4u-%2u-%2u%*1[T ]%2u:%2u:%2u", &year, &month, &day, &h, &m,
		   &s) == 6)
		return clock_ms(month, day, h, m, s);
	if (sscanf(line, "%3[A-Za-z] %2u %2u:%2u:%2u", name, &day, &h, &m, &s) == 5) {
		const char *at = strstr(months, name);

		if (at && strlen(name) == 3 && (at - months) % 3 == 0)
			return clock_ms((unsigned)(at - months) / 3 + 1, day, h, m, s);
	}
	return SCAN_TIME_NONE;
}

static void add_hit(struct scan *scan, const struct signature *sig, uint32_t line,
		    const char *text)
{
	struct hit *hit;

	scan->items = mem_grow(scan->items, scan->count, sizeof *scan->items);
	hit = &scan->items[scan->count++];
	*hit = (struct hit){ .sig = sig,
			     .log = (uint32_t)scan->log_count - 1,
			     .line = line,
			     .ms = scan_time(text),
			     .text = mem_strndup(text, strlen(text)) };
}

/* A line as text that can be shown: no NUL, no terminal control. */
static void take_line(char out[SCAN_LINE_BYTES + 1], const char *at, size_t bytes)
{
	size_t n = bytes < SCAN_LINE_BYTES ? bytes : SCAN_LINE_BYTES;

	while (n && (at[n - 1] == '\r' || at[n - 1] == ' '))
		n--;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)at[i];

		out[i] = c == '\t' ? ' ' : c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	out[n] = '\0';
}

/* Keep the latest SCAN_MAX_HITS of a signature in this log. */
static void forget_oldest(struct scan *scan, size_t first, const struct signature *sig)
{
	for (size_t i = first; i < scan->count; i++) {
		if (scan->items[i].sig != sig)
			continue;
		free(scan->items[i].text);
		scan->count--;
		memmove(&scan->items[i], &scan->items[i + 1],
			(scan->count - i) * sizeof *scan->items);
		return;
	}
}

void scan_text(struct scan *scan, const struct signatures *s, const char *name,
	       const char *text, size_t bytes)
{
	uint32_t *seen = mem_new((s->count + 1) * sizeof *seen);
	const char *at = text, *end = text + bytes;
	char line[SCAN_LINE_BYTES + 1];
	size_t first = scan->count;
	uint32_t number = 0;

	if (!scan->totals)
		scan->totals = mem_new((s->count + 1) * sizeof *scan->totals);
	scan->logs = mem_grow(scan->logs, scan->log_count, sizeof *scan->logs);
	scan->logs[scan->log_count++] = mem_strndup(name, strlen(name));
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		stop = stop ? stop : end;
		take_line(line, at, (size_t)(stop - at));
		number++;
		for (size_t i = 0; i < s->count; i++) {
			if (!signature_matches(&s->items[i], line))
				continue;
			scan->totals[i]++;
			if (++seen[i] > SCAN_MAX_HITS)
				forget_oldest(scan, first, &s->items[i]);
			add_hit(scan, &s->items[i], number, line);
		}
		at = stop + (stop < end);
	}
	free(seen);
}

void scan_free(struct scan *scan)
{
	for (size_t i = 0; i < scan->count; i++)
		free(scan->items[i].text);
	for (size_t i = 0; i < scan->log_count; i++)
		free(scan->logs[i]);
	free(scan->items);
	free(scan->totals);
	free(scan->logs);
	*scan = (struct scan){ 0 };
}
