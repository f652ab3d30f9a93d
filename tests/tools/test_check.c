#include "tool_test.h"

#include <math.h>

#include "bundle/pack.h"
#include "check.h"
#include "operands/weights.h"
#include "refconv.h"

static void bounds(void **state)
{
	static const struct {
		const char *name;
		enum npu_elem elem;
		double reference, magnitude, want;
	} cases[] = {
		{ "fp16 one", NPU_ELEM_FP16, 1, 0, 0x1p-10 },
		{ "fp16 below two", NPU_ELEM_FP16, 1.999, 0, 0x1p-10 },
		{ "fp16 two", NPU_ELEM_FP16, 2, 0, 0x1p-9 },
		{ "fp16 minus three", NPU_ELEM_FP16, -3, 0, 0x1p-9 },
		{ "fp16 largest", NPU_ELEM_FP16, 65504, 0, 32 },
		{ "fp16 zero", NPU_ELEM_FP16, 0, 0, 0x1p-24 },
		{ "fp16 subnormal", NPU_ELEM_FP16, 0x1p-20, 0, 0x1p-24 },
		{ "fp16 sums", NPU_ELEM_FP16, 1, 512, 0x1p-10 + 0x1p-9 },
		{ "fp32 one", NPU_ELEM_FP32, 1, 0, 0x1p-23 },
		{ "fp32 sums", NPU_ELEM_FP32, 4, 1, 0x1p-21 + 0x1p-18 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		double got =
		    check_bound(cases[i].elem, cases[i].reference, cases[i].magnitude);

		if (got != cases[i].want)
			fail_msg("%s: bound %g, want %g", cases[i].name, got,
				 cases[i].want);
	}
}

/* A bundle of one conv, in memory only, as far as check_output() looks at it. */
#define IN_C 3u
#define OUT_C 5u
#define IN_H 4u
#define IN_W 6u
#define OUT_H 2u /* kernel 3 x 2, stride 2 x 1, padding top and left 1 */
#define OUT_W 6u

struct fixture {
	struct npub npub;
	struct npub_conv conv;
	struct npub_tensor tensors[4];
	struct npub_bo bo;
	uint8_t data[4096];
	struct tensor input, output;
};

static void make_weights(struct fixture *f, const struct conv_problem *p)
{
	uint16_t oihw[OUT_C * IN_C * 6];
	float bias[OUT_C];
	const struct operands o = { .weights = oihw, .bias = bias };
	struct conv_layout layout;

	for (size_t i = 0; i < COUNT(oihw); i++)
		oihw[i] = fp16_from_float((float)((int)(i * 7 % 31) - 15) / 16);
	for (size_t i = 0; i < OUT_C; i++)
		bias[i] = (float)i / 3;
	assert_true(layout_from_problem(&layout, p));
	assert_true(layout.bias_offset + layout.bias_bytes <= sizeof(f->data));
	pack_weights(p, &layout, &o, f->data);
	pack_bias(p, &layout, &o, f->data + layout.bias_offset);
	f->tensors[2] = (struct npub_tensor){ .role = NPUB_TENSOR_WEIGHTS,
					      .bytes = layout.weight_bytes };
	f->tensors[3] = (struct npub_tensor){ .role = NPUB_TENSOR_BIAS,
					      .bo_offset = layout.bias_offset,
					      .bytes = layout.bias_bytes };
	layout_free(&layout);

	/* The output as a perfect device would give it. */
	float weights[COUNT(oihw)], input[IN_C * IN_H * IN_W];
	const struct refconv r = {
		.shape.batch = 1,
		.shape.in_c = IN_C,
		.shape.in_h = IN_H,
		.shape.in_w = IN_W,
		.shape.out_c = OUT_C,
		.shape.out_h = OUT_H,
		.shape.out_w = OUT_W,
		.shape.kernel_h = 3,
		.shape.kernel_w = 2,
		.shape.stride_y = 2,
		.shape.stride_x = 1,
		.shape.pad_top = 1,
		.shape.pad_left = 1,
		.shape.dilation_y = 1,
		.shape.dilation_x = 1,
		.shape.groups = 1,
		.input = input,
		.weights = weights,
		.bias = bias,
	};

	for (size_t i = 0; i < COUNT(oihw); i++)
		weights[i] = float_from_fp16(oihw[i]);
	for (size_t i = 0; i < COUNT(input); i++)
		input[i] = (float)tensor_get(&f->input, i);
	for (uint32_t k = 0; k < OUT_C; k++)
		for (uint32_t y = 0; y < OUT_H; y++) {
			double row[OUT_W], magnitude[OUT_W];

			refconv_row(&r, 0, k, y, row, magnitude);
			for (uint32_t x = 0; x < OUT_W; x++)
				assert_true(tensor_set(
				    &f->output, (k * OUT_H + y) * OUT_W + x, row[x]));
		}
}

/* The same conv as the compiler and as a bundle say it. */
/* clang-format off */
static const struct conv_problem the_problem = {
	.batch = 1, .in_c = IN_C, .in_h = IN_H, .in_w = IN_W, .out_c = OUT_C,
	.out_h = OUT_H, .out_w = OUT_W, .kernel_h = 3, .kernel_w = 2, .stride_y = 2,
	.stride_x = 1, .pad_top = 1, .pad_left = 1, .dilation_y = 1, .dilation_x = 1,
	.groups = 1, .elem = NPU_ELEM_FP16, .out_elem = NPU_ELEM_FP16,
	.bias.kind = SOURCE_SEED,
};

static const struct npub_conv the_conv = {
	.batch = 1, .in_c = IN_C, .in_h = IN_H, .in_w = IN_W, .out_c = OUT_C,
	.out_h = OUT_H, .out_w = OUT_W, .kernel_h = 3, .kernel_w = 2, .stride_y = 2,
	.stride_x = 1, .pad_top = 1, .pad_left = 1, .dilation_y = 1, .dilation_x = 1,
	.groups = 1, .elem = NPU_ELEM_FP16, .out_elem = NPU_ELEM_FP16, .input = 0,
	.output = 1, .weights = 2, .bias = 3,
};
/* clang-format on */

static int open_fixture(void **state)
{
	static struct fixture f;
	const struct tensor_desc in = { NPU_ELEM_FP16, 1, IN_C, IN_H, IN_W, 1, 0, false };
	const struct tensor_desc out = { NPU_ELEM_FP16, 1, OUT_C, OUT_H,
					 OUT_W,		1, 0,	  false };

	memset(&f, 0, sizeof(f));
	f.conv = the_conv;
	f.bo = (struct npub_bo){ .role = NPUB_BO_WEIGHT,
				 .bytes = sizeof(f.data),
				 .data_bytes = sizeof(f.data) };
	f.npub = (struct npub){ .tensors = f.tensors, .bos = &f.bo, .data = f.data };
	assert_true(tensor_new(&f.input, &in) && tensor_new(&f.output, &out));
	assert_true(tensor_fill_random(&f.input, 3, SEED_INPUT));
	make_weights(&f, &the_problem);
	*state = &f;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;

	tensor_free(&f->input);
	tensor_free(&f->output);
	return 0;
}

static enum check_status check(const struct fixture *f, uint32_t threads,
			       struct check_result *result, char *why)
{
	const struct check_run run = { .npub = &f->npub,
				       .conv = &f->conv,
				       .input = &f->input,
				       .output = &f->output,
				       .threads = threads };

	return check_output(result, &run, why, 200);
}

static void rounded_results_pass(void **state)
{
	for (uint32_t threads = 1; threads <= 7; threads += 3) {
		struct check_result r;
		char why[200];

		assert_int_equal(check(*state, threads, &r, why), CHECK_DONE);
		assert_int_equal(r.outputs, OUT_C * OUT_H * OUT_W);
		assert_int_equal(r.failures, 0);
		assert_true(r.worst_ratio <= 0.5 && error_cosine(&r.error) > 0.999999);
	}
}

/* One value off by less and by more than the bound, at any place, for any thread. */
static void one_wrong_value(void **state)
{
	struct fixture *f = *state;
	static const size_t places[] = { 0, 17, OUT_C * OUT_H * OUT_W - 1 };

	for (size_t i = 0; i < COUNT(places); i++)
		for (uint32_t threads = 1; threads <= 3; threads++) {
			uint16_t *value = (uint16_t *)f->output.data + places[i];
			uint16_t good = *value;
			struct check_result r;
			char why[200];

			*value = (uint16_t)(good + 3); /* three ulps */
			assert_int_equal(check(f, threads, &r, why), CHECK_DONE);
			*value = good;
			assert_int_equal(r.failures, 1);
			assert_int_equal(r.worst, places[i]);
			assert_true(r.worst_ratio > 1);
			assert_true(fabs(r.worst_got - r.worst_reference) ==
				    r.error.max_error);
		}
}

static void not_a_number_fails(void **state)
{
	static const uint16_t wrong[] = { 0x7e00, 0x7c00, 0xfc00, 0x7bff };
	struct fixture *f = *state;
	uint16_t *value = (uint16_t *)f->output.data + 5, good = *value;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct check_result r;
		char why[200];

		*value = wrong[i];
		assert_int_equal(check(f, 2, &r, why), CHECK_DONE);
		*value = good;
		assert_int_equal(r.failures, 1);
		assert_int_equal(r.worst, 5);
	}
}

static void wrong_input_fails(void **state)
{
	struct fixture *f = *state;
	struct check_result r;
	char why[200];

	/* The middle of channel 1: under several windows of every kernel. */
	assert_true(tensor_set(&f->input, IN_H * IN_W + IN_W + 2, 9));
	assert_int_equal(check(f, 2, &r, why), CHECK_DONE);
	assert_true(r.failures >= OUT_C);
}

/* Where fp16 ends, infinity and the largest number are both right; nothing else is. */
static void overflow(void **state)
{
	static const struct {
		const char *name;
		uint16_t got;
		bool good;
	} cases[] = {
		{ "infinity", 0x7c00, true },	      { "largest", 0x7bff, true },
		{ "next to largest", 0x7bfe, false }, { "one", 0x3c00, false },
		{ "minus infinity", 0xfc00, false },  { "not a number", 0x7e00, false },
	};
	struct fixture *f = *state;
	const float bias = 70000;
	uint16_t *output = f->output.data;

	memcpy(f->data + f->tensors[3].bo_offset, &bias, sizeof(bias)); /* of channel 0 */
	for (size_t i = 0; i < OUT_H * OUT_W; i++)
		output[i] = 0x7c00;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct check_result r;
		char why[200];

		output[7] = cases[i].got;
		assert_int_equal(check(f, 2, &r, why), CHECK_DONE);
		CHECK(cases[i].name, r.failures == (cases[i].good ? 0 : 1));
		CHECK(cases[i].name, cases[i].good || r.worst == 7);
	}
}

static void missing_weights(void **state)
{
	struct fixture *f = *state;
	struct check_result r;
	char why[200] = "";

	f->bo.data_bytes = f->tensors[2].bytes - 1;
	assert_int_equal(check(f, 1, &r, why), CHECK_IMPOSSIBLE);
	CHECK_TEXT("no weights", why, "does not hold the conv's weights");
	f->bo.data_bytes = f->tensors[3].bo_offset + f->tensors[3].bytes - 1;
	assert_int_equal(check(f, 1, &r, why), CHECK_IMPOSSIBLE);
	CHECK_TEXT("no bias", why, "does not hold the conv's bias");
}

int main(void)
{
#define WITH_FIXTURE(test)                                                               \
	cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds),	 WITH_FIXTURE(rounded_results_pass),
		WITH_FIXTURE(one_wrong_value),	 WITH_FIXTURE(not_a_number_fails),
		WITH_FIXTURE(wrong_input_fails), WITH_FIXTURE(overflow),
		WITH_FIXTURE(missing_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
