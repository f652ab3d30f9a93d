/*
 * A value as written after an attribute's word, whichever form it came from.
 */
#ifndef VALUE_H
#define VALUE_H

#include "diag.h"
#include "mem.h"

/* The longest attribute: four paddings, each with its name. */
#define VALUES_MAX 16u

enum value_kind {
	VALUE_NUMBER, /* whole */
	VALUE_REAL,   /* 0.5, 1e-3: not even 2.0 is a size */
	VALUE_WORD,   /* same, seed, fp16 ... */
	VALUE_STRING, /* a path, a tensor's name */
	VALUE_TEXT    /* a JSON string: word or string, as the attribute needs */
};

struct value {
	enum value_kind kind;
	struct loc loc;
	struct str text; /* as written; a string without its quotes */
	uint64_t number; /* whole: magnitude; UINT64_MAX when larger */
	bool negative, overflow;
	double real; /* of both kinds of numbers, with its sign */
};

/* Whole or real. */
static inline bool is_number(const struct value *v)
{
	return v->kind == VALUE_NUMBER || v->kind == VALUE_REAL;
}

struct values {
	struct value items[VALUES_MAX];
	size_t count;
	bool bad; /* an error was reported; the attribute is not to be set */
};

void values_clear(struct values *values);

/* Append; reports and marks bad when there are too many. */
void values_add(struct values *values, const struct value *v, struct diag *diag);

/*
 * Append the numbers of "7", "-1", "3x224x224", "0.5" or "1e-3", each with its place.
 * Anything else is reported and marks the list bad.
 */
void values_add_numbers(struct values *values, struct str text, struct loc loc,
			struct diag *diag);

/* True for text that starts as a number does. */
bool str_is_numeric(struct str text);

/*
 * Read decimal digits from *at; false when there are none.  Moves *at behind
 * them; a number above 64 bits is UINT64_MAX with *overflow set.
 */
bool scan_number(const char **at, const char *end, uint64_t *number, bool *overflow);

/* The location of `bytes` ASCII characters `offset` after the start of `loc`. */
struct loc loc_part(struct loc loc, size_t offset, size_t bytes);

#endif
