/* Whole convolutions in one task, against plain loops. */
#include "board.h"
#include "check.h"

/* clang-format off */
static const struct bconv cases[] = {
	{ "smallest", .c = 1, .h = 1, .w = 1, .k = 1, .kh = 1, .kw = 1 },
	{ "pointwise", .c = 40, .h = 5, .w = 7, .k = 21, .kh = 1, .kw = 1 },
	{ "three by three", .c = 16, .h = 7, .w = 9, .k = 20, .kh = 3, .kw = 3 },
	{ "several blocks", .c = 72, .h = 5, .w = 6, .k = 40, .kh = 3, .kw = 3 },
	{ "three atoms stored as four", .c = 24, .h = 5, .w = 6, .k = 16, .kh = 3, .kw = 1 },
	{ "tail of three atoms", .c = 55, .h = 4, .w = 5, .k = 17, .kh = 2, .kw = 3 },
	{ "strides", .c = 11, .h = 13, .w = 17, .k = 5, .kh = 3, .kw = 5, .sy = 2, .sx = 3 },
	{ "wide stride", .c = 8, .h = 15, .w = 22, .k = 3, .kh = 1, .kw = 1, .sy = 7, .sx = 7 },
	{ "padding", .c = 9, .h = 6, .w = 5, .k = 18, .kh = 3, .kw = 3, .pt = 1, .pb = 1, .pl = 1, .pr = 1 },
	{ "uneven padding", .c = 9, .h = 6, .w = 5, .k = 4, .kh = 5, .kw = 4, .sy = 2, .pt = 3, .pb = 1, .pl = 0, .pr = 3 },
	{ "dilation", .c = 8, .h = 11, .w = 12, .k = 16, .kh = 3, .kw = 2, .dy = 2, .dx = 4, .pt = 2, .pb = 2, .pl = 1, .pr = 4 },
	{ "fp32 out", .c = 33, .h = 3, .w = 5, .k = 19, .kh = 3, .kw = 3, .wide_out = true },
	{ "bias", .c = 12, .h = 5, .w = 3, .k = 35, .kh = 1, .kw = 3, .bias = true },
	{ "bias and relu", .c = 12, .h = 5, .w = 3, .k = 35, .kh = 1, .kw = 3, .bias = true, .relu = true },
	{ "clamp", .c = 12, .h = 5, .w = 3, .k = 17, .kh = 1, .kw = 3, .bias = true, .relu = true, .clamp = 6 },
	{ "addition", .c = 12, .h = 5, .w = 7, .k = 33, .kh = 3, .kw = 3, .bias = true, .add = true },
	{ "addition and relu", .c = 12, .h = 5, .w = 7, .k = 33, .kh = 3, .kw = 3, .bias = true, .add = true, .relu = true },
	{ "image", .c = 3, .h = 9, .w = 32, .k = 16, .kh = 3, .kw = 3, .pixel = true, .sy = 2, .sx = 2, .pt = 1, .pb = 0, .pl = 1, .pr = 0 },
	{ "grey image", .c = 1, .h = 7, .w = 16, .k = 5, .kh = 5, .kw = 3, .pixel = true },
	{ "two channel image", .c = 2, .h = 4, .w = 24, .k = 5, .kh = 1, .kw = 1, .pixel = true },
	{ "four channel image", .c = 4, .h = 4, .w = 32, .k = 9, .kh = 3, .kw = 3, .pixel = true },
	{ "depthwise", .c = 32, .h = 7, .w = 9, .k = 32, .kh = 3, .kw = 3, .depthwise = true, .pt = 1, .pb = 1, .pl = 1, .pr = 1 },
	{ "depthwise tail", .c = 88, .h = 7, .w = 6, .k = 88, .kh = 3, .kw = 5, .depthwise = true, .sy = 2 },
	{ "depthwise odd channels", .c = 19, .h = 7, .w = 6, .k = 19, .kh = 3, .kw = 3, .depthwise = true, .bias = true, .relu = true },
	{ "depthwise fp32", .c = 40, .h = 4, .w = 6, .k = 40, .kh = 2, .kw = 2, .depthwise = true, .wide_out = true },
	{ "few rows", .c = 17, .h = 3, .w = 3, .k = 8, .kh = 2, .kw = 2 },
	{ "one row", .c = 64, .h = 1, .w = 50, .k = 24, .kh = 1, .kw = 5, .pl = 2, .pr = 2 },
	{ "padded input planes", .c = 24, .h = 5, .w = 5, .k = 8, .kh = 3, .kw = 3, .in_plane = 28 },
	{ "row-major output", .c = 48, .h = 21, .w = 1, .k = 40, .kh = 1, .kw = 1, .row_major_out = true },
	{ "more than a chunk of pixels", .c = 8, .h = 13, .w = 11, .k = 16, .kh = 1, .kw = 1 },
	{ "int8 wide", .c = 21, .h = 5, .w = 6, .k = 35, .kh = 3, .kw = 3, .int8 = true, .wide_out = true },
	{ "int8 per tensor", .c = 48, .h = 5, .w = 6, .k = 35, .kh = 3, .kw = 3, .int8 = true, .bias = true, .out_zero = -11 },
	{ "int8 padding and zero points", .c = 5, .h = 6, .w = 7, .k = 7, .kh = 3, .kw = 3, .int8 = true, .bias = true, .in_zero = -9, .out_zero = 4, .pt = 1, .pb = 1, .pl = 1, .pr = 1 },
	{ "int8 uneven weights", .c = 32, .h = 6, .w = 7, .k = 32, .kh = 3, .kw = 3, .int8 = true, .bias = true, .weight_zero = 7, .pt = 1, .pl = 1 },
	{ "int8 per channel", .c = 70, .h = 5, .w = 6, .k = 41, .kh = 1, .kw = 3, .int8 = true, .bias = true, .per_channel = true, .out_zero = 3 },
	{ "int8 per channel relu", .c = 16, .h = 5, .w = 6, .k = 64, .kh = 3, .kw = 3, .int8 = true, .bias = true, .per_channel = true, .relu = true, .out_zero = -128 },
	{ "int8 addition", .c = 16, .h = 5, .w = 7, .k = 33, .kh = 3, .kw = 3, .int8 = true, .bias = true, .per_channel = true, .add = true },
	{ "int8 depthwise", .c = 80, .h = 6, .w = 7, .k = 80, .kh = 3, .kw = 3, .int8 = true, .depthwise = true, .bias = true, .per_channel = true, .in_zero = -4, .pt = 1, .pl = 1, .pb = 1, .pr = 1 },
	{ "int8 depthwise uneven weights", .c = 48, .h = 6, .w = 5, .k = 48, .kh = 3, .kw = 3, .int8 = true, .depthwise = true, .bias = true, .per_channel = true, .weight_zero = -5 },
	{ "int8 wide with bias and padding", .c = 21, .h = 5, .w = 6, .k = 35, .kh = 3, .kw = 3, .int8 = true, .wide_out = true, .bias = true, .in_zero = 17, .pt = 2, .pl = 1, .pb = 1 },
	{ "int8 clamp", .c = 16, .h = 5, .w = 6, .k = 64, .kh = 3, .kw = 3, .int8 = true, .bias = true, .per_channel = true, .relu = true, .limit = 20000, .out_zero = -128 },
	{ "int8 clamp per tensor", .c = 16, .h = 5, .w = 6, .k = 3, .kh = 3, .kw = 3, .int8 = true, .bias = true, .relu = true, .limit = 30000 },
	{ "int8 leak", .c = 20, .h = 5, .w = 6, .k = 40, .kh = 3, .kw = 3, .int8 = true, .bias = true, .per_channel = true, .leak = 409, .out_zero = -7 },
	{ "int8 leak beyond one", .c = 20, .h = 5, .w = 6, .k = 40, .kh = 3, .kw = 3, .int8 = true, .bias = true, .leak = 5003 },
	{ "int8 leak below zero", .c = 20, .h = 5, .w = 6, .k = 40, .kh = 3, .kw = 3, .int8 = true, .bias = true, .leak = -1000 },
	{ "int8 addition and clamp", .c = 16, .h = 5, .w = 7, .k = 33, .kh = 3, .kw = 3, .int8 = true, .bias = true, .per_channel = true, .add = true, .relu = true, .limit = 25000 },
	{ "int8 addition per tensor", .c = 16, .h = 5, .w = 7, .k = 70, .kh = 3, .kw = 3, .int8 = true, .bias = true, .weight_zero = -6, .add = true, .relu = true },
	{ "int8 depthwise addition", .c = 80, .h = 6, .w = 7, .k = 80, .kh = 3, .kw = 3, .int8 = true, .depthwise = true, .bias = true, .per_channel = true, .add = true, .in_zero = 11, .pt = 1, .pb = 1, .pl = 1 },
	{ "int8 depthwise per tensor", .c = 150, .h = 6, .w = 7, .k = 150, .kh = 3, .kw = 2, .int8 = true, .depthwise = true, .bias = true, .weight_zero = 12, .in_zero = -128, .pt = 2, .pr = 1 },
	{ "depthwise addition", .c = 40, .h = 6, .w = 7, .k = 40, .kh = 3, .kw = 3, .depthwise = true, .bias = true, .add = true, .relu = true },
	{ "addition and clamp", .c = 12, .h = 5, .w = 7, .k = 33, .kh = 3, .kw = 3, .bias = true, .add = true, .relu = true, .clamp = 2.5f },
	{ "int8 zero points and padding", .c = 37, .h = 6, .w = 7, .k = 33, .kh = 3, .kw = 5, .int8 = true, .bias = true, .per_channel = true, .weight_zero = 9, .in_zero = -77, .pt = 1, .pl = 2, .pb = 2, .pr = 4 },
	{ "int8 strides and dilation", .c = 50, .h = 16, .w = 17, .k = 18, .kh = 3, .kw = 2, .int8 = true, .bias = true, .weight_zero = -3, .in_zero = 5, .sy = 2, .sx = 3, .dy = 2, .dx = 3, .pt = 3, .pl = 1 },
	{ "int8 many products", .c = 1100, .h = 3, .w = 3, .k = 4, .kh = 3, .kw = 3, .int8 = true, .bias = true, .weight_zero = 1, .in_zero = 3, .pt = 1 },
	{ "int8 grey image", .c = 1, .h = 7, .w = 16, .k = 5, .kh = 5, .kw = 3, .int8 = true, .pixel = true, .bias = true, .per_channel = true, .in_zero = -128, .pt = 2, .pl = 1 },
	{ "int8 two channel image", .c = 2, .h = 7, .w = 32, .k = 40, .kh = 3, .kw = 3, .int8 = true, .pixel = true, .bias = true, .weight_zero = 100, .in_zero = 100, .pt = 2, .pl = 2, .pb = 1, .pr = 2 },
	{ "int8 four channel image", .c = 4, .h = 7, .w = 32, .k = 9, .kh = 3, .kw = 3, .int8 = true, .pixel = true, .wide_out = true, .bias = true, .in_zero = -1, .pt = 1, .pl = 1 },
	{ "int8 image", .c = 3, .h = 8, .w = 32, .k = 24, .kh = 3, .kw = 3, .int8 = true, .pixel = true, .bias = true, .per_channel = true, .sy = 2, .sx = 2 },
};
/* clang-format on */

static void whole_task(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct board b;

		board_open(&b, &cases[i], (uint32_t)i + 1);
		if (!board_run_whole(&b))
			fail_msg("%s: %s", cases[i].name, b.result.message);
		board_check(&b);
		board_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_task),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
