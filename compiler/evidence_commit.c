/*
 * The PC commit trace of an instrumented driver, and the driver's own messages about
 * interrupts and timeouts, against what driver 0.9.8 writes and decides.
 */
#include "evidence.h"

#include <stdlib.h>

#include "hw/npu_hw.h"
#include "hw/npu_word.h"

#define TASK_CON_MODE 6u /* bit 14 of task control, and clear the counter */
#define TASK_CON_SHIFT 12u
#define POINTER_CORE_STEP 0x10000000u /* S_POINTER of core c */
#define SLAVE_MODE 1u
#define FLAG_PINGPONG 4u
#define US_PER_MS 1000u

uint32_t evidence_irq_widen(uint32_t status)
{
	/* CNA feature, CNA weight, CNA CSC, CORE, DPU, PPU: both register groups */
	static const uint32_t pairs[] = {
		0x3, 0xc, 0x30, 0xc0, NPU_INT_MASK_DPU, NPU_INT_MASK_PPU
	};
	uint32_t wide = 0;

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		if (status & pairs[i])
			wide |= pairs[i];
	}
	return wide;
}

bool evidence_irq_completes(uint32_t status, uint32_t mask)
{
	return evidence_irq_widen(status) == mask;
}

bool evidence_irq_whole_pairs(uint32_t mask)
{
	return mask && evidence_irq_widen(mask) == mask;
}

/* What one start of one core is given. */
struct start {
	bool known; /* the range and its records are */
	uint32_t first, count, flags, timeout_ms;
	uint32_t amount, first_mask, last_mask;
	uint64_t regcmd; /* 0: not known */
};

static void record_fields(const struct evidence *ev, uint32_t index, uint32_t *amount,
			  uint32_t *int_mask, uint64_t *regcmd)
{
	if (index < ev->task_count) {
		*amount = (uint32_t)evidence_get(ev, ev->tasks[index], LF_AMOUNT);
		*int_mask = (uint32_t)evidence_get(ev, ev->tasks[index], LF_INT_MASK);
		*regcmd = evidence_get(ev, ev->tasks[index], LF_REGCMD_ADDR);
	} else {
		const struct npub_task *t =
		    &ev->bundle->tasks[ev->conv->first_task + index];

		*amount = t->regcfg_amount;
		*int_mask = t->int_mask;
		*regcmd = ev->window_dma ? ev->window_dma + t->regcmd_addr : 0;
	}
}

/* The n-th start of a core: of the n-th submit, else of the bundle's plan. */
static struct start find_start(const struct evidence *ev, uint32_t core, uint32_t ordinal)
{
	const struct npub_plan *plan = evidence_plan(ev, ev->cores);
	uint32_t limit = ev->task_count ? ev->task_count
			 : ev->conv	? ev->conv->task_count
					: 0;
	struct start s = { .flags = FLAG_PINGPONG };
	uint32_t ignored_amount;
	uint64_t ignored_addr;

	if (core >= NPU_MAX_CORES)
		return s;
	if (ev->submit_count) {
		const struct evidence_submit *job =
		    &ev->submits[ordinal < ev->submit_count ? ordinal
							    : ev->submit_count - 1];
		/* three cores use entries 2 to 4 */
		uint32_t entry = job->core_mask == 7 ? core + 2 : core;

		s.first = job->subcore[entry].start;
		s.count = job->subcore[entry].count;
		s.flags = (uint32_t)evidence_get(ev, job->flags_row, LF_FLAGS);
		s.timeout_ms = (uint32_t)evidence_get(ev, job->flags_row, LF_TIMEOUT);
	} else if (plan) {
		uint32_t list = evidence_job_cores(ev) == 1 ? 0 : core;

		s.first = plan->list[list].first_task;
		s.count = plan->list[list].task_count;
	}
	if (!s.count || s.first >= limit || s.count > limit - s.first)
		return s;
	s.known = true;
	record_fields(ev, s.first, &s.amount, &s.first_mask, &s.regcmd);
	record_fields(ev, s.first + s.count - 1, &ignored_amount, &s.last_mask,
		      &ignored_addr);
	return s;
}

struct commit {
	const struct evidence *ev;
	struct report *report;
	uint32_t starts[NPU_MAX_CORES]; /* commits seen of each core */
	uint32_t compared;
};

static uint32_t core_of(const struct evidence *ev, uint32_t row)
{
	if (ev->log->rows[row].form == LOG_KERNEL_CORE)
		return ev->log->rows[row].number;
	return (uint32_t)evidence_get(ev, row, LF_CORE);
}

static void expect(struct commit *c, uint32_t row, enum log_field field, const char *what,
		   uint64_t want)
{
	char place[LOG_PLACE_BYTES];

	if (!evidence_has(c->ev, row, field))
		return;
	c->compared++;
	if (evidence_get(c->ev, row, field) != want)
		report_fail(c->report, "%s: %s is 0x%llx, the driver writes 0x%llx",
			    evidence_place(c->ev, row, place), what,
			    (unsigned long long)evidence_get(c->ev, row, field),
			    (unsigned long long)want);
}

static void check_prelude(struct commit *c, uint32_t row)
{
	uint32_t pointer =
	    NPU_S_POINTER_PINGPONG + POINTER_CORE_STEP * core_of(c->ev, row);

	expect(c, row, LF_BASE, "base address", SLAVE_MODE);
	expect(c, row, LF_CNA_POINTER, "CNA S_POINTER", pointer);
	expect(c, row, LF_CORE_POINTER, "CORE S_POINTER", pointer);
}

static void check_values(struct commit *c, uint32_t row, const struct start *s)
{
	uint32_t mode = TASK_CON_MODE | (s->flags & FLAG_PINGPONG ? 1 : 0);

	expect(c, row, LF_DMA_BASE, "DMA base", 0);
	if (!s->known)
		return;
	if (s->regcmd) {
		expect(c, row, LF_REGCMD_ADDR, "command address", s->regcmd);
		expect(c, row, LF_BASE, "base address", (uint32_t)s->regcmd);
	}
	expect(c, row, LF_COUNT, "regcfg_amount", s->amount);
	expect(c, row, LF_AMOUNT, "register amount", npu_amount_from_body(s->amount));
	expect(c, row, LF_INT_MASK, "interrupt mask", s->last_mask);
	/* the register clears when written and reads as something else */
	if (c->ev->log->rows[row].form == LOG_PC_COMMIT)
		expect(c, row, LF_INT_CLEAR, "interrupt clear", s->first_mask);
	expect(c, row, LF_TASK_CON, "task control", mode << TASK_CON_SHIFT | s->count);
	expect(c, row, LF_TASK_START, "task_start", s->first);
	expect(c, row, LF_TASK_NUMBER, "task_number", s->count);
}

static bool is_commit(enum log_form form)
{
	return form == LOG_PC_PRELUDE || form == LOG_PC_COMMIT || form == LOG_PC_REGS ||
	       form == LOG_PC_ARMED;
}

static bool is_irq(enum log_form form)
{
	return form == LOG_PC_IRQ || form == LOG_PC_IRQ_INVALID ||
	       form == LOG_KERNEL_IRQ_INVALID;
}

static bool is_timeout(enum log_form form)
{
	return form == LOG_PC_TIMEOUT || form == LOG_KERNEL_CORE;
}

static uint32_t count_forms(const struct evidence *ev, bool (*wanted)(enum log_form))
{
	uint32_t n = 0;

	for (int f = 0; f < LOG_FORM_N; f++)
		n += wanted((enum log_form)f) ? ev->log->form_rows[f] : 0;
	return n;
}

/* The start that a row is about; counts commits on the way. */
static struct start start_of_row(struct commit *c, uint32_t row)
{
	uint32_t core = core_of(c->ev, row), seen;

	if (core >= NPU_MAX_CORES)
		return (struct start){ 0 };
	if (c->ev->log->rows[row].form == LOG_PC_COMMIT)
		c->starts[core]++;
	seen = c->starts[core];
	return find_start(c->ev, core, seen ? seen - 1 : 0);
}

static void check_commit_values(const struct evidence *ev, struct report *report)
{
	struct commit c = { .ev = ev, .report = report };
	char place[LOG_PLACE_BYTES];

	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		enum log_form form = ev->log->rows[i].form;
		struct start s;

		if (!is_commit(form))
			continue;
		if (core_of(ev, i) >= NPU_MAX_CORES)
			report_fail(report, "%s: core %u of three",
				    evidence_place(ev, i, place), core_of(ev, i));
		s = start_of_row(&c, i);
		if (form == LOG_PC_PRELUDE)
			check_prelude(&c, i);
		else
			check_values(&c, i, &s);
	}
	if (!c.compared)
		report_skip(report, "the rows name no register that is known");
	else
		report_pass(report, "%u values as driver 0.9.8 writes them", c.compared);
}

/* Progress of one core's start. */
enum stage { STAGE_IDLE, STAGE_PRELUDE, STAGE_COMMIT, STAGE_REGS, STAGE_ARMED };

/* Stage after a row; STAGE_IDLE - 1, that is -1, when the row is out of turn. */
static int next_stage(enum stage at, enum log_form form, bool preludes)
{
	switch (form) {
	case LOG_PC_PRELUDE:
		return at == STAGE_IDLE ? STAGE_PRELUDE : -1;
	case LOG_PC_COMMIT:
		return at == (preludes ? STAGE_PRELUDE : STAGE_IDLE) ? STAGE_COMMIT : -1;
	case LOG_PC_REGS:
		return at == STAGE_COMMIT ? STAGE_REGS : -1;
	case LOG_PC_ARMED:
		return at == STAGE_COMMIT || at == STAGE_REGS ? STAGE_ARMED : -1;
	case LOG_PC_IRQ:
	case LOG_PC_TIMEOUT:
		return at == STAGE_ARMED ? STAGE_IDLE : -1;
	case LOG_PC_IRQ_INVALID:
		return at == STAGE_ARMED ? STAGE_ARMED : -1;
	default:
		return (int)at;
	}
}

static void check_commit_order(const struct evidence *ev, struct report *report)
{
	bool preludes = ev->log->form_rows[LOG_PC_PRELUDE] > 0;
	enum stage stage[NPU_MAX_CORES] = { STAGE_IDLE };
	char place[LOG_PLACE_BYTES];

	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		uint32_t core = core_of(ev, i);
		int next;

		if (log_form_kind(ev->log->rows[i].form) != LOG_KIND_PC ||
		    core >= NPU_MAX_CORES)
			continue;
		next = next_stage(stage[core], ev->log->rows[i].form, preludes);
		if (next < 0) {
			report_fail(report, "%s: the row comes out of turn on core %u",
				    evidence_place(ev, i, place), core);
			return;
		}
		stage[core] = (enum stage)next;
	}
	for (uint32_t core = 0; core < NPU_MAX_CORES; core++) {
		if (stage[core] != STAGE_IDLE)
			report_fail(report, "a start on core %u has no end", core);
	}
}

/* Status and mask of an interrupt or timeout row; false when it names too little. */
static bool status_and_mask(struct commit *c, uint32_t row, const struct start *s,
			    uint32_t *status, uint32_t *mask)
{
	const struct evidence *ev = c->ev;
	char place[LOG_PLACE_BYTES];

	if (s->known)
		expect(c, row, LF_INT_MASK, "require mask", s->last_mask);
	if (!evidence_has(ev, row, LF_STATUS) ||
	    (!evidence_has(ev, row, LF_INT_MASK) && !s->known))
		return false;
	*status = (uint32_t)evidence_get(ev, row, LF_STATUS);
	*mask = evidence_has(ev, row, LF_INT_MASK)
		    ? (uint32_t)evidence_get(ev, row, LF_INT_MASK)
		    : s->last_mask;
	c->compared++;
	/* the raw status holds every bit of the other; the mask counts for the last task
	 * only */
	if (evidence_has(ev, row, LF_RAW) &&
	    *status & ~(uint32_t)evidence_get(ev, row, LF_RAW))
		report_fail(c->report,
			    "%s: status 0x%x has bits that raw status 0x%x does not",
			    evidence_place(ev, row, place), *status,
			    (uint32_t)evidence_get(ev, row, LF_RAW));
	return true;
}

static void check_counter(struct commit *c, uint32_t row, const struct start *s)
{
	char place[LOG_PLACE_BYTES];
	uint64_t counter = evidence_get(c->ev, row, LF_TASK_COUNTER);

	if (s->known && evidence_has(c->ev, row, LF_TASK_COUNTER) &&
	    (counter & NPU_MAX_TASKS_PER_SUBMIT) > s->count)
		report_fail(c->report, "%s: task counter %llu of %u",
			    evidence_place(c->ev, row, place),
			    (unsigned long long)counter, s->count);
}

static void check_irqs(const struct evidence *ev, struct report *report)
{
	struct commit c = { .ev = ev, .report = report };
	char place[LOG_PLACE_BYTES];

	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		enum log_form form = ev->log->rows[i].form;
		struct start s = { 0 };
		uint32_t status, mask;

		if (is_irq(form) || form == LOG_PC_COMMIT)
			s = start_of_row(&c, i);
		if (!is_irq(form))
			continue;
		check_counter(&c, i, &s);
		if (status_and_mask(&c, i, &s, &status, &mask) &&
		    evidence_irq_completes(status, mask) != (form == LOG_PC_IRQ))
			report_fail(
			    report, "%s: status 0x%x %s mask 0x%x",
			    evidence_place(ev, i, place), status,
			    form == LOG_PC_IRQ ? "does not complete" : "completes", mask);
	}
	if (!c.compared)
		report_skip(report, "the rows name no status with a mask");
}

/* "6004123us"; 0 when it is no such thing. */
static uint64_t elapsed_us(const struct evidence *ev, uint32_t row)
{
	char text[32], *end;

	log_text(ev->log, &ev->log->rows[row], LF_ELAPSED, text, sizeof text);
	return strtoull(text, &end, 10);
}

static void check_timeouts(const struct evidence *ev, struct report *report)
{
	struct commit c = { .ev = ev, .report = report };
	char place[LOG_PLACE_BYTES];
	uint32_t reset_due = LOG_NONE;

	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		enum log_form form = ev->log->rows[i].form;
		struct start s = { 0 };
		uint32_t status, mask;

		if (form == LOG_KERNEL_TIMEOUT)
			reset_due = i;
		if (form == LOG_KERNEL_RESET)
			reset_due = LOG_NONE;
		if (is_timeout(form) || form == LOG_PC_COMMIT)
			s = start_of_row(&c, i);
		if (!is_timeout(form))
			continue;
		check_counter(&c, i, &s);
		if (status_and_mask(&c, i, &s, &status, &mask) &&
		    evidence_irq_completes(status, mask))
			report_fail(report,
				    "%s: status 0x%x completes mask 0x%x: no timeout",
				    evidence_place(ev, i, place), status, mask);
		if (s.timeout_ms && evidence_has(ev, i, LF_ELAPSED) &&
		    elapsed_us(ev, i) < (uint64_t)s.timeout_ms * US_PER_MS)
			report_fail(report, "%s: gave up after %llu us of %u ms",
				    evidence_place(ev, i, place),
				    (unsigned long long)elapsed_us(ev, i), s.timeout_ms);
	}
	if (reset_due != LOG_NONE)
		report_fail(report, "%s: no soft reset follows the timeout",
			    evidence_place(ev, reset_due, place));
}

void evidence_check_commit(const struct evidence *ev, struct report *report)
{
	uint32_t commits = count_forms(ev, is_commit), irqs = count_forms(ev, is_irq);
	uint32_t timeouts =
	    count_forms(ev, is_timeout) + ev->log->form_rows[LOG_KERNEL_TIMEOUT];

	report_item(report, "pc-commit-order", "prelude, commit, armed, then the end");
	if (commits || ev->log->form_rows[LOG_PC_IRQ] ||
	    ev->log->form_rows[LOG_PC_TIMEOUT])
		check_commit_order(ev, report);
	else
		report_skip(report, "no pc commit rows");
	report_item(report, "pc-commit-values", "as driver 0.9.8 writes them");
	if (commits)
		check_commit_values(ev, report);
	else
		report_skip(report, "no pc commit rows");
	report_item(report, "irq-completion", "%u interrupts as the driver judges them",
		    irqs);
	if (irqs)
		check_irqs(ev, report);
	else
		report_skip(report, "no interrupt rows");
	report_item(report, "timeout-model", "%u timeouts as the driver reports them",
		    timeouts);
	if (timeouts)
		check_timeouts(ev, report);
	else
		report_skip(report, "no timeout rows");
}
