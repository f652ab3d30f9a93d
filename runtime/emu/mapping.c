/*
 * mmap and munmap: which pieces of the program's address space show which object.
 *
 * An object lives as long as a piece of it is mapped, so that a munmap of a
 * shorter length keeps memory and device addresses taken, as in the kernel.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "emu/emu.h"

void *emu_sys_mmap(void *address, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	return (void *)syscall(SYS_mmap, address, bytes, prot, flags, fd, offset);
}

int emu_sys_munmap(void *address, size_t bytes)
{
	return (int)syscall(SYS_munmap, address, bytes);
}

int emu_sys_open(const char *path, int flags)
{
	return (int)syscall(SYS_openat, -100 /* AT_FDCWD */, path, flags, 0);
}

int emu_sys_close(int fd)
{
	return (int)syscall(SYS_close, fd);
}

/* Room for one more piece, which a munmap in the middle of one may need. */
static bool reserve(void)
{
	uint32_t room = emu.mapping_room ? emu.mapping_room * 2 : 32;
	struct emu_mapping *m;

	if (emu.mappings + 2 <= emu.mapping_room)
		return true;
	m = realloc(emu.mapping, room * sizeof *m);
	if (!m)
		return false;
	emu.mapping = m;
	emu.mapping_room = room;
	return true;
}

static void add(uintptr_t start, uintptr_t end, struct emu_bo *bo)
{
	emu.mapping[emu.mappings] = (struct emu_mapping){ start, end, bo };
	__atomic_store_n(&emu.mappings, emu.mappings + 1, __ATOMIC_RELEASE);
	emu_bo_get(bo);
}

static void drop(uint32_t i)
{
	struct emu_bo *bo = emu.mapping[i].bo;

	emu.mapping[i] = emu.mapping[emu.mappings - 1];
	__atomic_store_n(&emu.mappings, emu.mappings - 1, __ATOMIC_RELEASE);
	emu_bo_put(bo);
}

bool emu_mapping_hits(uintptr_t start, size_t bytes)
{
	for (uint32_t i = 0; i < emu.mappings; i++) {
		if (emu.mapping[i].start < start + bytes && start < emu.mapping[i].end)
			return true;
	}
	return false;
}

bool emu_mapping_remove(uintptr_t start, size_t bytes)
{
	uintptr_t end = start + bytes;
	bool hit = false;

	if (!reserve())
		return false;
	for (uint32_t i = 0; i < emu.mappings;) {
		struct emu_mapping *m = &emu.mapping[i];

		if (m->start >= end || start >= m->end) {
			i++;
			continue;
		}
		hit = true;
		emu_check_idle(m->bo, "unmapped");
		if (m->start < start && end < m->end)
			add(end, m->end, m->bo); /* a hole: two pieces are left */
		if (m->start < start)
			m->end = start;
		else if (end < m->end)
			m->start = end;
		else {
			drop(i);
			continue;
		}
		i++;
	}
	return hit;
}

/* The checks of driver ABI 7.3, in the kernel's order. */
static int check_mmap(const struct emu_fd *e, size_t bytes, off_t offset,
		      struct emu_bo **found)
{
	struct emu_bo *bo = e->bo;

	if (!bo && e->file->node->kind == EMU_CHAR)
		return -ENODEV;
	if (!bo) {
		bo = emu_bo_by_fake((uint64_t)offset);
		if (!bo)
			return -EINVAL;
		if (!emu_file_has(e->file, bo))
			return -EACCES;
	} else if (offset) {
		return -EINVAL;
	}
	if (bytes > bo->bytes)
		return -EINVAL;
	if (bo->no_pages) {
		emu_log("failed to map pages into vma: %d", -ENXIO);
		return -ENXIO;
	}
	*found = bo;
	return 0;
}

static void *map(int fd, void *address, size_t bytes, int prot, int flags, off_t offset,
		 int *err)
{
	const struct emu_fault *fault = emu_count_call(EMU_MMAP);
	struct emu_fd *e = emu_fd_find(fd);
	struct emu_bo *bo;
	void *p;

	if (fault) {
		*err = fault->err;
		return MAP_FAILED;
	}
	bytes = npu_round_up64(bytes, NPU_PAGE_BYTES);
	*err = bytes ? -check_mmap(e, bytes, offset, &bo) : EINVAL;
	if (*err)
		return MAP_FAILED;
	if (!reserve()) {
		*err = ENOMEM;
		return MAP_FAILED;
	}
	if (!(flags & MAP_SHARED))
		emu_verdict(
		    "mmap of BO %u with MAP_PRIVATE: writes never reach the device",
		    bo->id);
	p = emu_sys_mmap(address, bytes, prot, flags, emu.memory_fd, (off_t)bo->backing);
	if (p == MAP_FAILED) {
		*err = errno;
		return p;
	}
	add((uintptr_t)p, (uintptr_t)p + bytes, bo);
	madvise(p, bytes, MADV_DONTFORK);
	return p;
}

void *emu_mmap(void *address, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	int err = 0;
	void *p;

	emu_enter();
	p = map(fd, address, bytes, prot, flags, offset, &err);
	emu_leave();
	if (err)
		errno = err;
	return p;
}

int emu_munmap(void *address, size_t bytes)
{
	const struct emu_fault *fault;
	int err = 0;

	if (!__atomic_load_n(&emu.mappings, __ATOMIC_ACQUIRE))
		return 0;
	emu_enter_call();
	bytes = npu_round_up64(bytes, NPU_PAGE_BYTES);
	if (!bytes || !emu_mapping_hits((uintptr_t)address, bytes)) {
		emu_leave();
		return 0;
	}
	/* A scripted failure does the work all the same: nothing of ours may leak. */
	fault = emu_count_call(EMU_MUNMAP);
	emu_sys_munmap(address, bytes);
	emu_mapping_remove((uintptr_t)address, bytes);
	err = fault ? fault->err : 0;
	emu_leave();
	if (!err)
		return 1;
	errno = err;
	return -1;
}
