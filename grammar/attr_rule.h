/*
 * The table of attributes: what each takes.  Shared by the files that implement it.
 */
#ifndef ATTR_RULE_H
#define ATTR_RULE_H

#include "attr.h"

#define ATTR_MAX_AXES 4u

struct axis {
	const char *name;
	enum conv_attr attr;
};

/* A word that stands among an attribute's values; false when it is not one. */
typedef bool word_fn(const struct attr_context *c, const struct value *v);

struct attr {
	const char *word;
	const char *example;
	/* Numbers, by place or by name; none: `set` takes the values. */
	struct axis axes[ATTR_MAX_AXES];
	size_t axis_count;
	bool one_for_all;  /* a single number sets every axis */
	bool two_for_four; /* two numbers: y for 0 and 2, x for 1 and 3 */
	bool named_only;   /* `split 3` would not say which way */
	word_fn *set_word;
	const char *words[2]; /* what set_word knows */
	void (*set)(const struct attr_context *c, const struct attr *a, struct loc loc,
		    const struct values *values);
};

static inline bool is_word(const struct value *v)
{
	return v->kind == VALUE_WORD || v->kind == VALUE_TEXT;
}

static inline bool is_string(const struct value *v)
{
	return v->kind == VALUE_STRING || v->kind == VALUE_TEXT;
}

/* Report that the attribute takes `what`, with its example. */
void wrong_values(const struct attr_context *c, const struct attr *a, struct loc loc,
		  const char *what);

/* The attributes that are no sizes. */
void set_seed(const struct attr_context *c, const struct attr *a, struct loc loc,
	      const struct values *values);
void set_source(const struct attr_context *c, const struct attr *a, struct loc loc,
		const struct values *values);

#endif
