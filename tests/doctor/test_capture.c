/*
 * A recorded run: what the tracer writes is what npucc verify reads; hazards, dry
 * runs, and slices of the kernel's log.
 */
#include "doctor_test.h"

#include <errno.h>
#include <sys/stat.h>

#include "collect.h"
#include "verify/log.h"

/* clang-format off */
static const char want_trace[] =
	"ACTION flags=0x00000001 value=0x00000000\n"
	"IOCTL_RET #1 ACTION flags=0x00000001 value=0x0000038c ret=0\n"
	"ACTION flags=0x00000014 value=0x00000000\n"
	"IOCTL_RET #2 ACTION flags=0x00000014 value=0x00000000 ret=-1 errno=22\n"
	"MEM_CREATE #1 size=560 flags=0x0000040b handle=0x0 obj=0x0 dma=0x0 sram=0\n"
	"MEM_CREATE_RET #1 handle=0x1 obj=0xffffff8102fc0400 dma=0xfff9f000 sram=0\n"
	"IOCTL_RET #3 MEM_CREATE ret=0\n"
	"MEM_MAP #1 handle=0x1 reserved=0x0 offset=0x0\n"
	"MEM_MAP_RET #1 handle=0x1 reserved=0x0 offset=0x100000000\n"
	"IOCTL_RET #4 MEM_MAP ret=0\n"
	"MMAP #1 maps=1 addr=0x0 length=560 prot=0x3 flags=0x1 fd=ADDRESS offset=0x100000000\n"
	"MMAP_RET #1 addr=ADDRESS\n"
	"MEM_SYNC flags=0x00000003 obj=0xffffff8102fc0400 offset=0 size=560\n"
	"IOCTL_RET #5 MEM_SYNC ret=0\n"
	"=== DRM_IOCTL_RKNPU_SUBMIT #1 cmd=0xc0686441 size=104 arg=ADDRESS ===\n"
	"  flags=0x00000005 timeout=6000 task_start=0 task_number=6\n"
	"  task_counter=0 priority=0 task_obj_addr=0xffffff8102fc0400\n"
	"  core_mask=0x00000000 fence_fd=-1\n"
	"  subcore_task[0]={task_start=0, task_number=2}\n"
	"  subcore_task[1]={task_start=0, task_number=2}\n"
	"  subcore_task[2]={task_start=0, task_number=2}\n"
	"  subcore_task[3]={task_start=0, task_number=0}\n"
	"  subcore_task[4]={task_start=0, task_number=0}\n"
	"IOCTL_RET #6 SUBMIT ret=0\n"
	"MEM_DESTROY handle=0x1\n"
	"IOCTL_RET #7 MEM_DESTROY ret=0\n";
/* clang-format on */

/* Addresses differ from run to run. */
static void hide(char *text, const char *before)
{
	for (char *at = strstr(text, before); at; at = strstr(at, before)) {
		char *end;

		at += strlen(before);
		end = at + strspn(at, "0123456789abcdefx");
		memmove(at + 7, end, strlen(end) + 1);
		memcpy(at, "ADDRESS", 7);
	}
}

static char *slurp(const char *path)
{
	char *text = calloc(1, 1 << 16);
	FILE *file = fopen(path, "r");

	if (!file)
		fail_msg("%s: cannot be read", path);
	if (fread(text, 1, (1 << 16) - 1, file) == 0 && ferror(file))
		fail_msg("%s: cannot be read", path);
	fclose(file);
	return text;
}

static char *new_name(void)
{
	char name[] = "doctor-rec-XXXXXX";

	if (!mkdtemp(name))
		fail_msg("no directory");
	return strdup(name);
}

/* The whole way: npudoctor, tracer, a served node, and the reader of npucc verify. */
static void a_run_is_recorded(void **state)
{
	char command[2000], path[300], why[LOG_WHY_BYTES] = "";
	char *dir = new_name(), *text;
	struct log *log = calloc(1, sizeof *log);
	int code;

	(void)state;
	/* the served node must stand before a sanitizer's library here */
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0", 1);
	snprintf(command, sizeof command,
		 "LD_PRELOAD=" FAKE_NODE " " NPUDOCTOR
		 " capture -o %s --execute -- " TRACED_APP,
		 dir);
	text = test_run(command, &code);
	if (code)
		fail_msg("exit code %d: %s", code, text);
	CHECK_TEXT("summary", text, "ended with exit code 0");
	CHECK_TEXT("summary", text, "check it with: npucc verify --log doctor-rec-");
	free(text);
	snprintf(path, sizeof path, "%s/ioctl.log", dir);
	text = slurp(path);
	hide(text, "MMAP_RET #1 addr=");
	hide(text, " arg=");
	hide(text, " fd="); /* descriptors may be inherited */
	assert_string_equal(text, want_trace);
	free(text);
	log_init(log);
	if (!log_read(log, path, LOG_KIND_IOCTL, why))
		fail_msg("%s", why);
	assert_int_equal(log->form_rows[LOG_ACTION], 2);
	assert_int_equal(log->form_rows[LOG_SUBMIT], 1);
	assert_int_equal(log->form_rows[LOG_SUBMIT_SUBCORE], 5);
	assert_int_equal(log->form_rows[LOG_MMAP_RET], 1);
	assert_int_equal(log->form_rows[LOG_IOCTL_RET], 7);
	assert_int_equal(log->unknown_rows, 1); /* MEM_DESTROY */
	log_free(log);
	free(log);
	snprintf(path, sizeof path, "%s/run.txt", dir);
	text = slurp(path);
	CHECK_TEXT("run.txt", text, "end: ended with exit code 0\n");
	free(text);
	test_tree_remove(dir);
}

#ifdef NPUEMU
/*
 * The product's own runtime on the emulated driver: what is recorded is what npucc
 * verify expects of the bundle.
 */
static void an_emulated_run_is_recorded(void **state)
{
	static const char *const want[] = {
		"PASS  abi-layout: 1 SUBMIT",	"PASS  submit-header",
		"PASS  bo-profile: 5 buffers",	"PASS  bo-mapping: 5 buffers",
		"PASS  dma-bindings: 5 ranges", "PASS  forbidden-task-count",
		"PASS  ioctl-returns: ",
	};
	static const char *const preloads[] = { "LD_PRELOAD=" NPUEMU " ", "", "" };
	static const char *const options[] = { "", "--emulate",
					       "--emulate --profile vendor" };

	(void)state;
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0", 1);
	for (size_t i = 0; i < COUNT(preloads); i++) {
		char command[2000];
		char *dir = new_name(), *text;
		int code;

		snprintf(command, sizeof command,
			 "%s" NPUDOCTOR " capture -o %s --execute "
			 "--allow=unverified-program -- " NPURUN " " GOOD_BUNDLE
			 " %s --output /dev/null --output-format raw",
			 preloads[i], dir, options[i]);
		text = test_run(command, &code);
		if (code)
			fail_msg("%s: exit code %d: %s", command, code, text);
		free(text);
		snprintf(command, sizeof command,
			 NPUCC " verify " GOOD_BUNDLE " --log %s/ioctl.log", dir);
		text = test_run(command, &code);
		for (size_t k = 0; k < COUNT(want); k++)
			CHECK_TEXT(options[i], text, want[k]);
		if (strstr(options[i], "vendor")) {
			/* the calls are then the vendor's, and nothing may fail */
			CHECK_TEXT(options[i], text, "PASS  ioctl-sequence");
			CHECK_TEXT(options[i], text, "PASS  sync-profile");
			CHECK_TEXT(options[i], text, " 0 failed");
		}
		free(text);
		test_tree_remove(dir);
	}
}

/* The probe through real calls, on drivers of other versions. */
static void emulated_drivers_are_diagnosed(void **state)
{
	static const struct {
		const char *settings, *want;
	} drivers[] = {
		{ "version=908", "rknpu.driver_version = 908 (/dev/dri/renderD128)" },
		{ "version=802", "TROUBLE rknpu.driver-old" },
		{ "version=905", "TROUBLE rknpu.driver-old" },
		{ "version=906", "rknpu.driver_version = 906" },
		{ "iommu=off", "TROUBLE rknpu.iommu-off" },
		{ "soc=rk3576", "TROUBLE rknpu.other-soc" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(drivers); i++) {
		char command[2000];
		char *text;
		int code;

		snprintf(command, sizeof command,
			 "NPUEMU=%s LD_PRELOAD=" NPUEMU " " NPUDOCTOR
			 " --family rknpu --log /dev/null",
			 drivers[i].settings);
		text = test_run(command, &code);
		CHECK_TEXT(drivers[i].settings, text, drivers[i].want);
		free(text);
	}
}
#endif

/* clang-format off */
static const struct {
	const char *name, *options, *want;
	int code;
	bool made; /* the directory is there afterwards */
} runs[] = {
	{ "dry run", "-o DIR -- " TRACED_APP, "nothing was done; add --execute", 0, false },
	{ "failing command", "-o DIR --execute -- " TRACED_APP " fail", "ended with exit code 1", 1, true },
	{ "missing command", "-o DIR --execute -- /nonexistent/app", "ended with exit code 127", 1, true },
	{ "too long", "-o DIR --execute --limit 1 -- sleep 60", "did not end within 1 s and was ended", 1, true },
	{ "not empty", "-o " TEST_DATA " --execute -- true", "is not empty; name a new directory", 3, false },
	{ "no parent", "-o DIR/a/b --execute -- true", "No such file or directory", 3, false },
	{ "risky dry run", "-o DIR --root TREE -- ./app", "it needs --allow=unverified-program", 0, false },
	{ "allowed dry run", "-o DIR --root TREE --allow=unverified-program -- ./app", "nothing was done", 0, false },
};
/* clang-format on */

static void replace(char *text, size_t room, const char *from, const char *to)
{
	char *at = strstr(text, from);
	char rest[1000];

	if (!at)
		return;
	snprintf(rest, sizeof rest, "%s", at + strlen(from));
	snprintf(at, room - (size_t)(at - text), "%s%s", to, rest);
}

static void runs_end_as_told(void **state)
{
	char *tree = test_tree("healthy");

	(void)state;
	for (size_t i = 0; i < COUNT(runs); i++) {
		char options[1200], command[2000];
		char *dir = new_name(), *text;
		struct stat st;
		int code;

		rmdir(dir);
		snprintf(options, sizeof options, "%s", runs[i].options);
		replace(options, sizeof options, "DIR", dir);
		replace(options, sizeof options, "TREE", tree);
		snprintf(command, sizeof command, NPUDOCTOR " capture %s", options);
		text = test_run(command, &code);
		if (code != runs[i].code)
			fail_msg("%s: exit code %d: %s", runs[i].name, code, text);
		CHECK_TEXT(runs[i].name, text, runs[i].want);
		CHECK(runs[i].name, !stat(dir, &st) == runs[i].made);
		free(text);
		test_tree_remove(dir);
	}
	test_tree_remove(tree);
}

/* clang-format off */
static const struct {
	const char *name, *command, *bundle;
	bool node;
	uint32_t want;
} hazards[] = {
	{ "unknown program", "./app", NULL, true, 1u << COLLECT_UNVERIFIED },
	{ "no node, no hazard", "./app", NULL, false, 0 },
	{ "npurun, good bundle", "/usr/bin/npurun", GOOD_BUNDLE, true, 0 },
	{ "npurun, untested plan", "npurun", UNTESTED_BUNDLE, true, 1u << COLLECT_UNTESTED },
	{ "other program, untested plan", "./app", UNTESTED_BUNDLE, true,
	  1u << COLLECT_UNTESTED | 1u << COLLECT_UNVERIFIED },
	{ "npurun on the simulator", "npurun", "--device=sim", true, 0 },
	{ "npurun with another driver", "npurun", "--emulate", true, 0 },
	{ "another program's option", "./app", "--emulate", true, 1u << COLLECT_UNVERIFIED },
	{ "npurun, no bundle", "npurun", "missing.npub", true, 1u << COLLECT_UNVERIFIED },
	{ "untested plan, no node", "npurun", UNTESTED_BUNDLE, false, 0 },
};
/* clang-format on */

static void hazards_have_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(hazards); i++) {
		const char *command[] = { hazards[i].command, hazards[i].bundle, NULL };
		struct facts facts = { 0 };
		struct collect c = { .facts = &facts, .command = command, .dir = "x" };
		char *text = NULL;
		size_t bytes;
		FILE *out = open_memstream(&text, &bytes);

		if (hazards[i].node)
			facts_add(&facts, FACT_RKNPU_NODE, "/dev", "/dev/dri/renderD129");
		if (collect_hazards(&c) != hazards[i].want)
			fail_msg("%s: 0x%x", hazards[i].name, collect_hazards(&c));
		/* refused before anything is touched: there is no machine here at all */
		if (hazards[i].want) {
			CHECK(hazards[i].name, collect_run(&c, out) == COLLECT_REFUSED);
			fflush(out);
			for (int h = 0; h < COLLECT_HAZARDS; h++) {
				if (hazards[i].want & 1u << h)
					CHECK_TEXT(hazards[i].name, text,
						   collect_hazard_names[h]);
			}
		}
		fclose(out);
		free(text);
		facts_free(&facts);
	}
}

/* clang-format off */
static const struct {
	const char *name, *before, *after, *want;
} slices[] = {
	{ "more", "a\nb\n", "a\nb\nc\n", "c\n" },
	{ "the same", "a\nb\n", "a\nb\n", "" },
	{ "empty before", "", "a\n", "a\n" },
	{ "the ring moved on", "a\nb\nc\n", "b\nc\nd\n", "d\n" },
	{ "all lost", "a\nb\n", "x\ny\n", "x\ny\n" },
	{ "nothing but newlines", "\n\n", "x\n", "x\n" },
};
/* clang-format on */

static void new_lines_are_cut_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(slices); i++) {
		const char *got = collect_new_text(slices[i].before, slices[i].after);

		if (strcmp(got, slices[i].want) != 0)
			fail_msg("%s: '%s'", slices[i].name, got);
	}
}

/* The rows of a machine's state, as npucc verify reads them. */
static void state_is_written(void **state)
{
	char *root = test_tree("healthy"), *text = NULL, why[LOG_WHY_BYTES] = "";
	struct log *log = calloc(1, sizeof *log);
	struct sys sys;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	(void)state;
	sys_host_init(&sys, root);
	collect_sysfs(&sys, "fdab0000.npu", out);
	collect_sysfs(&sys, "", out); /* none is bound: nothing */
	fclose(out);
	log_init(log);
	if (!log_read_text(log, "sysfs", text, bytes, LOG_KIND_SYSFS, why))
		fail_msg("%s", why);
	assert_int_equal(log->form_rows[LOG_SYSFS], 6);
	CHECK_TEXT("sysfs", text, "runtime_status = active\nruntime_usage = 1\n");
	log_free(log);
	free(log);
	free(text);
	test_tree_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_is_recorded),
		cmocka_unit_test(runs_end_as_told),
		cmocka_unit_test(hazards_have_names),
		cmocka_unit_test(new_lines_are_cut_out),
		cmocka_unit_test(state_is_written),
#ifdef NPUEMU
		cmocka_unit_test(an_emulated_run_is_recorded),
		cmocka_unit_test(emulated_drivers_are_diagnosed),
#endif
	};

	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
