/*
 * Nodes, opened files and file descriptors; the lock; start and end.
 *
 * A virtual descriptor is a real one - a fresh opening of an empty memory file -
 * so that close, dup, poll and flock work on it as on a node.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/emu.h"
#include "emu/regs.h"
#include "sim/sim.h"

struct emu emu = {
	.lock = PTHREAD_MUTEX_INITIALIZER, .memory_fd = -1, .node_fd = -1, .log_fd = -1
};

static void run_environment(const char *name, const char *text)
{
	char error[256];

	if (text && !emu_script(text, name, error, sizeof error)) {
		fprintf(stderr, "npuemu: %s\n", error);
		_exit(2);
	}
}

static void run_file(const char *path)
{
	char *text = NULL;
	size_t bytes = 0, got;
	FILE *f = path && *path ? fopen(path, "r") : NULL;

	if (!path || !*path)
		return;
	if (!f) {
		fprintf(stderr, "npuemu: NPUEMU_SCRIPT: %s: %s\n", path, strerror(errno));
		_exit(2);
	}
	do {
		char *more = realloc(text, bytes + 4097);

		if (!more)
			abort();
		text = more;
		got = fread(text + bytes, 1, 4096, f);
		bytes += got;
	} while (got);
	text[bytes] = 0;
	if (ferror(f)) { /* a directory opens, and cannot be read */
		fprintf(stderr, "npuemu: NPUEMU_SCRIPT: %s: %s\n", path, strerror(errno));
		_exit(2);
	}
	fclose(f);
	/* as editors on some systems begin a text */
	run_environment(path, text + (strncmp(text, "\xef\xbb\xbf", 3) ? 0 : 3));
	free(text);
}

static void lock_for_fork(void)
{
	pthread_mutex_lock(&emu.lock);
}

static void unlock_after_fork(void)
{
	pthread_mutex_unlock(&emu.lock);
}

/* A broken set-up is said at once: a test that runs without its faults proves nothing. */
static void set_up(void)
{
	const char *log = getenv("NPUEMU_LOG");

	emu.ready = true;
	emu.sim = sim_new();
	emu.regs = calloc(1, sizeof *emu.regs);
	emu.memory_fd = memfd_create("npuemu-memory", MFD_CLOEXEC);
	emu.node_fd = memfd_create("npuemu-node", MFD_CLOEXEC);
	if (!emu.sim || !emu.regs || emu.memory_fd < 0 || emu.node_fd < 0) {
		fprintf(stderr, "npuemu: no memory for the virtual device\n");
		_exit(2);
	}
	if (log && *log) {
		emu.log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
		if (emu.log_fd < 0) {
			fprintf(stderr, "npuemu: NPUEMU_LOG: %s: %s\n", log,
				strerror(errno));
			_exit(2);
		}
	}
	emu_settings_default(&emu.settings);
	run_environment("NPUEMU", getenv("NPUEMU"));
	run_file(getenv("NPUEMU_SCRIPT"));
	pthread_atfork(lock_for_fork, unlock_after_fork, unlock_after_fork);
}

void emu_enter(void)
{
	pthread_mutex_lock(&emu.lock);
	if (!emu.ready)
		set_up();
}

void emu_leave(void)
{
	pthread_mutex_unlock(&emu.lock);
}

__attribute__((destructor)) static void end(void)
{
	if (!emu.ready)
		return;
	pthread_mutex_lock(&emu.lock);
	emu_report_end();
	pthread_mutex_unlock(&emu.lock);
}

__attribute__((visibility("default"))) void npuemu_reset(void)
{
	emu_enter();
	emu_jobs_free();
	emu_faults_free();
	emu_settings_default(&emu.settings);
	emu_registers_lost();
	emu.log.bytes = emu.verdict.bytes = 0;
	emu.clock_us = emu.power_off_us = 0;
	emu.powered = emu.resetting = false;
	emu.domain = 0;
	emu.stats = (struct npuemu_stats){ 0 };
	if (!emu.bos)
		emu.next_bo = emu.next_name = 0;
	if (!emu.fds)
		emu.next_file = 0;
	for (struct emu_bo *bo = emu.bos; bo; bo = bo->next)
		bo->busy_us = 0;
	emu_leave();
}

__attribute__((visibility("default"))) bool
npuemu_script(const char *text, const char *name, char *error, size_t error_bytes)
{
	bool ok;

	emu_enter();
	ok = emu_script(text, name, error, error_bytes);
	emu_leave();
	return ok;
}

__attribute__((visibility("default"))) void npuemu_advance_us(uint64_t us)
{
	emu_enter();
	emu_run_until(emu_now() + us, NULL);
	emu_leave();
}

/* ---- descriptors ---- */

/*
 * Which descriptors are ours, for wrappers to ask without the lock: a call that
 * comes while a SUBMIT runs must not wait here, or nobody would know it came.
 */
#define QUICK_FDS 65536
static unsigned char fd_is_ours[QUICK_FDS];

static void fd_mark(int fd, bool ours)
{
	if (fd < QUICK_FDS)
		__atomic_store_n(&fd_is_ours[fd], ours, __ATOMIC_RELEASE);
}

struct emu_fd *emu_fd_find(int fd)
{
	for (uint32_t i = 0; i < emu.fds; i++) {
		if (emu.fd[i].fd == fd)
			return &emu.fd[i];
	}
	return NULL;
}

static bool fd_reserve(void)
{
	uint32_t room = emu.fd_room ? emu.fd_room * 2 : 16;
	struct emu_fd *fd;

	if (emu.fds < emu.fd_room)
		return true;
	fd = realloc(emu.fd, room * sizeof *fd);
	if (!fd)
		return false;
	emu.fd = fd;
	emu.fd_room = room;
	return true;
}

static void fd_add(int fd, struct emu_file *file, struct emu_bo *bo)
{
	fd_mark(fd, true);
	emu.fd[emu.fds] = (struct emu_fd){ fd, file, bo };
	__atomic_store_n(&emu.fds, emu.fds + 1, __ATOMIC_RELEASE);
	if (file)
		file->fds++;
	else
		emu_bo_get(bo);
}

int emu_fd_new(struct emu_file *file, struct emu_bo *bo, int flags)
{
	char path[32];
	int fd;

	if (!fd_reserve())
		return -ENOMEM;
	/* A new opening, and not a duplicate, so that each has its own flock. */
	snprintf(path, sizeof path, "/proc/self/fd/%d", emu.node_fd);
	fd = emu_sys_open(path, O_RDWR | (flags & (O_CLOEXEC | O_NONBLOCK)));
	if (fd < 0)
		return -errno;
	fd_add(fd, file, bo);
	return fd;
}

static void file_free(struct emu_file *f)
{
	for (uint32_t h = 1; h <= f->handles; h++) {
		if (f->handle[h - 1].bo)
			emu_handle_drop(f, h);
	}
	free(f->handle);
	free(f);
}

static void fd_drop(struct emu_fd *e)
{
	struct emu_fd old = *e;

	fd_mark(old.fd, false);
	*e = emu.fd[emu.fds - 1];
	__atomic_store_n(&emu.fds, emu.fds - 1, __ATOMIC_RELEASE);
	if (old.bo)
		emu_bo_put(old.bo);
	else if (!--old.file->fds)
		file_free(old.file);
}

bool emu_is_ours(int fd)
{
	bool ours;

	if (fd < 0)
		return false;
	if (fd < QUICK_FDS)
		return __atomic_load_n(&fd_is_ours[fd], __ATOMIC_ACQUIRE);
	emu_enter();
	ours = emu_fd_find(fd) != NULL;
	emu_leave();
	return ours;
}

int emu_close(int fd)
{
	const struct emu_fault *fault;
	struct emu_fd *e;
	int err = 0;

	emu_enter_call();
	e = emu_fd_find(fd);
	if (e) {
		/* As in Linux, the descriptor is gone whatever close says. */
		fault = emu_count_call(EMU_CLOSE);
		err = fault ? fault->err : 0;
		fd_drop(e);
	}
	emu_leave();
	if (!err)
		return 0;
	errno = err;
	return -1;
}

/* new_fd is a duplicate of old_fd already; if it was ours before, that is over. */
int emu_dup(int old_fd, int new_fd)
{
	struct emu_fd *e;
	int err = 0;

	emu_enter();
	e = old_fd == new_fd ? NULL : emu_fd_find(new_fd);
	if (e)
		fd_drop(e);
	e = old_fd == new_fd ? NULL : emu_fd_find(old_fd);
	if (e && !fd_reserve())
		err = ENOMEM;
	else if (e) {
		e = emu_fd_find(old_fd);
		fd_add(new_fd, e->file, e->bo);
	}
	emu_leave();
	return err;
}

/* ---- nodes ---- */

bool emu_path_is_ours(const char *path)
{
	/* A real NPU must not be reached by accident while one is emulated. */
	if (!path)
		return false;
	return !strncmp(path, "/dev/dri/", 9) || !strcmp(path, "/dev/rknpu") ||
	       !strncmp(path, "/dev/accel/", 11);
}

static const struct emu_node *find_node(const char *path)
{
	for (uint32_t i = 0; i < emu.settings.nodes; i++) {
		if (!strcmp(emu.settings.node[i].path, path))
			return &emu.settings.node[i];
	}
	return NULL;
}

static int open_node(const char *path, int flags)
{
	const struct emu_node *node = find_node(path);
	const struct emu_fault *fault;
	struct emu_file *f;
	int fd;

	if (!node)
		return -ENOENT;
	fault = emu_count_call(EMU_OPEN);
	if (fault)
		return -fault->err;
	if (node->open_errno)
		return -node->open_errno;
	f = calloc(1, sizeof *f);
	if (!f)
		return -ENOMEM;
	f->node_copy = *node;
	f->node = &f->node_copy;
	f->id = ++emu.next_file;
	fd = emu_fd_new(f, NULL, flags);
	if (fd < 0)
		free(f);
	return fd;
}

int emu_open(const char *path, int flags)
{
	int fd;

	emu_enter();
	fd = open_node(path, flags);
	emu_leave();
	if (fd >= 0)
		return fd;
	errno = -fd;
	return -1;
}
