/*
 * Templates of captures and of the compiler's own product, in one form, so that
 * comparing them is comparing two templates.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "corpus/capture.h"
#include "hw/npu_word.h"
#include "template/template_priv.h"

struct template_record *template_add_record(struct template *t, uint32_t writes)
{
	struct template_record *r;

	t->records = mem_grow(t->records, t->record_count, sizeof *t->records);
	r = &t->records[t->record_count++];
	memset(r, 0, sizeof *r);
	r->writes = mem_new((writes ? writes : 1) * sizeof *r->writes);
	return r;
}

static char *copy(const char *text)
{
	return mem_strndup(text, strlen(text));
}

enum template_buffer template_buffer_of(enum npu_reg reg)
{
	switch (reg) {
	case NPU_REG_CNA_FEATURE_DATA_ADDR:
		return TEMPLATE_INPUT;
	case NPU_REG_CNA_DCOMP_ADDR0:
		return TEMPLATE_WEIGHT;
	case NPU_REG_DPU_DST_BASE_ADDR:
		return TEMPLATE_OUTPUT;
	case NPU_REG_DPU_RDMA_BS_BASE_ADDR:
		return TEMPLATE_BIAS;
	case NPU_REG_PPU_DST_BASE_ADDR:
	case NPU_REG_PPU_RDMA_SRC_BASE_ADDR:
		return TEMPLATE_SCRATCH;
	default:
		return TEMPLATE_NO_BUFFER;
	}
}

bool template_find_tiles(struct template *t)
{
	uint32_t value[NPU_REG_N];
	struct conv_layout layout;

	if (!layout_from_problem(&layout, &t->problem))
		return false;
	for (uint32_t p = 0; p < t->plan_count; p++) {
		for (uint32_t core = 0; core < t->plans[p].list_count; core++) {
			const struct template_list *list = &t->plans[p].list[core];

			for (uint32_t i = 0; i < list->count; i++) {
				struct template_record *r = &t->records[list->first + i];

				if (r->mask == NPU_MASK_BARRIER)
					continue;
				template_values(t, list, i, value);
				tile_from_registers(&r->tile, &t->problem, &layout,
						    value);
				r->tile.core = core;
			}
		}
	}
	layout_free(&layout);
	return true;
}

/* --- from a capture -------------------------------------------------------- */

bool template_refuse(char *why, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, TEMPLATE_WHY_BYTES, fmt, args);
	va_end(args);
	return false;
}

/* Offset in its own buffer of an address, which captures count in two ways. */
static uint32_t own_offset(const struct capture *c, const struct capture_task *task,
			   enum npu_reg reg)
{
	uint64_t scratch = c->bos.regcmd_offset - NPU_WEIGHT_SCRATCH_BYTES;

	if (template_buffer_of(reg) != TEMPLATE_SCRATCH)
		return task->value[reg];
	if (task->in_weight_bo[reg])
		return (uint32_t)(task->value[reg] - scratch);
	/* Each line counts from its own start. */
	return task->value[reg] +
	       (reg == NPU_REG_PPU_RDMA_SRC_BASE_ADDR ? NPU_PPU_SCRATCH_BYTES : 0);
}

static bool take_task(struct template *t, const struct capture *c, uint32_t index,
		      char *why)
{
	const struct capture_task *task = &c->tasks[index];
	struct template_record *r;

	if (!task->order || !task->has_tail)
		return template_refuse(why, "task %u: the %s not known", index,
				       task->order ? "chain words are"
						   : "order of its register writes is");
	if (task->amount > TEMPLATE_MAX_WRITES)
		return template_refuse(why, "task %u writes %u registers", index,
				       task->amount);
	r = template_add_record(t, task->amount);
	r->mask = task->mask;
	r->int_mask = task->int_mask;
	r->offset = task->regcmd_offset;
	memcpy(r->tail, task->tail, sizeof r->tail);
	for (; r->write_count < task->amount; r->write_count++) {
		enum npu_reg reg = task->order[r->write_count];
		struct template_write *w = &r->writes[r->write_count];

		if (reg >= NPU_REG_N || !task->has[reg])
			return template_refuse(
			    why, "task %u: the value of write %u is not known", index,
			    r->write_count);
		if (task->is_addr[reg] && template_buffer_of(reg) == TEMPLATE_NO_BUFFER)
			return template_refuse(
			    why,
			    "task %u: %s.%s points to an operand, which a plain conv "
			    "has not",
			    index, npu_block_name(npu_regs[reg].block),
			    npu_regs[reg].name);
		*w = (struct template_write){ reg, TEMPLATE_NO_BUFFER, task->value[reg] };
		if (task->is_addr[reg]) {
			w->buffer = template_buffer_of(reg);
			w->value = own_offset(c, task, reg);
		}
	}
	return true;
}

/* Tasks come list by list: plan and core of each say where a list ends. */
static bool take_tasks(struct template *t, const struct capture *c, char *why)
{
	struct template_plan *plan = NULL;

	for (uint32_t i = 0; i < c->task_count; i++) {
		const struct capture_task *task = &c->tasks[i];
		struct template_list *list;

		if (!plan || plan->cores != task->plan) {
			if (task->plan <= (plan ? plan->cores : 0) ||
			    task->plan > NPU_MAX_CORES)
				return template_refuse(why,
						       "task %u: plan %u is out of order",
						       i, task->plan);
			plan = &t->plans[t->plan_count++];
			plan->cores = task->plan;
			plan->evidence = NPUB_EVIDENCE_CAPTURED;
		}
		if (task->core >= plan->cores || task->core + 1 < plan->list_count ||
		    task->core > plan->list_count)
			return template_refuse(why, "task %u: core %u is out of order", i,
					       task->core);
		list = &plan->list[task->core];
		if (task->core == plan->list_count) {
			plan->list_count++;
			list->first = i;
		}
		list->count++;
		if (!take_task(t, c, i, why))
			return false;
	}
	return t->plan_count || template_refuse(why, "the capture holds no tasks");
}

/* A dump of tensors reads the input back before, and the output once more after. */
static bool saw_dumps(const struct capture *c)
{
	for (uint32_t i = 0; i < c->sync_count; i++) {
		if (c->syncs[i].bo == NPUB_BO_INPUT &&
		    c->syncs[i].flags == NPUB_SYNC_FROM_DEVICE)
			return true;
	}
	return false;
}

static bool take_run(struct template *t, const struct capture *c, char *why)
{
	if (!c->has_submit)
		return true;
	if (c->sync_count > TEMPLATE_MAX_SYNCS)
		return template_refuse(why, "%u syncs in one run", c->sync_count);
	for (uint32_t i = 0; i < c->sync_count; i++)
		t->syncs[i] =
		    (struct template_sync){ c->syncs[i].bo, c->syncs[i].flags,
					    c->syncs[i].offset, c->syncs[i].bytes };
	t->sync_count = c->sync_count;
	t->dumps = saw_dumps(c);
	t->has_submit = true;
	t->submit = (struct template_submit){
		.flags = c->submit.flags,
		.timeout_ms = c->submit.timeout,
		.task_start = c->submit.task_start,
		.task_number = c->submit.task_number,
		.core_mask = c->submit.core_mask,
	};
	memcpy(t->submit.subcore, c->submit.subcore, sizeof t->submit.subcore);
	return true;
}

static bool is_plain(const struct capture *c, char *why)
{
	const struct conv_fusion *f = &c->problem.fusion;

	if (c->topology_only || !c->full_window)
		return template_refuse(why, "it holds no complete registers, only %s",
				       c->topology_only ? "the task table" : "some");
	if (f->table || f->add || (*c->op_type && strcmp(c->op_type, "Conv")))
		return template_refuse(
		    why, "its operator is %s; templates hold plain convs", c->op_type);
	if (c->problem.elem != NPU_ELEM_FP16)
		return template_refuse(why, "its words hold a model's quantisation; "
					    "templates hold fp16 convs");
	return true;
}

/* In a network, a list leads on into the next operator's. */
static bool is_alone(const struct template *t, char *why)
{
	for (uint32_t p = 0; p < t->plan_count; p++) {
		for (uint32_t core = 0; core < t->plans[p].list_count; core++) {
			const struct template_list *list = &t->plans[p].list[core];

			if (t->records[list->first + list->count - 1].tail[0][0])
				return template_refuse(
				    why, "its lists lead on into the next operator "
					 "of a network; templates hold convs captured "
					 "alone");
		}
	}
	return true;
}

bool template_from_capture(struct template *t, const struct capture *c, char *why)
{
	template_init(t);
	if (!is_plain(c, why))
		return false;
	t->name = copy(c->slug);
	t->problem = c->problem;
	t->problem.name = copy(c->slug);
	t->provenance.capture = copy(*c->slug ? c->slug : "unnamed");
	t->provenance.kind = copy(*c->source_kind ? c->source_kind : "not said");
	if (*c->compiler)
		t->provenance.compiler =
		    mem_strndup(c->compiler, strcspn(c->compiler, " ("));
	t->bo_bytes[NPUB_BO_TASK] = c->bos.task;
	t->bo_bytes[NPUB_BO_WEIGHT] = c->bos.weight;
	t->bo_bytes[NPUB_BO_INTERNAL] = c->bos.internal;
	t->bo_bytes[NPUB_BO_INPUT] = c->bos.input;
	t->bo_bytes[NPUB_BO_OUTPUT] = c->bos.output;
	t->regcmd_offset = c->bos.regcmd_offset;
	t->regcmd_bytes = c->bos.regcmd;
	if (take_tasks(t, c, why) && is_alone(t, why) && take_run(t, c, why)) {
		for (uint32_t i = 0; i < t->record_count; i++) {
			if (t->records[i].mask == NPU_MASK_CONV_RDMA)
				t->problem.bias.kind = SOURCE_SEED;
		}
		if (template_find_tiles(t))
			return true;
		template_refuse(why, "out of memory");
	}
	template_clear(t);
	return false;
}

/* --- from the compiler ----------------------------------------------------- */

static struct template_write write_from_reloc(enum npu_reg reg,
					      const struct npub_reloc *reloc,
					      const struct compiled_conv *c)
{
	struct template_write w = { reg, TEMPLATE_NO_BUFFER, 0 };
	uint64_t start = 0;

	switch (reloc->bo) {
	case NPUB_BO_INPUT:
		w.buffer = TEMPLATE_INPUT;
		break;
	case NPUB_BO_OUTPUT:
		w.buffer = TEMPLATE_OUTPUT;
		break;
	default:
		w.buffer = TEMPLATE_WEIGHT;
		start = c->weight_bo.weights;
		if (reloc->addend >= c->weight_bo.scratch) {
			w.buffer = TEMPLATE_SCRATCH;
			start = c->weight_bo.scratch;
		} else if (c->layout.bias_bytes && reloc->addend >= c->weight_bo.bias) {
			w.buffer = TEMPLATE_BIAS;
			start = c->weight_bo.bias;
		}
	}
	w.value = (uint32_t)(reloc->addend - start);
	return w;
}

/* relocs[i] - 1 is the relocation of word i; 0: none.  NULL: out of memory. */
static uint32_t *index_relocs(const struct regcmds *r)
{
	uint32_t *index = mem_new((r->word_count + 1) * sizeof *index);

	for (uint32_t i = 0; i < r->reloc_count; i++)
		index[r->relocs[i].word] = i + 1;
	return index;
}

static void take_compiled_task(struct template *t, const struct compiled_conv *c,
			       const uint32_t *relocs, uint32_t task_index)
{
	const struct regcmds *code = &c->regcmds;
	const struct npub_task *task = &code->tasks[task_index];
	uint32_t word = (uint32_t)(task->regcmd_addr / NPU_WORD_BYTES);
	struct template_record *r = template_add_record(t, task->regcfg_amount);

	r->mask = task->enable_mask;
	r->int_mask = task->int_mask;
	r->offset = (uint32_t)task->regcmd_addr;
	for (; r->write_count < task->regcfg_amount; r->write_count++, word++) {
		struct npu_word w = npu_word_unpack(code->words[word]);
		enum npu_reg reg = npu_reg_from_offset(w.offset);

		r->writes[r->write_count] =
		    relocs[word]
			? write_from_reloc(reg, &code->relocs[relocs[word] - 1], c)
			: (struct template_write){ reg, TEMPLATE_NO_BUFFER, w.value };
	}
	for (uint32_t i = 0; i < NPU_TAIL_WORDS; i++, word++) {
		struct npu_word w = npu_word_unpack(code->words[word]);

		r->tail[i][0] = w.target;
		r->tail[i][1] = w.offset;
		r->tail[i][2] = w.value;
		if (relocs[word])
			r->tail[i][2] = (uint32_t)(code->relocs[relocs[word] - 1].addend -
						   c->weight_bo.regcmd);
	}
}

static void take_compiled_plan(struct template *t, const struct compiled_conv *c,
			       const uint32_t *relocs, uint32_t index)
{
	struct template_plan *plan = &t->plans[t->plan_count++];

	plan->cores = c->plans[index].cores;
	plan->list_count = c->plans[index].shared ? 1 : plan->cores;
	plan->evidence = c->plans[index].evidence;
	for (uint32_t core = 0; core < plan->list_count; core++) {
		const struct npub_list *list = &c->lists[index][core];

		plan->list[core] =
		    (struct template_list){ t->record_count, list->task_count };
		for (uint32_t i = 0; i < list->task_count; i++)
			take_compiled_task(t, c, relocs, list->first_task + i);
	}
}

static void take_compiled_run(struct template *t, const struct compiled_conv *c)
{
	struct npub_sync syncs[CONV_MAX_SYNCS];

	t->sync_count = conv_syncs(c, syncs);
	for (uint32_t i = 0; i < t->sync_count; i++)
		t->syncs[i] = (struct template_sync){ (enum npub_bo_role)syncs[i].bo,
						      syncs[i].flags, syncs[i].offset,
						      syncs[i].bytes };
}

void template_from_compiled(struct template *t, const struct compiled_conv *c)
{
	uint32_t *relocs = index_relocs(&c->regcmds);

	template_init(t);
	t->name = copy("formula");
	t->bo_bytes[NPUB_BO_TASK] = c->bos.task;
	t->bo_bytes[NPUB_BO_WEIGHT] = c->bos.weight;
	t->bo_bytes[NPUB_BO_INTERNAL] = c->bos.internal;
	t->bo_bytes[NPUB_BO_INPUT] = c->bos.input;
	t->bo_bytes[NPUB_BO_OUTPUT] = c->bos.output;
	t->regcmd_offset = c->weight_bo.regcmd;
	t->regcmd_bytes = (uint64_t)c->regcmds.word_count * NPU_WORD_BYTES;
	for (uint32_t i = 0; i < c->plan_count; i++)
		take_compiled_plan(t, c, relocs, i);
	take_compiled_run(t, c);
	free(relocs);
}
