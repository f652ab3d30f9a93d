/*
 * Feature tensors between a dense NCHW array and the device's layout.
 * Internal to libnpurt.
 */
#ifndef NPURT_PACK_FEATURE_H
#define NPURT_PACK_FEATURE_H

#include <stdbool.h>

#include "bundle_format.h"

/*
 * Copy nchw into `device`, the tensor's first byte in its BO.  Channels that
 * fill up the last atom become zero; whole padding surfaces, row and plane gaps
 * are left alone.  The tensor has passed npub_open().
 */
void npurt_pack_feature(const struct npub_tensor *t, const void *nchw, void *device);

/* The inverse. */
void npurt_unpack_feature(const struct npub_tensor *t, const void *device, void *nchw);

/*
 * The canary: a pattern that no task writes, 16 bytes repeated.  As fp16 each
 * lane is a NaN that no arithmetic yields.
 */
void npurt_canary_fill(void *bytes, uint64_t count);

/*
 * How many of the atoms that the tensor's elements live in still hold the canary;
 * *first is the byte offset of the first one in the tensor.
 */
uint64_t npurt_canary_count(const struct npub_tensor *t, const void *device,
			    uint64_t *first);

/*
 * Whether all atoms of an NC1HWC2 tensor are zero, those that fill up the last one
 * included; what lies between rows and planes does not count.
 */
bool npurt_feature_is_zero(const struct npub_tensor *t, const void *device);

#endif
