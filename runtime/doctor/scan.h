/*
 * Log lines that signatures recognise.
 */
#ifndef DOCTOR_SCAN_H
#define DOCTOR_SCAN_H

#include "signature.h"

#define SCAN_LINE_BYTES 1000u /* of a line that is looked at; the rest is ignored */
#define SCAN_TIME_NONE INT64_MIN
#define SCAN_MAX_HITS 64u /* lines kept for each signature and log: the latest */

struct hit {
	const struct signature *sig;
	uint32_t log, line; /* index of the log, line from 1 */
	int64_t ms;	    /* the line's time stamp, on the log's own clock */
	char *text;	    /* the line, control characters as '?' */
};

struct scan {
	struct hit *items; /* mem_grow(); in order of log and line */
	size_t count;
	char **logs; /* names */
	size_t log_count;
	uint32_t *totals; /* hits of each signature, also those not kept */
};

/* Look through a whole log, of any bytes. */
void scan_text(struct scan *scan, const struct signatures *s, const char *name,
	       const char *text, size_t bytes);
void scan_free(struct scan *scan);

/*
 * The time stamp at the beginning of a line, in milliseconds of its own clock:
 * "[  12.345678]" (dmesg), "6,123,12345678,-;" (/dev/kmsg), "2024-05-06T07:08:09"
 * (ISO, blank or T) and "May  6 07:08:09" (syslog).  SCAN_TIME_NONE without one.
 */
int64_t scan_time(const char *line);

#endif
