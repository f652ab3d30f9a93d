/*
 * One core, depthwise convs: channel chunks of whole units first; rows are cut
 * only when a single unit of channels does not fit.
 */
#include "plan/tiles.h"

struct cbuf_need depthwise_need(const struct planner *w, uint32_t chans)
{
	uint64_t bytes = (uint64_t)w->p->kernel_h * w->p->kernel_w *
			 calc_depthwise_chans(w->l->elem, chans) * w->l->elem->bytes;
	struct cbuf_need need = {
		.row_entries = calc_row_entries(w->l->elem, w->p->in_w, chans),
		.in_rows = w->p->in_h,
		.window_rows = calc_window_rows(w->p),
		.weight_bytes = bytes,
		.group_bytes = bytes,
	};
	return need;
}

/* The vendor's test, which leaves the kernels out (schedules s. 3). */
static bool rows_alone_fit(const struct planner *w, uint32_t chans)
{
	struct cbuf_need need = depthwise_need(w, chans);

	return calc_input_banks(&need) <= NPU_CBUF_MAX_DATA_BANKS;
}

/*
 * Whether a chunk's rows fit by the vendor's test, and what it stores fits with its
 * kernels (schedules s. 12).  The vendor tests whole units even where the tensor
 * ends inside one, 96 int8 channels as 128; what is stored is the real channels.
 */
static bool chunk_fits(const struct planner *w, uint32_t chans)
{
	struct cbuf_need stored = depthwise_need(w, npu_min(chans, w->p->in_c));

	return rows_alone_fit(w, chans) &&
	       calc_input_banks(&stored) + calc_weight_banks(stored.weight_bytes) <=
		       NPU_CBUF_BANKS;
}

/*
 * Channels of a chunk: the largest multiple of the unit whose rows and weights
 * fit, at least one unit (schedules s. 3, 12).
 */
static uint32_t choose_chunk(const struct planner *w)
{
	uint32_t unit = w->l->elem->dw_block, all = w->p->in_c;
	uint32_t chunk = npu_round_up(all, unit);

	while (chunk > unit && !chunk_fits(w, chunk))
		chunk -= unit;
	return npu_min(chunk, all);
}

static enum plan_status refuse_chunk(struct planner *w, const struct cbuf_need *need,
				     uint32_t chunk)
{
	uint32_t window = calc_window_banks(need), weights = calc_weight_banks(need->weight_bytes);
	uint32_t widest = w->p->in_w;

	while (widest > 1 && npu_ceil_div(calc_row_entries(w->l->elem, widest, chunk) *
					  need->window_rows, NPU_CBUF_ENTRIES_PER_BANK) +
			     weights > NPU_CBUF_BANKS)
		widest--;
	refuse_remedy(w, "at most %u columns fit with this kernel; a split in x rests on "
		      "no evidence and is not done", widest);
	return refuse(w, CONV_IN_W,
		      "one output row needs %u banks of CBUF for %u input rows of %u channels "
		      "and %u for their kernels: %u of %u", window, need->window_rows, chunk,
		      weights, window + weights, NPU_CBUF_BANKS);
}

static void note_depthwise(struct planner *w, const struct cbuf_need *all,
			   const struct cbuf_banks *b, uint32_t chunk, uint32_t chunks)
{
	bool rows = w->plan->split == NPUB_SPLIT_Y || w->plan->split == NPUB_SPLIT_YC;

	note_choice(w, "banks", PLAN_CHOICE_TAKEN, "%u data + %u weight banks for chunks of %u channels",
		    b->data, b->weight, chunk);
	note_choice(w, "whole",
		    w->plan->split == NPUB_SPLIT_WHOLE ? PLAN_CHOICE_TAKEN
						       : PLAN_CHOICE_REFUSED,
		    "all channels need %u banks of input and %u of weights; there are %u",
		    calc_input_banks(all), calc_weight_banks(all->weight_bytes),
		    NPU_CBUF_BANKS);
	note_choice(w, "by-c", chunks > 1 ? PLAN_CHOICE_TAKEN : PLAN_CHOICE_UNNEEDED,
		    chunks > 1
		    ? "%u chunks of at most %u channels, the largest multiple of %u that fits"
		    : "%u chunks of %u channels (unit %u)",
		    chunks, chunk, w->l->elem->dw_block);
	note_choice(w, "by-y", rows ? PLAN_CHOICE_TAKEN : PLAN_CHOICE_UNNEEDED,
		    rows
		    ? "one unit of channels needs more than %u banks: rows are cut too"
		    : "all rows of a chunk fit %u banks", b->data);
	note_choice(w, "by-x", PLAN_CHOICE_REFUSED, "never: no capture and no board run has tiles "
		    "narrower than the image");
}

/* Rows outer, chunks inner. */
static bool cut_chunks(struct planner *w, struct tile *t, uint32_t chunk, bool whole_rows)
{
	const struct conv_problem *p = w->p;
	uint32_t entries = calc_row_entries(w->l->elem, p->in_w, npu_min(chunk, p->in_c));

	for (t->y = 0; t->y < p->out_h; t->y += t->y_count) {
		t->y_count = whole_rows ? p->out_h
					: calc_greedy_rows(w, t->y, entries, t->data_banks);
		for (t->c = 0; t->c < p->in_c; t->c += t->c_count) {
			t->c_count = npu_min(chunk, p->in_c - t->c);
			t->k = t->c;
			t->k_count = t->c_count;
			t->weight_reuse = chunk == p->in_c && t->y > 0;
			if (!add_tile(w, t))
				return false;
		}
	}
	return true;
}

enum plan_status plan_depthwise(struct planner *w)
{
	const struct conv_problem *p = w->p;
	uint32_t chunk = choose_chunk(w), chunks = npu_ceil_div(p->in_c, chunk);
	struct cbuf_need need = depthwise_need(w, chunk), all = depthwise_need(w, p->in_c);
	uint32_t weights = calc_weight_banks(need.weight_bytes);
	struct cbuf_banks banks = { .resident = true };
	struct tile t = { 0 };
	bool whole_rows;

	if (weights >= NPU_CBUF_BANKS)
		return refuse_chunk(w, &need, chunk);
	banks.data = npu_min(calc_input_banks(&need), NPU_CBUF_BANKS - weights);
	banks.weight = NPU_CBUF_BANKS - banks.data;
	if (!banks_valid(&need, &banks))
		return refuse_chunk(w, &need, chunk);
	whole_rows = rows_fit_one_task(w, need.row_entries, banks.data);
	t.data_banks = banks.data;
	t.weight_banks = banks.weight;
	for (t.image = 0; t.image < p->batch; t.image++) {
		if (!cut_chunks(w, &t, chunk, whole_rows))
			return PLAN_NOMEM;
	}
	w->plan->weights_resident = chunks == 1;
	w->plan->split = whole_rows ? (chunks > 1 ? NPUB_SPLIT_C : NPUB_SPLIT_WHOLE)
				    : (chunks > 1 ? NPUB_SPLIT_YC : NPUB_SPLIT_Y);
	if (rows_alone_fit(w, chunk + w->l->elem->dw_block) && chunks > 1)
		note_basis(w, PLAN_BASIS_COMPLETION,
			   "chunks of %u channels: a larger one's rows would fit, its "
			   "kernels would not", chunk);
	note_depthwise(w, &all, &banks, chunk, chunks);
	return PLAN_OK;
}
