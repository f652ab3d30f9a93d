/* The output stage of a conv against its types and tensors. */
#include "bundle_check.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "hw/npu_hw.h"

#define KNOWN_FLAGS                                                                      \
	(NPUB_OP_BIAS | NPUB_OP_PER_CHANNEL | NPUB_OP_RELU | NPUB_OP_CLAMP |             \
	 NPUB_OP_ADD | NPUB_OP_LEAKY)

static bool has(const struct npub_conv *c, uint32_t flag)
{
	return (c->op.flags & flag) != 0;
}

static bool is_int8(int32_t v)
{
	return v >= INT8_MIN && v <= INT8_MAX;
}

/* A multiplier and its shift where the stage is on, zeros where it is off. */
static bool scale_holds(bool on, uint32_t least, uint32_t scale, uint32_t shift)
{
	if (!on)
		return !scale && !shift;
	return scale >= least && scale <= NPU_MAX_MULTIPLIER &&
	       shift <= NPU_MAX_SHIFT;
}

/* int8 to itself or to int32, fp16 to itself or to fp32. */
static bool types_hold(const struct npub_conv *c)
{
	if (c->elem == NPU_ELEM_INT8)
		return c->out_elem == NPU_ELEM_INT8 || c->out_elem == NPU_ELEM_INT32;
	return c->elem == NPU_ELEM_FP16 &&
	       (c->out_elem == NPU_ELEM_FP16 || c->out_elem == NPU_ELEM_FP32);
}

/* Flags that fit each other and the types; one sentence about those that do not. */
static const char *wrong_flags(const struct npub_conv *c)
{
	bool requantised = c->elem == NPU_ELEM_INT8 && c->out_elem == NPU_ELEM_INT8;
	const uint32_t after =
	    NPUB_OP_RELU | NPUB_OP_CLAMP | NPUB_OP_ADD | NPUB_OP_LEAKY;

	if (c->op.flags & ~KNOWN_FLAGS)
		return "unknown flags";
	if (has(c, NPUB_OP_PER_CHANNEL | NPUB_OP_LEAKY) && !requantised)
		return "multipliers and leaky slopes are for int8 outputs";
	if ((requantised || has(c, after)) && !has(c, NPUB_OP_BIAS))
		return "the stages need a bias stream";
	if (has(c, NPUB_OP_CLAMP) && !has(c, NPUB_OP_RELU))
		return "a limit without its ReLU";
	if (has(c, NPUB_OP_LEAKY) && has(c, NPUB_OP_RELU | NPUB_OP_ADD))
		return "a leaky slope with ReLU or addition";
	if (has(c, NPUB_OP_ADD) && c->elem != c->out_elem)
		return "an addition to an output of another type";
	if (c->out_elem == NPU_ELEM_INT32 &&
	    (has(c, after) || c->mode == NPUB_MODE_DEPTHWISE))
		return "an int32 output is the plain sum, and not depthwise";
	return NULL;
}

/* The limit is in the sum's units: an int32, or an fp32 that is a number. */
static bool limit_holds(const struct npub_conv *c)
{
	float limit;

	if (!has(c, NPUB_OP_CLAMP))
		return !c->op.limit;
	if (c->elem == NPU_ELEM_INT8)
		return c->op.limit <= INT32_MAX;
	memcpy(&limit, &c->op.limit, sizeof limit);
	return isfinite(limit) && !signbit(limit);
}

static bool constants_hold(const struct npub_conv *c)
{
	const struct npub_op *o = &c->op;
	bool fixed = c->elem == NPU_ELEM_INT8, add = has(c, NPUB_OP_ADD);
	bool requantised = fixed && c->out_elem == NPU_ELEM_INT8;

	if (!limit_holds(c) || !scale_holds(add, 1, o->operand_scale, o->operand_shift) ||
	    !scale_holds(has(c, NPUB_OP_LEAKY), 0, o->leak_scale, o->leak_shift))
		return false;
	if ((!add && o->operand_zero) || (!fixed && o->pad_value) ||
	    ((!requantised || has(c, NPUB_OP_PER_CHANNEL)) && o->weight_zero))
		return false;
	if (requantised)
		return is_int8(o->pad_value) && is_int8(o->weight_zero) &&
		       is_int8(o->out_zero) && is_int8(o->operand_zero) &&
		       scale_holds(true, 1, o->out_scale, o->out_shift);
	return is_int8(o->pad_value) && !o->out_zero && o->out_scale == 1 &&
	       !o->out_shift && !o->operand_zero && o->operand_scale <= 1 &&
	       !o->operand_shift;
}

/* The stream has a value a channel in the sum's type, or groups of eight. */
static bool bias_holds(const struct npub *b, const struct npub_conv *c)
{
	const struct npub_tensor *t;

	if (has(c, NPUB_OP_BIAS) != (c->bias != NPUB_NONE))
		return false;
	if (c->bias == NPUB_NONE)
		return true;
	t = &b->tensors[c->bias];
	return t->elem == (c->elem == NPU_ELEM_INT8 ? NPU_ELEM_INT32 : NPU_ELEM_FP32) &&
	       t->layout == (has(c, NPUB_OP_PER_CHANNEL) ? NPUB_LAYOUT_BIAS_GROUPED
							 : NPUB_LAYOUT_LINEAR);
}

static bool apart(const struct npub_tensor *a, const struct npub_tensor *b)
{
	return a->bo != b->bo || a->bo_offset + a->bytes <= b->bo_offset ||
	       b->bo_offset + b->bytes <= a->bo_offset;
}

/* The operand lies as the output does, element for element, clear of the input. */
static bool operand_holds(const struct npub *b, const struct npub_conv *c)
{
	const struct npub_tensor *out = &b->tensors[c->output], *t;

	if (has(c, NPUB_OP_ADD) != (c->operand != NPUB_NONE))
		return false;
	if (c->operand == NPUB_NONE)
		return true;
	t = &b->tensors[c->operand];
	return t->elem == out->elem && t->layout == out->layout && t->n == out->n &&
	       t->c == out->c && t->h == out->h && t->w == out->w &&
	       t->row_pixels == out->row_pixels && t->plane_pixels == out->plane_pixels &&
	       t->surfaces == out->surfaces && t->image_bytes == out->image_bytes &&
	       t->zero_point == c->op.operand_zero && apart(t, &b->tensors[c->input]);
}

/* A real scale for each output channel, or none. */
static bool scales_hold(const struct npub *b, const struct npub_conv *c)
{
	if (!range_fits(c->first_scale, c->scale_count, b->scale_count) ||
	    (c->scale_count && c->scale_count != c->out_c) ||
	    (c->scale_count && c->elem != NPU_ELEM_INT8))
		return false;
	for (uint32_t i = 0; i < c->scale_count; i++) {
		float scale = b->scales[c->first_scale + i];

		if (!isfinite(scale) || !(scale > 0))
			return false;
	}
	return true;
}

enum npurt_err npub_check_op(const struct npub *b, const struct npub_conv *c,
			     struct npurt_error *e)
{
	const char *wrong = NULL;

	if (!types_hold(c))
		return npurt_failf(e, NPURT_ERR_SECTION,
				   "no conv goes from type %u to type %u", c->elem,
				   c->out_elem);
	wrong = wrong_flags(c);
	if (!wrong && !constants_hold(c))
		wrong = "a constant is out of range";
	if (!wrong && !bias_holds(b, c))
		wrong = "not this bias stream";
	if (!wrong && !operand_holds(b, c))
		wrong = "not this operand";
	if (!wrong && (b->tensors[c->output].zero_point != c->op.out_zero ||
		       b->tensors[c->input].zero_point != c->op.pad_value))
		wrong = "not these tensors' zero points";
	if (!wrong && !scales_hold(b, c))
		wrong = "not these scales of the weights";
	if (!wrong)
		return NPURT_OK;
	return npurt_failf(e, NPURT_ERR_SECTION, "output stage, flags %x: %s",
			   c->op.flags, wrong);
}
