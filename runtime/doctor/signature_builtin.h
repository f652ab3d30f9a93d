/* The signature files of the build; embed.cmake writes the table. */
#ifndef SIGNATURE_BUILTIN_H
#define SIGNATURE_BUILTIN_H

#include <stddef.h>

struct signature_builtin {
	const char *name;
	const unsigned char *bytes;
	size_t count;
};

extern const struct signature_builtin signature_builtins[];
extern const size_t signature_builtin_count;

#endif
