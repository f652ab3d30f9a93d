/*
 * The table of attributes: what each takes.  Shared by the files that implement it.
 */
#ifndef ATTR_RULE_H
#define ATTR_RULE_H

#include "attr.h"

#define ATTR_MAX_AXES 4u
#define ATTR_MAX_WORDS 11u

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
	const char *words[ATTR_MAX_WORDS]; /* what set_word or `set` knows */
	enum conv_attr attr;		   /* without axes: what `set` sets */
	bool alone;			   /* its word says something by itself */
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

/* Report a value that the attribute does not take, with the nearest of its words. */
void unknown_value(const struct attr_context *c, const struct attr *a,
		   const struct value *v);

/* Report a real number where a whole one is needed. */
void not_whole(const struct attr_context *c, const struct attr *a, const struct value *v);

/* The index of the value among the attribute's words; -1: it is none of them. */
int find_word(const struct attr *a, const struct value *v);

/*
 * Read a file of tensors, and the tensor's name when it holds several, from the first
 * of `count` values.  Returns how many it took; 0 after an error.
 */
size_t read_file_source(const struct attr_context *c, const struct attr *a,
			const struct value *v, size_t count,
			struct tensor_source *source);

/* The attributes that are no sizes. */
void set_seed(const struct attr_context *c, const struct attr *a, struct loc loc,
	      const struct values *values);
void set_source(const struct attr_context *c, const struct attr *a, struct loc loc,
		const struct values *values);
void set_quant(const struct attr_context *c, const struct attr *a, struct loc loc,
	       const struct values *values);
void set_weight_quant(const struct attr_context *c, const struct attr *a, struct loc loc,
		      const struct values *values);
void set_activation(const struct attr_context *c, const struct attr *a, struct loc loc,
		    const struct values *values);
void set_pixel_norm(const struct attr_context *c, const struct attr *a, struct loc loc,
		    const struct values *values);

#endif
