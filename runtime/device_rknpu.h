/* What the tests may see of the driver back end.  Internal to libnpurt. */
#ifndef NPURT_DEVICE_RKNPU_H
#define NPURT_DEVICE_RKNPU_H

#include "npurt.h"

enum npurt_rknpu_call {
	NPURT_RKNPU_OPEN,
	NPURT_RKNPU_MEMORY, /* MEM_CREATE, MEM_MAP, mmap */
	NPURT_RKNPU_SYNC,
	NPURT_RKNPU_SUBMIT
};

/* The runtime's code for an errno of that call, and a sentence that helps. */
enum npurt_err npurt_rknpu_error(enum npurt_rknpu_call call, int err,
				 const char **sentence);

#endif
