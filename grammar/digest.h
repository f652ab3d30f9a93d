/*
 * The canonical form of a conv, as a digest.
 */
#ifndef DIGEST_H
#define DIGEST_H

#include "conv_problem.h"

/* FNV-1a 64 of everything that the conv says, places apart; start with FNV_START. */
uint64_t conv_digest(uint64_t hash, const struct conv_problem *p);

#endif
