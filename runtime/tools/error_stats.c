#include "error_stats.h"

#include <math.h>

void error_add(struct error_stats *s, size_t place, double got, double reference)
{
	double error = isfinite(got) ? fabs(got - reference) : (double)INFINITY;

	if (s->count == 0 || error > s->max_error ||
	    (error == s->max_error && place < s->worst)) {
		s->max_error = error;
		s->worst = place;
		s->worst_got = got;
		s->worst_reference = reference;
	}
	s->count++;
	s->equal += error == 0;
	s->error_sum += error;
	s->error_squares += error * error;
	s->reference_squares += reference * reference;
	if (!isfinite(got))
		return;
	s->dot += got * reference;
	s->got_squares += got * got;
}

void error_merge(struct error_stats *s, const struct error_stats *o)
{
	if (o->count == 0)
		return;
	if (s->count == 0 || o->max_error > s->max_error ||
	    (o->max_error == s->max_error && o->worst < s->worst)) {
		s->max_error = o->max_error;
		s->worst = o->worst;
		s->worst_got = o->worst_got;
		s->worst_reference = o->worst_reference;
	}
	s->count += o->count;
	s->equal += o->equal;
	s->error_sum += o->error_sum;
	s->dot += o->dot;
	s->got_squares += o->got_squares;
	s->reference_squares += o->reference_squares;
	s->error_squares += o->error_squares;
}

double error_mean(const struct error_stats *s)
{
	return s->count ? s->error_sum / (double)s->count : 0;
}

double error_cosine(const struct error_stats *s)
{
	if (s->got_squares == 0 && s->reference_squares == 0)
		return 1;
	if (s->got_squares == 0 || s->reference_squares == 0)
		return 0;
	return s->dot / sqrt(s->got_squares * s->reference_squares);
}

double error_snr(const struct error_stats *s)
{
	if (s->error_squares == 0)
		return (double)INFINITY;
	return 10 * log10(s->reference_squares / s->error_squares);
}
