/* Values drawn from a seed. */
#include "weights_fixture.h"

#include "operands/seed.h"

/* All of a seed's three forms are one sequence, from any block on. */
static void test_seed_forms(void **state)
{
	enum { COUNT = 1027 };
	uint16_t halves[COUNT];
	float singles[COUNT];
	double all[COUNT], part[COUNT];

	(void)state;
	seed_fill_fp16(halves, COUNT, 99, SEED_INPUT);
	seed_fill_float(singles, COUNT, 99, SEED_INPUT, 3);
	seed_fill_double(all, 0, COUNT, 99, SEED_INPUT);
	for (uint32_t i = 0; i < COUNT; i++)
		assert_true(value_of_half(halves[i]) == all[i] &&
			    (double)singles[i] == 3 * all[i]);
	for (uint32_t first = 0; first < COUNT; first += 124) {
		seed_fill_double(part, first, COUNT - first, 99, SEED_INPUT);
		assert_memory_equal(part, all + first, (COUNT - first) * sizeof *part);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seed_forms),
	};

	return cmocka_run_group_tests_name("seed", tests, NULL, NULL);
}
