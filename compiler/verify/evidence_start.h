/*
 * What one start of one core was given, from the submit that made it or the bundle's
 * plan, and the comparison of a row of the log with it.  Private to evidence_commit.c
 * and evidence_irq.c.
 */
#ifndef EVIDENCE_START_H
#define EVIDENCE_START_H

#include "hw/npu_hw.h"
#include "rknpu/rknpu_uapi.h"
#include "verify/evidence.h"

/* What one start of one core is given. */
struct start {
	bool known; /* the range and its records are */
	uint32_t first, count, flags, timeout_ms;
	uint32_t amount, first_mask, last_mask;
	uint64_t regcmd; /* 0: not known */
};

/* One walk over the rows, and what it compared. */
struct start_check {
	const struct evidence *ev;
	struct report *report;
	uint32_t starts[NPU_MAX_CORES]; /* commits seen of each core */
	uint32_t compared;
};

/* The core that a row is about; it may be no core that exists. */
uint32_t start_core(const struct evidence *ev, uint32_t row);

/* The start that a row is about; counts commits on the way. */
struct start start_of_row(struct start_check *c, uint32_t row);

/* Report a field that the row names and that is not `want`. */
void start_expect(struct start_check *c, uint32_t row, enum log_field field,
		  const char *what, uint64_t want);

/* How many rows of the log are of a form that is wanted. */
uint32_t start_count_forms(const struct evidence *ev, bool (*wanted)(enum log_form));

/* The items irq-completion and timeout-model. */
void evidence_check_interrupts(const struct evidence *ev, struct report *report);

#endif
