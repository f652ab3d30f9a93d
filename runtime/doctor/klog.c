/*
 * The kernel's log as text: /dev/kmsg record by record, else the whole ring through
 * klogctl; in a copied tree the file /kernel.log.
 */
#define _DEFAULT_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "sys_host.h"

#define RECORD_BYTES 8192 /* the kernel's own bound of one record */
#define ACTION_READ_ALL 3
#define ACTION_SIZE 10
#define COPIED_LOG "/kernel.log"

char *klog_line(const char *record, size_t bytes, char *out, size_t room)
{
	unsigned long long usec;
	const char *text = memchr(record, ';', bytes);
	size_t length;
	int used;

	if (!text || sscanf(record, "%*u,%*u,%llu,", &usec) != 1)
		return NULL;
	text++;
	length = bytes - (size_t)(text - record);
	/* continuation lines hold "KEY=value" pairs of the device */
	if (memchr(text, '\n', length))
		length = (size_t)((const char *)memchr(text, '\n', length) - text);
	used = snprintf(out, room, "[%5llu.%06llu] %.*s\n", usec / 1000000,
			usec % 1000000, (int)length, text);
	return used < 0 || (size_t)used >= room ? NULL : out + used;
}

static int read_kmsg(struct sys_text *text)
{
	char *record = malloc(RECORD_BYTES), *line = malloc(2 * RECORD_BYTES);
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *out = open_memstream(&text->bytes, &text->count);
	int error = fd < 0 ? errno : 0;
	size_t total = 0;

	while (!error && record && line && out && total < SYS_LOG_BYTES) {
		ssize_t n = read(fd, record, RECORD_BYTES - 1);
		const char *end;

		if (n < 0 && (errno == EINTR || errno == EPIPE))
			continue; /* EPIPE: records were overwritten meanwhile */
		if (n < 0 && errno == EAGAIN)
			break; /* all read */
		if (n <= 0) {
			error = n ? errno : 0;
			break;
		}
		record[n] = '\0';
		end = klog_line(record, (size_t)n, line, 2 * RECORD_BYTES);
		total += (size_t)n;
		if (end)
			fwrite(line, 1, (size_t)(end - line), out);
	}
	if (!record || !line || !out)
		error = ENOMEM;
	if (out && fclose(out))
		error = ENOMEM;
	if (fd >= 0)
		close(fd);
	free(record);
	free(line);
	if (error && out)
		sys_text_free(text);
	return error;
}

static int read_ring(struct sys_text *text)
{
	int size = klogctl(ACTION_SIZE, NULL, 0);
	int n;

	if (size < 0)
		return errno;
	text->bytes = malloc((size_t)size + 1);
	if (!text->bytes)
		return ENOMEM;
	n = klogctl(ACTION_READ_ALL, text->bytes, size);
	if (n < 0) {
		int error = errno;

		sys_text_free(text);
		return error;
	}
	text->count = (size_t)n;
	text->bytes[n] = '\0';
	return 0;
}

int sys_kernel_log(struct sys *sys, struct sys_text *text, const char **name)
{
	int error;

	*text = (struct sys_text){ 0 };
	if (sys->root[0]) {
		*name = "kernel.log";
		return sys->read_file(sys, COPIED_LOG, SYS_LOG_BYTES, text);
	}
	*name = "/dev/kmsg";
	error = read_kmsg(text);
	if (!error)
		return 0;
	*name = "klogctl";
	/* the first refusal says more: /dev/kmsg is what people know */
	return read_ring(text) ? error : 0;
}
