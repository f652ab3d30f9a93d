/*
 * Time limits: nothing that hangs holds npudoctor up, and what must not be killed is
 * not.  Registers are read only when they may be.
 */
#include "doctor_test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "guard.h"
#include "mmio.h"
#include "process.h"

#define SLACK_MS 3000 /* a loaded machine is slow; a hang is a minute */

static int work_answer(void *arg, void *result)
{
	*(int *)result = *(const int *)arg + 1;
	return 0;
}

static int work_fail(void *arg, void *result)
{
	(void)arg;
	(void)result;
	return ENXIO;
}

static int work_hang(void *arg, void *result)
{
	(void)arg;
	(void)result;
	return pause();
}

static int work_crash(void *arg, void *result)
{
	(void)arg;
	(void)result;
	raise(SIGKILL);
	return 0;
}

static void calls_have_limits(void **state)
{
	int in = 41, out = 0;
	pid_t left = 1;
	uint64_t start;

	(void)state;
	assert_int_equal(guard_call(work_answer, &in, &out, sizeof out, 5000, &left), 0);
	assert_int_equal(out, 42);
	assert_int_equal(left, 0);
	assert_int_equal(guard_call(work_fail, NULL, NULL, 0, 5000, NULL), ENXIO);
	assert_int_equal(guard_call(work_crash, NULL, NULL, 0, 5000, NULL), EIO);
	start = guard_now_ms();
	assert_int_equal(guard_call(work_hang, NULL, NULL, 0, 100, &left), ETIMEDOUT);
	assert_int_equal(left, 0);
	assert_true(guard_now_ms() - start < 100 + SLACK_MS);
}

static bool never(pid_t group)
{
	(void)group;
	return false;
}

static bool always(pid_t group)
{
	(void)group;
	return true;
}

/* clang-format off */
static const struct {
	const char *name, *script;
	bool (*may_kill)(pid_t);
	uint32_t limit_ms;
	bool timed_out, left;
	int exit_code;
} runs[] = {
	{ "success", "exit 0", NULL, 5000, false, false, 0 },
	{ "exit code", "exit 7", NULL, 5000, false, false, 7 },
	{ "signal", "kill -SEGV $$", NULL, 5000, false, false, 128 + SIGSEGV },
	{ "hang", "sleep 60", NULL, 100, true, false, 0 },
	{ "deaf hang", "trap '' TERM; while :; do sleep 1; done", NULL, 100, true, false, 0 },
	{ "asked to end", "sleep 60", always, 100, true, false, 0 },
	{ "deaf, may be killed", "trap '' TERM; while :; do sleep 1; done", always, 100, true, false, 0 },
	{ "deaf, must not be killed", "trap '' TERM; while :; do sleep 1; done", never, 100, true, true, 0 },
};
/* clang-format on */

static void programs_have_limits(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(runs); i++) {
		const char *argv[] = { "sh", "-c", runs[i].script, NULL };
		const struct sys_command command = { .argv = argv,
						     .limit_ms = runs[i].limit_ms,
						     .may_kill = runs[i].may_kill };
		struct sys_outcome outcome;
		uint64_t start = guard_now_ms();

		CHECK(runs[i].name, guard_run(&command, &outcome) == 0);
		CHECK(runs[i].name, guard_now_ms() - start < 6000 + SLACK_MS);
		CHECK(runs[i].name, outcome.timed_out == runs[i].timed_out);
		CHECK(runs[i].name, (outcome.left_behind != 0) == runs[i].left);
		CHECK(runs[i].name, outcome.exit_code == runs[i].exit_code);
		if (outcome.left_behind)
			kill(-outcome.left_behind, SIGKILL); /* our own, by its number */
	}
}

static void programs_get_env_and_output(void **state)
{
	const char *argv[] = { "sh", "-c", "echo $DOCTOR_WORD; read x || echo no input",
			       NULL };
	const char *env[] = { "DOCTOR_WORD=hello", NULL };
	const char *missing[] = { "/nonexistent/program", NULL };
	struct sys_command command = {
		.argv = argv, .env = env, .output = "guard-output.txt", .limit_ms = 5000
	};
	struct sys_outcome outcome;
	char text[64] = "";
	FILE *file;

	(void)state;
	assert_int_equal(guard_run(&command, &outcome), 0);
	file = fopen(command.output, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof text - 1, file) > 0);
	fclose(file);
	remove(command.output);
	assert_string_equal(text, "hello\nno input\n");
	command.argv = missing;
	command.output = NULL;
	assert_int_equal(guard_run(&command, &outcome), 0);
	assert_int_equal(outcome.exit_code, 127);
}

/* Lock files: only plain ones that nobody holds are removed. */
static void stale_locks(void **state)
{
	const char *holder[] = { "flock", "doctor-held.lock", "sleep", "60", NULL };
	struct hands hands;
	FILE *file = fopen("doctor-free.lock", "w");
	pid_t child;

	(void)state;
	hands_host_init(&hands, true);
	assert_non_null(file);
	fclose(file);
	assert_int_equal(hands.remove_stale(&hands, "doctor-free.lock"), 0);
	assert_int_equal(access("doctor-free.lock", F_OK), -1);
	assert_int_equal(hands.remove_stale(&hands, "doctor-free.lock"), ENOENT);
	assert_int_equal(symlink("/etc/passwd", "doctor-link.lock"), 0);
	assert_int_equal(hands.remove_stale(&hands, "doctor-link.lock"), ELOOP);
	remove("doctor-link.lock");
	assert_int_equal(hands.remove_stale(&hands, "/dev/null"), EINVAL);
	child = fork();
	if (!child) {
		setpgid(0, 0);
		execvp(holder[0], (char *const *)(uintptr_t)holder);
		_exit(0);
	}
	setpgid(child, child);
	for (int i = 0; i < 100 && access("doctor-held.lock", F_OK); i++)
		guard_sleep_ms(20);
	guard_sleep_ms(300);
	if (!access("doctor-held.lock", F_OK))
		assert_int_equal(hands.remove_stale(&hands, "doctor-held.lock"),
				 EWOULDBLOCK);
	kill(-child, SIGKILL);
	remove("doctor-held.lock");
}

/* What a machine answers about its registers. */
static int mmio_error;

static int fake_mmio(struct sys *sys, uint64_t address, const uint32_t *offsets,
		     size_t count, uint32_t *values)
{
	(void)sys;
	for (size_t i = 0; i < count && !mmio_error; i++)
		values[i] = (uint32_t)(address + offsets[i]);
	return mmio_error;
}

/* clang-format off */
static const struct {
	const char *name, *tree, *device, *want;
	bool allowed;
	int error;
} snapshots[] = {
	{ "allowed and powered", "healthy", "fdab0000.npu", "MMIO_SNAPSHOT now\n0x0000 = 0xfdab0000\n0x0004 = 0xfdab0004\n", true, 0 },
	{ "no power", "suspended", "fdab0000.npu", "MMIO_UNAVAILABLE device=/dev/mem errno=11 error=the NPU is not powered\n", true, 0 },
	{ "not allowed", "healthy", "fdab0000.npu", "errno=1 error=not asked for (--allow=mmio-read)\n", false, 0 },
	{ "no rights", "healthy", "fdab0000.npu", "MMIO_UNAVAILABLE device=/dev/mem errno=13 error=Permission denied\n", false, EACCES },
	{ "no rights, though allowed", "healthy", "fdab0000.npu", "errno=13 error=Permission denied\n", true, EACCES },
	{ "no device", "healthy", "", "errno=19 error=no NPU is bound", true, 0 },
};
/* clang-format on */

static void registers_need_power_and_leave(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(snapshots); i++) {
		char *root = test_tree(snapshots[i].tree);
		char rows[MMIO_ROWS_BYTES];
		struct sys sys;

		sys_host_init(&sys, root);
		sys.read_mmio = fake_mmio;
		mmio_error = snapshots[i].error;
		mmio_rows(rows, "now", &sys, snapshots[i].device, snapshots[i].allowed);
		CHECK_TEXT(snapshots[i].name, rows, snapshots[i].want);
		test_tree_remove(root);
	}
}

/* This machine, as far as every one has it. */
static void the_host_is_looked_at(void **state)
{
	struct sys_access access_;
	struct sys_names names;
	struct sys_text text;
	struct sys_node node;
	struct process self;
	struct sys sys;

	(void)state;
	sys_host_init(&sys, "/");
	assert_int_equal(sys.list_dir(&sys, "/proc", &names), 0);
	assert_true(names.count > 0);
	sys_names_free(&names);
	assert_true(process_find(&sys, getpid(), &self));
	assert_false(self.uninterruptible);
	process_look(&sys, &self, "/dev/null");
	assert_int_equal(self.fd_error, 0);
	assert_null(process_objection(&self));
	assert_int_equal(sys.read_file(&sys, "/dev/null", 10, &text), EINVAL);
	assert_int_equal(sys.read_file(&sys, "/", 10, &text), EISDIR);
	assert_int_equal(sys.read_file(&sys, "/proc/self/stat", 7, &text), 0);
	assert_int_equal(text.count, 7); /* cut where asked */
	sys_text_free(&text);
	assert_int_equal(sys.get_access(&sys, "/dev/null", &access_), 0);
	assert_string_equal(access_.owner, "root");
	assert_int_equal(sys.ask_node(&sys, "/dev/null", &node), 0);
	assert_int_equal(node.open_error, 0);
	assert_int_equal(node.version_error, ENOTTY);
	assert_int_equal(sys.ask_node(&sys, "/dev/nonexistent", &node), 0);
	assert_int_equal(node.open_error, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_have_limits),
		cmocka_unit_test(programs_have_limits),
		cmocka_unit_test(programs_get_env_and_output),
		cmocka_unit_test(stale_locks),
		cmocka_unit_test(registers_need_power_and_leave),
		cmocka_unit_test(the_host_is_looked_at),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
