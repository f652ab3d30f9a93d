/*
 * A conv in the form in which captured vendor schedules are kept, so that the two
 * can be compared key by key; docs/tools.md has the schema.
 */
#include <ctype.h>
#include <string.h>

#include "dump.h"
#include "json_put.h"

/* The vendor's names of fused operators. */
static const char *op_type(const struct npub_op *op)
{
	static const char *const names[][2] = {
		{ "Conv", "ConvAdd" },
		{ "ConvRelu", "ConvAddRelu" },
		{ "ConvClip", "ConvAddClip" },
		{ "ConvLeakyRelu", "ConvAddLeakyRelu" },
	};
	size_t act = op->flags & NPUB_OP_LEAKY	 ? 3
		     : op->flags & NPUB_OP_CLAMP ? 2
		     : op->flags & NPUB_OP_RELU	 ? 1
						 : 0;

	return names[act][!!(op->flags & NPUB_OP_ADD)];
}

/* How a slug ends: "_addrelu", "" for a plain conv. */
static void slug_suffix(char *text, size_t room, const struct npub_op *op)
{
	const char *fused = op_type(op) + strlen("Conv");

	snprintf(text, room, "%s%s", fused[0] ? "_" : "", fused);
	for (size_t i = 0; text[i]; i++)
		text[i] = (char)tolower((unsigned char)text[i]);
}

/* "f16_c64_56x56_oc128_k1x1_s1_p0_g1_relu" */
static void slug(char *text, size_t room, const struct npub_conv *c)
{
	bool even = c->pad_top == c->pad_left && c->pad_top == c->pad_bottom &&
		    c->pad_top == c->pad_right;
	char stride[16], pad[48], suffix[24];

	snprintf(stride, sizeof(stride), c->stride_y == c->stride_x ? "%u" : "%ux%u",
		 c->stride_y, c->stride_x);
	slug_suffix(suffix, sizeof(suffix), &c->op);
	if (even)
		snprintf(pad, sizeof(pad), "%u", c->pad_top);
	else
		snprintf(pad, sizeof(pad), "%u%u%u%u", c->pad_top, c->pad_left,
			 c->pad_bottom, c->pad_right);
	snprintf(text, room, "%s_c%u_%ux%u_oc%u_k%ux%u_s%s_p%s_g%u%s",
		 c->elem == NPU_ELEM_INT8 ? "i8" : "f16", c->in_c, c->in_h, c->in_w,
		 c->out_c, c->kernel_h, c->kernel_w, stride, pad, c->groups, suffix);
}

static const char *type_name(uint32_t elem)
{
	switch (elem) {
	case NPU_ELEM_FP16:
		return "float16";
	case NPU_ELEM_FP32:
		return "float32";
	default:
		return name_of_elem(elem);
	}
}

static json_t *shape_object(const struct npub_conv *c)
{
	json_t *x = json_object(), *pad = json_pair(c->pad_top, c->pad_left);

	append_u(pad, c->pad_bottom);
	append_u(pad, c->pad_right);
	put_u(x, "ic", c->in_c);
	put_u(x, "ih", c->in_h);
	put_u(x, "iw", c->in_w);
	put_u(x, "oc", c->out_c);
	put_u(x, "oh", c->out_h);
	put_u(x, "ow", c->out_w);
	put_u(x, "kh", c->kernel_h);
	put_u(x, "kw", c->kernel_w);
	put_u(x, "groups", c->groups);
	put(x, "stride", json_pair(c->stride_y, c->stride_x));
	put(x, "pad", pad);
	put(x, "dil", json_pair(c->dilation_y, c->dilation_x));
	put_s(x, "dtype", type_name(c->elem));
	put_s(x, "out_dtype", type_name(c->out_elem));
	if (c->batch > 1)
		put_u(x, "batch", c->batch);
	if (c->mode == NPUB_MODE_PIXEL)
		put_bool(x, "pixel", true);
	return x;
}

/* Whether `offset` of `bo` is in the tensor; then *inside counts from its start. */
static bool in_tensor(const struct npub *b, uint32_t index, const struct npub_reloc *r,
		      uint64_t *inside)
{
	const struct npub_tensor *t;

	if (index == NPUB_NONE)
		return false;
	t = &b->tensors[index];
	if (t->bo != r->bo || r->addend - t->bo_offset >= t->bytes)
		return false;
	*inside = r->addend - t->bo_offset;
	return true;
}

/*
 * [buffer, offset] as captures count: from the start of the tensor.  The two lines
 * that barrier tasks copy lie between weights and commands (F-19).
 */
static json_t *capture_address(const struct npub *b, const struct npub_conv *c,
			       const struct npub_reloc *r)
{
	const struct {
		uint32_t tensor;
		const char *buffer;
	} buffers[] = { { c->input, "input" },
			{ c->weights, "weight" },
			{ c->output, "output" },
			{ c->bias, "aux0" },
			{ c->operand, "aux1" } };
	uint64_t scratch = c->regcmd_bo_offset - (uint64_t)NPU_WEIGHT_SCRATCH_BYTES;
	const char *buffer = npub_string(b, b->bos[r->bo].name);
	uint64_t inside = r->addend;
	json_t *address = json_array();

	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
		if (in_tensor(b, buffers[i].tensor, r, &inside)) {
			append_s(address, buffers[i].buffer);
			append_u(address, inside);
			return address;
		}
	if (r->bo == c->regcmd_bo && r->addend - scratch < NPU_WEIGHT_SCRATCH_BYTES) {
		bool second = r->addend - scratch >= NPU_PPU_SCRATCH_BYTES;

		buffer = second ? "tempMC_input" : "tempMC_output";
		inside = (r->addend - scratch) % NPU_PPU_SCRATCH_BYTES;
	}
	append_s(address, buffer);
	append_u(address, inside);
	return address;
}

/* Index of the sequence in `orders`, appended when it is new. */
static size_t order_index(json_t *orders, json_t *order)
{
	size_t count = json_array_size(orders);

	for (size_t i = 0; i < count; i++)
		if (json_equal(json_array_get(orders, i), order)) {
			json_decref(order);
			return i;
		}
	json_array_append_new(orders, order);
	return count;
}

static void put_body(json_t *x, const struct npub *b, const struct npub_conv *c,
		     const struct record *r, json_t *orders)
{
	json_t *regs = json_object(), *addr = json_object(), *order = json_array();
	char name[REG_TEXT_BYTES];

	for (uint32_t i = 0; i < r->body_words; i++) {
		struct npu_word word = npu_word_unpack(r->words[i]);
		const struct npub_reloc *reloc = record_reloc(b, c, r->first_word + i);

		reg_text(name, word);
		append_s(order, name);
		if (reloc) {
			json_t *address = capture_address(b, c, reloc);

			put_u(regs, name,
			      (uint64_t)json_integer_value(json_array_get(address, 1)));
			put(addr, name, address);
		} else {
			put_u(regs, name, word.value);
		}
	}
	put(x, "regs", regs);
	put(x, "addr", addr);
	put_u(x, "order", order_index(orders, order));
}

/* [target, register, value]; the next record's place as bytes in the commands. */
static json_t *tail_array(const struct npub *b, const struct npub_conv *c,
			  const struct record *r)
{
	json_t *tail = json_array();

	for (uint32_t i = r->body_words; i < r->body_words + r->tail_words; i++) {
		struct npu_word word = npu_word_unpack(r->words[i]);
		const struct npub_reloc *reloc = record_reloc(b, c, r->first_word + i);
		json_t *x = json_pair(word.target, word.offset);

		append_u(x, reloc ? reloc->addend - c->regcmd_bo_offset : word.value);
		json_array_append_new(tail, x);
	}
	return tail;
}

static void put_capture_task(json_t *tasks, json_t *orders, const struct npub *b,
			     const struct npub_conv *c, uint32_t task, uint32_t cores,
			     uint32_t core)
{
	json_t *x = json_object();
	struct record r;

	record_find(&r, b, c, task);
	put_u(x, "plan", cores);
	put_u(x, "core", core);
	put_u(x, "amount", r.task->regcfg_amount);
	put_u(x, "mask", r.task->enable_mask);
	put_u(x, "int_mask", r.task->int_mask);
	put_u(x, "regcmd_offset", r.task->regcmd_addr);
	put_u(x, "slot",
	      npu_round_up64((uint64_t)(r.body_words + r.tail_words) * NPU_WORD_BYTES,
			     NPU_RECORD_ALIGN_BYTES));
	put_body(x, b, c, &r, orders);
	put(x, "tail", tail_array(b, c, &r));
	json_array_append_new(tasks, x);
}

/* Tasks of the plans that have records of their own, in the captures' order. */
static void put_tasks(json_t *x, const struct dump *d, const struct npub_conv *c)
{
	json_t *tasks = json_array(), *orders = json_array();

	for (uint32_t p = 0; p < c->plan_count; p++) {
		const struct npub_plan *plan = &d->npub->plans[c->first_plan + p];

		if (!dump_wants_plan(d, plan) ||
		    (plan->cores > 1 && npub_plan_is_one_core(plan)))
			continue;
		for (uint32_t k = 0; k < plan->cores; k++)
			for (uint32_t i = 0; i < plan->list[k].task_count; i++)
				if (dump_wants_task(d, c, plan->list[k].first_task + i))
					put_capture_task(tasks, orders, d->npub, c,
							 plan->list[k].first_task + i,
							 plan->cores, k);
	}
	put(x, "tasks", tasks);
	put(x, "orders", orders);
}

/* One core; two cores: core 0, core 1; three cores: core 0, 1, 2. */
static json_t *task_counts(const struct npub *b, const struct npub_conv *c)
{
	uint32_t counts[6] = { 0 };
	json_t *array = json_array();

	for (uint32_t p = 0; p < c->plan_count; p++) {
		const struct npub_plan *plan = &b->plans[c->first_plan + p];
		uint32_t first = plan->cores * (plan->cores - 1) / 2;

		for (uint32_t k = 0; k < plan->cores; k++)
			counts[first + k] = plan->list[k].task_count;
	}
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		append_u(array, counts[i]);
	return array;
}

static json_t *bo_sizes(const struct npub *b, const struct npub_conv *c)
{
	json_t *x = json_object();

	put_u(x, "weight_arena", c->regcmd_bo_offset);
	for (uint32_t i = 0; i < c->bo_count; i++) {
		const struct npub_bo *bo = &b->bos[c->first_bo + i];

		if (bo->role == NPUB_BO_INTERNAL)
			put_u(x, "internal", bo->bytes);
	}
	put_u(x, "regcmd", (uint64_t)c->word_count * NPU_WORD_BYTES);
	put_u(x, "task", b->bos[c->task_bo].bytes);
	return x;
}

static json_t *capture_object(const struct dump *d, const struct npub_conv *c)
{
	json_t *x = json_object();
	char text[160];

	slug(text, sizeof(text), c);
	put_s(x, "slug", text);
	put_s(x, "name", npub_string(d->npub, c->name));
	put(x, "shape", shape_object(c));
	put_s(x, "op_type", op_type(&c->op));
	put_bool(x, "full_window", true);
	put(x, "task_counts", task_counts(d->npub, c));
	put_tasks(x, d, c);
	put(x, "bo_sizes", bo_sizes(d->npub, c));
	put_u(x, "regcmd_page_offset", c->regcmd_bo_offset % NPU_PAGE_BYTES);
	put_u(x, "regcmd_bo_offset", c->regcmd_bo_offset);
	put(x, "ioctl", dump_capture_runs(d, c));
	return x;
}

json_t *dump_capture(const struct dump *d)
{
	json_t *all = json_array(), *one;

	for (uint32_t i = 0; i < d->npub->conv_count; i++)
		if (dump_wants_conv(d, i))
			json_array_append_new(all, capture_object(d, &d->npub->convs[i]));
	if (json_array_size(all) != 1)
		return all;
	one = json_incref(json_array_get(all, 0));
	json_decref(all);
	return one;
}
