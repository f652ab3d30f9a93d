/*
 * A template against what the compiler made of its problem: both in the same form,
 * gone through side by side.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "mem.h"

/* Where in the plans the comparison stands. */
struct comparison {
	struct template_differences *out;
	const struct template *t, *f; /* template, formula */
	uint32_t cores, core, task;
	/* records lie at offsets from their plan's first, which depends on the others */
	uint32_t t_base, f_base;
};

static void differ(struct comparison *x, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void differ(struct comparison *x, const char *fmt, ...)
{
	struct template_differences *out = x->out;
	struct template_difference *d;
	va_list args;
	int n = 0;

	if (out->count == TEMPLATE_MAX_DIFFERENCES) {
		out->dropped++;
		return;
	}
	out->items = mem_grow(out->items, out->count, sizeof *out->items);
	d = &out->items[out->count++];
	d->cores = x->cores;
	if (x->cores)
		n = snprintf(d->text, sizeof d->text,
			     "plan for %u, core %u, task %u: ", x->cores, x->core,
			     x->task);
	va_start(args, fmt);
	vsnprintf(d->text + n, sizeof d->text - (size_t)n, fmt, args);
	va_end(args);
}

static const char *block_of(enum npu_reg reg)
{
	return npu_block_name(npu_regs[reg].block);
}

/* Name every field whose value differs, and bits that no field covers. */
static void compare_fields(struct comparison *x, enum npu_reg reg, uint32_t theirs,
			   uint32_t ours)
{
	uint32_t unknown = ~npu_reg_known_bits(reg), count;
	enum npu_field first;

	npu_reg_fields(reg, &first, &count);
	for (uint32_t i = 0; i < count; i++) {
		enum npu_field field = first + i;
		uint32_t a = npu_field_unpack(theirs, field),
			 b = npu_field_unpack(ours, field);

		if (a != b)
			differ(x, "%s.%s.%s is %u in the template, %u by formula",
			       block_of(reg), npu_regs[reg].name, npu_fields[field].name,
			       a, b);
	}
	if ((theirs ^ ours) & unknown)
		differ(x, "%s.%s has bits %#x in the template, %#x by formula",
		       block_of(reg), npu_regs[reg].name, theirs & unknown,
		       ours & unknown);
}

static void compare_write(struct comparison *x, const struct template_write *theirs,
			  const struct template_write *ours)
{
	enum npu_reg reg = theirs->reg;

	if (theirs->buffer == ours->buffer) {
		if (theirs->value == ours->value)
			return;
		if (theirs->buffer == TEMPLATE_NO_BUFFER)
			compare_fields(x, reg, theirs->value, ours->value);
		else
			differ(x, "%s.%s is byte %u of %s in the template, %u by formula",
			       block_of(reg), npu_regs[reg].name, theirs->value,
			       template_buffer_name(theirs->buffer), ours->value);
		return;
	}
	differ(x, "%s.%s points into '%s' in the template, '%s' by formula",
	       block_of(reg), npu_regs[reg].name, template_buffer_name(theirs->buffer),
	       template_buffer_name(ours->buffer));
}

/* True when an earlier write of the record has the same register. */
static bool seen_before(const struct template_record *r, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++) {
		if (r->writes[i].reg == r->writes[index].reg)
			return true;
	}
	return false;
}

static void compare_writes(struct comparison *x, const struct template_record *theirs,
			   const struct template_record *ours)
{
	if (theirs->write_count != ours->write_count)
		differ(x, "%u register writes in the template, %u by formula",
		       theirs->write_count, ours->write_count);
	for (uint32_t i = 0; i < theirs->write_count && i < ours->write_count; i++) {
		enum npu_reg a = theirs->writes[i].reg, b = ours->writes[i].reg;

		if (a != b) {
			differ(x, "write %u is %s.%s in the template, %s.%s by formula",
			       i, block_of(a), npu_regs[a].name, block_of(b),
			       npu_regs[b].name);
			return;
		}
		/* The prelude repeats registers: a difference is told once. */
		if (!seen_before(theirs, i))
			compare_write(x, &theirs->writes[i], &ours->writes[i]);
	}
}

static void compare_tail(struct comparison *x, const struct template_record *theirs,
			 const struct template_record *ours)
{
	for (uint32_t i = 0; i < NPU_TAIL_WORDS; i++) {
		uint32_t a = theirs->tail[i][2], b = ours->tail[i][2];
		bool link = !i && theirs->tail[0][0] && ours->tail[0][0];

		if (theirs->tail[i][0] != ours->tail[i][0] ||
		    theirs->tail[i][1] != ours->tail[i][1])
			differ(x,
			       "chain word %u goes to %#x:%#x in the template, %#x:%#x "
			       "by formula",
			       i, theirs->tail[i][0], theirs->tail[i][1],
			       ours->tail[i][0], ours->tail[i][1]);
		if (link) {
			a -= x->t_base;
			b -= x->f_base;
		}
		if (a != b)
			differ(x, "chain word %u is %#x in the template, %#x by formula",
			       i, a, b);
	}
}

static void compare_record(struct comparison *x, const struct template_record *theirs,
			   const struct template_record *ours)
{
	uint32_t a = theirs->offset - x->t_base, b = ours->offset - x->f_base;

	if (theirs->mask != ours->mask)
		differ(x, "mask is %#x in the template, %#x by formula", theirs->mask,
		       ours->mask);
	if (theirs->int_mask != ours->int_mask)
		differ(x, "int_mask is %#x in the template, %#x by formula",
		       theirs->int_mask, ours->int_mask);
	if (a != b)
		differ(x,
		       "commands start %u bytes into the plan in the template, %u by "
		       "formula",
		       a, b);
	compare_writes(x, theirs, ours);
	compare_tail(x, theirs, ours);
}

static void compare_plan(struct comparison *x, const struct template_plan *theirs,
			 const struct template_plan *ours)
{
	x->cores = theirs->cores;
	x->core = x->task = 0;
	x->t_base = x->t->records[theirs->list[0].first].offset;
	x->f_base = x->f->records[ours->list[0].first].offset;
	x->out->plans++;
	if (theirs->list_count != ours->list_count)
		differ(x, "%u lists in the template, %u by formula", theirs->list_count,
		       ours->list_count);
	for (; x->core < theirs->list_count && x->core < ours->list_count; x->core++) {
		const struct template_list *a = &theirs->list[x->core],
					   *b = &ours->list[x->core];

		x->task = 0;
		if (a->count != b->count)
			differ(x, "%u tasks in the list in the template, %u by formula",
			       a->count, b->count);
		for (; x->task < a->count && x->task < b->count; x->task++)
			compare_record(x, &x->t->records[a->first + x->task],
				       &x->f->records[b->first + x->task]);
	}
	x->cores = 0;
}

static void compare_bytes(struct comparison *x, const char *what, uint64_t theirs,
			  uint64_t ours)
{
	if (theirs && theirs != ours)
		differ(x, "%s: %llu bytes in the template, %llu by formula", what,
		       (unsigned long long)theirs, (unsigned long long)ours);
}

static void compare_buffers(struct comparison *x, bool all_plans)
{
	const struct template *t = x->t, *f = x->f;

	for (uint32_t i = 0; i < TEMPLATE_BOS; i++) {
		/* Records and commands of plans that were not asked for are not there. */
		if (all_plans || (i != NPUB_BO_TASK && i != NPUB_BO_WEIGHT)) {
			char what[32];

			snprintf(what, sizeof what, "%s buffer", template_bo_name(i));
			compare_bytes(x, what, t->bo_bytes[i], f->bo_bytes[i]);
		}
	}
	if (!t->regcmd_bytes)
		return;
	if (all_plans)
		compare_bytes(x, "commands", t->regcmd_bytes, f->regcmd_bytes);
	if (t->regcmd_offset != f->regcmd_offset)
		differ(x,
		       "commands begin at byte %llu of the weight buffer in the "
		       "template, %llu "
		       "by formula",
		       (unsigned long long)t->regcmd_offset,
		       (unsigned long long)f->regcmd_offset);
}

/*
 * Whether a captured sync belongs to the run: creating a buffer syncs it both ways,
 * and dumping tensors reads the input back and the output a third time.
 */
static bool is_of_run(const struct template *t, uint32_t index)
{
	const struct template_sync *s = &t->syncs[index];
	uint32_t reads = 0;

	if (s->flags == (NPUB_SYNC_TO_DEVICE | NPUB_SYNC_FROM_DEVICE))
		return false;
	if (!t->dumps || s->flags != NPUB_SYNC_FROM_DEVICE)
		return true;
	for (uint32_t i = 0; i < index; i++)
		reads += t->syncs[i].bo == s->bo && t->syncs[i].flags == s->flags;
	return s->bo == NPUB_BO_OUTPUT && reads < 2;
}

static void compare_syncs(struct comparison *x)
{
	uint32_t mine = 0, count = 0;

	for (uint32_t i = 0; i < x->t->sync_count; i++) {
		const struct template_sync *a = &x->t->syncs[i], *b = &x->f->syncs[mine];

		if (!is_of_run(x->t, i))
			continue;
		count++;
		if (mine++ >= x->f->sync_count)
			continue;
		if (a->bo != b->bo || a->flags != b->flags || a->offset != b->offset ||
		    a->bytes != b->bytes)
			differ(x,
			       "sync %u is %s, flags %u, %llu bytes at %llu in the "
			       "template, %s, "
			       "flags %u, %llu at %llu by formula",
			       mine - 1, template_bo_name(a->bo), a->flags,
			       (unsigned long long)a->bytes,
			       (unsigned long long)a->offset, template_bo_name(b->bo),
			       b->flags, (unsigned long long)b->bytes,
			       (unsigned long long)b->offset);
	}
	if (count != x->f->sync_count)
		differ(x, "%u syncs of a run in the template, %u by formula", count,
		       x->f->sync_count);
}

/* The vendor's default runs the one-core plan, named in ranges 0 to 2. */
static void compare_submit(struct comparison *x)
{
	const struct template_submit *s = &x->t->submit;
	uint32_t n = x->f->plans[0].list[0].count;

	if (s->task_number != NPU_MAX_CORES * n)
		differ(x, "submit: %u tasks in the template, %u by formula",
		       s->task_number, NPU_MAX_CORES * n);
	for (uint32_t i = 0; i < TEMPLATE_SUBCORES; i++) {
		uint32_t want = i < NPU_MAX_CORES ? n : 0;

		if (s->subcore[i][0] || s->subcore[i][1] != want)
			differ(x,
			       "submit: range %u is [%u, %u] in the template, [0, %u] by "
			       "formula",
			       i, s->subcore[i][0], s->subcore[i][1], want);
	}
}

static const struct template_plan *plan_for(const struct template *t, uint32_t cores)
{
	for (uint32_t i = 0; i < t->plan_count; i++) {
		if (t->plans[i].cores == cores)
			return &t->plans[i];
	}
	return NULL;
}

void template_compare(struct template_differences *d, const struct template *t,
		      const struct compiled_conv *c)
{
	struct template formula;
	struct comparison x = { .out = d, .t = t, .f = &formula };
	bool all_plans = true;

	memset(d, 0, sizeof *d);
	template_from_compiled(&formula, c);
	for (uint32_t cores = 1; cores <= NPU_MAX_CORES; cores++) {
		const struct template_plan *theirs = plan_for(t, cores);
		const struct template_plan *ours = plan_for(&formula, cores);

		all_plans = all_plans && !theirs == !ours;
		if (theirs && ours)
			compare_plan(&x, theirs, ours);
	}
	compare_buffers(&x, all_plans);
	if (t->has_submit && all_plans) {
		compare_syncs(&x);
		compare_submit(&x);
	}
	template_clear(&formula);
}

void template_differences_free(struct template_differences *d)
{
	free(d->items);
	memset(d, 0, sizeof *d);
}
