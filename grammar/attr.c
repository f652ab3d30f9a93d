#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attr_rule.h"
#include "check.h"
#include "conv_attr.h"
#include "elem.h"

#define MAX_NAME_BYTES 200u
#define WORD_BYTES 64u

const char *note_nearest(struct diag *diag, struct loc loc, struct str word,
			 const char *const *candidates, size_t count)
{
	char text[WORD_BYTES];
	const char *near;

	if (word.bytes >= sizeof text)
		return NULL;
	memcpy(text, word.at, word.bytes);
	text[word.bytes] = 0;
	near = diag_nearest(text, candidates, count);
	if (near)
		diag_note(diag, loc, "did you mean '%s'?", near);
	return near;
}

void wrong_values(const struct attr_context *c, const struct attr *a, struct loc loc,
		  const char *what)
{
	diag_error(c->diag, loc, NULL, "'%s' takes %s", a->word, what);
	diag_note(c->diag, loc, "for example '%s'", a->example);
}

/* A list that could not be read still counts as given: it is not missing. */
static void mark_given(const struct attr_context *c, const struct attr *a)
{
	for (size_t i = 0; i < a->axis_count; i++)
		c->draft->bad[a->axes[i].attr] = c->draft->has[a->axes[i].attr] = true;
	if (!a->axis_count)
		c->draft->bad[a->attr] = c->draft->has[a->attr] = true;
}

/* Set one size; a number that no field can hold is outside every range. */
static void set_number(const struct attr_context *c, enum conv_attr attr,
		       const struct value *v)
{
	bool unset_split =
	    v->number == 0 && (attr == CONV_SPLIT_Y || attr == CONV_SPLIT_K);

	if (!draft_claim(c->draft, attr, v->loc, c->diag))
		return;
	if ((v->negative && v->number) || v->number > UINT32_MAX || unset_split) {
		report_range(attr, v->loc, v->text, c->diag);
		c->draft->bad[attr] = true;
		return;
	}
	draft_set(c->draft, attr, (uint32_t)v->number);
	if (attr >= CONV_PAD_TOP && attr <= CONV_PAD_RIGHT && c->draft->pad_same) {
		/* Numbers take the place of the defaults' `pad same`. */
		c->draft->pad_same = false;
		for (enum conv_attr p = CONV_PAD_TOP; p <= CONV_PAD_RIGHT; p++)
			if (p != attr)
				draft_set(c->draft, p, 0);
	}
}

/* Numbers by their place: as many as axes, or one or two where that is enough. */
static void set_places(const struct attr_context *c, const struct attr *a,
		       const struct value *v, size_t count)
{
	size_t stride;
	char what[96];

	if (count == a->axis_count && !a->named_only) {
		stride = a->axis_count;
	} else if (count == 1 && a->one_for_all) {
		stride = 1;
	} else if (count == 2 && a->two_for_four) {
		stride = 2;
	} else {
		if (a->named_only)
			snprintf(what, sizeof what, "a number after each name");
		else
			snprintf(what, sizeof what, "%s%s%zu number%s, not %zu",
				 a->one_for_all && a->axis_count > 1 ? "1 or " : "",
				 a->two_for_four ? "2 or " : "", a->axis_count,
				 a->axis_count == 1 ? "" : "s", count);
		wrong_values(c, a, v->loc, what);
		for (size_t i = 0; i < a->axis_count; i++)
			c->draft->bad[a->axes[i].attr] = c->draft->has[a->axes[i].attr] =
			    true;
		return;
	}
	for (size_t i = 0; i < a->axis_count; i++)
		set_number(c, a->axes[i].attr, &v[i % stride]);
}

void unknown_value(const struct attr_context *c, const struct attr *a,
		   const struct value *v)
{
	const char *candidates[ATTR_MAX_AXES + ATTR_MAX_WORDS];
	size_t count = 0;

	for (size_t i = 0; i < a->axis_count; i++)
		if (a->axes[i].name)
			candidates[count++] = a->axes[i].name;
	for (size_t i = 0; i < ATTR_MAX_WORDS && a->words[i]; i++)
		candidates[count++] = a->words[i];
	diag_error(c->diag, v->loc, NULL, "'%s' does not take '%.*s'", a->word,
		   STR_ARGS(v->text));
	if (attr_exists(v->text))
		diag_note(c->diag, v->loc,
			  "attributes stand on lines of their own or after ';'");
	else
		note_nearest(c->diag, v->loc, v->text, candidates, count);
	diag_note(c->diag, v->loc, "for example '%s'", a->example);
	mark_given(c, a);
}

void not_whole(const struct attr_context *c, const struct attr *a, const struct value *v)
{
	diag_error(c->diag, v->loc, NULL, "'%.*s' is not a whole number",
		   STR_ARGS(v->text));
	diag_note(c->diag, v->loc, "for example '%s'", a->example);
	mark_given(c, a);
}

int find_word(const struct attr *a, const struct value *v)
{
	for (size_t i = 0; is_word(v) && i < ATTR_MAX_WORDS && a->words[i]; i++)
		if (str_is(v->text, a->words[i]))
			return (int)i;
	return -1;
}

static const struct axis *find_axis(const struct attr *a, const struct value *v)
{
	for (size_t i = 0; i < a->axis_count; i++)
		if (is_word(v) && a->axes[i].name && str_is(v->text, a->axes[i].name))
			return &a->axes[i];
	return NULL;
}

/* Numbers and names of an attribute with axes, in any order. */
static void set_axes(const struct attr_context *c, const struct attr *a, struct loc loc,
		     const struct values *values)
{
	const struct value *v = values->items, *end = v + values->count;

	if (v == end) {
		wrong_values(c, a, loc, "a value");
		for (size_t i = 0; i < a->axis_count; i++)
			c->draft->bad[a->axes[i].attr] = c->draft->has[a->axes[i].attr] =
			    true;
	}
	while (v < end) {
		const struct value *start = v;
		const struct axis *axis = find_axis(a, v);

		while (v < end && v->kind == VALUE_NUMBER)
			v++;
		if (v > start) {
			set_places(c, a, start, (size_t)(v - start));
		} else if (axis && v + 1 < end && v[1].kind == VALUE_NUMBER) {
			set_number(c, axis->attr, &v[1]);
			v += 2;
		} else if (v->kind == VALUE_REAL ||
			   (axis && v + 1 < end && v[1].kind == VALUE_REAL)) {
			not_whole(c, a, v->kind == VALUE_REAL ? v : v + 1);
			return;
		} else if (is_word(v) && a->set_word && a->set_word(c, v)) {
			v++;
		} else {
			unknown_value(c, a, v);
			return;
		}
	}
}

static bool set_pad_word(const struct attr_context *c, const struct value *v)
{
	bool same = str_is(v->text, "same");

	if (!same && !str_is(v->text, "valid"))
		return false;
	for (enum conv_attr a = CONV_PAD_TOP; a <= CONV_PAD_RIGHT; a++) {
		if (!draft_claim(c->draft, a, v->loc, c->diag))
			return true;
		draft_set(c->draft, a, 0);
	}
	c->draft->pad_same = same;
	return true;
}

static bool set_input_word(const struct attr_context *c, const struct value *v)
{
	bool inner = str_is(v->text, "inner");

	if (!inner && !str_is(v->text, "graph"))
		return false;
	if (draft_claim(c->draft, CONV_INPUT_KIND, v->loc, c->diag))
		c->draft->problem.input_kind = inner ? INPUT_INNER : INPUT_GRAPH;
	return true;
}

/* One element type, for `type` and `output_type`. */
static void set_type(const struct attr_context *c, const struct attr *a, struct loc loc,
		     const struct values *values)
{
	bool output = a->attr == CONV_OUT_TYPE;
	const struct value *v = values->items;
	enum npu_elem elem;

	if (values->count != 1 || !is_word(v)) {
		wrong_values(c, a, values->count ? v->loc : loc, "one element type");
		c->draft->bad[a->attr] = true;
		return;
	}
	if (!draft_claim(c->draft, a->attr, v->loc, c->diag))
		return;
	if (!elem_from_name(&elem, v->text)) {
		diag_error(c->diag, v->loc, NULL, "'%.*s' is not an element type",
			   STR_ARGS(v->text));
		if (!note_nearest(c->diag, v->loc, v->text, elem_names, ELEM_N))
			diag_note(c->diag, v->loc, "for example '%s'", a->example);
		c->draft->bad[a->attr] = true;
		return;
	}
	if (output)
		c->draft->problem.out_elem = elem;
	else
		c->draft->problem.elem = elem;
}

void attr_set_name(const struct attr_context *c, struct str name, struct loc loc)
{
	if (!draft_claim(c->draft, CONV_NAME, loc, c->diag))
		return;
	if (name.bytes == 0 || name.bytes > MAX_NAME_BYTES) {
		diag_error(c->diag, loc, "name", "a name of %zu bytes", name.bytes);
		diag_note(c->diag, loc, "a name has 1 to %u bytes", MAX_NAME_BYTES);
		c->draft->bad[CONV_NAME] = true;
		return;
	}
	for (size_t i = 0; i < name.bytes; i++) {
		if ((unsigned char)name.at[i] >= 0x20 && name.at[i] != 0x7f)
			continue;
		diag_error(c->diag, loc, "name", "the name has a control character");
		diag_note(c->diag, loc, "use letters, digits and signs that print");
		c->draft->bad[CONV_NAME] = true;
		return;
	}
	c->draft->problem.name = mem_strndup(name.at, name.bytes);
}

// clang-format off
static const struct attr attrs[] = {
	{ .word = "input", .example = "input 3x224x224",
	  .axes = { { "c", CONV_IN_C }, { "h", CONV_IN_H }, { "w", CONV_IN_W } },
	  .axis_count = 3, .set_word = set_input_word, .words = { "graph", "inner" } },
	{ .word = "output", .example = "output 64",
	  .axes = { { "c", CONV_OUT_C } }, .axis_count = 1 },
	{ .word = "kernel", .example = "kernel 3x3",
	  .axes = { { "h", CONV_KERNEL_H }, { "w", CONV_KERNEL_W } },
	  .axis_count = 2, .one_for_all = true },
	{ .word = "stride", .example = "stride 2 1",
	  .axes = { { "y", CONV_STRIDE_Y }, { "x", CONV_STRIDE_X } },
	  .axis_count = 2, .one_for_all = true },
	{ .word = "pad", .example = "pad top 1 bottom 1",
	  .axes = { { "top", CONV_PAD_TOP }, { "left", CONV_PAD_LEFT },
		    { "bottom", CONV_PAD_BOTTOM }, { "right", CONV_PAD_RIGHT } },
	  .axis_count = 4, .one_for_all = true, .two_for_four = true,
	  .set_word = set_pad_word, .words = { "same", "valid" } },
	{ .word = "dilation", .example = "dilation 2 2",
	  .axes = { { "y", CONV_DILATION_Y }, { "x", CONV_DILATION_X } },
	  .axis_count = 2, .one_for_all = true },
	{ .word = "groups", .example = "groups 32",
	  .axes = { { NULL, CONV_GROUPS } }, .axis_count = 1 },
	{ .word = "batch", .example = "batch 2",
	  .axes = { { NULL, CONV_BATCH } }, .axis_count = 1 },
	{ .word = "split", .example = "split y 3",
	  .axes = { { "y", CONV_SPLIT_Y }, { "k", CONV_SPLIT_K } },
	  .axis_count = 2, .named_only = true },
	{ .word = "type", .example = "type fp16", .attr = CONV_TYPE, .set = set_type },
	{ .word = "output_type", .example = "output_type fp32", .attr = CONV_OUT_TYPE,
	  .set = set_type },
	{ .word = "weights", .example = "weights \"edges.npy\"", .attr = CONV_WEIGHTS,
	  .words = { "seed" }, .set = set_source },
	{ .word = "bias", .example = "bias \"edges-bias.npy\"", .attr = CONV_BIAS,
	  .words = { "seed", "none" }, .set = set_source },
	{ .word = "seed", .example = "seed 7", .attr = CONV_SEED, .set = set_seed },
	{ .word = "input_quant", .example = "input_quant scale 0.0235 zero -3",
	  .attr = CONV_INPUT_QUANT, .words = { "scale", "zero", "uint8", "none" },
	  .set = set_quant },
	{ .word = "output_quant", .example = "output_quant scale 0.05 zero 3",
	  .attr = CONV_OUTPUT_QUANT, .words = { "scale", "zero", "uint8", "none", "auto" },
	  .set = set_quant },
	{ .word = "add", .example = "add scale 0.05 zero 3", .attr = CONV_ADD, .alone = true,
	  .words = { "scale", "zero", "uint8", "none", "auto" }, .set = set_quant },
	{ .word = "weight_quant", .example = "weight_quant scale 0.01",
	  .attr = CONV_WEIGHT_QUANT,
	  .words = { "scale", "zero", "per_channel", "per_tensor", "none" },
	  .set = set_weight_quant },
	{ .word = "activation", .example = "activation clip 0 6", .attr = CONV_ACTIVATION,
	  .words = { "none", "relu", "relu6", "clip", "leaky", "prelu", "sigmoid",
		     "hardsigmoid", "silu", "hardswish", "tanh" },
	  .set = set_activation },
	{ .word = "bn_scale", .example = "bn_scale \"scale.npy\"", .attr = CONV_BN_SCALE,
	  .words = { "seed", "none" }, .set = set_source },
	{ .word = "bn_shift", .example = "bn_shift \"shift.npy\"", .attr = CONV_BN_SHIFT,
	  .words = { "seed", "none" }, .set = set_source },
	{ .word = "input_mean", .example = "input_mean 123.675 116.28 103.53",
	  .attr = CONV_INPUT_MEAN, .words = { "none" }, .set = set_pixel_norm },
	{ .word = "input_std", .example = "input_std 58.395 57.12 57.375",
	  .attr = CONV_INPUT_STD, .words = { "none" }, .set = set_pixel_norm },
};
// clang-format on

#define ATTR_N (sizeof attrs / sizeof attrs[0])

static const struct attr *find_attr(struct str word)
{
	for (size_t i = 0; i < ATTR_N; i++)
		if (str_is(word, attrs[i].word))
			return &attrs[i];
	return NULL;
}

bool attr_exists(struct str word)
{
	return find_attr(word) != NULL;
}

/* A second attribute among the values: somebody wrote both on one line. */
static const struct value *find_second(const struct attr *a, const struct values *values)
{
	for (size_t i = 0; i < values->count; i++) {
		const struct value *v = &values->items[i];

		if (v->kind == VALUE_WORD && attr_exists(v->text) && find_word(a, v) < 0 &&
		    !find_axis(a, v))
			return v;
	}
	return NULL;
}

bool attr_is_alone(struct str word)
{
	const struct attr *a = find_attr(word);

	return a && a->alone;
}

void attr_set(const struct attr_context *context, struct str word, struct loc loc,
	      const struct values *values)
{
	const struct attr *a = find_attr(word);
	const char *words[ATTR_N], *meant;
	const struct value *second;

	if (!a) {
		for (size_t i = 0; i < ATTR_N; i++)
			words[i] = attrs[i].word;
		diag_error(context->diag, loc, NULL, "unknown attribute '%.*s'",
			   STR_ARGS(word));
		meant = note_nearest(context->diag, loc, word, words, ATTR_N);
		/* so that it is not missed a second time */
		if (meant)
			mark_given(context, find_attr((struct str){ meant, strlen(meant) }));
		return;
	}
	second = find_second(a, values);
	if (values->bad)
		mark_given(context, a);
	else if (second)
		unknown_value(context, a, second);
	else if (a->set)
		a->set(context, a, loc, values);
	else
		set_axes(context, a, loc, values);
}
