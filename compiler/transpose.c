#include "transpose.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define TILE 8u /* half-words */
#define INLINE static inline __attribute__((always_inline))

typedef uint16_t half8 __attribute__((vector_size(16)));

#define NAME(x) narrow_##x
#define LANES 1
#define TARGET
#include "transpose_tile.h"

#ifdef __x86_64__
#define NAME(x) avx2_##x
#define LANES 2
#define TARGET __attribute__((target("avx2")))
#include "transpose_tile.h"
#endif

static bool has_avx2(void)
{
#ifdef __x86_64__
	return __builtin_cpu_supports("avx2");
#else
	return false;
#endif
}

#ifndef __x86_64__
#define avx2_to_taps narrow_to_taps
#define avx2_to_chans narrow_to_chans
#endif

#define PLAIN(type)                                                                      \
	static void type##_to_taps(type *tap_major, size_t pitch,                        \
				   const type *chan_major, size_t chans, size_t taps)    \
	{                                                                                \
		for (size_t t = 0; t < taps; t++)                                        \
			for (size_t c = 0; c < chans; c++)                               \
				tap_major[t * pitch + c] = chan_major[c * taps + t];     \
	}                                                                                \
	static void type##_to_chans(type *chan_major, const type *tap_major,             \
				    size_t pitch, size_t chans, size_t taps)             \
	{                                                                                \
		for (size_t c = 0; c < chans; c++)                                       \
			for (size_t t = 0; t < taps; t++)                                \
				chan_major[c * taps + t] = tap_major[t * pitch + c];     \
	}

PLAIN(uint8_t)
PLAIN(uint16_t)

void taps_from_chans(void *tap_major, size_t pitch, const void *chan_major, size_t chans,
		     size_t taps, uint32_t elem_bytes)
{
	uint16_t *out = tap_major;
	const uint16_t *in = chan_major;
	size_t done = 0;

	assert(elem_bytes == 1 || elem_bytes == 2);
	if (elem_bytes == 1) {
		uint8_t_to_taps(tap_major, pitch, chan_major, chans, taps);
		return;
	}
	if (taps >= TILE && chans >= 2 * TILE && has_avx2())
		done = avx2_to_taps(out, pitch, in, chans, taps);
	if (taps >= TILE && chans - done >= TILE)
		done += narrow_to_taps(out + done, pitch, in + done * taps, chans - done,
				       taps);
	if (done < chans)
		uint16_t_to_taps(out + done, pitch, in + done * taps, chans - done, taps);
}

void chans_from_taps(void *chan_major, const void *tap_major, size_t pitch, size_t chans,
		     size_t taps, uint32_t elem_bytes)
{
	uint16_t *out = chan_major;
	const uint16_t *in = tap_major;
	size_t done = 0;

	assert(elem_bytes == 1 || elem_bytes == 2);
	if (elem_bytes == 1) {
		uint8_t_to_chans(chan_major, tap_major, pitch, chans, taps);
		return;
	}
	if (taps >= TILE && chans >= 2 * TILE && has_avx2())
		done = avx2_to_chans(out, in, pitch, chans, taps);
	if (taps >= TILE && chans - done >= TILE)
		done += narrow_to_chans(out + done * taps, in + done, pitch, chans - done,
					taps);
	if (done < chans)
		uint16_t_to_chans(out + done * taps, in + done, pitch, chans - done,
				  taps);
}
