/* fp16 rounding, over all of its values. */
#include "weights_fixture.h"

static void test_fp16_exact(void **state)
{
	(void)state;
	for (uint32_t bits = 0; bits <= 0xffff; bits++) {
		bool finite = (bits & 0x7c00) != 0x7c00;
		float value = float_from_fp16((uint16_t)bits);

		if (finite && (double)value != value_of_half(bits))
			fail_msg("%04x is %g", bits, (double)value);
		if (finite && fp16_from_float(value) != bits)
			fail_msg("%04x comes back as %04x", bits, fp16_from_float(value));
	}
	assert_int_equal(fp16_from_float(INFINITY), 0x7c00);
	assert_int_equal(fp16_from_float(-INFINITY), 0xfc00);
	assert_int_equal(fp16_from_float(NAN) & 0x7fff, 0x7e00);
	assert_true(isinf(float_from_fp16(0x7c00)));
	assert_true(isnan(float_from_fp16(0x7e01)));
}

/* Between two neighbours: the nearer one, the even one from the middle. */
static void test_fp16_rounding(void **state)
{
	(void)state;
	for (uint32_t bits = 0; bits < 0x7bff; bits++) {
		double low = value_of_half(bits), high = value_of_half(bits + 1);
		double middle = (low + high) / 2;
		uint32_t even = bits & 1 ? bits + 1 : bits;

		if (fp16_from_double(middle) != even ||
		    fp16_from_double(-middle) != (even | 0x8000))
			fail_msg("middle above %04x becomes %04x", bits,
				 fp16_from_double(middle));
		if (fp16_from_double(nextafter(middle, 0)) != bits ||
		    fp16_from_double(nextafter(middle, high)) != bits + 1)
			fail_msg("near the middle above %04x", bits);
		if (fp16_from_float((float)middle) != even)
			fail_msg("float middle above %04x", bits);
	}
}

/* clang-format off */
static const struct {
	const char *name;
	double value;
	uint16_t want;
} rounding_cases[] = {
	{ "largest", 65504, 0x7bff },
	{ "rounds down to the largest", 65519.999, 0x7bff },
	{ "half an ulp beyond the largest", 65520, 0x7c00 },
	{ "far beyond", -1e300, 0xfc00 },
	{ "smallest", 0x1p-24, 0x0001 },
	{ "half the smallest", 0x1p-25, 0x0000 },
	{ "above half the smallest", 0x1.0000001p-25, 0x0001 },
	{ "far below", -1e-300, 0x8000 },
	{ "minus zero", -0.0, 0x8000 },
	/* Through float it would become a tie and go down. */
	{ "rounded once, not twice", 1 + 0x1p-11 + 0x1p-40, 0x3c01 },
};
/* clang-format on */

static void test_fp16_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rounding_cases / sizeof *rounding_cases; i++)
		if (fp16_from_double(rounding_cases[i].value) != rounding_cases[i].want)
			fail_msg("%s: %04x", rounding_cases[i].name,
				 fp16_from_double(rounding_cases[i].value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fp16_exact),
		cmocka_unit_test(test_fp16_rounding),
		cmocka_unit_test(test_fp16_cases),
	};

	return cmocka_run_group_tests_name("fp16", tests, NULL, NULL);
}
