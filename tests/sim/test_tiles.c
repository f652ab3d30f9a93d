/* Several tasks in one list: tiles, slices, kept weights, delta records. */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "check.h"

#define MAX_TILES 6u

/* clang-format off */
static const struct bconv dense = { "dense", .c = 40, .h = 13, .w = 9, .k = 53, .kh = 3, .kw = 3, .pt = 1, .pb = 1, .pl = 1, .pr = 1, .bias = true };
static const struct bconv strided = { "strided", .c = 17, .h = 21, .w = 8, .k = 34, .kh = 3, .kw = 2, .sy = 2, .sx = 2, .pt = 1, .pb = 1 };
static const struct bconv added = { "added", .c = 16, .h = 11, .w = 5, .k = 32, .kh = 1, .kw = 1, .bias = true, .add = true, .relu = true };
static const struct bconv deep = { "depthwise", .c = 96, .h = 12, .w = 6, .k = 96, .kh = 3, .kw = 3, .depthwise = true, .pt = 1, .pb = 1, .bias = true };
static const struct bconv small_ints = { "int8", .c = 33, .h = 12, .w = 7, .k = 70, .kh = 3, .kw = 3, .int8 = true, .bias = true, .per_channel = true };
static const struct bconv photo = { "image", .c = 3, .h = 20, .w = 16, .k = 20, .kh = 3, .kw = 3, .pixel = true, .pt = 1, .pb = 1, .pl = 1, .pr = 1 };

static const struct {
	const char *name;
	const struct bconv *conv;
	uint32_t tiles;
	struct btile tile[MAX_TILES];
} plans[] = {
	{ "rows", &dense, 2, { { .y = 0, .y_count = 7 }, { .y = 7, .y_count = 6 } } },
	{ "rows, weights kept", &dense, 3, { { .y = 0, .y_count = 4 }, { .y = 4, .y_count = 4, .reuse = true }, { .y = 8, .y_count = 5 } } },
	{ "rows and a last one", &strided, 4, { { .y = 0, .y_count = 3 }, { .y = 3, .y_count = 3 }, { .y = 6, .y_count = 4 }, { .y = 10, .y_count = 1 } } },
	{ "kernels", &dense, 3, { { .k = 0, .k_count = 16 }, { .k = 16, .k_count = 32 }, { .k = 48, .k_count = 5 } } },
	{ "rows and kernels", &dense, 4, { { .y = 0, .y_count = 9, .k = 0, .k_count = 32 }, { .y = 9, .y_count = 4, .k = 0, .k_count = 32 }, { .y = 0, .y_count = 6, .k = 32, .k_count = 21 }, { .y = 6, .y_count = 7, .k = 32, .k_count = 21 } } },
	{ "rows with an operand", &added, 2, { { .y = 0, .y_count = 5 }, { .y = 5, .y_count = 6 } } },
	{ "kernels with an operand", &added, 2, { { .k = 0, .k_count = 16 }, { .k = 16, .k_count = 16 } } },
	{ "channel slices", &deep, 2, { { .k = 0, .k_count = 64 }, { .k = 64, .k_count = 32 } } },
	{ "channel slices and rows", &deep, 4, { { .y = 0, .y_count = 7, .k = 0, .k_count = 32 }, { .y = 0, .y_count = 7, .k = 32, .k_count = 64 }, { .y = 7, .y_count = 5, .k = 0, .k_count = 32 }, { .y = 7, .y_count = 5, .k = 32, .k_count = 64 } } },
	{ "int8 kernels", &small_ints, 2, { { .k = 0, .k_count = 32 }, { .k = 32, .k_count = 38 } } },
	{ "int8 rows", &small_ints, 2, { { .y = 0, .y_count = 3 }, { .y = 3, .y_count = 7 } } },
	{ "image rows", &photo, 3, { { .y = 0, .y_count = 5 }, { .y = 5, .y_count = 8 }, { .y = 13, .y_count = 7 } } },
};
/* clang-format on */
#define PLANS (sizeof plans / sizeof plans[0])

static void encode_plan(const struct board *b, size_t i, struct brecord *records)
{
	for (uint32_t t = 0; t < plans[i].tiles; t++) {
		board_encode(b, &plans[i].tile[t], &records[t]);
		/* kept weights lie where the task before put them */
		if (t > 0 && plans[i].tile[t].reuse)
			record_set(&records[t], 0x1040,
				   record_get(&records[t - 1], 0x1040) | 1u << 13);
	}
}

static void tiles(void **state)
{
	static struct brecord records[MAX_TILES];

	(void)state;
	for (size_t i = 0; i < PLANS; i++) {
		struct board b;

		board_open(&b, plans[i].conv, (uint32_t)i + 100);
		encode_plan(&b, i, records);
		board_place(&b, records, &plans[i].tiles, 1);
		if (!board_run(&b))
			fail_msg("%s: %s", plans[i].name, b.result.message);
		assert_int_equal(b.result.tasks_done, plans[i].tiles);
		board_check(&b);
		board_close(&b);
	}
}

/* Leave out what the record two before wrote with the same value. */
static void make_delta(struct brecord *r, const struct brecord *before)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->n; i++) {
		bool pointer = (r->regs[i].offset & 0xfff) == 4;

		if (pointer || record_get(before, r->regs[i].offset) != r->regs[i].value)
			r->regs[n++] = r->regs[i];
	}
	r->n = n;
}

static void delta_records(void **state)
{
	static struct brecord records[MAX_TILES], full[MAX_TILES];
	uint32_t shortened = 0;

	(void)state;
	for (size_t i = 0; i < PLANS; i++) {
		struct board b;

		if (plans[i].tiles < 3)
			continue;
		board_open(&b, plans[i].conv, (uint32_t)i + 100);
		encode_plan(&b, i, full);
		memcpy(records, full, sizeof records);
		for (uint32_t t = 2; t < plans[i].tiles; t++) {
			make_delta(&records[t], &full[t - 2]);
			shortened += records[t].n < 40;
		}
		board_place(&b, records, &plans[i].tiles, 1);
		if (!board_run(&b))
			fail_msg("%s: %s", plans[i].name, b.result.message);
		board_check(&b);
		/* the second record's group has not been filled by the first */
		make_delta(&records[1], &full[0]);
		board_place(&b, records, &plans[i].tiles, 1);
		sim_power_cycle(b.sim);
		assert_false(board_run(&b));
		assert_int_equal(b.result.status, SIM_ERR_UNSET);
		assert_int_equal(b.result.task, 1);
		board_close(&b);
	}
	assert_true(shortened > 5);
}

/* Kept weights come from the CBUF: the address and the memory do not matter. */
static void kept_weights_are_not_read_again(void **state)
{
	static struct brecord r[2];
	const uint32_t two = 2;
	struct board b;
	uint64_t read;

	(void)state;
	board_open(&b, &dense, 7);
	board_encode(&b, &(struct btile){ .y = 0, .y_count = 7 }, &r[0]);
	board_encode(&b, &(struct btile){ .y = 7, .y_count = 6 }, &r[1]);
	board_place(&b, r, &two, 1);
	assert_true(board_run(&b));
	read = b.result.bytes_read;
	record_set(&r[1], 0x1040, record_get(&r[0], 0x1040) | 1u << 13);
	record_set(&r[1], 0x1110, 0);
	board_place(&b, r, &two, 1);
	assert_true(board_run(&b));
	board_check(&b);
	assert_int_equal(read - b.result.bytes_read, b.regions[BOARD_WEIGHTS].bytes);
	board_close(&b);
}

/* Results are the same bits for any number of threads. */
static void threads_change_nothing(void **state)
{
	const struct bconv conv = { "threads", .c = 128, .h = 20, .w = 11,
				    .k = 37,   .kh = 3,	 .kw = 3, .bias = true };
	struct board b;
	uint8_t *once;
	size_t bytes;

	(void)state;
	board_open(&b, &conv, 3);
	bytes = b.regions[BOARD_OUTPUT].bytes;
	once = malloc(bytes);
	assert_non_null(once);
	assert_true(board_run_whole(&b));
	assert_true(b.result.macs > 4000000);
	memcpy(once, b.regions[BOARD_OUTPUT].data, bytes);
	for (uint32_t threads = 2; threads < 7; threads++) {
		memset(b.regions[BOARD_OUTPUT].data, 0xa5, bytes);
		b.threads = threads;
		assert_true(board_run(&b));
		assert_memory_equal(b.regions[BOARD_OUTPUT].data, once, bytes);
	}
	free(once);
	board_close(&b);
}

/* Groups alternate over jobs, and a power cycle starts again at group 0. */
static void interrupt_names_the_group(void **state)
{
	const struct bconv conv = { "one",  .c = 8,  .h = 2, .w = 3,
				    .k = 4, .kh = 1, .kw = 1 };
	const uint32_t want[] = { 0x100, 0x200, 0x100 };
	struct board b;

	(void)state;
	board_open(&b, &conv, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(board_run_whole(&b));
		assert_int_equal(b.result.int_status, want[i]);
	}
	sim_power_cycle(b.sim);
	assert_true(board_run_whole(&b));
	assert_int_equal(b.result.int_status, 0x100);
	assert_int_equal(b.result.macs, 8 * 4 * 6);
	assert_int_equal(b.result.bytes_written, 16 * 6 * 2);
	assert_int_equal(b.result.bytes_read, 16 * 6 + 8 * 4 * 2);
	board_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tiles),
		cmocka_unit_test(delta_records),
		cmocka_unit_test(kept_weights_are_not_read_again),
		cmocka_unit_test(threads_change_nothing),
		cmocka_unit_test(interrupt_names_the_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
