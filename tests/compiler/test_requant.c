/*
 * Each formula of requant.h against exact arithmetic: a double is a whole number times
 * a power of two, and what is compared here fits the 64 bits of a long double.
 */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "operands/requant.h"
#include "random_number.h"

#define ROUNDS 200000

/* `whole` is the nearest whole number to `exact`, the even one of two. */
static bool is_half_even(long double whole, long double exact)
{
	long double rest = fabsl(exact - whole);

	return rest < 0.5L || (rest == 0.5L && fmodl(whole, 2) == 0);
}

static void check_multiplier(double ratio)
{
	struct multiplier m = { 0, 0 };
	bool ok = requant_multiplier(ratio, &m);
	int exponent;
	long double exact, scale;

	frexp(ratio, &exponent);
	exponent--; /* ratio = m * 2^exponent */
	exact = ldexpl((long double)ratio, 14 - exponent);
	scale = m.scale;
	/* the one value that rounds up to the next power of two */
	if (exact >= 32767.5L) {
		exponent++;
		exact /= 2;
		if (ok && m.scale != 0x4000)
			fail_msg("%a: scale %x after rounding up", ratio, m.scale);
		exact = 0x4000;
	}
	if (ok != (14 - exponent >= 0 && 14 - exponent <= 62))
		fail_msg("%a: shift %d, %s", ratio, 14 - exponent, ok ? "taken" : "refused");
	if (!ok)
		return;
	if (m.scale < 0x4000 || m.scale > 0x7fff || (int)m.shift != 14 - exponent ||
	    !is_half_even(scale, exact))
		fail_msg("%a: %x >> %u", ratio, m.scale, m.shift);
}

static void test_multiplier(void **unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++)
		check_multiplier(draw_magnitude(-56, 20));
	for (int e = -60; e < 20; e++) {
		for (int n = 0; n < 64; n++) { /* ties and their neighbours */
			double tie = ldexp(draw_in(0x4000, 0x7fff) + 0.5, e - 14);

			check_multiplier(tie);
			check_multiplier(nextafter(tie, 0));
			check_multiplier(nextafter(tie, INFINITY));
		}
		check_multiplier(ldexp(1, e));
		check_multiplier(nextafter(ldexp(1, e), 0));
		check_multiplier(ldexp(0x7fff8p-4, e - 14));
		check_multiplier(nextafter(ldexp(0x7fff8p-4, e - 14), 0));
	}
}

static void test_multiplier_refused(void **unused)
{
	static const double refused[] = { 0,	    -0.0,     -1,	 NAN,	  INFINITY,
					  -INFINITY, 0x1p15, 32767.5, 0x1p-49, DBL_TRUE_MIN };
	struct multiplier m = { 1, 2 };

	(void)unused;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (requant_multiplier(refused[i], &m) || m.scale != 1 || m.shift != 2)
			fail_msg("%a was taken", refused[i]);
	assert_true(requant_multiplier(0x1p-48, &m) && m.scale == 0x4000 && m.shift == 62);
	assert_true(requant_multiplier(32767.25, &m) && m.scale == 0x7fff && m.shift == 0);
}

static void test_round(void **unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		double value = draw_magnitude(-4, 50) * draw_sign();

		if (draw() % 2)
			value = floor(value) + 0.5;
		if (!is_half_even(requant_round(value), value))
			fail_msg("%a becomes %a", value, requant_round(value));
	}
}

static void test_factor(void **unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		double largest = (float)draw_magnitude(-120, 120);
		double scale = fmin((float)(largest / draw_magnitude(0, 18)), largest);
		uint32_t factor = requant_factor(scale, largest);
		uint32_t above = requant_factor_above(scale, largest);
		/* the same comparison without a division: exact */
		long double twice = 2 * ldexpl(scale, 14);

		if ((2.0L * factor - 1) * largest > twice ||
		    (2.0L * factor + 1) * largest < twice || factor > 0x4000)
			fail_msg("%a of %a: factor %u", scale, largest, factor);
		if (above < 1 || above > 0x4000 || above * (long double)largest * 2 < twice ||
		    (above > 1 && (above - 1) * (long double)largest * 2 >= twice))
			fail_msg("%a of %a: factor above %u", scale, largest, above);
		/* a scale that was moved up is its factor exactly */
		if (requant_factor(requant_scale_of(above, largest), largest) != above)
			fail_msg("%a: %u is not its own factor", largest, above);
	}
	assert_int_equal(requant_factor(1, 1), 0x4000);
	assert_int_equal(requant_factor(1, 0x1p15), 0); /* half to even */
	assert_int_equal(requant_factor(1, 32767), 1);
	assert_int_equal(requant_factor(3, 0x1p15), 2);
}

static void test_bias(void **unused)
{
	uint32_t fits = 0;

	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		double unit = draw_magnitude(-40, 10);
		double bias = unit * draw_magnitude(-3, 34) * draw_sign();
		int32_t zero = draw_in(-128, 127), fixed = 0;
		int64_t sum = (int64_t)(draw() >> 36) - (1 << 27);
		bool ok = requant_bias(bias, unit, zero, sum, &fixed);
		/* the quotient in 64 bits: off by less than 2^-29 steps */
		long double exact = (long double)bias / unit - (long double)zero * sum;

		if (ok ? fabsl(fixed - exact) > 0.5L + 0x1p-18L
		       : exact > INT32_MIN + 1.0L && exact < INT32_MAX - 1.0L)
			fail_msg("%a in %a, %d * %lld: %d", bias, unit, zero, (long long)sum,
				 ok ? fixed : 0);
		fits += ok;
	}
	assert_true(fits > ROUNDS / 4 && fits < ROUNDS - ROUNDS / 100);
}

static void test_bias_edges(void **unused)
{
	int32_t fixed = 7;

	(void)unused;
	assert_true(requant_bias(2147483647, 1, 0, 0, &fixed) && fixed == INT32_MAX);
	assert_true(requant_bias(-2147483648.0, 1, 0, 0, &fixed) && fixed == INT32_MIN);
	assert_true(requant_bias(2147483648.0, 1, 1, 1, &fixed) && fixed == INT32_MAX);
	assert_true(requant_bias(2.5, 1, -3, 5, &fixed) && fixed == 17);
	fixed = 7;
	assert_false(requant_bias(2147483648.0, 1, 0, 0, &fixed));
	assert_false(requant_bias(-2147483648.0, 1, 1, 1, &fixed));
	assert_false(requant_bias(1e300, 1e-300, 0, 0, &fixed));
	assert_false(requant_bias(NAN, 1, 0, 0, &fixed));
	assert_int_equal(fixed, 7);
}

static void test_limit(void **unused)
{
	int32_t limit = 7;

	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		double unit = ldexp(1, draw_in(-40, 20)), high;

		high = unit * draw_magnitude(-2, 33);
		if (requant_limit(high, unit, &limit) != (high > unit / 2))
			fail_msg("%a in %a: wrongly %s", high, unit,
				 high > unit / 2 ? "refused" : "taken");
		if (high <= unit / 2)
			continue;
		if (high >= unit * INT32_MAX ? limit != INT32_MAX
					     : !is_half_even(limit, (long double)high / unit))
			fail_msg("%a in %a: %d", high, unit, limit);
	}
	limit = 7;
	assert_false(requant_limit(0.5, 1, &limit) || requant_limit(0, 1, &limit) ||
		     requant_limit(-1, 1, &limit) || requant_limit(NAN, 1, &limit));
	assert_int_equal(limit, 7);
	assert_true(requant_limit(0.75, 1, &limit) && limit == 1);
	assert_true(requant_limit(INFINITY, 1, &limit) && limit == INT32_MAX);
	assert_int_equal(requant_float_bits(6), 0x40c00000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_multiplier),
		cmocka_unit_test(test_multiplier_refused),
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_factor),
		cmocka_unit_test(test_bias),
		cmocka_unit_test(test_bias_edges),
		cmocka_unit_test(test_limit),
	};

	print_message("TEST_SEED=%llu\n", start_random());
	return cmocka_run_group_tests_name("requant", tests, NULL, NULL);
}
