/*
 * Strips of channels, included by transpose.c once for each width of vector and each
 * size of element, with these defined before:
 *
 *     NAME(x)     the functions' names
 *     TARGET      what the compiler may assume of the machine
 *     ELEM        an element: half-words, or bytes
 *     ROW         channels in a row of the tile: 1 half-word, or a pair of bytes
 *     VECTOR      a vector of LANES groups of eight half-words
 *     LOW16 ...   interleave the lower or upper halves of two vectors' groups, each
 *                 group by itself, in units of 16, 32 or 64 bits
 *     LOAD(at, taps)         eight taps of a row, their channels interleaved; group g
 *                            is the row 8 * g rows further on
 *     STORE(at, taps, v)     the same
 *
 * A vector so holds eight taps of the rows i, i + 8, ..., or one tap of 8 * LANES
 * adjacent rows.  A strip is 8 * LANES rows.
 */
#define STRIP (8 * LANES * ROW)

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

/* The first `n` of the eight taps that are at `in` and behind it; all are read. */
TARGET INLINE void NAME(tile_to_taps)(ELEM *out, size_t pitch, const ELEM *in,
				      size_t taps, size_t n)
{
	const size_t row = ROW * taps;
	VECTOR r0 = LOAD(in, taps), r1 = LOAD(in + row, taps);
	VECTOR r2 = LOAD(in + 2 * row, taps), r3 = LOAD(in + 3 * row, taps);
	VECTOR r4 = LOAD(in + 4 * row, taps), r5 = LOAD(in + 5 * row, taps);
	VECTOR r6 = LOAD(in + 6 * row, taps), r7 = LOAD(in + 7 * row, taps);
	EXCHANGE(r0, r1, r2, r3, r4, r5, r6, r7);

	memcpy(out, &c0, sizeof c0);
	memcpy(out + pitch, &c1, sizeof c1);
	if (n > 2)
		memcpy(out + 2 * pitch, &c2, sizeof c2);
	if (n > 3)
		memcpy(out + 3 * pitch, &c3, sizeof c3);
	if (n > 4)
		memcpy(out + 4 * pitch, &c4, sizeof c4);
	if (n > 5)
		memcpy(out + 5 * pitch, &c5, sizeof c5);
	if (n > 6)
		memcpy(out + 6 * pitch, &c6, sizeof c6);
	if (n > 7)
		memcpy(out + 7 * pitch, &c7, sizeof c7);
}

/* The first `n` of eight taps; what the others are is of no matter, but they are written.
 */
TARGET INLINE void NAME(tile_to_chans)(ELEM *out, size_t taps, const ELEM *in,
				       size_t pitch, size_t n)
{
	const size_t row = ROW * taps;
	VECTOR r0, r1, r2, r3, r4, r5, r6, r7;

	memcpy(&r0, in, sizeof r0);
	memcpy(&r1, in + pitch, sizeof r1);
	memcpy(&r2, in + (n > 2 ? 2 : 0) * pitch, sizeof r2);
	memcpy(&r3, in + (n > 3 ? 3 : 0) * pitch, sizeof r3);
	memcpy(&r4, in + (n > 4 ? 4 : 0) * pitch, sizeof r4);
	memcpy(&r5, in + (n > 5 ? 5 : 0) * pitch, sizeof r5);
	memcpy(&r6, in + (n > 6 ? 6 : 0) * pitch, sizeof r6);
	memcpy(&r7, in + (n > 7 ? 7 : 0) * pitch, sizeof r7);
	EXCHANGE(r0, r1, r2, r3, r4, r5, r6, r7);
	STORE(out, taps, c0);
	STORE(out + row, taps, c1);
	STORE(out + 2 * row, taps, c2);
	STORE(out + 3 * row, taps, c3);
	STORE(out + 4 * row, taps, c4);
	STORE(out + 5 * row, taps, c5);
	STORE(out + 6 * row, taps, c6);
	STORE(out + 7 * row, taps, c7);
}

/*
 * A strip.  A last tile of eight taps may overlap the one before; rows of two to seven
 * taps are read as eight, which reaches into what is behind them: where there may be
 * nothing (`at_end`), the strip is read from a copy.
 */
TARGET INLINE void NAME(strip_to_taps)(ELEM *out, size_t pitch, const ELEM *in,
				       size_t taps, bool at_end)
{
	ELEM copy[STRIP * 7 + 8];
	size_t t = 0;

	if (taps < 8) {
		if (at_end)
			in = memcpy(copy, in, STRIP * FEW(taps) * sizeof(ELEM));
		NAME(tile_to_taps)(out, pitch, in, taps, taps);
		return;
	}
	for (; t + 8 <= taps; t += 8)
		NAME(tile_to_taps)(out + t * pitch, pitch, in + t, taps, 8);
	if (taps - t == 1) {
		GATHER(out + t * pitch, in + t, STRIP, taps);
	} else if (t < taps) {
		t = taps - 8;
		NAME(tile_to_taps)(out + t * pitch, pitch, in + t, taps, 8);
	}
}

/*
 * The other way: rows of two to seven taps are written as eight, each over the end of
 * the one before, so they must come in their order (LANES 1), and the last strip of a
 * run goes through a copy.
 */
TARGET INLINE void NAME(strip_to_chans)(ELEM *out, const ELEM *in, size_t pitch,
					size_t taps, bool at_end)
{
	ELEM copy[STRIP * 7 + 8];
	size_t t = 0;

	if (taps < 8) {
		NAME(tile_to_chans)(at_end ? copy : out, taps, in, pitch, taps);
		if (at_end)
			memcpy(out, copy, STRIP * FEW(taps) * sizeof(ELEM));
		return;
	}
	for (; t + 8 <= taps; t += 8)
		NAME(tile_to_chans)(out + t, taps, in + t * pitch, pitch, 8);
	if (taps - t == 1) {
		for (size_t c = 0; c < STRIP; c++)
			out[c * taps + t] = in[t * pitch + c];
	} else if (t < taps) {
		t = taps - 8;
		NAME(tile_to_chans)(out + t, taps, in + t * pitch, pitch, 8);
	}
}

/* Channels [first, end) of all kernels, in strips. */
TARGET INLINE void NAME(all_to_taps)(const struct kernels *k, ELEM *tap_major,
				     const ELEM *chan_major, size_t first, size_t end,
				     size_t taps)
{
	for (size_t i = 0; i < k->count; i++) {
		prefetch_next(chan_major, k->chans * taps * sizeof(ELEM));
		for (size_t c = first; c < end; c += STRIP) {
			bool at_end = i + 1 == k->count && c + STRIP == end;

			NAME(strip_to_taps)
			(tap_major + c, k->tap_pitch, chan_major + c * taps, taps,
			 at_end);
		}
		tap_major += k->tap_major_pitch;
		chan_major += k->chan_major_pitch;
	}
}

TARGET INLINE void NAME(all_to_chans)(const struct kernels *k, ELEM *chan_major,
				      const ELEM *tap_major, size_t first, size_t end,
				      size_t taps)
{
	for (size_t i = 0; i < k->count; i++) {
		prefetch_next(chan_major, k->chans * taps * sizeof(ELEM));
		for (size_t c = first; c < end; c += STRIP) {
			NAME(strip_to_chans)
			(chan_major + c * taps, tap_major + c, k->tap_pitch, taps,
			 c + STRIP == end);
		}
		tap_major += k->tap_major_pitch;
		chan_major += k->chan_major_pitch;
	}
}

/*
 * Channels [first, end) of all kernels, `end` behind the last whole strip; returns
 * `end`.  Few taps, and three by three, have loops of their own, in which distances
 * are constants.
 */
TARGET static size_t NAME(to_taps)(const struct kernels *k, ELEM *out, const ELEM *in,
				   size_t first)
{
	const size_t end = first + (k->chans - first) / STRIP * STRIP;

	BY_TAPS(k->taps, NAME(all_to_taps), k, out, in, first, end);
	return end;
}

TARGET static size_t NAME(to_chans)(const struct kernels *k, ELEM *out, const ELEM *in,
				    size_t first)
{
	const size_t end = first + (k->chans - first) / STRIP * STRIP;

	BY_TAPS(k->taps, NAME(all_to_chans), k, out, in, first, end);
	return end;
}

#undef NAME
#undef ELEM
#undef ROW
#undef STRIP
#undef GATHER
#undef LOAD
#undef STORE
#undef EXCHANGE
