#include "verify_compare.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "hw/npu_word.h"
#include "verify_record.h"

/*
 * Registers that hold constants of a fused operation: quantisation, activation
 * and operand words come from the model, not from shape (schedules, preface).
 * The bits in `known` still follow from the shape.
 */
static const struct {
	enum npu_reg reg;
	uint32_t known;
} operation_regs[] = {
	{ NPU_REG_DPU_DATA_FORMAT, 0xfc000007 }, /* precisions; shifts are the model's */
	{ NPU_REG_DPU_BS_CFG, 0 },
	{ NPU_REG_DPU_BS_ALU_CFG, 0 },
	{ NPU_REG_DPU_BS_MUL_CFG, 0 },
	{ NPU_REG_DPU_BS_RELUX_CMP_VALUE, 0 },
	{ NPU_REG_DPU_BS_OW_CFG, ~3u }, /* surfaces; source and bypass are the model's */
	{ NPU_REG_DPU_BS_OW_OP, 0 },
	{ NPU_REG_DPU_BN_CFG, 0 },
	{ NPU_REG_DPU_BN_ALU_CFG, 0 },
	{ NPU_REG_DPU_BN_MUL_CFG, 0 },
	{ NPU_REG_DPU_BN_RELUX_CMP_VALUE, 0 },
	{ NPU_REG_DPU_EW_CFG, 0 },
	{ NPU_REG_DPU_EW_CVT_OFFSET_VALUE, 0 },
	{ NPU_REG_DPU_EW_CVT_SCALE_VALUE, 0 },
	{ NPU_REG_DPU_EW_RELUX_CMP_VALUE, 0 },
	{ NPU_REG_DPU_OUT_CVT_OFFSET, 0 },
	{ NPU_REG_DPU_OUT_CVT_SCALE, 0 },
	{ NPU_REG_DPU_OUT_CVT_SHIFT, 0 },
	{ NPU_REG_DPU_LUT_ACCESS_CFG, 0 },
	{ NPU_REG_DPU_LUT_ACCESS_DATA, 0 },
	{ NPU_REG_DPU_LUT_CFG, 0 },
	{ NPU_REG_DPU_LUT_INFO, 0 },
	{ NPU_REG_DPU_LUT_LE_START, 0 },
	{ NPU_REG_DPU_LUT_LE_END, 0 },
	{ NPU_REG_DPU_LUT_LO_START, 0 },
	{ NPU_REG_DPU_LUT_LO_END, 0 },
	{ NPU_REG_DPU_LUT_LE_SLOPE_SCALE, 0 },
	{ NPU_REG_DPU_LUT_LE_SLOPE_SHIFT, 0 },
	{ NPU_REG_DPU_LUT_LO_SLOPE_SCALE, 0 },
	{ NPU_REG_DPU_LUT_LO_SLOPE_SHIFT, 0 },
	{ NPU_REG_DPU_RDMA_BRDMA_CFG, 0 },
	{ NPU_REG_CNA_PAD_CON1, 0 }, /* input zero point */
};

struct comparison {
	const struct capture *c;
	const struct compiled_conv *ours;
	struct verify_tally *tally;
	const struct verify_sink *sink;
	struct record_view *records; /* ours, decoded */
	bool plain; /* fp16, nothing fused but a bias: no constants are open */
	uint32_t differences;
	/* place, for messages */
	uint32_t cores, core, task;
};

static void differ(struct comparison *x, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void differ(struct comparison *x, const char *fmt, ...)
{
	char text[320];
	int n = snprintf(text, sizeof text, "%.150s: ", x->c->slug);
	va_list args;

	if (x->cores && n > 0 && n < (int)sizeof text)
		n += snprintf(text + n, sizeof text - (size_t)n, "%u-core plan, core %u, task %u: ",
			      x->cores, x->core, x->task);
	if (n > 0 && n < (int)sizeof text) {
		va_start(args, fmt);
		vsnprintf(text + n, sizeof text - (size_t)n, fmt, args);
		va_end(args);
	}
	x->differences++;
	x->sink->difference(x->sink->ctx, text);
}

/* Bits of a register that must be equal; the others are the model's constants. */
static uint32_t known_bits(const struct comparison *x, enum npu_reg reg)
{
	if (x->plain)
		return UINT32_MAX;
	for (size_t i = 0; i < sizeof operation_regs / sizeof operation_regs[0]; i++) {
		if (operation_regs[i].reg == reg)
			return operation_regs[i].known;
	}
	return UINT32_MAX;
}

/*
 * The departures on purpose (schedules s. 12): rows of an image whose width is
 * no multiple of 16 are stored at that multiple, and the strides say so; images
 * of a batch keep the distance of their padded channels, where the vendor lets
 * the next image overwrite the padding of the one before.
 */
static bool departs_on_purpose(const struct comparison *x, enum npu_reg reg)
{
	const struct conv_problem *p = x->ours->problem;

	if (reg == NPU_REG_DPU_DST_BASE_ADDR)
		return p->batch > 1;
	return x->ours->layout.mode == NPUB_MODE_PIXEL && p->in_w % NPU_PIXEL_ROW_ALIGN &&
	       (reg == NPU_REG_CNA_DMA_CON1 || reg == NPU_REG_CNA_DMA_CON2);
}

static void compare_values(struct comparison *x, const struct record_view *r,
			   const struct capture_task *t)
{
	for (int i = 0; i < NPU_REG_N; i++) {
		enum npu_reg reg = (enum npu_reg)i;
		uint32_t bits = known_bits(x, reg), mine = r->value[i];

		if (!t->has[i] || !r->has[i])
			continue;
		if (departs_on_purpose(x, reg)) {
			x->tally->marked += t->value[i] != r->value[i];
			continue;
		}
		if (!bits) {
			x->tally->constants++;
			continue;
		}
		if (t->in_weight_bo[i])
			mine += (uint32_t)record_part_start(reg, &x->ours->weight_bo);
		x->tally->registers++;
		if ((t->value[i] ^ mine) & bits)
			differ(x, "%s.%s is %#x, captured %#x",
			       npu_block_name(npu_regs[i].block), npu_regs[i].name,
			       mine, t->value[i]);
	}
}

/* Same registers in the same order. */
static void compare_order(struct comparison *x, const struct record_view *r,
			  const struct capture_task *t)
{
	if (!t->order || t->amount != r->body_words)
		return;
	x->tally->orders++;
	for (uint32_t i = 0; i < t->amount; i++) {
		if (t->order[i] != r->order[i]) {
			differ(x, "word %u writes %s, captured %s", i,
			       npu_regs[r->order[i]].name,
			       t->order[i] < NPU_REG_N ? npu_regs[t->order[i]].name : "?");
			return;
		}
	}
}

static void compare_head(struct comparison *x, const struct record_view *r,
			 const struct capture_task *t)
{
	if (t->amount && t->amount != r->body_words)
		differ(x, "%u words, captured %u", r->body_words, t->amount);
	if (t->mask != r->enable_mask)
		differ(x, "block mask %#x, captured %#x", r->enable_mask, t->mask);
	if (t->int_mask && t->int_mask != r->int_mask)
		differ(x, "interrupt mask %#x, captured %#x", r->int_mask, t->int_mask);
	if (r->body_words < NPU_ORDER_MAX - 22 && capture_is_conv(t))
		x->tally->deltas++;
}

/*
 * The four chain words; addresses relative to this record.  Two bits of the
 * amount that one old compiler sets in networks are left out (schedules s. 6).
 */
static void compare_tail(struct comparison *x, const struct record_view *r,
			 const struct capture_task *t)
{
	/* a network's list goes on into the next operator's */
	bool onward = t->tail[0][0] && !r->tail[0].target && !x->c->single_op;

	x->tally->chains++;
	x->tally->open_lists += onward;
	for (uint32_t i = onward ? 2 : 0; i < NPU_TAIL_WORDS; i++) {
		uint32_t value = t->tail[i][2], mine = r->tail[i].value;

		if (i == 0 && r->tail[0].target) {
			value -= t->regcmd_offset;
			mine -= r->regcmd_offset;
		}
		if (i == 1)
			value = npu_field_pack(value, NPU_PC_REGISTER_AMOUNTS_UNKNOWN_29_30, 0);
		if (t->tail[i][0] != r->tail[i].target || t->tail[i][1] != r->tail[i].offset ||
		    value != mine) {
			differ(x, "chain word %u is %#x %#x %#x, captured %#x %#x %#x", i,
			       r->tail[i].target, r->tail[i].offset, mine, t->tail[i][0],
			       t->tail[i][1], value);
			return;
		}
	}
}

static void compare_task(struct comparison *x, const struct record_view *r,
			 const struct capture_task *t, bool chained_as_ours)
{
	x->tally->tasks++;
	compare_head(x, r, t);
	compare_values(x, r, t);
	compare_order(x, r, t);
	if (t->has_tail && chained_as_ours)
		compare_tail(x, r, t);
	if (t->mask == NPU_MASK_BARRIER)
		x->tally->barriers++;
}

/* The capture's conv and barrier records of one list, table loads left out. */
static uint32_t collect_list(const struct comparison *x, const struct capture_task **list,
			     bool *tables)
{
	uint32_t n = 0;

	*tables = false;
	for (uint32_t i = 0; i < x->c->task_count; i++) {
		const struct capture_task *t = &x->c->tasks[i];

		if (t->plan != x->cores || t->core != x->core)
			continue;
		if (capture_is_conv(t) || t->mask == NPU_MASK_BARRIER)
			list[n++] = t;
		else
			*tables = true;
	}
	return n;
}

/*
 * One list.  A network's lists may go without their barrier, since the next
 * operator follows; a lone conv's may not.
 */
static void compare_list(struct comparison *x, const struct npub_list *ours,
			 const struct capture_task **list)
{
	bool tables;
	uint32_t n = collect_list(x, list, &tables), mine = ours->task_count;
	bool open = mine && n + 1 == mine && !x->c->single_op &&
		    x->records[ours->first_task + mine - 1].enable_mask == NPU_MASK_BARRIER;

	x->task = 0;
	if (open) {
		x->tally->open_lists++;
		mine--;
	}
	if (n != mine) {
		differ(x, "%u tasks in the list, captured %u", mine, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		x->task = i;
		compare_task(x, &x->records[ours->first_task + i], list[i],
			     !tables && !(open && i + 1 == n));
	}
}

/* A capture need not list a plan again that it did not split. */
static bool is_listed(const struct comparison *x)
{
	for (uint32_t i = 0; i < x->c->task_count; i++) {
		if (x->c->tasks[i].plan == x->cores)
			return true;
	}
	return false;
}

static void compare_plans(struct comparison *x, const struct capture_task **list)
{
	for (uint32_t i = 0; i < x->ours->plan_count; i++) {
		const struct plan *plan = &x->ours->plans[i];

		x->cores = plan->cores;
		x->core = x->task = 0;
		if (!is_listed(x)) {
			if (!plan->shared && !x->c->topology_only)
				differ(x, "the capture does not list this plan");
			continue;
		}
		x->tally->plans++;
		for (x->core = 0; x->core < plan->cores; x->core++)
			compare_list(x, &x->ours->lists[i][x->core], list);
	}
	x->cores = 0;
}

static void compare_bytes(struct comparison *x, const char *what, uint64_t mine, uint64_t captured)
{
	if (!captured)
		return;
	x->tally->buffers++;
	if (mine != captured)
		differ(x, "%s: %llu bytes, captured %llu", what, (unsigned long long)mine,
		       (unsigned long long)captured);
}

static void compare_buffers(struct comparison *x)
{
	const struct capture_bos *b = &x->c->bos;
	const struct compiled_conv *o = x->ours;

	compare_bytes(x, "task buffer", o->bos.task, b->task);
	compare_bytes(x, "weight buffer", o->bos.weight, b->weight);
	compare_bytes(x, "internal buffer", o->bos.internal, b->internal);
	compare_bytes(x, "input buffer", o->bos.input, b->input);
	compare_bytes(x, "output buffer", o->bos.output, b->output);
	compare_bytes(x, "commands", (uint64_t)o->regcmds.word_count * NPU_WORD_BYTES, b->regcmd);
	compare_bytes(x, "command offset", o->weight_bo.regcmd, b->regcmd_offset);
	if (b->has_page_offset) {
		x->tally->buffers++;
		if (o->weight_bo.regcmd % NPU_PAGE_BYTES != b->regcmd_page_offset)
			differ(x, "command offset in its page: %u, captured %u",
			       (uint32_t)(o->weight_bo.regcmd % NPU_PAGE_BYTES),
			       b->regcmd_page_offset);
	}
}

/* Bytes our sync profile knows for a captured sync; 0: not one of ours. */
static uint64_t expected_sync(const struct compiled_conv *o, const struct capture_sync *s,
			      uint64_t *offset)
{
	const uint64_t whole[] = {
		[NPUB_BO_TASK] = o->bos.task, [NPUB_BO_WEIGHT] = o->bos.weight,
		[NPUB_BO_INTERNAL] = o->bos.internal, [NPUB_BO_INPUT] = o->bos.input,
		[NPUB_BO_OUTPUT] = o->bos.output,
	};

	*offset = 0;
	if (s->bo == NPUB_BO_WEIGHT && s->offset) {
		*offset = o->weight_bo.regcmd;
		return (uint64_t)o->regcmds.word_count * NPU_WORD_BYTES;
	}
	return whole[s->bo];
}

static void compare_syncs(struct comparison *x)
{
	for (uint32_t i = 0; i < x->c->sync_count; i++) {
		const struct capture_sync *s = &x->c->syncs[i];
		uint64_t offset, bytes = expected_sync(x->ours, s, &offset);

		x->tally->syncs++;
		if (bytes != s->bytes || offset != s->offset)
			differ(x, "sync %u: %llu bytes at %llu, captured %llu at %llu", i,
			       (unsigned long long)bytes, (unsigned long long)offset,
			       (unsigned long long)s->bytes, (unsigned long long)s->offset);
	}
}

/* The default submit runs the one-core plan, named in entries 0..2 (s. 7). */
static void compare_submit(struct comparison *x)
{
	const struct capture_submit *s = &x->c->submit;
	uint32_t n = x->ours->lists[0][0].task_count;

	if (!x->c->has_submit)
		return;
	x->tally->submits++;
	if (s->flags != NPU_SUBMIT_FLAGS || s->task_start || s->core_mask ||
	    s->task_number != NPU_MAX_CORES * n)
		differ(x, "submit: flags %u, start %u, number %u, mask %u", s->flags,
		       s->task_start, s->task_number, s->core_mask);
	for (uint32_t i = 0; i < 5; i++) {
		uint32_t want = i < NPU_MAX_CORES ? n : 0;

		if (s->subcore[i][0] || s->subcore[i][1] != want)
			differ(x, "submit: subcore %u runs %u tasks, captured %u", i, want,
			       s->subcore[i][1]);
	}
}

static bool compare_compiled(struct comparison *x)
{
	const struct capture_task **list = calloc(x->c->task_count + 1, sizeof *list);

	x->records = record_views(&x->ours->regcmds, &x->ours->weight_bo);
	if (!list || !x->records) {
		differ(x, "out of memory");
	} else {
		compare_plans(x, list);
		compare_buffers(x);
		compare_syncs(x);
		compare_submit(x);
	}
	record_views_free(x->records, &x->ours->regcmds);
	free(list);
	return x->differences == 0;
}

bool verify_compare(const struct capture *c, struct verify_tally *tally,
		    const struct verify_sink *sink)
{
	static const struct compile_options all_plans = { .core_mask = 7 };
	const struct conv_problem *p = &c->problem;
	struct compiled_conv ours;
	struct comparison x = {
		.c = c, .ours = &ours, .tally = tally, .sink = sink,
		.plain = p->elem == NPU_ELEM_FP16 && !p->fusion.table && !p->fusion.add &&
			 !strcmp(c->op_type, "Conv"),
	};
	struct diag *diag = diag_new(NULL);
	bool ok = diag && compile_conv(&ours, p, &all_plans, diag);

	diag_free(diag);
	tally->captures++;
	if (ok) {
		ok = compare_compiled(&x);
		compiled_conv_free(&ours);
	} else {
		differ(&x, "the planner refuses it");
	}
	tally->differences += x.differences;
	tally->exact += ok;
	tally->differing += !ok;
	return ok;
}
