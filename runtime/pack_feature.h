/*
 * Feature tensors between a dense NCHW array and the device's layout.
 * Internal to libnpurt.
 */
#ifndef NPURT_PACK_FEATURE_H
#define NPURT_PACK_FEATURE_H

#include "bundle_format.h"

/*
 * Copy nchw into `device`, the tensor's first byte in its BO.  Channels that
 * fill up the last atom become zero; whole padding surfaces, row and plane gaps
 * are left alone.  Bytes of a user who has uint8 become int8, 128 less.  The tensor
 * has passed npub_open().
 */
void npurt_pack_feature(const struct npub_tensor *t, const void *nchw, void *device);

/* The inverse. */
void npurt_unpack_feature(const struct npub_tensor *t, const void *device, void *nchw);

#endif
