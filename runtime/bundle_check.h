/* What bundle_check.c, bundle_op.c and bundle_tensor.c share.  Internal to libnpurt. */
#ifndef NPUB_BUNDLE_CHECK_H
#define NPUB_BUNDLE_CHECK_H

#include "bundle.h"

/* [first, first + count) inside [0, total). */
static inline bool range_fits(uint64_t first, uint64_t count, uint64_t total)
{
	return first <= total && count <= total - first;
}

static inline bool string_fits(const struct npub *b, uint32_t offset)
{
	return offset < b->string_bytes;
}

/* a * b, or UINT64_MAX when it does not fit. */
static inline uint64_t mul(uint64_t a, uint64_t b)
{
	return b && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

/* One element of TENSORS. */
enum npurt_err npub_check_tensor(const struct npub *b, const struct npub_tensor *t,
				 struct npurt_error *e);

/*
 * A conv's types, output stage and the tensors that it needs, whose indices are good:
 * flags that fit each other, constants in range.
 */
enum npurt_err npub_check_op(const struct npub *b, const struct npub_conv *c,
			     struct npurt_error *e);

#endif
