/*
 * What `npucc verify` verifies: a bundle as it is, or the one that a spec, a template
 * or a capture's problem compiles to, in memory and with zero weights.
 */
#ifndef VERIFY_SUBJECT_H
#define VERIFY_SUBJECT_H

#include "bundle.h"
#include "corpus/capture.h"
#include "template/template.h"
#include "verify/report.h"

enum subject_kind { SUBJECT_BUNDLE, SUBJECT_SPEC, SUBJECT_TEMPLATE, SUBJECT_CAPTURE };

struct verify_subject {
	enum subject_kind kind;
	void *blob; /* malloc'd, so aligned for the reader */
	size_t bytes;
	struct npub npub;	   /* valid unless `broken` */
	struct npurt_error broken; /* code NPURT_OK: the bundle has a sound structure */
	struct template template;  /* SUBJECT_TEMPLATE */
};

/*
 * Open `arg`: a bundle by its magic, a template by its format's name, else a spec in
 * any form, all plans, whose convs are of `type` unless they say.  Complaints go to stderr.  Returns an exit code of cmd.h; free
 * with subject_close() after EXIT_DONE.
 */
int subject_open(struct verify_subject *s, const char *arg, enum npu_elem type);
/* The same for the problem of a capture, which must outlive the subject. */
int subject_from_capture(struct verify_subject *s, const struct capture *c);
void subject_close(struct verify_subject *s);

/* Item "bundle-structure": what the runtime itself checks before it runs a conv. */
void subject_check_structure(const struct verify_subject *s, uint32_t conv,
			     struct report *report);

/*
 * Item "bundle-plan": compile the problem that the conv states and compare records,
 * command words, relocations and buffer sizes.
 */
void subject_check_plan(const struct verify_subject *s, uint32_t conv,
			struct report *report);

/*
 * Item "bundle-numbers", for int8 convs of bundles: the constants of the output stage
 * are those that the scales make which the bundle notes.
 */
void subject_check_numbers(const struct verify_subject *s, uint32_t conv,
			   struct report *report);

/* Item "template-schedule": the template against what the compiler makes of it. */
void subject_check_template(const struct verify_subject *s, struct report *report);

/* Items "capture-...": the conv, and the compiler's plans, against a capture. */
void subject_check_capture(const struct verify_subject *s, uint32_t conv,
			   const struct capture *c, struct report *report);

#endif
