/*
 * How far numbers are from what they should be.
 */
#ifndef ERROR_STATS_H
#define ERROR_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Sums over pairs of a number and its reference; all zero to begin with. */
struct error_stats {
	uint64_t count;
	uint64_t equal;
	double max_error; /* infinite when a number is not finite */
	size_t worst;	  /* the first place with max_error */
	double worst_got, worst_reference;
	double error_sum; /* of |got - reference| */
	double dot, got_squares, reference_squares, error_squares;
};

/* Take in a pair; the reference is finite. */
void error_add(struct error_stats *s, size_t place, double got, double reference);

/* Take in another's pairs: the result does not depend on who had which. */
void error_merge(struct error_stats *s, const struct error_stats *other);

/* Mean of |got - reference|. */
double error_mean(const struct error_stats *s);

/* Of the two sides as vectors; 1 when both are zero. */
double error_cosine(const struct error_stats *s);

/*
 * 10 * log10(sum reference^2 / sum (got - reference)^2), in dB: infinite when all
 * are equal, minus infinity when a number is not finite.
 */
double error_snr(const struct error_stats *s);

#endif
