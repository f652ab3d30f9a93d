/*
 * The C library's functions, for programs that know nothing of the emulator:
 * calls about a virtual node go to it, all others to the next library.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include "emu/emu.h"
#include "emu/preload.h"

/* Declared here and not by headers, which may define them as macros. */
PRELOAD int open(const char *path, int flags, ...);
PRELOAD int open64(const char *path, int flags, ...);
PRELOAD int openat(int dir, const char *path, int flags, ...);
PRELOAD int openat64(int dir, const char *path, int flags, ...);
PRELOAD int __open_2(const char *path, int flags);
PRELOAD int __open64_2(const char *path, int flags);
PRELOAD int __openat_2(int dir, const char *path, int flags);
PRELOAD int __openat64_2(int dir, const char *path, int flags);
PRELOAD int close(int fd);
PRELOAD int ioctl(int fd, unsigned long request, ...);
PRELOAD void *mmap(void *a, size_t n, int prot, int flags, int fd, off_t at);
PRELOAD void *mmap64(void *a, size_t n, int prot, int flags, int fd, off64_t at);
PRELOAD int munmap(void *a, size_t n);
PRELOAD int dup(int fd);
PRELOAD int dup2(int fd, int to);
PRELOAD int dup3(int fd, int to, int flags);
PRELOAD int fcntl(int fd, int command, ...);
PRELOAD int fcntl64(int fd, int command, ...);

void *emu_next(const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);

	if (!f) { /* every libc that loads this library has them all */
		static const char text[] = "npuemu: the C library lacks a function\n";
		ssize_t n = write(2, text, sizeof text - 1);

		(void)n;
		_exit(127);
	}
	return f;
}

/* The mode, which is there only when a file may be created. */
static mode_t open_mode(int flags, va_list args)
{
	bool has_mode = flags & O_CREAT;

#ifdef O_TMPFILE
	has_mode |= (flags & O_TMPFILE) == O_TMPFILE;
#endif
	return has_mode ? (mode_t)va_arg(args, int) : 0;
}

static bool is_ours(const char *path)
{
	return emu_path_is_ours(path) || emu_text_is_ours(path);
}

static int open_ours(const char *path, int flags)
{
	if (emu_text_is_ours(path))
		return emu_text_open(path, (flags & O_ACCMODE) != O_RDONLY);
	return emu_open(path, flags);
}

#define OPEN(function)                                                                   \
	int function(const char *path, int flags, ...)                                   \
	{                                                                                \
		typedef int open_type(const char *, int, ...);                           \
		va_list args;                                                            \
		mode_t mode;                                                             \
                                                                                         \
		va_start(args, flags);                                                   \
		mode = open_mode(flags, args);                                           \
		va_end(args);                                                            \
		if (is_ours(path))                                                       \
			return open_ours(path, flags);                                   \
		return NEXT(open_type, #function)(path, flags, mode);                    \
	}

#define OPENAT(function)                                                                 \
	int function(int dir, const char *path, int flags, ...)                          \
	{                                                                                \
		typedef int openat_type(int, const char *, int, ...);                    \
		va_list args;                                                            \
		mode_t mode;                                                             \
                                                                                         \
		va_start(args, flags);                                                   \
		mode = open_mode(flags, args);                                           \
		va_end(args);                                                            \
		if (is_ours(path))                                                       \
			return open_ours(path, flags);                                   \
		return NEXT(openat_type, #function)(dir, path, flags, mode);             \
	}

/* What programs compiled with _FORTIFY_SOURCE call. */
#define OPEN_2(function)                                                                 \
	int function(const char *path, int flags)                                        \
	{                                                                                \
		typedef int open2_type(const char *, int);                               \
                                                                                         \
		if (is_ours(path))                                                       \
			return open_ours(path, flags);                                   \
		return NEXT(open2_type, #function)(path, flags);                         \
	}

#define OPENAT_2(function)                                                               \
	int function(int dir, const char *path, int flags)                               \
	{                                                                                \
		typedef int openat2_type(int, const char *, int);                        \
                                                                                         \
		if (is_ours(path))                                                       \
			return open_ours(path, flags);                                   \
		return NEXT(openat2_type, #function)(dir, path, flags);                  \
	}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
OPEN_2(__open_2)
OPEN_2(__open64_2)
OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)

int close(int fd)
{
	typedef int close_type(int);
	int scripted = emu_is_ours(fd) ? emu_close(fd) : 0, err = errno;
	int ret = NEXT(close_type, "close")(fd);

	if (!scripted)
		return ret;
	errno = err;
	return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	typedef int ioctl_type(int, unsigned long, ...);
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (emu_is_ours(fd))
		return emu_ioctl(fd, request, arg);
	return NEXT(ioctl_type, "ioctl")(fd, request, arg);
}

/* Never through dlsym: allocators map memory before anything else works. */
void *mmap(void *a, size_t n, int prot, int flags, int fd, off_t at)
{
	if (fd >= 0 && emu_is_ours(fd))
		return emu_mmap(a, n, prot, flags, fd, at);
	return emu_sys_mmap(a, n, prot, flags, fd, at);
}

void *mmap64(void *a, size_t n, int prot, int flags, int fd, off64_t at)
{
	return mmap(a, n, prot, flags, fd, (off_t)at);
}

int munmap(void *a, size_t n)
{
	int done = emu_munmap(a, n);

	if (done)
		return done > 0 ? 0 : -1;
	return emu_sys_munmap(a, n);
}

/* ---- duplicates ---- */

static int duplicated(int fd, int to)
{
	if (to >= 0 && (emu_is_ours(fd) || emu_is_ours(to)) && emu_dup(fd, to)) {
		emu_sys_close(to);
		errno = ENOMEM;
		return -1;
	}
	return to;
}

int dup(int fd)
{
	typedef int dup_type(int);

	return duplicated(fd, NEXT(dup_type, "dup")(fd));
}

int dup2(int fd, int to)
{
	typedef int dup2_type(int, int);

	return duplicated(fd, NEXT(dup2_type, "dup2")(fd, to));
}

int dup3(int fd, int to, int flags)
{
	typedef int dup3_type(int, int, int);

	return duplicated(fd, NEXT(dup3_type, "dup3")(fd, to, flags));
}

#define FCNTL(function)                                                                  \
	int function(int fd, int command, ...)                                           \
	{                                                                                \
		typedef int fcntl_type(int, int, ...);                                   \
		va_list args;                                                            \
		void *arg;                                                               \
		int ret;                                                                 \
                                                                                         \
		va_start(args, command);                                                 \
		arg = va_arg(args, void *);                                              \
		va_end(args);                                                            \
		ret = NEXT(fcntl_type, #function)(fd, command, arg);                     \
		if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)                    \
			return duplicated(fd, ret);                                      \
		return ret;                                                              \
	}

FCNTL(fcntl)
FCNTL(fcntl64)
