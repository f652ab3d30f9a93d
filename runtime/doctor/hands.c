/*
 * Acting on this machine.  Whatever may block in the kernel is done by a child that
 * can be given up.
 */
#define _DEFAULT_SOURCE /* flock */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"
#include "rknpu/rknpu_uapi.h"

#define ACTION_RESET 6u /* the only code that resets */

static int host_run(struct hands *hands, const struct sys_command *command,
		    struct sys_outcome *outcome)
{
	(void)hands;
	return guard_run(command, outcome);
}

struct write_request {
	const char *path, *text;
};

static int write_work(void *arg, void *result)
{
	const struct write_request *r = arg;
	int fd = open(r->path, O_WRONLY | O_CLOEXEC);
	size_t bytes = strlen(r->text);

	(void)result;
	if (fd < 0)
		return errno;
	return write(fd, r->text, bytes) == (ssize_t)bytes ? 0 : errno ? errno : EIO;
}

static int host_write_file(struct hands *hands, const char *path, const char *text,
			   uint32_t limit_ms)
{
	struct write_request r = { path, text };

	(void)hands;
	return guard_call(write_work, &r, NULL, 0, limit_ms, NULL);
}

static int reset_work(void *arg, void *result)
{
	const char *path = arg;
	struct rknpu_action_arg action = { ACTION_RESET, 0 };
	int fd = open(path, O_RDWR | O_CLOEXEC);

	(void)result;
	if (fd < 0)
		return errno;
	/* once: a reset is not repeated because a signal came */
	return ioctl(fd, RKNPU_ACTION, &action) < 0 ? errno : 0;
}

static int host_reset_node(struct hands *hands, const char *path, uint32_t limit_ms)
{
	(void)hands;
	return guard_call(reset_work, (void *)(uintptr_t)path, NULL, 0, limit_ms, NULL);
}

static int host_remove_stale(struct hands *hands, const char *path)
{
	/* no link of somebody else's making is followed */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	int error = 0;

	(void)hands;
	if (fd < 0)
		return errno;
	if (fstat(fd, &st))
		error = errno;
	else if (!S_ISREG(st.st_mode))
		error = EINVAL;
	else if (flock(fd, LOCK_EX | LOCK_NB) || unlink(path))
		error = errno;
	close(fd);
	return error;
}

static int host_kill_group(struct hands *hands, pid_t group, int sig)
{
	(void)hands;
	return kill(-group, sig) ? errno : 0;
}

static bool host_confirm(struct hands *hands, const char *question)
{
	char answer[16];

	if (hands->assume_yes)
		return true;
	if (!isatty(STDIN_FILENO))
		return false;
	fprintf(stderr, "%s [y/N] ", question);
	fflush(stderr);
	return fgets(answer, sizeof answer, stdin) &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}

void hands_host_init(struct hands *hands, bool assume_yes)
{
	*hands = (struct hands){
		.run = host_run,
		.write_file = host_write_file,
		.reset_node = host_reset_node,
		.remove_stale = host_remove_stale,
		.kill_group = host_kill_group,
		.confirm = host_confirm,
		.assume_yes = assume_yes,
	};
}
