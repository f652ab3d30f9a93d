/* The JSON form says the same as the text form. */
#include "reading.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 1500

static const char *bias_word(const struct conv_problem *p)
{
	return p->bias.kind == SOURCE_NONE ? "none" : "seed";
}

static void print_split(FILE *out, const struct conv_problem *p, bool json)
{
	if (!p->split_y && !p->split_k)
		return;
	fputs(json ? ", \"split\": {" : "\tsplit", out);
	if (p->split_y)
		fprintf(out, json ? " \"y\": %u" : " y %u", p->split_y);
	if (p->split_y && p->split_k && json)
		fputc(',', out);
	if (p->split_k)
		fprintf(out, json ? " \"k\": %u" : " k %u", p->split_k);
	fputs(json ? " }" : "\n", out);
}

static void print_text(FILE *out, const struct conv_problem *p, uint32_t index)
{
	fprintf(out, "conv c%u {\n\tinput %ux%ux%u %s\n\toutput %u\n\tkernel %ux%u\n",
		index, p->in_c, p->in_h, p->in_w,
		p->input_kind == INPUT_INNER ? "inner" : "graph", p->out_c, p->kernel_h,
		p->kernel_w);
	fprintf(out, "\tstride %u %u\n\tpad %u %u %u %u; dilation %ux%u\n", p->stride_y,
		p->stride_x, p->pad_top, p->pad_left, p->pad_bottom, p->pad_right,
		p->dilation_y, p->dilation_x);
	fprintf(out, "\tgroups %u; batch %u\n\ttype fp16; output_type %s\n", p->groups,
		p->batch, npu_elem_info(p->out_elem)->name);
	fprintf(out, "\tbias %s\n\tseed %llu\n", bias_word(p),
		(unsigned long long)p->seed);
	print_split(out, p, false);
	fputs("}\n", out);
}

static void print_json(FILE *out, const struct conv_problem *p, uint32_t index)
{
	fprintf(out, "%s{ \"name\": \"c%u\", \"input\": [%u, %u, \"%u\", \"%s\"],\n",
		index ? ",\n" : "", index, p->in_c, p->in_h, p->in_w,
		p->input_kind == INPUT_INNER ? "inner" : "graph");
	fprintf(out, "\"output\": %u, \"kernel\": \"%ux%u\", \"stride\": [%u,%u],\n",
		p->out_c, p->kernel_h, p->kernel_w, p->stride_y, p->stride_x);
	fprintf(out,
		"\"pad\": {\"left\": %u, \"top\": %u, \"right\": %u, \"bottom\": %u},\n",
		p->pad_left, p->pad_top, p->pad_right, p->pad_bottom);
	fprintf(out,
		"\"dilation\": {\"x\": %u, \"y\": %u}, \"groups\": %u, \"batch\": %u,\n",
		p->dilation_x, p->dilation_y, p->groups, p->batch);
	fprintf(out, "\"type\": \"fp16\", \"output_type\": \"%s\", \"bias\": %s,\n",
		npu_elem_info(p->out_elem)->name,
		p->bias.kind == SOURCE_NONE ? "null" : "\"seed\"");
	fprintf(out, "\"weights\": {\"seed\": %llu}", (unsigned long long)p->seed);
	print_split(out, p, true);
	fputs("}", out);
}

/* Random specs in both forms give the same convs, names and digest. */
static void test_same_as_text(void **state)
{
	uint64_t seed = test_seed("json and text");

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t count = random_between(&seed, 1, 4);
		struct conv_problem want[4];
		char *text = NULL, *json = NULL;
		size_t bytes;
		FILE *text_out = open_memstream(&text, &bytes);
		FILE *json_out = open_memstream(&json, &bytes);
		struct reading t, j;

		assert_non_null(text_out);
		assert_non_null(json_out);
		fputs("{ \"convs\": [", json_out);
		for (uint32_t i = 0; i < count; i++) {
			random_problem(&want[i], &seed);
			print_text(text_out, &want[i], i);
			print_json(json_out, &want[i], i);
		}
		fputs("] }\n", json_out);
		fclose(text_out);
		fclose(json_out);
		reading_of(&t, text);
		reading_of(&j, json);
		if (t.errors || j.errors || t.spec.count != count ||
		    j.spec.count != count)
			fail_msg("%s\n%s\n%s\n%s", text, t.messages, json, j.messages);
		for (uint32_t i = 0; i < count; i++)
			if (!same_problem(&t.spec.convs[i], &want[i]) ||
			    !same_problem(&j.spec.convs[i], &want[i]))
				fail_msg("conv %u differs:\n%s\n%s", i, text, json);
		assert_true(spec_digest(&t.spec) == spec_digest(&j.spec));
		reading_free(&t);
		reading_free(&j);
		free(text);
		free(json);
	}
}

static const struct {
	const char *name, *json, *message;
} refused[] = {
	{ "place of a nested value",
	  "{\n \"convs\": [\n  { \"input\": [3, 0, 7], \"output\": 2, \"kernel\": 1 }\n "
	  "]\n}",
	  "t.conv:3:18: error: input height 0 is out of range [input-height-range]" },
	{ "place after other characters",
	  "{\"convs\": [{\"name\": \"\xc3\xa9\xc3\xa9\\\"\", \"input\": [3, 9, 7],"
	  " \"output\": 0, \"kernel\": 1 }]}",
	  "t.conv:1:59: error: output channels 0 is out of range "
	  "[output-channels-range]" },
	{ "place in a string",
	  "{\"convs\": [{\"input\": \"3x0x7\", \"output\": 2, \"kernel\": 1 }]}",
	  "t.conv:1:25: error: input height 0" },
	{ "unknown key of a conv",
	  "{\"convs\": [{\"inputt\": \"3x9x7\", \"output\": 2, \"kernel\": 1 }]}",
	  "t.conv:1:13: error: unknown attribute 'inputt'" },
	{ "unknown key of a conv, guess",
	  "{\"convs\": [{\"inputt\": \"3x9x7\", \"output\": 2, \"kernel\": 1 }]}",
	  "note: did you mean 'input'?" },
	{ "unknown key", "{\"conv\": []}", "note: did you mean 'convs'?" },
	{ "duplicate key", "{\"convs\": [],\n \"convs\": []}",
	  "t.conv:2:2: error: not valid JSON: duplicate object key" },
	{ "not closed", "{\"convs\": [", "t.conv:1:11: error: not valid JSON:" },
	{ "a number too large", "{\"convs\": [{\"output\": 99999999999999999999999999}]}",
	  "t.conv:1:23: error: the number is too large for JSON: whole numbers end at 2^63 - 1" },
	{ "a fraction", "{\"convs\": [{\"output\": 1.5}]}",
	  "t.conv:1:23: error: '1.5' is not a whole number" },
	{ "an exponent", "{\"convs\": [{\"output\": 1e1}]}",
	  "'1e1' is not a whole number" },
	{ "a list of specs", "[]", "error: the spec is an array" },
	{ "convs that are no list", "{\"convs\": {}}", "error: convs is an object" },
	{ "a conv that is a number", "{\"convs\": [7]}",
	  "t.conv:1:12: error: a conv is a number" },
	{ "a conv that is no slug", "{\"convs\": [\"b1\"]}",
	  "error: 'b1' is not a slug [slug]" },
	{ "name of another type", "{\"convs\": [{\"name\": 7}]}",
	  "error: name is a number" },
	{ "empty name", "{\"convs\": [{\"name\": \"\"}]}",
	  "error: a name of 0 bytes [name]" },
	{ "control characters in a name", "{\"convs\": [{\"name\": \"a\\u0007\"}]}",
	  "control character [name]" },
	{ "true", "{\"convs\": [{\"kernel\": true}]}", "error: kernel is true" },
	{ "too deep", "{\"convs\": [{\"kernel\": [[1]]}]}",
	  "t.conv:1:24: error: kernel is an array" },
	{ "defaults of another type", "{\"defaults\": []}",
	  "error: defaults is an array" },
	{ "include of another type", "{\"include\": [7]}", "error: include is a number" },
	{ "include that is not there", "{\"include\": \"no/such.conv\"}",
	  "t.conv:1:13: error: cannot read 'no/such.conv'" },
	{ "too many values",
	  "{\"convs\": [{\"kernel\": [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}]}",
	  "error: more than 16 values here" },
	{ "nothing in it", "{}", "there is no conv in this spec [no-conv]" },
	{ "a name in the defaults", "{\"defaults\": {\"name\": \"a\"}}",
	  "error: unknown attribute 'name'" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		struct reading r;

		reading_of(&r, refused[i].json);
		if (!r.errors || !strstr(r.messages, refused[i].message))
			fail_msg("%s: %s", refused[i].name, r.messages);
		reading_free(&r);
	}
}

/* Convs, slugs and defaults of a spec, in order. */
static void test_forms(void **state)
{
	struct reading r;

	(void)state;
	reading_of(
	    &r, "{ \"convs\": [ \"b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid\",\n"
		"{ \"slug\": \"b1_c3_h9_w7_oc2_wic3_k2x3_g1_s1_pvalid\", \"name\": \"n\","
		" \"weights\": [\"w.safetensors\", \"a.b\"] } ],\n"
		"\"defaults\": { \"bias\": \"b.npy\", \"seed\": 5 } }");
	if (r.errors)
		fail_msg("forms: %s", r.messages);
	assert_int_equal(r.spec.count, 2);
	assert_string_equal(r.spec.convs[1].name, "n");
	assert_int_equal(r.spec.convs[0].weights.kind, SOURCE_SEED);
	assert_int_equal(r.spec.convs[1].weights.kind, SOURCE_SAFETENSORS);
	assert_string_equal(r.spec.convs[1].weights.tensor, "a.b");
	assert_string_equal(r.spec.convs[0].bias.path, "b.npy");
	assert_int_equal(r.spec.convs[1].seed, 5);
	assert_int_equal(r.spec.dep_count, 2);
	reading_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_text),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
