#include "bundle/transpose.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#define LINE_BYTES 64u
#define INLINE static inline __attribute__((always_inline))

/*
 * A single tap of `chans` channels, a multiple of 8, put together in integer
 * registers: the vector units have enough to do.
 */
INLINE void gather_halves(uint16_t *out, const uint16_t *in, size_t chans, size_t taps)
{
	for (size_t c = 0; c < chans; c += 4, in += 4 * taps) {
		uint64_t four = in[0] | (uint64_t)in[taps] << 16 |
				(uint64_t)in[2 * taps] << 32 |
				(uint64_t)in[3 * taps] << 48;

		memcpy(out + c, &four, sizeof four);
	}
}

INLINE void gather_bytes(uint8_t *out, const uint8_t *in, size_t chans, size_t taps)
{
	for (size_t c = 0; c < chans; c += 4, in += 4 * taps) {
		uint32_t four = in[0] | (uint32_t)in[taps] << 8 |
				(uint32_t)in[2 * taps] << 16 |
				(uint32_t)in[3 * taps] << 24;

		memcpy(out + c, &four, sizeof four);
	}
}

/*
 * Fetch the channel-major part of the next block of channels, which follows in each
 * kernel: runs this short end before the hardware sees that they are runs.
 */
INLINE void prefetch_next(const void *chan_major, size_t run_bytes)
{
	uintptr_t next = (uintptr_t)chan_major + run_bytes;

	for (size_t at = 0; at < run_bytes; at += LINE_BYTES)
		__builtin_prefetch((const void *)(next + at));
}

/* A call for each number of taps that many convs have, where it is a constant. */
#define BY_TAPS(taps, call, ...)                                                         \
	switch (taps) {                                                                  \
	case 2:                                                                          \
		call(__VA_ARGS__, 2);                                                    \
		break;                                                                   \
	case 3:                                                                          \
		call(__VA_ARGS__, 3);                                                    \
		break;                                                                   \
	case 4:                                                                          \
		call(__VA_ARGS__, 4);                                                    \
		break;                                                                   \
	case 5:                                                                          \
		call(__VA_ARGS__, 5);                                                    \
		break;                                                                   \
	case 6:                                                                          \
		call(__VA_ARGS__, 6);                                                    \
		break;                                                                   \
	case 7:                                                                          \
		call(__VA_ARGS__, 7);                                                    \
		break;                                                                   \
	case 9:                                                                          \
		call(__VA_ARGS__, 9);                                                    \
		break;                                                                   \
	default:                                                                         \
		call(__VA_ARGS__, taps);                                                 \
		break;                                                                   \
	}

/* ---- vectors of any machine: eight half-words ---- */

typedef uint8_t byte16 __attribute__((vector_size(16)));
typedef uint16_t half8 __attribute__((vector_size(16)));
typedef uint32_t word4 __attribute__((vector_size(16)));
typedef uint64_t long2 __attribute__((vector_size(16)));

INLINE half8 load_row(const uint16_t *row)
{
	half8 v;

	memcpy(&v, row, sizeof v);
	return v;
}

/* Two channels' bytes, to and from their taps in turns. */
INLINE half8 load_rows(const uint8_t *row, size_t taps)
{
	long2 a = { 0 }, b = { 0 };

	memcpy(&a, row, 8);
	memcpy(&b, row + taps, 8);
	return (half8)__builtin_shufflevector((byte16)a, (byte16)b, 0, 16, 1, 17, 2, 18,
					      3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

INLINE void store_rows(uint8_t *row, size_t taps, half8 v)
{
#ifdef __x86_64__ /* whose compilers take the shuffle below apart, byte by byte */
	byte16 b = (byte16)_mm_packus_epi16((__m128i)(v & 0xff), (__m128i)(v >> 8));
#else
	byte16 b = __builtin_shufflevector((byte16)v, (byte16)v, 0, 2, 4, 6, 8, 10, 12,
					   14, 1, 3, 5, 7, 9, 11, 13, 15);
#endif

	memcpy(row, &b, 8);
	memcpy(row + taps, (const uint8_t *)&b + 8, 8);
}

/*
 * Taps that are known to be fewer than eight.  Inlined for nine without optimisation, the
 * branch for few is dead but still looked at, and its copy would seem to overflow.
 */
#define FEW(taps) ((taps) & 7)

#define AS(type, a, b, ...)                                                              \
	((half8)__builtin_shufflevector((type)(a), (type)(b), __VA_ARGS__))

#define TARGET
#define VECTOR half8
#define LANES 1
#define LOW16(a, b) AS(half8, a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH16(a, b) AS(half8, a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define LOW32(a, b) AS(word4, a, b, 0, 4, 1, 5)
#define HIGH32(a, b) AS(word4, a, b, 2, 6, 3, 7)
#define LOW64(a, b) AS(long2, a, b, 0, 2)
#define HIGH64(a, b) AS(long2, a, b, 1, 3)

#define NAME(x) narrow_half_##x
#define ELEM uint16_t
#define ROW 1
#define GATHER gather_halves
#define LOAD(at, taps) load_row(at)
#define STORE(at, taps, v) memcpy(at, &(v), sizeof(v))
#include "bundle/transpose_tile.h"

#define NAME(x) narrow_byte_##x
#define ELEM uint8_t
#define ROW 2
#define GATHER gather_bytes
#define LOAD load_rows
#define STORE store_rows
#include "bundle/transpose_tile.h"

/* ---- twice as wide, where the machine has it ---- */

#ifdef __x86_64__
#undef TARGET
#undef VECTOR
#undef LANES
#undef LOW16
#undef HIGH16
#undef LOW32
#undef HIGH32
#undef LOW64
#undef HIGH64

#define TARGET __attribute__((target("avx2")))
#define VECTOR __m256i
#define LANES 2
#define LOW16 _mm256_unpacklo_epi16
#define HIGH16 _mm256_unpackhi_epi16
#define LOW32 _mm256_unpacklo_epi32
#define HIGH32 _mm256_unpackhi_epi32
#define LOW64 _mm256_unpacklo_epi64
#define HIGH64 _mm256_unpackhi_epi64

TARGET INLINE __m256i join(half8 low, half8 high)
{
	return _mm256_inserti128_si256(_mm256_castsi128_si256((__m128i)low),
				       (__m128i)high, 1);
}

TARGET INLINE half8 low_of(__m256i v)
{
	return (half8)_mm256_castsi256_si128(v);
}

TARGET INLINE half8 high_of(__m256i v)
{
	return (half8)_mm256_extracti128_si256(v, 1);
}

TARGET INLINE __m256i load_row_pair(const uint16_t *row, size_t taps)
{
	return join(load_row(row), load_row(row + 8 * taps));
}

TARGET INLINE void store_row_pair(uint16_t *row, size_t taps, __m256i v)
{
	half8 low = low_of(v), high = high_of(v);

	memcpy(row, &low, sizeof low);
	memcpy(row + 8 * taps, &high, sizeof high);
}

TARGET INLINE __m256i load_rows_pair(const uint8_t *row, size_t taps)
{
	return join(load_rows(row, taps), load_rows(row + 16 * taps, taps));
}

TARGET INLINE void store_rows_pair(uint8_t *row, size_t taps, __m256i v)
{
	store_rows(row, taps, low_of(v));
	store_rows(row + 16 * taps, taps, high_of(v));
}

#define NAME(x) avx2_half_##x
#define ELEM uint16_t
#define ROW 1
#define GATHER gather_halves
#define LOAD load_row_pair
#define STORE store_row_pair
#include "bundle/transpose_tile.h"

#define NAME(x) avx2_byte_##x
#define ELEM uint8_t
#define ROW 2
#define GATHER gather_bytes
#define LOAD load_rows_pair
#define STORE store_rows_pair
#include "bundle/transpose_tile.h"

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}
#else
#define avx2_half_to_taps narrow_half_to_taps
#define avx2_half_to_chans narrow_half_to_chans
#define avx2_byte_to_taps narrow_byte_to_taps
#define avx2_byte_to_chans narrow_byte_to_chans

static bool has_avx2(void)
{
	return false;
}
#endif

/*
 * ---- wide strips, a narrow one, for what is left a narrow one that begins in those
 * before it, and where there are none one element after the other ----
 */

#define BY_SIZE(type, size, strip)                                                       \
	static void size##_to_taps(const struct kernels *k, type *tap_major,             \
				   const type *chan_major)                               \
	{                                                                                \
		size_t done = 0;                                                         \
                                                                                         \
		if (has_avx2())                                                          \
			done = avx2_##size##_to_taps(k, tap_major, chan_major, 0);       \
		done = narrow_##size##_to_taps(k, tap_major, chan_major, done);          \
		if (done < k->chans && k->chans >= (strip))                              \
			done = narrow_##size##_to_taps(k, tap_major, chan_major,         \
						       k->chans - (strip));              \
		for (size_t i = 0; done < k->chans && i < k->count; i++) {               \
			for (size_t t = 0; t < k->taps; t++)                             \
				for (size_t c = done; c < k->chans; c++)                 \
					tap_major[t * k->tap_pitch + c] =                \
					    chan_major[c * k->taps + t];                 \
			tap_major += k->tap_major_pitch;                                 \
			chan_major += k->chan_major_pitch;                               \
		}                                                                        \
	}                                                                                \
	static void size##_to_chans(const struct kernels *k, type *chan_major,           \
				    const type *tap_major)                               \
	{                                                                                \
		size_t done = 0;                                                         \
                                                                                         \
		if (has_avx2() && k->taps >= 8)                                          \
			done = avx2_##size##_to_chans(k, chan_major, tap_major, 0);      \
		done = narrow_##size##_to_chans(k, chan_major, tap_major, done);         \
		if (done < k->chans && k->chans >= (strip))                              \
			done = narrow_##size##_to_chans(k, chan_major, tap_major,        \
							k->chans - (strip));             \
		for (size_t i = 0; done < k->chans && i < k->count; i++) {               \
			for (size_t c = done; c < k->chans; c++)                         \
				for (size_t t = 0; t < k->taps; t++)                     \
					chan_major[c * k->taps + t] =                    \
					    tap_major[t * k->tap_pitch + c];             \
			tap_major += k->tap_major_pitch;                                 \
			chan_major += k->chan_major_pitch;                               \
		}                                                                        \
	}

BY_SIZE(uint8_t, byte, 16)
BY_SIZE(uint16_t, half, 8)

void taps_from_chans(const struct kernels *k, void *tap_major, const void *chan_major)
{
	assert((k->elem_bytes == 1 || k->elem_bytes == 2) && k->taps > 1);
	if (k->elem_bytes == 1)
		byte_to_taps(k, tap_major, chan_major);
	else
		half_to_taps(k, tap_major, chan_major);
}

void chans_from_taps(const struct kernels *k, void *chan_major, const void *tap_major)
{
	assert((k->elem_bytes == 1 || k->elem_bytes == 2) && k->taps > 1);
	if (k->elem_bytes == 1)
		byte_to_chans(k, chan_major, tap_major);
	else
		half_to_chans(k, chan_major, tap_major);
}
