/* What is put into an output before a run, and looked for after it. */
#include "canary.h"

#include <string.h>

#include "bundle.h"

#define ATOM_BYTES 16

/* As fp16, and in pairs as fp32: NaNs, whatever the other bits are. */
#define CANARY_NANS UINT64_C(0x7f807f807f807f80)
#define CANARY_STEP UINT64_C(0x9e3779b97f4a7c15) /* odd: 2^64 words without repetition */

/* Words 2i and 2i + 1 of the pattern, for atom i. */
struct canary {
	uint64_t word[2];
};

static struct canary canary_at(uint64_t seed, uint64_t atom)
{
	uint64_t x = seed + 2 * atom * CANARY_STEP;

	return (struct canary){ { CANARY_NANS | (x & ~CANARY_NANS),
				  CANARY_NANS | ((x + CANARY_STEP) & ~CANARY_NANS) } };
}

void npurt_canary_fill(void *bytes, uint64_t count, uint64_t seed)
{
	uint8_t *p = bytes;

	for (uint64_t i = 0; i < count / ATOM_BYTES; i++) {
		struct canary c = canary_at(seed, i);

		memcpy(p + i * ATOM_BYTES, &c, ATOM_BYTES);
	}
	if (count % ATOM_BYTES) {
		struct canary c = canary_at(seed, count / ATOM_BYTES);

		memcpy(p + count - count % ATOM_BYTES, &c, count % ATOM_BYTES);
	}
}

/* Atoms of a tensor that follow each other: one row, or one plane without gaps. */
struct strips {
	uint64_t surfaces, rows, atoms;
};

static struct strips strips_of(const struct npub_tensor *t)
{
	uint32_t chans = npub_atom_chans(t->elem);
	bool whole = t->row_pixels == t->w;

	return (struct strips){ .surfaces = ((uint64_t)t->c + chans - 1) / chans,
				.rows = whole ? 1 : t->h,
				.atoms = whole ? (uint64_t)t->w * t->h : t->w };
}

/* Byte offset of a strip in its tensor. */
static uint64_t strip_at(const struct npub_tensor *t, uint64_t n, uint64_t s, uint64_t y)
{
	return n * t->image_bytes +
	       (s * t->plane_pixels + y * t->row_pixels) * ATOM_BYTES;
}

uint64_t npurt_canary_count(const struct npub_tensor *t, const void *device,
			    uint64_t seed, uint64_t *first)
{
	struct strips r = strips_of(t);
	uint64_t count = 0;

	for (uint32_t n = 0; n < t->n; n++)
		for (uint64_t s = 0; s < r.surfaces; s++)
			for (uint64_t y = 0; y < r.rows; y++) {
				uint64_t at = strip_at(t, n, s, y);
				const uint8_t *p = (const uint8_t *)device + at;
				uint64_t atom = (t->bo_offset + at) / ATOM_BYTES;

				for (uint64_t x = 0; x < r.atoms; x++) {
					struct canary c = canary_at(seed, atom + x);
					uint64_t v[2];

					memcpy(v, p + x * ATOM_BYTES, sizeof v);
					if (v[0] == c.word[0] && v[1] == c.word[1] &&
					    !count++)
						*first = at + x * ATOM_BYTES;
				}
			}
	return count;
}

bool npurt_feature_is_zero(const struct npub_tensor *t, const void *device)
{
	struct strips r = strips_of(t);

	for (uint32_t n = 0; n < t->n; n++)
		for (uint64_t s = 0; s < r.surfaces; s++)
			for (uint64_t y = 0; y < r.rows; y++) {
				const uint8_t *p =
				    (const uint8_t *)device + strip_at(t, n, s, y);

				for (uint64_t i = 0; i < r.atoms * ATOM_BYTES; i++) {
					if (p[i])
						return false;
				}
			}
	return true;
}
