/*
 * Taking one problem along the whole path: inside this process through the
 * libraries, or through the built programs and files.
 */
#ifndef RUNNER_H
#define RUNNER_H

#include "problem.h"

enum outcome { OUTCOME_RIGHT, OUTCOME_REFUSED, OUTCOME_WRONG };

struct result {
	enum outcome outcome;
	char rule[64]; /* REFUSED: the check's name */
	char why[768]; /* REFUSED, WRONG: the sentence */
};

/* Spec text to compared output with the libraries; data files go through `dir`. */
void run_in_process(struct result *result, const struct problem *p, enum form form,
		    const char *dir);

/* The same with npucc and npurun, through files in `dir`. */
struct programs {
	const char *npucc, *npurun, *dir;
};
void run_programs(struct result *result, const struct problem *p, enum form form,
		  const struct programs *programs);

/* Parse a compiler's messages: first error's sentence and its rule in brackets. */
void result_from_messages(struct result *result, const char *messages);

void result_set(struct result *result, enum outcome outcome, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
