#include "value.h"

#include <errno.h>
#include <stdlib.h>

void values_clear(struct values *values)
{
	values->count = 0;
	values->bad = false;
}

void values_add(struct values *values, const struct value *v, struct diag *diag)
{
	if (values->count == VALUES_MAX) {
		if (!values->bad)
			diag_error(diag, v->loc, NULL, "more than %u values here",
				   VALUES_MAX);
		values->bad = true;
		return;
	}
	values->items[values->count++] = *v;
}

bool str_is_numeric(struct str text)
{
	if (text.bytes && *text.at == '-') {
		text.at++;
		text.bytes--;
	}
	return text.bytes && *text.at >= '0' && *text.at <= '9';
}

bool scan_number(const char **at, const char *end, uint64_t *number, bool *overflow)
{
	const char *start = *at;

	*number = 0;
	*overflow = false;
	for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
		uint64_t digit = (uint64_t)(**at - '0');

		if (*number > (UINT64_MAX - digit) / 10)
			*overflow = true;
		*number = *overflow ? UINT64_MAX : *number * 10 + digit;
	}
	return *at > start;
}

struct loc loc_part(struct loc loc, size_t offset, size_t bytes)
{
	loc.col += (uint32_t)offset;
	loc.len = bytes ? (uint32_t)bytes : 1;
	return loc;
}

static bool skip_digits(const char **at, const char *end)
{
	const char *start = *at;

	while (*at < end && **at >= '0' && **at <= '9')
		++*at;
	return *at > start;
}

/* -7.25e-3: a sign, digits, and a fraction or an exponent, maybe both. */
static bool is_real(struct str text)
{
	const char *at = text.at, *end = at + text.bytes;
	bool real = false;

	at += at < end && *at == '-';
	if (!skip_digits(&at, end))
		return false;
	if (at < end && *at == '.') {
		real = true;
		at++;
		if (!skip_digits(&at, end))
			return false;
	}
	if (at < end && (*at == 'e' || *at == 'E')) {
		real = true;
		at++;
		at += at < end && (*at == '-' || *at == '+');
		if (!skip_digits(&at, end))
			return false;
	}
	return real && at == end;
}

static void add_real(struct values *values, struct str text, struct loc loc,
		     struct diag *diag)
{
	struct value v = { .kind = VALUE_REAL, .loc = loc, .text = text };
	char *digits = mem_strndup(text.at, text.bytes);

	errno = 0;
	v.real = strtod(digits, NULL);
	if (errno == ERANGE) {
		diag_error(diag, loc, "number-range", "%s is out of range", digits);
		diag_note(diag, loc, "a number can be 0, or 2.3e-308 to 1.7e308 in size");
		values->bad = true;
	} else {
		values_add(values, &v, diag);
	}
	free(digits);
}

/* Whole numbers joined by x; false at the first character that is none of them. */
static bool add_whole(struct values *values, struct str text, struct loc loc,
		      struct diag *diag)
{
	const char *end = text.at + text.bytes, *at = text.at;

	for (;;) {
		struct value v = { .kind = VALUE_NUMBER };
		const char *start = at;

		v.negative = at < end && *at == '-';
		at += v.negative;
		if (!scan_number(&at, end, &v.number, &v.overflow))
			return false;
		v.real = v.negative ? -(double)v.number : (double)v.number;
		v.text = (struct str){ start, (size_t)(at - start) };
		v.loc = loc_part(loc, (size_t)(start - text.at), v.text.bytes);
		values_add(values, &v, diag);
		if (at == end)
			return true;
		if (*at++ != 'x')
			return false;
	}
}

void values_add_numbers(struct values *values, struct str text, struct loc loc,
			struct diag *diag)
{
	if (is_real(text)) {
		add_real(values, text, loc, diag);
	} else if (!add_whole(values, text, loc, diag)) {
		diag_error(diag, loc, NULL, "'%.*s' is not a number", STR_ARGS(text));
		diag_note(diag, loc,
			  "numbers are written like 7, -3, 0.5 or 1e-3, sizes like "
			  "3x224x224");
		values->bad = true;
	}
}
