#include "value.h"

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

void values_add_numbers(struct values *values, struct str text, struct loc loc,
			struct diag *diag)
{
	const char *end = text.at + text.bytes, *at = text.at;

	for (;;) {
		struct value v = { .kind = VALUE_NUMBER };
		const char *start = at;

		v.negative = at < end && *at == '-';
		at += v.negative;
		if (!scan_number(&at, end, &v.number, &v.overflow))
			break;
		v.text = (struct str){ start, (size_t)(at - start) };
		v.loc = loc_part(loc, (size_t)(start - text.at), v.text.bytes);
		values_add(values, &v, diag);
		if (at == end)
			return;
		if (*at++ != 'x')
			break;
	}
	diag_error(diag, loc, NULL, "'%.*s' is not a whole number", STR_ARGS(text));
	diag_note(diag, loc, "sizes are written like 7 or 3x224x224");
	values->bad = true;
}
