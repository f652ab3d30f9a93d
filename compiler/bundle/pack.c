#include "bundle/pack.h"

#include <string.h>

#include "bundle/transpose.h"

/*
 * Some channels of some kernels, all taps: channel-major in the user's array, from
 * element `user` on, and tap-major in the packed one, from element `packed` on.
 */
struct block {
	size_t user, packed;
	struct kernels kernels;
};

/* Called with blocks that together are all weights of a conv. */
struct visitor {
	void (*visit)(const struct visitor *visitor, const struct block *block);
	const uint8_t *from;
	uint8_t *to;
};

/*
 * Place of kernel `k`, channel `c` of a dense slice (F-13, F-14):
 *
 *     (k/G)*G*w1 + (c/32)*taps*gk*32 + (tap*gk + k%G)*cbw + c%32      [elements]
 *     gk = min(G, kernels - (k/G)*G)    cbw = min(32, Cw - 32*(c/32))
 */
static void place_dense(struct block *b, const struct conv_slice *s,
			const struct npu_elem_info *elem, uint32_t k, uint32_t c)
{
	uint32_t in_group = k % elem->kernel_group;
	uint32_t in_block = c % NPU_WEIGHT_BLOCK_CHANS;
	uint32_t group_kernels =
	    npu_min(elem->kernel_group, s->stored_kernels - (k - in_group));
	uint32_t block_chans =
	    npu_min(NPU_WEIGHT_BLOCK_CHANS, s->kernel_chans - (c - in_block));

	b->packed = s->weight_offset / elem->bytes +
		    (k - in_group) * b->kernels.taps * s->kernel_chans +
		    (c - in_block) * b->kernels.taps * group_kernels +
		    (size_t)in_group * block_chans + in_block;
	b->kernels.tap_major_pitch = block_chans;
	b->kernels.tap_pitch = (size_t)group_kernels * block_chans;
}

/* Kernels [k, k + kernels) of a slice: one kernel group, one group of the conv. */
static void visit_kernels(const struct conv_problem *p, const struct conv_slice *s,
			  const struct npu_elem_info *elem, uint32_t k, uint32_t kernels,
			  const struct visitor *visitor)
{
	const uint32_t in_c = conv_group_in_c(p), out_c = p->out_c / p->groups;
	/* What these kernels see of the slice; all of it unless grouped. */
	const uint32_t begin = (s->k + k) / out_c * in_c - s->c;
	struct block b = { .kernels = { .count = kernels,
					.taps = (size_t)p->kernel_h * p->kernel_w,
					.elem_bytes = elem->bytes } };

	b.kernels.chan_major_pitch = in_c * b.kernels.taps;
	for (uint32_t c = begin; c < begin + in_c; c += (uint32_t)b.kernels.chans) {
		b.kernels.chans =
		    npu_min(NPU_WEIGHT_BLOCK_CHANS - c % NPU_WEIGHT_BLOCK_CHANS,
			    begin + in_c - c);
		b.user = (s->k + k) * b.kernels.chan_major_pitch +
			 (c - begin) * b.kernels.taps;
		place_dense(&b, s, elem, k, c);
		visitor->visit(visitor, &b);
	}
}

static void visit_dense(const struct conv_problem *p, const struct conv_slice *s,
			const struct npu_elem_info *elem, const struct visitor *visitor)
{
	const uint32_t out_c = p->out_c / p->groups;
	uint32_t kernels;

	for (uint32_t k = 0; k < s->k_count; k += kernels) {
		kernels =
		    npu_min(elem->kernel_group - k % elem->kernel_group, s->k_count - k);
		kernels = npu_min(kernels, out_c - (s->k + k) % out_c);
		visit_kernels(p, s, elem, k, kernels, visitor);
	}
}

/*
 * A depthwise slice: blocks of B channels; the last one as wide as is stored.
 *
 *     (c/B)*taps*B + tap*cbw + c%B    cbw = min(B, Cw - B*(c/B))      [elements]
 */
static void visit_depthwise(const struct conv_problem *p, const struct conv_slice *s,
			    const struct npu_elem_info *elem,
			    const struct visitor *visitor)
{
	struct block b = { .kernels = { .count = 1,
					.taps = (size_t)p->kernel_h * p->kernel_w,
					.elem_bytes = elem->bytes } };

	for (uint32_t c = 0; c < s->c_count; c += elem->dw_block) {
		b.user = (s->c + c) * b.kernels.taps;
		b.packed = s->weight_offset / elem->bytes + c * b.kernels.taps;
		b.kernels.chans = npu_min(elem->dw_block, s->c_count - c);
		b.kernels.tap_pitch = npu_min(elem->dw_block, s->kernel_chans - c);
		visitor->visit(visitor, &b);
	}
}

static void visit_slice(const struct conv_problem *p, const struct conv_layout *layout,
			const struct conv_slice *s, const struct visitor *visitor)
{
	if (layout->mode == NPUB_MODE_DEPTHWISE)
		visit_depthwise(p, s, layout->elem, visitor);
	else
		visit_dense(p, s, layout->elem, visitor);
}

/* A single tap needs no change of order: rows of channels. */
static void copy_rows(uint8_t *to, size_t to_pitch, const uint8_t *from,
		      size_t from_pitch, const struct kernels *k)
{
	const size_t half_block = NPU_WEIGHT_BLOCK_CHANS * sizeof(uint16_t);
	const size_t byte_block = NPU_WEIGHT_BLOCK_CHANS;
	const size_t bytes = k->chans * k->elem_bytes;

	for (size_t i = 0; i < k->count; i++) {
		if (bytes == half_block) /* known when compiled: a few moves */
			memcpy(to, from, half_block);
		else if (bytes == byte_block)
			memcpy(to, from, byte_block);
		else
			memcpy(to, from, bytes);
		to += to_pitch * k->elem_bytes;
		from += from_pitch * k->elem_bytes;
	}
}

static void pack_block(const struct visitor *v, const struct block *b)
{
	const struct kernels *k = &b->kernels;
	const uint8_t *from = v->from + b->user * k->elem_bytes;
	uint8_t *to = v->to + b->packed * k->elem_bytes;

	if (k->taps == 1)
		copy_rows(to, k->tap_major_pitch, from, k->chan_major_pitch, k);
	else
		taps_from_chans(k, to, from);
}

static void unpack_block(const struct visitor *v, const struct block *b)
{
	const struct kernels *k = &b->kernels;
	const uint8_t *from = v->from + b->packed * k->elem_bytes;
	uint8_t *to = v->to + b->user * k->elem_bytes;

	if (k->taps == 1)
		copy_rows(to, k->chan_major_pitch, from, k->tap_major_pitch, k);
	else
		chans_from_taps(k, to, from);
}

/* Every stored element comes from the user: nothing to clear. */
static bool slice_is_full(const struct conv_layout *layout, const struct conv_slice *s)
{
	if (layout->mode == NPUB_MODE_DEPTHWISE)
		return s->kernel_chans == s->c_count;
	return layout->groups_per_slice == 1 && s->kernel_chans == s->c_count &&
	       s->stored_kernels == s->k_count;
}

/* Does padding hold anything but zeros? */
static bool has_weight_zeros(const struct conv_problem *p, const struct operands *o)
{
	for (uint32_t k = 0; o->weight_zero && k < p->out_c; k++) {
		if (o->weight_zero[k])
			return true;
	}
	return false;
}

/*
 * Every lane of kernel `k` of a dense slice, in all its blocks and taps, holds the
 * kernel's zero point.  int8 only: a float has none.
 */
static void fill_kernel(const struct conv_layout *layout, const struct conv_slice *s,
			size_t taps, uint32_t k, int32_t zero, uint8_t *packed)
{
	struct block b = { .kernels = { .taps = taps } };

	for (uint32_t c = 0; c < s->kernel_chans; c += NPU_WEIGHT_BLOCK_CHANS) {
		place_dense(&b, s, layout->elem, k, c);
		for (size_t tap = 0; tap < taps; tap++)
			memset(packed + b.packed + tap * b.kernels.tap_pitch, zero,
			       b.kernels.tap_major_pitch);
	}
}

/* What the visit that follows leaves alone. */
static void fill_padding(const struct conv_problem *p, const struct conv_layout *layout,
			 const struct conv_slice *s, const struct operands *o,
			 uint8_t *packed)
{
	size_t taps = (size_t)p->kernel_h * p->kernel_w;

	memset(packed + s->weight_offset, 0, s->weight_bytes);
	/* a depthwise lane is a kernel of its own: no padding counts for another */
	if (layout->mode == NPUB_MODE_DEPTHWISE || !has_weight_zeros(p, o))
		return;
	for (uint32_t k = 0; k < s->k_count; k++)
		fill_kernel(layout, s, taps, k, o->weight_zero[s->k + k], packed);
}

void pack_weights(const struct conv_problem *p, const struct conv_layout *layout,
		  const struct operands *o, void *packed)
{
	const struct visitor visitor = {
		.visit = pack_block,
		.from = o->weights,
		.to = packed,
	};
	uint64_t end = 0; /* of the slices so far; between them there may be padding */

	for (uint32_t i = 0; i < layout->slice_count; i++) {
		const struct conv_slice *s = &layout->slices[i];

		memset(visitor.to + end, 0, s->weight_offset - end);
		if (!slice_is_full(layout, s))
			fill_padding(p, layout, s, o, packed);
		visit_slice(p, layout, s, &visitor);
		end = s->weight_offset + s->weight_bytes;
	}
	memset(visitor.to + end, 0, layout->weight_bytes - end);
}

void unpack_weights(const struct conv_problem *p, const struct conv_layout *layout,
		    const void *packed, void *oihw)
{
	const struct visitor visitor = {
		.visit = unpack_block,
		.from = packed,
		.to = oihw,
	};

	for (uint32_t i = 0; i < layout->slice_count; i++)
		visit_slice(p, layout, &layout->slices[i], &visitor);
}
