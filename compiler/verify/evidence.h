/*
 * Evidence of a run, put together from its logs, and the checks that hold a bundle
 * and the driver's rules against it.
 *
 * Independence: nothing here knows the planner.  A bundle is seen through its
 * reader, hardware through its tables.
 */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "bundle.h"
#include "verify/log.h"
#include "verify/report.h"

#define EVIDENCE_MAX_BOS 64u
#define EVIDENCE_MAX_SUBMITS 256u

/* The five buffers of a conv in the order of their creation (F-19). */
#define EVIDENCE_ROLES 5u
extern const char *const evidence_role_names[EVIDENCE_ROLES];

/* A buffer object as the logs tell it; rows are indices in log->rows or LOG_NONE. */
struct evidence_bo {
	uint32_t create, create_ret, map, map_ret, mmap, mmap_ret, alloc, freed;
	uint32_t number; /* the trace's #n */
	uint32_t flags, handle;
	uint64_t size;	   /* as asked for */
	uint64_t obj, dma; /* 0: not known */
};

struct evidence_submit {
	uint32_t row, flags_row, counter_row, mask_row;
	uint32_t subcore_row[LOG_SUBCORES];
	struct {
		uint32_t start, count;
	} subcore[LOG_SUBCORES];
	uint32_t core_mask;
};

struct evidence {
	const struct log *log; /* never NULL; may be empty */
	struct evidence_bo bos[EVIDENCE_MAX_BOS];
	uint32_t bo_count;
	/* Rows about a buffer that no row before it announced: the first, how many. */
	uint32_t stray, stray_count;
	uint32_t stray_free, stray_free_count;
	struct evidence_submit submits[EVIDENCE_MAX_SUBMITS];
	uint32_t submit_count;
	bool too_many;	 /* buffers or submits beyond the limits were passed over */
	uint32_t *tasks; /* task_like rows of the task buffer */
	uint32_t task_count;
	/* Command window: regcmd_qword rows. */
	uint32_t window; /* the QWORD_WINDOW row; LOG_NONE: none */
	uint64_t *words;
	uint32_t word_count;
	uint64_t window_dma; /* device address of its first word; 0: not known */
	/* What the logs are compared with; conv NULL: nothing. */
	const struct npub *bundle;
	const struct npub_conv *conv;
	uint32_t cores; /* of the plan that ran */
};

/*
 * Sort the rows of a log.  `conv` NULL: only the logs' own rules are checked.
 * False when out of memory.
 */
bool evidence_init(struct evidence *ev, const struct log *log, const struct npub *bundle,
		   const struct npub_conv *conv, uint32_t cores);
void evidence_free(struct evidence *ev);

/* Fill tasks and words; a step of evidence_init().  False when out of memory. */
bool evidence_find_dumps(struct evidence *ev);

/* Lookups; NULL or LOG_NONE when there is none. */
const struct evidence_bo *evidence_bo_of_obj(const struct evidence *ev, uint64_t obj);
const struct evidence_bo *evidence_bo_at(const struct evidence *ev, uint64_t dma);
const struct npub_bo *evidence_conv_bo(const struct evidence *ev, uint32_t role);
const struct npub_plan *evidence_plan(const struct evidence *ev, uint32_t cores);
/* Cores that the plan's job takes: one when the plan is not split. */
uint32_t evidence_job_cores(const struct evidence *ev);
/* Cores that a submit's mask starts, and the entry of subcore_task that `core` reads. */
uint32_t evidence_mask_cores(uint32_t mask);
uint32_t evidence_mask_entry(uint32_t mask, uint32_t core);
/* "weight", or "buffer #7" beyond the five. */
const char *evidence_bo_name(const struct evidence *ev, const struct evidence_bo *bo);
/* Place of a row, for reasons. */
const char *evidence_place(const struct evidence *ev, uint32_t row,
			   char buf[LOG_PLACE_BYTES]);

/* The value of a field of row `row` of the log. */
uint64_t evidence_get(const struct evidence *ev, uint32_t row, enum log_field field);
bool evidence_has(const struct evidence *ev, uint32_t row, enum log_field field);

/* Checks; each reports the items named in docs/verify.md. */
void evidence_check_abi(const struct evidence *ev, struct report *report);
void evidence_check_sequence(const struct evidence *ev, struct report *report);
void evidence_check_submit(const struct evidence *ev, struct report *report);
void evidence_check_bos(const struct evidence *ev, struct report *report);
void evidence_check_memory(const struct evidence *ev, struct report *report);
void evidence_check_syncs(const struct evidence *ev, struct report *report);
void evidence_check_tasks(const struct evidence *ev, struct report *report);
void evidence_check_window(const struct evidence *ev, struct report *report);
void evidence_check_forbidden(const struct evidence *ev, struct report *report);
void evidence_check_commit(const struct evidence *ev, struct report *report);
void evidence_check_board(const struct evidence *ev, struct report *report);

/* All of them, in the order of docs/verify.md. */
void evidence_check(const struct evidence *ev, struct report *report);

/*
 * The driver's interrupt rule (driver 0.9.8): any bit of a pair sets the pair, bits
 * outside the six pairs are dropped, and the result must equal the mask.
 */
uint32_t evidence_irq_widen(uint32_t status);
bool evidence_irq_completes(uint32_t status, uint32_t mask);
/* Whether a mask is one or more whole pairs and nothing else (F-33). */
bool evidence_irq_whole_pairs(uint32_t mask);

#endif
