/*
 * What a capture says about its conv beyond the numbers: what is fused, and
 * whether the shape is one that the planner may be given.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "corpus/capture_priv.h"

/* What containers call the activations that they fuse. */
static const struct {
	const char *name;
	enum act_kind kind;
} activations[] = {
	{ "", ACT_NONE },
	{ "Relu", ACT_RELU },
	{ "Relu6", ACT_CLIP },
	{ "Clip", ACT_CLIP },
	{ "LeakyRelu", ACT_LEAKY },
	{ "Sigmoid", ACT_SIGMOID },
	{ "HardSigmoid", ACT_HARDSIGMOID },
	{ "ExSwish", ACT_SILU },
	{ "Swish", ACT_SILU },
	{ "HardSwish", ACT_HARDSWISH },
	{ "Tanh", ACT_TANH },
};

/* "Conv", "Add" when a tensor is added, the activation: "ConvAddRelu". */
static void read_operator(struct capture *c)
{
	struct capture_operator *o = &c->operator;
	const char *rest = c->op_type;

	*o = (struct capture_operator){ 0 };
	if (strncmp(rest, "Conv", strlen("Conv")))
		return;
	rest += strlen("Conv");
	o->add = !strncmp(rest, "Add", strlen("Add"));
	rest += o->add ? strlen("Add") : 0;
	for (size_t i = 0; i < sizeof activations / sizeof activations[0]; i++) {
		if (!strcmp(rest, activations[i].name)) {
			o->known = true;
			o->act = activations[i].kind;
		}
	}
}

/* The activation that the record's stages are set to. */
static enum act_kind activation_of(const struct capture_task *t)
{
	uint32_t bn = t->value[NPU_REG_DPU_BN_CFG], ew = t->value[NPU_REG_DPU_EW_CFG];

	if (npu_field_unpack(bn, NPU_DPU_BN_CFG_BN_MUL_PRELU))
		return ACT_LEAKY;
	if (npu_field_unpack(bn, NPU_DPU_BN_CFG_BN_RELU_BYPASS) &&
	    npu_field_unpack(ew, NPU_DPU_EW_CFG_EW_RELU_BYPASS))
		return ACT_NONE;
	if (npu_field_unpack(bn, NPU_DPU_BN_CFG_BN_RELUX_EN) ||
	    npu_field_unpack(ew, NPU_DPU_EW_CFG_EW_RELUX_EN))
		return ACT_CLIP;
	return ACT_RELU;
}

/* An operator of another name, or of none, is what its records show. */
static void infer_operator(struct capture *c)
{
	struct conv_problem *p = &c->problem;

	read_operator(c);
	p->add = p->fusion.add || p->fusion.add_channel;
	p->act.kind = c->operator.act;
	for (uint32_t i = 0; i < c->task_count && !c->operator.known; i++) {
		const struct capture_task *t = &c->tasks[i];

		if (!capture_is_conv(t) || !t->has[NPU_REG_DPU_BN_CFG] ||
		    !t->has[NPU_REG_DPU_EW_CFG])
			continue;
		p->act.kind = p->fusion.table ? ACT_NONE : activation_of(t);
		break;
	}
}

/*
 * What is fused, as far as it changes plans and addresses: facts of the model
 * that the records themselves show.
 */
void capture_infer_fusion(struct capture *c)
{
	struct conv_problem *p = &c->problem;

	p->bias.kind = SOURCE_NONE;
	for (uint32_t i = 0; i < c->task_count; i++) {
		const struct capture_task *t = &c->tasks[i];
		const uint32_t *v = t->value;

		p->fusion.table |= t->amount > CAPTURE_TABLE_WORDS;
		if (!capture_is_conv(t))
			continue;
		if (t->mask == NPU_MASK_CONV_RDMA)
			p->bias.kind = SOURCE_SEED;
		if (t->has[NPU_REG_DPU_EW_CFG])
			p->fusion.table |= !npu_field_unpack(v[NPU_REG_DPU_EW_CFG],
							     NPU_DPU_EW_CFG_EW_LUT_BYPASS);
		if (t->has[NPU_REG_DPU_RDMA_FEATURE_MODE_CFG])
			p->fusion.add |= npu_field_unpack(v[NPU_REG_DPU_RDMA_FEATURE_MODE_CFG],
					NPU_DPU_RDMA_FEATURE_MODE_CFG_COMB_USE) ==
				NPU_RDMA_COMB_ADD;
		if (t->has[NPU_REG_DPU_RDMA_ERDMA_CFG] && !p->fusion.add)
			p->fusion.add_channel |= !npu_field_unpack(
				v[NPU_REG_DPU_RDMA_ERDMA_CFG],
				NPU_DPU_RDMA_ERDMA_CFG_ERDMA_DISABLE);
		if (t->has[NPU_REG_DPU_RDMA_BRDMA_CFG])
			p->fusion.per_channel |= npu_field_unpack(v[NPU_REG_DPU_RDMA_BRDMA_CFG],
					NPU_DPU_RDMA_BRDMA_CFG_BRDMA_DATA_USE) ==
				NPU_BRDMA_PER_CHANNEL;
		if (t->has[NPU_REG_DPU_DATA_FORMAT])
			p->out_elem = (enum npu_elem)npu_field_unpack(
				v[NPU_REG_DPU_DATA_FORMAT], NPU_DPU_DATA_FORMAT_OUT_PRECISION);
	}
	infer_operator(c);
}

/* The first message of a check, without its place. */
static void keep_first(void *context, const struct diag_message *m)
{
	char *why = context;

	if (!strcmp(m->kind, "error") && !why[0])
		snprintf(why, CAPTURE_WHY_BYTES / 2, "%s", m->text);
}

/* Whether the surfaces that a group of output channels fills can be counted. */
static bool group_fits(const struct conv_problem *p)
{
	const struct npu_elem_info *in = npu_elem_info(p->elem);
	uint32_t group = conv_is_depthwise(p) ? in->dw_block : in->kernel_group;
	uint32_t surfaces = group * npu_elem_info(p->out_elem)->bytes / NPU_ATOM_BYTES;

	return npu_field_fits(NPU_DPU_BS_OW_CFG_SIZE_E_0, surfaces);
}

bool capture_check_problem(const struct capture_reading *r, const struct conv_problem *said)
{
	struct conv_problem p = *said;
	char name[] = "capture";
	char first[CAPTURE_WHY_BYTES / 2] = "";
	struct diag *diag = diag_new(NULL);

	if (!diag)
		return capture_fail(r, "out of memory");
	p.name = name;
	diag_set_sink(diag, keep_first, first);
	check_shape(&p, diag);
	diag_free(diag);
	if (first[0])
		return capture_fail(r, "shape: %s", first);
	if (p.out_h != said->out_h || p.out_w != said->out_w)
		return capture_fail(r, "shape: output %ux%u, it follows as %ux%u", said->out_h,
				    said->out_w, p.out_h, p.out_w);
	if (!group_fits(&p))
		return capture_fail(r, "shape: the output's type is too large for the "
				    "channels that are written at once");
	return true;
}
