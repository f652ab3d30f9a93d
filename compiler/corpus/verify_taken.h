/*
 * Registers whose values a comparison takes from the capture: nothing says how they
 * follow from an operator.
 */
#ifndef VERIFY_TAKEN_H
#define VERIFY_TAKEN_H

#include "conv_problem.h"
#include "hw/npu_regs.h"

enum verify_taken {
	TAKEN_TABLE,	    /* geometry of look-up tables: npu-programming s. 4.6 */
	TAKEN_TABLE_OUTPUT, /* how a table of floats is converted after it */
	TAKEN_N,
	TAKEN_NOT = TAKEN_N
};

/* Why the register of a conv record is not compared; TAKEN_NOT when it is. */
enum verify_taken verify_taken(const struct conv_problem *p, enum npu_reg reg);

/* "of look-up tables". */
const char *verify_taken_name(enum verify_taken why);

/* Registers of that kind by name, "LUT_CFG, LUT_INFO"; length like snprintf. */
int verify_taken_regs(enum verify_taken why, char *buf, size_t bytes);

#endif
