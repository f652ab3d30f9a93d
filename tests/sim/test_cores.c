/* Joint plans: one list per core, barrier records, and what goes wrong there. */
#include <string.h>

#include "board.h"
#include "check.h"

#define MAX_RECORDS 8u

/* clang-format off */
static const struct bconv dense = { "dense", .c = 24, .h = 9, .w = 6, .k = 50, .kh = 3, .kw = 3, .pt = 1, .pb = 1 };

static const struct {
	const char *name;
	uint32_t cores;
	bool by_channels;
	struct btile tile[3]; /* one a core */
} plans[] = {
	{ "two by rows", 2, false, { { .y = 0, .y_count = 5 }, { .y = 5, .y_count = 4 } } },
	{ "three by rows", 3, false, { { .y = 0, .y_count = 3 }, { .y = 3, .y_count = 3 }, { .y = 6, .y_count = 3 } } },
	{ "two by channels", 2, true, { { .k = 0, .k_count = 32 }, { .k = 32, .k_count = 18 } } },
	{ "three by channels", 3, true, { { .k = 0, .k_count = 16 }, { .k = 16, .k_count = 16 }, { .k = 32, .k_count = 18 } } },
};
/* clang-format on */
#define PLANS (sizeof plans / sizeof plans[0])

/* Each core's list is one tile and the barrier. */
static void encode_plan(const struct board *b, size_t i, struct brecord *r)
{
	for (uint32_t core = 0; core < plans[i].cores; core++) {
		struct btile t = plans[i].tile[core];

		t.cores = plans[i].cores;
		t.by_channels = plans[i].by_channels;
		board_encode(b, &t, &r[2 * core]);
		board_barrier(b, &r[2 * core + 1]);
	}
}

static const uint32_t two_each[] = { 2, 2, 2 };

static void joint_plans(void **state)
{
	static struct brecord r[MAX_RECORDS];

	(void)state;
	for (size_t i = 0; i < PLANS; i++) {
		struct board b;
		uint8_t *scratch;

		board_open(&b, &dense, (uint32_t)i);
		encode_plan(&b, i, r);
		board_place(&b, r, two_each, plans[i].cores);
		scratch = b.regions[BOARD_SCRATCH].data;
		memset(scratch + 0x400, 0x5a, 64);
		if (!board_run(&b))
			fail_msg("%s: %s", plans[i].name, b.result.message);
		board_check(&b);
		assert_int_equal(b.result.tasks_done, 2 * plans[i].cores);
		assert_int_equal(b.result.int_status, 0x400);
		assert_int_equal(scratch[31], 0x5a);
		board_close(&b);
	}
}

/* A good plan of two cores by rows, with one thing wrong. */
struct wrong {
	struct board b;
	struct brecord r[MAX_RECORDS];
	uint32_t counts[3], lists;
};

static void expect(struct wrong *w, const char *name, enum sim_status status,
		   uint32_t core, uint32_t task)
{
	board_place(&w->b, w->r, w->counts, w->lists);
	if (board_run(&w->b) || w->b.result.status != status)
		fail_msg("%s: %s %s", name, sim_status_name(w->b.result.status),
			 w->b.result.message);
	if (w->b.result.core != core || w->b.result.task != task)
		fail_msg("%s: at the wrong place: %s", name, w->b.result.message);
	board_close(&w->b);
}

static void wrong_open(struct wrong *w)
{
	board_open(&w->b, &dense, 1);
	encode_plan(&w->b, 0, w->r);
	memcpy(w->counts, two_each, sizeof w->counts);
	w->lists = 2;
}

static void broken_plans(void **state)
{
	static struct wrong w;

	(void)state;
	wrong_open(&w);
	w.r[0].barrier_bits = 2;
	expect(&w, "barrier bits of three cores", SIM_ERR_BARRIER, 0, 0);

	wrong_open(&w);
	w.r[2].barrier_bits = 0;
	expect(&w, "no barrier bits", SIM_ERR_BARRIER, 1, 0);

	wrong_open(&w);
	record_set(&w.r[2], 0x1010, record_get(&w.r[2], 0x1010) & 0xfffffff);
	expect(&w, "mode of one core", SIM_ERR_BARRIER, 1, 0);

	wrong_open(&w);
	record_set(&w.r[0], 0x1010, (record_get(&w.r[0], 0x1010) & 0xfffffff) | 5u << 28);
	expect(&w, "mode of three cores", SIM_ERR_BARRIER, 0, 0);

	wrong_open(&w);
	w.counts[1] = 1; /* the second core's list ends with its conv */
	expect(&w, "a barrier nobody joins", SIM_ERR_BARRIER, 1, 0);

	wrong_open(&w);
	w.r[1].barrier_bits = 1;
	expect(&w, "bits in the barrier's tail", SIM_ERR_BARRIER, 0, 1);

	wrong_open(&w);
	w.lists = 1;
	w.r[0].barrier_bits = 0;
	record_set(&w.r[0], 0x1010, record_get(&w.r[0], 0x1010) & 0xfffffff);
	expect(&w, "barrier in a job of one core", SIM_ERR_BARRIER, 0, 1);

	wrong_open(&w);
	w.r[3] = w.r[2]; /* core 1: barrier, then conv */
	w.r[2] = w.r[1];
	expect(&w, "barrier before the end", SIM_ERR_BARRIER, 1, 0);

	wrong_open(&w);
	record_set(&w.r[1], 0x6024, 0x10);
	expect(&w, "another pooling", SIM_ERR_UNSUPPORTED, 0, 1);

	wrong_open(&w);
	record_drop(&w.r[3], 0x7028);
	expect(&w, "barrier register not written", SIM_ERR_UNSET, 1, 1);

	wrong_open(&w);
	record_set(&w.r[1], 0x6070, 0x1000);
	record_set(&w.r[1], 0x701c, 0x1400);
	expect(&w, "scratch outside memory", SIM_ERR_DMA, 0, 1);

	wrong_open(&w);
	record_set(&w.r[2], 0x4020, record_get(&w.r[0], 0x4020));
	expect(&w, "both cores write the same rows", SIM_ERR_OUTPUT, 1, 0);
}

/* The barrier's scratch belongs to it alone. */
static void scratch_is_private(void **state)
{
	static struct wrong w;
	uint32_t output;

	(void)state;
	wrong_open(&w);
	output = (uint32_t)w.b.regions[BOARD_OUTPUT].dma_addr;
	for (int i = 1; i < 4; i += 2) {
		record_set(&w.r[i], 0x6070, output);
		record_set(&w.r[i], 0x701c, output + 0x400);
	}
	board_place(&w.b, w.r, w.counts, w.lists);
	assert_false(board_run(&w.b));
	assert_int_equal(w.b.result.status, SIM_ERR_OUTPUT);
	board_close(&w.b);
}

static void wrong_cores(void **state)
{
	static struct wrong w;

	(void)state;
	wrong_open(&w);
	board_place(&w.b, w.r, w.counts, w.lists);
	w.b.lists[1].core = 0;
	assert_false(board_run(&w.b));
	assert_int_equal(w.b.result.status, SIM_ERR_BARRIER);
	w.b.lists[1].core = 3;
	assert_false(board_run(&w.b));
	assert_int_equal(w.b.result.status, SIM_ERR_BARRIER);
	w.b.lists[1].core = 2;
	assert_true(board_run(&w.b));
	w.b.list_count = 0;
	assert_false(board_run(&w.b));
	assert_int_equal(w.b.result.status, SIM_ERR_BARRIER);
	board_close(&w.b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joint_plans),
		cmocka_unit_test(broken_plans),
		cmocka_unit_test(scratch_is_private),
		cmocka_unit_test(wrong_cores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
