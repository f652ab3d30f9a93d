/* Filling struct npurt_error without stdio.  Internal to libnpurt. */
#ifndef NPURT_ERROR_H
#define NPURT_ERROR_H

#include "npurt.h"

/* No error, nowhere. */
void npurt_error_reset(struct npurt_error *error);

/*
 * Like npurt_fail(), with a format that knows %s, %u (uint32_t), %U (uint64_t),
 * %x (uint32_t, 0x...) and %X (uint64_t, 0x...).  A detail that does not fit is cut.
 */
enum npurt_err npurt_failf(struct npurt_error *error, enum npurt_err code,
			   const char *format, ...);

/* Append to the detail already there; used to prefix a place. */
void npurt_detailf(struct npurt_error *error, const char *format, ...);

#endif
