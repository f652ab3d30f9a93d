/*
 * Submit headers: made from a plan, and checked before any call goes to the device.
 */
#include "job.h"

#include "error.h"
#include "hw/npu_hw.h"

#define TASK_RECORD_BYTES sizeof(struct npub_task)

uint32_t npurt_job_cores(const struct npub_plan *p)
{
	return npub_plan_is_one_core(p) ? 1 : p->cores;
}

#define MASK_OF(cores) ((1u << (cores)) - 1)

/*
 * Entries by driver ABI 8.3: core c of one or two runs entry c, core c of three
 * runs entry c + 2.  With mask 0 the driver picks the core, so entries 0, 1 and 2
 * all name the one list.
 */
void npurt_job_fill(struct npurt_job *job, const struct npub_plan *p,
		    const struct npurt_device_bo *task_bo, uint32_t timeout_ms)
{
	uint32_t cores = npurt_job_cores(p);
	uint32_t first = cores == NPU_MAX_CORES ? NPURT_SUBCORE_OF_ALL : 0;
	uint32_t count = cores == 1 ? NPU_MAX_CORES : cores;

	*job = (struct npurt_job){
		.task_bo = task_bo,
		.flags = NPU_SUBMIT_FLAGS,
		.timeout_ms = timeout_ms,
		.core_mask = cores == 1 ? 0 : MASK_OF(cores),
	};
	for (uint32_t i = 0; i < count; i++) {
		const struct npub_list *l = &p->list[cores == 1 ? 0 : i];

		job->subcore[first + i].task_start = l->first_task;
		job->subcore[first + i].task_number = l->task_count;
		job->task_number += l->task_count;
	}
}

enum npurt_err npurt_job_check_cores(const struct npurt_device *device, uint32_t cores,
				     struct npurt_error *error)
{
	if (cores == 1 || cores <= device->cores)
		return NPURT_OK;
	error->found = cores;
	error->allowed = device->cores;
	if (!device->cores)
		return npurt_failf(error, NPURT_ERR_CORES,
				   "a plan for %u cores, and how many there are is "
				   "unknown; say it when opening the device",
				   cores);
	return npurt_failf(error, NPURT_ERR_CORES, "a plan for %u cores, there %s %u",
			   cores, device->cores == 1 ? "is" : "are", device->cores);
}

static enum npurt_err forbid(struct npurt_error *error, const char *what, uint32_t found)
{
	error->found = found;
	return npurt_failf(error, NPURT_ERR_FORBIDDEN, "submit: %s %x", what, found);
}

/* Whether the driver may look at an entry under this mask. */
static bool entry_is_used(uint32_t mask, uint32_t entry)
{
	if (mask == MASK_OF(NPU_MAX_CORES))
		return entry >= NPURT_SUBCORE_OF_ALL;
	return entry < (mask ? NPU_MAX_CORES - 1 : NPU_MAX_CORES);
}

static enum npurt_err check_entries(const struct npurt_job *job,
				    struct npurt_error *error)
{
	uint64_t room = job->task_bo->bytes / TASK_RECORD_BYTES, total = 0;

	for (uint32_t i = 0; i < NPURT_SUBCORES; i++) {
		uint64_t first = job->subcore[i].task_start;
		uint64_t count = job->subcore[i].task_number;

		total += count;
		if (!entry_is_used(job->core_mask, i)) {
			if (first || count)
				return forbid(error, "tasks in the unused entry", i);
		} else if (!count || count > NPU_MAX_TASKS_PER_SUBMIT ||
			   first + count > room) {
			return forbid(error, "no tasks, or too many, in entry", i);
		} else if (job->core_mask == 0 &&
			   (first != job->subcore[0].task_start ||
			    count != job->subcore[0].task_number)) {
			return forbid(error, "another list for another core in entry", i);
		}
	}
	return total == job->task_number ? NPURT_OK
					 : forbid(error, "task number", job->task_number);
}

/*
 * Driver ABI 24, what can be seen in a header: each of these crashes or blocks a
 * board, or leaves a job running when its buffers go.
 */
enum npurt_err npurt_job_check(const struct npurt_device *device,
			       const struct npurt_job *job, struct npurt_error *error)
{
	static const uint8_t cores_of_mask[] = {
		[0] = 1, [MASK_OF(2)] = 2, [MASK_OF(NPU_MAX_CORES)] = NPU_MAX_CORES
	};
	uint32_t cores;

	if (job->flags != NPU_SUBMIT_FLAGS)
		return forbid(error, "flags", job->flags);
	if (!job->timeout_ms || job->timeout_ms > INT32_MAX)
		return forbid(error, "timeout", job->timeout_ms);
	cores = job->core_mask < sizeof cores_of_mask ? cores_of_mask[job->core_mask] : 0;
	if (!cores)
		return forbid(error, "core mask", job->core_mask);
	if (job->task_start || !job->task_number)
		return forbid(error, "task number", job->task_number);
	if (job->task_bo->flags != NPU_BO_FLAGS_TASK || !job->task_bo->handle)
		return forbid(error, "task buffer with flags", job->task_bo->flags);
	if (npurt_job_check_cores(device, cores, error))
		return NPURT_ERR_CORES;
	return check_entries(job, error);
}
