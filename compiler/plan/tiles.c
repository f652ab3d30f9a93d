#include "plan/tiles.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number_words.h"

struct row_window calc_row_window(const struct conv_problem *p, uint32_t y,
				  uint32_t y_count)
{
	uint32_t extent = conv_extent(p->kernel_h, p->dilation_y);
	uint64_t top = (uint64_t)y * p->stride_y; /* in the padded image */
	uint64_t end = top + (uint64_t)(y_count - 1) * p->stride_y + extent;
	struct row_window win;

	win.pad_top = top < p->pad_top ? p->pad_top - (uint32_t)top : 0;
	win.in_y = top < p->pad_top ? 0 : (uint32_t)(top - p->pad_top);
	end = end > p->pad_top ? end - p->pad_top : 0;
	if (end > p->in_h)
		end = p->in_h;
	win.in_rows = (uint32_t)(end - win.in_y);
	return win;
}

uint32_t calc_window_rows(const struct conv_problem *p)
{
	return npu_min(p->in_h, conv_extent(p->kernel_h, p->dilation_y));
}

uint32_t calc_tile_row_entries(const struct conv_problem *p, const struct conv_layout *l,
			       uint32_t chans)
{
	if (l->mode == NPUB_MODE_PIXEL)
		return calc_pixel_row_entries(l->elem, p->in_w, p->in_c);
	return calc_row_entries(l->elem, p->in_w, chans);
}

uint32_t calc_max_task_rows(const struct conv_problem *p, const struct conv_layout *l)
{
	uint32_t rows = NPU_TRIED_SIZE; /* the field holds a few more */

	/* In pixel mode CBUF_CON1 counts pixels of the whole tile. */
	if (l->mode == NPUB_MODE_PIXEL)
		rows = npu_min(rows, NPU_MAX_DATA_ENTRIES /
					 npu_round_up(p->in_w, NPU_PIXEL_ROW_ALIGN));
	return rows;
}

bool rows_fit_one_task(const struct planner *w, uint32_t row_entries, uint32_t data_banks)
{
	const struct conv_problem *p = w->p;

	return (uint64_t)row_entries * p->in_h <=
		   (uint64_t)data_banks * NPU_CBUF_ENTRIES_PER_BANK &&
	       p->in_h <= calc_max_task_rows(p, w->l) &&
	       (uint64_t)p->out_h * p->out_w <= NPU_MAX_OUT_PIXELS;
}

uint32_t calc_greedy_rows(const struct planner *w, uint32_t y, uint32_t row_entries,
			  uint32_t data_banks)
{
	const struct conv_problem *p = w->p;
	uint32_t extent = conv_extent(p->kernel_h, p->dilation_y);
	uint32_t pad = calc_row_window(p, y, 1).pad_top;
	uint32_t room =
	    npu_min(calc_room_rows(row_entries, data_banks), calc_max_task_rows(p, w->l));
	uint32_t rows =
	    room + pad >= extent ? (room + pad - extent) / p->stride_y + 1 : 1;

	rows = npu_min(rows, NPU_MAX_OUT_PIXELS / p->out_w);
	return npu_min(rows, p->out_h - y);
}

struct part calc_balanced_part(uint32_t total, uint32_t parts, uint32_t i)
{
	uint32_t base = total / parts, extra = total % parts;
	struct part part = {
		.first = i * base + npu_min(i, extra),
		.count = base + (i < extra),
	};
	return part;
}

/*
 *     X = 2*kh + 4*s + 1  (+2 if kh = 1 and OW < 16)     stride 7: 35 or 43
 *
 * F-54; thin: the "+2" and the stride-7 values are fits without a mechanism (F-61).
 * `fits` false leaves them out, to see whether they matter.
 */
static uint32_t calc_grain_rows(const struct conv_problem *p, bool fits)
{
	bool narrow = p->out_w < NPU_GRAINS_NARROW_WIDTH;
	uint32_t x = 2 * p->kernel_h + 4 * p->stride_y + 1;

	if (fits && p->stride_y == NPU_MAX_STRIDE)
		return narrow ? NPU_GRAINS_STRIDE7_NARROW : NPU_GRAINS_STRIDE7_WIDE;
	return fits && p->kernel_h == 1 && narrow ? x + NPU_GRAINS_NARROW_ROWS : x;
}

/*
 *     n = ceil(512 / E)     m = floor(ceil(16 / OW) / 2)     X: calc_grain_rows()
 *     grains = max(min(h, n*max(2, ceil(X/n))),
 *                  min(h, up(n + kh + m*s, 4)) + kh + top padding)
 *
 * F-54.
 */
static uint32_t calc_feature_grains(const struct conv_problem *p, const struct tile *t,
				    uint32_t x)
{
	uint32_t h = t->in_rows, kh = p->kernel_h, s = p->stride_y;
	uint32_t n = npu_ceil_div(NPU_CBUF_ENTRIES_PER_BANK, t->row_entries);
	uint32_t m = npu_ceil_div(NPU_GRAINS_NARROW_WIDTH, p->out_w) / 2;
	uint32_t by_window, by_entry;

	by_window = npu_min(h, n * npu_max(2, npu_ceil_div(x, n)));
	by_entry =
	    npu_min(h, npu_round_up(n + kh + m * s, NPU_GRAINS_ROUND)) + kh + t->pad_top;
	return npu_max(by_window, by_entry);
}

/* Image input: max(h, min(h, up(n + kh, 4)) + kh + top), n from 16 channels. */
static uint32_t calc_pixel_grains(const struct conv_problem *p,
				  const struct conv_layout *l, const struct tile *t)
{
	uint32_t entries = calc_row_entries(l->elem, p->in_w, NPU_PIXEL_BANK_CHANS);
	uint32_t n = npu_ceil_div(NPU_CBUF_ENTRIES_PER_BANK, entries);
	uint32_t h = t->in_rows, kh = p->kernel_h;

	return npu_max(h, npu_min(h, npu_round_up(n + kh, NPU_GRAINS_ROUND)) + kh +
			      t->pad_top);
}

/* By formula, before the floor; `fits` as in calc_grain_rows(). */
static uint32_t calc_formula_grains(const struct conv_problem *p,
				    const struct conv_layout *l, const struct tile *t,
				    bool fits)
{
	return l->mode == NPUB_MODE_PIXEL
		   ? calc_pixel_grains(p, l, t)
		   : calc_feature_grains(p, t, calc_grain_rows(p, fits));
}

uint32_t calc_grains(const struct conv_problem *p, const struct conv_layout *l,
		     const struct tile *t)
{
	uint32_t grains = calc_formula_grains(p, l, t, true);

	grains = npu_max(grains, npu_min(t->in_rows, NPU_MIN_GRAINS)); /* F-22 */
	return npu_min(grains, NPU_MAX_GRAINS);
}

/* What the tile's grains rest on when it is less than the captures. */
static void note_grains(struct planner *w, const struct tile *t)
{
	uint32_t grains = calc_formula_grains(w->p, w->l, t, true);

	if (grains < t->grains)
		note_basis(
		    w, PLAN_BASIS_COMPLETION,
		    "feature grains: the formula's %u are raised to %u, fewer gave "
		    "wrong results on a board",
		    grains, t->grains);
	else if (grains != calc_formula_grains(w->p, w->l, t, false))
		note_basis(
		    w, PLAN_BASIS_THIN,
		    "feature grains: a term fitted to captures, without a mechanism");
}

bool add_tile(struct planner *w, const struct tile *t)
{
	struct plan *plan = w->plan;
	struct row_window win = calc_row_window(w->p, t->y, t->y_count);
	struct tile *slot;

	if (plan->tile_count == w->tile_room) {
		uint32_t room = w->tile_room ? 2 * w->tile_room : 8;
		struct tile *more = realloc(plan->tiles, room * sizeof *more);

		if (!more)
			return false;
		plan->tiles = more;
		w->tile_room = room;
	}
	slot = &plan->tiles[plan->tile_count++];
	*slot = *t;
	slot->in_y = win.in_y;
	slot->in_rows = win.in_rows;
	slot->pad_top = win.pad_top;
	slot->row_entries = calc_tile_row_entries(w->p, w->l, t->c_count);
	slot->grains = calc_grains(w->p, w->l, slot);
	note_grains(w, slot);
	return true;
}

static void say(char text[PLAN_SENTENCE_BYTES], const char *fmt, va_list args)
{
	vsnprintf(text, PLAN_SENTENCE_BYTES, fmt, args);
	words_singular(text);
}

void note_choice(struct planner *w, const char *rule, enum plan_verdict verdict,
		 const char *fmt, ...)
{
	struct plan_choice *c;
	va_list args;

	if (w->plan->choice_count == PLAN_MAX_CHOICES)
		return;
	c = &w->plan->choices[w->plan->choice_count++];
	c->rule = rule;
	c->verdict = verdict;
	va_start(args, fmt);
	say(c->sentence, fmt, args);
	va_end(args);
}

void note_basis(struct planner *w, enum plan_basis basis, const char *fmt, ...)
{
	va_list args;

	if (w->plan->basis_note[0] && basis <= w->plan->basis)
		return;
	w->plan->basis = basis;
	va_start(args, fmt);
	say(w->plan->basis_note, fmt, args);
	va_end(args);
}

enum plan_status refuse(struct planner *w, enum conv_attr attr, const char *fmt, ...)
{
	va_list args;

	w->why->attr = attr;
	va_start(args, fmt);
	say(w->why->sentence, fmt, args);
	va_end(args);
	return PLAN_REFUSED;
}

void refuse_remedy(struct planner *w, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(w->why->remedy, fmt, args);
	va_end(args);
}
