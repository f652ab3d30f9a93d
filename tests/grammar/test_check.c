/* Limits: each is met at its edge and named one step beyond. */
#include "reading.h"

#include <string.h>

/* `@` in a template is replaced by the number. */
static void fill(char *text, size_t bytes, const char *template, uint64_t number)
{
	const char *at = strchr(template, '@');

	assert_non_null(at);
	assert_true(snprintf(text, bytes, "%.*s%llu%s", (int)(at - template), template,
			     (unsigned long long)number, at + 1) < (int)bytes);
}

#define A "conv a { "

static const struct {
	const char *name, *template, *check;
	uint64_t min, max; /* numbers that pass */
} limits[] = {
	{ "batch", A "batch @; input 8x9x7; output 8; kernel 1 }", "batch-range", 1,
	  4095 },
	{ "input channels, atoms", A "input @x2x3; output 8; kernel 1 }", NULL, 1,
	  65528 },
	{ "input channels, atoms of int8",
	  A "input @x2x3; output 8; kernel 1; type int8 }", "channel-atoms", 1, 65520 },
	{ "input height", A "input 8x@x3; output 8; kernel 1 }", "input-height-range", 1,
	  65535 },
	{ "input width", A "input 8x2x@; output 8; kernel 1 }", "input-width-range", 1,
	  2047 },
	{ "output channels", A "input 8x2x3; output @; kernel 1 }",
	  "output-channels-range", 1, 8192 },
	{ "kernel height", A "input 8x50x3; output 8; kernel @x1 }", "kernel-range", 1,
	  31 },
	{ "kernel width", A "input 8x3x50; output 8; kernel 1x@ }", "kernel-range", 1,
	  31 },
	{ "stride in y", A "input 8x5x3; output 8; kernel 1; stride @ 1 }",
	  "stride-range", 1, 7 },
	{ "stride in x", A "input 8x5x3; output 8; kernel 1; stride 1 @ }",
	  "stride-range", 1, 7 },
	{ "top padding", A "input 8x5x3; output 8; kernel 17x1; pad @ 0 14 0 }",
	  "pad-range", 0, 15 },
	{ "left padding", A "input 8x5x3; output 8; kernel 1x17; pad 0 @ 0 16 }",
	  "pad-range", 0, 15 },
	{ "bottom padding", A "input 8x5x3; output 8; kernel 3x1; pad 0 0 @ 0 }",
	  "pad-window", 0, 2 },
	{ "right padding", A "input 8x5x3; output 8; kernel 1x3; pad 0 0 0 @ }",
	  "pad-window", 0, 2 },
	{ "widest bottom padding",
	  A "input 8x950x3; output 8; kernel 31x1; dilation 32; pad 0 0 @ 0 }",
	  "pad-range", 11, 960 },
	{ "dilation in y", A "input 8x99x99; output 8; kernel 2; dilation @ 1 }",
	  "dilation-range", 1, 32 },
	{ "dilation in x", A "input 8x99x99; output 8; kernel 2; dilation 1 @ }",
	  "dilation-range", 1, 32 },
	{ "kernel in the padded input",
	  A "input 8x5x9; output 8; kernel @x9; pad 1 0 2 0 }", "kernel-fit", 3, 8 },
	{ "dilated kernel in the input",
	  A "input 8x9x9; output 8; kernel 1x3; dilation 1 @ }", "kernel-fit", 1, 4 },
	{ "output width", A "input 8x9x2047; output 8; kernel 1x5; pad 0 4 0 @ }",
	  "output-width", 0, 0 },
	{ "kernel bytes", A "input @x31x31; output 8; kernel 31 }", "kernel-bytes", 1,
	  272 },
	{ "kernel bytes, three atoms count as four",
	  A "input @x29x31; output 8; kernel 29x31 }", "kernel-bytes", 1, 288 },
	{ "kernel bytes of a group", A "input @x31x31; output 32; kernel 31; groups 4 }",
	  NULL, 4, 272 * 4 },
	{ "depthwise is not one kernel",
	  A "input 8192x31x31; output 8192; groups 8192; kernel @ }", "kernel-range", 1,
	  31 },
	{ "buffers of a batch", A "batch @; input 64x256x256; output 64; kernel 1 }",
	  "memory", 1, 127 },
	{ "buffers of an image", A "input 65528x@x2047; output 8; kernel 1 }", "memory",
	  1, 7 },
	{ "rows to split", A "input 8x9x9; output 8; kernel 3; split y @ }",
	  "split-range", 1, 7 },
	{ "channels to split", A "input 8x9x9; output 11; kernel 3; split k @ }",
	  "split-range", 1, 11 },
	{ "seed", A "input 8x9x9; output 11; kernel 3; seed @ }", NULL, 0, UINT64_MAX },
};

static void expect(const char *name, const char *template, uint64_t number,
		   const char *check)
{
	char text[256], tag[64] = "";
	struct reading r;

	fill(text, sizeof text, template, number);
	reading_of(&r, text);
	if (!check) {
		if (r.errors)
			fail_msg("%s: %llu is refused: %s", name,
				 (unsigned long long)number, r.messages);
	} else {
		snprintf(tag, sizeof tag, "[%s]", check);
		if (!strstr(r.messages, tag))
			fail_msg("%s: %llu is not refused by %s: %s", name,
				 (unsigned long long)number, tag, r.messages);
	}
	reading_free(&r);
}

static void test_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		const char *name = limits[i].name, *template = limits[i].template;

		expect(name, template, limits[i].min, NULL);
		expect(name, template, limits[i].max, NULL);
		if (!limits[i].check)
			continue;
		expect(name, template, limits[i].max + 1, limits[i].check);
		if (limits[i].min == 1 && strstr(limits[i].check, "-range"))
			expect(name, template, 0, limits[i].check);
		if (strstr(limits[i].check, "-range")) {
			expect(name, template, UINT64_C(4294967296), limits[i].check);
			expect(name, template, UINT64_MAX, limits[i].check);
		}
	}
}

static const struct {
	const char *name, *text, *message;
} cases[] = {
	{ "channels in whole atoms", A "input 65529x2x3; output 8; kernel 1 }",
	  "t.conv:1:16: error: input channels 65529 do not fit in whole atoms "
	  "[channel-atoms]" },
	{ "kernel bytes of four groups that share a slice",
	  A "input 1096x31x31; output 8; kernel 31; groups 4 }",
	  "kernel 31x31 of 1096 stored channels takes 2106512 bytes [kernel-bytes]" },
	{ "groups and input", A "input 8x9x9; output 9; kernel 1; groups 3 }",
	  "groups 3 do not divide 8 input channels [groups-divide]" },
	{ "groups and output", A "input 9x9x9; output 8; kernel 1; groups 3 }",
	  "groups 3 do not divide 8 output channels [groups-divide]" },
	{ "every type has a name", A "input 9x9x9; output 8; kernel 1; type tf32 }",
	  "type tf32 is not supported [type-support]" },
	{ "output type", A "input 9x9x9; output 8; kernel 1; output_type int32 }",
	  "output type int32 is not supported for type fp16 [type-support]" },
	{ "the default output type follows",
	  "defaults { type int8 }\n" A "input 9x9x9; output 8; "
	  "kernel 1; type fp16; output_type int8 }",
	  "output type int8 is not supported for type fp16 [type-support]" },
	{ "padding as large as the window",
	  A "input 9x9x9; output 8; kernel 3x2; pad 1 2 1 1 }",
	  "t.conv:1:51: error: padding 2 holds a whole window [pad-window]" },
	{ "the padded size is said", A "input 3x5x9; output 8; kernel 9x3; pad 1 0 2 0 }",
	  "kernel height 9 does not fit the padded input of 8 [kernel-fit]" },
	{ "two names",
	  A "input 9x9x9; output 8; kernel 1 }\n" A "input 9x9x9; output 8; kernel 1 }",
	  "t.conv:2:6: error: two convs are called 'a' [name-unique]" },
	{ "negative", A "input -3x5x9; output 8; kernel 3 }",
	  "t.conv:1:16: error: input channels -3 is out of range "
	  "[input-channels-range]" },
	{ "negative seed", A "input 3x5x9; output 8; kernel 3; seed -1 }",
	  "seed -1 is out of range [seed-range]" },
	{ "minus nothing is nothing", A "input 3x5x9; output 8; kernel 3; stride -0 }",
	  "stride 0 is out of range [stride-range]" },
};

static void test_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct reading r;

		reading_of(&r, cases[i].text);
		if (!r.errors || !strstr(r.messages, cases[i].message))
			fail_msg("%s: %s", cases[i].name, r.messages);
		reading_free(&r);
	}
}

/* One mistake with one broadcast number is one error, and it hides no other. */
static void test_counts(void **state)
{
	struct reading r;

	(void)state;
	reading_of(&r, A "input 3x5x9; output 8; kernel 3; stride 12; pad 99 }");
	assert_int_equal(r.errors, 2);
	reading_free(&r);
	reading_of(&r, "defaults { stride 9 }\n" A "input 3x5x9; output 8; kernel 3 }\n"
		       "conv b { input 3x5x9; output 8; kernel 3; dilation -1 }\n");
	assert_int_equal(r.errors, 2);
	reading_free(&r);
}

/* Random problems pass every check, with the sizes that geometry gives. */
static void test_derived(void **state)
{
	uint64_t seed = test_seed("derived sizes");

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct conv_problem want;
		struct reading r;
		char slug[200];

		random_problem(&want, &seed);
		conv_slug(&want, slug, sizeof slug);
		reading_of_arg(&r, slug);
		if (r.errors || r.spec.convs[0].out_h != want.out_h ||
		    r.spec.convs[0].out_w != want.out_w)
			fail_msg("%s: %s", slug, r.messages);
		reading_free(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_derived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
