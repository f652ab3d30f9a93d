/*
 * Weights and values by channel as the user has them: from a seed, an .npy file or a
 * safetensors file, as doubles and unchanged.
 */
#ifndef WEIGHTS_H
#define WEIGHTS_H

#include "conv_problem.h"
#include "operands/array_file.h"

/* The conv's weights, out_c x in_c/groups x kernel_h x kernel_w, open for reading. */
struct weights_file {
	const struct conv_problem *p;
	struct diag *diag;
	struct array_file file; /* not with a seed */
	bool stored;		/* int8 numbers that are weights as they are stored */
	struct array_error error;
};

/*
 * Open and check shape and type: floats, or int8 for an int8 conv whose scales are
 * given.  False after an error at CONV_WEIGHTS; nothing is open then.
 */
bool weights_open(struct weights_file *w, const struct conv_problem *p,
		  struct diag *diag);

/*
 * Hand all weights to `take`, in order, as often as wanted.  False after an error: the
 * file cannot be read, a value is not finite, or `take` called weights_refuse().
 */
bool weights_read(struct weights_file *w, array_take *take, void *context);

void weights_close(struct weights_file *w);

/* For `take`: weight `i` cannot be used, `fmt` says how it is; returns false. */
bool weights_refuse(struct weights_file *w, uint64_t i, const char *rule,
		    const char *remedy, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* What the problem names beside weights: one number for each output channel. */
enum channel_tensor {
	CHANNEL_BIAS,
	CHANNEL_BN_SCALE,
	CHANNEL_BN_SHIFT,
	CHANNEL_WEIGHT_SCALE, /* finite and above 0, also as a float */
	CHANNEL_WEIGHT_ZERO   /* whole, -128 to 127 */
};

/*
 * Fill values[out_c].  From a seed: bias and bn_shift are multiples of 1/64 in
 * [-16, 16), bn_scale multiples of 1/4096 in [3/4, 5/4).  A source that is not there
 * leaves `values` as they are.  False after an error at the attribute.
 */
bool channel_values_load(double *values, const struct conv_problem *p,
			 enum channel_tensor which, struct diag *diag);

/* fp16 bits of a float, nearest even; and back. */
uint16_t fp16_from_float(float value);
float float_from_fp16(uint16_t bits);

#endif
