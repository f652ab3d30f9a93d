/*
 * What the runtime costs beside the driver: a run against the bare sequence of its
 * ioctls in the same process and against the canary's two passes over the output;
 * allocations of a run; and loading against memcpy of the weights.
 *
 *     bench_runtime [--check]
 *
 * The driver is a stub: ioctl() of this program, which writes the output that a
 * device would have written and nothing else, so that little is left but the runtime.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create */
#endif
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"
#include "bundle/bundle_write.h"
#include "canary.h"
#include "compile.h"
#include "diag.h"
#include "handle.h"
#include "rknpu/device_rknpu.h"
#include "rknpu/rknpu_uapi.h"

#define MEMORY_BYTES (256u << 20)
#define IOVA_BASE 0x10000000u
#define ROUNDS 12u
#define ROUND_NS 20000000u
#define LIMIT_NS 5000.0
#define LIMIT_LOAD 4.0

/* ---- the stub driver ---- */

static struct {
	uint8_t *memory; /* all buffers, one after the other */
	int fd;
	uint64_t used;
	uint32_t handles;
	struct npub_task *records;
	uint8_t *output;
	size_t output_bytes;
	uint32_t calls;
} stub;

int ioctl(int fd, unsigned long request, ...);

static void stub_create(struct rknpu_mem_create *c)
{
	uint64_t bytes = (c->size + 4095) / 4096 * 4096;

	c->size = bytes;
	c->handle = ++stub.handles;
	c->obj_addr = stub.used + 1;
	c->dma_addr = IOVA_BASE + stub.used;
	if (stub.handles == 1)
		stub.records = (struct npub_task *)(stub.memory + stub.used);
	stub.output = stub.memory + stub.used; /* the last one is the output */
	stub.output_bytes = bytes;
	stub.used += bytes;
}

static void stub_submit(struct rknpu_submit *s)
{
	uint32_t last =
	    s->subcore_task[0].task_start + s->subcore_task[0].task_number - 1;

	memset(stub.output, 0x3c, stub.output_bytes);
	stub.records[last].int_status = stub.records[last].int_mask;
	s->task_counter = s->task_number;
	s->core_mask = 1;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	(void)fd;
	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	stub.calls++;
	if (request == RKNPU_MEM_CREATE)
		stub_create(arg);
	else if (request == RKNPU_MEM_MAP) /* buffers are asked for in turn */
		((struct rknpu_mem_map *)arg)->offset =
		    (uint64_t)(stub.output - stub.memory);
	else if (request == RKNPU_SUBMIT)
		stub_submit(arg);
	return 0;
}

static void stub_begin(void)
{
	stub.used = stub.handles = 0;
}

/* ---- allocations ---- */

static uint64_t allocations;

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define COUNTS_ALLOCATIONS 1
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t n, size_t bytes);
extern void *__libc_realloc(void *p, size_t bytes);

void *malloc(size_t bytes)
{
	allocations++;
	return __libc_malloc(bytes);
}

void *calloc(size_t n, size_t bytes)
{
	allocations++;
	return __libc_calloc(n, bytes);
}

void *realloc(void *p, size_t bytes)
{
	allocations++;
	return __libc_realloc(p, bytes);
}
#else
#define COUNTS_ALLOCATIONS 0
#endif

/* ---- the conv ---- */

struct shape {
	const char *name;
	uint32_t in_c, h, w, out_c, kernel;
};

static const struct shape shapes[] = {
	{ "8x9x11 -> 16, 3x3", 8, 9, 11, 16, 3 },
	{ "32x14x14 -> 128, 3x3", 32, 14, 14, 128, 3 },
	{ "256x14x14 -> 512, 1x1", 256, 14, 14, 512, 1 },
	{ "64x56x56 -> 128, 1x1", 64, 56, 56, 128, 1 },
	{ "512x14x14 -> 1024, 3x3", 512, 14, 14, 1024, 3 },
};

static uint8_t *make_bundle(const struct shape *s, size_t *bytes)
{
	struct conv_problem p = { .name = (char *)"bench",
				  .batch = 1,
				  .in_c = s->in_c,
				  .in_h = s->h,
				  .in_w = s->w,
				  .out_c = s->out_c,
				  .out_h = s->h - s->kernel + 1,
				  .out_w = s->w - s->kernel + 1,
				  .kernel_h = s->kernel,
				  .kernel_w = s->kernel,
				  .stride_y = 1,
				  .stride_x = 1,
				  .dilation_y = 1,
				  .dilation_x = 1,
				  .groups = 1,
				  .elem = NPU_ELEM_FP16,
				  .out_elem = NPU_ELEM_FP16,
				  .weights.kind = SOURCE_SEED };
	const struct compile_options options = { .core_mask = 1 };
	size_t count = (size_t)s->out_c * s->in_c * s->kernel * s->kernel;
	struct bundle *b = bundle_new(0);
	uint16_t *weights = malloc(count * sizeof *weights);
	struct compiled_conv c;
	struct diag *diag = diag_new(stderr);
	const struct operands o = { .weights = weights, .input.scale = 1,
				    .output.scale = 1 };
	const uint8_t *image;
	uint8_t *copy = NULL;

	if (weights && b && diag && compile_conv(&c, &p, NULL, &options, diag)) {
		memset(weights, 0x34, count * sizeof *weights);
		if (compile_emit(b, &c, &o)) {
			image = bundle_finish(b, bytes);
			copy = aligned_alloc(4096, (*bytes + 4095) / 4096 * 4096);
			if (image && copy)
				memcpy(copy, image, *bytes);
		}
		compiled_conv_free(&c);
	}
	bundle_free(b);
	diag_free(diag);
	free(weights);
	if (!copy) {
		fprintf(stderr, "%s cannot be compiled\n", s->name);
		exit(1);
	}
	return copy;
}

/* ---- what is timed ---- */

struct subject {
	struct npurt_rknpu device;
	struct npurt *rt;
	uint8_t *bundle;
	size_t bundle_bytes, weight_bytes;
	struct npurt_bo_info bo[5];
	uint8_t *to;
};

static void fail(const char *what)
{
	fprintf(stderr, "bench_runtime: %s failed\n", what);
	exit(1);
}

static void body_run(void *context)
{
	if (npurt_run(((struct subject *)context)->rt, NULL))
		fail("npurt_run");
}

/* The canary: written before, looked for afterwards. */
static void body_canary(void *context)
{
	struct subject *s = context;
	uint64_t first;

	npurt_canary_fill(stub.output, s->bo[4].bytes, 1);
	memset(stub.output, 0x3c, stub.output_bytes); /* as in the bare sequence */
	if (npurt_canary_count(s->rt->output, stub.output, 1, &first))
		fail("npurt_canary_count");
}

static void body_device(void *context)
{
	(void)context;
	memset(stub.output, 0x3c, stub.output_bytes);
}

/* The four calls of a run as a program would make them by hand. */
static void body_bare(void *context)
{
	struct subject *s = context;
	struct rknpu_mem_sync out = { .flags = 1, .size = s->bo[4].bytes };
	struct rknpu_mem_sync in = { .flags = 1, .size = s->bo[3].bytes };
	struct rknpu_submit submit = { .flags = 5, .timeout = 1000, .task_number = 3 };

	submit.subcore_task[0].task_number = 1;
	if (ioctl(s->device.fd, RKNPU_MEM_SYNC, &out) ||
	    ioctl(s->device.fd, RKNPU_MEM_SYNC, &in) ||
	    ioctl(s->device.fd, RKNPU_SUBMIT, &submit))
		fail("ioctl");
	out.flags = 2;
	if (ioctl(s->device.fd, RKNPU_MEM_SYNC, &out))
		fail("ioctl");
}

static void body_load(void *context)
{
	struct subject *s = context;
	struct npurt *rt;

	stub_begin();
	if (npurt_open(&rt, s->bundle, s->bundle_bytes, &s->device.device, NULL, NULL))
		fail("npurt_open");
	npurt_close(rt);
}

/* The same mappings, and nothing in them but the weights. */
static void body_memcpy(void *context)
{
	struct subject *s = context;
	uint8_t *to =
	    mmap(NULL, s->bo[1].bytes, PROT_READ | PROT_WRITE, MAP_SHARED, stub.fd, 0);

	if (to == MAP_FAILED)
		fail("mmap");
	memcpy(to, s->bundle + s->bundle_bytes - s->weight_bytes, s->weight_bytes);
	munmap(to, s->bo[1].bytes);
}

static void subject_open(struct subject *s, const struct shape *shape)
{
	struct npurt_options options = { .trust_zeros = true };
	struct npurt_tensor_info in;
	void *data;
	size_t bytes;

	*s = (struct subject){
		.device = { .device = { .ops = &npurt_rknpu_ops, .cores = 3 },
			    .lock = PTHREAD_MUTEX_INITIALIZER,
			    .fd = stub.fd,
			    .version = npurt_rknpu_version(npurt_rknpu_newest()),
			    .iommu = true,
			    .sleep_ms = npurt_rknpu_sleep },
	};
	s->device.lock_fd = memfd_create("lock", MFD_CLOEXEC);
	s->bundle = make_bundle(shape, &s->bundle_bytes);
	s->weight_bytes = (size_t)shape->out_c * shape->in_c * shape->kernel *
			  shape->kernel * sizeof(uint16_t);
	stub_begin();
	if (npurt_open(&s->rt, s->bundle, s->bundle_bytes, &s->device.device, &options,
		       NULL))
		fail("npurt_open");
	for (uint32_t i = 0; i < 5; i++)
		npurt_bo(s->rt, i, &s->bo[i]);
	npurt_tensor(s->rt, NPURT_INPUT, &in);
	npurt_map(s->rt, NPURT_INPUT, &data, &bytes);
	memset(data, 0x3c, bytes);
}

static void subject_close(struct subject *s)
{
	npurt_close(s->rt);
	close(s->device.lock_fd);
	free(s->bundle);
}

static int bench_run(struct subject *s, const struct shape *shape, int check)
{
	bench_body *const bodies[] = { body_bare, body_run, body_canary, body_device };
	uint64_t before;
	uint32_t calls;
	double ns[4], canary, over;
	int bad = 0;

	bench_in_turns(bodies, 4, s, ns, ROUNDS, ROUND_NS);
	canary = ns[2] - ns[3];
	over = ns[1] - ns[0] - canary;
	before = allocations;
	calls = stub.calls;
	for (int i = 0; i < 1000; i++)
		body_run(s);
	printf("%-24s %7.2f us run, %5.2f its calls, %6.2f canary of %6llu bytes, "
	       "%5.2f the rest; %u calls, %llu allocations\n",
	       shape->name, ns[1] / 1e3, ns[0] / 1e3, canary / 1e3,
	       (unsigned long long)s->bo[4].bytes, over / 1e3,
	       (stub.calls - calls) / 1000, (unsigned long long)(allocations - before));
	bad |= COUNTS_ALLOCATIONS && allocations != before;
	bad |= over > LIMIT_NS;
	if (bad && check)
		fprintf(stderr, "%s: over the limit\n", shape->name);
	return bad;
}

static int bench_load(struct subject *s, const struct shape *shape, int check)
{
	bench_body *const bodies[] = { body_memcpy, body_load };
	double ns[2];
	int bad;

	bench_in_turns(bodies, 2, s, ns, ROUNDS, ROUND_NS);
	printf("%-24s %9zu bytes of weights: memcpy %6.2f GB/s, load %6.2f GB/s\n",
	       shape->name, s->weight_bytes, (double)s->weight_bytes / ns[0],
	       (double)s->weight_bytes / ns[1]);
	bad = s->weight_bytes >= 1u << 20 && ns[1] > LIMIT_LOAD * ns[0];
	if (bad && check)
		fprintf(stderr, "%s: over the limit\n", shape->name);
	return bad;
}

int main(int argc, char **argv)
{
	int check = argc > 1 && !strcmp(argv[1], "--check"), bad = 0;

	stub.fd = memfd_create("memory", MFD_CLOEXEC);
	if (stub.fd < 0 || ftruncate(stub.fd, MEMORY_BYTES))
		fail("memfd_create");
	stub.memory =
	    mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, stub.fd, 0);
	if (stub.memory == MAP_FAILED)
		fail("mmap");
	puts("a run beside its ioctls");
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		struct subject s;

		subject_open(&s, &shapes[i]);
		bad |= bench_run(&s, &shapes[i], check);
		subject_close(&s);
	}
	puts("loading, and memcpy of the weights into the same kind of memory");
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		struct subject s;

		subject_open(&s, &shapes[i]);
		bad |= bench_load(&s, &shapes[i], check);
		subject_close(&s);
	}
	return check && bad;
}
