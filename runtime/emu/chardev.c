/*
 * What differs on the char device (driver ABI 7.2 to 7.5): a handle is the
 * descriptor of an exported buffer, and objects are named by their address.
 */
#include <errno.h>
#include <fcntl.h>

#include "emu/emu.h"

#define KERNEL_ADDRESS UINT64_C(0xffff000000000000)

int emu_char_create(struct emu_file *f, struct abi_mem_create *c)
{
	struct emu_bo *bo;
	uint32_t handle;
	int fd, err;

	if (c->flags & ABI_MEM_NON_CONTIGUOUS)
		return -EINVAL;
	c->handle = 0;
	err = emu_mem_create(f, c);
	if (err)
		return err;
	handle = c->handle;
	bo = emu_file_bo(f, handle);
	fd = bo ? emu_fd_new(NULL, bo, O_CLOEXEC) : -EINVAL;
	if (fd < 0) {
		emu_handle_drop(f, handle);
		return fd;
	}
	c->handle = (uint32_t)fd;
	return 0;
}

/* An address that is not in this file's list is ignored. */
int emu_char_destroy(struct emu_file *f, const struct abi_mem_destroy *d)
{
	if (d->obj_addr < KERNEL_ADDRESS)
		return -EINVAL;
	for (uint32_t h = 1; h <= f->handles; h++) {
		const struct emu_bo *bo = f->handle[h - 1].bo;

		if (bo && bo->token == d->obj_addr)
			return emu_handle_drop(f, h);
	}
	return 0;
}

int emu_char_sync(struct emu_file *f, struct abi_mem_sync *s)
{
	return s->obj_addr < KERNEL_ADDRESS ? -EINVAL : emu_mem_sync(f, s);
}
