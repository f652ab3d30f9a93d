/*
 * A diagnosis as text for people and as JSON for programs.
 */
#ifndef DOCTOR_REPORT_H
#define DOCTOR_REPORT_H

#include <stdio.h>

#include "diagnose.h"

/* "npudoctor: TROUBLE rknpu.no-access: ..." and a newline. */
void doctor_print_verdict(FILE *out, const struct diagnosis *d);
/* The verdict, its evidence, next steps, other findings and facts. */
void doctor_print_text(FILE *out, const struct diagnosis *d);
/* docs/npudoctor.schema.json. */
void doctor_print_json(FILE *out, const struct diagnosis *d);

/* The sentence of the verdict, without state and id. */
void doctor_sentence(const struct diagnosis *d, char text[SIGNATURE_TEXT_BYTES]);

#endif
