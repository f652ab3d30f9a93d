/*
 * Between the files that compare a capture with our own product.
 */
#ifndef VERIFY_PRIV_H
#define VERIFY_PRIV_H

#include "compile.h"
#include "corpus/verify_compare.h"
#include "corpus/verify_record.h"

struct comparison {
	const struct capture *c;
	const struct compiled_conv *ours;
	struct verify_tally *tally;
	const struct verify_sink *sink;
	struct record_view *records; /* ours, decoded */
	uint32_t differences;
	/* place, for messages */
	uint32_t cores, core, task;
};

/* Count a difference and hand its sentence on, with the place before it. */
void verify_differ(struct comparison *x, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Whether we depart from the vendor in this register on purpose, and what the vendor
 * writes where we write `mine` (verify_departure.c).
 */
bool departs_on_purpose(const struct compiled_conv *ours, enum npu_reg reg, uint32_t mine,
			uint32_t *theirs);

/* Sizes of buffers, the syncs of a run in order, the submit (verify_run.c). */
void verify_buffers(struct comparison *x);
void verify_syncs(struct comparison *x);
void verify_submit(struct comparison *x);

#endif
