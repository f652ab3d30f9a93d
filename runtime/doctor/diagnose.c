#include "diagnose.h"

#include <stdlib.h>
#include <string.h>

const char *const verdict_names[] = { [VERDICT_HEALTHY] = "HEALTHY",
				      [VERDICT_TROUBLE] = "TROUBLE",
				      [VERDICT_UNKNOWN] = "UNKNOWN" };

static bool is_trouble(const struct finding *f)
{
	return f->sig->severity >= SEVERITY_WARNING;
}

/* Facts that show a family on this machine, the best first. */
static const enum fact_id signs[FAMILY_N][3] = {
	[FAMILY_RKNPU] = { FACT_RKNPU_NODE, FACT_RKNPU_DEVICE, FACT_RKNPU_OF_NODE },
	[FAMILY_AXCL] = { FACT_AXCL_NODE, FACT_AXCL_PCI, FACT_AXCL_MODULE },
	[FAMILY_XDNA] = { FACT_XDNA_NODE, FACT_XDNA_PCI, FACT_XDNA_MODULE },
};
#define SIGNS (sizeof signs[0] / sizeof signs[0][0])

static bool is_here(const struct facts *facts, enum family family)
{
	bool here = false;

	for (size_t i = 0; i < SIGNS; i++)
		here = here || facts_find(facts, signs[family][i]);
	return here;
}

/*
 * Whether the machine meets the conditions.  What is missing counts only in a family
 * that is asked for or shows at all: nobody lacks three kinds of NPU at a time.
 */
static bool applies(const struct diagnosis *d, const struct signature *sig)
{
	if (d->asked != FAMILY_AUTO && sig->family != d->asked)
		return false;
	if (d->asked == FAMILY_AUTO && sig->when_count && !is_here(d->facts, sig->family))
		return false;
	for (size_t i = 0; i < sig->when_count; i++) {
		if (!condition_holds(&sig->when[i], d->facts))
			return false;
	}
	return true;
}

static void add_line(struct finding *f, const struct hit *hit)
{
	if (f->line_count == DIAGNOSE_LINES) {
		memmove(f->lines, f->lines + 1,
			(DIAGNOSE_LINES - 1) * sizeof f->lines[0]);
		f->line_count--;
	}
	f->lines[f->line_count++] = hit;
}

static void collect(struct diagnosis *d)
{
	const struct signatures *s = d->signatures;

	d->findings = mem_new((s->count + 1) * sizeof *d->findings);
	for (size_t i = 0; i < s->count; i++) {
		const struct signature *sig = &s->items[i];
		struct finding f = { .sig = sig };

		if (!applies(d, sig))
			continue;
		f.hits = d->scan->totals ? d->scan->totals[i] : 0;
		for (size_t k = 0; k < d->scan->count; k++) {
			if (d->scan->items[k].sig == sig)
				add_line(&f, &d->scan->items[k]);
		}
		if (!sig->pattern_count || f.line_count)
			d->findings[d->finding_count++] = f;
	}
}

static const struct hit *last_line(const struct finding *f)
{
	return f->line_count ? f->lines[f->line_count - 1] : NULL;
}

static bool is_before(const struct hit *a, const struct hit *b)
{
	return a->log == b->log && a->line < b->line;
}

/* Lines behind `line` that say the family's driver, or the machine, has started. */
static size_t starts_after(const struct diagnosis *d, const struct hit *line)
{
	size_t count = 0;

	for (size_t i = 0; i < d->scan->count; i++) {
		const struct hit *hit = &d->scan->items[i];

		count += hit->sig->severity == SEVERITY_START &&
			 hit->sig->family == line->sig->family && is_before(line, hit);
	}
	return count;
}

/*
 * What was logged before the driver last started is history.  One start is behind
 * what the driver says while it starts.
 */
static void mark_past(struct diagnosis *d)
{
	for (size_t i = 0; i < d->finding_count; i++) {
		struct finding *f = &d->findings[i];

		if (last_line(f) && f->sig->severity != SEVERITY_START)
			f->past = starts_after(d, last_line(f)) > f->sig->at_start;
	}
}

/* Lines of an earlier incident in the same log, by its own clock. */
static void mark_old(struct diagnosis *d)
{
	for (size_t i = 0; i < d->finding_count; i++) {
		struct finding *f = &d->findings[i];
		const struct hit *mine = last_line(f);

		for (size_t k = 0; mine && k < d->finding_count; k++) {
			const struct finding *g = &d->findings[k];
			const struct hit *other = last_line(g);

			if (!is_trouble(g) || g->past || !other ||
			    other->log != mine->log || mine->ms == SCAN_TIME_NONE ||
			    other->ms == SCAN_TIME_NONE)
				continue;
			if (mine->ms + DIAGNOSE_INCIDENT_MS < other->ms)
				f->old = true;
		}
	}
}

static uint32_t last_place(const struct finding *f, bool line)
{
	const struct hit *hit = last_line(f);

	if (!hit)
		return UINT32_MAX; /* a fact holds now */
	return line ? hit->line : hit->log;
}

static int order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_findings(const void *pa, const void *pb)
{
	const struct finding *a = pa, *b = pb;
	int c = order(a->past, b->past);

	c = c ? c : order(!is_trouble(a), !is_trouble(b));
	c = c ? c : order(a->old, b->old);
	c = c ? c : order(a->sig->rank, b->sig->rank);
	c = c ? c : order(last_place(b, false), last_place(a, false));
	c = c ? c : order(last_place(b, true), last_place(a, true));
	return c ? c : strcmp(a->sig->id, b->sig->id);
}

/* The first cause among findings of the same incident. */
static void link_causes(struct diagnosis *d)
{
	for (size_t i = 0; i < d->finding_count; i++) {
		struct finding *f = &d->findings[i];

		for (size_t k = 0; k < i && !f->cause; k++) {
			const struct finding *g = &d->findings[k];

			for (size_t e = 0; e < f->sig->explained_count; e++) {
				if (!strcmp(f->sig->explained_by[e], g->sig->id) &&
				    f->past == g->past && f->old == g->old)
					f->cause = g;
			}
		}
	}
}

/* The family of the verdict, else the one that the machine or a log shows. */
static enum family choose_family(const struct diagnosis *d)
{
	if (d->asked != FAMILY_AUTO)
		return d->asked;
	if (d->main)
		return d->main->sig->family;
	for (size_t i = 0; i < SIGNS; i++) {
		for (int f = 0; f < FAMILY_N; f++) {
			if (facts_find(d->facts, signs[f][i]))
				return (enum family)f;
		}
	}
	for (size_t i = 0; i < d->finding_count; i++) {
		if (d->findings[i].line_count &&
		    d->findings[i].sig->severity != SEVERITY_START)
			return d->findings[i].sig->family;
	}
	return FAMILY_AUTO;
}

void diagnose(struct diagnosis *d)
{
	d->finding_count = 0;
	collect(d);
	mark_past(d);
	mark_old(d);
	qsort(d->findings, d->finding_count, sizeof *d->findings, compare_findings);
	link_causes(d);
	d->main = NULL;
	if (d->finding_count && is_trouble(&d->findings[0]) && !d->findings[0].past)
		d->main = &d->findings[0];
	d->family = choose_family(d);
	d->verdict = VERDICT_HEALTHY;
	if (d->main)
		d->verdict = VERDICT_TROUBLE;
	else if (d->log_error[0] || d->family == FAMILY_AUTO)
		d->verdict = VERDICT_UNKNOWN;
}

void diagnosis_free(struct diagnosis *d)
{
	free(d->findings);
	d->findings = NULL;
	d->finding_count = 0;
}
