/*
 * Conditions on facts, as signatures write them:
 *
 *     rknpu.node absent
 *     rknpu.driver_version < 906
 *     xdna.plugin_version != xdna.xrt_version
 *
 * A comparison with an unknown fact is false, whatever the operator.
 */
#ifndef DOCTOR_CONDITION_H
#define DOCTOR_CONDITION_H

#include "facts.h"

enum condition_op {
	COND_ABSENT,
	COND_PRESENT,
	COND_EQ,
	COND_NE,
	COND_LT,
	COND_LE,
	COND_GT,
	COND_GE
};

struct condition {
	enum fact_id fact;
	enum condition_op op;
	enum fact_id other; /* FACT_N: compare with `text` */
	char text[64];
};

/* Why the text is no condition; NULL when it is one. */
const char *condition_parse(struct condition *c, const char *text);

/* Orders compare whole numbers; = and != compare numbers if both are, else text. */
bool condition_holds(const struct condition *c, const struct facts *facts);

#endif
