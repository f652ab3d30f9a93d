#include "tally.h"

#include <string.h>

#define MIN_JUDGED 8u /* problems of a family, before its refusals are judged */

static void count_refusal(struct tally *t, const char *rule, const char *example,
			  uint32_t count)
{
	struct reason *r = t->reasons;

	while (r < t->reasons + t->reason_count && strcmp(r->rule, rule) != 0)
		r++;
	if (r == t->reasons + MAX_REASONS)
		return;
	if (r == t->reasons + t->reason_count) {
		t->reason_count++;
		snprintf(r->rule, sizeof r->rule, "%s", rule);
		snprintf(r->example, sizeof r->example, "%.250s", example);
	}
	r->count += count;
}

static void count_family(struct tally *t, const char *name, uint32_t done,
			 uint32_t refused)
{
	struct family_tally *f = t->families;

	while (f < t->families + t->family_count && strcmp(f->name, name) != 0)
		f++;
	if (f == t->families + MAX_FAMILIES)
		return;
	t->family_count += f == t->families + t->family_count;
	f->name = name;
	f->done += done;
	f->refused += refused;
}

void tally_count(struct tally *t, const struct problem *p, const struct result *result)
{
	bool refused = result->outcome == OUTCOME_REFUSED;

	t->done++;
	t->macs += ref_macs(&p->r);
	t->right += result->outcome == OUTCOME_RIGHT;
	t->refused += refused;
	t->wrong += result->outcome == OUTCOME_WRONG;
	count_family(t, p->family, 1, refused);
	if (refused)
		count_refusal(t, result->rule, result->why, 1);
}

void tally_sum(struct tally *sum, const struct tally *tallies, uint32_t count)
{
	memset(sum, 0, sizeof *sum);
	for (uint32_t w = 0; w < count; w++) {
		const struct tally *t = &tallies[w];

		sum->done += t->done;
		sum->right += t->right;
		sum->refused += t->refused;
		sum->wrong += t->wrong;
		sum->macs += t->macs;
		for (uint32_t i = 0; i < t->reason_count; i++)
			count_refusal(sum, t->reasons[i].rule, t->reasons[i].example,
				      t->reasons[i].count);
		for (uint32_t i = 0; i < t->family_count; i++)
			count_family(sum, t->families[i].name, t->families[i].done,
				     t->families[i].refused);
	}
}

static bool check_families(const struct tally *t)
{
	bool ok = true;

	for (uint32_t i = 0; i < t->family_count; i++) {
		const struct family_tally *f = &t->families[i];

		if (f->done < MIN_JUDGED || f->refused * 2 <= f->done)
			continue;
		printf("%s: %u of %u are refused: at most half may be\n", f->name,
		       f->refused, f->done);
		ok = false;
	}
	printf("%u families\n", t->family_count);
	return ok;
}

bool tally_report(const struct tally *t, uint32_t refused_percent)
{
	printf("%u problems: %u right, %u refused, %u wrong; %.2f GMAC\n", t->done,
	       t->right, t->refused, t->wrong, (double)t->macs * 1e-9);
	for (uint32_t i = 0; i < t->reason_count; i++)
		printf("  %4u refused by [%s], for example: %s\n", t->reasons[i].count,
		       t->reasons[i].rule, t->reasons[i].example);
	if (t->refused * 100 > t->done * refused_percent) {
		printf("too many are refused: at most %u%% may be\n", refused_percent);
		return false;
	}
	return t->wrong == 0 && (!refused_percent || check_families(t));
}
