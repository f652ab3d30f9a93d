#include "verify/log_form.h"

/* clang-format off */
#define COUNT(a) (sizeof(a) / sizeof *(a))
#define REQ LOG_REQUIRED
#define OPT LOG_OPTIONAL

static const struct log_slot action[] = {
	{ "flags", LF_FLAGS, LOG_U32, REQ }, { "value", LF_VALUE, LOG_U32, REQ },
};
static const struct log_slot ioctl_ret[] = {
	{ "flags", LF_FLAGS, LOG_U32, OPT }, { "value", LF_VALUE, LOG_U32, OPT },
	{ "ret", LF_RET, LOG_S32, REQ },     { "errno", LF_ERRNO, LOG_S32, OPT },
	{ "cmd", LF_CMD, LOG_U32, OPT },
};
static const struct log_slot mem_create[] = {
	{ "size", LF_SIZE, LOG_U64, REQ },   { "flags", LF_FLAGS, LOG_U32, REQ },
	{ "handle", LF_HANDLE, LOG_U32, REQ }, { "obj", LF_OBJ, LOG_U64, REQ },
	{ "dma", LF_DMA, LOG_U64, REQ },     { "sram", LF_SRAM, LOG_U64, OPT },
	{ "cmd", LF_CMD, LOG_U32, OPT },
};
static const struct log_slot mem_create_ret[] = {
	{ "handle", LF_HANDLE, LOG_U32, REQ }, { "obj", LF_OBJ, LOG_U64, REQ },
	{ "dma", LF_DMA, LOG_U64, REQ },     { "sram", LF_SRAM, LOG_U64, OPT },
	{ "size", LF_SIZE, LOG_U64, OPT },
};
static const struct log_slot mem_map[] = {
	{ "handle", LF_HANDLE, LOG_U32, REQ }, { "offset", LF_OFFSET, LOG_U64, REQ },
	{ "reserved", LF_VALUE, LOG_U32, OPT },
};
static const struct log_slot mmap_call[] = {
	{ "addr", LF_ADDR, LOG_U64, OPT },   { "length", LF_LENGTH, LOG_U64, REQ },
	{ "prot", LF_PROT, LOG_U32, REQ },   { "flags", LF_FLAGS, LOG_U32, REQ },
	{ "offset", LF_OFFSET, LOG_U64, REQ },
};
static const struct log_slot mmap_ret[] = { { "addr", LF_ADDR, LOG_U64, REQ } };
static const struct log_slot mem_sync[] = {
	{ "flags", LF_FLAGS, LOG_U32, REQ }, { "obj", LF_OBJ, LOG_U64, REQ },
	{ "offset", LF_OFFSET, LOG_U64, REQ }, { "size", LF_SIZE, LOG_U64, REQ },
};
static const struct log_slot submit[] = {
	{ "cmd", LF_CMD, LOG_U32, REQ }, { "size", LF_SIZE, LOG_U32, REQ },
	{ "arg", LF_ADDR, LOG_U64, OPT },
};
static const struct log_slot submit_flags[] = {
	{ "flags", LF_FLAGS, LOG_U32, REQ }, { "timeout", LF_TIMEOUT, LOG_U32, REQ },
	{ "task_start", LF_TASK_START, LOG_U32, REQ },
	{ "task_number", LF_TASK_NUMBER, LOG_U32, REQ },
};
static const struct log_slot submit_counter[] = {
	{ "task_counter", LF_TASK_COUNTER, LOG_U32, REQ },
	{ "priority", LF_PRIORITY, LOG_S32, REQ },
	{ "task_obj_addr", LF_TASK_OBJ, LOG_U64, REQ },
};
static const struct log_slot submit_mask[] = {
	{ "core_mask", LF_CORE_MASK, LOG_U32, REQ }, { "fence_fd", LF_FENCE, LOG_S32, REQ },
};
static const struct log_slot subcore[] = {
	{ "task_start", LF_TASK_START, LOG_U32, REQ },
	{ "task_number", LF_TASK_NUMBER, LOG_U32, REQ },
};
static const struct log_slot gem[] = {
	{ "handle", LF_HANDLE, LOG_U32, REQ }, { "size", LF_SIZE, LOG_U64, REQ },
	{ "map_offset", LF_OFFSET, LOG_U64, OPT },
};
static const struct log_slot task_like[] = {
	{ "off", LF_OFFSET, LOG_U64, REQ },  { "flags", LF_FLAGS, LOG_U32, REQ },
	{ "op_idx", LF_OP_IDX, LOG_U32, REQ },
	{ "enable_mask", LF_ENABLE_MASK, LOG_U32, REQ },
	{ "int_mask", LF_INT_MASK, LOG_U32, REQ },
	{ "int_clear", LF_INT_CLEAR, LOG_U32, REQ },
	{ "int_status", LF_INT_STATUS, LOG_U32, REQ },
	{ "regcfg_amount", LF_AMOUNT, LOG_U32, REQ },
	{ "regcfg_offset", LF_REGCFG_OFFSET, LOG_U32, REQ },
	{ "regcmd_addr", LF_REGCMD_ADDR, LOG_U64, REQ },
};
static const struct log_slot window[] = {
	{ "off", LF_OFFSET, LOG_U64, REQ }, { "count", LF_COUNT, LOG_U32, REQ },
};
static const struct log_slot qword[] = {
	{ "off", LF_OFFSET, LOG_U64, REQ }, { "value", LF_VALUE, LOG_U64, REQ },
};
static const struct log_slot mmio_row[] = {
	{ "off", LF_OFFSET, LOG_U32, REQ },    { "offset", LF_OFFSET, LOG_U32, REQ },
	{ "value", LF_VALUE, LOG_U32, REQ },
};
static const struct log_slot memory[] = {
	{ "name", LF_NAME, LOG_WORD, REQ },
	{ "virt_addr", LF_ADDR, LOG_WORD, OPT }, /* of no use, may be "(nil)" */
	{ "dma_addr", LF_DMA, LOG_U64, REQ },    { "obj_addr", LF_OBJ, LOG_U64, REQ },
	{ "size", LF_SIZE, LOG_U64, REQ },
	{ "aligned_size", LF_ALIGNED, LOG_U64, REQ },
	{ "fd", LF_VALUE, LOG_S32, OPT },        { "handle", LF_HANDLE, LOG_U32, REQ },
	{ "flags", LF_FLAGS, LOG_U32, REQ },
	{ "gem_name", LF_GEM_NAME, LOG_U32, OPT },
	{ "iommu_domain_id", LF_DOMAIN, LOG_S32, OPT },
};
static const struct log_slot subgraph[] = {
	{ "size", LF_SIZE, LOG_U64, REQ },
	{ "taskbuffer_size", LF_TASK_SIZE, LOG_U64, REQ },
};
static const struct log_slot mmio_unavailable[] = {
	{ "device", LF_DEVICE, LOG_WORD, REQ }, { "errno", LF_ERRNO, LOG_S32, REQ },
	{ "error", LF_ERROR, LOG_REST, OPT },
};
/* An instrumented driver names these as it likes; all of them are optional. */
#define PC_SLOTS                                                                   \
	{ "core", LF_CORE, LOG_U32, OPT }, { "core_index", LF_CORE, LOG_U32, OPT },  \
	{ "base", LF_BASE, LOG_U32, OPT }, { "base_addr", LF_BASE, LOG_U32, OPT },   \
	{ "base_address", LF_BASE, LOG_U32, OPT },                                 \
	{ "pc_data_addr", LF_BASE, LOG_U32, OPT },                                 \
	{ "data_addr", LF_BASE, LOG_U32, OPT },                                    \
	{ "cna_s_pointer", LF_CNA_POINTER, LOG_U32, OPT },                         \
	{ "core_s_pointer", LF_CORE_POINTER, LOG_U32, OPT },                       \
	{ "regcmd_addr", LF_REGCMD_ADDR, LOG_U64, OPT },                           \
	{ "regcfg_amount", LF_COUNT, LOG_U32, OPT },                               \
	{ "amount", LF_AMOUNT, LOG_U32, OPT },                                     \
	{ "register_amounts", LF_AMOUNT, LOG_U32, OPT },                           \
	{ "pc_data_amount", LF_AMOUNT, LOG_U32, OPT },                             \
	{ "data_amount", LF_AMOUNT, LOG_U32, OPT },                                \
	{ "int_mask", LF_INT_MASK, LOG_U32, OPT },                                 \
	{ "interrupt_mask", LF_INT_MASK, LOG_U32, OPT },                           \
	{ "require_mask", LF_INT_MASK, LOG_U32, OPT },                             \
	{ "int_clear", LF_INT_CLEAR, LOG_U32, OPT },                               \
	{ "interrupt_clear", LF_INT_CLEAR, LOG_U32, OPT },                         \
	{ "task_con", LF_TASK_CON, LOG_U32, OPT },                                 \
	{ "task_control", LF_TASK_CON, LOG_U32, OPT },                             \
	{ "dma_base", LF_DMA_BASE, LOG_U32, OPT },                                 \
	{ "dma_base_addr", LF_DMA_BASE, LOG_U32, OPT },                            \
	{ "op_en", LF_ENABLE, LOG_U32, OPT },                                      \
	{ "operation_enable", LF_ENABLE, LOG_U32, OPT },                           \
	{ "task_start", LF_TASK_START, LOG_U32, OPT },                             \
	{ "task_number", LF_TASK_NUMBER, LOG_U32, OPT },                           \
	{ "status", LF_STATUS, LOG_U32, OPT },                                     \
	{ "irq_status", LF_STATUS, LOG_U32, OPT },                                 \
	{ "int_status", LF_STATUS, LOG_U32, OPT },                                 \
	{ "interrupt_status", LF_STATUS, LOG_U32, OPT },                           \
	{ "invalid_irq_status", LF_STATUS, LOG_U32, OPT },                         \
	{ "raw_status", LF_RAW, LOG_U32, OPT },                                    \
	{ "int_raw_status", LF_RAW, LOG_U32, OPT },                                \
	{ "interrupt_raw_status", LF_RAW, LOG_U32, OPT },                          \
	{ "task_counter", LF_TASK_COUNTER, LOG_U32, OPT },                         \
	{ "task_status", LF_TASK_COUNTER, LOG_U32, OPT }
static const struct log_slot pc[] = { PC_SLOTS };
static const struct log_slot irq[] = {
	PC_SLOTS,
	{ "elapsed_time", LF_ELAPSED, LOG_WORD, OPT }, /* "6004123us" */
	{ "flags", LF_FLAGS, LOG_U32, OPT },
};

#define FORM(form, marker, kind, number, loose, anywhere, slots)                   \
	[form] = { marker, kind, number, loose, anywhere, slots, COUNT(slots) }
#define IOCTL LOG_KIND_IOCTL
#define DUMP LOG_KIND_DUMP
#define HASH LOG_NUMBER_HASH
#define NONE LOG_NUMBER_NONE
const struct log_form_desc log_forms[LOG_FORM_N] = {
	FORM(LOG_ACTION, "ACTION", IOCTL, NONE, false, false, action),
	FORM(LOG_IOCTL_RET, "IOCTL_RET", IOCTL, HASH, false, false, ioctl_ret),
	FORM(LOG_MEM_CREATE, "MEM_CREATE", IOCTL, HASH, false, false, mem_create),
	FORM(LOG_MEM_CREATE_RET, "MEM_CREATE_RET", IOCTL, HASH, false, false, mem_create_ret),
	FORM(LOG_MEM_MAP, "MEM_MAP", IOCTL, HASH, false, false, mem_map),
	FORM(LOG_MEM_MAP_RET, "MEM_MAP_RET", IOCTL, HASH, false, false, mem_map),
	FORM(LOG_MMAP, "MMAP", IOCTL, HASH, false, false, mmap_call),
	FORM(LOG_MMAP_RET, "MMAP_RET", IOCTL, HASH, false, false, mmap_ret),
	FORM(LOG_MEM_SYNC, "MEM_SYNC", IOCTL, NONE, false, false, mem_sync),
	FORM(LOG_SUBMIT, "=== DRM_IOCTL_RKNPU_SUBMIT", IOCTL, HASH, false, false, submit),
	FORM(LOG_SUBMIT_FLAGS, "", IOCTL, NONE, false, false, submit_flags),
	FORM(LOG_SUBMIT_COUNTER, "", IOCTL, NONE, false, false, submit_counter),
	FORM(LOG_SUBMIT_MASK, "", IOCTL, NONE, false, false, submit_mask),
	FORM(LOG_SUBMIT_SUBCORE, "subcore_task", IOCTL, LOG_NUMBER_BRACKET, false, false,
	     subcore),
	FORM(LOG_GEM, "GEM", DUMP, LOG_NUMBER_PLAIN, false, false, gem),
	FORM(LOG_TASK_LIKE, "task_like", DUMP, LOG_NUMBER_BRACKET, false, false, task_like),
	FORM(LOG_WINDOW, "QWORD_WINDOW", DUMP, NONE, false, false, window),
	FORM(LOG_QWORD, "regcmd_qword", DUMP, LOG_NUMBER_BRACKET, false, false, qword),
	FORM(LOG_ALLOC, "allocated memory,", LOG_KIND_ALLOC, NONE, false, true, memory),
	FORM(LOG_FREE, "free memory,", LOG_KIND_ALLOC, NONE, false, true, memory),
	FORM(LOG_SUBGRAPH, "subgraph0 regcmdbuffer", LOG_KIND_ALLOC, NONE, false, true,
	     subgraph),
	[LOG_MMIO_SNAPSHOT] = { "MMIO_SNAPSHOT", LOG_KIND_MMIO, NONE, true, false, NULL, 0 },
	/* Also "0x0028 = 0x300" and "0x0028: 0x300". */
	FORM(LOG_MMIO_ROW, "", LOG_KIND_MMIO, NONE, true, false, mmio_row),
	FORM(LOG_MMIO_UNAVAILABLE, "MMIO_UNAVAILABLE", LOG_KIND_MMIO, NONE, false, false,
	     mmio_unavailable),
	[LOG_SYSFS] = { "", LOG_KIND_SYSFS, NONE, false, false, NULL, 0 },
	FORM(LOG_PC_PRELUDE, "pc commit prelude", LOG_KIND_PC, NONE, true, true, pc),
	FORM(LOG_PC_COMMIT, "pc commit trace", LOG_KIND_PC, NONE, true, true, pc),
	FORM(LOG_PC_REGS, "pc commit regs", LOG_KIND_PC, NONE, true, true, pc),
	FORM(LOG_PC_ARMED, "pc commit armed", LOG_KIND_PC, NONE, true, true, pc),
	FORM(LOG_PC_IRQ_INVALID, "invalid irq pc regs", LOG_KIND_PC, NONE, true, true, irq),
	FORM(LOG_PC_IRQ, "valid irq trace", LOG_KIND_PC, NONE, true, true, irq),
	FORM(LOG_PC_TIMEOUT, "timeout pc regs", LOG_KIND_PC, NONE, true, true, irq),
	FORM(LOG_KERNEL_TIMEOUT, "job timeout", LOG_KIND_KERNEL, NONE, true, true, irq),
	FORM(LOG_KERNEL_CORE, "core", LOG_KIND_KERNEL, LOG_NUMBER_PLAIN, true, true, irq),
	FORM(LOG_KERNEL_IRQ_INVALID, "invalid irq status", LOG_KIND_KERNEL, NONE, true, true,
	     irq),
	[LOG_KERNEL_FAULT] = { "Page fault at", LOG_KIND_KERNEL, NONE, true, true, NULL, 0 },
	[LOG_KERNEL_RESET] = { "soft reset, num", LOG_KIND_KERNEL, NONE, true, true, NULL, 0 },
};

const char *const log_sysfs_keys[] = {
	"runtime_status", "runtime_usage", "cur_freq", "target_freq", "governor",
	"available_frequencies", "load",
};
const size_t log_sysfs_key_count = COUNT(log_sysfs_keys);

const char *const log_kind_names[LOG_KIND_N] = {
	[LOG_KIND_AUTO] = "auto",   [LOG_KIND_IOCTL] = "ioctl", [LOG_KIND_DUMP] = "dump",
	[LOG_KIND_ALLOC] = "alloc", [LOG_KIND_MMIO] = "mmio",   [LOG_KIND_SYSFS] = "sysfs",
	[LOG_KIND_PC] = "pc",       [LOG_KIND_KERNEL] = "kernel",
};
/* clang-format on */

const char *log_sysfs_key(uint32_t number)
{
	return number < log_sysfs_key_count ? log_sysfs_keys[number] : "";
}

enum log_kind log_form_kind(enum log_form form)
{
	return log_forms[form].kind;
}
