#include "transpose.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define TILE_TAPS 8u /* fewer are moved one by one */
#define LINE_BYTES 64u
#define INLINE static inline __attribute__((always_inline))

/*
 * A single tap of `chans` channels, a multiple of 4, put together in integer
 * registers: the vector units have enough to do.
 */
INLINE void gather_tap(uint16_t *out, const uint16_t *in, size_t chans, size_t taps)
{
	for (size_t c = 0; c < chans; c += 4, in += 4 * taps) {
		uint64_t four = in[0] | (uint64_t)in[taps] << 16 |
				(uint64_t)in[2 * taps] << 32 |
				(uint64_t)in[3 * taps] << 48;

		memcpy(out + c, &four, sizeof four);
	}
}

/*
 * Fetch the channel-major part of the next block of channels, which follows in each
 * kernel: runs this short end before the hardware sees that they are runs.
 */
INLINE void prefetch_next(const struct kernels *k, const uint16_t *chan_major)
{
	const size_t run_bytes = k->chans * k->taps * sizeof *chan_major;
	uintptr_t next = (uintptr_t)chan_major + run_bytes;

	for (size_t at = 0; at < run_bytes; at += LINE_BYTES)
		__builtin_prefetch((const void *)(next + at));
}

/* ---- vectors of any machine: eight half-words ---- */

typedef uint16_t half8 __attribute__((vector_size(16)));
typedef uint32_t word4 __attribute__((vector_size(16)));
typedef uint64_t long2 __attribute__((vector_size(16)));

INLINE half8 load8(const uint16_t *row)
{
	half8 v;

	memcpy(&v, row, sizeof v);
	return v;
}

#define AS(type, a, b, ...)                                                              \
	((half8)__builtin_shufflevector((type)(a), (type)(b), __VA_ARGS__))

#define NAME(x) narrow_##x
#define TARGET
#define VECTOR half8
#define LANES 1
#define LOAD(row, pitch) load8(row)
#define STORE(row, pitch, v) memcpy(row, &(v), sizeof(v))
#define LOW16(a, b) AS(half8, a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH16(a, b) AS(half8, a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define LOW32(a, b) AS(word4, a, b, 0, 4, 1, 5)
#define HIGH32(a, b) AS(word4, a, b, 2, 6, 3, 7)
#define LOW64(a, b) AS(long2, a, b, 0, 2)
#define HIGH64(a, b) AS(long2, a, b, 1, 3)
#include "transpose_tile.h"

/* ---- twice as wide, where the machine has it ---- */

#ifdef __x86_64__
#include <immintrin.h>

#define TARGET_AVX2 __attribute__((target("avx2")))

TARGET_AVX2 INLINE __m256i load_pair(const uint16_t *row, size_t pitch)
{
	const __m128i *low = (const __m128i *)(const void *)row;
	const __m128i *high = (const __m128i *)(const void *)(row + 8 * pitch);

	return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(low)),
				       _mm_loadu_si128(high), 1);
}

TARGET_AVX2 INLINE void store_pair(uint16_t *row, size_t pitch, __m256i v)
{
	_mm_storeu_si128((__m128i *)(void *)row, _mm256_castsi256_si128(v));
	_mm_storeu_si128((__m128i *)(void *)(row + 8 * pitch),
			 _mm256_extracti128_si256(v, 1));
}

#define NAME(x) avx2_##x
#define TARGET TARGET_AVX2
#define VECTOR __m256i
#define LANES 2
#define LOAD load_pair
#define STORE store_pair
#define LOW16 _mm256_unpacklo_epi16
#define HIGH16 _mm256_unpackhi_epi16
#define LOW32 _mm256_unpacklo_epi32
#define HIGH32 _mm256_unpackhi_epi32
#define LOW64 _mm256_unpacklo_epi64
#define HIGH64 _mm256_unpackhi_epi64
#include "transpose_tile.h"

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}
#else
#define avx2_to_taps narrow_to_taps
#define avx2_to_chans narrow_to_chans

static bool has_avx2(void)
{
	return false;
}
#endif

/* ---- one element after the other: channels [first, chans) ---- */

#define PLAIN(type)                                                                      \
	static void type##_to_taps(const struct kernels *k, type *tap_major,             \
				   const type *chan_major, size_t first)                 \
	{                                                                                \
		for (size_t i = 0; i < k->count; i++) {                                  \
			for (size_t t = 0; t < k->taps; t++)                             \
				for (size_t c = first; c < k->chans; c++)                \
					tap_major[t * k->tap_pitch + c] =                \
					    chan_major[c * k->taps + t];                 \
			tap_major += k->tap_major_pitch;                                 \
			chan_major += k->chan_major_pitch;                               \
		}                                                                        \
	}                                                                                \
	static void type##_to_chans(const struct kernels *k, type *chan_major,           \
				    const type *tap_major, size_t first)                 \
	{                                                                                \
		for (size_t i = 0; i < k->count; i++) {                                  \
			for (size_t c = first; c < k->chans; c++)                        \
				for (size_t t = 0; t < k->taps; t++)                     \
					chan_major[c * k->taps + t] =                    \
					    tap_major[t * k->tap_pitch + c];             \
			tap_major += k->tap_major_pitch;                                 \
			chan_major += k->chan_major_pitch;                               \
		}                                                                        \
	}

PLAIN(uint8_t)
PLAIN(uint16_t)

/* Wide strips, then at most one narrow strip, then the channels that are left. */
void taps_from_chans(const struct kernels *k, void *tap_major, const void *chan_major)
{
	size_t done = 0;

	assert(k->elem_bytes == 1 || k->elem_bytes == 2);
	if (k->elem_bytes == 1) {
		uint8_t_to_taps(k, tap_major, chan_major, 0);
		return;
	}
	if (k->taps >= TILE_TAPS && has_avx2())
		done = avx2_to_taps(k, tap_major, chan_major, 0);
	if (k->taps >= TILE_TAPS)
		done = narrow_to_taps(k, tap_major, chan_major, done);
	if (done < k->chans)
		uint16_t_to_taps(k, tap_major, chan_major, done);
}

void chans_from_taps(const struct kernels *k, void *chan_major, const void *tap_major)
{
	size_t done = 0;

	assert(k->elem_bytes == 1 || k->elem_bytes == 2);
	if (k->elem_bytes == 1) {
		uint8_t_to_chans(k, chan_major, tap_major, 0);
		return;
	}
	if (k->taps >= TILE_TAPS && has_avx2())
		done = avx2_to_chans(k, chan_major, tap_major, 0);
	if (k->taps >= TILE_TAPS)
		done = narrow_to_chans(k, chan_major, tap_major, done);
	if (done < k->chans)
		uint16_t_to_chans(k, chan_major, tap_major, done);
}
