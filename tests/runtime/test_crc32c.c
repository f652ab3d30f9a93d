#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "crc32c.h"

/* The definition, a bit at a time. */
static uint32_t crc_by_bit(const uint8_t *p, size_t n)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int b = 0; b < 8; b++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	}
	return ~crc;
}

static void test_known_values(void **state)
{
	static const uint8_t zeros[32], *digits = (const uint8_t *)"123456789";
	uint8_t ones[32], rising[32];
	struct crc32c_table t;

	(void)state;
	crc32c_init(&t);
	memset(ones, 0xff, sizeof ones);
	for (int i = 0; i < 32; i++)
		rising[i] = (uint8_t)i;
	/* RFC 3720, appendix B.4 */
	assert_int_equal(crc32c(&t, 0, zeros, 32), 0x8a9136aa);
	assert_int_equal(crc32c(&t, 0, ones, 32), 0x62a8ab43);
	assert_int_equal(crc32c(&t, 0, rising, 32), 0x46dd794e);
	assert_int_equal(crc32c(&t, 0, digits, 9), 0xe3069283);
	assert_int_equal(crc32c(&t, 0, NULL, 0), 0);
}

static void test_every_length_and_alignment(void **state)
{
	uint8_t bytes[130 + 8];
	struct crc32c_table t;

	(void)state;
	crc32c_init(&t);
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 151 + 7);
	for (size_t at = 0; at < 8; at++)
		for (size_t n = 0; n <= 130; n++) {
			uint32_t want = crc_by_bit(bytes + at, n);

			assert_int_equal(crc32c(&t, 0, bytes + at, n), want);
			if (n % 8 == 0)
				assert_int_equal(~crc32c_by_tables(&t, ~0u, bytes + at,
								   n / 8),
						 want);
			/* in two parts */
			assert_int_equal(crc32c(&t, crc32c(&t, 0, bytes + at, n / 3),
						bytes + at + n / 3, n - n / 3),
					 want);
		}
}

/* Long enough for lanes side by side, once and twice, and for what is left behind them. */
static void test_lanes(void **state)
{
	static const size_t lanes = 3 * 16384;
	const size_t counts[] = { lanes - 1,	 lanes,		lanes + 1,
				  2 * lanes - 8, 2 * lanes + 77, 3 * lanes };
	uint8_t *bytes = malloc(3 * lanes);
	struct crc32c_table t;
	uint32_t x = 1;

	(void)state;
	assert_non_null(bytes);
	crc32c_init(&t);
	for (size_t i = 0; i < 3 * lanes; i++) {
		x = x * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(x >> 24);
	}
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		uint32_t want = crc_by_bit(bytes, counts[i]);

		assert_int_equal(crc32c(&t, 0, bytes, counts[i]), want);
		assert_int_equal(crc32c(&t, crc32c(&t, 0, bytes, 5), bytes + 5,
					counts[i] - 5),
				 want);
	}
	free(bytes);
}

/* The table path, whatever the processor has: its tables against the definition. */
static void test_tables(void **state)
{
	struct crc32c_table t;

	(void)state;
	crc32c_init(&t);
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int b = 0; b < 8; b++)
			c = c & 1 ? c >> 1 ^ 0x82f63b78 : c >> 1;
		assert_int_equal(t.t[0][i], c);
		for (int s = 1; s < CRC32C_SLICES; s++) {
			c = c >> 8 ^ t.t[0][c & 0xff];
			assert_int_equal(t.t[s][i], c);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_values),
		cmocka_unit_test(test_every_length_and_alignment),
		cmocka_unit_test(test_lanes),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
