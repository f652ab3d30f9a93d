#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"

/* First room for a file whose size is not known. */
#define FIRST_BYTES 65536u

static enum file_status fail(struct file_text *text)
{
	text->error = errno;
	return FILE_ERRNO;
}

/* Read to the end; one byte beyond the limit tells a file that is too large. */
static enum file_status read_all(struct file_text *text, int fd, size_t room,
				 size_t max_bytes)
{
	ssize_t n;

	text->bytes = mem_new(room);
	for (;;) {
		if (text->count == room) {
			room = room * 2 > max_bytes + 1 ? max_bytes + 1 : room * 2;
			text->bytes = realloc(text->bytes, room);
			if (!text->bytes)
				mem_out();
		}
		n = read(fd, text->bytes + text->count, room - text->count);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		text->count += (size_t)n;
		if (text->count > max_bytes)
			break;
	}
	if (n < 0)
		return fail(text);
	return text->count > max_bytes ? FILE_TOO_LARGE : FILE_OK;
}

static enum file_status read_open(struct file_text *text, int fd, size_t max_bytes,
				  bool special)
{
	struct stat st;
	size_t room = FIRST_BYTES;

	if (fstat(fd, &st) != 0)
		return fail(text);
	text->device = st.st_dev;
	text->inode = st.st_ino;
	if (S_ISDIR(st.st_mode))
		return FILE_DIRECTORY;
	if (!S_ISREG(st.st_mode) && !special)
		return FILE_SPECIAL;
	if (S_ISREG(st.st_mode)) {
		if ((uintmax_t)st.st_size > max_bytes)
			return FILE_TOO_LARGE;
		room = (size_t)st.st_size + 1;
	}
	return read_all(text, fd, room, max_bytes);
}

enum file_status file_read(struct file_text *text, const char *path, size_t max_bytes,
			   bool special)
{
	enum file_status status;
	int fd = STDIN_FILENO;

	*text = (struct file_text){ 0 };
	if (path) {
		/* Without O_NONBLOCK, opening a pipe that nobody writes would hang. */
		fd = open(path, O_RDONLY | O_CLOEXEC | (special ? 0 : O_NONBLOCK));
		if (fd < 0)
			return fail(text);
	}
	status = read_open(text, fd, max_bytes, special);
	if (path)
		close(fd);
	if (status != FILE_OK) {
		free(text->bytes);
		text->bytes = NULL;
		text->count = 0;
	}
	return status;
}
