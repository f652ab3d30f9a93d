/* The reference against results worked out by hand, and against its definition. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ref_conv.h"

#define MAX_VALUES 64u

/* Small whole numbers as fp16 bits. */
static uint16_t half_from_int(int value)
{
	uint16_t sign = value < 0 ? 0x8000 : 0;
	int exponent = 25, fraction = abs(value);

	if (value == 0)
		return 0;
	while (fraction < 1024) {
		fraction *= 2;
		exponent--;
	}
	return (uint16_t)(sign | exponent << 10 | (fraction - 1024));
}

/* clang-format off */
static const struct {
	const char *name;
	struct ref_conv r;
	int x[MAX_VALUES], w[MAX_VALUES];
	float bias[4];
	double want[MAX_VALUES], want_magnitude[MAX_VALUES];
} cases[] = {
	{ "one product",
	  { .n = 1, .c = 1, .h = 1, .w = 1, .k = 1, .kh = 1, .kw = 1, .sy = 1, .sx = 1,
	    .dy = 1, .dx = 1, .g = 1 },
	  { 3 }, { -5 }, { 0 }, { -15 }, { 15 } },
	{ "two channels, two kernels, bias",
	  { .n = 1, .c = 2, .h = 1, .w = 2, .k = 2, .kh = 1, .kw = 1, .sy = 1, .sx = 1,
	    .dy = 1, .dx = 1, .g = 1 },
	  { 1, 2, /**/ 10, 20 }, { 1, 1, /**/ 3, -1 }, { 0.5f, -0.25f },
	  { 11.5, 22.5, -7.25, -14.25 }, { 11, 22, 13, 26 } },
	/* x = 1 2 3 / 4 5 6, kernel 1 2 / 3 4 */
	{ "two by two",
	  { .n = 1, .c = 1, .h = 2, .w = 3, .k = 1, .kh = 2, .kw = 2, .sy = 1, .sx = 1,
	    .dy = 1, .dx = 1, .g = 1 },
	  { 1, 2, 3, 4, 5, 6 }, { 1, 2, 3, 4 }, { 0 }, { 37, 47 }, { 37, 47 } },
	/* one row above and one column to the left and two to the right of zeros */
	{ "padding on three sides",
	  { .n = 1, .c = 1, .h = 2, .w = 2, .k = 1, .kh = 2, .kw = 2, .sy = 1, .sx = 1,
	    .pt = 1, .pl = 1, .pr = 2, .dy = 1, .dx = 1, .g = 1 },
	  { 1, 2, 3, 4 }, { 1, 10, 100, 1000 }, { 0 },
	  { 1000, 2100, 200, 0, 3010, 4321, 402, 0 },
	  { 1000, 2100, 200, 0, 3010, 4321, 402, 0 } },
	/* rows 0 and 2, columns 0 and 3 */
	{ "strides two and three",
	  { .n = 1, .c = 1, .h = 3, .w = 4, .k = 1, .kh = 1, .kw = 1, .sy = 2, .sx = 3,
	    .dy = 1, .dx = 1, .g = 1 },
	  { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }, { 2 }, { 0 },
	  { 2, 8, 18, 24 }, { 2, 8, 18, 24 } },
	/* taps two rows and three columns apart */
	{ "dilation",
	  { .n = 1, .c = 1, .h = 3, .w = 4, .k = 1, .kh = 2, .kw = 2, .sy = 1, .sx = 1,
	    .dy = 2, .dx = 3, .g = 1 },
	  { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }, { 1, -10, 100, 1000 }, { 0 },
	  { 1 - 40 + 900 + 12000 }, { 1 + 40 + 900 + 12000 } },
	{ "two groups, two images",
	  { .n = 2, .c = 2, .h = 1, .w = 1, .k = 4, .kh = 1, .kw = 1, .sy = 1, .sx = 1,
	    .dy = 1, .dx = 1, .g = 2 },
	  { 1, 10, /**/ 2, 20 }, { 1, 2, 3, 4 }, { 0 },
	  { 1, 2, 30, 40, /**/ 2, 4, 60, 80 }, { 1, 2, 30, 40, 2, 4, 60, 80 } },
};
/* clang-format on */

static void test_by_hand(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint16_t x[MAX_VALUES], w[MAX_VALUES];
		double y[MAX_VALUES], magnitude[MAX_VALUES];

		for (uint32_t j = 0; j < MAX_VALUES; j++) {
			x[j] = half_from_int(cases[i].x[j]);
			w[j] = half_from_int(cases[i].w[j]);
		}
		assert_true(ref_conv_run(&cases[i].r, x, w, cases[i].bias, y, magnitude));
		for (size_t j = 0; j < ref_output_count(&cases[i].r); j++)
			if (y[j] != cases[i].want[j] ||
			    magnitude[j] != cases[i].want_magnitude[j])
				fail_msg("%s: output %zu is %g (%g)", cases[i].name, j,
					 y[j], magnitude[j]);
	}
}

/* x[n][c][y][x], zero outside. */
static double input_at(const struct ref_conv *r, const uint16_t *x, uint32_t n,
		       uint32_t c, int64_t row, int64_t col)
{
	if (row < 0 || col < 0 || row >= r->h || col >= r->w)
		return 0;
	return ref_half(
	    x[(((size_t)n * r->c + c) * r->h + (size_t)row) * r->w + (size_t)col]);
}

/* One output as the formula in the header says, one term after the other. */
static double output_at(const struct ref_conv *r, const uint16_t *x, const uint16_t *w,
			uint32_t n, uint32_t k, uint32_t oy, uint32_t ox)
{
	uint32_t chans = r->c / r->g, first = k / (r->k / r->g) * chans;
	double sum = 0;

	for (uint32_t c = 0; c < chans; c++)
		for (uint32_t ky = 0; ky < r->kh; ky++)
			for (uint32_t kx = 0; kx < r->kw; kx++)
				sum +=
				    ref_half(
					w[((k * chans + c) * r->kh + ky) * r->kw + kx]) *
				    input_at(r, x, n, first + c,
					     (int64_t)oy * r->sy + ky * r->dy - r->pt,
					     (int64_t)ox * r->sx + kx * r->dx - r->pl);
	return sum;
}

static uint32_t draw(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

static void test_against_definition(void **state)
{
	static uint16_t x[1 << 16], w[1 << 16];
	static double y[1 << 16], magnitude[1 << 16];
	uint32_t seed = 1;

	(void)state;
	for (uint32_t i = 0; i < 400; i++) {
		uint32_t g = 1 + draw(&seed, 3);
		struct ref_conv r = {
			.n = 1 + draw(&seed, 2),
			.g = g,
			.c = g * (1 + draw(&seed, 3)),
			.k = g * (1 + draw(&seed, 3)),
			.h = 1 + draw(&seed, 9),
			.w = 1 + draw(&seed, 9),
			.kh = 1 + draw(&seed, 4),
			.kw = 1 + draw(&seed, 4),
			.sy = 1 + draw(&seed, 7),
			.sx = 1 + draw(&seed, 7),
			.pt = draw(&seed, 5),
			.pl = draw(&seed, 5),
			.pb = draw(&seed, 5),
			.pr = draw(&seed, 5),
			.dy = 1 + draw(&seed, 3),
			.dx = 1 + draw(&seed, 3),
		};
		size_t at = 0;

		for (size_t j = 0; j < ref_input_count(&r); j++)
			x[j] = half_from_int((int)draw(&seed, 400) - 200);
		for (size_t j = 0; j < ref_weight_count(&r); j++)
			w[j] = half_from_int((int)draw(&seed, 400) - 200);
		assert_true(ref_conv_run(&r, x, w, NULL, y, magnitude));
		for (uint32_t n = 0; n < r.n; n++)
			for (uint32_t k = 0; k < r.k; k++)
				for (uint32_t oy = 0; oy < ref_out_h(&r); oy++)
					for (uint32_t ox = 0; ox < ref_out_w(&r);
					     ox++, at++)
						if (y[at] !=
						    output_at(&r, x, w, n, k, oy, ox))
							fail_msg("case %u: output %zu", i,
								 at);
		assert_int_equal(at, ref_output_count(&r));
	}
}

static void test_bounds(void **state)
{
	(void)state;
	assert_true(ref_bound_fp16(1, 0) == 0x1p-10);
	assert_true(ref_bound_fp16(-1.999, 0) == 0x1p-10);
	assert_true(ref_bound_fp16(2, 0) == 0x1p-9);
	assert_true(ref_bound_fp16(0, 0) == 0x1p-24);
	assert_true(ref_bound_fp16(0x1p-20, 0) == 0x1p-24);
	assert_true(ref_bound_fp16(40000, 0) == 32);
	assert_true(ref_bound_fp16(0, 0x1p18) == 1 + 0x1p-24);
	assert_true(ref_bound_fp32(-1, 0) == 0x1p-23);
	assert_true(ref_bound_fp32(0, 1) == 0x1p-18 + 0x1p-149);
}

static void test_half(void **state)
{
	(void)state;
	assert_true(ref_half(0x3c00) == 1 && ref_half(0xc000) == -2);
	assert_true(ref_half(0x7bff) == 65504 && ref_half(0x0001) == 0x1p-24);
	assert_true(isinf(ref_half(0xfc00)) && isnan(ref_half(0x7e00)));
	assert_true(ref_half(0x3555) == 1365.0 / 4096);
	assert_int_equal(ref_to_half(1e9), 0x7c00);
	assert_int_equal(ref_to_half(-65519.9), 0xfbff);
	for (uint32_t h = 0; h < 0x7c00; h++) {
		double v = ref_half((uint16_t)h),
		       middle = h < 0x7bff ? (v + ref_half((uint16_t)(h + 1))) / 2 : v;

		assert_int_equal(ref_to_half(v), h);
		assert_int_equal(ref_to_half(-v), h | 0x8000);
		assert_int_equal(ref_to_half(middle), h < 0x7bff ? h + (h & 1) : h);
		if (middle != v)
			assert_int_equal(ref_to_half(nextafter(middle, 1e9)), h + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_against_definition),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_half),
	};

	return cmocka_run_group_tests_name("ref_conv", tests, NULL, NULL);
}
