/* Every check passes on the samples, and fails on a sample damaged in one place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "damage_cases.h"

#define LOGS TEST_DATA "/logs"

#define H56 "b1_c64_h56_w56_oc128_wic64_k1x1_g1_s1_pvalid"
#define H40 "b1_c160_h40_w40_oc320_wic160_k3x3_g1_s1_pvalid"

/* clang-format off */
static const struct {
	const char *name, *slug;
	const char *logs[4];
} samples[] = {
	{ "c64 h56", H56, { "c64-h56-run.log", "c64-h56-kernel.log", "sysfs.log", "mmio.log" } },
	{ "c64 h56 timed out", H56, { "c64-h56-run.log", "timeout-kernel.log" } },
	{ "c160 h40", H40, { "c160-h40-run.log", "c160-h40-kernel.log", "mmio-unavailable.log" } },
	{ "c160 h14", "b1_c160_h14_w14_oc320_wic160_k3x3_g1_s1_pvalid", { "c160-h14-trace.log" } },
	{ "c160 h7", "b1_c160_h7_w7_oc320_wic160_k3x3_g1_s1_pvalid", { "c160-h7-trace.log" } },
	{ "c32 h14", "b1_c32_h14_w14_oc128_wic32_k3x3_g1_s1_pvalid", { "c32-h14-trace.log" } },
	{ "c256 h14", "b1_c256_h14_w14_oc512_wic256_k1x1_g1_s1_pvalid", { "c256-h14-trace.log" } },
};
/* clang-format on */

static struct verify_subject open_subject(const char *slug)
{
	struct verify_subject s;

	assert_int_equal(subject_open(&s, slug, NPU_ELEM_FP16), 0);
	assert_int_equal(s.broken.code, NPURT_OK);
	return s;
}

/* All texts of a case one after the other, as one log. */
static char *join(const char *const *names, size_t count)
{
	char *all = calloc(1, 1 << 20);

	assert_non_null(all);
	for (size_t i = 0; i < count && names[i]; i++) {
		char *text = sample_text(LOGS, names[i]);

		assert_true(strlen(all) + strlen(text) < 1 << 20);
		strcat(all, text);
		free(text);
	}
	return all;
}

static void samples_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		struct verify_subject s = open_subject(samples[i].slug);
		char *text = join(samples[i].logs, 4), why[LOG_WHY_BYTES];
		struct report report;

		if (!check_text(samples[i].name, text, &s, 1, &report, why))
			fail_msg("%s: %s", samples[i].name, why);
		for (uint32_t k = 0; k < report.count; k++) {
			if (report.items[k].verdict == VERDICT_FAIL)
				fail_msg("%s: %s: %s", samples[i].name,
					 report.items[k].name, report.items[k].reason);
		}
		if (report_tally(&report, VERDICT_PASS) < 15)
			fail_msg("%s: only %u items passed", samples[i].name,
				 report_tally(&report, VERDICT_PASS));
		free(text);
		subject_close(&s);
	}
}

/* The complete run leaves nothing out but what it has no rows for. */
static void complete_run_skips_timeouts_alone(void **state)
{
	struct verify_subject s = open_subject(samples[0].slug);
	char *text = join(samples[0].logs, 4), why[LOG_WHY_BYTES];
	struct report report;

	(void)state;
	assert_true(check_text("c64 h56", text, &s, 1, &report, why));
	for (uint32_t k = 0; k < report.count; k++) {
		const struct report_item *item = &report.items[k];
		bool silent = !strcmp(item->name, "timeout-model") ||
			      !strcmp(item->name, "page-faults");

		if ((item->verdict == VERDICT_SKIP) != silent)
			fail_msg("%s: %s", item->name, item->reason);
	}
	free(text);
	subject_close(&s);
}

static void damage_is_noticed(void **state)
{
	struct verify_subject h56 = open_subject(H56), h40 = open_subject(H40);

	(void)state;
	for (size_t i = 0; i < sizeof damage_cases / sizeof damage_cases[0]; i++) {
		bool plain = !strcmp(damage_cases[i].log, PLAIN);
		bool kernel = strstr(damage_cases[i].log, "kernel") != NULL;
		const char *const names[] = { kernel ? RUN : damage_cases[i].log,
					      kernel ? damage_cases[i].log : NULL };
		char *text = join(names, 2),
		     *bad = damaged(text, &damage_cases[i].damage);
		const struct report_item *item;
		char why[LOG_WHY_BYTES];
		struct report report;

		if (!check_text("sample.log", bad, plain ? &h40 : &h56, 1, &report, why))
			fail_msg("%s: %s", damage_cases[i].name, why);
		item = report_find(&report, damage_cases[i].item);
		if (!item || item->verdict != VERDICT_FAIL)
			fail_msg("%s: %s does not fail: %s", damage_cases[i].name,
				 damage_cases[i].item,
				 item ? item->reason : "no such item");
		if (!strstr(item->reason, damage_cases[i].reason))
			fail_msg("%s: %s says: %s", damage_cases[i].name,
				 damage_cases[i].item, item->reason);
		free(bad);
		free(text);
	}
	subject_close(&h40);
	subject_close(&h56);
}

/* Every item that can appear is failed by some case above. */
static void every_item_can_fail(void **state)
{
	struct verify_subject s = open_subject(H56);
	char *text = sample_text(LOGS, RUN), why[LOG_WHY_BYTES];
	struct report report;

	(void)state;
	assert_true(check_text("run", text, &s, 1, &report, why));
	for (uint32_t k = 0; k < report.count; k++) {
		bool found = false;

		for (size_t i = 0; i < sizeof damage_cases / sizeof damage_cases[0]; i++)
			found =
			    found || !strcmp(damage_cases[i].item, report.items[k].name);
		if (!found)
			fail_msg("no case fails %s", report.items[k].name);
	}
	free(text);
	subject_close(&s);
}

static void unavailable_mmio_is_skipped(void **state)
{
	char *text = sample_text(LOGS, "mmio-unavailable.log"), why[LOG_WHY_BYTES];
	const struct report_item *item;
	struct report report;

	(void)state;
	assert_true(check_text("mmio", text, NULL, 1, &report, why));
	item = report_find(&report, "mmio-snapshot");
	assert_int_equal(item->verdict, VERDICT_SKIP);
	assert_string_equal(item->reason,
			    "device /dev/mem: Permission denied (errno 13)");
	free(text);
}

/* Two and three cores: other entries of the header, other ranges, other masks. */
static void other_core_counts(void **state)
{
	static const struct damage two[] = {
		{ DAMAGE_FIRST, "core_mask=0x00000000", "core_mask=0x00000003" },
		{ DAMAGE_FIRST, "[0]={task_start=0, task_number=2}",
		  "[0]={task_start=2, task_number=3}" },
		{ DAMAGE_FIRST, "[1]={task_start=0, task_number=2}",
		  "[1]={task_start=5, task_number=3}" },
		{ DAMAGE_FIRST, "[2]={task_start=0, task_number=2}",
		  "[2]={task_start=0, task_number=0}" },
	};
	static const struct damage three[] = {
		{ DAMAGE_FIRST, "core_mask=0x00000000", "core_mask=0x00000007" },
		{ DAMAGE_FIRST, "[0]={task_start=0, task_number=2}",
		  "[0]={task_start=0, task_number=0}" },
		{ DAMAGE_FIRST, "[1]={task_start=0, task_number=2}",
		  "[1]={task_start=0, task_number=0}" },
		{ DAMAGE_FIRST, "[2]={task_start=0, task_number=2}",
		  "[2]={task_start=8, task_number=2}" },
		{ DAMAGE_FIRST, "[3]={task_start=0, task_number=0}",
		  "[3]={task_start=10, task_number=2}" },
		{ DAMAGE_FIRST, "[4]={task_start=0, task_number=0}",
		  "[4]={task_start=12, task_number=2}" },
	};
	static const struct {
		const char *name;
		uint32_t cores;
		const struct damage *changes;
		size_t count;
	} jobs[] = { { "two cores", 2, two, 4 }, { "three cores", 3, three, 6 } };
	struct verify_subject s = open_subject(H56);

	(void)state;
	for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
		char *text = sample_text(LOGS, RUN), why[LOG_WHY_BYTES];
		struct report report;

		for (size_t k = 0; k < jobs[i].count; k++) {
			char *next = damaged(text, &jobs[i].changes[k]);

			free(text);
			text = next;
		}
		assert_true(
		    check_text(jobs[i].name, text, &s, jobs[i].cores, &report, why));
		for (uint32_t k = 0; k < report.count; k++) {
			if (report.items[k].verdict == VERDICT_FAIL)
				fail_msg("%s: %s: %s", jobs[i].name, report.items[k].name,
					 report.items[k].reason);
		}
		/* the same trace is wrong for a one-core job */
		assert_true(check_text(jobs[i].name, text, &s, 1, &report, why));
		assert_int_equal(report_find(&report, "submit-header")->verdict,
				 VERDICT_FAIL);
		free(text);
	}
	subject_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_pass),
		cmocka_unit_test(complete_run_skips_timeouts_alone),
		cmocka_unit_test(damage_is_noticed),
		cmocka_unit_test(every_item_can_fail),
		cmocka_unit_test(unavailable_mmio_is_skipped),
		cmocka_unit_test(other_core_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
