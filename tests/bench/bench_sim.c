/*
 * The simulator's speed, against plain fp32 loops in the same run.
 *
 *     bench_sim [--check] [THREADS]
 *
 * Prints GMAC/s on one thread and on THREADS (default: the machine's).  --check
 * fails when a 3x3 convolution runs below one GMAC/s on one thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "hw/npu_word.h"
#include "sim/sim.h"

#define ROUNDS 5u
#define ROUND_NS 100000000u
#define LEAST_GMACS 1.0

enum { INPUT, WEIGHTS, OUTPUT, COMMANDS, REGIONS };
#define DMA_STEP 0x10000000u
#define COMMAND_BYTES 1024u
#define HALF_ONE 0x3c00u /* 1.0 in fp16 */

/*
 * Stride 1, no padding; every kernel group is full.  int8 corrects the weights' zero
 * point and requantises by channel and by tensor.
 */
static const struct shape {
	const char *name;
	uint32_t c, h, w, k, kernel;
	bool int8, depthwise, must; /* must reach LEAST_GMACS */
} shapes[] = {
	{ "dense 3x3   64x28x28 -> 128", 64, 28, 28, 128, 3, .must = true },
	{ "dense 1x1  128x28x28 -> 256", 128, 28, 28, 256, 1, .must = false },
	{ "depthwise 3x3     64x28x28", 64, 28, 28, 64, 3, .depthwise = true },
	{ "tiny 1x1       16x4x4 -> 16", 16, 4, 4, 16, 1, .must = false },
	{ "int8 3x3    64x28x28 -> 128", 64, 28, 28, 128, 3, .int8 = true, .must = true },
	{ "int8 1x1   128x28x28 -> 256", 128, 28, 28, 256, 1, .int8 = true },
	{ "int8 depthwise    64x28x28", 64, 28, 28, 64, 3, .int8 = true,
	  .depthwise = true },
	{ "int8 tiny      16x4x4 -> 32", 16, 4, 4, 32, 1, .int8 = true },
};

struct bench {
	const struct shape *s;
	struct sim *sim;
	struct sim_region regions[REGIONS];
	struct sim_list list;
	uint32_t threads;
	uint32_t out_h, out_w;
	double macs;
	float *x, *weights, *y; /* of the plain loops */
};

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "bench_sim: %s: %s\n", what, why);
	exit(1);
}

static void *take(size_t bytes)
{
	void *p = calloc(1, bytes);

	if (!p)
		fail("memory", "exhausted");
	return p;
}

static void set(uint32_t *regs, enum npu_field field, uint64_t value)
{
	enum npu_reg reg = npu_fields[field].reg;

	regs[reg] = npu_field_pack(regs[reg], field, value);
}

static enum npu_elem elem_of(const struct shape *s)
{
	return s->int8 ? NPU_ELEM_INT8 : NPU_ELEM_FP16;
}

static uint32_t bytes_of(const struct shape *s)
{
	return s->int8 ? 1 : 2;
}

static void fill_cna(const struct bench *b, uint32_t *regs)
{
	const struct shape *s = b->s;
	enum npu_elem elem = elem_of(s);
	uint32_t kernel_bytes = s->kernel * s->kernel * s->c * bytes_of(s);
	uint32_t kernels = s->depthwise ? 1 : s->k,
		 atoms = s->c * bytes_of(s) / NPU_ATOM_BYTES;
	uint32_t entries = npu_ceil_div(s->w * atoms, NPU_ATOMS_PER_ENTRY);
	uint32_t banks = npu_ceil_div(entries * s->h, NPU_CBUF_ENTRIES_PER_BANK);
	const enum npu_reg units[] = { NPU_REG_CNA_CVT_CON1, NPU_REG_CNA_CVT_CON2,
				       NPU_REG_CNA_CVT_CON3, NPU_REG_CNA_CVT_CON4 };

	set(regs, NPU_CNA_CONV_CON1_PROC_PRECISION, elem);
	set(regs, NPU_CNA_CONV_CON1_IN_PRECISION, elem);
	set(regs, NPU_CNA_CONV_CON1_CONV_MODE, s->depthwise ? 3 : 0);
	set(regs, NPU_CNA_CONV_CON2_FEATURE_GRAINS, s->h);
	set(regs, NPU_CNA_CONV_CON3_CONV_Y_STRIDE, 1);
	set(regs, NPU_CNA_CONV_CON3_CONV_X_STRIDE, 1);
	set(regs, NPU_CNA_DATA_SIZE0_DATAIN_WIDTH, s->w);
	set(regs, NPU_CNA_DATA_SIZE0_DATAIN_HEIGHT, s->h);
	set(regs, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL_REAL, s->c - 1);
	set(regs, NPU_CNA_DATA_SIZE1_DATAIN_CHANNEL, s->c);
	set(regs, NPU_CNA_DATA_SIZE2_DATAOUT_WIDTH, b->out_w);
	set(regs, NPU_CNA_DATA_SIZE3_DATAOUT_ATOMICS, b->out_w * b->out_h);
	set(regs, NPU_CNA_WEIGHT_SIZE0_WEIGHT_BYTES, kernel_bytes * kernels);
	set(regs, NPU_CNA_WEIGHT_SIZE1_WEIGHT_BYTES_PER_KERNEL, kernel_bytes);
	set(regs, NPU_CNA_WEIGHT_SIZE2_WEIGHT_WIDTH, s->kernel);
	set(regs, NPU_CNA_WEIGHT_SIZE2_WEIGHT_HEIGHT, s->kernel);
	set(regs, NPU_CNA_WEIGHT_SIZE2_WEIGHT_KERNELS, kernels);
	set(regs, NPU_CNA_CBUF_CON0_DATA_BANK, banks);
	set(regs, NPU_CNA_CBUF_CON0_WEIGHT_BANK, NPU_CBUF_BANKS - banks);
	set(regs, NPU_CNA_CBUF_CON1_DATA_ENTRIES, entries);
	regs[NPU_REG_CNA_CVT_CON0] = 0xb;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		regs[units[i]] = 0x10000;
	regs[NPU_REG_CNA_FEATURE_DATA_ADDR] = (uint32_t)b->regions[INPUT].dma_addr;
	regs[NPU_REG_CNA_DCOMP_ADDR0] = (uint32_t)b->regions[WEIGHTS].dma_addr;
	regs[NPU_REG_CNA_DMA_CON0] = 0xf000f;
	set(regs, NPU_CNA_DMA_CON1_LINE_STRIDE, 4 * s->w);
	set(regs, NPU_CNA_DMA_CON2_SURF_STRIDE, s->w * s->h - 4 * s->w);
	set(regs, NPU_CNA_FC_DATA_SIZE0_DMA_WIDTH, s->w);
	set(regs, NPU_CNA_FC_DATA_SIZE0_DMA_HEIGHT, s->h);
	set(regs, NPU_CNA_FC_DATA_SIZE1_DMA_CHANNEL, s->c);
}

static void fill_requantisation(const struct shape *s, uint32_t *regs)
{
	if (!s->int8) {
		regs[NPU_REG_DPU_BS_CFG] = 0x53; /* all off */
		set(regs, NPU_DPU_BS_OW_CFG_OD_BYPASS, 1);
		regs[NPU_REG_DPU_OUT_CVT_SCALE] = 0x10001; /* fp32 to fp16 */
		return;
	}
	set(regs, NPU_CORE_MISC_CFG_QD_EN, 1);
	regs[NPU_REG_DPU_BS_CFG] = 0x20040; /* add, multiply */
	set(regs, NPU_DPU_BS_ALU_CFG_BS_ALU_OPERAND, 1000);
	set(regs, NPU_DPU_BS_MUL_CFG_BS_MUL_OPERAND, 0x3000);
	set(regs, NPU_DPU_BS_MUL_CFG_BS_MUL_SHIFT_VALUE, 14);
	set(regs, NPU_DPU_DATA_FORMAT_BS_MUL_SHIFT_VALUE_NEG, 14);
	set(regs, NPU_DPU_BS_OW_OP_OW_OP, 3);
	regs[NPU_REG_DPU_OUT_CVT_SCALE] = 0x5000;
	regs[NPU_REG_DPU_OUT_CVT_SHIFT] = 26;
}

static void fill_core_dpu(const struct bench *b, uint32_t *regs)
{
	const struct shape *s = b->s;
	enum npu_elem elem = elem_of(s);
	uint32_t plane = npu_round_up(b->out_w * b->out_h, NPU_PLANE_ALIGN_PIXELS);
	uint32_t surfaces = s->depthwise ? 4 : 2;

	set(regs, NPU_CORE_MISC_CFG_PROC_PRECISION, elem);
	set(regs, NPU_CORE_MISC_CFG_DW_EN, s->depthwise);
	set(regs, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_HEIGHT, b->out_h);
	set(regs, NPU_CORE_DATAOUT_SIZE_0_DATAOUT_WIDTH, b->out_w);
	set(regs, NPU_CORE_DATAOUT_SIZE_1_DATAOUT_CHANNEL, s->k);
	regs[NPU_REG_DPU_S_POINTER] = NPU_S_POINTER_PINGPONG;
	regs[NPU_REG_DPU_FEATURE_MODE_CFG] = s->depthwise ? 0x1fc : 0x1e4;
	set(regs, NPU_DPU_DATA_FORMAT_OUT_PRECISION, elem);
	set(regs, NPU_DPU_DATA_FORMAT_IN_PRECISION, elem);
	set(regs, NPU_DPU_DATA_FORMAT_PROC_PRECISION, elem);
	regs[NPU_REG_DPU_DST_BASE_ADDR] = (uint32_t)b->regions[OUTPUT].dma_addr;
	set(regs, NPU_DPU_DST_SURF_STRIDE_DST_SURF_STRIDE, plane * NPU_ATOM_BYTES);
	set(regs, NPU_DPU_DATA_CUBE_WIDTH_WIDTH, b->out_w);
	set(regs, NPU_DPU_DATA_CUBE_HEIGHT_HEIGHT, b->out_h);
	set(regs, NPU_DPU_DATA_CUBE_CHANNEL_ORIG_CHANNEL, s->k);
	set(regs, NPU_DPU_DATA_CUBE_CHANNEL_CHANNEL, s->k);
	regs[NPU_REG_DPU_BN_CFG] = 0x53; /* all off */
	regs[NPU_REG_DPU_EW_CFG] = 0x383;
	regs[NPU_REG_DPU_EW_CVT_SCALE_VALUE] = 1;
	fill_requantisation(s, regs);
	set(regs, NPU_DPU_BS_OW_CFG_SIZE_E_0, surfaces);
	set(regs, NPU_DPU_BS_OW_CFG_SIZE_E_1, surfaces);
	set(regs, NPU_DPU_BS_OW_CFG_SIZE_E_2, surfaces);
	set(regs, NPU_DPU_WDMA_SIZE_0_CHANNEL_WDMA, s->k);
	set(regs, NPU_DPU_WDMA_SIZE_1_HEIGHT_WDMA, b->out_h);
	set(regs, NPU_DPU_WDMA_SIZE_1_WIDTH_WDMA, b->out_w);
	set(regs, NPU_DPU_SURFACE_ADD_SURF_ADD, surfaces * plane * NPU_ATOM_BYTES);
}

static void put_word(uint64_t **at, uint16_t target, uint16_t offset, uint32_t value)
{
	*(*at)++ = npu_word_pack(
	    (struct npu_word){ .target = target, .value = value, .offset = offset });
}

static void write_commands(struct bench *b)
{
	uint64_t *begin = b->regions[COMMANDS].data, *at = begin;
	static uint32_t regs[NPU_REG_N];

	memset(regs, 0, sizeof regs);
	fill_cna(b, regs);
	fill_core_dpu(b, regs);
	for (size_t i = 0; i < npu_order_count; i++) {
		const struct npu_reg_desc *d = &npu_regs[npu_order[i].reg];

		if (npu_order[i].when != NPU_ORDER_RDMA)
			put_word(&at, npu_block_target(d->block), d->offset,
				 regs[npu_order[i].reg]);
	}
	b->list = (struct sim_list){
		.regcmd_addr = (uint32_t)b->regions[COMMANDS].dma_addr,
		.regcfg_amount = (uint32_t)(at - begin),
		.task_count = 1,
		.int_mask = NPU_INT_MASK_DPU,
	};
	put_word(&at, NPU_TARGET_PC, npu_regs[NPU_REG_PC_BASE_ADDRESS].offset, 0);
	put_word(&at, NPU_TARGET_PC, npu_regs[NPU_REG_PC_REGISTER_AMOUNTS].offset, 0);
	put_word(&at, NPU_TARGET_VERSION, 0, 0);
	put_word(&at, NPU_TARGET_START, npu_regs[NPU_REG_PC_OPERATION_ENABLE].offset,
		 NPU_MASK_CONV);
}

static void bench_open(struct bench *b, const struct shape *s)
{
	uint32_t taps = s->kernel * s->kernel,
		 per_kernel = taps * (s->depthwise ? 1 : s->c);
	size_t bytes[REGIONS];

	memset(b, 0, sizeof *b);
	b->s = s;
	b->out_h = s->h - s->kernel + 1;
	b->out_w = s->w - s->kernel + 1;
	b->macs = (double)b->out_h * b->out_w * s->k * per_kernel;
	bytes[INPUT] = (size_t)s->c * s->h * s->w * bytes_of(s);
	bytes[WEIGHTS] = (size_t)s->k * per_kernel * bytes_of(s);
	bytes[OUTPUT] = (size_t)s->k * bytes_of(s) *
			npu_round_up(b->out_h * b->out_w, NPU_PLANE_ALIGN_PIXELS);
	bytes[COMMANDS] = COMMAND_BYTES;
	for (uint32_t i = 0; i < REGIONS; i++) {
		b->regions[i].dma_addr = (i + 1) * DMA_STEP;
		b->regions[i].bytes = bytes[i];
		b->regions[i].data = take(bytes[i]);
	}
	for (uint32_t i = INPUT; i <= WEIGHTS; i++) {
		for (size_t j = 0; j < bytes[i] / 2; j++)
			((uint16_t *)b->regions[i].data)[j] =
			    (uint16_t)(HALF_ONE + j % 64);
	}
	write_commands(b);
	b->sim = sim_new();
	if (!b->sim)
		fail("memory", "exhausted");
	b->x = take((size_t)s->c * s->h * s->w * sizeof *b->x);
	b->weights = take((size_t)s->k * per_kernel * sizeof *b->weights);
	b->y = take((size_t)s->k * b->out_h * b->out_w * sizeof *b->y);
	for (size_t i = 0; i < (size_t)s->c * s->h * s->w; i++)
		b->x[i] = (float)(i % 7);
	for (size_t i = 0; i < (size_t)s->k * per_kernel; i++)
		b->weights[i] = (float)(i % 5);
}

static void bench_close(struct bench *b)
{
	for (uint32_t i = 0; i < REGIONS; i++)
		free(b->regions[i].data);
	sim_free(b->sim);
	free(b->x);
	free(b->weights);
	free(b->y);
}

static void body_sim(void *context)
{
	struct bench *b = context;
	struct sim_job job = {
		.regions = b->regions,
		.region_count = REGIONS,
		.lists = &b->list,
		.list_count = 1,
		.threads = b->threads,
	};
	struct sim_result result;

	if (!sim_run(b->sim, &job, &result))
		fail(b->s->name, result.message);
}

/* The loops a reader would write first. */
static void body_plain(void *context)
{
	struct bench *b = context;
	const struct shape *s = b->s;
	uint32_t chans = s->depthwise ? 1 : s->c, n = s->kernel;
	float *y = b->y;

	for (uint32_t k = 0; k < s->k; k++) {
		for (uint32_t oy = 0; oy < b->out_h; oy++) {
			for (uint32_t ox = 0; ox < b->out_w; ox++) {
				const float *w = b->weights + (size_t)k * chans * n * n;
				float sum = 0;

				for (uint32_t i = 0; i < chans; i++) {
					uint32_t c = s->depthwise ? k : i;
					const float *x =
					    b->x + ((size_t)c * s->h + oy) * s->w + ox;

					for (uint32_t t = 0; t < n * n; t++)
						sum += *w++ * x[t / n * s->w + t % n];
				}
				*y++ = sum;
			}
		}
	}
}

int main(int argc, char **argv)
{
	bool check = argc > 1 && !strcmp(argv[1], "--check");
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t threads = online > 0 ? (uint32_t)online : 1;
	int rc = 0;

	if (argc > 1 + check)
		threads = (uint32_t)strtoul(argv[1 + check], NULL, 10);
	printf("%-30s %10s %12s %12s %10s\n", "", "1 thread", "all threads",
	       "plain loops", "ratio");
	printf("%-30s %10s %9u th. %12s %10s\n", "", "GMAC/s", threads, "GMAC/s", "");
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		struct bench b;
		double one, all, plain;

		bench_open(&b, &shapes[i]);
		b.threads = 1;
		one = b.macs / bench_best_ns(body_sim, &b, ROUNDS, ROUND_NS);
		b.threads = threads;
		all = b.macs / bench_best_ns(body_sim, &b, ROUNDS, ROUND_NS);
		plain = b.macs / bench_best_ns(body_plain, &b, ROUNDS, ROUND_NS);
		printf("%-30s %10.2f %12.2f %12.2f %9.2fx\n", shapes[i].name, one, all,
		       plain, one / plain);
		if (check && shapes[i].must && one < LEAST_GMACS) {
			fprintf(stderr, "bench_sim: %s: below %g GMAC/s on one thread\n",
				shapes[i].name, LEAST_GMACS);
			rc = 1;
		}
		bench_close(&b);
	}
	return rc;
}
