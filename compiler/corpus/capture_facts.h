/*
 * The model behind a capture: its quantisation, read back from the records.
 *
 * A capture holds no weights and no scales, only the constants that were made from
 * them.  Each of these few numbers is read once, from the first record that states it;
 * from them the compiler makes the constants again, for every record of every plan.
 */
#ifndef CAPTURE_FACTS_H
#define CAPTURE_FACTS_H

#include "corpus/capture.h"

/* With sx, sw, sy, s2 the scales of input, weights, output and operand. */
enum capture_fact {
	FACT_INPUT_ZERO,
	FACT_WEIGHT_ZERO,   /* of all weights: int8 without multipliers a channel */
	FACT_OUTPUT_ZERO,
	FACT_OUTPUT_RATIO,  /* sx * sw / sy */
	FACT_LIMIT,	    /* of a clip, in units sx * sw; an fp32's bits in floats */
	FACT_OPERAND_ZERO,
	FACT_OPERAND_RATIO, /* s2 / (sx * sw) */
	FACT_SLOPE,	    /* of negative values: leaky */
	FACT_INDEX_RATIO,   /* entries of a look-up table for one unit sx * sw */
	FACT_N
};

struct capture_facts {
	bool has[FACT_N];
	double value[FACT_N];
};

/* What a fact is called, in plural: "input zero points". */
const char *capture_fact_name(enum capture_fact fact);

/* The facts that the conv's operation has; those no record states are left out. */
void capture_read_facts(struct capture_facts *f, const struct capture *c);

/*
 * State the facts in the capture's problem as a spec would state its quantisation, and
 * make the operation's constants from them as for a spec, with all scales one.  A fact
 * outside what the hardware holds becomes the nearest it can hold.
 */
struct npub_op capture_op(struct conv_problem *p, const struct capture_facts *f);

#endif
