/*
 * What `npucc compile` was asked to do: its command line, parsed.
 */
#ifndef COMPILE_REQUEST_H
#define COMPILE_REQUEST_H

#include "compile.h"

enum explain_format { EXPLAIN_NO, EXPLAIN_TEXT, EXPLAIN_JSON };

struct request {
	const char **specs;
	size_t spec_count;
	const char *output, *depfile, *figure, *schedules;
	bool want_depfile, dry_run, strip, quiet, have_seed;
	uint64_t seed;
	enum npu_elem type; /* of convs that say none */
	enum explain_format explain;
	struct compile_options compile;
};

/*
 * Fill a zeroed request whose `specs` has room for argc words.  -1 to go on, else
 * the exit code to end with: help was printed, or the command line is wrong.
 */
int compile_request_parse(struct request *r, int argc, char **argv);

#endif
