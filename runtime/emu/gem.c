/*
 * What the DRM core answers itself: VERSION, GEM handles, names, exported buffers.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "emu/emu.h"

/* `min(length, room)` bytes without a zero; the real length goes back. */
static int put_text(uint64_t pointer, uint64_t *length, const char *text)
{
	size_t n = strlen(text), room = *length < n ? (size_t)*length : n;
	char *to = (char *)(uintptr_t)pointer;

	*length = n;
	if (!room || !to)
		return 0;
	if (!emu_user_bytes(to, room))
		return -EFAULT;
	memcpy(to, text, room);
	return 0;
}

static int version(const struct emu_file *f, struct abi_version *v)
{
	static const struct {
		uint32_t version;
		const char *date;
	} dates[] = { { 802, "20220829" }, { 803, "20221116" }, { 905, "20240226" },
		      { 906, "20240322" }, { 907, "20240424" }, { 908, "20240828" } };
	bool ours = f->node->kind != EMU_FOREIGN;
	uint32_t code = ours ? emu.settings.version : 10000;
	const char *date = "0";
	int err;

	for (size_t i = 0; ours && i < sizeof dates / sizeof dates[0]; i++) {
		if (dates[i].version == code)
			date = dates[i].date;
	}
	v->major = (int32_t)(code / 10000);
	v->minor = (int32_t)(code / 100 % 100);
	v->patch = (int32_t)(code % 100);
	err = put_text(v->name, &v->name_len, f->node->name);
	if (!err)
		err = put_text(v->date, &v->date_len, date);
	if (!err)
		err = put_text(v->desc, &v->desc_len,
			       ours ? "RKNPU driver" : f->node->name);
	return err;
}

/* Global names exist on card nodes only. */
static int flink(struct emu_file *f, struct abi_gem_flink *a)
{
	struct emu_bo *bo = emu_file_bo(f, a->handle);

	if (f->node->kind == EMU_RENDER)
		return -EACCES;
	if (!bo)
		return -ENOENT;
	if (!bo->name)
		bo->name = ++emu.next_name;
	a->name = bo->name;
	return 0;
}

static int gem_open(struct emu_file *f, struct abi_gem_open *a)
{
	struct emu_bo *bo = emu_bo_by_name(a->name);

	if (f->node->kind == EMU_RENDER)
		return -EACCES;
	if (!bo)
		return -ENOENT;
	a->size = bo->bytes;
	return emu_handle_add(f, bo, false, &a->handle);
}

static int handle_to_fd(struct emu_file *f, struct abi_prime *p)
{
	struct emu_bo *bo = emu_file_bo(f, p->handle);
	int fd;

	if (!bo)
		return -ENOENT;
	fd = emu_fd_new(NULL, bo, (int)p->flags);
	if (fd < 0)
		return fd;
	p->fd = fd;
	return 0;
}

/* An object that this file has keeps its handle; another's comes as an import. */
static int fd_to_handle(struct emu_file *f, struct abi_prime *p)
{
	struct emu_fd *e = emu_fd_find(p->fd);

	if (!e || !e->bo)
		return -EINVAL;
	for (uint32_t h = 1; h <= f->handles; h++) {
		if (f->handle[h - 1].bo == e->bo) {
			p->handle = h;
			return 0;
		}
	}
	return emu_handle_add(f, e->bo, true, &p->handle);
}

int emu_gem(struct emu_file *f, uint32_t nr, void *data)
{
	struct abi_get_cap *cap = data;

	switch (nr) {
	case ABI_DRM_VERSION:
		return version(f, data);
	case ABI_DRM_GEM_CLOSE:
		return emu_handle_drop(f, ((struct abi_gem_close *)data)->handle);
	case ABI_DRM_GEM_FLINK:
		return flink(f, data);
	case ABI_DRM_GEM_OPEN:
		return gem_open(f, data);
	case ABI_DRM_GET_CAP:
		if (cap->capability != ABI_CAP_PRIME)
			return -EINVAL;
		cap->value = 3; /* import and export */
		return 0;
	case ABI_DRM_PRIME_HANDLE_TO_FD:
		return handle_to_fd(f, data);
	case ABI_DRM_PRIME_FD_TO_HANDLE:
		return fd_to_handle(f, data);
	default:
		return f->node->kind == EMU_RENDER ? -EACCES : -EINVAL;
	}
}
