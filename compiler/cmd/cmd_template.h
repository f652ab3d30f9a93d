/*
 * The actions of `npucc template`, one function each (cmd_template_*.c).
 */
#ifndef CMD_TEMPLATE_H
#define CMD_TEMPLATE_H

#include "common/options.h"
#include "template/template.h"

struct template_request {
	const char *action;
	const char **words; /* after the action */
	size_t word_count;
	const char *output, *schedules, *conv;
	const char *compiler, *runtime, *driver, *date;
	const char *notes[TEMPLATE_MAX_NOTES];
	uint32_t note_count;
	const char *hazards[TEMPLATE_MAX_HAZARDS]; /* "NAME=NOTE" */
	uint32_t hazard_count;
	bool json, report;
	uint32_t given;	    /* options, a bit each */
	enum npu_elem type; /* of a --conv that does not say */
};

/* Each returns an exit code of cmd.h; the request has the words it needs. */
int template_import(const struct template_request *r);
int template_list(const struct template_request *r);
int template_show(const struct template_request *r);
int template_check(const struct template_request *r);

#endif
