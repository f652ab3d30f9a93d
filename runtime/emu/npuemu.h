/*
 * Questions and orders for the emulated driver, for tests and tools.
 *
 * libnpuemu.so serves a virtual NPU node through the C library's own wrappers
 * (open, ioctl, mmap ...).  These functions look behind it.  A program that was
 * not linked with the library finds them with dlsym(RTLD_DEFAULT, "npuemu_...").
 * All of them may be called from any thread.
 */
#ifndef NPUEMU_H
#define NPUEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NPUEMU_CORES 3
#define NPUEMU_START_WRITES 11 /* of one start of a core */

/* What is alive now, and what has happened since npuemu_reset(). */
struct npuemu_stats {
	/* alive */
	uint32_t fds;	     /* of nodes and exported buffers, duplicates counted */
	uint32_t files;	     /* opened nodes */
	uint32_t handles;    /* of all files */
	uint32_t bos;	     /* objects, whoever holds them */
	uint32_t mmaps;	     /* pieces of address space that show an object */
	uint32_t jobs;	     /* queued, running or left behind */
	uint64_t iova_bytes; /* of the device's address space */
	/* counted */
	uint64_t calls; /* open, close, ioctl, mmap, munmap that were the emulator's */
	uint64_t ioctls, submits, submits_ok, tasks, macs;
	uint64_t faults_hit; /* times a scripted fault had its effect */
	uint64_t verdicts, fatal_verdicts;
	uint64_t resets, power_offs;
	uint64_t log_lines;
	uint64_t now_us; /* the driver's clock */
	bool failed;	 /* there is a verdict */
};

void npuemu_stats(struct npuemu_stats *stats);

/*
 * Copy the verdicts (the kernel's log lines) since npuemu_reset(), one a line and
 * zero terminated, as many whole bytes as fit.  Returns the bytes there are,
 * without the zero.
 */
size_t npuemu_verdicts(char *text, size_t bytes);
size_t npuemu_log(char *text, size_t bytes);

/* Forget verdicts and log lines only. */
void npuemu_clear(void);

/*
 * Add statements of the script language (see docs/emulator.md).  `name` stands
 * for the file in messages.  False with "name:line: sentence" in `error` at the
 * first mistake; statements before it are in force.
 */
bool npuemu_script(const char *text, const char *name, char *error, size_t error_bytes);

/*
 * A freshly booted board with default settings and no faults: registers, jobs,
 * counters, log and clock start anew.  Objects and files that are still open
 * stay what they are.  The environment is not read again.
 */
void npuemu_reset(void);

/* Let time pass on the driver's clock. */
void npuemu_advance_us(uint64_t us);

/* The register writes of the last start of a core, in order; how many there were. */
struct npuemu_write {
	uint32_t offset, value;
};
size_t npuemu_start_writes(uint32_t core,
			   struct npuemu_write writes[NPUEMU_START_WRITES]);

/* The statistics as JSON, as they are written at exit to the file of NPUEMU_STATS. */
bool npuemu_write_stats(const char *path);

#ifdef __cplusplus
}
#endif

#endif
