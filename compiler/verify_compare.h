/*
 * One capture against the compiler's own product: plans, records in order,
 * values, chain words, buffers, syncs and submit.
 */
#ifndef VERIFY_COMPARE_H
#define VERIFY_COMPARE_H

#include "capture.h"

/* What was compared; sums over captures. */
struct verify_tally {
	uint32_t captures, exact, differing;
	uint32_t plans, tasks, registers, differences;
	uint32_t constants;      /* registers taken from the capture: fused operations */
	uint32_t orders, chains, barriers, deltas, buffers, syncs, submits;
	uint32_t open_lists;     /* lists that a network left without a barrier */
	uint32_t marked;         /* known departures, marked in docs/schedules.md */
};

/* Called for each difference with a sentence. */
struct verify_sink {
	void (*difference)(void *ctx, const char *sentence);
	void *ctx;
};

/*
 * Compile the capture's problem for one, two and three cores and compare with
 * what it recorded.  Adds to `tally`; true when nothing differs.
 */
bool verify_compare(const struct capture *c, struct verify_tally *tally,
		    const struct verify_sink *sink);

#endif
