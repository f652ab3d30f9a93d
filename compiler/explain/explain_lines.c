#include "explain/explain_lines.h"

#include <stdarg.h>
#include <string.h>

#define LABEL_COLUMNS 15

void explain_wrapped(FILE *out, int margin, const char *text)
{
	int column = margin;

	while (*text) {
		int word = (int)strcspn(text, " ");

		if (column > margin && column + 1 + word > EXPLAIN_COLUMNS) {
			fprintf(out, "\n%*s", margin, "");
			column = margin;
		}
		column += fprintf(out, "%s%.*s", column > margin ? " " : "", word, text);
		text += word;
		text += *text == ' ';
	}
	putc('\n', out);
}

void explain_field(FILE *out, int indent, const char *label, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	fprintf(out, "%*s%-*s", indent, "", LABEL_COLUMNS, label);
	explain_wrapped(out, indent + LABEL_COLUMNS, text);
}

const char *explain_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}
