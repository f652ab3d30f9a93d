/*
 * The cost model: the vendor compiler's cycle figures, and its own promises.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plan/plan.h"
#include "problem_fixture.h"

struct planned {
	struct conv_problem p;
	struct conv_layout l;
	struct plan plan;
};

static void open_plan(struct planned *x, const char *name, uint32_t cores)
{
	struct plan_refusal why;

	if (!derive_sizes(&x->p))
		fail_msg("%s: impossible", name);
	if (!layout_from_problem(&x->l, &x->p))
		fail_msg("%s: out of memory", name);
	if (plan_from_problem(&x->plan, &x->p, &x->l, cores, &why) != PLAN_OK)
		fail_msg("%s: refused: %s", name, why.sentence);
}

static void close_plan(struct planned *x)
{
	plan_free(&x->plan);
	layout_free(&x->l);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Compute cycles of layers as the vendor's per-layer tables have them (F-40). */
static void vendor_cycles(void **state)
{
	/* clang-format off */
	static const struct {
		const char *name;
		uint32_t c, h, w, k, kernel;
		uint64_t cycles; /* the larger of MAC and write-out */
		bool both; /* the terms are equal */
	} cases[] = {
		{ "64x56x56 to 128, 1x1",    64, 56, 56, 128, 1,  50176, true },
		{ "160x14x14 to 320, 3x3",  160, 14, 14, 320, 3, 129600, false },
		{ "160x8x8 to 320, 3x3",    160,  8,  8, 320, 3,  43200, false },
		{ "160x7x7 to 320, 3x3",    160,  7,  7, 320, 3,  28800, false },
		{ "32x14x14 to 128, 3x3",    32, 14, 14, 128, 3,  10368, false },
		{ "256x14x14 to 512, 1x1",  256, 14, 14, 512, 1,  53248, false },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct planned x = { .p = make_problem(cases[i].c, cases[i].h, cases[i].w,
						       cases[i].k, cases[i].kernel,
						       cases[i].kernel) };
		struct tile t = { 0 };
		struct plan_cost cost;
		uint64_t got;

		open_plan(&x, cases[i].name, 1);
		/* the tables speak of the layer as one piece */
		t.y_count = x.p.out_h;
		t.k_count = x.p.out_c;
		t.c_count = x.p.in_c;
		t.in_rows = x.p.in_h;
		cost_of_tile(&cost, &x.p, &x.l, &t);
		got = larger(cost.mac_cycles, cost.out_cycles);
		if (got != cases[i].cycles)
			fail_msg("%s: %llu cycles, the vendor says %llu", cases[i].name,
				 (unsigned long long)got,
				 (unsigned long long)cases[i].cycles);
		if ((cost.mac_cycles == cost.out_cycles) != cases[i].both)
			fail_msg("%s: MAC %llu, write-out %llu", cases[i].name,
				 (unsigned long long)cost.mac_cycles,
				 (unsigned long long)cost.out_cycles);
		close_plan(&x);
	}
}

/* 5.914 bytes a cycle (F-41), rounded up: 160x40x40 to 320, 3x3, by hand. */
static void memory_cycles(void **state)
{
	struct planned x = { .p = make_problem(160, 40, 40, 320, 3, 3) };
	struct plan_cost cost;

	(void)state;
	open_plan(&x, "memory", 1);
	assert_int_equal(x.plan.tile_count, 2);
	cost_of_tile(&cost, &x.p, &x.l, &x.plan.tiles[0]);
	assert_int_equal(cost.input_bytes, 23 * 40 * 160 * 2);
	assert_int_equal(cost.weight_bytes, 3 * 3 * 160 * 320 * 2);
	assert_int_equal(cost.output_bytes, 21 * 38 * 320 * 2);
	assert_int_equal(cost.ddr_cycles,
			 (294400u + 921600u + 510720u) * 1000u / 5914u + 1);
	assert_string_equal(cost.bound, "mac");
	close_plan(&x);
}

/* Rows of the input under any window, by trying each. */
static uint64_t count_rows(const struct conv_problem *p)
{
	uint64_t rows = 0;

	for (uint32_t y = 0; y < p->in_h; y++) {
		bool used = false;

		for (uint32_t o = 0; o < p->out_h && !used; o++) {
			uint32_t first = o * p->stride_y, row = y + p->pad_top;

			used = row >= first &&
			       row < first + conv_extent(p->kernel_h, p->dilation_y);
		}
		rows += used;
	}
	return rows;
}

/* What moves least, whatever the plan: real elements once. */
static void least_is_least(void **state)
{
	/* clang-format off */
	static const struct {
		const char *name;
		uint32_t c, h, w, k, kernel, groups, batch, stride, pad;
	} cases[] = {
		{ "dense, tiled", 160, 40, 40, 320, 3, 1, 1, 1, 0 },
		{ "odd channels",  13, 31, 17,  29, 3, 1, 1, 1, 0 },
		{ "depthwise",    144, 56, 57, 144, 3, 144, 1, 1, 0 },
		{ "grouped",       48, 20, 11,  60, 3, 3, 1, 1, 0 },
		{ "image",          3, 224, 219, 32, 3, 1, 1, 1, 0 },
		{ "batch",         16, 9, 10, 16, 1, 1, 5, 1, 0 },
		{ "one element",    1, 1, 1, 1, 1, 1, 1, 1, 0 },
		{ "rows between", 512, 57, 55, 256, 1, 1, 1, 2, 0 },
		{ "rows after",    24, 19, 7, 8, 2, 1, 1, 7, 0 },
		{ "both ends",     16, 31, 9, 16, 3, 1, 1, 5, 2 },
		{ "one window",    16, 9, 9, 16, 3, 1, 1, 7, 1 },
		{ "padded",        16, 30, 9, 16, 3, 1, 3, 1, 1 },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		for (uint32_t cores = 1; cores <= NPU_MAX_CORES; cores++) {
			const char *name = cases[i].name;
			struct planned x = { .p = make_problem(cases[i].c, cases[i].h,
							       cases[i].w, cases[i].k,
							       cases[i].kernel,
							       cases[i].kernel) };
			struct plan_cost cost, least;

			x.p.groups = cases[i].groups;
			x.p.batch = cases[i].batch;
			x.p.stride_y = x.p.stride_x = cases[i].stride;
			x.p.pad_top = x.p.pad_bottom = cases[i].pad;
			x.p.pad_left = x.p.pad_right = cases[i].pad;
			open_plan(&x, name, cores);
			cost_of_plan(&cost, &x.p, &x.l, &x.plan);
			cost_least(&least, &x.p, &x.l);
			if (cost.macs != conv_macs(&x.p))
				fail_msg("%s: tiles do %llu MACs, the conv has %llu",
					 name, (unsigned long long)cost.macs,
					 (unsigned long long)conv_macs(&x.p));
			if (least.input_bytes != count_rows(&x.p) * x.p.batch * x.p.in_c *
						     x.p.in_w * x.l.elem->bytes)
				fail_msg("%s: least input is %llu bytes", name,
					 (unsigned long long)least.input_bytes);
			if (least.macs != cost.macs ||
			    cost.input_bytes < least.input_bytes ||
			    cost.weight_bytes < least.weight_bytes ||
			    cost.output_bytes < least.output_bytes ||
			    cost.cycles < least.cycles)
				fail_msg("%s: %u cores cost less than the least", name,
					 cores);
			close_plan(&x);
		}
	}
}

/* Lists run side by side: the time is that of the slowest, with its overheads. */
static void slowest_list_counts(void **state)
{
	struct planned x = { .p = make_problem(32, 19, 23, 48, 3, 3) };
	uint64_t list_ns[NPU_MAX_CORES] = { 0 }, slowest = 0;
	struct plan_cost cost, sum;

	(void)state;
	open_plan(&x, "lists", 3);
	for (uint32_t i = 0; i < x.plan.tile_count; i++) {
		cost_of_tile(&cost, &x.p, &x.l, &x.plan.tiles[i]);
		list_ns[x.plan.tiles[i].core] += cost.ns;
		assert_true(cost.ns >= cost.cycles + NPU_MODEL_TASK_NS);
	}
	for (uint32_t i = 0; i < NPU_MAX_CORES; i++)
		slowest = larger(slowest, list_ns[i]);
	cost_of_plan(&sum, &x.p, &x.l, &x.plan);
	assert_int_equal(sum.ns, slowest + NPU_MODEL_SUBMIT_NS);
	close_plan(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vendor_cycles),
		cmocka_unit_test(memory_cycles),
		cmocka_unit_test(least_is_least),
		cmocka_unit_test(slowest_list_counts),
	};

	return cmocka_run_group_tests_name("cost", tests, NULL, NULL);
}
