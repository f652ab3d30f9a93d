/*
 * A bundle built by hand: one small conv with plans for one, two and three cores,
 * fp16 or int8 and with what may follow the sum, every word of it written here from
 * the register tables.  Tests change what they like before tiny_bundle() writes it.
 */
#ifndef TESTS_TINY_H
#define TESTS_TINY_H

#include <stddef.h>

#include "bundle_format.h"
#include "hw/npu_regs.h"
#include "npurt.h"

/* 8 channels of 6 x 5 to 20 channels of 6 x 5 by 3 x 3, padding 1, batch 1. */
enum {
	TINY_C = 8,
	TINY_H = 6,
	TINY_W = 5,
	TINY_K = 20,
	TINY_KP = 32, /* whole kernel groups */
	TINY_KERNEL = 3,
	TINY_PAD = 1,
	TINY_PLANE_OUT = 32, /* 30 rounded up to 4 */
	TINY_MAX_TASKS = 16,
	TINY_MAX_WORDS = 2048,
	TINY_MAX_RELOCS = 128
};

enum tiny_bo { TINY_TASK, TINY_WEIGHT, TINY_INTERNAL, TINY_INPUT, TINY_OUTPUT, TINY_BOS };
enum {
	TINY_T_INPUT,
	TINY_T_OUTPUT,
	TINY_T_WEIGHTS,
	TINY_T_BIAS,
	TINY_T_OPERAND, /* written when the conv has one */
	TINY_TENSORS
};

struct tiny {
	struct npub_conv conv;
	struct npub_tensor tensor[TINY_TENSORS];
	struct npub_bo bo[TINY_BOS];
	struct npub_plan plan[NPUB_MAX_CORES];
	struct npub_task task[TINY_MAX_TASKS];
	uint64_t word[TINY_MAX_WORDS];
	struct npub_reloc reloc[TINY_MAX_RELOCS];
	struct npub_sync sync[16];
	uint8_t data[4096]; /* weights, then bias */
	float scale[TINY_K]; /* int8 */
	uint32_t plan_count, task_count, word_count, reloc_count, sync_count, data_bytes;
	uint32_t scratch_at, regcmd_at; /* in the weight BO */
};

struct tiny_options {
	uint32_t max_cores;   /* plans for 1 .. max_cores */
	uint32_t first_cores; /* 0: 1; lets a bundle have the three-core plan alone */
	uint32_t tiles;	      /* of the one-core plan */
	int bias;
	int delta;   /* third and later one-core tasks write little */
	int int8;    /* else fp16; requantised by channel, with a bias */
	uint32_t op; /* NPUB_OP_RELU, _CLAMP, _ADD, _LEAKY; brings a bias along */
};

void tiny_make(struct tiny *t, const struct tiny_options *options);

/* The written bundle, in malloc'd memory. */
uint8_t *tiny_bundle(const struct tiny *t, size_t *bytes);

/* First word of a task, or its word that writes the register at `offset`; else fails. */
uint64_t *tiny_word(struct tiny *t, uint32_t task, uint16_t offset);
uint64_t *tiny_tail(struct tiny *t, uint32_t task);

/* Replace the value field of a word. */
void tiny_set(uint64_t *word, uint32_t value);
uint32_t tiny_get(const uint64_t *word);

/* The relocation at a register of a task; fails when there is none. */
struct npub_reloc *tiny_reloc(struct tiny *t, uint32_t task, enum npu_reg reg);
void tiny_remove_reloc(struct tiny *t, struct npub_reloc *r);

/* npurt_verify() of the written bundle. */
enum npurt_err tiny_verify(const struct tiny *t, struct npurt_error *error);

/* Recompute all checksums of a bundle that a test has changed. */
void tiny_fix_crcs(uint8_t *bundle, size_t bytes);

enum { TINY_IN_ELEMS = TINY_C * TINY_H * TINY_W, TINY_OUT_ELEMS = TINY_K * TINY_H * TINY_W };

/* NCHW input of small whole numbers, and the conv's exact result, both fp16. */
void tiny_input(uint16_t input[TINY_IN_ELEMS]);
void tiny_operand(uint16_t operand[TINY_OUT_ELEMS]);
void tiny_expected(const struct tiny *t, uint16_t output[TINY_OUT_ELEMS]);

/* The same for int8. */
void tiny_input_int8(int8_t input[TINY_IN_ELEMS]);
void tiny_operand_int8(int8_t operand[TINY_OUT_ELEMS]);
void tiny_expected_int8(const struct tiny *t, int8_t output[TINY_OUT_ELEMS]);

#endif
