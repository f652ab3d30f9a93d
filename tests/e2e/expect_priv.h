/* What is folded into weights and bias, for both element types. */
#ifndef EXPECT_PRIV_H
#define EXPECT_PRIV_H

#include "expect.h"

#include <stddef.h>

/* Put the sentence into `why`; always false. */
bool expect_fail(char *why, size_t why_bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What weights and bias of kernel `k` are multiplied by; its bias after that. */
double gain_of(const struct data *d, uint32_t k);
double folded_bias(const struct data *d, uint32_t k);
/* Mean and deviation of the pixels of channel `c`; 0 and 1 for those of no image. */
double mean_of(const struct problem *p, uint32_t c);
double std_of(const struct problem *p, uint32_t c);
/* Input channel of weight `i`; pixels have one group, or as many as channels. */
uint32_t weight_chan(const struct ref_conv *r, size_t i);
/* Real weight `i` of floats: w * a[k] / std[c]. */
double real_weight(const struct problem *p, const struct data *d, size_t i);

/* expect_make() of an int8 conv. */
bool expect_int8(struct expect *e, const struct problem *p, const struct data *d,
		 const struct chosen *c, char *why, size_t why_bytes);

#endif
