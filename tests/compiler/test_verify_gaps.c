/*
 * Captures that say less than all, or what cannot be: counted, or refused by name, and
 * never the end of the others.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture_fixture.h"
#include "cmd/cmd.h"
#include "corpus/verify_corpus.h"

/*
 * What a capture may leave out, or have that cannot be placed, is counted and not held
 * against it; all that it does say is compared.
 */
enum gap {
	GAP_PLANS, GAP_ADDRESS, GAP_ORDER, GAP_OFFSETS, GAP_TAILS, GAP_ORDERS, GAP_AMOUNTS, GAP_N
};

static void leave(struct capture *c, enum gap gap)
{
	if (gap == GAP_PLANS)
		c->task_count = 1;
	for (uint32_t i = 0; i < c->task_count; i++) {
		struct capture_task *t = &c->tasks[i];

		switch (gap) {
		case GAP_ADDRESS:
			t->unplaced[NPU_REG_DPU_DST_BASE_ADDR] = true;
			t->has[NPU_REG_DPU_DST_BASE_ADDR] = false;
			break;
		case GAP_ORDER: t->order_missing = true; /* fall through */
		case GAP_ORDERS: t->order = NULL; break;
		case GAP_OFFSETS: t->has_offset = false; break;
		case GAP_TAILS: t->has_tail = false; break;
		case GAP_AMOUNTS: t->amount = t->int_mask = 0; break;
		default: break;
		}
	}
}

static void gaps_are_counted(void **state)
{
	(void)state;
	for (enum gap gap = 0; gap < GAP_N; gap++) {
		struct verify_tally tally = { 0 };
		struct seen seen = { 0 };
		struct verify_sink sink = { keep, &seen };
		struct capture_orders orders;
		struct capture c;

		read_capture(&c, &orders, "f16_c160_7x7_oc320_k3x3_s1_p0_g1");
		leave(&c, gap);
		if (!verify_compare(&c, &tally, &sink))
			fail_msg("gap %d: %s", (int)gap, seen.last);
		assert_int_equal(tally.unlisted, gap == GAP_PLANS ? 2 : 0);
		assert_int_equal(tally.unplaced, gap == GAP_ADDRESS ? 6 : 0);
		assert_int_equal(tally.unknown_orders, gap == GAP_ORDER ? 11 : 0);
		assert_int_equal(tally.plans, gap == GAP_PLANS ? 1 : 3);
		capture_free(&c);
		capture_orders_free(&orders);
	}
}

/* Where we depart, a capture has the vendor's value or is wrong. */
static void departures_are_exact(void **state)
{
	static const struct {
		const char *name;
		uint32_t task;
		enum npu_reg reg;
	} cases[] = {
		{ "f16_c3_10x10_oc3_k1x1_s1_p0_g1_v2", 0, NPU_REG_CNA_DMA_CON1 },
		{ "f16_c3_10x10_oc3_k1x1_s1_p0_g1_v2", 1, NPU_REG_CNA_DMA_CON2 },
		{ "i8_c4_1x18_oc1_k1x1_s1_p0_g1", 5, NPU_REG_DPU_DST_BASE_ADDR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct capture_orders orders;
		struct capture c;
		struct seen seen;

		read_capture(&c, &orders, cases[i].name);
		assert_int_equal(compare(&c).count, 0);
		c.tasks[cases[i].task].value[cases[i].reg] ^= 1u << 4;
		seen = compare(&c);
		if (seen.count != 1 || !strstr(seen.last, npu_regs[cases[i].reg].name))
			fail_msg("%s: %u differences, \"%s\"", cases[i].name, seen.count,
				 seen.last);
		capture_free(&c);
		capture_orders_free(&orders);
	}
}

/*
 * Files of a directory: a list of orders that is none, captures that cannot be read, and one
 * that can.
 */
static const struct {
	const char *name, *text;
} files[] = {
	{ "odd-captures/_orders.json", "{}" },
	{ "odd-captures/a.json", "[1]" },
	{ "odd-captures/b.json", "{\"shape\":{\"ic\":1}}" },
	{ "odd-captures/c.json",
	  "{\"slug\":\"stride of none\",\"shape\":{\"ic\":8,\"ih\":4,\"iw\":4,"
	  "\"oc\":8,\"oh\":4,\"ow\":4,\"kh\":1,\"kw\":1,\"groups\":1,"
	  "\"stride\":[0,1],\"pad\":[0,0,0,0],\"dtype\":\"int8\"},\"tasks\":[]}" },
	{ "odd-captures/d.json",
	  "{\"slug\":\"last\",\"op_type\":\"ConvMystery\",\"shape\":{\"ic\":8,"
	  "\"ih\":4,\"iw\":4,\"oc\":8,\"oh\":4,\"ow\":4,\"kh\":1,\"kw\":1,"
	  "\"groups\":1,\"stride\":[1,1],\"dil\":null,\"pad\":[0,0,0,0],"
	  "\"dtype\":\"float16\"},\"tasks\":[{\"plan\":1,\"core\":0,\"mask\":13,"
	  "\"regs\":{\"CNA.DATA_SIZE2\":4},\"note\":[]}],\"new\":{}}" },
	{ "odd-captures/e.json", /* 16 surfaces a group: one field too small */
	  "{\"slug\":\"e\",\"shape\":{\"ic\":64,\"ih\":4,\"iw\":4,\"oc\":64,"
	  "\"oh\":4,\"ow\":4,\"kh\":1,\"kw\":1,\"groups\":64,\"stride\":[1,1],"
	  "\"pad\":[0,0,0,0],\"dtype\":\"int8\",\"out_dtype\":\"int32\"},"
	  "\"tasks\":[{\"plan\":1,\"core\":0,\"mask\":29}]}" },
};

/* A directory goes on past a file that cannot be read and a list of orders that is none. */
static void directory_goes_on(void **state)
{
	static const struct verify_corpus_options options = { .verbose = true };
	FILE *out = tmpfile();
	char text[4000];
	size_t n;

	(void)state;
	assert_non_null(out);
	mkdir("odd-captures", 0777);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		FILE *f = fopen(files[i].name, "w");

		assert_non_null(f);
		fputs(files[i].text, f);
		assert_int_equal(fclose(f), 0);
	}
	assert_int_equal(verify_corpus("odd-captures", &options, out), EXIT_FILE);
	rewind(out);
	n = fread(text, 1, sizeof text - 1, out);
	text[n] = 0;
	fclose(out);
	assert_non_null(strstr(text, "FAIL odd-captures/a.json: not an object"));
	assert_non_null(strstr(text, "FAIL odd-captures/b.json: "));
	assert_non_null(strstr(text, "FAIL odd-captures/c.json: shape: stride 0"));
	assert_non_null(strstr(text, "PASS last: 1 plans, 1 tasks, 1 registers"));
	assert_non_null(strstr(text, "FAIL odd-captures/e.json: shape: the output's type"));
	assert_non_null(strstr(text, "4 captures could not be read"));
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		remove(files[i].name);
	rmdir("odd-captures");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_are_counted),
		cmocka_unit_test(departures_are_exact),
		cmocka_unit_test(directory_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
