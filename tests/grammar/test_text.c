/* The text form: what each way of writing a conv means. */
#include "reading.h"

#include <stdlib.h>
#include <string.h>

#define CONV(text) "conv a { input 8x20x30; output 16; kernel 3x5; " text " }"

static const struct {
	const char *name, *text, *slug;
} cases[] = {
	{ "defaults of the language", CONV(""),
	  "b1_c8_h20_w30_oc16_wic8_k3x5_g1_s1_pvalid" },
	{ "square kernel", "conv a { input 3x9x7; output 2; kernel 3 }",
	  "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_pvalid" },
	{ "lines and comments",
	  "# one\n// two\n/* three\n * lines */ conv a\n{\n\tinput 3x9x7 # c h w\n"
	  "\toutput 2 // k\n\tkernel /* h */ 2x3\n}\n",
	  "b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid" },
	{ "carriage returns",
	  "conv a {\r\n input 3x9x7\r\n output 2\r\n kernel 1\r\n}\r\n",
	  "b1_c3_h9_w7_oc2_wic3_k1x1_g1_s1_pvalid" },
	{ "byte order mark",
	  "\xef\xbb\xbf"
	  "conv a { input 3x9x7; output 2; kernel 1 }",
	  "b1_c3_h9_w7_oc2_wic3_k1x1_g1_s1_pvalid" },
	{ "input by axis", "conv a { input w 7 c 3 h 9; output c 2; kernel h 2 w 1 }",
	  "b1_c3_h9_w7_oc2_wic3_k2x1_g1_s1_pvalid" },
	{ "sizes with spaces", "conv a { input 3 9 7; output 2; kernel 2 3 }",
	  "b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid" },
	{ "one stride", CONV("stride 2"), "b1_c8_h20_w30_oc16_wic8_k3x5_g1_s2_pvalid" },
	{ "y then x", CONV("stride 2 1"), "b1_c8_h20_w30_oc16_wic8_k3x5_g1_s2x1_pvalid" },
	{ "stride of one axis", CONV("stride x 3"),
	  "b1_c8_h20_w30_oc16_wic8_k3x5_g1_s1x3_pvalid" },
	{ "one padding", CONV("pad 1"), "b1_c8_h20_w30_oc16_wic8_k3x5_g1_s1_p1x1x1x1" },
	{ "padding y x", CONV("pad 1 2"), "b1_c8_h20_w30_oc16_wic8_k3x5_g1_s1_p1x2x1x2" },
	{ "four paddings", CONV("pad 0 1 2 3"),
	  "b1_c8_h20_w30_oc16_wic8_k3x5_g1_s1_p0x1x2x3" },
	{ "padding by side", CONV("pad right 4 top 2"),
	  "b1_c8_h20_w30_oc16_wic8_k3x5_g1_s1_p2x0x0x4" },
	{ "pad valid", CONV("pad valid"), "b1_c8_h20_w30_oc16_wic8_k3x5_g1_s1_pvalid" },
	{ "pad same", CONV("pad same"), "b1_c8_h20_w30_oc16_wic8_k3x5_g1_s1_p1x2x1x2" },
	{ "pad same, odd total last", CONV("pad same; stride 2"),
	  "b1_c8_h20_w30_oc16_wic8_k3x5_g1_s2_p0x1x1x2" },
	{ "pad same before the sizes",
	  "conv a { pad same; input 3x9x7; output 2; kernel 5x1; dilation 2 1 }",
	  "b1_c3_h9_w7_oc2_wic3_k5x1_g1_s1_p4x0x4x0_d2x1" },
	{ "dilation", CONV("dilation 2 3"),
	  "b1_c8_h20_w30_oc16_wic8_k3x5_g1_s1_pvalid_d2x3" },
	{ "groups and batch", CONV("groups 8; batch 4"),
	  "b4_c8_h20_w30_oc16_wic1_k3x5_g8_s1_pvalid" },
	{ "a slug alone", "b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid",
	  "b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid" },
	{ "a slug as a conv", "conv b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid",
	  "b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid" },
	{ "a slug in a block's head",
	  "conv a b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid { seed 4\n dilation 2 }",
	  "b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid_d2" },
	{ "defaults",
	  "defaults { output 2; stride 2; pad 1 }\nconv a { input 3x9x7; kernel 3 }",
	  "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s2_p1x1x1x1" },
	{ "a conv overrides defaults",
	  "defaults { stride 2 3; pad same }\n"
	  "conv a { input 3x9x7; output 2; kernel 3; stride x 1; pad top 1 }",
	  "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s2x1_p1x0x0x0" },
	{ "later defaults add to earlier ones",
	  "defaults { stride 2; pad 1 }\ndefaults { output 2; pad top 0 }\n"
	  "conv a { input 3x9x7; kernel 3 }",
	  "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s2_p0x1x1x1" },
};

static void check_case(const char *name, const char *text, const char *slug)
{
	struct reading r;
	char found[200] = "";

	reading_of(&r, text);
	if (r.errors || r.spec.count != 1)
		fail_msg("%s: %zu convs, %s", name, r.spec.count, r.messages);
	conv_slug(&r.spec.convs[0], found, sizeof found);
	if (strcmp(found, slug) != 0)
		fail_msg("%s: found %s, want %s", name, found, slug);
	reading_free(&r);
}

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		check_case(cases[i].name, cases[i].text, cases[i].slug);
}

static const struct {
	const char *name, *text;
	struct conv_problem want; /* what is not a size */
} settings[] = {
	{ "language defaults",
	  CONV(""),
	  { .elem = NPU_ELEM_FP16,
	    .out_elem = NPU_ELEM_FP16,
	    .weights = { .kind = SOURCE_SEED } } },
	{ "output type",
	  CONV("output_type fp32"),
	  { .elem = NPU_ELEM_FP16,
	    .out_elem = NPU_ELEM_FP32,
	    .weights = { .kind = SOURCE_SEED } } },
	{ "seed",
	  CONV("seed 18446744073709551615; bias seed"),
	  { .elem = NPU_ELEM_FP16,
	    .out_elem = NPU_ELEM_FP16,
	    .seed = UINT64_MAX,
	    .weights = { .kind = SOURCE_SEED },
	    .bias = { .kind = SOURCE_SEED } } },
	{ "seed of the weights",
	  "defaults { seed 3 }\n" CONV("weights seed 7; bias none"),
	  { .elem = NPU_ELEM_FP16,
	    .out_elem = NPU_ELEM_FP16,
	    .seed = 7,
	    .weights = { .kind = SOURCE_SEED } } },
	{ "files",
	  CONV("weights \"w.npy\"; bias \"/m/b.safetensors\" \"conv.bias\""),
	  { .elem = NPU_ELEM_FP16,
	    .out_elem = NPU_ELEM_FP16,
	    .weights = { .kind = SOURCE_NPY, .path = "w.npy" },
	    .bias = { .kind = SOURCE_SAFETENSORS,
		      .path = "/m/b.safetensors",
		      .tensor = "conv.bias" } } },
	{ "file over default file",
	  "defaults { weights \"a.npy\" }\n" CONV("weights \"b.npy\""),
	  { .elem = NPU_ELEM_FP16,
	    .out_elem = NPU_ELEM_FP16,
	    .weights = { .kind = SOURCE_NPY, .path = "b.npy" } } },
	{ "split",
	  CONV("split y 3 k 2"),
	  { .elem = NPU_ELEM_FP16,
	    .out_elem = NPU_ELEM_FP16,
	    .split_y = 3,
	    .split_k = 2,
	    .weights = { .kind = SOURCE_SEED } } },
	{ "inner input",
	  CONV("input inner; split k 4"),
	  { .elem = NPU_ELEM_FP16,
	    .out_elem = NPU_ELEM_FP16,
	    .split_k = 4,
	    .input_kind = INPUT_INNER,
	    .weights = { .kind = SOURCE_SEED } } },
};

static void test_settings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		struct conv_problem want = settings[i].want, *p;
		struct reading r;

		reading_of(&r, settings[i].text);
		if (r.errors || r.spec.count != 1)
			fail_msg("%s: %s", settings[i].name, r.messages);
		p = &r.spec.convs[0];
		/* All sizes are those of CONV(). */
		want.batch = want.groups = want.stride_y = want.stride_x = 1;
		want.dilation_y = want.dilation_x = 1;
		want.in_c = 8, want.in_h = 20, want.in_w = 30, want.out_c = 16;
		want.kernel_h = 3, want.kernel_w = 5, want.out_h = 18, want.out_w = 26;
		if (!same_problem(p, &want))
			fail_msg("%s: not what was written", settings[i].name);
		reading_free(&r);
	}
}

static void test_places(void **state)
{
	struct reading r;
	const struct conv_problem *p;

	(void)state;
	reading_of(
	    &r, "defaults { seed 1 }\nconv \"\xc3\xa9\" {\n  input 3x224x9\n  output 8\n"
		"  kernel 3; stride 2 1\n}\n");
	assert_int_equal(r.errors, 0);
	p = &r.spec.convs[0];
	assert_int_equal(p->loc[CONV_IN_W].line, 3);
	assert_int_equal(p->loc[CONV_IN_W].col, 15);
	assert_int_equal(p->loc[CONV_IN_H].col, 11);
	assert_int_equal(p->loc[CONV_IN_H].len, 3);
	assert_int_equal(p->loc[CONV_STRIDE_X].col, 22);
	assert_int_equal(p->loc[CONV_SEED].line, 1);
	assert_int_equal(p->loc[CONV_NAME].col, 6);
	assert_int_equal(p->loc[CONV_NAME].len, 3);
	assert_int_equal(p->loc[CONV_PAD_TOP].line, 0);
	reading_free(&r);
}

static void test_names(void **state)
{
	static const char slug[] = "b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid";
	char text[300];
	struct reading r;

	(void)state;
	snprintf(text, sizeof text,
		 "%s\nconv first %s\n%s\nconv { input 3x9x7; output 2; kernel 2x3 }\n",
		 slug, slug, slug);
	reading_of(&r, text);
	assert_int_equal(r.errors, 0);
	assert_int_equal(r.spec.count, 4);
	assert_string_equal(r.spec.convs[0].name, slug);
	assert_string_equal(r.spec.convs[1].name, "first");
	assert_string_equal(r.spec.convs[2].name,
			    "b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid-2");
	assert_string_equal(r.spec.convs[3].name,
			    "b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid-3");
	reading_free(&r);
}

/* As many equal shapes as a network repeats, and more, are named without a search. */
static void test_many_names(void **state)
{
	enum { N = 20000 };
	static const char line[] = "b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid\n";
	char *text = malloc(N * strlen(line) + 1), *at = text;
	struct reading r;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i < N; i++)
		at = stpcpy(at, line);
	reading_of(&r, text);
	assert_int_equal(r.errors, 0);
	assert_int_equal(r.spec.count, N);
	assert_string_equal(r.spec.convs[N - 1].name,
			    "b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid-20000");
	reading_free(&r);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),	   cmocka_unit_test(test_settings),
		cmocka_unit_test(test_places),	   cmocka_unit_test(test_names),
		cmocka_unit_test(test_many_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
