/*
 * Figures behind --explain: worked out once from a compiled conv, printed as text
 * and as JSON.  Nothing here decides anything.
 */
#ifndef EXPLAIN_FIGURES_H
#define EXPLAIN_FIGURES_H

#include "compile.h"

#define EXPLAIN_SCHEMA "npucc-explain/1"
#define EXPLAIN_SLUG_BYTES 160u
#define EXPLAIN_BO_N 5u
#define EXPLAIN_STREAM_N 4u

/* One buffer object, in creation order. */
struct explain_bo {
	const char *name;
	uint32_t flags; /* the driver's */
	uint64_t bytes;
};

/* What moves over DRAM, and the least that any plan could move. */
struct explain_stream {
	const char *name;
	uint64_t bytes, least_bytes;
};

/* The list of one core. */
struct explain_list {
	uint32_t first_tile, tile_count; /* in plan->tiles */
	uint32_t first_task, task_count; /* records of the conv, barrier included */
	uint64_t cycles, ns;		 /* of its tiles; ns with task overheads */
};

struct explain_plan {
	const struct plan *plan;
	uint32_t run_cores; /* cores that a submit uses: 1 when the plan is shared */
	int repeats;	    /* plan of the conv whose records it repeats; -1: none */
	struct plan_cost cost;
	struct explain_stream streams[EXPLAIN_STREAM_N];
	uint64_t dram_bytes, least_dram_bytes;
	struct explain_list lists[NPU_MAX_CORES];
	uint64_t critical_cycles; /* of the slowest list */
	/* macs / (critical cycles * cores * MACs a cycle), 0..1 */
	double utilisation;
	uint32_t records, barriers, deltas, words, relocs;
};

struct explain_figures {
	const struct compiled_conv *c;
	char slug[EXPLAIN_SLUG_BYTES];
	uint64_t macs;
	struct plan_cost least; /* every real element moved once */
	struct explain_bo bos[EXPLAIN_BO_N];
	struct npub_sync
	    syncs[CONV_MAX_SYNCS]; /* bo: index in `bos`, which is its role */
	uint32_t sync_count;
	struct explain_plan plans[NPU_MAX_CORES];
	uint32_t plan_count;
};

void explain_figures_of(struct explain_figures *f, const struct compiled_conv *c);

/* bytes / least_bytes; 1 when nothing has to move. */
double explain_ratio(uint64_t bytes, uint64_t least_bytes);

const char *explain_mode_name(enum npub_mode mode);
const char *explain_evidence_name(enum npub_evidence evidence);
const char *explain_phase_name(enum npub_sync_phase phase);
/* "to-device", "from-device" or "both". */
const char *explain_direction_name(uint32_t sync_flags);
const char *explain_source_name(enum tensor_source_kind kind);

/* Name of the i-th hazard bit that is set in `hazards`; NULL: there are fewer. */
const char *explain_hazard_name(uint32_t hazards, uint32_t i);

#endif
