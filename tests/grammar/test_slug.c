/* Slugs: what is printed can be read again, and what is wrong is refused. */
#include "reading.h"

#include <string.h>

#define ROUNDS 3000

/* Any problem -> slug -> the same problem, as an argument and in a spec. */
static void test_round_trip(void **state)
{
	uint64_t seed = test_seed("slug round trip");

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct conv_problem want;
		struct reading arg, text;
		char slug[200];

		random_problem(&want, &seed);
		want.out_elem = want.elem;
		want.seed = want.split_y = want.split_k = 0;
		want.bias.kind = SOURCE_NONE;
		want.input_kind = INPUT_GRAPH;
		assert_true(conv_slug(&want, slug, sizeof slug) < (int)sizeof slug);
		reading_of_arg(&arg, slug);
		reading_of(&text, slug);
		if (arg.errors || arg.spec.count != 1 ||
		    !same_problem(&arg.spec.convs[0], &want))
			fail_msg("%s as an argument: %s", slug, arg.messages);
		if (text.errors || text.spec.count != 1 ||
		    !same_problem(&text.spec.convs[0], &want))
			fail_msg("%s in a spec: %s", slug, text.messages);
		assert_string_equal(arg.spec.convs[0].name, slug);
		assert_true(spec_digest(&arg.spec) == spec_digest(&text.spec));
		reading_free(&arg);
		reading_free(&text);
	}
}

static const struct {
	const char *name, *slug, *canonical;
} shorthands[] = {
	{ "square kernel", "b1_c3_h9_w7_oc2_wic3_k3_g1_s1_pvalid",
	  "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_pvalid" },
	{ "equal strides", "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s2x2_pvalid",
	  "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s2_pvalid" },
	{ "one padding", "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_p1",
	  "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_p1x1x1x1" },
	{ "padding y x", "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_p1x0",
	  "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_p1x0x1x0" },
	{ "no padding", "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_p0",
	  "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_pvalid" },
	{ "same", "b1_c3_h9_w8_oc2_wic3_k3x3_g1_s2_psame",
	  "b1_c3_h9_w8_oc2_wic3_k3x3_g1_s2_p1x0x1x1" },
	{ "equal dilations", "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_pvalid_d2x2",
	  "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_pvalid_d2" },
	{ "no dilation", "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_pvalid_d1",
	  "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_pvalid" },
};

static void test_shorthands(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof shorthands / sizeof shorthands[0]; i++) {
		struct reading r;
		char found[200];

		reading_of_arg(&r, shorthands[i].slug);
		if (r.errors || r.spec.count != 1)
			fail_msg("%s: %s", shorthands[i].name, r.messages);
		conv_slug(&r.spec.convs[0], found, sizeof found);
		if (strcmp(found, shorthands[i].canonical) != 0)
			fail_msg("%s: found %s", shorthands[i].name, found);
		reading_free(&r);
	}
}

static const struct {
	const char *name, *slug, *message;
} refused[] = {
	{ "a part is missing", "b1_c3_h9_oc2_wic3_k3x3_g1_s1_pvalid",
	  ":1:10: error: 'oc2' stands where a slug has 'w' and the input width [slug]" },
	{ "it ends early", "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1",
	  ":1:32: error: the slug ends where it has 'pvalid'" },
	{ "more follows", "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_pvalid_q1",
	  ":1:40: error: 'q1' stands where a slug has 'd' and the dilation" },
	{ "more after all", "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_pvalid_d1_d2",
	  ":1:43: error: 'd2' stands where a slug has nothing more [slug]" },
	{ "trailing underscore", "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_pvalid_",
	  "nothing more [slug]" },
	{ "a number is missing", "b1_c3_h9_w7_oc2_wic3_k3x_g1_s1_pvalid",
	  ":1:22: error: 'k3x' stands where a slug has 'k' and the kernel" },
	{ "too many strides", "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1x1x1_pvalid", "[slug]" },
	{ "three paddings", "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s1_p1x1x1",
	  "'pad' takes 1 or 2 or 4 numbers, not 3" },
	{ "wic disagrees", "b1_c64_h9_w7_oc64_wic3_k3x3_g32_s1_pvalid",
	  ":1:19: error: wic3 is not the input channels of a group [slug-groups]" },
	{ "wic wraps around",
	  "b1_c0_h9_w7_oc64_wic18446744073709551615_k3x3_g32_s1_pvalid",
	  "[slug-groups]" },
	{ "zero", "b1_c64_h9_w0_oc64_wic64_k3x3_g1_s1_pvalid",
	  ":1:12: error: input width 0 is out of range [input-width-range]" },
	{ "no groups", "b1_c64_h9_w9_oc64_wic64_k3x3_g0_s1_pvalid", "[slug-groups]" },
	{ "overflow", "b1_c64_h9_w9_oc64_wic64_k99999999999999999999x3_g1_s1_pvalid",
	  "kernel 99999999999999999999 is out of range [kernel-range]" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		struct reading r;

		reading_of_arg(&r, refused[i].slug);
		if (!r.errors || !strstr(r.messages, refused[i].message))
			fail_msg("%s: %s", refused[i].name, r.messages);
		reading_free(&r);
	}
}

/* conv_slug() behaves like snprintf when there is little room. */
static void test_little_room(void **state)
{
	static const char want[] = "b1_c3_h9_w7_oc2_wic3_k3x3_g1_s2x1_p1x0x2x3_d2x3";
	struct reading r;
	char text[64];

	(void)state;
	reading_of_arg(&r, want);
	assert_int_equal(r.errors, 0);
	for (size_t room = 0; room < sizeof text - 1; room++) {
		memset(text, '#', sizeof text);
		assert_int_equal(conv_slug(&r.spec.convs[0], text, room), strlen(want));
		if (room == 0) {
			assert_int_equal(text[0], '#');
			continue;
		}
		assert_int_equal(strnlen(text, room),
				 room <= strlen(want) ? room - 1 : strlen(want));
		assert_memory_equal(text, want, strnlen(text, room));
		assert_int_equal(text[room], '#');
	}
	reading_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_shorthands),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_little_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
