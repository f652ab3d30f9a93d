/* Making a wrong problem smaller while it stays wrong. */
#ifndef SHRINK_H
#define SHRINK_H

#include "problem.h"

/* Is this problem still wrong in the same way? */
typedef bool still_wrong(void *context, const struct problem *p);

/* Replace *p, which is wrong, by the smallest wrong problem that is found. */
void shrink(struct problem *p, still_wrong *test, void *context);

#endif
