/*
 * Read and check a spec from memory, keeping what was said about it.
 */
#ifndef READING_H
#define READING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "spec.h"

struct reading {
	struct spec spec;
	struct diag *diag;
	char *messages;
	size_t message_bytes;
	FILE *out;
	uint32_t errors;
};

void reading_start(struct reading *r);
/* Everything is read: check it and collect the messages. */
void reading_finish(struct reading *r);
void reading_free(struct reading *r);

/* All three at once, for a text called "t.conv". */
void reading_of(struct reading *r, const char *text);
/* The same for a command-line argument. */
void reading_of_arg(struct reading *r, const char *arg);

/* Digests of specs without errors, which must all differ. */
void digests_of(uint64_t *digests, const char *const *texts, size_t count);

/* A file's bytes, zero-terminated; NULL when it cannot be read. */
char *read_whole(const char *path, size_t *bytes);

/* Next number of a small generator; the tests print the seed they start from. */
uint64_t next_random(uint64_t *state);
/* From low to high, both included. */
uint32_t random_between(uint64_t *state, uint32_t low, uint32_t high);
/* The seed to use: TEST_SEED of the environment, or the clock. */
uint64_t test_seed(const char *test);

/* A problem that every check passes. */
void random_problem(struct conv_problem *p, uint64_t *state);
/* Do both say the same conv?  Places and names do not count. */
bool same_problem(const struct conv_problem *a, const struct conv_problem *b);

#endif
