/*
 * Plans of random problems keep their promises: every output once, banks that
 * hold what they must, windows that are where they should be.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plan/cbuf.h"
#include "plan/tiles.h"
#include "plan_coverage.h"

#define RANDOM_PROBLEMS 4000

/* The window of a tile, found by asking every input row whether it is read. */
static void check_window(const struct conv_problem *p, const struct tile *t)
{
	int64_t first = INT64_MAX, last = -1, top = INT64_MAX;

	for (uint32_t y = t->y; y < t->y + t->y_count; y++) {
		for (uint32_t ky = 0; ky < p->kernel_h; ky++) {
			int64_t row =
			    (int64_t)y * p->stride_y + ky * p->dilation_y - p->pad_top;

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
	uint64_t group =
	    depthwise ? kernel : kernel * npu_min(t->k_count, l->elem->kernel_group);
	uint64_t weights = depthwise ? kernel : kernel * t->k_count;

	if (t->data_banks < 1 || t->weight_banks < 1 ||
	    t->data_banks + t->weight_banks > NPU_CBUF_BANKS)
		fail_msg("%s: banks %u + %u", describe(p), t->data_banks,
			 t->weight_banks);
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
			if (i == 0 || t[i].slice != t[i - 1].slice ||
			    t[i].k != t[i - 1].k || t[i].k_count != t[i - 1].k_count ||
			    t[i].c != t[i - 1].c ||
			    t[i].weight_banks != t[i - 1].weight_banks)
				fail_msg("%s: tile %u reuses weights of another tile",
					 describe(p), i);
		}
	}
}

static void check_problem(const struct conv_problem *p, uint32_t *planned,
			  uint32_t *refused)
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
				fail_msg("%s: refused without reason or remedy",
					 describe(p));
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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_problems) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
