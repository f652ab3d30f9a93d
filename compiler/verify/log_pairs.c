/*
 * Names, numbers and pairs of a log row.
 */
#include "verify/log_pairs.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool log_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool log_is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

void log_skip(struct log_cursor *c, const char *what)
{
	while (c->at < c->end && strchr(what, *c->at))
		c->at++;
}

bool log_starts_with(const struct log_cursor *c, const char *text)
{
	size_t bytes = strlen(text);

	return (size_t)(c->end - c->at) >= bytes && !memcmp(c->at, text, bytes);
}

enum log_outcome log_malformed(char *what, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, LOG_WHAT_BYTES, fmt, args);
	va_end(args);
	return LOG_MALFORMED;
}

/* Digits of `base` up to the end of the text; false on anything else, or beyond 64 bits.
 */
bool log_read_digits(struct log_cursor c, unsigned base, uint64_t *out)
{
	uint64_t v = 0;

	if (c.at == c.end)
		return false;
	for (; c.at < c.end; c.at++) {
		int ch = tolower((unsigned char)*c.at);
		unsigned digit = isdigit(ch)		  ? (unsigned)(ch - '0')
				 : ch >= 'a' && ch <= 'f' ? (unsigned)(ch - 'a') + 10
							  : base;

		if (digit >= base || v > (UINT64_MAX - digit) / base)
			return false;
		v = v * base + digit;
	}
	*out = v;
	return true;
}

/* Decimal, or hex after 0x; a zero may be bare.  Stored sign-extended when signed. */
static bool read_number(struct log_cursor c, enum log_type type, uint64_t *out)
{
	bool minus = type == LOG_S32 && c.at < c.end && *c.at == '-';
	bool hex;
	uint64_t v, max;

	c.at += minus;
	hex = log_starts_with(&c, "0x");
	c.at += hex ? 2 : 0;
	if (!log_read_digits(c, hex ? 16 : 10, &v))
		return false;
	if (type == LOG_S32) {
		/* a driver prints int with %x now and then: 0xffffffff is -1 */
		max = minus ? (uint64_t)INT32_MAX + 1 : hex ? UINT32_MAX : INT32_MAX;
		if (v > max)
			return false;
		*out = minus ? (uint64_t) - (int64_t)v : (uint64_t)(int64_t)(int32_t)v;
		return true;
	}
	*out = v;
	return type == LOG_U64 || v <= UINT32_MAX;
}

/* The slot of a name, blanks and underscores and case alike. */
const struct log_slot *log_find_slot(const struct log_form_desc *form,
				     const struct log_cursor *name)
{
	size_t bytes = (size_t)(name->end - name->at);

	for (size_t i = 0; i < form->slot_count; i++) {
		const char *s = form->slots[i].name;
		size_t k = 0;

		while (k < bytes && s[k] &&
		       (log_is_blank(name->at[k])
			    ? '_'
			    : tolower((unsigned char)name->at[k])) == s[k])
			k++;
		if (k == bytes && !s[k])
			return &form->slots[i];
	}
	return NULL;
}

static bool has_field(const struct log_parsed *p, enum log_field field)
{
	for (uint32_t i = 0; i < p->value_count; i++) {
		if (p->values[i].field == field)
			return true;
	}
	return false;
}

/* Store one pair whose name has a slot. */
enum log_outcome log_store(struct log_parsed *p, const struct log_slot *slot,
			   struct log_cursor value, const char *base, char *what)
{
	uint64_t v = 0;

	if (has_field(p, slot->field))
		return log_malformed(what, "\"%s\" is given twice", slot->name);
	if (value.at == value.end)
		return log_malformed(what, "\"%s\" has no value", slot->name);
	if (slot->type == LOG_WORD || slot->type == LOG_REST) {
		v = (uint64_t)(value.at - base) << LOG_TEXT_SHIFT |
		    (uint64_t)(value.end - value.at);
	} else if (!read_number(value, slot->type, &v)) {
		return log_malformed(what, "\"%s\" is not a %s number", slot->name,
				     slot->type == LOG_U64 ? "64-bit" : "32-bit");
	}
	p->values[p->value_count++] = (struct log_value){ v, slot->field };
	return LOG_KNOWN;
}

/* A value ends at a blank, comma or bracket; in loose rows also at a colon. */
struct log_cursor log_take_value(struct log_cursor *c, const struct log_slot *slot,
				 bool loose)
{
	struct log_cursor value = { c->at, c->at };

	if (slot && slot->type == LOG_REST) {
		value.end = c->end;
	} else {
		while (value.end < c->end &&
		       !strchr(loose ? " \t,;{}:" : " \t,;{}", *value.end))
			value.end++;
	}
	c->at = value.end;
	return value;
}

/*
 * The next name: words up to ':' or '='; before '=' only the last word counts, as
 * in "IOCTL_RET #2 ACTION flags=0x1".  False when the line holds no more pairs;
 * `c` is then left at the remaining text.
 */
bool log_take_name(struct log_cursor *c, struct log_cursor *name)
{
	const char *p;

	log_skip(c, " \t,;{}[]");
	for (p = c->at; p < c->end && *p != ':' && *p != '='; p++) {
		/* a comma ends a phrase that was no name: "pc commit armed, core: 0" */
		if (*p == ',' || *p == '{')
			c->at = p + 1;
	}
	if (p == c->end)
		return false;
	log_skip(c, " \t");
	*name = (struct log_cursor){ c->at, p };
	while (name->end > name->at && log_is_blank(name->end[-1]))
		name->end--;
	if (*p == '=') {
		const char *word = name->end;

		while (word > name->at && !log_is_blank(word[-1]))
			word--;
		name->at = word;
	}
	c->at = p + 1;
	return true;
}

enum log_outcome log_read_pairs(struct log_parsed *p, const struct log_form_desc *form,
				struct log_cursor c, const char *base, char *what)
{
	struct log_cursor name, value;

	while (log_take_name(&c, &name)) {
		const struct log_slot *slot = log_find_slot(form, &name);

		if (name.at == name.end)
			continue; /* "===" around a row */
		/* "a: 1", but "a= b=1" has no value for a */
		log_skip(&c, c.at[-1] == ':' || form->loose ? " \t{" : "{");
		value = log_take_value(&c, slot, form->loose);
		if (slot && log_store(p, slot, value, base, what) == LOG_MALFORMED)
			return LOG_MALFORMED;
	}
	log_skip(&c, " \t,;{}=.");
	if (c.at < c.end && !form->loose)
		return log_malformed(what, "the row ends in the middle of a field");
	for (size_t i = 0; i < form->slot_count; i++) {
		if (form->slots[i].need == LOG_REQUIRED &&
		    !has_field(p, form->slots[i].field))
			return log_malformed(what, "the row has no \"%s\"",
					     form->slots[i].name);
	}
	return LOG_KNOWN;
}
