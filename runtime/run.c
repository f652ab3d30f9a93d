/*
 * Run a loaded conv: canary, syncs, submit, wait, syncs, and proof that it ran.
 */
#include "error.h"
#include "handle.h"
#include "pack_feature.h"

#define SUBMIT_PC 1u
#define SUBMIT_PINGPONG 4u

enum npurt_err npurt_sync_listed(struct npurt *rt, uint32_t phase, bool created,
				 uint32_t only_bo, struct npurt_error *e)
{
	const struct npub_sync *s = &rt->bundle.syncs[rt->conv->first_sync];
	const uint32_t both = NPUB_SYNC_TO_DEVICE | NPUB_SYNC_FROM_DEVICE;

	for (uint32_t i = 0; i < rt->conv->sync_count; i++, s++) {
		enum npurt_err err;

		if (s->phase != phase || (only_bo != NPUB_NONE && s->bo != only_bo))
			continue;
		if (phase == NPUB_SYNC_LOAD && (s->flags == both) != created)
			continue;
		err = rt->device->ops->bo_sync(rt->device, handle_bo(rt, s->bo), s->flags,
					       s->offset, s->bytes, e);
		if (err)
			return err;
	}
	return NPURT_OK;
}

/* Cores the submit asks for: a plan that was not split is a one-core job. */
static uint32_t job_cores(const struct npub_plan *p)
{
	return npub_plan_is_one_core(p) ? 1 : p->cores;
}

/*
 * Entries by driver ABI 8.3: core c of one or two runs entry c, core c of three
 * runs entry c + 2.  With mask 0 the driver picks the core, so entries 0, 1 and 2
 * all name the one list.
 */
static void fill_job(const struct npurt *rt, struct npurt_job *job)
{
	const struct npub_plan *p = rt->plan;
	uint32_t cores = job_cores(p);

	*job = (struct npurt_job){
		.task_bo = &rt->bo[rt->conv->task_bo - rt->conv->first_bo],
		.flags = SUBMIT_PC | SUBMIT_PINGPONG,
		.timeout_ms = rt->timeout_ms,
		.core_mask = cores == 1 ? 0 : (1u << cores) - 1,
	};
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t entry = cores == 3 ? i + 2 : i;
		const struct npub_list *l = &p->list[cores == 1 ? 0 : i];

		if (cores == 2 && i == 2)
			break;
		job->subcore[entry].task_start = l->first_task;
		job->subcore[entry].task_number = l->task_count;
		job->task_number += l->task_count;
	}
}

/* The record the driver writes the interrupt status into. */
static struct npub_task *last_record(struct npurt *rt)
{
	const struct npub_list *l = &rt->plan->list[job_cores(rt->plan) - 1];

	return &handle_tasks(rt)[l->first_task + l->task_count - 1];
}

enum npurt_err npurt_submit(struct npurt *rt, struct npurt_error *error)
{
	struct npurt_error local;
	struct npurt_device_bo *output;
	enum npurt_err err;

	error = error ? error : &local;
	npurt_error_reset(error);
	if (!rt)
		return npurt_fail(error, NPURT_ERR_ARGUMENT, "handle is NULL");
	if (rt->state == STATE_SUBMITTED)
		return npurt_fail(error, NPURT_ERR_STATE, "a run is under way");
	rt->state = STATE_IDLE;
	output = handle_bo(rt, rt->output->bo);
	npurt_canary_fill(output->data, output->bytes);
	last_record(rt)->int_status = 0;
	err = rt->device->ops->bo_sync(rt->device, output, NPUB_SYNC_TO_DEVICE, 0,
				       output->bytes, error);
	if (!err)
		err = npurt_sync_listed(rt, NPUB_SYNC_BEFORE, false, NPUB_NONE, error);
	if (err)
		return err;
	fill_job(rt, &rt->job);
	err = rt->device->ops->submit(rt->device, &rt->job, error);
	if (!err)
		rt->state = STATE_SUBMITTED;
	return err;
}

/* Success from the driver only says that some interrupt came. */
static enum npurt_err check_executed(struct npurt *rt, struct npurt_error *e)
{
	const struct npub_task *last = last_record(rt);
	uint64_t first = 0, left;

	if (rt->job.task_counter != rt->job.task_number) {
		e->found = rt->job.task_counter;
		e->allowed = rt->job.task_number;
		return npurt_failf(e, NPURT_ERR_NOT_EXECUTED, "%u of %u tasks counted",
				   rt->job.task_counter, rt->job.task_number);
	}
	if (!(last->int_status & last->int_mask)) {
		e->found = last->int_status;
		e->allowed = last->int_mask;
		return npurt_failf(e, NPURT_ERR_NOT_EXECUTED,
				   "interrupt status %x of the last task, %x expected",
				   last->int_status, last->int_mask);
	}
	left = npurt_canary_count(rt->output, handle_tensor(rt, rt->output), &first);
	if (left) {
		e->found = left;
		e->allowed = 0;
		return npurt_failf(
		    e, NPURT_ERR_NOT_EXECUTED,
		    "%U atoms of the output were not written, the first at byte %U", left,
		    first);
	}
	return NPURT_OK;
}

enum npurt_err npurt_wait(struct npurt *rt, struct npurt_error *error)
{
	struct npurt_error local;
	enum npurt_err err;

	error = error ? error : &local;
	npurt_error_reset(error);
	if (!rt)
		return npurt_fail(error, NPURT_ERR_ARGUMENT, "handle is NULL");
	if (rt->state != STATE_SUBMITTED)
		return npurt_fail(error, NPURT_ERR_STATE, "nothing was submitted");
	rt->state = STATE_IDLE;
	err = npurt_sync_listed(rt, NPUB_SYNC_AFTER, false, NPUB_NONE, error);
	if (!err)
		err = check_executed(rt, error);
	if (!err)
		rt->state = STATE_DONE;
	return err;
}

enum npurt_err npurt_run(struct npurt *rt, struct npurt_error *error)
{
	enum npurt_err err = npurt_submit(rt, error);

	return err ? err : npurt_wait(rt, error);
}

enum npurt_err npurt_submit_info(const struct npurt *rt, struct npurt_submit_info *info)
{
	struct npurt_job job;

	if (!rt || !info)
		return NPURT_ERR_ARGUMENT;
	fill_job(rt, &job);
	*info = (struct npurt_submit_info){
		.flags = job.flags,
		.timeout = job.timeout_ms,
		.task_start = job.task_start,
		.task_number = job.task_number,
		.core_mask = job.core_mask,
		.cost_ns = rt->plan->cost_ns,
		.cores = rt->plan->cores,
		.evidence = rt->plan->evidence,
		.hazards = rt->plan->hazards,
	};
	for (int i = 0; i < 5; i++) {
		info->subcore[i].task_start = job.subcore[i].task_start;
		info->subcore[i].task_number = job.subcore[i].task_number;
	}
	return NPURT_OK;
}
