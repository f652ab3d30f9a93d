/*
 * One start of the cores of a job: the driver's register writes, the execution by
 * the simulator on the device's view of the buffers, and the interrupt that comes
 * of it.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/emu.h"
#include "emu/regs.h"
#include "sim/sim.h"

#define RAW_HANG 0xc0000000u /* seen in every report of a hang */
#define COPY_BASE 0x10000u   /* the copies' device addresses; no object lies there */
#define COPY_SPAN 0xa00000u
#define INT_DATA_BITS 0xf00u /* DPU and PPU: the data is in memory */
#define MACS_PER_US 512000u

/* A range that the job writes, and what was there. */
struct written {
	uint8_t *at;
	uint64_t bytes;
	uint8_t *old;
	struct written *next;
};

struct start {
	struct emu_job *job;
	uint32_t mask, lists;
	struct emu_walk walk[NPU_MAX_CORES];
	struct sim_list list[NPU_MAX_CORES];
	uint32_t cut; /* tasks to let through before a hang; EMU_ANY: all */
	struct emu_bo **bo;
	struct sim_region *region;
	uint32_t bos, regions;
	bool keep_old;
	struct written *written;
	struct sim_result result;
};

struct abi_task *emu_record(const struct emu_job *job, uint32_t index)
{
	return (struct abi_task *)(void *)job->task->cpu + index;
}

/* ---- the driver's part ---- */

static void put_write(struct emu_core *core, uint32_t offset, uint32_t value)
{
	core->write[core->writes++] = (struct npuemu_write){ offset, value };
}

/* Driver ABI section 9, in its order. */
static void write_registers(const struct emu_job *job, uint32_t c,
			    const struct abi_task *first, const struct abi_task *last)
{
	const struct emu_soc *soc = &emu.settings.soc;
	struct emu_core *core = &emu.core[c];
	uint32_t pingpong = job->args.flags & ABI_SUBMIT_PINGPONG ? 1 : 0;

	core->writes = 0;
	put_write(core, 0x0010, 1);
	if (soc->multi_irq) {
		put_write(core, 0x1004, NPU_S_POINTER_PINGPONG + 0x10000000u * c);
		put_write(core, 0x3004, NPU_S_POINTER_PINGPONG + 0x10000000u * c);
	}
	put_write(core, 0x0010, (uint32_t)first->regcmd_addr);
	put_write(core, 0x0014,
		  (first->regcfg_amount + NPU_TAIL_WORDS + soc->amount_scale - 1) /
			  soc->amount_scale -
		      1);
	put_write(core, 0x0020, last->int_mask);
	put_write(core, 0x0024, first->int_mask);
	put_write(core, 0x0030, (6u | pingpong) << soc->task_bits | job->part[c].now);
	put_write(core, 0x0034, (uint32_t)job->args.task_base_addr);
	put_write(core, 0x0008, 1);
	put_write(core, 0x0008, 0);
}

__attribute__((visibility("default"))) size_t
npuemu_start_writes(uint32_t core, struct npuemu_write writes[NPUEMU_START_WRITES])
{
	size_t n = 0;

	emu_enter();
	if (core < NPU_MAX_CORES) {
		n = emu.core[core].writes;
		memcpy(writes, emu.core[core].write, n * sizeof *writes);
	}
	emu_leave();
	return n;
}

/* Pairs of bits 0/1 to 10/11, and nothing else: what widening can produce. */
static bool is_full_pairs(uint32_t mask)
{
	return mask && !(mask & ~0xfffu) && (mask & 0x555) == (mask >> 1 & 0x555);
}

static void hang(struct emu_part *p, uint32_t counter)
{
	p->irq_us = UINT64_MAX;
	p->raw = RAW_HANG;
	p->status = 0;
	p->counter = counter;
}

/* Program one core; false when there is nothing to run. */
static bool program_core(struct start *s, uint32_t c)
{
	struct emu_part *p = &s->job->part[c];
	uint32_t left = p->number - p->done;
	const struct abi_task *first, *last;
	struct emu_walk *w = &s->walk[s->lists];

	hang(p, 0);
	p->now = npu_min(left, emu.settings.soc.max_tasks);
	if (!p->now)
		return false;
	first = emu_record(s->job, p->start + p->done);
	last = first + p->now - 1;
	p->int_mask = last->int_mask;
	if (!is_full_pairs(p->int_mask))
		emu_verdict("int_mask 0x%x of record %u is not a union of pairs",
			    p->int_mask, p->start + p->done + p->now - 1);
	write_registers(s->job, c, first, last);
	*w = (struct emu_walk){ .core = c,
				.job = s->job->id,
				.address = (uint32_t)first->regcmd_addr,
				.amount = first->regcfg_amount,
				.tasks = npu_min(p->now, s->cut),
				.cores = s->job->cores,
				.cut = p->now > s->cut,
				.copy_address = COPY_BASE + s->lists * COPY_SPAN };
	s->lists++;
	return true;
}

/* ---- memory ---- */

static void touch(void *arg, uint32_t region, uint64_t offset, uint64_t bytes, bool write)
{
	struct start *s = arg;
	struct written *w;
	struct emu_bo *bo;

	if (region >= s->bos)
		return;
	bo = s->bo[region];
	bo->used_submit = s->job->id;
	bo->busy_us = UINT64_MAX; /* until the job's end is known */
	if (!write) {
		emu_cache_read(bo, offset, bytes, "DMA read");
		return;
	}
	emu_cache_write(bo, offset, bytes, "DMA write");
	w = s->keep_old ? malloc(sizeof *w + bytes) : NULL;
	if (!w)
		return;
	*w = (struct written){ bo->dev + offset, bytes, (uint8_t *)(w + 1), s->written };
	memcpy(w->old, w->at, bytes);
	s->written = w;
}

static bool make_regions(struct start *s)
{
	uint32_t n = 0;

	for (const struct emu_bo *bo = emu.bos; bo; bo = bo->next)
		n++;
	s->region = calloc(n + NPU_MAX_CORES, sizeof *s->region);
	s->bo = calloc(n + 1, sizeof(struct emu_bo *));
	if (!s->region || !s->bo)
		return false;
	for (struct emu_bo *bo = emu.bos; bo; bo = bo->next) {
		if (bo->domain != emu.domain)
			continue;
		s->region[s->bos] = (struct sim_region){ .dma_addr = bo->dma,
							 .bytes = bo->bytes,
							 .data = bo->dev };
		s->bo[s->bos++] = bo;
	}
	s->regions = s->bos;
	return true;
}

/* ---- the device's part ---- */

/* The records as they lie, or their copy when they had to be completed or cut. */
static bool make_list(struct start *s, uint32_t i)
{
	struct emu_walk *w = &s->walk[i];
	bool copied;

	if (!emu_walk(emu.regs, w))
		return false;
	copied = w->walked && !w->broken && (w->longer || w->completed);
	s->list[i] = (struct sim_list){
		.core = w->core,
		.regcmd_addr = (uint32_t)(copied ? w->copy_address : w->address),
		.regcfg_amount = copied ? w->copy_amount : w->amount,
		.task_count = w->broken || !w->walked ? w->tasks : w->walked,
		.int_mask =
		    w->last_raw & NPU_INT_MASK_DPU ? NPU_INT_MASK_DPU : NPU_INT_MASK_PPU,
	};
	if (copied)
		s->region[s->regions++] =
		    (struct sim_region){ .dma_addr = w->copy_address,
					 .bytes =
					     (uint64_t)w->copy_words * NPU_WORD_BYTES,
					 .data = w->copy,
					 .name = "emulator's copy" };
	return true;
}

static void log_page_fault(const struct sim_result *r)
{
	unsigned long long at = r->address;

	emu_log("rk_iommu fdab9000.iommu: Page fault at 0x%08llx of type %s", at,
		r->reg == 0x4020 || r->reg == 0x6070 ? "write" : "read");
	emu_log("rk_iommu fdab9000.iommu: iova = 0x%08llx: dte_index: 0x%llx pte_index: "
		"0x%llx page_offset: 0x%llx",
		at, at >> 22, at >> 12 & 0x3ff, at & 0xfff);
}

/* Whether every list ran to its end; what went wrong is a verdict. */
static bool run_lists(struct start *s)
{
	struct sim_job job = { .regions = s->region,
			       .region_count = s->regions,
			       .lists = s->list,
			       .list_count = s->lists,
			       .threads = emu.settings.threads,
			       .touch = touch,
			       .touch_arg = s };
	const struct sim_result *r = &s->result;
	uint32_t tasks = 0;
	bool ok = sim_run(emu.sim, &job, &s->result);

	for (uint32_t i = 0; i < s->lists; i++)
		tasks += s->list[i].task_count;
	emu.stats.tasks += r->tasks_done;
	emu.stats.macs += r->macs;
	if (ok)
		return true;
	if (r->status == SIM_ERR_OUTPUT && r->tasks_done == tasks) {
		/* Parts of a split list leave holes that the others fill. */
		if (s->job->part[s->list[0].core].now ==
		    s->job->part[s->list[0].core].number)
			emu_verdict("execution: %s: %s", sim_status_name(r->status),
				    r->message);
		return true;
	}
	emu_verdict("execution: %s: %s", sim_status_name(r->status), r->message);
	if (r->status == SIM_ERR_DMA)
		log_page_fault(r);
	return false;
}

static void change_output(struct start *s, const struct emu_fault *zero, bool stale,
			  bool stale_line, bool early)
{
	uint32_t n = 0, half = 0;

	for (struct written *w = s->written; w; w = w->next)
		half++;
	half = (half + 1) / 2;
	for (struct written *w = s->written; w; w = w->next, n++) {
		uint64_t line = w->bytes < EMU_LINE_BYTES ? w->bytes : EMU_LINE_BYTES;

		if (zero)
			memset(w->at, 0, w->bytes);
		/* the list begins with what was written last */
		else if (stale || (early && n < half))
			memcpy(w->at, w->old, w->bytes);
		else if (stale_line && !w->next) /* the output's first line */
			memcpy(w->at, w->old, line);
	}
}

static void end_start(struct start *s)
{
	for (uint32_t i = 0; i < s->lists; i++)
		free(s->walk[i].copy);
	while (s->written) {
		struct written *next = s->written->next;

		free(s->written);
		s->written = next;
	}
	free(s->region);
	free(s->bo);
}

static uint64_t duration_us(const struct sim_result *r)
{
	uint64_t bytes = r->bytes_read + r->bytes_written;

	return NPU_MODEL_SUBMIT_NS / 1000 + r->macs / MACS_PER_US +
	       bytes / NPU_MODEL_DDR_BYTES_PER_KCYCLE;
}

/* The interrupt of a core that reached the end of its list. */
static void set_interrupt(struct start *s, struct emu_part *p, uint32_t raw,
			  uint64_t done_us)
{
	const struct emu_fault *f = emu_fault_submit(EMU_IRQ, s->job->id);

	p->counter = p->now;
	p->raw = f ? (uint32_t)f->value : raw;
	p->status = f ? p->raw : p->raw & p->int_mask;
	p->irq_us = p->status ? done_us : UINT64_MAX;
}

static void free_bos(struct start *s, uint64_t until)
{
	for (uint32_t i = 0; i < s->bos; i++) {
		if (s->bo[i]->busy_us == UINT64_MAX)
			s->bo[i]->busy_us = until;
	}
}

static void conclude(struct start *s, bool ran)
{
	uint64_t done_us = emu_now() + duration_us(&s->result);

	for (uint32_t i = 0; i < s->lists; i++) {
		struct emu_part *p = &s->job->part[s->list[i].core];
		const struct emu_walk *w = &s->walk[i];

		if (ran && w->walked == p->now)
			set_interrupt(s, p, w->last_raw, done_us);
		else if (ran || s->list[i].core < s->result.core)
			hang(p, s->list[i].task_count);
		else
			hang(p, s->list[i].core == s->result.core ? s->result.task : 0);
	}
	free_bos(s, done_us);
}

static void execute(struct start *s)
{
	uint64_t id = s->job->id;
	const struct emu_fault *zero = emu_fault_submit(EMU_OUT_ZERO, id);
	bool stale = emu_fault_submit(EMU_OUT_STALE, id);
	bool line = emu_fault_submit(EMU_OUT_STALE_LINE, id);
	bool early = emu_fault_submit(EMU_EARLY, id), ran;

	/* A mask of earlier stages alone: the interrupt comes before the data. */
	for (uint32_t i = 0; i < s->lists; i++) {
		uint32_t mask = s->job->part[s->walk[i].core].int_mask;

		early |= mask && !(mask & INT_DATA_BITS);
	}
	s->keep_old = zero || stale || line || early;
	for (uint32_t i = 0; i < s->lists; i++) {
		if (!make_list(s, i))
			return;
	}
	ran = run_lists(s);
	change_output(s, zero, stale, line, early);
	conclude(s, ran);
}

/* An interrupt without work: what a device does that only pretends. */
static void pretend(struct start *s)
{
	for (uint32_t i = 0; i < s->lists; i++) {
		struct emu_part *p = &s->job->part[s->walk[i].core];

		set_interrupt(s, p, p->int_mask & 0x555u,
			      emu_now() + NPU_MODEL_SUBMIT_NS / 1000);
	}
}

void emu_start(struct emu_job *job, uint32_t mask)
{
	struct start s = { .job = job, .mask = mask, .cut = EMU_ANY };
	const struct emu_fault *f = emu_fault_submit(EMU_HANG, job->id);
	bool dead = emu.poisoned || emu_fault_submit(EMU_RESET_DURING, job->id);
	bool whole = true;

	if (f)
		s.cut = f->task == EMU_ANY ? 0 : f->task;
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		if (mask >> c & 1 && job->part[c].used)
			whole &= program_core(&s, c);
	}
	/* A hang on one of several cores leaves the others at the barrier. */
	dead |= !whole || s.cut == 0 || (f && s.lists > 1);
	for (uint32_t i = 0; i < s.lists && dead; i++)
		job->part[s.walk[i].core].counter =
		    f && (f->core == EMU_ANY || f->core == s.walk[i].core) ? s.cut : 0;
	if (!dead && emu_fault_submit(EMU_NO_EXECUTE, job->id))
		pretend(&s);
	else if (!dead && make_regions(&s))
		execute(&s);
	end_start(&s);
}
