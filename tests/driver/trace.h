/* The ioctls of this program, in order, as they go to the driver and come back. */
#ifndef TESTS_DRIVER_TRACE_H
#define TESTS_DRIVER_TRACE_H

#include <stdint.h>

#include "rknpu/rknpu_uapi.h"

enum { TRACE_CALLS = 256 };

struct traced {
	uint32_t request;
	int ret, err;
	union {
		struct rknpu_action_arg action;
		struct rknpu_mem_create create;
		struct rknpu_mem_map map;
		struct rknpu_mem_destroy destroy;
		struct rknpu_mem_sync sync;
		struct rknpu_submit submit;
		uint8_t bytes[104];
	} in, out;
};

/* Recorded since trace_begin(); calls beyond TRACE_CALLS are only counted. */
extern struct traced trace[TRACE_CALLS];
extern uint32_t trace_count;

void trace_begin(void);

/* "SUBMIT", or "?" */
const char *trace_name(uint32_t request);

/* How often a request was made; the first from index `from` on, or -1. */
uint32_t trace_count_of(uint32_t request);
int trace_find(uint32_t request, uint32_t from);

#endif
