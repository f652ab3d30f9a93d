/*
 * What the runtime does with a conv, in the form of a captured run: buffers created,
 * syncs, the submit.
 */
#include "dump.h"
#include "job.h"
#include "json_put.h"

static void append_sync(json_t *events, const struct npub_bo *bo, uint32_t flags,
			uint64_t offset, uint64_t bytes)
{
	json_t *event = json_array();

	append_s(event, "sync");
	append_s(event, name_of_bo_role(bo->role));
	append_u(event, flags);
	append_u(event, offset);
	append_u(event, bytes);
	json_array_append_new(events, event);
}

static void append_syncs(json_t *events, const struct npub *b, const struct npub_conv *c,
			 uint32_t phase)
{
	for (uint32_t i = 0; i < c->sync_count; i++) {
		const struct npub_sync *s = &b->syncs[c->first_sync + i];

		if (s->phase == phase)
			append_sync(events, &b->bos[s->bo], s->flags, s->offset,
				    s->bytes);
	}
}

/*
 * Each buffer as the runtime creates it: with a sync both ways.  Weights and records
 * go out as soon as the weight buffer is there.
 */
static void append_creation(json_t *events, const struct npub *b,
			    const struct npub_conv *c)
{
	for (uint32_t i = 0; i < c->bo_count; i++) {
		const struct npub_bo *bo = &b->bos[c->first_bo + i];
		json_t *event = json_array();

		append_s(event, "create");
		append_s(event, name_of_bo_role(bo->role));
		append_u(event, bo->bytes);
		append_u(event, bo->flags);
		json_array_append_new(events, event);
		append_sync(events, bo, NPUB_SYNC_TO_DEVICE | NPUB_SYNC_FROM_DEVICE, 0,
			    bo->bytes);
		if (bo->role == NPUB_BO_WEIGHT)
			append_syncs(events, b, c, NPUB_SYNC_LOAD);
	}
}

/* The submit of a plan as the runtime makes it, but for the timeout. */
static json_t *submit_event(const struct npub_plan *plan)
{
	json_t *event = json_array(), *x = json_object(), *subcore = json_array();
	struct npurt_job job;

	npurt_job_fill(&job, plan, NULL, 0);
	for (size_t i = 0; i < sizeof(job.subcore) / sizeof(job.subcore[0]); i++)
		json_array_append_new(subcore, json_pair(job.subcore[i].task_start,
							 job.subcore[i].task_number));
	put_u(x, "flags", job.flags);
	put_u(x, "task_start", job.task_start);
	put_u(x, "task_number", job.task_number);
	put_u(x, "task_counter", 0);
	put_u(x, "priority", 0);
	put_u(x, "core_mask", job.core_mask);
	put_i(x, "fence_fd", -1);
	put(x, "subcore", subcore);
	append_s(event, "submit");
	json_array_append_new(event, x);
	return event;
}

json_t *dump_capture_runs(const struct dump *d, const struct npub_conv *c)
{
	const struct npub *b = d->npub;
	json_t *runs = json_array();

	for (uint32_t p = 0; p < c->plan_count; p++) {
		const struct npub_plan *plan = &b->plans[c->first_plan + p];
		json_t *run, *events;

		if (!dump_wants_plan(d, plan))
			continue;
		run = json_object();
		events = json_array();
		put_u(run, "plan", plan->cores);
		put_u(run, "regcmd_bytes", (uint64_t)c->word_count * NPU_WORD_BYTES);
		put_u(run, "task_bytes", b->bos[c->task_bo].bytes);
		append_creation(events, b, c);
		append_syncs(events, b, c, NPUB_SYNC_BEFORE);
		json_array_append_new(events, submit_event(plan));
		append_syncs(events, b, c, NPUB_SYNC_AFTER);
		put(run, "events", events);
		json_array_append_new(runs, run);
	}
	return runs;
}
