/*
 * A bundle's int8 constants against the scales that it notes: multipliers that are sound
 * for the hardware but belong to other scales make wrong numbers without any error.
 */
#include <stdlib.h>
#include <string.h>

#include "bundle/pack.h"
#include "bundle/stated_problem.h"
#include "operands/requant.h"
#include "plan/layout.h"
#include "verify/verify_subject.h"

/* A bundle's conv with its stream unpacked. */
struct numbers {
	const struct npub *b;
	const struct npub_conv *conv;
	struct operands o; /* correction, factor; NULL: one scale for all weights */
	struct report *report;
};

static double scale_of(const struct numbers *n, uint32_t tensor)
{
	return (double)n->b->tensors[tensor].scale;
}

/* The real value of one step of the sum. */
static double unit_of(const struct numbers *n)
{
	return scale_of(n, n->conv->input) * scale_of(n, n->conv->weights);
}

/* The weights' tensor has the largest scale, and the zero point that is taken off. */
static void check_weights(const struct numbers *n)
{
	const struct npub_conv *c = n->conv;
	const struct npub_tensor *t = &n->b->tensors[c->weights];
	float largest = 0;

	if (t->zero_point != c->op.weight_zero)
		report_fail(n->report,
			    "the weights' zero point is %d, the output stage "
			    "takes off %d",
			    t->zero_point, c->op.weight_zero);
	for (uint32_t k = 0; k < c->scale_count; k++) {
		float scale = n->b->scales[c->first_scale + k];

		if (!n->o.factor && scale != t->scale)
			report_fail(n->report,
				    "channel %u has the scale %g, all weights %g", k,
				    (double)scale, (double)t->scale);
		largest = scale > largest ? scale : largest;
	}
	if (c->scale_count && largest != t->scale)
		report_fail(n->report,
			    "the weights' scale is %g, the largest of the channels %g",
			    (double)t->scale, (double)largest);
}

static void check_channel(const struct numbers *n, uint32_t k)
{
	const struct npub_conv *c = n->conv;
	uint32_t factor = n->o.factor[k], want;
	int32_t zero = -n->o.correction[k];

	if (zero < INT8_MIN || zero > INT8_MAX)
		report_fail(n->report, "channel %u: %d is no zero point of weights", k,
			    zero);
	if (!factor || factor > NPU_FACTOR_ONE)
		report_fail(n->report, "channel %u: the multiplier %u is not in 1 to %u",
			    k, factor, NPU_FACTOR_ONE);
	if (!c->scale_count)
		return;
	want = requant_factor((double)n->b->scales[c->first_scale + k],
			      scale_of(n, c->weights));
	if (factor != want)
		report_fail(n->report,
			    "channel %u: the multiplier is %u, the scales make %u", k,
			    factor, want);
}

static void check_multiplier(const struct numbers *n, const char *what, uint32_t scale,
			     uint32_t shift, double ratio)
{
	struct multiplier m;

	if (!requant_multiplier(ratio, &m))
		report_fail(n->report, "%s: the scales are too far apart, by %g", what,
			    ratio);
	else if (m.scale != scale || m.shift != shift)
		report_fail(n->report, "%s is %u / 2^%u, the scales make %u / 2^%u", what,
			    scale, shift, m.scale, m.shift);
}

static void check_output(const struct numbers *n)
{
	const struct npub_conv *c = n->conv;
	const struct npub_op *op = &c->op;
	double unit = unit_of(n), out = scale_of(n, c->output);

	if (c->out_elem == NPU_ELEM_INT8)
		check_multiplier(n, "the output's multiplier", op->out_scale,
				 op->out_shift, unit / out);
	else if (n->b->tensors[c->output].scale != (float)unit)
		report_fail(n->report, "the sums' scale is %g, the scales make %g", out,
			    unit);
	if (op->flags & NPUB_OP_ADD)
		check_multiplier(n, "the operand's multiplier", op->operand_scale,
				 op->operand_shift, scale_of(n, c->operand) / unit);
}

/* Corrections and multipliers out of DATA; false when memory or bytes lack. */
static bool read_stream(struct numbers *n, const struct conv_problem *p)
{
	struct conv_layout layout;
	const uint8_t *stream;

	n->o.correction = calloc(p->out_c, sizeof *n->o.correction);
	n->o.factor = calloc(p->out_c, sizeof *n->o.factor);
	if (!n->o.correction || !n->o.factor || !layout_from_problem(&layout, p))
		return false;
	stream = npub_tensor_data(n->b, n->conv->bias, layout.bias_bytes);
	if (stream)
		unpack_bias(p, &layout, stream, &n->o);
	layout_free(&layout);
	return stream != NULL;
}

void subject_check_numbers(const struct verify_subject *s, uint32_t index,
			   struct report *report)
{
	struct numbers n = { .b = &s->npub, .report = report };
	struct conv_problem p;

	/* What a spec compiles to in memory has zero weights and no scales. */
	if (s->kind != SUBJECT_BUNDLE || s->broken.code != NPURT_OK)
		return;
	n.conv = &s->npub.convs[index];
	if (n.conv->elem != NPU_ELEM_INT8)
		return;
	report_item(report, "bundle-numbers", "multipliers belong to the scales noted");
	p = stated_problem(&s->npub, n.conv);
	if (p.fusion.per_channel && !read_stream(&n, &p)) {
		report_fail(report, "the bundle lacks the stream of multipliers");
	} else {
		check_weights(&n);
		for (uint32_t k = 0; n.o.factor && k < n.conv->out_c; k++)
			check_channel(&n, k);
		check_output(&n);
	}
	operands_free(&n.o);
}
