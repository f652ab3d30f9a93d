/*
 * Interrupts and timeouts of the PC commit trace and of the driver's own messages,
 * judged as driver 0.9.8 judges them.
 */
#include <stdlib.h>

#include "verify/evidence_start.h"

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

static bool is_irq(enum log_form form)
{
	return form == LOG_PC_IRQ || form == LOG_PC_IRQ_INVALID ||
	       form == LOG_KERNEL_IRQ_INVALID;
}

static bool is_timeout(enum log_form form)
{
	return form == LOG_PC_TIMEOUT || form == LOG_KERNEL_CORE;
}

/* Status and mask of an interrupt or timeout row; false when it names too little. */
static bool status_and_mask(struct start_check *c, uint32_t row, const struct start *s,
			    uint32_t *status, uint32_t *mask)
{
	const struct evidence *ev = c->ev;
	char place[LOG_PLACE_BYTES];

	if (s->known)
		start_expect(c, row, LF_INT_MASK, "require mask", s->last_mask);
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

static void check_counter(struct start_check *c, uint32_t row, const struct start *s)
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
	struct start_check c = { .ev = ev, .report = report };
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
	struct start_check c = { .ev = ev, .report = report };
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

void evidence_check_interrupts(const struct evidence *ev, struct report *report)
{
	uint32_t irqs = start_count_forms(ev, is_irq);
	uint32_t timeouts =
	    start_count_forms(ev, is_timeout) + ev->log->form_rows[LOG_KERNEL_TIMEOUT];

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
