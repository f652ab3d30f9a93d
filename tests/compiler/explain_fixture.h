/*
 * A spec through the compiler to what --explain says, and to the bundle.
 */
#ifndef EXPLAIN_FIXTURE_H
#define EXPLAIN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explain/explain.h"
#include "spec.h"

struct explained {
	struct diag *diag;
	struct spec spec;
	struct compiled_conv *convs;
	struct operands *operands;
	json_t *json; /* an array, as npucc prints it */
	char *text;
	size_t text_bytes;
};

/* What npucc --explain does with its two formats. */
static inline void explain_convs(struct explained *e)
{
	FILE *out = open_memstream(&e->text, &e->text_bytes);

	assert_non_null(out);
	e->json = json_array();
	for (size_t i = 0; i < e->spec.count; i++) {
		explain_text(out, &e->convs[i], &e->operands[i]);
		json_array_append_new(e->json,
				      explain_json(&e->convs[i], &e->operands[i]));
	}
	fclose(out);
	assert_int_equal(json_array_size(e->json), e->spec.count);
}

/* Compile all convs of a spec in memory for every number of cores in `core_mask`. */
static inline void explained_open(struct explained *e, const char *name, const char *text,
				  size_t bytes, uint32_t core_mask)
{
	struct compile_options options = { .core_mask = core_mask };

	memset(e, 0, sizeof *e);
	e->diag = diag_new(stderr);
	assert_non_null(e->diag);
	spec_init(&e->spec);
	spec_read_text(&e->spec, name, text, bytes, e->diag);
	if (!diag_errors(e->diag))
		spec_check(&e->spec, e->diag);
	if (diag_errors(e->diag) || !e->spec.count)
		fail_msg("%s: the spec is refused", name);
	e->convs = calloc(e->spec.count, sizeof *e->convs);
	assert_non_null(e->convs);
	e->operands = calloc(e->spec.count, sizeof *e->operands);
	assert_non_null(e->operands);
	for (size_t i = 0; i < e->spec.count; i++) {
		const struct conv_problem *p = &e->spec.convs[i];
		struct operands *o = &e->operands[i];

		if (!(explain_needs_operands(p) ? operands_load(o, p, e->diag)
						: operands_zero(o, p)) ||
		    !compile_conv(&e->convs[i], p, &o->op, &options, e->diag))
			fail_msg("%s: conv %zu does not compile", name, i);
	}
	explain_convs(e);
}

static inline void explained_close(struct explained *e)
{
	for (size_t i = 0; i < e->spec.count; i++) {
		compiled_conv_free(&e->convs[i]);
		operands_free(&e->operands[i]);
	}
	free(e->convs);
	free(e->operands);
	json_decref(e->json);
	free(e->text);
	spec_free(&e->spec);
	diag_free(e->diag);
}

/* The value at a path such as "plans.0.cost.cycles"; fails when there is none. */
static inline const json_t *json_at(const char *name, const json_t *json,
				    const char *path)
{
	char key[64];

	for (const char *p = path; *p;) {
		size_t n = strcspn(p, ".");

		assert_true(n < sizeof key);
		snprintf(key, sizeof key, "%.*s", (int)n, p);
		json = json_is_array(json) ? json_array_get(json, (size_t)atoi(key))
					   : json_object_get(json, key);
		if (!json)
			fail_msg("%s: no %s in the JSON", name, path);
		p += n + (p[n] == '.');
	}
	return json;
}

static inline uint64_t json_uint_at(const char *name, const json_t *json,
				    const char *path)
{
	const json_t *value = json_at(name, json, path);

	if (!json_is_integer(value))
		fail_msg("%s: %s is no integer", name, path);
	return (uint64_t)json_integer_value(value);
}

static inline const char *json_text_at(const char *name, const json_t *json,
				       const char *path)
{
	const json_t *value = json_at(name, json, path);

	if (!json_is_string(value))
		fail_msg("%s: %s is no string", name, path);
	return json_string_value(value);
}

#endif
