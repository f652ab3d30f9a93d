/*
 * NCHW <-> NC1HWC2.  A channel group is a matrix of C2 planes by pixels that is
 * transposed in squares of C2 x C2 elements, each row of a square one 16-byte
 * vector; what is left at the end of a run goes element by element.
 */
#include "pack_feature.h"

#include <stddef.h>
#include <string.h>

#include "bundle.h"

#define ATOM_BYTES 16

/* Unrolled, a square stays in registers; a build for size gives that up. */
#ifdef __OPTIMIZE_SIZE__
#define UNROLL_4
#define UNROLL_8
#define UNROLL_16
#define SPECIALISE 0
#define INLINE static inline
#else
#define UNROLL_4 _Pragma("GCC unroll 4")
#define UNROLL_8 _Pragma("GCC unroll 8")
#define UNROLL_16 _Pragma("GCC unroll 16")
#define SPECIALISE 1 /* whole atoms need no test of each channel */
#define INLINE static inline __attribute__((always_inline))
#endif

typedef uint8_t v16u8 __attribute__((vector_size(16)));
typedef uint16_t v8u16 __attribute__((vector_size(16)));
typedef uint32_t v4u32 __attribute__((vector_size(16)));

#define LO16(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HI16(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define LO32(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define HI32(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define LO8(a, b)                                                                        \
	__builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22,   \
				7, 23)
#define HI8(a, b)                                                                        \
	__builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14,  \
				30, 15, 31)

/*
 * Transpose an N x N square in log2(N) rounds: interleaving row i with row
 * i + N/2 for all i rotates the index bits by one.
 */
#define DEFINE_TRANSPOSE(name, vector, n, rounds, lo, hi)                                \
	static inline void name(vector *row)                                             \
	{                                                                                \
		UNROLL_4 for (int r = 0; r < (rounds); r++)                              \
		{                                                                        \
			vector out[n];                                                   \
                                                                                         \
			UNROLL_8 for (int i = 0; i < (n) / 2; i++)                       \
			{                                                                \
				out[2 * i] = lo(row[i], row[i + (n) / 2]);               \
				out[2 * i + 1] = hi(row[i], row[i + (n) / 2]);           \
			}                                                                \
			UNROLL_16 for (int i = 0; i < (n); i++) row[i] = out[i];         \
		}                                                                        \
	}

DEFINE_TRANSPOSE(transpose_16, v8u16, 8, 3, LO16, HI16)
DEFINE_TRANSPOSE(transpose_32, v4u32, 4, 2, LO32, HI32)
DEFINE_TRANSPOSE(transpose_8, v16u8, 16, 4, LO8, HI8)

/*
 * pack:   pixels of `chans` planes, plane_bytes apart, into atoms
 * unpack: the other way
 * The missing channels of an atom read as zero; `flip` is xored to the others.  They
 * return how many of `count` pixels they did: all whole squares.
 */
#define DEFINE_RUNS(bits, elem, vector, n)						 \
	INLINE size_t pack_squares_##bits(uint8_t *atoms, const uint8_t *planes,	 \
					  size_t plane_bytes, uint32_t chans,		 \
					  size_t count, elem flip)			 \
	{										 \
		size_t x = 0;								 \
											 \
		for (; x + (n) <= count; x += (n)) {					 \
			vector v[n];							 \
											 \
			UNROLL_16 for (uint32_t c = 0; c < (n); c++)			 \
			{								 \
				v[c] = (vector){ 0 };					 \
				if (c < chans) {					 \
					memcpy(&v[c],					 \
					       planes + c * plane_bytes +		 \
						   x * sizeof(elem),			 \
					       ATOM_BYTES);				 \
					v[c] ^= flip;					 \
				}							 \
			}								 \
			transpose_##bits(v);						 \
			memcpy(atoms + x * ATOM_BYTES, v, sizeof v);			 \
		}									 \
		return x;								 \
	}										 \
											 \
	INLINE size_t unpack_squares_##bits(uint8_t *planes, const uint8_t *atoms,	 \
					    size_t plane_bytes, uint32_t chans,		 \
					    size_t count, elem flip)			 \
	{										 \
		size_t x = 0;								 \
											 \
		for (; x + (n) <= count; x += (n)) {					 \
			vector v[n];							 \
											 \
			memcpy(v, atoms + x * ATOM_BYTES, sizeof v);			 \
			transpose_##bits(v);						 \
			UNROLL_16 for (uint32_t c = 0; c < (n); c++)			 \
			{								 \
				v[c] ^= flip;						 \
				if (c < chans)						 \
					memcpy(planes + c * plane_bytes +		 \
						   x * sizeof(elem),			 \
					       &v[c], ATOM_BYTES);			 \
			}								 \
		}									 \
		return x;								 \
	}										 \
											 \
	static size_t pack_run_##bits(uint8_t *atoms, const uint8_t *planes,		 \
				      size_t plane_bytes, uint32_t chans, size_t count,	 \
				      elem flip)					 \
	{										 \
		if (SPECIALISE && chans == (n))						 \
			return pack_squares_##bits(atoms, planes, plane_bytes, n,	 \
						   count, flip);			 \
		return pack_squares_##bits(atoms, planes, plane_bytes, chans, count,	 \
					   flip);					 \
	}										 \
											 \
	static size_t unpack_run_##bits(uint8_t *planes, const uint8_t *atoms,		 \
					size_t plane_bytes, uint32_t chans,		 \
					size_t count, elem flip)			 \
	{										 \
		if (SPECIALISE && chans == (n))						 \
			return unpack_squares_##bits(planes, atoms, plane_bytes, n,	 \
						     count, flip);			 \
		return unpack_squares_##bits(planes, atoms, plane_bytes, chans, count,	 \
					     flip);					 \
	}

DEFINE_RUNS(8, uint8_t, v16u8, 16)
DEFINE_RUNS(16, uint16_t, v8u16, 8)
DEFINE_RUNS(32, uint32_t, v4u32, 4)

static void pack_run(size_t eb, uint8_t *atoms, const uint8_t *planes, size_t plane_bytes,
		     uint32_t chans, size_t count, uint8_t flip)
{
	size_t x = eb == 2   ? pack_run_16(atoms, planes, plane_bytes, chans, count, 0)
		   : eb == 4 ? pack_run_32(atoms, planes, plane_bytes, chans, count, 0)
			     : pack_run_8(atoms, planes, plane_bytes, chans, count, flip);

	for (; x < count; x++) {
		uint8_t *atom = atoms + x * ATOM_BYTES;

		memset(atom, 0, ATOM_BYTES);
		for (uint32_t c = 0; c < chans; c++) {
			memcpy(atom + c * eb, planes + c * plane_bytes + x * eb, eb);
			atom[c * eb] ^= flip;
		}
	}
}

static void unpack_run(size_t eb, uint8_t *planes, const uint8_t *atoms,
		       size_t plane_bytes, uint32_t chans, size_t count, uint8_t flip)
{
	size_t x = eb == 2   ? unpack_run_16(planes, atoms, plane_bytes, chans, count, 0)
		   : eb == 4 ? unpack_run_32(planes, atoms, plane_bytes, chans, count, 0)
			     : unpack_run_8(planes, atoms, plane_bytes, chans, count,
					    flip);

	for (; x < count; x++) {
		for (uint32_t c = 0; c < chans; c++) {
			uint8_t *to = planes + c * plane_bytes + x * eb;

			memcpy(to, atoms + x * ATOM_BYTES + c * eb, eb);
			*to ^= flip;
		}
	}
}

/* Where the runs of a tensor lie: rows without a gap between them make one run. */
struct runs {
	uint32_t elem_bytes, atom_chans, surfaces;
	uint32_t rows;	    /* runs in one plane */
	size_t pixels;	    /* of one run */
	size_t plane_bytes; /* of one channel in the NCHW array */
	uint8_t flip;	    /* between the user's bytes and the stored ones */
};

/* 128 less is the top bit turned over. */
static uint8_t flip_of(const struct npub_tensor *t)
{
	return t->user_form == NPUB_USER_UINT8 ? 0x80 : 0;
}

static struct runs runs_from_tensor(const struct npub_tensor *t)
{
	struct runs r = { .elem_bytes = npub_elem_bytes(t->elem),
			  .atom_chans = npub_atom_chans(t->elem),
			  .rows = t->h,
			  .pixels = t->w,
			  .flip = flip_of(t) };

	r.surfaces = (t->c + r.atom_chans - 1) / r.atom_chans;
	r.plane_bytes = (size_t)t->h * t->w * r.elem_bytes;
	if (t->row_pixels == t->w) {
		r.pixels *= r.rows;
		r.rows = 1;
	}
	return r;
}

static uint32_t chans_of(const struct npub_tensor *t, const struct runs *r,
			 uint32_t surface)
{
	uint32_t left = t->c - surface * r->atom_chans;

	return left < r->atom_chans ? left : r->atom_chans;
}

/* `count` elements, `from_step` and `to_step` apart; only bytes are ever flipped. */
#define DEFINE_SPREAD(elem)                                                              \
	static void spread_##elem(uint8_t *to, size_t to_step, const uint8_t *from,      \
				  size_t from_step, size_t count, uint8_t flip)          \
	{                                                                                \
		for (size_t x = 0; x < count; x++) {                                     \
			elem v;                                                          \
                                                                                         \
			memcpy(&v, from + x * from_step * sizeof v, sizeof v);           \
			v = (elem)(v ^ flip);                                            \
			memcpy(to + x * to_step * sizeof v, &v, sizeof v);               \
		}                                                                        \
	}

DEFINE_SPREAD(uint8_t)
DEFINE_SPREAD(uint16_t)
DEFINE_SPREAD(uint32_t)

static void spread(size_t eb, uint8_t *to, size_t to_step, const uint8_t *from,
		   size_t from_step, size_t count, uint8_t flip)
{
	if (eb == 1)
		spread_uint8_t(to, to_step, from, from_step, count, flip);
	else if (eb == 2)
		spread_uint16_t(to, to_step, from, from_step, count, 0);
	else
		spread_uint32_t(to, to_step, from, from_step, count, 0);
}

/* Interleaved pixels: 1 to 4 channels, no padding between them. */
static void copy_pixels(const struct npub_tensor *t, uint8_t *device, uint8_t *nchw,
			bool pack)
{
	size_t eb = npub_elem_bytes(t->elem), plane = (size_t)t->h * t->w * eb;

	for (uint32_t n = 0; n < t->n; n++)
		for (uint32_t c = 0; c < t->c; c++)
			for (uint32_t y = 0; y < t->h; y++) {
				uint8_t *d = device + n * t->image_bytes +
					     ((size_t)y * t->row_pixels * t->c + c) * eb;
				uint8_t *s = nchw + ((size_t)n * t->c + c) * plane +
					     (size_t)y * t->w * eb;

				if (pack)
					spread(eb, d, t->c, s, 1, t->w, flip_of(t));
				else
					spread(eb, s, 1, d, t->c, t->w, flip_of(t));
			}
}

void npurt_pack_feature(const struct npub_tensor *t, const void *nchw, void *device)
{
	struct runs r = runs_from_tensor(t);
	const uint8_t *src = nchw;

	if (t->layout == NPUB_LAYOUT_PIXEL) {
		copy_pixels(t, device, (uint8_t *)(uintptr_t)nchw, true);
		return;
	}
	for (uint32_t n = 0; n < t->n; n++) {
		for (uint32_t s = 0; s < r.surfaces; s++) {
			uint8_t *plane = (uint8_t *)device + n * t->image_bytes +
					 (uint64_t)s * t->plane_pixels * ATOM_BYTES;

			for (uint32_t y = 0; y < r.rows; y++)
				pack_run(r.elem_bytes,
					 plane + (size_t)y * t->row_pixels * ATOM_BYTES,
					 src + y * r.pixels * r.elem_bytes, r.plane_bytes,
					 chans_of(t, &r, s), r.pixels, r.flip);
			src += r.plane_bytes * chans_of(t, &r, s);
		}
	}
}

void npurt_unpack_feature(const struct npub_tensor *t, const void *device, void *nchw)
{
	struct runs r = runs_from_tensor(t);
	uint8_t *dst = nchw;

	if (t->layout == NPUB_LAYOUT_PIXEL) {
		copy_pixels(t, (uint8_t *)(uintptr_t)device, nchw, false);
		return;
	}
	for (uint32_t n = 0; n < t->n; n++) {
		for (uint32_t s = 0; s < r.surfaces; s++) {
			const uint8_t *plane = (const uint8_t *)device +
					       n * t->image_bytes +
					       (uint64_t)s * t->plane_pixels * ATOM_BYTES;

			for (uint32_t y = 0; y < r.rows; y++)
				unpack_run(r.elem_bytes,
					   dst + y * r.pixels * r.elem_bytes,
					   plane + (size_t)y * t->row_pixels * ATOM_BYTES,
					   r.plane_bytes, chans_of(t, &r, s), r.pixels,
					   r.flip);
			dst += r.plane_bytes * chans_of(t, &r, s);
		}
	}
}
