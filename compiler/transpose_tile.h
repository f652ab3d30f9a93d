/*
 * Strips of channels, included by transpose.c once for each width of vector, which
 * defines before:
 *
 *     NAME(x)     the functions' names
 *     TARGET      what the compiler may assume of the machine
 *     VECTOR      a vector of LANES groups of eight half-words
 *     LOW16 ...   interleave the lower or upper halves of two vectors' groups, each
 *                 group by itself, in units of 16, 32 or 64 bits
 *     LOAD(row, pitch)         group g is at row + 8 * g * pitch
 *     STORE(row, pitch, v)     the same
 *
 * A vector so holds eight taps of the channels i, i + 8, ..., or one tap of 8 * LANES
 * adjacent channels.  A strip is 8 * LANES channels.
 */

/*
 * Rows r0..r7 become columns c0..c7: three rounds of interleaving.  Written out:
 * arrays and loops would live in memory.
 */
#define EXCHANGE(r0, r1, r2, r3, r4, r5, r6, r7)                                         \
	VECTOR a0 = LOW16(r0, r1), a1 = HIGH16(r0, r1), a2 = LOW16(r2, r3);              \
	VECTOR a3 = HIGH16(r2, r3), a4 = LOW16(r4, r5), a5 = HIGH16(r4, r5);             \
	VECTOR a6 = LOW16(r6, r7), a7 = HIGH16(r6, r7);                                  \
	VECTOR b0 = LOW32(a0, a2), b1 = HIGH32(a0, a2), b2 = LOW32(a1, a3);              \
	VECTOR b3 = HIGH32(a1, a3), b4 = LOW32(a4, a6), b5 = HIGH32(a4, a6);             \
	VECTOR b6 = LOW32(a5, a7), b7 = HIGH32(a5, a7);                                  \
	VECTOR c0 = LOW64(b0, b4), c1 = HIGH64(b0, b4), c2 = LOW64(b1, b5);              \
	VECTOR c3 = HIGH64(b1, b5), c4 = LOW64(b2, b6), c5 = HIGH64(b2, b6);             \
	VECTOR c6 = LOW64(b3, b7), c7 = HIGH64(b3, b7)

/* Eight taps of a strip. */
TARGET INLINE void NAME(tile_to_taps)(uint16_t *out, size_t pitch, const uint16_t *in,
				      size_t taps)
{
	VECTOR r0 = LOAD(in, taps), r1 = LOAD(in + taps, taps);
	VECTOR r2 = LOAD(in + 2 * taps, taps), r3 = LOAD(in + 3 * taps, taps);
	VECTOR r4 = LOAD(in + 4 * taps, taps), r5 = LOAD(in + 5 * taps, taps);
	VECTOR r6 = LOAD(in + 6 * taps, taps), r7 = LOAD(in + 7 * taps, taps);
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
	VECTOR r0, r1, r2, r3, r4, r5, r6, r7;

	memcpy(&r0, in, sizeof r0);
	memcpy(&r1, in + pitch, sizeof r1);
	memcpy(&r2, in + 2 * pitch, sizeof r2);
	memcpy(&r3, in + 3 * pitch, sizeof r3);
	memcpy(&r4, in + 4 * pitch, sizeof r4);
	memcpy(&r5, in + 5 * pitch, sizeof r5);
	memcpy(&r6, in + 6 * pitch, sizeof r6);
	memcpy(&r7, in + 7 * pitch, sizeof r7);
	EXCHANGE(r0, r1, r2, r3, r4, r5, r6, r7);
	STORE(out, taps, c0);
	STORE(out + taps, taps, c1);
	STORE(out + 2 * taps, taps, c2);
	STORE(out + 3 * taps, taps, c3);
	STORE(out + 4 * taps, taps, c4);
	STORE(out + 5 * taps, taps, c5);
	STORE(out + 6 * taps, taps, c6);
	STORE(out + 7 * taps, taps, c7);
}

/* A strip with any number of taps >= 8; a last tile may overlap the one before. */
TARGET INLINE void NAME(strip_to_taps)(uint16_t *tap_major, size_t pitch,
				       const uint16_t *chan_major, size_t taps)
{
	size_t t = 0;

	for (; t + 8 <= taps; t += 8)
		NAME(tile_to_taps)(tap_major + t * pitch, pitch, chan_major + t, taps);
	if (taps - t == 1)
		gather_tap(tap_major + t * pitch, chan_major + t, 8 * LANES, taps);
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
 * Channels [first, end) of all kernels, `end` behind the last whole strip; returns
 * `end`.  Kernels of three by three have a loop of their own, in which distances are
 * constants.
 */
TARGET static size_t NAME(to_taps)(const struct kernels *k, uint16_t *tap_major,
				   const uint16_t *chan_major, size_t first)
{
	const size_t strip = 8 * LANES, end = first + (k->chans - first) / strip * strip;

	for (size_t i = 0; i < k->count; i++) {
		prefetch_next(k, chan_major);
		if (k->taps == 9)
			for (size_t c = first; c < end; c += strip)
				NAME(strip_to_taps)
				(tap_major + c, k->tap_pitch, chan_major + c * 9, 9);
		else
			for (size_t c = first; c < end; c += strip)
				NAME(strip_to_taps)
				(tap_major + c, k->tap_pitch, chan_major + c * k->taps,
				 k->taps);
		tap_major += k->tap_major_pitch;
		chan_major += k->chan_major_pitch;
	}
	return end;
}

TARGET static size_t NAME(to_chans)(const struct kernels *k, uint16_t *chan_major,
				    const uint16_t *tap_major, size_t first)
{
	const size_t strip = 8 * LANES, end = first + (k->chans - first) / strip * strip;

	for (size_t i = 0; i < k->count; i++) {
		prefetch_next(k, chan_major);
		if (k->taps == 9)
			for (size_t c = first; c < end; c += strip)
				NAME(strip_to_chans)
				(chan_major + c * 9, tap_major + c, k->tap_pitch, 9);
		else
			for (size_t c = first; c < end; c += strip)
				NAME(strip_to_chans)
				(chan_major + c * k->taps, tap_major + c, k->tap_pitch,
				 k->taps);
		tap_major += k->tap_major_pitch;
		chan_major += k->chan_major_pitch;
	}
	return end;
}

#undef NAME
#undef TARGET
#undef VECTOR
#undef LANES
#undef LOAD
#undef STORE
#undef LOW16
#undef HIGH16
#undef LOW32
#undef HIGH32
#undef LOW64
#undef HIGH64
#undef EXCHANGE
