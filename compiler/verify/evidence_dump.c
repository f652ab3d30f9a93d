/*
 * Which of a log's dumps are the task buffer and the command window.
 */
#include <stdlib.h>

#include "verify/evidence.h"

/* Rows [first, last) after one GEM row. */
struct gem {
	uint32_t handle; /* 0: rows before any GEM row */
	uint32_t first, last;
};

static bool next_gem(const struct evidence *ev, struct gem *g)
{
	const struct log *log = ev->log;
	uint32_t i = g->last;

	if (i >= log->row_count)
		return false;
	g->first = i;
	g->handle =
	    log->rows[i].form == LOG_GEM ? (uint32_t)evidence_get(ev, i, LF_HANDLE) : 0;
	for (i++; i < log->row_count && log->rows[i].form != LOG_GEM; i++)
		;
	g->last = i;
	return true;
}

static uint32_t count_form(const struct evidence *ev, const struct gem *g,
			   enum log_form form)
{
	uint32_t n = 0;

	for (uint32_t i = g->first; i < g->last; i++)
		n += ev->log->rows[i].form == form;
	return n;
}

/*
 * The task buffer's dump: of the buffer the trace says was created first, else of
 * the lowest handle, which the driver gives out first.  Other task_like rows are
 * look-alikes among weights and features.
 */
static bool find_tasks(struct evidence *ev)
{
	struct gem g = { 0 }, best = { .handle = UINT32_MAX };
	uint32_t want = ev->bo_count ? ev->bos[0].handle : 0;

	while (next_gem(ev, &g)) {
		if (!count_form(ev, &g, LOG_TASK_LIKE))
			continue;
		if (best.last && best.handle == want)
			break;
		if (g.handle == want || g.handle < best.handle)
			best = g;
	}
	if (!best.last || (want && best.handle && best.handle != want))
		return true;
	ev->tasks = calloc(count_form(ev, &best, LOG_TASK_LIKE), sizeof *ev->tasks);
	if (!ev->tasks)
		return false;
	for (uint32_t i = best.first; i < best.last; i++) {
		if (ev->log->rows[i].form == LOG_TASK_LIKE)
			ev->tasks[ev->task_count++] = i;
	}
	return true;
}

/* How well a window fits the conv's commands; 0 is the worst that still counts. */
static uint32_t window_rank(const struct evidence *ev, uint32_t row, uint32_t handle)
{
	uint32_t rank = 1;

	if (ev->bo_count > NPUB_BO_WEIGHT && handle &&
	    handle == ev->bos[NPUB_BO_WEIGHT].handle)
		rank += 4;
	if (ev->conv && evidence_get(ev, row, LF_OFFSET) == ev->conv->regcmd_bo_offset)
		rank += 2;
	if (ev->conv && evidence_get(ev, row, LF_COUNT) == ev->conv->word_count)
		rank += 1;
	return rank;
}

static bool find_window(struct evidence *ev)
{
	uint32_t best = 0, handle = 0, count;

	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		uint32_t rank;

		if (ev->log->rows[i].form == LOG_GEM)
			handle = (uint32_t)evidence_get(ev, i, LF_HANDLE);
		if (ev->log->rows[i].form != LOG_WINDOW)
			continue;
		rank = window_rank(ev, i, handle);
		if (rank > best) {
			best = rank;
			ev->window = i;
		}
	}
	if (!best)
		return true;
	count = (uint32_t)evidence_get(ev, ev->window, LF_COUNT);
	ev->words = calloc(count, sizeof *ev->words);
	if (!ev->words)
		return false;
	/* a log that ended in an error may hold fewer */
	for (uint32_t i = ev->window + 1;
	     i < ev->log->row_count && ev->word_count < count; i++) {
		if (ev->log->rows[i].form == LOG_QWORD)
			ev->words[ev->word_count++] = evidence_get(ev, i, LF_VALUE);
	}
	return true;
}

/* The window lies in the weight buffer; else the first record says where it is. */
static void place_window(struct evidence *ev)
{
	const struct evidence_bo *weight =
	    ev->bo_count > NPUB_BO_WEIGHT ? &ev->bos[NPUB_BO_WEIGHT] : NULL;

	if (weight && weight->dma && ev->window != LOG_NONE)
		ev->window_dma = weight->dma + evidence_get(ev, ev->window, LF_OFFSET);
	else if (weight && weight->dma && ev->conv)
		ev->window_dma = weight->dma + ev->conv->regcmd_bo_offset;
	else if (ev->task_count)
		ev->window_dma = evidence_get(ev, ev->tasks[0], LF_REGCMD_ADDR);
}

bool evidence_find_dumps(struct evidence *ev)
{
	if (!find_tasks(ev) || !find_window(ev))
		return false;
	place_window(ev);
	return true;
}
