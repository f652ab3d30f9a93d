/*
 * Task descriptors to command words, task records and relocations.
 */
#ifndef ENCODE_H
#define ENCODE_H

#include "lower.h"

/* A growing program: all plans of one conv, one after the other. */
struct regcmds {
	uint64_t *words;
	struct npub_task *tasks;
	struct npub_reloc *relocs; /* bo: enum npub_bo_role until the bundle is built */
	struct npub_debug_tile *debug; /* one for each task */
	uint32_t word_count, task_count, reloc_count;
	uint32_t word_room, task_room, reloc_room;
};

void regcmds_init(struct regcmds *r);
void regcmds_free(struct regcmds *r);

/*
 * Append the list of one core: a record for each descriptor, chained, the last
 * one ending the chain.  False when out of memory.
 */
bool encode_list(struct regcmds *r, const struct task_desc *tasks, uint32_t count);

#endif
