/*
 * Element types by name.  Every type the hardware knows has one, whether or not
 * this release computes with it.
 */
#ifndef ELEM_H
#define ELEM_H

#include "hw/npu_hw.h"
#include "mem.h"

#define ELEM_N 8u

extern const char *const elem_names[ELEM_N]; /* by enum npu_elem */

const char *elem_name(enum npu_elem elem);
bool elem_from_name(enum npu_elem *elem, struct str name);

#endif
