/*
 * Whether and how one conv is supported, and the ways to print the answer.
 */
#ifndef CAN_H
#define CAN_H

#include <jansson.h>
#include <stdio.h>

#include "plan/plan.h"
#include "template/template.h"

struct can_plan {
	struct plan plan;
	uint32_t tasks[NPU_MAX_CORES]; /* of each core's list, barrier included */
};

struct can_answer {
	const char *name; /* the conv's, owned by the problem */
	char slug[320];
	bool supported;
	enum npub_mode mode;
	enum npu_elem elem, out_elem;
	uint32_t op_flags; /* NPUB_OP_*: what is fused */
	char untested[PLAN_MAX_DOUBTS][PLAN_SENTENCE_BYTES]; /* what nothing has shown */
	uint32_t untested_count;
	struct can_plan plans[NPU_MAX_CORES];
	uint32_t plan_count;
	char template_note[PLAN_SENTENCE_BYTES]; /* "": no template of this conv */
	/* why not, and the way out; errors counts all that were found */
	uint32_t errors;
	struct loc place; /* of the first */
	char sentence[PLAN_SENTENCE_BYTES + 64], remedy[PLAN_SENTENCE_BYTES];
	double us; /* how long it took; the caller's to fill */
};

/*
 * The first error of `diag` and its note become the answer's sentence and remedy,
 * unless the note is about another place.
 */
void can_listen(struct can_answer *a, struct diag *diag);

/*
 * Check and plan the problem for one, two and three cores.  `diag`
 * listens to the checks from now on.  A zeroed `a` is filled; free with
 * can_answer_clear().
 */
void can_ask(struct can_answer *a, struct conv_problem *p,
	     struct template_set *templates, struct diag *diag);
void can_answer_clear(struct can_answer *a);

json_t *can_json(const struct can_answer *a, bool with_time);

struct can_table;

struct can_table *can_table_new(bool with_time);
void can_row(struct can_table *t, const struct can_answer *a);
void can_table_end(struct can_table *t, FILE *out);

#endif
