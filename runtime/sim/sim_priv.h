/*
 * What the simulator's files share.  One file is one part of the hardware:
 *
 *     pc.c        fetches command words, writes registers, starts blocks
 *     regfile.c   two register groups per block, and which words are legal
 *     mem.c       device addresses to memory; who read and wrote what
 *     cna.c       CNA and CORE registers to a checked struct sim_conv
 *     dpu.c       DPU and DPU_RDMA registers to a checked struct sim_dpu
 *     feature.c   features from memory to the form the MAC array takes
 *     weights.c   weights to the form the MAC array takes
 *     core.c      the multiplications, and the threads that share them
 *     dpu_run.c   accumulators through BS, BN, EW and OUT_CVT to memory
 *     dpu_int.c   the same for int8, with its roundings
 *     ppu.c       the barrier record
 *     sim.c       a job from its first list to its last
 *
 * All functions that return bool say false after sim_fail(): the first failure
 * is what the caller of sim_run() sees.
 */
#ifndef SIM_PRIV_H
#define SIM_PRIV_H

#include <stdint.h>

#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "sim/sim.h"

#define SIM_GROUPS 2u	  /* ping-pong register groups of a block */
#define SIM_LANES 8u	  /* kernels the inner loop takes together */
#define SIM_MAX_GROUP 64u /* output channels of the widest group */
#define SIM_CHUNK 64u	  /* output pixels accumulated together */
#define SIM_MAX_THREADS 64u
/*
 * Bias streams: plain, one 32-bit value per channel; or groups of eight
 * channels with eight int32 biases, int16 corrections and uint16 factors (F-55).
 */
#define SIM_BIAS_CHAN_BYTES 4u
#define SIM_BIAS_GROUP_CHANS 8u
#define SIM_BIAS_GROUP_CHAN_BYTES 8u

/* Interrupt bits of register group 0; group 1 has the next one (F-33). */
#define SIM_INT_DPU_SHIFT 8u
#define SIM_INT_PPU_SHIFT 10u

/* What a barrier moves: 32 channels, of two bytes at most. */
#define SIM_BARRIER_BYTES 64u
#define SIM_MAX_SURFACES 1024u /* 8192 channels of two bytes or fewer */

/* Registers of one core: values and the job that wrote them, per group. */
struct sim_core_state {
	uint32_t value[SIM_GROUPS][NPU_REG_N];
	uint64_t epoch[SIM_GROUPS][NPU_REG_N]; /* 0: poisoned */
	struct {
		uint32_t pointer, executer; /* group written, group started */
		bool pointer_pp, executer_pp;
		uint64_t epoch; /* S_POINTER written in that job */
	} block[NPU_BLOCK_N];
};

/* A buffer that only grows. */
struct sim_buf {
	void *data;
	size_t bytes;
};

/* Weights that stay in the CBUF of a core from task to task. */
struct sim_cbuf {
	bool resident;
	uint32_t data_banks, weight_banks;
	uint32_t size0, size1, size2; /* WEIGHT_SIZE0..2 they were loaded with */
	struct sim_buf bytes;
};

struct sim {
	struct sim_core_state core[NPU_MAX_CORES];
	struct sim_cbuf cbuf;
	uint64_t epoch;
	uint32_t known_bits[NPU_REG_N];
	bool in_record[NPU_REG_N]; /* the register belongs to a conv record */
	struct sim_buf feature, pixel_sum;
	const uint8_t *ew_surface[SIM_MAX_SURFACES];
	struct sim_buf worker[SIM_MAX_THREADS];
};

/* Output written with one plane pitch into one region: see mem.c. */
struct sim_outset {
	uint32_t region;
	uint32_t pitch_atoms;
	uint64_t *written;
	struct sim_outset *next;
};

/* One run of one job. */
struct sim_ctx {
	struct sim *sim;
	const struct sim_job *job;
	struct sim_result *result;
	uint32_t list, task;
	uint32_t core;
	struct sim_core_state *state;
	/* per region, one bit per 16-byte atom; NULL until needed */
	uint64_t **read, **written;
	struct sim_outset *outsets;
	uint32_t last_region;
	uint64_t scratch[NPU_MAX_CORES]; /* barrier targets */
	uint32_t scratch_count;
};

/* Bytes at a device address. */
struct sim_span {
	uint8_t *data;
	uint32_t region;
};

/* One of the DPU's two scale-and-shift stages, BS or BN. */
struct sim_stage {
	bool alu, alu_stream; /* add an operand, from the bias stream */
	bool mul, mul_stream;
	bool prelu; /* the multiplication is for negative values only */
	bool relu, clamp;
	uint32_t alu_operand, clamp_value; /* int32 or fp32 bits */
	int32_t mul_operand;
	uint32_t mul_shift;
};

/* Second operand of a fused addition. */
struct sim_ew {
	bool on, relu, clamp;
	uint32_t clamp_value;
	int32_t offset, scale;
	uint32_t shift;
	const uint8_t **surface; /* per output surface: its first pixel */
};

struct sim_dpu {
	enum npu_elem out;
	uint32_t out_bytes, out_chans; /* of an element; channels in an atom */
	uint32_t surfaces;	       /* written per kernel group */
	uint64_t dst;
	uint32_t surf_stride, surf_add; /* bytes */
	uint32_t row_atoms;		/* output width and notch */
	struct sim_stage bs, bn;
	struct sim_ew ew;
	bool ow, ow_stream; /* zero-point correction */
	int32_t ow_operand;
	int32_t cvt_offset, cvt_scale;
	uint32_t cvt_shift;
	bool bias_grouped;   /* bias, correction, factor; else bias alone */
	const uint8_t *bias; /* stream in memory, or NULL */
	uint8_t *out_data;   /* where `dst` lies in this process */
};

/* A convolution task as its registers say, checked. */
struct sim_conv {
	enum npu_elem in;
	uint32_t elem_bytes, atom_chans;
	uint32_t group; /* output channels per kernel group or depthwise block */
	uint32_t block; /* channels of a weight block: 32, or a depthwise block */
	bool depthwise, pixel, flat_lines, reuse;
	uint32_t w, h, c, c_real;
	uint32_t ow, oh, kh, kw, sy, sx, dy, dx, pt, pl;
	uint32_t kernels;	/* in the weight stream */
	uint32_t k_real, k_pad; /* real output channels; written ones */
	uint32_t cw;		/* channels per tap in the weight stream */
	uint32_t kernel_bytes, weight_bytes;
	uint32_t data_banks, weight_banks;
	uint32_t mode; /* CONV_CON2's co-work mode */
	uint64_t feature_addr, weight_addr;
	uint32_t line;
	int32_t surf;
	int32_t pad_value;
	struct sim_dpu dpu;
	const float *feature;	/* feature.c */
	const float *pixel_sum; /* dense, with OW: all channels of a pixel; or NULL */
	const uint8_t *weights; /* stream, in memory or CBUF */
};

/* Channels of weight block `cb`: `block`, except in the last one. */
static inline uint32_t sim_block_chans(const struct sim_conv *c, uint32_t cb)
{
	return npu_min(c->block, c->cw - cb * c->block);
}

/* Where a channel block of the loaded features starts: [pixel][channel]. */
static inline const float *sim_block_feature(const struct sim_conv *c, uint32_t cb)
{
	return c->feature + (size_t)cb * c->block * c->w * c->h;
}

/* What a window reads outside the input: one value per channel of the block. */
static inline const float *sim_block_pad(const struct sim_conv *c, uint32_t cb)
{
	return c->feature + (size_t)c->cw * c->w * c->h + (size_t)cb * c->block;
}

/* ---- failing (sim.c) */

/* Record a failure at the current task; always false. */
bool sim_fail(struct sim_ctx *ctx, enum sim_status status, enum npu_reg reg,
	      uint64_t address, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Make `buf` at least `bytes` long, 64-byte aligned; contents are lost. */
bool sim_buf_reserve(struct sim_ctx *ctx, struct sim_buf *buf, size_t bytes);

/* ---- regfile.c */

void sim_regs_init(struct sim *sim);
bool sim_reg_write(struct sim_ctx *ctx, enum npu_block block, uint16_t offset,
		   uint32_t value);
/* CNA and CORE pointers, as the driver sets them before a list. */
void sim_regs_begin_list(struct sim_ctx *ctx);
/* That every register a conv record writes for `block` is set in its executer. */
bool sim_regs_all_set(struct sim_ctx *ctx, enum npu_block block);
bool sim_reg_is_set(struct sim_ctx *ctx, enum npu_reg reg);
/* Register value, or field in plain units, of the group about to run. */
uint32_t sim_reg(const struct sim_ctx *ctx, enum npu_reg reg);
uint32_t sim_field(const struct sim_ctx *ctx, enum npu_field field);
/* Group that runs now, and on to the next one. */
uint32_t sim_regs_started(struct sim_ctx *ctx, enum npu_block block);

/* A register or field must hold one value; UNSUPPORTED otherwise. */
struct sim_want_reg {
	enum npu_reg reg;
	uint32_t value;
};
struct sim_want_field {
	enum npu_field field;
	uint32_t value;
};
bool sim_want_regs(struct sim_ctx *ctx, const struct sim_want_reg *want, size_t n);
bool sim_want_fields(struct sim_ctx *ctx, const struct sim_want_field *want, size_t n);
/* Two fields that must agree; SIZES otherwise.  In plain units. */
bool sim_want_same(struct sim_ctx *ctx, enum npu_field a, enum npu_field b);
/* A field that must hold what others imply; SIZES, with `why`, otherwise. */
bool sim_want_size(struct sim_ctx *ctx, enum npu_field a, uint64_t value,
		   const char *why);

/* ---- mem.c */

bool sim_mem_begin(struct sim_ctx *ctx);
void sim_mem_end(struct sim_ctx *ctx);
/* [addr, addr + bytes) inside one region and aligned; DMA otherwise. */
bool sim_mem_find(struct sim_ctx *ctx, enum npu_reg reg, uint64_t addr, uint64_t bytes,
		  uint32_t align, struct sim_span *span);
/* Find and note that this job reads it; ORDER when it writes it too. */
bool sim_mem_read(struct sim_ctx *ctx, enum npu_reg reg, uint64_t addr, uint64_t bytes,
		  uint32_t align, struct sim_span *span);
/* Note that the current task writes atoms there. */
bool sim_mem_write(struct sim_ctx *ctx, enum npu_reg reg, uint64_t addr, uint64_t bytes,
		   uint32_t pitch_bytes, struct sim_span *span);
/* The job is over: outputs without holes, barriers apart from outputs. */
bool sim_mem_check_outputs(struct sim_ctx *ctx);

/* ---- the blocks */

bool sim_cna_decode(struct sim_ctx *ctx, struct sim_conv *c);
bool sim_dpu_decode(struct sim_ctx *ctx, struct sim_conv *c, bool rdma);
bool sim_feature_load(struct sim_ctx *ctx, struct sim_conv *c);
bool sim_weights_load(struct sim_ctx *ctx, struct sim_conv *c);
bool sim_dpu_claim(struct sim_ctx *ctx, struct sim_conv *c, bool rdma);
bool sim_core_run(struct sim_ctx *ctx, struct sim_conv *c);
bool sim_ppu_run(struct sim_ctx *ctx);

/* ---- weights.c */

/* Kernels of group `g` that exist. */
uint32_t sim_group_kernels(const struct sim_conv *c, uint32_t g);
/* Lane-padded weights of one group, in floats. */
size_t sim_weight_floats(const struct sim_conv *c);
/*
 * Load group `g`: dense, [block][tap][lane vector][channel][lane], where the lanes of a
 * vector are kernels; depthwise, [tap][channel].
 */
void sim_group_weights(const struct sim_conv *c, uint32_t g, float *out);

/* Accumulators of `n` output pixels from `px` on, of kernel group `group`. */
struct sim_acc {
	uint32_t group, px, n;
	float *f;	    /* fp16: [n][width] */
	int32_t *i;	    /* int8: [n][width] */
	const int32_t *sum; /* int8: window sums for OW, [n] or [n][width]; or NULL */
	uint32_t width;	    /* output channels per pixel: the group's */
	uint32_t sum_width; /* 1 or width */
};
void sim_dpu_write(const struct sim_conv *c, struct sim_acc *acc);
void sim_dpu_write_int(const struct sim_conv *c, const struct sim_acc *acc);

/* Bytes from the tile's first output pixel: of a pixel in its surface, of a surface. */
static inline uint64_t sim_pixel_offset(const struct sim_conv *c, uint32_t px)
{
	return ((uint64_t)(px / c->ow) * c->dpu.row_atoms + px % c->ow) * NPU_ATOM_BYTES;
}

static inline uint64_t sim_surface_offset(const struct sim_conv *c, uint32_t group,
					  uint32_t s)
{
	return (uint64_t)group * c->dpu.surf_add + (uint64_t)s * c->dpu.surf_stride;
}

/* Run the list's records; the PC. */
bool sim_pc_run_list(struct sim_ctx *ctx, const struct sim_list *list);

#endif
