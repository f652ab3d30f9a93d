#include "verify/log.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "verify/log_form.h"

/* Reading one file. */
struct reading {
	struct log *log;
	uint32_t file, line;
	struct log_line text;
	struct log_context context;
	bool any; /* a row was understood */
	/* Rows that announce others. */
	uint32_t submit_seen; /* bit per submit form, 0: no submit is open */
	uint32_t submit_line, submit_subcores;
	uint32_t window_line, window_left, window_next;
	char *why;
};

void log_init(struct log *log)
{
	memset(log, 0, sizeof *log);
}

void log_free(struct log *log)
{
	for (uint32_t i = 0; i < log->file_count; i++) {
		free(log->files[i].name);
		free(log->files[i].text);
	}
	free(log->rows);
	free(log->values);
	log_init(log);
}

/* The offending text in quotes, control characters as \x. */
static void quote(char *out, size_t bytes, struct log_line line)
{
	static const size_t most = 60;
	size_t n = 0;

	for (size_t i = 0; i < line.bytes && i < most && n + 8 < bytes; i++) {
		unsigned char ch = (unsigned char)line.text[i];

		if (isprint(ch) && ch != '"' && ch != '\\')
			out[n++] = (char)ch;
		else
			n += (size_t)snprintf(out + n, bytes - n, "\\x%02x", ch);
	}
	snprintf(out + n, bytes - n, "%s", line.bytes > most ? "..." : "");
}

static bool fail_at(const struct reading *r, uint32_t line, const char *sentence)
{
	char text[260];

	if (line == r->line) {
		quote(text, sizeof text, r->text);
		snprintf(r->why, LOG_WHY_BYTES, "%.80s:%u: %s: \"%s\"",
			 r->log->files[r->file].name, line, sentence, text);
	} else {
		snprintf(r->why, LOG_WHY_BYTES, "%.80s:%u: %s",
			 r->log->files[r->file].name, line, sentence);
	}
	return false;
}

static bool grow(void **array, uint32_t *room, uint32_t need, size_t elem)
{
	uint32_t more = *room ? *room : 256;
	void *p;

	if (need <= *room)
		return true;
	while (more < need)
		more *= 2;
	p = realloc(*array, more * elem);
	if (!p)
		return false;
	*array = p;
	*room = more;
	return true;
}

static bool append(struct reading *r, const struct log_parsed *p)
{
	struct log *log = r->log;
	struct log_row *row;

	if (log->row_count >= LOG_MAX_ROWS)
		return fail_at(r, r->line, "too many rows");
	if (!grow((void **)&log->rows, &log->row_room, log->row_count + 1, sizeof *row) ||
	    !grow((void **)&log->values, &log->value_room,
		  log->value_count + p->value_count, sizeof *log->values))
		return fail_at(r, r->line, "out of memory");
	row = &log->rows[log->row_count++];
	*row = (struct log_row){ .form = p->form,
				 .file = r->file,
				 .line = r->line,
				 .number = p->number,
				 .first_value = log->value_count,
				 .value_count = p->value_count };
	if (p->value_count)
		memcpy(log->values + log->value_count, p->values,
		       p->value_count * sizeof *p->values);
	log->value_count += p->value_count;
	log->form_rows[p->form]++;
	r->any = true;
	return true;
}

/* The open submit, if any, must have had all its rows by now. */
static bool end_submit(struct reading *r)
{
	static const uint32_t all =
	    1u << LOG_SUBMIT_FLAGS | 1u << LOG_SUBMIT_COUNTER | 1u << LOG_SUBMIT_MASK;

	if (!r->submit_seen)
		return true;
	if ((r->submit_seen & all) != all)
		return fail_at(
		    r, r->submit_line,
		    "the SUBMIT lacks its flags, task_counter or core_mask row");
	if (!r->submit_subcores)
		return fail_at(r, r->submit_line,
			       "the SUBMIT lacks its subcore_task rows");
	r->submit_seen = 0;
	r->context.in_submit = false;
	return true;
}

static bool end_window(struct reading *r)
{
	char sentence[96];

	if (!r->window_left)
		return true;
	snprintf(sentence, sizeof sentence,
		 "the QWORD_WINDOW is cut short: %u regcmd_qword rows are missing",
		 r->window_left);
	return fail_at(r, r->window_line, sentence);
}

/* Rows that only make sense after others, in their number and order. */
static bool follow_submit(struct reading *r, const struct log_parsed *p)
{
	uint32_t bit = 1u << p->form;

	if (p->form == LOG_SUBMIT) {
		r->submit_seen = bit;
		r->submit_line = r->line;
		r->submit_subcores = 0;
		r->context.in_submit = true;
		return true;
	}
	if (p->form == LOG_SUBMIT_SUBCORE) {
		if (!r->submit_seen)
			return fail_at(r, r->line, "the row belongs to no SUBMIT");
		if (p->number >= LOG_SUBCORES)
			return fail_at(r, r->line, "a SUBMIT has subcore_task 0 to 4");
		if (r->submit_subcores & 1u << p->number)
			return fail_at(r, r->line, "the SUBMIT has this row already");
		r->submit_subcores |= 1u << p->number;
		return true;
	}
	if (r->submit_seen & bit)
		return fail_at(r, r->line, "the SUBMIT has this row already");
	r->submit_seen |= bit;
	return true;
}

static bool follow_window(struct reading *r, const struct log_parsed *p)
{
	if (p->form == LOG_WINDOW) {
		for (uint32_t i = 0; i < p->value_count; i++) {
			if (p->values[i].field == LF_COUNT)
				r->window_left = (uint32_t)p->values[i].value;
		}
		if (!r->window_left || r->window_left > LOG_MAX_INDEX + 1)
			return fail_at(r, r->line, "a window holds 1 to 65536 words");
		r->window_line = r->line;
		r->window_next = 0;
		return true;
	}
	if (!r->window_left)
		return fail_at(r, r->line, "the row is in no QWORD_WINDOW");
	if (p->number != r->window_next)
		return fail_at(r, r->line, "the row is out of order in its QWORD_WINDOW");
	r->window_next++;
	r->window_left--;
	return true;
}

static bool follow(struct reading *r, const struct log_parsed *p)
{
	if (p->form >= LOG_SUBMIT_FLAGS && p->form <= LOG_SUBMIT_SUBCORE)
		return follow_submit(r, p);
	if (p->form == LOG_QWORD)
		return follow_window(r, p);
	/* chatter may stand between the rows of a block, other events may not */
	if (log_form_kind(p->form) == LOG_KIND_IOCTL && !end_submit(r))
		return false;
	if (log_form_kind(p->form) == LOG_KIND_DUMP && !end_window(r))
		return false;
	if (p->form != LOG_MMIO_ROW)
		r->context.in_mmio = p->form == LOG_MMIO_SNAPSHOT;
	if (p->form == LOG_SUBMIT)
		return follow_submit(r, p);
	if (p->form == LOG_WINDOW)
		return follow_window(r, p);
	return true;
}

static bool read_line(struct reading *r, const char *base)
{
	struct log_parsed p;
	char what[LOG_WHAT_BYTES];
	bool blank = true;

	if (r->text.bytes > LOG_MAX_LINE)
		return fail_at(r, r->line, "the line is longer than 4095 bytes");
	for (size_t i = 0; i < r->text.bytes; i++) {
		if (!r->text.text[i])
			return fail_at(r, r->line, "the line holds a NUL byte");
		blank = blank && isspace((unsigned char)r->text.text[i]);
	}
	if (blank)
		return true;
	switch (log_parse_line(&p, &r->context, r->text, base, what)) {
	case LOG_UNKNOWN:
		r->log->unknown_rows++;
		return true;
	case LOG_MALFORMED:
		return fail_at(r, r->line, what);
	default:
		return follow(r, &p) && append(r, &p);
	}
}

static bool read_lines(struct reading *r)
{
	const struct log_file *file = &r->log->files[r->file];
	const char *at = file->text, *end = file->text + file->bytes;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		stop = stop ? stop : end;
		r->line++;
		r->text = (struct log_line){ at, (size_t)(stop - at) };
		if (!read_line(r, file->text))
			return false;
		at = stop + (stop < end);
	}
	r->line++; /* the end has no text to quote */
	if (!end_submit(r) || !end_window(r))
		return false;
	if (r->any)
		return true;
	snprintf(r->why, LOG_WHY_BYTES, "%.80s: no row of %s%s log", file->name,
		 r->context.kind ? "the kind " : "any known kind of",
		 r->context.kind ? log_kind_names[r->context.kind] : "");
	return false;
}

/* Take over `text`, which is freed with the log. */
static bool add_file(struct log *log, const char *name, char *text, size_t bytes,
		     enum log_kind kind, char *why)
{
	struct reading r = {
		.log = log, .file = log->file_count, .why = why, .context.kind = kind
	};
	char *copy = strdup(name);

	if (!copy || log->file_count == LOG_MAX_FILES) {
		snprintf(why, LOG_WHY_BYTES, "%.80s: %s", name,
			 copy ? "more than 64 logs" : "out of memory");
		free(copy);
		free(text);
		return false;
	}
	log->files[log->file_count++] = (struct log_file){ copy, text, bytes };
	return read_lines(&r);
}

bool log_read(struct log *log, const char *path, enum log_kind kind, char *why)
{
	bool standard = !strcmp(path, "-");
	struct file_text text;
	const char *sentence;

	switch (file_read(&text, standard ? NULL : path, LOG_MAX_BYTES, true)) {
	case FILE_OK:
		return add_file(log, standard ? "<stdin>" : path, text.bytes, text.count,
				kind, why);
	case FILE_DIRECTORY:
		sentence = "is a directory";
		break;
	case FILE_TOO_LARGE:
		sentence = "is larger than 64 MiB";
		break;
	case FILE_SPECIAL:
		sentence = "is no plain file";
		break;
	default:
		sentence = strerror(text.error);
		break;
	}
	snprintf(why, LOG_WHY_BYTES, "%.200s: %s", path, sentence);
	return false;
}

bool log_read_text(struct log *log, const char *name, const char *text, size_t bytes,
		   enum log_kind kind, char *why)
{
	char *copy = malloc(bytes + 1);

	if (!copy || bytes > LOG_MAX_BYTES) {
		snprintf(why, LOG_WHY_BYTES, "%.80s: %s", name,
			 copy ? "is larger than 64 MiB" : "out of memory");
		free(copy);
		return false;
	}
	memcpy(copy, text, bytes);
	copy[bytes] = 0;
	return add_file(log, name, copy, bytes, kind, why);
}

static const struct log_value *find(const struct log *log, const struct log_row *row,
				    enum log_field field)
{
	for (uint32_t i = 0; i < row->value_count; i++) {
		if (log->values[row->first_value + i].field == field)
			return &log->values[row->first_value + i];
	}
	return NULL;
}

bool log_has(const struct log *log, const struct log_row *row, enum log_field field)
{
	return find(log, row, field) != NULL;
}

uint64_t log_get(const struct log *log, const struct log_row *row, enum log_field field)
{
	const struct log_value *v = find(log, row, field);

	return v ? v->value : 0;
}

const char *log_text(const struct log *log, const struct log_row *row,
		     enum log_field field, char *buf, size_t bytes)
{
	const struct log_value *v = find(log, row, field);
	uint64_t length = v ? v->value & ((1u << LOG_TEXT_SHIFT) - 1) : 0;

	if (length >= bytes)
		length = bytes - 1;
	if (length)
		memcpy(buf, log->files[row->file].text + (v->value >> LOG_TEXT_SHIFT),
		       length);
	for (uint64_t i = 0; i < length; i++) {
		if (!isprint((unsigned char)buf[i]))
			buf[i] = '?';
	}
	buf[length] = 0;
	return buf;
}

const char *log_place(const struct log *log, const struct log_row *row,
		      char buf[LOG_PLACE_BYTES])
{
	snprintf(buf, LOG_PLACE_BYTES, "%.70s:%u", log->files[row->file].name, row->line);
	return buf;
}
