/* The system calls of the driver back end; the only place where one is repeated. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* flock */
#endif
#include "rknpu/device_rknpu.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

#include "rknpu/rknpu_uapi.h"

/* A driver that never stops saying "again" is broken: do not hang with it. */
#define MAX_REPEATS 1000

static bool was_interrupted(int ret)
{
	return ret < 0 && (errno == EINTR || errno == EAGAIN);
}

/* Evaluate `call` until no signal came between; its errno, or 0. */
#define UNINTERRUPTED(ret, call)                                                         \
	do {                                                                             \
		int repeats = 0;                                                         \
                                                                                         \
		do {                                                                     \
			(ret) = (call);                                                  \
		} while (was_interrupted(ret) && ++repeats < MAX_REPEATS);               \
	} while (0)

int npurt_rknpu_open_path(const char *path, int *fd)
{
	int ret;

	UNINTERRUPTED(ret, open(path, O_RDWR | O_CLOEXEC));
	if (ret < 0)
		return errno;
	*fd = ret;
	return 0;
}

int npurt_rknpu_open_lock(const char *path)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW;
	int fd;

	UNINTERRUPTED(fd, open(path, flags));
	if (fd >= 0 || errno != ENOENT)
		return fd;
	UNINTERRUPTED(fd, open(path, flags | O_CREAT, 0666));
	if (fd >= 0)
		fchmod(fd, 0666); /* for programs of other users, whatever the umask */
	return fd;
}

int npurt_rknpu_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	UNINTERRUPTED(ret, ioctl(fd, request, arg));
	return ret < 0 ? errno : 0;
}

int npurt_rknpu_ioctl_once(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? errno : 0;
}

int npurt_rknpu_lock(int fd)
{
	int ret;

	UNINTERRUPTED(ret, flock(fd, LOCK_EX));
	return ret < 0 ? errno : 0;
}

void npurt_rknpu_unlock(int fd)
{
	flock(fd, LOCK_UN);
}

void npurt_rknpu_sleep(uint32_t ms)
{
	struct timespec left = { ms / 1000, (long)(ms % 1000) * 1000000 };
	int ret;

	UNINTERRUPTED(ret, nanosleep(&left, &left));
}

int npurt_rknpu_action(int fd, uint32_t what, uint32_t *value)
{
	struct rknpu_action_arg arg = { .flags = what, .value = *value };
	int err = npurt_rknpu_ioctl(fd, RKNPU_ACTION, &arg);

	*value = arg.value;
	return err;
}
