/*
 * Whole files in and out.  A file that was asked for is complete or not there.
 */
#ifndef FILES_H
#define FILES_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILE_MAX_BYTES ((size_t)1 << 32) /* more than the device can address */

/*
 * The bytes of `path` in malloc'd memory, aligned for any type; never NULL on
 * success, even when the file is empty.  "-" is standard input.  False with `why`
 * filled: "cannot open: No such file or directory".
 */
bool files_read(const char *path, void **data, size_t *bytes, char *why,
		size_t why_bytes);

struct file_part {
	const void *data;
	size_t bytes;
};

/*
 * From now on a write beyond the limit on file sizes fails, as on a full disk; by
 * itself the system would end the program there, with half a file left behind.
 */
void files_expect_full(void);

/*
 * Let SIGINT, SIGTERM and SIGHUP wait while something is half done, and let them act
 * again.  files_write() does so by itself: interrupted, it removes what it began, and
 * the signal ends the program.
 */
void files_hold_signals(sigset_t *before);
void files_release_signals(const sigset_t *before);

/*
 * Write the parts one after the other to `path`: to a temporary file next to it,
 * which then takes its name, so that a full disk or a crash leaves what was there
 * before.  "-" is standard output; a device or pipe is written directly; a link stays
 * a link.  False with `why` filled: "cannot write: No space left on device".
 */
bool files_write(const char *path, const struct file_part *parts, size_t part_count,
		 char *why, size_t why_bytes);

/*
 * The same for one part whose first `mark_bytes` tell what the file is: they are
 * written when everything behind them is on the disk.
 */
bool files_write_marked(const char *path, const struct file_part *part, size_t mark_bytes,
			char *why, size_t why_bytes);

/*
 * Whether files_write() has a place to write to, as far as can be told without
 * writing: for asking before long work.  False with `why` filled, in the same words.
 */
bool files_may_write(const char *path, char *why, size_t why_bytes);

#endif
