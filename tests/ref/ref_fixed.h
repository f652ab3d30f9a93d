/*
 * The int8 convolution everything is measured against, in three steps that can be
 * used apart.  Plain loops and 64-bit integers; includes nothing of the product.
 *
 *     real numbers --ref_fixed_derive()--> integer constants --ref_fixed_run()--> outputs
 *           \------------- ref_real_run() -----------------> what they stand for
 *
 * A stored number q of a tensor with scale s and zero point z stands for (q - z) * s.
 * Padding counts as the input's zero point.
 */
#ifndef REF_FIXED_H
#define REF_FIXED_H

#include "ref_conv.h"

struct ref_quant {
	double scale;
	int32_t zero; /* of the stored int8 */
};

enum ref_act { REF_ACT_NONE, REF_ACT_RELU, REF_ACT_CLIP, REF_ACT_LEAKY };

/* The operator in real numbers, on stored int8 tensors. */
struct ref_operator {
	struct ref_quant input, output, operand;
	bool int32;	  /* output: sums, in units of input scale * weight scale */
	bool per_channel; /* sums are brought to the largest weight scale by factors */
	const double *weight_scale; /* k of them; all equal unless per_channel */
	const int32_t *weight_zero; /* k, or NULL: 0 */
	const double *bias;	    /* k real values, or NULL */
	const double *input_shift;  /* c, or NULL: added to real inputs of a channel */
	enum ref_act act;
	double high;  /* CLIP, from 0; may be infinite */
	double slope; /* LEAKY, of negative values */
	bool add;     /* `operand`, before the activation */
};

/* The same in the integers that the hardware is given. */
struct ref_fixed {
	bool int32, add;
	int32_t pad;
	int32_t *bias, *weight_zero; /* k of each */
	uint32_t *factor;	     /* k: over 2^14; NULL: not per channel */
	enum ref_act act;
	int64_t limit; /* CLIP */
	int32_t leak_scale, operand_zero, operand_scale;
	uint32_t leak_shift, operand_shift;
	int32_t out_zero, out_scale;
	uint32_t out_shift;
};

/*
 * Constants from real numbers.  False when out of memory, or when one has no place:
 * `*why` names it.  Free with ref_fixed_free() either way.
 */
bool ref_fixed_derive(struct ref_fixed *f, const struct ref_conv *r, const int8_t *w,
		      const struct ref_operator *o, const char **why);
void ref_fixed_free(struct ref_fixed *f);

/* v / 2^shift to the nearest integer, of two equally near ones the even one. */
int64_t ref_round_shift(int64_t v, uint32_t shift);

/* y: the outputs, int8 or int32, dense NCHW; operand as the output, or NULL. */
void ref_fixed_run(const struct ref_conv *r, const int8_t *x, const int8_t *w,
		   const int8_t *operand, const struct ref_fixed *f, int32_t *y);

/*
 * What the operator gives in real numbers, in output units: not rounded, but held to
 * what the output type can say.
 */
void ref_real_run(const struct ref_conv *r, const int8_t *x, const int8_t *w,
		  const int8_t *operand, const struct ref_operator *o, double *y);

/*
 * How far an output can be from ref_real_run() by the roundings that the constants and
 * stages make, in output units, when nothing saturates on the way: half a unit for the
 * last one, and for those in units of the sum that many output units.
 */
double ref_fixed_slack(const struct ref_conv *r, const struct ref_operator *o,
		       const struct ref_fixed *f, uint32_t k);

#endif
