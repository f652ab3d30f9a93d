/*
 * A library that serves /dev/dri/renderD128 as an NPU's node to a program under test:
 * just enough of the driver for the tracer to see calls and answers.
 */
#undef _FILE_OFFSET_BITS
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rknpu/rknpu_uapi.h"

static int node = -1;

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

int open(const char *path, int flags, ...)
{
	int (*real)(const char *, int, ...);
	void *symbol = next("open");

	memcpy(&real, &symbol, sizeof real);
	if (strcmp(path, "/dev/dri/renderD128") != 0)
		return real(path, flags, 0644);
	node = real("/dev/null", O_RDWR);
	return node;
}

int close(int fd)
{
	int (*real)(int);
	void *symbol = next("close");

	memcpy(&real, &symbol, sizeof real);
	if (fd >= 0 && fd == node)
		node = -1;
	return real(fd);
}

static int answer(unsigned long request, void *arg)
{
	struct drm_version_arg *version = arg;
	struct rknpu_action_arg *action = arg;
	struct rknpu_mem_create *create = arg;
	struct rknpu_mem_map *map = arg;

	switch (request) {
	case RKNPU_DRM_VERSION:
		memcpy((void *)(uintptr_t)version->name, "rknpu", 5);
		version->name_len = 5;
		return 0;
	case RKNPU_ACTION:
		if (action->flags == 20) {
			errno = EINVAL;
			return -1;
		}
		action->value = 908;
		return 0;
	case RKNPU_MEM_CREATE:
		create->handle = 1;
		create->obj_addr = 0xffffff8102fc0400;
		create->dma_addr = 0xfff9f000;
		return 0;
	case RKNPU_MEM_MAP:
		map->offset = 0x100000000;
		return 0;
	default:
		return 0;
	}
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*real)(int, unsigned long, ...);
	void *symbol = next("ioctl"), *arg;
	va_list args;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	memcpy(&real, &symbol, sizeof real);
	return fd >= 0 && fd == node ? answer(request, arg) : real(fd, request, arg);
}

void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	void *(*real)(void *, size_t, int, int, int, off_t);
	void *symbol = next("mmap");

	memcpy(&real, &symbol, sizeof real);
	if (fd >= 0 && fd == node)
		return real(addr, length, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return real(addr, length, prot, flags, fd, offset);
}
