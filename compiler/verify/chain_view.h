/*
 * Task records and how their chain words link them, from a bundle or from a dump:
 * what the rules about ranges of records need to see.
 */
#ifndef CHAIN_VIEW_H
#define CHAIN_VIEW_H

#include "verify/evidence.h"

#define CHAIN_END 0xffffffffu
#define CHAIN_BROKEN 0xfffffffeu /* no record is there */

struct chain_record {
	uint32_t enable_mask, int_mask;
	uint64_t offset; /* bytes from the window's start */
	uint32_t next;	 /* index, CHAIN_END or CHAIN_BROKEN */
	uint32_t cores;	 /* that the link to the next names; 1 at the end */
	bool linked;	 /* some record leads here: not the head of a list */
};

struct chain_view {
	struct chain_record *records;
	uint32_t count;
};

/* Records of the bundle's conv; of the log's task dump and window.  Empty when there
 * are none; false when out of memory. */
bool chain_from_bundle(struct chain_view *v, const struct npub *bundle,
		       const struct npub_conv *conv);
bool chain_from_log(struct chain_view *v, const struct evidence *ev);
void chain_free(struct chain_view *v);

/* Records in the chain that starts at `start`, `count` + 1 at most. */
uint32_t chain_length(const struct chain_view *v, uint32_t start);
/* The most cores any link of that chain names: the plan it was made for. */
uint32_t chain_cores(const struct chain_view *v, uint32_t start);

#endif
