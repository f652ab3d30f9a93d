/*
 * What the emulator's files share.  One file is one part of the driver:
 *
 *     preload*.c  the C library's functions, and which calls are ours
 *     node.c      nodes, opened files, file descriptors
 *     dispatch.c  an ioctl from its number to its handler and back
 *     gem.c       what the DRM core answers itself
 *     action.c    ACTION codes
 *     mem.c       objects, handles, device addresses
 *     chardev.c   the same on the char device
 *     mapping.c   mmap and munmap
 *     cache.c     what the processor sees and what the device sees
 *     submit.c    SUBMIT: checks, waits, outcome
 *     sched.c     queues, cores, interrupts, time
 *     start.c     one start of a core: register writes, execution, interrupt
 *     pc.c        command words and the register groups that outlive a job
 *     power.c     clock, power-off, soft reset
 *     settings.c script.c fault.c   what the user asked for
 *     procfs.c    the driver's text files
 *     report.c    log lines, verdicts, statistics
 *
 * One lock guards everything; emu_*() functions below are called with it held
 * unless they say otherwise.  Handlers return 0 or a negative errno, as in the
 * kernel.
 */
#ifndef EMU_H
#define EMU_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "emu/abi.h"
#include "emu/npuemu.h"
#include "hw/npu_hw.h"

#define EMU_LINE_BYTES 64u /* of the processor's cache */
#define EMU_NODES 8u
#define EMU_PATH_BYTES 64u
#define EMU_CALL_US 5u /* what an ioctl costs on the fake clock */

/* ---- settings (settings.c) */

struct emu_soc {
	const char *name;
	uint32_t hw_version; /* ACTION 0 */
	uint32_t core_mask;
	uint32_t amount_scale; /* command words in a unit of the amount register */
	uint32_t task_bits;
	uint32_t max_tasks; /* of one start */
	bool multi_irq;	    /* subcore ranges count; else the header's */
	uint32_t reset_lines;
};

enum emu_node_kind { EMU_RENDER, EMU_CARD, EMU_CHAR, EMU_FOREIGN };

struct emu_node {
	char path[EMU_PATH_BYTES];
	char name[16]; /* DRM driver */
	int open_errno;
	enum emu_node_kind kind;
};

enum emu_strict { EMU_STRICT_OFF, EMU_STRICT_ON, EMU_STRICT_ABORT };

struct emu_settings {
	struct emu_soc soc;
	uint32_t version; /* ACTION 1 */
	bool iommu, real_clock, crash_returns, garbage, procfs;
	enum emu_strict strict;
	uint64_t iova_top, iova_gap, memory_bytes;
	uint32_t power_delay_ms, wake_us, threads;
	struct emu_node node[EMU_NODES];
	uint32_t nodes;
	bool nodes_set; /* the first `node` statement drops the default ones */
};

void emu_settings_default(struct emu_settings *s);
/* False with a sentence in `why` when `name` is no setting or `value` is bad. */
bool emu_setting(struct emu_settings *s, const char *name, const char *value, char *why,
		 size_t why_bytes, bool *known);
bool emu_add_node(struct emu_settings *s, const char *path, const char *name,
		  int open_errno);
bool emu_number(const char *text, uint64_t *value);
bool emu_errno(const char *name, int *value);

/* ---- faults (fault.c) */

enum emu_call {
	EMU_ANY_CALL,
	EMU_OPEN,
	EMU_CLOSE,
	EMU_MMAP,
	EMU_MUNMAP,
	EMU_CALL_VERSION,
	EMU_CALL_GEM, /* any other ioctl of the DRM core */
	EMU_CALL_ACTION,
	EMU_CALL_SUBMIT,
	EMU_CALL_MEM_CREATE,
	EMU_CALL_MEM_MAP,
	EMU_CALL_MEM_DESTROY,
	EMU_CALL_MEM_SYNC,
	EMU_CALLS
};

enum emu_fault_kind {
	EMU_FAIL,
	EMU_FAIL_AFTER,
	EMU_HANG,
	EMU_IRQ,
	EMU_EARLY,
	EMU_NO_EXECUTE,
	EMU_STUB,
	EMU_OUT_ZERO,
	EMU_OUT_STALE,
	EMU_OUT_STALE_LINE,
	EMU_POWER_OFF,
	EMU_RESET_LINE,
	EMU_RESET_DURING,
	EMU_RESET_BEFORE,
	EMU_POISON,
	EMU_CONTIGUOUS,
	EMU_NO_MEMORY,
	EMU_IOVA_FULL,
	EMU_DMA_HIGH,
	EMU_DMA_ZERO,
	EMU_OBJ_ZERO,
	EMU_HANDLE_ZERO,
	EMU_SHORT_SIZE,
	EMU_SRAM,
	EMU_FOREIGN_JOB,
	EMU_FAULT_KINDS
};

#define EMU_ANY UINT32_MAX

struct emu_fault {
	enum emu_fault_kind kind;
	enum emu_call call;
	uint32_t nth;	 /* n-th call of that kind, from 1; EMU_ANY */
	uint32_t submit; /* n-th SUBMIT, from 1; EMU_ANY */
	uint32_t task, core, ms;
	uint64_t value;
	int err;
	struct emu_fault *next;
};

/* The keyword of a call ("MEM_CREATE"); NULL past the last. */
const char *emu_call_name(enum emu_call call);
/* Parse and run statements; false with "name:line: why" in `error`. */
bool emu_script(const char *text, const char *name, char *error, size_t bytes);
void emu_faults_free(void);
/* Count a call; the fault that makes it fail, if any, else NULL. */
const struct emu_fault *emu_count_call(enum emu_call call);
/* A fault of this kind for the current call (MEM_CREATE ...) or the given submit. */
const struct emu_fault *emu_fault_now(enum emu_fault_kind kind, enum emu_call call);
const struct emu_fault *emu_fault_submit(enum emu_fault_kind kind, uint64_t submit);
const struct emu_fault *emu_fault_next(const struct emu_fault *f,
				       enum emu_fault_kind kind, uint64_t submit);
const struct emu_fault *emu_fault_any(enum emu_fault_kind kind);

/* ---- objects (mem.c), mappings (mapping.c), cache (cache.c) */

struct emu_bo {
	uint32_t id, flags, domain;
	uint64_t bytes; /* whole pages */
	uint64_t token; /* obj_addr */
	uint64_t dma, dma_told;
	uint64_t backing; /* where its pages lie in the memory file */
	uint64_t fake;	  /* mmap offset, 0: none yet */
	uint32_t name;	  /* global, 0: none */
	uint32_t refs; /* handles, exports, mappings, jobs that use it as task object */
	bool cached, kernel_mapped, page_backed, no_pages;
	uint8_t *cpu, *dev; /* one and the same when not cached */
	uint8_t *base;	    /* the processor's bytes when the line was last clean */
	uint8_t *line;	    /* EMU_LINE_* */
	uint64_t used_submit, busy_us; /* last job that touched it, and until when */
	struct emu_bo *next;	       /* falling by dma */
};

struct emu_handle {
	struct emu_bo *bo; /* NULL: free */
	bool imported;
};

struct emu_file {
	const struct emu_node *node;
	struct emu_node node_copy;
	struct emu_handle *handle; /* [i] is handle i + 1 */
	uint32_t handles;
	uint32_t fds;
	uint32_t id;
};

struct emu_mapping {
	uintptr_t start, end;
	struct emu_bo *bo;
};

struct emu_bo *emu_bo_by_token(uint64_t token);
struct emu_bo *emu_bo_by_dma(uint64_t address);
struct emu_bo *emu_bo_by_fake(uint64_t fake);
struct emu_bo *emu_bo_by_name(uint32_t name);
struct emu_bo *emu_file_bo(const struct emu_file *f, uint32_t handle);
bool emu_file_has(const struct emu_file *f, const struct emu_bo *bo);
int emu_handle_add(struct emu_file *f, struct emu_bo *bo, bool imported,
		   uint32_t *handle);
int emu_handle_drop(struct emu_file *f, uint32_t handle);
void emu_bo_get(struct emu_bo *bo);
void emu_bo_put(struct emu_bo *bo);
void emu_check_idle(const struct emu_bo *bo, const char *what);
int emu_mem_create(struct emu_file *f, struct abi_mem_create *c);
int emu_mem_map(struct emu_file *f, struct abi_mem_map *m);
int emu_mem_destroy(struct emu_file *f, struct abi_mem_destroy *d);
int emu_mem_sync(struct emu_file *f, struct abi_mem_sync *s);

int emu_char_create(struct emu_file *f, struct abi_mem_create *c);
int emu_char_destroy(struct emu_file *f, const struct abi_mem_destroy *d);
int emu_char_sync(struct emu_file *f, struct abi_mem_sync *s);

void emu_cache_fresh(struct emu_bo *bo);
void emu_cache_sync(struct emu_bo *bo, uint32_t flags, uint64_t offset, uint64_t bytes);
/* The device is about to read or write: verdicts, and what the lines become. */
void emu_cache_read(struct emu_bo *bo, uint64_t offset, uint64_t bytes, const char *who);
void emu_cache_write(struct emu_bo *bo, uint64_t offset, uint64_t bytes, const char *who);
void emu_cache_end(struct emu_bo *bo);

/* Whether [start, start + bytes) shows an object; drops what it shows. */
bool emu_mapping_remove(uintptr_t start, size_t bytes);
bool emu_mapping_hits(uintptr_t start, size_t bytes);

/* ---- files and calls (node.c, dispatch.c, gem.c, action.c) */

struct emu_fd {
	int fd;
	struct emu_file *file; /* or */
	struct emu_bo *bo;     /* an exported buffer */
};

struct emu_fd *emu_fd_find(int fd);
int emu_fd_new(struct emu_file *file, struct emu_bo *bo, int flags);
/* A driver or core ioctl; the bytes at `arg` are the user's. */
int emu_dispatch(struct emu_file *f, unsigned long request, void *arg);
int emu_gem(struct emu_file *f, uint32_t nr, void *data);
int emu_action(struct abi_action_arg *a);
bool emu_user_bytes(const void *p, size_t bytes); /* whether they can be touched */

/* ---- jobs */

enum emu_job_state { EMU_QUEUED, EMU_RUNNING, EMU_DONE };

/* What one core has to do for a job, and how it went. */
struct emu_part {
	bool used, irq_seen, finished;
	uint32_t start, number; /* records of the list */
	uint32_t done;		/* of earlier starts: lists are split */
	uint32_t now;		/* records of the current start */
	uint32_t int_mask, status, raw, counter;
	uint64_t irq_us; /* when the interrupt comes; UINT64_MAX: never */
};

struct emu_job {
	uint64_t id; /* the n-th SUBMIT, from 1; 0: another process's */
	uint32_t file;
	struct abi_submit args;
	struct emu_bo *task; /* a reference; NULL with task_obj_addr 0 */
	uint32_t mask, cores;
	uint32_t got; /* cores that have it as their current job */
	enum emu_job_state state;
	bool nonblock, unstartable, abandoned;
	uint64_t start_us, end_us, foreign_us;
	struct emu_part part[NPU_MAX_CORES];
	struct emu_job *next; /* of all jobs */
};

#define EMU_QUEUE 64u
struct emu_core {
	struct emu_job *current;
	struct emu_job *queue[EMU_QUEUE];
	uint32_t queued;
	struct npuemu_write write[NPUEMU_START_WRITES];
	uint32_t writes;
};

int emu_submit(struct emu_file *f, struct abi_submit *s);
struct emu_job *emu_job_new(void);
void emu_job_put(struct emu_job *job); /* free it once no core knows it */
int emu_queue(struct emu_job *job);
uint32_t emu_auto_mask(void);
/* Let time pass until `until_us`, or until `job` is done if it is given. */
void emu_run_until(uint64_t until_us, const struct emu_job *job);
void emu_free_slots(struct emu_job *job); /* those without an interrupt (section 11) */
void emu_drop_job(struct emu_job *job);	  /* from every slot and queue */
void emu_schedule(void);
void emu_jobs_free(void);

/* Start the next records of `mask`'s cores: writes, execution, interrupt times. */
void emu_start(struct emu_job *job, uint32_t mask);
struct abi_task *emu_record(const struct emu_job *job, uint32_t index);

/* ---- clock, power, reset (power.c) */

void emu_power_enter(void);
void emu_power_exit(void);
void emu_power_cut(void);
void emu_sleep_ms(uint64_t ms);
int emu_soft_reset(void);
void emu_registers_lost(void);
uint64_t emu_now(void);

/* ---- reporting (report.c) */

void emu_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Something the strict mode objects to; the run goes on unless strict is abort. */
void emu_verdict(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What would have crashed the kernel: aborts, or returns -EINVAL when allowed. */
int emu_fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));
void emu_report_end(void);

struct emu_text {
	char *text;
	size_t bytes, room;
};

/* ---- all of it */

struct sim;
struct emu_regs;

struct emu {
	pthread_mutex_t lock;
	bool ready;
	struct emu_settings settings;
	struct emu_fault *faults;
	uint64_t call_count[EMU_CALLS];

	int memory_fd, node_fd;
	uint64_t memory_end;
	struct emu_bo *bos;
	uint32_t next_bo, next_name, next_file, domain;
	struct emu_fd *fd;
	uint32_t fds, fd_room;
	struct emu_mapping *mapping;
	uint32_t mappings, mapping_room;

	struct emu_core core[NPU_MAX_CORES];
	struct emu_job *jobs;
	struct sim *sim;
	struct emu_regs *regs;

	uint64_t clock_us; /* fake time, or what was not slept of real time */
	bool powered, resetting, poisoned;
	uint64_t power_off_us; /* when the delayed power-off fires; 0: not armed */

	struct emu_text log, verdict;
	struct npuemu_stats stats;
	int log_fd;
	uint64_t came_during; /* SUBMIT that ran when the current call came; 0: none */
	uint32_t came_file;   /* and its file */
};

extern struct emu emu;
/* SUBMIT under way: its number and file, for calls that come while it runs; 0: none. */
extern uint64_t emu_inside_submit;
extern uint32_t emu_inside_file;
/* emu_enter() for a call of the program, which may have come during a SUBMIT. */
void emu_enter_call(void);

/* Set up on first use: reads the environment.  Takes and releases the lock. */
void emu_enter(void);
void emu_leave(void);

/* The driver's text files (procfs.c); they take the lock. */
bool emu_text_is_ours(const char *path);
bool emu_text_exists(const char *path);
int emu_text_open(const char *path, bool writes);

/* What the wrappers call; they take the lock.  -1 and errno, as the kernel's. */
bool emu_path_is_ours(const char *path);
int emu_open(const char *path, int flags);
bool emu_is_ours(int fd);
int emu_close(int fd); /* forgets the fd, which the caller must still close */
int emu_dup(int old_fd, int new_fd);
int emu_ioctl(int fd, unsigned long request, void *arg);
void *emu_mmap(void *address, size_t bytes, int prot, int flags, int fd, off_t offset);
/* 0 when nothing of ours is there: then the caller unmaps.  1: done; -1: errno. */
int emu_munmap(void *address, size_t bytes);

/* System calls that never come back here. */
void *emu_sys_mmap(void *address, size_t bytes, int prot, int flags, int fd,
		   off_t offset);
int emu_sys_munmap(void *address, size_t bytes);
int emu_sys_open(const char *path, int flags);
int emu_sys_close(int fd);

#endif
