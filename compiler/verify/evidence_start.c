#include "verify/evidence_start.h"

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
	struct start s = { .flags = NPU_SUBMIT_FLAGS };
	uint32_t ignored_amount;
	uint64_t ignored_addr;

	if (core >= NPU_MAX_CORES)
		return s;
	if (ev->submit_count) {
		const struct evidence_submit *job =
		    &ev->submits[ordinal < ev->submit_count ? ordinal
							    : ev->submit_count - 1];
		uint32_t entry = evidence_mask_entry(job->core_mask, core);

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

uint32_t start_core(const struct evidence *ev, uint32_t row)
{
	if (ev->log->rows[row].form == LOG_KERNEL_CORE)
		return ev->log->rows[row].number;
	return (uint32_t)evidence_get(ev, row, LF_CORE);
}

void start_expect(struct start_check *c, uint32_t row, enum log_field field,
		  const char *what, uint64_t want)
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

struct start start_of_row(struct start_check *c, uint32_t row)
{
	uint32_t core = start_core(c->ev, row), seen;

	if (core >= NPU_MAX_CORES)
		return (struct start){ 0 };
	if (c->ev->log->rows[row].form == LOG_PC_COMMIT)
		c->starts[core]++;
	seen = c->starts[core];
	return find_start(c->ev, core, seen ? seen - 1 : 0);
}

uint32_t start_count_forms(const struct evidence *ev, bool (*wanted)(enum log_form))
{
	uint32_t n = 0;

	for (int f = 0; f < LOG_FORM_N; f++)
		n += wanted((enum log_form)f) ? ev->log->form_rows[f] : 0;
	return n;
}
