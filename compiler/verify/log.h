/*
 * Text logs of a run of the vendor's runtime: ioctl trace, buffer dumps, allocation
 * rows, MMIO and sysfs snapshots, PC commit trace, kernel log (docs/verify.md).
 *
 * A file may mix them with any other text; rows of no known form are counted and
 * passed over.  A row of a known form that cannot be understood is an error with
 * its line: a log is somebody else's bytes.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LOG_MAX_BYTES ((size_t)64 << 20) /* of one file */
#define LOG_MAX_ROWS (1u << 20)		 /* understood rows of all files */
#define LOG_MAX_LINE 4095u		 /* bytes of one line */
#define LOG_MAX_FILES 64u
#define LOG_MAX_INDEX 65535u /* [n] of task_like and regcmd_qword rows */
#define LOG_SUBCORES 5u
#define LOG_NONE 0xffffffffu

enum log_kind {
	LOG_KIND_AUTO,
	LOG_KIND_IOCTL,
	LOG_KIND_DUMP,
	LOG_KIND_ALLOC,
	LOG_KIND_MMIO,
	LOG_KIND_SYSFS,
	LOG_KIND_PC,
	LOG_KIND_KERNEL,
	LOG_KIND_N
};

extern const char *const log_kind_names[LOG_KIND_N];

/* Forms of rows; log_form.c has their markers and fields. */
enum log_form {
	LOG_ACTION,
	LOG_IOCTL_RET,
	LOG_MEM_CREATE,
	LOG_MEM_CREATE_RET,
	LOG_MEM_MAP,
	LOG_MEM_MAP_RET,
	LOG_MMAP,
	LOG_MMAP_RET,
	LOG_MEM_SYNC,
	LOG_SUBMIT, /* header row; the rows below follow it */
	LOG_SUBMIT_FLAGS,
	LOG_SUBMIT_COUNTER,
	LOG_SUBMIT_MASK,
	LOG_SUBMIT_SUBCORE,
	LOG_GEM,
	LOG_TASK_LIKE,
	LOG_WINDOW,
	LOG_QWORD,
	LOG_ALLOC,
	LOG_FREE,
	LOG_SUBGRAPH,
	LOG_MMIO_SNAPSHOT,
	LOG_MMIO_ROW,
	LOG_MMIO_UNAVAILABLE,
	LOG_SYSFS,
	LOG_PC_PRELUDE,
	LOG_PC_COMMIT,
	LOG_PC_REGS,
	LOG_PC_ARMED,
	LOG_PC_IRQ,
	LOG_PC_IRQ_INVALID,
	LOG_PC_TIMEOUT,
	LOG_KERNEL_TIMEOUT,
	LOG_KERNEL_CORE,
	LOG_KERNEL_IRQ_INVALID,
	LOG_KERNEL_FAULT,
	LOG_KERNEL_RESET,
	LOG_FORM_N
};

/* What a row states.  Text fields hold a place in the file; see log_text(). */
enum log_field {
	LF_FLAGS,
	LF_VALUE,
	LF_RET,
	LF_ERRNO,
	LF_NAME,
	LF_SIZE,
	LF_HANDLE,
	LF_OBJ,
	LF_DMA,
	LF_SRAM,
	LF_OFFSET,
	LF_ADDR,
	LF_LENGTH,
	LF_PROT,
	LF_CMD,
	LF_TIMEOUT,
	LF_TASK_START,
	LF_TASK_NUMBER,
	LF_TASK_COUNTER,
	LF_PRIORITY,
	LF_TASK_OBJ,
	LF_CORE_MASK,
	LF_FENCE,
	LF_COUNT,
	LF_OP_IDX,
	LF_ENABLE_MASK,
	LF_INT_MASK,
	LF_INT_CLEAR,
	LF_INT_STATUS,
	LF_AMOUNT,
	LF_REGCFG_OFFSET,
	LF_REGCMD_ADDR,
	LF_ALIGNED,
	LF_GEM_NAME,
	LF_DOMAIN,
	LF_TASK_SIZE,
	LF_DEVICE,
	LF_ERROR,
	LF_CORE,
	LF_BASE,
	LF_CNA_POINTER,
	LF_CORE_POINTER,
	LF_TASK_CON,
	LF_DMA_BASE,
	LF_ENABLE,
	LF_STATUS,
	LF_RAW,
	LF_ELAPSED,
	LF_N
};

struct log_value {
	uint64_t value;
	uint32_t field;
};

struct log_row {
	enum log_form form;
	uint32_t file, line;
	uint32_t number; /* of "#n", "[n]" or "GEM n:"; LOG_NONE without one */
	uint32_t first_value, value_count;
};

struct log_file {
	char *name, *text;
	size_t bytes;
};

struct log {
	struct log_file files[LOG_MAX_FILES];
	uint32_t file_count;
	struct log_row *rows;
	uint32_t row_count, row_room;
	struct log_value *values;
	uint32_t value_count, value_room;
	uint32_t form_rows[LOG_FORM_N];
	uint32_t unknown_rows; /* lines of no known form, blank ones aside */
};

/* Why a log could not be read: "run.log:12: SENTENCE: "offending text"". */
#define LOG_WHY_BYTES 400

void log_init(struct log *log);
void log_free(struct log *log);

/*
 * Append a file ("-": standard input), or text in memory, which is copied.  With a
 * kind other than LOG_KIND_AUTO only its rows are looked at, and there must be one.
 * False with `why` filled; the log may then hold the rows before the error.
 */
bool log_read(struct log *log, const char *path, enum log_kind kind, char *why);
bool log_read_text(struct log *log, const char *name, const char *text, size_t bytes,
		   enum log_kind kind, char *why);

enum log_kind log_form_kind(enum log_form form);
/* "runtime_status": the key of a sysfs row, by the row's number. */
const char *log_sysfs_key(uint32_t number);

bool log_has(const struct log *log, const struct log_row *row, enum log_field field);
/* The field's value, 0 when the row does not state it; signed ones sign-extended. */
uint64_t log_get(const struct log *log, const struct log_row *row, enum log_field field);
/* Copy a text field, cut to the buffer; "" when the row has none. */
const char *log_text(const struct log *log, const struct log_row *row,
		     enum log_field field, char *buf, size_t bytes);

/* "run.log:12", for reasons; returns `buf`. */
#define LOG_PLACE_BYTES 96
const char *log_place(const struct log *log, const struct log_row *row,
		      char buf[LOG_PLACE_BYTES]);

#endif
