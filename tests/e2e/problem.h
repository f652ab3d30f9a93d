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
#include "ref_fixed.h"

/* How the user has a tensor: real = (element - zero) * scale. */
struct user_quant {
	bool given, uint8;
	double scale;
	int32_t zero; /* of a byte when uint8 */
};

enum weight_scales {
	WEIGHTS_AUTO_CHANNEL, /* npucc chooses */
	WEIGHTS_AUTO_TENSOR,
	WEIGHTS_GIVEN,	   /* one scale and zero point in the spec */
	WEIGHTS_FILE,	   /* a scale a channel in a file */
	WEIGHTS_FILE_ZEROS /* and a zero point */
};

#define MAX_PIXEL_CHANS 4

struct problem {
	const char *family;
	struct ref_conv r;
	bool bias, wide;	   /* wide: fp32 or int32 output */
	bool inner;		   /* the input is another operator's output */
	uint32_t split_y, split_k; /* pinned parts, 0: not pinned */
	bool
	    seeded; /* weights as the compiler draws them from `seed` (compiler/operands/seed.h) */
	uint64_t seed; /* of the data */

	/* The operator.  What follows is nothing but zeros for a plain fp16 conv. */
	bool int8;
	struct user_quant input, output, operand;
	enum weight_scales weight_scales;
	bool stored_weights; /* the file holds int8 */
	double weight_scale; /* GIVEN; the largest in FILE */
	int32_t weight_zero; /* GIVEN */
	bool add, bn_scale, bn_shift;
	enum ref_act act;
	double high, slope;
	uint32_t means, stds; /* 0, 1 or as many as channels */
	double mean[MAX_PIXEL_CHANS], std[MAX_PIXEL_CHANS];
	double spread; /* about how far sums reach, in real values: sizes the bias */
};

#define SHAPE_SPREAD 16.0 /* of the plain convs: fp16 operands of at most 1 */

/*
 * Problem `index` of a run; the same for the same seed.  EDGES aim at what the CBUF
 * just holds or just does not, OPERATORS at one feature of the operator each.
 */
enum problem_kind { PROBLEM_SHAPES, PROBLEM_EDGES, PROBLEM_OPERATORS };
void problem_random(struct problem *p, uint64_t seed, uint32_t index,
		    enum problem_kind kind);

/* Features of the operator; problem i of PROBLEM_OPERATORS has feature i % this. */
uint32_t operator_features(void);

/* A line of a slug file; false when it is no slug. */
bool problem_from_slug(struct problem *p, const char *line);

/* The sizes say something the product promises to take or to refuse politely. */
bool problem_is_sane(const struct problem *p);
bool operator_is_sane(const struct problem *p);

/* ---- as a spec ---- */

enum form { FORM_TEXT, FORM_NAMED, FORM_JSON, FORM_SLUG, FORM_N };

/* Files that a spec names; NULL: from the seed. */
struct spec_files {
	const char *weights, *bias, *scales, *zeros, *bn_scale, *bn_shift;
};

#define PROBLEM_NAME "e2e"

/* The shape as a slug; what else the problem says is left out. */
void problem_format_slug(char *slug, size_t bytes, const struct problem *p);

/* Write `p` as a spec of one conv. */
void problem_write_spec(FILE *out, const struct problem *p, enum form form,
			const struct spec_files *files);

/* The attributes of the operator, as lines or as JSON's members. */
void operator_write_spec(FILE *out, const struct problem *p, bool json,
			 const struct spec_files *files);

/* ---- data ---- */

struct data {
	void *x, *operand; /* as the user has them: fp16, int8 or bytes */
	void *w;	   /* fp16, or int8 when they are stored ones */
	float *bias, *bn_scale, *bn_shift, *weight_scales; /* k of each, or NULL */
	int8_t *weight_zeros;
	size_t x_count, w_count, y_count;
};

/* Operands from the problem's seed. */
bool data_make(struct data *d, const struct problem *p);
void data_free(struct data *d);

/* Bytes of an element of input and operand, of the weights, of the output. */
size_t data_elem_bytes(const struct problem *p);
size_t data_weight_bytes(const struct problem *p);
size_t data_output_bytes(const struct problem *p);

/* splitmix64: advances *state. */
uint64_t draw64(uint64_t *state);
/* A number in [least, most]. */
uint32_t draw_range(uint64_t *state, uint32_t least, uint32_t most);
/* A number in [least, most), and whether something with this chance happens. */
double draw_real(uint64_t *state, double least, double most);
bool draw_chance(uint64_t *state, uint32_t percent);

#endif
