#include "tool_test.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/files.h"

static bool write_text(const char *path, const char *text, char *why)
{
	const struct file_part part = { text, strlen(text) };

	return files_write(path, &part, 1, why, 200);
}

static void expect_content(const char *path, const char *text)
{
	void *data;
	size_t bytes;
	char why[200];

	if (!files_read(path, &data, &bytes, why, sizeof(why)))
		fail_msg("%s: %s", path, why);
	assert_int_equal(bytes, strlen(text));
	assert_memory_equal(data, text, bytes);
	free(data);
}

/* Files in the working directory that begin like `path`. */
static int count_like(const char *path)
{
	DIR *dir = opendir(".");
	struct dirent *entry;
	int count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += strncmp(entry->d_name, path, strlen(path)) == 0;
	closedir(dir);
	return count;
}

static void round_trip(void **state)
{
	const char *path = scratch_name(".txt");
	const struct file_part parts[] = { { "one ", 4 }, { "", 0 }, { "two", 3 } };
	char why[200];

	(void)state;
	assert_true(files_write(path, parts, 3, why, sizeof(why)));
	expect_content(path, "one two");
	assert_true(write_text(path, "", why));
	expect_content(path, "");
	assert_int_equal(count_like(path), 1);
	unlink(path);
}

static void mode_is_the_usual_one(void **state)
{
	const char *path = scratch_name(".mode");
	mode_t mask = umask(027);
	struct stat st;
	char why[200];

	(void)state;
	assert_true(write_text(path, "x", why));
	umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	unlink(path);
}

/* A write that fails half-way leaves the old file and no other. */
static void failure_keeps_the_old_file(void **state)
{
	const char *path = scratch_name(".full");
	struct rlimit old, tiny;
	char why[200] = "", big[4096];
	bool ok;

	(void)state;
	assert_true(write_text(path, "old", why));
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	tiny = old;
	tiny.rlim_cur = 1000;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
	ok = write_text(path, big, why);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_false(ok);
	CHECK_TEXT("disk full", why, "cannot write: ");
	expect_content(path, "old");
	assert_int_equal(count_like(path), 1);
	unlink(path);
}

/* A signal that came while a file was written ends the program, and leaves no half. */
static void a_signal_leaves_the_old_file(void **state)
{
	const char *path = scratch_name(".signal");
	char why[200] = "";
	int status;
	pid_t child;

	(void)state;
	assert_true(write_text(path, "old", why));
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		sigset_t before;

		signal(SIGTERM, SIG_DFL);
		files_hold_signals(&before);
		raise(SIGTERM);
		if (write_text(path, "new", why))
			_exit(1);
		files_release_signals(&before);
		_exit(2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	expect_content(path, "old");
	assert_int_equal(count_like(path), 1);
	unlink(path);
}

static void refusals(void **state)
{
	const char *huge = scratch_name(".huge");
	char why[200];
	void *data = NULL;
	size_t bytes = 9;

	(void)state;
	assert_false(write_text("no-such-directory/x", "x", why));
	assert_string_equal(why, "cannot create: No such file or directory");
	assert_false(files_may_write("no-such-directory/x", why, sizeof(why)));
	assert_string_equal(why, "cannot create: No such file or directory");
	assert_false(files_may_write("/", why, sizeof(why)));
	assert_string_equal(why, "cannot write: Is a directory");
	assert_true(files_may_write(huge, why, sizeof(why)));
	assert_true(files_may_write("/dev/null", why, sizeof(why)));
	assert_true(files_may_write("-", why, sizeof(why)));
	assert_false(write_text("/dev/full", "x", why));
	assert_string_equal(why, "cannot write: No space left on device");
	assert_false(write_text(".", "x", why));
	assert_false(files_read("no-such-file", &data, &bytes, why, sizeof(why)));
	assert_string_equal(why, "cannot open: No such file or directory");
	assert_true(write_text(huge, "x", why));
	assert_int_equal(truncate(huge, (off_t)1 << 40), 0); /* it has one block */
	assert_false(files_read(huge, &data, &bytes, why, sizeof(why)));
	assert_string_equal(why, "cannot read: File too large");
	unlink(huge);
	assert_false(files_read(".", &data, &bytes, why, sizeof(why)));
	assert_string_equal(why, "cannot read: Is a directory");
	assert_null(data);
	assert_int_equal(bytes, 9);
}

static void a_device_is_written_directly(void **state)
{
	char why[200];
	struct stat st;

	(void)state;
	assert_true(write_text("/dev/null", "x", why));
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(mode_is_the_usual_one),
		cmocka_unit_test(failure_keeps_the_old_file),
		cmocka_unit_test(a_signal_leaves_the_old_file),
		cmocka_unit_test(refusals),
		cmocka_unit_test(a_device_is_written_directly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
