#include "diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* Characters of a source line that are shown; longer lines are cut around the caret. */
#define SHOWN_CHARS 100u
#define MESSAGE_BYTES 1024u

struct source {
	char *name;
	char *text;
	size_t bytes;
};

struct diag {
	FILE *out;
	void (*sink)(void *context, const struct diag_message *message);
	void *sink_context;
	struct source *sources;
	size_t source_count;
	uint32_t errors, warnings;
	bool last_printed; /* notes belong to a message that was shown */
	bool said_too_many;
	struct loc last_loc; /* of the last message, to show a line only once */
	uint64_t seen[DIAG_MAX_ERRORS]; /* errors printed, to say nothing twice */
	uint32_t seen_count;
};

struct diag *diag_new(FILE *out)
{
	struct diag *diag = mem_new(sizeof *diag);

	diag->out = out;
	return diag;
}

void diag_free(struct diag *diag)
{
	if (!diag)
		return;
	for (size_t i = 0; i < diag->source_count; i++) {
		free(diag->sources[i].name);
		free(diag->sources[i].text);
	}
	free(diag->sources);
	free(diag);
}

void diag_set_sink(struct diag *diag,
		   void (*sink)(void *context, const struct diag_message *message),
		   void *context)
{
	diag->sink = sink;
	diag->sink_context = context;
}

uint32_t diag_add_source(struct diag *diag, const char *name, const char *text,
			 size_t bytes)
{
	struct source *s;

	diag->sources = mem_grow(diag->sources, diag->source_count, sizeof *s);
	s = &diag->sources[diag->source_count];
	s->name = mem_strndup(name, strlen(name));
	s->text = mem_strndup(text, bytes);
	s->bytes = bytes;
	return (uint32_t)diag->source_count++;
}

const char *diag_source_name(const struct diag *diag, uint32_t source)
{
	return diag->sources[source].name;
}

/* The line without its end; empty when there is no such line. */
static struct str find_line(const struct source *s, uint32_t line)
{
	const char *at = s->text, *end = s->text + s->bytes, *stop;

	for (uint32_t i = 1; i < line && at < end; i++) {
		stop = memchr(at, '\n', (size_t)(end - at));
		at = stop ? stop + 1 : end;
	}
	stop = memchr(at, '\n', (size_t)(end - at));
	if (!stop)
		stop = end;
	if (stop > at && stop[-1] == '\r')
		stop--;
	return (struct str){ at, (size_t)(stop - at) };
}

/*
 * Bytes of the character at `at`; 1 for a byte that starts none, so that any
 * bytes at all can be walked.
 */
static size_t char_bytes(const char *at, const char *end)
{
	unsigned char lead = (unsigned char)*at;
	size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;

	if ((size_t)(end - at) < n || lead > 0xf4)
		return 1;
	for (size_t i = 1; i < n; i++)
		if (((unsigned char)at[i] & 0xc0) != 0x80)
			return 1;
	return n;
}

/* Print one character; what a terminal might obey becomes a question mark. */
static void put_char(FILE *out, const char *at, size_t n)
{
	unsigned char c = (unsigned char)*at;
	bool c1_control = n == 2 && c == 0xc2 && (unsigned char)at[1] < 0xa0;

	if (c == '\t' || (n == 1 && c >= 0x20 && c < 0x7f) || (n > 1 && !c1_control))
		fwrite(at, 1, n, out);
	else
		fputc('?', out);
}

/*
 * The source line and, under it, a caret and tildes.  Tabs are repeated in the
 * second line, so that both lines have the same width on any terminal.
 */
static void print_snippet(FILE *out, const struct source *s, struct loc loc)
{
	struct str line = find_line(s, loc.line);
	const char *at = line.at, *end = line.at + line.bytes;
	uint32_t first = 1, col = 1;
	bool caret = false;

	if (line.bytes == 0)
		return;
	if (loc.col > SHOWN_CHARS * 3 / 4)
		first = loc.col - SHOWN_CHARS / 2;
	for (; col < first && at < end; col++)
		at += char_bytes(at, end);
	fprintf(out, "%5u | %s", loc.line, first > 1 ? "..." : "");
	for (const char *c = at; c < end; col++) {
		size_t n = char_bytes(c, end);

		if (col == first + SHOWN_CHARS) {
			fputs("...", out);
			break;
		}
		put_char(out, c, n);
		c += n;
	}
	fprintf(out, "\n      | %s", first > 1 ? "   " : "");
	for (col = first; col < first + SHOWN_CHARS && col < loc.col + loc.len; col++) {
		size_t n = at < end ? char_bytes(at, end) : 0;

		if (caret && !n)
			break;
		caret = col >= loc.col;
		fputc(!caret	       ? (n && *at == '\t' ? '\t' : ' ')
		      : col == loc.col ? '^'
				       : '~',
		      out);
		at += n;
	}
	fputc('\n', out);
}

static void print_text(FILE *out, const char *text)
{
	const char *end = text + strlen(text);

	for (size_t n; text < end; text += n) {
		n = char_bytes(text, end);
		put_char(out, text, n);
	}
}

static void print_message(struct diag *diag, struct loc loc, const char *kind,
			  const char *check, const char *text)
{
	const struct source *s = NULL;
	bool shown = diag->last_printed && diag->last_loc.source == loc.source &&
		     diag->last_loc.line == loc.line && *kind == 'n';

	if (diag->sink) {
		const struct diag_message message = { loc, kind, check, text };

		diag->sink(diag->sink_context, &message);
		return;
	}
	if (loc.line && loc.source < diag->source_count) {
		s = &diag->sources[loc.source];
		print_text(diag->out, s->name);
		fprintf(diag->out, ":%u:%u: ", loc.line, loc.col);
	}
	fprintf(diag->out, "%s: ", kind);
	print_text(diag->out, text);
	if (check)
		fprintf(diag->out, " [%s]", check);
	fputc('\n', diag->out);
	if (s && !shown)
		print_snippet(diag->out, s, loc);
	diag->last_loc = loc;
}

/* True when this error was printed before: defaults reach many convs. */
static bool was_seen(struct diag *diag, struct loc loc, const char *text)
{
	uint64_t hash = fnv1a(FNV_START, text, strlen(text));

	if (!loc.line)
		return false;
	hash = fnv1a(hash, &loc, sizeof loc);
	for (uint32_t i = 0; i < diag->seen_count; i++)
		if (diag->seen[i] == hash)
			return true;
	if (diag->seen_count < DIAG_MAX_ERRORS)
		diag->seen[diag->seen_count++] = hash;
	return false;
}

void diag_error(struct diag *diag, struct loc loc, const char *check, const char *fmt,
		...)
{
	char text[MESSAGE_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (!diag->sink && was_seen(diag, loc, text)) {
		diag->last_printed = false;
		return;
	}
	diag->errors++;
	diag->last_printed = diag->sink || (diag->out && diag->errors <= DIAG_MAX_ERRORS);
	if (diag->last_printed) {
		print_message(diag, loc, "error", check, text);
	} else if (diag->out && !diag->said_too_many) {
		diag->said_too_many = true;
		fprintf(diag->out,
			"error: more than %u errors; the others are not shown\n",
			DIAG_MAX_ERRORS);
	}
}

void diag_warning(struct diag *diag, struct loc loc, const char *check, const char *fmt,
		  ...)
{
	char text[MESSAGE_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	diag->warnings++;
	diag->last_printed = diag->sink || diag->out;
	if (diag->last_printed)
		print_message(diag, loc, "warning", check, text);
}

void diag_note(struct diag *diag, struct loc loc, const char *fmt, ...)
{
	char text[MESSAGE_BYTES];
	va_list args;

	if (!diag->last_printed)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	print_message(diag, loc, "note", NULL, text);
}

uint32_t diag_errors(const struct diag *diag)
{
	return diag->errors;
}

uint32_t diag_warnings(const struct diag *diag)
{
	return diag->warnings;
}

bool diag_full(const struct diag *diag)
{
	return diag->errors > DIAG_MAX_ERRORS;
}
