#include "check_op.h"

#include <inttypes.h>

#include "check.h"
#include "conv_attr.h"
#include "elem.h"
#include "support.h"

/* One way out of an unsupported type: what there is instead. */
static void note_types(struct loc loc, struct diag *diag, enum npu_elem in, bool of_input)
{
	char list[64] = "";
	size_t used = 0;

	for (uint32_t e = 0; e < ELEM_N && used < sizeof list; e++)
		if (of_input ? !type_pair_refusal((enum npu_elem)e, (enum npu_elem)e)
			     : !type_pair_refusal(in, (enum npu_elem)e))
			used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
						 used ? " or " : "", elem_names[e]);
	diag_note(diag, loc, "it can be %s", list);
}

bool check_types(struct conv_problem *p, struct diag *diag)
{
	const char *in_refusal = type_pair_refusal(p->elem, p->elem);
	const char *refusal = type_pair_refusal(p->elem, p->out_elem);
	struct loc loc = conv_attr_loc(p, in_refusal ? CONV_TYPE : CONV_OUT_TYPE);

	if (!refusal)
		return true;
	if (in_refusal) {
		diag_error(diag, loc, "type-support", "type %s is not supported",
			   elem_name(p->elem));
		diag_note(diag, loc, "%s", in_refusal);
	} else {
		diag_error(diag, loc, "type-support",
			   "output type %s is not supported for type %s",
			   elem_name(p->out_elem), elem_name(p->elem));
		diag_note(diag, loc, "%s", refusal);
	}
	note_types(loc, diag, p->elem, in_refusal);
	return false;
}

/* Beyond these, products of scales leave what single precision holds. */
#define MIN_SCALE 1e-30
#define MAX_REAL 1e30

/* False for what is not a number, too. */
static bool is_between(double value, double low, double high)
{
	return value >= low && value <= high;
}

bool check_scale(double scale, struct loc loc, struct diag *diag)
{
	if (is_between(scale, MIN_SCALE, MAX_REAL))
		return true;
	diag_error(diag, loc, "scale-range", "scale %g is out of range", scale);
	diag_note(diag, loc, "it can be %g to %g: a stored 1 is the real number 'scale'",
		  MIN_SCALE, MAX_REAL);
	return false;
}

bool check_zero_point(int32_t zero, bool uint8, struct loc loc, struct diag *diag)
{
	if (uint8 ? zero >= 0 && zero <= UINT8_MAX : zero >= INT8_MIN && zero <= INT8_MAX)
		return true;
	diag_error(diag, loc, "zero-point-range",
		   "zero point %" PRId32 " is out of range", zero);
	diag_note(diag, loc,
		  uint8 ? "it can be 0 to 255: it is a stored byte"
			: "it can be -128 to 127: it is a stored int8; bytes of 0 to 255 "
			  "are said with 'uint8'");
	return false;
}

bool check_quant_values(struct conv_problem *p, struct diag *diag)
{
	static const enum conv_attr attrs[] = { CONV_INPUT_QUANT, CONV_OUTPUT_QUANT,
						CONV_ADD };
	const struct conv_weight_quant *w = &p->weight_quant;
	struct loc loc = conv_attr_loc(p, CONV_WEIGHT_QUANT);
	bool good = true;

	for (size_t i = 0; i < sizeof attrs / sizeof attrs[0]; i++) {
		const struct conv_quant *q = conv_attr_quant(p, attrs[i]);
		struct loc at = conv_attr_loc(p, attrs[i]);

		if (!q->given)
			continue;
		good = check_scale(q->scale, at, diag) && good;
		good = check_zero_point(q->zero, q->uint8, at, diag) && good;
	}
	if (w->kind != WEIGHT_QUANT_GIVEN)
		return good;
	good = check_scale(w->scale, loc, diag) && good;
	return check_zero_point(w->zero, false, loc, diag) && good;
}

/* Floats are stored as they are: nothing is said about them by a scale. */
bool check_quant_type(struct conv_problem *p, struct diag *diag)
{
	const struct {
		enum conv_attr attr;
		bool given;
	} said[] = {
		{ CONV_INPUT_QUANT, p->input_quant.given },
		{ CONV_WEIGHT_QUANT, p->weight_quant.kind != WEIGHT_QUANT_PER_CHANNEL },
		{ CONV_OUTPUT_QUANT, conv_quant_is_said(&p->output_quant) },
		{ CONV_ADD, p->add && conv_quant_is_said(&p->add_quant) },
	};
	bool good = true;

	for (size_t i = 0; p->elem != NPU_ELEM_INT8 && i < sizeof said / sizeof said[0];
	     i++) {
		struct loc loc = conv_attr_loc(p, said[i].attr);

		if (!said[i].given)
			continue;
		diag_error(diag, loc, "quant-type", "%s of a conv in %s",
			   said[i].attr == CONV_ADD ? "quantisation of the operand"
						    : conv_attr_name(said[i].attr),
			   elem_name(p->elem));
		diag_note(diag, loc,
			  "only whole numbers are scaled: leave it out, take a default "
			  "back with 'none', or write 'type int8'");
		good = false;
	}
	return good;
}

bool check_act_range(const struct conv_act *act, struct loc loc, struct diag *diag)
{
	switch (act->kind) {
	case ACT_CLIP:
		if (is_between(act->low, -MAX_REAL, MAX_REAL) &&
		    is_between(act->high, -MAX_REAL, MAX_REAL) && act->low < act->high)
			return true;
		diag_error(diag, loc, "activation-range", "clip %g %g is out of range",
			   act->low, act->high);
		diag_note(diag, loc,
			  "the highest value is more than the lowest, and both are "
			  "within %g",
			  MAX_REAL);
		return false;
	case ACT_LEAKY:
		if (is_between(act->slope, 0, 1))
			return true;
		diag_error(diag, loc, "activation-range", "slope %g is out of range",
			   act->slope);
		diag_note(diag, loc,
			  "it can be 0 to 1: what negative values are "
			  "multiplied by");
		return false;
	default:
		return true;
	}
}

bool check_activation(struct conv_problem *p, struct diag *diag)
{
	const char *refusal = act_pair_refusal(p->act.kind, p->elem, NPU_ELEM_INT8);
	struct loc loc = conv_attr_loc(p, CONV_ACTIVATION);

	if (!check_act_range(&p->act, loc, diag))
		return false;
	if (refusal) {
		diag_error(diag, loc, "activation-support",
			   "activation %s is not supported%s%s", act_name(p->act.kind),
			   act_refusal(p->act.kind) ? "" : " for type ",
			   act_refusal(p->act.kind) ? "" : elem_name(p->elem));
		diag_note(diag, loc, "%s", refusal);
		diag_note(diag, loc,
			  "compute it after the conv, or use 'relu' or 'clip'");
		return false;
	}
	if (p->act.kind == ACT_CLIP && p->act.low != 0) {
		diag_error(diag, loc, "activation-support",
			   "clip from %g is not supported", p->act.low);
		diag_note(diag, loc,
			  "the hardware clips from 0 up: the lowest value can be 0 only");
		return false;
	}
	if (p->act.kind == ACT_LEAKY && p->add) {
		diag_error(diag, loc, "activation-support",
			   "activation leaky is not supported after an addition");
		diag_note(diag, loc,
			  "the stage that adds has no slope; use 'relu', or add after "
			  "the conv");
		return false;
	}
	return true;
}

/* The operand is laid out as the output and read as the input's type. */
bool check_add(struct conv_problem *p, struct diag *diag)
{
	struct loc loc = conv_attr_loc(p, CONV_ADD);

	if (!p->add || p->elem == p->out_elem)
		return true;
	diag_error(diag, loc, "add-type", "addition with type %s and output type %s",
		   elem_name(p->elem), elem_name(p->out_elem));
	diag_note(diag, loc,
		  "the operand is stored as the output and read as the input: both types "
		  "must be the same");
	return false;
}

/* An int32 output is what the array summed: nothing of the output stage applies. */
bool check_int32_output(struct conv_problem *p, struct diag *diag)
{
	const struct conv_weight_quant *w = &p->weight_quant;
	const struct {
		bool refused;
		enum conv_attr attr;
		const char *what, *note;
	} cases[] = {
		{ p->act.kind != ACT_NONE, CONV_ACTIVATION, "an activation",
		  act_pair_refusal(ACT_RELU, p->elem, p->out_elem) },
		{ w->kind == WEIGHT_QUANT_PER_CHANNEL || w->kind == WEIGHT_QUANT_FILE,
		  CONV_WEIGHT_QUANT, "a weight scale for each channel",
		  "sums of different scales would need a multiplier each; write "
		  "'weight_quant per_tensor'" },
		{ w->kind == WEIGHT_QUANT_GIVEN && w->zero, CONV_WEIGHT_QUANT,
		  "a zero point of the weights",
		  "its correction is a part of the requantisation; use symmetric "
		  "weights" },
		{ conv_quant_is_said(&p->output_quant), CONV_OUTPUT_QUANT, "an output quantisation",
		  "an int32 output is the sum itself: its scale is that of the input "
		  "times that of the weights" },
		{ conv_is_depthwise(p), CONV_GROUPS, "a depthwise conv",
		  "it writes 64 channels at once, and in four bytes the hardware counts "
		  "no more than 32" },
	};
	bool good = true;

	for (size_t i = 0;
	     p->out_elem == NPU_ELEM_INT32 && i < sizeof cases / sizeof cases[0]; i++) {
		struct loc loc = conv_attr_loc(p, cases[i].attr);

		if (!cases[i].refused)
			continue;
		diag_error(diag, loc, "int32-output", "int32 output with %s",
			   cases[i].what);
		diag_note(diag, loc, "%s", cases[i].note);
		good = false;
	}
	return good;
}

/* Products of one sum that cannot wrap 32 bits: 2^7 * 2^7 * n < 2^31. */
#define MAX_INT8_PRODUCTS 131071u

_Static_assert(INT64_C(128) * 128 * MAX_INT8_PRODUCTS <= INT32_MAX,
	       "the accumulator holds the largest sum");

bool check_accumulator(struct conv_problem *p, struct diag *diag)
{
	uint64_t products = (uint64_t)conv_group_in_c(p) * p->kernel_h * p->kernel_w;
	struct loc loc = conv_attr_loc(p, CONV_KERNEL_H);

	if (p->elem != NPU_ELEM_INT8 || products <= MAX_INT8_PRODUCTS)
		return true;
	diag_error(diag, loc, "accumulator",
		   "kernel %ux%u of %u channels sums %" PRIu64 " products", p->kernel_h,
		   p->kernel_w, conv_group_in_c(p), products);
	diag_note(diag, loc,
		  "the 32-bit sums of int8 hold %u: use a smaller kernel, more groups or "
		  "fp16",
		  MAX_INT8_PRODUCTS);
	return false;
}
