/*
 * The JSON of --explain follows docs/explain.schema.json, in types, ranges and the
 * order of keys.
 */
#include "explain_cases.h"

/* What docs/explain.schema.json uses of JSON Schema, and the order of keys. */
static bool is_type(const json_t *v, const char *type)
{
	return (!strcmp(type, "object") && json_is_object(v)) ||
	       (!strcmp(type, "array") && json_is_array(v)) ||
	       (!strcmp(type, "string") && json_is_string(v)) ||
	       (!strcmp(type, "integer") && json_is_integer(v)) ||
	       (!strcmp(type, "number") && json_is_number(v)) ||
	       (!strcmp(type, "boolean") && json_is_boolean(v)) ||
	       (!strcmp(type, "null") && json_is_null(v));
}

static bool is_any_type(const json_t *v, const json_t *type)
{
	if (json_is_string(type))
		return is_type(v, json_string_value(type));
	for (size_t i = 0; i < json_array_size(type); i++) {
		if (is_type(v, json_string_value(json_array_get(type, i))))
			return true;
	}
	return false;
}

static bool is_listed(const json_t *v, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (json_equal(v, json_array_get(list, i)))
			return true;
	}
	return false;
}

static void validate(const char *at, const json_t *v, const json_t *schema,
		     const json_t *root);

static void validate_object(const char *at, const json_t *v, const json_t *schema,
			    const json_t *root)
{
	json_t *properties = json_object_get(schema, "properties");
	void *have = json_object_iter((json_t *)(uintptr_t)v);
	void *want = json_object_iter(properties);
	char path[256];

	for (; have || want; have = json_object_iter_next((json_t *)(uintptr_t)v, have),
			     want = json_object_iter_next(properties, want)) {
		if (!have || !want ||
		    strcmp(json_object_iter_key(have), json_object_iter_key(want)) != 0)
			fail_msg("%s: key '%s' where the schema has '%s'", at,
				 have ? json_object_iter_key(have) : "(end)",
				 want ? json_object_iter_key(want) : "(end)");
		snprintf(path, sizeof path, "%s.%s", at, json_object_iter_key(have));
		validate(path, json_object_iter_value(have), json_object_iter_value(want),
			 root);
	}
}

static void validate(const char *at, const json_t *v, const json_t *schema,
		     const json_t *root)
{
	const char *ref = json_string_value(json_object_get(schema, "$ref"));
	const json_t *list = json_object_get(schema, "enum");
	const json_t *least = json_object_get(schema, "minimum");
	const json_t *most = json_object_get(schema, "maximum");
	const json_t *min_items = json_object_get(schema, "minItems");

	if (ref) {
		validate(at, v, json_object_get(json_object_get(root, "$defs"), ref + 8),
			 root);
		return;
	}
	if (!schema || !is_any_type(v, json_object_get(schema, "type")))
		fail_msg("%s: not of the schema's type", at);
	if (list && !is_listed(v, list))
		fail_msg("%s: '%s' is not in the schema's list", at,
			 json_string_value(v));
	if (json_is_number(v) &&
	    ((least && json_number_value(v) < json_number_value(least)) ||
	     (most && json_number_value(v) > json_number_value(most))))
		fail_msg("%s: %g is out of range", at, json_number_value(v));
	if (json_is_object(v))
		validate_object(at, v, schema, root);
	if (json_is_array(v) &&
	    json_array_size(v) < (size_t)json_integer_value(min_items))
		fail_msg("%s: too few items", at);
	for (size_t i = 0; i < json_array_size(v); i++)
		validate(at, json_array_get(v, i), json_object_get(schema, "items"),
			 root);
}

static json_t *load_schema(void)
{
	json_error_t error;
	json_t *schema = json_load_file(SOURCE_ROOT "/docs/explain.schema.json",
					JSON_REJECT_DUPLICATES, &error);

	if (!schema)
		fail_msg("docs/explain.schema.json:%d: %s", error.line, error.text);
	return schema;
}

static void json_follows_schema(void **state)
{
	json_t *schema = load_schema();

	(void)state;
	for (size_t i = 0; i < EXPLAIN_CASES; i++) {
		struct explained e;

		explained_open(&e, explain_cases[i].name, explain_cases[i].spec,
			       strlen(explain_cases[i].spec), explain_cases[i].core_mask);
		validate(explain_cases[i].name, e.json, schema, schema);
		explained_close(&e);
	}
	json_decref(schema);
}

/* The schema keeps its own promises: all keys are required, no others allowed. */
static void schema_is_closed(void **state)
{
	json_t *schema = load_schema(), *defs = json_object_get(schema, "$defs"), *def;
	const char *key;

	(void)state;
	assert_true(json_object_size(defs) > 10);
	json_object_foreach(defs, key, def)
	{
		json_t *properties = json_object_get(def, "properties");
		json_t *required = json_object_get(def, "required");

		if (!json_is_false(json_object_get(def, "additionalProperties")) ||
		    json_array_size(required) != json_object_size(properties))
			fail_msg("%s: open, or not all keys required", key);
		for (size_t i = 0; i < json_array_size(required); i++)
			assert_non_null(json_object_get(
			    properties, json_string_value(json_array_get(required, i))));
	}
	json_decref(schema);
}

/* A captured schedule of the same problem: its sentence in both forms. */
static void captures_are_quoted(void **state)
{
	static const char note[] = "layer-7 differs: 2 cores, tile 1: grains 12, not 11";
	static const char spec[] = "conv { input 16x9x7; output 8; kernel 3 }";
	struct template template = { 0 };
	json_t *schema = load_schema();
	struct explained e;

	(void)state;
	template.name = (char *)(uintptr_t) "layer-7";
	explained_open(&e, "capture", spec, strlen(spec), ALL_CORES);
	assert_non_null(strstr(e.text, "none of this problem"));
	e.convs[0].verdict.template = &template;
	e.convs[0].verdict.differences = 1;
	snprintf(e.convs[0].verdict.note, sizeof e.convs[0].verdict.note, "%s", note);
	json_decref(e.json);
	free(e.text);
	explain_convs(&e);
	validate("capture", e.json, schema, schema);
	assert_string_equal(json_text_at("capture", e.json, "0.template.name"),
			    "layer-7");
	assert_string_equal(json_text_at("capture", e.json, "0.template.note"), note);
	assert_int_equal(json_uint_at("capture", e.json, "0.template.differences"), 1);
	assert_non_null(strstr(e.text, note));
	explained_close(&e);
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_follows_schema),
		cmocka_unit_test(schema_is_closed),
		cmocka_unit_test(captures_are_quoted),
	};

	return cmocka_run_group_tests_name("explain_schema", tests, NULL, NULL);
}
