/*
 * Reading logs of any bytes, time stamps, and the order of findings.
 */
#include "doctor_test.h"

#include "sys_host.h"

/* clang-format off */
static const struct {
	const char *name, *line;
	int64_t ms;
} times[] = {
	{ "dmesg", "[   12.345678] x", 12345 },
	{ "dmesg, large", "[123456.000001] x", 123456000 },
	{ "klogctl", "<6>[   12.345678] x", 12345 },
	{ "kmsg", "6,339,5140900,-;x", 5140 },
	{ "iso", "2024-01-01T00:00:01 x", (int64_t)32 * 86400000 + 1000 },
	{ "iso with blank", "2024-01-01 00:01:00.5 x", (int64_t)32 * 86400000 + 60000 },
	{ "syslog", "Feb  3 04:05:06 host kernel: x", (int64_t)65 * 86400000 + 14706000 },
	{ "none", "RKNPU: job timeout", SCAN_TIME_NONE },
	{ "no month", "Fob  3 04:05:06 x", SCAN_TIME_NONE },
	{ "no hour", "2024-01-01T25:00:01 x", SCAN_TIME_NONE },
	{ "empty", "", SCAN_TIME_NONE },
};
/* clang-format on */

static void time_stamps(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		if (scan_time(times[i].line) != times[i].ms)
			fail_msg("%s: %lld", times[i].name,
				 (long long)scan_time(times[i].line));
	}
}

#define FAULT "rk_iommu fdab9000.iommu: Page fault at 0x1000 of type read\n"
#define TIMEOUT "RKNPU: job timeout, flags: 0x0:\n"
#define ABORT "RKNPU: job abort, flags: 0x0, ret: -22, elapsed time: 1us\n"
#define IOVA "RKNPU: x: dma map 16 fail\n"
#define OFF "RKNPU fdab0000.npu: RKNPU: rknpu iommu is disabled, using non-iommu mode\n"
#define START "[drm] Initialized rknpu 0.9.8 20240828 for fdab0000.npu on minor 1\n"

/* clang-format off */
static const struct {
	const char *name, *log;
	const char *main;  /* "": healthy */
	const char *cause; /* of rknpu.job-timeout; NULL: none */
} orders[] = {
	{ "cause before symptom", TIMEOUT FAULT, "rknpu.page-fault", "rknpu.page-fault" },
	{ "symptom alone", TIMEOUT, "rknpu.job-timeout", NULL },
	{ "no relation, cause-like first", TIMEOUT IOVA, "rknpu.iova-exhausted", NULL },
	{ "recent beats old", "[ 10.0] " FAULT "[ 200.0] " TIMEOUT, "rknpu.job-timeout", NULL },
	{ "one incident", "[ 150.0] " FAULT "[ 200.0] " TIMEOUT, "rknpu.page-fault", "rknpu.page-fault" },
	{ "again", "[ 10.0] " FAULT "[ 200.0] " TIMEOUT "[ 201.0] " FAULT, "rknpu.page-fault", "rknpu.page-fault" },
	{ "past", TIMEOUT START, "", NULL },
	{ "past and new", FAULT START TIMEOUT, "rknpu.job-timeout", NULL },
	{ "said at the start", OFF START, "rknpu.iommu-off-log", NULL },
	{ "said at an earlier start", OFF START START, "", NULL },
	{ "start only", START, "", NULL },
	{ "empty", "", "", NULL },
	{ "no newline at the end", START "RKNPU: job timeout, flags: 0x0:", "rknpu.job-timeout", NULL },
	{ "CRLF", "RKNPU: bypass soft reset\r\n", "rknpu.reset-bypassed", NULL },
	{ "abort after timeout", ABORT TIMEOUT, "rknpu.job-timeout", NULL },
};
/* clang-format on */

static void findings_are_ordered(void **state)
{
	struct signatures s;

	(void)state;
	test_signatures(&s);
	for (size_t i = 0; i < COUNT(orders); i++) {
		const char *name = orders[i].name, *cause = NULL;
		struct facts facts = { 0 };
		struct scan scan = { 0 };
		struct diagnosis d = { .signatures = &s,
				       .facts = &facts,
				       .scan = &scan,
				       .asked = FAMILY_AUTO };

		scan_text(&scan, &s, "log", orders[i].log, strlen(orders[i].log));
		diagnose(&d);
		if (strcmp(d.main ? d.main->sig->id : "", orders[i].main) != 0)
			fail_msg("%s: %s", name, d.main ? d.main->sig->id : "healthy");
		CHECK(name, (d.verdict == VERDICT_TROUBLE) == (orders[i].main[0] != 0));
		for (size_t k = 0; k < d.finding_count; k++) {
			const struct finding *f = &d.findings[k];

			if (!strcmp(f->sig->id, "rknpu.job-timeout") && f->cause)
				cause = f->cause->sig->id;
		}
		CHECK(name, !cause == !orders[i].cause);
		CHECK(name, !cause || !strcmp(cause, orders[i].cause));
		diagnosis_free(&d);
		scan_free(&scan);
	}
	signatures_free(&s);
}

/* NUL bytes, control characters, endless lines: shown harmlessly or cut. */
static void bytes_are_tamed(void **state)
{
	static const char text[] = "\x1b[31mRKNPU: job timeout, flags: 0x0:\0\x07\n";
	const size_t long_bytes = (size_t)1 << 20;
	char *line = malloc(long_bytes);
	struct scan scan = { 0 };
	struct signatures s;

	(void)state;
	test_signatures(&s);
	scan_text(&scan, &s, "a", text, sizeof text - 1);
	assert_int_equal(scan.count, 1);
	assert_string_equal(scan.items[0].text, "?[31mRKNPU: job timeout, flags: 0x0:??");
	memset(line, 'x', long_bytes);
	memcpy(line + long_bytes - 40, "RKNPU: bypass soft reset", 24);
	scan_text(&scan, &s, "b", line, long_bytes);
	assert_int_equal(scan.count, 1); /* beyond what is looked at */
	scan_free(&scan);
	free(line);
	signatures_free(&s);
}

/* A flood is counted, and only its end is kept. */
static void floods_are_counted(void **state)
{
	enum { LINES = 5000 };
	struct facts facts = { 0 };
	struct scan scan = { 0 };
	struct signatures s;
	struct diagnosis d = { .facts = &facts, .scan = &scan, .asked = FAMILY_RKNPU };
	char *text = calloc(LINES, 32);

	(void)state;
	test_signatures(&s);
	d.signatures = &s;
	for (int i = 0; i < LINES; i++)
		strcat(text + i * 24, "RKNPU: soft reset, num:\n");
	scan_text(&scan, &s, "flood", text, strlen(text));
	assert_int_equal(scan.count, SCAN_MAX_HITS);
	assert_int_equal(scan.items[scan.count - 1].line, LINES);
	facts_add(&facts, FACT_RKNPU_NODE, "/dev", "/dev/dri/renderD129");
	diagnose(&d);
	assert_non_null(d.main);
	assert_int_equal(d.main->hits, LINES);
	assert_int_equal(d.main->line_count, DIAGNOSE_LINES);
	diagnosis_free(&d);
	facts_free(&facts);
	scan_free(&scan);
	free(text);
	signatures_free(&s);
}

/* clang-format off */
static const struct {
	const char *name, *record, *want;
} records[] = {
	{ "plain", "6,339,5140900,-;NET: x", "[    5.140900] NET: x\n" },
	{ "with pairs", "3,12,1000001,-;RKNPU: a\n SUBSYSTEM=platform\n", "[    1.000001] RKNPU: a\n" },
	{ "more fields", "6,339,7,c,caller=T1;x", "[    0.000007] x\n" },
	{ "no text", "6,339,7,-", NULL },
	{ "no number", "x;y", NULL },
};
/* clang-format on */

static void kmsg_records(void **state)
{
	char out[256];

	(void)state;
	for (size_t i = 0; i < COUNT(records); i++) {
		const char *r = records[i].record;
		char *end = klog_line(r, strlen(r), out, sizeof out);

		CHECK(records[i].name, !end == !records[i].want);
		if (end && strcmp(out, records[i].want) != 0)
			fail_msg("%s: '%s'", records[i].name, out);
	}
	assert_null(klog_line("6,339,5140900,-;NET: x", 22, out, 8));
}

static void texts_are_filled(void **state)
{
	struct facts facts = { 0 };
	char out[SIGNATURE_TEXT_BYTES];

	(void)state;
	facts_add(&facts, FACT_RKNPU_GROUP, "/dev", "render");
	signature_fill(out, "join {rknpu.group}, {rknpu.group}!", &facts);
	assert_string_equal(out, "join render, render!");
	signature_fill(out, "join {axcl.group} {", &facts);
	assert_string_equal(out, "join <axcl.group> {");
	facts_free(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_stamps),	   cmocka_unit_test(findings_are_ordered),
		cmocka_unit_test(bytes_are_tamed), cmocka_unit_test(floods_are_counted),
		cmocka_unit_test(kmsg_records),	   cmocka_unit_test(texts_are_filled),
	};

	return cmocka_run_group_tests_name("diagnose", tests, NULL, NULL);
}
