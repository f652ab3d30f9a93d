#include "json_place.h"

#include <stdlib.h>
#include <string.h>

struct scan {
	struct json_places *places;
	const char *start, *at, *end;
	uint32_t line, col;
	uint32_t *open; /* containers around */
	size_t open_count;
};

static void step(struct scan *s)
{
	if (*s->at == '\n') {
		s->line++;
		s->col = 1;
	} else if (((unsigned char)*s->at & 0xc0) != 0x80) {
		s->col++;
	}
	s->at++;
}

static uint32_t add_place(struct scan *s)
{
	struct json_places *p = s->places;

	p->items = mem_grow(p->items, p->count, sizeof *p->items);
	p->items[p->count] =
	    (struct json_place){ s->line, s->col, 1, (uint32_t)(s->at - s->start), 0 };
	return (uint32_t)p->count++;
}

static void end_place(struct scan *s, uint32_t index)
{
	struct json_place *place = &s->places->items[index];

	if (s->line == place->line && s->col > place->col)
		place->len = s->col - place->col;
	place->next = (uint32_t)s->places->count;
}

static void scan_string(struct scan *s)
{
	uint32_t index = add_place(s);

	step(s);
	while (s->at < s->end && *s->at != '"') {
		if (*s->at == '\\' && s->at + 1 < s->end)
			step(s);
		step(s);
	}
	if (s->at < s->end)
		step(s);
	end_place(s, index);
}

/* A number, true, false or null. */
static void scan_plain(struct scan *s)
{
	uint32_t index = add_place(s);

	/* One byte at least: strchr() finds a zero byte among the ends. */
	do
		step(s);
	while (s->at < s->end && !strchr(" \t\r\n,:]}", *s->at));
	end_place(s, index);
}

void json_places_scan(struct json_places *places, struct str text)
{
	struct scan s = { .places = places,
			  .start = text.at,
			  .at = text.at,
			  .end = text.at + text.bytes,
			  .line = 1,
			  .col = 1 };

	*places = (struct json_places){ 0 };
	while (s.at < s.end) {
		switch (*s.at) {
		case '{':
		case '[':
			s.open = mem_grow(s.open, s.open_count, sizeof *s.open);
			s.open[s.open_count++] = add_place(&s);
			step(&s);
			break;
		case '}':
		case ']':
			step(&s);
			if (s.open_count) {
				uint32_t index = s.open[--s.open_count];

				places->items[index].next = (uint32_t)places->count;
			}
			break;
		case '"':
			scan_string(&s);
			break;
		case ' ':
		case '\t':
		case '\r':
		case '\n':
		case ',':
		case ':':
			step(&s);
			break;
		default:
			scan_plain(&s);
		}
	}
	free(s.open);
}

void json_places_free(struct json_places *places)
{
	free(places->items);
	*places = (struct json_places){ 0 };
}

static size_t number_bytes_before(struct str text, int position)
{
	size_t end = position > 0 ? (size_t)position : 0, bytes = 0;

	while (end <= text.bytes && bytes < end &&
	       strchr("0123456789+-.eE", text.at[end - bytes - 1]))
		bytes++;
	return bytes;
}

/* libjansson's column is that of the last character it read; the text it stopped
 * at follows "near". */
void json_report_syntax(struct diag *diag, uint32_t source, struct str text,
			const json_error_t *error)
{
	const char *near = strstr(error->text, " near '");
	size_t near_bytes = near ? strlen(near) - strlen(" near ''") : 0;
	size_t text_bytes = near ? (size_t)(near - error->text) : strlen(error->text);
	struct loc loc = { source,
			   error->line > 0 ? (uint32_t)error->line : 1,
			   error->column > 0 ? (uint32_t)error->column : 1, 1 };

	/* A number too long to be quoted: go back over it. */
	if (json_error_code(error) == json_error_numeric_overflow)
		near_bytes = number_bytes_before(text, error->position);
	if (near_bytes && near_bytes <= loc.col) {
		loc.col -= (uint32_t)near_bytes - 1;
		loc.len = (uint32_t)near_bytes;
	}
	if (json_error_code(error) == json_error_numeric_overflow)
		diag_error(diag, loc, NULL, "the number is too large for JSON: whole numbers "
					    "end at 2^63 - 1, others near 1e308");
	else
		diag_error(diag, loc, NULL, "not valid JSON: %.*s",
			   (int)text_bytes, error->text);
}
