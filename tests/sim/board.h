/*
 * A bench for the simulator: logical convolutions, encoded by hand.
 *
 * The encoder here is written from the register descriptions alone and shares
 * nothing with the compiler or the register table, so that a wrong idea in
 * either shows up as a difference.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/sim.h"

enum {
	BOARD_INPUT,
	BOARD_WEIGHTS,
	BOARD_BIAS,
	BOARD_OUTPUT,
	BOARD_OPERAND,
	BOARD_SCRATCH,
	BOARD_COMMANDS,
	BOARD_REGIONS
};

#define BOARD_SCRATCH_BYTES 0x1000u

/* One convolution; zero strides and dilations mean 1. */
struct bconv {
	const char *name;
	uint32_t c, h, w, k, kh, kw;
	uint32_t sy, sx, dy, dx, pt, pb, pl, pr;
	bool int8, wide_out; /* wide: fp32, or int32 */
	bool depthwise, pixel;
	bool bias, relu, add;
	float clamp;	  /* fp16 with relu: upper limit, 0 for none */
	int32_t limit;	  /* the same in int8, in accumulator units */
	int32_t leak;	  /* int8: negative values times leak / 2^12; 0 for none */
	bool per_channel; /* int8: multiplier stream; else per tensor */
	int32_t in_zero, weight_zero, out_zero; /* int8 */
	uint32_t in_plane;			/* pixels; 0: exact */
	bool row_major_out;
	uint32_t oh, ow; /* filled by board_open() */
};

/* Output rows [y, y + y_count) of kernels [k, k + k_count), 0 for all of both. */
struct btile {
	uint32_t y, y_count, k, k_count;
	bool reuse;
	uint32_t cores; /* of the plan; 0 and 1: one core */
	bool by_channels;
};

struct breg {
	uint16_t target, offset;
	uint32_t value;
};

#define BOARD_MAX_REGS 140u
struct brecord {
	struct breg regs[BOARD_MAX_REGS];
	uint32_t n;
	uint32_t mask;
	uint32_t barrier_bits;
};

#define BOARD_MAX_RECORDS 64u
struct board {
	struct sim *sim;
	struct bconv conv;
	struct sim_region regions[BOARD_REGIONS];
	double *x, *wt, *bias, *operand; /* logical values: chw, kchw, k, khw */
	int32_t *mul;			 /* int8 per channel */
	uint32_t out_scale, out_shift;	 /* int8 */
	struct sim_list lists[3];
	uint32_t list_count;
	uint32_t threads;
	uint32_t record_addr[BOARD_MAX_RECORDS]; /* of the records placed */
	struct sim_result result;
};

/* Random data from `seed`, packed into exactly sized regions. */
void board_open(struct board *b, const struct bconv *conv, uint32_t seed);
void board_close(struct board *b);

/* Encode a tile, or the barrier record. */
void board_encode(const struct board *b, const struct btile *tile, struct brecord *r);
void board_barrier(const struct board *b, struct brecord *r);
uint32_t record_get(const struct brecord *r, uint16_t offset);
/* Change every write of a register; fails the test when there is none. */
void record_set(struct brecord *r, uint16_t offset, uint32_t value);
void record_drop(struct brecord *r, uint16_t offset);

/*
 * Place lists of records in the command region, chained; `counts` records of
 * `records` in turn go to cores 0, 1, 2.  Replaces what was there.
 */
void board_place(struct board *b, const struct brecord *records, const uint32_t *counts,
		 uint32_t lists);
/* The 64-bit word `i` of placed record `n`. */
uint64_t *board_word(struct board *b, uint32_t n, uint32_t i);
bool board_run(struct board *b);
/* One task for the whole convolution: encode, place, run. */
bool board_run_whole(struct board *b);

/* Compare the output with plain loops; fails the test with the case's name. */
void board_check(const struct board *b);

double half_value(uint16_t h);
uint64_t board_random(uint64_t *state);

#endif
