/*
 * Compare the compiler's own plans with a directory of captured schedules.
 */
#ifndef VERIFY_CORPUS_H
#define VERIFY_CORPUS_H

#include <stdbool.h>
#include <stdio.h>

struct verify_corpus_options {
	bool verbose;      /* a line for every capture, not only for differing ones */
	const char *only;  /* captures whose slug contains this; NULL: all */
};

/*
 * Read every capture (*.json) of `dir` and print, by family: captures, plans,
 * tasks, registers compared, exact, differing, and each difference by name.
 * Returns an exit code of cmd.h: 0 all exact, 1 differences, 3 unreadable.
 */
int verify_corpus(const char *dir, const struct verify_corpus_options *options, FILE *out);

#endif
