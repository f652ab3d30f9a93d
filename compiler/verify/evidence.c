#include "verify/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "hw/npu_hw.h"

const char *const evidence_role_names[EVIDENCE_ROLES] = { "task", "weight", "internal",
							  "input", "output" };

uint64_t evidence_get(const struct evidence *ev, uint32_t row, enum log_field field)
{
	return row == LOG_NONE ? 0 : log_get(ev->log, &ev->log->rows[row], field);
}

bool evidence_has(const struct evidence *ev, uint32_t row, enum log_field field)
{
	return row != LOG_NONE && log_has(ev->log, &ev->log->rows[row], field);
}

const char *evidence_place(const struct evidence *ev, uint32_t row,
			   char buf[LOG_PLACE_BYTES])
{
	if (row == LOG_NONE) {
		strcpy(buf, "the logs");
		return buf;
	}
	return log_place(ev->log, &ev->log->rows[row], buf);
}

uint32_t evidence_mask_cores(uint32_t mask)
{
	for (uint32_t cores = 2; cores <= NPU_MAX_CORES; cores++) {
		if (mask == (1u << cores) - 1)
			return cores;
	}
	return 1;
}

/* Three cores read the last entries: the driver's own numbering (F-36). */
uint32_t evidence_mask_entry(uint32_t mask, uint32_t core)
{
	return evidence_mask_cores(mask) == NPU_MAX_CORES
		   ? core + LOG_SUBCORES - NPU_MAX_CORES
		   : core;
}

const char *evidence_bo_name(const struct evidence *ev, const struct evidence_bo *bo)
{
	size_t role = bo ? (size_t)(bo - ev->bos) : EVIDENCE_ROLES;

	return role < EVIDENCE_ROLES ? evidence_role_names[role] : "surplus";
}

const struct evidence_bo *evidence_bo_of_obj(const struct evidence *ev, uint64_t obj)
{
	for (uint32_t i = 0; obj && i < ev->bo_count; i++) {
		if (ev->bos[i].obj == obj)
			return &ev->bos[i];
	}
	return NULL;
}

const struct evidence_bo *evidence_bo_at(const struct evidence *ev, uint64_t dma)
{
	for (uint32_t i = 0; i < ev->bo_count; i++) {
		const struct evidence_bo *bo = &ev->bos[i];

		if (bo->dma && dma >= bo->dma && dma - bo->dma < bo->size)
			return bo;
	}
	return NULL;
}

const struct npub_bo *evidence_conv_bo(const struct evidence *ev, uint32_t role)
{
	for (uint32_t i = 0; ev->conv && i < ev->conv->bo_count; i++) {
		const struct npub_bo *bo = &ev->bundle->bos[ev->conv->first_bo + i];

		if (bo->role == role)
			return bo;
	}
	return NULL;
}

uint32_t evidence_job_cores(const struct evidence *ev)
{
	const struct npub_plan *plan = evidence_plan(ev, ev->cores);

	return plan && npub_plan_is_one_core(plan) ? 1 : ev->cores;
}

const struct npub_plan *evidence_plan(const struct evidence *ev, uint32_t cores)
{
	for (uint32_t i = 0; ev->conv && i < ev->conv->plan_count; i++) {
		const struct npub_plan *plan =
		    &ev->bundle->plans[ev->conv->first_plan + i];

		if (plan->cores == cores)
			return plan;
	}
	return NULL;
}

/* The latest buffer of a trace number, or of a handle. */
static struct evidence_bo *bo_of_number(struct evidence *ev, uint32_t number)
{
	for (uint32_t i = ev->bo_count; i-- > 0;) {
		if (ev->bos[i].number == number)
			return &ev->bos[i];
	}
	return NULL;
}

static struct evidence_bo *bo_of_handle(struct evidence *ev, uint32_t handle)
{
	for (uint32_t i = ev->bo_count; i-- > 0;) {
		if (ev->bos[i].handle == handle)
			return &ev->bos[i];
	}
	return NULL;
}

static struct evidence_bo *new_bo(struct evidence *ev, uint32_t row)
{
	struct evidence_bo *bo;

	if (ev->bo_count == EVIDENCE_MAX_BOS) {
		ev->too_many = true;
		return NULL;
	}
	bo = &ev->bos[ev->bo_count++];
	*bo = (struct evidence_bo){ LOG_NONE, LOG_NONE, LOG_NONE,
				    LOG_NONE, LOG_NONE, LOG_NONE,
				    LOG_NONE, LOG_NONE, .number = LOG_NONE };
	bo->flags = (uint32_t)evidence_get(ev, row, LF_FLAGS);
	bo->size = evidence_get(ev, row, LF_SIZE);
	return bo;
}

static void note_stray(struct evidence *ev, uint32_t row)
{
	if (!ev->stray_count++)
		ev->stray = row;
}

/* A row that follows a MEM_CREATE with the same #n; one of each. */
static void add_to_bo(struct evidence *ev, uint32_t row, uint32_t number, size_t member)
{
	struct evidence_bo *bo = bo_of_number(ev, number);
	uint32_t *slot = bo ? (uint32_t *)(void *)((char *)bo + member) : NULL;

	if (!slot || *slot != LOG_NONE)
		note_stray(ev, row);
	else
		*slot = row;
}

static void add_ioctl(struct evidence *ev, uint32_t i)
{
	const struct log_row *row = &ev->log->rows[i];
	struct evidence_bo *bo;

	switch (row->form) {
	case LOG_MEM_CREATE:
		bo = new_bo(ev, i);
		if (bo) {
			bo->create = i;
			bo->number = row->number;
		}
		break;
	case LOG_MEM_CREATE_RET:
		add_to_bo(ev, i, row->number, offsetof(struct evidence_bo, create_ret));
		bo = bo_of_number(ev, row->number);
		if (bo && bo->create_ret == i) {
			bo->handle = (uint32_t)evidence_get(ev, i, LF_HANDLE);
			bo->obj = evidence_get(ev, i, LF_OBJ);
			bo->dma = evidence_get(ev, i, LF_DMA);
		}
		break;
	case LOG_MEM_MAP:
		add_to_bo(ev, i, row->number, offsetof(struct evidence_bo, map));
		break;
	case LOG_MEM_MAP_RET:
		add_to_bo(ev, i, row->number, offsetof(struct evidence_bo, map_ret));
		break;
	case LOG_MMAP:
		add_to_bo(ev, i, row->number, offsetof(struct evidence_bo, mmap));
		break;
	case LOG_MMAP_RET:
		add_to_bo(ev, i, row->number, offsetof(struct evidence_bo, mmap_ret));
		break;
	default:
		break;
	}
}

/* Rows of the runtime's own allocator; without a trace they make the buffers. */
static void add_memory(struct evidence *ev, uint32_t i, bool traced)
{
	const struct log_row *row = &ev->log->rows[i];
	uint32_t handle = (uint32_t)evidence_get(ev, i, LF_HANDLE);
	struct evidence_bo *bo = bo_of_handle(ev, handle);

	if (row->form == LOG_ALLOC) {
		if (!bo && !traced)
			bo = new_bo(ev, i);
		if (!bo || bo->alloc != LOG_NONE) {
			note_stray(ev, i);
			return;
		}
		bo->alloc = i;
		if (bo->create == LOG_NONE) {
			bo->handle = handle;
			bo->obj = evidence_get(ev, i, LF_OBJ);
			bo->dma = evidence_get(ev, i, LF_DMA);
		}
	} else if (!bo || bo->freed != LOG_NONE) {
		if (!ev->stray_free_count++)
			ev->stray_free = i;
	} else {
		bo->freed = i;
	}
}

/* A trace without creates: the sync of each fresh buffer tells its size and token. */
static void add_from_syncs(struct evidence *ev)
{
	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		uint64_t obj = evidence_get(ev, i, LF_OBJ);
		struct evidence_bo *bo;

		if (ev->log->rows[i].form != LOG_MEM_SYNC ||
		    evidence_bo_of_obj(ev, obj) ||
		    evidence_get(ev, i, LF_FLAGS) !=
			(NPUB_SYNC_TO_DEVICE | NPUB_SYNC_FROM_DEVICE))
			continue;
		bo = new_bo(ev, LOG_NONE);
		if (!bo)
			return;
		bo->obj = obj;
		bo->size = evidence_get(ev, i, LF_SIZE);
	}
}

static void add_submit_row(struct evidence *ev, uint32_t i)
{
	const struct log_row *row = &ev->log->rows[i];
	struct evidence_submit *s;

	if (row->form == LOG_SUBMIT) {
		if (ev->submit_count == EVIDENCE_MAX_SUBMITS) {
			ev->too_many = true;
			return;
		}
		s = &ev->submits[ev->submit_count++];
		memset(s, 0, sizeof *s);
		s->row = i;
		s->flags_row = s->counter_row = s->mask_row = LOG_NONE;
		for (uint32_t k = 0; k < LOG_SUBCORES; k++)
			s->subcore_row[k] = LOG_NONE;
		return;
	}
	if (ev->too_many || !ev->submit_count)
		return;
	s = &ev->submits[ev->submit_count - 1];
	switch (row->form) {
	case LOG_SUBMIT_FLAGS:
		s->flags_row = i;
		break;
	case LOG_SUBMIT_COUNTER:
		s->counter_row = i;
		break;
	case LOG_SUBMIT_MASK:
		s->mask_row = i;
		s->core_mask = (uint32_t)evidence_get(ev, i, LF_CORE_MASK);
		break;
	case LOG_SUBMIT_SUBCORE:
		s->subcore_row[row->number] = i;
		s->subcore[row->number].start =
		    (uint32_t)evidence_get(ev, i, LF_TASK_START);
		s->subcore[row->number].count =
		    (uint32_t)evidence_get(ev, i, LF_TASK_NUMBER);
		break;
	default:
		break;
	}
}

bool evidence_init(struct evidence *ev, const struct log *log, const struct npub *bundle,
		   const struct npub_conv *conv, uint32_t cores)
{
	bool traced = log->form_rows[LOG_MEM_CREATE] > 0;

	memset(ev, 0, sizeof *ev);
	ev->log = log;
	ev->bundle = bundle;
	ev->conv = conv;
	ev->cores = cores;
	ev->window = ev->stray = ev->stray_free = LOG_NONE;
	for (uint32_t i = 0; i < log->row_count; i++) {
		add_ioctl(ev, i);
		if (log->rows[i].form >= LOG_SUBMIT &&
		    log->rows[i].form <= LOG_SUBMIT_SUBCORE)
			add_submit_row(ev, i);
	}
	for (uint32_t i = 0; i < log->row_count; i++) {
		if (log->rows[i].form == LOG_ALLOC || log->rows[i].form == LOG_FREE)
			add_memory(ev, i, traced);
	}
	if (!ev->bo_count)
		add_from_syncs(ev);
	if (!evidence_find_dumps(ev)) {
		evidence_free(ev);
		return false;
	}
	return true;
}

void evidence_free(struct evidence *ev)
{
	free(ev->tasks);
	free(ev->words);
	ev->tasks = NULL;
	ev->words = NULL;
}

void evidence_check(const struct evidence *ev, struct report *report)
{
	evidence_check_abi(ev, report);
	evidence_check_sequence(ev, report);
	evidence_check_submit(ev, report);
	evidence_check_bos(ev, report);
	evidence_check_memory(ev, report);
	evidence_check_syncs(ev, report);
	evidence_check_tasks(ev, report);
	evidence_check_window(ev, report);
	evidence_check_forbidden(ev, report);
	evidence_check_commit(ev, report);
	evidence_check_board(ev, report);
}
