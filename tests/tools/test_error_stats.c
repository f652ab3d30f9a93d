#include "tool_test.h"

#include <math.h>

#include "error_stats.h"

static void near(double got, double want)
{
	if (!(fabs(got - want) <= 1e-12 * fabs(want)))
		fail_msg("%.17g, want %.17g", got, want);
}

static void by_hand(void **state)
{
	struct error_stats s = { .count = 0 };

	(void)state;
	error_add(&s, 0, 3, 3);
	error_add(&s, 1, 4.5, 4);
	error_add(&s, 2, -1, 0);
	error_add(&s, 3, 1, 2);
	assert_int_equal(s.count, 4);
	assert_int_equal(s.equal, 1);
	assert_true(s.max_error == 1);
	assert_int_equal(s.worst, 2); /* the first of two */
	assert_true(s.worst_got == -1 && s.worst_reference == 0);
	near(error_mean(&s), 2.5 / 4);
	near(error_cosine(&s), (9 + 18 + 2) / sqrt((9 + 20.25 + 1 + 1) * (9 + 16 + 4)));
	near(error_snr(&s), 10 * log10(29 / 2.25));
}

static void ends(void **state)
{
	struct error_stats zeros = { .count = 0 }, exact = { .count = 0 },
			   lost = { .count = 0 }, silent = { .count = 0 };

	(void)state;
	near(error_mean(&zeros), 0);
	error_add(&zeros, 0, 0, 0);
	near(error_cosine(&zeros), 1);
	assert_true(error_snr(&zeros) == (double)INFINITY);
	error_add(&exact, 0, 5, 5);
	assert_true(error_snr(&exact) == (double)INFINITY && exact.max_error == 0);
	/* Noise where nothing should be. */
	error_add(&silent, 0, 1, 0);
	near(error_cosine(&silent), 0);
	assert_true(error_snr(&silent) == -(double)INFINITY);
	/* Not a number is as wrong as can be. */
	error_add(&lost, 0, 1, 1);
	error_add(&lost, 1, (double)NAN, 1);
	assert_true(lost.max_error == (double)INFINITY && lost.worst == 1);
	assert_true(error_snr(&lost) == -(double)INFINITY);
	assert_true(lost.equal == 1);
}

/* However the pairs are dealt out, the same comes of them. */
static void merging(void **state)
{
	struct error_stats all = { .count = 0 };

	(void)state;
	for (size_t i = 0; i < 100; i++)
		error_add(&all, i, (double)(i * 7 % 13), (double)(i * 5 % 11));
	for (size_t hands = 1; hands <= 7; hands++) {
		struct error_stats part[7] = { { .count = 0 } }, sum = { .count = 0 };

		for (size_t i = 0; i < 100; i++)
			error_add(&part[(i * 3) % hands], i, (double)(i * 7 % 13),
				  (double)(i * 5 % 11));
		for (size_t k = hands; k-- > 0;)
			error_merge(&sum, &part[k]);
		assert_int_equal(sum.count, 100);
		assert_int_equal(sum.equal, all.equal);
		assert_int_equal(sum.worst, all.worst);
		assert_true(sum.max_error == all.max_error);
		near(error_mean(&sum), error_mean(&all));
		near(error_snr(&sum), error_snr(&all));
		near(error_cosine(&sum), error_cosine(&all));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand),
		cmocka_unit_test(ends),
		cmocka_unit_test(merging),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
