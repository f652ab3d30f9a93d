/*
 * The rows of an ioctl trace, as `npucc verify` reads them (docs/verify.md).
 */
#ifndef TRACE_ROWS_H
#define TRACE_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* Calls of each kind so far: the numbers behind '#'. */
struct trace_counts {
	unsigned ioctls, creates, maps, mmaps, submits;
};

/* Numbers of the driver's calls behind the DRM base or of the char device. */
enum trace_call {
	TRACE_ACTION,
	TRACE_SUBMIT,
	TRACE_MEM_CREATE,
	TRACE_MEM_MAP,
	TRACE_MEM_DESTROY,
	TRACE_MEM_SYNC,
	TRACE_CALLS
};

#define TRACE_ROWS_BYTES 1024

/* What goes in; `arg` is the call's structure.  Counts the call. */
void trace_rows_in(char rows[TRACE_ROWS_BYTES], struct trace_counts *counts,
		   enum trace_call call, unsigned long request, const void *arg);
/* What came back: `ret` and, when it is negative, `error`. */
void trace_rows_out(char rows[TRACE_ROWS_BYTES], const struct trace_counts *counts,
		    enum trace_call call, const void *arg, int ret, int error);

void trace_rows_mmap(char rows[TRACE_ROWS_BYTES], struct trace_counts *counts,
		     const void *addr, size_t length, int prot, int flags, int fd,
		     uint64_t offset);
void trace_rows_mmap_ret(char rows[TRACE_ROWS_BYTES], const struct trace_counts *counts,
			 const void *addr, int error);

#endif
