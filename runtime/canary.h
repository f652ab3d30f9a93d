/* What shows whether a task wrote its output.  Internal to libnpurt. */
#ifndef NPURT_CANARY_H
#define NPURT_CANARY_H

#include <stdbool.h>

#include "bundle_format.h"

/*
 * The canary: a pattern that no task writes.  Each 16-bit lane, and each pair of them,
 * is a NaN as fp16 and fp32, which no arithmetic yields.  Integers have no such value,
 * so half of the bits change from word to word and with `seed`: an output that repeats,
 * or is all of one value, cannot match it, and to match one atom by chance takes 2^-64.
 *
 * Fill bytes[0, count) of a BO.
 */
void npurt_canary_fill(void *bytes, uint64_t count, uint64_t seed);

/*
 * How many of the atoms that the tensor's elements live in still hold the canary of its
 * BO; *first is the byte offset of the first one in the tensor.
 */
uint64_t npurt_canary_count(const struct npub_tensor *t, const void *device,
			    uint64_t seed, uint64_t *first);

/*
 * Whether all atoms of an NC1HWC2 tensor are zero, those that fill up the last one
 * included; what lies between rows and planes does not count.
 */
bool npurt_feature_is_zero(const struct npub_tensor *t, const void *device);

#endif
