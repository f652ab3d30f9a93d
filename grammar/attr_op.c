/*
 * Attributes that say what is done to the sums, and to the pixels before them.
 */
#include <string.h>

#include "attr_rule.h"
#include "check.h"
#include "elem.h"
#include "support.h"

/* The words of `activation`, and the numbers that follow them. */
static const struct {
	const char *word;
	struct conv_act act;
	size_t numbers;
	const char *wanted;
} acts[] = {
	{ "none", { .kind = ACT_NONE }, 0, NULL },
	{ "relu", { .kind = ACT_RELU }, 0, NULL },
	{ "relu6", { .kind = ACT_CLIP, .high = 6 }, 0, NULL },
	{ "clip",
	  { .kind = ACT_CLIP },
	  2,
	  "the lowest and the highest value after 'clip'" },
	{ "leaky",
	  { .kind = ACT_LEAKY },
	  1,
	  "the slope of negative values after 'leaky'" },
	{ "prelu", { .kind = ACT_PRELU }, 0, NULL },
	{ "sigmoid", { .kind = ACT_SIGMOID }, 0, NULL },
	{ "hardsigmoid", { .kind = ACT_HARDSIGMOID }, 0, NULL },
	{ "silu", { .kind = ACT_SILU }, 0, NULL },
	{ "hardswish", { .kind = ACT_HARDSWISH }, 0, NULL },
	{ "tanh", { .kind = ACT_TANH }, 0, NULL },
};

static bool are_numbers(const struct value *v, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_number(&v[i]))
			return false;
	return true;
}

/* The word and its numbers; false after an error. */
static bool read_activation(const struct attr_context *c, const struct attr *a,
			    const struct value *v, size_t count, struct conv_act *act)
{
	size_t i = 0;

	while (i < sizeof acts / sizeof acts[0] &&
	       !(is_word(v) && str_is(v->text, acts[i].word)))
		i++;
	if (i == sizeof acts / sizeof acts[0]) {
		unknown_value(c, a, v);
		return false;
	}
	if (acts[i].numbers &&
	    (count != 1 + acts[i].numbers || !are_numbers(v + 1, acts[i].numbers))) {
		wrong_values(c, a, v->loc, acts[i].wanted);
		return false;
	}
	/* what a refused one takes does not matter */
	if (count > 1 + acts[i].numbers && !act_refusal(acts[i].act.kind)) {
		unknown_value(c, a, &v[1]);
		return false;
	}
	*act = acts[i].act;
	if (act->kind == ACT_CLIP && acts[i].numbers) {
		act->low = v[1].real;
		act->high = v[2].real;
	} else if (act->kind == ACT_LEAKY) {
		act->slope = v[1].real;
	}
	return check_act_range(act, v[acts[i].numbers].loc, c->diag);
}

void set_activation(const struct attr_context *c, const struct attr *a, struct loc loc,
		    const struct values *values)
{
	const struct value *v = values->items;

	if (!draft_claim(c->draft, a->attr, values->count ? v->loc : loc, c->diag))
		return;
	if (!values->count)
		wrong_values(c, a, loc, "the function's name");
	else if (read_activation(c, a, v, values->count, &c->draft->problem.act))
		return;
	c->draft->bad[a->attr] = true;
}

/* One number, or one a channel, for the mean and the deviation of pixels. */
void set_pixel_norm(const struct attr_context *c, const struct attr *a, struct loc loc,
		    const struct values *values)
{
	struct conv_pixel_norm *norm = &c->draft->problem.pixel_norm;
	bool mean = a->attr == CONV_INPUT_MEAN, good = true;
	const struct value *v = values->items;
	size_t count = values->count;

	if (!draft_claim(c->draft, a->attr, count ? v->loc : loc, c->diag))
		return;
	if (count == 1 && find_word(a, v) >= 0) {
		count = 0; /* none */
	} else if (!count || count > CONV_MAX_PIXEL_CHANS || !are_numbers(v, count)) {
		wrong_values(c, a, count ? v->loc : loc, "1 to 4 numbers");
		c->draft->bad[a->attr] = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		(mean ? norm->mean : norm->std)[i] = v[i].real;
		good = check_pixel_value(a->attr, v[i].real, v[i].loc, c->diag) && good;
	}
	*(mean ? &norm->mean_count : &norm->std_count) = (uint32_t)count;
	c->draft->bad[a->attr] = !good;
}
