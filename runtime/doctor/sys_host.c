/*
 * This machine, or a tree of files copied from another one (--root).
 */
#define _DEFAULT_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"
#include "sys_host.h"

#define READ_STEP ((size_t)16 << 10)

void sys_path(char path[SYS_PATH_BYTES], const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, SYS_PATH_BYTES, fmt, args);
	va_end(args);
}

void sys_text_free(struct sys_text *text)
{
	free(text->bytes);
	*text = (struct sys_text){ 0 };
}

void sys_names_free(struct sys_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct sys_names){ 0 };
}

int sys_read_line(struct sys *sys, const char *path, char *line, size_t bytes)
{
	struct sys_text text;
	size_t start, end;
	int error = sys->read_file(sys, path, SYS_SMALL_BYTES, &text);

	line[0] = '\0';
	if (error)
		return error;
	start = strspn(text.bytes, " \t");
	end = start + strcspn(text.bytes + start, "\n");
	while (end > start && strchr(" \t\r", text.bytes[end - 1]))
		end--;
	snprintf(line, bytes, "%.*s", (int)(end - start), text.bytes + start);
	sys_text_free(&text);
	return 0;
}

void sys_host_place(const struct sys *sys, const char *path, char full[SYS_PATH_BYTES])
{
	sys_path(full, "%s%s", sys->root, path);
}

int sys_host_read_fd(int fd, size_t max, struct sys_text *text)
{
	size_t room = 0;

	*text = (struct sys_text){ 0 };
	for (;;) {
		ssize_t n;

		if (room - text->count < READ_STEP + 1) {
			char *more = realloc(text->bytes, room + 4 * READ_STEP);

			if (!more) {
				sys_text_free(text);
				return ENOMEM;
			}
			text->bytes = more;
			room += 4 * READ_STEP;
		}
		n = read(fd, text->bytes + text->count, READ_STEP);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int error = errno;

			sys_text_free(text);
			return error;
		}
		text->count += (size_t)n;
		text->count = text->count > max ? max : text->count;
		text->bytes[text->count] = '\0';
		if (!n || text->count == max)
			return 0;
	}
}

static int host_read_file(struct sys *sys, const char *path, size_t max,
			  struct sys_text *text)
{
	char full[SYS_PATH_BYTES];
	struct stat st;
	int fd, error;

	*text = (struct sys_text){ 0 };
	sys_host_place(sys, path, full);
	/* a FIFO or device in the place of a file must not block the tool */
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno;
	if (fstat(fd, &st))
		error = errno;
	else if (!S_ISREG(st.st_mode))
		error = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	else
		error = sys_host_read_fd(fd, max, text);
	close(fd);
	return error;
}

/* renderD9 before renderD128: runs of digits by value. */
static int compare_names(const void *a, const void *b)
{
	const char *p = *(char *const *)a, *q = *(char *const *)b;

	for (; *p && *p == *q; p++, q++)
		;
	if (*p >= '0' && *p <= '9' && *q >= '0' && *q <= '9') {
		size_t m = strspn(p, "0123456789"), n = strspn(q, "0123456789");

		if (m != n)
			return m < n ? -1 : 1;
	}
	return (unsigned char)*p - (unsigned char)*q;
}

static int host_list_dir(struct sys *sys, const char *path, struct sys_names *names)
{
	char full[SYS_PATH_BYTES];
	struct dirent *entry;
	DIR *dir;

	*names = (struct sys_names){ 0 };
	sys_host_place(sys, path, full);
	dir = opendir(full);
	if (!dir)
		return errno;
	names->items = calloc(SYS_NAMES_MAX, sizeof *names->items);
	while (names->items && (entry = readdir(dir)) && names->count < SYS_NAMES_MAX) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		names->items[names->count] = strdup(entry->d_name);
		names->count += names->items[names->count] != NULL;
	}
	closedir(dir);
	if (!names->items)
		return ENOMEM;
	qsort(names->items, names->count, sizeof *names->items, compare_names);
	return 0;
}

static int host_read_link(struct sys *sys, const char *path, char *target, size_t bytes)
{
	char full[SYS_PATH_BYTES];
	ssize_t n;

	sys_host_place(sys, path, full);
	n = readlink(full, target, bytes - 1);
	if (n < 0)
		return errno;
	target[n] = '\0';
	return 0;
}

static int host_get_access(struct sys *sys, const char *path, struct sys_access *access)
{
	char full[SYS_PATH_BYTES];
	const struct passwd *user;
	const struct group *group;
	struct stat st;

	sys_host_place(sys, path, full);
	if (stat(full, &st))
		return errno;
	if (sys->root[0])
		return sys_node_recorded_access(sys, path, access);
	user = getpwuid(st.st_uid);
	group = getgrgid(st.st_gid);
	access->mode = st.st_mode & 07777;
	snprintf(access->owner, sizeof access->owner, "%s", user ? user->pw_name : "?");
	snprintf(access->group, sizeof access->group, "%s", group ? group->gr_name : "?");
	if (!user)
		snprintf(access->owner, sizeof access->owner, "%u", (unsigned)st.st_uid);
	if (!group)
		snprintf(access->group, sizeof access->group, "%u", (unsigned)st.st_gid);
	return 0;
}

#define PAGE_BYTES 4096u

/* Read in a child: a bus error or a stuck read must not take the tool along. */
struct mmio_request {
	uint64_t address;
	const uint32_t *offsets;
	size_t count;
};

static int mmio_work(void *arg, void *result)
{
	const struct mmio_request *r = arg;
	uint32_t *values = result;
	int fd = open("/dev/mem", O_RDONLY | O_SYNC | O_CLOEXEC);

	if (fd < 0)
		return errno;
	for (size_t i = 0; i < r->count; i++) {
		uint64_t at = r->address + r->offsets[i];
		const volatile uint32_t *page =
		    mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, fd,
			 (off_t)(at & ~(uint64_t)(PAGE_BYTES - 1)));

		if (page == MAP_FAILED)
			return errno;
		values[i] = page[(at & (PAGE_BYTES - 1)) / sizeof *page];
		munmap((void *)(uintptr_t)page, PAGE_BYTES);
	}
	return 0;
}

static int host_read_mmio(struct sys *sys, uint64_t address, const uint32_t *offsets,
			  size_t count, uint32_t *values)
{
	struct mmio_request r = { address, offsets, count };

	if (sys->root[0])
		return ENODEV;
	return guard_call(mmio_work, &r, values, count * sizeof *values,
			  SYS_NODE_LIMIT_MS, NULL);
}

static uint64_t host_now_ms(struct sys *sys)
{
	(void)sys;
	return guard_now_ms();
}

static void host_sleep_ms(struct sys *sys, uint32_t ms)
{
	(void)sys;
	guard_sleep_ms(ms);
}

void sys_host_init(struct sys *sys, const char *root)
{
	*sys = (struct sys){
		.read_file = host_read_file,
		.list_dir = host_list_dir,
		.read_link = host_read_link,
		.get_access = host_get_access,
		.ask_node = sys_node_ask,
		.kernel_log = sys_kernel_log,
		.read_mmio = host_read_mmio,
		.now_ms = host_now_ms,
		.sleep_ms = host_sleep_ms,
		.root = root && strcmp(root, "/") ? root : "",
	};
}
