/*
 * Patterns of log lines.  A glob is text in which '*' stands for anything, found
 * anywhere in the line; a regex is a POSIX extended one without back-references,
 * whose time grows with the line alone.
 */
#ifndef DOCTOR_PATTERN_H
#define DOCTOR_PATTERN_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#define PATTERN_BYTES 200u
#define PATTERN_WHY_BYTES 120

struct pattern {
	char text[PATTERN_BYTES + 1];
	bool is_regex;
	regex_t regex;
	/* A literal that every match of the regex holds; "" when none is known. */
	char needle[PATTERN_BYTES + 1];
};

/* False with a sentence in `why`.  Free with pattern_free() after success. */
bool pattern_init(struct pattern *p, const char *text, bool is_regex,
		  char why[PATTERN_WHY_BYTES]);
void pattern_free(struct pattern *p);

bool pattern_matches(const struct pattern *p, const char *line);

#endif
