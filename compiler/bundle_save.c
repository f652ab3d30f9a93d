/*
 * A finished bundle to a file: whole or not at all, magic last.
 */
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700 /* realpath */
#endif
#include "bundle_write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int fd, const uint8_t *p, size_t bytes)
{
	while (bytes) {
		ssize_t n = write(fd, p, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (!n)
				errno = ENOSPC;
			return false;
		}
		p += n;
		bytes -= (size_t)n;
	}
	return true;
}

/* The magic goes in last, so that a file cut short is never taken for a bundle. */
static bool write_magic_last(int fd, const uint8_t *image, size_t bytes)
{
	static const uint8_t blank[NPUB_MAGIC_BYTES];

	return write_all(fd, blank, sizeof blank) &&
	       write_all(fd, image + NPUB_MAGIC_BYTES, bytes - NPUB_MAGIC_BYTES) &&
	       !fsync(fd) && pwrite(fd, image, NPUB_MAGIC_BYTES, 0) == NPUB_MAGIC_BYTES;
}

static bool fail(char *why, size_t why_bytes, const char *what, const char *path)
{
	snprintf(why, why_bytes, "cannot %s '%s': %s", what, path, strerror(errno));
	return false;
}

/* A pipe, terminal or device cannot be renamed over: write straight through. */
static bool write_stream(const uint8_t *image, size_t bytes, const char *path, char *why,
			 size_t why_bytes)
{
	bool is_stdout = !strcmp(path, "/dev/stdout");
	int fd = is_stdout ? dup(STDOUT_FILENO) : open(path, O_WRONLY | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return fail(why, why_bytes, "open", path);
	ok = write_all(fd, image, bytes);
	if (!ok)
		fail(why, why_bytes, "write", path);
	if (close(fd) && ok)
		ok = fail(why, why_bytes, "write", path);
	return ok;
}

/* Mode that a plain creat() would have given. */
static void apply_umask(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	(void)!fchmod(fd, 0666 & ~mask);
}

static bool write_renamed(const uint8_t *image, size_t bytes, const char *path, char *why,
			  size_t why_bytes)
{
	size_t length = strlen(path);
	char *temp = malloc(length + sizeof ".XXXXXX");
	bool ok;
	int fd;

	if (!temp) {
		errno = ENOMEM;
		return fail(why, why_bytes, "write", path);
	}
	memcpy(temp, path, length);
	memcpy(temp + length, ".XXXXXX", sizeof ".XXXXXX");
	fd = mkstemp(temp);
	if (fd < 0) {
		fail(why, why_bytes, "create", path);
		free(temp);
		return false;
	}
	apply_umask(fd);
	ok = write_magic_last(fd, image, bytes);
	if (!ok)
		fail(why, why_bytes, "write", path);
	if (close(fd) && ok)
		ok = fail(why, why_bytes, "write", path);
	if (ok && rename(temp, path))
		ok = fail(why, why_bytes, "replace", path);
	if (!ok)
		unlink(temp);
	free(temp);
	return ok;
}

bool bundle_write_file(struct bundle *b, const char *path, char *why, size_t why_bytes)
{
	size_t bytes;
	const uint8_t *image = bundle_finish(b, &bytes);
	char *real = NULL;
	struct stat st;
	bool ok;

	if (!image) {
		snprintf(why, why_bytes,
			 "out of memory, or a section has more than %u elements",
			 NPUB_NONE - 1);
		return false;
	}
	if (!strcmp(path, "/dev/stdout") ||
	    (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return write_stream(image, bytes, path, why, why_bytes);
	if (!stat(path, &st) && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return fail(why, why_bytes, "write", path);
	}
	/* A link stays a link: replace what it points to. */
	if (!lstat(path, &st) && S_ISLNK(st.st_mode))
		real = realpath(path, NULL);
	ok = write_renamed(image, bytes, real ? real : path, why, why_bytes);
	free(real);
	return ok;
}
