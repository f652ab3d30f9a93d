/*
 * Weight order of random shapes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "pack_fixture.h"

static uint32_t draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33) % below;
}

/* Packing and unpacking is the identity, and everything packed was written. */
static void test_random_round_trips(void **state)
{
	const char *given = getenv("NPUCC_TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);

	(void)state;
	print_message("NPUCC_TEST_SEED=%llu\n", (unsigned long long)seed);
	for (uint32_t i = 0; i < 300; i++) {
		uint32_t groups = draw(&seed, 3) ? 1 : 1 + draw(&seed, 40);
		uint32_t per_in = 1 + draw(&seed, groups > 1 ? 20 : 200);
		uint32_t per_out =
		    draw(&seed, 2) ? 1 : 1 + draw(&seed, groups > 1 ? 20 : 70);
		uint32_t kh = 1 + draw(&seed, 7), kw = 1 + draw(&seed, 7);
		enum npu_elem elem = draw(&seed, 2) ? NPU_ELEM_FP16 : NPU_ELEM_INT8;
		bool zeros = elem == NPU_ELEM_INT8 && draw(&seed, 2);
		struct both b;
		char name[96];

		if (groups > 1 && draw(&seed, 2))
			per_in = per_out = 1; /* depthwise */
		snprintf(name, sizeof name, "case %u: K %u C %u groups %u %ux%u elem %d",
			 i, per_out * groups, per_in * groups, groups, kh, kw, (int)elem);
		open_both_with(&b,
			       make_problem(elem, per_out * groups, per_in * groups,
					    groups, kh, kw),
			       zeros ? make_zeros(per_out * groups) : NULL);
		for (uint32_t j = 0; j < b.layout.slice_count; j++)
			if (b.layout.mode != NPUB_MODE_DEPTHWISE)
				walk_dense(&b, name, &b.layout.slices[j],
					   b.layout.slices[j].kernel_chans,
					   b.layout.slices[j].stored_kernels);
		close_both(&b, name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random_round_trips) };

	return cmocka_run_group_tests_name("pack-random", tests, NULL, NULL);
}
