/*
 * Dependency files: the make rule that says which files a bundle came from.
 */
#ifndef DEPFILE_H
#define DEPFILE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Write "target: dep..." to `path` (NULL: target with ".d" appended), special
 * characters escaped as make wants them, whole or not at all.  False: `why`.
 */
bool depfile_write(const char *path, const char *target, const char *const *deps,
		   size_t dep_count, char *why, size_t why_bytes);

#endif
