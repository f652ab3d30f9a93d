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

static void no_bias(struct problem *p)
{
	p->bias = false;
}

static void no_wide(struct problem *p)
{
	p->wide = false;
}

static void no_inner(struct problem *p)
{
	p->inner = false;
}

static void no_add(struct problem *p)
{
	p->add = p->operand.given = false;
}

static void no_operand_quant(struct problem *p)
{
	p->operand.given = false;
}

static void no_activation(struct problem *p)
{
	p->act = REF_ACT_NONE;
}

static void only_relu(struct problem *p)
{
	p->act = p->act == REF_ACT_NONE ? REF_ACT_NONE : REF_ACT_RELU;
}

static void no_bn(struct problem *p)
{
	p->bn_scale = p->bn_shift = false;
}

static void no_bn_scale(struct problem *p)
{
	p->bn_scale = false;
}

static void no_bn_shift(struct problem *p)
{
	p->bn_shift = false;
}

static void no_means(struct problem *p)
{
	p->means = 0;
}

static void no_stds(struct problem *p)
{
	p->stds = 0;
}

static void no_weight_scales(struct problem *p)
{
	p->weight_scales = WEIGHTS_AUTO_CHANNEL;
	p->stored_weights = false;
	p->weight_zero = 0;
}

static void no_weight_zeros(struct problem *p)
{
	p->weight_zero = 0;
	if (p->weight_scales == WEIGHTS_FILE_ZEROS)
		p->weight_scales = WEIGHTS_FILE;
}

static void one_weight_scale(struct problem *p)
{
	if (p->weight_scales >= WEIGHTS_GIVEN)
		p->weight_scales = WEIGHTS_GIVEN;
}

static void float_weights(struct problem *p)
{
	p->stored_weights = false;
}

static void no_input_quant(struct problem *p)
{
	p->input = (struct user_quant){ .given = false };
}

static void no_output_quant(struct problem *p)
{
	p->output = (struct user_quant){ .given = false };
}

static void no_zeros(struct problem *p)
{
	struct user_quant *const all[] = { &p->input, &p->output, &p->operand };

	for (size_t i = 0; i < 3; i++) {
		all[i]->uint8 = false;
		all[i]->zero = 0;
	}
}

/* Nothing but a plain fp16 conv. */
static void no_operator(struct problem *p)
{
	no_input_quant(p);
	no_output_quant(p);
	no_weight_scales(p);
	no_add(p);
	no_bn(p);
	no_activation(p);
	p->means = p->stds = 0;
	p->int8 = p->wide = p->inner = p->bias = false;
}

static bool shrink_flags(struct shrinker *s)
{
	static void (*const simpler[])(struct problem *) = {
		no_operator,   no_bias,		 no_wide,	  no_inner,
		no_add,	       no_operand_quant, no_activation,	  only_relu,
		no_bn,	       no_bn_scale,	 no_bn_shift,	  no_means,
		no_stds,       no_weight_scales, no_weight_zeros, one_weight_scale,
		float_weights, no_input_quant,	 no_output_quant, no_zeros,
	};

	for (size_t i = 0; i < sizeof simpler / sizeof *simpler; i++) {
		struct problem candidate = *s->best;

		simpler[i](&candidate);
		if (try_one(s, &candidate))
			return true;
	}
	return false;
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
