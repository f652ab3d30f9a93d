/*
 * A snapshot of the PC block's registers through /dev/mem, as the row forms that
 * `npucc verify` reads, or one row that says why there is none.
 */
#ifndef DOCTOR_MMIO_H
#define DOCTOR_MMIO_H

#include <stdio.h>

#include "facts.h"
#include "sys.h"

/*
 * Registers of a block without power cannot be read: the bus hangs and the board
 * with it.  So they are read only when `allowed` by the user and while runtime power
 * management says "active".
 */
#define MMIO_ROWS_BYTES 1024
void mmio_rows(char rows[MMIO_ROWS_BYTES], const char *name, struct sys *sys,
	       const char *device, bool allowed);

/* The first row of the snapshot as a fact. */
void mmio_probe(struct facts *facts, struct sys *sys, bool allowed);

#endif
