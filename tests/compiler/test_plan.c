/*
 * Plans of random problems keep their promises: every output once, banks that
 * hold what they must, windows that are where they should be.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cbuf.h"
#include "problem_fixture.h"
#include "tiles.h"

#define RANDOM_PROBLEMS 4000

static uint64_t rng_state;

/* xorshift64*: a number in [lo, hi]. */
static uint32_t pick(uint32_t lo, uint32_t hi)
{
	rng_state ^= rng_state >> 12;
	rng_state ^= rng_state << 25;
	rng_state ^= rng_state >> 27;
	return lo + (uint32_t)((rng_state * 2685821657736338717u) >> 33) % (hi - lo + 1);
}

static const char *describe(const struct conv_problem *p)
{
	static char text[200];

	snprintf(text, sizeof text,
		 "b%u %ux%ux%u -> %u k%ux%u s%ux%u p%u.%u.%u.%u d%ux%u g%u split %u/%u",
		 p->batch, p->in_c, p->in_h, p->in_w, p->out_c, p->kernel_h, p->kernel_w,
		 p->stride_y, p->stride_x, p->pad_top, p->pad_left, p->pad_bottom,
		 p->pad_right, p->dilation_y, p->dilation_x, p->groups, p->split_y,
		 p->split_k);
	return text;
}

static bool random_problem(struct conv_problem *p)
{
	static const uint32_t kernels[] = { 1, 1, 2, 3, 3, 4, 5, 7, 11 };
	uint32_t kind = pick(0, 9), big = pick(0, 3) == 0;

	*p = make_problem(pick(1, big ? 600 : 70), pick(1, big ? 260 : 40),
			  pick(1, big ? 260 : 40), pick(1, big ? 600 : 70),
			  kernels[pick(0, 8)], kernels[pick(0, 8)]);
	if (kind == 0)
		p->out_c = p->groups = p->in_c;
	if (kind == 1) {
		p->groups = pick(2, 9);
		p->in_c = p->groups * pick(1, 12);
		p->out_c = p->groups * pick(1, 20);
	}
	if (kind == 2)
		p->in_c = pick(1, 4);
	if (kind == 3)
		p->batch = pick(2, 3);
	if (kind == 4) {
		p->split_y = pick(0, 5);
		p->split_k = pick(0, 4);
	}
	if (kind == 5)
		p->dilation_y = pick(1, 3);
	p->stride_y = pick(1, 4) == 4 ? pick(1, 7) : 1;
	p->stride_x = pick(1, 4) == 4 ? pick(1, 7) : p->stride_y;
	p->pad_top = pick(0, p->kernel_h - 1);
	p->pad_left = pick(0, p->kernel_w - 1);
	p->pad_bottom = pick(0, p->kernel_h - 1);
	p->pad_right = pick(0, p->kernel_w - 1);
	return derive_sizes(p);
}

/* Mark the tile's outputs in [image][k][y]; false when one was marked before. */
static bool mark(uint8_t *seen, const struct conv_problem *p, const struct tile *t)
{
	for (uint32_t k = t->k; k < t->k + t->k_count; k++) {
		for (uint32_t y = t->y; y < t->y + t->y_count; y++) {
			uint8_t *s = &seen[(t->image * p->out_c + k) * p->out_h + y];

			if (*s)
				return false;
			*s = 1;
		}
	}
	return true;
}

static void check_coverage(const struct conv_problem *p, const struct plan *plan)
{
	size_t all = (size_t)p->batch * p->out_c * p->out_h;
	uint8_t *seen = calloc(all, 1);
	size_t covered = 0;

	assert_non_null(seen);
	for (uint32_t i = 0; i < plan->tile_count; i++) {
		if (!mark(seen, p, &plan->tiles[i]))
			fail_msg("%s: %u cores: tile %u repeats an output", describe(p),
				 plan->cores, i);
	}
	for (size_t i = 0; i < all; i++)
		covered += seen[i];
	if (covered != all)
		fail_msg("%s: %u cores: %zu of %zu output rows", describe(p), plan->cores,
			 covered, all);
	free(seen);
}

/* The window of a tile, found by asking every input row whether it is read. */
static void check_window(const struct conv_problem *p, const struct tile *t)
{
	int64_t first = INT64_MAX, last = -1, top = INT64_MAX;

	for (uint32_t y = t->y; y < t->y + t->y_count; y++) {
		for (uint32_t ky = 0; ky < p->kernel_h; ky++) {
			int64_t row = (int64_t)y * p->stride_y + ky * p->dilation_y -
				      p->pad_top;

			top = row < top ? row : top;
			if (row < 0 || row >= p->in_h)
				continue;
			first = row < first ? row : first;
			last = row > last ? row : last;
		}
	}
	if (last >= 0 && (t->in_y > first || t->in_y + t->in_rows <= last))
		fail_msg("%s: rows %u+%u do not hold %lld..%lld", describe(p), t->in_y,
			 t->in_rows, (long long)first, (long long)last);
	if (t->pad_top != (top < 0 ? -top : 0))
		fail_msg("%s: padding %u above row %lld", describe(p), t->pad_top,
			 (long long)top);
	assert_true(t->in_rows >= 1 && t->in_y + t->in_rows <= p->in_h);
}

static void check_banks(const struct conv_problem *p, const struct conv_layout *l,
			const struct plan *plan, const struct tile *t)
{
	const struct conv_slice *s = &l->slices[t->slice];
	bool depthwise = l->mode == NPUB_MODE_DEPTHWISE;
	uint64_t kernel = depthwise ? p->kernel_h * p->kernel_w *
				      calc_depthwise_chans(l->elem, t->c_count) * 2
				    : s->kernel_bytes;
	uint64_t group = depthwise ? kernel
				   : kernel * npu_min(t->k_count, l->elem->kernel_group);
	uint64_t weights = depthwise ? kernel : kernel * t->k_count;

	if (t->data_banks < 1 || t->weight_banks < 1 ||
	    t->data_banks + t->weight_banks > NPU_CBUF_BANKS)
		fail_msg("%s: banks %u + %u", describe(p), t->data_banks, t->weight_banks);
	if ((uint64_t)t->row_entries * t->in_rows >
	    (uint64_t)t->data_banks * NPU_CBUF_ENTRIES_PER_BANK)
		fail_msg("%s: %u rows of %u entries in %u banks", describe(p), t->in_rows,
			 t->row_entries, t->data_banks);
	if (group > (uint64_t)t->weight_banks * NPU_CBUF_BANK_BYTES)
		fail_msg("%s: a kernel group does not fit %u banks", describe(p),
			 t->weight_banks);
	if (t->weight_reuse && weights > (uint64_t)t->weight_banks * NPU_CBUF_BANK_BYTES)
		fail_msg("%s: reused weights never were whole", describe(p));
	if (t->grains < npu_min(t->in_rows, NPU_MIN_GRAINS) || t->grains > NPU_MAX_GRAINS)
		fail_msg("%s: %u grains for %u rows", describe(p), t->grains, t->in_rows);
	(void)plan;
}

/* The reuse bit: the task before it in the list has the same weights. */
static void check_reuse(const struct conv_problem *p, const struct plan *plan)
{
	for (uint32_t core = 0; core < plan->cores; core++) {
		const struct tile *t = &plan->tiles[plan->list[core].first];

		for (uint32_t i = 0; i < plan->list[core].count; i++) {
			if (!t[i].weight_reuse)
				continue;
			if (i == 0 || t[i].slice != t[i - 1].slice || t[i].k != t[i - 1].k ||
			    t[i].k_count != t[i - 1].k_count || t[i].c != t[i - 1].c ||
			    t[i].weight_banks != t[i - 1].weight_banks)
				fail_msg("%s: tile %u reuses weights of another tile",
					 describe(p), i);
		}
	}
}

static void check_problem(const struct conv_problem *p, uint32_t *planned, uint32_t *refused)
{
	struct conv_layout l;

	assert_true(layout_from_problem(&l, p));
	for (uint32_t cores = 1; cores <= NPU_MAX_CORES; cores++) {
		struct plan plan;
		struct plan_refusal why;
		enum plan_status status = plan_from_problem(&plan, p, &l, cores, &why);
		uint32_t listed = 0;

		if (status == PLAN_REFUSED) {
			if (!why.sentence[0] || !why.remedy[0])
				fail_msg("%s: refused without reason or remedy", describe(p));
			++*refused;
			continue;
		}
		assert_int_equal(status, PLAN_OK);
		++*planned;
		check_coverage(p, &plan);
		for (uint32_t i = 0; i < plan.tile_count; i++) {
			check_window(p, &plan.tiles[i]);
			check_banks(p, &l, &plan, &plan.tiles[i]);
		}
		check_reuse(p, &plan);
		for (uint32_t core = 0; core < NPU_MAX_CORES; core++)
			listed += plan.list[core].count;
		assert_int_equal(listed, plan.tile_count);
		assert_true(plan.choice_count > 0 && plan.basis_note[0]);
		plan_free(&plan);
	}
	layout_free(&l);
}

static void random_problems(void **state)
{
	const char *given = getenv("TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	uint32_t planned = 0, refused = 0;

	(void)state;
	rng_state = seed * 2 + 1;
	print_message("TEST_SEED=%llu\n", (unsigned long long)seed);
	for (uint32_t i = 0; i < RANDOM_PROBLEMS; i++) {
		struct conv_problem p;

		if (random_problem(&p))
			check_problem(&p, &planned, &refused);
	}
	print_message("%u plans, %u refusals\n", planned, refused);
	assert_true(planned > RANDOM_PROBLEMS);
	assert_true(refused < planned / 4);
}

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

/* Plan a 7x7 conv of 64 channels that is `w` columns wide. */
static enum plan_status plan_wide(uint32_t w, struct plan_refusal *why)
{
	struct conv_problem p = make_problem(64, 9, w, 64, 7, 7);
	struct conv_layout l;
	struct plan plan;
	enum plan_status status;

	assert_true(derive_sizes(&p));
	assert_true(layout_from_problem(&l, &p));
	status = plan_from_problem(&plan, &p, &l, 1, why);
	plan_free(&plan);
	layout_free(&l);
	return status;
}

/* A refusal names the widest input that fits: that one does, one more does not. */
static void refusal_names_the_widest(void **state)
{
	struct plan_refusal why;
	unsigned widest = 0;

	(void)state;
	assert_int_equal(plan_wide(400, &why), PLAN_REFUSED);
	assert_int_equal(why.attr, CONV_IN_W);
	assert_int_equal(sscanf(why.remedy, "at most %u columns", &widest), 1);
	assert_int_equal(plan_wide(widest, &why), PLAN_OK);
	assert_int_equal(plan_wide(widest + 1, &why), PLAN_REFUSED);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_entries),
		cmocka_unit_test(random_problems),
		cmocka_unit_test(greedy_rows_equal_search),
		cmocka_unit_test(refusal_names_the_widest),
		cmocka_unit_test(untried_sizes),
		cmocka_unit_test(more_banks_never_more_tiles),
		cmocka_unit_test(pins_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
