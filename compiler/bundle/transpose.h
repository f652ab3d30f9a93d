/*
 * The inner step of packing: some kernels' weights between channel-major order, as
 * users have them, and tap-major order, as the hardware reads them.
 */
#ifndef TRANSPOSE_H
#define TRANSPOSE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Element t of channel c of kernel k is at, in elements from the first:
 *
 *     channel-major:   k * chan_major_pitch + c * taps + t
 *     tap-major:       k * tap_major_pitch + t * tap_pitch + c
 */
struct kernels {
	size_t count, chans, taps;
	size_t chan_major_pitch, tap_major_pitch, tap_pitch;
	uint32_t elem_bytes; /* 1 or 2 */
};

/*
 * From one order to the other, of two taps or more; what lies between the elements is
 * left alone.
 */
void taps_from_chans(const struct kernels *k, void *tap_major, const void *chan_major);
void chans_from_taps(const struct kernels *k, void *chan_major, const void *tap_major);

#endif
