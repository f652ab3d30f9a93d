/*
 * Load a conv onto a device: choose, verify, allocate, fill, relocate, sync.
 *
 * This file knows no register: it moves words, and changes only those that the
 * bundle's relocations name.
 */
#include <stdlib.h>
#include <string.h>

#include "canary.h"
#include "error.h"
#include "handle.h"
#include "job.h"
#include "npurt_file.h"
#include "verify/verify.h"

#define TIMEOUT_BASE_MS 1000u /* a queue of other processes' jobs counts too */
#define TIMEOUT_COST_FACTOR 50u
#define TIMEOUT_MAX_MS 600000u
#define TIMEOUT_VENDOR_MS 6000u /* in all captured submits */

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
	static const char *const levels[] = { "formula", "captured", "promoted" };
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
		return npurt_failf(e, NPURT_ERR_EVIDENCE, "it is %s, wanted is %s",
				   levels[p->evidence], levels[o->min_evidence]);
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

/* Weights; zeros elsewhere, so that what no record or tensor covers is zero. */
static void fill_bo(struct npurt *rt, uint32_t i)
{
	const struct npub *b = &rt->bundle;
	const struct npub_bo *bo = &b->bos[rt->conv->first_bo + i];
	uint8_t *p = rt->bo[i].data;

	if (bo->role == NPUB_BO_OUTPUT || bo->role == NPUB_BO_INTERNAL)
		return;
	memcpy(p, b->data + bo->data_offset, bo->data_bytes);
	memset(p + bo->data_bytes, 0, bo->bytes - bo->data_bytes);
}

/*
 * A buffer, with its first sync: it removes the kernel's own dirty lines, and takes
 * the output's canary along.
 */
static enum npurt_err create_bo(struct npurt *rt, uint32_t i, struct npurt_error *e)
{
	const struct npub_bo *bo = &rt->bundle.bos[rt->conv->first_bo + i];
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
	if (err)
		return err;
	if (bo->role == NPUB_BO_OUTPUT)
		npurt_canary_fill(d->data, d->bytes, rt->canary);
	return rt->device->ops->bo_sync(
	    rt->device, d, NPUB_SYNC_TO_DEVICE | NPUB_SYNC_FROM_DEVICE, 0, d->bytes, e);
}

/* The value field of a command word is bits 47:16. */
static void relocate_words(struct npurt *rt)
{
	const struct npub *b = &rt->bundle;
	const struct npub_conv *c = rt->conv;
	uint8_t *base =
	    (uint8_t *)handle_bo(rt, c->regcmd_bo)->data + c->regcmd_bo_offset;

	memcpy(base, &b->words[c->first_word], (size_t)c->word_count * sizeof(uint64_t));
	for (uint32_t i = 0; i < c->reloc_count; i++) {
		const struct npub_reloc *r = &b->relocs[c->first_reloc + i];
		uint64_t address = handle_bo(rt, r->bo)->dma_addr + r->addend, word;

		memcpy(&word, base + (size_t)r->word * sizeof word, sizeof word);
		word += (address & UINT32_MAX) << 16;
		memcpy(base + (size_t)r->word * sizeof word, &word, sizeof word);
	}
}

static void write_records(struct npurt *rt)
{
	const struct npub_conv *c = rt->conv;
	uint64_t base = handle_bo(rt, c->regcmd_bo)->dma_addr + c->regcmd_bo_offset;
	struct npub_task *records = handle_tasks(rt);

	for (uint32_t i = 0; i < c->task_count; i++) {
		struct npub_task t = rt->bundle.tasks[c->first_task + i];

		t.regcmd_addr += base;
		t.int_status = 0;
		records[i] = t;
	}
}

static enum npurt_err load_lean(struct npurt *rt, struct npurt_error *e)
{
	for (uint32_t i = 0; i < rt->conv->bo_count; i++) {
		enum npurt_err err = create_bo(rt, i, e);

		if (err)
			return err;
		fill_bo(rt, i);
	}
	relocate_words(rt);
	write_records(rt);
	return npurt_sync_listed(rt, NPUB_SYNC_LOAD, NPUB_NONE, e);
}

/* The weight BO's load syncs, a question, the records, the task BO's load syncs. */
static enum npurt_err fill_as_vendor(struct npurt *rt, struct npurt_error *e)
{
	enum npurt_err err =
	    npurt_sync_listed(rt, NPUB_SYNC_LOAD, rt->conv->regcmd_bo, e);

	if (!err)
		err = rt->device->ops->hint(rt->device, NPURT_HINT_FILLED, e);
	if (err)
		return err;
	write_records(rt);
	return npurt_sync_listed(rt, NPUB_SYNC_LOAD, rt->conv->task_bo, e);
}

/*
 * The order of the vendor's runtime: weights and records go to the device as soon
 * as their buffers exist, the others follow.  Commands name all of them, so they
 * are written last; the syncs before the run take them along.
 */
static enum npurt_err load_as_vendor(struct npurt *rt, struct npurt_error *e)
{
	const struct npub_conv *c = rt->conv;
	uint32_t filled =
	    (c->task_bo > c->regcmd_bo ? c->task_bo : c->regcmd_bo) - c->first_bo;

	for (uint32_t i = 0; i < c->bo_count; i++) {
		enum npurt_err err = NPURT_OK;

		if (i)
			err = rt->device->ops->hint(rt->device, NPURT_HINT_CREATE, e);
		if (!err)
			err = create_bo(rt, i, e);
		if (err)
			return err;
		fill_bo(rt, i);
		if (i == filled)
			err = fill_as_vendor(rt, e);
		if (err)
			return err;
	}
	relocate_words(rt);
	return NPURT_OK;
}

static bool is_vendor(const struct npurt_device *device)
{
	return device->profile == NPURT_PROFILE_VENDOR && device->ops->hint;
}

/* Generous: a timeout costs a reset of the whole NPU. */
static uint32_t timeout_from_cost(uint64_t cost_ns, bool vendor)
{
	uint64_t ms = cost_ns / 1000000;

	if (vendor)
		return TIMEOUT_VENDOR_MS;
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
	if (!err)
		err = npurt_job_check_cores(device, npurt_job_cores(plan), e);
	if (err)
		return err;
	rt = calloc(1, sizeof *rt + c->bo_count * sizeof rt->bo[0]);
	if (!rt)
		return npurt_fail(e, NPURT_ERR_NOMEM, "handle");
	rt->device = device;
	rt->bundle = b;
	rt->conv = c;
	rt->plan = plan;
	rt->input = &b.tensors[c->input];
	rt->output = &b.tensors[c->output];
	rt->operand = c->operand == NPUB_NONE ? NULL : &b.tensors[c->operand];
	rt->fresh = true;
	rt->trust_zeros = o->trust_zeros || device->exact;
	rt->timeout_ms = o->timeout_ms
			     ? o->timeout_ms
			     : timeout_from_cost(plan->cost_ns, is_vendor(device));
	err = is_vendor(device) ? load_as_vendor(rt, e) : load_lean(rt, e);
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
	if (is_vendor(rt->device))
		rt->device->ops->hint(rt->device, NPURT_HINT_CLOSE, NULL);
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
