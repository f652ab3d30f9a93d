/*
 * Queues, cores, interrupts, and time passing.
 *
 * Everything happens inside the call that lets time pass: events in order of
 * their time, each as the driver's handlers would treat it.
 */
#include <errno.h>
#include <stdlib.h>

#include "emu/emu.h"

struct emu_job *emu_job_new(void)
{
	struct emu_job *job = calloc(1, sizeof *job);

	if (!job)
		return NULL;
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++)
		job->part[c].irq_us = UINT64_MAX;
	job->next = emu.jobs;
	emu.jobs = job;
	return job;
}

static bool is_known(const struct emu_job *job)
{
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		if (emu.core[c].current == job)
			return true;
		for (uint32_t i = 0; i < emu.core[c].queued; i++) {
			if (emu.core[c].queue[i] == job)
				return true;
		}
	}
	return false;
}

static void job_free(struct emu_job *job)
{
	struct emu_job **p = &emu.jobs;

	while (*p != job)
		p = &(*p)->next;
	*p = job->next;
	if (job->task)
		emu_bo_put(job->task);
	free(job);
}

void emu_job_put(struct emu_job *job)
{
	job->abandoned = true;
	/* The driver frees it now; what still points at it points at freed memory. */
	if (job->task)
		emu_bo_put(job->task);
	job->task = NULL;
	if (!is_known(job))
		job_free(job);
}

void emu_jobs_free(void)
{
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++)
		emu.core[c] = (struct emu_core){ 0 };
	while (emu.jobs)
		job_free(emu.jobs);
}

static void unqueue(struct emu_core *core, const struct emu_job *job)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < core->queued; i++) {
		if (core->queue[i] != job)
			core->queue[n++] = core->queue[i];
	}
	core->queued = n;
}

void emu_drop_job(struct emu_job *job)
{
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		unqueue(&emu.core[c], job);
		if (emu.core[c].current == job)
			emu.core[c].current = NULL;
	}
}

/*
 * What the abort path does: slots without an interrupt are given back; the search
 * for a job that never started looks at core 0's list only.
 */
void emu_free_slots(struct emu_job *job)
{
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		struct emu_core *core = &emu.core[c];

		if (core->current == job && !job->part[c].irq_seen)
			core->current = NULL;
		else if (core->current == job)
			emu_verdict("slot leak: core %u keeps a freed job: its interrupt "
				    "did not match mask 0x%x",
				    c, job->part[c].int_mask);
		if (c == 0) {
			unqueue(core, job);
			continue;
		}
		for (uint32_t i = 0; i < core->queued; i++) {
			if (core->queue[i] == job)
				emu_verdict("a freed job stays linked in core %u's queue",
					    c);
		}
	}
}

/* The core with the fewest queued tasks; ties go to the lowest. */
uint32_t emu_auto_mask(void)
{
	uint32_t best = 0;
	uint64_t least = UINT64_MAX;

	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		const struct emu_core *core = &emu.core[c];
		uint64_t tasks = 0;

		if (!(emu.settings.soc.core_mask >> c & 1))
			continue;
		if (core->current)
			tasks += core->current->part[c].number;
		for (uint32_t i = 0; i < core->queued; i++)
			tasks += core->queue[i]->part[c].number;
		if (tasks < least) {
			least = tasks;
			best = c;
		}
	}
	return 1u << best;
}

int emu_queue(struct emu_job *job)
{
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		if (job->mask >> c & 1 && emu.core[c].queued == EMU_QUEUE)
			return -ENOMEM;
	}
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		if (job->mask >> c & 1)
			emu.core[c].queue[emu.core[c].queued++] = job;
	}
	emu_schedule();
	return 0;
}

/* ---- starting and ending ---- */

static void take_head(uint32_t c)
{
	struct emu_core *core = &emu.core[c];

	while (!core->current && core->queued) {
		struct emu_job *job = core->queue[0];

		unqueue(core, job);
		if (job->abandoned) {
			emu_fatal("core %u starts a job that was freed while it was "
				  "queued",
				  c);
			emu_job_put(job);
			continue;
		}
		core->current = job;
		job->got |= 1u << c;
	}
}

static void start_job(struct emu_job *job)
{
	job->state = EMU_RUNNING;
	job->start_us = emu_now();
	if (job->id) {
		emu_start(job, job->mask);
		return;
	}
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		if (job->part[c].used)
			job->part[c].irq_us = job->start_us + job->foreign_us;
	}
}

void emu_schedule(void)
{
	if (emu.resetting)
		return;
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++)
		take_head(c);
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		struct emu_job *job = emu.core[c].current;

		if (job && job->state == EMU_QUEUED && job->got == job->mask &&
		    !job->unstartable)
			start_job(job);
	}
}

/* Each pair with a bit set counts as whole; all other bits are dropped. */
static uint32_t widen(uint32_t status)
{
	uint32_t wide = 0;

	for (uint32_t pair = 0x3; pair <= 0xc00; pair <<= 2) {
		if (status & pair)
			wide |= pair;
	}
	return wide;
}

static void finish_job(struct emu_job *job)
{
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		if (job->part[c].used && !job->part[c].finished)
			return;
	}
	job->state = EMU_DONE;
	job->end_us = emu_now();
	if (job->nonblock || !job->id)
		emu_job_put(job);
}

static void interrupt(uint32_t c)
{
	struct emu_job *job = emu.core[c].current;
	struct emu_part *p = &job->part[c];

	p->irq_us = UINT64_MAX;
	p->irq_seen = true;
	if (job->id && widen(p->status) != p->int_mask) {
		emu_log("invalid irq status: 0x%x, raw status: 0x%x, require mask: 0x%x, "
			"task counter: 0x%x",
			p->status, p->raw, p->int_mask, p->counter);
		return;
	}
	p->done += p->now;
	if (job->id && p->done < p->number) {
		emu_start(job, 1u << c);
		return;
	}
	p->finished = true;
	emu.core[c].current = NULL;
	finish_job(job);
	emu_schedule();
}

static void set_clock(uint64_t us)
{
	uint64_t now = emu_now();

	if (us > now)
		emu.clock_us += us - now;
}

void emu_run_until(uint64_t until_us, const struct emu_job *job)
{
	emu_schedule();
	while (!job || job->state != EMU_DONE) {
		uint64_t next = UINT64_MAX;
		uint32_t core = 0;

		for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
			const struct emu_job *j = emu.core[c].current;

			if (j && j->state == EMU_RUNNING && j->part[c].irq_us < next) {
				next = j->part[c].irq_us;
				core = c;
			}
		}
		if (next == UINT64_MAX || next > until_us) {
			if (until_us != UINT64_MAX)
				set_clock(until_us);
			return;
		}
		set_clock(next);
		interrupt(core);
	}
}
