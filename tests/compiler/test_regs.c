/*
 * The register table against the reference figures, and its own promises.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw/npu_hw.h"
#include "hw/npu_regs.h"
#include "hw/npu_word.h"

/* Field of a register by name; fails the test when there is none. */
static enum npu_field find_field(enum npu_reg reg, const char *name)
{
	enum npu_field first;
	uint32_t count;

	npu_reg_fields(reg, &first, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (!strcmp(npu_fields[first + i].name, name))
			return (enum npu_field)(first + i);
	}
	fail_msg("%s has no field %s", npu_regs[reg].name, name);
	return first;
}

/* Where the table differs on purpose: whole addresses, and a field seen wider. */
static bool differs_on_purpose(enum npu_field field)
{
	return npu_fields[field].kind == NPU_FIELD_ADDR ||
	       field == NPU_CNA_CBUF_CON1_DATA_ENTRIES;
}

static void table_equals_reference(void **state)
{
	FILE *f = fopen(TEST_DATA "/registers.txt", "r");
	char line[160], block[16], reg_name[40], field_name[40];
	unsigned offset, hi, lo;
	uint32_t rows = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		enum npu_reg reg;
		enum npu_field field;

		if (line[0] == '#')
			continue;
		assert_int_equal(sscanf(line, "%15s %x %39s %39s %u %u", block, &offset,
					reg_name, field_name, &hi, &lo), 6);
		reg = npu_reg_from_name(block, reg_name);
		if (reg == NPU_REG_N || npu_regs[reg].offset != offset)
			fail_msg("%s.%s is not at %#x", block, reg_name, offset);
		assert_int_equal(npu_reg_from_offset((uint16_t)offset), reg);
		field = find_field(reg, field_name);
		if (!differs_on_purpose(field) &&
		    (npu_fields[field].hi != hi || npu_fields[field].lo != lo))
			fail_msg("%s.%s.%s is %u:%u, reference %u:%u", block, reg_name,
				 field_name, npu_fields[field].hi, npu_fields[field].lo, hi, lo);
		rows++;
	}
	fclose(f);
	assert_int_equal(rows, NPU_FIELD_N);
}

static void offsets_rise(void **state)
{
	(void)state;
	for (int r = 1; r < NPU_REG_N; r++)
		assert_true(npu_regs[r - 1].offset < npu_regs[r].offset);
	assert_int_equal(npu_reg_from_offset(0x106c), NPU_REG_N);
	assert_int_equal(npu_reg_from_name("CNA", "NO_SUCH"), NPU_REG_N);
}

static void fields_do_not_overlap(void **state)
{
	(void)state;
	for (int r = 0; r < NPU_REG_N; r++) {
		enum npu_field first;
		uint32_t count, seen = 0;

		npu_reg_fields((enum npu_reg)r, &first, &count);
		if (!count)
			fail_msg("%s has no field", npu_regs[r].name);
		for (uint32_t i = 0; i < count; i++) {
			const struct npu_field_desc *d = &npu_fields[first + i];
			uint64_t mask = ((1ull << (d->hi - d->lo + 1)) - 1) << d->lo;

			assert_int_equal(d->reg, r);
			if (seen & mask)
				fail_msg("%s.%s overlaps", npu_regs[r].name, d->name);
			seen |= (uint32_t)mask;
		}
		assert_int_equal(seen, npu_reg_known_bits((enum npu_reg)r));
	}
}

/* Largest and smallest value in the field's plain unit. */
static void field_ends(const struct npu_field_desc *d, uint64_t *least, uint64_t *most)
{
	uint64_t mask = (1ull << (d->hi - d->lo + 1)) - 1;

	*least = d->kind == NPU_FIELD_MINUS1 ? 1 : 0;
	*most = d->kind == NPU_FIELD_MINUS1 ? mask + 1
		: d->kind == NPU_FIELD_BYTES16 ? mask * NPU_ATOM_BYTES : mask;
}

static void fields_round_trip_at_both_ends(void **state)
{
	(void)state;
	for (int f = 0; f < NPU_FIELD_N; f++) {
		const struct npu_field_desc *d = &npu_fields[f];
		enum npu_field field = (enum npu_field)f;
		uint64_t ends[2];

		field_ends(d, &ends[0], &ends[1]);
		for (int i = 0; i < 2; i++) {
			uint32_t ones = npu_field_pack(UINT32_MAX, field, ends[i]);
			uint32_t zeros = npu_field_pack(0, field, ends[i]);
			uint32_t bits = (uint32_t)(((1ull << (d->hi - d->lo + 1)) - 1) << d->lo);

			assert_true(npu_field_fits(field, ends[i]));
			/* 32-bit MINUS1 fields do not exist: the value always fits */
			assert_int_equal(npu_field_unpack(ones, field), (uint32_t)ends[i]);
			assert_int_equal(npu_field_unpack(zeros, field), (uint32_t)ends[i]);
			assert_int_equal(zeros & ~bits, 0);
			assert_int_equal(~ones & ~bits, 0);
		}
		assert_false(npu_field_fits(field, ends[1] + NPU_ATOM_BYTES));
		if (d->kind == NPU_FIELD_MINUS1)
			assert_false(npu_field_fits(field, 0));
		if (d->kind == NPU_FIELD_BYTES16)
			assert_false(npu_field_fits(field, 8));
	}
}

static void amounts(void **state)
{
	static const struct {
		uint32_t body, amount;
	} cases[] = {
		{ 12, 7 }, { 13, 8 }, { 26, 14 }, { 69, 36 }, { 104, 53 },
		{ 108, 55 }, { 122, 62 }, { 126, 64 }, { 1097, 550 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (npu_amount_from_body(cases[i].body) != cases[i].amount)
			fail_msg("body %u: amount %u, want %u", cases[i].body,
				 npu_amount_from_body(cases[i].body), cases[i].amount);
	}
}

static void words(void **state)
{
	struct npu_word w = npu_word_unpack(0x02010000001b1040u);

	(void)state;
	assert_int_equal(w.target, NPU_TARGET_CNA);
	assert_int_equal(w.value, 0x1b);
	assert_int_equal(w.offset, 0x1040);
	assert_true(npu_word_pack(w) == 0x02010000001b1040u);
}

static void order_lengths(void **state)
{
	uint32_t n[3] = { 0 };

	(void)state;
	for (size_t i = 0; i < npu_order_count; i++)
		n[npu_order[i].when]++;
	assert_int_equal(n[NPU_ORDER_PRELUDE], NPU_PRELUDE_WORDS);
	assert_int_equal(n[NPU_ORDER_ALWAYS], 104);
	assert_int_equal(n[NPU_ORDER_PRELUDE] + n[NPU_ORDER_ALWAYS] + n[NPU_ORDER_RDMA],
			 NPU_ORDER_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_equals_reference),
		cmocka_unit_test(offsets_rise),
		cmocka_unit_test(fields_do_not_overlap),
		cmocka_unit_test(fields_round_trip_at_both_ends),
		cmocka_unit_test(amounts),
		cmocka_unit_test(words),
		cmocka_unit_test(order_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
