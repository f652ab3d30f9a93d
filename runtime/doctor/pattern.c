#include "pattern.h"

#include <stdio.h>
#include <string.h>

#define NEEDLE_MIN 3u /* shorter ones are in every line */

/* '*' splits the glob into pieces that must follow one another. */
static bool glob_matches(const char *glob, const char *line)
{
	char piece[PATTERN_BYTES + 1];

	while (*glob) {
		size_t n = strcspn(glob, "*");

		if (n) {
			memcpy(piece, glob, n);
			piece[n] = '\0';
			line = strstr(line, piece);
			if (!line)
				return false;
			line += n;
		}
		glob += n + (glob[n] == '*');
	}
	return true;
}

/* The last character of a set, a count or an escape that begins at `at`. */
static const char *escape_end(const char *at)
{
	if (*at == '\\')
		return at + 1;
	if (*at == '{')
		return strchr(at, '}');
	at += at[1] == '^' ? 2 : 1;
	return *at ? strchr(at + 1, ']') : NULL; /* "[]...": the first ] is a member */
}

/* The longest run of plain characters outside brackets; nothing under | or (). */
static void find_needle(struct pattern *p)
{
	size_t best = 0, run = 0;
	const char *at = p->text;

	if (strpbrk(at, "|("))
		return;
	for (; *at; at++) {
		bool plain = !strchr(".[]{}*+?^$\\", *at);
		bool optional = plain && at[1] && strchr("*?{", at[1]);

		if (*at == '[' || *at == '{' || *at == '\\') {
			/* a set, a count, or an escape: its characters are no text */
			const char *end = escape_end(at);

			if (!end || !*end)
				return;
			at = end;
		}
		if (!plain || optional) {
			run = 0;
			continue;
		}
		run++;
		if (run > best) {
			best = run;
			memcpy(p->needle, at + 1 - run, run);
			p->needle[run] = '\0';
		}
	}
	if (best < NEEDLE_MIN)
		p->needle[0] = '\0';
}

static bool has_back_reference(const char *text)
{
	for (; *text; text++) {
		if (*text != '\\')
			continue;
		text++;
		if (!*text)
			return false;
		if (*text >= '1' && *text <= '9')
			return true;
	}
	return false;
}

bool pattern_init(struct pattern *p, const char *text, bool is_regex,
		  char why[PATTERN_WHY_BYTES])
{
	int error;

	memset(p, 0, sizeof *p);
	if (strlen(text) > PATTERN_BYTES || !text[strspn(text, "* ")]) {
		snprintf(why, PATTERN_WHY_BYTES,
			 "a pattern has 1 to %u characters that "
			 "are not all '*'",
			 PATTERN_BYTES);
		return false;
	}
	snprintf(p->text, sizeof p->text, "%s", text);
	p->is_regex = is_regex;
	if (!is_regex)
		return true;
	if (has_back_reference(text)) {
		snprintf(why, PATTERN_WHY_BYTES, "back-references are not allowed");
		return false;
	}
	error = regcomp(&p->regex, text, REG_EXTENDED | REG_NOSUB);
	if (error) {
		size_t used = (size_t)snprintf(why, PATTERN_WHY_BYTES, "not a regex: ");

		regerror(error, &p->regex, why + used, PATTERN_WHY_BYTES - used);
		return false;
	}
	find_needle(p);
	/* the empty line shows a regex that matches anything */
	if (!regexec(&p->regex, "", 0, NULL, 0)) {
		snprintf(why, PATTERN_WHY_BYTES, "the regex matches an empty line");
		regfree(&p->regex);
		return false;
	}
	return true;
}

void pattern_free(struct pattern *p)
{
	if (p->is_regex)
		regfree(&p->regex);
}

bool pattern_matches(const struct pattern *p, const char *line)
{
	if (!p->is_regex)
		return glob_matches(p->text, line);
	if (p->needle[0] && !strstr(line, p->needle))
		return false;
	return !regexec(&p->regex, line, 0, NULL, 0);
}
