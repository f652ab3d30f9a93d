/*
 * One conv through all stages, in order; each intermediate form is kept so that
 * explain can print it.
 */
#ifndef COMPILE_H
#define COMPILE_H

#include "bundle/bundle_write.h"
#include "operands/operands.h"
#include "template/template.h"
#include "words/encode.h"

struct compile_options {
	uint32_t core_mask;  /* bit n-1: make the plan for n cores */
	bool full_records;   /* no delta records: every record writes every register */
	struct template_set *templates; /* captured schedules; NULL: none */
};

#define CONV_MAX_SYNCS 8u

/* Sizes of a conv's BOs in creation order (F-19, schedules s. 7). */
struct conv_bos {
	uint64_t task, weight, internal, input, output;
	uint64_t operand_offset; /* of an added tensor in the input BO */
};

struct compiled_conv {
	const struct conv_problem *problem;
	struct npub_op op; /* what follows the sum */
	struct conv_layout layout;
	struct plan plans[NPU_MAX_CORES];
	uint32_t plan_count;
	struct npub_list lists[NPU_MAX_CORES][NPU_MAX_CORES]; /* tasks of each plan */
	struct regcmds regcmds;
	struct weight_bo_layout weight_bo;
	struct conv_bos bos;
	struct template_verdict verdict; /* what a captured schedule says */
};

/*
 * Plan, lower and encode one checked problem with the constants `op` (NULL: those of
 * op_from_problem()).  False after an error in `diag` (a refusal points at the
 * dimension that drives it).
 */
bool compile_conv(struct compiled_conv *c, const struct conv_problem *p,
		  const struct npub_op *op, const struct compile_options *options,
		  struct diag *diag);
void compiled_conv_free(struct compiled_conv *c);

/*
 * The vendor's cache syncs around a run, in order (schedules s. 7); `bo` is a role,
 * enum npub_bo_role.  Returns how many.
 */
uint32_t conv_syncs(const struct compiled_conv *c, struct npub_sync syncs[CONV_MAX_SYNCS]);

/* Add the conv with what it computes with to a bundle.  False when out of memory. */
bool compile_emit(struct bundle *bundle, const struct compiled_conv *c,
		  const struct operands *o);

#endif
