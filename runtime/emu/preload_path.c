/*
 * Looking for nodes without opening them: stat, access and reading directories.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "emu/emu.h"
#include "emu/preload.h"

#define DRM_MAJOR 226
#define MISC_MAJOR 10

PRELOAD int stat(const char *path, struct stat *st);
PRELOAD int lstat(const char *path, struct stat *st);
PRELOAD int stat64(const char *path, struct stat64 *st);
PRELOAD int lstat64(const char *path, struct stat64 *st);
PRELOAD int fstat(int fd, struct stat *st);
PRELOAD int fstat64(int fd, struct stat64 *st);
PRELOAD int __xstat(int version, const char *path, struct stat *st);
PRELOAD int __lxstat(int version, const char *path, struct stat *st);
PRELOAD int __fxstat(int version, int fd, struct stat *st);
PRELOAD int __xstat64(int version, const char *path, struct stat64 *st);
PRELOAD int __lxstat64(int version, const char *path, struct stat64 *st);
PRELOAD int __fxstat64(int version, int fd, struct stat64 *st);
PRELOAD int access(const char *path, int mode);
PRELOAD int faccessat(int dir, const char *path, int mode, int flags);
PRELOAD FILE *fopen(const char *path, const char *mode);
PRELOAD FILE *fopen64(const char *path, const char *mode);
PRELOAD DIR *opendir(const char *path);
PRELOAD struct dirent *readdir(DIR *dir);
PRELOAD struct dirent64 *readdir64(DIR *dir);
PRELOAD int closedir(DIR *dir);

struct node_stat {
	uint32_t mode;
	dev_t device;
};

static void fill_node(const struct emu_node *n, struct node_stat *st)
{
	const char *digits = n->path + strcspn(n->path, "0123456789");
	bool is_char = n->kind == EMU_CHAR;

	st->mode = S_IFCHR | 0660;
	st->device = makedev(is_char ? MISC_MAJOR : DRM_MAJOR,
			     (unsigned)strtoul(digits, NULL, 10));
}

/* Whether the path is one that the emulator answers for; 0 or an errno. */
static bool look_up(const char *path, struct node_stat *st, int *err)
{
	bool is_dir = path && (!strcmp(path, "/dev/dri") || !strcmp(path, "/dev/dri/"));

	if (emu_text_is_ours(path)) {
		*st = (struct node_stat){ S_IFREG | 0444, 0 };
		*err = emu_text_exists(path) ? 0 : ENOENT;
		return true;
	}
	if (!path || (!is_dir && !emu_path_is_ours(path)))
		return false;
	*err = ENOENT;
	emu_enter();
	for (uint32_t i = 0; i < emu.settings.nodes; i++) {
		const struct emu_node *n = &emu.settings.node[i];

		if (!is_dir && !strcmp(n->path, path)) {
			fill_node(n, st);
			*err = 0;
		} else if (is_dir && !strncmp(n->path, "/dev/dri/", 9)) {
			*st = (struct node_stat){ S_IFDIR | 0755, 0 };
			*err = 0;
		}
	}
	emu_leave();
	return true;
}

/*
 * Each body has a name of its own: the public ones may lead to a sanitizer's
 * wrapper, which would come back here.
 */
#define STAT(function, type)                                                             \
	static int own_##function(const char *path, struct type *st)                     \
	{                                                                                \
		typedef int stat_type(const char *, struct type *);                      \
		struct node_stat node;                                                   \
		int err;                                                                 \
                                                                                         \
		if (!look_up(path, &node, &err))                                         \
			return NEXT(stat_type, #function)(path, st);                     \
		if (err) {                                                               \
			errno = err;                                                     \
			return -1;                                                       \
		}                                                                        \
		memset(st, 0, sizeof *st);                                               \
		st->st_mode = node.mode;                                                 \
		st->st_rdev = node.device;                                               \
		return 0;                                                                \
	}                                                                                \
	int function(const char *path, struct type *st)                                  \
	{                                                                                \
		return own_##function(path, st);                                         \
	}

#define FSTAT(function, type)                                                            \
	static int own_##function(int fd, struct type *st)                               \
	{                                                                                \
		typedef int fstat_type(int, struct type *);                              \
		int ret = NEXT(fstat_type, #function)(fd, st);                           \
		struct node_stat node;                                                   \
                                                                                         \
		if (!ret && fd_node(fd, &node)) {                                        \
			st->st_mode = node.mode;                                         \
			st->st_rdev = node.device;                                       \
		}                                                                        \
		return ret;                                                              \
	}                                                                                \
	int function(int fd, struct type *st)                                            \
	{                                                                                \
		return own_##function(fd, st);                                           \
	}

static bool fd_node(int fd, struct node_stat *st)
{
	const struct emu_fd *e;
	bool found;

	if (!emu_is_ours(fd))
		return false;
	emu_enter();
	e = emu_fd_find(fd);
	found = e && e->file;
	if (found)
		fill_node(e->file->node, st);
	emu_leave();
	return found;
}

STAT(stat, stat)
STAT(lstat, stat)
STAT(stat64, stat64)
STAT(lstat64, stat64)
FSTAT(fstat, stat)
FSTAT(fstat64, stat64)

/* What programs built against C libraries before 2.33 call, and some sanitizers. */
#define OLD_STAT(old, function, type)                                                    \
	int old(int version, const char *path, struct type *st)                          \
	{                                                                                \
		(void)version;                                                           \
		return own_##function(path, st);                                         \
	}

OLD_STAT(__xstat, stat, stat)
OLD_STAT(__lxstat, lstat, stat)
OLD_STAT(__xstat64, stat64, stat64)
OLD_STAT(__lxstat64, lstat64, stat64)

int __fxstat(int version, int fd, struct stat *st)
{
	(void)version;
	return own_fstat(fd, st);
}

int __fxstat64(int version, int fd, struct stat64 *st)
{
	(void)version;
	return own_fstat64(fd, st);
}

int access(const char *path, int mode)
{
	typedef int access_type(const char *, int);
	struct node_stat node;
	int err;

	if (!look_up(path, &node, &err))
		return NEXT(access_type, "access")(path, mode);
	if (!err)
		return 0;
	errno = err;
	return -1;
}

int faccessat(int dir, const char *path, int mode, int flags)
{
	typedef int faccessat_type(int, const char *, int, int);

	if (emu_path_is_ours(path) || emu_text_is_ours(path))
		return access(path, mode);
	return NEXT(faccessat_type, "faccessat")(dir, path, mode, flags);
}

#define FOPEN(function)                                                                  \
	FILE *function(const char *path, const char *mode)                               \
	{                                                                                \
		typedef FILE *fopen_type(const char *, const char *);                    \
		int fd;                                                                  \
                                                                                         \
		if (!emu_text_is_ours(path))                                             \
			return NEXT(fopen_type, #function)(path, mode);                  \
		fd = emu_text_open(path, mode[0] != 'r' || strchr(mode, '+'));           \
		return fd < 0 ? NULL : fdopen(fd, mode);                                 \
	}

FOPEN(fopen)
FOPEN(fopen64)

/* ---- directories: one listing at a time is enough for a search ---- */

struct listing {
	bool open;
	uint32_t next;
	union {
		struct dirent d;
		struct dirent64 d64;
	} entry;
};

#define LISTINGS 4
static struct listing listings[LISTINGS];

static struct listing *find_listing(const DIR *dir)
{
	const struct listing *l = (const struct listing *)(const void *)dir;

	return l >= listings && l < listings + LISTINGS ? &listings[l - listings] : NULL;
}

DIR *opendir(const char *path)
{
	typedef DIR *opendir_type(const char *);
	struct listing *l = NULL;
	struct node_stat node;
	int err;

	if (!look_up(path, &node, &err) || (!err && !S_ISDIR(node.mode)))
		return NEXT(opendir_type, "opendir")(path);
	if (!err) {
		emu_enter();
		for (int i = 0; i < LISTINGS && !l; i++)
			l = listings[i].open ? NULL : &listings[i];
		if (l)
			*l = (struct listing){ .open = true };
		emu_leave();
	}
	if (!l)
		errno = err ? err : EMFILE;
	return (DIR *)(void *)l;
}

/* Name of the next node below /dev/dri; NULL at the end. */
static const char *next_name(struct listing *l)
{
	while (l->next < emu.settings.nodes) {
		const char *path = emu.settings.node[l->next++].path;

		if (!strncmp(path, "/dev/dri/", 9))
			return path + 9;
	}
	return NULL;
}

#define READDIR(function, type, member)                                                  \
	struct type *function(DIR *dir)                                                  \
	{                                                                                \
		typedef struct type *readdir_type(DIR *);                                \
		struct listing *l = find_listing(dir);                                   \
		struct type *entry;                                                      \
		const char *name;                                                        \
                                                                                         \
		if (!l)                                                                  \
			return NEXT(readdir_type, #function)(dir);                       \
		entry = &l->entry.member;                                                \
		memset(entry, 0, sizeof *entry);                                         \
		emu_enter();                                                             \
		name = next_name(l);                                                     \
		if (name)                                                                \
			snprintf(entry->d_name, sizeof entry->d_name, "%s", name);       \
		emu_leave();                                                             \
		entry->d_type = DT_CHR;                                                  \
		entry->d_ino = l->next;                                                  \
		return name ? entry : NULL;                                              \
	}

READDIR(readdir, dirent, d)
READDIR(readdir64, dirent64, d64)

int closedir(DIR *dir)
{
	typedef int closedir_type(DIR *);
	struct listing *l = find_listing(dir);

	if (!l)
		return NEXT(closedir_type, "closedir")(dir);
	l->open = false;
	return 0;
}
