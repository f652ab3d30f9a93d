/*
 * The vendor driver's ioctls as of 0.9.8, DRM build, restated: numbers, structs
 * and codes, with the sizes and offsets that the kernel relies on.
 */
#ifndef RKNPU_UAPI_H
#define RKNPU_UAPI_H

#include <stddef.h>
#include <stdint.h>

#define RKNPU_DRM_NAME "rknpu"
#define RKNPU_ROCKET_NAME "rocket"  /* the mainline driver: another ABI */
#define RKNPU_HW_RK3588 0x46495245u /* ACTION 0 */

/* Read-write ioctls with their argument's size: 'd' and 0x40 + nr of the DRM build, */
#define RKNPU_IOWR_SIZED(nr, bytes) (0xc0006400u | (uint32_t)(bytes) << 16 | (nr))
#define RKNPU_IOWR(nr, type) RKNPU_IOWR_SIZED(nr, sizeof(type))
/* and 'r' and nr of the dma-heap build's character device. */
#define RKNPU_CHAR_IOWR(nr, type) (0xc0007200u | (uint32_t)sizeof(type) << 16 | (nr))

struct drm_version_arg {
	int32_t major, minor, patch, pad;
	uint64_t name_len;
	uint64_t name; /* char *, not terminated by the kernel */
	uint64_t date_len;
	uint64_t date;
	uint64_t desc_len;
	uint64_t desc;
};

enum rknpu_action {
	RKNPU_GET_HW_VERSION = 0,
	RKNPU_GET_DRV_VERSION = 1,
	RKNPU_RESET = 6, /* code 1, sometimes taken for it, only reads the version */
	RKNPU_GET_IOMMU_EN = 18,
	/* What the vendor's runtime calls besides; nobody else should. */
	RKNPU_SET_PROC_NICE = 19,
	RKNPU_POWER_ON = 20, /* refused since 0.9 */
	RKNPU_POWER_OFF = 21
};

/* Flags of a submit. */
#define RKNPU_SUBMIT_PC 1u	 /* register commands; without it the driver may crash */
#define RKNPU_SUBMIT_PINGPONG 4u /* fetch the next task while one runs */

struct rknpu_action_arg {
	uint32_t flags; /* enum rknpu_action */
	uint32_t value;
};

struct rknpu_mem_create {
	uint32_t handle;
	uint32_t flags;
	uint64_t size;
	uint64_t obj_addr;
	uint64_t dma_addr;
	uint64_t sram_size;
	int32_t iommu_domain_id;
	uint32_t core_mask;
};

struct rknpu_mem_map {
	uint32_t handle;
	uint32_t reserved;
	uint64_t offset;
};

struct rknpu_mem_destroy {
	uint32_t handle;
	uint32_t reserved;
	uint64_t obj_addr;
};

struct rknpu_mem_sync {
	uint32_t flags;
	uint32_t reserved;
	uint64_t obj_addr;
	uint64_t offset;
	uint64_t size;
};

struct rknpu_subcore_task {
	uint32_t task_start, task_number;
};

struct rknpu_submit {
	uint32_t flags;
	uint32_t timeout; /* ms */
	uint32_t task_start;
	uint32_t task_number;
	uint32_t task_counter;
	int32_t priority;
	uint64_t task_obj_addr;
	uint32_t iommu_domain_id;
	uint32_t reserved;
	uint64_t task_base_addr;
	int64_t hw_elapse_time; /* ns */
	uint32_t core_mask;
	int32_t fence_fd;
	struct rknpu_subcore_task subcore_task[5];
};

#define RKNPU_DRM_VERSION RKNPU_IOWR(0x00, struct drm_version_arg)
#define RKNPU_ACTION RKNPU_IOWR(0x40, struct rknpu_action_arg)
#define RKNPU_SUBMIT RKNPU_IOWR(0x41, struct rknpu_submit)
#define RKNPU_MEM_CREATE_SIZED(bytes) RKNPU_IOWR_SIZED(0x42, bytes)
#define RKNPU_MEM_CREATE RKNPU_MEM_CREATE_SIZED(sizeof(struct rknpu_mem_create))
#define RKNPU_MEM_MAP RKNPU_IOWR(0x43, struct rknpu_mem_map)
#define RKNPU_MEM_DESTROY RKNPU_IOWR(0x44, struct rknpu_mem_destroy)
#define RKNPU_MEM_SYNC RKNPU_IOWR(0x45, struct rknpu_mem_sync)

#define RKNPU_CHAR_ACTION RKNPU_CHAR_IOWR(0x00, struct rknpu_action_arg)

_Static_assert(RKNPU_DRM_VERSION == 0xc0406400u, "VERSION");
_Static_assert(RKNPU_CHAR_ACTION == 0xc0087200u, "ACTION of the character device");
_Static_assert(RKNPU_MEM_CREATE_SIZED(40) == 0xc0286442u, "MEM_CREATE before 0.9.6");
_Static_assert(RKNPU_ACTION == 0xc0086440u, "ACTION");
_Static_assert(RKNPU_SUBMIT == 0xc0686441u, "SUBMIT");
_Static_assert(RKNPU_MEM_CREATE == 0xc0306442u, "MEM_CREATE");
_Static_assert(RKNPU_MEM_MAP == 0xc0106443u, "MEM_MAP");
_Static_assert(RKNPU_MEM_DESTROY == 0xc0106444u, "MEM_DESTROY");
_Static_assert(RKNPU_MEM_SYNC == 0xc0206445u, "MEM_SYNC");

#define RKNPU_AT(type, field, offset)                                                    \
	_Static_assert(offsetof(struct type, field) == (offset), #type "." #field)
RKNPU_AT(rknpu_mem_create, size, 8);
RKNPU_AT(rknpu_mem_create, obj_addr, 16);
RKNPU_AT(rknpu_mem_create, dma_addr, 24);
RKNPU_AT(rknpu_mem_create, sram_size, 32);
RKNPU_AT(rknpu_mem_create, iommu_domain_id, 40);
RKNPU_AT(rknpu_mem_create, core_mask, 44);
RKNPU_AT(drm_version_arg, name_len, 16);
RKNPU_AT(drm_version_arg, name, 24);
RKNPU_AT(drm_version_arg, desc, 56);
RKNPU_AT(rknpu_mem_destroy, obj_addr, 8);
RKNPU_AT(rknpu_mem_map, offset, 8);
RKNPU_AT(rknpu_mem_sync, obj_addr, 8);
RKNPU_AT(rknpu_mem_sync, size, 24);
RKNPU_AT(rknpu_submit, task_counter, 16);
RKNPU_AT(rknpu_submit, task_obj_addr, 24);
RKNPU_AT(rknpu_submit, task_base_addr, 40);
RKNPU_AT(rknpu_submit, timeout, 4);
RKNPU_AT(rknpu_submit, iommu_domain_id, 32);
RKNPU_AT(rknpu_submit, hw_elapse_time, 48);
RKNPU_AT(rknpu_submit, core_mask, 56);
RKNPU_AT(rknpu_submit, fence_fd, 60);
RKNPU_AT(rknpu_submit, subcore_task, 64);
#undef RKNPU_AT

#endif
