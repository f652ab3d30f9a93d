/*
 * libnputrace.so: put before a program with LD_PRELOAD, it writes the calls that the
 * program makes on NPU nodes to the file that NPUTRACE_FILE names, and changes
 * nothing.  Everything goes to the next library in the list, so it can stand before
 * an emulated driver as well.
 *
 * A node is recognised by its driver's name, not by its path: private DRM numbers
 * mean something else on every driver.
 */
#undef _FILE_OFFSET_BITS /* open and open64 must stay two functions */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include "rknpu/rknpu_uapi.h"
#include "trace_rows.h"

#define EXPORT __attribute__((visibility("default")))
#define MAX_FDS 1024
#define TRACE_FD_FROM 900
#define DRM_PRIVATE 0x40u

enum node_class { CLASS_UNKNOWN, CLASS_OTHER, CLASS_DRM, CLASS_CHAR };

static struct {
	int (*open)(const char *, int, ...);
	int (*open64)(const char *, int, ...);
	int (*openat)(int, const char *, int, ...);
	int (*openat64)(int, const char *, int, ...);
	int (*close)(int);
	int (*ioctl)(int, unsigned long, ...);
	void *(*mmap)(void *, size_t, int, int, int, off_t);
	void *(*mmap64)(void *, size_t, int, int, int, off64_t);
} next;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum node_class classes[MAX_FDS];
static struct trace_counts counts;
static int trace_fd = -1;
/* Calls that an emulated driver makes itself to serve one of the program's. */
static __thread unsigned inside;

/* A pointer to data and one to a function are the same here, but not to ISO C. */
static void find(void *slot, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	memcpy(slot, &symbol, sizeof symbol);
}

static void init(void)
{
	find(&next.open, "open");
	find(&next.open64, "open64");
	find(&next.openat, "openat");
	find(&next.openat64, "openat64");
	find(&next.close, "close");
	find(&next.ioctl, "ioctl");
	find(&next.mmap, "mmap");
	find(&next.mmap64, "mmap64");
}

/*
 * At the first row, not at the first call: a sanitizer maps memory before there is an
 * environment.
 */
static void open_trace(void)
{
	static bool tried;
	const char *path = getenv("NPUTRACE_FILE");
	int fd;

	if (tried || !path)
		return;
	tried = true;
	fd = next.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	/* out of the way: the program's own files keep their numbers */
	trace_fd = fcntl(fd, F_DUPFD_CLOEXEC, TRACE_FD_FROM);
	if (trace_fd >= 0)
		next.close(fd);
	else
		trace_fd = fd;
}

/* Under the lock. */
static void write_rows(const char *rows)
{
	size_t left = strlen(rows);
	int saved = errno;

	open_trace();
	while (trace_fd >= 0 && left) {
		ssize_t n = write(trace_fd, rows, left);

		if (n <= 0)
			break; /* a full disk must not change what the program does */
		rows += n;
		left -= (size_t)n;
	}
	errno = saved;
}

static void opened(int fd, const char *path)
{
	int saved = errno;

	if (fd < 0 || fd >= MAX_FDS)
		return;
	pthread_mutex_lock(&lock);
	classes[fd] = !strcmp(path, "/dev/rknpu") ? CLASS_CHAR : CLASS_UNKNOWN;
	pthread_mutex_unlock(&lock);
	errno = saved;
}

/* Ask the driver's name once; the program does not see it.  Under the lock. */
static enum node_class class_of(int fd)
{
	char name[16] = "";
	struct drm_version_arg v = { .name_len = sizeof name - 1,
				     .name = (uint64_t)(uintptr_t)name };
	int saved = errno;

	if (fd < 0 || fd >= MAX_FDS)
		return CLASS_OTHER;
	if (classes[fd] == CLASS_UNKNOWN) {
		classes[fd] = CLASS_OTHER;
		if (!next.ioctl(fd, RKNPU_DRM_VERSION, &v) &&
		    !strcmp(name, RKNPU_DRM_NAME))
			classes[fd] = CLASS_DRM;
	}
	errno = saved;
	return classes[fd];
}

/* Which of the driver's calls this is; TRACE_CALLS for none. */
static unsigned call_of(int fd, unsigned long request)
{
	unsigned type = request >> 8 & 0xff, nr = request & 0xff;
	unsigned call = TRACE_CALLS;
	enum node_class wanted;

	if (type == 'd' && nr >= DRM_PRIVATE && nr < DRM_PRIVATE + TRACE_CALLS) {
		wanted = CLASS_DRM;
		call = nr - DRM_PRIVATE;
	} else if (type == 'r' && nr < TRACE_CALLS) {
		wanted = CLASS_CHAR;
		call = nr;
	} else {
		return TRACE_CALLS;
	}
	return class_of(fd) == wanted ? call : TRACE_CALLS;
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	char rows[TRACE_ROWS_BYTES];
	struct trace_counts mine;
	unsigned call;
	va_list args;
	void *arg;
	int ret, saved;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	pthread_once(&once, init);
	pthread_mutex_lock(&lock);
	call = inside ? (unsigned)TRACE_CALLS : call_of(fd, request);
	if (call < TRACE_CALLS && arg) {
		trace_rows_in(rows, &counts, (enum trace_call)call, request, arg);
		write_rows(rows);
		mine = counts;
	}
	pthread_mutex_unlock(&lock);
	/* not under the lock: a submit can take seconds */
	inside++;
	ret = next.ioctl(fd, request, arg);
	inside--;
	saved = errno;
	if (call < TRACE_CALLS && arg) {
		pthread_mutex_lock(&lock);
		trace_rows_out(rows, &mine, (enum trace_call)call, arg, ret, saved);
		write_rows(rows);
		pthread_mutex_unlock(&lock);
	}
	errno = saved;
	return ret;
}

/* Whether a mapping is one of the NPU's, told before it is made. */
static bool begin_mmap(void *addr, size_t length, int prot, int flags, int fd,
		       uint64_t offset, struct trace_counts *mine)
{
	char rows[TRACE_ROWS_BYTES];
	bool ours;

	if (inside || fd < 0 || fd >= MAX_FDS)
		return false;
	pthread_mutex_lock(&lock);
	ours = classes[fd] == CLASS_DRM; /* it made a buffer before it maps one */
	if (ours) {
		trace_rows_mmap(rows, &counts, addr, length, prot, flags, fd, offset);
		write_rows(rows);
		*mine = counts;
	}
	pthread_mutex_unlock(&lock);
	return ours;
}

static void end_mmap(const struct trace_counts *mine, const void *got)
{
	char rows[TRACE_ROWS_BYTES];
	int saved = errno;

	pthread_mutex_lock(&lock);
	trace_rows_mmap_ret(rows, mine, got, got == MAP_FAILED ? saved : 0);
	write_rows(rows);
	pthread_mutex_unlock(&lock);
	errno = saved;
}

EXPORT void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	struct trace_counts mine;
	bool ours;
	void *got;

	pthread_once(&once, init);
	ours = begin_mmap(addr, length, prot, flags, fd, (uint64_t)offset, &mine);
	inside++;
	got = next.mmap(addr, length, prot, flags, fd, offset);
	inside--;
	if (ours)
		end_mmap(&mine, got);
	return got;
}

EXPORT void *mmap64(void *addr, size_t length, int prot, int flags, int fd,
		    off64_t offset)
{
	struct trace_counts mine;
	bool ours;
	void *got;

	pthread_once(&once, init);
	ours = begin_mmap(addr, length, prot, flags, fd, (uint64_t)offset, &mine);
	inside++;
	got = next.mmap64(addr, length, prot, flags, fd, offset);
	inside--;
	if (ours)
		end_mmap(&mine, got);
	return got;
}

EXPORT int close(int fd)
{
	pthread_once(&once, init);
	if (fd >= 0 && fd == trace_fd) {
		errno =
		    EBADF; /* a program that closes all it can must not end the trace */
		return -1;
	}
	if (fd >= 0 && fd < MAX_FDS) {
		pthread_mutex_lock(&lock);
		classes[fd] = CLASS_UNKNOWN;
		pthread_mutex_unlock(&lock);
	}
	return next.close(fd);
}

/* The mode is there only when a file may be made. */
#define TAKE_MODE(flags)                                                                 \
	mode_t mode = 0;                                                                 \
	if ((flags)&O_CREAT || ((flags)&O_TMPFILE) == O_TMPFILE) {                       \
		va_list args;                                                            \
		va_start(args, flags);                                                   \
		mode = va_arg(args, mode_t);                                             \
		va_end(args);                                                            \
	}                                                                                \
	pthread_once(&once, init)

EXPORT int open(const char *path, int flags, ...)
{
	int fd;
	TAKE_MODE(flags);

	fd = next.open(path, flags, mode);
	opened(fd, path);
	return fd;
}

EXPORT int open64(const char *path, int flags, ...)
{
	int fd;
	TAKE_MODE(flags);

	fd = next.open64(path, flags, mode);
	opened(fd, path);
	return fd;
}

EXPORT int openat(int dir, const char *path, int flags, ...)
{
	int fd;
	TAKE_MODE(flags);

	fd = next.openat(dir, path, flags, mode);
	opened(fd, path);
	return fd;
}

EXPORT int openat64(int dir, const char *path, int flags, ...)
{
	int fd;
	TAKE_MODE(flags);

	fd = next.openat64(dir, path, flags, mode);
	opened(fd, path);
	return fd;
}
