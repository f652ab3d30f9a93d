#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_device.h"
#include "pack_feature.h"
#include "tiny.h"

#define IN_ELEMS (TINY_C * TINY_H * TINY_W)
#define OUT_ELEMS (TINY_K * TINY_H * TINY_W)

static uint8_t *bundle(const struct tiny_options *o, struct tiny *t, size_t *bytes)
{
	tiny_make(t, o);
	return tiny_bundle(t, bytes);
}

/* The hand-made conv gives the exact result on the simulator, whatever the plan. */
static void test_simulator(void **state)
{
	struct npurt_error error;
	struct npurt_device *device;

	(void)state;
	assert_int_equal(npurt_device_open_sim(&device, 2, &error), NPURT_OK);
	assert_string_equal(npurt_device_describe(device), "simulator, 2 threads");
	for (int bias = 0; bias < 2; bias++)
		for (uint32_t cores = 1; cores <= 3; cores++)
			for (uint32_t tiles = 1; tiles <= 4; tiles++) {
				uint16_t in[IN_ELEMS], out[OUT_ELEMS], want[OUT_ELEMS];
				struct npurt_options o = { .cores = cores };
				struct npurt *rt;
				struct tiny t;
				size_t bytes;
				uint8_t *b =
				    bundle(&(struct tiny_options){ .max_cores = 3,
								   .tiles = tiles,
								   .bias = bias,
								   .delta = tiles > 2 },
					   &t, &bytes);
				enum npurt_err err =
				    npurt_open(&rt, b, bytes, device, &o, &error);

				CHECK_ERR("open", err, NPURT_OK, &error);
				tiny_input(in);
				tiny_expected(&t, want);
				for (int again = 0; again < 2; again++) {
					assert_int_equal(
					    npurt_write_input(rt, in, sizeof in),
					    NPURT_OK);
					err = npurt_run(rt, &error);
					CHECK_ERR("run", err, NPURT_OK, &error);
					memset(out, 0, sizeof out);
					assert_int_equal(
					    npurt_read_output(rt, out, sizeof out),
					    NPURT_OK);
					assert_memory_equal(out, want, sizeof out);
				}
				npurt_close(rt);
				free(b);
			}
	npurt_device_close(device);
}

/* Two handles share a simulator device; closing one leaves the other's memory. */
static void test_two_handles(void **state)
{
	uint16_t in[IN_ELEMS], out[OUT_ELEMS], want[OUT_ELEMS];
	struct npurt_device *device;
	struct npurt *a, *c;
	struct tiny t;
	size_t bytes;
	uint8_t *b = bundle(&(struct tiny_options){ .tiles = 2 }, &t, &bytes);

	(void)state;
	assert_int_equal(npurt_device_open_sim(&device, 1, NULL), NPURT_OK);
	assert_int_equal(npurt_open(&a, b, bytes, device, NULL, NULL), NPURT_OK);
	assert_int_equal(npurt_open(&c, b, bytes, device, NULL, NULL), NPURT_OK);
	tiny_input(in);
	tiny_expected(&t, want);
	assert_int_equal(npurt_write_input(c, in, sizeof in), NPURT_OK);
	npurt_close(a);
	assert_int_equal(npurt_run(c, NULL), NPURT_OK);
	assert_int_equal(npurt_read_output(c, out, sizeof out), NPURT_OK);
	assert_memory_equal(out, want, sizeof out);
	npurt_close(c);
	npurt_device_close(device);
	free(b);
}

/* What the simulator refuses comes back with task and register. */
static void test_simulator_error(void **state)
{
	struct npurt_error error;
	struct npurt_device *device;
	struct npurt_bo_info weight;
	struct npurt *rt;
	struct tiny t;
	uint64_t *words;
	ptrdiff_t at[2];
	uint8_t *b;
	size_t bytes;

	(void)state;
	tiny_make(&t, &(struct tiny_options){ .tiles = 2 });
	b = tiny_bundle(&t, &bytes);
	assert_int_equal(npurt_device_open_sim(&device, 1, &error), NPURT_OK);
	assert_int_equal(npurt_open(&rt, b, bytes, device, NULL, &error), NPURT_OK);
	/* Behind the verifier's back the second tile writes over the first one's rows. */
	assert_int_equal(npurt_bo(rt, TINY_WEIGHT, &weight), NPURT_OK);
	words = (uint64_t *)((uintptr_t)weight.data + t.conv.regcmd_bo_offset);
	for (uint16_t task = 0, reg = 0x4020; task < 2; task++)
		at[task] = tiny_word(&t, task, reg) - t.word;
	words[at[1]] = words[at[0]];
	assert_int_equal(npurt_run(rt, &error), NPURT_ERR_EXECUTION);
	assert_int_equal(error.code, NPURT_ERR_EXECUTION);
	assert_int_equal(error.task, 1);
	assert_true(strlen(error.detail) > 10);
	assert_int_equal(npurt_read_output(rt, &bytes, 1), NPURT_ERR_TENSOR_SIZE);
	npurt_close(rt);
	npurt_device_close(device);
	free(b);
}

/* ---- on the recording device ---- */

struct fixture {
	struct fake_device device;
	struct tiny tiny;
	uint8_t *blob;
	size_t bytes;
	uint8_t output[4096];
};

static struct fixture *setup(const struct tiny_options *o)
{
	struct fixture *f = aligned_alloc(4096, sizeof *f); /* as its arena wants */
	uint16_t want[OUT_ELEMS];

	assert_non_null(f);
	memset(f, 0, sizeof *f);
	fake_device_init(&f->device);
	f->blob = bundle(o, &f->tiny, &f->bytes);
	tiny_expected(&f->tiny, want);
	npurt_pack_feature(&f->tiny.tensor[TINY_T_OUTPUT], want, f->output);
	f->device.output = f->output;
	f->device.output_bytes = f->tiny.tensor[TINY_T_OUTPUT].bytes;
	f->device.output_bo_index = TINY_OUTPUT;
	return f;
}

static void teardown(struct fixture *f)
{
	assert_int_equal(f->device.live, 0);
	free(f->blob);
	free(f);
}

static void test_gates(void **state)
{
	static const struct {
		const char *name;
		enum npurt_err want;
		struct npurt_options options;
		uint32_t evidence, hazards; /* of the bundle's plan */
	} cases[] = {
		{ "defaults", NPURT_OK, { 0 }, 0, 0 },
		{ "by name", NPURT_OK, { .conv_name = "tiny" }, 0, 0 },
		{ "other name", NPURT_ERR_NOCONV, { .conv_name = "tin" }, 0, 0 },
		{ "index", NPURT_ERR_NOCONV, { .conv_index = 1 }, 0, 0 },
		{ "one core", NPURT_OK, { .cores = 1 }, 0, 0 },
		{ "two cores", NPURT_OK, { .cores = 2 }, 0, 0 },
		{ "three cores", NPURT_ERR_NOPLAN, { .cores = 3 }, 0, 0 },
		{ "four cores", NPURT_ERR_ARGUMENT, { .cores = 4 }, 0, 0 },
		{ "more evidence", NPURT_ERR_EVIDENCE, { .min_evidence = 1 }, 0, 0 },
		{ "enough evidence", NPURT_OK, { .min_evidence = 1 }, 2, 0 },
		{ "evidence code", NPURT_ERR_ARGUMENT, { .min_evidence = 3 }, 2, 0 },
		{ "hazard", NPURT_ERR_HAZARD, { 0 }, 0, NPUB_HAZARD_UNTESTED },
		{ "hazard allowed",
		  NPURT_OK,
		  { .allow_hazards = 2 },
		  0,
		  NPUB_HAZARD_UNTESTED },
		{ "other hazard", NPURT_ERR_HAZARD, { .allow_hazards = 2 }, 0, 3 },
		{ "long timeout", NPURT_ERR_ARGUMENT, { .timeout_ms = 1u << 31 }, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture *f =
		    setup(&(struct tiny_options){ .max_cores = 2, .tiles = 2 });
		struct npurt *rt = (void *)f;
		struct npurt_error error;
		enum npurt_err err;

		for (uint32_t p = 0; p < f->tiny.plan_count; p++) {
			f->tiny.plan[p].evidence = cases[i].evidence;
			f->tiny.plan[p].hazards = cases[i].hazards;
		}
		free(f->blob);
		f->blob = tiny_bundle(&f->tiny, &f->bytes);
		err = npurt_open(&rt, f->blob, f->bytes, &f->device.device,
				 &cases[i].options, &error);
		CHECK_ERR(cases[i].name, err, cases[i].want, &error);
		if (!err)
			npurt_close(rt);
		else
			CHECK(cases[i].name, rt == (void *)f, "out parameter touched");
		CHECK(cases[i].name, err == NPURT_OK || !f->device.calls,
		      "device was used");
		teardown(f);
	}
}

static void test_arguments(void **state)
{
	struct fixture *f = setup(&(struct tiny_options){ .tiles = 1 });
	struct npurt_device *d = &f->device.device;
	uint16_t in[IN_ELEMS], out[OUT_ELEMS];
	struct npurt_tensor_info info;
	struct npurt_bo_info bo;
	struct npurt *rt;
	size_t bytes;
	void *p;

	(void)state;
	assert_int_equal(npurt_open(NULL, f->blob, f->bytes, d, NULL, NULL),
			 NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_open(&rt, NULL, f->bytes, d, NULL, NULL),
			 NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_open(&rt, f->blob, f->bytes, NULL, NULL, NULL),
			 NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_open_file(&rt, NULL, d, NULL, NULL), NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_open(&rt, f->blob, f->bytes, d, NULL, NULL), NPURT_OK);
	assert_int_equal(npurt_tensor(rt, NPURT_INPUT, NULL), NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_tensor(NULL, NPURT_INPUT, &info), NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_tensor(rt, (enum npurt_tensor_id)3, &info),
			 NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_tensor(rt, NPURT_OPERAND, &info), NPURT_ERR_NOTENSOR);
	assert_int_equal(npurt_write(rt, NPURT_OPERAND, in, sizeof in),
			 NPURT_ERR_NOTENSOR);
	assert_int_equal(npurt_map(rt, NPURT_OPERAND, &p, &bytes), NPURT_ERR_NOTENSOR);
	assert_int_equal(npurt_write(rt, NPURT_OUTPUT, out, sizeof out),
			 NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_write(NULL, NPURT_OPERAND, in, sizeof in),
			 NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_write_input(rt, NULL, sizeof in), NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_write_input(rt, in, sizeof in - 2), NPURT_ERR_TENSOR_SIZE);
	assert_int_equal(npurt_read_output(rt, out, sizeof out + 2),
			 NPURT_ERR_TENSOR_SIZE);
	assert_int_equal(npurt_read_output(rt, out, sizeof out), NPURT_ERR_STATE);
	assert_int_equal(npurt_wait(rt, NULL), NPURT_ERR_STATE);
	assert_int_equal(npurt_map(rt, NPURT_INPUT, NULL, &bytes), NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_map(rt, NPURT_OUTPUT, &p, &bytes), NPURT_OK);
	assert_ptr_equal(p, f->device.bo_data[TINY_OUTPUT]);
	assert_int_equal(bytes, f->tiny.tensor[TINY_T_OUTPUT].bytes);
	assert_int_equal(npurt_bo_count(rt), TINY_BOS);
	assert_int_equal(npurt_bo(rt, TINY_BOS, &bo), NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_bo(rt, TINY_WEIGHT, &bo), NPURT_OK);
	assert_string_equal(bo.name, "weight");
	assert_int_equal(npurt_read_output(rt, NULL, sizeof out), NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_read_output(NULL, out, sizeof out), NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_run(NULL, NULL), NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_wait(NULL, NULL), NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_submit_info(rt, NULL), NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_tensor(rt, NPURT_OUTPUT, &info), NPURT_OK);
	assert_int_equal(info.nchw_bytes, sizeof out);
	assert_int_equal(info.c, TINY_K);
	assert_string_equal(info.name, "output");
	npurt_close(rt);
	npurt_close(NULL);
	teardown(f);
}

/*
 * Creation order, flags, syncs: the vendor's without those that repeat another, and
 * with the canary's.
 */
static void test_call_sequence(void **state)
{
	struct fixture *f = setup(&(struct tiny_options){ .tiles = 2 });
	const struct tiny *t = &f->tiny;
	uint64_t bo[TINY_BOS];
	struct npurt *rt;
	uint32_t n = 0;

	(void)state;
	assert_int_equal(
	    npurt_open(&rt, f->blob, f->bytes, &f->device.device, NULL, NULL), NPURT_OK);
	assert_int_equal(npurt_run(rt, NULL), NPURT_OK);
	npurt_close(rt);
	for (int i = 0; i < TINY_BOS; i++) {
		const struct fake_call *c = &f->device.call[n++];

		assert_int_equal(c->kind, FAKE_CREATE);
		assert_int_equal(c->flags, i == TINY_TASK ? 0x40b : 0x403);
		bo[i] = c->bo;
		c = &f->device.call[n++]; /* the fresh buffer, both ways, whole */
		assert_int_equal(c->kind, FAKE_SYNC);
		assert_int_equal(c->bo, bo[i]);
		assert_int_equal(c->flags, 3);
		assert_int_equal(c->bytes, t->bo[i].bytes);
	}
	const struct {
		enum fake_call_kind kind;
		uint64_t bo;
		uint32_t flags;
	} rest[] = {
		{ FAKE_SYNC, bo[TINY_WEIGHT], 1 },
		{ FAKE_SYNC, bo[TINY_TASK], 1 },
		{ FAKE_SYNC, bo[TINY_OUTPUT], 1 },
		{ FAKE_SYNC, bo[TINY_INPUT], 1 },
		{ FAKE_SUBMIT, bo[TINY_TASK], 0 },
		{ FAKE_SYNC, bo[TINY_OUTPUT], 2 },
		{ FAKE_DESTROY, bo[TINY_INTERNAL], 0 },
		{ FAKE_DESTROY, bo[TINY_WEIGHT], 0 },
		{ FAKE_DESTROY, bo[TINY_TASK], 0 },
		{ FAKE_DESTROY, bo[TINY_INPUT], 0 },
		{ FAKE_DESTROY, bo[TINY_OUTPUT], 0 },
	};
	for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++, n++) {
		assert_int_equal(f->device.call[n].kind, rest[i].kind);
		assert_int_equal(f->device.call[n].bo, rest[i].bo);
		assert_int_equal(f->device.call[n].flags, rest[i].flags);
	}
	assert_int_equal(f->device.calls, n);
	teardown(f);
}

/* Words and records in the buffers differ from the bundle's by the addresses alone. */
static void test_relocation(void **state)
{
	struct fixture *f =
	    setup(&(struct tiny_options){ .max_cores = 3, .tiles = 3, .bias = 1 });
	const struct tiny *t = &f->tiny;
	uint64_t base[TINY_BOS];
	struct npurt *rt;
	uint32_t r = 0;

	(void)state;
	assert_int_equal(
	    npurt_open(&rt, f->blob, f->bytes, &f->device.device, NULL, NULL), NPURT_OK);
	for (int i = 0; i < TINY_BOS; i++) {
		struct npurt_bo_info info;

		assert_int_equal(npurt_bo(rt, (uint32_t)i, &info), NPURT_OK);
		base[i] = info.dma_addr;
	}
	for (uint32_t w = 0; w < t->word_count; w++) {
		uint64_t have, want = t->word[w];

		memcpy(&have,
		       f->device.bo_data[TINY_WEIGHT] + t->conv.regcmd_bo_offset + w * 8,
		       8);
		if (r < t->reloc_count && t->reloc[r].word == w) {
			want += (base[t->reloc[r].bo] + t->reloc[r].addend) << 16;
			r++;
		}
		if (have != want)
			fail_msg("word %u: %016llx instead of %016llx", w,
				 (unsigned long long)have, (unsigned long long)want);
	}
	assert_int_equal(r, t->reloc_count);
	for (uint32_t i = 0; i < t->task_count; i++) {
		struct npub_task want = t->task[i];

		want.regcmd_addr += base[TINY_WEIGHT] + t->conv.regcmd_bo_offset;
		assert_memory_equal(f->device.bo_data[TINY_TASK] + i * sizeof want, &want,
				    sizeof want);
	}
	assert_memory_equal(f->device.bo_data[TINY_WEIGHT], t->data, t->data_bytes);
	npurt_close(rt);
	teardown(f);
}

static void test_submit_header(void **state)
{
	static const struct {
		const char *name;
		uint32_t cores, mask, number;
		uint32_t subcore[5][2];
	} cases[] = {
		{ "one core",
		  1,
		  0,
		  6,
		  { { 0, 2 }, { 0, 2 }, { 0, 2 }, { 0, 0 }, { 0, 0 } } },
		{ "two cores",
		  2,
		  3,
		  4,
		  { { 2, 2 }, { 4, 2 }, { 0, 0 }, { 0, 0 }, { 0, 0 } } },
		{ "three cores",
		  3,
		  7,
		  6,
		  { { 0, 0 }, { 0, 0 }, { 6, 2 }, { 8, 2 }, { 10, 2 } } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture *f =
		    setup(&(struct tiny_options){ .max_cores = 3, .tiles = 2 });
		struct npurt_options o = { .cores = cases[i].cores };
		struct npurt_submit_info info;
		const struct npurt_job *job = &f->device.job;
		struct npurt *rt;

		assert_int_equal(
		    npurt_open(&rt, f->blob, f->bytes, &f->device.device, &o, NULL),
		    NPURT_OK);
		assert_int_equal(npurt_run(rt, NULL), NPURT_OK);
		CHECK(cases[i].name, job->flags == 5, "flags %u", job->flags);
		CHECK(cases[i].name, job->core_mask == cases[i].mask, "mask %u",
		      job->core_mask);
		CHECK(cases[i].name, job->task_number == cases[i].number, "%u tasks",
		      job->task_number);
		CHECK(cases[i].name, job->task_start == 0, "start %u", job->task_start);
		CHECK(cases[i].name, job->timeout_ms >= 1000 && job->timeout_ms < 5000,
		      "timeout %u", job->timeout_ms);
		for (int s = 0; s < 5; s++)
			CHECK(cases[i].name,
			      job->subcore[s].task_start == cases[i].subcore[s][0] &&
				  job->subcore[s].task_number == cases[i].subcore[s][1],
			      "entry %d is {%u,%u}", s, job->subcore[s].task_start,
			      job->subcore[s].task_number);
		assert_int_equal(npurt_submit_info(rt, &info), NPURT_OK);
		assert_int_equal(info.core_mask, cases[i].mask);
		assert_int_equal(info.task_number, cases[i].number);
		assert_memory_equal(info.subcore, job->subcore, sizeof info.subcore);
		npurt_close(rt);
		teardown(f);
	}
}

/* A two-core plan that was not split goes out as a one-core job. */
static void test_unsplit_plan(void **state)
{
	struct fixture *f = setup(&(struct tiny_options){ .tiles = 2 });
	struct npurt_options o = { .cores = 2 };
	struct npurt *rt;

	(void)state;
	f->tiny.plan[1] = f->tiny.plan[0];
	f->tiny.plan[1].cores = 2;
	f->tiny.conv.plan_count = f->tiny.plan_count = 2;
	free(f->blob);
	f->blob = tiny_bundle(&f->tiny, &f->bytes);
	assert_int_equal(npurt_open(&rt, f->blob, f->bytes, &f->device.device, &o, NULL),
			 NPURT_OK);
	assert_int_equal(npurt_run(rt, NULL), NPURT_OK);
	assert_int_equal(f->device.job.core_mask, 0);
	assert_int_equal(f->device.job.subcore[2].task_number, 2);
	npurt_close(rt);
	teardown(f);
}

/* A device that turns out to have fewer cores is not sent the job. */
static void test_cores_at_the_last_moment(void **state)
{
	struct fixture *f = setup(&(struct tiny_options){ .max_cores = 3, .tiles = 2 });
	struct npurt_options o = { .cores = 3 };
	struct npurt_error error;
	struct npurt *rt;
	uint32_t calls;

	(void)state;
	assert_int_equal(npurt_open(&rt, f->blob, f->bytes, &f->device.device, &o, NULL),
			 NPURT_OK);
	f->device.device.cores = 2;
	calls = f->device.calls;
	assert_int_equal(npurt_run(rt, &error), NPURT_ERR_CORES);
	assert_int_equal(f->device.calls, calls);
	npurt_close(rt);
	f->device.device.cores = 1;
	assert_int_equal(npurt_open(&rt, f->blob, f->bytes, &f->device.device, &o, NULL),
			 NPURT_ERR_CORES);
	teardown(f);
}

/* A model has nothing to reset, and its health is as good as its code. */
static void test_simulator_health(void **state)
{
	struct npurt_device *device;
	struct npurt_error error;

	(void)state;
	assert_int_equal(npurt_device_open_sim(&device, 1, &error), NPURT_OK);
	assert_int_equal(npurt_device_cores(device), 3);
	assert_int_equal(npurt_health(device, &error), NPURT_OK);
	assert_int_equal(npurt_device_reset(device, &error), NPURT_ERR_UNSUPPORTED);
	assert_non_null(strstr(error.detail, "no reset"));
	npurt_device_close(device);
}

static void test_timeout_from_cost(void **state)
{
	static const struct {
		const char *name;
		uint64_t cost_ns;
		uint32_t asked, want;
	} cases[] = {
		{ "small conv", 100000, 0, 1000 },
		{ "20 ms", 20000000, 0, 2000 },
		{ "an hour", UINT64_C(3600000000000), 0, 600000 },
		{ "absurd", UINT64_MAX, 0, 600000 },
		{ "asked for", 100000, 77, 77 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture *f = setup(&(struct tiny_options){ .tiles = 1 });
		struct npurt_options o = { .timeout_ms = cases[i].asked };
		struct npurt_submit_info info;
		struct npurt *rt;

		f->tiny.plan[0].cost_ns = cases[i].cost_ns;
		free(f->blob);
		f->blob = tiny_bundle(&f->tiny, &f->bytes);
		assert_int_equal(
		    npurt_open(&rt, f->blob, f->bytes, &f->device.device, &o, NULL),
		    NPURT_OK);
		assert_int_equal(npurt_submit_info(rt, &info), NPURT_OK);
		CHECK(cases[i].name, info.timeout == cases[i].want, "%u ms",
		      info.timeout);
		npurt_close(rt);
		teardown(f);
	}
}

/* A driver that says yes to a job it did not run. */
static void test_not_executed(void **state)
{
	enum { NOTHING_WRITTEN, ONE_ATOM_LEFT, TASKS_MISSING, NO_INTERRUPT, CASES };
	static const char *const names[CASES] = { "nothing written", "one atom left",
						  "tasks missing", "no interrupt" };

	(void)state;
	for (int i = 0; i < CASES; i++) {
		struct fixture *f = setup(&(struct tiny_options){ .tiles = 2 });
		uint16_t out[OUT_ELEMS];
		struct npurt_error error;
		struct npurt *rt;
		enum npurt_err err;

		if (i == NOTHING_WRITTEN)
			f->device.output = NULL;
		if (i == ONE_ATOM_LEFT) { /* last pixel of the last real surface */
			f->device.hole_at = (2 * TINY_PLANE_OUT + 29) * 16;
			f->device.hole_bytes = 16;
		}
		f->device.task_counter_less = i == TASKS_MISSING;
		f->device.no_interrupt = i == NO_INTERRUPT;
		assert_int_equal(
		    npurt_open(&rt, f->blob, f->bytes, &f->device.device, NULL, NULL),
		    NPURT_OK);
		err = npurt_run(rt, &error);
		CHECK_ERR(names[i], err, NPURT_ERR_NOT_EXECUTED, &error);
		CHECK(names[i], npurt_read_output(rt, out, sizeof out) == NPURT_ERR_STATE,
		      "output of a failed run was readable");
		npurt_close(rt);
		teardown(f);
	}
}

static void test_two_steps(void **state)
{
	struct fixture *f = setup(&(struct tiny_options){ .tiles = 2 });
	uint16_t in[IN_ELEMS] = { 0 }, out[OUT_ELEMS], want[OUT_ELEMS];
	struct npurt *rt;

	(void)state;
	assert_int_equal(
	    npurt_open(&rt, f->blob, f->bytes, &f->device.device, NULL, NULL), NPURT_OK);
	assert_int_equal(npurt_submit(rt, NULL), NPURT_OK);
	assert_int_equal(npurt_submit(rt, NULL), NPURT_ERR_STATE);
	assert_int_equal(npurt_write_input(rt, in, sizeof in), NPURT_ERR_STATE);
	assert_int_equal(npurt_read_output(rt, out, sizeof out), NPURT_ERR_STATE);
	assert_int_equal(npurt_wait(rt, NULL), NPURT_OK);
	assert_int_equal(npurt_wait(rt, NULL), NPURT_ERR_STATE);
	assert_int_equal(npurt_read_output(rt, out, sizeof out), NPURT_OK);
	tiny_expected(&f->tiny, want);
	assert_memory_equal(out, want, sizeof out);
	npurt_close(rt);
	teardown(f);
}

/* Registers hold 32 bits: what does not fit below 4 GiB is refused at load. */
static void test_device_addresses(void **state)
{
	static const struct {
		const char *name;
		uint64_t base;
		enum npurt_err want;
	} cases[] = {
		{ "low", 0x1000, NPURT_OK },
		{ "up to the edge", 0xffff0000, NPURT_OK },
		{ "zero", 0, NPURT_ERR_DEVICE_MEMORY },
		{ "over the edge", 0xffffe000, NPURT_ERR_DEVICE_MEMORY },
		{ "above", UINT64_C(0x100000000), NPURT_ERR_DEVICE_MEMORY },
		{ "not on a page", 0x10000040, NPURT_ERR_DEVICE_MEMORY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fixture *f = setup(&(struct tiny_options){ .tiles = 1 });
		struct npurt_error error;
		struct npurt *rt;
		enum npurt_err err;

		f->device.dma_base = cases[i].base;
		err = npurt_open(&rt, f->blob, f->bytes, &f->device.device, NULL, &error);
		CHECK_ERR(cases[i].name, err, cases[i].want, &error);
		if (!err)
			npurt_close(rt);
		teardown(f);
	}
}

/* ---- from a file ---- */

static void test_open_file(void **state)
{
	struct fixture *f = setup(&(struct tiny_options){ .tiles = 1 });
	struct npurt_device *d = &f->device.device;
	char dir[] = "/tmp/test_run.XXXXXX", path[64];
	struct npurt_error error;
	struct npurt *rt;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/a.npub", dir);
	assert_int_equal(npurt_open_file(&rt, path, d, NULL, &error), NPURT_ERR_FILE);
	assert_non_null(strstr(error.detail, path));
	assert_int_equal(npurt_open_file(&rt, dir, d, NULL, &error), NPURT_ERR_FILE);
	assert_int_equal(npurt_open_file(&rt, "/dev/null", d, NULL, &error),
			 NPURT_ERR_FILE);
	file = fopen(path, "wb");
	assert_non_null(file);
	fclose(file);
	assert_int_equal(npurt_open_file(&rt, path, d, NULL, &error), NPURT_ERR_FILE);
	file = fopen(path, "wb");
	assert_int_equal(fwrite(f->blob, 1, f->bytes - 1, file), f->bytes - 1);
	fclose(file);
	assert_int_equal(npurt_open_file(&rt, path, d, NULL, &error),
			 NPURT_ERR_TRUNCATED);
	file = fopen(path, "ab");
	fputc(f->blob[f->bytes - 1], file);
	fclose(file);
	assert_int_equal(npurt_open_file(&rt, path, d, NULL, &error), NPURT_OK);
	unlink(path); /* the mapping keeps it */
	assert_int_equal(npurt_run(rt, &error), NPURT_OK);
	npurt_close(rt);
	rmdir(dir);
	teardown(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simulator),
		cmocka_unit_test(test_two_handles),
		cmocka_unit_test(test_simulator_error),
		cmocka_unit_test(test_gates),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_call_sequence),
		cmocka_unit_test(test_relocation),
		cmocka_unit_test(test_submit_header),
		cmocka_unit_test(test_unsplit_plan),
		cmocka_unit_test(test_cores_at_the_last_moment),
		cmocka_unit_test(test_simulator_health),
		cmocka_unit_test(test_timeout_from_cost),
		cmocka_unit_test(test_not_executed),
		cmocka_unit_test(test_two_steps),
		cmocka_unit_test(test_device_addresses),
		cmocka_unit_test(test_open_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
