/*
 * The MAC array: windows times weights, and the threads that share the work.
 *
 * Order of fp16 sums: channel block of 32, tap, and inside the block the 32
 * products added pairwise, neighbours first.  Lanes are kernels, so the order
 * is the same whatever the machine, the vector width or the thread count; and
 * since products of fp16 values are exact in fp32, fusing one with its addition
 * changes nothing.  int8 uses the same code: a sum of 2^10 products stays within
 * 2^24, so fp32 holds it exactly, and such sums are added in int32.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "sim/half.h"
#include "sim/sim_priv.h"

/* Taps of a channel block whose int8 products add up exactly in fp32. */
#define EXACT_TAPS (1024u / NPU_WEIGHT_BLOCK_CHANS)

/* Below this much work a thread costs more than it saves. */
#define THREAD_MIN_MACS 4000000u

typedef float lanes __attribute__((vector_size(SIM_LANES * sizeof(float))));

#define MUL(i) (w[i] * x[i])
#define SUM2(i) (MUL(i) + MUL((i) + 1))
#define SUM4(i) (SUM2(i) + SUM2((i) + 2))
#define SUM8(i) (SUM4(i) + SUM4((i) + 4))
#define SUM16(i) (SUM8(i) + SUM8((i) + 8))
#define SUM32(i) (SUM16(i) + SUM16((i) + 16))

/*
 * sums[p] += the block's products of pixel p: x[p] has `chans` values, `weights`
 * as many vectors.  The stored block widths are 8, 16 and 32; shorter trees are
 * the full one with zeros in the missing places.
 */
#define DEFINE_MAC(name, attributes)                                                     \
	attributes static void name(float *sums, size_t stride,                          \
				    const float *const *pixels, uint32_t n,              \
				    const float *weights, uint32_t chans)                \
	{                                                                                \
		const lanes *w = (const lanes *)weights;                                 \
                                                                                         \
		for (uint32_t p = 0; p < n; p++, sums += stride) {                       \
			const float *x = pixels[p];                                      \
			lanes *sum = (lanes *)sums;                                      \
                                                                                         \
			if (chans == 32)                                                 \
				*sum += SUM32(0);                                        \
			else if (chans == 16)                                            \
				*sum += SUM16(0);                                        \
			else                                                             \
				*sum += SUM8(0);                                         \
		}                                                                        \
	}

DEFINE_MAC(mac_plain, )
#if defined(__x86_64__)
DEFINE_MAC(mac_avx2, __attribute__((target("avx2"))))
#endif

typedef void mac_fn(float *sums, size_t stride, const float *const *pixels, uint32_t n,
		    const float *weights, uint32_t chans);

static mac_fn *choose_mac(void)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		return mac_avx2;
#endif
	return mac_plain;
}

/* One task's work, cut into items: kernel groups times ranges of pixels. */
struct work {
	const struct sim_conv *c;
	mac_fn *mac;
	uint32_t pixels, groups, parts;
	atomic_uint next;
};

/* Where a chunk's windows start in the input, possibly outside of it. */
struct windows {
	uint32_t n;
	int32_t y[SIM_CHUNK], x[SIM_CHUNK];
};

static void windows_from_chunk(const struct sim_conv *c, struct windows *win, uint32_t px,
			       uint32_t n)
{
	uint32_t oy = px / c->ow, ox = px % c->ow;

	win->n = n;
	for (uint32_t i = 0; i < n; i++) {
		win->y[i] = (int32_t)(oy * c->sy) - (int32_t)c->pt;
		win->x[i] = (int32_t)(ox * c->sx) - (int32_t)c->pl;
		if (++ox == c->ow) {
			ox = 0;
			oy++;
		}
	}
}

/*
 * Where each window's values lie under one tap: in `feature`, which has `stride` values
 * a pixel, or in `pad`.
 */
static void tap_pixels(const struct sim_conv *c, const struct windows *win, uint32_t tap,
		       const float *feature, const float *pad, uint32_t stride,
		       const float **pixels)
{
	int32_t dy = (int32_t)(tap / c->kw * c->dy), dx = (int32_t)(tap % c->kw * c->dx);

	for (uint32_t i = 0; i < win->n; i++) {
		int32_t y = win->y[i] + dy, x = win->x[i] + dx;
		bool in = y >= 0 && (uint32_t)y < c->h && x >= 0 && (uint32_t)x < c->w;

		pixels[i] = in ? feature + ((size_t)y * c->w + (size_t)x) * stride : pad;
	}
}

static void block_pixels(const struct sim_conv *c, const struct windows *win, uint32_t cb,
			 uint32_t tap, const float **pixels)
{
	tap_pixels(c, win, tap, sim_block_feature(c, cb), sim_block_pad(c, cb),
		   sim_block_chans(c, cb), pixels);
}

/* Add exact sums in int32, wrapping like the hardware's accumulator; they start anew. */
static void flush_sums(int32_t *acc, float *sums, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		acc[i] = (int32_t)((uint32_t)acc[i] + (uint32_t)(int32_t)sums[i]);
		sums[i] = 0;
	}
}

/* Scratch of one worker. */
struct worker_mem {
	float sums[SIM_CHUNK * SIM_MAX_GROUP] __attribute__((aligned(64)));
	int32_t acc[SIM_CHUNK * SIM_MAX_GROUP] __attribute__((aligned(64)));
	int32_t window_sums[SIM_CHUNK * SIM_MAX_GROUP];
	float tap_sums[SIM_CHUNK * SIM_MAX_GROUP]; /* depthwise: of inputs */
	const float *pixels[SIM_CHUNK];
	struct windows win;
	float weights[] __attribute__((aligned(64)));
};

/* Sum of each window's inputs over all taps and channels; wraps as sums do. */
static void sum_windows(const struct sim_conv *c, struct worker_mem *m)
{
	int32_t *sum = m->window_sums;

	memset(sum, 0, m->win.n * sizeof *sum);
	for (uint32_t tap = 0; tap < c->kh * c->kw; tap++) {
		tap_pixels(c, &m->win, tap, c->pixel_sum,
			   c->pixel_sum + (size_t)c->w * c->h, 1, m->pixels);
		for (uint32_t i = 0; i < m->win.n; i++)
			sum[i] = (int32_t)((uint32_t)sum[i] +
					   (uint32_t)(int32_t)*m->pixels[i]);
	}
}

static void dense_chunk(const struct work *w, struct worker_mem *m, uint32_t g,
			uint32_t px, uint32_t n)
{
	const struct sim_conv *c = w->c;
	uint32_t vectors = npu_ceil_div(sim_group_kernels(c, g), SIM_LANES),
		 taps = c->kh * c->kw, done = 0;
	bool ints = c->in == NPU_ELEM_INT8;
	const float *weights = m->weights;

	windows_from_chunk(c, &m->win, px, n);
	memset(m->sums, 0, (size_t)n * c->group * sizeof m->sums[0]);
	if (ints)
		memset(m->acc, 0, (size_t)n * c->group * sizeof m->acc[0]);
	for (uint32_t cb = 0; cb * c->block < c->cw; cb++) {
		uint32_t chans = sim_block_chans(c, cb);

		for (uint32_t tap = 0; tap < taps; tap++) {
			block_pixels(c, &m->win, cb, tap, m->pixels);
			for (uint32_t v = 0; v < vectors; v++) {
				w->mac(m->sums + v * SIM_LANES, c->group, m->pixels, n,
				       weights, chans);
				weights += (size_t)chans * SIM_LANES;
			}
			if (ints && ++done % EXACT_TAPS == 0)
				flush_sums(m->acc, m->sums, n * c->group);
		}
	}
	if (ints)
		flush_sums(m->acc, m->sums, n * c->group);
	if (c->dpu.ow)
		sum_windows(c, m);
	sim_dpu_write(c, &(struct sim_acc){
			     .group = g,
			     .px = px,
			     .n = n,
			     .f = m->sums,
			     .i = m->acc,
			     .sum = c->dpu.ow ? m->window_sums : NULL,
			     .width = c->group,
			     .sum_width = 1,
			 });
}

/* Channels are lanes; int8 sums stay exact in fp32 for kernels up to 31 x 31. */
static void depthwise_taps(const struct sim_conv *c, struct worker_mem *m, uint32_t cb)
{
	uint32_t taps = c->kh * c->kw, chans = sim_block_chans(c, cb);

	for (uint32_t tap = 0; tap < taps; tap++) {
		const float *weights = m->weights + (size_t)tap * chans;

		block_pixels(c, &m->win, cb, tap, m->pixels);
		for (uint32_t p = 0; p < m->win.n; p++) {
			float *sum = m->sums + (size_t)p * c->group;
			float *tap_sum = m->tap_sums + (size_t)p * c->group;
			const float *x = m->pixels[p];

			for (uint32_t ch = 0; ch < chans; ch++)
				sum[ch] += x[ch] * weights[ch];
			for (uint32_t ch = 0; c->dpu.ow && ch < chans; ch++)
				tap_sum[ch] += x[ch];
		}
	}
}

static void depthwise_chunk(const struct work *w, struct worker_mem *m, uint32_t cb,
			    uint32_t px, uint32_t n)
{
	const struct sim_conv *c = w->c;
	size_t values = (size_t)n * c->group;

	windows_from_chunk(c, &m->win, px, n);
	memset(m->sums, 0, values * sizeof m->sums[0]);
	memset(m->acc, 0, values * sizeof m->acc[0]);
	memset(m->tap_sums, 0, values * sizeof m->tap_sums[0]);
	memset(m->window_sums, 0, values * sizeof m->window_sums[0]);
	depthwise_taps(c, m, cb);
	if (c->in == NPU_ELEM_INT8)
		flush_sums(m->acc, m->sums, (uint32_t)values);
	if (c->dpu.ow)
		flush_sums(m->window_sums, m->tap_sums, (uint32_t)values);
	sim_dpu_write(c, &(struct sim_acc){
			     .group = cb,
			     .px = px,
			     .n = n,
			     .f = m->sums,
			     .i = m->acc,
			     .sum = c->dpu.ow ? m->window_sums : NULL,
			     .width = c->group,
			     .sum_width = c->group,
			 });
}

/* Items are taken until none is left; each is one group over one pixel range. */
static void work_run(struct work *w, struct worker_mem *m)
{
	uint32_t chunks = npu_ceil_div(w->pixels, SIM_CHUNK);
	uint32_t item, loaded = UINT32_MAX;

	while ((item = atomic_fetch_add(&w->next, 1)) < w->groups * w->parts) {
		uint32_t g = item / w->parts, part = item % w->parts;
		uint32_t begin = (uint32_t)((uint64_t)chunks * part / w->parts);
		uint32_t end = (uint32_t)((uint64_t)chunks * (part + 1) / w->parts);

		if (g != loaded)
			sim_group_weights(w->c, g, m->weights);
		loaded = g;
		for (uint32_t i = begin; i < end; i++) {
			uint32_t px = i * SIM_CHUNK;
			uint32_t n = npu_min(SIM_CHUNK, w->pixels - px);

			if (w->c->depthwise)
				depthwise_chunk(w, m, g, px, n);
			else
				dense_chunk(w, m, g, px, n);
		}
	}
}

struct worker {
	struct work *work;
	struct worker_mem *mem;
	pthread_t thread;
	bool started;
};

static void *worker_main(void *arg)
{
	struct worker *worker = arg;

	work_run(worker->work, worker->mem);
	return NULL;
}

bool sim_core_run(struct sim_ctx *ctx, struct sim_conv *c)
{
	struct work work = { .c = c, .mac = choose_mac(), .pixels = c->ow * c->oh };
	struct worker workers[SIM_MAX_THREADS];
	uint64_t taps = (uint64_t)c->kh * c->kw;
	uint64_t macs = taps * work.pixels * c->k_real * (c->depthwise ? 1 : c->c_real);
	uint32_t threads = npu_min(npu_max(ctx->job->threads, 1), SIM_MAX_THREADS);

	work.groups = c->k_pad / c->group;
	work.parts = 1;
	if (macs < THREAD_MIN_MACS)
		threads = 1;
	if (threads > 1)
		work.parts = npu_min(npu_ceil_div(threads * 4, work.groups),
				     npu_ceil_div(work.pixels, SIM_CHUNK));
	for (uint32_t i = 0; i < threads; i++) {
		size_t bytes =
		    sizeof(struct worker_mem) + sim_weight_floats(c) * sizeof(float);

		if (!sim_buf_reserve(ctx, &ctx->sim->worker[i], bytes))
			return false;
		workers[i].work = &work;
		workers[i].mem = ctx->sim->worker[i].data;
	}
	/* a thread that cannot start leaves its share to the others */
	for (uint32_t i = 1; i < threads; i++)
		workers[i].started =
		    !pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]);
	work_run(&work, workers[0].mem);
	for (uint32_t i = 1; i < threads; i++) {
		if (workers[i].started)
			pthread_join(workers[i].thread, NULL);
	}
	ctx->result->macs += macs;
	return true;
}
