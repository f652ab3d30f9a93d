/*
 * From facts and log lines to findings in order: cause before symptom, and what is
 * recent before what is old.
 */
#ifndef DOCTOR_DIAGNOSE_H
#define DOCTOR_DIAGNOSE_H

#include "scan.h"

/* Lines this much older than the latest trouble of their log are another incident. */
#define DIAGNOSE_INCIDENT_MS 60000
#define DIAGNOSE_LINES 3u /* quoted of one finding */

struct finding {
	const struct signature *sig;
	const struct finding *cause; /* the finding that explains it; NULL: none */
	uint32_t hits;		     /* lines that match */
	/* The last of them, in order; fewer when a fact is what shows it. */
	const struct hit *lines[DIAGNOSE_LINES];
	uint32_t line_count;
	bool past; /* before the last start of the driver */
	bool old;  /* in an earlier incident */
};

enum verdict { VERDICT_HEALTHY, VERDICT_TROUBLE, VERDICT_UNKNOWN };

extern const char *const verdict_names[];

struct diagnosis {
	const struct signatures *signatures;
	const struct facts *facts;
	const struct scan *scan;
	enum family asked;  /* FAMILY_AUTO: any */
	enum family family; /* the one judged; FAMILY_AUTO: none was found */
	/* Why the kernel log could not be read; "" when it was, or was not asked for. */
	char log_error[FACT_SOURCE_BYTES];

	enum verdict verdict;
	struct finding *findings; /* sorted; the first one is the verdict's */
	size_t finding_count;
	const struct finding *main; /* NULL unless TROUBLE */
};

/* Fill in the second half.  `findings` are freed by diagnosis_free(). */
void diagnose(struct diagnosis *d);
void diagnosis_free(struct diagnosis *d);

#endif
