/*
 * Names, numbers and pairs of a log row: "size=560 flags=0x40b", "dma addr: 0xfff9f000".
 */
#ifndef LOG_PAIRS_H
#define LOG_PAIRS_H

#include "verify/log_form.h"

/* The text still to be read. */
struct log_cursor {
	const char *at, *end;
};

bool log_is_blank(char c);
bool log_is_word(char c);
/* Pass over any of the characters in `what`. */
void log_skip(struct log_cursor *c, const char *what);
bool log_starts_with(const struct log_cursor *c, const char *text);

/* Fill `what`; returns LOG_MALFORMED. */
enum log_outcome log_malformed(char *what, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The whole text as digits of `base`; false on anything else, or beyond 64 bits. */
bool log_read_digits(struct log_cursor c, unsigned base, uint64_t *out);

/* The slot of a name; NULL when the form has none. */
const struct log_slot *log_find_slot(const struct log_form_desc *form,
				     const struct log_cursor *name);

/* Store one value; malformed when it is no number of its type or is there already. */
enum log_outcome log_store(struct log_parsed *p, const struct log_slot *slot,
			   struct log_cursor value, const char *base, char *what);

/* Take the next value, of `slot` (NULL: any), or the next name. */
struct log_cursor log_take_value(struct log_cursor *c, const struct log_slot *slot,
				 bool loose);
bool log_take_name(struct log_cursor *c, struct log_cursor *name);

/* Read all pairs; malformed too when a required one is missing or the row is cut. */
enum log_outcome log_read_pairs(struct log_parsed *p, const struct log_form_desc *form,
				struct log_cursor c, const char *base, char *what);

#endif
