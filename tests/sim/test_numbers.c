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

static int64_t shift_half_even(int64_t v, uint32_t shift)
{
	if (shift == 0)
		return v;
	return (v + (INT64_C(1) << (shift - 1)) - 1 + (v >> shift & 1)) >> shift;
}

static int64_t saturate(int64_t v, int64_t least, int64_t most)
{
	return v < least ? least : v > most ? most : v;
}

static int64_t sat32(int64_t v)
{
	return saturate(v, INT32_MIN, INT32_MAX);
}

/* Constants of one random int8 pipeline; what registers and stream do not say is 0. */
struct pipeline {
	int32_t out_zero;
	uint32_t out_scale, out_shift, leak_shift, ew_scale, ew_shift;
	int32_t ew_offset, leak;
	uint32_t limit;
	int kind; /* 0 nothing, 1 relu, 2 clamp, 3 leak, 4 addition, 5 and clamp */
};

static void draw_pipeline(struct pipeline *p, uint64_t *seed)
{
	p->kind = (int)(board_random(seed) % 6);
	p->out_zero = (int32_t)(board_random(seed) % 256) - 128;
	p->out_scale = (uint32_t)(0x4000 + board_random(seed) % 0x4000);
	p->out_shift = (uint32_t)(board_random(seed) % 50);
	p->leak = (int32_t)(board_random(seed) % 0x10000) - 0x8000;
	p->leak_shift = (uint32_t)(board_random(seed) % 20);
	p->limit = (uint32_t)board_random(seed);
	p->ew_offset = (int32_t)(board_random(seed) % 257) - 128;
	p->ew_scale = (uint32_t)(board_random(seed) % 0x8000);
	p->ew_shift = (uint32_t)(board_random(seed) % 24);
}

static void encode_pipeline(const struct pipeline *p, struct brecord *r)
{
	static const uint32_t bn[] = { 0x53, 0x12, 0x92, 0x62, 0x53, 0x53 };
	static const uint32_t ew[] = {
		0x383, 0x383, 0x383, 0x383, 0x904202c0, 0x904204c0
	};

	record_set(r, 0x4080, (uint32_t)p->out_zero);
	record_set(r, 0x4084, p->out_scale);
	record_set(r, 0x4088, p->out_shift);
	record_set(r, 0x4060, bn[p->kind]);
	record_set(r, 0x4010, 0xe0 | (p->kind == 3 ? p->leak_shift << 10 : 0));
	record_set(r, 0x4068,
		   p->kind == 3 ? (uint32_t)p->leak << 16 | p->leak_shift << 8 : 0);
	record_set(r, 0x406c, p->kind == 2 ? p->limit : 0);
	record_set(r, 0x4070, ew[p->kind]);
	record_set(r, 0x4074, (uint32_t)p->ew_offset);
	record_set(r, 0x4078, p->ew_shift << 16 | p->ew_scale);
	record_set(r, 0x407c, p->limit);
	if (p->kind < 4) { /* nobody reads the operand */
		record_set(r, 0x5034, 1);
		record_set(r, 0x5044, 0x7810);
	}
}

/* In 64-bit integers, word for word as docs/numerics.md has it. */
static int64_t expect_pipeline(const struct pipeline *p, int32_t acc, int32_t bias,
			       int32_t factor, int32_t operand)
{
	int64_t t = sat32((int64_t)acc + bias);

	t = sat32(shift_half_even(t * factor, 14));
	if (p->kind == 3 && t < 0)
		t = sat32(shift_half_even(t * p->leak, p->leak_shift));
	if (p->kind >= 4)
		t = sat32(t + sat32(shift_half_even(((int64_t)operand + p->ew_offset) *
							(int64_t)p->ew_scale,
						    p->ew_shift)));
	if ((p->kind == 1 || p->kind == 2 || p->kind == 5) && t < 0)
		t = 0;
	if ((p->kind == 2 || p->kind == 5) && t > (int32_t)p->limit)
		t = (int32_t)p->limit;
	t = shift_half_even(t * (int64_t)p->out_scale, p->out_shift) + p->out_zero;
	return saturate(t, INT8_MIN, INT8_MAX);
}

/* Biases over all of 32 bits and factors over all of 16: nothing is lost on the way. */
static void integer_stages(void **state)
{
	const struct bconv conv = {
		"stages",   .c = 1,  .h = 1,	   .w = 1,	 .k = 32,
		.kh = 1,    .kw = 1, .int8 = true, .bias = true, .per_channel = true,
		.add = true
	};
	static struct brecord r;
	const uint32_t one = 1;
	uint64_t seed = 7;
	struct board b;

	(void)state;
	board_open(&b, &conv, 1);
	for (int round = 0; round < 2000; round++) {
		uint8_t *stream = b.regions[BOARD_BIAS].data;
		struct pipeline p;

		for (size_t i = 0; i < b.regions[BOARD_BIAS].bytes; i++)
			stream[i] = (uint8_t)board_random(&seed);
		for (int k = 0; k < 32; k++) { /* ties, and near them, are rare else */
			int32_t bias = (int32_t)(board_random(&seed) << 2);

			bias >>= board_random(&seed) % 32;
			memcpy(stream + k / 8 * 64 + k % 8 * 4, &bias, sizeof bias);
			memset(stream + k / 8 * 64 + 32 + k % 8 * 2, 0, 2);
		}
		draw_pipeline(&p, &seed);
		board_encode(&b, &(struct btile){ 0 }, &r);
		encode_pipeline(&p, &r);
		board_place(&b, &r, &one, 1);
		if (!board_run(&b))
			fail_msg("round %d: %s", round, b.result.message);
		for (uint32_t k = 0; k < 32; k++) {
			const int8_t *x = b.regions[BOARD_INPUT].data;
			const int8_t *out = b.regions[BOARD_OUTPUT].data;
			int32_t acc = *x * (int32_t)b.wt[k], bias;
			uint16_t factor;
			int64_t want;

			memcpy(&bias, stream + k / 8 * 64 + k % 8 * 4, sizeof bias);
			memcpy(&factor, stream + k / 8 * 64 + 48 + k % 8 * 2,
			       sizeof factor);
			want =
			    expect_pipeline(&p, acc, bias, factor, (int32_t)b.operand[k]);
			if (out[k] != want) /* a plane of one pixel: surfaces adjoin */
				fail_msg("round %d, kind %d, channel %u: %d, expected %d",
					 round, p.kind, k, out[k], (int)want);
		}
	}
	board_close(&b);
}

/* The window sum times the correction, with and without overflow of 32 bits. */
static void correction_saturates(void **state)
{
	const struct bconv conv = {
		"correction", .c = 64, .h = 1,	     .w = 2,	   .k = 1,
		.kh = 1,      .kw = 1, .int8 = true, .bias = true, .per_channel = true
	};
	struct board b;
	int8_t *x, *out;
	uint8_t *stream;
	int16_t correction = 0x7fff;
	uint16_t factor = 0x4000;
	int32_t bias;

	(void)state;
	board_open(&b, &conv, 1);
	b.out_scale = 0x4000;
	b.out_shift = 14 + 24; /* 2^31 becomes 2^7 */
	x = b.regions[BOARD_INPUT].data;
	out = b.regions[BOARD_OUTPUT].data;
	stream = b.regions[BOARD_BIAS].data;
	memset(b.regions[BOARD_WEIGHTS].data, 0, b.regions[BOARD_WEIGHTS].bytes);
	memset(stream, 0, b.regions[BOARD_BIAS].bytes);
	memset(x, 0, b.regions[BOARD_INPUT].bytes);
	memcpy(stream + 32, &correction, 2);
	memcpy(stream + 48, &factor, 2);
	for (int i = 0; i < 4; i++) { /* surfaces of two pixels: pixel 1 has 127s */
		memset(x + 32 * i, i ? 0 : 1, 16);
		memset(x + 32 * i + 16, 127, 16);
	}
	/* pixel 1: 64 * 127 * 32767, about 2^28 */
	assert_true(board_run_whole(&b));
	assert_int_equal(out[0], 0);
	assert_int_equal(out[16], 16);
	/* and a bias that takes it to the end of 32 bits, where it stays */
	bias = INT32_MAX;
	memcpy(stream, &bias, sizeof bias);
	assert_true(board_run_whole(&b));
	assert_int_equal(out[16], 127);
	board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_halves),
		cmocka_unit_test(rounding),
		cmocka_unit_test(overflow),
		cmocka_unit_test(order_of_sums),
		cmocka_unit_test(integer_ties),
		cmocka_unit_test(integer_stages),
		cmocka_unit_test(correction_saturates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
