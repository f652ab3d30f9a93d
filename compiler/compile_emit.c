/*
 * A compiled conv into a bundle: tensors, BOs, plans, records, words, weights.
 */
#include "compile.h"

#include <stdio.h>
#include <string.h>

#include "bundle/pack.h"

enum { BO_TASK, BO_WEIGHT, BO_INTERNAL, BO_INPUT, BO_OUTPUT, BO_N };

static const struct {
	const char *name;
	enum npub_bo_role role;
	uint32_t flags;
} bo_kinds[BO_N] = {
	/* in the vendor's order of creation */
	[BO_TASK] = { "task", NPUB_BO_TASK, NPU_BO_FLAGS_TASK },
	[BO_WEIGHT] = { "weight", NPUB_BO_WEIGHT, NPU_BO_FLAGS_DATA },
	[BO_INTERNAL] = { "internal", NPUB_BO_INTERNAL, NPU_BO_FLAGS_DATA },
	[BO_INPUT] = { "input", NPUB_BO_INPUT, NPU_BO_FLAGS_DATA },
	[BO_OUTPUT] = { "output", NPUB_BO_OUTPUT, NPU_BO_FLAGS_DATA },
};

/* Weights and bias into DATA, one piece that starts the weight BO. */
static bool emit_data(struct bundle *b, const struct compiled_conv *c,
		      const struct operands *o, struct npub_bo *weight)
{
	const struct conv_layout *l = &c->layout;
	uint8_t *data;

	weight->data_bytes = c->weight_bo.scratch;
	data = bundle_data(b, weight->data_bytes, &weight->data_offset);
	if (!data)
		return false;
	pack_weights(c->problem, l, o, data);
	if (l->bias_bytes)
		pack_bias(c->problem, l, o, data + l->bias_offset);
	return true;
}

static bool emit_bos(struct bundle *b, const struct compiled_conv *c,
		     const struct operands *o)
{
	const uint64_t bytes[BO_N] = { c->bos.task, c->bos.weight, c->bos.internal,
				       c->bos.input, c->bos.output };

	for (int i = 0; i < BO_N; i++) {
		struct npub_bo bo = {
			.name = bundle_string(b, bo_kinds[i].name),
			.role = bo_kinds[i].role, .flags = bo_kinds[i].flags,
			.align = NPU_PAGE_BYTES, .bytes = bytes[i],
		};

		if (i == BO_WEIGHT && !emit_data(b, c, o, &bo))
			return false;
		bundle_bo(b, &bo);
	}
	return true;
}

/* A tensor with everything but what the caller adds to it. */
static struct npub_tensor make_feature(struct bundle *b, const struct feature_layout *f,
				       const char *name, enum npub_tensor_role role,
				       const struct tensor_quant *q)
{
	return (struct npub_tensor){
		.name = bundle_string(b, name), .role = role, .elem = f->elem,
		.layout = f->kind, .n = f->n, .c = f->c, .h = f->h, .w = f->w,
		.row_pixels = f->row_pixels, .plane_pixels = f->plane_pixels,
		.surfaces = f->surfaces, .image_bytes = f->image_bytes, .bytes = f->bytes,
		.scale = q->scale, .zero_point = q->zero,
		.user_form = q->uint8 ? NPUB_USER_UINT8 : NPUB_USER_SAME,
	};
}

/* Input, output, and the second input of an addition, which lies as the output does. */
static void emit_features(struct bundle *b, const struct compiled_conv *c,
			  const struct operands *o, struct npub_conv *conv)
{
	struct npub_tensor t;

	t = make_feature(b, &c->layout.input, "input", NPUB_TENSOR_INPUT, &o->input);
	t.bo = conv->first_bo + BO_INPUT;
	conv->input = bundle_tensor(b, &t);
	t = make_feature(b, &c->layout.output, "output", NPUB_TENSOR_OUTPUT, &o->output);
	t.bo = conv->first_bo + BO_OUTPUT;
	conv->output = bundle_tensor(b, &t);
	if (!c->problem->fusion.add)
		return;
	t = make_feature(b, &c->layout.output, "operand", NPUB_TENSOR_OPERAND, &o->operand);
	t.bo = conv->first_bo + BO_INPUT;
	t.bo_offset = c->bos.operand_offset;
	conv->operand = bundle_tensor(b, &t);
}

/* The scale that the requantisation counts in: of the channel with the largest. */
static float largest_scale(const struct operands *o, uint32_t count)
{
	float most = 0;

	if (!o->weight_scale)
		return 1.0f;
	for (uint32_t k = 0; k < count; k++)
		most = o->weight_scale[k] > most ? o->weight_scale[k] : most;
	return most;
}

static uint32_t emit_weights(struct bundle *b, const struct compiled_conv *c,
			     const struct operands *o, uint32_t bo)
{
	const struct conv_problem *p = c->problem;
	bool depthwise = c->layout.mode == NPUB_MODE_DEPTHWISE;
	struct npub_tensor t = {
		.name = bundle_string(b, "weights"), .role = NPUB_TENSOR_WEIGHTS,
		.elem = p->elem,
		.layout = depthwise ? NPUB_LAYOUT_DEPTHWISE : NPUB_LAYOUT_WEIGHTS,
		.n = p->out_c, .c = conv_group_in_c(p), .h = p->kernel_h, .w = p->kernel_w,
		.bo = bo, .bo_offset = c->weight_bo.weights,
		.image_bytes = c->layout.weight_bytes, .bytes = c->layout.weight_bytes,
		.scale = largest_scale(o, p->out_c), .zero_point = c->op.weight_zero,
	};

	return bundle_tensor(b, &t);
}

static uint32_t emit_bias(struct bundle *b, const struct compiled_conv *c, uint32_t bo)
{
	const struct conv_layout *l = &c->layout;
	struct npub_tensor t = {
		.name = bundle_string(b, "bias"), .role = NPUB_TENSOR_BIAS,
		.elem = l->bias_elem, .layout = l->bias_kind,
		.n = 1, .c = c->problem->out_c, .h = 1, .w = 1,
		.bo = bo, .bo_offset = c->weight_bo.bias,
		.image_bytes = l->bias_bytes, .bytes = l->bias_bytes,
		.scale = 1.0f,
	};

	return bundle_tensor(b, &t);
}

static uint32_t emit_plans(struct bundle *b, const struct compiled_conv *c)
{
	uint32_t first = bundle_count(b, NPUB_SECTION_PLANS);

	for (uint32_t i = 0; i < c->plan_count; i++) {
		const struct plan *plan = &c->plans[i];
		struct plan_cost cost;
		struct npub_plan p = {
			.cores = plan->cores,
			.split = plan->split, .evidence = plan->evidence,
			.hazards = plan->hazards,
		};

		cost_of_plan(&cost, c->problem, &c->layout, plan);
		p.macs = cost.macs;
		p.dram_bytes = cost_bytes(&cost);
		p.cost_ns = cost.ns;
		/* an unsplit plan is a one-core job: one list (schedules s. 12) */
		for (uint32_t k = 0; k < (plan->shared ? 1 : plan->cores); k++)
			p.list[k] = c->lists[i][k];
		bundle_plan(b, &p);
	}
	return first;
}

uint32_t conv_syncs(const struct compiled_conv *c, struct npub_sync syncs[CONV_MAX_SYNCS])
{
	uint64_t regcmd = (uint64_t)c->regcmds.word_count * NPU_WORD_BYTES;
	const struct npub_sync all[] = {
		{ NPUB_SYNC_LOAD, NPUB_BO_WEIGHT, NPUB_SYNC_TO_DEVICE, 0, 0, c->bos.weight },
		{ NPUB_SYNC_LOAD, NPUB_BO_TASK, NPUB_SYNC_TO_DEVICE, 0, 0, c->bos.task },
		{ NPUB_SYNC_BEFORE, NPUB_BO_WEIGHT, NPUB_SYNC_TO_DEVICE, 0,
		  c->weight_bo.regcmd, regcmd },
		{ NPUB_SYNC_BEFORE, NPUB_BO_INPUT, NPUB_SYNC_TO_DEVICE, 0, 0, c->bos.input },
		{ NPUB_SYNC_BEFORE, NPUB_BO_WEIGHT, NPUB_SYNC_TO_DEVICE, 0,
		  c->weight_bo.regcmd, regcmd },
		{ NPUB_SYNC_AFTER, NPUB_BO_OUTPUT, NPUB_SYNC_FROM_DEVICE, 0, 0, c->bos.output },
		{ NPUB_SYNC_AFTER, NPUB_BO_OUTPUT, NPUB_SYNC_FROM_DEVICE, 0, 0, c->bos.output },
	};

	_Static_assert(sizeof all / sizeof all[0] <= CONV_MAX_SYNCS, "room for all");
	memcpy(syncs, all, sizeof all);
	return sizeof all / sizeof all[0];
}

static void emit_syncs(struct bundle *b, const struct compiled_conv *c, struct npub_conv *conv)
{
	struct npub_sync syncs[CONV_MAX_SYNCS];

	conv->sync_count = conv_syncs(c, syncs);
	for (uint32_t i = 0; i < conv->sync_count; i++)
		syncs[i].bo += conv->first_bo; /* BOs stand in the order of their roles */
	conv->first_sync = bundle_syncs(b, syncs, conv->sync_count);
}

/* BO roles become indices. */
static uint32_t emit_relocs(struct bundle *b, const struct compiled_conv *c, uint32_t first_bo)
{
	uint32_t first = bundle_count(b, NPUB_SECTION_RELOCS);

	for (uint32_t i = 0; i < c->regcmds.reloc_count; i++) {
		struct npub_reloc r = c->regcmds.relocs[i];

		for (uint32_t k = 0; k < BO_N; k++) {
			if (bo_kinds[k].role == c->regcmds.relocs[i].bo)
				r.bo = first_bo + k;
		}
		bundle_relocs(b, &r, 1);
	}
	return first;
}

static void emit_debug(struct bundle *b, const struct compiled_conv *c, uint32_t first_task)
{
	for (uint32_t i = 0; i < c->regcmds.task_count; i++) {
		struct npub_debug_tile d = c->regcmds.debug[i];

		d.task = first_task + i;
		bundle_debug(b, &d, 1);
	}
}

static void describe_problem(struct npub_conv *conv, const struct compiled_conv *c)
{
	const struct conv_problem *p = c->problem;

	*conv = (struct npub_conv){
		.batch = p->batch, .in_c = p->in_c, .in_h = p->in_h, .in_w = p->in_w,
		.out_c = p->out_c, .out_h = p->out_h, .out_w = p->out_w,
		.kernel_h = p->kernel_h, .kernel_w = p->kernel_w,
		.stride_y = p->stride_y, .stride_x = p->stride_x,
		.pad_top = p->pad_top, .pad_left = p->pad_left,
		.pad_bottom = p->pad_bottom, .pad_right = p->pad_right,
		.dilation_y = p->dilation_y, .dilation_x = p->dilation_x,
		.groups = p->groups, .elem = p->elem, .out_elem = p->out_elem,
		.mode = c->layout.mode, .bias = NPUB_NONE, .operand = NPUB_NONE, .op = c->op,
	};
}

bool compile_emit(struct bundle *b, const struct compiled_conv *c,
		  const struct operands *o)
{
	const struct regcmds *r = &c->regcmds;
	struct npub_conv conv;

	describe_problem(&conv, c);
	conv.name = bundle_string(b, c->problem->name);
	conv.first_bo = bundle_count(b, NPUB_SECTION_BOS);
	conv.bo_count = BO_N;
	conv.task_bo = conv.first_bo + BO_TASK;
	conv.regcmd_bo = conv.first_bo + BO_WEIGHT;
	conv.regcmd_bo_offset = (uint32_t)c->weight_bo.regcmd;
	if (!emit_bos(b, c, o))
		return false;
	emit_features(b, c, o, &conv);
	conv.weights = emit_weights(b, c, o, conv.regcmd_bo);
	if (c->layout.bias_bytes)
		conv.bias = emit_bias(b, c, conv.regcmd_bo);
	if (o->weight_scale) {
		conv.first_scale = bundle_scales(b, o->weight_scale, c->problem->out_c);
		conv.scale_count = c->problem->out_c;
	}
	conv.first_plan = emit_plans(b, c);
	conv.plan_count = bundle_count(b, NPUB_SECTION_PLANS) - conv.first_plan;
	conv.first_task = bundle_tasks(b, r->tasks, r->task_count);
	conv.task_count = r->task_count;
	conv.first_word = bundle_words(b, r->words, r->word_count);
	conv.word_count = r->word_count;
	conv.first_reloc = emit_relocs(b, c, conv.first_bo);
	conv.reloc_count = r->reloc_count;
	emit_syncs(b, c, &conv);
	emit_debug(b, c, conv.first_task);
	bundle_conv(b, &conv);
	return true;
}
