/*
 * PASS, SKIP and FAIL by item: what `npucc verify` prints.
 *
 * A check opens an item, fails it any number of times or skips it, and closes it;
 * an item that neither failed nor was skipped passes.  The first reason is kept.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum verdict { VERDICT_PASS, VERDICT_SKIP, VERDICT_FAIL };

#define REPORT_REASON_BYTES 240
struct report_item {
	const char *name; /* a literal */
	enum verdict verdict;
	uint32_t failures;
	char reason[REPORT_REASON_BYTES];
};

#define REPORT_MAX_ITEMS 64u
struct report {
	struct report_item items[REPORT_MAX_ITEMS];
	uint32_t count;
};

void report_init(struct report *report);

/* Begin the item; what follows is about it.  `what` is the reason of a pass. */
void report_item(struct report *report, const char *name, const char *what, ...)
    __attribute__((format(printf, 3, 4)));
void report_fail(struct report *report, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Nothing to judge; a failure before stands. */
void report_skip(struct report *report, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Replace the reason of an item that still passes. */
void report_pass(struct report *report, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether the current item has failed. */
bool report_failed(const struct report *report);

/* The item of that name; NULL when there is none. */
const struct report_item *report_find(const struct report *report, const char *name);
uint32_t report_tally(const struct report *report, enum verdict verdict);

void report_print(const struct report *report, FILE *out);
/* One object: {"conv", "items", "passed", "skipped", "failed"}. */
void report_print_json(const struct report *report, const char *conv, FILE *out);

#endif
