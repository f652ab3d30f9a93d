#include "bundle/stated_problem.h"

#include "hw/npu_hw.h"

/* The tensor's quantisation as a spec gives it. */
static struct conv_quant quant_of(const struct npub_tensor *t)
{
	return (struct conv_quant){ .given = true, .scale = (double)t->scale,
				    .zero = t->zero_point };
}

/*
 * The fused operations.  Constants are taken from the bundle's npub_op; what is said
 * here decides which stages and streams there are.
 */
static void fuse(struct conv_problem *p, const struct npub *b, const struct npub_conv *conv)
{
	uint32_t flags = conv->op.flags;

	p->add = p->fusion.add = flags & NPUB_OP_ADD;
	p->fusion.per_channel = flags & NPUB_OP_PER_CHANNEL;
	p->act.kind = flags & NPUB_OP_LEAKY   ? ACT_LEAKY
		      : flags & NPUB_OP_CLAMP ? ACT_CLIP
		      : flags & NPUB_OP_RELU  ? ACT_RELU
					      : ACT_NONE;
	p->act.high = p->act.slope = 1; /* some number: op has the real one */
	if (p->elem != NPU_ELEM_INT8)
		return;
	p->input_quant = quant_of(&b->tensors[conv->input]);
	if (conv->op.weight_zero) {
		p->weight_quant.kind = WEIGHT_QUANT_GIVEN;
		p->weight_quant.scale = (double)b->tensors[conv->weights].scale;
		p->weight_quant.zero = conv->op.weight_zero;
	} else if (!p->fusion.per_channel) {
		p->weight_quant.kind = WEIGHT_QUANT_PER_TENSOR;
	}
}

struct conv_problem stated_problem(const struct npub *b, const struct npub_conv *conv)
{
	const struct npub_tensor *input = &b->tensors[conv->input];
	struct conv_problem p = {
		.batch = conv->batch,
		.in_c = conv->in_c,
		.in_h = conv->in_h,
		.in_w = conv->in_w,
		.out_c = conv->out_c,
		.out_h = conv->out_h,
		.out_w = conv->out_w,
		.kernel_h = conv->kernel_h,
		.kernel_w = conv->kernel_w,
		.stride_y = conv->stride_y,
		.stride_x = conv->stride_x,
		.pad_top = conv->pad_top,
		.pad_left = conv->pad_left,
		.pad_bottom = conv->pad_bottom,
		.pad_right = conv->pad_right,
		.dilation_y = conv->dilation_y,
		.dilation_x = conv->dilation_x,
		.groups = conv->groups,
		.elem = (enum npu_elem)conv->elem,
		.out_elem = (enum npu_elem)conv->out_elem,
	};

	p.bias.kind = conv->bias == NPUB_NONE ? SOURCE_NONE : SOURCE_SEED;
	p.weights.kind = SOURCE_SEED;
	/* only what an NPU operator wrote has a rounded pitch, or few channels in planes */
	if ((input->plane_pixels && input->plane_pixels != conv->in_h * conv->in_w) ||
	    (conv->mode == NPUB_MODE_DENSE && conv->in_c <= NPU_PIXEL_MAX_CHANS &&
	     conv->groups == 1))
		p.input_kind = INPUT_INNER;
	fuse(&p, b, conv);
	return p;
}
