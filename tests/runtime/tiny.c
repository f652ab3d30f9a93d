#include "tiny_parts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle_write.h"
#include "crc32c.h"
#include "hw/npu_hw.h"

static void fill_features(struct tiny *t, const struct tiny_options *o)
{
	const struct npub_op op = tiny_op(o);
	uint32_t chans = o->int8 ? 16 : 8; /* of an atom */
	const struct npub_tensor feature = { .elem = o->int8 ? NPU_ELEM_INT8
							     : NPU_ELEM_FP16,
					     .layout = NPUB_LAYOUT_NC1HWC2,
					     .n = 1,
					     .h = TINY_H,
					     .w = TINY_W,
					     .row_pixels = TINY_W,
					     .scale = o->int8 ? 0.5f : 1 };
	struct npub_tensor *i = &t->tensor[TINY_T_INPUT],
			   *out = &t->tensor[TINY_T_OUTPUT];

	*i = *out = feature;
	i->role = NPUB_TENSOR_INPUT;
	i->c = TINY_C;
	i->bo = TINY_INPUT;
	i->plane_pixels = TINY_PLANE;
	i->surfaces = 1;
	i->image_bytes = i->bytes = 32 * 16;
	i->zero_point = op.pad_value;
	out->role = NPUB_TENSOR_OUTPUT;
	out->c = TINY_K;
	out->bo = TINY_OUTPUT;
	out->plane_pixels = TINY_PLANE_OUT;
	out->surfaces = TINY_KP / chans;
	out->image_bytes = out->bytes = out->surfaces * TINY_PLANE_OUT * 16;
	out->zero_point = op.out_zero;
	t->tensor[TINY_T_OPERAND] = *out;
	t->tensor[TINY_T_OPERAND].role = NPUB_TENSOR_OPERAND;
	t->tensor[TINY_T_OPERAND].bo = TINY_INPUT;
	t->tensor[TINY_T_OPERAND].bo_offset = TINY_OPERAND_AT;
	t->tensor[TINY_T_OPERAND].zero_point = op.operand_zero;
}

static void fill_constants(struct tiny *t, const struct tiny_options *o)
{
	t->tensor[TINY_T_WEIGHTS] =
	    (struct npub_tensor){ .role = NPUB_TENSOR_WEIGHTS,
				  .elem = o->int8 ? NPU_ELEM_INT8 : NPU_ELEM_FP16,
				  .layout = NPUB_LAYOUT_WEIGHTS,
				  .n = TINY_K,
				  .c = TINY_C,
				  .h = TINY_KERNEL,
				  .w = TINY_KERNEL,
				  .bo = TINY_WEIGHT,
				  .bytes = TINY_WEIGHT_BYTES,
				  .scale = 1 };
	t->tensor[TINY_T_BIAS] = (struct npub_tensor){
		.role = NPUB_TENSOR_BIAS,
		.elem = o->int8 ? NPU_ELEM_INT32 : NPU_ELEM_FP32,
		.layout = o->int8 ? NPUB_LAYOUT_BIAS_GROUPED : NPUB_LAYOUT_LINEAR,
		.n = 1,
		.c = TINY_K,
		.h = 1,
		.w = 1,
		.bo = TINY_WEIGHT,
		.bo_offset = TINY_BIAS_AT,
		.bytes = t->data_bytes - TINY_BIAS_AT,
		.scale = 1
	};
}

static void fill_bos(struct tiny *t, const struct tiny_options *o)
{
	uint64_t input = o->op & NPUB_OP_ADD
			     ? TINY_OPERAND_AT + t->tensor[TINY_T_OPERAND].bytes
			     : t->tensor[TINY_T_INPUT].bytes;
	const uint64_t bytes[TINY_BOS] = {
		[TINY_TASK] = t->task_count * sizeof(struct npub_task),
		[TINY_WEIGHT] =
		    t->regcmd_at + t->word_count * 8 +
		    npu_round_up64(t->task_count * sizeof(struct npub_task), 64),
		[TINY_INTERNAL] =
		    t->tensor[TINY_T_INPUT].bytes + t->tensor[TINY_T_OUTPUT].bytes,
		[TINY_INPUT] = input,
		[TINY_OUTPUT] = t->tensor[TINY_T_OUTPUT].bytes,
	};

	for (uint32_t i = 0; i < TINY_BOS; i++)
		t->bo[i] =
		    (struct npub_bo){ .role = i, /* same order as enum npub_bo_role */
				      .flags = i == TINY_TASK ? NPU_BO_FLAGS_TASK
							      : NPU_BO_FLAGS_DATA,
				      .align = NPU_PAGE_BYTES,
				      .bytes = bytes[i] };
	t->bo[TINY_WEIGHT].data_bytes = t->data_bytes;
}

static void add_sync(struct tiny *t, uint32_t phase, uint32_t bo, uint32_t flags,
		     uint64_t offset, uint64_t bytes)
{
	t->sync[t->sync_count++] = (struct npub_sync){
		.phase = phase, .bo = bo, .flags = flags, .offset = offset, .bytes = bytes
	};
}

static void fill_syncs(struct tiny *t)
{
	for (uint32_t i = 0; i < TINY_BOS; i++)
		add_sync(t, NPUB_SYNC_LOAD, i, 3, 0, t->bo[i].bytes);
	add_sync(t, NPUB_SYNC_LOAD, TINY_WEIGHT, 1, 0, t->bo[TINY_WEIGHT].bytes);
	add_sync(t, NPUB_SYNC_LOAD, TINY_TASK, 1, 0, t->bo[TINY_TASK].bytes);
	add_sync(t, NPUB_SYNC_BEFORE, TINY_WEIGHT, 1, t->regcmd_at, t->word_count * 8);
	add_sync(t, NPUB_SYNC_BEFORE, TINY_INPUT, 1, 0, t->bo[TINY_INPUT].bytes);
	add_sync(t, NPUB_SYNC_AFTER, TINY_OUTPUT, 2, 0, t->bo[TINY_OUTPUT].bytes);
}

static int by_word(const void *a, const void *b)
{
	const struct npub_reloc *x = a, *y = b;

	return (x->word > y->word) - (x->word < y->word);
}

void tiny_make(struct tiny *t, const struct tiny_options *o)
{
	memset(t, 0, sizeof *t);
	tiny_fill_data(t, o);
	/* A conv without a bias has the room of one. */
	t->scratch_at = TINY_BIAS_AT + TINY_KP * (o->int8 ? 8 : 4);
	t->regcmd_at = t->scratch_at + NPU_WEIGHT_SCRATCH_BYTES;
	for (uint32_t cores = o->first_cores ? o->first_cores : 1;
	     cores <= (o->max_cores ? o->max_cores : 1); cores++)
		tiny_add_plan(t, cores, o);
	qsort(t->reloc, t->reloc_count, sizeof t->reloc[0], by_word);
	fill_features(t, o);
	fill_constants(t, o);
	fill_bos(t, o);
	fill_syncs(t);
	t->conv = (struct npub_conv){ .batch = 1,
				      .in_c = TINY_C,
				      .in_h = TINY_H,
				      .in_w = TINY_W,
				      .out_c = TINY_K,
				      .out_h = TINY_H,
				      .out_w = TINY_W,
				      .kernel_h = TINY_KERNEL,
				      .kernel_w = TINY_KERNEL,
				      .stride_y = 1,
				      .stride_x = 1,
				      .pad_top = TINY_PAD,
				      .pad_left = TINY_PAD,
				      .pad_bottom = TINY_PAD,
				      .pad_right = TINY_PAD,
				      .dilation_y = 1,
				      .dilation_x = 1,
				      .groups = 1,
				      .elem = t->tensor[TINY_T_INPUT].elem,
				      .out_elem = t->tensor[TINY_T_OUTPUT].elem,
				      .input = TINY_T_INPUT,
				      .output = TINY_T_OUTPUT,
				      .weights = TINY_T_WEIGHTS,
				      .bias = tiny_has_bias(o) ? TINY_T_BIAS : NPUB_NONE,
				      .operand = o->op & NPUB_OP_ADD ? TINY_T_OPERAND
								     : NPUB_NONE,
				      .scale_count = o->int8 ? TINY_K : 0,
				      .op = tiny_op(o),
				      .bo_count = TINY_BOS,
				      .task_bo = TINY_TASK,
				      .regcmd_bo = TINY_WEIGHT,
				      .regcmd_bo_offset = t->regcmd_at,
				      .plan_count = t->plan_count,
				      .task_count = t->task_count,
				      .word_count = t->word_count,
				      .reloc_count = t->reloc_count,
				      .sync_count = t->sync_count };
}

uint8_t *tiny_bundle(const struct tiny *t, size_t *bytes)
{
	static const char *const tensor_names[] = { "input", "output", "weights", "bias",
						    "operand" };
	static const char *const bo_names[] = { "task", "weight", "internal", "input",
						"output" };
	struct bundle *b = bundle_new(0x0123456789abcdef);
	struct npub_conv conv = t->conv;
	const uint8_t *image;
	uint8_t *copy;
	uint64_t offset;
	void *data;

	assert(b);
	data = bundle_data(b, t->data_bytes, &offset);
	assert(data);
	memcpy(data, t->data, t->data_bytes);
	for (int i = 0; i < TINY_BOS; i++) {
		struct npub_bo bo = t->bo[i];

		bo.name = bundle_string(b, bo_names[i]);
		bundle_bo(b, &bo);
	}
	for (int i = 0; i < TINY_T_OPERAND + (conv.operand == TINY_T_OPERAND); i++) {
		struct npub_tensor tensor = t->tensor[i];

		tensor.name = bundle_string(b, tensor_names[i]);
		bundle_tensor(b, &tensor);
	}
	conv.name = bundle_string(b, "tiny");
	bundle_conv(b, &conv);
	for (uint32_t i = 0; i < t->plan_count; i++)
		bundle_plan(b, &t->plan[i]);
	/* More than there is room for: the first one over and over. */
	for (uint32_t i = 0; i < t->task_count; i++)
		bundle_tasks(b, &t->task[t->task_count > TINY_MAX_TASKS ? 0 : i], 1);
	bundle_words(b, t->word, t->word_count);
	bundle_relocs(b, t->reloc, t->reloc_count);
	bundle_syncs(b, t->sync, t->sync_count);
	bundle_scales(b, t->scale, conv.elem == NPU_ELEM_INT8 ? TINY_K : 0);
	image = bundle_finish(b, bytes);
	assert(image);
	copy = malloc(*bytes);
	assert(copy);
	memcpy(copy, image, *bytes);
	bundle_free(b);
	return copy;
}

/* ---- changing ---- */

uint64_t *tiny_word(struct tiny *t, uint32_t task, uint16_t offset)
{
	uint64_t *first = &t->word[t->task[task].regcmd_addr / 8];

	/* The last write of a register counts. */
	for (uint32_t i = t->task[task].regcfg_amount; i--;) {
		if ((uint16_t)first[i] == offset)
			return &first[i];
	}
	assert(!"register not in the task");
	return NULL;
}

uint64_t *tiny_tail(struct tiny *t, uint32_t task)
{
	return &t->word[t->task[task].regcmd_addr / 8 + t->task[task].regcfg_amount];
}

void tiny_set(uint64_t *word, uint32_t value)
{
	*word = (*word & ~(UINT64_C(0xffffffff) << 16)) | (uint64_t)value << 16;
}

uint32_t tiny_get(const uint64_t *word)
{
	return (uint32_t)(*word >> 16);
}

void tiny_fix_crcs(uint8_t *bundle, size_t bytes)
{
	struct npub_header *h = (struct npub_header *)bundle;
	struct npub_section *s = (struct npub_section *)(h + 1);
	struct crc32c_table table;

	crc32c_init(&table);
	if (bytes < sizeof *h)
		return;
	for (uint32_t i = 0; i < h->section_count; i++) {
		if ((uint8_t *)(s + i + 1) > bundle + bytes)
			break;
		if (s[i].offset <= bytes && s[i].bytes <= bytes - s[i].offset)
			s[i].crc = crc32c(&table, 0, bundle + s[i].offset, s[i].bytes);
	}
	if (h->section_count <= (bytes - sizeof *h) / sizeof *s)
		h->table_crc = crc32c(&table, 0, s, h->section_count * sizeof *s);
	h->header_crc = crc32c(&table, 0, h, offsetof(struct npub_header, header_crc));
}

struct npub_reloc *tiny_reloc(struct tiny *t, uint32_t task, enum npu_reg reg)
{
	uint32_t word = (uint32_t)(tiny_word(t, task, npu_regs[reg].offset) - t->word);

	for (uint32_t i = 0; i < t->reloc_count; i++) {
		if (t->reloc[i].word == word)
			return &t->reloc[i];
	}
	assert(!"no relocation there");
	return NULL;
}

void tiny_remove_reloc(struct tiny *t, struct npub_reloc *r)
{
	uint32_t at = (uint32_t)(r - t->reloc);

	memmove(r, r + 1, (t->reloc_count - at - 1) * sizeof *r);
	t->conv.reloc_count = --t->reloc_count;
}

enum npurt_err tiny_verify(const struct tiny *t, struct npurt_error *error)
{
	size_t bytes;
	uint8_t *blob = tiny_bundle(t, &bytes);
	enum npurt_err err = npurt_verify(blob, bytes, error);

	free(blob);
	return err;
}
