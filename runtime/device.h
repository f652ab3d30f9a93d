/*
 * The seam between the runtime and a device: what a back end supplies, and all
 * that the runtime ever calls.  A back end embeds struct npurt_device first.
 */
#ifndef NPURT_DEVICE_H
#define NPURT_DEVICE_H

#include "npurt.h"

/* A buffer object: device-visible memory mapped into this process. */
struct npurt_device_bo {
	void *data;        /* mapping, page aligned */
	uint64_t bytes;    /* as asked for */
	uint64_t dma_addr; /* what registers hold; below 4 GiB */
	uint64_t token;    /* the driver's object address */
	uint32_t handle;   /* the driver's handle; 0: not allocated */
	uint32_t flags;
};

/* A submit header's ranges of records, and those of a plan for all cores (ABI 8.3). */
#define NPURT_SUBCORES 5u
#define NPURT_SUBCORE_OF_ALL 2u

/* A submit in the driver's terms; built afresh for every run. */
struct npurt_job {
	const struct npurt_device_bo *task_bo;
	uint32_t flags;      /* PC, ping-pong */
	uint32_t timeout_ms;
	uint32_t task_start;
	uint32_t task_number;
	uint32_t core_mask;
	struct {
		uint32_t task_start, task_number;
	} subcore[NPURT_SUBCORES];
	/* filled by the device */
	uint32_t task_counter;
	int64_t hw_elapsed_ns;
	bool refused; /* turned down, not run to its end: may be sent once more */
};

/* Moments at which the vendor's runtime makes a call that a run does not need. */
enum npurt_device_hint {
	NPURT_HINT_CREATE, /* before each buffer but the first */
	NPURT_HINT_FILLED, /* weights are in place, records come next */
	NPURT_HINT_CLOSE   /* before the buffers are freed */
};

struct npurt_device_ops {
	/* Allocate and map; `bo` has bytes and flags set.  DEVICE_MEMORY. */
	enum npurt_err (*bo_create)(struct npurt_device *dev, struct npurt_device_bo *bo,
				    struct npurt_error *error);
	void (*bo_destroy)(struct npurt_device *dev, struct npurt_device_bo *bo);
	/* flags: 1 to the device, 2 from it, 3 both.  DEVICE_SYNC. */
	enum npurt_err (*bo_sync)(struct npurt_device *dev, const struct npurt_device_bo *bo,
				  uint32_t flags, uint64_t offset, uint64_t bytes,
				  struct npurt_error *error);
	/* Run a job to its end.  SUBMIT, TIMEOUT, EXECUTION, UNSUPPORTED. */
	enum npurt_err (*submit)(struct npurt_device *dev, struct npurt_job *job,
				 struct npurt_error *error);
	/* RESET.  NULL: there is nothing to reset. */
	enum npurt_err (*reset)(struct npurt_device *dev, struct npurt_error *error);
	/* Only under the vendor's profile; may be NULL otherwise. */
	enum npurt_err (*hint)(struct npurt_device *dev, enum npurt_device_hint hint,
			       struct npurt_error *error);
	const char *(*describe)(const struct npurt_device *dev);
	void (*close)(struct npurt_device *dev);
};

struct npurt_device {
	const struct npurt_device_ops *ops;
	enum npurt_profile profile;
	uint32_t cores; /* 0: unknown */
	bool exact;	/* a model: what it writes is what the words say */
};

/* Fill a caller's error, if any and if it holds none yet; returns `code`. */
enum npurt_err npurt_fail(struct npurt_error *error, enum npurt_err code, const char *detail);

#endif
