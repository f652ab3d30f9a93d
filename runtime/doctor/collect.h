/*
 * Recording one run of a program: state before and after, its calls, and what the
 * kernel said meanwhile, into one directory that `npucc verify` reads.
 */
#ifndef DOCTOR_COLLECT_H
#define DOCTOR_COLLECT_H

#include <stdio.h>

#include "facts.h"
#include "sys.h"

/* What a run can do to the board; names that --allow takes. */
enum collect_hazard {
	COLLECT_POISONS,    /* a plan leaves registers that break the next job */
	COLLECT_UNTESTED,   /* a plan rests on a guess about the hardware */
	COLLECT_UNVERIFIED, /* a program whose jobs nobody checks */
	COLLECT_MMIO,	    /* registers are read while the power may go */
	COLLECT_HAZARDS
};

extern const char *const collect_hazard_names[COLLECT_HAZARDS];

struct collect {
	struct sys *sys;
	struct hands *hands;
	const struct facts *facts;
	const char *dir;
	const char *const *command; /* ends with NULL */
	const char *tracer;	    /* path of libnputrace.so; NULL: no ioctl trace */
	uint32_t allowed;	    /* bits of enum collect_hazard */
	uint32_t limit_ms;
};

#define COLLECT_TEXT_BYTES 400
#define COLLECT_LIMIT_MS 120000u

/*
 * Hazards of this command on this machine.  A bundle among its words brings those of
 * its plans; a program other than npurun, where it could reach an NPU, is unverified.
 * Without a reachable NPU there are none.
 */
uint32_t collect_hazards(const struct collect *c);

/* Whether a word of a command names a bundle, by its ending. */
bool collect_is_bundle(const char *word);

/* Print what would be done, and what is missing before it may be. */
void collect_print_plan(const struct collect *c, FILE *out);

enum collect_result {
	COLLECT_DONE,
	COLLECT_REFUSED, /* a hazard was not named; nothing was run or written */
	COLLECT_FAILED,	 /* the command failed or was given up; the record is there */
	COLLECT_FILE	 /* the directory or a file could not be written */
};

/* Record.  Complaints and a summary go to `out`; the command's output is its own. */
enum collect_result collect_run(const struct collect *c, FILE *out);

/*
 * The part of `after` that was not in `before`: behind the last line that they share,
 * or all of it when the ring has lost that line.
 */
const char *collect_new_text(const char *before, const char *after);

/* "key = value" rows of runtime power management and devfreq. */
void collect_sysfs(struct sys *sys, const char *device, FILE *out);

#endif
