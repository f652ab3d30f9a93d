#include "table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/text_table.h"

#define MAX_COLUMNS 24u
#define COLUMN_GAP 2

struct table {
	size_t columns;
	bool right[MAX_COLUMNS];
	size_t width[MAX_COLUMNS];
	char **cells; /* the heads are the first row */
	size_t cell_count, cell_room;
};

static void *or_abort(void *memory)
{
	if (!memory) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return memory;
}

/* Takes `text` over. */
static void append(struct table *t, char *text)
{
	size_t column = t->cell_count % t->columns;

	if (t->cell_count == t->cell_room) {
		t->cell_room = t->cell_room ? 2 * t->cell_room : 64;
		t->cells = or_abort(realloc(t->cells, t->cell_room * sizeof(*t->cells)));
	}
	if (text_columns(text) > t->width[column])
		t->width[column] = text_columns(text);
	t->cells[t->cell_count++] = text;
}

struct table *table_new(const char *heads)
{
	struct table *t = or_abort(calloc(1, sizeof(*t)));

	t->columns = 1;
	for (const char *p = heads; *p; p++)
		t->columns += *p == '|';
	assert(t->columns <= MAX_COLUMNS);
	for (size_t i = 0; i < t->columns; i++) {
		size_t length;

		t->right[i] = *heads == '>';
		heads += t->right[i];
		length = strcspn(heads, "|");
		append(t, or_abort(strndup(heads, length)));
		heads += length + (heads[length] == '|');
	}
	return t;
}

void table_cell(struct table *t, const char *fmt, ...)
{
	va_list args, again;
	char *text;
	int n;

	va_start(args, fmt);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	assert(n >= 0);
	text = or_abort(malloc((size_t)n + 1));
	vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(args);
	append(t, text);
}

static void print_row(const struct table *t, char *const *cells, FILE *out, int indent)
{
	int pending = indent; /* blanks not yet printed, so that no line ends in one */

	for (size_t i = 0; i < t->columns; i++) {
		int length = (int)text_columns(cells[i]);
		int space = (int)t->width[i] - length;

		if (t->right[i])
			pending += space;
		if (length > 0) {
			fprintf(out, "%*s%s", pending, "", cells[i]);
			pending = 0;
		}
		pending += (t->right[i] ? 0 : space) + COLUMN_GAP;
	}
	fputc('\n', out);
}

void table_end(struct table *t, FILE *out, int indent)
{
	assert(t->cell_count % t->columns == 0);
	for (size_t i = 0; i < t->cell_count; i += t->columns)
		print_row(t, t->cells + i, out, indent);
	for (size_t i = 0; i < t->cell_count; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t);
}
