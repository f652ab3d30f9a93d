/*
 * What the parts of the capture reader share.
 */
#ifndef CAPTURE_PRIV_H
#define CAPTURE_PRIV_H

#include <jansson.h>

#include "corpus/capture.h"

/* A record this long holds a look-up table besides its registers (F-64). */
#define CAPTURE_TABLE_WORDS 1000u

struct capture_reading {
	char *why;
	const char *path;
};

/* Fill `why`; returns false. */
bool capture_fail(const struct capture_reading *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

bool capture_is_u32(const json_t *v);

/* A whole number of `object`; `required` says whether it may be absent. */
bool capture_u32(const struct capture_reading *r, const json_t *object, const char *key,
		 bool required, uint32_t *out);

/* A copy of a string member, "" when absent; NULL when out of memory. */
char *capture_string(const json_t *root, const char *key);

/* "CNA.CBUF_CON0" to a register; NPU_REG_N for one we do not program. */
enum npu_reg capture_reg(const char *name);

/* All records, deltas completed (capture_task.c); `orders` may be NULL. */
bool capture_read_tasks(const struct capture_reading *r, const json_t *tasks,
			const struct capture_orders *orders, struct capture *c);

/* Sizes of buffers, syncs and submit of the first traced run (capture_run.c). */
bool capture_read_run(const struct capture_reading *r, const json_t *root, struct capture *c);

/* An array of arrays of register names; release with capture_orders_free(). */
bool capture_orders_from(const struct capture_reading *r, const json_t *list,
			 struct capture_orders *o);

/* Set `problem.fusion`, bias and output type from the records (capture_problem.c). */
void capture_infer_fusion(struct capture *c);

/* A shape that the planner may be given: sizes in range, output sizes as they follow. */
bool capture_check_problem(const struct capture_reading *r, const struct conv_problem *said);

#endif
