/*
 * What the RK3588 NPU can hold and count: every limit and size in one place.
 *
 * Each constant names its fact; runtime/hw/FACTS.md has the claim, how it is
 * known (board, capture, manual, guess) and the test that pins it.
 */
#ifndef NPU_HW_H
#define NPU_HW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Cores of one NPU and records one submit may name. */
#define NPU_MAX_CORES 3u               /* F-01 */
#define NPU_MAX_TASKS_PER_SUBMIT 4095u /* F-02: 12-bit task count */

/* CBUF: the on-chip buffer that holds features and weights of one task. */
#define NPU_CBUF_BANKS 12u             /* F-10: data + weight banks */
#define NPU_CBUF_BANK_BYTES 32768u     /* F-10 */
#define NPU_CBUF_ENTRY_BYTES 64u       /* F-10 */
#define NPU_CBUF_ENTRIES_PER_BANK 512u /* F-10 */
#define NPU_CBUF_MAX_DATA_BANKS 11u    /* F-11: at least one weight bank */

/* DMA and layout units. */
#define NPU_ATOM_BYTES 16u            /* F-12: one pixel of one surface */
#define NPU_ATOMS_PER_ENTRY 4u        /* F-12 */
#define NPU_WEIGHT_BLOCK_CHANS 32u    /* F-13: channels of one weight block */
#define NPU_WEIGHT_BLOCK_ATOMS_FULL 4u /* F-14: three atoms are stored as four */
#define NPU_PLANE_ALIGN_PIXELS 4u     /* F-15: vendor's output plane rounding */
#define NPU_PIXEL_ROW_ALIGN 16u       /* F-16: image rows, in pixels */
#define NPU_PIXEL_MAX_CHANS 4u        /* F-16: interleaved input channels */
#define NPU_PIXEL_BANK_CHANS 16u      /* F-17: CBUF bytes a pixel = 16 * elem */
#define NPU_BO_ALIGN_BYTES 64u        /* F-18: weights, bias, commands */
#define NPU_PAGE_BYTES 4096u          /* F-18 */
#define NPU_WEIGHT_SCRATCH_BYTES 2048u /* F-19: between weights and commands */
#define NPU_PPU_SCRATCH_BYTES 1024u   /* F-19: one line of a barrier task */
#define NPU_PIXEL_BANK_CHANS_GREY 4u  /* F-17: one int8 channel */

/* What the register fields can count. */
#define NPU_MAX_IN_WIDTH 2047u     /* F-20: DATA_SIZE0, 11 bits */
#define NPU_MAX_IN_HEIGHT 2047u    /* F-20: rows of one tile */
#define NPU_TRIED_SIZE 2040u       /* F-66: columns or rows of a task that ran */
#define NPU_MAX_OUT_WIDTH 2047u    /* F-20: DATA_SIZE2, 11 bits */
#define NPU_MAX_OUT_ROWS 8192u     /* F-20: DPU/WDMA height, 13 bits */
#define NPU_MAX_OUT_PIXELS 4194303u /* F-20: DATA_SIZE3, 22 bits */
#define NPU_MAX_IN_CHANS 65535u    /* F-20: DATA_SIZE1, 16 bits */
#define NPU_MAX_OUT_CHANS 8192u    /* F-20: DPU cube channel, 13 bits, minus 1 */
#define NPU_MAX_KERNEL 31u         /* F-21: 5 bits */
#define NPU_MAX_STRIDE 7u          /* F-21: 3 bits */
#define NPU_MAX_PAD 15u            /* F-21: 4 bits, top and left */
#define NPU_MAX_DILATION 32u       /* F-21: 5 bits, minus 1 */
#define NPU_MAX_KERNEL_BYTES 524287u /* F-21: WEIGHT_SIZE1, 19 bits */
#define NPU_MAX_WEIGHT_BYTES 4294967295u /* F-21: WEIGHT_SIZE0, 32 bits */
#define NPU_MAX_GRAINS 1023u       /* F-22: 10 bits */
#define NPU_MIN_GRAINS 8u          /* F-22: fewer gave wrong results on a board */
#define NPU_GRAINS_NARROW_WIDTH 16u /* F-54: pixels of one array pass */
#define NPU_GRAINS_ROUND 4u         /* F-54: entries are counted in fours */
#define NPU_GRAINS_NARROW_ROWS 2u  /* F-61, fit */
#define NPU_GRAINS_STRIDE7_WIDE 35u /* F-61, fit */
#define NPU_GRAINS_STRIDE7_NARROW 43u /* F-61, fit */
#define NPU_MAX_DATA_ENTRIES 32767u /* F-23: CBUF_CON1, 15 bits seen */
#define NPU_MAX_ADDRESS 0xffffffffu /* F-24: DMA addresses are 32 bits */

/* Chain words and task records. */
#define NPU_TAIL_WORDS 4u              /* F-30 */
#define NPU_RECORD_ALIGN_BYTES 64u     /* F-31 */
#define NPU_WORD_BYTES 8u
#define NPU_ORDER_MAX 126u             /* F-30: longest conv record body */
#define NPU_DELTA_FIRST 2u            /* F-63: records of a list before the first delta */
#define NPU_PRELUDE_WORDS 4u           /* F-30: one-core records only */
#define NPU_S_POINTER_PINGPONG 0xeu    /* F-32: pointer, executer, mode on */
#define NPU_S_POINTER_CLEAR 0x30u      /* F-32: both pointers to group 0, no ping-pong */
#define NPU_BIAS_CHAN_BYTES 4u         /* F-55: fp32 or int32 */
#define NPU_BIAS_CHAN_BYTES_SCALED 8u  /* F-55: and correction and multiplier */
#define NPU_RDMA_COMB_ADD 5u           /* F-39: both engines read for an addition */
#define NPU_BRDMA_BIAS 1u              /* F-55: value only */
#define NPU_BRDMA_PER_CHANNEL 7u       /* F-55: value, correction and multiplier */
#define NPU_BIAS_GROUP_CHANS 8u        /* F-81: channels of one 64-byte group */
#define NPU_BIAS_FACTOR_SHIFT 14u      /* F-80: a channel's multiplier over 2^14 */
#define NPU_EW_DATA_CHANNEL 0u         /* F-65: an operand for every channel */
#define NPU_MINUS_ZERO_FP32 0x80000000u /* F-82: index origin of a table of floats */
#define NPU_EW_DATA_EACH 1u            /* F-80: an operand for every element */
#define NPU_PAD_BYTE_TWICE 0x101u      /* F-80: depthwise int8 pads with 16 bits */
#define NPU_INT_MASK_DPU 0x300u        /* F-33: both groups of the DPU */
#define NPU_INT_MASK_PPU 0xc00u        /* F-33: both groups of the PPU */
#define NPU_INT_CLEAR_ALL 0x1ffffu     /* F-33 */
#define NPU_MASK_CONV 0x0du            /* F-33: CNA, CORE, DPU */
#define NPU_MASK_CONV_RDMA 0x1du       /* F-33: and DPU_RDMA */
#define NPU_MASK_BARRIER 0x60u         /* F-33: PPU, PPU_RDMA */

#define NPU_MULTIPLIER_BITS 14u        /* F-67: scales are 2^14 and up, shifts 14 - e */
#define NPU_MAX_MULTIPLIER 0x7fffu     /* F-67: 16 bits with a sign */
#define NPU_MAX_SHIFT 62u              /* F-67: what rounds in 64 bits; fields have 6 or more */
#define NPU_FACTOR_ONE 0x4000u         /* F-68: a channel's factor has 14 bits behind the point */

#define NPU_CHAN_REAL_MODULO 64u        /* F-20: DATA_SIZE1 keeps (C-1) mod 64 */
#define NPU_PIXEL_CODE_BASE 7u          /* F-16: ARGB_IN = 7 + channels */
#define NPU_BURST_16 15u                /* F-38: 16 beats */
#define NPU_MODE_DEPTHWISE 3u           /* F-39: CNA and DPU conv mode */
#define NPU_OUTPUT_TO_MEMORY 2u         /* F-39 */
#define NPU_ALU_ADD 2u                  /* F-39: BS, BN, EW algorithm */
#define NPU_LINE_GROUP_ROWS 4u          /* F-38: rows fetched as one group */
#define NPU_SURF_STRIDE_MASK 0xfffffffu /* F-38: 28 bits, wraps */
#define NPU_COWORK_ROWS_2 1u            /* F-37: CONV_CON2 mode */
#define NPU_COWORK_ROWS_3 2u
#define NPU_COWORK_CHANS_2 4u
#define NPU_COWORK_CHANS_3 5u

/* What the captures cover well; beyond it a plan says what it rests on (F-62). */
#define NPU_CAPTURED_STRIDE 2u
#define NPU_CAPTURED_KERNEL 3u
#define NPU_CAPTURED_DEPTHWISE_KERNEL_H 7u
#define NPU_CAPTURED_DEPTHWISE_KERNEL_W 10u
#define NPU_CAPTURED_PIXEL_CHANS 3u

/* Driver flags of buffer objects (F-34). */
#define NPU_BO_FLAGS_TASK 0x40bu
#define NPU_BO_FLAGS_DATA 0x403u

/* Flags of a submit: register commands by PC, ping-pong groups (F-34). */
#define NPU_SUBMIT_FLAGS 5u

/* Performance model (F-40, F-41): the vendor compiler's own figures. */
#define NPU_MODEL_CLOCK_HZ 1000000000u
#define NPU_MODEL_DDR_BYTES_PER_KCYCLE 5914u /* 5.914 bytes a cycle */
#define NPU_MODEL_PIXEL_ROUND 16u
#define NPU_MODEL_TASK_NS 1500u   /* F-42, guess: cost of one chained task */
#define NPU_MODEL_SUBMIT_NS 35000u /* F-42, guess: cost of one submit */

/* Element types; the value is the hardware's precision code (F-50). */
enum npu_elem {
	NPU_ELEM_INT8 = 0,
	NPU_ELEM_INT16 = 1,
	NPU_ELEM_FP16 = 2,
	NPU_ELEM_BF16 = 3,
	NPU_ELEM_INT32 = 4,
	NPU_ELEM_FP32 = 5,
	NPU_ELEM_INT4 = 6,
	NPU_ELEM_TF32 = 7
};

/* What depends on the element type alone (F-50). */
struct npu_elem_info {
	const char *name;
	uint32_t bytes;        /* of one element */
	uint32_t atom_chans;   /* channels in a 16-byte atom, C2 */
	uint32_t kernel_group; /* output channels computed together, 0: not a conv input */
	uint32_t dw_block;     /* channels of one depthwise block */
	uint32_t macs_per_cycle; /* of one core */
};

/* Facts of one element type; NULL for a type the product does not handle. */
const struct npu_elem_info *npu_elem_info(enum npu_elem elem);

/* Round x up to a multiple of a; a >= 1 and the result must fit. */
static inline uint32_t npu_round_up(uint32_t x, uint32_t a)
{
	return (x + a - 1) / a * a;
}

/* The same for byte counts. */
static inline uint64_t npu_round_up64(uint64_t x, uint64_t a)
{
	return (x + a - 1) / a * a;
}

/* Ceiling division. */
static inline uint32_t npu_ceil_div(uint32_t x, uint32_t a)
{
	return (uint32_t)(((uint64_t)x + a - 1) / a);
}

static inline uint64_t npu_ceil_div64(uint64_t x, uint64_t a)
{
	return x / a + (x % a != 0);
}

static inline uint32_t npu_min(uint32_t a, uint32_t b) { return a < b ? a : b; }
static inline uint32_t npu_max(uint32_t a, uint32_t b) { return a > b ? a : b; }

#endif
