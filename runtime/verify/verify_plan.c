/* Task lists, their records and the sync profile: all but the command words. */
#include "verify/verify_internal.h"

#include <string.h>

#include "hw/npu_hw.h"

/* Half-open range of a conv's records, and whether a one-core job runs it. */
struct range {
	uint32_t first, count;
	bool one_core;
};

/* By first record; at most NPUB_MAX_CORES plans of NPUB_MAX_CORES lists. */
static void insert_sorted(struct range *ranges, uint32_t count, struct range r)
{
	while (count && ranges[count - 1].first > r.first) {
		ranges[count] = ranges[count - 1];
		count--;
	}
	ranges[count] = r;
}

/*
 * The lists of all plans partition the conv's records, so that none is reachable
 * from two plans; only one-core jobs may share a list whole (a plan that was not
 * split is the one-core list again).
 */
static enum npurt_err check_partition(struct verify *v)
{
	struct range ranges[NPUB_MAX_CORES * NPUB_MAX_CORES];
	uint32_t count = 0, next = 0;

	for (uint32_t i = 0; i < v->conv->plan_count; i++) {
		const struct npub_plan *p = &v->b->plans[v->conv->first_plan + i];
		bool one = npub_plan_is_one_core(p);

		for (uint32_t core = 0; core < NPUB_MAX_CORES; core++) {
			struct range r = { p->list[core].first_task,
					   p->list[core].task_count, one };

			if (r.count)
				insert_sorted(ranges, count++, r);
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct range *r = &ranges[i], *prev = &ranges[i ? i - 1 : 0];

		if (i && r->one_core && prev->one_core && r->first == prev->first &&
		    r->count == prev->count)
			continue;
		v->error->task = r->first;
		if (r->first != next)
			return npurt_failf(v->error, NPURT_ERR_FORBIDDEN,
					   "lists overlap or leave out tasks at task %u",
					   npu_min(r->first, next));
		next = r->first + r->count;
	}
	if (next != v->conv->task_count) {
		v->error->task = next;
		return npurt_failf(v->error, NPURT_ERR_PLAN, "task %u is in no list",
				   next);
	}
	v->error->task = NPURT_NOWHERE;
	return NPURT_OK;
}

/* Lists that exist are those of the plan's cores; plans rise by cores. */
static enum npurt_err check_lists(struct verify *v, uint32_t index)
{
	const struct npub_plan *p = &v->b->plans[v->conv->first_plan + index];
	bool one = npub_plan_is_one_core(p);

	v->error->index = v->conv->first_plan + index;
	if (index && p->cores <= p[-1].cores)
		return npurt_failf(v->error, NPURT_ERR_PLAN,
				   "plans must rise by core count");
	for (uint32_t core = 0; core < NPUB_MAX_CORES; core++) {
		uint32_t count = p->list[core].task_count;
		bool wanted = core < (one ? 1 : p->cores);

		if (!count != !wanted || (!count && p->list[core].first_task))
			return npurt_failf(v->error, NPURT_ERR_PLAN,
					   "%u-core plan with %u tasks for core %u",
					   p->cores, count, core);
		if (count > NPU_MAX_TASKS_PER_SUBMIT)
			return npurt_failf(v->error, NPURT_ERR_PLAN,
					   "%u tasks in a list, %u fit", count,
					   NPU_MAX_TASKS_PER_SUBMIT);
	}
	return NPURT_OK;
}

/* Some sync of these phases and this direction covers [offset, offset + bytes). */
static bool is_synced(const struct verify *v, uint32_t phases, uint32_t direction,
		      uint32_t bo, uint64_t offset, uint64_t bytes)
{
	const struct npub_sync *s = &v->b->syncs[v->conv->first_sync];

	for (uint32_t i = 0; i < v->conv->sync_count; i++, s++) {
		bool fresh = s->phase == NPUB_SYNC_LOAD && s->flags == 3;

		if (!fresh && phases >> s->phase & 1 && s->flags & direction &&
		    s->bo == bo && s->offset <= offset &&
		    s->offset + s->bytes >= offset + bytes)
			return true;
	}
	return false;
}

/* What the CPU writes must reach the device, and the output must come back. */
static enum npurt_err check_sync_profile(struct verify *v)
{
	const struct npub_conv *c = v->conv;
	const struct npub_tensor *t = v->b->tensors;
	const uint32_t before = 1u << NPUB_SYNC_BEFORE, load = 1u << NPUB_SYNC_LOAD;
	const struct npub_tensor *operand =
	    &t[c->operand == NPUB_NONE ? c->input : c->operand];
	const char *missing = NULL;

	if (!is_synced(v, before, NPUB_SYNC_TO_DEVICE, t[c->input].bo,
		       t[c->input].bo_offset, t[c->input].bytes))
		missing = "input to the device before a run";
	else if (!is_synced(v, before, NPUB_SYNC_TO_DEVICE, operand->bo,
			    operand->bo_offset, operand->bytes))
		missing = "operand to the device before a run";
	else if (!is_synced(v, 1u << NPUB_SYNC_AFTER, NPUB_SYNC_FROM_DEVICE,
			    t[c->output].bo, t[c->output].bo_offset, t[c->output].bytes))
		missing = "output from the device after a run";
	else if (!is_synced(v, before, NPUB_SYNC_TO_DEVICE, c->regcmd_bo,
			    c->regcmd_bo_offset,
			    (uint64_t)c->word_count * NPU_WORD_BYTES))
		missing = "commands to the device";
	for (uint32_t i = 0; i < c->bo_count && !missing; i++) {
		const struct npub_bo *bo = &v->b->bos[c->first_bo + i];

		if (bo->data_bytes && !is_synced(v, load | before, NPUB_SYNC_TO_DEVICE,
						 c->first_bo + i, 0, bo->data_bytes))
			missing = "data to the device";
	}
	if (!missing)
		return NPURT_OK;
	v->error->section = NPUB_SECTION_SYNCS;
	return npurt_failf(v->error, NPURT_ERR_SECTION, "no sync takes the %s", missing);
}

/*
 * Syncs in the wrong direction throw data away: the device must not overwrite what
 * the CPU wrote, nor the driver's note in the task BO be lost (driver ABI 7.5).
 */
static enum npurt_err check_sync_directions(struct verify *v)
{
	const struct npub_sync *s = &v->b->syncs[v->conv->first_sync];
	const uint32_t both = NPUB_SYNC_TO_DEVICE | NPUB_SYNC_FROM_DEVICE;

	for (uint32_t i = 0; i < v->conv->sync_count; i++, s++) {
		const struct npub_bo *bo = &v->b->bos[s->bo];
		bool whole = !s->offset && s->bytes == bo->bytes;
		bool good =
		    s->phase == NPUB_SYNC_AFTER
			? s->flags == NPUB_SYNC_FROM_DEVICE && bo->role == NPUB_BO_OUTPUT
			: s->flags == NPUB_SYNC_TO_DEVICE ||
			      (s->phase == NPUB_SYNC_LOAD && s->flags == both && whole);

		if (!good) {
			v->error->section = NPUB_SECTION_SYNCS;
			v->error->index = v->conv->first_sync + i;
			return npurt_failf(v->error, NPURT_ERR_FORBIDDEN,
					   "sync of BO '%s' with flags %x in phase %u",
					   npub_string(v->b, bo->name), s->flags,
					   s->phase);
		}
	}
	return NPURT_OK;
}

/* Weights and bias come from the file, all of them. */
static enum npurt_err check_data(struct verify *v)
{
	const struct npub_conv *c = v->conv;
	const uint32_t indices[] = { c->weights,
				     c->bias == NPUB_NONE ? c->weights : c->bias };

	for (int i = 0; i < 2; i++) {
		const struct npub_tensor *t = &v->b->tensors[indices[i]];

		if (t->bo_offset + t->bytes <= v->b->bos[t->bo].data_bytes)
			continue;
		v->error->section = NPUB_SECTION_TENSORS;
		v->error->index = indices[i];
		return npurt_failf(
		    v->error, NPURT_ERR_TENSOR, "'%s' reaches past the data of BO '%s'",
		    npub_string(v->b, t->name), npub_string(v->b, v->b->bos[t->bo].name));
	}
	return NPURT_OK;
}

/*
 * Stages that no capture has: a plan with one must say so.  They are a limit in floats
 * or after an addition, a leaky slope, an addition to a depthwise output, and a bias
 * before an int32 one.
 */
static bool is_untested(const struct npub_conv *c)
{
	uint32_t flags = c->op.flags;

	if (flags & NPUB_OP_LEAKY)
		return true;
	if (flags & NPUB_OP_CLAMP && (c->elem == NPU_ELEM_FP16 || flags & NPUB_OP_ADD))
		return true;
	if (flags & NPUB_OP_ADD && c->mode == NPUB_MODE_DEPTHWISE)
		return true;
	return c->out_elem == NPU_ELEM_INT32 && flags & NPUB_OP_BIAS;
}

static enum npurt_err check_hazards(struct verify *v, uint32_t index)
{
	const struct npub_plan *p = &v->b->plans[v->conv->first_plan + index];

	if (!is_untested(v->conv) || p->hazards & NPUB_HAZARD_UNTESTED)
		return NPURT_OK;
	v->error->index = v->conv->first_plan + index;
	return npurt_failf(v->error, NPURT_ERR_FORBIDDEN,
			   "its output stage was never tried, and it does not say so");
}

/* Any other flags were never tried, and some crash the driver (ABI section 24). */
static enum npurt_err check_bo_flags(struct verify *v)
{
	for (uint32_t i = 0; i < v->conv->bo_count; i++) {
		const struct npub_bo *bo = &v->b->bos[v->conv->first_bo + i];
		uint32_t want =
		    bo->role == NPUB_BO_TASK ? NPU_BO_FLAGS_TASK : NPU_BO_FLAGS_DATA;

		if (bo->flags != want) {
			v->error->section = NPUB_SECTION_BOS;
			v->error->index = v->conv->first_bo + i;
			v->error->found = bo->flags;
			v->error->allowed = want;
			return npurt_failf(v->error, NPURT_ERR_FORBIDDEN,
					   "BO '%s' has flags %x, must be %x",
					   npub_string(v->b, bo->name), bo->flags, want);
		}
	}
	return NPURT_OK;
}

static uint64_t end_of(const struct npub_tensor *t)
{
	return t->bo_offset + t->bytes;
}

/*
 * F-19: what each buffer is for says how long it is; a page more does no harm, but
 * the device's address space is everybody's.
 */
static enum npurt_err check_bo_sizes(struct verify *v)
{
	const struct npub_conv *c = v->conv;
	const struct npub_tensor *t = v->b->tensors;
	uint64_t records = (uint64_t)c->task_count * sizeof(struct npub_task);
	uint64_t in = end_of(&t[c->input]), out = end_of(&t[c->output]);
	if (c->operand != NPUB_NONE && end_of(&t[c->operand]) > in)
		in = end_of(&t[c->operand]);
	const uint64_t needed[] = {
		[NPUB_BO_TASK] = records,
		[NPUB_BO_WEIGHT] = c->regcmd_bo_offset +
				   (uint64_t)c->word_count * NPU_WORD_BYTES +
				   npu_round_up64(records, NPU_BO_ALIGN_BYTES),
		[NPUB_BO_INTERNAL] = in + out,
		[NPUB_BO_INPUT] = in,
		[NPUB_BO_OUTPUT] = out,
	};

	for (uint32_t i = 0; i < c->bo_count; i++) {
		const struct npub_bo *bo = &v->b->bos[c->first_bo + i];
		uint64_t most = needed[bo->role] + NPU_PAGE_BYTES;

		if (bo->bytes > most) {
			v->error->section = NPUB_SECTION_BOS;
			v->error->index = c->first_bo + i;
			v->error->found = bo->bytes;
			v->error->allowed = most;
			return npurt_failf(v->error, NPURT_ERR_SECTION,
					   "BO '%s' of %U bytes, %U are needed",
					   npub_string(v->b, bo->name), bo->bytes,
					   needed[bo->role]);
		}
	}
	return NPURT_OK;
}

enum npurt_err npurt_verify_conv(const struct npub *b, uint32_t index,
				 struct npurt_error *error)
{
	struct verify v;
	enum npurt_err err;

	verify_init(&v, b, index, error);
	err = check_bo_flags(&v);
	if (!err)
		err = check_bo_sizes(&v);
	if (!err)
		err = check_sync_profile(&v);
	if (!err)
		err = check_sync_directions(&v);
	if (!err)
		err = check_data(&v);
	error->section = NPUB_SECTION_PLANS;
	for (uint32_t i = 0; !err && i < v.conv->plan_count; i++) {
		err = check_lists(&v, i);
		if (!err)
			err = check_hazards(&v, i);
	}
	if (!err) {
		error->index = index;
		err = check_partition(&v);
	}
	error->section = NPUB_SECTION_TASKS;
	if (!err)
		err = verify_records(&v);
	for (uint32_t i = 0; !err && i < v.conv->plan_count; i++)
		err = verify_chains(&v, &b->plans[v.conv->first_plan + i]);
	if (!err)
		error->section = error->index = NPURT_NOWHERE;
	return err;
}
