/*
 * Run a loaded conv: canary, syncs, submit, wait, syncs, and proof that it ran.
 */
#include "canary.h"
#include "error.h"
#include "handle.h"
#include "job.h"

/* Each run has a canary of its own: an input may have been an output with the last. */
#define NEXT_CANARY UINT64_C(0xd1b54a32d192ed03)

static bool same_range(const struct npub_sync *a, const struct npub_sync *b)
{
	return a->bo == b->bo && a->flags == b->flags && a->offset == b->offset &&
	       a->bytes == b->bytes;
}

/*
 * An equal sync earlier in the phase did the work already; so did one at load for
 * what the CPU does not write again: all but the tensors (driver ABI 18, 22.4).
 */
static bool is_redundant(const struct npurt *rt, const struct npub_sync *s)
{
	const struct npub_sync *p = &rt->bundle.syncs[rt->conv->first_sync];
	uint32_t role = rt->bundle.bos[s->bo].role;
	bool written = role == NPUB_BO_INPUT || role == NPUB_BO_OUTPUT;

	if (rt->device->profile == NPURT_PROFILE_VENDOR)
		return false;
	for (uint32_t i = 0; i < rt->conv->sync_count; i++, p++) {
		if (p->phase == s->phase && p < s && same_range(p, s))
			return true;
		if (s->phase == NPUB_SYNC_BEFORE && p->phase == NPUB_SYNC_LOAD &&
		    !written && p->bo == s->bo && p->flags == s->flags &&
		    p->offset <= s->offset &&
		    p->offset + p->bytes >= s->offset + s->bytes)
			return true;
	}
	return false;
}

enum npurt_err npurt_sync_listed(struct npurt *rt, uint32_t phase, uint32_t only_bo,
				 struct npurt_error *e)
{
	const struct npub_sync *s = &rt->bundle.syncs[rt->conv->first_sync];
	const uint32_t both = NPUB_SYNC_TO_DEVICE | NPUB_SYNC_FROM_DEVICE;

	for (uint32_t i = 0; i < rt->conv->sync_count; i++, s++) {
		enum npurt_err err;

		if (s->phase != phase || (only_bo != NPUB_NONE && s->bo != only_bo))
			continue;
		/* Both ways at load is the fresh buffer's, made when it was created. */
		if ((phase == NPUB_SYNC_LOAD && s->flags == both) || is_redundant(rt, s))
			continue;
		err = rt->device->ops->bo_sync(rt->device, handle_bo(rt, s->bo), s->flags,
					       s->offset, s->bytes, e);
		if (err)
			return err;
	}
	return NPURT_OK;
}

/* The record the driver writes the interrupt status into. */
static struct npub_task *last_record(struct npurt *rt)
{
	const struct npub_list *l = &rt->plan->list[npurt_job_cores(rt->plan) - 1];

	return &handle_tasks(rt)[l->first_task + l->task_count - 1];
}

/*
 * The canary, all the way into the device's memory: a line left dirty here would
 * later be written over the result.  The vendor's calls have no sync for it, so
 * under that profile the first run uses the canary that loading put there.
 */
static enum npurt_err put_canary(struct npurt *rt, struct npurt_error *error)
{
	struct npurt_device_bo *output = handle_bo(rt, rt->output->bo);
	bool there = rt->fresh && rt->device->profile == NPURT_PROFILE_VENDOR;

	rt->fresh = false;
	if (there)
		return NPURT_OK;
	rt->canary += NEXT_CANARY;
	npurt_canary_fill(output->data, output->bytes, rt->canary);
	return rt->device->ops->bo_sync(rt->device, output, NPUB_SYNC_TO_DEVICE, 0,
					output->bytes, error);
}

/* One submit with a fresh header and all that comes before it. */
static enum npurt_err attempt(struct npurt *rt, struct npurt_error *error)
{
	enum npurt_err err;

	npurt_job_fill(&rt->job, rt->plan, handle_bo(rt, rt->conv->task_bo),
		       rt->timeout_ms);
	err = npurt_job_check(rt->device, &rt->job, error);
	if (err)
		return err;
	last_record(rt)->int_status = 0;
	err = put_canary(rt, error);
	if (!err)
		err = npurt_sync_listed(rt, NPUB_SYNC_BEFORE, NPUB_NONE, error);
	return err ? err : rt->device->ops->submit(rt->device, &rt->job, error);
}

enum npurt_err npurt_submit(struct npurt *rt, struct npurt_error *error)
{
	struct npurt_error local;
	enum npurt_err err;

	error = error ? error : &local;
	npurt_error_reset(error);
	if (!rt)
		return npurt_fail(error, NPURT_ERR_ARGUMENT, "handle is NULL");
	if (rt->state == STATE_SUBMITTED)
		return npurt_fail(error, NPURT_ERR_STATE, "a run is under way");
	if (rt->operand && !rt->has_operand)
		return npurt_fail(error, NPURT_ERR_STATE,
				  "the tensor to add was not written");
	rt->state = STATE_IDLE;
	err = attempt(rt, error);
	if (err == NPURT_ERR_SUBMIT && rt->job.refused) {
		/* Somebody's reset, most likely; once more, never twice. */
		npurt_error_reset(error);
		npurt_detailf(error, "again: ");
		err = attempt(rt, error);
	}
	if (!err) {
		error->detail[0] = 0;
		rt->state = STATE_SUBMITTED;
	}
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
	left = npurt_canary_count(rt->output, handle_tensor(rt, rt->output), rt->canary,
				  &first);
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

/* What follows the job: syncs, then the checks. */
static enum npurt_err finish(struct npurt *rt, struct npurt_error *error)
{
	enum npurt_err err = npurt_sync_listed(rt, NPUB_SYNC_AFTER, NPUB_NONE, error);

	return err ? err : check_executed(rt, error);
}

static bool is_zero(const uint8_t *p, uint64_t bytes)
{
	for (; bytes && !*p; p++)
		bytes--;
	return !bytes;
}

static bool output_is_zero(struct npurt *rt)
{
	return npurt_feature_is_zero(rt->output, handle_tensor(rt, rt->output));
}

/*
 * Whether zeros are what to expect: all that was read is zero too.  Stored zeros are no
 * real ones where the zero point is another number.
 */
static bool read_zeros(struct npurt *rt)
{
	const struct npub_tensor *in = rt->input, *operand = rt->operand;

	if (in->zero_point || !is_zero(handle_tensor(rt, in), in->bytes))
		return false;
	return !operand || (!operand->zero_point &&
			    is_zero(handle_tensor(rt, operand), operand->bytes));
}

/*
 * Zeros for an input that is not: either the filter sees nothing in it, or the
 * device gives zeros for everything.  The same job must give zeros again, and a job
 * whose result is known must give that.
 */
static enum npurt_err confirm_zeros(struct npurt *rt, struct npurt_error *error)
{
	struct npurt_error probe;
	enum npurt_err err = attempt(rt, error);

	if (!err)
		err = finish(rt, error);
	if (err)
		return err;
	if (!output_is_zero(rt))
		return npurt_fail(error, NPURT_ERR_NOT_EXECUTED,
				  "the output was all zeros, and other values when the "
				  "job was run again");
	npurt_error_reset(&probe);
	err = npurt_health_run(rt->device, &probe);
	if (!err)
		return NPURT_OK;
	return npurt_failf(error, NPURT_ERR_NOT_EXECUTED,
			   "the output is all zeros, and a known job fails: %s",
			   probe.detail);
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
	err = finish(rt, error);
	if (!err && !rt->trust_zeros && output_is_zero(rt) && !read_zeros(rt))
		err = confirm_zeros(rt, error);
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
	npurt_job_fill(&job, rt->plan, NULL, rt->timeout_ms);
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
