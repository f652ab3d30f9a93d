/*
 * Load a conv onto a device and run it.
 *
 * This file knows no register: it moves words, and changes only those that the
 * bundle's relocations name.
 */
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "device.h"
#include "error.h"
#include "npurt_file.h"
#include "pack_feature.h"
#include "verify.h"

#define MAX_BOS 64u
#define SUBMIT_PC 1u
#define SUBMIT_PINGPONG 4u
#define TIMEOUT_BASE_MS 1000u /* a queue of other processes' jobs counts too */
#define TIMEOUT_COST_FACTOR 50u
#define TIMEOUT_MAX_MS 600000u

enum state { STATE_IDLE, STATE_SUBMITTED, STATE_DONE };

struct npurt {
	struct npurt_device *device;
	struct npub bundle;
	const struct npub_conv *conv;
	const struct npub_plan *plan;
	const struct npub_tensor *input, *output;
	void *map; /* of npurt_open_file() */
	size_t map_bytes;
	enum state state;
	uint32_t timeout_ms;
	struct npurt_job job;	     /* of the run under way */
	struct npurt_device_bo bo[]; /* conv->bo_count, in the conv's order */
};

static struct npurt_device_bo *bo_at(struct npurt *rt, uint32_t index)
{
	return &rt->bo[index - rt->conv->first_bo];
}

static uint8_t *tensor_bytes(struct npurt *rt, const struct npub_tensor *t)
{
	return (uint8_t *)bo_at(rt, t->bo)->data + t->bo_offset;
}

static struct npub_task *task_records(struct npurt *rt)
{
	return bo_at(rt, rt->conv->task_bo)->data;
}

/* ---- choosing ---- */

static enum npurt_err find_conv(const struct npub *b, const struct npurt_options *o,
				uint32_t *index, struct npurt_error *e)
{
	if (!o->conv_name) {
		*index = o->conv_index;
		if (o->conv_index < b->conv_count)
			return NPURT_OK;
		e->found = o->conv_index;
		e->allowed = b->conv_count;
		return npurt_failf(e, NPURT_ERR_NOCONV, "conv %u of %u", o->conv_index,
				   b->conv_count);
	}
	for (uint32_t i = 0; i < b->conv_count; i++) {
		if (!strcmp(npub_string(b, b->convs[i].name), o->conv_name)) {
			*index = i;
			return NPURT_OK;
		}
	}
	return npurt_failf(e, NPURT_ERR_NOCONV, "no conv '%s'", o->conv_name);
}

static enum npurt_err find_plan(const struct npub *b, const struct npub_conv *c,
				const struct npurt_options *o,
				const struct npub_plan **plan, struct npurt_error *e)
{
	const struct npub_plan *p = &b->plans[c->first_plan];
	uint32_t refused;

	for (uint32_t i = 0; o->cores && i < c->plan_count && p->cores != o->cores; i++)
		p++;
	if (p == &b->plans[c->first_plan] + c->plan_count) {
		e->found = o->cores;
		return npurt_failf(e, NPURT_ERR_NOPLAN, "no plan for %u cores", o->cores);
	}
	if (p->evidence < o->min_evidence) {
		e->found = p->evidence;
		e->allowed = o->min_evidence;
		return npurt_failf(e, NPURT_ERR_EVIDENCE, "evidence %u, %u wanted",
				   p->evidence, o->min_evidence);
	}
	refused = p->hazards & ~o->allow_hazards;
	if (refused) {
		e->found = p->hazards;
		e->allowed = o->allow_hazards;
		return npurt_failf(
		    e, NPURT_ERR_HAZARD, "%s%s%s",
		    refused & NPUB_HAZARD_POISONS_NEXT_JOB ? "poisons-next-job" : "",
		    refused == 3 ? ", " : "",
		    refused & NPUB_HAZARD_UNTESTED ? "untested" : "");
	}
	*plan = p;
	return NPURT_OK;
}

/* ---- loading ---- */

/* Driver ABI section 22, rule 2: an address that registers cannot hold is no use. */
static enum npurt_err check_placement(const struct npurt_device_bo *d,
				      const struct npub_bo *bo, const char *name,
				      struct npurt_error *e)
{
	if (!d->handle || !d->data || !d->dma_addr || d->dma_addr % bo->align ||
	    d->dma_addr > UINT32_MAX || d->bytes > (uint64_t)UINT32_MAX + 1 - d->dma_addr)
		return npurt_failf(e, NPURT_ERR_DEVICE_MEMORY,
				   "BO '%s': %U bytes at %X are not usable", name,
				   d->bytes, d->dma_addr);
	return NPURT_OK;
}

static enum npurt_err sync_listed(struct npurt *rt, uint32_t phase, bool created,
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
		err = rt->device->ops->bo_sync(rt->device, bo_at(rt, s->bo), s->flags,
					       s->offset, s->bytes, e);
		if (err)
			return err;
	}
	return NPURT_OK;
}

/*
 * Create the BOs in the bundle's order.  A load-time sync with both flags belongs
 * to the fresh buffer: it removes the kernel's own dirty lines.
 */
static enum npurt_err create_bos(struct npurt *rt, struct npurt_error *e)
{
	for (uint32_t i = 0; i < rt->conv->bo_count; i++) {
		uint32_t index = rt->conv->first_bo + i;
		const struct npub_bo *bo = &rt->bundle.bos[index];
		const char *name = npub_string(&rt->bundle, bo->name);
		struct npurt_device_bo *d = &rt->bo[i];
		enum npurt_err err;

		d->bytes = bo->bytes;
		d->flags = bo->flags;
		npurt_detailf(e, "BO '%s': ", name);
		err = rt->device->ops->bo_create(rt->device, d, e);
		if (err)
			return err;
		e->detail[0] = 0;
		err = check_placement(d, bo, name, e);
		if (!err)
			err = sync_listed(rt, NPUB_SYNC_LOAD, true, index, e);
		if (err)
			return err;
	}
	return NPURT_OK;
}

/*
 * Input and weights start as zeros so that padding lanes and the words between
 * records are; the output gets its canary on every run.
 */
static void fill_bos(struct npurt *rt)
{
	const struct npub *b = &rt->bundle;

	for (uint32_t i = 0; i < rt->conv->bo_count; i++) {
		const struct npub_bo *bo = &b->bos[rt->conv->first_bo + i];
		uint8_t *p = rt->bo[i].data;

		if (bo->role == NPUB_BO_OUTPUT || bo->role == NPUB_BO_INTERNAL)
			continue;
		memcpy(p, b->data + bo->data_offset, bo->data_bytes);
		memset(p + bo->data_bytes, 0, bo->bytes - bo->data_bytes);
	}
}

/* The value field of a command word is bits 47:16. */
static void relocate_words(struct npurt *rt)
{
	const struct npub *b = &rt->bundle;
	const struct npub_conv *c = rt->conv;
	uint8_t *base = (uint8_t *)bo_at(rt, c->regcmd_bo)->data + c->regcmd_bo_offset;

	memcpy(base, &b->words[c->first_word], (size_t)c->word_count * sizeof(uint64_t));
	for (uint32_t i = 0; i < c->reloc_count; i++) {
		const struct npub_reloc *r = &b->relocs[c->first_reloc + i];
		uint64_t address = bo_at(rt, r->bo)->dma_addr + r->addend, word;

		memcpy(&word, base + (size_t)r->word * sizeof word, sizeof word);
		word += (address & UINT32_MAX) << 16;
		memcpy(base + (size_t)r->word * sizeof word, &word, sizeof word);
	}
}

static void write_records(struct npurt *rt)
{
	const struct npub_conv *c = rt->conv;
	uint64_t base = bo_at(rt, c->regcmd_bo)->dma_addr + c->regcmd_bo_offset;
	struct npub_task *records = task_records(rt);

	for (uint32_t i = 0; i < c->task_count; i++) {
		struct npub_task t = rt->bundle.tasks[c->first_task + i];

		t.regcmd_addr += base;
		t.int_status = 0;
		records[i] = t;
	}
}

static enum npurt_err load(struct npurt *rt, struct npurt_error *e)
{
	enum npurt_err err = create_bos(rt, e);

	if (err)
		return err;
	fill_bos(rt);
	relocate_words(rt);
	write_records(rt);
	return sync_listed(rt, NPUB_SYNC_LOAD, false, NPUB_NONE, e);
}

/* Generous: a timeout costs a reset of the whole NPU. */
static uint32_t timeout_from_cost(uint64_t cost_ns)
{
	uint64_t ms = cost_ns / 1000000;

	if (ms > TIMEOUT_MAX_MS)
		ms = TIMEOUT_MAX_MS;
	ms = ms * TIMEOUT_COST_FACTOR + TIMEOUT_BASE_MS;
	return (uint32_t)(ms > TIMEOUT_MAX_MS ? TIMEOUT_MAX_MS : ms);
}

static enum npurt_err open_blob(struct npurt **out, const void *blob, size_t blob_bytes,
				struct npurt_device *device,
				const struct npurt_options *o, struct npurt_error *e)
{
	struct npub b;
	const struct npub_plan *plan = NULL;
	const struct npub_conv *c;
	uint32_t index = 0;
	struct npurt *rt;
	enum npurt_err err = npub_open(&b, blob, blob_bytes, e);

	if (err)
		return err;
	err = find_conv(&b, o, &index, e);
	if (!err)
		err = npurt_verify_conv(&b, index, e);
	if (err)
		return err;
	c = &b.convs[index];
	err = find_plan(&b, c, o, &plan, e);
	if (err)
		return err;
	if (c->bo_count > MAX_BOS)
		return npurt_failf(e, NPURT_ERR_SECTION, "%u BOs for one conv",
				   c->bo_count);
	rt = calloc(1, sizeof *rt + c->bo_count * sizeof rt->bo[0]);
	if (!rt)
		return npurt_fail(e, NPURT_ERR_NOMEM, "handle");
	rt->device = device;
	rt->bundle = b;
	rt->conv = c;
	rt->plan = plan;
	rt->input = &b.tensors[c->input];
	rt->output = &b.tensors[c->output];
	rt->timeout_ms = o->timeout_ms ? o->timeout_ms : timeout_from_cost(plan->cost_ns);
	err = load(rt, e);
	if (err)
		npurt_close(rt);
	else
		*out = rt;
	return err;
}

static enum npurt_err check_arguments(const void *out, const void *source,
				      const struct npurt_device *device,
				      const struct npurt_options *o,
				      struct npurt_error *e)
{
	if (!out || !source || !device)
		return npurt_fail(e, NPURT_ERR_ARGUMENT, "a pointer is NULL");
	if (o->cores > NPUB_MAX_CORES || o->min_evidence > NPUB_EVIDENCE_PROMOTED ||
	    o->timeout_ms > INT32_MAX)
		return npurt_fail(e, NPURT_ERR_ARGUMENT,
				  "cores, min_evidence or timeout_ms");
	return NPURT_OK;
}

static const struct npurt_options default_options;

enum npurt_err npurt_open(struct npurt **out, const void *blob, size_t blob_bytes,
			  struct npurt_device *device,
			  const struct npurt_options *options, struct npurt_error *error)
{
	const struct npurt_options *o = options ? options : &default_options;
	struct npurt_error local;
	enum npurt_err err;

	error = error ? error : &local;
	npurt_error_reset(error);
	err = check_arguments(out, blob, device, o, error);
	return err ? err : open_blob(out, blob, blob_bytes, device, o, error);
}

enum npurt_err npurt_open_file(struct npurt **out, const char *path,
			       struct npurt_device *device,
			       const struct npurt_options *options,
			       struct npurt_error *error)
{
	const struct npurt_options *o = options ? options : &default_options;
	struct npurt_error local;
	enum npurt_err err;
	size_t bytes;
	void *map;

	error = error ? error : &local;
	npurt_error_reset(error);
	err = check_arguments(out, path, device, o, error);
	if (!err)
		err = npurt_file_map(path, &map, &bytes, error);
	if (err)
		return err;
	err = open_blob(out, map, bytes, device, o, error);
	if (err) {
		npurt_file_unmap(map, bytes);
		return err;
	}
	(*out)->map = map;
	(*out)->map_bytes = bytes;
	return NPURT_OK;
}

/* The vendor's order of freeing; a BO that was never made has handle 0. */
void npurt_close(struct npurt *rt)
{
	static const uint8_t roles[] = { NPUB_BO_INTERNAL, NPUB_BO_WEIGHT, NPUB_BO_TASK,
					 NPUB_BO_INPUT, NPUB_BO_OUTPUT };

	if (!rt)
		return;
	for (size_t r = 0; r < sizeof roles; r++) {
		for (uint32_t i = 0; i < rt->conv->bo_count; i++) {
			if (rt->bundle.bos[rt->conv->first_bo + i].role == roles[r] &&
			    rt->bo[i].handle)
				rt->device->ops->bo_destroy(rt->device, &rt->bo[i]);
		}
	}
	npurt_file_unmap(rt->map, rt->map_bytes);
	free(rt);
}

/* ---- tensors ---- */

static const struct npub_tensor *tensor_of(const struct npurt *rt,
					   enum npurt_tensor_id id)
{
	return id == NPURT_INPUT ? rt->input : id == NPURT_OUTPUT ? rt->output : NULL;
}

static size_t nchw_bytes(const struct npub_tensor *t)
{
	return (size_t)t->n * t->c * t->h * t->w * npub_elem_bytes(t->elem);
}

enum npurt_err npurt_tensor(const struct npurt *rt, enum npurt_tensor_id id,
			    struct npurt_tensor_info *info)
{
	const struct npub_tensor *t = rt ? tensor_of(rt, id) : NULL;

	if (!t || !info)
		return NPURT_ERR_ARGUMENT;
	*info = (struct npurt_tensor_info){
		.name = npub_string(&rt->bundle, t->name),
		.elem = t->elem,
		.elem_bytes = npub_elem_bytes(t->elem),
		.n = t->n,
		.c = t->c,
		.h = t->h,
		.w = t->w,
		.nchw_bytes = nchw_bytes(t),
		.device_bytes = t->bytes,
		.scale = t->scale,
		.zero_point = t->zero_point,
	};
	return NPURT_OK;
}

enum npurt_err npurt_write_input(struct npurt *rt, const void *nchw, size_t bytes)
{
	if (!rt || !nchw)
		return NPURT_ERR_ARGUMENT;
	if (rt->state == STATE_SUBMITTED)
		return NPURT_ERR_STATE;
	if (bytes != nchw_bytes(rt->input))
		return NPURT_ERR_TENSOR_SIZE;
	npurt_pack_feature(rt->input, nchw, tensor_bytes(rt, rt->input));
	return NPURT_OK;
}

enum npurt_err npurt_read_output(struct npurt *rt, void *nchw, size_t bytes)
{
	if (!rt || !nchw)
		return NPURT_ERR_ARGUMENT;
	if (bytes != nchw_bytes(rt->output))
		return NPURT_ERR_TENSOR_SIZE;
	if (rt->state != STATE_DONE)
		return NPURT_ERR_STATE;
	npurt_unpack_feature(rt->output, tensor_bytes(rt, rt->output), nchw);
	return NPURT_OK;
}

enum npurt_err npurt_map(struct npurt *rt, enum npurt_tensor_id id, void **data,
			 size_t *bytes)
{
	const struct npub_tensor *t = rt ? tensor_of(rt, id) : NULL;

	if (!t || !data || !bytes)
		return NPURT_ERR_ARGUMENT;
	*data = tensor_bytes(rt, t);
	*bytes = t->bytes;
	return NPURT_OK;
}

/* ---- running ---- */

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

	return &task_records(rt)[l->first_task + l->task_count - 1];
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
	output = bo_at(rt, rt->output->bo);
	npurt_canary_fill(output->data, output->bytes);
	last_record(rt)->int_status = 0;
	err = rt->device->ops->bo_sync(rt->device, output, NPUB_SYNC_TO_DEVICE, 0,
				       output->bytes, error);
	if (!err)
		err = sync_listed(rt, NPUB_SYNC_BEFORE, false, NPUB_NONE, error);
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
	left = npurt_canary_count(rt->output, tensor_bytes(rt, rt->output), &first);
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
	err = sync_listed(rt, NPUB_SYNC_AFTER, false, NPUB_NONE, error);
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

/* ---- for dumps ---- */

uint32_t npurt_bo_count(const struct npurt *rt)
{
	return rt ? rt->conv->bo_count : 0;
}

enum npurt_err npurt_bo(const struct npurt *rt, uint32_t index,
			struct npurt_bo_info *info)
{
	const struct npub_bo *bo;

	if (!rt || !info || index >= rt->conv->bo_count)
		return NPURT_ERR_ARGUMENT;
	bo = &rt->bundle.bos[rt->conv->first_bo + index];
	*info = (struct npurt_bo_info){
		.name = npub_string(&rt->bundle, bo->name),
		.role = bo->role,
		.flags = bo->flags,
		.dma_addr = rt->bo[index].dma_addr,
		.bytes = bo->bytes,
		.data = rt->bo[index].data,
	};
	return NPURT_OK;
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
