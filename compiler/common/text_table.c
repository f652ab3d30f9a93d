#include "common/text_table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COLUMNS 16u
#define MAX_CELL_BYTES 208u /* the longest name of a conv has 200 */
#define COLUMN_GAP 2
#define LINE_MARK '\x01' /* first byte of a cell that is a line of its own */

struct text_table {
	size_t columns;
	bool right[MAX_COLUMNS];
	size_t width[MAX_COLUMNS];
	char (*cells)[MAX_CELL_BYTES]; /* the heads are the first row */
	size_t cell_count, cell_room;
};

size_t text_columns(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return columns;
}

static char *next_cell(struct text_table *t)
{
	if (t->cell_count == t->cell_room) {
		size_t room = t->cell_room ? 2 * t->cell_room : 64;
		void *more = realloc(t->cells, room * sizeof *t->cells);

		if (!more)
			return NULL;
		t->cells = more;
		t->cell_room = room;
	}
	return t->cells[t->cell_count];
}

void text_line(struct text_table *t, const char *fmt, ...)
{
	char *cell = t ? next_cell(t) : NULL;
	va_list args;

	if (!cell)
		return;
	assert(t->cell_count % t->columns == 0);
	cell[0] = LINE_MARK;
	va_start(args, fmt);
	vsnprintf(cell + 1, MAX_CELL_BYTES - 1, fmt, args);
	va_end(args);
	t->cell_count++;
	while (t->cell_count % t->columns)
		text_cell(t, "%s", "");
}

void text_cell(struct text_table *t, const char *fmt, ...)
{
	char *cell = t ? next_cell(t) : NULL;
	size_t column;
	va_list args;

	if (!cell)
		return;
	va_start(args, fmt);
	vsnprintf(cell, MAX_CELL_BYTES, fmt, args);
	va_end(args);
	column = t->cell_count++ % t->columns;
	if (text_columns(cell) > t->width[column])
		t->width[column] = text_columns(cell);
}

struct text_table *text_table_new(const char *heads)
{
	struct text_table *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->columns = 1;
	for (const char *p = heads; *p; p++)
		t->columns += *p == '|';
	for (size_t i = 0; i < t->columns; i++) {
		size_t length = strcspn(heads, "|");

		t->right[i] = *heads == '>';
		text_cell(t, "%.*s", (int)(length - t->right[i]), heads + t->right[i]);
		heads += length + (heads[length] == '|');
	}
	return t;
}

/* One line; blanks at its end are left out. */
static void put_row(const struct text_table *t, FILE *out, size_t first, int indent,
		    int gap)
{
	int pending = indent;

	if (t->cells[first][0] == LINE_MARK) {
		fprintf(out, "%*s%s\n", indent, "", t->cells[first] + 1);
		return;
	}
	for (size_t i = 0; i < t->columns && first + i < t->cell_count; i++) {
		const char *cell = t->cells[first + i];
		int blank = (int)(t->width[i] - text_columns(cell));

		if (*cell)
			fprintf(out, "%*s%s", pending + (t->right[i] ? blank : 0), "",
				cell);
		pending = *cell ? (t->right[i] ? 0 : blank) + gap : pending + blank + gap;
	}
	putc('\n', out);
}

static int choose_gap(const struct text_table *t, int indent, int max_columns)
{
	int wide = indent;

	for (size_t i = 0; i < t->columns; i++)
		wide += (int)t->width[i] + (i ? COLUMN_GAP : 0);
	return wide <= max_columns ? COLUMN_GAP : 1;
}

void text_table_end(struct text_table *t, FILE *out, int indent, int max_columns)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->cell_count; i += t->columns)
		put_row(t, out, i, indent, choose_gap(t, indent, max_columns));
	free(t->cells);
	free(t);
}

const char *text_number(char buf[TEXT_NUMBER_BYTES], uint64_t value)
{
	char digits[TEXT_NUMBER_BYTES];
	int n = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
	char *p = buf;

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			*p++ = ',';
		*p++ = digits[i];
	}
	*p = '\0';
	return buf;
}

const char *text_size(char buf[TEXT_NUMBER_BYTES], uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double size = (double)bytes / 1024;
	size_t unit = 0;

	while (size >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
		size /= 1024;
		unit++;
	}
	if (bytes < 1024)
		buf[0] = '\0';
	else
		snprintf(buf, TEXT_NUMBER_BYTES, "%.1f %s", size, units[unit]);
	return buf;
}
