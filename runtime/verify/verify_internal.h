/*
 * The verifier's passes share this context:
 *
 *   verify_plan.c    lists, plans, sync profile, buffer flags
 *   verify_words.c   each record on its own: placement, words, relocations
 *   verify_chain.c   each list: chain words, register state, barriers
 *   verify_task.c    the sizes a task's blocks must agree about
 *   verify_dma.c     what a task reads and writes, against the buffers
 *   verify_tile.c    which part of the conv a task computes; all parts, once
 *   verify_values.c  every register against the conv, and the schedule's choices
 *   verify_stages.c  those of the output stage and of what it reads
 */
#ifndef NPURT_VERIFY_INTERNAL_H
#define NPURT_VERIFY_INTERNAL_H

#include "error.h"
#include "hw/npu_regs.h"
#include "hw/npu_word.h"
#include "verify/verify.h"

struct verify {
	const struct npub *b;
	const struct npub_conv *conv;
	/* the conv's own */
	const struct npub_task *tasks;
	const uint64_t *words;
	const struct npub_reloc *relocs;
	struct npurt_error *error;
	const struct npub_plan *plan; /* being looked at */
	uint32_t task, core;
	uint64_t covered; /* of the output, by the plan's tiles so far */
	uint32_t known_bits[NPU_REG_N];
};

/* A register's value in one ping-pong group. */
struct reg_state {
	uint32_t value;
	uint32_t reloc; /* index in v->relocs plus one; 0: none */
	bool set;
};

/* All registers as the blocks of one task see them when it starts. */
struct task_state {
	const struct reg_state *reg; /* NPU_REG_N */
	uint32_t mask;		     /* blocks that start */
};

/* Rows [y, y + y_count) of channels [k, k + k_count) of one image, and what it takes. */
struct verify_tile {
	uint64_t image, y, y_count, k, k_count;
	uint64_t c, c_count, in_y, in_rows, pad_top;
	uint64_t kernels, kernel_bytes; /* as stored */
	uint64_t weight_at;		/* from the conv's first weight */
};

/* What a task left in the banks for weights. */
struct verify_weights {
	uint64_t at;
	uint32_t size[3], banks;
};

void verify_init(struct verify *v, const struct npub *b, uint32_t index,
		 struct npurt_error *error);

/* Fail at the current task, with or without a register. */
enum npurt_err verify_fail(struct verify *v, enum npurt_err code, const char *sentence);
enum npurt_err verify_fail_reg(struct verify *v, enum npurt_err code, enum npu_reg reg,
			       const char *sentence);
/* The same with what was found and what is allowed, in decimal. */
enum npurt_err verify_fail_value(struct verify *v, enum npurt_err code, enum npu_reg reg,
				 const char *what, uint64_t found, uint64_t allowed);

/* First relocation of the conv at or after `word`. */
uint32_t verify_find_reloc(const struct verify *v, uint32_t word);

/* Bit of a block in the start word's mask. */
uint32_t verify_block_bit(enum npu_block block);

/* Whether a command body may write the register at all. */
bool verify_is_program_reg(enum npu_reg reg);

bool verify_is_pointer(enum npu_reg reg);

enum npurt_err verify_records(struct verify *v);
enum npurt_err verify_chains(struct verify *v, const struct npub_plan *plan);
enum npurt_err verify_conv_task(struct verify *v, const struct task_state *t,
				uint32_t cores, bool first);
enum npurt_err verify_conv_dma(struct verify *v, const struct task_state *t);
enum npurt_err verify_barrier_dma(struct verify *v, const struct task_state *t);

/* Fill `tile`; its addresses are those of its parts of the tensors. */
enum npurt_err verify_conv_tile(struct verify *v, const struct task_state *t,
				struct verify_tile *tile);
/* `before`: of the task before in the list, zero for the first; becomes this one's. */
enum npurt_err verify_conv_values(struct verify *v, const struct task_state *t,
				  const struct verify_tile *tile,
				  struct verify_weights *before);
enum npurt_err verify_barrier_values(struct verify *v, const struct task_state *t);

/* What the registers of a conv task must hold. */
struct verify_expected {
	uint32_t value[NPU_REG_N];
	bool fits; /* every value fits its field */
};

/* A value that its field cannot hold matches nothing. */
void verify_put(struct verify_expected *e, enum npu_field field, uint64_t value);

/* The output stage and the operands it reads, from conv.op and the types. */
void verify_expect_stages(struct verify_expected *e, const struct verify *v,
			  const struct verify_tile *tile);

/* Output channels that the DPU writes: whole kernel groups or depthwise blocks. */
uint64_t verify_stored_outputs(const struct npub_conv *c, const struct verify_tile *tile);

/* Bytes of one channel in the bias stream. */
uint32_t verify_bias_bytes(const struct npub_conv *c);

/* Note a tile; then whether those noted cover the output exactly once. */
void verify_cover(struct verify *v, const struct verify_tile *tile);
enum npurt_err verify_covered(struct verify *v);

#endif
