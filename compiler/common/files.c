#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* realpath */
#endif
#include "common/files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES ((size_t)1 << 16)
#define STEP_BYTES ((size_t)1 << 22) /* a signal waits for no more */
#define TEMP_SUFFIX ".XXXXXX"

static bool fail(char *why, size_t why_bytes, const char *what, int error)
{
	snprintf(why, why_bytes, "cannot %s: %s", what, strerror(error));
	return false;
}

/* Grow to hold at least one more chunk. */
static bool grow(void **data, size_t *room)
{
	size_t more = *room + (*room / 2 > CHUNK_BYTES ? *room / 2 : CHUNK_BYTES);
	void *bigger = realloc(*data, more);

	if (!bigger)
		return false;
	*data = bigger;
	*room = more;
	return true;
}

/*
 * How much to ask for at once: all of a regular file and a byte, to see its end; 0 when
 * it has more than may be read.
 */
static size_t first_room(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
		return CHUNK_BYTES;
	return (uint64_t)st.st_size > FILE_MAX_BYTES ? 0 : (size_t)st.st_size + 1;
}

static bool read_all(int fd, void **data, size_t *bytes, char *why, size_t why_bytes)
{
	size_t room = first_room(fd), used = 0;

	if (!room)
		return fail(why, why_bytes, "read", EFBIG);
	*data = malloc(room);
	if (!*data)
		return fail(why, why_bytes, "read", ENOMEM);
	for (;;) {
		ssize_t n;

		if (used == room && !grow(data, &room))
			return fail(why, why_bytes, "read", ENOMEM);
		n = read(fd, (char *)*data + used, room - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(why, why_bytes, "read", errno);
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > FILE_MAX_BYTES)
			return fail(why, why_bytes, "read", EFBIG);
	}
	*bytes = used;
	return true;
}

bool files_read(const char *path, void **data, size_t *bytes, char *why, size_t why_bytes)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	void *got = NULL;
	size_t got_bytes = 0;
	bool ok;

	if (fd < 0)
		return fail(why, why_bytes, "open", errno);
	ok = read_all(fd, &got, &got_bytes, why, why_bytes);
	if (!standard)
		close(fd);
	if (!ok) {
		free(got);
		return false;
	}
	*data = got;
	*bytes = got_bytes;
	return true;
}

void files_expect_full(void)
{
	signal(SIGXFSZ, SIG_IGN);
}

static void end_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void files_hold_signals(sigset_t *before)
{
	sigset_t set;

	end_signals(&set);
	sigprocmask(SIG_BLOCK, &set, before);
}

void files_release_signals(const sigset_t *before)
{
	sigprocmask(SIG_SETMASK, before, NULL);
}

/* Whether one of the signals that are held has come. */
static bool must_end(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 &&
	       (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
		sigismember(&pending, SIGHUP));
}

static bool write_parts(int fd, const struct file_part *parts, size_t part_count)
{
	for (size_t i = 0; i < part_count; i++) {
		const char *at = parts[i].data;
		size_t left = parts[i].bytes;

		while (left > 0) {
			ssize_t n = write(fd, at, left < STEP_BYTES ? left : STEP_BYTES);

			if (must_end()) {
				errno = EINTR;
				return false;
			}
			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				return false;
			at += n;
			left -= (size_t)n;
		}
	}
	return true;
}

/* What goes into a file; the first `mark_bytes` of its one part go last. */
struct content {
	const struct file_part *parts;
	size_t part_count, mark_bytes;
};

static bool write_marked(int fd, const struct content *c)
{
	const char *mark = c->parts->data;
	struct file_part rest = { mark + c->mark_bytes, c->parts->bytes - c->mark_bytes };

	return lseek(fd, (off_t)c->mark_bytes, SEEK_SET) >= 0 &&
	       write_parts(fd, &rest, 1) && fsync(fd) == 0 &&
	       pwrite(fd, mark, c->mark_bytes, 0) == (ssize_t)c->mark_bytes;
}

static bool write_direct(const char *path, const struct content *c, char *why,
			 size_t why_bytes)
{
	/* standard output may be a file that can be written but not opened again */
	bool standard = strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
	int fd = standard ? dup(STDOUT_FILENO) : open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return fail(why, why_bytes, "open", errno);
	if (!write_parts(fd, c->parts, c->part_count)) {
		fail(why, why_bytes, "write", errno);
		close(fd);
		return false;
	}
	return close(fd) == 0 || fail(why, why_bytes, "write", errno);
}

/* The mode that open(2) would have given: 0666 without the umask's bits. */
static mode_t default_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* Fill `temp`, made by mkstemp, and give it the name `path`. */
static bool write_and_rename(int fd, const char *temp, const char *path,
			     const struct content *c, char *why, size_t why_bytes)
{
	bool ok = true;

	if (!(c->mark_bytes ? write_marked(fd, c)
			    : write_parts(fd, c->parts, c->part_count)) ||
	    fchmod(fd, default_mode()) != 0)
		ok = fail(why, why_bytes, "write", errno);
	if (close(fd) != 0 && ok)
		ok = fail(why, why_bytes, "write", errno);
	if (ok && rename(temp, path) != 0)
		ok = fail(why, why_bytes, "create", errno);
	if (!ok)
		unlink(temp);
	return ok;
}

static bool write_renamed(const char *path, const struct content *c, char *why,
			  size_t why_bytes)
{
	size_t length = strlen(path);
	char *temp = malloc(length + sizeof(TEMP_SUFFIX));
	sigset_t before;
	bool ok;
	int fd;

	if (!temp)
		return fail(why, why_bytes, "create", ENOMEM);
	memcpy(temp, path, length);
	memcpy(temp + length, TEMP_SUFFIX, sizeof(TEMP_SUFFIX));
	files_hold_signals(&before);
	fd = mkstemp(temp);
	ok = fd >= 0 ? write_and_rename(fd, temp, path, c, why, why_bytes)
		     : fail(why, why_bytes, "create", errno);
	files_release_signals(&before);
	free(temp);
	return ok;
}

static bool is_standard(const char *path)
{
	return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
}

/* A device, a pipe: nothing that another file could take the place of. */
static bool is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

bool files_may_write(const char *path, char *why, size_t why_bytes)
{
	const char *slash = strrchr(path, '/');
	struct stat st;
	char *dir;
	bool ok;

	if (is_standard(path))
		return true;
	if (is_special(path))
		return access(path, W_OK) == 0 || fail(why, why_bytes, "open", errno);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return fail(why, why_bytes, "write", EISDIR);
	dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path))
		    : strdup(".");
	ok = dir && access(dir, W_OK | X_OK) == 0;
	if (!ok)
		fail(why, why_bytes, "create", dir ? errno : ENOMEM);
	free(dir);
	return ok;
}

static bool write_content(const char *path, const struct content *c, char *why,
			  size_t why_bytes)
{
	struct stat st;
	char *real = NULL;
	bool ok;

	files_expect_full();
	if (is_standard(path) || is_special(path))
		return write_direct(path, c, why, why_bytes);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return fail(why, why_bytes, "write", EISDIR);
	/* A link stays a link: replace what it points to. */
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		real = realpath(path, NULL);
	ok = write_renamed(real ? real : path, c, why, why_bytes);
	free(real);
	return ok;
}

bool files_write(const char *path, const struct file_part *parts, size_t part_count,
		 char *why, size_t why_bytes)
{
	const struct content c = { parts, part_count, 0 };

	return write_content(path, &c, why, why_bytes);
}

bool files_write_marked(const char *path, const struct file_part *part, size_t mark_bytes,
			char *why, size_t why_bytes)
{
	const struct content c = { part, 1, mark_bytes };

	return write_content(path, &c, why, why_bytes);
}
