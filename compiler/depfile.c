#include "depfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Spaces and '#' take a backslash, '$' doubles. */
static void put_escaped(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (*s == ' ' || *s == '#' || *s == '\\')
			fputc('\\', f);
		if (*s == '$')
			fputc('$', f);
		fputc(*s, f);
	}
}

static void put_rule(FILE *f, const char *target, const char *const *deps, size_t dep_count)
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

static bool write_whole(const char *temp, const char *path, const char *target,
			const char *const *deps, size_t dep_count)
{
	FILE *f = fopen(temp, "w");
	bool ok;

	if (!f)
		return false;
	put_rule(f, target, deps, dep_count);
	ok = !ferror(f);
	if (fclose(f) != 0)
		ok = false;
	if (ok && rename(temp, path) != 0)
		ok = false;
	if (!ok) {
		int saved = errno;

		remove(temp);
		errno = saved;
	}
	return ok;
}

bool depfile_write(const char *path, const char *target, const char *const *deps,
		   size_t dep_count, char *why, size_t why_bytes)
{
	size_t bytes = strlen(path ? path : target) + sizeof ".d.tmp";
	char *name = malloc(bytes), *temp = malloc(bytes);
	bool ok = name && temp;

	if (ok) {
		snprintf(name, bytes, "%s%s", path ? path : target, path ? "" : ".d");
		snprintf(temp, bytes, "%s%s.tmp", path ? path : target, path ? "" : ".d");
		ok = write_whole(temp, name, target, deps, dep_count);
		if (!ok)
			snprintf(why, why_bytes, "%s: %s", name, strerror(errno));
	} else {
		snprintf(why, why_bytes, "out of memory");
	}
	free(temp);
	free(name);
	return ok;
}
