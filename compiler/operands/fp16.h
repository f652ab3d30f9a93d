/* fp16 from a wider float than weights.h offers: one rounding, not two. */
#ifndef FP16_H
#define FP16_H

#include <stdint.h>

/* Nearest even, subnormals kept, 65520 and more to infinity. */
uint16_t fp16_from_double(double value);

#endif
