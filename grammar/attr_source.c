/*
 * Attributes that say where weights, bias and batch norm come from.
 */
#include <stdlib.h>
#include <string.h>

#include "attr_rule.h"
#include "conv_attr.h"

static void set_seed_value(const struct attr_context *c, const struct value *v)
{
	if (!draft_claim(c->draft, CONV_SEED, v->loc, c->diag))
		return;
	if ((v->negative && v->number) || v->overflow) {
		diag_error(c->diag, v->loc, "seed-range", "seed %.*s is out of range",
			   STR_ARGS(v->text));
		diag_note(c->diag, v->loc, "it can be 0 to 18446744073709551615");
		c->draft->bad[CONV_SEED] = true;
		return;
	}
	c->draft->problem.seed = v->number;
}

void set_seed(const struct attr_context *c, const struct attr *a, struct loc loc,
	      const struct values *values)
{
	const struct value *v = values->items;

	if (values->count == 1 && v->kind == VALUE_REAL) {
		not_whole(c, a, v);
		return;
	}
	if (values->count != 1 || v->kind != VALUE_NUMBER) {
		wrong_values(c, a, values->count ? v->loc : loc, "one number");
		c->draft->bad[CONV_SEED] = true;
		return;
	}
	set_seed_value(c, v);
}

/* A path as written, made usable from where the compiler runs. */
static char *resolve_path(const char *dir, struct str path)
{
	size_t dir_bytes = path.bytes && *path.at == '/' ? 0 : strlen(dir);
	char *resolved = mem_new(dir_bytes + path.bytes + 1);

	memcpy(resolved, dir, dir_bytes);
	memcpy(resolved + dir_bytes, path.at, path.bytes);
	return resolved;
}

static bool ends_with(struct str s, const char *tail)
{
	size_t n = strlen(tail);

	return s.bytes >= n && memcmp(s.at + s.bytes - n, tail, n) == 0;
}

size_t read_file_source(const struct attr_context *c, const struct attr *a,
			const struct value *v, size_t count, struct tensor_source *source)
{
	bool npy = ends_with(v[0].text, ".npy");
	bool safetensors = ends_with(v[0].text, ".safetensors");

	if (!npy && !safetensors) {
		diag_error(c->diag, v->loc, NULL, "'%.*s' is no file of tensors",
			   STR_ARGS(v->text));
		diag_note(c->diag, v->loc,
			  "tensors are read from .npy and .safetensors files");
		return 0;
	}
	if (safetensors && (count < 2 || !is_string(&v[1]) || !v[1].text.bytes)) {
		diag_error(c->diag, v->loc, NULL, "which tensor of '%.*s' is not said",
			   STR_ARGS(v->text));
		diag_note(c->diag, v->loc,
			  "give its name, as in '%s \"x.safetensors\" "
			  "\"layer.weight\"'",
			  a->word);
		return 0;
	}
	source->kind = npy ? SOURCE_NPY : SOURCE_SAFETENSORS;
	source->path = resolve_path(c->dir, v->text);
	if (safetensors)
		source->tensor = mem_strndup(v[1].text.at, v[1].text.bytes);
	return npy ? 1 : 2;
}

/* One file and nothing else; false after an error. */
static bool read_only_file(const struct attr_context *c, const struct attr *a,
			   const struct value *v, size_t count,
			   struct tensor_source *source)
{
	size_t used = read_file_source(c, a, v, count, source);

	if (used == count)
		return true;
	if (used) {
		diag_error(c->diag, v[used].loc, NULL,
			   "a .npy file holds a single tensor");
		diag_note(c->diag, v[used].loc, "leave the second value out");
		tensor_source_clear(source);
	}
	return false;
}

/*
 * seed | seed N | "x.npy" | "x.safetensors" "tensor" | none, which weights cannot be.
 * A seed given here is the conv's.
 */
void set_source(const struct attr_context *c, const struct attr *a, struct loc loc,
		const struct values *values)
{
	struct tensor_source source = { .kind = SOURCE_SEED };
	struct tensor_source *target = conv_attr_source(&c->draft->problem, a->attr);
	const struct value *v = values->items;
	size_t count = values->count;
	bool optional = a->attr != CONV_WEIGHTS;

	if (!draft_claim(c->draft, a->attr, count ? v->loc : loc, c->diag))
		return;
	if (count == 2 && is_word(v) && str_is(v->text, "seed") &&
	    v[1].kind == VALUE_REAL) {
		not_whole(c, a, &v[1]);
		return;
	}
	if (count && is_word(v) && str_is(v->text, "seed") &&
	    (count == 1 || (count == 2 && v[1].kind == VALUE_NUMBER))) {
		if (count == 2)
			set_seed_value(c, &v[1]);
	} else if (optional && count == 1 && is_word(v) && str_is(v->text, "none")) {
		source.kind = SOURCE_NONE;
	} else if (count && count <= 2 && is_string(v)) {
		if (!read_only_file(c, a, v, count, &source)) {
			c->draft->bad[a->attr] = true;
			return;
		}
	} else {
		wrong_values(c, a, count ? v->loc : loc,
			     optional ? "a file, 'seed N' or 'none'"
				      : "a file or 'seed N'");
		if (count && v->kind == VALUE_WORD)
			note_nearest(c->diag, v->loc, v->text, a->words,
				     optional ? 2 : 1);
		c->draft->bad[a->attr] = true;
		return;
	}
	tensor_source_clear(target);
	*target = source;
}
