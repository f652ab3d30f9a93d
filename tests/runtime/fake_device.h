/* A device made of plain memory that records what it is asked and fails on demand. */
#ifndef FAKE_DEVICE_H
#define FAKE_DEVICE_H

#include "device.h"

enum { FAKE_MAX_BOS = 16, FAKE_MAX_CALLS = 64, FAKE_ARENA_BYTES = 1 << 17 };

enum fake_call_kind { FAKE_CREATE, FAKE_DESTROY, FAKE_SYNC, FAKE_SUBMIT };

struct fake_call {
	enum fake_call_kind kind;
	uint64_t bo; /* dma address */
	uint32_t flags;
	uint64_t offset, bytes;
};

struct fake_device {
	struct npurt_device device; /* first */
	_Alignas(4096) uint8_t arena[FAKE_ARENA_BYTES];
	uint64_t used;
	struct fake_call call[FAKE_MAX_CALLS];
	uint32_t calls, live;
	uint32_t fail_at; /* this create, sync or submit fails, counted from 1; 0: none */
	uint32_t fallible;
	struct npurt_job job; /* as last submitted */
	/* How a submit behaves: */
	const void *output; /* copied into output_bo, or NULL: nothing is written */
	uint64_t output_bytes;
	uint64_t output_bo_index;
	uint64_t hole_at, hole_bytes; /* of the output: left as it was */
	uint32_t task_counter_less;
	int no_interrupt;
	uint64_t dma_base; /* of the first BO */
	uint8_t *bo_data[FAKE_MAX_BOS];
	uint32_t bo_count;
};

void fake_device_init(struct fake_device *f);

#endif
