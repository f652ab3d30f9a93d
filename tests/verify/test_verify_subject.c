/* Bundles, specs, templates and captures on their own, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "verify_fixture.h"

#define H56 "b1_c64_h56_w56_oc128_wic64_k1x1_g1_s1_pvalid"
#define TEMPLATE SOURCE_ROOT "/schedules/c64_h56_w56_oc128_k1.json"
#define CAPTURE TEST_DATA "/captures/f16_c160_7x7_oc320_k3x3_s1_p0_g1.json"

/* Other modes, odd sizes, one row, one column, bias, a chain with delta records. */
static const char *const slugs[] = {
	H56,
	"b1_c160_h40_w40_oc320_wic160_k3x3_g1_s1_pvalid",
	"b1_c32_h80_w112_oc32_wic1_k3x3_g32_s1_psame",
	"b1_c3_h61_w47_oc32_wic3_k3x3_g1_s2_pvalid",
	"b1_c17_h13_w7_oc19_wic17_k3x3_g1_s1_psame",
	"b1_c64_h80_w80_oc64_wic64_k3x3_g1_s1_psame",
	"b1_c128_h1_w1_oc24_wic128_k1x1_g1_s1_pvalid",
	"b3_c8_h5_w9_oc40_wic8_k1x1_g1_s1_pvalid",
};

static void specs_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof slugs / sizeof slugs[0]; i++) {
		struct verify_subject s;
		struct report report;

		if (subject_open(&s, slugs[i], NPU_ELEM_FP16) != 0)
			fail_msg("%s: not compiled", slugs[i]);
		check_subject(&s, &report);
		for (uint32_t k = 0; k < report.count; k++) {
			if (report.items[k].verdict != VERDICT_PASS)
				fail_msg("%s: %s: %s", slugs[i], report.items[k].name,
					 report.items[k].reason);
		}
		subject_close(&s);
	}
}

/* Every operation: its plan is recomputed from what the bundle says of it. */
static void fused_specs_pass(void **state)
{
	static const char *const convs[] = {
		"type int8; output 48; pad 1; add; activation relu; bias seed 3",
		("type int8; output 48; activation clip 0 6; weight_quant per_tensor; "
		 "input_quant scale 0.02 zero -5; output_quant scale 0.02 zero -128"),
		"type int8; output 48; output_type int32; weight_quant per_tensor; bias seed 1",
		"type int8; output 32; groups 32; activation leaky 0.1",
		"type int8; output 48; weight_quant scale 0.01 zero 3; add scale 0.05 zero 3",
		"type fp16; output 32; add; activation clip 0 6",
		"type fp16; output 32; output_type fp32; activation relu",
		/* few channels in planes, of a size that needs no rounding */
		"type fp16; input 3x8x8 inner; output 32",
		"type int8; input 1x8x8 inner; output 32",
	};

	(void)state;
	for (size_t i = 0; i < sizeof convs / sizeof convs[0]; i++) {
		FILE *file = fopen("verify-fused.conv", "w");
		struct verify_subject s;
		struct report report;

		assert_non_null(file);
		fprintf(file, "defaults { input 32x9x9 }\nconv a { kernel 3; %s }\n", convs[i]);
		assert_int_equal(fclose(file), 0);
		if (subject_open(&s, "verify-fused.conv", NPU_ELEM_FP16) != 0)
			fail_msg("%s: not compiled", convs[i]);
		check_subject(&s, &report);
		for (uint32_t k = 0; k < report.count; k++) {
			if (report.items[k].verdict != VERDICT_PASS)
				fail_msg("%s: %s: %s", convs[i], report.items[k].name,
					 report.items[k].reason);
		}
		subject_close(&s);
	}
	remove("verify-fused.conv");
}

/* Written to a file, read back, and with a byte of it changed. */
static void bundle_files(void **state)
{
	static const char path[] = "verify-subject.npub";
	struct verify_subject made, s;
	struct report report;
	FILE *file;

	(void)state;
	assert_int_equal(subject_open(&made, H56, NPU_ELEM_FP16), 0);
	for (int damage = 0; damage < 2; damage++) {
		((uint8_t *)made.blob)[made.bytes - 1] ^= (uint8_t)damage;
		file = fopen(path, "wb");
		assert_non_null(file);
		assert_int_equal(fwrite(made.blob, 1, made.bytes, file), made.bytes);
		fclose(file);
		assert_int_equal(subject_open(&s, path, NPU_ELEM_FP16), 0);
		assert_int_equal(s.kind, SUBJECT_BUNDLE);
		report_init(&report);
		subject_check_structure(&s, 0, &report);
		subject_check_plan(&s, 0, &report);
		if (damage) {
			assert_non_null(
			    strstr(verdict_of(&report, "bundle-structure"), "checksum"));
			assert_string_equal(verdict_of(&report, "bundle-plan"), "SKIP");
		} else {
			assert_string_equal(verdict_of(&report, "bundle-structure"),
					    "PASS");
			assert_string_equal(verdict_of(&report, "bundle-plan"), "PASS");
		}
		subject_close(&s);
	}
	remove(path);
	subject_close(&made);
}

static void templates(void **state)
{
	static const char path[] = "verify-template.json";
	static const struct damage stride = { DAMAGE_FIRST,
					      "[\"DPU.SURFACE_ADD\", 100352]",
					      "[\"DPU.SURFACE_ADD\", 100368]" };
	char *text = sample_text(SOURCE_ROOT "/schedules", "c64_h56_w56_oc128_k1.json"),
	     *bad;
	struct verify_subject s;
	struct report report;
	FILE *file;

	(void)state;
	assert_int_equal(subject_open(&s, TEMPLATE, NPU_ELEM_FP16), 0);
	assert_int_equal(s.kind, SUBJECT_TEMPLATE);
	report_init(&report);
	subject_check_template(&s, &report);
	assert_string_equal(verdict_of(&report, "template-schedule"), "PASS");
	check_subject(&s, &report);
	assert_int_equal(report_tally(&report, VERDICT_FAIL), 0);
	subject_close(&s);

	bad = damaged(text, &stride);
	file = fopen(path, "wb");
	assert_non_null(file);
	fputs(bad, file);
	fclose(file);
	assert_int_equal(subject_open(&s, path, NPU_ELEM_FP16), 0);
	report_init(&report);
	subject_check_template(&s, &report);
	assert_non_null(strstr(verdict_of(&report, "template-schedule"), "SURFACE_ADD"));
	subject_close(&s);
	remove(path);
	free(bad);
	free(text);
}

static void captures(void **state)
{
	struct capture_orders orders;
	char why[CAPTURE_WHY_BYTES];
	struct verify_subject s, other;
	struct capture c;
	struct report report;

	(void)state;
	assert_true(capture_orders_read(&orders, TEST_DATA "/captures", why));
	if (!capture_read(&c, CAPTURE, &orders, why))
		fail_msg("%s", why);
	assert_int_equal(subject_from_capture(&s, &c), 0);
	report_init(&report);
	subject_check_capture(&s, 0, &c, &report);
	assert_string_equal(verdict_of(&report, "capture-records"), "PASS");
	assert_string_equal(verdict_of(&report, "capture-schedule"), "PASS");
	/* another conv, then a bundle that departs, then a capture that does */
	assert_int_equal(subject_open(&other, H56, NPU_ELEM_FP16), 0);
	report_init(&report);
	subject_check_capture(&other, 0, &c, &report);
	assert_non_null(
	    strstr(verdict_of(&report, "capture-records"), "of another conv"));
	subject_close(&other);
	((uint64_t *)s.npub.words)[0] ^= 0x10000;
	((struct npub_task *)s.npub.tasks)[1].int_mask = 0xc00;
	report_init(&report);
	subject_check_capture(&s, 0, &c, &report);
	/* the body writes CBUF_CON0 again: the last write counts */
	assert_non_null(
	    strstr(verdict_of(&report, "capture-records"), "record 1 awaits 0xc00"));
	assert_string_equal(verdict_of(&report, "capture-schedule"), "PASS");
	c.tasks[0].value[NPU_REG_CNA_DATA_SIZE2]++;
	report_init(&report);
	subject_check_capture(&s, 0, &c, &report);
	assert_non_null(strstr(verdict_of(&report, "capture-records"), "CNA.DATA_SIZE2"));
	assert_non_null(strstr(verdict_of(&report, "capture-schedule"), "DATA_SIZE2"));
	subject_close(&s);
	capture_free(&c);
	capture_orders_free(&orders);
}

/* docs/verify.md has a row for every item that exists. */
static void items_are_documented(void **state)
{
	char *page = sample_text(SOURCE_ROOT "/docs", "verify.md");
	char *text = sample_text(TEST_DATA "/logs", "c64-h56-run.log");
	char why[LOG_WHY_BYTES], row[64];
	struct verify_subject s;
	struct report report, logs;
	struct capture c;

	(void)state;
	assert_int_equal(subject_open(&s, TEMPLATE, NPU_ELEM_FP16), 0);
	assert_true(capture_read(&c, CAPTURE, NULL, why));
	check_subject(&s, &report);
	subject_check_template(&s, &report);
	subject_check_capture(&s, 0, &c, &report);
	assert_true(check_text("run", text, &s, 1, &logs, why));
	assert_true(report.count + logs.count > 30);
	for (uint32_t i = 0; i < report.count + logs.count; i++) {
		const char *name = i < report.count ? report.items[i].name
						    : logs.items[i - report.count].name;

		snprintf(row, sizeof row, "| `%s` |", name);
		if (!strstr(page, row))
			fail_msg("%s is not in docs/verify.md", name);
	}
	capture_free(&c);
	subject_close(&s);
	free(text);
	free(page);
}

static void refused(void **state)
{
	static const char *const bad[] = {
		"no-such-spec.conv", "b1_c3",
		"b1_c64_h56_w56_oc128_wic64_k1x1_g1_s9_pvalid"
	};
	struct verify_subject s;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (subject_open(&s, bad[i], NPU_ELEM_FP16) == 0)
			fail_msg("%s: is opened", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(specs_pass),
		cmocka_unit_test(fused_specs_pass),
		cmocka_unit_test(bundle_files),
		cmocka_unit_test(templates),
		cmocka_unit_test(captures),
		cmocka_unit_test(items_are_documented),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
