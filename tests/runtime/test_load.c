/* Choosing and loading a conv: gates, arguments, calls, what lies in the buffers. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "tiny_fixture.h"

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
		struct tiny_fixture *f =
		    tiny_setup(&(struct tiny_options){ .max_cores = 2, .tiles = 2 });
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
		tiny_teardown(f);
	}
}

static void test_arguments(void **state)
{
	struct tiny_fixture *f = tiny_setup(&(struct tiny_options){ .tiles = 1 });
	struct npurt_device *d = &f->device.device;
	uint16_t in[TINY_IN_ELEMS], out[TINY_OUT_ELEMS];
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
	tiny_teardown(f);
}

/*
 * Creation order, flags, syncs: the vendor's without those that repeat another, and
 * with the canary's.
 */
static void test_call_sequence(void **state)
{
	struct tiny_fixture *f = tiny_setup(&(struct tiny_options){ .tiles = 2 });
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
	tiny_teardown(f);
}

/* Words and records in the buffers differ from the bundle's by the addresses alone. */
static void test_relocation(void **state)
{
	struct tiny_fixture *f =
	    tiny_setup(&(struct tiny_options){ .max_cores = 3, .tiles = 3, .bias = 1 });
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
	tiny_teardown(f);
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
		struct tiny_fixture *f =
		    tiny_setup(&(struct tiny_options){ .max_cores = 3, .tiles = 2 });
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
		tiny_teardown(f);
	}
}

/* A two-core plan that was not split goes out as a one-core job. */
static void test_unsplit_plan(void **state)
{
	struct tiny_fixture *f = tiny_setup(&(struct tiny_options){ .tiles = 2 });
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
	tiny_teardown(f);
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
		struct tiny_fixture *f = tiny_setup(&(struct tiny_options){ .tiles = 1 });
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
		tiny_teardown(f);
	}
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
		struct tiny_fixture *f = tiny_setup(&(struct tiny_options){ .tiles = 1 });
		struct npurt_error error;
		struct npurt *rt;
		enum npurt_err err;

		f->device.dma_base = cases[i].base;
		err = npurt_open(&rt, f->blob, f->bytes, &f->device.device, NULL, &error);
		CHECK_ERR(cases[i].name, err, cases[i].want, &error);
		if (!err)
			npurt_close(rt);
		tiny_teardown(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gates),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_call_sequence),
		cmocka_unit_test(test_relocation),
		cmocka_unit_test(test_submit_header),
		cmocka_unit_test(test_unsplit_plan),
		cmocka_unit_test(test_timeout_from_cost),
		cmocka_unit_test(test_device_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
