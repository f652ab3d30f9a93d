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

	while (s->at < s->end && !strchr(" \t\r\n,:]}", *s->at))
		step(s);
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
