/* How problems ended: counts, refusals by rule, and refusals by family. */
#ifndef TALLY_H
#define TALLY_H

#include "runner.h"

#define MAX_REASONS 32u
#define MAX_FAMILIES 64u

struct reason {
	char rule[64];
	uint32_t count;
	char example[256];
};

struct family_tally {
	const char *name;
	uint32_t done, refused;
};

/* What a worker has done; in memory that the parent sees, even after a crash. */
struct tally {
	uint32_t current, done, right, refused, wrong;
	uint64_t macs;
	uint32_t reason_count;
	struct reason reasons[MAX_REASONS];
	uint32_t family_count;
	struct family_tally families[MAX_FAMILIES];
};

void tally_count(struct tally *t, const struct problem *p, const struct result *result);

void tally_sum(struct tally *sum, const struct tally *tallies, uint32_t count);

/*
 * Print it; true when nothing is wrong and no more refused than `refused_percent` of
 * all and, unless none may be, half of each family: nothing would be known of it.
 */
bool tally_report(const struct tally *t, uint32_t refused_percent);

#endif
