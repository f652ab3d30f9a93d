/*
 * Attributes that say what stored numbers mean: scales and zero points.
 */
#include <string.h>

#include "attr_rule.h"
#include "check.h"
#include "conv_attr.h"

/* Larger ones are outside every range, whatever their digits. */
#define FAR_ZERO 65536

/* The values behind `scale` and `zero`, the word `uint8`; NULL: not written. */
struct quant_text {
	const struct value *scale, *zero, *uint8;
};

static bool claim_word(const struct attr_context *c, const struct value **slot,
		       const struct value *word, const struct value *v)
{
	if (*slot) {
		diag_error(c->diag, word->loc, "given-twice", "'%.*s' given twice",
			   STR_ARGS(word->text));
		/* A number stands behind its word. */
		diag_note(c->diag, (*slot)[is_word(*slot) ? 0 : -1].loc,
			  "the first one is here");
		return false;
	}
	*slot = v;
	return true;
}

/* Find the words and their numbers, in any order; false after an error. */
static bool find_quant(const struct attr_context *c, const struct attr *a,
		       const struct value *v, size_t count, bool may_be_uint8,
		       struct quant_text *t)
{
	const struct value *end = v + count;

	for (*t = (struct quant_text){ 0 }; v < end; v++) {
		const struct value *word = v;
		bool scale = is_word(v) && str_is(v->text, "scale");
		bool zero = is_word(v) && str_is(v->text, "zero");
		bool uint8 = is_word(v) && str_is(v->text, "uint8") && may_be_uint8;

		if (!scale && !zero && !uint8) {
			unknown_value(c, a, v);
			return false;
		}
		if (!uint8 && (++v == end || !is_number(v))) {
			wrong_values(c, a, word->loc,
				     scale ? "a number after 'scale'"
					   : "a number after 'zero'");
			return false;
		}
		if (!claim_word(c,
				scale  ? &t->scale
				: zero ? &t->zero
				       : &t->uint8,
				word, v))
			return false;
	}
	return true;
}

/* Scale and zero point as numbers, in their ranges; false after an error. */
static bool read_quant(const struct attr_context *c, const struct attr *a, struct loc loc,
		       const struct quant_text *t, double *scale, int32_t *zero)
{
	bool good;

	if (!t->scale) {
		wrong_values(c, a, loc,
			     a->attr == CONV_INPUT_QUANT ? "a scale"
							 : "a scale, or 'auto'");
		return false;
	}
	if (t->zero && t->zero->kind == VALUE_REAL) {
		not_whole(c, a, t->zero);
		return false;
	}
	*scale = t->scale->real;
	*zero = 0;
	if (t->zero)
		*zero = (int32_t)(t->zero->number < FAR_ZERO ? t->zero->real
				  : t->zero->negative	     ? -FAR_ZERO
							     : FAR_ZERO);
	good = check_scale(*scale, t->scale->loc, c->diag);
	if (t->zero)
		good = check_zero_point(*zero, t->uint8, t->zero->loc, c->diag) && good;
	return good;
}

/* auto [uint8]: only the user's bytes are said; false after an error. */
static bool read_auto(const struct attr_context *c, const struct attr *a,
		      const struct quant_text *t)
{
	const struct value *number = t->scale ? t->scale : t->zero;

	if (number)
		wrong_values(c, a, number->loc, "'auto' or a scale, not both");
	return !number;
}

/*
 * scale S [zero Z] [uint8] | none; the output's and the operand's may also be
 * auto [uint8], and the operand needs no value at all.
 */
void set_quant(const struct attr_context *c, const struct attr *a, struct loc loc,
	       const struct values *values)
{
	struct conv_problem *p = &c->draft->problem;
	const struct value *v = values->items;
	struct conv_quant quant = { .scale = CONV_INPUT_SCALE };
	struct quant_text text;
	bool none = values->count == 1 && is_word(v) && str_is(v->text, "none");
	bool chosen = values->count && a->attr != CONV_INPUT_QUANT && is_word(v) &&
		      str_is(v->text, "auto");

	if (!draft_claim(c->draft, a->attr, loc, c->diag))
		return;
	if (!values->count && !a->alone) {
		wrong_values(c, a, loc, "a scale");
		c->draft->bad[a->attr] = true;
		return;
	}
	if (values->count && !none) {
		if (!find_quant(c, a, v + chosen, values->count - chosen, true, &text) ||
		    !(chosen ? read_auto(c, a, &text)
			     : read_quant(c, a, v->loc, &text, &quant.scale,
					  &quant.zero))) {
			c->draft->bad[a->attr] = true;
			return;
		}
		quant.given = !chosen;
		quant.uint8 = text.uint8 != NULL;
	}
	*conv_attr_quant(p, a->attr) = quant;
	if (a->attr == CONV_ADD)
		p->add = !none;
}

/* "scales.npy" ["zeros.npy"]; false after an error. */
static bool read_scale_files(const struct attr_context *c, const struct attr *a,
			     const struct value *v, size_t count,
			     struct conv_weight_quant *quant)
{
	size_t used = read_file_source(c, a, v, count, &quant->scales), more;

	quant->kind = WEIGHT_QUANT_FILE;
	if (!used || used == count)
		return used;
	v += used;
	count -= used;
	more = is_string(v) ? read_file_source(c, a, v, count, &quant->zeros) : 0;
	if (more < count && (more || !is_string(v)))
		wrong_values(c, a, v[more].loc,
			     "a file of scales and one of zero points");
	return more == count;
}

/* per_channel | per_tensor | scale S [zero Z] | files | none */
static bool read_weight_quant(const struct attr_context *c, const struct attr *a,
			      struct loc loc, const struct values *values,
			      struct conv_weight_quant *quant)
{
	const struct value *v = values->items;
	int word = values->count ? find_word(a, v) : -1;
	struct quant_text text;

	if (!values->count) {
		wrong_values(c, a, loc, "'per_channel', 'per_tensor', a scale or a file");
		return false;
	}
	if (word < 0 && is_string(v) &&
	    (v->kind == VALUE_STRING || memchr(v->text.at, '.', v->text.bytes)))
		return read_scale_files(c, a, v, values->count, quant);
	if (word < 0 || str_is(v->text, "scale") || str_is(v->text, "zero")) {
		quant->kind = WEIGHT_QUANT_GIVEN;
		return find_quant(c, a, v, values->count, false, &text) &&
		       read_quant(c, a, v->loc, &text, &quant->scale, &quant->zero);
	}
	if (values->count > 1) {
		unknown_value(c, a, &v[1]);
		return false;
	}
	if (str_is(v->text, "per_tensor"))
		quant->kind = WEIGHT_QUANT_PER_TENSOR;
	/* `none` is the default, which depends on the output's type. */
	c->draft->has[a->attr] = !str_is(v->text, "none");
	return true;
}

void set_weight_quant(const struct attr_context *c, const struct attr *a, struct loc loc,
		      const struct values *values)
{
	struct conv_weight_quant *target = &c->draft->problem.weight_quant;
	struct conv_weight_quant quant = { .kind = WEIGHT_QUANT_PER_CHANNEL };

	if (!draft_claim(c->draft, a->attr, loc, c->diag))
		return;
	if (!read_weight_quant(c, a, loc, values, &quant)) {
		tensor_source_clear(&quant.scales);
		tensor_source_clear(&quant.zeros);
		c->draft->bad[a->attr] = true;
		return;
	}
	tensor_source_clear(&target->scales);
	tensor_source_clear(&target->zeros);
	*target = quant;
}
