/*
 * Random operators that every check passes, and how both forms of a spec say them.
 */
#ifndef OPERATOR_TEXT_H
#define OPERATOR_TEXT_H

#include "conv_problem.h"

/* Give a problem of random_problem() types, quantisation and fused operations. */
void random_operator(struct conv_problem *p, uint64_t *state);

/* The attributes of the operator, as lines of text or as JSON members. */
void print_operator_text(FILE *out, const struct conv_problem *p);
void print_operator_json(FILE *out, const struct conv_problem *p);

#endif
