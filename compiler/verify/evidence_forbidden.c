/*
 * Structures that must never be run, whoever made them: ranges of records that hold
 * more than one list, counts that are not the chain's, barriers without partners,
 * interrupts that can never match.
 */
#include "verify/chain_view.h"

#include "hw/npu_hw.h"

/* Records [start, start + count) that one core of a job of `cores` runs. */
struct range {
	uint32_t start, count, cores;
	uint32_t row; /* of the log that names it; LOG_NONE: a plan of the bundle */
};

struct rules {
	const struct evidence *ev;
	struct report *report;
	const struct chain_view *view;
	const char *of; /* "the bundle", "the dump" */
};

/* Called for each range that a bundle's plans or a log's submits name. */
typedef void range_check(const struct rules *r, const struct range *range);

static const char *range_text(const struct rules *r, const struct range *range,
			      char buf[160])
{
	char place[LOG_PLACE_BYTES];

	if (range->row == LOG_NONE)
		snprintf(buf, 160, "the bundle's %u-core plan: records %u, +%u",
			 range->cores, range->start, range->count);
	else
		snprintf(buf, 160, "%s: records %u, +%u on %u core%s",
			 evidence_place(r->ev, range->row, place), range->start,
			 range->count, range->cores, range->cores == 1 ? "" : "s");
	return buf;
}

/* First list head in the range after its first record; the range's end: none. */
static uint32_t second_list(const struct rules *r, const struct range *range)
{
	uint32_t i = range->start + 1;

	while (i < range->start + range->count && i < r->view->count &&
	       r->view->records[i].linked)
		i++;
	return i;
}

static bool in_view(const struct rules *r, const struct range *range)
{
	return range->start < r->view->count &&
	       range->count <= r->view->count - range->start;
}

/* Whether the range holds records of the one-core plan, which every table begins with. */
static bool has_one_core(const struct rules *r, const struct range *range)
{
	return range->start < chain_length(r->view, 0) && chain_cores(r->view, 0) == 1;
}

static void check_mixed(const struct rules *r, const struct range *range)
{
	uint32_t cores;
	char text[160];

	if (!in_view(r, range))
		return;
	cores = chain_cores(r->view, range->start);
	if (second_list(r, range) < range->start + range->count && has_one_core(r, range))
		report_fail(r->report,
			    "%s, but record %u begins another plan's list (%s)",
			    range_text(r, range, text), second_list(r, range), r->of);
	else if (cores > 1 && cores != range->cores)
		report_fail(r->report,
			    "%s, but the list belongs to the %u-core plan (%s)",
			    range_text(r, range, text), cores, r->of);
}

static void check_tail_index(const struct rules *r, const struct range *range)
{
	char text[160];

	if (!in_view(r, range) || has_one_core(r, range))
		return;
	if (second_list(r, range) < range->start + range->count)
		report_fail(
		    r->report,
		    "%s run later plans' lists as one, record %u begins another (%s)",
		    range_text(r, range, text), second_list(r, range), r->of);
	else if (r->view->records[range->start].linked)
		report_fail(r->report, "%s begin in the middle of a list (%s)",
			    range_text(r, range, text), r->of);
}

static void check_count(const struct rules *r, const struct range *range)
{
	uint32_t length;
	char text[160];

	if (!in_view(r, range)) {
		report_fail(r->report, "%s, beyond the %u records (%s)",
			    range_text(r, range, text), r->view->count, r->of);
		return;
	}
	length = chain_length(r->view, range->start);
	if (length != range->count)
		report_fail(r->report, "%s, but the chain is %u long (%s)",
			    range_text(r, range, text), length, r->of);
}

static void check_barrier(const struct rules *r, const struct range *range)
{
	char text[160];

	for (uint32_t i = 0; range->cores == 1 && in_view(r, range) && i < range->count;
	     i++) {
		const struct chain_record *rec = &r->view->records[range->start + i];

		if (rec->enable_mask == NPU_MASK_BARRIER || rec->cores > 1) {
			report_fail(r->report,
				    "%s, but record %u waits for other cores (%s)",
				    range_text(r, range, text), range->start + i, r->of);
			return;
		}
	}
}

static void check_pairs(const struct rules *r, const struct range *range)
{
	char text[160];

	for (uint32_t i = 0; in_view(r, range) && i < range->count; i++) {
		uint32_t mask = r->view->records[range->start + i].int_mask;

		if (!evidence_irq_whole_pairs(mask)) {
			report_fail(
			    r->report, "%s: record %u awaits 0x%x, not whole pairs (%s)",
			    range_text(r, range, text), range->start + i, mask, r->of);
			return;
		}
	}
}

static void each_plan(const struct rules *r, range_check *check)
{
	const struct npub_conv *conv = r->ev->conv;

	for (uint32_t i = 0; i < conv->plan_count; i++) {
		const struct npub_plan *p = &r->ev->bundle->plans[conv->first_plan + i];

		/* a plan that is not split goes out as a one-core job */
		uint32_t cores =
		    npub_plan_is_one_core(p) ? 1 : npu_min(p->cores, NPU_MAX_CORES);

		for (uint32_t core = 0; core < cores; core++) {
			struct range range = { p->list[core].first_task,
					       p->list[core].task_count, cores,
					       LOG_NONE };

			check(r, &range);
		}
	}
}

/* Entries that a mask makes the driver use (driver notes, range selection). */
static void each_submit(const struct rules *r, range_check *check)
{
	for (uint32_t i = 0; i < r->ev->submit_count; i++) {
		const struct evidence_submit *s = &r->ev->submits[i];
		uint32_t cores = evidence_mask_cores(s->core_mask);
		uint32_t first = evidence_mask_entry(s->core_mask, 0);
		uint32_t last = cores == 1 ? NPU_MAX_CORES : first + cores;

		for (uint32_t k = first; k < last; k++) {
			struct range range = { s->subcore[k].start, s->subcore[k].count,
					       cores, s->subcore_row[k] };

			if (s->subcore_row[k] != LOG_NONE && range.count)
				check(r, &range);
		}
	}
}

/* clang-format off */
static const struct {
	const char *item, *pass;
	range_check *check;
} rules[] = {
	{ "forbidden-mixed-plans", "no range holds more than one plan", check_mixed },
	{ "forbidden-tail-index", "no range runs later plans' lists as one", check_tail_index },
	{ "forbidden-task-count", "every count is its chain's length", check_count },
	{ "forbidden-barrier", "no one-core range waits for other cores", check_barrier },
	{ "forbidden-half-pair", "every interrupt mask is whole pairs", check_pairs },
};
/* clang-format on */

void evidence_check_forbidden(const struct evidence *ev, struct report *report)
{
	struct chain_view bundle = { 0 }, dump = { 0 };
	bool ok = (!ev->conv || chain_from_bundle(&bundle, ev->bundle, ev->conv)) &&
		  chain_from_log(&dump, ev);

	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct rules b = { ev, report, &bundle, "by the bundle's words" };
		struct rules d = { ev, report, &dump, "by the dump's words" };

		report_item(report, rules[i].item, "%s", rules[i].pass);
		if (!ok) {
			report_fail(report, "out of memory");
			continue;
		}
		if (!ev->conv && (!dump.count || !ev->submit_count)) {
			report_skip(report,
				    "neither a bundle nor a SUBMIT with its dumps");
			continue;
		}
		if (ev->conv)
			each_plan(&b, rules[i].check);
		if (dump.count || bundle.count)
			each_submit(dump.count ? &d : &b, rules[i].check);
	}
	chain_free(&bundle);
	chain_free(&dump);
}
