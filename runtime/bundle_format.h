/*
 * The bundle, byte by byte.  docs/bundle-format.md tells the same in prose.
 *
 * Little-endian; every struct below is laid out without implicit padding and
 * asserts its size.  A bundle is a header, a section table and sections:
 *
 *     struct npub_header | struct npub_section x section_count | sections ...
 *
 * Sections start on 64-byte boundaries, each has its own CRC-32C, and the bytes
 * between them are zero.  The writer sets `magic` last.  Reserved fields are
 * zero and checked.  Indices refer to elements of another section.
 */
#ifndef NPUB_BUNDLE_FORMAT_H
#define NPUB_BUNDLE_FORMAT_H

#include <stdint.h>

#define NPUB_MAGIC "\x89NPUB\r\n\x1a" /* 8 bytes, no terminator */
#define NPUB_MAGIC_BYTES 8
#define NPUB_VERSION 2u
#define NPUB_LAST_COMPATIBLE_VERSION 2u
#define NPUB_ALIGN 64u
#define NPUB_TARGET_RK3588 3588u
#define NPUB_NONE 0xffffffffu /* "no such element" in an index field */
#define NPUB_MAX_CORES 3

struct npub_header {
	uint8_t magic[NPUB_MAGIC_BYTES];
	uint32_t version;                 /* of the writer */
	uint32_t last_compatible_version; /* oldest reader that understands it */
	uint64_t file_bytes;
	uint32_t header_bytes;            /* sizeof(struct npub_header) */
	uint32_t section_entry_bytes;     /* sizeof(struct npub_section) */
	uint32_t section_count;
	uint32_t target;                  /* NPUB_TARGET_* */
	uint64_t spec_digest;             /* FNV-1a 64 of the canonical spec */
	char compiler[32];                /* "npucc 0.1.0", zero filled */
	uint8_t reserved[40];
	uint32_t table_crc;               /* CRC-32C of the section table */
	uint32_t header_crc; /* CRC-32C of the bytes before it, magic as written */
};

enum npub_section_kind {
	NPUB_SECTION_STRINGS = 1, /* zero-terminated UTF-8; offset 0 is "" */
	NPUB_SECTION_TENSORS = 2, /* struct npub_tensor */
	NPUB_SECTION_BOS = 3,     /* struct npub_bo */
	NPUB_SECTION_CONVS = 4,   /* struct npub_conv */
	NPUB_SECTION_PLANS = 5,   /* struct npub_plan */
	NPUB_SECTION_TASKS = 6,   /* struct npub_task */
	NPUB_SECTION_REGCMD = 7,  /* uint64_t command words, addresses zero */
	NPUB_SECTION_RELOCS = 8,  /* struct npub_reloc */
	NPUB_SECTION_SYNCS = 9,   /* struct npub_sync */
	NPUB_SECTION_DATA = 10,   /* bytes: packed weights and bias */
	NPUB_SECTION_DEBUG = 11,  /* optional: struct npub_debug_tile */
	NPUB_SECTION_SCALES = 12  /* optional: float, real scale of a channel's weights */
};

#define NPUB_SECTION_REQUIRED 1u /* a reader that does not know it must refuse */

struct npub_section {
	uint32_t kind;
	uint32_t flags;
	uint64_t offset; /* from the start of the file, multiple of 64 */
	uint64_t bytes;
	uint32_t elem_bytes; /* 1 for STRINGS and DATA */
	uint32_t elem_count;
	uint32_t crc; /* CRC-32C of the section's bytes */
	uint32_t reserved;
};

enum npub_tensor_role {
	NPUB_TENSOR_INPUT = 0,
	NPUB_TENSOR_OUTPUT = 1,
	NPUB_TENSOR_WEIGHTS = 2,
	NPUB_TENSOR_BIAS = 3,
	NPUB_TENSOR_OPERAND = 4 /* added to the sum; lies as the output does */
};

/* How a tensor's elements lie in its BO. */
enum npub_layout {
	NPUB_LAYOUT_NC1HWC2 = 0, /* atoms of 16 bytes; x, y, channel group */
	NPUB_LAYOUT_PIXEL = 1,   /* interleaved channels, rows row_pixels apart */
	NPUB_LAYOUT_WEIGHTS = 2, /* dense kernel order, per slice */
	NPUB_LAYOUT_DEPTHWISE = 3,
	NPUB_LAYOUT_LINEAR = 4,  /* plain array: bias */
	/* Groups of 8 channels in 64 bytes: 8 int32 bias, 8 int16 correction (minus the
	 * weights' zero point), 8 uint16 multiplier in units of 2^-14. */
	NPUB_LAYOUT_BIAS_GROUPED = 5
};

/* How the user has the elements, when not as they are stored. */
enum npub_user_form {
	NPUB_USER_SAME = 0,
	NPUB_USER_UINT8 = 1 /* bytes 0..255; stored as int8, 128 less */
};

struct npub_tensor {
	uint32_t name; /* offset in STRINGS */
	uint32_t role;
	uint32_t elem;   /* enum npu_elem */
	uint32_t layout; /* enum npub_layout */
	/* Logical sizes: n c h w; weights: out_c, in_c per group, kernel_h, kernel_w;
	 * bias: 1, out_c, 1, 1. */
	uint32_t n, c, h, w;
	uint32_t bo; /* index in BOS */
	uint32_t row_pixels;   /* pixels from one row to the next */
	uint32_t plane_pixels; /* pixels from one channel group to the next; 0: pixel */
	uint32_t surfaces;     /* channel groups stored, with padding; 0: pixel */
	uint64_t bo_offset;
	uint64_t image_bytes; /* from one image of the batch to the next */
	uint64_t bytes;       /* of the whole tensor in its BO */
	float scale;          /* real = (stored - zero_point) * scale; 1 when unused */
	int32_t zero_point;   /* of the stored element */
	uint32_t user_form;   /* enum npub_user_form */
	uint32_t reserved;
};

enum npub_bo_role {
	NPUB_BO_TASK = 0,
	NPUB_BO_WEIGHT = 1,   /* weights, scratch, commands */
	NPUB_BO_INTERNAL = 2,
	NPUB_BO_INPUT = 3,
	NPUB_BO_OUTPUT = 4
};

struct npub_bo {
	uint32_t name;
	uint32_t role;
	uint32_t flags; /* the driver's, for MEM_CREATE */
	uint32_t align; /* of the device address, power of two */
	uint64_t bytes;
	/* DATA bytes copied to the start of the BO at load; 0 bytes: none. */
	uint64_t data_offset, data_bytes;
};

#define NPUB_OP_BIAS 1u        /* the output stage reads a value a channel */
#define NPUB_OP_PER_CHANNEL 2u /* and a correction and a multiplier with it */
#define NPUB_OP_RELU 4u        /* negative becomes 0, after the addition */
#define NPUB_OP_CLAMP 8u       /* with RELU: at most `limit` */
#define NPUB_OP_ADD 16u        /* an operand tensor is added */
#define NPUB_OP_LEAKY 32u      /* negative times leak_scale / 2^leak_shift */

/*
 * What follows the sum of products, in the constants that registers hold
 * (npu-programming s. 4).  int8, with S the sum and X the window's inputs:
 *
 *     t = round((S + correction[k] * X + bias[k]) * factor[k] / 2^14)   PER_CHANNEL
 *     t = S - weight_zero * X + bias[k]                                 else
 *     t = t + round((operand - operand_zero) * operand_scale / 2^operand_shift)
 *     t = min(max(t, 0), limit)
 *     out = saturate(round(t * out_scale / 2^out_shift) + out_zero)
 *
 * where every round() goes to the nearest, half to even.  Floats: out_scale 1, shifts and
 * zeros 0, and `limit` is an fp32.
 */
struct npub_op {
	uint32_t flags;
	int32_t pad_value;   /* what padding holds: the input's zero point */
	int32_t weight_zero; /* of all weights; 0 with PER_CHANNEL */
	uint32_t limit;      /* CLAMP: int32, or the bits of an fp32 */
	int32_t out_zero;
	uint32_t out_scale, out_shift;
	int32_t operand_zero;
	uint32_t operand_scale, operand_shift;
	uint32_t leak_scale, leak_shift;
};

/* One conv problem: what the user asked for, and where its parts are. */
struct npub_conv {
	uint32_t name;
	uint32_t batch, in_c, in_h, in_w, out_c, out_h, out_w;
	uint32_t kernel_h, kernel_w, stride_y, stride_x;
	uint32_t pad_top, pad_left, pad_bottom, pad_right;
	uint32_t dilation_y, dilation_x, groups;
	uint32_t elem, out_elem; /* enum npu_elem */
	uint32_t mode;           /* enum npub_mode */
	uint32_t input, output, weights, bias, operand; /* TENSORS; the last two may be NPUB_NONE */
	uint32_t first_bo, bo_count;   /* this conv's BOs, in creation order */
	uint32_t first_plan, plan_count; /* alternatives, by core count */
	uint32_t first_task, task_count; /* records of all its plans */
	uint32_t first_sync, sync_count;
	uint32_t first_reloc, reloc_count;
	uint32_t first_word, word_count; /* REGCMD words of all its plans */
	uint32_t task_bo, regcmd_bo;     /* BOS */
	uint32_t regcmd_bo_offset;       /* bytes, where first_word goes */
	uint32_t first_scale, scale_count; /* SCALES; 0 or out_c of them */
	struct npub_op op;
	uint32_t reserved;
};

enum npub_mode { NPUB_MODE_DENSE = 0, NPUB_MODE_DEPTHWISE = 1, NPUB_MODE_PIXEL = 2 };

enum npub_evidence {
	NPUB_EVIDENCE_FORMULA = 0,  /* derived; verifier and simulator only */
	NPUB_EVIDENCE_CAPTURED = 1, /* equals a capture */
	NPUB_EVIDENCE_PROMOTED = 2  /* and run on a board between health checks */
};

#define NPUB_HAZARD_POISONS_NEXT_JOB 1u
#define NPUB_HAZARD_UNTESTED 2u /* rests on a guess: dilation, one-group streaming */

enum npub_split {
	NPUB_SPLIT_WHOLE = 0,
	NPUB_SPLIT_Y = 1,
	NPUB_SPLIT_K = 2,
	NPUB_SPLIT_YK = 3,
	NPUB_SPLIT_C = 4, /* depthwise channel chunks */
	NPUB_SPLIT_YC = 5
};

/* One way to run a conv.  Lists of core i: records [first, first + count). */
struct npub_plan {
	uint32_t cores;    /* 1, 2 or 3 */
	uint32_t split;    /* enum npub_split */
	uint32_t evidence; /* enum npub_evidence */
	uint32_t hazards;
	struct npub_list {
		uint32_t first_task; /* counted from the conv's first_task */
		uint32_t task_count; /* equals the length of the list's chain */
	} list[NPUB_MAX_CORES];
	uint32_t reserved[2];
	uint64_t macs;
	uint64_t dram_bytes;
	uint64_t cost_ns; /* estimate; the runtime derives its timeout from it */
};

/*
 * The driver's task record, 40 bytes, as it goes into the task BO once
 * `regcmd_addr` (here: bytes from the conv's first word) is made an address.
 */
struct npub_task {
	uint32_t flags;
	uint32_t op_idx;
	uint32_t enable_mask;
	uint32_t int_mask;
	uint32_t int_clear;
	uint32_t int_status;
	uint32_t regcfg_amount; /* words of the body, tail not counted */
	uint32_t regcfg_offset;
	uint64_t regcmd_addr;
};

/*
 * Add the device address of `bo` plus `addend` to the 32-bit value field (bits
 * 47:16) of REGCMD word `word`, counted from the conv's first word.
 */
struct npub_reloc {
	uint32_t word;
	uint32_t bo;
	uint64_t addend;
};

enum npub_sync_phase { NPUB_SYNC_LOAD = 0, NPUB_SYNC_BEFORE = 1, NPUB_SYNC_AFTER = 2 };

#define NPUB_SYNC_TO_DEVICE 1u
#define NPUB_SYNC_FROM_DEVICE 2u

struct npub_sync {
	uint32_t phase;
	uint32_t bo;
	uint32_t flags; /* NPUB_SYNC_TO_DEVICE | NPUB_SYNC_FROM_DEVICE */
	uint32_t reserved;
	uint64_t offset, bytes;
};

/* Optional: the tile a record computes; one for each record, barriers zero. */
struct npub_debug_tile {
	uint32_t task; /* index in TASKS */
	uint32_t core, image;
	uint32_t y, y_count, k, k_count, c, c_count;
	uint32_t in_y, in_rows, pad_top;
	uint32_t data_banks, weight_banks, entries_per_row, grains;
};

_Static_assert(sizeof(struct npub_header) == 128, "header layout");
_Static_assert(sizeof(struct npub_section) == 40, "section layout");
_Static_assert(sizeof(struct npub_tensor) == 88, "tensor layout");
_Static_assert(sizeof(struct npub_bo) == 40, "bo layout");
_Static_assert(sizeof(struct npub_op) == 48, "op layout");
_Static_assert(sizeof(struct npub_conv) == 228, "conv layout");
_Static_assert(sizeof(struct npub_plan) == 72, "plan layout");
_Static_assert(sizeof(struct npub_task) == 40, "task layout");
_Static_assert(sizeof(struct npub_reloc) == 16, "reloc layout");
_Static_assert(sizeof(struct npub_sync) == 32, "sync layout");
_Static_assert(sizeof(struct npub_debug_tile) == 64, "debug layout");

#endif
