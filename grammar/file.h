/*
 * Whole files into memory.
 */
#ifndef GRAMMAR_FILE_H
#define GRAMMAR_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum file_status {
	FILE_OK,
	FILE_ERRNO, /* file_text.error says what */
	FILE_DIRECTORY,
	FILE_SPECIAL, /* a pipe or device where only files may stand */
	FILE_TOO_LARGE
};

struct file_text {
	char *bytes; /* NULL unless FILE_OK; free() it */
	size_t count;
	dev_t device;
	ino_t inode;
	int error;
};

/*
 * Read `path`, NULL for standard input, up to `max_bytes`.  Pipes and devices are
 * read too when `special`.
 */
enum file_status file_read(struct file_text *text, const char *path, size_t max_bytes,
			   bool special);

#endif
