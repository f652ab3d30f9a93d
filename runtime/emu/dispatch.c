/*
 * An ioctl from its number to its handler and back (driver ABI section 5).
 *
 * What the user's number says about size and direction decides what is copied,
 * and results go back also when the handler failed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "emu/emu.h"

#define ARG_BYTES 16384u /* more than the 14 bits of the size field can say */

uint64_t emu_inside_submit;
uint32_t emu_inside_file;

/* The kernel's copy functions fail softly; so must these. */
bool emu_user_bytes(const void *p, size_t bytes)
{
	uintptr_t first = (uintptr_t)p / NPU_PAGE_BYTES * NPU_PAGE_BYTES;
	uintptr_t end = (uintptr_t)p + bytes;
	unsigned char in_core[8];

	if (!bytes)
		return true;
	if ((uintptr_t)p < NPU_PAGE_BYTES || end < (uintptr_t)p)
		return false;
	for (; first < end; first += NPU_PAGE_BYTES) {
		if (mincore((void *)first, NPU_PAGE_BYTES, in_core))
			return false;
	}
	return true;
}

static uint32_t kernel_size(uint32_t nr)
{
	static const uint32_t sizes[ABI_COMMANDS] = {
		[ABI_ACTION] = sizeof(struct abi_action_arg),
		[ABI_SUBMIT] = sizeof(struct abi_submit),
		[ABI_MEM_CREATE] = sizeof(struct abi_mem_create),
		[ABI_MEM_MAP] = sizeof(struct abi_mem_map),
		[ABI_MEM_DESTROY] = sizeof(struct abi_mem_destroy),
		[ABI_MEM_SYNC] = sizeof(struct abi_mem_sync),
	};

	if (nr != ABI_MEM_CREATE)
		return sizes[nr];
	if (emu.settings.version < 800)
		return ABI_MEM_CREATE_070;
	return emu.settings.version < 906 ? ABI_MEM_CREATE_080 : sizes[nr];
}

static int handle(struct emu_file *f, uint32_t nr, void *data)
{
	bool is_char = f->node->kind == EMU_CHAR;

	switch (nr) {
	case ABI_ACTION:
		return emu_action(data);
	case ABI_SUBMIT:
		return emu_submit(f, data);
	case ABI_MEM_CREATE:
		return is_char ? emu_char_create(f, data) : emu_mem_create(f, data);
	case ABI_MEM_MAP:
		return emu_mem_map(f, data);
	case ABI_MEM_DESTROY:
		return is_char ? emu_char_destroy(f, data) : emu_mem_destroy(f, data);
	default:
		return is_char ? emu_char_sync(f, data) : emu_mem_sync(f, data);
	}
}

/* A driver handler on the kernel's own copy, of exactly the driver's size. */
static int call_driver(struct emu_file *f, uint32_t nr, void *data, uint32_t user)
{
	union {
		struct abi_submit submit;
		struct abi_mem_create create;
		unsigned char bytes[sizeof(struct abi_submit)];
	} k;
	uint32_t size = kernel_size(nr), both = user < size ? user : size;
	int ret;

	memset(&k, 0, sizeof k);
	memcpy(&k, data, both);
	ret = handle(f, nr, &k);
	memcpy(data, &k, both);
	return ret;
}

static enum emu_call call_kind(const struct emu_file *f, uint32_t nr)
{
	static const enum emu_call driver[ABI_COMMANDS] = {
		EMU_CALL_ACTION,  EMU_CALL_SUBMIT,	EMU_CALL_MEM_CREATE,
		EMU_CALL_MEM_MAP, EMU_CALL_MEM_DESTROY, EMU_CALL_MEM_SYNC,
	};

	if (f->node->kind != EMU_CHAR) {
		if (nr == ABI_DRM_VERSION)
			return EMU_CALL_VERSION;
		if (nr < ABI_DRM_COMMAND_BASE)
			return EMU_CALL_GEM;
		nr -= ABI_DRM_COMMAND_BASE;
	}
	return nr < ABI_COMMANDS ? driver[nr] : EMU_CALL_GEM;
}

/* Whether this number reaches a handler at all. */
static int check_number(const struct emu_file *f, unsigned long request)
{
	uint32_t nr = ABI_NR(request);

	if (f->node->kind == EMU_CHAR) /* the magic is not looked at */
		return nr >= ABI_COMMANDS || nr == ABI_MEM_MAP ? -EINVAL : 0;
	if (ABI_TYPE(request) != ABI_TYPE_DRM)
		return -ENOTTY;
	if (f->node->kind == EMU_FOREIGN)
		return nr == ABI_DRM_VERSION ? 0 : -EINVAL;
	return nr >= ABI_DRM_COMMAND_BASE + ABI_COMMANDS ? -EINVAL : 0;
}

/* The char device's MEM_CREATE copies as many bytes as the number says. */
static int check_char_size(const struct emu_file *f, uint32_t nr, uint32_t *user)
{
	if (f->node->kind != EMU_CHAR)
		return 0;
	if (nr != ABI_MEM_CREATE)
		*user = kernel_size(nr);
	else if (*user > kernel_size(nr))
		return emu_fatal("MEM_CREATE of %u bytes on a char device whose struct "
				 "has %u: the kernel's stack is overwritten",
				 *user, kernel_size(nr));
	return 0;
}

static int run(struct emu_file *f, unsigned long request, void *arg)
{
	static _Alignas(16) unsigned char data[ARG_BYTES]; /* guarded by the lock */
	uint32_t nr = ABI_NR(request), user = ABI_SIZE(request), in, out;
	bool is_char = f->node->kind == EMU_CHAR;
	int ret = check_number(f, request);

	if (!ret)
		ret = check_char_size(f, nr, &user);
	if (ret)
		return ret;
	in = is_char || ABI_READS(request) ? user : 0;
	out = is_char || ABI_WRITES(request) ? user : 0;
	memset(data, 0, npu_max(user, sizeof(struct abi_submit)));
	if (!emu_user_bytes(arg, in))
		return -EFAULT;
	if (in)
		memcpy(data, arg, in);
	if (!is_char && nr < ABI_DRM_COMMAND_BASE)
		ret = emu_gem(f, nr, data);
	else
		ret = call_driver(f, is_char ? nr : nr - ABI_DRM_COMMAND_BASE, data,
				  in > out ? in : out);
	if (is_char && ret && nr >= ABI_MEM_CREATE)
		return ret; /* only ACTION and SUBMIT copy back on failure there */
	if (!emu_user_bytes(arg, out))
		return -EFAULT;
	if (out)
		memcpy(arg, data, out);
	return ret;
}

int emu_dispatch(struct emu_file *f, unsigned long request, void *arg)
{
	const struct emu_fault *fault = emu_count_call(call_kind(f, ABI_NR(request)));
	bool is_driver =
	    f->node->kind == EMU_CHAR ||
	    (f->node->kind != EMU_FOREIGN && ABI_NR(request) >= ABI_DRM_COMMAND_BASE);
	int ret;

	emu.stats.ioctls++;
	if (fault && fault->kind == EMU_FAIL)
		return -fault->err;
	if (is_driver)
		emu_power_enter();
	if (is_driver && emu_fault_now(EMU_POWER_OFF, EMU_ANY_CALL)) {
		emu_power_cut();
		emu.powered = true;
	}
	ret = run(f, request, arg);
	if (is_driver)
		emu_power_exit();
	return fault ? -fault->err : ret;
}

void emu_enter_call(void)
{
	uint64_t submit = __atomic_load_n(&emu_inside_submit, __ATOMIC_ACQUIRE);
	uint32_t file = __atomic_load_n(&emu_inside_file, __ATOMIC_ACQUIRE);

	emu_enter();
	emu.came_during = submit;
	emu.came_file = file;
}

static int submit_inside(struct emu_file *f, unsigned long request, void *arg)
{
	int ret;

	if (emu.came_during && emu.came_file != f->id)
		emu_verdict("two files submit at once: file %u while file %u is inside",
			    f->id, emu.came_file);
	__atomic_store_n(&emu_inside_file, f->id, __ATOMIC_RELEASE);
	__atomic_store_n(&emu_inside_submit, emu.stats.submits + 1, __ATOMIC_RELEASE);
	ret = emu_dispatch(f, request, arg);
	__atomic_store_n(&emu_inside_submit, 0, __ATOMIC_RELEASE);
	return ret;
}

int emu_ioctl(int fd, unsigned long request, void *arg)
{
	struct emu_fd *e;
	int ret;

	emu_enter_call();
	e = emu_fd_find(fd);
	if (!e)
		ret = -EBADF;
	else if (e->bo)
		ret = -ENOTTY; /* an exported buffer */
	else if (call_kind(e->file, ABI_NR(request)) == EMU_CALL_SUBMIT)
		ret = submit_inside(e->file, request, arg);
	else
		ret = emu_dispatch(e->file, request, arg);
	emu_leave();
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}
