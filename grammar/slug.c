#include "slug.h"

#include <string.h>

#include "conv_attr.h"

struct slug {
	const struct attr_context *context;
	struct str text;
	struct loc loc;
	const char *at, *end;
};

const char slug_example[] = "b1_c160_h40_w40_oc320_wic160_k3x3_g1_s1_pvalid";

static bool skip_number(const char **at, const char *end)
{
	const char *start = *at;

	while (*at < end && **at >= '0' && **at <= '9')
		++*at;
	return *at > start;
}

bool str_is_slug(struct str text)
{
	const char *at = text.at, *end = at + text.bytes;

	if (at == end || *at++ != 'b' || !skip_number(&at, end))
		return false;
	if (end - at < 2 || memcmp(at, "_c", 2) != 0)
		return false;
	at += 2;
	return skip_number(&at, end) && at < end && *at == '_';
}

/* The part of the slug up to the next underscore. */
static struct str next_part(const struct slug *s)
{
	const char *stop = memchr(s->at, '_', (size_t)(s->end - s->at));

	return (struct str){ s->at, (size_t)((stop ? stop : s->end) - s->at) };
}

static struct loc part_loc(const struct slug *s, struct str part)
{
	return loc_part(s->loc, (size_t)(part.at - s->text.at), part.bytes);
}

static void skip_part(struct slug *s, struct str part)
{
	s->at = part.at + part.bytes;
	if (s->at < s->end)
		s->at++;
}

/*
 * Every attribute of a slug that cannot be read is given, but unusable, so that one
 * mistake gives one error.
 */
static bool fail(const struct slug *s, struct str part, const char *wanted)
{
	struct loc loc = part_loc(s, part);

	if (part.bytes)
		diag_error(s->context->diag, loc, "slug",
			   "'%.*s' stands where a slug has %s", STR_ARGS(part), wanted);
	else
		diag_error(s->context->diag, loc, "slug", "the slug ends where it has %s",
			   wanted);
	diag_note(s->context->diag, loc, "a slug looks like %s", slug_example);
	for (enum conv_attr a = CONV_BATCH; a <= CONV_GROUPS; a++) {
		s->context->draft->has[a] = true;
		s->context->draft->bad[a] = true;
	}
	return false;
}

/* Read `word` and numbers joined by x, as in k3x3, without setting anything. */
static bool read_numbers(struct slug *s, const char *word, struct values *values)
{
	struct str part = next_part(s), digits = part;
	size_t word_bytes = strlen(word);

	values_clear(values);
	if (part.bytes <= word_bytes || memcmp(part.at, word, word_bytes) != 0)
		return false;
	digits.at += word_bytes;
	digits.bytes -= word_bytes;
	for (const char *at = digits.at, *end = at + digits.bytes; at < end; at++) {
		if (!skip_number(&at, end))
			return false;
		if (at == end)
			break;
		if (*at != 'x' || at + 1 == end)
			return false;
	}
	values_add_numbers(values, digits, part_loc(s, digits), s->context->diag);
	return !values->bad;
}

/* One part that sets the attribute `set`, "axis" as its only word or none. */
static bool read_part(struct slug *s, const char *word, const char *wanted, size_t min,
		      size_t max, const char *set, const char *axis)
{
	struct str part = next_part(s);
	struct values numbers, values;
	struct value name = { .kind = VALUE_WORD, .loc = part_loc(s, part) };

	if (!read_numbers(s, word, &numbers) || numbers.count < min ||
	    numbers.count > max)
		return fail(s, part, wanted);
	values_clear(&values);
	if (axis) {
		name.text = (struct str){ axis, strlen(axis) };
		values_add(&values, &name, s->context->diag);
	}
	for (size_t i = 0; i < numbers.count; i++)
		values_add(&values, &numbers.items[i], s->context->diag);
	attr_set(s->context, (struct str){ set, strlen(set) }, name.loc, &values);
	skip_part(s, part);
	return true;
}

/* wic repeats what c and g say; the slug is wrong when they disagree. */
static bool read_group_chans(struct slug *s, struct value *wic)
{
	struct str part = next_part(s);
	struct values numbers;

	if (!read_numbers(s, "wic", &numbers) || numbers.count != 1)
		return fail(s, part, "'wic' and the input channels of a group");
	*wic = numbers.items[0];
	wic->loc = part_loc(s, part);
	skip_part(s, part);
	return true;
}

static void check_group_chans(const struct slug *s, const struct value *wic)
{
	struct draft *draft = s->context->draft;
	const struct conv_problem *p = &draft->problem;

	if (draft->bad[CONV_IN_C] || draft->bad[CONV_GROUPS] ||
	    (wic->number <= UINT32_MAX && wic->number * p->groups == p->in_c))
		return;
	diag_error(s->context->diag, wic->loc, "slug-groups",
		   "wic%.*s is not the input channels of a group", STR_ARGS(wic->text));
	diag_note(s->context->diag, wic->loc, "c%u in g%u groups makes %u", p->in_c,
		  p->groups, p->groups ? p->in_c / p->groups : 0);
	draft->bad[CONV_GROUPS] = true;
}

static bool read_padding(struct slug *s)
{
	struct str part = next_part(s);
	struct values values;
	struct value word = { .kind = VALUE_WORD,
			      .loc = part_loc(s, part),
			      .text = part };
	bool is_named = str_is(part, "pvalid") || str_is(part, "psame");

	if (!is_named)
		return read_part(s, "p",
				 "'pvalid', 'psame' or 'p' and 1, 2 or 4 paddings", 1, 4,
				 "pad", NULL);
	word.text.at++;
	word.text.bytes--;
	values_clear(&values);
	values_add(&values, &word, s->context->diag);
	attr_set(s->context, (struct str){ "pad", 3 }, word.loc, &values);
	skip_part(s, part);
	return true;
}

void slug_read(const struct attr_context *context, struct str slug, struct loc loc)
{
	struct slug s = { context, slug, loc, slug.at, slug.at + slug.bytes };
	struct value wic = { 0 };
	struct str rest;

	if (!read_part(&s, "b", "'b' and the batch", 1, 1, "batch", NULL) ||
	    !read_part(&s, "c", "'c' and the input channels", 1, 1, "input", "c") ||
	    !read_part(&s, "h", "'h' and the input height", 1, 1, "input", "h") ||
	    !read_part(&s, "w", "'w' and the input width", 1, 1, "input", "w") ||
	    !read_part(&s, "oc", "'oc' and the output channels", 1, 1, "output", NULL) ||
	    !read_group_chans(&s, &wic) ||
	    !read_part(&s, "k", "'k' and the kernel, as in k3x3", 1, 2, "kernel", NULL) ||
	    !read_part(&s, "g", "'g' and the groups", 1, 1, "groups", NULL) ||
	    !read_part(&s, "s", "'s' and the stride, as in s2 or s2x1", 1, 2, "stride",
		       NULL) ||
	    !read_padding(&s))
		return;
	check_group_chans(&s, &wic);
	if (s.at < s.end && !read_part(&s, "d", "'d' and the dilation, as in d2 or d2x1",
				       1, 2, "dilation", NULL))
		return;
	rest = (struct str){ s.at, (size_t)(s.end - s.at) };
	if (rest.bytes || slug.at[slug.bytes - 1] == '_')
		fail(&s, rest, "nothing more");
}
