/* A good record with one register changed: the status, and the register named. */
#include <string.h>

#include "board.h"
#include "check.h"

enum base {
	DENSE,
	WITH_BIAS,
	WITH_ADD,
	DEEP,
	IMAGE,
	BYTES,
	WIDE_BYTES,
	LEAKY,
	DEEP_BYTES,
	BASES
};

/* clang-format off */
static const struct bconv bases[BASES] = {
	[DENSE] = { "dense", .c = 40, .h = 9, .w = 7, .k = 37, .kh = 3, .kw = 3, .pt = 1, .pb = 1, .pl = 1, .pr = 1 },
	[WITH_BIAS] = { "bias", .c = 40, .h = 9, .w = 7, .k = 37, .kh = 3, .kw = 3, .bias = true, .relu = true },
	[WITH_ADD] = { "add", .c = 16, .h = 4, .w = 7, .k = 16, .kh = 1, .kw = 1, .bias = true, .add = true },
	[DEEP] = { "depthwise", .c = 48, .h = 9, .w = 7, .k = 48, .kh = 3, .kw = 3, .depthwise = true },
	[IMAGE] = { "image", .c = 3, .h = 9, .w = 16, .k = 16, .kh = 3, .kw = 3, .pixel = true },
	[BYTES] = { "int8", .c = 40, .h = 9, .w = 7, .k = 37, .kh = 3, .kw = 3, .int8 = true, .bias = true, .per_channel = true },
	[WIDE_BYTES] = { "int8 to int32", .c = 40, .h = 9, .w = 7, .k = 37, .kh = 3, .kw = 3, .int8 = true, .wide_out = true, .bias = true },
	[LEAKY] = { "leaky", .c = 40, .h = 9, .w = 7, .k = 37, .kh = 3, .kw = 3, .int8 = true, .bias = true, .leak = 400 },
	[DEEP_BYTES] = { "int8 depthwise", .c = 64, .h = 9, .w = 7, .k = 64, .kh = 3, .kw = 3, .int8 = true, .depthwise = true, .bias = true, .in_zero = -5 },
};

/* XOR changes bits, SET replaces, ADD adds, DROP leaves the write out. */
enum change { XOR, SET, ADD, DROP };

static const struct {
	const char *name;
	enum base base;
	uint16_t offset;
	enum change change;
	uint32_t value;
	enum sim_status status;
	uint16_t reg; /* that the error names; 0: `offset` */
} cases[] = {
	{ "bits outside the fields", DENSE, 0x1044, XOR, 0x8000, SIM_ERR_WORD, 0 },
	{ "high bit of a size", DENSE, 0x1020, XOR, 1u << 31, SIM_ERR_WORD, 0 },

	{ "cna register left out", DENSE, 0x1078, DROP, 0, SIM_ERR_UNSET, 0 },
	{ "core register left out", DENSE, 0x3030, DROP, 0, SIM_ERR_UNSET, 0 },
	{ "dpu register left out", DENSE, 0x4100, DROP, 0, SIM_ERR_UNSET, 0 },
	{ "rdma register left out", WITH_BIAS, 0x5064, DROP, 0, SIM_ERR_UNSET, 0 },
	{ "dpu pointer left out", DENSE, 0x4004, DROP, 0, SIM_ERR_UNSET, 0 },
	{ "rdma pointer left out", WITH_BIAS, 0x5004, DROP, 0, SIM_ERR_UNSET, 0 },

	{ "bf16", DENSE, 0x100c, SET, 3u << 7 | 3u << 4, SIM_ERR_UNSUPPORTED, 0 },
	{ "unknown conv mode", DENSE, 0x100c, XOR, 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "transposed", DENSE, 0x100c, XOR, 1u << 16, SIM_ERR_UNSUPPORTED, 0 },
	{ "five interleaved channels", IMAGE, 0x100c, XOR, 10u << 12 ^ 12u << 12, SIM_ERR_UNSUPPORTED, 0 },
	{ "stride 0", DENSE, 0x1014, XOR, 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "manual's mode field", DENSE, 0x1014, XOR, 1u << 28, SIM_ERR_UNSUPPORTED, 0 },
	{ "converter on", DENSE, 0x104c, XOR, 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "converter scale", DENSE, 0x1054, XOR, 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "skipping", DENSE, 0x1060, SET, 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "compressed weights", DENSE, 0x1100, SET, 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "compressed amount", DENSE, 0x1150, SET, 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "fp16 padding value", DENSE, 0x1184, SET, 0x3c00, SIM_ERR_UNSUPPORTED, 0 },
	{ "data reuse", DENSE, 0x1040, XOR, 1u << 12, SIM_ERR_UNSUPPORTED, 0 },
	{ "truncation", DENSE, 0x301c, SET, 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "flying mode", DENSE, 0x400c, XOR, 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "fp16 to int8", DENSE, 0x4010, SET, 2u << 26 | 2, SIM_ERR_UNSUPPORTED, 0 },
	{ "multiplication in fp16", DENSE, 0x4040, SET, 0x42, SIM_ERR_UNSUPPORTED, 0 },
	{ "stream nobody reads", DENSE, 0x4040, SET, 0x20150, SIM_ERR_UNSUPPORTED, 0 },
	{ "stream nobody takes", WITH_BIAS, 0x4040, SET, 0x53, SIM_ERR_UNSUPPORTED, 0x501c },
	{ "another algorithm", WITH_BIAS, 0x4040, SET, 0x10150, SIM_ERR_UNSUPPORTED, 0 },
	{ "operand in a register", WITH_ADD, 0x4090, SET, 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "operand of another type", WIDE_BYTES, 0x4070, XOR, 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "correction in fp16", DENSE, 0x4050, XOR, 1u << 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "parametric relu", WITH_BIAS, 0x4060, XOR, 1u << 5, SIM_ERR_UNSUPPORTED, 0 },
	{ "activation table", DENSE, 0x4070, SET, 0x302, SIM_ERR_UNSUPPORTED, 0 },
	{ "table geometry", DENSE, 0x4110, SET, 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "no conversion to fp16", DENSE, 0x4084, SET, 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "operand without conversion", WITH_ADD, 0x4070, XOR, 1u << 8, SIM_ERR_UNSUPPORTED, 0 },
	{ "operand not fetched", WITH_ADD, 0x5034, SET, 1, SIM_ERR_UNSUPPORTED, 0 },
	{ "shifts differ", BYTES, 0x4010, XOR, 1u << 4, SIM_ERR_UNSUPPORTED, 0x4048 },
	{ "correction without window sums", BYTES, 0x3010, XOR, 1, SIM_ERR_SIZES, 0 },
	{ "leak's shifts differ", LEAKY, 0x4010, XOR, 1u << 10, SIM_ERR_UNSUPPORTED, 0x4068 },
	{ "leak without multiplication", LEAKY, 0x4060, XOR, 1u << 4, SIM_ERR_UNSUPPORTED, 0 },
	{ "leak with relu", LEAKY, 0x4060, XOR, 1u << 6, SIM_ERR_UNSUPPORTED, 0 },
	{ "leak from a stream", LEAKY, 0x4068, XOR, 1, SIM_ERR_UNSUPPORTED, 0x4060 },
	{ "leak's shift from elsewhere", LEAKY, 0x4068, XOR, 2, SIM_ERR_UNSUPPORTED, 0x4060 },
	{ "rounding of the operand", WITH_ADD, 0x4070, XOR, 1u << 30, SIM_ERR_UNSUPPORTED, 0 },
	{ "operand times output", WITH_ADD, 0x4070, XOR, 1u << 2, SIM_ERR_UNSUPPORTED, 0 },
	{ "fp16 operand scaled", WITH_ADD, 0x4078, SET, 2, SIM_ERR_UNSUPPORTED, 0 },
	{ "scaled int32", WIDE_BYTES, 0x4084, SET, 2, SIM_ERR_UNSUPPORTED, 0 },
	{ "shifted int32", WIDE_BYTES, 0x4088, SET, 1, SIM_ERR_UNSUPPORTED, 0x4084 },
	{ "int32 with a zero point", WIDE_BYTES, 0x4080, SET, 1, SIM_ERR_UNSUPPORTED, 0x4084 },
	{ "rounding mode of the output", BYTES, 0x4088, XOR, 1u << 30, SIM_ERR_UNSUPPORTED, 0 },
	{ "depthwise padding of one byte", DEEP_BYTES, 0x1184, SET, 0xfffffffb ^ 0x100, SIM_ERR_UNSUPPORTED, 0 },
	{ "undefined constant", DENSE, 0x40c4, SET, 1, SIM_ERR_UNSUPPORTED, 0 },

	{ "core precision", DENSE, 0x3010, XOR, 2u << 8, SIM_ERR_SIZES, 0 },
	{ "dpu precision", DENSE, 0x4010, XOR, 2, SIM_ERR_SIZES, 0 },
	{ "core not depthwise", DEEP, 0x3010, XOR, 2, SIM_ERR_SIZES, 0 },
	{ "dpu not depthwise", DEEP, 0x400c, SET, 0x1e4, SIM_ERR_SIZES, 0 },
	{ "rdma not depthwise", WITH_BIAS, 0x5044, XOR, 6, SIM_ERR_SIZES, 0 },
	{ "width", DENSE, 0x1020, ADD, 1u << 16, SIM_ERR_SIZES, 0x1084 },
	{ "height", DENSE, 0x1084, ADD, 1, SIM_ERR_SIZES, 0 },
	{ "no height", DENSE, 0x1020, SET, 7u << 16, SIM_ERR_SIZES, 0 },
	{ "channels", DENSE, 0x1088, ADD, 8, SIM_ERR_SIZES, 0 },
	{ "odd channels", DENSE, 0x1024, ADD, 1, SIM_ERR_SIZES, 0 },
	{ "real channels", DENSE, 0x1024, SET, 20u << 16 | 40, SIM_ERR_SIZES, 0 },
	{ "real channels of an image", IMAGE, 0x1024, SET, 1u << 16 | 8, SIM_ERR_SIZES, 0 },
	{ "output width", DENSE, 0x1028, ADD, 1, SIM_ERR_SIZES, 0x3014 },
	{ "output pixels", DENSE, 0x102c, ADD, 1, SIM_ERR_SIZES, 0 },
	{ "core height", DENSE, 0x3014, ADD, 1u << 16, SIM_ERR_SIZES, 0x102c },
	{ "core channels", DENSE, 0x3018, ADD, 16, SIM_ERR_SIZES, 0 },
	{ "padding that leaves a row out", DENSE, 0x1068, SET, 1u << 4 | 4, SIM_ERR_SIZES, 0x3014 },
	{ "stride that runs off", DENSE, 0x1014, SET, 1u << 3 | 2, SIM_ERR_SIZES, 0x1028 },
	{ "stride that runs off the rows", DENSE, 0x1014, SET, 2u << 3 | 1, SIM_ERR_SIZES, 0x3014 },
	{ "kernel bytes", DENSE, 0x1034, ADD, 2, SIM_ERR_SIZES, 0 },
	{ "weight bytes", DENSE, 0x1030, ADD, 2, SIM_ERR_SIZES, 0 },
	{ "kernels", DENSE, 0x1038, ADD, 2, SIM_ERR_SIZES, 0 },
	{ "odd kernels in int8", BYTES, 0x1038, ADD, (uint32_t)-1, SIM_ERR_SIZES, 0 },
	{ "kernels of a depthwise task", DEEP, 0x1038, ADD, 1, SIM_ERR_SIZES, 0 },
	{ "channels of a depthwise task", DEEP, 0x403c, SET, 99u << 16 | 127, SIM_ERR_SIZES, 0 },
	{ "no output width", DENSE, 0x1028, SET, 0, SIM_ERR_SIZES, 0 },
	{ "no kernel", DENSE, 0x1038, SET, 37, SIM_ERR_SIZES, 0 },
	{ "few grains", DENSE, 0x1010, SET, 7u << 4, SIM_ERR_SIZES, 0 },
	{ "no grains", DENSE, 0x1010, SET, 0, SIM_ERR_SIZES, 0 },
	{ "dpu width", DENSE, 0x4030, ADD, 1, SIM_ERR_SIZES, 0 },
	{ "dpu height", DENSE, 0x4034, ADD, 1, SIM_ERR_SIZES, 0 },
	{ "dpu channels", DENSE, 0x403c, ADD, 16, SIM_ERR_SIZES, 0 },
	{ "dpu real channels", DENSE, 0x403c, ADD, 16u << 16, SIM_ERR_SIZES, 0x1038 },
	{ "write channels", DENSE, 0x4058, ADD, 16, SIM_ERR_SIZES, 0 },
	{ "write height", DENSE, 0x405c, ADD, 1u << 16, SIM_ERR_SIZES, 0 },
	{ "write width", DENSE, 0x405c, ADD, 1, SIM_ERR_SIZES, 0 },
	{ "surfaces per group", DENSE, 0x4050, XOR, 2u << 2, SIM_ERR_SIZES, 0 },
	{ "surface stride 0", DENSE, 0x4024, SET, 0, SIM_ERR_SIZES, 0 },
	{ "planes of the operand", WITH_ADD, 0x5040, ADD, 16, SIM_ERR_SIZES, 0 },
	{ "half a notch", DENSE, 0x4038, SET, 1, SIM_ERR_SIZES, 0 },
	{ "rdma width", WITH_BIAS, 0x500c, ADD, 1, SIM_ERR_SIZES, 0 },
	{ "rdma height", WITH_BIAS, 0x5010, ADD, 1, SIM_ERR_SIZES, 0 },
	{ "rdma channels", WITH_BIAS, 0x5014, ADD, 16, SIM_ERR_SIZES, 0 },

	{ "entries", DENSE, 0x1044, ADD, 1, SIM_ERR_CBUF, 0 },
	{ "entries of an image", IMAGE, 0x1044, ADD, 16, SIM_ERR_CBUF, 0 },
	{ "too many banks", DENSE, 0x1040, ADD, 1, SIM_ERR_CBUF, 0 },
	{ "no data bank", DENSE, 0x1040, SET, 11u << 4, SIM_ERR_CBUF, 0 },
	{ "no weight bank", DENSE, 0x1040, SET, 11, SIM_ERR_CBUF, 0 },
	{ "weights kept from nowhere", DENSE, 0x1040, XOR, 1u << 13, SIM_ERR_CBUF, 0 },

	{ "features nowhere", DENSE, 0x1070, SET, 0x1000, SIM_ERR_DMA, 0 },
	{ "features misaligned", DENSE, 0x1070, ADD, 8, SIM_ERR_DMA, 0 },
	{ "features past the end", DENSE, 0x1070, ADD, 16, SIM_ERR_DMA, 0 },
	{ "image past the end", IMAGE, 0x1070, ADD, 16, SIM_ERR_DMA, 0 },
	{ "image misaligned", IMAGE, 0x1070, ADD, (uint32_t)-6, SIM_ERR_DMA, 0 },
	{ "line stride", DENSE, 0x107c, ADD, 4, SIM_ERR_DMA, 0x1070 },
	{ "surface stride", DENSE, 0x1080, ADD, 1, SIM_ERR_DMA, 0x1070 },
	{ "negative surface stride", DENSE, 0x1080, SET, 0x8000000, SIM_ERR_DMA, 0x1070 },
	{ "weights past the end", DENSE, 0x1110, ADD, 16, SIM_ERR_DMA, 0 },
	{ "weights misaligned", DENSE, 0x1110, ADD, 4, SIM_ERR_DMA, 0 },
	{ "bias past the end", WITH_BIAS, 0x5020, ADD, 16, SIM_ERR_DMA, 0 },
	{ "operand past the end", WITH_ADD, 0x5038, ADD, 16, SIM_ERR_DMA, 0 },
	{ "operand nowhere", WITH_ADD, 0x5018, SET, 0x40, SIM_ERR_DMA, 0 },
	{ "output past the end", DENSE, 0x4020, ADD, 32, SIM_ERR_DMA, 0 },
	{ "output misaligned", DENSE, 0x4020, ADD, 8, SIM_ERR_DMA, 0 },
	{ "output group stride", DENSE, 0x40c0, ADD, 1u << 20, SIM_ERR_DMA, 0x4020 },

	{ "surfaces on each other", DENSE, 0x4024, SET, 16, SIM_ERR_OUTPUT, 0x4020 },
	{ "groups on each other", DENSE, 0x40c0, SET, 0, SIM_ERR_OUTPUT, 0x4020 },

	{ "features are the output", DENSE, 0x1070, SET, 0x40000000, SIM_ERR_ORDER, 0x4020 },
	{ "operand is the output", WITH_ADD, 0x5018, SET, 0x40000000, SIM_ERR_ORDER, 0x4020 },
};
/* clang-format on */

static void changed_registers(void **state)
{
	static struct brecord r;
	const uint32_t one = 1;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint16_t reg = cases[i].reg ? cases[i].reg : cases[i].offset;
		struct board b;

		board_open(&b, &bases[cases[i].base], 5);
		board_encode(&b, &(struct btile){ 0 }, &r);
		board_place(&b, &r, &one, 1);
		if (!board_run(&b))
			fail_msg("%s: the base fails: %s", cases[i].name,
				 b.result.message);
		sim_power_cycle(b.sim);
		if (cases[i].change == DROP) {
			record_drop(&r, cases[i].offset);
		} else {
			uint32_t v = record_get(&r, cases[i].offset);

			record_set(&r, cases[i].offset,
				   cases[i].change == XOR   ? v ^ cases[i].value
				   : cases[i].change == ADD ? v + cases[i].value
							    : cases[i].value);
		}
		board_place(&b, &r, &one, 1);
		if (board_run(&b))
			fail_msg("%s: accepted", cases[i].name);
		if (b.result.status != cases[i].status || b.result.reg != reg)
			fail_msg("%s: %s at 0x%04x, expected %s at 0x%04x: %s",
				 cases[i].name, sim_status_name(b.result.status),
				 b.result.reg, sim_status_name(cases[i].status), reg,
				 b.result.message);
		board_close(&b);
	}
}

/* What an earlier job wrote does not count. */
static void earlier_jobs_do_not_count(void **state)
{
	static struct brecord r;
	const uint32_t one = 1;
	struct board b;

	(void)state;
	board_open(&b, &bases[DENSE], 5);
	assert_true(board_run_whole(&b));
	assert_true(board_run_whole(&b)); /* both groups are full now */
	board_encode(&b, &(struct btile){ 0 }, &r);
	record_drop(&r, 0x1060);
	board_place(&b, &r, &one, 1);
	assert_false(board_run(&b));
	assert_int_equal(b.result.status, SIM_ERR_UNSET);
	assert_int_equal(b.result.reg, 0x1060);
	assert_non_null(strstr(b.result.message, "earlier job"));
	board_close(&b);
}

/* Streamed and kept weights; rows that overlap, and rows left out. */
static void pairs_of_tasks(void **state)
{
	static struct brecord r[2];
	const uint32_t two = 2, one = 1;
	struct board b;

	(void)state;
	board_open(&b, &bases[DENSE], 5);
	board_encode(&b, &(struct btile){ .y = 0, .y_count = 5 }, &r[0]);
	board_encode(&b, &(struct btile){ .y = 4, .y_count = 5 }, &r[1]);
	board_place(&b, r, &two, 1);
	assert_false(board_run(&b));
	assert_int_equal(b.result.status, SIM_ERR_OUTPUT);
	assert_int_equal(b.result.task, 1);
	assert_int_equal(b.result.address, 0x40000000 + 4 * 7 * 16);

	/* the second reads what the first has written */
	board_encode(&b, &(struct btile){ .y = 5, .y_count = 4 }, &r[1]);
	record_set(&r[1], 0x1070, 0x40000000);
	board_place(&b, r, &two, 1);
	assert_false(board_run(&b));
	assert_int_equal(b.result.status, SIM_ERR_ORDER);
	assert_int_equal(b.result.task, 1);
	assert_int_equal(b.result.reg, 0x1070);

	board_place(&b, &r[0], &one, 1);
	assert_false(board_run(&b));
	assert_int_equal(b.result.status, SIM_ERR_OUTPUT);
	assert_int_equal(b.result.address, 0x40000000 + 5 * 7 * 16);
	assert_non_null(strstr(b.result.message, "hole"));

	/* kept weights in other banks, then of another size */
	board_encode(&b, &(struct btile){ .y = 5, .y_count = 4 }, &r[1]);
	record_set(&r[1], 0x1040, (record_get(&r[0], 0x1040) - 0x10) | 1u << 13);
	board_place(&b, r, &two, 1);
	assert_false(board_run(&b));
	assert_int_equal(b.result.status, SIM_ERR_CBUF);
	board_encode(&b, &(struct btile){ .y = 5, .y_count = 4, .k_count = 21 }, &r[1]);
	record_set(&r[1], 0x1040, record_get(&r[0], 0x1040) | 1u << 13);
	board_place(&b, r, &two, 1);
	assert_false(board_run(&b));
	assert_int_equal(b.result.status, SIM_ERR_CBUF);
	assert_int_equal(b.result.reg, 0x1030);
	board_close(&b);
}

/* Weights that do not fit their banks are streamed: nothing is left to keep. */
static void streamed_weights_cannot_be_kept(void **state)
{
	const struct bconv big = { "big",   .c = 128, .h = 6, .w = 3,
				   .k = 64, .kh = 3,  .kw = 3 };
	static struct brecord r[2];
	const uint32_t two = 2;
	struct board b;

	(void)state;
	board_open(&b, &big, 5);
	for (uint32_t i = 0; i < 2; i++) {
		board_encode(&b, &(struct btile){ .y = 2 * i, .y_count = 2 }, &r[i]);
		record_set(&r[i], 0x1040, 2u << 4 | 1); /* of 4.5 banks */
	}
	board_place(&b, r, &two, 1);
	assert_true(board_run(&b));
	board_check(&b);
	record_set(&r[1], 0x1040, 1u << 13 | 2u << 4 | 1);
	board_place(&b, r, &two, 1);
	assert_false(board_run(&b));
	assert_int_equal(b.result.status, SIM_ERR_CBUF);
	record_set(&r[0], 0x1040, 1u << 4 | 1); /* not one kernel group */
	board_place(&b, r, &two, 1);
	assert_false(board_run(&b));
	assert_int_equal(b.result.status, SIM_ERR_CBUF);
	assert_int_equal(b.result.task, 0);
	board_close(&b);
}

/* More rows than the data banks hold. */
static void rows_that_do_not_fit(void **state)
{
	const struct bconv tall = { "tall", .c = 64, .h = 40, .w = 9,
				    .k = 3, .kh = 1, .kw = 1 };
	static struct brecord r;
	const uint32_t one = 1;
	struct board b;

	(void)state;
	board_open(&b, &tall, 5);
	board_encode(&b, &(struct btile){ 0 }, &r);
	assert_int_equal(record_get(&r, 0x1040) & 15, 2); /* 720 entries */
	record_set(&r, 0x1040, 11u << 4 | 1);
	board_place(&b, &r, &one, 1);
	assert_false(board_run(&b));
	assert_int_equal(b.result.status, SIM_ERR_CBUF);
	assert_int_equal(b.result.reg, 0x1040);
	board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changed_registers),
		cmocka_unit_test(earlier_jobs_do_not_count),
		cmocka_unit_test(pairs_of_tasks),
		cmocka_unit_test(streamed_weights_cannot_be_kept),
		cmocka_unit_test(rows_that_do_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
