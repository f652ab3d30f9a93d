/*
 * The vendor driver's back end, in parts.  Internal to libnpurt and its tests.
 *
 *   rknpu_call.c     the system calls, and what interrupts them
 *   rknpu_error.c    errno to code and sentence
 *   rknpu_version.c  what each driver version understands
 *   rknpu_cores.c    how many cores the chip has
 *   rknpu_open.c     finding and checking the node
 *   device_rknpu.c   buffers, syncs, submits
 */
#ifndef NPURT_DEVICE_RKNPU_H
#define NPURT_DEVICE_RKNPU_H

#include <pthread.h>

#include "device.h"

/* ---- system calls; 0 or an errno ---- */

/* Open read-write; *fd on success. */
int npurt_rknpu_open_path(const char *path, int *fd);
/* Open or make the file that programs lock; -1 when neither is possible. */
int npurt_rknpu_open_lock(const char *path);
/* Repeated when a signal came between; not for SUBMIT. */
int npurt_rknpu_ioctl(int fd, unsigned long request, void *arg);
/* Made once. */
int npurt_rknpu_ioctl_once(int fd, unsigned long request, void *arg);
/* Take or give back the advisory lock. */
int npurt_rknpu_lock(int fd);
void npurt_rknpu_unlock(int fd);
void npurt_rknpu_sleep(uint32_t ms);

/* ---- errors ---- */

enum npurt_rknpu_call {
	NPURT_RKNPU_OPEN,
	NPURT_RKNPU_MEMORY, /* MEM_CREATE, MEM_MAP, mmap */
	NPURT_RKNPU_SYNC,
	NPURT_RKNPU_SUBMIT,
	NPURT_RKNPU_RESET
};

/* The runtime's code for an errno of that call, and a sentence that helps. */
enum npurt_err npurt_rknpu_error(enum npurt_rknpu_call call, int err,
				 const char **sentence);
/* The same into `error`, after the words `what`. */
enum npurt_err npurt_rknpu_fail(struct npurt_error *error, enum npurt_rknpu_call call,
				const char *what, int err);

/* ---- versions ---- */

enum npurt_rknpu_support { RKNPU_REFUSED, RKNPU_IF_ASKED, RKNPU_SUPPORTED };

/* One driver version and all that are not in the table after it. */
struct npurt_rknpu_version {
	uint32_t from;	       /* major * 10000 + minor * 100 + patch */
	uint16_t create_bytes; /* of struct rknpu_mem_create */
	uint8_t support;       /* enum npurt_rknpu_support */
	bool elapsed;	       /* SUBMIT fills hw_elapse_time */
	bool limited_iova;     /* buffers take the pages they need, no more */
	const char *lacks;     /* for the message of a refusal, or NULL */
};

/* Row of a version; never NULL. */
const struct npurt_rknpu_version *npurt_rknpu_version(uint32_t driver);
/* The oldest version that needs no asking, and the newest that is known. */
uint32_t npurt_rknpu_oldest(void);
uint32_t npurt_rknpu_newest(void);

/* ---- cores ---- */

/*
 * Cores of the NPU behind a node, from what the system tells under `root` ("" for
 * the real one): the driver's load file, else the device tree.  0: nobody says.
 */
uint32_t npurt_rknpu_count_cores(const char *root, const char *node);

/* ---- the device ---- */

struct npurt_rknpu {
	struct npurt_device device; /* first */
	pthread_mutex_t lock;	    /* one submit at a time in this process */
	int fd;
	int lock_fd; /* of the lock file; the node itself when there is none */
	const struct npurt_rknpu_version *version;
	bool iommu;
	void (*sleep_ms)(uint32_t ms);
	char describe[NPURT_DETAIL_BYTES];
};

extern const struct npurt_device_ops npurt_rknpu_ops;

/* One ACTION; the value goes in and comes out.  0 or an errno. */
int npurt_rknpu_action(int fd, uint32_t what, uint32_t *value);

/* After a failed SUBMIT or a reset nothing is touched for this long (ABI 12). */
#define RKNPU_RECOVERY_MS 250u

#endif
