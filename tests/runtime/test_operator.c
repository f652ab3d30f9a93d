/*
 * What follows the sum, on hand-made bundles: verified, run on the simulator, every
 * output exact; and what the caller is told and must bring.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "tiny_fixture.h"

static const struct {
	const char *name;
	struct tiny_options options;
} convs[] = {
	{ "fp16 ReLU", { .op = NPUB_OP_RELU } },
	{ "fp16 limit", { .op = NPUB_OP_RELU | NPUB_OP_CLAMP } },
	{ "fp16 addition", { .op = NPUB_OP_ADD } },
	{ "fp16 addition, ReLU", { .op = NPUB_OP_ADD | NPUB_OP_RELU } },
	{ "fp16 addition, limit", { .op = NPUB_OP_ADD | NPUB_OP_RELU | NPUB_OP_CLAMP } },
	{ "int8", { .int8 = 1 } },
	{ "int8 ReLU", { .int8 = 1, .op = NPUB_OP_RELU } },
	{ "int8 limit", { .int8 = 1, .op = NPUB_OP_RELU | NPUB_OP_CLAMP } },
	{ "int8 leaky", { .int8 = 1, .op = NPUB_OP_LEAKY } },
	{ "int8 addition", { .int8 = 1, .op = NPUB_OP_ADD } },
	{ "int8 addition, ReLU", { .int8 = 1, .op = NPUB_OP_ADD | NPUB_OP_RELU } },
	{ "int8 addition, limit",
	  { .int8 = 1, .op = NPUB_OP_ADD | NPUB_OP_RELU | NPUB_OP_CLAMP } },
};

/* Operand and input are written, the output read, in the conv's type. */
static void run_exactly(const char *name, struct npurt *rt, const struct tiny *t)
{
	union {
		uint16_t half[TINY_OUT_ELEMS];
		int8_t byte[TINY_OUT_ELEMS];
	} in, operand, out, want;
	size_t eb = t->conv.elem == 0 ? 1 : 2;
	struct npurt_error error;

	if (eb == 1) {
		tiny_input_int8(in.byte);
		tiny_operand_int8(operand.byte);
		tiny_expected_int8(t, want.byte);
	} else {
		tiny_input(in.half);
		tiny_operand(operand.half);
		tiny_expected(t, want.half);
	}
	assert_int_equal(npurt_write(rt, NPURT_INPUT, &in, TINY_IN_ELEMS * eb), NPURT_OK);
	if (t->conv.operand != NPUB_NONE)
		assert_int_equal(
		    npurt_write(rt, NPURT_OPERAND, &operand, TINY_OUT_ELEMS * eb),
		    NPURT_OK);
	CHECK_ERR(name, npurt_run(rt, &error), NPURT_OK, &error);
	assert_int_equal(npurt_read_output(rt, &out, TINY_OUT_ELEMS * eb), NPURT_OK);
	for (size_t i = 0; i < TINY_OUT_ELEMS; i++)
		CHECK(name, !memcmp(out.byte + i * eb, want.byte + i * eb, eb),
		      "output %zu: %02x instead of %02x", i,
		      eb == 1 ? (uint8_t)out.byte[i] : out.half[i],
		      eb == 1 ? (uint8_t)want.byte[i] : want.half[i]);
}

/* By every plan, with delta records too. */
static void test_exact(void **state)
{
	struct npurt_device *device;

	(void)state;
	assert_int_equal(npurt_device_open_sim(&device, 1, NULL), NPURT_OK);
	for (size_t i = 0; i < sizeof convs / sizeof convs[0]; i++) {
		struct tiny_options o = convs[i].options;
		struct npurt_error error;
		struct tiny t;
		uint8_t *blob;
		size_t bytes;

		o.max_cores = 3;
		o.tiles = 4;
		o.delta = 1;
		tiny_make(&t, &o);
		blob = tiny_bundle(&t, &bytes);
		for (uint32_t cores = 1; cores <= 3; cores++) {
			const struct npurt_options run = {
				.cores = cores, .allow_hazards = NPUB_HAZARD_UNTESTED
			};
			struct npurt *rt;

			CHECK_ERR(convs[i].name,
				  npurt_open(&rt, blob, bytes, device, &run, &error),
				  NPURT_OK, &error);
			run_exactly(convs[i].name, rt, &t);
			npurt_close(rt);
		}
		free(blob);
	}
	npurt_device_close(device);
}

/* The tests' own numbers reach the limits they are about. */
static void test_numbers_matter(void **state)
{
	const struct tiny_options plain = { .int8 = 1 };
	int8_t first[TINY_OUT_ELEMS], other[TINY_OUT_ELEMS];
	struct tiny t;

	(void)state;
	tiny_make(&t, &plain);
	tiny_expected_int8(&t, first);
	for (size_t i = 6; i < sizeof convs / sizeof convs[0]; i++) {
		uint32_t differ = 0;

		tiny_make(&t, &convs[i].options);
		tiny_expected_int8(&t, other);
		for (int k = 0; k < TINY_OUT_ELEMS; k++)
			differ += first[k] != other[k];
		CHECK(convs[i].name, differ > TINY_OUT_ELEMS / 10, "%u differ", differ);
	}
}

static const struct tiny_options with_operand = { .int8 = 1, .op = NPUB_OP_ADD };

/* A sum with an operand that nobody gave looks right and is not. */
static void test_operand_must_be_written(void **state)
{
	struct fake_device *device = aligned_alloc(4096, sizeof *device);
	int8_t operand[TINY_OUT_ELEMS] = { 0 };
	struct npurt_error error;
	struct npurt *rt;
	struct tiny t;
	size_t bytes, mapped;
	uint8_t *blob;
	void *place;

	(void)state;
	assert_non_null(device);
	tiny_make(&t, &with_operand);
	blob = tiny_bundle(&t, &bytes);
	for (int map = 0; map < 2; map++) {
		fake_device_init(device);
		assert_int_equal(
		    npurt_open(&rt, blob, bytes, &device->device, NULL, &error),
		    NPURT_OK);
		device->output = device->arena; /* anything */
		device->output_bytes = t.tensor[TINY_T_OUTPUT].bytes;
		device->output_bo_index = device->bo_count - 1;
		assert_int_equal(npurt_run(rt, &error), NPURT_ERR_STATE);
		assert_non_null(strstr(error.detail, "add"));
		assert_int_equal(npurt_write(rt, NPURT_OPERAND, operand, 1),
				 NPURT_ERR_TENSOR_SIZE);
		assert_int_equal(npurt_run(rt, &error), NPURT_ERR_STATE);
		if (map)
			assert_int_equal(npurt_map(rt, NPURT_OPERAND, &place, &mapped),
					 NPURT_OK);
		else
			assert_int_equal(
			    npurt_write(rt, NPURT_OPERAND, operand, sizeof operand),
			    NPURT_OK);
		CHECK_ERR("operand given", npurt_run(rt, &error), NPURT_OK, &error);
		npurt_close(rt);
	}
	assert_int_equal(mapped, t.tensor[TINY_T_OPERAND].bytes);
	free(blob);
	free(device);
}

/* uint8 is the user's form alone: the same job, bytes 128 more, zero points too. */
static void test_uint8(void **state)
{
	static const enum npurt_tensor_id ids[] = { NPURT_INPUT, NPURT_OPERAND,
						    NPURT_OUTPUT };
	static const int tensors[] = { TINY_T_INPUT, TINY_T_OPERAND, TINY_T_OUTPUT };
	int8_t in[TINY_IN_ELEMS], operand[TINY_OUT_ELEMS], want[TINY_OUT_ELEMS];
	uint8_t out[TINY_OUT_ELEMS];
	struct npurt_device *device;
	struct npurt *rt;
	struct tiny t;
	size_t bytes;
	uint8_t *blob;

	(void)state;
	tiny_make(&t, &with_operand);
	for (int i = 0; i < 3; i++)
		t.tensor[tensors[i]].user_form = NPUB_USER_UINT8;
	blob = tiny_bundle(&t, &bytes);
	assert_int_equal(npurt_device_open_sim(&device, 1, NULL), NPURT_OK);
	assert_int_equal(npurt_open(&rt, blob, bytes, device, NULL, NULL), NPURT_OK);
	for (int i = 0; i < 3; i++) {
		struct npurt_tensor_info info;

		assert_int_equal(npurt_tensor(rt, ids[i], &info), NPURT_OK);
		assert_true(info.is_uint8);
		assert_int_equal(info.elem_bytes, 1);
		assert_int_equal(info.zero_point,
				 t.tensor[tensors[i]].zero_point + 128);
	}
	tiny_input_int8(in);
	tiny_operand_int8(operand);
	tiny_expected_int8(&t, want);
	for (int i = 0; i < TINY_IN_ELEMS; i++)
		in[i] = (int8_t)(in[i] + 128);
	for (int i = 0; i < TINY_OUT_ELEMS; i++)
		operand[i] = (int8_t)(operand[i] + 128);
	assert_int_equal(npurt_write_input(rt, in, sizeof in), NPURT_OK);
	assert_int_equal(npurt_write(rt, NPURT_OPERAND, operand, sizeof operand),
			 NPURT_OK);
	assert_int_equal(npurt_run(rt, NULL), NPURT_OK);
	assert_int_equal(npurt_read_output(rt, out, sizeof out), NPURT_OK);
	for (int i = 0; i < TINY_OUT_ELEMS; i++)
		assert_int_equal(out[i], want[i] + 128);
	npurt_close(rt);
	npurt_device_close(device);
	free(blob);
}

/*
 * Zeros are taken without a second look only when all that was read is zero, and means
 * zero.  The second look fails here: this device knows no other result.
 */
static void test_zeros_are_doubted(void **state)
{
	static const struct {
		const char *name;
		struct tiny_options options;
		int input, operand; /* bytes they are filled with */
		enum npurt_err want;
	} cases[] = {
		{ "zeros of zeros", { .op = NPUB_OP_ADD }, 0, 0, NPURT_OK },
		{ "zeros of an input", { .op = NPUB_OP_ADD }, 1, 0, NPURT_ERR_NOT_EXECUTED },
		{ "zeros of an operand", { .op = NPUB_OP_ADD }, 0, 1, NPURT_ERR_NOT_EXECUTED },
		{ "stored zeros", { .int8 = 1 }, 0, 0, NPURT_ERR_NOT_EXECUTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct tiny_fixture *f = tiny_setup(&cases[i].options);
		struct npurt_error error;
		struct npurt *rt;
		size_t bytes;
		void *place;

		memset(f->output, 0, sizeof f->output);
		assert_int_equal(npurt_open(&rt, f->blob, f->bytes, &f->device.device,
					    NULL, &error),
				 NPURT_OK);
		npurt_map(rt, NPURT_INPUT, &place, &bytes);
		memset(place, cases[i].input, bytes);
		if (!npurt_map(rt, NPURT_OPERAND, &place, &bytes))
			memset(place, cases[i].operand, bytes);
		CHECK_ERR(cases[i].name, npurt_run(rt, &error), cases[i].want, &error);
		npurt_close(rt);
		free(f->blob);
		free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_numbers_matter),
		cmocka_unit_test(test_operand_must_be_written),
		cmocka_unit_test(test_uint8),
		cmocka_unit_test(test_zeros_are_doubted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
