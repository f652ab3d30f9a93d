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

/* A shape that leaves room for every operator; kernel 3x5 on 20x30 without padding. */
#define SHAPE "input 3x20x30; output 16; kernel 3x5; "
#define CONV(text) "conv a { " SHAPE text " }"
#define INT8(text) CONV("type int8; " text)
#define JSON(text)                                                                       \
	"{\"convs\": [{\"name\": \"a\", \"input\": \"3x20x30\", \"output\": 16, "        \
	"\"kernel\": \"3x5\", " text "}]}"

#endif
