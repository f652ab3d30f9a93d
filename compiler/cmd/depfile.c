#include "cmd/depfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/files.h"

/*
 * Spaces, '#' and ':' take a backslash, '$' doubles.  Backslashes are themselves, except
 * in a row before one of those, where make halves them.
 */
static void put_escaped(FILE *f, const char *s)
{
	for (; *s; s++) {
		char after = s[strspn(s, "\\")];

		if (after == ' ' || after == '#' || after == ':')
			fputc('\\', f);
		if (*s == '$')
			fputc('$', f);
		fputc(*s, f);
	}
}

static void put_rule(FILE *f, const char *target, const char *const *deps,
		     size_t dep_count)
{
	put_escaped(f, target);
	fputc(':', f);
	for (size_t i = 0; i < dep_count; i++) {
		fputs(" \\\n ", f);
		put_escaped(f, deps[i]);
	}
	fputc('\n', f);
	/* An empty rule for each, so that a deleted include is no error. */
	for (size_t i = 0; i < dep_count; i++) {
		fputc('\n', f);
		put_escaped(f, deps[i]);
		fputs(":\n", f);
	}
}

/*
 * A target with '%' is a pattern to make, and what make takes for it ninja does not; a
 * line break ends a rule in both.
 */
static bool can_be_written(const char *target, const char *const *deps, size_t dep_count,
			   char *why, size_t why_bytes)
{
	const char *name = strpbrk(target, "%\n") ? target : NULL;

	for (size_t i = 0; i < dep_count && !name; i++)
		name = strchr(deps[i], '\n') ? deps[i] : NULL;
	if (name)
		snprintf(why, why_bytes,
			 "%s: a depfile cannot say this name, for its %s; use another name, "
			 "or no -MD and -MF",
			 name, strchr(name, '\n') ? "line break" : "'%'");
	return !name;
}

bool depfile_write(const char *path, const char *target, const char *const *deps,
		   size_t dep_count, char *why, size_t why_bytes)
{
	size_t bytes = strlen(path ? path : target) + sizeof ".d", text_bytes;
	char *name, *text = NULL;
	FILE *f;
	bool ok;

	if (!can_be_written(target, deps, dep_count, why, why_bytes))
		return false;
	name = malloc(bytes);
	f = open_memstream(&text, &text_bytes);
	ok = name && f;
	if (ok)
		put_rule(f, target, deps, dep_count);
	if (f && fclose(f) != 0)
		ok = false;
	if (ok) {
		struct file_part part = { text, text_bytes };
		char reason[200];

		snprintf(name, bytes, "%s%s", path ? path : target, path ? "" : ".d");
		ok = files_write(name, &part, 1, reason, sizeof reason);
		if (!ok)
			snprintf(why, why_bytes, "%s: %s", name, reason);
	} else {
		snprintf(why, why_bytes, "out of memory");
	}
	free(text);
	free(name);
	return ok;
}
