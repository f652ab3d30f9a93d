/* What tells an output that was written from one that was not. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "canary.h"
#include "hw/npu_hw.h"

#define SEED UINT64_C(0x123456789abcdef)

enum { N = 2, ROWS = 3, COLUMNS = 5, ROW_PIXELS = 7, PLANE = 25, AT = 48 };

/* Two surfaces, the last one not full, with gaps after rows and planes. */
static struct npub_tensor tensor(uint32_t elem)
{
	uint32_t chans = npub_atom_chans(elem);

	return (struct npub_tensor){ .elem = elem,
				     .n = N,
				     .c = chans + 3,
				     .h = ROWS,
				     .w = COLUMNS,
				     .row_pixels = ROW_PIXELS,
				     .plane_pixels = PLANE,
				     .surfaces = 3,
				     .bo_offset = AT,
				     .image_bytes = 3 * PLANE * 16,
				     .bytes = N * 3 * PLANE * 16 };
}

static uint64_t place(const struct npub_tensor *t, uint32_t n, uint32_t s, uint32_t y,
		      uint32_t x)
{
	return n * t->image_bytes + ((uint64_t)s * PLANE + y * ROW_PIXELS + x) * 16;
}

/* Every atom of the tensor is looked at, and no other. */
static void test_every_atom(void **state)
{
	struct npub_tensor t = tensor(NPU_ELEM_INT8);
	uint8_t *bo = malloc(AT + t.bytes), *keep = malloc(AT + t.bytes);
	uint8_t *device = bo + AT;
	uint64_t first = 1;

	(void)state;
	assert_true(bo && keep);
	npurt_canary_fill(bo, AT + t.bytes, SEED);
	memcpy(keep, bo, AT + t.bytes);
	assert_int_equal(npurt_canary_count(&t, device, SEED, &first),
			 N * 2 * ROWS * COLUMNS);
	assert_int_equal(first, 0);
	for (uint64_t at = 0; at < t.bytes; at += 16)
		device[at + 15] ^= 1;
	assert_int_equal(npurt_canary_count(&t, device, SEED, &first), 0);
	for (uint32_t n = 0; n < N; n++)
		for (uint32_t s = 0; s < 2; s++)
			for (uint32_t i = 0; i < ROWS * COLUMNS; i++) {
				uint64_t at = place(&t, n, s, i / COLUMNS, i % COLUMNS);

				memcpy(device + at, keep + AT + at, 16);
				assert_int_equal(
				    npurt_canary_count(&t, device, SEED, &first), 1);
				assert_int_equal(first, at);
				device[at] ^= 1;
			}
	free(bo);
	free(keep);
}

/* No arithmetic yields a NaN with a payload of the device's choice. */
static void test_floats_are_nans(void **state)
{
	uint32_t words[1000];
	uint64_t seeds[] = { 0, SEED, UINT64_MAX };

	(void)state;
	for (int i = 0; i < 3; i++) {
		npurt_canary_fill(words, sizeof words, seeds[i]);
		for (int w = 0; w < 1000; w++) {
			assert_true((words[w] & 0x7fffffff) > 0x7f800000);
			assert_true((words[w] & 0x7fff) > 0x7c00);
			assert_true((words[w] >> 16 & 0x7fff) > 0x7c00);
		}
	}
}

/*
 * Integers have no NaN: outputs that repeat must not pass for the canary, even when
 * what they repeat is one of its atoms; nor must what another run left.
 */
static void test_outputs_that_repeat(void **state)
{
	struct npub_tensor t = tensor(NPU_ELEM_INT8);
	uint8_t *bo = malloc(AT + t.bytes);
	uint64_t first;

	(void)state;
	assert_non_null(bo);
	for (int value = 0; value < 256; value++) {
		memset(bo, value, AT + t.bytes);
		assert_int_equal(npurt_canary_count(&t, bo + AT, SEED, &first), 0);
	}
	npurt_canary_fill(bo, AT + t.bytes, SEED);
	for (uint64_t at = 16; at + 16 <= AT + t.bytes; at += 16)
		memcpy(bo + at, bo, 16); /* the atom before the tensor, everywhere */
	assert_int_equal(npurt_canary_count(&t, bo + AT, SEED, &first), 0);
	npurt_canary_fill(bo, AT + t.bytes, SEED - 1);
	assert_int_equal(npurt_canary_count(&t, bo + AT, SEED, &first), 0);
	free(bo);
}

/* A buffer that does not end with an atom is filled to its last byte. */
static void test_odd_end(void **state)
{
	uint8_t whole[64], part[64];

	(void)state;
	npurt_canary_fill(whole, 64, SEED);
	for (size_t bytes = 0; bytes <= 64; bytes++) {
		memset(part, 0, sizeof part);
		npurt_canary_fill(part, bytes, SEED);
		assert_memory_equal(part, whole, bytes);
		for (size_t i = bytes; i < 64; i++)
			assert_int_equal(part[i], 0);
	}
}

/* Lanes that fill up an atom count, gaps do not. */
static void test_zeros(void **state)
{
	static const uint32_t elems[] = { NPU_ELEM_INT8, NPU_ELEM_FP16, NPU_ELEM_INT32 };

	(void)state;
	for (int e = 0; e < 3; e++) {
		struct npub_tensor t = tensor(elems[e]);
		uint8_t *device = malloc(t.bytes);

		assert_non_null(device);
		memset(device, 1, t.bytes);
		for (uint32_t i = 0; i < N * 2 * ROWS * COLUMNS; i++) {
			uint32_t y = i / COLUMNS % ROWS, s = i / COLUMNS / ROWS;

			assert_false(npurt_feature_is_zero(&t, device));
			memset(device + place(&t, s / 2, s % 2, y, i % COLUMNS), 0, 16);
		}
		assert_true(npurt_feature_is_zero(&t, device));
		device[place(&t, 1, 1, 2, 4) + 15] = 1;
		assert_false(npurt_feature_is_zero(&t, device));
		free(device);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_atom),
		cmocka_unit_test(test_floats_are_nans),
		cmocka_unit_test(test_outputs_that_repeat),
		cmocka_unit_test(test_odd_end),
		cmocka_unit_test(test_zeros),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
