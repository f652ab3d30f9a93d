/*
 * A captured vendor schedule: the JSON form, as `npudump --as=capture` writes it.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "conv_problem.h"
#include "hw/npu_regs.h"

struct capture_task {
	uint32_t plan, core; /* cores of the plan, core of the list */
	uint32_t amount, mask, int_mask;
	uint32_t regcmd_offset; /* bytes */
	bool full;                    /* written as a whole, not as a delta */
	uint32_t value[NPU_REG_N];    /* deltas completed from two tasks before */
	bool has[NPU_REG_N];          /* value known */
	bool written[NPU_REG_N];      /* in this record itself */
	bool is_addr[NPU_REG_N];      /* value is an offset in its buffer */
	bool has_tail;
	uint32_t tail[4][3]; /* target, register, value */
};

struct capture {
	char *slug;
	char *op_type;
	struct conv_problem problem; /* no weights, no name */
	bool full_window;            /* every register of every task is known */
	bool topology_only;
	struct capture_task *tasks;
	uint32_t task_count;
	bool has_counts;
	uint32_t counts[6]; /* 1 core; 2 cores: c0, c1; 3 cores: c0, c1, c2 */
};

/* Why a file could not be read: a sentence with the place. */
#define CAPTURE_WHY_BYTES 240

/* Read a capture; false with `why` filled.  Free with capture_free(). */
bool capture_read(struct capture *c, const char *path, char *why);
void capture_free(struct capture *c);

#endif
