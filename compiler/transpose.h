/*
 * The inner step of packing: one kernel's weights between channel-major order, as
 * users have them, and tap-major order, as the hardware reads them.
 */
#ifndef TRANSPOSE_H
#define TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>

/*
 * tap_major[t * pitch + c] = chan_major[c * taps + t] for c < chans, t < taps;
 * elements of `elem_bytes` (1 or 2), pitch in elements.  No overlap.
 */
void taps_from_chans(void *tap_major, size_t pitch, const void *chan_major, size_t chans,
		     size_t taps, uint32_t elem_bytes);

/* The inverse: chan_major[c * taps + t] = tap_major[t * pitch + c]. */
void chans_from_taps(void *chan_major, const void *tap_major, size_t pitch, size_t chans,
		     size_t taps, uint32_t elem_bytes);

#endif
