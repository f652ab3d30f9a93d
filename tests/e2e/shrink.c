/* Making a wrong problem smaller while it stays wrong. */
#include <string.h>

#include "shrink.h"

#define MAX_TRIALS 400u

/* One size of a problem, and what it is when it does no harm. */
struct knob {
	size_t offset;
	uint32_t plain;
};

#define KNOB(field, plain)                                                               \
	{                                                                                \
		offsetof(struct problem, field), plain                                   \
	}

static const struct knob knobs[] = {
	KNOB(r.n, 1),  KNOB(split_y, 0), KNOB(split_k, 0), KNOB(r.dy, 1), KNOB(r.dx, 1),
	KNOB(r.pt, 0), KNOB(r.pl, 0),	 KNOB(r.pb, 0),	   KNOB(r.pr, 0), KNOB(r.sy, 1),
	KNOB(r.sx, 1), KNOB(r.kh, 1),	 KNOB(r.kw, 1),	   KNOB(r.h, 1),  KNOB(r.w, 1),
};

static uint32_t *knob_value(struct problem *p, const struct knob *knob)
{
	return (uint32_t *)(void *)((char *)p + knob->offset);
}

struct shrinker {
	struct problem *best;
	still_wrong *test;
	void *context;
	uint32_t trials;
};

/* Keep the candidate when it is still wrong. */
static bool try_one(struct shrinker *s, const struct problem *candidate)
{
	if (s->trials >= MAX_TRIALS ||
	    memcmp(candidate, s->best, sizeof *candidate) == 0 ||
	    !problem_is_sane(candidate))
		return false;
	s->trials++;
	if (!s->test(s->context, candidate))
		return false;
	*s->best = *candidate;
	return true;
}

/* To its plain value, to half way there, by one. */
static bool shrink_knob(struct shrinker *s, const struct knob *knob)
{
	uint32_t value = *knob_value(s->best, knob);
	const uint32_t candidates[] = { knob->plain, (value + knob->plain) / 2,
					value > knob->plain ? value - 1 : value };

	for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
		struct problem candidate = *s->best;

		*knob_value(&candidate, knob) = candidates[i];
		if (try_one(s, &candidate))
			return true;
	}
	return false;
}

/* Groups, and channels on both sides, which hang together. */
static bool shrink_channels(struct shrinker *s)
{
	const struct ref_conv *r = &s->best->r;
	const uint32_t in = r->c / r->g, out = r->k / r->g;
	const struct {
		uint32_t groups, in, out;
	} candidates[] = {
		{ 1, in, out },	  { (r->g + 1) / 2, in, out }, { r->g - 1, in, out },
		{ r->g, 1, out }, { r->g, (in + 1) / 2, out }, { r->g, in - 1, out },
		{ r->g, in, 1 },  { r->g, in, (out + 1) / 2 }, { r->g, in, out - 1 },
	};

	for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
		struct problem candidate = *s->best;

		candidate.r.g = candidates[i].groups;
		candidate.r.c = candidates[i].groups * candidates[i].in;
		candidate.r.k = candidates[i].groups * candidates[i].out;
		if (try_one(s, &candidate))
			return true;
	}
	return false;
}

static bool shrink_flags(struct shrinker *s)
{
	struct problem plain = *s->best;

	plain.bias = plain.fp32 = plain.inner = false;
	if (try_one(s, &plain))
		return true;
	plain = *s->best;
	plain.bias = false;
	if (try_one(s, &plain))
		return true;
	plain = *s->best;
	plain.fp32 = false;
	if (try_one(s, &plain))
		return true;
	plain = *s->best;
	plain.inner = false;
	return try_one(s, &plain);
}

void shrink(struct problem *p, still_wrong *test, void *context)
{
	struct shrinker s = { .best = p, .test = test, .context = context };
	bool progress = true;

	while (progress && s.trials < MAX_TRIALS) {
		progress = shrink_flags(&s);
		for (size_t i = 0; i < sizeof knobs / sizeof *knobs; i++)
			while (shrink_knob(&s, &knobs[i]))
				progress = true;
		while (shrink_channels(&s))
			progress = true;
	}
}
