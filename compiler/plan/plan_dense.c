/*
 * One core, dense convs (pointwise, spatial, image input, grouped): banks first,
 * then greedy row tiles, slice by slice.
 */
#include "plan/tiles.h"

struct cbuf_need dense_need(const struct planner *w, const struct conv_slice *s,
			    uint32_t k_count)
{
	/* a lone int8 kernel is stored as two, and both stream (F-51) */
	uint32_t stored = calc_stored_kernels(w->p->elem, k_count);
	struct cbuf_need need = {
		.row_entries = calc_tile_row_entries(w->p, w->l, s->c_count),
		.in_rows = w->p->in_h,
		.window_rows = calc_window_rows(w->p),
		.weight_bytes = (uint64_t)s->kernel_bytes * stored,
		.group_bytes = (uint64_t)s->kernel_bytes *
			       npu_min(stored, w->l->elem->kernel_group),
	};
	return need;
}

/* The widest input whose window still fits beside one kernel group; 0: none. */
static uint32_t calc_widest(const struct planner *w, const struct conv_slice *s)
{
	struct cbuf_need need = dense_need(w, s, s->k_count);
	uint32_t group_banks = calc_weight_banks(need.group_bytes);
	uint32_t lo = 0, hi = w->p->in_w;
	struct conv_problem probe = *w->p;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo + 1) / 2;

		probe.in_w = mid;
		need.row_entries = calc_tile_row_entries(&probe, w->l, s->c_count);
		if (calc_window_banks(&need) + group_banks <= NPU_CBUF_BANKS)
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo;
}

static enum plan_status refuse_banks(struct planner *w, const struct conv_slice *s,
				     const struct cbuf_need *need)
{
	uint32_t window = calc_window_banks(need), group = calc_weight_banks(need->group_bytes);
	uint32_t widest = calc_widest(w, s);

	if (widest)
		refuse_remedy(w, "at most %u columns fit with this kernel and these "
			      "channels; a split in x rests on no evidence and is not done",
			      widest);
	else
		refuse_remedy(w, "use a smaller kernel or fewer input channels");
	return refuse(w, widest ? CONV_IN_W : CONV_IN_C,
		      "one output row needs %u banks of CBUF for %u input rows and %u for "
		      "%u kernels: %u of %u", window, need->window_rows, group,
		      npu_min(s->stored_kernels, w->l->elem->kernel_group),
		      window + group, NPU_CBUF_BANKS);
}

enum plan_status dense_banks(struct planner *w, const struct conv_slice *s,
			     struct cbuf_banks *banks)
{
	struct cbuf_need need = dense_need(w, s, s->k_count);

	if (!choose_banks(&need, banks))
		return refuse_banks(w, s, &need);
	if (banks->basis != PLAN_BASIS_CAPTURED_RULE)
		note_basis(w, banks->basis, "bank choice: %s", banks->rule);
	if (banks->one_group)
		w->plan->hazards |= NPUB_HAZARD_UNTESTED;
	return PLAN_OK;
}

/*
 * All rows of one image of one slice, in as many tiles as the banks need.  The
 * first tile of every image fetches its weights, as in the one captured batch.
 */
static bool cut_rows(struct planner *w, const struct tile *model,
		     const struct cbuf_banks *banks)
{
	struct tile t = *model;
	uint32_t entries = calc_tile_row_entries(w->p, w->l, t.c_count);
	bool whole = rows_fit_one_task(w, entries, banks->data);

	for (t.y = 0; t.y < w->p->out_h; t.y += t.y_count) {
		t.y_count = whole ? w->p->out_h
				  : calc_greedy_rows(w, t.y, entries, banks->data);
		t.weight_reuse = banks->resident && t.y > 0;
		if (!add_tile(w, &t))
			return false;
	}
	return true;
}

static void note_dense(struct planner *w, const struct cbuf_banks *b)
{
	const struct conv_slice *s = &w->l->slices[0];
	struct cbuf_need need = dense_need(w, s, s->k_count);
	uint32_t input = calc_input_banks(&need), weights = calc_weight_banks(need.weight_bytes);
	uint32_t tiles = w->plan->tile_count / (w->p->batch * w->l->slice_count);
	bool cut = w->plan->split == NPUB_SPLIT_Y;

	note_choice(w, "banks", PLAN_CHOICE_TAKEN,
		    "input needs %u banks, weights %u: %s, so %u data + %u weight banks",
		    input, weights, b->rule, b->data, b->weight);
	note_choice(w, "whole", cut ? PLAN_CHOICE_REFUSED : PLAN_CHOICE_TAKEN,
		    cut ? "no room for %u rows of %u entries in %u data banks of %u entries"
			: "room for %u rows of %u entries in %u data banks of %u entries",
		    w->p->in_h, need.row_entries, b->data, NPU_CBUF_ENTRIES_PER_BANK);
	if (cut)
		note_choice(w, "by-y", PLAN_CHOICE_TAKEN, "room for %u input rows at once: %u tiles",
			    calc_room_rows(need.row_entries, b->data), tiles);
	else
		note_choice(w, "by-y", PLAN_CHOICE_UNNEEDED, "all rows fit one task");
	if (b->resident)
		note_choice(w, "by-k", PLAN_CHOICE_UNNEEDED, "the weights stay in %u banks",
			    b->weight);
	else
		note_choice(w, "by-k", PLAN_CHOICE_UNNEEDED, "%u banks of weights stream "
			    "through %u, slices would only read the input again",
			    weights, b->weight);
	note_choice(w, "by-yk", PLAN_CHOICE_UNNEEDED, "see by-y and by-k");
	note_choice(w, "by-x", PLAN_CHOICE_REFUSED, "never: no capture and no board run has tiles "
		    "narrower than the image");
}

enum plan_status plan_dense(struct planner *w)
{
	struct cbuf_banks first_banks = { 0 };

	w->plan->weights_resident = true;
	for (uint32_t i = 0; i < w->l->slice_count; i++) {
		const struct conv_slice *s = &w->l->slices[i];
		struct tile model = {
			.slice = i, .k = s->k, .k_count = s->k_count,
			.c = s->c, .c_count = s->c_count,
		};
		struct cbuf_banks banks;
		enum plan_status status = dense_banks(w, s, &banks);

		if (status != PLAN_OK)
			return status;
		if (i == 0)
			first_banks = banks;
		model.data_banks = banks.data;
		model.weight_banks = banks.weight;
		w->plan->weights_resident &= banks.resident;
		for (model.image = 0; model.image < w->p->batch; model.image++) {
			if (!cut_rows(w, &model, &banks))
				return PLAN_NOMEM;
		}
	}
	w->plan->split = w->plan->tile_count > w->p->batch * w->l->slice_count
				 ? NPUB_SPLIT_Y : NPUB_SPLIT_WHOLE;
	note_dense(w, &first_banks);
	return PLAN_OK;
}
