/*
 * Packing against memcpy of the same bytes in the same run.
 *
 *     bench_pack [--check]
 *
 * --check fails when packing a large tensor, one that no cache holds twice, runs below
 * half of memcpy.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bundle/pack.h"

#define ROUNDS 25u
#define ROUND_NS 4000000u
#define LARGE_BYTES (32u << 20)
#define LEAST_RATIO 0.5

static const struct {
	const char *name;
	uint32_t in_c, out_c, kernel, groups;
	enum npu_elem elem;
} shapes[] = {
	{ "dense 320x160x3x3", 160, 320, 3, 1, NPU_ELEM_FP16 },
	{ "dense 512x512x3x3", 512, 512, 3, 1, NPU_ELEM_FP16 },
	{ "dense 1024x1024x3x3", 1024, 1024, 3, 1, NPU_ELEM_FP16 },
	{ "dense 2048x2048x3x3", 2048, 2048, 3, 1, NPU_ELEM_FP16 },
	{ "dense 512x512x1x1", 512, 512, 1, 1, NPU_ELEM_FP16 },
	{ "dense 1024x1024x1x1", 1024, 1024, 1, 1, NPU_ELEM_FP16 },
	{ "dense 256x152x5x5 (padded)", 152, 256, 5, 1, NPU_ELEM_FP16 },
	{ "dense 256x128x7x7", 128, 256, 7, 1, NPU_ELEM_FP16 },
	{ "dense 512x512x1x3", 512, 512, 0, 1, NPU_ELEM_FP16 },
	{ "grouped 512x128x3x3 g4", 512, 512, 3, 4, NPU_ELEM_FP16 },
	{ "depthwise 1024x3x3", 1024, 1024, 3, 1024, NPU_ELEM_FP16 },
	{ "depthwise 8192x9x9", 8192, 8192, 9, 8192, NPU_ELEM_FP16 },
	{ "dense 4096x2048x1x3", 2048, 4096, 0, 1, NPU_ELEM_FP16 },
	{ "dense 4096x4096x1x1", 4096, 4096, 1, 1, NPU_ELEM_FP16 },
	{ "int8 dense 4096x1024x3x3", 1024, 4096, 3, 1, NPU_ELEM_INT8 },
	{ "int8 dense 8192x4096x1x1", 4096, 8192, 1, 1, NPU_ELEM_INT8 },
	{ "int8 dense 4096x4096x1x3", 4096, 4096, 0, 1, NPU_ELEM_INT8 },
	{ "int8 dense 512x512x1x3", 512, 512, 0, 1, NPU_ELEM_INT8 },
	{ "int8 dense 512x512x3x3", 512, 512, 3, 1, NPU_ELEM_INT8 },
	{ "int8 dense 512x512x1x1", 512, 512, 1, 1, NPU_ELEM_INT8 },
	{ "int8 dense 256x152x5x5 (padded)", 152, 256, 5, 1, NPU_ELEM_INT8 },
	{ "int8 depthwise 1024x3x3", 1024, 1024, 3, 1024, NPU_ELEM_INT8 },
};

struct work {
	struct conv_problem p;
	struct conv_layout layout;
	uint8_t *user, *packed;
	size_t bytes;
};

static void body_memcpy(void *context)
{
	struct work *w = context;

	memcpy(w->packed, w->user, w->bytes);
}

static void body_pack(void *context)
{
	struct work *w = context;

	pack_weights(&w->p, &w->layout, &(struct operands){ .weights = w->user },
		     w->packed);
}

static void body_unpack(void *context)
{
	struct work *w = context;

	unpack_weights(&w->p, &w->layout, w->packed, w->user);
}

static void *take(size_t bytes)
{
	void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);

	if (!p) {
		fprintf(stderr, "bench_pack: out of memory\n");
		exit(1);
	}
	memset(p, 1, bytes);
	return p;
}

/* True when fast enough, or too small to be judged. */
static bool bench_shape(size_t i)
{
	struct work w = { 0 };
	bench_body *const bodies[] = { body_memcpy, body_pack, body_unpack };
	double ns[3], copy, pack, unpack;

	w.p.batch = w.p.in_h = w.p.in_w = w.p.out_h = w.p.out_w = 1;
	w.p.stride_y = w.p.stride_x = w.p.dilation_y = w.p.dilation_x = 1;
	w.p.in_c = shapes[i].in_c;
	w.p.out_c = shapes[i].out_c;
	w.p.kernel_h = shapes[i].kernel ? shapes[i].kernel : 1;
	w.p.kernel_w = shapes[i].kernel ? shapes[i].kernel : 3;
	w.p.groups = shapes[i].groups;
	w.p.elem = w.p.out_elem = shapes[i].elem;
	if (!layout_from_problem(&w.layout, &w.p))
		exit(1);
	w.bytes = (size_t)w.p.out_c * conv_group_in_c(&w.p) * w.p.kernel_h *
		  w.p.kernel_w * w.layout.elem->bytes;
	w.user = take(w.bytes);
	w.packed = take(w.layout.weight_bytes);
	bench_in_turns(bodies, 3, &w, ns, ROUNDS, ROUND_NS);
	copy = ns[0];
	pack = ns[1];
	unpack = ns[2];
	printf("%-32s %8.2f MiB  memcpy %6.2f GB/s  pack %6.2f (%.2f)  unpack %6.2f "
	       "(%.2f)\n",
	       shapes[i].name, (double)w.bytes / (1 << 20), (double)w.bytes / copy,
	       (double)w.bytes / pack, copy / pack, (double)w.bytes / unpack,
	       copy / unpack);
	free(w.user);
	free(w.packed);
	layout_free(&w.layout);
	return w.bytes < LARGE_BYTES || copy / pack >= LEAST_RATIO;
}

int main(int argc, char **argv)
{
	bool fast = true;

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		fast &= bench_shape(i);
	if (argc > 1 && strcmp(argv[1], "--check") == 0 && !fast) {
		fprintf(stderr, "bench_pack: below %.2f of memcpy\n", LEAST_RATIO);
		return 1;
	}
	return 0;
}
