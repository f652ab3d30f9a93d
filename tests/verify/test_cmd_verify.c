/* The command: exit codes, text and JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "cmd/cmd.h"

#define H56 "b1_c64_h56_w56_oc128_wic64_k1x1_g1_s1_pvalid"
#define H40 "b1_c160_h40_w40_oc320_wic160_k3x3_g1_s1_pvalid"
#define LOGS TEST_DATA "/logs/"
#define MAX_WORDS 12
#define OUT_BYTES 65536

struct result {
	int code;
	char out[OUT_BYTES], err[OUT_BYTES];
};

static void slurp(FILE *file, char *text)
{
	rewind(file);
	text[fread(text, 1, OUT_BYTES - 1, file)] = 0;
	fclose(file);
}

/* Run the command with its output in files. */
static void run(struct result *r, const char *const *words)
{
	FILE *out = tmpfile(), *err = tmpfile();
	int saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);
	char *argv[MAX_WORDS + 2] = { (char *)"verify" };
	int argc = 1;

	assert_non_null(out);
	assert_non_null(err);
	while (argc <= MAX_WORDS && words[argc - 1]) {
		argv[argc] = (char *)words[argc - 1];
		argc++;
	}
	fflush(stdout);
	fflush(stderr);
	dup2(fileno(out), STDOUT_FILENO);
	dup2(fileno(err), STDERR_FILENO);
	r->code = cmd_verify(argc, argv);
	fflush(stdout);
	fflush(stderr);
	dup2(saved_out, STDOUT_FILENO);
	dup2(saved_err, STDERR_FILENO);
	close(saved_out);
	close(saved_err);
	slurp(out, r->out);
	slurp(err, r->err);
}

/* clang-format off */
static const struct {
	const char *name;
	const char *words[MAX_WORDS];
	int code;
	const char *out, *err; /* what they hold; NULL: nothing at all */
} cases[] = {
	{ "a spec alone", { H56 }, EXIT_DONE, "7 passed, 0 skipped, 0 failed\n", NULL },
	{ "with its log", { H56, "--log", LOGS "c64-h56-run.log" }, EXIT_DONE,
	  "PASS  regcmd-window: 1168 words as in the bundle\n", NULL },
	{ "two logs", { H56, "-l", LOGS "c64-h56-run.log", "-l", LOGS "c64-h56-kernel.log" }, EXIT_DONE,
	  "PASS  pc-commit-values: ", NULL },
	{ "another conv's log", { H40, "--log", LOGS "c64-h56-run.log" }, EXIT_REFUSED,
	  "FAIL  bo-profile: ", NULL },
	{ "the log alone", { "--log", LOGS "c64-h56-run.log" }, EXIT_DONE,
	  "SKIP  regcmd-window: 1168 words, no bundle to compare with\n", NULL },
	{ "one kind", { "--kind", "ioctl", "--log", LOGS "c64-h56-run.log" }, EXIT_DONE,
	  "SKIP  task-object: no task_like rows", NULL },
	{ "kind after the log", { "--log", LOGS "c64-h56-run.log", "--kind=alloc" }, EXIT_DONE,
	  "SKIP  ioctl-sequence: no ACTION rows", NULL },
	{ "kind that is not there", { "--log", LOGS "sysfs.log", "--kind", "pc" }, EXIT_FILE,
	  NULL, "sysfs.log: no row of the kind pc log\n" },
	{ "unavailable registers", { "--log", LOGS "mmio-unavailable.log" }, EXIT_DONE,
	  "SKIP  mmio-snapshot: device /dev/mem: Permission denied (errno 13)\n", NULL },
	{ "a template", { SOURCE_ROOT "/schedules/c64_h56_w56_oc128_k1.json" }, EXIT_DONE,
	  "PASS  template-schedule: 3 plans equal the compiler's own\n", NULL },
	{ "a capture alone", { "--capture", TEST_DATA "/captures/f16_c160_7x7_oc320_k3x3_s1_p0_g1.json" },
	  EXIT_DONE, "PASS  capture-schedule: 3 plans", NULL },
	{ "a capture of another conv",
	  { H56, "--capture", TEST_DATA "/captures/f16_c160_7x7_oc320_k3x3_s1_p0_g1.json" },
	  EXIT_REFUSED, "FAIL  capture-records: the capture ", NULL },
	{ "two cores' plan", { H56, "--log", LOGS "c64-h56-run.log", "--cores", "2" }, EXIT_REFUSED,
	  "FAIL  submit-header: ", NULL },
	{ "several convs", { TEST_DATA "/logs/two.conv" }, EXIT_DONE, "conv second\n", NULL },
	{ "one of several", { TEST_DATA "/logs/two.conv", "--conv", "first" }, EXIT_DONE,
	  "PASS  bundle-plan", NULL },
	{ "no such conv", { TEST_DATA "/logs/two.conv", "--conv", "third" }, EXIT_USAGE, NULL,
	  "no conv \"third\" among the 2\n" },
	{ "which of several", { TEST_DATA "/logs/two.conv", "--log", LOGS "sysfs.log" }, EXIT_USAGE,
	  NULL, "2 convs: say which one ran with --conv NAME\n" },
	{ "the corpus", { "--corpus", TEST_DATA "/captures", "--only", "c160_7x7" }, EXIT_DONE, "", NULL },
	{ "corpus and more", { "--corpus", TEST_DATA "/captures", H56 }, EXIT_USAGE, NULL,
	  "--corpus goes with --only and --verbose alone" },
	{ "only of nothing", { H56, "--only", "x" }, EXIT_USAGE, NULL, "need --corpus" },
	{ "nothing", { NULL }, EXIT_USAGE, NULL, "nothing to verify" },
	{ "two subjects", { H56, H40 }, EXIT_USAGE, NULL, "one SUBJECT at a time" },
	{ "four cores", { H56, "--cores", "4" }, EXIT_USAGE, NULL, "--cores" },
	{ "no such kind", { "--kind", "tea" }, EXIT_USAGE, NULL, "--kind" },
	{ "no such option", { "--frob" }, EXIT_USAGE, NULL, "--frob" },
	{ "no such log", { "--log", "no-such.log" }, EXIT_FILE, NULL, "no-such.log: No such file" },
	{ "no log at all", { "--log", SOURCE_ROOT "/CMakeLists.txt" }, EXIT_FILE, NULL,
	  "no row of any known kind of log\n" },
	{ "malformed", { "--log", LOGS "malformed.log" }, EXIT_FILE, NULL,
	  "malformed.log:3: \"flags\" is not a 32-bit number: \"ACTION flags=0x1000000000" },
	{ "no such capture", { "--capture", "no-such.json" }, EXIT_FILE, NULL, "no-such.json" },
	{ "refused spec", { "b1_c64_h56_w56_oc128_wic64_k1x1_g1_s9_pvalid" }, EXIT_REFUSED, NULL,
	  "stride" },
	{ "help", { "--help" }, EXIT_DONE, "--capture", NULL },
};
/* clang-format on */

static void commands(void **state)
{
	static struct result r;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		run(&r, cases[i].words);
		if (r.code != cases[i].code)
			fail_msg("%s: exit code %d: %s%s", cases[i].name, r.code, r.out,
				 r.err);
		if (cases[i].out ? !strstr(r.out, cases[i].out) : r.out[0] != 0)
			fail_msg("%s: prints: %s", cases[i].name, r.out);
		if (cases[i].err ? !strstr(r.err, cases[i].err) : r.err[0] != 0)
			fail_msg("%s: complains: %s", cases[i].name, r.err);
	}
}

static void json(void **state)
{
	static const char *const words[] = { H40, "--json", "--log",
					     LOGS "c64-h56-run.log", NULL };
	static struct result r;
	json_t *root, *report, *item;
	json_int_t failed = 0, count[2];
	size_t i;

	(void)state;
	run(&r, words);
	assert_int_equal(r.code, EXIT_REFUSED);
	root = json_loads(r.out, 0, NULL);
	assert_true(json_is_array(root));
	assert_int_equal(json_array_size(root), 1);
	report = json_array_get(root, 0);
	assert_string_equal(json_string_value(json_object_get(report, "conv")), H40);
	json_array_foreach(json_object_get(report, "items"), i, item)
	{
		const char *verdict = json_string_value(json_object_get(item, "verdict"));

		assert_non_null(json_string_value(json_object_get(item, "item")));
		assert_non_null(json_string_value(json_object_get(item, "reason")));
		failed += !strcmp(verdict, "FAIL");
	}
	assert_true(failed > 3);
	assert_int_equal(json_integer_value(json_object_get(report, "failed")), failed);
	count[0] = json_integer_value(json_object_get(report, "passed"));
	count[1] = json_integer_value(json_object_get(report, "skipped"));
	assert_int_equal((size_t)(failed + count[0] + count[1]), i);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands),
		cmocka_unit_test(json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
