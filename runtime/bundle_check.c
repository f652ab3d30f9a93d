/* Every index, offset and size of every element of a bundle. */
#include "bundle_check.h"

#include "error.h"

bool npub_plan_is_one_core(const struct npub_plan *p)
{
	for (int i = 1; i < NPUB_MAX_CORES; i++) {
		if (p->list[i].task_count)
			return false;
	}
	return true;
}

static enum npurt_err check_strings(const struct npub *b, struct npurt_error *e)
{
	if (!b->string_bytes || b->strings[0] || b->strings[b->string_bytes - 1]) {
		e->section = NPUB_SECTION_STRINGS;
		return npurt_failf(e, NPURT_ERR_SECTION,
				   "strings must begin and end with a zero");
	}
	return NPURT_OK;
}

static enum npurt_err check_bo(const struct npub *b, const struct npub_bo *bo,
			       struct npurt_error *e)
{
	if (!string_fits(b, bo->name))
		return npurt_failf(e, NPURT_ERR_INDEX, "name");
	if (bo->role > NPUB_BO_OUTPUT || !bo->bytes || bo->bytes > UINT32_MAX)
		return npurt_failf(e, NPURT_ERR_SECTION, "role %u, %U bytes", bo->role,
				   bo->bytes);
	if (!bo->align || bo->align & (bo->align - 1) || bo->align > 4096)
		return npurt_failf(e, NPURT_ERR_SECTION,
				   "alignment %u is no power of two up to a page",
				   bo->align);
	if (!range_fits(bo->data_offset, bo->data_bytes, b->data_bytes))
		return npurt_failf(e, NPURT_ERR_INDEX, "data");
	if (bo->data_bytes > bo->bytes)
		return npurt_failf(e, NPURT_ERR_SECTION, "%U data bytes into %U",
				   bo->data_bytes, bo->bytes);
	return NPURT_OK;
}

/* The pieces of DATA follow each other in the BOs' order; none is used twice. */
static enum npurt_err check_data(const struct npub *b, struct npurt_error *e)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < b->bo_count; i++) {
		const struct npub_bo *bo = &b->bos[i];

		e->index = i;
		if (!bo->data_bytes ? bo->data_offset != 0
				    : bo->data_offset != (end + NPUB_ALIGN - 1) /
							     NPUB_ALIGN * NPUB_ALIGN)
			return npurt_failf(e, NPURT_ERR_INDEX, "data at %U",
					   bo->data_offset);
		if (bo->data_bytes)
			end = bo->data_offset + bo->data_bytes;
	}
	if (end != b->data_bytes)
		return npurt_failf(e, NPURT_ERR_INDEX, "%U of %u bytes of data are used",
				   end, b->data_bytes);
	return NPURT_OK;
}

/*
 * The tensor at `index`, of that role, in one of the conv's BOs and in the right
 * kind: what the caller writes must never land on commands or task records.
 */
static bool tensor_is(const struct npub *b, const struct npub_conv *c, uint32_t index,
		      uint32_t role)
{
	static const uint8_t bo_roles[] = {
		[NPUB_TENSOR_INPUT] = NPUB_BO_INPUT,
		[NPUB_TENSOR_OUTPUT] = NPUB_BO_OUTPUT,
		[NPUB_TENSOR_WEIGHTS] = NPUB_BO_WEIGHT,
		[NPUB_TENSOR_BIAS] = NPUB_BO_WEIGHT,
		[NPUB_TENSOR_OPERAND] = NPUB_BO_INPUT,
	};
	const struct npub_tensor *t;

	if (index >= b->tensor_count)
		return false;
	t = &b->tensors[index];
	return t->role == role && t->bo - c->first_bo < c->bo_count &&
	       b->bos[t->bo].role == bo_roles[role];
}

static bool dims_are(const struct npub_tensor *t, uint32_t elem, uint32_t n, uint32_t c,
		     uint32_t h, uint32_t w)
{
	return t->elem == elem && t->n == n && t->c == c && t->h == h && t->w == w;
}

/* out = (in + pads - ((k - 1) * d + 1)) / stride + 1 */
static bool out_size_is(uint64_t out, uint64_t in, uint64_t pads, uint64_t kernel,
			uint64_t dilation, uint64_t stride)
{
	uint64_t extent = mul(kernel - 1, dilation) + 1;

	return extent <= in + pads && out == (in + pads - extent) / stride + 1;
}

static bool geometry_holds(const struct npub *b, const struct npub_conv *c)
{
	const struct npub_tensor *t = b->tensors;

	if (!c->batch || !c->in_c || !c->in_h || !c->in_w || !c->out_c || !c->kernel_h ||
	    !c->kernel_w || !c->stride_y || !c->stride_x || !c->dilation_y ||
	    !c->dilation_x || !c->groups || c->in_c % c->groups || c->out_c % c->groups ||
	    c->mode > NPUB_MODE_PIXEL)
		return false;
	if (!out_size_is(c->out_h, c->in_h, (uint64_t)c->pad_top + c->pad_bottom,
			 c->kernel_h, c->dilation_y, c->stride_y) ||
	    !out_size_is(c->out_w, c->in_w, (uint64_t)c->pad_left + c->pad_right,
			 c->kernel_w, c->dilation_x, c->stride_x))
		return false;
	if (!dims_are(&t[c->weights], c->elem, c->out_c, c->in_c / c->groups, c->kernel_h,
		      c->kernel_w))
		return false;
	if (c->bias != NPUB_NONE &&
	    !dims_are(&t[c->bias], t[c->bias].elem, 1, c->out_c, 1, 1))
		return false;
	return dims_are(&t[c->input], c->elem, c->batch, c->in_c, c->in_h, c->in_w) &&
	       dims_are(&t[c->output], c->out_elem, c->batch, c->out_c, c->out_h,
			c->out_w) &&
	       (t[c->input].layout == NPUB_LAYOUT_PIXEL) == (c->mode == NPUB_MODE_PIXEL);
}

static enum npurt_err check_conv(const struct npub *b, const struct npub_conv *c,
				 struct npurt_error *e)
{
	if (!string_fits(b, c->name) ||
	    !range_fits(c->first_bo, c->bo_count, b->bo_count) ||
	    !range_fits(c->first_plan, c->plan_count, b->plan_count) ||
	    !range_fits(c->first_task, c->task_count, b->task_count) ||
	    !range_fits(c->first_sync, c->sync_count, b->sync_count) ||
	    !range_fits(c->first_reloc, c->reloc_count, b->reloc_count) ||
	    !range_fits(c->first_word, c->word_count, b->word_count))
		return npurt_failf(e, NPURT_ERR_INDEX, "name or a range");
	if (!tensor_is(b, c, c->input, NPUB_TENSOR_INPUT) ||
	    !tensor_is(b, c, c->output, NPUB_TENSOR_OUTPUT) ||
	    !tensor_is(b, c, c->weights, NPUB_TENSOR_WEIGHTS) ||
	    (c->bias != NPUB_NONE && !tensor_is(b, c, c->bias, NPUB_TENSOR_BIAS)) ||
	    (c->operand != NPUB_NONE &&
	     !tensor_is(b, c, c->operand, NPUB_TENSOR_OPERAND)) ||
	    c->task_bo - c->first_bo >= c->bo_count ||
	    c->regcmd_bo - c->first_bo >= c->bo_count ||
	    b->bos[c->task_bo].role != NPUB_BO_TASK ||
	    b->bos[c->regcmd_bo].role != NPUB_BO_WEIGHT)
		return npurt_failf(e, NPURT_ERR_INDEX, "tensor or BO");
	if (c->reserved || !c->plan_count || c->plan_count > NPUB_MAX_CORES ||
	    !c->task_count)
		return npurt_failf(e, NPURT_ERR_SECTION, "%u plans, %u tasks",
				   c->plan_count, c->task_count);
	if (!geometry_holds(b, c))
		return npurt_failf(e, NPURT_ERR_SECTION, "sizes contradict each other");
	if ((uint64_t)c->task_count * sizeof(struct npub_task) > b->bos[c->task_bo].bytes)
		return npurt_failf(e, NPURT_ERR_SECTION, "%u tasks in a BO of %U bytes",
				   c->task_count, b->bos[c->task_bo].bytes);
	if (c->regcmd_bo_offset % NPUB_ALIGN ||
	    c->regcmd_bo_offset < b->bos[c->regcmd_bo].data_bytes ||
	    !range_fits(c->regcmd_bo_offset, (uint64_t)c->word_count * sizeof(uint64_t),
			b->bos[c->regcmd_bo].bytes))
		return npurt_failf(e, NPURT_ERR_SECTION, "commands at %u of their BO",
				   c->regcmd_bo_offset);
	return npub_check_op(b, c, e);
}

static enum npurt_err check_plan(const struct npub_conv *c, const struct npub_plan *p,
				 struct npurt_error *e)
{
	if (!p->cores || p->cores > NPUB_MAX_CORES || p->split > NPUB_SPLIT_YC ||
	    p->evidence > NPUB_EVIDENCE_PROMOTED ||
	    p->hazards & ~(NPUB_HAZARD_POISONS_NEXT_JOB | NPUB_HAZARD_UNTESTED) ||
	    p->reserved[0] || p->reserved[1])
		return npurt_failf(e, NPURT_ERR_PLAN,
				   "cores %u, split %u, evidence %u, hazards %x",
				   p->cores, p->split, p->evidence, p->hazards);
	for (uint32_t i = 0; i < NPUB_MAX_CORES; i++) {
		const struct npub_list *l = &p->list[i];

		if (!range_fits(l->first_task, l->task_count, c->task_count))
			return npurt_failf(e, NPURT_ERR_INDEX, "list of core %u", i);
	}
	return NPURT_OK;
}

/* Relocations rise by word, so that each word has at most one. */
static enum npurt_err check_relocs(const struct npub *b, const struct npub_conv *c,
				   struct npurt_error *e)
{
	uint64_t next = 0;

	for (uint32_t i = 0; i < c->reloc_count; i++) {
		const struct npub_reloc *r = &b->relocs[c->first_reloc + i];

		e->index = c->first_reloc + i;
		if (r->word >= c->word_count || r->bo - c->first_bo >= c->bo_count)
			return npurt_failf(e, NPURT_ERR_INDEX, "word %u, BO %u", r->word,
					   r->bo);
		if (r->word < next)
			return npurt_failf(e, NPURT_ERR_RELOC, "word %u out of order",
					   r->word);
		if (r->addend >= b->bos[r->bo].bytes)
			return npurt_failf(e, NPURT_ERR_RELOC,
					   "offset %U of BO '%s' of %U bytes", r->addend,
					   npub_string(b, b->bos[r->bo].name),
					   b->bos[r->bo].bytes);
		next = (uint64_t)r->word + 1;
	}
	return NPURT_OK;
}

static enum npurt_err check_syncs(const struct npub *b, const struct npub_conv *c,
				  struct npurt_error *e)
{
	for (uint32_t i = 0; i < c->sync_count; i++) {
		const struct npub_sync *s = &b->syncs[c->first_sync + i];

		e->index = c->first_sync + i;
		if (s->bo - c->first_bo >= c->bo_count)
			return npurt_failf(e, NPURT_ERR_INDEX, "BO %u", s->bo);
		if (s->phase > NPUB_SYNC_AFTER || !s->flags || s->reserved ||
		    s->flags & ~(NPUB_SYNC_TO_DEVICE | NPUB_SYNC_FROM_DEVICE) ||
		    !range_fits(s->offset, s->bytes, b->bos[s->bo].bytes))
			return npurt_failf(e, NPURT_ERR_SECTION,
					   "phase %u, flags %x, [%U, +%U)", s->phase,
					   s->flags, s->offset, s->bytes);
	}
	return NPURT_OK;
}

/* Plans, relocations and syncs of one conv, each in its own section. */
static enum npurt_err check_parts(const struct npub *b, const struct npub_conv *c,
				  struct npurt_error *e)
{
	enum npurt_err err;

	e->section = NPUB_SECTION_PLANS;
	for (uint32_t i = 0; i < c->plan_count; i++) {
		e->index = c->first_plan + i;
		err = check_plan(c, &b->plans[c->first_plan + i], e);
		if (err)
			return err;
	}
	e->section = NPUB_SECTION_RELOCS;
	err = check_relocs(b, c, e);
	if (err)
		return err;
	e->section = NPUB_SECTION_SYNCS;
	return check_syncs(b, c, e);
}

enum npurt_err npub_check_elements(const struct npub *b, struct npurt_error *e)
{
	enum npurt_err err = check_strings(b, e);

	if (err)
		return err;
	e->section = NPUB_SECTION_BOS;
	for (uint32_t i = 0; i < b->bo_count; i++) {
		e->index = i;
		err = check_bo(b, &b->bos[i], e);
		if (err)
			return err;
	}
	err = check_data(b, e);
	if (err)
		return err;
	e->section = NPUB_SECTION_TENSORS;
	for (uint32_t i = 0; i < b->tensor_count; i++) {
		e->index = i;
		err = npub_check_tensor(b, &b->tensors[i], e);
		if (err)
			return err;
	}
	for (uint32_t i = 0; i < b->conv_count; i++) {
		e->section = NPUB_SECTION_CONVS;
		e->index = i;
		err = check_conv(b, &b->convs[i], e);
		if (!err)
			err = check_parts(b, &b->convs[i], e);
		if (err)
			return err;
	}
	e->section = NPUB_SECTION_DEBUG;
	for (uint32_t i = 0; i < b->debug_count; i++) {
		e->index = i;
		if (b->debug[i].task >= b->task_count)
			return npurt_failf(e, NPURT_ERR_INDEX, "task %u",
					   b->debug[i].task);
	}
	e->section = e->index = NPURT_NOWHERE;
	return NPURT_OK;
}
