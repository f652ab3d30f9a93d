/*
 * The templates of schedules/, compiled in: embed.cmake writes the table.
 */
#ifndef TEMPLATE_BUILTIN_H
#define TEMPLATE_BUILTIN_H

#include <stddef.h>

struct template_builtin {
	const char *name; /* "schedules/x.json" */
	const unsigned char *bytes;
	size_t byte_count;
};

extern const struct template_builtin template_builtins[];
extern const size_t template_builtin_count;

#endif
