/*
 * A bundle's conv, record by record, against a capture of the same conv.
 */
#include <string.h>

#include "bundle/stated_problem.h"
#include "corpus/verify_compare.h"
#include "hw/npu_word.h"
#include "verify/verify_subject.h"

struct matching {
	const struct npub *b;
	const struct npub_conv *conv;
	const struct capture *c;
	struct report *report;
	uint32_t records, registers;
};

static bool same_problem(const struct conv_problem *a, const struct conv_problem *b)
{
	return a->batch == b->batch && a->in_c == b->in_c && a->in_h == b->in_h &&
	       a->in_w == b->in_w && a->out_c == b->out_c && a->out_h == b->out_h &&
	       a->out_w == b->out_w && a->kernel_h == b->kernel_h &&
	       a->kernel_w == b->kernel_w && a->stride_y == b->stride_y &&
	       a->stride_x == b->stride_x && a->pad_top == b->pad_top &&
	       a->pad_left == b->pad_left && a->pad_bottom == b->pad_bottom &&
	       a->pad_right == b->pad_right && a->dilation_y == b->dilation_y &&
	       a->dilation_x == b->dilation_x && a->groups == b->groups &&
	       a->elem == b->elem && a->out_elem == b->out_elem;
}

/* The last word of the record's body that writes the register; NPUB_NONE: none. */
static uint32_t find_write(const struct matching *m, const struct npub_task *t,
			   enum npu_reg reg)
{
	uint32_t first = (uint32_t)(t->regcmd_addr / NPU_WORD_BYTES);
	uint16_t target = npu_block_target(npu_regs[reg].block);

	for (uint32_t i = t->regcfg_amount; i-- > 0;) {
		struct npu_word w;

		if (first + i >= m->conv->word_count)
			continue;
		w = npu_word_unpack(m->b->words[m->conv->first_word + first + i]);
		if (w.target == target && w.offset == npu_regs[reg].offset)
			return first + i;
	}
	return NPUB_NONE;
}

static uint64_t tensor_offset(const struct matching *m, uint32_t tensor)
{
	return tensor == NPUB_NONE ? 0 : m->b->tensors[tensor].bo_offset;
}

/* An address as captures count it: from the start of its tensor. */
static uint64_t address_of(const struct matching *m, enum npu_reg reg, uint32_t word,
			   bool in_weight_bo)
{
	for (uint32_t i = 0; i < m->conv->reloc_count; i++) {
		const struct npub_reloc *r = &m->b->relocs[m->conv->first_reloc + i];

		if (r->word != word)
			continue;
		if (in_weight_bo)
			return r->addend;
		if (reg == NPU_REG_CNA_DCOMP_ADDR0)
			return r->addend - tensor_offset(m, m->conv->weights);
		if (reg == NPU_REG_DPU_RDMA_BS_BASE_ADDR)
			return r->addend - tensor_offset(m, m->conv->bias);
		if (reg == NPU_REG_DPU_RDMA_SRC_BASE_ADDR ||
		    reg == NPU_REG_DPU_RDMA_EW_BASE_ADDR)
			return r->addend - tensor_offset(m, m->conv->operand);
		return r->addend;
	}
	return 0;
}

/* Scratch lines of a barrier lie where each file likes; the bundle's are checked
 * against their buffer elsewhere. */
static bool is_scratch(enum npu_reg reg)
{
	return reg == NPU_REG_PPU_DST_BASE_ADDR || reg == NPU_REG_PPU_RDMA_SRC_BASE_ADDR;
}

static void compare_registers(struct matching *m, const struct npub_task *t,
			      const struct capture_task *ct, uint32_t record)
{
	for (int r = 0; r < NPU_REG_N; r++) {
		enum npu_reg reg = (enum npu_reg)r;
		uint32_t word;
		uint64_t value;

		if (verify_taken(&m->c->problem, reg) != TAKEN_NOT)
			continue;
		if (!ct->written[reg] || (is_scratch(reg) && !ct->in_weight_bo[reg]))
			continue;
		word = find_write(m, t, reg);
		m->registers++;
		if (word == NPUB_NONE) {
			report_fail(m->report, "record %u does not write %s.%s", record,
				    npu_block_name(npu_regs[reg].block),
				    npu_regs[reg].name);
			continue;
		}
		value = npu_word_unpack(m->b->words[m->conv->first_word + word]).value;
		if (ct->is_addr[reg])
			value = address_of(m, reg, word, ct->in_weight_bo[reg]);
		if (value != ct->value[reg])
			report_fail(m->report,
				    "record %u: %s.%s is 0x%llx, captured 0x%x", record,
				    npu_block_name(npu_regs[reg].block),
				    npu_regs[reg].name, (unsigned long long)value,
				    ct->value[reg]);
	}
}

static void compare_record(struct matching *m, uint32_t index,
			   const struct capture_task *ct)
{
	const struct npub_task *t = &m->b->tasks[m->conv->first_task + index];

	m->records++;
	if (ct->amount && t->regcfg_amount != ct->amount)
		report_fail(m->report, "record %u has amount %u, captured %u", index,
			    t->regcfg_amount, ct->amount);
	if (ct->mask && t->enable_mask != ct->mask)
		report_fail(m->report, "record %u enables 0x%x, captured 0x%x", index,
			    t->enable_mask, ct->mask);
	if (ct->int_mask && t->int_mask != ct->int_mask)
		report_fail(m->report, "record %u awaits 0x%x, captured 0x%x", index,
			    t->int_mask, ct->int_mask);
	compare_registers(m, t, ct, index);
}

/* A record before the conv's own, which fills the look-up table. */
static bool loads_table(const struct capture_task *ct)
{
	return ct->mask && !capture_is_conv(ct) && ct->mask != NPU_MASK_BARRIER;
}

/* One core's list against the capture's records of that plan and core, in order. */
static void compare_list(struct matching *m, const struct npub_plan *plan, uint32_t core)
{
	const struct npub_list *list = &plan->list[core];
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->c->task_count; i++) {
		const struct capture_task *ct = &m->c->tasks[i];

		if (ct->plan != plan->cores || ct->core != core || loads_table(ct))
			continue;
		if (n < list->task_count && list->first_task + n < m->conv->task_count)
			compare_record(m, list->first_task + n, ct);
		n++;
	}
	if (n != list->task_count)
		report_fail(m->report,
			    "core %u of the %u-core plan has %u records, captured %u",
			    core, plan->cores, list->task_count, n);
}

/* A capture need not list a plan again that was not split over its cores. */
static bool is_repeated(const struct matching *m, const struct npub_plan *plan)
{
	for (uint32_t i = 0; i < m->c->task_count; i++) {
		if (m->c->tasks[i].plan == plan->cores)
			return false;
	}
	return plan->cores > 1 && npub_plan_is_one_core(plan);
}

static void compare_plans(struct matching *m)
{
	for (uint32_t i = 0; i < m->conv->plan_count; i++) {
		const struct npub_plan *plan = &m->b->plans[m->conv->first_plan + i];

		if (is_repeated(m, plan))
			continue;
		for (uint32_t core = 0; core < plan->cores && core < NPU_MAX_CORES;
		     core++)
			compare_list(m, plan, core);
	}
}

static void take_difference(void *ctx, const char *sentence)
{
	report_fail(ctx, "%s", sentence);
}

void subject_check_capture(const struct verify_subject *s, uint32_t index,
			   const struct capture *c, struct report *report)
{
	struct verify_sink sink = { take_difference, report };
	struct verify_tally tally = { 0 };
	struct matching m = { .b = &s->npub, .c = c, .report = report };
	struct conv_problem p;

	report_item(report, "capture-records", "as captured");
	if (s->broken.code != NPURT_OK) {
		report_skip(report, "the bundle cannot be read");
	} else {
		m.conv = &s->npub.convs[index];
		p = stated_problem(&s->npub, m.conv);
		if (same_problem(&p, &c->problem))
			compare_plans(&m);
		else
			report_fail(report, "the capture %s is of another conv", c->slug);
		report_pass(report, "%u records and %u registers as captured", m.records,
			    m.registers);
	}
	report_item(report, "capture-schedule", "the compiler makes what was captured");
	verify_compare(c, &tally, &sink);
	report_pass(report,
		    "%u plans, %u records and %u registers as the compiler makes them",
		    tally.plans, tally.tasks, tally.registers);
}
