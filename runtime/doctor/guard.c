#define _DEFAULT_SOURCE

#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS 5u
#define DEATH_MS 500u	/* between SIGKILL and giving a process up */
#define GRACE_MS 2000u	/* between SIGTERM and SIGKILL of a user's command */
#define EXEC_FAILED 127 /* as the shell says it */
#define SIGNAL_BASE 128 /* as the shell says it */

uint64_t guard_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void guard_sleep_ms(uint32_t ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* Poll for the child's end; never a wait that could block.  False: still there. */
static bool reap(pid_t child, uint32_t limit_ms, int *status)
{
	uint64_t end = guard_now_ms() + limit_ms;

	for (;;) {
		pid_t got = waitpid(child, status, WNOHANG);

		if (got == child)
			return true;
		if (got < 0 && errno != EINTR) {
			*status = 0; /* somebody else collected it */
			return true;
		}
		if (guard_now_ms() >= end)
			return false;
		guard_sleep_ms(POLL_MS);
	}
}

/* Kill and collect; the child's id when it does not go, else 0. */
static pid_t put_down(pid_t child)
{
	int status;

	kill(-child, SIGKILL);
	kill(child, SIGKILL);
	return reap(child, DEATH_MS, &status) ? 0 : child;
}

struct answer {
	int error;
};

static void write_all(int fd, const void *bytes, size_t count)
{
	const char *at = bytes;

	while (count) {
		ssize_t n = write(fd, at, count);

		if (n <= 0)
			return;
		at += n;
		count -= (size_t)n;
	}
}

/* Read exactly `count` bytes until `end`; false on early end or timeout. */
static bool read_all(int fd, void *bytes, size_t count, uint64_t end)
{
	char *at = bytes;

	while (count) {
		struct pollfd p = { fd, POLLIN, 0 };
		uint64_t now = guard_now_ms();
		ssize_t n;

		if (now >= end || poll(&p, 1, (int)(end - now)) == 0)
			return false;
		n = read(fd, at, count);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		count -= (size_t)n;
	}
	return true;
}

int guard_call(int (*work)(void *arg, void *result), void *arg, void *result,
	       size_t bytes, uint32_t limit_ms, pid_t *left_behind)
{
	uint64_t end = guard_now_ms() + limit_ms;
	struct answer answer = { ETIMEDOUT };
	int pipe_fd[2];
	bool answered;
	pid_t child, left;

	if (left_behind)
		*left_behind = 0;
	if (pipe(pipe_fd))
		return errno;
	child = fork();
	if (child < 0) {
		int error = errno;

		close(pipe_fd[0]);
		close(pipe_fd[1]);
		return error;
	}
	if (!child) {
		setpgid(0, 0);
		close(pipe_fd[0]);
		answer.error = work(arg, result);
		write_all(pipe_fd[1], &answer, sizeof answer);
		if (bytes)
			write_all(pipe_fd[1], result, bytes);
		_exit(0);
	}
	close(pipe_fd[1]);
	answered = read_all(pipe_fd[0], &answer, sizeof answer, end) &&
		   read_all(pipe_fd[0], result, bytes, end);
	close(pipe_fd[0]);
	/* closing the node can hang as well: the answer is what counts */
	left = put_down(child);
	if (left_behind)
		*left_behind = left;
	if (answered)
		return answer.error;
	return guard_now_ms() >= end ? ETIMEDOUT : EIO;
}

/* In the child: no way back. */
static _Noreturn void become(const struct sys_command *command)
{
	int null = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		close(null);
	}
	if (command->output) {
		int out = open(command->output, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		if (out < 0)
			_exit(EXEC_FAILED);
		dup2(out, STDOUT_FILENO);
		close(out);
	}
	for (size_t i = 0; command->env && command->env[i]; i++) {
		char *copy = strdup(command->env[i]);

		if (!copy || putenv(copy))
			_exit(EXEC_FAILED);
	}
	/* execvp does not change what it is given */
	execvp(command->argv[0], (char *const *)(uintptr_t)command->argv);
	_exit(EXEC_FAILED);
}

/* SIGTERM and some time; true when SIGKILL may follow. */
static bool ask_to_end(const struct sys_command *command, pid_t child, int *status)
{
	kill(-child, SIGTERM);
	return reap(child, GRACE_MS, status) || command->may_kill(child);
}

int guard_run(const struct sys_command *command, struct sys_outcome *outcome)
{
	int status = 0;
	pid_t child = fork();

	*outcome = (struct sys_outcome){ 0 };
	if (child < 0)
		return errno;
	if (!child)
		become(command);
	setpgid(child, child); /* both sides, whoever comes first */
	if (!reap(child, command->limit_ms, &status)) {
		outcome->timed_out = true;
		if (command->may_kill && !ask_to_end(command, child, &status))
			outcome->left_behind = child;
		else
			outcome->left_behind = put_down(child);
		return 0;
	}
	if (!command->may_kill)
		kill(-child, SIGKILL); /* what it started itself */
	outcome->exit_code =
	    WIFSIGNALED(status) ? SIGNAL_BASE + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}
