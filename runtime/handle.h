/* A loaded conv.  Internal to load.c, run.c, health.c and tensor.c. */
#ifndef NPURT_HANDLE_H
#define NPURT_HANDLE_H

#include "bundle.h"
#include "device.h"

enum handle_state { STATE_IDLE, STATE_SUBMITTED, STATE_DONE };

struct npurt {
	struct npurt_device *device;
	struct npub bundle;
	const struct npub_conv *conv;
	const struct npub_plan *plan;
	const struct npub_tensor *input, *output, *operand; /* operand may be NULL */
	void *map; /* of npurt_open_file() */
	size_t map_bytes;
	enum handle_state state;
	uint64_t canary;  /* seed of the output's */
	bool has_operand; /* somebody wrote it, or may have */
	bool fresh;	  /* the canary that loading left in the output is still there */
	bool trust_zeros; /* see npurt_options */
	uint32_t timeout_ms;
	struct npurt_job job;	     /* of the run under way */
	struct npurt_device_bo bo[]; /* conv->bo_count, in the conv's order */
};

static inline struct npurt_device_bo *handle_bo(struct npurt *rt, uint32_t index)
{
	return &rt->bo[index - rt->conv->first_bo];
}

static inline uint8_t *handle_tensor(struct npurt *rt, const struct npub_tensor *t)
{
	return (uint8_t *)handle_bo(rt, t->bo)->data + t->bo_offset;
}

static inline struct npub_task *handle_tasks(struct npurt *rt)
{
	return handle_bo(rt, rt->conv->task_bo)->data;
}

/*
 * The syncs of a phase, in the bundle's order, for one BO or (NPUB_NONE) all.  The
 * lean profile leaves out those that repeat an earlier one.  DEVICE_SYNC.
 */
enum npurt_err npurt_sync_listed(struct npurt *rt, uint32_t phase, uint32_t only_bo,
				 struct npurt_error *error);

/* The health probe's program and input on a device, its result compared. */
enum npurt_err npurt_health_run(struct npurt_device *device, struct npurt_error *error);

#endif
