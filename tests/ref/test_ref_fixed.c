/* The fixed-point reference against results worked out by hand, and against itself. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ref_fixed.h"

static void test_round_shift(void **state)
{
	static const struct {
		int64_t v;
		uint32_t shift;
		int64_t want;
	} cases[] = {
		{ 5, 0, 5 },	 { -5, 0, -5 },
		{ 4, 1, 2 },	 { 5, 1, 2 },
		{ 7, 1, 4 },	 { -5, 1, -2 },
		{ -7, 1, -4 },	 { -1, 1, 0 },
		{ 5, 2, 1 },	 { 6, 2, 2 },
		{ 7, 2, 2 },	 { 10, 2, 2 },
		{ -5, 2, -1 },	 { -6, 2, -2 },
		{ -7, 2, -2 },	 { -10, 2, -2 },
		{ 0, 40, 0 },	 { 1, 62, 0 },
		{ -1, 62, 0 },	 { INT64_C(3) << 61, 62, 2 },
		{ 8191, 14, 0 }, { 8192, 14, 0 },
		{ 8193, 14, 1 }, { 24576, 14, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(ref_round_shift(cases[i].v, cases[i].shift),
				 cases[i].want);
}

/* One row of four pixels, one kernel of 1 x 1: what constants do is plain to see. */
static const struct ref_conv point = { .n = 1,
				       .c = 1,
				       .h = 1,
				       .w = 4,
				       .k = 1,
				       .kh = 1,
				       .kw = 1,
				       .sy = 1,
				       .sx = 1,
				       .dy = 1,
				       .dx = 1,
				       .g = 1 };

static void test_derive_multiplier(void **state)
{
	/* step of the sum / output scale -> scale, shift */
	static const struct {
		double ratio;
		int32_t scale;
		uint32_t shift;
	} cases[] = {
		{ 1, 0x4000, 14 },	     { 0.75, 0x6000, 15 },
		{ 0.5, 0x4000, 15 },	     { 3, 0x6000, 13 },
		{ 2 - 1e-9, 0x4000, 13 },    { 1 + 0x1p-14, 0x4001, 14 },
		{ 1 + 0x1p-15, 0x4000, 14 }, /* half way: even */
		{ 1 + 0x3p-15, 0x4002, 14 }, { 0x1p-40, 0x4000, 54 },
	};
	const double one = 1;
	const int8_t w = 1;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ref_operator o = { .input = { cases[i].ratio, 0 },
					  .output = { 1, 0 },
					  .weight_scale = &one };
		struct ref_fixed f;
		const char *why;

		assert_true(ref_fixed_derive(&f, &point, &w, &o, &why));
		assert_int_equal(f.out_scale, cases[i].scale);
		assert_int_equal(f.out_shift, cases[i].shift);
		ref_fixed_free(&f);
		o.input.scale = 0x1p16;
		assert_false(ref_fixed_derive(&f, &point, &w, &o, &why));
		ref_fixed_free(&f);
	}
}

static void test_derive_channels(void **state)
{
	const struct ref_conv r = { .n = 1,
				    .c = 1,
				    .h = 1,
				    .w = 2,
				    .k = 3,
				    .kh = 1,
				    .kw = 2,
				    .sy = 1,
				    .sx = 1,
				    .dy = 1,
				    .dx = 1,
				    .g = 1 };
	const int8_t w[] = { 10, 20, /**/ -5, 1, /**/ 7, 7 };
	const double scale[] = { 0.25, 0.5, 0.1 }, bias[] = { 1, -2.25, 0.3 };
	const int32_t zero[] = { 0, 3, 7 };
	const struct ref_operator o = {
		.input = { 0.5, 4 },
		.output = { 0.25, -9 },
		.operand = { 0.125, 6 },
		.per_channel = true,
		.weight_scale = scale,
		.weight_zero = zero,
		.bias = bias,
		.act = REF_ACT_CLIP,
		.high = 6.1,
		.add = true,
	};
	struct ref_fixed f;
	const char *why;

	(void)state;
	assert_true(ref_fixed_derive(&f, &r, w, &o, &why));
	/* 1 / 0.125 - 4 * 30;  -2.25 / 0.25 - 4 * (-8 - 2);  0.3 / 0.05 - 0 */
	assert_int_equal(f.bias[0], 8 - 120);
	assert_int_equal(f.bias[1], -9 + 40);
	assert_int_equal(f.bias[2], 6);
	assert_int_equal(f.factor[0], 8192);
	assert_int_equal(f.factor[1], 16384);
	assert_int_equal(f.factor[2], 3277); /* 3276.8 */
	assert_int_equal(f.limit, 24);	     /* 6.1 / 0.25 = 24.4 */
	assert_int_equal(f.pad, 4);
	/* the sum's step is 0.25 */
	assert_true(f.out_scale == 0x4000 && f.out_shift == 14 && f.out_zero == -9);
	assert_true(f.operand_scale == 0x4000 && f.operand_shift == 15);
	assert_int_equal(f.operand_zero, 6);
	ref_fixed_free(&f);
}

/* 2 x 2 kernel at the corner of a padded image, all by hand. */
static void test_run(void **state)
{
	const struct ref_conv r = { .n = 1,
				    .c = 1,
				    .h = 1,
				    .w = 2,
				    .k = 1,
				    .kh = 2,
				    .kw = 2,
				    .sy = 1,
				    .sx = 1,
				    .pt = 1,
				    .dy = 1,
				    .dx = 1,
				    .g = 1 };
	const int8_t x[] = { 10, -3 }, w[] = { 2, 4, 6, 8 }, operand[] = { 5 };
	int32_t bias[] = { -7 }, zero[] = { 1 };
	uint32_t factor[] = { 8192 };
	/* sum 5 * 2 + 5 * 4 + 10 * 6 - 3 * 8 = 66, of inputs 17: 66 - 17 - 7 = 42 */
	struct ref_fixed f = {
		.pad = 5, .bias = bias, .weight_zero = zero, .int32 = true
	};
	int32_t y;

	(void)state;
	ref_fixed_run(&r, x, w, NULL, &f, &y);
	assert_int_equal(y, 42);
	f.factor = factor; /* 21 */
	f.int32 = false;
	f.out_scale = 3; /* 63 / 4 = 15.75 */
	f.out_shift = 2;
	f.out_zero = 100;
	ref_fixed_run(&r, x, w, NULL, &f, &y);
	assert_int_equal(y, 116);
	f.add = true; /* (5 - 9) * 7 / 8 = -3.5: -4, then 17 * 3 / 4 = 12.75 */
	f.operand_zero = 9;
	f.operand_scale = 7;
	f.operand_shift = 3;
	ref_fixed_run(&r, x, w, operand, &f, &y);
	assert_int_equal(y, 113);
	f.act = REF_ACT_CLIP; /* 10 * 3 / 4 = 7.5 */
	f.limit = 10;
	ref_fixed_run(&r, x, w, operand, &f, &y);
	assert_int_equal(y, 108);
	bias[0] = -1000; /* -951 / 2 = -475.5: -476; less 4: 0 */
	ref_fixed_run(&r, x, w, operand, &f, &y);
	assert_int_equal(y, 100);
	f.add = false;
	f.act = REF_ACT_LEAKY; /* -476 * 5 / 32 = -74.375; * 3 / 4 = -55.5 */
	f.leak_scale = 5;
	f.leak_shift = 5;
	ref_fixed_run(&r, x, w, operand, &f, &y);
	assert_int_equal(y, 44);
	f.out_zero = -100; /* -156 */
	ref_fixed_run(&r, x, w, operand, &f, &y);
	assert_int_equal(y, -128);
}

static void test_real(void **state)
{
	const int8_t x[] = { 10, -20, 0, 127 }, w = 3, operand[] = { 1, 2, 3, 4 };
	const double scale = 0.5, bias = 1, shift = 2;
	struct ref_operator o = { .input = { 0.25, 2 },
				  .output = { 0.5, -1 },
				  .operand = { 2, 1 },
				  .weight_scale = &scale,
				  .bias = &bias };
	double y[4];

	(void)state;
	ref_real_run(&point, x, &w, NULL, &o, y); /* x 2, -5.5, -0.5, 31.25 */
	assert_true(y[0] == 8 - 1 && y[1] == -14.5 - 1 && y[2] == 0.5 - 1 &&
		    y[3] == 94.75);
	o.act = REF_ACT_RELU;
	o.add = true; /* 4, -7.25, 0.25, 47.875 and 0, 2, 4, 6 */
	ref_real_run(&point, x, &w, operand, &o, y);
	assert_true(y[0] == 7 && y[1] == -1 && y[2] == 7.5 && y[3] == 106.75);
	o.input_shift = &shift; /* 3 more */
	ref_real_run(&point, x, &w, operand, &o, y);
	assert_true(y[0] == 13 && y[1] == -1 && y[2] == 13.5 && y[3] == 112.75);
	o.act = REF_ACT_LEAKY;
	o.slope = 0.25;
	o.add = false;
	ref_real_run(&point, x, &w, NULL, &o, y);
	assert_true(y[1] == -4.25 / 2 - 1);
	o.int32 = true;
	o.act = REF_ACT_NONE;
	ref_real_run(&point, x, &w, NULL, &o, y);
	assert_true(y[1] == -34);
}

/* docs/numerics.md, "An example". */
static void test_documented_example(void **state)
{
	const struct ref_conv r = { .n = 1,
				    .c = 2,
				    .h = 1,
				    .w = 3,
				    .k = 2,
				    .kh = 1,
				    .kw = 2,
				    .sy = 1,
				    .sx = 1,
				    .pl = 1,
				    .dy = 1,
				    .dx = 1,
				    .g = 1 };
	const int8_t x[] = { 10, -3, 20, /**/ 0, 7, -8 };
	const int8_t w[] = { 3, -2, 1, 5, /**/ 7, -4, 2, 9 };
	const double scale[] = { 0.25, 3.0 / 16 }, bias[] = { 1.5, -2 };
	const struct ref_operator o = {
		.input = { 0.5, 4 },
		.output = { 0.75, -3 },
		.per_channel = true,
		.weight_scale = scale,
		.bias = bias,
		.act = REF_ACT_RELU,
	};
	const int32_t want[] = { -3, 6, -3, /**/ -3, 5, -3 };
	const double real[] = {
		-3, 6.875 / 0.75 - 3, -3, /**/ -3, 6.34375 / 0.75 - 3, -3
	};
	struct ref_fixed f;
	const char *why;
	int32_t y[6];
	double values[6];

	(void)state;
	assert_true(ref_fixed_derive(&f, &r, w, &o, &why));
	assert_true(f.factor[0] == 16384 && f.factor[1] == 12288);
	assert_true(f.bias[0] == -16 && f.bias[1] == -77 && f.pad == 4);
	assert_true(f.out_scale == 0x5555 && f.out_shift == 17 && f.out_zero == -3);
	ref_fixed_run(&r, x, w, NULL, &f, y);
	ref_real_run(&r, x, w, NULL, &o, values);
	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(y[i], want[i]);
		assert_true(fabs(values[i] - real[i]) < 1e-9);
	}
	ref_fixed_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_shift),
		cmocka_unit_test(test_derive_multiplier),
		cmocka_unit_test(test_derive_channels),
		cmocka_unit_test(test_run),
		cmocka_unit_test(test_documented_example),
		cmocka_unit_test(test_real),
	};

	return cmocka_run_group_tests_name("ref_fixed", tests, NULL, NULL);
}
