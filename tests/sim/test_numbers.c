/* fp16 both ways, rounding, overflow and the integer shifts. */
#include <math.h>
#include <string.h>

#include "board.h"
#include "check.h"
#include "sim/half.h"

/* Every fp16 becomes the fp32 of the same value, and comes back. */
static void all_halves(void **state)
{
	(void)state;
	for (uint32_t h = 0; h < 0x10000; h++) {
		float f = sim_float_from_half((uint16_t)h);
		double want = half_value((uint16_t)h);

		if (isnan(want)) {
			assert_true(isnan(f));
			assert_true(isnan(half_value(sim_half_from_float(f))));
			continue;
		}
		if ((double)f != want || !signbit(f) != !signbit(want))
			fail_msg("half 0x%04x is %g, expected %g", h, (double)f, want);
		if (sim_half_from_float(f) != h)
			fail_msg("half 0x%04x comes back as 0x%04x", h,
				 sim_half_from_float(f));
	}
}

/* Between two neighbours the nearer one wins, and in the middle the even one. */
static void rounding(void **state)
{
	(void)state;
	for (uint32_t h = 0; h < 0x7bff; h++) {
		double low = half_value((uint16_t)h),
		       high = half_value((uint16_t)(h + 1));
		float middle = (float)((low + high) / 2);
		uint16_t even = (uint16_t)(h + (h & 1));

		assert_int_equal(sim_half_from_float(middle), even);
		assert_int_equal(sim_half_from_float(-middle), even | 0x8000);
		assert_int_equal(sim_half_from_float(nextafterf(middle, 0)), h);
		assert_int_equal(sim_half_from_float(nextafterf(middle, INFINITY)),
				 h + 1);
	}
	assert_int_equal(sim_half_from_float(65519.996f), 0x7bff);
	assert_int_equal(sim_half_from_float(65520.0f), 0x7c00);
	assert_int_equal(sim_half_from_float(-1e30f), 0xfc00);
	assert_int_equal(sim_half_from_float(INFINITY), 0x7c00);
	assert_int_equal(sim_half_from_float(1e-30f), 0);
}

/* Sums too large for fp16 become infinity; in fp32 they stay what they are. */
static void overflow(void **state)
{
	const uint16_t large = 0x7000, want[2] = { 0x7c00, 0xfc00 }; /* 8192 */

	(void)state;
	for (int negative = 0; negative < 2; negative++) {
		struct bconv conv = { "over", .c = 16, .h = 1, .w = 1,
				      .k = 1, .kh = 1, .kw = 1 };
		uint16_t w = (uint16_t)(negative ? 0xbc00 : 0x3c00), *data;
		struct board b;

		board_open(&b, &conv, 1);
		data = b.regions[BOARD_INPUT].data;
		for (int c = 0; c < 16; c++)
			data[c] = large;
		data = b.regions[BOARD_WEIGHTS].data;
		for (int c = 0; c < 16; c++)
			data[c] = w;
		assert_true(board_run_whole(&b));
		memcpy(&w, b.regions[BOARD_OUTPUT].data, sizeof w);
		assert_int_equal(w, want[negative]);
		board_close(&b);
	}
}

/*
 * The documented order of sums: neighbours of a block first.  2^12 * 2^12 next
 * to its negative cancels exactly before the small products join; any order
 * that adds a small product to a large one first would lose it.
 */
static void order_of_sums(void **state)
{
	const struct bconv conv = { "order", .c = 32, .h = 1,  .w = 1,
				    .k = 1,  .kh = 1, .kw = 1, .wide_out = true };
	uint16_t *x, *w;
	struct board b;
	float sum;

	(void)state;
	board_open(&b, &conv, 1);
	x = b.regions[BOARD_INPUT].data;
	w = b.regions[BOARD_WEIGHTS].data;
	for (int c = 0; c < 32; c++) {
		x[c] = c % 4 < 2 ? 0x6c00 : 0x1400; /* 2^12, 2^-10 */
		w[c] = c % 4 == 0 ? 0x6c00 : c % 4 == 1 ? 0xec00 : 0x1400;
	}
	assert_true(board_run_whole(&b));
	memcpy(&sum, b.regions[BOARD_OUTPUT].data, sizeof sum);
	assert_true((double)sum == ldexp(16, -20));
	board_close(&b);
}

/* int8 to int8 with a factor of 1/2: ties go to the even number. */
static void integer_ties(void **state)
{
	const int8_t in[] = { 1, 2, 3, 5, 7, -1, -3, -5, 127, -128 };
	const int8_t want[] = { 0, 1, 2, 2, 4, 0, -2, -2, 64, -64 };
	struct bconv conv = { "ties",  .c = 1,	.h = 1,	      .w = 10,	   .k = 1,
			      .kh = 1, .kw = 1, .int8 = true, .bias = true };
	struct board b;
	int8_t *x, *out;

	(void)state;
	board_open(&b, &conv, 1);
	b.out_scale = 1;
	b.out_shift = 1;
	x = b.regions[BOARD_INPUT].data;
	out = b.regions[BOARD_OUTPUT].data;
	memset(b.regions[BOARD_BIAS].data, 0, b.regions[BOARD_BIAS].bytes);
	*(int8_t *)b.regions[BOARD_WEIGHTS].data = 1;
	for (int i = 0; i < 10; i++)
		x[16 * i] = in[i];
	assert_true(board_run_whole(&b));
	for (int i = 0; i < 10; i++)
		assert_int_equal(out[16 * i], want[i]);
	/* saturation: scale 4 */
	b.out_scale = 4;
	b.out_shift = 0;
	assert_true(board_run_whole(&b));
	assert_int_equal(out[16 * 8], 127);
	assert_int_equal(out[16 * 9], -128);
	board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_halves),	cmocka_unit_test(rounding),
		cmocka_unit_test(overflow),	cmocka_unit_test(order_of_sums),
		cmocka_unit_test(integer_ties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
