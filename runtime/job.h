/* Submit headers.  Internal to libnpurt. */
#ifndef NPURT_JOB_H
#define NPURT_JOB_H

#include "bundle.h"
#include "device.h"

/* Cores the submit asks for: a plan that was not split is a one-core job. */
uint32_t npurt_job_cores(const struct npub_plan *plan);

/* The header of a run of `plan`, afresh. */
void npurt_job_fill(struct npurt_job *job, const struct npub_plan *plan,
		    const struct npurt_device_bo *task_bo, uint32_t timeout_ms);

/* Whether the device has that many cores.  CORES; `error` must not be NULL. */
enum npurt_err npurt_job_check_cores(const struct npurt_device *device, uint32_t cores,
				     struct npurt_error *error);

/* Whether the header may be sent at all.  FORBIDDEN, CORES. */
enum npurt_err npurt_job_check(const struct npurt_device *device,
			       const struct npurt_job *job, struct npurt_error *error);

#endif
