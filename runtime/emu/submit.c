/*
 * SUBMIT (driver ABI sections 8 and 11): the checks, the waits, the outcome.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "emu/emu.h"

#define MAX_WAITS 3
#define ABORT_SLEEP_MS 100u
#define TIMEOUT_STATE 0x5u     /* what "job timeout" prints as the job's state */
#define LIMIT_VERSION_LOG 900u /* older drivers print one line only */

/* The first three of a three-core job come after the entries of the others. */
static uint32_t range_entry(uint32_t core, uint32_t cores)
{
	return cores == 3 ? core + 2 : core;
}

static void set_parts(struct emu_job *job)
{
	const struct abi_submit *s = &job->args;

	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		struct emu_part *p = &job->part[c];

		if (!(job->mask >> c & 1))
			continue;
		p->used = true;
		if (emu.settings.soc.multi_irq) {
			const struct abi_range *r =
			    &s->subcore[range_entry(c, job->cores)];

			p->start = r->task_start;
			p->number = r->task_number;
		} else {
			p->start = s->task_start;
			p->number = s->task_number;
		}
	}
}

/* What the driver does not check and the kernel does not survive. */
static int check_fatal(const struct emu_job *job)
{
	const struct abi_submit *s = &job->args;
	const struct emu_bo *bo = job->task;

	if (!bo)
		return emu_fatal("SUBMIT with task_obj_addr 0x%llx, which is no object",
				 (unsigned long long)s->task_obj_addr);
	if (!bo->kernel_mapped)
		return emu_fatal("SUBMIT with BO %u as task buffer, which has no kernel "
				 "mapping (flags 0x%x)",
				 bo->id, bo->flags);
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		const struct emu_part *p = &job->part[c];
		uint64_t room = bo->bytes / sizeof(struct abi_task);

		if (p->used && (p->start > room || p->number > room - p->start))
			return emu_fatal(
			    "SUBMIT of records [%u, +%u) in a task buffer of "
			    "%llu",
			    p->start, p->number, (unsigned long long)room);
	}
	return 0;
}

static int check_header(const struct abi_submit *s)
{
	if (!s->task_number) {
		emu_log("invalid rknpu task number!");
		return -EINVAL;
	}
	if (s->core_mask > emu.settings.soc.core_mask) {
		emu_log("invalid rknpu core mask: 0x%x", s->core_mask);
		return -EINVAL;
	}
	if (s->flags & (ABI_SUBMIT_FENCE_IN | ABI_SUBMIT_FENCE_OUT)) {
		emu_log("failed to use rknpu fence, please enable rknpu fence config!");
		return -EINVAL;
	}
	return 0;
}

static bool mask_is_busy(uint32_t mask)
{
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		if (mask >> c & 1 && (emu.core[c].current || emu.core[c].queued))
			return true;
	}
	return false;
}

/*
 * A NONBLOCK submit with a mask first ends what runs on those cores for longer
 * than its timeout - milliseconds, compared with microseconds.
 */
static void nonblock_cleanup(uint32_t mask)
{
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		struct emu_core *core = &emu.core[c];
		struct emu_job *job = core->current;

		if (!(mask >> c & 1) || !job || job->state != EMU_RUNNING ||
		    emu_now() - job->start_us <= job->args.timeout)
			continue;
		emu_soft_reset();
		emu_verdict(
		    "NONBLOCK: job %llu and %u queued ones on core %u are dropped "
		    "without a word",
		    (unsigned long long)job->id, core->queued, c);
		emu_drop_job(job);
		emu_job_put(job);
		while (core->queued) {
			job = core->queue[0];
			emu_drop_job(job);
			emu_job_put(job);
		}
	}
}

/* ---- waiting ---- */

static void log_wait(const struct emu_job *job, int wait, bool again)
{
	uint64_t now = emu_now();
	uint64_t since = job->state == EMU_QUEUED ? 0 : now - job->start_us;

	emu_log(
	    "job: %p, mask: 0x%x, job iommu domain id: %u, dev iommu domain id: %u, "
	    "wait_count: %d, continue wait: %d, commit elapse time: %lluus, wait time: "
	    "%lluus, timeout: %lluus",
	    (const void *)job, job->mask, job->args.iommu_domain_id, emu.domain, wait,
	    again, (unsigned long long)since,
	    (unsigned long long)wait * job->args.timeout * 1000,
	    job->args.timeout * 1000ull);
}

/* 0, or why it is over: -EINVAL never started or reset, -ETIMEDOUT. */
static int wait_for(struct emu_job *job)
{
	uint64_t timeout_us = job->args.timeout * 1000ull;

	for (int wait = 1; wait <= MAX_WAITS; wait++) {
		uint64_t deadline =
		    job->args.timeout > INT_MAX ? UINT64_MAX : emu_now() + timeout_us;
		bool again;

		if (!emu.resetting)
			emu_run_until(deadline, job);
		if (job->state == EMU_DONE)
			return 0;
		if (emu.resetting)
			return -EINVAL;
		if (deadline == UINT64_MAX)
			return emu_fatal("a job that never ends with timeout %u: the "
					 "process waits for ever in state D",
					 job->args.timeout);
		if (wait == MAX_WAITS)
			break;
		again = job->got != job->mask || (job->state == EMU_RUNNING &&
						  emu_now() - job->start_us < timeout_us);
		log_wait(job, wait, again);
		if (!again)
			break;
	}
	return job->state == EMU_RUNNING ? -ETIMEDOUT : -EINVAL;
}

static uint32_t hardware_counter(const struct emu_job *job)
{
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		if (job->part[c].used)
			return job->part[c].counter;
	}
	return 0;
}

static void log_timeout(const struct emu_job *job)
{
	uint64_t elapsed = emu_now() - job->start_us;

	if (emu.settings.version >= LIMIT_VERSION_LOG)
		emu_log("job timeout, flags: 0x%x:", TIMEOUT_STATE);
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		const struct emu_part *p = &job->part[c];

		if (!p->used)
			continue;
		if (emu.settings.version >= LIMIT_VERSION_LOG)
			emu_log("\tcore %u irq status: 0x%x, raw status: 0x%x, require "
				"mask: 0x%x, task counter: 0x%x, elapsed time: %lluus",
				c, p->status, p->raw, p->int_mask, p->counter,
				(unsigned long long)elapsed);
		else
			emu_log(
			    "job timeout, flags: 0x%x, irq status: 0x%x, raw status: "
			    "0x%x, require mask: 0x%x, task counter: 0x%x, elapsed time: "
			    "%lluus",
			    TIMEOUT_STATE, p->status, p->raw, p->int_mask, p->counter,
			    (unsigned long long)elapsed);
	}
}

static int give_up(struct emu_job *job, struct abi_submit *s, int err)
{
	uint64_t begin = job->start_us;

	if (job->state != EMU_RUNNING)
		emu_log("job commit failed");
	if (err == -ETIMEDOUT) {
		s->task_counter = hardware_counter(job);
		emu_log("failed to wait job, task counter: %u, flags: 0x%x, ret = 0, "
			"elapsed time: %lluus",
			s->task_counter, s->flags,
			(unsigned long long)(emu_now() - begin));
	}
	emu_sleep_ms(ABORT_SLEEP_MS);
	emu_free_slots(job);
	if (err == -ETIMEDOUT) {
		log_timeout(job);
		emu_soft_reset();
	} else {
		emu_log("job abort, flags: 0x%x, ret: %d, elapsed time: %lluus", s->flags,
			err, (unsigned long long)(begin ? emu_now() - begin : 0));
	}
	emu_job_put(job);
	emu_schedule();
	return err;
}

/* Driver ABI 8.5: what a success writes, into the header and the last record. */
static void succeed(struct emu_job *job, struct abi_submit *s)
{
	uint32_t waited = 0, last = 0;
	struct emu_part *p;

	for (uint32_t c = NPU_MAX_CORES; c-- > 0;) {
		if (job->part[c].used) {
			waited = c;
			last = last ? last : c;
		}
	}
	p = &job->part[last];
	s->task_counter = s->task_number;
	if (emu.settings.version >= 905)
		s->hw_elapse_time = (int64_t)(job->end_us - job->start_us) * 1000;
	emu_record(job, p->start + p->number - 1)->int_status = job->part[waited].status;
	emu.stats.submits_ok++;
	if (emu_fault_submit(EMU_POISON, job->id))
		emu.poisoned = true;
	emu_job_put(job);
}

/* ---- from the header to the queue ---- */

static void queue_foreign_jobs(uint64_t submit)
{
	const struct emu_fault *f = emu_fault_submit(EMU_FOREIGN_JOB, submit);

	for (; f; f = emu_fault_next(f->next, EMU_FOREIGN_JOB, submit)) {
		struct emu_job *job = f->core < NPU_MAX_CORES ? emu_job_new() : NULL;

		if (!job)
			continue;
		job->mask = 1u << f->core;
		job->cores = 1;
		job->foreign_us = f->ms * 1000ull;
		job->part[f->core] =
		    (struct emu_part){ .used = true, .number = 1, .irq_us = UINT64_MAX };
		if (emu_queue(job))
			emu_job_put(job);
	}
}

static struct emu_job *make_job(const struct emu_file *f, struct abi_submit *s)
{
	struct emu_job *job = emu_job_new();

	if (!job)
		return NULL;
	job->id = emu.stats.submits;
	job->file = f->id;
	job->nonblock = s->flags & ABI_SUBMIT_NONBLOCK;
	if (!s->core_mask)
		s->core_mask = emu_auto_mask();
	job->args = *s;
	job->mask = s->core_mask;
	job->cores = (uint32_t)__builtin_popcount(job->mask & 7);
	job->task = s->task_obj_addr ? emu_bo_by_token(s->task_obj_addr) : NULL;
	if (job->task)
		emu_bo_get(job->task);
	if (job->mask == 5 || job->mask == 6) {
		emu_log("Unknown core mask: %u", job->mask);
		job->unstartable = true;
	}
	if (!s->task_obj_addr)
		job->unstartable = true;
	set_parts(job);
	return job;
}

/* Neither queued nor ever started; the domain's count suffers. */
static bool domain_ok(const struct abi_submit *s)
{
	if (emu.settings.version < 906 || s->iommu_domain_id == emu.domain)
		return true;
	if (s->iommu_domain_id >= 16 || emu.jobs->next)
		return false;
	emu_log("switch iommu domain from %u to %u", emu.domain, s->iommu_domain_id);
	emu.domain = s->iommu_domain_id;
	return true;
}

static int run_blocking(struct emu_job *job, struct abi_submit *s)
{
	int err = 0;

	if (!domain_ok(s)) {
		job->unstartable = true;
		job->mask = 0;
		emu_sleep_ms((uint64_t)MAX_WAITS * s->timeout);
		return give_up(job, s, -EINVAL);
	}
	err = emu_queue(job);
	if (err) {
		emu_job_put(job);
		return err;
	}
	if (job->state == EMU_RUNNING && emu_fault_submit(EMU_RESET_DURING, job->id)) {
		emu_sleep_ms(1);
		emu_soft_reset();
		return give_up(job, s, -EINVAL);
	}
	err = wait_for(job);
	if (err)
		return give_up(job, s, err);
	succeed(job, s);
	return 0;
}

static int commit(struct emu_file *f, struct abi_submit *s)
{
	bool was_auto = !s->core_mask;
	struct emu_job *job;
	int err;

	if (s->flags & ABI_SUBMIT_NONBLOCK && !was_auto)
		nonblock_cleanup(s->core_mask);
	job = make_job(f, s);
	if (!job)
		return -ENOMEM;
	if (!(s->flags & ABI_SUBMIT_PC)) {
		err = mask_is_busy(job->mask)
			  ? emu_fatal("SUBMIT without the PC flag on a busy core: the "
				      "freed job stays queued")
			  : -EINVAL;
		return give_up(job, s, err);
	}
	err = job->args.task_obj_addr ? check_fatal(job) : 0;
	if (err) {
		emu_job_put(job);
		return err;
	}
	if (!job->nonblock)
		return run_blocking(job, s);
	err = emu_queue(job);
	if (err)
		emu_job_put(job);
	return err;
}

int emu_submit(struct emu_file *f, struct abi_submit *s)
{
	uint64_t id = ++emu.stats.submits;
	int err;

	if (emu_fault_submit(EMU_STUB, id))
		return 0;
	if (emu_fault_submit(EMU_POWER_OFF, id)) {
		emu_power_cut();
		emu.powered = true;
	}
	queue_foreign_jobs(id);
	err = check_header(s);
	if (err)
		return err;
	if (!emu_fault_submit(EMU_RESET_BEFORE, id))
		return commit(f, s);
	/* Somebody else's reset is under way while this submit comes and goes. */
	emu.resetting = true;
	err = commit(f, s);
	emu.resetting = false;
	emu_registers_lost();
	return err;
}
