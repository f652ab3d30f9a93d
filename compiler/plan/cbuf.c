#include "plan/cbuf.h"

uint32_t calc_row_entries(const struct npu_elem_info *elem, uint32_t w, uint32_t chans)
{
	uint32_t atoms = npu_ceil_div(chans, elem->atom_chans);
	uint32_t rest = atoms % NPU_ATOMS_PER_ENTRY;
	uint32_t whole = atoms / NPU_ATOMS_PER_ENTRY * w;

	if (rest == NPU_ATOMS_PER_ENTRY - 1)
		return whole + w;
	return whole + npu_ceil_div(rest * w, NPU_ATOMS_PER_ENTRY);
}

uint32_t calc_pixel_row_entries(const struct npu_elem_info *elem, uint32_t w, uint32_t chans)
{
	bool grey_int8 = chans == 1 && elem->bytes == 1;
	uint32_t counted = grey_int8 ? NPU_PIXEL_BANK_CHANS_GREY : NPU_PIXEL_BANK_CHANS;

	return npu_round_up(w, NPU_PIXEL_ROW_ALIGN) * counted * elem->bytes /
	       NPU_CBUF_ENTRY_BYTES;
}

uint32_t calc_input_banks(const struct cbuf_need *n)
{
	return (uint32_t)npu_ceil_div64((uint64_t)n->row_entries * n->in_rows,
					NPU_CBUF_ENTRIES_PER_BANK);
}

uint32_t calc_weight_banks(uint64_t bytes)
{
	return (uint32_t)npu_ceil_div64(bytes, NPU_CBUF_BANK_BYTES);
}

uint32_t calc_window_banks(const struct cbuf_need *n)
{
	return (uint32_t)npu_ceil_div64((uint64_t)n->row_entries * n->window_rows,
					NPU_CBUF_ENTRIES_PER_BANK);
}

uint32_t calc_room_rows(uint32_t row_entries, uint32_t data_banks)
{
	return data_banks * NPU_CBUF_ENTRIES_PER_BANK / row_entries;
}

/* Figures the rules compare, worked out once. */
struct bank_figures {
	uint32_t input, weights;  /* IB, WB */
	uint32_t two_groups, group;
};

static struct bank_figures figures_of(const struct cbuf_need *n)
{
	return (struct bank_figures){
		.input = calc_input_banks(n),
		.weights = calc_weight_banks(n->weight_bytes),
		.two_groups = calc_weight_banks(2 * n->group_bytes),
		.group = calc_weight_banks(n->group_bytes),
	};
}

/* The input stays whole and takes what it needs; weights get the rest. */
static void give_input(const struct bank_figures *f, struct cbuf_banks *b)
{
	b->data = f->input;
	b->weight = NPU_CBUF_BANKS - f->input;
}

/* The weights stay whole and take what they need; rows get the rest. */
static void give_weights(const struct bank_figures *f, struct cbuf_banks *b)
{
	b->weight = f->weights;
	b->data = f->weights < NPU_CBUF_BANKS ? NPU_CBUF_BANKS - f->weights : 0;
}

static void give_two_groups(const struct bank_figures *f, struct cbuf_banks *b)
{
	b->weight = f->two_groups;
	b->data = f->two_groups < NPU_CBUF_BANKS ? NPU_CBUF_BANKS - f->two_groups : 0;
}

static void give_one_group(const struct bank_figures *f, struct cbuf_banks *b)
{
	b->weight = f->group;
	b->data = f->group < NPU_CBUF_BANKS ? NPU_CBUF_BANKS - f->group : 0;
}

static bool both_fit(const struct bank_figures *f)
{
	return f->input + f->weights <= NPU_CBUF_BANKS;
}

static bool input_is_small(const struct bank_figures *f)
{
	return f->input <= NPU_CBUF_MAX_DATA_BANKS;
}

static bool weights_are_small(const struct bank_figures *f)
{
	return f->weights <= NPU_CBUF_MAX_DATA_BANKS;
}

static bool only_weights_fit(const struct bank_figures *f)
{
	return !input_is_small(f) && weights_are_small(f);
}

static bool only_input_fits(const struct bank_figures *f)
{
	return input_is_small(f) && !weights_are_small(f);
}

/* Half of the weights fit beside the input (F-60). */
static bool half_weights_fit(const struct bank_figures *f)
{
	return input_is_small(f) && weights_are_small(f) &&
	       2 * (NPU_CBUF_BANKS - f->input) >= f->weights;
}

static bool each_fits_alone(const struct bank_figures *f)
{
	return input_is_small(f) && weights_are_small(f);
}

static bool always(const struct bank_figures *f)
{
	(void)f;
	return true;
}

struct bank_rule {
	const char *name;
	bool (*applies)(const struct bank_figures *f);
	void (*give)(const struct bank_figures *f, struct cbuf_banks *b);
	bool resident;
	enum plan_basis basis;
};

/* The vendor's, in order: the first that applies is its choice (schedules s. 3). */
static const struct bank_rule vendor_rules[] = {
	{ "input and weights fit together", both_fit, give_input, true,
	  PLAN_BASIS_CAPTURED_RULE },
	{ "weights stay, input is cut by rows", only_weights_fit, give_weights, true,
	  PLAN_BASIS_CAPTURED_RULE },
	{ "input stays, weights stream", only_input_fits, give_input, false,
	  PLAN_BASIS_CAPTURED_RULE },
	{ "input stays, half of the weights fit beside it", half_weights_fit, give_input,
	  false, PLAN_BASIS_THIN },
	{ "weights stay, less than half would fit beside the input", each_fits_alone,
	  give_weights, true, PLAN_BASIS_THIN },
	{ "neither fits: two kernel groups stream", always, give_two_groups, false,
	  PLAN_BASIS_THIN },
};

/* Where the vendor's choice cannot run (schedules s. 12). */
static const struct bank_rule completion_rules[] = {
	{ "weights stay, rows take the rest", always, give_weights, true,
	  PLAN_BASIS_COMPLETION },
	{ "two kernel groups stream, rows take the rest", always, give_two_groups, false,
	  PLAN_BASIS_COMPLETION },
	{ "one kernel group streams, rows take the rest", always, give_one_group, false,
	  PLAN_BASIS_COMPLETION },
};

bool banks_valid(const struct cbuf_need *n, const struct cbuf_banks *b)
{
	uint64_t weight_room = (uint64_t)b->weight * NPU_CBUF_BANK_BYTES;
	uint64_t least = b->resident    ? n->weight_bytes
			 : b->one_group ? n->group_bytes
					: 2 * n->group_bytes;

	return b->data >= 1 && b->weight >= 1 && b->data + b->weight <= NPU_CBUF_BANKS &&
	       (uint64_t)b->data * NPU_CBUF_ENTRIES_PER_BANK >=
		       (uint64_t)n->row_entries * n->window_rows &&
	       weight_room >= least;
}

static void apply_rule(const struct bank_rule *r, const struct bank_figures *f,
		       struct cbuf_banks *b)
{
	*b = (struct cbuf_banks){
		.resident = r->resident, .rule = r->name, .basis = r->basis,
		.one_group = r->give == give_one_group,
	};
	r->give(f, b);
}

bool choose_banks(const struct cbuf_need *n, struct cbuf_banks *banks)
{
	struct bank_figures f = figures_of(n);
	size_t i = 0;

	while (!vendor_rules[i].applies(&f))
		i++;
	apply_rule(&vendor_rules[i], &f, banks);
	if (banks_valid(n, banks))
		return true;
	for (i = 0; i < sizeof completion_rules / sizeof completion_rules[0]; i++) {
		apply_rule(&completion_rules[i], &f, banks);
		if (banks_valid(n, banks))
			return true;
	}
	return false;
}
