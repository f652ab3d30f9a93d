/*
 * Sample logs, ways to damage them, and the reports that come of it.
 */
#ifndef VERIFY_FIXTURE_H
#define VERIFY_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "verify/evidence.h"
#include "verify/verify_subject.h"

/* The text of a sample under tests/data/logs; exits with a message when it is missing. */
char *sample_text(const char *directory, const char *name);

enum damage_kind {
	DAMAGE_NONE,
	DAMAGE_FIRST,  /* replace the first `from` by `to` */
	DAMAGE_ALL,    /* replace every `from` */
	DAMAGE_DELETE, /* delete the first line that holds `from` */
	DAMAGE_SWAP,   /* swap the first lines that hold `from` and `to` */
	DAMAGE_TWICE,  /* repeat the first line that holds `from` */
	DAMAGE_APPEND  /* put `to` after the end */
};

struct damage {
	enum damage_kind kind;
	const char *from, *to;
};

/* A damaged copy; exits when `from` is not in the text, so that no damage is idle. */
char *damaged(const char *text, const struct damage *damage);

/*
 * Read the text and check it against `subject` (NULL: the rules alone).  False with
 * `why` filled when the log is malformed.
 */
bool check_text(const char *name, const char *text, const struct verify_subject *subject,
		uint32_t cores, struct report *report, char *why);

/* All items of a subject without logs. */
void check_subject(const struct verify_subject *s, struct report *report);

/* "PASS", "SKIP", the reason of a failure, or "MISSING". */
const char *verdict_of(const struct report *report, const char *name);

#endif
