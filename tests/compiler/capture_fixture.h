/*
 * Captures of the test data, and what a comparison says of them.  Include after cmocka.
 */
#ifndef CAPTURE_FIXTURE_H
#define CAPTURE_FIXTURE_H

#include <stdio.h>

#include "corpus/verify_compare.h"

#define CAPTURES TEST_DATA "/captures"

/* Differences of a capture, the last one's sentence kept. */
struct seen {
	unsigned count;
	char last[400];
};

static inline void keep(void *ctx, const char *sentence)
{
	struct seen *s = ctx;

	s->count++;
	snprintf(s->last, sizeof s->last, "%s", sentence);
}

static inline void read_capture(struct capture *c, struct capture_orders *orders, const char *name)
{
	char why[CAPTURE_WHY_BYTES], path[512];

	assert_true(capture_orders_read(orders, CAPTURES, why));
	snprintf(path, sizeof path, "%s/%s.json", CAPTURES, name);
	if (!capture_read(c, path, orders, why))
		fail_msg("%s", why);
}

static inline struct seen compare(const struct capture *c)
{
	struct verify_tally tally = { 0 };
	struct seen seen = { 0 };
	struct verify_sink sink = { keep, &seen };
	bool exact = verify_compare(c, &tally, &sink);

	assert_int_equal(exact, seen.count == 0);
	assert_int_equal(tally.differences, seen.count);
	return seen;
}

#endif
