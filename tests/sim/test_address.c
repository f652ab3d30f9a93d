/*
 * Which byte is which element: worked examples of the layouts.
 *
 * All memory is zero except one input element and one weight; then exactly one
 * output element differs, at the byte the layout says.
 */
#include <string.h>

#include "board.h"
#include "check.h"

/* clang-format off */
static const struct {
	const char *name;
	struct bconv conv;
	size_t input, weight, output; /* byte offsets */
} cases[] = {
	/* input c 13, y 2, x 4; kernel 3's channel 13: (3 * 24 + 13) * 2, C 24 is stored as 32 */
	{ "fp16 features", { "f", .c = 20, .h = 3, .w = 5, .k = 16, .kh = 1, .kw = 1, .wide_out = false },
	  474, (3 * 32 + 13) * 2, (2 * 5 + 4) * 16 + 3 * 2 },
	/* c 17, y 2, x 4; kernel 20 */
	{ "int8 features", { "i", .c = 20, .h = 3, .w = 5, .k = 32, .kh = 1, .kw = 1, .int8 = true, .wide_out = true },
	  465, 20 * 32 + 17, (20 / 4) * 16 * 16 + (2 * 5 + 4) * 16 },
	/* k 37, c 66, tap (1, 2): output pixel (1, 1) sees input (2, 3) */
	{ "fp16 weights", { "w", .c = 72, .h = 5, .w = 6, .k = 40, .kh = 3, .kw = 3 },
	  (66 / 8 * 30 + 2 * 6 + 3) * 16 + 66 % 8 * 2, 51412, (37 / 8 * 12 + 1 * 4 + 1) * 16 + 37 % 8 * 2 },
	/* c 70, tap (2, 1) */
	{ "int8 depthwise weights", { "d", .c = 80, .h = 5, .w = 6, .k = 80, .kh = 3, .kw = 3, .int8 = true, .depthwise = true, .bias = true, .per_channel = true },
	  (70 / 16 * 30 + 3 * 6 + 2) * 16 + 70 % 16, 694, (70 / 16 * 12 + 1 * 4 + 1) * 16 + 70 % 16 },
	/* y 5, x 7, c 2 of an RGB picture 128 wide */
	{ "pixels", { "p", .c = 3, .h = 8, .w = 128, .k = 32, .kh = 1, .kw = 1, .int8 = true, .wide_out = true, .pixel = true },
	  1943, 9 * 16 + 2, (9 / 4) * 1024 * 16 + (5 * 128 + 7) * 16 + 9 % 4 * 4 },
	/* k 13, y 2, x 3 of a 6 x 6 output */
	{ "fp16 output", { "o", .c = 8, .h = 6, .w = 6, .k = 20, .kh = 1, .kw = 1 },
	  (2 * 6 + 3) * 16, 13 * 16, 826 },
};
/* clang-format on */

static void one_element(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct bconv *v = &cases[i].conv;
		const uint8_t half_one[2] = { 0x00, 0x3c }, byte_one[2] = { 64, 0 };
		size_t n = v->int8 ? 1 : 2, changed = 0, at = 0;
		struct sim_region *out;
		struct board b;

		board_open(&b, v, 1);
		out = &b.regions[BOARD_OUTPUT];
		memset(b.regions[BOARD_INPUT].data, 0, b.regions[BOARD_INPUT].bytes);
		memset(b.regions[BOARD_WEIGHTS].data, 0, b.regions[BOARD_WEIGHTS].bytes);
		memset(b.regions[BOARD_BIAS].data, 0, b.regions[BOARD_BIAS].bytes);
		for (size_t j = 0; v->per_channel && j < b.regions[BOARD_BIAS].bytes;
		     j += 64)
			for (size_t k = 49; k < 64; k += 2)
				((uint8_t *)b.regions[BOARD_BIAS].data)[j + k] = 0x40;
		memset(out->data, 0, out->bytes);
		assert_true(cases[i].input < b.regions[BOARD_INPUT].bytes);
		assert_true(cases[i].weight < b.regions[BOARD_WEIGHTS].bytes);
		memcpy((uint8_t *)b.regions[BOARD_INPUT].data + cases[i].input,
		       v->int8 ? byte_one : half_one, n);
		memcpy((uint8_t *)b.regions[BOARD_WEIGHTS].data + cases[i].weight,
		       v->int8 ? byte_one : half_one, n);
		if (!board_run_whole(&b))
			fail_msg("%s: %s", cases[i].name, b.result.message);
		for (size_t j = 0; j < out->bytes; j++) {
			if (((uint8_t *)out->data)[j]) {
				at = changed ? at : j;
				changed++;
			}
		}
		/* an element's lowest byte may be zero: 1.0 and 4096 are */
		at = at / n * n;
		if (v->wide_out)
			at = at / 4 * 4;
		if (changed != 1 || at != cases[i].output)
			fail_msg("%s: %zu bytes, the first at %zu, expected one at %zu",
				 cases[i].name, changed, at, cases[i].output);
		board_close(&b);
	}
}

/* Channel 21: bias at byte 148, correction at 170, factor at 186. */
static void bias_groups(void **state)
{
	const struct bconv conv = { "b",
				    .c = 16,
				    .h = 1,
				    .w = 1,
				    .k = 32,
				    .kh = 1,
				    .kw = 1,
				    .int8 = true,
				    .bias = true,
				    .out_zero = 0,
				    .per_channel = true };
	struct board b;
	uint8_t *bias;
	const int8_t *out;

	(void)state;
	board_open(&b, &conv, 1);
	bias = b.regions[BOARD_BIAS].data;
	out = b.regions[BOARD_OUTPUT].data;
	b.out_scale = 1;
	b.out_shift = 0;
	memset(bias, 0, b.regions[BOARD_BIAS].bytes);
	memset(b.regions[BOARD_WEIGHTS].data, 0, b.regions[BOARD_WEIGHTS].bytes);
	memset(b.regions[BOARD_INPUT].data, 1, b.regions[BOARD_INPUT].bytes);
	bias[148] = 11;
	bias[170] = 2; /* times the window's sum, 16 */
	bias[187] = 0x40;
	assert_true(board_run_whole(&b));
	for (int k = 0; k < 32; k++)
		assert_int_equal(out[k / 16 * 16 + k % 16], k == 21 ? 11 + 2 * 16 : 0);
	board_close(&b);
}

/* Row-major operands: GROUP_LINE_OFF makes the row pitch any number of atoms. */
static void flat_lines(void **state)
{
	const struct bconv conv = { "flat",  .c = 24, .h = 9, .w = 1,
				    .k = 16, .kh = 1, .kw = 1 };
	const uint32_t one = 1;
	static struct brecord r;
	uint8_t rows[9][3][16];
	struct board b;

	(void)state;
	board_open(&b, &conv, 4);
	/* surfaces side by side in each row, instead of plane after plane */
	for (int s = 0; s < 3; s++)
		for (int y = 0; y < 9; y++)
			memcpy(rows[y][s],
			       (uint8_t *)b.regions[BOARD_INPUT].data + (s * 9 + y) * 16,
			       16);
	memcpy(b.regions[BOARD_INPUT].data, rows, sizeof rows);
	board_encode(&b, &(struct btile){ 0 }, &r);
	record_set(&r, 0x100c, record_get(&r, 0x100c) | 1u << 29);
	record_set(&r, 0x107c, 3);
	record_set(&r, 0x1080, 0);
	board_place(&b, &r, &one, 1);
	if (!board_run(&b))
		fail_msg("%s", b.result.message);
	board_check(&b);
	board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_element),
		cmocka_unit_test(bias_groups),
		cmocka_unit_test(flat_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
