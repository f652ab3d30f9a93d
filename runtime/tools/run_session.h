/*
 * One invocation of npurun, and the parts of a run that look at its tensors.
 */
#ifndef RUN_SESSION_H
#define RUN_SESSION_H

#include "run_options.h"
#include "run_parts.h"

/* All that one invocation holds; freed in one place. */
struct session {
	struct run_options options;
	struct bundle_file bundle;
	const struct npub_conv *conv;
	uint32_t conv_index;
	struct npurt_device *device;
	bool simulated;
	struct npurt *rt;
	struct tensor input, output;
	struct tensor operand;	 /* no data: the conv adds none */
	struct tensor reference; /* of --compare; no data: none */
	struct run_dump dump;
	FILE *report; /* where results are told: not where the output goes */
};

/* A remark on stderr, unless --quiet. */
void session_note(const struct session *s, const char *file, const char *text);

/* Complain about the bundle's fault; the exit code that fits. */
enum tool_exit session_trouble(const struct session *s, enum npurt_err err,
			       const struct npurt_error *error);
enum tool_exit session_no_memory(void);

/* Refuse what cannot be written before the work; read or make up what the conv reads. */
enum tool_exit tensors_prepare(struct session *s);

/* Write the output where it was asked for. */
enum tool_exit tensors_write(const struct session *s);

/* Read what --compare names; the output tensor is there, still empty. */
enum tool_exit verdict_prepare(struct session *s);

/* --check and --compare: print what came of it.  EXIT_REFUSED when the output failed. */
enum tool_exit verdict_check(const struct session *s);
enum tool_exit verdict_compare(const struct session *s);

#endif
