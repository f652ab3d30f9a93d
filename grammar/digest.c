#include "digest.h"

#include <string.h>

#include "conv_attr.h"
#include "mem.h"

static uint64_t digest_text(uint64_t hash, const char *text)
{
	return fnv1a(hash, text ? text : "", text ? strlen(text) + 1 : 1);
}

/*
 * Only the last part of a path counts, so that a bundle does not depend on the
 * directory it was built in.
 */
static uint64_t digest_source(uint64_t hash, const struct tensor_source *s)
{
	const char *slash = s->path ? strrchr(s->path, '/') : NULL;
	char kind[16];

	snprintf(kind, sizeof kind, "%u", (unsigned)s->kind);
	hash = digest_text(hash, kind);
	hash = digest_text(hash, slash ? slash + 1 : s->path);
	return digest_text(hash, s->tensor);
}

static uint64_t digest_number(uint64_t hash, double number)
{
	char text[32];

	snprintf(text, sizeof text, "%.17g", number);
	return digest_text(hash, text);
}

static uint64_t digest_quant(uint64_t hash, const struct conv_quant *q)
{
	hash = digest_number(hash, q->given);
	if (q->given) {
		hash = digest_number(hash, q->scale);
		hash = digest_number(hash, q->zero);
	}
	return conv_quant_is_said(q) ? digest_number(hash, q->uint8) : hash;
}

static uint64_t digest_weight_quant(uint64_t hash, const struct conv_weight_quant *w)
{
	hash = digest_number(hash, w->kind);
	if (w->kind == WEIGHT_QUANT_GIVEN) {
		hash = digest_number(hash, w->scale);
		hash = digest_number(hash, w->zero);
	}
	hash = digest_source(hash, &w->scales);
	return digest_source(hash, &w->zeros);
}

static uint64_t digest_activation(uint64_t hash, const struct conv_act *act)
{
	hash = digest_number(hash, act->kind);
	hash = digest_number(hash, act->low);
	hash = digest_number(hash, act->high);
	return digest_number(hash, act->slope);
}

static uint64_t digest_pixels(uint64_t hash, const double *values, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		hash = digest_number(hash, values[i]);
	return hash;
}

static uint64_t digest_operator(uint64_t hash, const struct conv_problem *p,
				enum conv_attr attr)
{
	const struct conv_pixel_norm *n = &p->pixel_norm;

	switch (attr) {
	case CONV_INPUT_QUANT:
		return digest_quant(hash, &p->input_quant);
	case CONV_OUTPUT_QUANT:
		return digest_quant(hash, &p->output_quant);
	case CONV_ADD:
		return digest_quant(hash, &p->add_quant);
	case CONV_WEIGHT_QUANT:
		return digest_weight_quant(hash, &p->weight_quant);
	case CONV_ACTIVATION:
		return digest_activation(hash, &p->act);
	case CONV_BN_SCALE:
		return digest_source(hash, &p->bn_scale);
	case CONV_BN_SHIFT:
		return digest_source(hash, &p->bn_shift);
	case CONV_INPUT_MEAN:
		return digest_pixels(hash, n->mean, n->mean_count);
	case CONV_INPUT_STD:
		return digest_pixels(hash, n->std, n->std_count);
	default:
		return hash;
	}
}

/* Does the operator differ in this from one that says nothing of it? */
static bool is_said(const struct conv_problem *p, enum conv_attr attr)
{
	switch (attr) {
	case CONV_INPUT_QUANT:
		return conv_quant_is_said(&p->input_quant);
	case CONV_OUTPUT_QUANT:
		return conv_quant_is_said(&p->output_quant);
	case CONV_WEIGHT_QUANT:
		return p->weight_quant.kind != WEIGHT_QUANT_PER_CHANNEL;
	case CONV_ADD:
		return p->add;
	case CONV_ACTIVATION:
		return p->act.kind != ACT_NONE;
	case CONV_BN_SCALE:
		return p->bn_scale.kind != SOURCE_NONE;
	case CONV_BN_SHIFT:
		return p->bn_shift.kind != SOURCE_NONE;
	case CONV_INPUT_MEAN:
		return p->pixel_norm.mean_count;
	case CONV_INPUT_STD:
		return p->pixel_norm.std_count;
	default:
		return false;
	}
}

/*
 * Every value of a plain conv in the order of enum conv_attr, as text, each ended by a
 * zero; then what is said of the operator, each behind its name, so that a conv that
 * says nothing more has the digest it always had.
 */
uint64_t conv_digest(uint64_t hash, const struct conv_problem *p)
{
	char text[32];

	hash = digest_text(hash, p->name);
	for (enum conv_attr a = CONV_BATCH; a <= CONV_INPUT_KIND; a++) {
		if (a == CONV_WEIGHTS || a == CONV_BIAS) {
			hash =
			    digest_source(hash, a == CONV_BIAS ? &p->bias : &p->weights);
			continue;
		}
		snprintf(text, sizeof text, "%llu",
			 a == CONV_TYPE		? (unsigned long long)p->elem
			 : a == CONV_OUT_TYPE	? (unsigned long long)p->out_elem
			 : a == CONV_SEED	? (unsigned long long)p->seed
			 : a == CONV_INPUT_KIND ? (unsigned long long)p->input_kind
						: (unsigned long long)conv_value(p, a));
		hash = digest_text(hash, text);
	}
	for (enum conv_attr a = CONV_INPUT_QUANT; a < CONV_ATTR_N; a++)
		if (is_said(p, a))
			hash =
			    digest_operator(digest_text(hash, conv_attr_name(a)), p, a);
	return hash;
}
