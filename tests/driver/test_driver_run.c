/* Runs: what goes to the driver, and what comes back when all is well. */
#include "driver.h"

#include <string.h>

#include "device.h"
#include "trace.h"

#define LINE 64u

static const struct {
	const char *name;
	struct tiny_options options;
	uint32_t cores, mask, number;
	uint32_t subcore[5][2];
} plans[] = {
	{ "one core, one task",
	  { .tiles = 1 },
	  1,
	  0,
	  3,
	  { { 0, 1 }, { 0, 1 }, { 0, 1 }, { 0, 0 }, { 0, 0 } } },
	{ "one core, three tasks",
	  { .tiles = 3, .bias = 1 },
	  1,
	  0,
	  9,
	  { { 0, 3 }, { 0, 3 }, { 0, 3 }, { 0, 0 }, { 0, 0 } } },
	{ "one core, deltas",
	  { .tiles = 5, .delta = 1 },
	  1,
	  0,
	  15,
	  { { 0, 5 }, { 0, 5 }, { 0, 5 }, { 0, 0 }, { 0, 0 } } },
	{ "two cores",
	  { .max_cores = 2, .tiles = 2 },
	  2,
	  3,
	  4,
	  { { 2, 2 }, { 4, 2 }, { 0, 0 }, { 0, 0 }, { 0, 0 } } },
	{ "three cores",
	  { .max_cores = 3, .tiles = 2, .bias = 1 },
	  3,
	  7,
	  6,
	  { { 0, 0 }, { 0, 0 }, { 6, 2 }, { 8, 2 }, { 10, 2 } } },
};

static void test_plans(void **state)
{
	struct npurt_rknpu_options device = driver_options();

	(void)state;
	for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
		const struct npurt_options options = { .cores = plans[i].cores };
		const struct rknpu_submit *s;
		struct npurt_error error;
		enum stage stage;
		struct conv c;
		enum npurt_err err;

		conv_make(&c, &plans[i].options);
		board(NULL);
		trace_begin();
		err = run_once(plans[i].name, &c, &device, &options, &stage, &error);
		CHECK_ERR(plans[i].name, err, NPURT_OK, &error);
		check_no_verdict(plans[i].name);
		check_nothing_alive(plans[i].name);
		s = &trace[trace_find(RKNPU_SUBMIT, 0)].in.submit;
		CHECK(plans[i].name, s->flags == 5 && s->fence_fd == -1, "flags %u",
		      s->flags);
		CHECK(plans[i].name, s->core_mask == plans[i].mask, "mask %u",
		      s->core_mask);
		CHECK(plans[i].name, s->task_number == plans[i].number, "%u tasks",
		      s->task_number);
		CHECK(plans[i].name, s->timeout >= 1000 && s->timeout < 5000,
		      "timeout %u", s->timeout);
		CHECK(plans[i].name,
		      !s->task_start && !s->task_counter && !s->priority &&
			  !s->iommu_domain_id && !s->reserved && !s->task_base_addr &&
			  !s->hw_elapse_time,
		      "a field is not zero");
		CHECK(plans[i].name,
		      s->task_obj_addr ==
			  trace[trace_find(RKNPU_MEM_CREATE, 0)].out.create.obj_addr,
		      "task object %llx", (unsigned long long)s->task_obj_addr);
		CHECK(plans[i].name,
		      !memcmp(s->subcore_task, plans[i].subcore, sizeof s->subcore_task),
		      "entries");
		conv_free(&c);
	}
}

/* Every sync is inside its buffer and on lines; each buffer's first is both ways. */
static void test_syncs(void **state)
{
	struct npurt_rknpu_options device = driver_options();
	struct rknpu_mem_create *bo[8] = { 0 };
	struct npurt_error error;
	uint32_t bos = 0, fresh = 0;
	enum stage stage;
	struct conv c;

	(void)state;
	conv_make(&c, &(struct tiny_options){ .tiles = 2, .bias = 1 });
	board(NULL);
	trace_begin();
	assert_int_equal(run_once("syncs", &c, &device, NULL, &stage, &error), NPURT_OK);
	assert_true(trace_count < TRACE_CALLS);
	for (uint32_t i = 0; i < trace_count; i++) {
		const struct rknpu_mem_sync *s = &trace[i].in.sync;
		const struct rknpu_mem_create *of = NULL;
		uint64_t asked = 0;

		if (trace[i].request == RKNPU_MEM_CREATE) {
			assert_int_equal(trace[i].in.create.flags, bos ? 0x403 : 0x40b);
			assert_int_equal(trace[i].in.create.handle, 0);
			assert_int_equal(trace[i].in.create.sram_size, 0);
			bo[bos++] = &trace[i].out.create;
		}
		if (trace[i].request != RKNPU_MEM_SYNC)
			continue;
		for (uint32_t b = 0; b < bos; b++) {
			if (bo[b]->obj_addr == s->obj_addr) {
				of = bo[b];
				asked = c.tiny.bo[b].bytes;
			}
		}
		assert_non_null(of);
		assert_int_equal(s->offset % LINE, 0);
		assert_true(s->size % LINE == 0 || s->offset + s->size == asked);
		assert_true(s->offset + s->size <= asked);
		if (trace[i - 1].request == RKNPU_MEM_MAP) {
			assert_int_equal(s->flags, 3);
			assert_int_equal(s->size, asked);
			fresh++;
		} else {
			assert_true(s->flags == 1 || s->flags == 2);
		}
		/* The task buffer holds the driver's own note; nothing may drop it. */
		assert_false(of == bo[0] && s->flags == 2);
	}
	assert_int_equal(bos, 5);
	assert_int_equal(fresh, 5);
	conv_free(&c);
}

/* A second run costs four calls: canary, input, submit, output. */
static void test_calls_of_a_run(void **state)
{
	struct npurt_rknpu_options options = driver_options();
	static const uint32_t want[] = { RKNPU_MEM_SYNC, RKNPU_MEM_SYNC, RKNPU_SUBMIT,
					 RKNPU_MEM_SYNC };
	struct npurt_device *device;
	struct npurt *rt;
	struct conv c;

	(void)state;
	conv_make(&c, &(struct tiny_options){ .tiles = 2 });
	board(NULL);
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL), NPURT_OK);
	assert_int_equal(npurt_open(&rt, c.bundle, c.bytes, device, NULL, NULL),
			 NPURT_OK);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(npurt_write_input(rt, c.in, sizeof c.in), NPURT_OK);
		trace_begin();
		assert_int_equal(npurt_run(rt, NULL), NPURT_OK);
		assert_int_equal(trace_count, 4);
		for (int k = 0; k < 4; k++)
			assert_int_equal(trace[k].request, want[k]);
		/* Afresh: nothing of what came back the last time. */
		assert_int_equal(trace[2].in.submit.core_mask, 0);
		assert_int_equal(trace[2].in.submit.task_counter, 0);
		assert_int_equal(trace[2].in.submit.hw_elapse_time, 0);
	}
	npurt_close(rt);
	npurt_device_close(device);
	conv_free(&c);
	check_no_verdict("three runs");
}

static void test_core_counts(void **state)
{
	static const struct {
		const char *name, *script;
		uint32_t told, plan;
		enum npurt_err want;
		const char *says;
	} cases[] = {
		{ "3 of 3", NULL, 0, 3, NPURT_OK, "" },
		{ "2 of 3", NULL, 0, 2, NPURT_OK, "" },
		{ "1 of 1", "cores 1", 0, 1, NPURT_OK, "" },
		{ "2 of 1", "cores 1", 0, 2, NPURT_ERR_CORES, "2 cores, there is 1" },
		{ "3 of 2", "cores 2", 0, 3, NPURT_ERR_CORES, "3 cores, there are 2" },
		{ "2 of 2", "cores 2", 0, 2, NPURT_OK, "" },
		{ "3 of a fused chip", "soc rk3583", 0, 3, NPURT_ERR_CORES,
		  "there are 2" },
		{ "1 of unknown", "procfs off", 0, 1, NPURT_OK, "" },
		{ "2 of unknown", "procfs off", 0, 2, NPURT_ERR_CORES, "unknown" },
		{ "3 as told", "procfs off", 3, 3, NPURT_OK, "" },
		{ "3, told 2", NULL, 2, 3, NPURT_ERR_CORES, "there are 2" },
	};
	struct conv c;

	(void)state;
	conv_make(&c, &(struct tiny_options){ .max_cores = 3, .tiles = 2 });
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct npurt_rknpu_options device = driver_options();
		const struct npurt_options options = { .cores = cases[i].plan };
		struct npurt_error error;
		enum npurt_err err;
		enum stage stage;

		board(cases[i].script);
		device.cores = cases[i].told;
		trace_begin();
		err = run_once(cases[i].name, &c, &device, &options, &stage, &error);
		CHECK_ERR(cases[i].name, err, cases[i].want, &error);
		CHECK(cases[i].name, strstr(err ? error.detail : "", cases[i].says),
		      "'%s'", error.detail);
		CHECK(cases[i].name, !err || trace_find(RKNPU_MEM_CREATE, 0) < 0,
		      "memory was taken before the refusal");
		check_nothing_alive(cases[i].name);
		check_no_verdict(cases[i].name);
	}
	conv_free(&c);
}

/* Zeros that are true: another look, and they are taken. */
static void test_true_zeros(void **state)
{
	static const uint16_t zeros[OUT_ELEMS];
	struct npurt_rknpu_options options = driver_options();
	struct npurt_device *device;
	struct npurt_error error;
	uint16_t got[OUT_ELEMS];

	(void)state;
	for (int trust = 0; trust < 2; trust++) {
		const struct npurt_options o = { .trust_zeros = trust };
		struct npurt *rt;
		struct conv c;

		tiny_make(&c.tiny, &(struct tiny_options){ .tiles = 2 });
		memset(c.tiny.data, 0, sizeof c.tiny.data); /* all weights */
		c.bundle = tiny_bundle(&c.tiny, &c.bytes);
		tiny_input(c.in);
		board(NULL);
		assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL),
				 NPURT_OK);
		assert_int_equal(npurt_open(&rt, c.bundle, c.bytes, device, &o, NULL),
				 NPURT_OK);
		trace_begin();
		assert_int_equal(npurt_run(rt, &error), NPURT_OK); /* zero input: fine */
		assert_int_equal(trace_count_of(RKNPU_SUBMIT), 1);
		assert_int_equal(npurt_write_input(rt, c.in, sizeof c.in), NPURT_OK);
		trace_begin();
		assert_int_equal(npurt_run(rt, &error), NPURT_OK);
		assert_int_equal(trace_count_of(RKNPU_SUBMIT), trust ? 1 : 3);
		assert_int_equal(npurt_read_output(rt, got, sizeof got), NPURT_OK);
		assert_memory_equal(got, zeros, sizeof got);
		npurt_close(rt);
		npurt_device_close(device);
		conv_free(&c);
		check_nothing_alive("true zeros");
		check_no_verdict("true zeros");
	}
}

static void test_sync_outside(void **state)
{
	struct npurt_rknpu_options options = driver_options();
	struct npurt_device_bo bo = { .bytes = 100, .flags = 0x403 };
	struct npurt_device *device;
	struct npurt_error error;

	(void)state;
	board(NULL);
	npurt_device_open_rknpu_with(&device, &options, NULL);
	assert_int_equal(device->ops->bo_create(device, &bo, &error), NPURT_OK);
	memset(&error, 0, sizeof error);
	trace_begin();
	assert_int_equal(device->ops->bo_sync(device, &bo, 1, 101, 0, &error),
			 NPURT_ERR_DEVICE_SYNC);
	assert_int_equal(device->ops->bo_sync(device, &bo, 1, 90, 11, &error),
			 NPURT_ERR_DEVICE_SYNC);
	assert_int_equal(trace_count, 0);
	assert_int_equal(device->ops->bo_sync(device, &bo, 1, 70, 10, &error), NPURT_OK);
	assert_int_equal(trace[0].in.sync.offset, 64);
	assert_int_equal(trace[0].in.sync.size, 36); /* to the end, not beyond */
	device->ops->bo_destroy(device, &bo);
	npurt_device_close(device);
	check_nothing_alive("sync outside");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_syncs),
		cmocka_unit_test(test_calls_of_a_run),
		cmocka_unit_test(test_core_counts),
		cmocka_unit_test(test_true_zeros),
		cmocka_unit_test(test_sync_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
