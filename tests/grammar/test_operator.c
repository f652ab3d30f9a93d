/* The operator's attributes: what each way of writing them means. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "operator_text.h"
#include "reading.h"

#define ROUNDS 2000

#define JSON8(text) JSON("\"type\": \"int8\", " text)

static const struct {
	const char *name, *text;
	const char *json; /* the same; NULL: only as text */
	struct conv_problem want;
} forms[] = {
	{ "defaults of int8",
	  INT8(""),
	  JSON8("\"seed\": 0"),
	  { .elem = NPU_ELEM_INT8, .out_elem = NPU_ELEM_INT8 } },
	{ "int32 has one weight scale",
	  INT8("output_type int32"),
	  JSON8("\"output_type\": \"int32\""),
	  { .elem = NPU_ELEM_INT8,
	    .out_elem = NPU_ELEM_INT32,
	    .weight_quant.kind = WEIGHT_QUANT_PER_TENSOR } },
	{ "input",
	  INT8("input_quant scale 0.0235 zero -3"),
	  JSON8("\"input_quant\": {\"scale\": 0.0235, \"zero\": -3}"),
	  { .elem = NPU_ELEM_INT8,
	    .out_elem = NPU_ELEM_INT8,
	    .input_quant = { true, false, 0.0235, -3 } } },
	{ "any order, bytes",
	  INT8("input_quant uint8 zero 255 scale 5e-1"),
	  JSON8("\"input_quant\": {\"uint8\": true, \"zero\": 255, \"scale\": 5e-1}"),
	  { .elem = NPU_ELEM_INT8,
	    .out_elem = NPU_ELEM_INT8,
	    .input_quant = { true, true, 0.5, 255 } } },
	{ "a scale that is a whole number",
	  INT8("output_quant scale 2"),
	  JSON8("\"output_quant\": [\"scale\", 2]"),
	  { .elem = NPU_ELEM_INT8,
	    .out_elem = NPU_ELEM_INT8,
	    .output_quant = { true, false, 2, 0 } } },
	{ "numbers in strings",
	  INT8("output_quant scale 1.5E+2 zero -128"),
	  JSON8("\"output_quant\": {\"scale\": \"1.5e2\", \"zero\": \"-128\"}"),
	  { .elem = NPU_ELEM_INT8,
	    .out_elem = NPU_ELEM_INT8,
	    .output_quant = { true, false, 150, -128 } } },
	{ "automatic output",
	  "defaults { output_quant scale 1 }\n" INT8("output_quant auto"),
	  JSON8("\"output_quant\": \"auto\""),
	  { .elem = NPU_ELEM_INT8, .out_elem = NPU_ELEM_INT8 } },
	{ "automatic, in bytes",
	  INT8("output_quant auto uint8; add auto uint8"),
	  JSON8("\"output_quant\": [\"auto\", \"uint8\"], "
		"\"add\": {\"auto\": true, \"uint8\": true}"),
	  { .elem = NPU_ELEM_INT8,
	    .out_elem = NPU_ELEM_INT8,
	    .output_quant = { .uint8 = true },
	    .add_quant = { .uint8 = true },
	    .add = true } },
	{ "an addition",
	  CONV("add"),
	  JSON("\"add\": true"),
	  { .elem = NPU_ELEM_FP16, .out_elem = NPU_ELEM_FP16, .add = true } },
	{ "an operand of its own scale",
	  INT8("add scale 0.05 zero 3 uint8"),
	  JSON8("\"add\": {\"scale\": 0.05, \"zero\": 3, \"uint8\": true}"),
	  { .elem = NPU_ELEM_INT8,
	    .out_elem = NPU_ELEM_INT8,
	    .add = true,
	    .add_quant = { true, true, 0.05, 3 } } },
	{ "no addition after all",
	  "defaults { type int8; add scale 2; input_quant scale 3 }\n" CONV(
	      "add none; input_quant none"),
	  "{\"defaults\": {\"type\": \"int8\", \"add\": {\"scale\": 2}, "
	  "\"input_quant\": {\"scale\": 3}}, \"convs\": [{\"name\": \"a\", "
	  "\"input\": \"3x20x30\", \"output\": 16, \"kernel\": \"3x5\", \"add\": false, "
	  "\"input_quant\": null}]}",
	  { .elem = NPU_ELEM_INT8, .out_elem = NPU_ELEM_INT8 } },
	{ "a default for int8 convs only",
	  "defaults { weight_quant per_tensor }\n" CONV("weight_quant none"),
	  JSON("\"weight_quant\": null"),
	  { .elem = NPU_ELEM_FP16, .out_elem = NPU_ELEM_FP16 } },
	{ "weights of one scale",
	  INT8("weight_quant scale 0.01 zero 3"),
	  JSON8("\"weight_quant\": {\"zero\": 3, \"scale\": 0.01}"),
	  { .elem = NPU_ELEM_INT8,
	    .out_elem = NPU_ELEM_INT8,
	    .weight_quant = { .kind = WEIGHT_QUANT_GIVEN, .scale = 0.01, .zero = 3 } } },
	{ "a file of scales",
	  INT8("weight_quant \"s.npy\""),
	  JSON8("\"weight_quant\": \"s.npy\""),
	  { .elem = NPU_ELEM_INT8,
	    .out_elem = NPU_ELEM_INT8,
	    .weight_quant = { .kind = WEIGHT_QUANT_FILE,
			      .scales = { SOURCE_NPY, "s.npy", NULL } } } },
	{ "files of scales and zero points",
	  INT8("weight_quant \"m.safetensors\" \"scale\" \"z.npy\""),
	  JSON8("\"weight_quant\": [\"m.safetensors\", \"scale\", \"z.npy\"]"),
	  { .elem = NPU_ELEM_INT8,
	    .out_elem = NPU_ELEM_INT8,
	    .weight_quant = { .kind = WEIGHT_QUANT_FILE,
			      .scales = { SOURCE_SAFETENSORS, "m.safetensors", "scale" },
			      .zeros = { SOURCE_NPY, "z.npy", NULL } } } },
	{ "files in the defaults are everyone's own",
	  "defaults { type int8; weight_quant \"s.npy\" \"z.npy\"; bn_scale \"a.npy\" }\n"
	  "conv b { " SHAPE "weight_quant per_channel; bn_scale none }\n" CONV(""),
	  NULL,
	  { .elem = NPU_ELEM_INT8,
	    .out_elem = NPU_ELEM_INT8,
	    .weight_quant = { .kind = WEIGHT_QUANT_FILE,
			      .scales = { SOURCE_NPY, "s.npy", NULL },
			      .zeros = { SOURCE_NPY, "z.npy", NULL } },
	    .bn_scale = { SOURCE_NPY, "a.npy", NULL } } },
	{ "relu",
	  CONV("activation relu"),
	  JSON("\"activation\": \"relu\""),
	  { .elem = NPU_ELEM_FP16, .out_elem = NPU_ELEM_FP16, .act.kind = ACT_RELU } },
	{ "relu6",
	  CONV("activation relu6"),
	  JSON("\"activation\": {\"clip\": [0, 6]}"),
	  { .elem = NPU_ELEM_FP16,
	    .out_elem = NPU_ELEM_FP16,
	    .act = { .kind = ACT_CLIP, .high = 6 } } },
	{ "leaky",
	  INT8("activation leaky 0.125"),
	  JSON8("\"activation\": {\"leaky\": 0.125}"),
	  { .elem = NPU_ELEM_INT8,
	    .out_elem = NPU_ELEM_INT8,
	    .act = { .kind = ACT_LEAKY, .slope = 0.125 } } },
	{ "no activation after all",
	  "defaults { activation clip 0 3.5 }\n" CONV("activation none"),
	  JSON("\"activation\": null"),
	  { .elem = NPU_ELEM_FP16, .out_elem = NPU_ELEM_FP16 } },
	{ "batch norm",
	  CONV("bn_scale \"a.npy\"; bn_shift \"m.safetensors\" \"b\""),
	  JSON("\"bn_scale\": \"a.npy\", \"bn_shift\": [\"m.safetensors\", \"b\"]"),
	  { .elem = NPU_ELEM_FP16,
	    .out_elem = NPU_ELEM_FP16,
	    .bn_scale = { SOURCE_NPY, "a.npy", NULL },
	    .bn_shift = { SOURCE_SAFETENSORS, "m.safetensors", "b" } } },
	{ "pixels",
	  CONV("input_mean 123.675 116.28 103.53; input_std 58"),
	  JSON("\"input_mean\": [123.675, 116.28, 103.53], \"input_std\": 58"),
	  { .elem = NPU_ELEM_FP16,
	    .out_elem = NPU_ELEM_FP16,
	    .pixel_norm = { 3, 1, { 123.675, 116.28, 103.53 }, { 58 } } } },
	{ "no pixels after all",
	  "defaults { input_mean -1; input_std 2 }\n" CONV(
	      "input_mean none; input_std none"),
	  JSON("\"input_mean\": null"),
	  { .elem = NPU_ELEM_FP16, .out_elem = NPU_ELEM_FP16 } },
};

static void expect_form(const char *name, const char *text, struct conv_problem want)
{
	struct reading r;
	const struct conv_problem *p;

	reading_of(&r, text);
	if (r.errors || !r.spec.count)
		fail_msg("%s: %s\n%s", name, text, r.messages);
	p = &r.spec.convs[r.spec.count - 1];
	want.batch = want.groups = want.stride_y = want.stride_x = 1;
	want.dilation_y = want.dilation_x = 1;
	want.in_c = 3, want.in_h = 20, want.in_w = 30, want.out_c = 16;
	want.kernel_h = 3, want.kernel_w = 5, want.out_h = 18, want.out_w = 26;
	want.weights.kind = SOURCE_SEED;
	if (!same_problem(p, &want))
		fail_msg("%s: not what was written: %s", name, text);
	reading_free(&r);
}

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		expect_form(forms[i].name, forms[i].text, forms[i].want);
		if (forms[i].json)
			expect_form(forms[i].name, forms[i].json, forms[i].want);
	}
}

/* What plans and layouts need follows from the rest, and the files are known. */
static void test_derived(void **state)
{
	static const struct {
		const char *text;
		bool add, per_channel;
		size_t deps;
	} cases[] = {
		{ CONV("add"), true, false, 0 },
		{ INT8(""), false, true, 0 },
		{ INT8("weight_quant per_tensor; add"), true, false, 0 },
		{ INT8("weight_quant scale 1"), false, false, 0 },
		{ INT8("output_type int32"), false, false, 0 },
		{ INT8("weight_quant \"s.npy\" \"z.npy\"; bn_scale \"a.npy\"; "
		       "bn_shift \"b.npy\"; weights \"w.npy\"; bias \"c.npy\""),
		  false, true, 6 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct reading r;

		reading_of(&r, cases[i].text);
		if (r.errors || r.spec.convs[0].fusion.add != cases[i].add ||
		    r.spec.convs[0].fusion.per_channel != cases[i].per_channel ||
		    r.spec.dep_count != cases[i].deps)
			fail_msg("%s: %s", cases[i].text, r.messages);
		reading_free(&r);
	}
}

/* Random operators in both forms give the same convs and digest. */
static void test_same_as_text(void **state)
{
	uint64_t seed = test_seed("operators");

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct conv_problem want;
		struct reading t, j;
		char slug[320], *text = NULL, *json = NULL;
		size_t bytes;
		FILE *out;

		random_problem(&want, &seed);
		want.split_y = want.split_k = 0;
		want.input_kind = INPUT_GRAPH;
		want.bias.kind = SOURCE_NONE;
		random_operator(&want, &seed);
		conv_slug(&want, slug, sizeof slug);
		out = open_memstream(&text, &bytes);
		assert_non_null(out);
		fprintf(out, "conv a %s {\n\tseed %llu\n", slug,
			(unsigned long long)want.seed);
		print_operator_text(out, &want);
		fputs("}\n", out);
		fclose(out);
		out = open_memstream(&json, &bytes);
		assert_non_null(out);
		fprintf(out, "{\"convs\": [{\"name\": \"a\", \"slug\": \"%s\"", slug);
		fprintf(out, ", \"seed\": \"%llu\"", (unsigned long long)want.seed);
		print_operator_json(out, &want);
		fputs("}]}\n", out);
		fclose(out);
		reading_of(&t, text);
		reading_of(&j, json);
		if (t.errors || j.errors)
			fail_msg("%s\n%s\n%s\n%s", text, t.messages, json, j.messages);
		if (!same_problem(&t.spec.convs[0], &want) ||
		    !same_problem(&j.spec.convs[0], &want) ||
		    spec_digest(&t.spec) != spec_digest(&j.spec))
			fail_msg("they differ:\n%s\n%s", text, json);
		reading_free(&t);
		reading_free(&j);
		free(text);
		free(json);
	}
}

/* A plain conv has the digest it always had; each attribute changes it. */
static void test_digest(void **state)
{
	static const char *const texts[] = {
		CONV(""),
		CONV("type int8"),
		INT8("input_quant scale 1"),
		INT8("input_quant scale 1 zero 1"),
		INT8("input_quant scale 1 zero 1 uint8"),
		INT8("output_quant scale 1"),
		INT8("add"),
		INT8("add scale 1"),
		INT8("weight_quant per_tensor"),
		INT8("weight_quant scale 1"),
		INT8("weight_quant scale 1 zero 1"),
		INT8("weight_quant \"s.npy\""),
		INT8("weight_quant \"s.npy\" \"z.npy\""),
		CONV("activation relu"),
		CONV("activation relu6"),
		CONV("activation clip 0 6.5"),
		INT8("activation leaky 0.25"),
		INT8("activation leaky 0.5"),
		CONV("bn_scale \"s.npy\""),
		CONV("bn_shift \"s.npy\""),
		CONV("input_mean 1"),
		CONV("input_mean 1 1 1"),
		CONV("input_std 1"),
	};
	enum { N = sizeof texts / sizeof texts[0] };
	uint64_t digests[N];

	(void)state;
	digests_of(digests, texts, N);
	/* Computed before the language knew any of these attributes. */
	assert_true(digests[0] == UINT64_C(0x1ea474a31c57f6f4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_derived),
		cmocka_unit_test(test_same_as_text),
		cmocka_unit_test(test_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
