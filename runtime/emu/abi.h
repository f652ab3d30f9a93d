/*
 * The vendor driver's ABI as the kernel sees it.  A restatement of its own: the
 * runtime that is tested against the emulator must not lend it its structs.
 */
#ifndef EMU_ABI_H
#define EMU_ABI_H

#include <stddef.h>
#include <stdint.h>

/* Fields of a request number. */
#define ABI_NR(request) ((uint32_t)(request)&0xffu)
#define ABI_TYPE(request) ((uint32_t)(request) >> 8 & 0xffu)
#define ABI_SIZE(request) ((uint32_t)(request) >> 16 & 0x3fffu)
#define ABI_READS(request) ((uint32_t)(request) >> 30 & 1u)  /* user to kernel */
#define ABI_WRITES(request) ((uint32_t)(request) >> 31 & 1u) /* kernel to user */

#define ABI_TYPE_DRM 'd'
#define ABI_DRM_COMMAND_BASE 0x40u

enum abi_drm_nr {
	ABI_DRM_VERSION = 0x00,
	ABI_DRM_GEM_CLOSE = 0x09,
	ABI_DRM_GEM_FLINK = 0x0a,
	ABI_DRM_GEM_OPEN = 0x0b,
	ABI_DRM_GET_CAP = 0x0c,
	ABI_DRM_PRIME_HANDLE_TO_FD = 0x2d,
	ABI_DRM_PRIME_FD_TO_HANDLE = 0x2e
};

/* Driver commands, relative to ABI_DRM_COMMAND_BASE or as they are on a char device. */
enum abi_nr {
	ABI_ACTION,
	ABI_SUBMIT,
	ABI_MEM_CREATE,
	ABI_MEM_MAP,
	ABI_MEM_DESTROY,
	ABI_MEM_SYNC,
	ABI_COMMANDS
};

enum abi_action {
	ABI_GET_HW_VERSION = 0,
	ABI_GET_DRV_VERSION = 1,
	ABI_GET_FREQ = 2,
	ABI_GET_VOLT = 4,
	ABI_RESET = 6,
	ABI_CLEAR_COUNTERS = 13,
	ABI_GET_WRITE_COUNTER = 14,
	ABI_GET_TOTAL_COUNTER = 17,
	ABI_GET_IOMMU_EN = 18,
	ABI_SET_PROC_NICE = 19,
	ABI_POWER_ON = 20,
	ABI_POWER_OFF = 21,
	ABI_GET_TOTAL_SRAM = 22,
	ABI_GET_FREE_SRAM = 23,
	ABI_GET_DOMAIN = 24,
	ABI_SET_DOMAIN = 25
};

enum abi_mem_flags {
	ABI_MEM_NON_CONTIGUOUS = 0x001,
	ABI_MEM_CACHEABLE = 0x002,
	ABI_MEM_KERNEL_MAPPING = 0x008,
	ABI_MEM_ZEROING = 0x020,
	ABI_MEM_LIMIT_IOVA = 0x400
};

enum abi_sync_flags { ABI_SYNC_TO_DEVICE = 1, ABI_SYNC_FROM_DEVICE = 2 };

enum abi_submit_flags {
	ABI_SUBMIT_PC = 1,
	ABI_SUBMIT_NONBLOCK = 2,
	ABI_SUBMIT_PINGPONG = 4,
	ABI_SUBMIT_FENCE_IN = 8,
	ABI_SUBMIT_FENCE_OUT = 16
};

struct abi_version {
	int32_t major, minor, patch, pad;
	uint64_t name_len, name; /* char * */
	uint64_t date_len, date;
	uint64_t desc_len, desc;
};

struct abi_action_arg {
	uint32_t flags, value;
};

struct abi_mem_create {
	uint32_t handle, flags;
	uint64_t size, obj_addr, dma_addr;
	uint64_t sram_size;	 /* 0.8.x on */
	int32_t iommu_domain_id; /* 0.9.6 on */
	uint32_t core_mask;
};

#define ABI_MEM_CREATE_070 32u /* bytes before sram_size came */
#define ABI_MEM_CREATE_080 40u /* before iommu_domain_id came */

struct abi_mem_map {
	uint32_t handle, reserved;
	uint64_t offset;
};

struct abi_mem_destroy {
	uint32_t handle, reserved;
	uint64_t obj_addr;
};

struct abi_mem_sync {
	uint32_t flags, reserved;
	uint64_t obj_addr, offset, size;
};

struct abi_range {
	uint32_t task_start, task_number;
};

#define ABI_RANGES 5u

struct abi_submit {
	uint32_t flags, timeout; /* ms */
	uint32_t task_start, task_number, task_counter;
	int32_t priority;
	uint64_t task_obj_addr;
	uint32_t iommu_domain_id, reserved;
	uint64_t task_base_addr;
	int64_t hw_elapse_time; /* ns; 0.9.5 on */
	uint32_t core_mask;
	int32_t fence_fd;
	struct abi_range subcore[ABI_RANGES];
};

struct abi_task {
	uint32_t flags, op_idx, enable_mask, int_mask, int_clear, int_status;
	uint32_t regcfg_amount, regcfg_offset;
	uint64_t regcmd_addr;
};

struct abi_gem_close {
	uint32_t handle, pad;
};

struct abi_gem_flink {
	uint32_t handle, name;
};

struct abi_gem_open {
	uint32_t name, handle;
	uint64_t size;
};

struct abi_get_cap {
	uint64_t capability, value;
};

#define ABI_CAP_PRIME 5u

struct abi_prime {
	uint32_t handle, flags;
	int32_t fd;
};

_Static_assert(sizeof(struct abi_version) == 64, "VERSION");
_Static_assert(sizeof(struct abi_action_arg) == 8, "ACTION");
_Static_assert(sizeof(struct abi_mem_create) == 48, "MEM_CREATE");
_Static_assert(offsetof(struct abi_mem_create, sram_size) == ABI_MEM_CREATE_070, "0.7");
_Static_assert(offsetof(struct abi_mem_create, iommu_domain_id) == ABI_MEM_CREATE_080,
	       "0.8");
_Static_assert(sizeof(struct abi_mem_map) == 16, "MEM_MAP");
_Static_assert(sizeof(struct abi_mem_destroy) == 16, "MEM_DESTROY");
_Static_assert(sizeof(struct abi_mem_sync) == 32, "MEM_SYNC");
_Static_assert(sizeof(struct abi_submit) == 104, "SUBMIT");
_Static_assert(offsetof(struct abi_submit, task_obj_addr) == 24, "task_obj_addr");
_Static_assert(offsetof(struct abi_submit, hw_elapse_time) == 48, "hw_elapse_time");
_Static_assert(offsetof(struct abi_submit, subcore) == 64, "subcore");
_Static_assert(sizeof(struct abi_task) == 40, "task record");

#endif
