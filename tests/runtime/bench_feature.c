/*
 * Feature packing and the load path against memcpy of the same bytes:
 *
 *     bench_feature [MEGABYTES]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bundle.h"
#include "canary.h"
#include "crc32c.h"
#include "hw/npu_hw.h"
#include "pack_feature.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct work {
	const struct npub_tensor *t;
	void *nchw, *device;
	size_t bytes;
	const struct crc32c_table *table;
	uint32_t crc;
};

static void do_copy(struct work *w)
{
	memcpy(w->device, w->nchw, w->bytes);
}
static void do_pack(struct work *w)
{
	npurt_pack_feature(w->t, w->nchw, w->device);
}
static void do_unpack(struct work *w)
{
	npurt_unpack_feature(w->t, w->device, w->nchw);
}
static void do_crc(struct work *w)
{
	w->crc ^= crc32c(w->table, 0, w->nchw, w->bytes);
}
static void do_fill(struct work *w)
{
	npurt_canary_fill(w->device, w->bytes, 1);
}
static void do_count(struct work *w)
{
	uint64_t first;

	w->crc ^= (uint32_t)npurt_canary_count(w->t, w->device, 1, &first);
}

/* Best of several runs, in bytes a second. */
static double speed(void (*f)(struct work *), struct work *w)
{
	double best = 1e9;

	for (int i = 0; i < 7; i++) {
		double start = now(), took;

		f(w);
		took = now() - start;
		best = took < best ? took : best;
	}
	return (double)w->bytes / best;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct work *);
	} jobs[] = { { "memcpy", do_copy },	 { "pack", do_pack },
		     { "unpack", do_unpack },	 { "crc32c", do_crc },
		     { "canary fill", do_fill }, { "canary check", do_count } };
	static const struct {
		const char *name;
		uint32_t elem, form;
	} elems[] = { { "fp16", NPU_ELEM_FP16, NPUB_USER_SAME },
		      { "int8", NPU_ELEM_INT8, NPUB_USER_SAME },
		      { "uint8", NPU_ELEM_INT8, NPUB_USER_UINT8 },
		      { "fp32", NPU_ELEM_FP32, NPUB_USER_SAME } };
	size_t megabytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 64;
	struct crc32c_table table;

	crc32c_init(&table);
	for (int e = 0; e < 4; e++) {
		uint32_t eb = npub_elem_bytes(elems[e].elem), c = 128, w = 224;
		uint32_t h = (uint32_t)((megabytes << 20) / (c * w * eb));
		struct npub_tensor t = { .elem = elems[e].elem,
					 .user_form = elems[e].form,
					 .n = 1,
					 .c = c,
					 .h = h,
					 .w = w,
					 .row_pixels = w,
					 .plane_pixels = w * h,
					 .surfaces = c * eb / 16,
					 .image_bytes = (uint64_t)c * h * w * eb };
		struct work work = { &t, NULL, NULL, t.image_bytes, &table, 0 };
		double copy = 0;

		work.nchw = malloc(work.bytes);
		work.device = malloc(work.bytes);
		if (!work.nchw || !work.device)
			return 1;
		memset(work.nchw, 1, work.bytes);
		memset(work.device, 2, work.bytes);
		for (size_t j = 0; j < sizeof jobs / sizeof jobs[0]; j++) {
			double s = speed(jobs[j].run, &work);

			copy = j ? copy : s;
			printf("%-5s %-12s %7.2f GB/s  %4.0f %% of memcpy\n", elems[e].name,
			       jobs[j].name, s * 1e-9, 100 * s / copy);
		}
		free(work.nchw);
		free(work.device);
	}
	return 0;
}
