/* Runs: what goes to the driver, what comes back, and what is believed of it. */
#include "driver.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device_rknpu.h"
#include "job.h"
#include "trace.h"

#define NODE "/dev/dri/renderD128"
#define LINE 64u

/* ---- plans and headers ---- */

static void test_plans(void **state)
{
	static const struct {
		const char *name;
		struct tiny_options options;
		uint32_t cores, mask, number;
		uint32_t subcore[5][2];
	} cases[] = {
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
	struct npurt_rknpu_options device = driver_options();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct npurt_options options = { .cores = cases[i].cores };
		const struct rknpu_submit *s;
		struct npurt_error error;
		enum stage stage;
		struct conv c;
		enum npurt_err err;

		conv_make(&c, &cases[i].options);
		board(NULL);
		trace_begin();
		err = run_once(cases[i].name, &c, &device, &options, &stage, &error);
		CHECK_ERR(cases[i].name, err, NPURT_OK, &error);
		check_no_verdict(cases[i].name);
		check_nothing_alive(cases[i].name);
		s = &trace[trace_find(RKNPU_SUBMIT, 0)].in.submit;
		CHECK(cases[i].name, s->flags == 5 && s->fence_fd == -1, "flags %u",
		      s->flags);
		CHECK(cases[i].name, s->core_mask == cases[i].mask, "mask %u",
		      s->core_mask);
		CHECK(cases[i].name, s->task_number == cases[i].number, "%u tasks",
		      s->task_number);
		CHECK(cases[i].name, s->timeout >= 1000 && s->timeout < 5000,
		      "timeout %u", s->timeout);
		CHECK(cases[i].name,
		      !s->task_start && !s->task_counter && !s->priority &&
			  !s->iommu_domain_id && !s->reserved && !s->task_base_addr &&
			  !s->hw_elapse_time,
		      "a field is not zero");
		CHECK(cases[i].name,
		      s->task_obj_addr ==
			  trace[trace_find(RKNPU_MEM_CREATE, 0)].out.create.obj_addr,
		      "task object %llx", (unsigned long long)s->task_obj_addr);
		CHECK(cases[i].name,
		      !memcmp(s->subcore_task, cases[i].subcore, sizeof s->subcore_task),
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

/* ---- cores ---- */

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

/* What a header may never say, each refused before a call is made. */
static void test_never(void **state)
{
	static const struct npurt_device_bo records = { .bytes = 40 * 8,
							.flags = 0x40b,
							.handle = 1 };
	static const struct npurt_device_bo unmapped = { .bytes = 40 * 8,
							 .flags = 0x403,
							 .handle = 1 };
	static const struct npurt_device_bo none = { .bytes = 40 * 8, .flags = 0x40b };
	const struct npurt_device three = { .cores = 3 }, two = { .cores = 2 };
#define ONE                                                                              \
	{                                                                                \
		{ 0, 2 }, { 0, 2 }, { 0, 2 },                                            \
	}
#define JOB(...)                                                                         \
	{                                                                                \
		.task_bo = &records, .flags = 5, .timeout_ms = 1000, __VA_ARGS__         \
	}
	const struct {
		const char *name;
		enum npurt_err want;
		const struct npurt_device *device;
		struct npurt_job job;
	} cases[] = {
		{ "good", NPURT_OK, &three, JOB(.task_number = 6, .subcore = ONE) },
		{ "two cores", NPURT_OK, &three,
		  JOB(.task_number = 4, .core_mask = 3,
		      .subcore = { { 0, 2 }, { 2, 2 } }) },
		{ "three cores", NPURT_OK, &three,
		  JOB(.task_number = 3, .core_mask = 7,
		      .subcore = { { 0, 0 }, { 0, 0 }, { 0, 1 }, { 1, 1 }, { 2, 1 } }) },
		{ "without PC",
		  NPURT_ERR_FORBIDDEN,
		  &three,
		  { .task_bo = &records,
		    .flags = 4,
		    .timeout_ms = 1,
		    .task_number = 6,
		    .subcore = ONE } },
		{ "NONBLOCK",
		  NPURT_ERR_FORBIDDEN,
		  &three,
		  { .task_bo = &records,
		    .flags = 7,
		    .timeout_ms = 1,
		    .task_number = 6,
		    .subcore = ONE } },
		{ "fence",
		  NPURT_ERR_FORBIDDEN,
		  &three,
		  { .task_bo = &records,
		    .flags = 13,
		    .timeout_ms = 1,
		    .task_number = 6,
		    .subcore = ONE } },
		{ "timeout 0",
		  NPURT_ERR_FORBIDDEN,
		  &three,
		  { .task_bo = &records, .flags = 5, .task_number = 6, .subcore = ONE } },
		{ "endless timeout",
		  NPURT_ERR_FORBIDDEN,
		  &three,
		  { .task_bo = &records,
		    .flags = 5,
		    .timeout_ms = 0x80000000u,
		    .task_number = 6,
		    .subcore = ONE } },
		{ "mask 5", NPURT_ERR_FORBIDDEN, &three,
		  JOB(.task_number = 6, .core_mask = 5, .subcore = ONE) },
		{ "mask 6", NPURT_ERR_FORBIDDEN, &three,
		  JOB(.task_number = 6, .core_mask = 6, .subcore = ONE) },
		{ "mask 8", NPURT_ERR_FORBIDDEN, &three,
		  JOB(.task_number = 6, .core_mask = 8, .subcore = ONE) },
		{ "mask 0xffffffff", NPURT_ERR_FORBIDDEN, &three,
		  JOB(.task_number = 6, .core_mask = 0xffffffffu, .subcore = ONE) },
		{ "core 1 alone", NPURT_ERR_FORBIDDEN, &three,
		  JOB(.task_number = 6, .core_mask = 2, .subcore = ONE) },
		{ "three of two", NPURT_ERR_CORES, &two,
		  JOB(.task_number = 3, .core_mask = 7,
		      .subcore = { { 0, 0 }, { 0, 0 }, { 0, 1 }, { 1, 1 }, { 2, 1 } }) },
		{ "no tasks", NPURT_ERR_FORBIDDEN, &three, JOB(.subcore = ONE) },
		{ "another sum", NPURT_ERR_FORBIDDEN, &three,
		  JOB(.task_number = 5, .subcore = ONE) },
		{ "task start", NPURT_ERR_FORBIDDEN, &three,
		  JOB(.task_number = 6, .task_start = 1, .subcore = ONE) },
		{ "records outside the buffer", NPURT_ERR_FORBIDDEN, &three,
		  JOB(.task_number = 6, .subcore = { { 7, 2 }, { 7, 2 }, { 7, 2 } }) },
		{ "entry 1 empty", NPURT_ERR_FORBIDDEN, &three,
		  JOB(.task_number = 4, .subcore = { { 0, 2 }, { 0, 0 }, { 0, 2 } }) },
		{ "entry 2 another list", NPURT_ERR_FORBIDDEN, &three,
		  JOB(.task_number = 6, .subcore = { { 0, 2 }, { 0, 2 }, { 2, 2 } }) },
		{ "entry 3 used", NPURT_ERR_FORBIDDEN, &three,
		  JOB(.task_number = 8,
		      .subcore = { { 0, 2 }, { 0, 2 }, { 0, 2 }, { 0, 2 } }) },
		{ "too many tasks", NPURT_ERR_FORBIDDEN, &three,
		  JOB(.task_number = 12288,
		      .subcore = { { 0, 4096 }, { 0, 4096 }, { 0, 4096 } }) },
		{ "buffer not in the kernel",
		  NPURT_ERR_FORBIDDEN,
		  &three,
		  { .task_bo = &unmapped,
		    .flags = 5,
		    .timeout_ms = 1,
		    .task_number = 6,
		    .subcore = ONE } },
		{ "buffer freed",
		  NPURT_ERR_FORBIDDEN,
		  &three,
		  { .task_bo = &none,
		    .flags = 5,
		    .timeout_ms = 1,
		    .task_number = 6,
		    .subcore = ONE } },
	};
#undef JOB
#undef ONE

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct npurt_error error = { 0 };
		enum npurt_err err =
		    npurt_job_check(cases[i].device, &cases[i].job, &error);

		CHECK_ERR(cases[i].name, err, cases[i].want, &error);
		CHECK(cases[i].name, !err || error.code == err, "no sentence");
	}
}

/* ---- outcomes ---- */

static const struct outcome {
	const char *name, *script;
	enum npurt_err want;
	enum stage stage;
	const char *says;
	uint32_t slept; /* ms, at least */
} outcomes[] = {
	/* clang-format off */
	/* success that is none */
	{ "stub that says yes", "stub", NPURT_ERR_NOT_EXECUTED, STAGE_RUN, "0 of 6 tasks counted", 0 },
	{ "not executed", "no-execute", NPURT_ERR_NOT_EXECUTED, STAGE_RUN, "not written", 0 },
	{ "stale output", "output stale", NPURT_ERR_NOT_EXECUTED, STAGE_RUN, "not written", 0 },
	{ "one stale line", "output stale-line", NPURT_ERR_NOT_EXECUTED, STAGE_RUN, "4 atoms", 0 },
	{ "zeros always", "output zero", NPURT_ERR_NOT_EXECUTED, STAGE_RUN, "all zeros, and a known job", 0 },
	{ "zeros once", "output zero submit 1", NPURT_ERR_NOT_EXECUTED, STAGE_RUN, "other values", 0 },
	{ "zeros, then a hang", "output zero submit 1\nhang submit 2", NPURT_ERR_TIMEOUT, STAGE_RUN, "reset", 250 },
	{ "success too early", "early-success", NPURT_ERR_NOT_EXECUTED, STAGE_RUN, "not written", 0 },
	/* failures of a submit */
	{ "hang", "hang task 0", NPURT_ERR_TIMEOUT, STAGE_RUN, "do not repeat", 250 },
	{ "hang in the second task", "hang task 1", NPURT_ERR_TIMEOUT, STAGE_RUN, "tasks begun", 250 },
	{ "refused once", "fail SUBMIT call 1 errno EINVAL", NPURT_OK, STAGE_DONE, "", 250 },
	{ "refused always", "fail SUBMIT errno EINVAL", NPURT_ERR_SUBMIT, STAGE_RUN, "again: ", 500 },
	{ "refused, then hung", "fail SUBMIT call 1 errno EINVAL\nhang submit 1", NPURT_ERR_TIMEOUT, STAGE_RUN,
	  "do not repeat", 500 },
	{ "no memory for the job", "fail SUBMIT errno ENOMEM", NPURT_ERR_SUBMIT, STAGE_RUN, "out of memory", 250 },
	{ "bad pointer", "fail SUBMIT errno EFAULT", NPURT_ERR_SUBMIT, STAGE_RUN, "SUBMIT: errno 14", 250 },
	{ "gone in mid-run", "fail SUBMIT errno ENODEV", NPURT_ERR_NODEVICE, STAGE_RUN, "open it again", 250 },
	{ "timed out behind others", "fail SUBMIT errno ETIMEDOUT", NPURT_ERR_TIMEOUT, STAGE_RUN, "reset", 250 },
	{ "somebody's reset in mid-wait", "reset during submit 1", NPURT_OK, STAGE_DONE, "", 250 },
	{ "inside somebody's reset", "reset before submit 1", NPURT_OK, STAGE_DONE, "", 0 },
	{ "power goes between", "power-off before", NPURT_OK, STAGE_DONE, "", 0 },
	{ "slow power-on", "wake 900000", NPURT_OK, STAGE_DONE, "", 0 },
	{ "interrupt of another block", "irq 0xc00 submit 1", NPURT_ERR_TIMEOUT, STAGE_RUN, "do not repeat", 250 },
	{ "interrupt of a DMA error", "irq 0x1000 submit 1", NPURT_ERR_TIMEOUT, STAGE_RUN, "do not repeat", 250 },
	{ "no interrupt", "irq 0 submit 1", NPURT_ERR_TIMEOUT, STAGE_RUN, "do not repeat", 250 },
	{ "half of the pair", "irq 0x100", NPURT_OK, STAGE_DONE, "", 0 },
	{ "ran, then a bad copy", "fail SUBMIT call 1 errno EFAULT after", NPURT_ERR_SUBMIT, STAGE_RUN, "errno 14", 250 },
	{ "ran, then refused", "fail SUBMIT call 1 errno EINVAL after", NPURT_OK, STAGE_DONE, "", 250 },
	{ "hung, and the reset fails", "hang submit 1\nreset-line dead", NPURT_ERR_TIMEOUT, STAGE_RUN, "", 250 },
	{ "behind others for too long",
	  "foreign job core 0 ms 90000 submit 1\nforeign job core 1 ms 90000 submit 1\n"
	  "foreign job core 2 ms 90000 submit 1", NPURT_ERR_SUBMIT, STAGE_RUN, "stuck queue", 500 },
	/* memory */
	{ "no memory", "memory exhausted", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "BO 'task': MEM_CREATE: errno 12", 0 },
	{ "contiguous memory gone", "iommu off\ncontiguous exhausted call 2", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "BO 'weight'", 0 },
	{ "no memory for the fourth", "memory exhausted call 4", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "BO 'input'", 0 },
	{ "addresses full", "iova full call 3", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "address space is full", 0 },
	{ "address too high", "dma high call 2", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "reach 4 GiB; IOMMU is on", 0 },
	{ "address zero", "dma zero call 5", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "BO 'output'", 0 },
	{ "object zero", "obj zero call 1", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "no object", 0 },
	{ "handle zero", "handle zero call 1", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "no handle", 0 },
	{ "size short", "short size call 2", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "BO 'weight': MEM_CREATE gave", 0 },
	{ "in SRAM", "sram 4096 call 2", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "4096 bytes into SRAM", 0 },
	{ "created, not mappable", "fail mmap call 2 errno ENXIO", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "not its pages", 0 },
	{ "mmap refused", "fail mmap call 1 errno EINVAL", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "mapping: errno 22", 0 },
	{ "mmap of another's", "fail mmap call 3 errno EACCES", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "permission", 0 },
	{ "no offset", "fail MEM_MAP call 2 errno ENOENT", NPURT_ERR_DEVICE_MEMORY, STAGE_LOAD, "mapping: errno 2", 0 },
	{ "not cacheable", "fail MEM_SYNC call 3 errno EINVAL", NPURT_ERR_DEVICE_SYNC, STAGE_LOAD, "refused", 0 },
	{ "sync before the run", "fail MEM_SYNC call 9 errno EINVAL", NPURT_ERR_DEVICE_SYNC, STAGE_RUN, "MEM_SYNC", 0 },
	{ "sync after the run", "fail MEM_SYNC call 10 errno EINVAL", NPURT_ERR_DEVICE_SYNC, STAGE_RUN, "MEM_SYNC", 0 },
	{ "fragmented addresses", "iova-gap 65536", NPURT_OK, STAGE_DONE, "", 0 },
	{ "few addresses", "iova-top 0x20000000", NPURT_OK, STAGE_DONE, "", 0 },
	{ "no IOMMU, low memory", "iommu off", NPURT_OK, STAGE_DONE, "", 0 },
	{ "another's job on core 0", "foreign job core 0 ms 20", NPURT_OK, STAGE_DONE, "", 0 },
	{ "another's job on core 1", "foreign job core 1 ms 20", NPURT_OK, STAGE_DONE, "", 0 },
	{ "another's job on core 2", "foreign job core 2 ms 20", NPURT_OK, STAGE_DONE, "", 0 },
	{ "others' jobs on all cores",
	  "foreign job core 0 ms 20\nforeign job core 1 ms 20\nforeign job core 2 ms 20", NPURT_OK, STAGE_DONE,
	  "", 0 },
	{ "signals", "fail MEM_CREATE call 2 errno EINTR\nfail MEM_SYNC call 2 errno EAGAIN", NPURT_OK, STAGE_DONE, "", 0 },
	{ "signals without end", "fail MEM_SYNC errno EINTR", NPURT_ERR_DEVICE_SYNC, STAGE_LOAD, "MEM_SYNC: errno 4", 0 },
	/* clang-format on */
};

static void test_outcomes(void **state)
{
	struct conv c;

	(void)state;
	conv_make(&c, &(struct tiny_options){ .tiles = 2 });
	for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
		const struct outcome *o = &outcomes[i];
		struct npurt_rknpu_options device = driver_options();
		struct npurt_error error;
		struct npuemu_stats stats;
		enum npurt_err err;
		enum stage stage;

		board(o->script);
		err = run_once(o->name, &c, &device, NULL, &stage, &error);
		CHECK_ERR(o->name, err, o->want, &error);
		CHECK(o->name, stage == o->stage, "stage %d instead of %d", stage,
		      o->stage);
		CHECK(o->name, !err || error.code == err, "error says %s",
		      npurt_errname(error.code));
		CHECK(o->name, strstr(err ? error.detail : "", o->says),
		      "'%s' does not say '%s'", error.detail, o->says);
		CHECK(o->name, slept_ms() >= o->slept, "slept %u ms", slept_ms());
		npuemu_stats(&stats);
		CHECK(o->name, !stats.fatal_verdicts, "a fatal verdict");
		/* Others' jobs end, too; a wrong interrupt leaves one behind for good. */
		npuemu_advance_us(1000000000);
		if (!strstr(o->script ? o->script : "", "irq 0x"))
			check_nothing_alive(o->name);
		check_still_works(o->name, &c);
	}
	print_message("%zu outcomes\n", sizeof outcomes / sizeof outcomes[0]);
	conv_free(&c);
}

/* Whenever the power goes, all registers with it, the result is right. */
static void test_power_off_anywhere(void **state)
{
	struct npurt_rknpu_options device = driver_options();
	uint32_t n = 0, calls = 1, offs = 0;
	struct conv c;

	(void)state;
	device.path = NODE;
	conv_make(&c, &(struct tiny_options){ .tiles = 3, .bias = 1 });
	while (n < calls) {
		struct npuemu_stats stats;
		struct npurt_error error;
		enum npurt_err err;
		enum stage stage;
		char script[48];

		snprintf(script, sizeof script, "power-off before call %u", ++n);
		board(script);
		err = run_once(script, &c, &device, NULL, &stage, &error);
		CHECK_ERR(script, err, NPURT_OK, &error);
		check_nothing_alive(script);
		check_no_verdict(script);
		npuemu_stats(&stats);
		calls = (uint32_t)stats.calls;
		offs += (uint32_t)stats.power_offs;
	}
	assert_in_range(n, 30, 200);
	assert_true(offs > n / 2); /* it was on nearly all the time */
	conv_free(&c);
}

/* A driver whose reset failed refuses everything from then on, by name each time. */
static void test_dead_reset_line(void **state)
{
	struct npurt_rknpu_options options = driver_options();
	struct npurt_device *device;
	struct npurt_error error;
	struct npurt *rt;
	struct conv c;

	(void)state;
	conv_make(&c, &(struct tiny_options){ .tiles = 1 });
	board("hang submit 1\nreset-line dead");
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL), NPURT_OK);
	assert_int_equal(npurt_open(&rt, c.bundle, c.bytes, device, NULL, NULL),
			 NPURT_OK);
	assert_int_equal(npurt_run(rt, &error), NPURT_ERR_TIMEOUT);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(npurt_run(rt, &error), NPURT_ERR_SUBMIT);
		assert_int_equal(npurt_health(device, &error), NPURT_ERR_SUBMIT);
	}
	npurt_close(rt);
	npurt_device_close(device);
	conv_free(&c);
	check_nothing_alive("dead reset line");
}

/* After a failed submit no buffer is freed before 250 ms have passed. */
static void test_nothing_freed_early(void **state)
{
	struct npurt_rknpu_options device = driver_options();
	struct npurt_error error;
	enum stage stage;
	struct conv c;
	int submit;

	(void)state;
	conv_make(&c, &(struct tiny_options){ .tiles = 2 });
	board("hang task 1");
	trace_begin();
	assert_int_equal(run_once("hang", &c, &device, NULL, &stage, &error),
			 NPURT_ERR_TIMEOUT);
	submit = trace_find(RKNPU_SUBMIT, 0);
	assert_true(submit > 0);
	assert_int_equal(trace_count_of(RKNPU_SUBMIT), 1); /* never the same job again */
	assert_int_equal(slept_ms(), 250);
	assert_true(trace_find(RKNPU_MEM_DESTROY, 0) > submit);
	assert_int_equal(trace_count_of(RKNPU_MEM_DESTROY), 5);
	assert_int_equal(error.found, 1); /* tasks done before the one that hangs */
	conv_free(&c);
}

/* A handle whose run failed runs again; the job header is made anew. */
static void test_run_after_failure(void **state)
{
	struct npurt_rknpu_options options = driver_options();
	uint16_t got[OUT_ELEMS];
	struct npurt_device *device;
	struct npurt_error error;
	struct npurt *rt;
	struct conv c;

	(void)state;
	conv_make(&c, &(struct tiny_options){ .tiles = 2 });
	board("hang submit 1");
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL), NPURT_OK);
	assert_int_equal(npurt_open(&rt, c.bundle, c.bytes, device, NULL, NULL),
			 NPURT_OK);
	assert_int_equal(npurt_write_input(rt, c.in, sizeof c.in), NPURT_OK);
	assert_int_equal(npurt_run(rt, &error), NPURT_ERR_TIMEOUT);
	assert_int_equal(npurt_device_reset(device, &error), NPURT_OK);
	assert_int_equal(npurt_health(device, &error), NPURT_OK);
	assert_int_equal(npurt_run(rt, &error), NPURT_OK);
	assert_int_equal(npurt_read_output(rt, got, sizeof got), NPURT_OK);
	assert_memory_equal(got, c.want, sizeof got);
	npurt_close(rt);
	npurt_device_close(device);
	conv_free(&c);
	check_nothing_alive("after a failure");
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

/* ---- health and reset ---- */

static void test_health(void **state)
{
	static const struct {
		const char *name, *script;
		enum npurt_err want;
		const char *says;
	} cases[] = {
		{ "good", NULL, NPURT_OK, "" },
		{ "not executed", "no-execute", NPURT_ERR_NOT_EXECUTED, "not written" },
		{ "zeros", "output zero", NPURT_ERR_HEALTH, "output 0 of the probe" },
		{ "hangs", "hang task 1", NPURT_ERR_TIMEOUT, "reset" },
		{ "no memory", "memory exhausted", NPURT_ERR_DEVICE_MEMORY, "memory" },
	};
	struct npurt_rknpu_options options = driver_options();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct npurt_device *device;
		struct npurt_error error;
		enum npurt_err err;

		board(cases[i].script);
		assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL),
				 NPURT_OK);
		err = npurt_health(device, &error);
		CHECK_ERR(cases[i].name, err, cases[i].want, &error);
		CHECK(cases[i].name, strstr(err ? error.detail : "", cases[i].says),
		      "'%s'", error.detail);
		CHECK(cases[i].name, npurt_health(device, NULL) == cases[i].want,
		      "without an error struct");
		npurt_device_close(device);
		check_nothing_alive(cases[i].name);
	}
	assert_int_equal(npurt_health(NULL, NULL), NPURT_ERR_ARGUMENT);
}

/*
 * The probe does not rely on what a job left behind: it is right after jobs of one,
 * two and three tasks, whichever register group comes next, and each after each.
 */
static void test_health_after_anything(void **state)
{
	struct npurt_rknpu_options options = driver_options();
	struct npurt_device *device;
	struct npurt_error error;

	(void)state;
	board(NULL);
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL), NPURT_OK);
	for (uint32_t tiles = 1; tiles <= 4; tiles++) {
		for (int bias = 0; bias < 2; bias++) {
			struct npurt *rt;
			struct conv c;

			conv_make(&c,
				  &(struct tiny_options){ .tiles = tiles, .bias = bias });
			assert_int_equal(
			    npurt_open(&rt, c.bundle, c.bytes, device, NULL, NULL),
			    NPURT_OK);
			assert_int_equal(npurt_write_input(rt, c.in, sizeof c.in),
					 NPURT_OK);
			assert_int_equal(npurt_run(rt, &error), NPURT_OK);
			assert_int_equal(npurt_health(device, &error), NPURT_OK);
			npurt_close(rt);
			conv_free(&c);
		}
	}
	npurt_device_close(device);
	check_no_verdict("health after anything");
}

static void test_reset(void **state)
{
	struct npurt_rknpu_options options = driver_options();
	struct npurt_device *device;
	struct npuemu_stats stats;
	struct npurt_error error;

	(void)state;
	board(NULL);
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL), NPURT_OK);
	assert_int_equal(npurt_device_reset(device, &error), NPURT_OK);
	npuemu_stats(&stats);
	assert_int_equal(stats.resets, 1);
	assert_int_equal(slept_ms(), 250);
	npurt_device_close(device);
	board("fail ACTION call 4 errno EINVAL");
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL), NPURT_OK);
	assert_int_equal(npurt_device_reset(device, NULL), NPURT_ERR_RESET);
	npurt_device_close(device);
	assert_int_equal(npurt_device_reset(NULL, NULL), NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_device_cores(NULL), 0);
}

/* Without a lock there is no submit; the descriptor is taken away to make it fail. */
static void test_lock_fails(void **state)
{
	struct npurt_rknpu_options options = driver_options();
	struct npurt_device *device;
	struct npurt_error error;
	struct npurt *rt;
	struct conv c;

	(void)state;
	conv_make(&c, &(struct tiny_options){ .tiles = 1 });
	board(NULL);
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL), NPURT_OK);
	assert_int_equal(npurt_open(&rt, c.bundle, c.bytes, device, NULL, NULL),
			 NPURT_OK);
	close(((struct npurt_rknpu *)device)->lock_fd);
	trace_begin();
	assert_int_equal(npurt_run(rt, &error), NPURT_ERR_NODEVICE);
	assert_non_null(strstr(error.detail, "lock"));
	assert_int_equal(trace_count_of(RKNPU_SUBMIT), 0);
	assert_int_equal(npurt_device_reset(device, &error), NPURT_ERR_NODEVICE);
	((struct npurt_rknpu *)device)->lock_fd = ((struct npurt_rknpu *)device)->fd;
	npurt_close(rt);
	npurt_device_close(device);
	conv_free(&c);
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

/* The clock that is there when nobody brings one. */
static void test_real_sleep(void **state)
{
	struct npurt_device *device;

	(void)state;
	board(NULL);
	assert_int_equal(npurt_device_open_rknpu(&device, NULL, NULL), NPURT_OK);
	assert_int_equal(npurt_device_reset(device, NULL), NPURT_OK);
	npurt_device_close(device);
	assert_int_equal(slept_ms(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_syncs),
		cmocka_unit_test(test_calls_of_a_run),
		cmocka_unit_test(test_core_counts),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_power_off_anywhere),
		cmocka_unit_test(test_dead_reset_line),
		cmocka_unit_test(test_nothing_freed_early),
		cmocka_unit_test(test_run_after_failure),
		cmocka_unit_test(test_true_zeros),
		cmocka_unit_test(test_health),
		cmocka_unit_test(test_health_after_anything),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_lock_fails),
		cmocka_unit_test(test_sync_outside),
		cmocka_unit_test(test_real_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
