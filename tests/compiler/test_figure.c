/*
 * The figures in docs/ are what npucc draws, and a figure shows every tile.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain/figure.h"
#include "problem_fixture.h"
#include "spec.h"

/* Compile a slug for all cores and draw it; malloc'd text. */
static char *draw(const char *slug, uint32_t *tiles)
{
	static const struct compile_options all = { .core_mask = 7 };
	struct diag *diag = diag_new(stderr);
	struct compiled_conv c;
	struct spec spec;
	char *text = NULL;
	size_t bytes;
	FILE *f = open_memstream(&text, &bytes);

	assert_non_null(f);
	spec_init(&spec);
	spec_read(&spec, slug, diag);
	spec_check(&spec, diag);
	assert_int_equal(diag_errors(diag), 0);
	assert_true(compile_conv(&c, &spec.convs[0], NULL, &all, diag));
	figure_svg(f, &c);
	assert_int_equal(fclose(f), 0);
	*tiles = 0;
	for (uint32_t i = 0; i < c.plan_count; i++)
		*tiles += c.plans[i].tile_count;
	compiled_conv_free(&c);
	spec_free(&spec);
	diag_free(diag);
	return text;
}

static char *read_text(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

static void figures_of_the_docs(void **state)
{
	static const struct {
		const char *slug, *path;
	} cases[] = {
		{ "b1_c64_h80_w80_oc96_wic64_k3x3_g1_s1_psame",
		  SOURCE_ROOT "/docs/images/plans-channels.svg" },
		{ "b1_c64_h56_w56_oc72_wic64_k3x3_g1_s1_psame",
		  SOURCE_ROOT "/docs/images/plans-rows.svg" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint32_t tiles;
		char *drawn = draw(cases[i].slug, &tiles), *kept = read_text(cases[i].path);

		if (strcmp(drawn, kept))
			fail_msg("%s: draw it again: npucc %s --cores=all --figure FILE",
				 cases[i].path, cases[i].slug);
		free(drawn);
		free(kept);
	}
}

/* Two rectangles a tile, one a panel, one for the page. */
static void every_tile_is_drawn(void **state)
{
	static const char *const slugs[] = {
		"b1_c64_h80_w80_oc96_wic64_k3x3_g1_s1_psame",
		"b1_c96_h112_w112_oc96_wic1_k3x3_g96_s1_pvalid",
		"b1_c8_h1_w1_oc8_wic8_k1x1_g1_s1_pvalid",
	};

	(void)state;
	for (size_t i = 0; i < sizeof slugs / sizeof slugs[0]; i++) {
		uint32_t tiles, rects = 0;
		char *drawn = draw(slugs[i], &tiles);

		for (const char *at = drawn; (at = strstr(at, "<rect ")); at++)
			rects++;
		if (rects != 2 * tiles + NPU_MAX_CORES + 1)
			fail_msg("%s: %u rectangles for %u tiles", slugs[i], rects, tiles);
		free(drawn);
	}
}

static void a_bad_path_leaves_nothing(void **state)
{
	struct conv_problem problem = make_problem(8, 4, 4, 8, 1, 1);
	struct compiled_conv none = { .problem = &problem };
	char why[256] = "";

	(void)state;
	assert_false(figure_write("no-such-dir/f.svg", &none, why, sizeof why));
	assert_non_null(strstr(why, "no-such-dir/f.svg"));
	assert_int_not_equal(access("no-such-dir/f.svg", F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_of_the_docs),
		cmocka_unit_test(every_tile_is_drawn),
		cmocka_unit_test(a_bad_path_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
