/*
 * A problem for the whole path: the conv as the reference knows it, what else the
 * spec says, and the data.  Knows nothing of the product.
 */
#ifndef PROBLEM_H
#define PROBLEM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ref_conv.h"

struct problem {
	const char *family;
	struct ref_conv r;
	bool bias, fp32;	   /* fp32: of the output */
	bool inner;		   /* the input is another operator's output */
	uint32_t split_y, split_k; /* pinned parts, 0: not pinned */
	bool
	    seeded; /* weights as the compiler draws them from `seed` (compiler/seed.h) */
	uint64_t seed; /* of the data */
};

/*
 * Problem `index` of a run; the same for the same seed.  `at_edges`: one that aims
 * at what the CBUF just holds or just does not.
 */
void problem_random(struct problem *p, uint64_t seed, uint32_t index, bool at_edges);

/* A line of a slug file; false when it is no slug. */
bool problem_from_slug(struct problem *p, const char *line);

/* The sizes say something the product promises to take or to refuse politely. */
bool problem_is_sane(const struct problem *p);

/* ---- as a spec ---- */

enum form { FORM_TEXT, FORM_NAMED, FORM_JSON, FORM_SLUG, FORM_N };

/* Files that a spec names; NULL: from the seed. */
struct spec_files {
	const char *weights, *bias;
};

#define PROBLEM_NAME "e2e"

/* The shape as a slug; what else the problem says is left out. */
void problem_format_slug(char *slug, size_t bytes, const struct problem *p);

/* Write `p` as a spec of one conv. */
void problem_write_spec(FILE *out, const struct problem *p, enum form form,
			const struct spec_files *files);

/* ---- data ---- */

struct data {
	uint16_t *x, *w;
	float *bias; /* NULL: none */
	double *y, *magnitude;
	size_t x_count, w_count, y_count;
};

/* Operands from the problem's seed, and the reference's results. */
bool data_make(struct data *d, const struct problem *p);
void data_free(struct data *d);

/*
 * Compare outputs, fp16 bits or floats as the problem says, with the reference.
 * False with a sentence that names the first wrong element, and how many are.
 */
bool data_compare(const struct data *d, const struct problem *p, const void *got,
		  char *why, size_t why_bytes);

/* splitmix64: advances *state. */
uint64_t draw64(uint64_t *state);
/* A number in [least, most]. */
uint32_t draw_range(uint64_t *state, uint32_t least, uint32_t most);

#endif
