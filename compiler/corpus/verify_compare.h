/*
 * One capture against the compiler's own product: plans, records in order,
 * values, chain words, buffers, syncs and submit.
 */
#ifndef VERIFY_COMPARE_H
#define VERIFY_COMPARE_H

#include "corpus/capture_facts.h"
#include "corpus/verify_taken.h"

/* What was compared; sums over captures. */
struct verify_tally {
	uint32_t captures, exact, differing;
	uint32_t plans, tasks, registers, differences;
	uint32_t taken[TAKEN_N]; /* registers whose value is the capture's, by reason */
	uint32_t facts[FACT_N];  /* of models, read from captures */
	uint32_t table_loads;    /* records that fill a look-up table: left out */
	uint32_t orders, chains, barriers, deltas, buffers, syncs, submits;
	uint32_t open_lists;     /* lists that a network left without a barrier */
	uint32_t marked;         /* known departures, marked in docs/schedules.md */
	uint32_t unlisted;	 /* plans that captures leave out */
	uint32_t unplaced;	 /* addresses in no buffer that was recorded */
	uint32_t unknown_orders; /* orders of writes that the directory's list lacks */
};

/* Called for each difference with a sentence. */
struct verify_sink {
	void (*difference)(void *ctx, const char *sentence);
	void *ctx;
};

/*
 * Compile the capture's problem, with the facts of its model, for one, two and three cores and compare with
 * what it recorded.  Adds to `tally`; true when nothing differs.
 */
bool verify_compare(const struct capture *c, struct verify_tally *tally,
		    const struct verify_sink *sink);

#endif
