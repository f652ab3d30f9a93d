/* What the tests of the tools share. */
#ifndef TOOL_TEST_H
#define TOOL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Fail the test with a message that starts with the case's name. */
#define CHECK(name, condition)                                                           \
	do {                                                                             \
		if (!(condition))                                                        \
			fail_msg("%s: %s", (name), #condition);                          \
	} while (0)

/* The message must contain the text. */
#define CHECK_TEXT(name, message, text)                                                  \
	do {                                                                             \
		if (!strstr((message), (text)))                                          \
			fail_msg("%s: '%s' lacks '%s'", (name), (message), (text));      \
	} while (0)

/* A name of our own in the working directory: tests run side by side. */
static inline const char *scratch_name(const char *ending)
{
	static char name[80];

	snprintf(name, sizeof(name), "tools-%ld%s", (long)getpid(), ending);
	return name;
}

#endif
