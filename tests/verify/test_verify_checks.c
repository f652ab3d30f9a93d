/* Every check passes on the samples, and fails on a sample damaged in one place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "verify_fixture.h"

#define LOGS TEST_DATA "/logs"

#define H56 "b1_c64_h56_w56_oc128_wic64_k1x1_g1_s1_pvalid"
#define H40 "b1_c160_h40_w40_oc320_wic160_k3x3_g1_s1_pvalid"

/* clang-format off */
static const struct {
	const char *name, *slug;
	const char *logs[4];
} samples[] = {
	{ "c64 h56", H56, { "c64-h56-run.log", "c64-h56-kernel.log", "sysfs.log", "mmio.log" } },
	{ "c64 h56 timed out", H56, { "c64-h56-run.log", "timeout-kernel.log" } },
	{ "c160 h40", H40, { "c160-h40-run.log", "c160-h40-kernel.log", "mmio-unavailable.log" } },
	{ "c160 h14", "b1_c160_h14_w14_oc320_wic160_k3x3_g1_s1_pvalid", { "c160-h14-trace.log" } },
	{ "c160 h7", "b1_c160_h7_w7_oc320_wic160_k3x3_g1_s1_pvalid", { "c160-h7-trace.log" } },
	{ "c32 h14", "b1_c32_h14_w14_oc128_wic32_k3x3_g1_s1_pvalid", { "c32-h14-trace.log" } },
	{ "c256 h14", "b1_c256_h14_w14_oc512_wic256_k1x1_g1_s1_pvalid", { "c256-h14-trace.log" } },
};

/* Damage to one sample: which item notices, and what it says. */
static const struct {
	const char *name, *log;
	struct damage damage;
	const char *item, *reason;
} cases[] = {
#define RUN "c64-h56-run.log"
#define PLAIN "c160-h40-run.log" /* no tensor dumps */
#define KERNEL "c64-h56-kernel.log"
#define HANG "timeout-kernel.log"
	{ "other ioctl", RUN, { DAMAGE_FIRST, "cmd=0xc0686441", "cmd=0xc0606441" },
	  "abi-layout", "is not SUBMIT" },
	{ "short header", RUN, { DAMAGE_FIRST, "size=104", "size=96" }, "abi-layout", "size 96" },
	{ "record spacing", RUN, { DAMAGE_FIRST, "off=0x0028", "off=0x0030" },
	  "abi-layout", "record 1 at 0x30" },
	{ "word spacing", RUN, { DAMAGE_FIRST, "regcmd_qword[1] off=0x4808",
	  "regcmd_qword[1] off=0x4810" }, "abi-layout", "word 1 at 0x4810" },

	{ "no nice", RUN, { DAMAGE_DELETE, "ACTION flags=0x00000013 value", NULL },
	  "ioctl-sequence", "ACTION 1 where ACTION 19 is due" },
	{ "other nice", RUN, { DAMAGE_FIRST, "value=0xffffffed", "value=0x00000000" },
	  "ioctl-sequence", "ACTION 19 with value 0x00000000" },
	{ "no power off", RUN, { DAMAGE_DELETE, "ACTION flags=0x00000015 value", NULL },
	  "ioctl-sequence", "the trace ends where ACTION 21" },
	{ "reset before", RUN, { DAMAGE_FIRST, "ACTION flags=0x00000001 value=0x00000000",
	  "ACTION flags=0x00000006 value=0x00000000" }, "ioctl-sequence", "ACTION 6 where" },
	{ "power on succeeds", RUN, { DAMAGE_FIRST, "flags=0x00000014 ret=-1", "flags=0x00000014 ret=0" },
	  "ioctl-returns", "ACTION 20 succeeds" },
	{ "version fails", RUN, { DAMAGE_FIRST, "value=0x0000038c ret=0", "value=0x0000038c ret=-1" },
	  "ioctl-returns", "ACTION 1 fails" },
	{ "other chip", RUN, { DAMAGE_FIRST, "value=0x46495245 ret=0", "value=0x46495247 ret=0" },
	  "ioctl-returns", "0x46495247 is not an RK3588" },
	{ "old driver", RUN, { DAMAGE_FIRST, "value=0x0000038c ret=0", "value=0x00000322 ret=0" },
	  "ioctl-returns", "driver version 802" },
	{ "no iommu", RUN, { DAMAGE_FIRST, "value=0x00000001 ret=0", "value=0x00000000 ret=0" },
	  "ioctl-returns", "IOMMU is off" },

	{ "nonblocking", RUN, { DAMAGE_FIRST, "flags=0x00000005 timeout", "flags=0x00000007 timeout" },
	  "submit-header", "flags 0x7" },
	{ "no timeout", RUN, { DAMAGE_FIRST, "timeout=6000", "timeout=0" },
	  "submit-header", "gives up at once" },
	{ "endless", RUN, { DAMAGE_FIRST, "timeout=6000", "timeout=4294967295" },
	  "submit-header", "waits forever" },
	{ "task_start", RUN, { DAMAGE_FIRST, "task_start=0 task_number=6", "task_start=2 task_number=6" },
	  "submit-header", "task_start is not 0" },
	{ "task_number", RUN, { DAMAGE_FIRST, "task_start=0 task_number=6", "task_start=0 task_number=2" },
	  "submit-header", "task_number 2, the ranges hold 6" },
	{ "counter", RUN, { DAMAGE_FIRST, "task_counter=0", "task_counter=6" },
	  "submit-header", "are not 0" },
	{ "task object", RUN, { DAMAGE_FIRST, "task_obj_addr=0xffffff8102fc0400",
	  "task_obj_addr=0xffffff8102fc2c00" }, "submit-header", "task_obj_addr is not" },
	{ "unknown mask", RUN, { DAMAGE_FIRST, "core_mask=0x00000000", "core_mask=0x00000005" },
	  "submit-header", "core_mask 5" },
	{ "fence", RUN, { DAMAGE_FIRST, "fence_fd=-1", "fence_fd=7" }, "submit-header", "fence_fd" },
	{ "subcore", RUN, { DAMAGE_FIRST, "subcore_task[3]={task_start=0, task_number=0}",
	  "subcore_task[3]={task_start=8, task_number=0}" }, "submit-header",
	  "subcore_task[3] is {8, 0}" },

	{ "weight size", RUN, { DAMAGE_FIRST, "MEM_CREATE #2 size=28352", "MEM_CREATE #2 size=28416" },
	  "bo-profile", "28416 bytes, the bundle's 28352" },
	{ "task flags", RUN, { DAMAGE_FIRST, "flags=0x0000040b", "flags=0x00000403" },
	  "bo-profile", "flags 0x403, not 0x40b" },
	{ "dirty request", RUN, { DAMAGE_FIRST, "handle=0x0 obj=0x0", "handle=0x0 obj=0x10" },
	  "bo-profile", "is not zeroed" },
	{ "order", RUN, { DAMAGE_ALL, "size=401408 flags", "size=802816 flags" }, "bo-profile", "input" },
	{ "handle", RUN, { DAMAGE_FIRST, "MEM_CREATE_RET #3 handle=0x3", "MEM_CREATE_RET #3 handle=0x9" },
	  "bo-profile", "handle 9, not 3" },
	{ "user object", RUN, { DAMAGE_FIRST, "MEM_CREATE_RET #1 handle=0x1 obj=0xffffff8102fc0400",
	  "MEM_CREATE_RET #1 handle=0x1 obj=0x7ff0" }, "bo-profile", "no kernel address" },
	{ "sram", RUN, { DAMAGE_FIRST, "dma=0xfff98000 sram=0", "dma=0xfff98000 sram=4096" },
	  "bo-profile", "lies in SRAM" },
	{ "no answer", RUN, { DAMAGE_DELETE, "MEM_CREATE_RET #4", NULL }, "bo-profile",
	  "no MEM_CREATE_RET for the input" },
	{ "second answer", RUN, { DAMAGE_TWICE, "MEM_CREATE_RET #4", NULL }, "bo-profile",
	  "belongs to no buffer, or repeats" },
	{ "sixth buffer", RUN, { DAMAGE_APPEND, NULL,
	  "MEM_CREATE #6 size=4096 flags=0x00000403 handle=0x0 obj=0x0 dma=0x0 sram=0\n"
	  "MEM_CREATE_RET #6 handle=0x6 obj=0xffffff8102fc9000 dma=0xff000000 sram=0\n" },
	  "bo-profile", "beyond the five" },
	{ "fewer buffers", RUN, { DAMAGE_DELETE, "MEM_CREATE #5 size", NULL }, "bo-profile",
	  "no output buffer" },
	{ "short return", RUN, { DAMAGE_FIRST, "dma=0xfff98000 sram=0", "dma=0xfff98000 sram=0 size=4096" },
	  "bo-profile", "4096 bytes came back" },

	{ "map handle", RUN, { DAMAGE_FIRST, "MEM_MAP #3 handle=0x3", "MEM_MAP #3 handle=0x2" },
	  "bo-mapping", "MEM_MAP of another handle" },
	{ "map offset", RUN, { DAMAGE_ALL, "offset=0x100008000", "offset=0x100009000" },
	  "bo-mapping", "0x100008000 is next" },
	{ "mmap length", RUN, { DAMAGE_FIRST, "length=560", "length=8192" }, "bo-mapping", "8192 bytes" },
	{ "read only", RUN, { DAMAGE_FIRST, "prot=0x3", "prot=0x1" }, "bo-mapping", "shared" },
	{ "private", RUN, { DAMAGE_FIRST, "flags=0x1 fd", "flags=0x2 fd" }, "bo-mapping", "shared" },
	{ "mmap offset", RUN, { DAMAGE_FIRST, "fd=3 offset=0x100001000", "fd=3 offset=0x100000000" },
	  "bo-mapping", "MMAP of another offset" },
	{ "mmap failed", RUN, { DAMAGE_FIRST, "MMAP_RET #1 addr=0x7ff7ff5000",
	  "MMAP_RET #1 addr=0xffffffffffffffff" }, "bo-mapping", "mapping the task buffer failed" },
	{ "not mapped", RUN, { DAMAGE_DELETE, "MMAP #2", NULL }, "bo-mapping", "has no MMAP row" },

	{ "aligned size", RUN, { DAMAGE_FIRST, "aligned size: 28672", "aligned size: 28352" },
	  "alloc-metadata", "aligned size of the weight buffer" },
	{ "alloc size", RUN, { DAMAGE_FIRST, "size: 401408", "size: 401344" }, "alloc-metadata",
	  "size of the input buffer" },
	{ "alloc dma", RUN, { DAMAGE_FIRST, "dma addr: 0xffe10000", "dma addr: 0xffe11000" },
	  "alloc-metadata", "dma address of the input buffer" },
	{ "alloc object", RUN, { DAMAGE_FIRST, "obj addr: 0xffffff8102fc1800", "obj addr: 0xffffff8102fc1900" },
	  "alloc-metadata", "object of the internal buffer" },
	{ "alloc flags", RUN, { DAMAGE_FIRST, "flags: 0x40b", "flags: 0x403" }, "alloc-metadata",
	  "flags of the task buffer" },
	{ "alloc domain", RUN, { DAMAGE_FIRST, "domain id: 0", "domain id: 3" }, "alloc-metadata",
	  "iommu domain" },
	{ "no allocation", RUN, { DAMAGE_DELETE, "allocated memory, name: input", NULL },
	  "alloc-metadata", "no allocation row for the input" },
	{ "command bytes", RUN, { DAMAGE_FIRST, "regcmdbuffer size: 9344", "regcmdbuffer size: 9408" },
	  "alloc-metadata", "9408 bytes of commands" },
	{ "record bytes", RUN, { DAMAGE_FIRST, "taskbuffer size: 560", "taskbuffer size: 600" },
	  "alloc-metadata", "600 of records" },
	{ "dump size", RUN, { DAMAGE_FIRST, "GEM 2: handle=2 size=28672", "GEM 2: handle=2 size=24576" },
	  "dump-buffers", "size of the weight buffer" },
	{ "dump offset", RUN, { DAMAGE_FIRST, "size=28672 map_offset=0x100001000",
	  "size=28672 map_offset=0x100002000" }, "dump-buffers", "map offset of the weight buffer" },

	{ "overlap", RUN, { DAMAGE_ALL, "0xffe10000", "0xffe72000" }, "dma-bindings",
	  "internal and input buffers overlap" },
	{ "above 4 GiB", RUN, { DAMAGE_ALL, "0xffe10000", "0x1ffe10000" }, "dma-bindings", "below 4 GiB" },
	{ "off the page", RUN, { DAMAGE_ALL, "0xffe10000", "0xffe10040" }, "dma-bindings", "on a page" },
	{ "foreign record", RUN, { DAMAGE_FIRST, "regcmd_addr=0x00000000fff9cb80",
	  "regcmd_addr=0x00000000ff000b80" }, "dma-bindings", "in no buffer of this run" },
	{ "wrong buffer", RUN, { DAMAGE_FIRST, "regcmd_addr=0x00000000fff9cb80",
	  "regcmd_addr=0x00000000ffe10b80" }, "dma-bindings", "in the buffer input" },

	{ "teardown order", RUN, { DAMAGE_SWAP, "free memory, name: internal", "free memory, name: task" },
	  "teardown-order", "weight buffer is freed before the internal" },
	{ "leak", RUN, { DAMAGE_DELETE, "free memory, name: output", NULL }, "teardown-order",
	  "output buffer is never freed" },
	{ "freed twice", RUN, { DAMAGE_TWICE, "free memory, name: weight", NULL }, "teardown-match",
	  "was freed before" },
	{ "free name", RUN, { DAMAGE_FIRST, "free memory, name: weight", "free memory, name: wheat" },
	  "teardown-match", "free of \"wheat\"" },

	{ "no command sync", PLAIN, { DAMAGE_DELETE, "offset=923648", NULL }, "sync-profile",
	  "where sync 1 of weight" },
	{ "half window", PLAIN, { DAMAGE_FIRST, "size=12032", "size=11968" }, "sync-profile", "+11968" },
	{ "wrong way", PLAIN, { DAMAGE_FIRST, "MEM_SYNC flags=0x00000001 obj=0xffffff8102fc4400",
	  "MEM_SYNC flags=0x00000002 obj=0xffffff8102fc4400" }, "sync-profile", "sync 2 of input" },
	{ "fresh buffer", PLAIN, { DAMAGE_FIRST, "flags=0x00000003", "flags=0x00000001" },
	  "sync-profile", "where sync 3 of task" },
	{ "foreign object", PLAIN, { DAMAGE_FIRST, "MEM_SYNC flags=0x00000003 obj=0xffffff8102fc3000",
	  "MEM_SYNC flags=0x00000003 obj=0xffffff8102fcf000" }, "sync-profile", "an unknown buffer" },
	{ "once too often", PLAIN, { DAMAGE_TWICE, "MEM_SYNC flags=0x00000002 obj=0xffffff8102fc3800", NULL },
	  "sync-profile", "once too often" },
	{ "output missing", PLAIN, { DAMAGE_DELETE, "MEM_SYNC flags=0x00000002 obj=0xffffff8102fc3800", NULL },
	  "sync-profile", "the trace ends where sync 2 of output" },
	{ "dump of the input alone", RUN, { DAMAGE_DELETE, "MEM_SYNC flags=0x00000002 obj=0xffffff8102fc5000", NULL },
	  "sync-profile", "the output not dumped" },

	{ "blocks", RUN, { DAMAGE_FIRST, "enable_mask=0x0000000d", "enable_mask=0x0000001d" },
	  "task-object", "enable_mask 0x1d, not 0xd" },
	{ "no blocks", RUN, { DAMAGE_FIRST, "enable_mask=0x0000000d", "enable_mask=0x00000000" },
	  "task-object", "enables blocks 0x0" },
	{ "amount", RUN, { DAMAGE_FIRST, "regcfg_amount=108", "regcfg_amount=112" }, "task-object",
	  "regcfg_amount 0x70, not 0x6c" },
	{ "operator", RUN, { DAMAGE_FIRST, "op_idx=1", "op_idx=2" }, "task-object", "op_idx 0x2" },
	{ "clear", RUN, { DAMAGE_FIRST, "int_clear=0x0001ffff", "int_clear=0x00000300" }, "task-object",
	  "int_clear 0x300" },
	{ "record flags", RUN, { DAMAGE_FIRST, "task_like[0] off=0x0000 flags=0x00000000",
	  "task_like[0] off=0x0000 flags=0x00000001" }, "task-object", "flags 0x1" },
	{ "offset", RUN, { DAMAGE_FIRST, "regcfg_offset=0", "regcfg_offset=8" }, "task-object",
	  "regcfg_offset 0x8" },
	{ "bad end", RUN, { DAMAGE_FIRST, "int_status=0x00000000", "int_status=0x00000c00" },
	  "task-object", "ended with status 0xc00" },
	{ "command address", RUN, { DAMAGE_FIRST, "regcmd_addr=0x00000000fff9cb80",
	  "regcmd_addr=0x00000000fff9cb40" }, "task-object", "regcmd_addr" },
	{ "alignment", RUN, { DAMAGE_FIRST, "regcmd_addr=0x00000000fff9cb80",
	  "regcmd_addr=0x00000000fff9cb88" }, "task-object", "has its commands at" },
	{ "a record less", RUN, { DAMAGE_DELETE, "task_like[13]", NULL }, "task-object", "holds 13 records" },

	{ "register", RUN, { DAMAGE_FIRST, "value=0x02010000001b1040", "value=0x02010000002a1040" },
	  "regcmd-window", "CNA.CBUF_CON0 is 0x2a, the bundle's 0x1b" },
	{ "other register", RUN, { DAMAGE_FIRST, "value=0x02010000001b1040", "value=0x02010000001b1044" },
	  "regcmd-window", "writes CNA.CBUF_CON1, the bundle CNA.CBUF_CON0" },
	{ "chain", RUN, { DAMAGE_FIRST, "value=0x0101fff9cb800010", "value=0x0101fff9cc000010" },
	  "regcmd-window", "PC.BASE_ADDRESS" },
	{ "input base", RUN, { DAMAGE_ALL, "0xffe10000", "0xffe0f000" }, "regcmd-window",
	  "input addresses count from 0xffe10000" },
	{ "window place", RUN, { DAMAGE_FIRST, "QWORD_WINDOW off=0x4800", "QWORD_WINDOW off=0x4000" },
	  "regcmd-window", "the window is at 16384" },

	{ "all records at once", RUN, { DAMAGE_ALL, "{task_start=0, task_number=2}",
	  "{task_start=0, task_number=14}" }, "forbidden-mixed-plans", "record 2 begins another" },
	{ "later records at once", RUN, { DAMAGE_ALL, "{task_start=0, task_number=2}",
	  "{task_start=2, task_number=12}" }, "forbidden-tail-index", "record 5 begins another" },
	{ "middle of a list", RUN, { DAMAGE_ALL, "{task_start=0, task_number=2}",
	  "{task_start=3, task_number=2}" }, "forbidden-tail-index", "in the middle of a list" },
	{ "another plan's list", RUN, { DAMAGE_ALL, "{task_start=0, task_number=2}",
	  "{task_start=2, task_number=3}" }, "forbidden-mixed-plans", "belongs to the 2-core plan" },
	{ "one of two", RUN, { DAMAGE_ALL, "{task_start=0, task_number=2}",
	  "{task_start=0, task_number=1}" }, "forbidden-task-count", "the chain is 2 long" },
	{ "beyond the table", RUN, { DAMAGE_ALL, "{task_start=0, task_number=2}",
	  "{task_start=12, task_number=3}" }, "forbidden-task-count", "beyond the 14 records" },
	{ "overflow", RUN, { DAMAGE_FIRST, "{task_start=0, task_number=2}",
	  "{task_start=1, task_number=4294967295}" }, "forbidden-task-count", "beyond the 14 records" },
	{ "barrier alone", RUN, { DAMAGE_ALL, "{task_start=0, task_number=2}",
	  "{task_start=4, task_number=1}" }, "forbidden-barrier", "record 4 waits" },
	{ "half a pair", RUN, { DAMAGE_FIRST, "int_mask=0x00000300", "int_mask=0x00000100" },
	  "forbidden-half-pair", "awaits 0x100" },

	{ "never armed", KERNEL, { DAMAGE_DELETE, "pc commit armed", NULL }, "pc-commit-order",
	  "out of turn" },
	{ "armed first", KERNEL, { DAMAGE_SWAP, "pc commit armed", "pc commit trace" },
	  "pc-commit-order", "out of turn" },
	{ "no prelude", KERNEL, { DAMAGE_SWAP, "pc commit prelude", "pc commit trace" },
	  "pc-commit-order", "out of turn" },
	{ "no end", KERNEL, { DAMAGE_DELETE, "valid irq trace", NULL }, "pc-commit-order", "has no end" },
	{ "pointer", KERNEL, { DAMAGE_FIRST, "core s_pointer: 0xe", "core s_pointer: 0x1000000e" },
	  "pc-commit-values", "CORE S_POINTER is 0x1000000e" },
	{ "not slave", KERNEL, { DAMAGE_FIRST, "base: 0x1,", "base: 0," }, "pc-commit-values",
	  "base address is 0x0" },
	{ "base", KERNEL, { DAMAGE_FIRST, "base: 0xfff9c800", "base: 0xfff9c000" }, "pc-commit-values",
	  "base address is 0xfff9c000" },
	{ "register amount", KERNEL, { DAMAGE_FIRST, "amount: 55", "amount: 54" }, "pc-commit-values",
	  "register amount is 0x36, the driver writes 0x37" },
	{ "task control", KERNEL, { DAMAGE_FIRST, "task_con: 0x7002", "task_con: 0x6002" },
	  "pc-commit-values", "task control is 0x6002, the driver writes 0x7002" },
	{ "mask", KERNEL, { DAMAGE_FIRST, "int_mask: 0x300", "int_mask: 0xc00" }, "pc-commit-values",
	  "interrupt mask is 0xc00" },
	{ "clear mask", KERNEL, { DAMAGE_FIRST, "int_clear: 0x300", "int_clear: 0x1ffff" },
	  "pc-commit-values", "interrupt clear is 0x1ffff" },
	{ "dma base", KERNEL, { DAMAGE_FIRST, "dma_base: 0", "dma_base: 0x1000" }, "pc-commit-values",
	  "DMA base is 0x1000" },
	{ "range", KERNEL, { DAMAGE_FIRST, "task_number: 2", "task_number: 14" }, "pc-commit-values",
	  "task_number is 0xe" },
	{ "fourth core", KERNEL, { DAMAGE_FIRST, "pc commit armed: core: 0", "pc commit armed: core: 3" },
	  "pc-commit-values", "core 3 of three" },

	{ "valid but other block", KERNEL, { DAMAGE_FIRST, "irq status: 0x200", "irq status: 0x3" },
	  "irq-completion", "status 0x3 does not complete mask 0x300" },
	{ "valid but zero", KERNEL, { DAMAGE_FIRST, "irq status: 0x200", "irq status: 0" },
	  "irq-completion", "status 0x0 does not complete" },
	{ "more than raw", KERNEL, { DAMAGE_FIRST, "raw status: 0x203", "raw status: 0x100" },
	  "irq-completion", "bits that raw status" },
	{ "other mask", KERNEL, { DAMAGE_FIRST, "require mask: 0x300", "require mask: 0x200" },
	  "irq-completion", "require mask is 0x200" },
	{ "counts too far", KERNEL, { DAMAGE_FIRST, "task counter: 0x2", "task counter: 0x9" },
	  "irq-completion", "task counter 9 of 2" },
	{ "invalid but fine", HANG, { DAMAGE_ALL, "status: 0x30", "status: 0x100" }, "irq-completion",
	  "completes mask 0x300" },
	{ "no timeout at all", HANG, { DAMAGE_FIRST, "status: 0x0, raw status: 0xc0000000",
	  "status: 0x300, raw status: 0x300" },
	  "timeout-model", "no timeout" },
	{ "early", HANG, { DAMAGE_FIRST, "elapsed time: 6104321us", "elapsed time: 1104321us" },
	  "timeout-model", "gave up after 1104321 us of 6000 ms" },
	{ "counter", HANG, { DAMAGE_FIRST, "task counter: 0x1", "task counter: 0x3" }, "timeout-model",
	  "task counter 3 of 2" },
	{ "no reset", HANG, { DAMAGE_DELETE, "soft reset", NULL }, "timeout-model", "no soft reset" },

	{ "version", "mmio.log", { DAMAGE_FIRST, "0x00005245", "0x00005247" }, "mmio-snapshot",
	  "0x46495247" },
	{ "status", "mmio.log", { DAMAGE_FIRST, "0x0028: 0x00000200", "0x0028: 0x00000c00" },
	  "mmio-snapshot", "interrupt status 0xc00" },
	{ "odd offset", "mmio.log", { DAMAGE_FIRST, "0x0030:", "0x0031:" }, "mmio-snapshot",
	  "no register at 0x31" },
	{ "status word", "sysfs.log", { DAMAGE_FIRST, "suspended", "sleeping" }, "sysfs-snapshot",
	  "runtime_status cannot be \"sleeping\"" },
	{ "frequency", "sysfs.log", { DAMAGE_FIRST, "cur_freq = 1000000000", "cur_freq = 1100000000" },
	  "sysfs-snapshot", "cur_freq" },
	{ "governor", "sysfs.log", { DAMAGE_FIRST, "rknpu_ondemand", "none" }, "sysfs-snapshot", "governor" },
	{ "users", "sysfs.log", { DAMAGE_FIRST, "runtime_usage = 0", "runtime_usage = 2" },
	  "sysfs-snapshot", "suspended with 2 users" },
	{ "negative users", "sysfs.log", { DAMAGE_FIRST, "runtime_usage = 0", "runtime_usage = -1" },
	  "sysfs-snapshot", "runtime_usage" },
	{ "page fault", RUN, { DAMAGE_APPEND, NULL,
	  "[ 9.1] rk_iommu fdab9000.iommu: Page fault at 0x00000000ffe10040 of type read\n" },
	  "page-faults", "touched 0xffe10040, in the buffer input" },
};
/* clang-format on */

static struct verify_subject open_subject(const char *slug)
{
	struct verify_subject s;

	assert_int_equal(subject_open(&s, slug), 0);
	assert_int_equal(s.broken.code, NPURT_OK);
	return s;
}

/* All texts of a case one after the other, as one log. */
static char *join(const char *const *names, size_t count)
{
	char *all = calloc(1, 1 << 20);

	assert_non_null(all);
	for (size_t i = 0; i < count && names[i]; i++) {
		char *text = sample_text(LOGS, names[i]);

		assert_true(strlen(all) + strlen(text) < 1 << 20);
		strcat(all, text);
		free(text);
	}
	return all;
}

static void samples_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
		struct verify_subject s = open_subject(samples[i].slug);
		char *text = join(samples[i].logs, 4), why[LOG_WHY_BYTES];
		struct report report;

		if (!check_text(samples[i].name, text, &s, 1, &report, why))
			fail_msg("%s: %s", samples[i].name, why);
		for (uint32_t k = 0; k < report.count; k++) {
			if (report.items[k].verdict == VERDICT_FAIL)
				fail_msg("%s: %s: %s", samples[i].name,
					 report.items[k].name, report.items[k].reason);
		}
		if (report_tally(&report, VERDICT_PASS) < 15)
			fail_msg("%s: only %u items passed", samples[i].name,
				 report_tally(&report, VERDICT_PASS));
		free(text);
		subject_close(&s);
	}
}

/* The complete run leaves nothing out but what it has no rows for. */
static void complete_run_skips_timeouts_alone(void **state)
{
	struct verify_subject s = open_subject(samples[0].slug);
	char *text = join(samples[0].logs, 4), why[LOG_WHY_BYTES];
	struct report report;

	(void)state;
	assert_true(check_text("c64 h56", text, &s, 1, &report, why));
	for (uint32_t k = 0; k < report.count; k++) {
		const struct report_item *item = &report.items[k];
		bool silent = !strcmp(item->name, "timeout-model") ||
			      !strcmp(item->name, "page-faults");

		if ((item->verdict == VERDICT_SKIP) != silent)
			fail_msg("%s: %s", item->name, item->reason);
	}
	free(text);
	subject_close(&s);
}

static void damage_is_noticed(void **state)
{
	struct verify_subject h56 = open_subject(H56), h40 = open_subject(H40);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bool plain = !strcmp(cases[i].log, PLAIN);
		bool kernel = strstr(cases[i].log, "kernel") != NULL;
		const char *const names[] = { kernel ? RUN : cases[i].log,
					      kernel ? cases[i].log : NULL };
		char *text = join(names, 2), *bad = damaged(text, &cases[i].damage);
		const struct report_item *item;
		char why[LOG_WHY_BYTES];
		struct report report;

		if (!check_text("sample.log", bad, plain ? &h40 : &h56, 1, &report, why))
			fail_msg("%s: %s", cases[i].name, why);
		item = report_find(&report, cases[i].item);
		if (!item || item->verdict != VERDICT_FAIL)
			fail_msg("%s: %s does not fail: %s", cases[i].name, cases[i].item,
				 item ? item->reason : "no such item");
		if (!strstr(item->reason, cases[i].reason))
			fail_msg("%s: %s says: %s", cases[i].name, cases[i].item,
				 item->reason);
		free(bad);
		free(text);
	}
	subject_close(&h40);
	subject_close(&h56);
}

/* Every item that can appear is failed by some case above. */
static void every_item_can_fail(void **state)
{
	struct verify_subject s = open_subject(H56);
	char *text = sample_text(LOGS, RUN), why[LOG_WHY_BYTES];
	struct report report;

	(void)state;
	assert_true(check_text("run", text, &s, 1, &report, why));
	for (uint32_t k = 0; k < report.count; k++) {
		bool found = false;

		for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
			found = found || !strcmp(cases[i].item, report.items[k].name);
		if (!found)
			fail_msg("no case fails %s", report.items[k].name);
	}
	free(text);
	subject_close(&s);
}

static void unavailable_mmio_is_skipped(void **state)
{
	char *text = sample_text(LOGS, "mmio-unavailable.log"), why[LOG_WHY_BYTES];
	const struct report_item *item;
	struct report report;

	(void)state;
	assert_true(check_text("mmio", text, NULL, 1, &report, why));
	item = report_find(&report, "mmio-snapshot");
	assert_int_equal(item->verdict, VERDICT_SKIP);
	assert_string_equal(item->reason,
			    "device /dev/mem: Permission denied (errno 13)");
	free(text);
}

/* Two and three cores: other entries of the header, other ranges, other masks. */
static void other_core_counts(void **state)
{
	static const struct damage two[] = {
		{ DAMAGE_FIRST, "core_mask=0x00000000", "core_mask=0x00000003" },
		{ DAMAGE_FIRST, "[0]={task_start=0, task_number=2}",
		  "[0]={task_start=2, task_number=3}" },
		{ DAMAGE_FIRST, "[1]={task_start=0, task_number=2}",
		  "[1]={task_start=5, task_number=3}" },
		{ DAMAGE_FIRST, "[2]={task_start=0, task_number=2}",
		  "[2]={task_start=0, task_number=0}" },
	};
	static const struct damage three[] = {
		{ DAMAGE_FIRST, "core_mask=0x00000000", "core_mask=0x00000007" },
		{ DAMAGE_FIRST, "[0]={task_start=0, task_number=2}",
		  "[0]={task_start=0, task_number=0}" },
		{ DAMAGE_FIRST, "[1]={task_start=0, task_number=2}",
		  "[1]={task_start=0, task_number=0}" },
		{ DAMAGE_FIRST, "[2]={task_start=0, task_number=2}",
		  "[2]={task_start=8, task_number=2}" },
		{ DAMAGE_FIRST, "[3]={task_start=0, task_number=0}",
		  "[3]={task_start=10, task_number=2}" },
		{ DAMAGE_FIRST, "[4]={task_start=0, task_number=0}",
		  "[4]={task_start=12, task_number=2}" },
	};
	static const struct {
		const char *name;
		uint32_t cores;
		const struct damage *changes;
		size_t count;
	} jobs[] = { { "two cores", 2, two, 4 }, { "three cores", 3, three, 6 } };
	struct verify_subject s = open_subject(H56);

	(void)state;
	for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
		char *text = sample_text(LOGS, RUN), why[LOG_WHY_BYTES];
		struct report report;

		for (size_t k = 0; k < jobs[i].count; k++) {
			char *next = damaged(text, &jobs[i].changes[k]);

			free(text);
			text = next;
		}
		assert_true(
		    check_text(jobs[i].name, text, &s, jobs[i].cores, &report, why));
		for (uint32_t k = 0; k < report.count; k++) {
			if (report.items[k].verdict == VERDICT_FAIL)
				fail_msg("%s: %s: %s", jobs[i].name, report.items[k].name,
					 report.items[k].reason);
		}
		/* the same trace is wrong for a one-core job */
		assert_true(check_text(jobs[i].name, text, &s, 1, &report, why));
		assert_int_equal(report_find(&report, "submit-header")->verdict,
				 VERDICT_FAIL);
		free(text);
	}
	subject_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_pass),
		cmocka_unit_test(complete_run_skips_timeouts_alone),
		cmocka_unit_test(damage_is_noticed),
		cmocka_unit_test(every_item_can_fail),
		cmocka_unit_test(unavailable_mmio_is_skipped),
		cmocka_unit_test(other_core_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
