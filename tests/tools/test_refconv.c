#include "tool_test.h"

#include "refconv.h"

/* Sums worked out by hand; the sizes of each case are as small as its point allows. */
static const struct {
	const char *name;
	struct refconv r; /* without its arrays */
	float input[12], weights[8], bias[2];
	int with_bias;
	double want[8], magnitude[8];
} cases[] = {
#define SIZES(n, c, h, w, k, oh, ow, kh, kw)                                             \
	.shape.batch = n, .shape.in_c = c, .shape.in_h = h, .shape.in_w = w,             \
	.shape.out_c = k, .shape.out_h = oh, .shape.out_w = ow, .shape.kernel_h = kh,    \
	.shape.kernel_w = kw
#define STEP(sy, sx, pt, pl, dy, dx, g)                                                  \
	.shape.stride_y = sy, .shape.stride_x = sx, .shape.pad_top = pt,                 \
	.shape.pad_left = pl, .shape.dilation_y = dy, .shape.dilation_x = dx,            \
	.shape.groups = g
	{ "2x3 window of ones",
	  { SIZES(1, 1, 3, 4, 1, 2, 2, 2, 3), STEP(1, 1, 0, 0, 1, 1, 1) },
	  { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
	  { 1, 1, 1, 1, 1, 1 },
	  { 0 },
	  0,
	  { 24, 30, 48, 54 },
	  { 24, 30, 48, 54 } },
	{ "padding above and left",
	  { SIZES(1, 1, 2, 2, 1, 2, 2, 2, 2), STEP(1, 1, 1, 1, 1, 1, 1) },
	  { 1, 2, 3, 4 },
	  { 1, 2, 3, 4 },
	  { 0 },
	  0,
	  { 4, 11, 14, 30 },
	  { 4, 11, 14, 30 } },
	{ "padding below and right",
	  { SIZES(1, 1, 2, 2, 1, 2, 2, 2, 2), STEP(1, 1, 0, 0, 1, 1, 1) },
	  { 1, 2, 3, 4 },
	  { 1, 2, 3, 4 },
	  { 0 },
	  0,
	  { 30, 14, 11, 4 },
	  { 30, 14, 11, 4 } },
	{ "padding below does not reach the next image",
	  { SIZES(2, 1, 2, 2, 1, 2, 2, 2, 2), STEP(1, 1, 0, 0, 1, 1, 1) },
	  { 1, 2, 3, 4, 5, 6, 7, 8 },
	  { 1, 2, 3, 4 },
	  { 0 },
	  0,
	  { 30, 14, 11, 4, 70, 30, 23, 8 },
	  { 30, 14, 11, 4, 70, 30, 23, 8 } },
	{ "stride 2 down, 1 across",
	  { SIZES(1, 1, 3, 2, 1, 2, 2, 1, 1), STEP(2, 1, 0, 0, 1, 1, 1) },
	  { 1, 2, 3, 4, 5, 6 },
	  { 1 },
	  { 0 },
	  0,
	  { 1, 2, 5, 6 },
	  { 1, 2, 5, 6 } },
	{ "stride 1 down, 3 across",
	  { SIZES(1, 1, 2, 5, 1, 2, 2, 1, 1), STEP(1, 3, 0, 0, 1, 1, 1) },
	  { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 },
	  { -1 },
	  { 0 },
	  0,
	  { -1, -4, -6, -9 },
	  { 1, 4, 6, 9 } },
	{ "dilation 3 across",
	  { SIZES(1, 1, 1, 5, 1, 1, 2, 1, 2), STEP(1, 1, 0, 0, 1, 3, 1) },
	  { 1, 2, 3, 4, 5 },
	  { 10, 1 },
	  { 0 },
	  0,
	  { 14, 25 },
	  { 14, 25 } },
	{ "dilation 2 down",
	  { SIZES(1, 1, 3, 1, 1, 1, 1, 2, 1), STEP(1, 1, 0, 0, 2, 1, 1) },
	  { 1, 2, 3 },
	  { 10, -1 },
	  { 0 },
	  0,
	  { 7 },
	  { 13 } },
	{ "two groups",
	  { SIZES(1, 4, 1, 1, 2, 1, 1, 1, 1), STEP(1, 1, 0, 0, 1, 1, 2) },
	  { 1, 2, 3, 4 },
	  { 1, 10, 100, 1000 },
	  { 0 },
	  0,
	  { 21, 4300 },
	  { 21, 4300 } },
	{ "depthwise",
	  { SIZES(1, 2, 1, 2, 2, 1, 2, 1, 1), STEP(1, 1, 0, 0, 1, 1, 2) },
	  { 1, 2, 3, 4 },
	  { 5, 7 },
	  { 0 },
	  0,
	  { 5, 10, 21, 28 },
	  { 5, 10, 21, 28 } },
	{ "batch and bias",
	  { SIZES(2, 1, 1, 1, 1, 1, 1, 1, 1), STEP(1, 1, 0, 0, 1, 1, 1) },
	  { 2, -3 },
	  { -5 },
	  { 0.5f },
	  1,
	  { -9.5, 15.5 },
	  { 10, 15 } },
	{ "channels, kernels and bias in order",
	  { SIZES(1, 2, 1, 2, 2, 1, 1, 1, 2), STEP(1, 1, 0, 0, 1, 1, 1) },
	  { 1, 2, 3, 4 },
	  { 1, 10, 100, 1000, -1, -10, -100, -1000 },
	  { 7, 9 },
	  1,
	  { 4321 + 7, -4321 + 9 },
	  { 4321, 4321 } },
};

static void by_hand(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct refconv r = cases[i].r;
		size_t at = 0;

		r.input = cases[i].input;
		r.weights = cases[i].weights;
		r.bias = cases[i].with_bias ? cases[i].bias : NULL;
		for (uint32_t n = 0; n < r.shape.batch; n++)
			for (uint32_t k = 0; k < r.shape.out_c; k++)
				for (uint32_t y = 0; y < r.shape.out_h; y++) {
					double result[4], magnitude[4];

					refconv_row(&r, n, k, y, result, magnitude);
					for (uint32_t x = 0; x < r.shape.out_w; x++, at++)
						if (result[x] != cases[i].want[at] ||
						    magnitude[x] !=
							cases[i].magnitude[at])
							fail_msg(
							    "%s: [%u, %u, %u, %u] is %g "
							    "of %g, want %g of %g",
							    cases[i].name, n, k, y, x,
							    result[x], magnitude[x],
							    cases[i].want[at],
							    cases[i].magnitude[at]);
				}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(by_hand) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
