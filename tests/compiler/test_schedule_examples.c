/*
 * docs/schedules.md and docs/explain.md, checked by running the planner: each
 * example's lines are what --explain prints for it, and the figures worked out in
 * the prose are the code's.
 */
#include "explain_fixture.h"

#include "plan/tiles.h"

#define FENCE "```"

/* The next line of the page; NULL at its end. */
static char *next_line(char **at)
{
	char *line = *at, *end;

	if (!*line)
		return NULL;
	end = strchr(line, '\n');
	*at = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	return line;
}

/* `want`, without blanks in front, as a whole line of `text` from *from on. */
static bool find_line(const char *text, size_t *from, const char *want)
{
	want += strspn(want, " ");
	for (const char *line = text + *from; *line;) {
		size_t bytes = strcspn(line, "\n"), blank = strspn(line, " ");

		if (blank <= bytes && bytes - blank == strlen(want) &&
		    !strncmp(line + blank, want, bytes - blank)) {
			*from = (size_t)(line - text) + bytes;
			return true;
		}
		line += bytes + (line[bytes] == '\n');
	}
	return false;
}

/* The block after "```explain CORES": its lines, in order, in the text. */
static uint32_t check_block(char **at, const char *spec, uint32_t cores)
{
	struct explained e;
	size_t from = 0;
	uint32_t lines = 0;
	char *line;

	explained_open(&e, spec, spec, strlen(spec), 1u << (cores - 1));
	while ((line = next_line(at)) && strcmp(line, FENCE) != 0) {
		lines++;
		if (!find_line(e.text, &from, line))
			fail_msg("%s on %u cores does not say, here or at all:\n%s\n%s",
				 spec, cores, line, e.text);
	}
	explained_close(&e);
	return lines;
}

static char *read_doc(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	size_t room = 0;

	if (!file || getdelim(&text, &room, '\0', file) < 0)
		fail_msg("%s cannot be read", path);
	fclose(file);
	return text;
}

/* All examples of a page. */
static void check_page(const char *path, uint32_t least_blocks, uint32_t least_lines)
{
	char *doc = read_doc(path), *at = doc, *line, *spec = NULL;
	uint32_t blocks = 0, lines = 0;

	while ((line = next_line(&at))) {
		if (!strcmp(line, FENCE "conv")) {
			spec = next_line(&at);
		} else if (!strncmp(line, FENCE "explain ", 11)) {
			uint32_t cores = (uint32_t)strtoul(line + 11, NULL, 10);

			assert_true(spec && cores >= 1 && cores <= NPU_MAX_CORES);
			lines += check_block(&at, spec, cores);
			blocks++;
		}
	}
	if (blocks < least_blocks || lines < least_lines)
		fail_msg("%s: only %u examples with %u lines", path, blocks, lines);
	free(doc);
}

static void examples_are_explained(void **state)
{
	(void)state;
	check_page(SOURCE_ROOT "/docs/schedules.md", 20, 100);
	check_page(SOURCE_ROOT "/docs/explain.md", 2, 55);
}

/* Every bank rule has an example, under its own name. */
static void every_rule_has_an_example(void **state)
{
	static const char *const rules[] = {
		"input and weights fit together",
		"weights stay, input is cut by rows",
		"input stays, weights stream",
		"input stays, half of the weights fit beside it",
		"weights stay, less than half would fit beside the input",
		"neither fits: two kernel groups stream",
		"weights stay, rows take the rest",
		"two kernel groups stream, rows take the rest",
		"one kernel group streams, rows take the rest",
	};
	/* clang-format off */
	static const struct {
		const char *name;
		uint32_t entries, rows, window, kernel, kernels; /* kernel: bytes */
		uint32_t rule, data, weight;
	} cases[] = {
		{ "256x14x14 to 512",     112,  14,  1,    512,  512, 0,  4,  8 },
		{ "sum is 12",            128,  16,  1,  16384,   16, 0,  4,  8 },
		{ "64x80x80 3x3",         160,  80,  3,   1152,   64, 1,  9,  3 },
		{ "128x28x28 3x3",        112,  28,  3,   2304,  320, 2,  7,  5 },
		{ "64x28x28 3x3",          56,  28,  3,   1152,  256, 3,  4,  8 },
		{ "96x40x40 1x1",         120,  40,  1,    192, 1024, 4,  6,  6 },
		{ "160x40x40 3x3",        200,  40,  3,   2880,  320, 5,  9,  3 },
		{ "640x14x14 3x3",        280,  14,  3,  11520,   16, 6,  6,  6 },
		{ "32x28x200 5x5",        200,  28,  5,   1600,  256, 7, 10,  2 },
		{ "256x8x8 5x5",           64,   8,  5,  12800, 1024, 8,  5,  7 },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct cbuf_need need = {
			.row_entries = cases[i].entries,
			.in_rows = cases[i].rows,
			.window_rows = cases[i].window,
			.weight_bytes = (uint64_t)cases[i].kernel * cases[i].kernels,
			.group_bytes = (uint64_t)cases[i].kernel * 16,
		};
		struct cbuf_banks b;

		if (!choose_banks(&need, &b))
			fail_msg("%s: no banks", cases[i].name);
		if (strcmp(b.rule, rules[cases[i].rule]) || b.data != cases[i].data ||
		    b.weight != cases[i].weight)
			fail_msg("%s: '%s', %u + %u", cases[i].name, b.rule, b.data,
				 b.weight);
	}
}

/* "What one row costs" and the stored channels of a kernel (F-14, F-17, F-50, F-53). */
static void row_and_kernel_sizes(void **state)
{
	const struct npu_elem_info *fp16 = npu_elem_info(NPU_ELEM_FP16);
	const struct npu_elem_info *int8 = npu_elem_info(NPU_ELEM_INT8);

	(void)state;
	assert_int_equal(calc_row_entries(fp16, 40, 160), 200);
	assert_int_equal(calc_row_entries(fp16, 40, 24), calc_row_entries(fp16, 40, 32));
	assert_int_equal(calc_row_entries(fp16, 39, 40), 39 + 10);
	assert_int_equal(calc_row_entries(fp16, 39, 64), 2 * 39);
	assert_int_equal(calc_pixel_row_entries(fp16, 219, 1), 224 * 16 * 2 / 64);
	assert_int_equal(calc_pixel_row_entries(int8, 219, 3), 224 * 16 / 64);
	assert_int_equal(calc_pixel_row_entries(int8, 219, 1), 224 * 4 / 64);
	assert_int_equal(calc_kernel_chans(fp16, 3), 8);
	assert_int_equal(calc_kernel_chans(fp16, 20), 32);
	assert_int_equal(calc_kernel_chans(fp16, 40), 40);
	assert_int_equal(calc_kernel_chans(fp16, 60), 64);
	/* the table of units */
	assert_int_equal(fp16->atom_chans, 8);
	assert_int_equal(int8->atom_chans, 16);
	assert_int_equal(fp16->kernel_group, 16);
	assert_int_equal(int8->kernel_group, 32);
	assert_int_equal(fp16->dw_block, 32);
	assert_int_equal(int8->dw_block, 64);
	assert_int_equal(fp16->macs_per_cycle, 512);
	assert_int_equal(int8->macs_per_cycle, 1024);
}

/* Specs that the first tile's grains are read from (F-54, F-61). */
static void grains(void **state)
{
	static const struct {
		const char *spec;
		uint32_t grains;
	} cases[] = {
		{ "conv { input 160x40x40; output 320; kernel 3 }", 12 },
		{ "conv { input 256x14x14; output 512; kernel 1 }", 10 },
		/* Xg = 35: E = 112, n = 5, so min(40, 5 * 7) */
		{ "conv { input 16x40x224; output 16; kernel 7; stride 7 }", 35 },
		/* Xg = 43 below 16 columns: E = 49, n = 11, so min(49, 11 * 4) */
		{ "conv { input 32x49x49; output 16; kernel 7; stride 7 }", 44 },
		/* never fewer than 8 rows: E = 512, n = 1, the formula gives 7 */
		{ "conv { input 512x20x32; output 16; kernel 1 }", 8 },
		/* a picture: all rows that are read; the 96th is not */
		{ "conv { input 3x96x75; output 24; kernel 3; stride 2 }", 95 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct explained e;

		explained_open(&e, cases[i].spec, cases[i].spec, strlen(cases[i].spec),
			       1);
		if (e.convs[0].plans[0].tiles[0].grains != cases[i].grains)
			fail_msg("%s: grains %u, not %u", cases[i].spec,
				 e.convs[0].plans[0].tiles[0].grains, cases[i].grains);
		explained_close(&e);
	}
}

/* Channel parts and row parts over cores. */
static void parts_over_cores(void **state)
{
	static const struct {
		const char *name;
		uint32_t c, h, w, k, cores;
		bool rows;
		uint32_t part[NPU_MAX_CORES];
	} cases[] = {
		{ "273 on two", 64, 10, 10, 273, 2, false, { 128, 145 } },
		{ "320 on three", 512, 14, 14, 320, 2, false, { 160, 160 } },
		{ "1001 on two", 1024, 1, 1, 1001, 2, false, { 512, 489 } },
		{ "1001 on three", 1024, 1, 1, 1001, 3, false, { 320, 320, 361 } },
		{ "546 on two", 1280, 3, 3, 546, 2, false, { 288, 258 } },
		{ "546 on three", 1280, 3, 3, 546, 3, false, { 192, 192, 162 } },
		{ "480x10x10 to 120 on three", 480, 10, 10, 120, 3, true, { 4, 3, 3 } },
		{ "19 rows on three", 32, 19, 19, 24, 3, true, { 7, 6, 6 } },
		{ "512 on three", 256, 14, 14, 512, 3, true, { 5, 5, 4 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct explained e;
		char spec[128];
		const struct plan *plan;

		snprintf(spec, sizeof spec,
			 "conv { input %ux%ux%u; output %u; kernel 1 }", cases[i].c,
			 cases[i].h, cases[i].w, cases[i].k);
		explained_open(&e, cases[i].name, spec, strlen(spec),
			       1u << (cases[i].cores - 1));
		plan = &e.convs[0].plans[0];
		for (uint32_t core = 0; core < cases[i].cores; core++) {
			const struct tile *t = &plan->tiles[plan->list[core].first];
			uint32_t part = cases[i].rows ? t->y_count : t->k_count;

			if (part != cases[i].part[core])
				fail_msg("%s: core %u gets %u, not %u", cases[i].name,
					 core, part, cases[i].part[core]);
		}
		explained_close(&e);
	}
}

/* What rests on no capture says so, and on what instead (F-22, F-60, F-61, F-62). */
static void bases(void **state)
{
	/* clang-format off */
	static const struct {
		const char *spec;
		enum plan_basis basis;
	} cases[] = {
		{ "conv { input 64x80x80; output 64; kernel 3; pad 1 }", PLAN_BASIS_CAPTURED_RULE },
		{ "conv { input 3x225x224; output 32; kernel 3; stride 2 }", PLAN_BASIS_CAPTURED_RULE },
		{ "conv { input 64x28x28; output 256; kernel 3 }", PLAN_BASIS_THIN },
		{ "conv { input 64x28x28; output 16; kernel 3; stride 3 }", PLAN_BASIS_THIN },
		/* grains: 10 rows, 8 without the fitted term; eight rows cap both */
		{ "conv { input 640x12x15; output 16; kernel 1 }", PLAN_BASIS_THIN },
		{ "conv { input 640x12x16; output 16; kernel 1 }", PLAN_BASIS_CAPTURED_RULE },
		{ "conv { input 640x8x15; output 16; kernel 1 }", PLAN_BASIS_CAPTURED_RULE },
		/* 7 by formula */
		{ "conv { input 1024x9x16; output 16; kernel 1 }", PLAN_BASIS_COMPLETION },
		{ "conv { input 640x14x14; output 16; kernel 3 }", PLAN_BASIS_COMPLETION },
		{ "conv { input 192x56x56; output 192; groups 192; kernel 3 }", PLAN_BASIS_CAPTURED_RULE },
		{ "conv { input 192x28x28; output 192; groups 192; kernel 31; pad 15 }", PLAN_BASIS_COMPLETION },
		{ "conv { input 48x9x11; output 60; groups 3; kernel 3 }", PLAN_BASIS_COMPLETION },
		{ "conv { input 48x9x11; output 16; kernel 3; batch 2 }", PLAN_BASIS_COMPLETION },
		{ "conv { input 48x9x11; output 16; kernel 3; dilation 2 }", PLAN_BASIS_COMPLETION },
		{ "conv { input 1x9x16; output 16; kernel 3 }", PLAN_BASIS_COMPLETION },
		{ "conv { input 2x9x16; output 16; kernel 3 }", PLAN_BASIS_COMPLETION },
		{ "conv { input 4x9x16; output 16; kernel 3 }", PLAN_BASIS_COMPLETION },
		{ "conv { input 3x9x17; output 16; kernel 3 }", PLAN_BASIS_COMPLETION },
		{ "conv { input 48x9x11; output 16; kernel 3; split y 2 }", PLAN_BASIS_PINNED },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct explained e;

		explained_open(&e, cases[i].spec, cases[i].spec, strlen(cases[i].spec),
			       1);
		if (e.convs[0].plans[0].basis != cases[i].basis)
			fail_msg("%s: rests on a %s", cases[i].spec,
				 plan_basis_name(e.convs[0].plans[0].basis));
		assert_int_equal(e.convs[0].plans[0].evidence, NPUB_EVIDENCE_FORMULA);
		explained_close(&e);
	}
}

/* F-02: a list longer than a submit can name is refused with both numbers. */
static void too_many_records(void **state)
{
	static const char text[] =
	    "conv { input 32x300x400; output 32; kernel 3; batch 4000 }";
	struct diag *diag = diag_new(NULL);
	struct plan_refusal why;
	struct conv_layout layout;
	struct spec spec;
	struct plan plan;

	(void)state;
	spec_init(&spec);
	spec_read_text(&spec, "spec", text, strlen(text), diag);
	assert_int_equal(spec.count, 1);
	/* the sizes, without the front end's limit on memory */
	spec.convs[0].out_h = 298;
	spec.convs[0].out_w = 398;
	assert_true(layout_from_problem(&layout, &spec.convs[0]));
	assert_int_equal(plan_from_problem(&plan, &spec.convs[0], &layout, 1, &why),
			 PLAN_REFUSED);
	if (!strstr(why.sentence, "at most 4095"))
		fail_msg("it says: %s", why.sentence);
	layout_free(&layout);
	spec_free(&spec);
	diag_free(diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_are_explained),
		cmocka_unit_test(every_rule_has_an_example),
		cmocka_unit_test(row_and_kernel_sizes),
		cmocka_unit_test(grains),
		cmocka_unit_test(parts_over_cores),
		cmocka_unit_test(bases),
		cmocka_unit_test(too_many_records),
	};

	return cmocka_run_group_tests_name("schedule_examples", tests, NULL, NULL);
}
