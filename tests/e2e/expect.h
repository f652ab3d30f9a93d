/*
 * What a problem must give: from the numbers in the spec and its files, and where the
 * compiler was left to choose, from the scales that its bundle names.
 */
#ifndef EXPECT_H
#define EXPECT_H

#include "problem.h"

/* Scales and zero points as a bundle has them; zero points of stored elements. */
struct chosen {
	struct ref_quant input, output, operand;
	bool input_uint8, output_uint8, operand_uint8;
	const float *weight_scales; /* in the bundle */
	uint32_t weight_scale_count;
};

/* Read them from the first conv of a bundle; false when it is none. */
bool chosen_read(struct chosen *c, const void *blob, size_t bytes);

struct expect {
	double *y; /* fp16: exact.  int8: of the real-valued model, in output units */
	double
	    *magnitude; /* fp16: of what is summed.  int8: how far off outputs may be */
	int32_t *fixed; /* int8: the outputs */
};

/*
 * The expected outputs.  False, with a sentence, when the bundle's scales are not
 * those that the spec gives, or when constants cannot be derived.
 */
bool expect_make(struct expect *e, const struct problem *p, const struct data *d,
		 const struct chosen *c, char *why, size_t why_bytes);
void expect_free(struct expect *e);

/*
 * Compare outputs as the user has them.  False with a sentence that names the first
 * wrong element, and how many are.
 */
bool expect_compare(const struct expect *e, const struct problem *p, const void *got,
		    char *why, size_t why_bytes);

#endif
