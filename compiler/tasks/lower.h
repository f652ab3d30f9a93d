/*
 * Plan and layout to task descriptors: every register a task needs, with its
 * value, and every address as buffer and offset.
 */
#ifndef LOWER_H
#define LOWER_H

#include "hw/npu_regs.h"
#include "plan/plan.h"

/* Buffers a register may point into; becomes a relocation. */
struct task_addr {
	enum npu_reg reg;
	enum npub_bo_role bo;
	uint64_t offset; /* bytes in the BO */
};

#define TASK_MAX_ADDRS 8

struct task_desc {
	uint32_t value[NPU_REG_N]; /* the record's order says which are written */
	struct task_addr addr[TASK_MAX_ADDRS];
	uint32_t addr_count;
	uint32_t block_mask; /* of the start word */
	uint32_t int_mask;
	uint32_t cores;      /* of the plan: barrier bits, prelude */
	bool barrier;
	struct npub_debug_tile debug;
};

/* Where the parts of the weight BO lie. */
struct weight_bo_layout {
	uint64_t weights, bias, scratch, regcmd; /* offsets in bytes */
	uint64_t bytes;
};

/* The conv record of one tile. */
void lower_conv(struct task_desc *task, const struct conv_problem *p,
		const struct npub_op *op, const struct conv_layout *layout, const struct plan *plan,
		const struct tile *tile, const struct weight_bo_layout *wbo);

/* The PPU record that ends a core's list in a multi-core plan (F-37). */
void lower_barrier(struct task_desc *task, uint32_t cores, uint32_t core,
		   const struct weight_bo_layout *wbo);

#endif
