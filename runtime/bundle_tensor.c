/* Elements, atoms, and whether a tensor fits where it says it lies. */
#include "bundle_check.h"

#include <math.h>

#include "error.h"
#include "hw/npu_hw.h"

#define ATOM_BYTES 16u

uint32_t npub_elem_bytes(uint32_t elem)
{
	switch (elem) {
	case NPU_ELEM_INT8:
		return 1;
	case NPU_ELEM_FP16:
		return 2;
	case NPU_ELEM_INT32:
	case NPU_ELEM_FP32:
		return 4;
	default:
		return 0;
	}
}

uint32_t npub_atom_chans(uint32_t elem)
{
	uint32_t bytes = npub_elem_bytes(elem);

	return bytes ? ATOM_BYTES / bytes : 0;
}

/* Bytes from the first to after the last of one image of a feature tensor. */
static uint64_t image_span(const struct npub_tensor *t)
{
	uint64_t rows = mul(t->h - 1, t->row_pixels);

	if (t->layout == NPUB_LAYOUT_PIXEL)
		return mul(mul(rows + t->w, t->c), npub_elem_bytes(t->elem));
	return mul(mul(t->surfaces - 1, t->plane_pixels) + rows + t->w, ATOM_BYTES);
}

static bool feature_fits(const struct npub_tensor *t)
{
	uint64_t span;

	if (t->row_pixels < t->w)
		return false;
	if (t->layout == NPUB_LAYOUT_PIXEL) {
		if (t->plane_pixels || t->surfaces)
			return false;
	} else {
		uint64_t chans = mul(t->surfaces, npub_atom_chans(t->elem));

		if (chans < t->c || t->plane_pixels < mul(t->h - 1, t->row_pixels) + t->w)
			return false;
	}
	span = image_span(t);
	if (span == UINT64_MAX || t->image_bytes < span)
		return false;
	span += mul(t->n - 1, t->image_bytes);
	return span >= t->image_bytes * (t->n > 1) && t->bytes >= span;
}

static bool is_feature(const struct npub_tensor *t)
{
	return t->role == NPUB_TENSOR_INPUT || t->role == NPUB_TENSOR_OUTPUT ||
	       t->role == NPUB_TENSOR_OPERAND;
}

/* Floats are what they are; integers have a scale, and int8 a zero point. */
static bool meaning_holds(const struct npub_tensor *t)
{
	if (t->elem == NPU_ELEM_FP16 || t->elem == NPU_ELEM_FP32)
		return t->scale == 1 && !t->zero_point && !t->user_form;
	if (!isfinite(t->scale) || !(t->scale > 0))
		return false;
	if (t->elem == NPU_ELEM_INT32)
		return !t->zero_point && !t->user_form;
	return t->zero_point >= INT8_MIN && t->zero_point <= INT8_MAX &&
	       t->user_form <= (is_feature(t) ? NPUB_USER_UINT8 : NPUB_USER_SAME);
}

enum npurt_err npub_check_tensor(const struct npub *b, const struct npub_tensor *t,
				 struct npurt_error *e)
{
	static const uint8_t layouts[] = {
		[NPUB_TENSOR_INPUT] = 1u << NPUB_LAYOUT_NC1HWC2 | 1u << NPUB_LAYOUT_PIXEL,
		[NPUB_TENSOR_OUTPUT] = 1u << NPUB_LAYOUT_NC1HWC2,
		[NPUB_TENSOR_WEIGHTS] =
		    1u << NPUB_LAYOUT_WEIGHTS | 1u << NPUB_LAYOUT_DEPTHWISE,
		[NPUB_TENSOR_BIAS] =
		    1u << NPUB_LAYOUT_LINEAR | 1u << NPUB_LAYOUT_BIAS_GROUPED,
		[NPUB_TENSOR_OPERAND] = 1u << NPUB_LAYOUT_NC1HWC2,
	};

	if (!string_fits(b, t->name) || t->bo >= b->bo_count)
		return npurt_failf(e, NPURT_ERR_INDEX, "name or BO");
	if (t->role > NPUB_TENSOR_OPERAND || t->layout > NPUB_LAYOUT_BIAS_GROUPED ||
	    !(layouts[t->role] >> t->layout & 1))
		return npurt_failf(e, NPURT_ERR_SECTION, "role %u in layout %u", t->role,
				   t->layout);
	if (!npub_elem_bytes(t->elem) || t->reserved)
		return npurt_failf(e, NPURT_ERR_SECTION, "element type %u, or reserved",
				   t->elem);
	if (!meaning_holds(t))
		return npurt_failf(
		    e, NPURT_ERR_SECTION,
		    "'%s': scale, zero point or form is not one of type %u",
		    npub_string(b, t->name), t->elem);
	if (!t->n || !t->c || !t->h || !t->w)
		return npurt_failf(e, NPURT_ERR_SECTION, "a size is zero");
	if (mul(mul(mul(t->n, t->c), mul(t->h, t->w)), 4) > UINT64_MAX / 2)
		return npurt_failf(e, NPURT_ERR_SECTION, "too large");
	if (!range_fits(t->bo_offset, t->bytes, b->bos[t->bo].bytes) ||
	    t->bo_offset % ATOM_BYTES) {
		e->found = t->bytes;
		e->allowed = b->bos[t->bo].bytes;
		return npurt_failf(
		    e, NPURT_ERR_TENSOR, "'%s': %U bytes at %U of BO '%s' of %U",
		    npub_string(b, t->name), t->bytes, t->bo_offset,
		    npub_string(b, b->bos[t->bo].name), b->bos[t->bo].bytes);
	}
	if (is_feature(t) && !feature_fits(t))
		return npurt_failf(e, NPURT_ERR_TENSOR,
				   "'%s': pitches do not fit its sizes",
				   npub_string(b, t->name));
	return NPURT_OK;
}
