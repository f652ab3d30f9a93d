#include "plan/layout.h"

#include <stdlib.h>
#include <string.h>

#include "plan/chan.h"

/* Atoms of `chans` channels with the three-to-four rule on the last block (F-14). */
static uint32_t stored_chans(const struct npu_elem_info *elem, uint32_t chans,
			     uint32_t block_chans)
{
	uint32_t whole = chans / block_chans * block_chans;
	uint32_t atoms = npu_ceil_div(chans - whole, elem->atom_chans);

	if (atoms + 1 == NPU_WEIGHT_BLOCK_ATOMS_FULL)
		atoms = NPU_WEIGHT_BLOCK_ATOMS_FULL;
	return whole + atoms * elem->atom_chans;
}

uint32_t calc_kernel_chans(const struct npu_elem_info *elem, uint32_t chans)
{
	return stored_chans(elem, chans, NPU_WEIGHT_BLOCK_CHANS);
}

uint32_t calc_depthwise_chans(const struct npu_elem_info *elem, uint32_t chans)
{
	return stored_chans(elem, chans, elem->dw_block);
}

/* Blocks before `c` are full: c * kh * kw elements. */
uint64_t calc_depthwise_offset(const struct conv_problem *p,
			       const struct npu_elem_info *elem, uint32_t c)
{
	return (uint64_t)c * p->kernel_h * p->kernel_w * elem->bytes;
}

uint32_t calc_plane_pixels(uint32_t h, uint32_t w)
{
	uint32_t pixels = h * w;

	return pixels == 1 ? 1 : npu_round_up(pixels, NPU_PLANE_ALIGN_PIXELS);
}

/* Pixel mode reads 1..4 interleaved channels of the graph's own input (F-16). */
static enum npub_mode choose_mode(const struct conv_problem *p)
{
	if (conv_is_depthwise(p))
		return NPUB_MODE_DEPTHWISE;
	if (p->in_c <= NPU_PIXEL_MAX_CHANS && p->groups == 1 &&
	    p->input_kind == INPUT_GRAPH)
		return NPUB_MODE_PIXEL;
	return NPUB_MODE_DENSE;
}

/*
 * NC1HWC2 input.  The graph's own input has surfaces H*W pixels apart, an inner
 * tensor rounds that up; memory is set aside for the rounded size either way
 * (schedules s. 6, 7).
 */
static void lay_out_feature_input(struct feature_layout *f, const struct conv_problem *p,
				  const struct npu_elem_info *elem)
{
	uint32_t rounded = calc_plane_pixels(p->in_h, p->in_w);

	f->kind = NPUB_LAYOUT_NC1HWC2;
	f->row_pixels = p->in_w;
	f->plane_pixels = p->input_kind == INPUT_GRAPH ? p->in_h * p->in_w : rounded;
	f->surfaces = npu_ceil_div(p->in_c, elem->atom_chans);
	f->image_bytes = (uint64_t)f->surfaces * rounded * NPU_ATOM_BYTES;
}

/* Interleaved pixels, rows round_up(W, 16) pixels apart (schedules s. 12). */
static void lay_out_pixel_input(struct feature_layout *f, const struct conv_problem *p,
				const struct npu_elem_info *elem)
{
	f->kind = NPUB_LAYOUT_PIXEL;
	f->row_pixels = npu_round_up(p->in_w, NPU_PIXEL_ROW_ALIGN);
	f->image_bytes = (uint64_t)f->row_pixels * p->in_h * p->in_c * elem->bytes;
}

static void lay_out_input(struct feature_layout *f, const struct conv_problem *p,
			  const struct npu_elem_info *elem, enum npub_mode mode)
{
	*f = (struct feature_layout){
		.elem = p->elem, .n = p->batch, .c = p->in_c, .h = p->in_h, .w = p->in_w,
	};
	if (mode == NPUB_MODE_PIXEL)
		lay_out_pixel_input(f, p, elem);
	else
		lay_out_feature_input(f, p, elem);
	f->bytes = f->image_bytes * p->batch;
}

/*
 * Output: the DPU writes whole kernel groups, so surfaces are those of the
 * padded channels (schedules s. 12, npu-programming s. 15).
 */
static void lay_out_output(struct feature_layout *f, const struct conv_problem *p,
			   const struct npu_elem_info *out, uint32_t chan_group)
{
	*f = (struct feature_layout){
		.kind = NPUB_LAYOUT_NC1HWC2, .elem = p->out_elem,
		.n = p->batch, .c = p->out_c, .h = p->out_h, .w = p->out_w,
		.row_pixels = p->out_w,
		.plane_pixels = calc_plane_pixels(p->out_h, p->out_w),
		.surfaces = npu_round_up(p->out_c, chan_group) / out->atom_chans,
	};
	f->image_bytes = (uint64_t)f->surfaces * f->plane_pixels * NPU_ATOM_BYTES;
	f->bytes = f->image_bytes * p->batch;
}

/*
 * Groups that one task computes together: the fewest whose input channels are
 * whole atoms and whose output channels are whole kernel groups, then as many
 * of those as one weight block of 32 channels holds: the array works on 32
 * channels at a time, so the extra ones are free.
 */
static uint32_t choose_groups_per_slice(const struct conv_problem *p,
					const struct npu_elem_info *elem)
{
	uint32_t in_c = conv_group_in_c(p), out_c = p->out_c / p->groups, least = 1;

	while (least < p->groups && ((uint64_t)least * in_c % elem->atom_chans ||
				     (uint64_t)least * out_c % elem->kernel_group))
		least++;
	return npu_min(p->groups,
		       least * npu_max(1, NPU_WEIGHT_BLOCK_CHANS / (least * in_c)));
}

static void size_slice(struct conv_slice *s, const struct conv_problem *p,
		       const struct npu_elem_info *elem, enum npub_mode mode)
{
	bool depthwise = mode == NPUB_MODE_DEPTHWISE;
	uint32_t taps = p->kernel_h * p->kernel_w;

	s->kernel_chans = depthwise ? calc_depthwise_chans(elem, s->c_count)
				    : calc_kernel_chans(elem, s->c_count);
	s->kernel_bytes = taps * s->kernel_chans * elem->bytes;
	s->stored_kernels = depthwise ? 1 : calc_stored_kernels(p->elem, s->k_count);
	s->weight_bytes = (uint64_t)s->kernel_bytes * s->stored_kernels;
}

static bool cut_slices(struct conv_layout *l, const struct conv_problem *p)
{
	bool grouped = l->mode == NPUB_MODE_DENSE && p->groups > 1;
	uint32_t per = grouped ? choose_groups_per_slice(p, l->elem) : p->groups;
	uint32_t in_c = conv_group_in_c(p), out_c = p->out_c / p->groups;

	l->groups_per_slice = grouped ? per : 1;
	l->slice_count = npu_ceil_div(p->groups, per);
	l->slices = calloc(l->slice_count, sizeof *l->slices);
	if (!l->slices)
		return false;
	for (uint32_t i = 0; i < l->slice_count; i++) {
		struct conv_slice *s = &l->slices[i];
		uint32_t g = i * per, n = npu_min(per, p->groups - g);

		s->c = g * in_c;
		s->c_count = n * in_c;
		s->k = g * out_c;
		s->k_count = n * out_c;
		size_slice(s, p, l->elem, l->mode);
		s->weight_offset = l->weight_bytes;
		l->weight_bytes += npu_round_up64(s->weight_bytes, NPU_BO_ALIGN_BYTES);
	}
	return true;
}

/* The bias stream, one value a stored channel or one with its scale (F-55, F-81). */
static void lay_out_bias(struct conv_layout *l, const struct conv_problem *p,
			 uint32_t chan_group)
{
	l->bias_elem = p->elem == NPU_ELEM_INT8 ? NPU_ELEM_INT32 : NPU_ELEM_FP32;
	l->bias_kind =
	    p->fusion.per_channel ? NPUB_LAYOUT_BIAS_GROUPED : NPUB_LAYOUT_LINEAR;
	l->bias_chan_bytes =
	    p->fusion.per_channel ? NPU_BIAS_CHAN_BYTES_SCALED : NPU_BIAS_CHAN_BYTES;
	if (!conv_streams_bias(p))
		return;
	l->bias_offset = npu_round_up64(l->weight_bytes, NPU_BO_ALIGN_BYTES);
	l->bias_bytes =
	    (uint64_t)npu_round_up(p->out_c, chan_group) * l->bias_chan_bytes;
}

bool layout_from_problem(struct conv_layout *l, const struct conv_problem *p)
{
	uint32_t chan_group;

	memset(l, 0, sizeof *l);
	l->elem = npu_elem_info(p->elem);
	l->out_elem = npu_elem_info(p->out_elem);
	l->mode = choose_mode(p);
	l->hw_in_c = npu_round_up(p->in_c, l->elem->atom_chans);
	chan_group = calc_chan_group(l);
	lay_out_input(&l->input, p, l->elem, l->mode);
	lay_out_output(&l->output, p, l->out_elem, chan_group);
	if (!cut_slices(l, p))
		return false;
	lay_out_bias(l, p, chan_group);
	if (p->fusion.add)
		l->operand_offset = npu_round_up64(l->input.bytes, NPU_BO_ALIGN_BYTES);
	return true;
}

void layout_free(struct conv_layout *l)
{
	free(l->slices);
	l->slices = NULL;
}
