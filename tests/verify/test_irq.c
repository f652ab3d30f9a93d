/* The driver's interrupt rule, against its definition, for every status and mask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "verify/evidence.h"

#define PAIRS 6u
#define STATUS_BITS 17u

/* By the words of the rule: pair after pair, either both bits are awaited or neither. */
static bool completes(uint32_t status, uint32_t mask)
{
	for (uint32_t i = 0; i < PAIRS; i++) {
		uint32_t seen = status >> 2 * i & 3, awaited = mask >> 2 * i & 3;

		if ((seen != 0) != (awaited == 3) || (awaited != 0 && awaited != 3))
			return false;
	}
	return mask >> 2 * PAIRS == 0;
}

static void every_status(void **state)
{
	static const uint32_t masks[] = { 0x300, 0xc00, 0xf00, 0x3,    0x100, 0x200,
					  0x400, 0x0,	0xfff, 0x1300, 0x301, 0x30300 };

	(void)state;
	for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
		for (uint32_t status = 0; status < 1u << STATUS_BITS; status++) {
			if (evidence_irq_completes(status, masks[i]) !=
			    completes(status, masks[i]))
				fail_msg("status 0x%x, mask 0x%x", status, masks[i]);
		}
	}
}

static void whole_pairs(void **state)
{
	(void)state;
	for (uint32_t mask = 0; mask < 1u << STATUS_BITS; mask++) {
		bool whole = mask && !(mask >> 2 * PAIRS);

		for (uint32_t i = 0; i < PAIRS; i++)
			whole = whole &&
				((mask >> 2 * i & 3) == 0 || (mask >> 2 * i & 3) == 3);
		if (evidence_irq_whole_pairs(mask) != whole)
			fail_msg("mask 0x%x", mask);
	}
}

/* What boards have shown. */
static void seen_on_boards(void **state)
{
	static const struct {
		const char *name;
		uint32_t status, mask;
		bool want;
	} cases[] = {
		{ "either group of the DPU", 0x100, 0x300, true },
		{ "the other group", 0x200, 0x300, true },
		{ "both", 0x300, 0x300, true },
		{ "one bit awaited never comes", 0x100, 0x100, false },
		{ "a pooling end for a conv", 0xc00, 0x300, false },
		{ "read error beside the end", 0x1100, 0x300, true },
		{ "read error alone", 0x1000, 0x300, false },
		{ "feature stage too", 0x103, 0x300, false },
		{ "hang", 0xc0000000, 0x300, false },
		{ "union needs both", 0x300, 0xf00, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (evidence_irq_completes(cases[i].status, cases[i].mask) !=
		    cases[i].want)
			fail_msg("%s", cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_status),
		cmocka_unit_test(whole_pairs),
		cmocka_unit_test(seen_on_boards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
