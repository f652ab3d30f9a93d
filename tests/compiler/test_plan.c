/*
 * Rows that fit, refusals, sizes beyond what has run, and pinned splits.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "plan/cbuf.h"
#include "plan/tiles.h"
#include "plan_coverage.h"

/* The largest output rows whose input fits, by trying each. */
static uint32_t search_rows(const struct conv_problem *p, uint32_t y, uint32_t room)
{
	uint32_t n = 0, extent = conv_extent(p->kernel_h, p->dilation_y);
	uint32_t pad = calc_row_window(p, y, 1).pad_top;

	/* padding below buys no row: the image is taken as endless there */
	while (y + n < p->out_h && n * p->stride_y + extent <= room + pad)
		n++;
	return n;
}

static void greedy_rows_equal_search(void **state)
{
	uint32_t compared = 0;

	(void)state;
	rng_state = 12345;
	for (uint32_t i = 0; i < 3000; i++) {
		struct conv_problem p;
		struct conv_layout l;
		struct planner w = { .p = &p, .l = &l };
		uint32_t entries, banks, y, want;

		if (!random_problem(&p))
			continue;
		assert_true(layout_from_problem(&l, &p));
		entries = calc_tile_row_entries(&p, &l, p.in_c);
		banks = pick(1, 11);
		y = pick(0, p.out_h - 1);
		want = search_rows(&p, y, calc_room_rows(entries, banks));
		if (want && l.mode != NPUB_MODE_PIXEL) {
			assert_int_equal(calc_greedy_rows(&w, y, entries, banks), want);
			compared++;
		}
		layout_free(&l);
	}
	assert_true(compared > 1000);
}

/* Plan `p`, made `w` columns wide. */
static enum plan_status plan_wide(struct conv_problem p, uint32_t w, struct plan_refusal *why)
{
	struct conv_layout l;
	struct plan plan;
	enum plan_status status;

	p.in_w = w;
	assert_true(derive_sizes(&p));
	assert_true(layout_from_problem(&l, &p));
	status = plan_from_problem(&plan, &p, &l, 1, why);
	plan_free(&plan);
	layout_free(&l);
	return status;
}

/*
 * A refusal names the widest input that fits: that one does, one more does not.  A lone
 * int8 kernel is stored as two, and both must fit beside the window (F-51).
 */
static void refusal_names_the_widest(void **state)
{
	struct conv_problem lone = make_problem(2048, 13, 13, 1, 7, 7);
	struct conv_problem problems[] = { make_problem(64, 9, 9, 64, 7, 7), lone, lone,
					   make_problem(32, 31, 31, 32, 31, 31) };
	unsigned widest[4] = { 0 };

	(void)state;
	problems[1].elem = problems[1].out_elem = NPU_ELEM_INT8;
	problems[2].elem = problems[2].out_elem = NPU_ELEM_INT8;
	problems[2].out_c = 2;
	problems[3].groups = 32; /* depthwise */
	for (size_t i = 0; i < 4; i++) {
		struct plan_refusal why;

		assert_int_equal(plan_wide(problems[i], 400, &why), PLAN_REFUSED);
		assert_int_equal(why.attr, CONV_IN_W);
		assert_int_equal(sscanf(why.remedy, "at most %u columns", &widest[i]), 1);
		assert_int_equal(plan_wide(problems[i], widest[i], &why), PLAN_OK);
		assert_int_equal(plan_wide(problems[i], widest[i] + 1, &why), PLAN_REFUSED);
	}
	assert_int_equal(widest[1], widest[2]);
}

/* Taller than what has run is cut; wider is planned, with a hazard (F-66). */
static void untried_sizes(void **state)
{
	static const struct {
		const char *name;
		uint32_t h, w, tiles, hazards;
	} cases[] = {
		{ "tallest in one", 2040, 3, 1, 0 },
		{ "one row more", 2041, 3, 2, 0 },
		{ "widest that ran", 3, 2040, 1, 0 },
		{ "one column more", 3, 2041, 1, NPUB_HAZARD_UNTESTED },
		{ "widest", 3, 2047, 1, NPUB_HAZARD_UNTESTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct conv_problem p = make_problem(8, cases[i].h, cases[i].w, 16, 1, 1);
		struct conv_layout l;
		struct plan plan;
		struct plan_refusal why;

		assert_true(derive_sizes(&p));
		assert_true(layout_from_problem(&l, &p));
		assert_int_equal(plan_from_problem(&plan, &p, &l, 1, &why), PLAN_OK);
		if (plan.tile_count != cases[i].tiles || plan.hazards != cases[i].hazards)
			fail_msg("%s: %u tiles, hazards %u", cases[i].name, plan.tile_count,
				 plan.hazards);
		plan_free(&plan);
		layout_free(&l);
	}
}

static void more_banks_never_more_tiles(void **state)
{
	struct conv_problem p = make_problem(64, 151, 80, 64, 3, 3);
	struct conv_layout l;
	struct planner w = { .p = &p, .l = &l };
	uint32_t before = UINT32_MAX;

	(void)state;
	assert_true(derive_sizes(&p));
	assert_true(layout_from_problem(&l, &p));
	for (uint32_t banks = 1; banks <= NPU_CBUF_MAX_DATA_BANKS; banks++) {
		uint32_t entries = calc_tile_row_entries(&p, &l, p.in_c), tiles = 0;

		for (uint32_t y = 0; y < p.out_h; tiles++)
			y += calc_greedy_rows(&w, y, entries, banks);
		assert_true(tiles <= before);
		before = tiles;
	}
	layout_free(&l);
}

static void pins_are_checked(void **state)
{
	static const struct {
		const char *name;
		uint32_t c, h, w, k, split_y, split_k;
		enum plan_status want;
		enum conv_attr attr;
	} cases[] = {
		{ "three row parts", 32, 20, 9, 40, 3, 0, PLAN_OK, 0 },
		{ "two channel parts", 32, 20, 9, 40, 0, 2, PLAN_OK, 0 },
		{ "both", 32, 20, 9, 40, 4, 3, PLAN_OK, 0 },
		{ "as many parts as rows", 32, 5, 9, 40, 5, 0, PLAN_OK, 0 },
		{ "more parts than rows", 32, 5, 9, 40, 6, 0, PLAN_REFUSED, CONV_SPLIT_Y },
		{ "more parts than groups", 32, 5, 9, 40, 0, 4, PLAN_REFUSED, CONV_SPLIT_K },
		{ "part too tall", 512, 100, 90, 16, 2, 0, PLAN_REFUSED, CONV_SPLIT_Y },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct conv_problem p = make_problem(cases[i].c, cases[i].h, cases[i].w,
						     cases[i].k, 1, 1);
		struct conv_layout l;
		struct plan plan;
		struct plan_refusal why;
		enum plan_status got;

		p.split_y = cases[i].split_y;
		p.split_k = cases[i].split_k;
		assert_true(derive_sizes(&p));
		assert_true(layout_from_problem(&l, &p));
		got = plan_from_problem(&plan, &p, &l, 1, &why);
		if (got != cases[i].want)
			fail_msg("%s: %d %s", cases[i].name, got, why.sentence);
		if (got == PLAN_REFUSED && why.attr != cases[i].attr)
			fail_msg("%s: points at attribute %d", cases[i].name, why.attr);
		if (got == PLAN_OK) {
			check_coverage(&p, &plan);
			assert_int_equal(plan.tile_count, npu_max(1, p.split_y) *
							  npu_max(1, p.split_k));
			assert_int_equal(plan.basis, PLAN_BASIS_PINNED);
			plan_free(&plan);
		}
		layout_free(&l);
	}
}

/* A grouped conv is cut by its groups: no other split by channels. */
static void groups_are_not_pinned(void **state)
{
	struct conv_problem p = make_problem(64, 9, 9, 64, 1, 1);
	struct conv_layout l;
	struct plan plan;
	struct plan_refusal why;

	(void)state;
	p.groups = 4;
	p.split_k = 2;
	assert_true(derive_sizes(&p));
	assert_true(layout_from_problem(&l, &p));
	assert_int_equal(plan_from_problem(&plan, &p, &l, 1, &why), PLAN_REFUSED);
	assert_int_equal(why.attr, CONV_SPLIT_K);
	assert_string_equal(why.remedy, "leave `split k` out");
	layout_free(&l);
}

static void row_entries(void **state)
{
	static const struct {
		const char *name;
		enum npu_elem elem;
		uint32_t chans, w, want;
	} cases[] = {
		{ "twenty atoms", NPU_ELEM_FP16, 160, 40, 200 },
		{ "three atoms cost four", NPU_ELEM_FP16, 24, 160, 160 },
		{ "a rest of one atom", NPU_ELEM_INT8, 80, 10, 13 },
		{ "one channel", NPU_ELEM_FP16, 1, 5, 2 },
		{ "one pixel", NPU_ELEM_FP16, 8, 1, 1 },
		{ "five atoms", NPU_ELEM_FP16, 40, 7, 9 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint32_t got = calc_row_entries(npu_elem_info(cases[i].elem), cases[i].w,
						cases[i].chans);

		if (got != cases[i].want)
			fail_msg("%s: %u, want %u", cases[i].name, got, cases[i].want);
	}
}

/*
 * A depthwise chunk leaves room for its kernels; the kernels of all channels are kept
 * from the second tile on, also where tiles have one row.
 */
static void depthwise_chunks(void **state)
{
	static const struct {
		const char *name;
		uint32_t c, h, w, kernel;
		uint32_t chunk, second_y;
		bool reuse;
	} cases[] = {
		/* 64 channels: 11 banks of rows and 2 of kernels */
		{ "rows fit, kernels do not", 64, 44, 64, 17, 32, 0, false },
		{ "and where they do", 64, 44, 64, 16, 64, 0, false },
		/* 32 channels: 4 banks a row */
		{ "tiles of a row", 32, 5, 2040, 2, 32, 1, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint32_t c = cases[i].c;
		struct conv_problem p = make_problem(c, cases[i].h, cases[i].w, c,
						     cases[i].kernel, cases[i].kernel);
		struct conv_layout l;
		struct plan plan;
		struct plan_refusal why;
		const struct tile *t;

		p.groups = c;
		assert_true(derive_sizes(&p));
		assert_true(layout_from_problem(&l, &p));
		assert_int_equal(plan_from_problem(&plan, &p, &l, 1, &why), PLAN_OK);
		t = plan.tiles;
		if (t[0].c_count != cases[i].chunk)
			fail_msg("%s: chunks of %u", cases[i].name, t[0].c_count);
		if (plan.tile_count > 1 && (t[1].y != cases[i].second_y ||
					    t[1].weight_reuse != cases[i].reuse))
			fail_msg("%s: second tile at row %u", cases[i].name, t[1].y);
		plan_free(&plan);
		layout_free(&l);
	}
}

/* Pictures of three channels were captured, and grey ones in int8 (F-62). */
static void captured_pictures(void **state)
{
	static const struct {
		uint32_t chans;
		enum npu_elem elem;
		bool captured;
	} cases[] = {
		{ 3, NPU_ELEM_FP16, true },  { 3, NPU_ELEM_INT8, true },
		{ 1, NPU_ELEM_INT8, true },  { 1, NPU_ELEM_FP16, false },
		{ 2, NPU_ELEM_INT8, false }, { 4, NPU_ELEM_FP16, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct conv_problem p = make_problem(cases[i].chans, 16, 16, 16, 3, 3);
		struct conv_layout l;
		struct plan plan;
		struct plan_refusal why;

		p.elem = p.out_elem = cases[i].elem;
		assert_true(derive_sizes(&p));
		assert_true(layout_from_problem(&l, &p));
		assert_int_equal(plan_from_problem(&plan, &p, &l, 1, &why), PLAN_OK);
		if (cases[i].captured != !strstr(plan.basis_note, "images have no capture"))
			fail_msg("%u channels, type %d: %s", cases[i].chans, cases[i].elem,
				 plan.basis_note);
		plan_free(&plan);
		layout_free(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_entries),
		cmocka_unit_test(greedy_rows_equal_search),
		cmocka_unit_test(refusal_names_the_widest),
		cmocka_unit_test(untried_sizes),
		cmocka_unit_test(more_banks_never_more_tiles),
		cmocka_unit_test(pins_are_checked),
		cmocka_unit_test(groups_are_not_pinned),
		cmocka_unit_test(depthwise_chunks),
		cmocka_unit_test(captured_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
