/*
 * Plans: how a conv is cut into tiles, for one, two or three cores, and why.
 */
#ifndef PLAN_H
#define PLAN_H

#include "plan/layout.h"

/*
 * Output rows [y, y + y_count) of output channels [k, k + k_count) of one image,
 * computed by one task on one core from input rows [in_y, in_y + in_rows) of
 * input channels [c, c + c_count).
 */
struct tile {
	uint32_t core, image, slice;
	uint32_t y, y_count;
	uint32_t k, k_count;
	uint32_t c, c_count;
	uint32_t in_y, in_rows; /* rows of real data, halo included, padding not */
	uint32_t pad_top;       /* rows of padding above in_y */
	uint32_t data_banks, weight_banks;
	uint32_t row_entries;   /* CBUF entries of one input row */
	uint32_t grains;        /* input rows before the array starts */
	bool weight_reuse;      /* weights are those of the task before */
};

/* Sentences behind a plan, in the order they were decided. */
#define PLAN_MAX_CHOICES 12
#define PLAN_SENTENCE_BYTES 240

enum plan_verdict {
	PLAN_CHOICE_TAKEN,
	PLAN_CHOICE_REFUSED, /* it would not work, or is never done */
	PLAN_CHOICE_UNNEEDED /* it would work, but something before it did */
};

/* One alternative the planner weighed, and why it went that way. */
struct plan_choice {
	const char *rule; /* "whole", "by-y", "banks" ... */
	enum plan_verdict verdict;
	char sentence[PLAN_SENTENCE_BYTES]; /* the constraint with its numbers */
};

enum plan_basis {
	PLAN_BASIS_CAPTURED_RULE, /* the rule reproduces captures of this family */
	PLAN_BASIS_THIN,          /* a rule fitted to few captures (schedules s. 9) */
	PLAN_BASIS_COMPLETION,    /* a completion outside the captures (s. 12) */
	PLAN_BASIS_PINNED         /* the spec pins the split */
};

struct plan {
	uint32_t cores;
	enum npub_split split;
	struct tile *tiles; /* list of core 0, then 1, then 2 */
	uint32_t tile_count;
	struct {
		uint32_t first, count; /* tiles */
	} list[NPU_MAX_CORES];
	bool shared;           /* not split: this plan is the one-core list again */
	bool weights_resident; /* fetched once a list, not once a tile */
	enum npub_evidence evidence;
	uint32_t hazards;
	enum plan_basis basis;
	char basis_note[PLAN_SENTENCE_BYTES]; /* what the evidence rests on */
	struct plan_choice choices[PLAN_MAX_CHOICES];
	uint32_t choice_count;
};

/* What stops a conv from being planned. */
struct plan_refusal {
	enum conv_attr attr; /* the dimension to point at */
	char sentence[PLAN_SENTENCE_BYTES]; /* with the inequality and its numbers */
	char remedy[PLAN_SENTENCE_BYTES];
};

enum plan_status { PLAN_OK, PLAN_REFUSED, PLAN_NOMEM };

/*
 * Plan a checked, laid-out problem for `cores` cores by formula
 * (docs/schedules.md).  On PLAN_REFUSED, `why` says which inequality fails.
 * Free with plan_free().
 */
enum plan_status plan_from_problem(struct plan *plan, const struct conv_problem *p,
				   const struct conv_layout *layout, uint32_t cores,
				   struct plan_refusal *why);
void plan_free(struct plan *plan);

#define PLAN_MAX_DOUBTS 8u

/*
 * The i-th thing, of at most PLAN_MAX_DOUBTS, of a conv that no capture and no board has shown: the reasons of
 * NPUB_HAZARD_UNTESTED.  False when there are fewer.
 */
bool plan_doubt(const struct conv_problem *p, const struct conv_layout *layout, uint32_t i,
		char sentence[PLAN_SENTENCE_BYTES]);

const char *plan_split_name(enum npub_split split);
const char *plan_verdict_name(enum plan_verdict verdict);
const char *plan_basis_name(enum plan_basis basis);

/*
 * What a tile or a plan costs, by the vendor compiler's model (F-40, F-41):
 *
 *     mac_cycles = up(ow*oh, 16) * ceil(K/G) * kh * kw * ceil(C/32)
 *     out_cycles = K * ow * oh / 8          (int8 / 16)
 *     ddr_cycles = bytes / 5.914
 */
struct plan_cost {
	uint64_t macs;
	uint64_t mac_cycles, out_cycles, ddr_cycles;
	/* moved over DRAM; the operand of an addition comes as the output goes */
	uint64_t input_bytes, weight_bytes, output_bytes, operand_bytes;
	uint64_t cycles; /* the largest of the three, summed over tiles */
	uint64_t ns;     /* cycles, task and submit overhead; lists in parallel */
	const char *bound; /* "mac", "write" or "dram": what dominates */
};

/* Everything that is moved. */
static inline uint64_t cost_bytes(const struct plan_cost *c)
{
	return c->input_bytes + c->weight_bytes + c->output_bytes + c->operand_bytes;
}

void cost_of_tile(struct plan_cost *cost, const struct conv_problem *p,
		  const struct conv_layout *layout, const struct tile *tile);
/* Tiles summed; ns is that of the slowest list. */
void cost_of_plan(struct plan_cost *cost, const struct conv_problem *p,
		  const struct conv_layout *layout, const struct plan *plan);
/*
 * The least DRAM bytes any plan could move: every weight and output element once, and
 * once every input row that a window covers.
 */
void cost_least(struct plan_cost *cost, const struct conv_problem *p,
		const struct conv_layout *layout);

#endif
