/*
 * The register groups of every block of every core, and walking a core's command
 * words through them.
 */
#ifndef EMU_REGS_H
#define EMU_REGS_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/npu_hw.h"
#include "hw/npu_regs.h"

#define EMU_GROUPS 2u

struct emu_group_state {
	uint32_t pointer, executer; /* group written, group started */
	bool pointer_pp, executer_pp;
	uint32_t pointer_word; /* S_POINTER as last written */
	uint64_t pointer_job;  /* job that wrote it; 0: none since the reset */
};

/* All zero after a reset. */
struct emu_core_regs {
	uint32_t value[EMU_GROUPS][NPU_REG_N];
	uint64_t job[EMU_GROUPS][NPU_REG_N]; /* that wrote it */
	struct emu_group_state block[NPU_BLOCK_N];
};

struct emu_regs {
	struct emu_core_regs core[NPU_MAX_CORES];
};

/* A list of command records on its way to a core. */
struct emu_walk {
	uint32_t core;
	uint64_t job;	       /* counts up with every submit */
	uint64_t address;      /* of the first record */
	uint32_t amount;       /* of the first record, body words */
	uint32_t tasks, cores; /* asked for; of the job */
	bool cut;	       /* stop early on purpose: a longer chain is no mistake */
	/* found */
	uint32_t walked;    /* records that could be read and started */
	bool broken;	    /* a record made no sense: the simulator says why */
	bool longer;	    /* the chain goes on after the last */
	bool completed;	    /* a record lacked registers; the copy has them */
	uint32_t last_mask; /* blocks of the last record walked */
	uint32_t last_raw;  /* interrupt bits it leaves pending */
	uint64_t *copy;	    /* the records again, complete and cut to length */
	uint32_t copy_words, copy_room;
	uint32_t copy_amount;	/* body words of the copy's first record */
	uint32_t copy_previous; /* where the previous record's tail lies */
	uint64_t copy_address;	/* where it will lie for the device */
};

void emu_regs_clear(struct emu_regs *regs);

/*
 * Walk the chain as the PC would: follow tails, write registers, flip groups.
 * Missing registers keep what an earlier job left there, as in the hardware; each
 * is a verdict.  False when out of memory.  The copy is freed by the caller.
 */
bool emu_walk(struct emu_regs *regs, struct emu_walk *w);

#endif
