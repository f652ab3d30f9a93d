/*
 * A program's side of the driver, spoken directly: request numbers and structs
 * written out here, so that neither the runtime's nor the emulator's idea of them
 * is taken for granted.
 */
#ifndef TESTS_EMU_RIG_H
#define TESTS_EMU_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check.h"
#include "emu/npuemu.h"
#include "tiny.h"

#define REQ_VERSION 0xc0406400ul
#define REQ_GEM_CLOSE 0x40086409ul
#define REQ_FLINK 0xc008640aul
#define REQ_GEM_OPEN 0xc010640bul
#define REQ_GET_CAP 0xc010640cul
#define REQ_TO_FD 0xc00c642dul
#define REQ_TO_HANDLE 0xc00c642eul
#define REQ_ACTION 0xc0086440ul
#define REQ_SUBMIT 0xc0686441ul
#define REQ_CREATE 0xc0306442ul
#define REQ_CREATE_40 0xc0286442ul
#define REQ_CREATE_32 0xc0206442ul
#define REQ_MAP 0xc0106443ul
#define REQ_DESTROY 0xc0106444ul
#define REQ_SYNC 0xc0206445ul

struct rig_create {
	uint32_t handle, flags;
	uint64_t size, obj_addr, dma_addr, sram_size;
	int32_t domain;
	uint32_t core_mask;
};

struct rig_submit {
	uint32_t flags, timeout, task_start, task_number, task_counter;
	int32_t priority;
	uint64_t task_obj_addr;
	uint32_t domain, reserved;
	uint64_t task_base_addr;
	int64_t elapsed_ns;
	uint32_t core_mask;
	int32_t fence_fd;
	struct {
		uint32_t start, number;
	} sub[5];
};

/* One buffer, created and mapped. */
struct rig_bo {
	uint32_t handle;
	uint64_t size, obj, dma, offset;
	void *map;
};

/* A device with the tiny conv's buffers on it, filled and cleaned, ready to run. */
struct rig {
	int fd;
	struct tiny tiny;
	struct rig_bo bo[TINY_BOS];
	uint32_t cores;
};

/* npuemu_reset() and a script; fails the test when a statement is refused. */
void rig_reset(const char *script);

int rig_open(void);
/* 0 or an errno. */
int rig_ioctl(int fd, unsigned long request, void *arg);
int rig_action(int fd, uint32_t code, uint32_t *value);
int rig_create(int fd, uint32_t flags, uint64_t size, struct rig_bo *bo);
int rig_map(int fd, struct rig_bo *bo);
int rig_sync(int fd, const struct rig_bo *bo, uint32_t flags, uint64_t offset,
	     uint64_t bytes);
int rig_destroy(int fd, struct rig_bo *bo);

/* The tiny conv with plans for up to `cores` cores and `tiles` one-core tasks. */
void rig_begin(struct rig *r, const struct tiny_options *options);
void rig_end(struct rig *r);

/* Pre-fill and clean the output; all words and records are cleaned, too. */
void rig_prepare(struct rig *r);
/* The header for a plan of the tiny conv, as the vendor fills it. */
void rig_header(const struct rig *r, uint32_t plan, struct rig_submit *s);
int rig_submit(struct rig *r, struct rig_submit *s);
/* Prepare, submit plan 0 and sync the output. */
int rig_run(struct rig *r, struct rig_submit *s);
/* Whether the output is the conv's result; call after a sync. */
bool rig_output_ok(const struct rig *r);
/* Words of a task in the device's buffer (clean after changing). */
uint64_t *rig_word(struct rig *r, uint32_t task, uint16_t offset);
uint64_t *rig_tail(struct rig *r, uint32_t task);
struct npub_task *rig_record(struct rig *r, uint32_t task);

/* Whether a verdict, or a log line, holds the text. */
bool rig_verdict(const char *text);
bool rig_logged(const char *text);
/* All of them, for messages; static storage. */
const char *rig_verdicts(void);
const char *rig_log(void);

/* Whether `body` stops the program, in a child; what it says goes to `text`. */
bool rig_aborts(void (*body)(void *arg), void *arg, char *text, size_t bytes);

#define CHECK_NO_VERDICT(name) CHECK(name, !rig_verdict("verdict"), "%s", rig_verdicts())
#define CHECK_VERDICT(name, text)                                                        \
	CHECK(name, rig_verdict(text), "no '%s' in: %s", text, rig_verdicts())
#define CHECK_LOG(name, text)                                                            \
	CHECK(name, rig_logged(text), "no '%s' in: %s", text, rig_log())

#endif
