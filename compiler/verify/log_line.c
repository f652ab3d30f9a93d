/*
 * One line of a log to its form and fields.
 */
#include <ctype.h>
#include <string.h>

#include "verify/log_form.h"
#include "verify/log_pairs.h"

/* "#12", "[12]" or "12:" after the marker. */
static enum log_outcome read_index(struct log_parsed *p, enum log_number style,
				   struct log_cursor *c, char *what)
{
	struct log_cursor digits;
	uint64_t v;

	p->number = LOG_NONE;
	if (style == LOG_NUMBER_NONE)
		return LOG_KNOWN;
	log_skip(c, " \t");
	if (style != LOG_NUMBER_PLAIN &&
	    (c->at == c->end || (*c->at != '#' && *c->at != '[')))
		return log_malformed(what, "the row has no number");
	c->at += style != LOG_NUMBER_PLAIN;
	digits = (struct log_cursor){ c->at, c->at };
	while (digits.end < c->end && isalnum((unsigned char)*digits.end))
		digits.end++;
	c->at = digits.end;
	if (!log_read_digits(digits, 10, &v) || v > LOG_MAX_INDEX)
		return log_malformed(what, "the row's number is not 0 to %u",
				     LOG_MAX_INDEX);
	if (style == LOG_NUMBER_BRACKET && (c->at == c->end || *c->at != ']'))
		return log_malformed(what, "the row's number has no \"]\"");
	c->at += style == LOG_NUMBER_BRACKET;
	if (style == LOG_NUMBER_BRACKET)
		log_skip(c, "=");
	log_skip(c, ":");
	p->number = (uint32_t)v;
	return LOG_KNOWN;
}

/* The marker, alone as a word, at the start or (anywhere) inside the line. */
static bool find_marker(const struct log_form_desc *form, const struct log_cursor *line,
			struct log_cursor *after)
{
	size_t bytes = strlen(form->marker);

	for (struct log_cursor c = *line; bytes && c.at + bytes <= line->end; c.at++) {
		bool whole = (c.at == line->at || !log_is_word(c.at[-1])) &&
			     (c.at + bytes == line->end || !log_is_word(c.at[bytes]));

		if (whole && log_starts_with(&c, form->marker)) {
			*after = (struct log_cursor){ c.at + bytes, line->end };
			return true;
		}
		if (!form->anywhere)
			return false;
	}
	return false;
}

/* Whether what follows the marker looks like a row at all, and not like prose. */
static bool looks_like_row(enum log_form form, const struct log_cursor *after)
{
	struct log_cursor c = *after;

	switch (form) {
	case LOG_GEM:
		log_skip(&c, " ");
		return c.at < c.end && isdigit((unsigned char)*c.at);
	case LOG_KERNEL_CORE:
		log_skip(&c, " 0123456789");
		return log_starts_with(&c, "irq status");
	case LOG_ACTION:
		log_skip(&c, " ");
		return log_starts_with(&c, "flags");
	case LOG_MEM_SYNC:
	case LOG_WINDOW:
	case LOG_MMIO_UNAVAILABLE:
		return c.at < c.end && log_is_blank(*c.at);
	case LOG_TASK_LIKE:
	case LOG_QWORD:
	case LOG_SUBMIT_SUBCORE:
		return log_starts_with(&c, "[");
	default:
		return true;
	}
}

/* "runtime_status = suspended"; the value is text, whatever the key. */
static enum log_outcome read_sysfs(struct log_parsed *p, struct log_cursor c,
				   const char *base, char *what)
{
	struct log_cursor value;

	for (size_t i = 0; i < log_sysfs_key_count; i++) {
		struct log_cursor rest = c;

		if (!log_starts_with(&c, log_sysfs_keys[i]))
			continue;
		rest.at += strlen(log_sysfs_keys[i]);
		log_skip(&rest, " \t");
		if (rest.at == rest.end || (*rest.at != '=' && *rest.at != ':'))
			continue;
		rest.at++;
		log_skip(&rest, " \t");
		value = rest;
		p->form = LOG_SYSFS;
		p->number = (uint32_t)i;
		if (value.at == value.end)
			return log_malformed(what, "\"%s\" has no value",
					     log_sysfs_keys[i]);
		p->values[p->value_count++] =
		    (struct log_value){ (uint64_t)(value.at - base) << LOG_TEXT_SHIFT |
					    (uint64_t)(value.end - value.at),
					LF_NAME };
		return LOG_KNOWN;
	}
	return LOG_UNKNOWN;
}

/* "0x0028 = 0x300", "0x0028: 0x300", or pairs. */
static enum log_outcome read_mmio(struct log_parsed *p, struct log_cursor c,
				  const char *base, char *what)
{
	static const struct log_slot offset = { "offset", LF_OFFSET, LOG_U32,
						LOG_REQUIRED };
	static const struct log_slot value = { "value", LF_VALUE, LOG_U32, LOG_REQUIRED };
	struct log_cursor first;

	p->form = LOG_MMIO_ROW;
	if (!log_starts_with(&c, "0x")) {
		struct log_cursor name, probe = c;

		if (!log_take_name(&probe, &name) ||
		    !log_find_slot(&log_forms[LOG_MMIO_ROW], &name))
			return LOG_UNKNOWN;
		return log_read_pairs(p, &log_forms[LOG_MMIO_ROW], c, base, what);
	}
	first = log_take_value(&c, NULL, true);
	log_skip(&c, " \t");
	if (c.at < c.end && *c.at != ':' && *c.at != '=')
		return LOG_UNKNOWN;
	log_skip(&c, " \t:=");
	if (log_store(p, &offset, first, base, what) == LOG_MALFORMED)
		return LOG_MALFORMED;
	return log_store(p, &value, log_take_value(&c, NULL, false), base, what);
}

/* Rows of a submit after its header are known by their first name. */
static enum log_form submit_form(struct log_cursor c)
{
	static const struct {
		const char *name;
		enum log_form form;
	} firsts[] = { { "flags=", LOG_SUBMIT_FLAGS },
		       { "task_counter=", LOG_SUBMIT_COUNTER },
		       { "core_mask=", LOG_SUBMIT_MASK } };

	for (size_t i = 0; i < sizeof firsts / sizeof firsts[0]; i++) {
		if (log_starts_with(&c, firsts[i].name))
			return firsts[i].form;
	}
	return LOG_FORM_N;
}

/* The call's name between the row's number and its first pair, if there is one. */
static void read_call_name(struct log_parsed *p, struct log_cursor *c, const char *base)
{
	struct log_cursor name;

	log_skip(c, " \t");
	name = (struct log_cursor){ c->at, c->at };
	while (name.end < c->end && log_is_word(*name.end))
		name.end++;
	if (name.end == name.at || name.end == c->end || !log_is_blank(*name.end))
		return;
	c->at = name.end;
	p->values[p->value_count++] =
	    (struct log_value){ (uint64_t)(name.at - base) << LOG_TEXT_SHIFT |
				    (uint64_t)(name.end - name.at),
				LF_NAME };
}

static enum log_outcome read_marked(struct log_parsed *p, struct log_cursor line,
				    enum log_kind kind, const char *base, char *what)
{
	for (int f = 0; f < LOG_FORM_N; f++) {
		const struct log_form_desc *form = &log_forms[f];
		struct log_cursor after;

		if ((kind && form->kind != kind) || !find_marker(form, &line, &after) ||
		    !looks_like_row((enum log_form)f, &after))
			continue;
		p->form = (enum log_form)f;
		if (read_index(p, form->number, &after, what) == LOG_MALFORMED)
			return LOG_MALFORMED;
		if (f == LOG_IOCTL_RET)
			read_call_name(p, &after, base);
		/* the driver's own message puts the first value behind the marker */
		if (f == LOG_KERNEL_IRQ_INVALID)
			after.at -= strlen("status");
		if (f == LOG_KERNEL_FAULT) {
			static const struct log_slot at = { "address", LF_ADDR, LOG_U64,
							    LOG_REQUIRED };

			log_skip(&after, " ");
			return log_store(p, &at, log_take_value(&after, NULL, true), base,
					 what);
		}
		return log_read_pairs(p, form, after, base, what);
	}
	return LOG_UNKNOWN;
}

enum log_outcome log_parse_line(struct log_parsed *p, const struct log_context *context,
				struct log_line line, const char *base, char *what)
{
	enum log_kind kind = context->kind;
	struct log_cursor c = { line.text, line.text + line.bytes };
	enum log_outcome outcome;
	enum log_form form;

	while (c.end > c.at && (log_is_blank(c.end[-1]) || c.end[-1] == '\r'))
		c.end--;
	log_skip(&c, " \t");
	p->value_count = 0;
	p->number = LOG_NONE;
	form = context->in_submit ? submit_form(c) : LOG_FORM_N;
	if (form != LOG_FORM_N && (!kind || kind == LOG_KIND_IOCTL)) {
		p->form = form;
		return log_read_pairs(p, &log_forms[form], c, base, what);
	}
	outcome = read_marked(p, c, kind, base, what);
	if (outcome == LOG_UNKNOWN && (!kind || kind == LOG_KIND_SYSFS))
		outcome = read_sysfs(p, c, base, what);
	if (outcome == LOG_UNKNOWN && context->in_mmio)
		outcome = read_mmio(p, c, base, what);
	return outcome;
}
