/*
 * The PC commit trace of an instrumented driver against what driver 0.9.8 writes.
 */
#include "hw/npu_word.h"
#include "verify/evidence_start.h"

#define TASK_CON_MODE 6u /* bit 14 of task control, and clear the counter */
#define TASK_CON_SHIFT 12u
#define POINTER_CORE_STEP 0x10000000u /* S_POINTER of core c */
#define SLAVE_MODE 1u

static void check_prelude(struct start_check *c, uint32_t row)
{
	uint32_t pointer =
	    NPU_S_POINTER_PINGPONG + POINTER_CORE_STEP * start_core(c->ev, row);

	start_expect(c, row, LF_BASE, "base address", SLAVE_MODE);
	start_expect(c, row, LF_CNA_POINTER, "CNA S_POINTER", pointer);
	start_expect(c, row, LF_CORE_POINTER, "CORE S_POINTER", pointer);
}

static void check_values(struct start_check *c, uint32_t row, const struct start *s)
{
	uint32_t mode = TASK_CON_MODE | (s->flags & RKNPU_SUBMIT_PINGPONG ? 1 : 0);

	start_expect(c, row, LF_DMA_BASE, "DMA base", 0);
	if (!s->known)
		return;
	if (s->regcmd) {
		start_expect(c, row, LF_REGCMD_ADDR, "command address", s->regcmd);
		start_expect(c, row, LF_BASE, "base address", (uint32_t)s->regcmd);
	}
	start_expect(c, row, LF_COUNT, "regcfg_amount", s->amount);
	start_expect(c, row, LF_AMOUNT, "register amount",
		     npu_amount_from_body(s->amount));
	start_expect(c, row, LF_INT_MASK, "interrupt mask", s->last_mask);
	/* the register clears when written and reads as something else */
	if (c->ev->log->rows[row].form == LOG_PC_COMMIT)
		start_expect(c, row, LF_INT_CLEAR, "interrupt clear", s->first_mask);
	start_expect(c, row, LF_TASK_CON, "task control",
		     mode << TASK_CON_SHIFT | s->count);
	start_expect(c, row, LF_TASK_START, "task_start", s->first);
	start_expect(c, row, LF_TASK_NUMBER, "task_number", s->count);
}

static bool is_commit(enum log_form form)
{
	return form == LOG_PC_PRELUDE || form == LOG_PC_COMMIT || form == LOG_PC_REGS ||
	       form == LOG_PC_ARMED;
}

static void check_commit_values(const struct evidence *ev, struct report *report)
{
	struct start_check c = { .ev = ev, .report = report };
	char place[LOG_PLACE_BYTES];

	for (uint32_t i = 0; i < ev->log->row_count; i++) {
		enum log_form form = ev->log->rows[i].form;
		struct start s;

		if (!is_commit(form))
			continue;
		if (start_core(ev, i) >= NPU_MAX_CORES)
			report_fail(report, "%s: core %u of three",
				    evidence_place(ev, i, place), start_core(ev, i));
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
		uint32_t core = start_core(ev, i);
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

void evidence_check_commit(const struct evidence *ev, struct report *report)
{
	uint32_t commits = start_count_forms(ev, is_commit);

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
	evidence_check_interrupts(ev, report);
}
