/* Broken specs of all kinds: any answer but a crash, and errors are counted. */
#include "reading.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS 6000
#define MAX_BYTES 4096u

static const char *const seeds[] = {
	"# comment\ndefaults { type fp16; seed 1 }\nconv edges {\n\tinput 3x224x224 # c "
	"x h x w\n"
	"\toutput 8\n\tkernel 3x3\n\tstride 2 1\n\tpad 1 1 0 0\n\tweights "
	"\"edges.npy\"\n}\n",
	"conv stem b1_c3_h224_w224_oc32_wic3_k3x3_g1_s2_psame { split y 3 k 2; bias none "
	"}\n"
	"b1_c64_h56_w56_oc128_wic64_k1x1_g1_s1_pvalid // slug\n/* more */\n",
	"{ \"defaults\": {\"type\": \"fp16\", \"pad\": \"same\"}, \"convs\": [\n"
	"{\"name\": \"a\", \"input\": [3, 224, 9], \"output\": 8, \"kernel\": \"3x3\",\n"
	" \"stride\": {\"y\": 2}, \"weights\": [\"x.safetensors\", \"t\"], \"bias\": "
	"null},\n"
	"\"b1_c64_h56_w56_oc128_wic64_k1x1_g1_s1_p1x2x3x4_d2x1\" ]}\n",
	"conv a { input inner; input c 3 h 5 w 7; output_type fp32; dilation 2; groups "
	"3\n"
	"kernel 1; output 6; pad top 1 left 2; batch 2; weights seed 9; bias seed }\n",
	"defaults { type int8; weight_quant \"s.npy\" \"z.npy\"; bn_scale \"a.npy\" "
	"}\nconv a "
	"{\n"
	"input 3x9x7; output 4; kernel 3; input_quant scale 0.5 zero -3; activation clip "
	"0 "
	"6.5\n"
	"output_quant uint8 scale 5e-2 zero 200; add scale 0.25 zero 3; bn_shift seed }\n"
	"conv b { input 3x9x7; output 4; kernel 1; input_mean 1.5 2 3; input_std 2\n"
	"output_type int32; weight_quant scale 0.1 zero 0 }\n",
	"{ \"convs\": [ { \"type\": \"int8\", \"input\": [3, 9, 7], \"output\": 4, "
	"\"kernel\": 1,\n"
	"\"input_quant\": {\"scale\": 0.5, \"zero\": 130, \"uint8\": true}, \"add\": "
	"true,\n"
	"\"weight_quant\": [\"s.npy\", \"z.npy\"], \"activation\": {\"clip\": [0, 6]},\n"
	"\"bn_scale\": [\"m.safetensors\", \"t\"], \"output_quant\": \"auto\" } ] }\n",
};

static const char *const tokens[] = {
	"{",
	"}",
	";",
	"\n",
	"\"",
	"/*",
	"*/",
	"//",
	"#",
	"conv",
	"x",
	"0",
	"-1",
	"4294967296",
	"99999999999999999999",
	"include",
	"\xff",
	"\xc3\xa9",
	"\t",
	"[",
	"]",
	",",
	":",
	"null",
	"1e9",
	"stride",
	"input",
	"same",
	"defaults",
	"seed",
	"_",
	"wic",
	"\\",
	"\\u0000",
	"true",
	"pad",
	"b1_c1_",
	"include \"t.conv\"\n",
	"0.5",
	"-1e-3",
	"1e999",
	"scale",
	"zero",
	"uint8",
	"none",
	"auto",
	"int32",
	"add",
	"activation",
	"weight_quant",
};

static size_t insert(char *text, size_t bytes, size_t at, const char *what,
		     size_t what_bytes)
{
	if (bytes + what_bytes > MAX_BYTES)
		return bytes;
	memmove(text + at + what_bytes, text + at, bytes - at);
	memcpy(text + at, what, what_bytes);
	return bytes + what_bytes;
}

static size_t erase(char *text, size_t bytes, size_t at, size_t count)
{
	if (count > bytes - at)
		count = bytes - at;
	memmove(text + at, text + at + count, bytes - at - count);
	return bytes - count;
}

static size_t mutate(char *text, size_t bytes, uint64_t *state)
{
	size_t at = bytes ? next_random(state) % (bytes + 1) : 0;
	const char *token =
	    tokens[next_random(state) % (sizeof tokens / sizeof tokens[0])];
	char piece[64];
	size_t count;

	switch (next_random(state) % 6) {
	case 0:
		return insert(text, bytes, at, token, strlen(token));
	case 1:
		return erase(text, bytes, at, 1 + next_random(state) % 8);
	case 2:
		return at; /* cut off */
	case 3:
		if (at < bytes)
			text[at] = (char)next_random(state);
		return bytes;
	case 4: /* repeat a piece elsewhere */
		count = bytes - at < sizeof piece ? bytes - at : sizeof piece;
		memcpy(piece, text + at, count);
		return insert(text, bytes, next_random(state) % (bytes + 1), piece,
			      count);
	default:
		bytes = erase(text, bytes, at, 1 + next_random(state) % 3);
		return insert(text, bytes, at < bytes ? at : bytes, token, strlen(token));
	}
}

/* Every conv that passes satisfies its invariants. */
static void check_invariants(const struct reading *r, const char *text, size_t bytes)
{
	for (size_t i = 0; i < r->spec.count; i++) {
		const struct conv_problem *p = &r->spec.convs[i];
		uint32_t rows = conv_extent(p->kernel_h, p->dilation_y);

		if (!p->name || !*p->name || p->in_c % p->groups ||
		    p->out_c % p->groups || !p->out_w ||
		    p->out_h !=
			(p->in_h + p->pad_top + p->pad_bottom - rows) / p->stride_y + 1)
			fail_msg("invariants of conv %zu in %.*s", i, (int)bytes, text);
	}
}

static void test_mutants(void **state)
{
	uint64_t random = test_seed("mutants");
	char *text = malloc(MAX_BYTES);
	uint32_t good = 0, bad = 0;

	(void)state;
	assert_non_null(text);
	for (int round = 0; round < ROUNDS; round++) {
		const char *seed =
		    seeds[(size_t)round % (sizeof seeds / sizeof seeds[0])];
		uint32_t times = random_between(&random, 1, 6);
		size_t bytes = strlen(seed);
		struct reading r;

		memcpy(text, seed, bytes);
		for (uint32_t i = 0; i < times; i++)
			bytes = mutate(text, bytes, &random);
		reading_start(&r);
		spec_read_text(&r.spec, "t.conv", text, bytes, r.diag);
		reading_finish(&r);
		if (r.errors && !strstr(r.messages, "error: "))
			fail_msg("errors without words: %.*s", (int)bytes, text);
		if (!r.errors)
			check_invariants(&r, text, bytes);
		good += !r.errors;
		bad += r.errors > 0;
		reading_free(&r);
	}
	/* Both outcomes occur, or the mutations are not worth their name. */
	assert_true(good > 0);
	assert_true(bad > ROUNDS / 2);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_mutants) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
