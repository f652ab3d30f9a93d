#include "corpus/verify_compare.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus/verify_priv.h"
#include "hw/npu_word.h"

void verify_differ(struct comparison *x, const char *fmt, ...)
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

/* A register that only one side has a value for. */
static void compare_presence(struct comparison *x, const struct record_view *r,
			     const struct capture_task *t, enum npu_reg reg)
{
	if (t->unplaced[reg] && r->has[reg])
		x->tally->unplaced++;
	else if (t->written[reg] && !r->has[reg])
		verify_differ(x, "%s.%s is not written, captured %#x",
			      npu_block_name(npu_regs[reg].block), npu_regs[reg].name,
			      t->value[reg]);
}

static void compare_values(struct comparison *x, const struct record_view *r,
			   const struct capture_task *t)
{
	for (int i = 0; i < NPU_REG_N; i++) {
		enum npu_reg reg = (enum npu_reg)i;
		enum verify_taken why = capture_is_conv(t) ? verify_taken(&x->c->problem, reg)
							  : TAKEN_NOT;
		uint32_t mine = r->value[i], theirs;

		if (!t->has[i] || !r->has[i]) {
			compare_presence(x, r, t, reg);
			continue;
		}
		if (departs_on_purpose(x->ours, reg, mine, &theirs) && t->value[i] == theirs) {
			x->tally->marked++;
			continue;
		}
		if (why != TAKEN_NOT) {
			x->tally->taken[why]++;
			continue;
		}
		if (t->in_weight_bo[i])
			mine += (uint32_t)record_part_start(reg, x->ours);
		x->tally->registers++;
		if (t->value[i] != mine)
			verify_differ(x, "%s.%s is %#x, captured %#x",
			       npu_block_name(npu_regs[i].block), npu_regs[i].name,
			       mine, t->value[i]);
	}
}

/* Same registers in the same order. */
static void compare_order(struct comparison *x, const struct record_view *r,
			  const struct capture_task *t)
{
	x->tally->unknown_orders += t->order_missing;
	if (!t->order || t->amount != r->body_words)
		return;
	x->tally->orders++;
	for (uint32_t i = 0; i < t->amount; i++) {
		if (t->order[i] != r->order[i]) {
			verify_differ(x, "word %u writes %s, captured %s", i,
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
		verify_differ(x, "%u words, captured %u", r->body_words, t->amount);
	if (t->mask != r->enable_mask)
		verify_differ(x, "block mask %#x, captured %#x", r->enable_mask, t->mask);
	if (t->int_mask && t->int_mask != r->int_mask)
		verify_differ(x, "interrupt mask %#x, captured %#x", r->int_mask, t->int_mask);
	if (t->unknown[0])
		verify_differ(x, "captured %s, which no record of ours writes", t->unknown);
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

		if (i == 0 && r->tail[0].target && !t->has_offset)
			continue;
		if (i == 0 && r->tail[0].target) {
			value -= t->regcmd_offset;
			mine -= r->regcmd_offset;
		}
		if (i == 1)
			value = npu_field_pack(value, NPU_PC_REGISTER_AMOUNTS_UNKNOWN_29_30, 0);
		if (t->tail[i][0] != r->tail[i].target || t->tail[i][1] != r->tail[i].offset ||
		    value != mine) {
			verify_differ(x, "chain word %u is %#x %#x %#x, captured %#x %#x %#x", i,
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
			     uint32_t *tables)
{
	uint32_t n = 0;

	*tables = 0;
	for (uint32_t i = 0; i < x->c->task_count; i++) {
		const struct capture_task *t = &x->c->tasks[i];

		if (t->plan != x->cores || t->core != x->core)
			continue;
		if (capture_is_conv(t) || t->mask == NPU_MASK_BARRIER)
			list[n++] = t;
		else
			(*tables)++;
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
	uint32_t tables;
	uint32_t n = collect_list(x, list, &tables), mine = ours->task_count;
	bool open = mine && n + 1 == mine && !x->c->single_op &&
		    x->records[ours->first_task + mine - 1].enable_mask == NPU_MASK_BARRIER;

	x->task = 0;
	x->tally->table_loads += tables;
	if (open) {
		x->tally->open_lists++;
		mine--;
	}
	if (n != mine) {
		verify_differ(x, "%u tasks in the list, captured %u", mine, n);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		x->task = i;
		compare_task(x, &x->records[ours->first_task + i], list[i],
			     !tables && !(open && i + 1 == n));
	}
}

static bool is_listed(const struct comparison *x)
{
	for (uint32_t i = 0; i < x->c->task_count; i++) {
		if (x->c->tasks[i].plan == x->cores)
			return true;
	}
	return false;
}

/* Tasks of a plan by the container's counts: one of one core, two of two, three of three. */
static uint32_t counted_tasks(const struct capture *c, uint32_t cores)
{
	uint32_t sum = 0;

	for (uint32_t core = 0; core < cores; core++)
		sum += c->counts[cores * (cores - 1) / 2 + core];
	return sum;
}

/*
 * A plan without tasks in the capture.  One that was not split need not be listed
 * again; another may have been left out, unless the container says that it has none.
 */
static void compare_unlisted(struct comparison *x, const struct plan *plan)
{
	if (plan->shared)
		return;
	if (x->c->has_counts && !counted_tasks(x->c, plan->cores))
		verify_differ(x, "the capture has no such plan");
	else
		x->tally->unlisted++;
}

/* Every task belongs to a list that was compared, and there is one. */
static void compare_membership(struct comparison *x)
{
	if (!x->c->task_count)
		verify_differ(x, "it lists no tasks");
	for (uint32_t i = 0; i < x->c->task_count; i++) {
		const struct capture_task *t = &x->c->tasks[i];

		if (!t->plan || t->plan > NPU_MAX_CORES || t->core >= t->plan)
			verify_differ(x, "task %u of all is of core %u in a plan for %u: "
				      "there is no such list", i, t->core, t->plan);
	}
}

static void compare_plans(struct comparison *x, const struct capture_task **list)
{
	for (uint32_t i = 0; i < x->ours->plan_count; i++) {
		const struct plan *plan = &x->ours->plans[i];

		x->cores = plan->cores;
		x->core = x->task = 0;
		if (!is_listed(x)) {
			compare_unlisted(x, plan);
			continue;
		}
		x->tally->plans++;
		for (x->core = 0; x->core < plan->cores; x->core++)
			compare_list(x, &x->ours->lists[i][x->core], list);
	}
	x->cores = 0;
	compare_membership(x);
}

static void compare_compiled(struct comparison *x)
{
	const struct capture_task **list = calloc(x->c->task_count + 1, sizeof *list);

	x->records = record_views(x->ours);
	if (!list || !x->records) {
		verify_differ(x, "out of memory");
	} else {
		compare_plans(x, list);
		verify_buffers(x);
		verify_syncs(x);
		verify_submit(x);
	}
	record_views_free(x->records, &x->ours->regcmds);
	free(list);
}

/* Whether any conv record states what its element-wise engine does. */
static bool states_operation(const struct capture *c)
{
	for (uint32_t i = 0; i < c->task_count; i++) {
		if (capture_is_conv(&c->tasks[i]) && c->tasks[i].has[NPU_REG_DPU_EW_CFG])
			return true;
	}
	return false;
}

/* What the operator is called must be what its records do. */
static void compare_operator(struct comparison *x)
{
	const struct capture_operator *o = &x->c->operator;
	const struct conv_problem *p = &x->c->problem;
	bool table = o->act >= ACT_SIGMOID;

	if (!o->known || !states_operation(x->c))
		return;
	if (o->add != p->add)
		verify_differ(x, "the operator is %s, but its records add %s", x->c->op_type,
			      p->add ? "a tensor" : "nothing");
	if (table != p->fusion.table)
		verify_differ(x, "the operator is %s, but its records use %s look-up table",
			      x->c->op_type, p->fusion.table ? "a" : "no");
}

/* The first reason of a refusal, without its place. */
struct refusal {
	char text[200];
};

static void keep_reason(void *context, const struct diag_message *m)
{
	struct refusal *why = context;

	if (!strcmp(m->kind, "error") && !why->text[0])
		snprintf(why->text, sizeof why->text, "%s", m->text);
}

bool verify_compare(const struct capture *c, struct verify_tally *tally,
		    const struct verify_sink *sink)
{
	static const struct compile_options all_plans = { .core_mask = 7 };
	struct compiled_conv ours;
	struct comparison x = { .c = c, .ours = &ours, .tally = tally, .sink = sink };
	struct diag *diag = diag_new(NULL);
	struct conv_problem p = c->problem;
	struct refusal why = { "out of memory" };
	struct capture_facts facts;
	struct npub_op op;

	if (diag) {
		why.text[0] = 0;
		diag_set_sink(diag, keep_reason, &why);
	}
	p.name = c->slug;
	capture_read_facts(&facts, c);
	op = capture_op(&p, &facts);
	for (int i = 0; i < FACT_N; i++)
		tally->facts[i] += facts.has[i];
	tally->captures++;
	compare_operator(&x);
	if (diag && compile_conv(&ours, &p, &op, &all_plans, diag)) {
		compare_compiled(&x);
		compiled_conv_free(&ours);
	} else {
		verify_differ(&x, "refused: %s", why.text);
	}
	diag_free(diag);
	tally->differences += x.differences;
	tally->exact += !x.differences;
	tally->differing += x.differences != 0;
	return !x.differences;
}
