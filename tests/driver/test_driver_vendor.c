/*
 * Under the vendor's profile a run makes the calls of the vendor's own runtime, as
 * recorded with six shapes: call by call, with their arguments and what came back.
 *
 *     test_driver_vendor DIRECTORY      with the bundles that npucc made of them
 */
#include "driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "rknpu/device_rknpu.h"
#include "trace.h"

#define NODE "/dev/dri/renderD128"
#define PAGE 4096u
#define FAKE_BASE UINT64_C(0x100000000)

enum { TASK, WEIGHT, INTERNAL, INPUT, OUTPUT, BOS };

static const char *directory;

/* clang-format off */
static const struct shape {
	const char *name;
	uint32_t tasks; /* of the one-core plan */
	uint64_t bytes[BOS];
	uint64_t window, window_bytes;
	uint64_t offset[BOS]; /* pages after FAKE_BASE */
	uint32_t dma[BOS];
} shapes[] = {
	{ "c160_h40", 2, { 680, 936384, 1436160, 512000, 924160 }, 923648, 12032,
	  { 0, 1, 0xe6, 0x245, 0x2c2 },
	  { 0xfff8d000, 0xffea8000, 0xffd49000, 0xffccc000, 0xffbea000 } },
	{ "c160_h14", 1, { 440, 930752, 154880, 62720, 92160 }, 923648, 6656,
	  { 0, 1, 0xe5, 0x10b, 0x11b },
	  { 0xfffa7000, 0xffec3000, 0xffe9d000, 0xffe8d000, 0xffe76000 } },
	{ "c160_h7", 1, { 440, 930752, 34560, 16640, 17920 }, 923648, 6656,
	  { 0, 1, 0xe5, 0xee, 0xf3 },
	  { 0xfffa9000, 0xffec5000, 0xffebc000, 0xffeb7000, 0xffeb2000 } },
	{ "c32_h14", 1, { 440, 82880, 49408, 12544, 36864 }, 75776, 6656,
	  { 0, 1, 0x16, 0x23, 0x27 },
	  { 0xfffa7000, 0xfff92000, 0xfff85000, 0xfff81000, 0xfff78000 } },
	{ "c256_h14", 1, { 440, 271296, 301056, 100352, 200704 }, 264192, 6656,
	  { 0, 1, 0x44, 0x8e, 0xa7 },
	  { 0xfff9f000, 0xfff5c000, 0xfff12000, 0xffef9000, 0xffec8000 } },
	{ "c64_h56", 2, { 560, 28352, 1204224, 401408, 802816 }, 18432, 9344,
	  { 0, 1, 8, 0x12e, 0x190 },
	  { 0xfff9f000, 0xfff98000, 0xffe72000, 0xffe10000, 0xffd4c000 } },
};
/* clang-format on */

/* A walk along the recorded calls. */
struct walk {
	const struct shape *shape;
	uint32_t at;
	uint64_t token[BOS];
};

static const struct traced *next(struct walk *w, uint32_t request)
{
	const struct traced *t = &trace[w->at];

	CHECK(w->shape->name, w->at < trace_count && t->request == request,
	      "call %u is %s, not %s", w->at, trace_name(t->request),
	      trace_name(request));
	w->at++;
	return t;
}

static void action(struct walk *w, uint32_t code, uint32_t in, int err, uint32_t out)
{
	const struct traced *t = next(w, RKNPU_ACTION);

	CHECK(w->shape->name, t->in.action.flags == code && t->in.action.value == in,
	      "call %u: ACTION %u with 0x%x", w->at - 1, t->in.action.flags,
	      t->in.action.value);
	CHECK(w->shape->name, t->err == err && t->out.action.value == out,
	      "call %u: ACTION %u gave errno %d, 0x%x", w->at - 1, code, t->err,
	      t->out.action.value);
}

static void sync(struct walk *w, int bo, uint32_t flags, uint64_t offset, uint64_t bytes)
{
	const struct traced *t = next(w, RKNPU_MEM_SYNC);
	const struct rknpu_mem_sync *s = &t->in.sync;

	CHECK(w->shape->name,
	      !t->err && s->flags == flags && s->obj_addr == w->token[bo] &&
		  s->offset == offset && s->size == bytes && !s->reserved,
	      "call %u: SYNC %u of [%llu, +%llu), not %u of [%llu, +%llu)", w->at - 1,
	      s->flags, (unsigned long long)s->offset, (unsigned long long)s->size, flags,
	      (unsigned long long)offset, (unsigned long long)bytes);
}

static void create(struct walk *w, int bo)
{
	const struct shape *s = w->shape;
	const struct traced *t;

	if (bo)
		action(w, 18, 0, 0, 1);
	t = next(w, RKNPU_MEM_CREATE);
	CHECK(s->name,
	      t->in.create.flags == (bo == TASK ? 0x40bu : 0x403u) &&
		  t->in.create.size == s->bytes[bo] && !t->in.create.handle &&
		  !t->in.create.obj_addr && !t->in.create.dma_addr &&
		  !t->in.create.sram_size && !t->in.create.iommu_domain_id &&
		  !t->in.create.core_mask,
	      "buffer %d: %llu bytes, flags 0x%x", bo,
	      (unsigned long long)t->in.create.size, t->in.create.flags);
	CHECK(s->name,
	      t->out.create.handle == (uint32_t)bo + 1 &&
		  t->out.create.dma_addr == s->dma[bo] && !t->err,
	      "buffer %d: handle %u at 0x%llx", bo, t->out.create.handle,
	      (unsigned long long)t->out.create.dma_addr);
	w->token[bo] = t->out.create.obj_addr;
	t = next(w, RKNPU_MEM_MAP);
	CHECK(s->name,
	      t->in.map.handle == (uint32_t)bo + 1 &&
		  t->out.map.offset == FAKE_BASE + s->offset[bo] * PAGE,
	      "buffer %d: offset 0x%llx", bo, (unsigned long long)t->out.map.offset);
	sync(w, bo, 3, 0, s->bytes[bo]);
}

static void submit(struct walk *w)
{
	const struct shape *s = w->shape;
	const struct traced *t = next(w, RKNPU_SUBMIT);
	struct rknpu_submit want = { .flags = 5,
				     .timeout = 6000,
				     .task_number = 3 * s->tasks,
				     .task_obj_addr = w->token[TASK],
				     .fence_fd = -1 };

	for (int i = 0; i < 3; i++)
		want.subcore_task[i].task_number = s->tasks;
	CHECK(s->name, !memcmp(&t->in.submit, &want, sizeof want), "the header differs");
	CHECK(s->name, !t->err && t->out.submit.task_counter == 3 * s->tasks,
	      "errno %d, counter %u", t->err, t->out.submit.task_counter);
}

static void compare(const struct shape *s)
{
	static const int order[BOS] = { INTERNAL, WEIGHT, TASK, INPUT, OUTPUT };
	struct walk w = { .shape = s };

	next(&w, RKNPU_DRM_VERSION); /* of the DRM core, which the recordings left out */
	action(&w, 0, UINT32_MAX, 0, 0x46495245);
	action(&w, 1, 0, 0, 908);
	action(&w, 20, 0, EINVAL, 0);
	action(&w, 19, 0xffffffed, 0, 0xffffffed);
	action(&w, 1, 0, 0, 908);
	action(&w, 18, 0, 0, 1);
	create(&w, TASK);
	create(&w, WEIGHT);
	sync(&w, WEIGHT, 1, 0, s->bytes[WEIGHT]);
	action(&w, 1, 0, 0, 908);
	sync(&w, TASK, 1, 0, s->bytes[TASK]);
	create(&w, INTERNAL);
	create(&w, INPUT);
	create(&w, OUTPUT);
	sync(&w, WEIGHT, 1, s->window, s->window_bytes);
	sync(&w, INPUT, 1, 0, s->bytes[INPUT]);
	sync(&w, WEIGHT, 1, s->window, s->window_bytes);
	submit(&w);
	sync(&w, OUTPUT, 2, 0, s->bytes[OUTPUT]);
	sync(&w, OUTPUT, 2, 0, s->bytes[OUTPUT]);
	action(&w, 21, 0, EINVAL, 0);
	for (int i = 0; i < BOS; i++) {
		const struct traced *t = next(&w, RKNPU_MEM_DESTROY);

		CHECK(s->name, t->in.destroy.handle == (uint32_t)order[i] + 1 && !t->err,
		      "freed buffer %u at place %d", t->in.destroy.handle, i);
	}
	CHECK(s->name, w.at == trace_count, "%u more calls", trace_count - w.at);
}

/* An input that is not all zeros, so that its zeros are not looked at twice. */
static void give_input(struct npurt *rt)
{
	struct npurt_tensor_info info;
	uint16_t *x;

	npurt_tensor(rt, NPURT_INPUT, &info);
	x = malloc(info.nchw_bytes);
	assert_non_null(x);
	for (size_t i = 0; i < info.nchw_bytes / 2; i++)
		x[i] = (uint16_t)(0x3c00 + i % 7);
	assert_int_equal(npurt_write_input(rt, x, info.nchw_bytes), NPURT_OK);
	free(x);
}

static void test_shapes(void **state)
{
	struct npurt_rknpu_options options = driver_options();
	int nice = getpriority(PRIO_PROCESS, 0);

	(void)state;
	options.path = NODE;
	options.profile = NPURT_PROFILE_VENDOR;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		const struct shape *s = &shapes[i];
		struct npurt_device *device;
		struct npurt_error error;
		char script[64], path[512];
		struct npurt *rt;
		enum npurt_err err;

		snprintf(script, sizeof script, "iova-top 0x%x", s->dma[TASK] + PAGE);
		snprintf(path, sizeof path, "%s/%s.npub", directory, s->name);
		board(script);
		trace_begin();
		err = npurt_device_open_rknpu_with(&device, &options, &error);
		CHECK_ERR(s->name, err, NPURT_OK, &error);
		err = npurt_open_file(&rt, path, device, NULL, &error);
		CHECK_ERR(s->name, err, NPURT_OK, &error);
		give_input(rt);
		err = npurt_run(rt, &error);
		CHECK_ERR(s->name, err, NPURT_OK, &error);
		npurt_close(rt);
		npurt_device_close(device);
		compare(s);
		check_no_verdict(s->name);
		check_nothing_alive(s->name);
	}
	assert_int_equal(getpriority(PRIO_PROCESS, 0), nice);
}

/* A canary has no call of its own in the first run; from the second on it has. */
static void test_second_run(void **state)
{
	struct npurt_rknpu_options options = driver_options();
	uint16_t got[OUT_ELEMS];
	struct npurt_device *device;
	struct npurt *rt;
	struct conv c;

	(void)state;
	options.profile = NPURT_PROFILE_VENDOR;
	conv_make(&c, &(struct tiny_options){ .tiles = 2 });
	board(NULL);
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL), NPURT_OK);
	assert_int_equal(npurt_open(&rt, c.bundle, c.bytes, device, NULL, NULL),
			 NPURT_OK);
	assert_int_equal(npurt_write_input(rt, c.in, sizeof c.in), NPURT_OK);
	for (int i = 0; i < 3; i++) {
		trace_begin();
		assert_int_equal(npurt_run(rt, NULL), NPURT_OK);
		assert_int_equal(trace_count, i ? 5 : 4);
		assert_int_equal(npurt_read_output(rt, got, sizeof got), NPURT_OK);
		assert_memory_equal(got, c.want, sizeof got);
	}
	npurt_close(rt);
	npurt_device_close(device);
	check_no_verdict("second run");
	conv_free(&c);
}

/* The canary of the first run is in the device's memory, so it catches lies too. */
static void test_lies(void **state)
{
	static const char *const scripts[] = { "no-execute", "stub", "output stale",
					       "output stale-line", "output zero" };
	struct npurt_rknpu_options options = driver_options();
	struct conv c;

	(void)state;
	options.profile = NPURT_PROFILE_VENDOR;
	conv_make(&c, &(struct tiny_options){ .tiles = 2 });
	for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		struct npurt_error error;
		enum npurt_err err;
		enum stage stage;

		board(scripts[i]);
		err = run_once(scripts[i], &c, &options, NULL, &stage, &error);
		CHECK_ERR(scripts[i], err, NPURT_ERR_NOT_EXECUTED, &error);
		check_nothing_alive(scripts[i]);
	}
	conv_free(&c);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_second_run),
		cmocka_unit_test(test_lies),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test_driver_vendor DIRECTORY\n");
		return 2;
	}
	directory = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
