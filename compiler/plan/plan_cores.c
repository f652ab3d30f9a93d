/*
 * Two and three cores: split output channels or output rows across cores, or do
 * not split (schedules s. 5, 12).
 */
#include "plan/tiles.h"

#include <stdio.h>

/* What the choice between channels and rows looks at. */
struct core_figures {
	uint32_t cores;
	uint32_t groups;	 /* G = ceil(OC / KU) */
	uint32_t full;		 /* F = floor(OC / KU) */
	struct cbuf_banks banks; /* the one-core plan's */
	struct cbuf_need need;
};

/*
 * Channel part of core i: base = floor(F / cores) groups, the first G mod cores
 * cores get one more, the last core takes what remains.
 */
static struct part calc_core_chans(const struct core_figures *f, uint32_t out_c,
				   uint32_t unit, uint32_t core)
{
	uint32_t base = f->full / f->cores, extra = f->groups % f->cores;
	struct part part = {
		.first = (core * base + npu_min(core, extra)) * unit,
		.count = (base + (core < extra)) * unit,
	};

	if (core == f->cores - 1)
		part.count = out_c - part.first;
	return part;
}

static bool wants_channels(const struct planner *w, const struct core_figures *f)
{
	return f->full >= f->cores && (f->groups % f->cores == 0 || !f->banks.resident ||
				       w->p->out_h < f->cores);
}

/* Whether every one of `tiles` balanced row tiles fits the data banks. */
static bool tiles_fit(const struct planner *w, uint32_t row_entries, uint32_t data_banks,
		      uint32_t tiles)
{
	uint32_t room = npu_min(calc_room_rows(row_entries, data_banks),
				calc_max_task_rows(w->p, w->l));

	for (uint32_t i = 0; i < tiles; i++) {
		struct part y = calc_balanced_part(w->p->out_h, tiles, i);

		if (calc_row_window(w->p, y.first, y.count).in_rows > room ||
		    (uint64_t)y.count * w->p->out_w > NPU_MAX_OUT_PIXELS)
			return false;
	}
	return true;
}

/* The smallest multiple of the cores whose tiles all fit; 0: none has rows enough. */
static uint32_t choose_row_tiles(const struct planner *w, uint32_t row_entries,
				 uint32_t data_banks, uint32_t cores)
{
	for (uint32_t tiles = cores; tiles <= w->p->out_h; tiles += cores) {
		if (tiles_fit(w, row_entries, data_banks, tiles))
			return tiles;
	}
	return 0;
}

static void begin_list(struct planner *w, uint32_t core)
{
	w->plan->list[core].first = w->plan->tile_count;
}

static void end_list(struct planner *w, uint32_t core)
{
	w->plan->list[core].count = w->plan->tile_count - w->plan->list[core].first;
}

/* Balanced tiles over all rows, tile i on core i mod cores. */
static enum plan_status split_rows(struct planner *w, const struct cbuf_banks *banks,
				   uint32_t tiles, uint32_t cores)
{
	const struct conv_slice *s = &w->l->slices[0];
	struct tile t = {
		.k = s->k,
		.k_count = s->k_count,
		.c = s->c,
		.c_count = s->c_count,
		.data_banks = banks->data,
		.weight_banks = banks->weight,
	};

	for (t.core = 0; t.core < cores; t.core++) {
		begin_list(w, t.core);
		for (uint32_t i = t.core; i < tiles; i += cores) {
			struct part y = calc_balanced_part(w->p->out_h, tiles, i);

			t.y = y.first;
			t.y_count = y.count;
			t.weight_reuse = banks->resident && i >= cores;
			if (!add_tile(w, &t))
				return PLAN_NOMEM;
		}
		end_list(w, t.core);
	}
	w->plan->split = NPUB_SPLIT_Y;
	w->plan->weights_resident = banks->resident;
	note_choice(w, "by-y", PLAN_CHOICE_TAKEN,
		    "%u output rows in %u balanced tiles, tile i on core i mod %u",
		    w->p->out_h, tiles, cores);
	return PLAN_OK;
}

/* The clause of wants_channels() that holds; none when rows were tried in vain. */
static const char *why_channels(const struct planner *w, const struct core_figures *f)
{
	if (f->groups % f->cores == 0)
		return "which divide evenly";
	if (!f->banks.resident)
		return "and the weights stream through CBUF whatever is split";
	return w->p->out_h < f->cores ? "and there are fewer rows than cores"
				      : "and no row tiles fit";
}

static void note_no_channels(struct planner *w, const struct core_figures *f)
{
	uint32_t unit = w->l->elem->kernel_group;

	if (f->full < f->cores)
		note_choice(w, "by-k", PLAN_CHOICE_REFUSED,
			    "too few for %u cores: %u whole groups of %u in "
			    "%u channels",
			    f->cores, f->full, unit, w->p->out_c);
	else
		note_choice(w, "by-k", PLAN_CHOICE_REFUSED,
			    "%u groups of %u do not divide over %u cores, "
			    "the weights stay in CBUF and %u rows are enough",
			    f->groups, unit, f->cores, w->p->out_h);
}

/* Each core makes its channels with the one-core row tiles. */
static enum plan_status split_channels(struct planner *w, const struct core_figures *f)
{
	const struct conv_slice *s = &w->l->slices[0];
	uint32_t unit = w->l->elem->kernel_group;
	bool whole = rows_fit_one_task(w, f->need.row_entries, f->banks.data);
	struct tile t = {
		.c = s->c,
		.c_count = s->c_count,
		.data_banks = f->banks.data,
		.weight_banks = f->banks.weight,
	};

	for (t.core = 0; t.core < f->cores; t.core++) {
		struct part k = calc_core_chans(f, w->p->out_c, unit, t.core);

		t.k = k.first;
		t.k_count = k.count;
		begin_list(w, t.core);
		for (t.y = 0; t.y < w->p->out_h; t.y += t.y_count) {
			t.y_count = whole ? w->p->out_h
					  : calc_greedy_rows(w, t.y, f->need.row_entries,
							     f->banks.data);
			if (!add_tile(w, &t))
				return PLAN_NOMEM;
		}
		end_list(w, t.core);
	}
	w->plan->split = whole ? NPUB_SPLIT_K : NPUB_SPLIT_YK;
	w->plan->weights_resident = f->banks.resident;
	note_choice(w, "by-k", PLAN_CHOICE_TAKEN,
		    "%u channels over %u cores: %u groups of %u (%u full), %s",
		    w->p->out_c, f->cores, f->groups, unit, f->full, why_channels(w, f));
	return PLAN_OK;
}

/* The plan is the one-core list again. */
static enum plan_status share_one_core(struct planner *w, const char *why)
{
	struct plan one;
	enum plan_status status = plan_from_problem(&one, w->p, w->l, 1, w->why);

	if (status != PLAN_OK)
		return status;
	one.cores = w->plan->cores;
	one.shared = true;
	*w->plan = one;
	note_choice(w, "cores", PLAN_CHOICE_REFUSED, "%s: this plan is the one-core list",
		    why);
	return PLAN_OK;
}

static enum plan_status plan_dense_cores(struct planner *w, uint32_t cores)
{
	const struct conv_slice *s = &w->l->slices[0];
	struct core_figures f = {
		.cores = cores,
		.groups = npu_ceil_div(w->p->out_c, w->l->elem->kernel_group),
		.full = w->p->out_c / w->l->elem->kernel_group,
		.need = dense_need(w, s, s->k_count),
	};
	enum plan_status status = dense_banks(w, s, &f.banks);
	uint32_t tiles;

	if (status != PLAN_OK)
		return status;
	note_choice(w, "banks", PLAN_CHOICE_TAKEN,
		    "as on one core: %s, so %u data + %u weight banks", f.banks.rule,
		    f.banks.data, f.banks.weight);
	if (wants_channels(w, &f)) {
		note_choice(w, "by-y", PLAN_CHOICE_UNNEEDED,
			    "channels are tried before rows");
		return split_channels(w, &f);
	}
	note_no_channels(w, &f);
	tiles = choose_row_tiles(w, f.need.row_entries, f.banks.data, cores);
	if (tiles)
		return split_rows(w, &f.banks, tiles, cores);
	note_choice(w, "by-y", PLAN_CHOICE_REFUSED,
		    "no way to cut %u output rows into %u tiles that fit %u banks",
		    w->p->out_h, cores, f.banks.data);
	if (f.full >= cores) {
		note_basis(w, PLAN_BASIS_COMPLETION, "rows ran out: channels are split");
		return split_channels(w, &f);
	}
	return share_one_core(w, "too few rows and too few channel groups");
}

/* All channels at once, rows over cores, banks of their own (schedules s. 5, 12). */
static enum plan_status plan_depthwise_cores(struct planner *w, uint32_t cores)
{
	struct cbuf_need need = depthwise_need(w, w->p->in_c);
	uint32_t input = calc_input_banks(&need);
	uint32_t weights = calc_weight_banks(need.weight_bytes), tiles;
	struct cbuf_banks banks = { .resident = true };

	if (weights >= NPU_CBUF_BANKS)
		return share_one_core(w, "the kernels of all channels do not fit");
	banks.data = npu_min(input, NPU_CBUF_BANKS - weights);
	banks.weight = NPU_CBUF_BANKS - banks.data;
	if (!banks_valid(&need, &banks))
		return share_one_core(w, "a window over all channels does not fit");
	tiles = choose_row_tiles(w, need.row_entries, banks.data, cores);
	if (!tiles)
		return share_one_core(w, "too few rows");
	note_choice(w, "banks", PLAN_CHOICE_TAKEN,
		    "all %u channels at once: %u data + %u weight banks", w->p->in_c,
		    banks.data, banks.weight);
	return split_rows(w, &banks, tiles, cores);
}

enum plan_status plan_cores(struct planner *w)
{
	uint32_t cores = w->plan->cores;

	if (w->p->split_y || w->p->split_k)
		return share_one_core(w, "a pinned split runs on one core");
	if (w->p->fusion.table)
		return share_one_core(w, "a look-up table is never split");
	if (w->p->batch > 1)
		return share_one_core(w, "a batch is never split");
	if (w->l->slice_count > 1)
		return share_one_core(w, "a grouped conv is never split");
	if (w->l->mode == NPUB_MODE_DEPTHWISE)
		return plan_depthwise_cores(w, cores);
	return plan_dense_cores(w, cores);
}
