/*
 * Signatures: what trouble looks like in logs and facts, what it means and what to
 * do, as data (signatures/<family>.json; docs/npudoctor.md has the format).
 */
#ifndef DOCTOR_SIGNATURE_H
#define DOCTOR_SIGNATURE_H

#include <stdint.h>

#include "condition.h"
#include "diag.h"
#include "mem.h"
#include "pattern.h"

enum family { FAMILY_RKNPU, FAMILY_AXCL, FAMILY_XDNA, FAMILY_N, FAMILY_AUTO = FAMILY_N };

extern const char *const family_names[FAMILY_N];

enum severity {
	SEVERITY_START,	  /* the driver starts afresh: what was before is history */
	SEVERITY_INFO,	  /* harmless; says why it looks alarming */
	SEVERITY_WARNING, /* works, with a restriction */
	SEVERITY_ERROR,
	SEVERITY_FATAL, /* only a reboot or new hardware helps */
	SEVERITY_N
};

extern const char *const severity_names[SEVERITY_N];

#define SIGNATURE_MAX 256u
#define SIGNATURE_RANKS 99u

struct signature {
	enum family family;
	enum severity severity;
	/* Its lines come while the driver starts, before the line that says it has. */
	bool at_start;
	uint32_t rank; /* 1: a cause of everything else, 99: the last symptom */
	char *id, *title, *meaning, *source;
	char **steps;
	struct pattern *patterns; /* any of them ... */
	struct pattern *unless;	  /* ... and none of these */
	struct condition *when;	  /* and all of these hold */
	char **explained_by;	  /* ids of what causes it */
	size_t step_count, pattern_count, unless_count, when_count, explained_count;
	struct loc loc;
	struct loc *explained_loc;
};

struct signatures {
	struct signature *items;
	size_t count;
};

/*
 * Read one file's text; complaints go to `diag`.  False when there was one.  After
 * the last file signatures_check() looks at what they say about one another.
 */
bool signatures_read(struct signatures *s, const char *name, struct str text,
		     struct diag *diag);
bool signatures_check(const struct signatures *s, struct diag *diag);

/* Those of the build.  An error in them would be ours: the tests load them. */
bool signatures_builtin(struct signatures *s, struct diag *diag);
/* Every *.json of a directory: 0 or an errno value when it cannot be read. */
int signatures_directory(struct signatures *s, const char *path, struct diag *diag,
			 char failed[FACT_SOURCE_BYTES]);

void signatures_free(struct signatures *s);

const struct signature *signature_find(const struct signatures *s, const char *id);

/* Whether the line is one of the signature's. */
bool signature_matches(const struct signature *sig, const char *line);

/* Text with each "{fact.name}" replaced by the fact, or by <fact.name>. */
#define SIGNATURE_TEXT_BYTES 1024
void signature_fill(char out[SIGNATURE_TEXT_BYTES], const char *text,
		    const struct facts *facts);

#endif
