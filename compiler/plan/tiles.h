/*
 * Tiles: windows of rows, how many rows fit, feature grains, and the growing
 * list of tiles of a plan.
 */
#ifndef TILES_H
#define TILES_H

#include "plan/cbuf.h"
#include "plan/chan.h"

/* A plan under construction. */
struct planner {
	const struct conv_problem *p;
	const struct conv_layout *l;
	struct plan *plan;
	struct plan_refusal *why;
	uint32_t tile_room;
};

/* Input rows under output rows [y, y + y_count): real rows and padding above. */
struct row_window {
	uint32_t in_y, in_rows, pad_top;
};

/*
 *     top     = y * sy - pad_top
 *     in_y    = max(0, top)         pad = max(0, -top)
 *     in_rows = min(in_h, top + (y_count - 1) * sy + extent) - in_y
 */
struct row_window calc_row_window(const struct conv_problem *p, uint32_t y, uint32_t y_count);

/* Rows under one output row, at most the image: M = min(H, extent). */
uint32_t calc_window_rows(const struct conv_problem *p);

/* Entries of one input row of `chans` channels, in the layout's mode. */
uint32_t calc_tile_row_entries(const struct conv_problem *p, const struct conv_layout *l,
			       uint32_t chans);

/* Input rows that a task may name: what has run, not what the field holds (F-23, F-66). */
uint32_t calc_max_task_rows(const struct conv_problem *p, const struct conv_layout *l);

/* Whether one task can take all rows: they fit the banks and the registers. */
bool rows_fit_one_task(const struct planner *w, uint32_t row_entries, uint32_t data_banks);

/*
 * Output rows of the greedy tile that starts at `y` (schedules s. 3):
 *
 *     R = min(floor(512 * banks / E), rows a task can name)
 *     n = floor((R + pad - extent) / sy) + 1       pad: this tile's top padding
 *
 * At least 1; the caller has checked that one window fits.
 */
uint32_t calc_greedy_rows(const struct planner *w, uint32_t y, uint32_t row_entries,
			  uint32_t data_banks);

/* Part i of n balanced parts: the first ones get the extra one. */
struct part {
	uint32_t first, count;
};
struct part calc_balanced_part(uint32_t total, uint32_t parts, uint32_t i);

/*
 * Feature grains: input rows the CNA gathers before the array starts
 * (schedules s. 4, 12).
 */
uint32_t calc_grains(const struct conv_problem *p, const struct conv_layout *l,
		     const struct tile *t);

/*
 * Append a tile; the caller sets core, image, slice, y, k and c ranges, banks and
 * reuse; window, entries and grains follow.  False when out of memory.
 */
bool add_tile(struct planner *w, const struct tile *t);

/* Keep a sentence on an alternative. */
void note_choice(struct planner *w, const char *rule, enum plan_verdict verdict,
		 const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Weaken the plan's basis: the weakest of all parts counts. */
void note_basis(struct planner *w, enum plan_basis basis, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Fill the refusal; returns PLAN_REFUSED. */
enum plan_status refuse(struct planner *w, enum conv_attr attr, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void refuse_remedy(struct planner *w, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The stages, one file each. */
enum plan_status plan_dense(struct planner *w);     /* one core */
enum plan_status plan_depthwise(struct planner *w); /* one core */
enum plan_status plan_pinned(struct planner *w);    /* one core, split given */
enum plan_status plan_cores(struct planner *w);     /* two or three */

/* The CBUF need of dense slice `s` when it makes `k_count` channels. */
struct cbuf_need dense_need(const struct planner *w, const struct conv_slice *s,
			    uint32_t k_count);
/* Banks for it, or a refusal with the inequality and the widest input that fits. */
enum plan_status dense_banks(struct planner *w, const struct conv_slice *s,
			     struct cbuf_banks *banks);

/* The CBUF need of `chans` depthwise channels. */
struct cbuf_need depthwise_need(const struct planner *w, uint32_t chans);

/* Say what the problem's features rest on (groups, dilation, batch ...). */
void note_features(struct planner *w);

#endif
