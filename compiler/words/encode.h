/*
 * Task descriptors to command words, task records and relocations.
 */
#ifndef ENCODE_H
#define ENCODE_H

#include "tasks/lower.h"

/* A growing program: all plans of one conv, one after the other. */
struct regcmds {
	uint64_t *words;
	struct npub_task *tasks;
	struct npub_reloc *relocs; /* bo: enum npub_bo_role until the bundle is built */
	struct npub_debug_tile *debug; /* one for each task */
	uint32_t word_count, task_count, reloc_count;
	uint32_t word_room, task_room, reloc_room;
	/* the list being built */
	uint64_t regcmd_offset;
	uint32_t list_first_task; /* task_count when it began */
	uint32_t last_tail_word;  /* first tail word of its last record */
	bool deltas;              /* its later records may be deltas */
	struct task_desc history[2]; /* its last two tasks, by index mod 2 */
};

void regcmds_init(struct regcmds *r);
void regcmds_free(struct regcmds *r);

/*
 * Start the list of one core: the next record opens a chain.  `regcmd_offset` is
 * where word 0 lies in the weight BO, for the chain's addresses.
 *
 * `deltas`: from the third record on write only what differs from the record
 * two before, whose register group it gets, as the vendor does in one-core
 * lists (schedules s. 6, F-63); false: complete records only.
 */
void encode_begin_list(struct regcmds *r, uint64_t regcmd_offset, bool deltas);

/*
 * Append a record and chain it to the one before in its list; until another
 * follows, it ends the chain.  False when out of memory.
 */
bool encode_task(struct regcmds *r, const struct task_desc *task);

#endif
