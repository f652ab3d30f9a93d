/*
 * Tiles of eight columns, included by transpose.c once for each width of vector:
 *
 *     NAME(x)   the functions' names
 *     LANES     1 or 2: groups of eight half-words in a vector
 *     TARGET    what the compiler may assume of the machine
 *
 * A vector holds eight half-words of row i and, with two lanes, of row i + 8.
 * Interleaving acts on each lane by itself.
 */
typedef uint16_t NAME(half) __attribute__((vector_size(16 * LANES)));
typedef uint32_t NAME(word) __attribute__((vector_size(16 * LANES)));
typedef uint64_t NAME(wide) __attribute__((vector_size(16 * LANES)));

#if LANES == 1
#define LOW16(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH16(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define LOW32(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HIGH32(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define LOW64(a, b) __builtin_shufflevector(a, b, 0, 2)
#define HIGH64(a, b) __builtin_shufflevector(a, b, 1, 3)
#else
#define LOW16(a, b)                                                                      \
	__builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 8, 24, 9, 25, 10, 26,  \
				11, 27)
#define HIGH16(a, b)                                                                     \
	__builtin_shufflevector(a, b, 4, 20, 5, 21, 6, 22, 7, 23, 12, 28, 13, 29, 14,    \
				30, 15, 31)
#define LOW32(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH32(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define LOW64(a, b) __builtin_shufflevector(a, b, 0, 4, 2, 6)
#define HIGH64(a, b) __builtin_shufflevector(a, b, 1, 5, 3, 7)
#endif

/*
 * Rows r0..r7 become columns c0..c7: three rounds of interleaving, of 2, 4 and 8
 * bytes.  Written out: arrays and loops would live in memory.
 */
#define EXCHANGE(r0, r1, r2, r3, r4, r5, r6, r7)                                         \
	NAME(word) a0 = (NAME(word))LOW16(r0, r1), a1 = (NAME(word))HIGH16(r0, r1);      \
	NAME(word) a2 = (NAME(word))LOW16(r2, r3), a3 = (NAME(word))HIGH16(r2, r3);      \
	NAME(word) a4 = (NAME(word))LOW16(r4, r5), a5 = (NAME(word))HIGH16(r4, r5);      \
	NAME(word) a6 = (NAME(word))LOW16(r6, r7), a7 = (NAME(word))HIGH16(r6, r7);      \
	NAME(wide) b0 = (NAME(wide))LOW32(a0, a2), b1 = (NAME(wide))HIGH32(a0, a2);      \
	NAME(wide) b2 = (NAME(wide))LOW32(a1, a3), b3 = (NAME(wide))HIGH32(a1, a3);      \
	NAME(wide) b4 = (NAME(wide))LOW32(a4, a6), b5 = (NAME(wide))HIGH32(a4, a6);      \
	NAME(wide) b6 = (NAME(wide))LOW32(a5, a7), b7 = (NAME(wide))HIGH32(a5, a7);      \
	NAME(half) c0 = (NAME(half))LOW64(b0, b4), c1 = (NAME(half))HIGH64(b0, b4);      \
	NAME(half) c2 = (NAME(half))LOW64(b1, b5), c3 = (NAME(half))HIGH64(b1, b5);      \
	NAME(half) c4 = (NAME(half))LOW64(b2, b6), c5 = (NAME(half))HIGH64(b2, b6);      \
	NAME(half) c6 = (NAME(half))LOW64(b3, b7), c7 = (NAME(half))HIGH64(b3, b7)

/* Row i, and row i + 8, of a channel-major matrix. */
TARGET INLINE void NAME(load_rows)(NAME(half) * v, const uint16_t *row, size_t pitch)
{
#if LANES == 1
	(void)pitch;
	memcpy(v, row, 16);
#else
	const __m128i *low = (const __m128i *)(const void *)row;
	const __m128i *high = (const __m128i *)(const void *)(row + 8 * pitch);

	*v = (NAME(half))_mm256_inserti128_si256(
	    _mm256_castsi128_si256(_mm_loadu_si128(low)), _mm_loadu_si128(high), 1);
#endif
}

TARGET INLINE void NAME(store_rows)(uint16_t *row, size_t pitch, const NAME(half) * v)
{
#if LANES == 1
	(void)pitch;
	memcpy(row, v, 16);
#else
	half8 low = __builtin_shufflevector(*v, *v, 0, 1, 2, 3, 4, 5, 6, 7);
	half8 high = __builtin_shufflevector(*v, *v, 8, 9, 10, 11, 12, 13, 14, 15);

	memcpy(row, &low, 16);
	memcpy(row + 8 * pitch, &high, 16);
#endif
}

/* Eight rows of taps become eight rows of channels. */
TARGET INLINE void NAME(tile_to_taps)(uint16_t *out, size_t pitch, const uint16_t *in,
				      size_t taps)
{
	NAME(half) r0, r1, r2, r3, r4, r5, r6, r7;

	NAME(load_rows)(&r0, in, taps);
	NAME(load_rows)(&r1, in + taps, taps);
	NAME(load_rows)(&r2, in + 2 * taps, taps);
	NAME(load_rows)(&r3, in + 3 * taps, taps);
	NAME(load_rows)(&r4, in + 4 * taps, taps);
	NAME(load_rows)(&r5, in + 5 * taps, taps);
	NAME(load_rows)(&r6, in + 6 * taps, taps);
	NAME(load_rows)(&r7, in + 7 * taps, taps);
	EXCHANGE(r0, r1, r2, r3, r4, r5, r6, r7);
	memcpy(out, &c0, sizeof c0);
	memcpy(out + pitch, &c1, sizeof c1);
	memcpy(out + 2 * pitch, &c2, sizeof c2);
	memcpy(out + 3 * pitch, &c3, sizeof c3);
	memcpy(out + 4 * pitch, &c4, sizeof c4);
	memcpy(out + 5 * pitch, &c5, sizeof c5);
	memcpy(out + 6 * pitch, &c6, sizeof c6);
	memcpy(out + 7 * pitch, &c7, sizeof c7);
}

TARGET INLINE void NAME(tile_to_chans)(uint16_t *out, size_t taps, const uint16_t *in,
				       size_t pitch)
{
	NAME(half) r0, r1, r2, r3, r4, r5, r6, r7;

	memcpy(&r0, in, sizeof r0);
	memcpy(&r1, in + pitch, sizeof r1);
	memcpy(&r2, in + 2 * pitch, sizeof r2);
	memcpy(&r3, in + 3 * pitch, sizeof r3);
	memcpy(&r4, in + 4 * pitch, sizeof r4);
	memcpy(&r5, in + 5 * pitch, sizeof r5);
	memcpy(&r6, in + 6 * pitch, sizeof r6);
	memcpy(&r7, in + 7 * pitch, sizeof r7);
	EXCHANGE(r0, r1, r2, r3, r4, r5, r6, r7);
	NAME(store_rows)(out, taps, &c0);
	NAME(store_rows)(out + taps, taps, &c1);
	NAME(store_rows)(out + 2 * taps, taps, &c2);
	NAME(store_rows)(out + 3 * taps, taps, &c3);
	NAME(store_rows)(out + 4 * taps, taps, &c4);
	NAME(store_rows)(out + 5 * taps, taps, &c5);
	NAME(store_rows)(out + 6 * taps, taps, &c6);
	NAME(store_rows)(out + 7 * taps, taps, &c7);
}

/* One tap of 8 * LANES channels: the last of eight taps from `in`. */
TARGET INLINE void NAME(last_tap)(uint16_t *out, const uint16_t *in, size_t taps)
{
	NAME(half) r0, r1, r2, r3, r4, r5, r6, r7;
	NAME(word) a0, a1, a2, a3;
	NAME(wide) b0, b1, c;

	NAME(load_rows)(&r0, in, taps);
	NAME(load_rows)(&r1, in + taps, taps);
	NAME(load_rows)(&r2, in + 2 * taps, taps);
	NAME(load_rows)(&r3, in + 3 * taps, taps);
	NAME(load_rows)(&r4, in + 4 * taps, taps);
	NAME(load_rows)(&r5, in + 5 * taps, taps);
	NAME(load_rows)(&r6, in + 6 * taps, taps);
	NAME(load_rows)(&r7, in + 7 * taps, taps);
	a0 = (NAME(word))HIGH16(r0, r1);
	a1 = (NAME(word))HIGH16(r2, r3);
	a2 = (NAME(word))HIGH16(r4, r5);
	a3 = (NAME(word))HIGH16(r6, r7);
	b0 = (NAME(wide))HIGH32(a0, a1);
	b1 = (NAME(wide))HIGH32(a2, a3);
	c = HIGH64(b0, b1);
	memcpy(out, &c, sizeof c);
}

/* 8 * LANES channels, any number of taps >= 8; a last tile may overlap. */
TARGET INLINE void NAME(strip_to_taps)(uint16_t *tap_major, size_t pitch,
				       const uint16_t *chan_major, size_t taps)
{
	size_t t = 0;

	for (; t + 8 <= taps; t += 8)
		NAME(tile_to_taps)(tap_major + t * pitch, pitch, chan_major + t, taps);
	if (taps - t == 1)
		NAME(last_tap)(tap_major + t * pitch, chan_major + taps - 8, taps);
	else if (t < taps)
		NAME(tile_to_taps)
		(tap_major + (taps - 8) * pitch, pitch, chan_major + taps - 8, taps);
}

TARGET INLINE void NAME(strip_to_chans)(uint16_t *chan_major, const uint16_t *tap_major,
					size_t pitch, size_t taps)
{
	size_t t = 0;

	for (; t + 8 <= taps; t += 8)
		NAME(tile_to_chans)(chan_major + t, taps, tap_major + t * pitch, pitch);
	if (taps - t == 1)
		for (size_t c = 0; c < 8 * LANES; c++)
			chan_major[c * taps + t] = tap_major[t * pitch + c];
	else if (t < taps)
		NAME(tile_to_chans)
		(chan_major + taps - 8, taps, tap_major + (taps - 8) * pitch, pitch);
}

/*
 * As many channels as whole strips take; returns how many that are.  Kernels of
 * three by three have a loop of their own, in which all distances are constants.
 */
TARGET static size_t NAME(to_taps)(uint16_t *tap_major, size_t pitch,
				   const uint16_t *chan_major, size_t chans, size_t taps)
{
	size_t c = 0;

	if (taps == 9)
		for (; c + 8 * LANES <= chans; c += 8 * LANES)
			NAME(strip_to_taps)(tap_major + c, pitch, chan_major + c * 9, 9);
	for (; c + 8 * LANES <= chans; c += 8 * LANES)
		NAME(strip_to_taps)(tap_major + c, pitch, chan_major + c * taps, taps);
	return c;
}

TARGET static size_t NAME(to_chans)(uint16_t *chan_major, const uint16_t *tap_major,
				    size_t pitch, size_t chans, size_t taps)
{
	size_t c = 0;

	if (taps == 9)
		for (; c + 8 * LANES <= chans; c += 8 * LANES)
			NAME(strip_to_chans)(chan_major + c * 9, tap_major + c, pitch, 9);
	for (; c + 8 * LANES <= chans; c += 8 * LANES)
		NAME(strip_to_chans)(chan_major + c * taps, tap_major + c, pitch, taps);
	return c;
}

#undef EXCHANGE
#undef LOW16
#undef HIGH16
#undef LOW32
#undef HIGH32
#undef LOW64
#undef HIGH64
#undef NAME
#undef LANES
#undef TARGET
