/*
 * One core, split given by the spec: `split y N`, `split k N` or both, checked
 * against the same limits as the planner's own choice.
 *
 * Kernels outer, rows inner: a slice's rows follow each other, so its weights
 * can stay when they fit.
 */
#include "plan/tiles.h"

/* Parts in units of `unit` channels, the last one takes the odd rest. */
static struct part calc_chan_part(uint32_t chans, uint32_t unit, uint32_t parts, uint32_t i)
{
	struct part part = calc_balanced_part(npu_ceil_div(chans, unit), parts, i);

	part.first *= unit;
	part.count = npu_min(part.count * unit, chans - part.first);
	return part;
}

/* Input rows of the largest of the pinned row parts. */
static uint32_t calc_most_rows(const struct planner *w, uint32_t parts)
{
	uint32_t most = 0;

	for (uint32_t i = 0; i < parts; i++) {
		struct part y = calc_balanced_part(w->p->out_h, parts, i);

		most = npu_max(most, calc_row_window(w->p, y.first, y.count).in_rows);
	}
	return most;
}

/* Features take what the largest part needs; weights the rest, or stream. */
static bool choose_pinned_banks(const struct cbuf_need *whole, uint32_t most_rows,
				struct cbuf_banks *b)
{
	struct cbuf_need need = *whole;

	need.in_rows = most_rows;
	need.window_rows = most_rows;
	*b = (struct cbuf_banks){ .data = calc_input_banks(&need) };
	if (b->data >= NPU_CBUF_BANKS)
		return false;
	b->weight = NPU_CBUF_BANKS - b->data;
	b->resident = calc_weight_banks(need.weight_bytes) <= b->weight;
	b->one_group = !b->resident && calc_weight_banks(2 * need.group_bytes) > b->weight;
	return banks_valid(&need, b);
}

static enum plan_status check_pins(struct planner *w, uint32_t parts_y, uint32_t parts_k,
				   uint32_t unit)
{
	uint32_t groups = npu_ceil_div(w->p->out_c, unit);

	if (parts_y > w->p->out_h) {
		refuse_remedy(w, "at most %u row parts", w->p->out_h);
		return refuse(w, CONV_SPLIT_Y, "%u row parts of %u output rows", parts_y,
			      w->p->out_h);
	}
	if (w->l->slice_count > 1 && parts_k > 1) {
		refuse_remedy(w, "leave `split k` out");
		return refuse(w, CONV_SPLIT_K, "a grouped conv is already cut by its groups "
			      "into %u parts", w->l->slice_count);
	}
	if (parts_k > groups) {
		refuse_remedy(w, "at most %u channel parts", groups);
		return refuse(w, CONV_SPLIT_K, "%u channel parts of %u output channels, which "
			      "are %u groups of %u", parts_k, w->p->out_c, groups, unit);
	}
	return PLAN_OK;
}

static enum plan_status refuse_part(struct planner *w, const struct cbuf_need *need,
				    uint32_t most_rows)
{
	refuse_remedy(w, "more row parts, or leave the split to the planner");
	return refuse(w, w->p->split_y ? CONV_SPLIT_Y : CONV_SPLIT_K,
		      "the largest part has %u input rows of %u entries, %u banks, and one "
		      "kernel group needs %u: more than %u banks", most_rows,
		      need->row_entries,
		      npu_ceil_div(need->row_entries * most_rows, NPU_CBUF_ENTRIES_PER_BANK),
		      calc_weight_banks(need->group_bytes), NPU_CBUF_BANKS);
}

/* One image of one channel part. */
static bool add_parts(struct planner *w, const struct tile *model, uint32_t parts_y,
		      const struct cbuf_banks *banks, bool *first)
{
	for (uint32_t i = 0; i < parts_y; i++) {
		struct part y = calc_balanced_part(w->p->out_h, parts_y, i);
		struct tile t = *model;

		t.y = y.first;
		t.y_count = y.count;
		t.data_banks = banks->data;
		t.weight_banks = banks->weight;
		t.weight_reuse = banks->resident && !*first;
		*first = false;
		if (!add_tile(w, &t))
			return false;
	}
	return true;
}

/* All images of one channel part of a slice. */
static enum plan_status plan_part(struct planner *w, const struct tile *model,
				  uint32_t parts_y)
{
	bool depthwise = w->l->mode == NPUB_MODE_DEPTHWISE, first = true;
	struct cbuf_need need = depthwise ? depthwise_need(w, model->c_count)
					  : dense_need(w, &w->l->slices[model->slice],
						       model->k_count);
	uint32_t most = calc_most_rows(w, parts_y);
	struct cbuf_banks banks;
	struct tile t = *model;

	if (!choose_pinned_banks(&need, most, &banks) ||
	    most > calc_max_task_rows(w->p, w->l) ||
	    (uint64_t)npu_ceil_div(w->p->out_h, parts_y) * w->p->out_w > NPU_MAX_OUT_PIXELS)
		return refuse_part(w, &need, most);
	if (banks.one_group)
		w->plan->hazards |= NPUB_HAZARD_UNTESTED;
	w->plan->weights_resident &= banks.resident;
	for (t.image = 0; t.image < w->p->batch; t.image++) {
		if (!add_parts(w, &t, parts_y, &banks, &first))
			return PLAN_NOMEM;
	}
	return PLAN_OK;
}

enum plan_status plan_pinned(struct planner *w)
{
	const struct conv_problem *p = w->p;
	bool depthwise = w->l->mode == NPUB_MODE_DEPTHWISE;
	uint32_t parts_y = npu_max(1, p->split_y), parts_k = npu_max(1, p->split_k);
	uint32_t unit = calc_chan_group(w->l);
	enum plan_status status = check_pins(w, parts_y, parts_k, unit);

	w->plan->weights_resident = true;
	for (uint32_t s = 0; status == PLAN_OK && s < w->l->slice_count; s++) {
		const struct conv_slice *slice = &w->l->slices[s];

		for (uint32_t i = 0; status == PLAN_OK && i < parts_k; i++) {
			struct part k = calc_chan_part(slice->k_count, unit, parts_k, i);
			struct tile model = {
				.slice = s, .k = slice->k + k.first, .k_count = k.count,
				.c = depthwise ? k.first : slice->c,
				.c_count = depthwise ? k.count : slice->c_count,
			};
			status = plan_part(w, &model, parts_y);
		}
	}
	if (status != PLAN_OK)
		return status;
	if (depthwise)
		w->plan->split = parts_k > 1 ? (parts_y > 1 ? NPUB_SPLIT_YC : NPUB_SPLIT_C)
					     : (parts_y > 1 ? NPUB_SPLIT_Y : NPUB_SPLIT_WHOLE);
	else
		w->plan->split = parts_k > 1 ? (parts_y > 1 ? NPUB_SPLIT_YK : NPUB_SPLIT_K)
					     : (parts_y > 1 ? NPUB_SPLIT_Y : NPUB_SPLIT_WHOLE);
	note_choice(w, "pinned", PLAN_CHOICE_TAKEN, "the spec asks for %u row parts and %u channel parts",
		    parts_y, parts_k);
	note_choice(w, "formula", PLAN_CHOICE_UNNEEDED, "the spec pins the split");
	note_basis(w, PLAN_BASIS_PINNED, "the spec pins the split");
	return PLAN_OK;
}
