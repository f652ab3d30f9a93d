/*
 * Recovery plans by family, their order, refusals and limits, on machines made of
 * files and with hands that only write down what they were told to do.
 */
#include "doctor_test.h"

#include <errno.h>
#include <signal.h>

#include "probe.h"
#include "recover.h"

/* A machine of files with its own clock, on which processes can die. */
static struct fake {
	struct sys sys;
	struct hands hands;
	char *root, *log;
	size_t log_bytes;
	FILE *out;
	uint64_t now;
	/* How the machine reacts. */
	const char *fail; /* a line beginning so fails ... */
	int fail_error;	  /* ... with this */
	struct sys_outcome fail_outcome;
	int dies_of; /* the signal that ends process groups; 0: none does */
	bool agrees;
} fake;

static uint64_t fake_now(struct sys *sys)
{
	(void)sys;
	return fake.now;
}

static void fake_sleep(struct sys *sys, uint32_t ms)
{
	(void)sys;
	fake.now += ms;
}

static bool fails(const char *line)
{
	return fake.fail && !strncmp(line, fake.fail, strlen(fake.fail));
}

static int fake_run(struct hands *hands, const struct sys_command *command,
		    struct sys_outcome *outcome)
{
	char line[256] = "run";

	(void)hands;
	for (size_t i = 0; command->argv[i]; i++) {
		strcat(line, " ");
		strcat(line, command->argv[i]);
	}
	fprintf(fake.out, "%s (%u ms)\n", line, command->limit_ms);
	*outcome = fails(line) ? fake.fail_outcome : (struct sys_outcome){ 0 };
	return fails(line) ? fake.fail_error : 0;
}

static int fake_write(struct hands *hands, const char *path, const char *text,
		      uint32_t limit_ms)
{
	char line[400];

	(void)hands;
	snprintf(line, sizeof line, "write %s to %s", text, path);
	fprintf(fake.out, "%s (%u ms)\n", line, limit_ms);
	return fails(line) ? fake.fail_error : 0;
}

static int fake_reset(struct hands *hands, const char *path, uint32_t limit_ms)
{
	(void)hands;
	fprintf(fake.out, "reset %s (%u ms)\n", path, limit_ms);
	return fails("reset") ? fake.fail_error : 0;
}

static int fake_remove(struct hands *hands, const char *path)
{
	(void)hands;
	fprintf(fake.out, "remove %s\n", path);
	return fails("remove") ? fake.fail_error : 0;
}

static int fake_kill(struct hands *hands, pid_t group, int sig)
{
	char command[300];

	(void)hands;
	fprintf(fake.out, "kill %ld with %d at %llu ms\n", (long)group, sig,
		(unsigned long long)fake.now);
	snprintf(command, sizeof command, "rm -r %s/proc/%ld", fake.root, (long)group);
	return sig == fake.dies_of ? system(command) : 0;
}

static bool fake_confirm(struct hands *hands, const char *question)
{
	(void)hands;
	fprintf(fake.out, "ask %s\n", question);
	return fake.agrees;
}

static void fake_open(const char *tree)
{
	memset(&fake, 0, sizeof fake);
	fake.root = test_tree(tree);
	sys_host_init(&fake.sys, fake.root);
	fake.sys.now_ms = fake_now;
	fake.sys.sleep_ms = fake_sleep;
	fake.hands = (struct hands){ .run = fake_run,
				     .write_file = fake_write,
				     .reset_node = fake_reset,
				     .remove_stale = fake_remove,
				     .kill_group = fake_kill,
				     .confirm = fake_confirm };
	fake.agrees = true;
	fake.dies_of = SIGTERM;
	fake.out = open_memstream(&fake.log, &fake.log_bytes);
}

static void fake_close(void)
{
	fclose(fake.out);
	free(fake.log);
	test_tree_remove(fake.root);
}

#define BIT(kind) (1u << RECOVER_##kind)

/* clang-format off */
static const struct {
	const char *name, *tree;
	enum family family;
	const char *process;
	uint32_t asked;
	const char *fail;
	int fail_error;
	struct sys_outcome fail_outcome;
	int dies_of;
	bool disagrees;
	bool want_ok;
	const char *want;   /* what was done, and said */
	const char *absent; /* must not be in it; NULL: nothing */
} cases[] = {
	{ .name = "rknpu", .tree = "healthy", .want_ok = true,
	  .want = "1. reset: soft reset through /dev/dri/renderD129 (ACTION 6), limit 2 s\n"
		  "reset /dev/dri/renderD129 (2000 ms)\n   done\n"
		  "2. check: run npurun --health, limit 30 s\nrun npurun --health (30000 ms)\n   done\n" },
	{ .name = "files are removed first", .tree = "stuck", .asked = BIT(FILES), .want_ok = true,
	  .want = "", .absent = "remove" }, /* somebody is inside the driver */
	{ .name = "no reset under a job", .tree = "stuck",
	  .want = "   refused: 4242 (detector): it is inside a job, which this would break\n", .absent = "reset /dev" },
	{ .name = "no killing inside a job", .tree = "stuck", .process = "detector",
	  .want = "   refused: 4242 (detector): it waits inside the NPU's driver", .absent = "kill 4242" },
	{ .name = "a thread's state counts", .tree = "stuck", .process = "4242",
	  .want = "can crash the board", .absent = "kill 4242" },
	{ .name = "no such process", .tree = "healthy", .process = "ghost",
	  .want = "refused: there is no process ghost", .absent = "reset /dev" },
	{ .name = "reset fails", .tree = "healthy", .fail = "reset", .fail_error = EINVAL,
	  .want = "   failed: reset: Invalid argument; later steps were not tried\n", .absent = "npurun --health (" },
	{ .name = "reset hangs", .tree = "healthy", .fail = "reset", .fail_error = ETIMEDOUT,
	  .want = "no answer within its limit; it was given up", .absent = "npurun --health (" },
	{ .name = "check fails", .tree = "healthy", .fail = "run npurun", .fail_outcome = { .exit_code = 1 },
	  .want = "failed: npurun failed with exit code 1" },
	{ .name = "check is not installed", .tree = "healthy", .fail = "run npurun", .fail_outcome = { .exit_code = 127 },
	  .want = "failed: npurun is not installed" },
	{ .name = "check hangs", .tree = "healthy", .fail = "run npurun", .fail_outcome = { .timed_out = true },
	  .want = "npurun did not end within 30 s and was killed" },
	{ .name = "check cannot be killed", .tree = "healthy", .fail = "run npurun",
	  .fail_outcome = { .timed_out = true, .left_behind = 77 }, .want = "left behind: it cannot be killed" },
	{ .name = "no access", .tree = "no-access", .want = "refused: the node cannot be used: denied" },
	{ .name = "built in", .tree = "healthy", .asked = BIT(MODULE),
	  .want = "refused: rknpu is not a loaded module", .absent = "modprobe rknpu (" },
	{ .name = "rebind", .tree = "healthy", .asked = BIT(REBIND) | BIT(CHECK), .want_ok = true,
	  .want = "write fdab0000.npu to /sys/bus/platform/drivers/RKNPU/unbind (5000 ms)\n"
		  "write fdab0000.npu to /sys/bus/platform/drivers/RKNPU/bind (5000 ms)\n   done\n2. check" },
	{ .name = "unbind hangs", .tree = "healthy", .asked = BIT(REBIND), .fail = "write", .fail_error = ETIMEDOUT,
	  .want = "given up", .absent = "RKNPU/bind (" },
	{ .name = "axcl: logs, then the user", .tree = "axcl-dead", .family = FAMILY_AXCL,
	  .want = "run dmesg (10000 ms)\nrun lspci -vv (10000 ms)\n   done\n2. reboot: reboot the host (npudoctor never "
		  "does it for you)\n   yours to do", .absent = "modprobe" },
	{ .name = "axcl: one tool is missing", .tree = "axcl-dead", .family = FAMILY_AXCL, .asked = BIT(LOGS),
	  .fail = "run lspci", .fail_outcome = { .exit_code = 127 }, .want_ok = true, .want = "   done\n" },
	{ .name = "axcl: module when asked", .tree = "axcl-healthy", .family = FAMILY_AXCL, .asked = BIT(MODULE),
	  .want_ok = true, .want = "run modprobe -r axcl_host (20000 ms)\nrun modprobe axcl_host (20000 ms)\n   done" },
	{ .name = "axcl: bus when asked", .tree = "axcl-healthy", .family = FAMILY_AXCL, .asked = BIT(REBIND),
	  .want_ok = true, .want = "write 1 to /sys/bus/pci/devices/0001:11:00.0/remove (5000 ms)\n"
	  "write 1 to /sys/bus/pci/rescan (5000 ms)\n" },
	{ .name = "xdna", .tree = "xdna-healthy", .family = FAMILY_XDNA, .want_ok = true,
	  .want = "run modprobe -r amdxdna (20000 ms)\nrun modprobe amdxdna (20000 ms)\n   done\n2. check: run xrt-smi "
		  "examine, limit 30 s\nrun xrt-smi examine (30000 ms)\n   done\n", .absent = "unbind" },
	{ .name = "xdna: unload fails", .tree = "xdna-healthy", .family = FAMILY_XDNA, .fail = "run modprobe -r",
	  .fail_outcome = { .exit_code = 1 }, .want = "modprobe failed with exit code 1", .absent = "run modprobe amdxdna" },
	{ .name = "xdna: rebind when asked", .tree = "xdna-healthy", .family = FAMILY_XDNA, .asked = BIT(REBIND),
	  .want_ok = true, .want = "write 0000:c5:00.1 to /sys/bus/pci/drivers/amdxdna/bind" },
	{ .name = "asked to end", .tree = "holder", .process = "holder", .asked = BIT(PROCESS), .want_ok = true,
	  .want = "ask End 5000 (holder) and its group of 1?\nkill 5000 with 15 at 0 ms\n   done\n", .absent = "with 9" },
	{ .name = "made to end", .tree = "holder", .process = "5000", .asked = BIT(PROCESS), .dies_of = SIGKILL, .want_ok = true,
	  .want = "kill 5000 with 15 at 0 ms\nkill 5000 with 9 at 5000 ms\n   done\n" },
	{ .name = "not to be ended", .tree = "holder", .process = "5000", .asked = BIT(PROCESS), .dies_of = -1,
	  .want = "still there after SIGKILL; it is not waited for" },
	{ .name = "nobody agrees", .tree = "holder", .process = "5000", .asked = BIT(PROCESS), .disagrees = true,
	  .want = "failed: nobody agreed", .absent = "kill 5000" },
	{ .name = "holder first, then reset", .tree = "holder", .process = "holder", .want_ok = true,
	  .want = "kill 5000 with 15 at 0 ms\n   done\n2. files: remove lock files that nobody holds: /run/lock/npurt.lock\n"
		  "remove /run/lock/npurt.lock\n   done\n3. reset" },
	{ .name = "a lock is held after all", .tree = "holder", .process = "holder", .fail = "remove", .fail_error = EWOULDBLOCK,
	  .want = "failed: /run/lock/npurt.lock: Resource temporarily unavailable", .absent = "reset /dev" },
	{ .name = "holder in the way", .tree = "holder", .asked = BIT(RESET),
	  .want = "refused: 5000 (holder): it has the device open; end it first (--process)", .absent = "reset /dev" },
};
/* clang-format on */

static void plans_are_carried_out(void **state)
{
	const struct probe_options probe = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *name = cases[i].name;
		struct facts facts = { 0 };
		struct recover r = { .sys = &fake.sys,
				     .hands = &fake.hands,
				     .facts = &facts,
				     .family = cases[i].family,
				     .process = cases[i].process,
				     .logs = "doctor-logs",
				     .asked = cases[i].asked };
		bool ok;

		fake_open(cases[i].tree);
		fake.fail = cases[i].fail;
		fake.fail_error = cases[i].fail_error;
		fake.fail_outcome = cases[i].fail_outcome;
		fake.dies_of = cases[i].dies_of ? cases[i].dies_of : SIGTERM;
		fake.agrees = !cases[i].disagrees;
		probe_machine(&facts, &fake.sys, &probe);
		ok = recover_execute(&r, fake.out);
		fflush(fake.out);
		if (ok != cases[i].want_ok)
			fail_msg("%s: %s\n%s", name, ok ? "succeeded" : "failed",
				 fake.log);
		CHECK_TEXT(name, fake.log, cases[i].want);
		if (cases[i].absent && strstr(fake.log, cases[i].absent))
			fail_msg("%s: '%s' in\n%s", name, cases[i].absent, fake.log);
		facts_free(&facts);
		fake_close();
	}
	rmdir("doctor-logs");
}

/* A plan does nothing at all, and shows what would be refused. */
static void plans_only_print(void **state)
{
	static const char *const trees[] = { "healthy",	  "stuck",     "holder",
					     "no-access", "axcl-dead", "xdna-healthy" };
	static const char *const want[] = {
		"plan for rknpu; nothing is done without --execute\n   1. reset ",
		"refused: 4242 (detector): it is inside a job",
		"refused: 5000 (holder): it has the device open",
		"refused: the node cannot be used: denied",
		("-  module   modprobe -r axcl_host, modprobe axcl_host, limit 20 s each\n"
		 "               not now: it rarely helps"),
		"   1. module   modprobe -r amdxdna",
	};
	const struct probe_options probe = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(trees); i++) {
		struct recover_plan plan;
		struct facts facts = { 0 };
		struct recover r = { .sys = &fake.sys,
				     .hands = &fake.hands,
				     .facts = &facts,
				     .logs = "doctor-logs" };
		char *text = NULL;
		size_t bytes;
		FILE *out = open_memstream(&text, &bytes);

		fake_open(trees[i]);
		r.family = !strncmp(trees[i], "axcl", 4)   ? FAMILY_AXCL
			   : !strncmp(trees[i], "xdna", 4) ? FAMILY_XDNA
							   : FAMILY_RKNPU;
		probe_machine(&facts, &fake.sys, &probe);
		recover_plan(&r, &plan);
		recover_print_plan(out, &r, &plan);
		fclose(out);
		CHECK_TEXT(trees[i], text, want[i]);
		fflush(fake.out);
		CHECK(trees[i], !fake.log || !fake.log[0]);
		free(text);
		facts_free(&facts);
		fake_close();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans_are_carried_out),
		cmocka_unit_test(plans_only_print),
	};

	return cmocka_run_group_tests_name("recover", tests, NULL, NULL);
}
