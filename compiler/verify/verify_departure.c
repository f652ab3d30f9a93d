/*
 * Where our records depart from the vendor's on purpose (schedules s. 12), and what
 * stands there in the vendor's: a capture must have that, not just anything.
 */
#include "corpus/verify_priv.h"

/* Rows of an image whose width is no multiple of 16 are stored at that multiple. */
static bool departs_in_pitch(const struct compiled_conv *ours, enum npu_reg reg,
			     uint32_t *theirs)
{
	const struct conv_problem *p = ours->problem;

	if (ours->layout.mode != NPUB_MODE_PIXEL || !(p->in_w % NPU_PIXEL_ROW_ALIGN))
		return false;
	if (reg == NPU_REG_CNA_DMA_CON1)
		*theirs = p->in_w;
	else if (reg == NPU_REG_CNA_DMA_CON2)
		*theirs = p->in_w * (p->in_h - 1);
	else
		return false;
	return true;
}

/* The output's address, and those of an operand, which lies as the output does. */
static bool is_of_output(const struct conv_problem *p, enum npu_reg reg)
{
	return reg == NPU_REG_DPU_DST_BASE_ADDR ||
	       (p->fusion.add && (reg == NPU_REG_DPU_RDMA_SRC_BASE_ADDR ||
				  reg == NPU_REG_DPU_RDMA_EW_BASE_ADDR));
}

/*
 * Images of a batch keep the distance of their padded channels, where the vendor lets
 * the next image overwrite the padding of the one before: whole atoms apart.
 */
static bool departs_in_image(const struct compiled_conv *ours, enum npu_reg reg,
			     uint32_t mine, uint32_t *theirs)
{
	const struct conv_problem *p = ours->problem;
	const struct feature_layout *out = &ours->layout.output;
	uint64_t atoms, image;

	if (!is_of_output(p, reg) || p->batch < 2)
		return false;
	atoms = npu_ceil_div(p->out_c, ours->layout.out_elem->atom_chans);
	image = mine / out->image_bytes;
	*theirs = (uint32_t)(mine - image * out->image_bytes +
			     image * atoms * out->plane_pixels * NPU_ATOM_BYTES);
	return true;
}

bool departs_on_purpose(const struct compiled_conv *ours, enum npu_reg reg, uint32_t mine,
			uint32_t *theirs)
{
	return (departs_in_pitch(ours, reg, theirs) ||
		departs_in_image(ours, reg, mine, theirs)) &&
	       *theirs != mine;
}
