/* What the tests of npudoctor share. */
#ifndef DOCTOR_TEST_H
#define DOCTOR_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "diagnose.h"
#include "sys.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CHECK(name, condition)                                                           \
	do {                                                                             \
		if (!(condition))                                                        \
			fail_msg("%s: %s", (name), #condition);                          \
	} while (0)
#define CHECK_TEXT(name, message, text)                                                  \
	do {                                                                             \
		if (!strstr((message), (text)))                                          \
			fail_msg("%s: '%s' lacks '%s'", (name), (message), (text));      \
	} while (0)

/* A whole file of tests/data/doctor, for free(). */
char *test_file(const char *name);

/*
 * Unpack tests/data/doctor/trees/NAME.tree below a new directory, whose path is
 * returned for free(); remove it with test_tree_remove().  "== path" begins a file,
 * a first line "-> target" makes it a link.
 */
char *test_tree(const char *name);
void test_tree_remove(char *root);

/* The built-in signatures, which must load without a complaint. */
void test_signatures(struct signatures *s);

/* Run a command line; its output (both streams) for free(), its exit code in *code. */
char *test_run(const char *command, int *code);

#endif
