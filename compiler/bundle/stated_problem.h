/*
 * A bundle's conv in the compiler's terms.
 */
#ifndef STATED_PROBLEM_H
#define STATED_PROBLEM_H

#include "bundle.h"
#include "conv_problem.h"

/*
 * The problem that a bundle's conv states.  It has no name and no places; weights and
 * bias are from a seed, whatever they were from.
 */
struct conv_problem stated_problem(const struct npub *b, const struct npub_conv *conv);

#endif
