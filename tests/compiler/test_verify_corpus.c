/*
 * The corpus comparison: captures that are reproduced, and mutants of them that
 * must be noticed by name.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture_fixture.h"
#include "cmd/cmd.h"
#include "corpus/verify_corpus.h"

static void directory_is_reproduced(void **state)
{
	static const struct verify_corpus_options options = { .verbose = true };
	FILE *out = tmpfile();
	char line[512];
	unsigned passed = 0;

	(void)state;
	assert_non_null(out);
	assert_int_equal(verify_corpus(CAPTURES, &options, out), EXIT_DONE);
	rewind(out);
	while (fgets(line, sizeof line, out)) {
		if (!strncmp(line, "DIFF", 4) || !strncmp(line, "FAIL", 4))
			fail_msg("%s", line);
		passed += !strncmp(line, "PASS", 4);
	}
	fclose(out);
	assert_true(passed >= 17);
}

static void missing_directory(void **state)
{
	static const struct verify_corpus_options options = { 0 };
	FILE *out = tmpfile();

	(void)state;
	assert_non_null(out);
	assert_int_equal(verify_corpus(TEST_DATA "/no-such", &options, out), EXIT_FILE);
	fclose(out);
}

/* Changes that a comparison must name. */
enum change {
	CHANGE_REG, CHANGE_AMOUNT, CHANGE_INT_MASK, CHANGE_TAIL, CHANGE_ORDER,
	CHANGE_TASK_BO, CHANGE_WEIGHT_BO, CHANGE_OUTPUT_BO, CHANGE_SYNC, CHANGE_SUBMIT,
	CHANGE_CORE, CHANGE_PLAN, CHANGE_UNKNOWN, CHANGE_EXTRA_REG, CHANGE_NO_TASKS,
	CHANGE_NO_SUCH_PLAN
};

static void apply(struct capture *c, enum change change, uint32_t task, enum npu_reg reg)
{
	static enum npu_reg order[NPU_ORDER_MAX];
	struct capture_task *t = &c->tasks[task];

	switch (change) {
	case CHANGE_REG: t->value[reg] ^= 1u << 4; break;
	case CHANGE_AMOUNT: t->amount += 2; break;
	case CHANGE_INT_MASK: t->int_mask = NPU_INT_MASK_PPU; break;
	case CHANGE_TAIL: t->tail[1][2] ^= 1; break;
	case CHANGE_ORDER:
		memcpy(order, t->order, t->amount * sizeof *order);
		order[20] = t->order[21];
		order[21] = t->order[20];
		t->order = order;
		break;
	case CHANGE_TASK_BO: c->bos.task += 40; break;
	case CHANGE_WEIGHT_BO: c->bos.weight += 64; break;
	case CHANGE_OUTPUT_BO: c->bos.output -= 64; break;
	case CHANGE_SYNC: c->syncs[7].bytes -= 8; break;
	case CHANGE_SUBMIT: c->submit.subcore[1][1]++; break;
	case CHANGE_CORE: t->core ^= 1; break;
	case CHANGE_PLAN: t->plan = 9; break;
	case CHANGE_UNKNOWN: strcpy(t->unknown, "R4108"); break;
	case CHANGE_EXTRA_REG: t->has[reg] = t->written[reg] = true; break;
	case CHANGE_NO_TASKS: c->task_count = 0; break;
	case CHANGE_NO_SUCH_PLAN:
		c->task_count = 1; /* the one-core list */
		c->counts[1] = c->counts[2] = 0;
		break;
	}
}

static void mutants_are_named(void **state)
{
	static const struct {
		const char *name;
		enum change change;
		uint32_t task;
		enum npu_reg reg;
		const char *said;
	} cases[] = {
		{ "banks", CHANGE_REG, 0, NPU_REG_CNA_CBUF_CON0, "CNA.CBUF_CON0" },
		{ "grains", CHANGE_REG, 0, NPU_REG_CNA_CONV_CON2, "CNA.CONV_CON2" },
		{ "output word", CHANGE_REG, 0, NPU_REG_DPU_OUT_CVT_SCALE, "OUT_CVT_SCALE" },
		{ "address", CHANGE_REG, 1, NPU_REG_DPU_DST_BASE_ADDR, "DST_BASE_ADDR" },
		{ "barrier", CHANGE_REG, 2, NPU_REG_PPU_DATA_CUBE_IN_CHANNEL, "CUBE_IN_CHANNEL" },
		{ "amount", CHANGE_AMOUNT, 0, 0, "108 words, captured 110" },
		{ "interrupt", CHANGE_INT_MASK, 0, 0, "interrupt mask 0x300" },
		{ "chain", CHANGE_TAIL, 1, 0, "chain word 1" },
		{ "order", CHANGE_ORDER, 0, 0, "word 20 writes" },
		{ "task buffer", CHANGE_TASK_BO, 0, 0, "task buffer: 440 bytes" },
		{ "weight buffer", CHANGE_WEIGHT_BO, 0, 0, "weight buffer" },
		{ "output buffer", CHANGE_OUTPUT_BO, 0, 0, "output buffer" },
		{ "sync", CHANGE_SYNC, 0, 0, "8 of 12 syncs" },
		{ "submit", CHANGE_SUBMIT, 0, 0, "subcore 1" },
		{ "core of a task", CHANGE_CORE, 1, 0, "in the list, captured" },
		{ "plan of a task", CHANGE_PLAN, 1, 0, "in a plan for 9" },
		{ "unnamed register", CHANGE_UNKNOWN, 0, 0, "captured R4108" },
		{ "register too many", CHANGE_EXTRA_REG, 0, NPU_REG_PPU_DATA_FORMAT,
		  "PPU.DATA_FORMAT is not written" },
		{ "nothing", CHANGE_NO_TASKS, 0, 0, "lists no tasks" },
		{ "plan that is none", CHANGE_NO_SUCH_PLAN, 0, 0, "has no such plan" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct capture c;
		struct capture_orders orders;
		struct seen seen;

		read_capture(&c, &orders, "f16_c160_7x7_oc320_k3x3_s1_p0_g1");
		assert_int_equal(compare(&c).count, 0);
		apply(&c, cases[i].change, cases[i].task, cases[i].reg);
		seen = compare(&c);
		if (!seen.count || !strstr(seen.last, cases[i].said))
			fail_msg("%s: %u differences, \"%s\" not in \"%s\"", cases[i].name,
				 seen.count, cases[i].said, seen.last);
		capture_free(&c);
		capture_orders_free(&orders);
	}
}

/* A capture is untrusted: what the planner must not see is refused by name. */
static void impossible_shapes(void **state)
{
	static const struct {
		const char *name, *shape, *said;
	} cases[] = {
		{ "no width", "\"ic\":8,\"ih\":4,\"iw\":0,\"oc\":8,\"oh\":4,\"ow\":4", "width 0" },
		{ "no channels", "\"ic\":8,\"ih\":4,\"iw\":4,\"oc\":0,\"oh\":4,\"ow\":4",
		  "channels 0" },
		{ "enormous", "\"ic\":8,\"ih\":4,\"iw\":4,\"oc\":4000000000,\"oh\":4,\"ow\":4",
		  "4000000000" },
		{ "output size", "\"ic\":8,\"ih\":4,\"iw\":4,\"oc\":8,\"oh\":3,\"ow\":4",
		  "output 3x4, it follows as 4x4" },
		{ "missing", "\"ic\":8,\"ih\":4,\"iw\":4", "\"oc\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char why[CAPTURE_WHY_BYTES] = "";
		struct capture c;
		FILE *f = fopen("impossible.json", "w");

		assert_non_null(f);
		fprintf(f, "{\"tasks\":[],\"shape\":{%s,\"kh\":1,\"kw\":1,\"groups\":1,"
			"\"stride\":[1,1],\"pad\":[0,0,0,0],\"dil\":[1,1],\"dtype\":\"float16\","
			"\"out_dtype\":\"float16\"}}", cases[i].shape);
		assert_int_equal(fclose(f), 0);
		if (capture_read(&c, "impossible.json", NULL, why))
			fail_msg("%s: accepted", cases[i].name);
		if (!strstr(why, cases[i].said))
			fail_msg("%s: \"%s\" not in \"%s\"", cases[i].name, cases[i].said, why);
		remove("impossible.json");
	}
}

/* Records whose numbers are none. */
static void impossible_records(void **state)
{
	static const struct {
		const char *task, *said;
	} cases[] = {
		{ "\"regs\":{\"DPU.BN_CFG\":-1}", "DPU.BN_CFG is not a 32-bit number" },
		{ "\"regs\":{\"DPU.BN_CFG\":4294967296}",
		  "DPU.BN_CFG is not a 32-bit number" },
		{ "\"regs\":{\"DPU.BN_CFG\":\"83\"}", "DPU.BN_CFG is not a 32-bit" },
		{ "\"tail\":[[1,2,3],[1,2,3],[1,2,3],[1,2,-3]]", "\"tail\"" },
		{ "\"mask\":99999999999", "\"mask\"" },
	};
	static const char shape[] =
		"\"shape\":{\"ic\":8,\"ih\":4,\"iw\":4,\"oc\":8,\"oh\":4,\"ow\":4,\"kh\":1,"
		"\"kw\":1,\"groups\":1,\"stride\":[1,1],\"pad\":[0,0,0,0],\"dil\":[1,1],"
		"\"dtype\":\"int8\",\"out_dtype\":\"int8\"}";

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char text[1000], why[CAPTURE_WHY_BYTES] = "";
		struct capture c;

		snprintf(text, sizeof text, "{%s,\"tasks\":[{\"plan\":1,\"core\":0,%s}]}",
			 shape, cases[i].task);
		if (capture_read_text(&c, "t.json", text, strlen(text), NULL, why))
			fail_msg("%s: accepted", cases[i].task);
		if (!strstr(why, cases[i].said))
			fail_msg("%s: \"%s\" not in \"%s\"", cases[i].task, cases[i].said,
				 why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(directory_is_reproduced),
		cmocka_unit_test(missing_directory),
		cmocka_unit_test(mutants_are_named),
		cmocka_unit_test(impossible_shapes),
		cmocka_unit_test(impossible_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
