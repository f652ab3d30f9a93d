/*
 * Whole machines: what npudoctor prints about each, its exit code, and that its JSON
 * says the same and follows docs/npudoctor.schema.json.
 *
 * UPDATE_GOLDEN=1 rewrites tests/data/doctor/golden; the difference is then reviewed
 * like code.
 */
#include "doctor_test.h"

#include <jansson.h>

#define LOGS TEST_DATA "/doctor/logs/"

/* clang-format off */
static const struct {
	const char *name; /* of the golden file */
	const char *tree, *options;
	int code;
} cases[] = {
	{ "healthy", "healthy", "", 0 },
	{ "suspended", "suspended", "", 0 },
	{ "no-driver", "no-driver", "", 1 },
	{ "no-node-asked", "no-node", "--family rknpu", 1 },
	{ "no-npu-at-all", "no-node", "", 1 },
	{ "rocket", "rocket", "--family rknpu", 1 },
	{ "no-access", "no-access", "", 1 },
	{ "old-driver-beats-timeout", "old-driver", "", 1 },
	{ "iommu-off", "iommu-off", "", 1 },
	{ "stuck", "stuck", "", 1 },
	{ "bypassed", "bypassed", "", 1 },
	{ "page-fault-beats-timeout", "page-fault", "", 1 },
	{ "history", "history", "", 0 },
	{ "axcl-healthy", "axcl-healthy", "", 0 },
	{ "axcl-dead", "axcl-dead", "", 1 },
	{ "axcl-app-log", "axcl-healthy", "--log " LOGS "axcl-app.log", 1 },
	{ "xdna-healthy", "xdna-healthy", "", 0 },
	{ "xdna-no-node", "xdna-no-node", "", 1 },
	{ "xdna-firmware", "xdna-firmware", "", 1 },
	{ "xdna-mismatch-beats-zeros", "xdna-mismatch", "--symptom zeros", 1 },
	{ "xdna-host-copy-beats-zeros", "xdna-healthy", "--log " LOGS "xrt.log", 1 },
};
/* clang-format on */

/* The log's path begins differently on every machine. */
static void shorten_paths(char *text)
{
	static const char prefix[] = LOGS;

	for (char *at; (at = strstr(text, prefix));)
		memmove(at, at + strlen(prefix), strlen(at + strlen(prefix)) + 1);
}

static void compare(const char *name, char *text)
{
	char path[600];
	char *want;

	shorten_paths(text);
	snprintf(path, sizeof path, TEST_DATA "/doctor/golden/%s.txt", name);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *file = fopen(path, "w");

		if (!file || fputs(text, file) < 0 || fclose(file))
			fail_msg("%s: cannot be written", path);
		return;
	}
	snprintf(path, sizeof path, "golden/%s.txt", name);
	want = test_file(path);
	if (strcmp(text, want) != 0)
		fail_msg("%s: got\n%s\nwant\n%s", name, text, want);
	free(want);
}

static char *run_case(size_t i, const char *more, int *code)
{
	char command[2000];
	char *root = test_tree(cases[i].tree);
	char *text;

	snprintf(command, sizeof command, NPUDOCTOR " --root %s %s %s", root,
		 cases[i].options, more);
	text = test_run(command, code);
	test_tree_remove(root);
	return text;
}

static void text_is_golden(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int code;
		char *text = run_case(i, "", &code);

		if (code != cases[i].code)
			fail_msg("%s: exit code %d, not %d:\n%s", cases[i].name, code,
				 cases[i].code, text);
		compare(cases[i].name, text);
		free(text);
	}
}

static bool has_type(const json_t *v, const char *type)
{
	return (!strcmp(type, "object") && json_is_object(v)) ||
	       (!strcmp(type, "array") && json_is_array(v)) ||
	       (!strcmp(type, "string") && json_is_string(v)) ||
	       (!strcmp(type, "integer") && json_is_integer(v)) ||
	       (!strcmp(type, "boolean") && json_is_boolean(v)) ||
	       (!strcmp(type, "null") && json_is_null(v));
}

static bool fits_type(const json_t *v, const json_t *type)
{
	bool fits = json_is_string(type) && has_type(v, json_string_value(type));

	for (size_t i = 0; i < json_array_size(type); i++)
		fits = fits || has_type(v, json_string_value(json_array_get(type, i)));
	return fits;
}

static bool listed(const json_t *v, const json_t *list)
{
	bool found = !list;

	for (size_t i = 0; i < json_array_size(list); i++)
		found = found || json_equal(v, json_array_get(list, i));
	return found;
}

/* What docs/npudoctor.schema.json uses of JSON Schema, and the order of keys. */
static void validate(const char *at, json_t *v, json_t *schema, json_t *root)
{
	const char *ref = json_string_value(json_object_get(schema, "$ref"));
	json_t *least, *most, *properties;
	void *have, *want;

	if (ref)
		schema = json_object_get(json_object_get(root, "$defs"), ref + 8);
	least = json_object_get(schema, "minimum");
	most = json_object_get(schema, "maximum");
	properties = json_object_get(schema, "properties");
	if (!schema || !fits_type(v, json_object_get(schema, "type")))
		fail_msg("%s: not of the schema's type", at);
	CHECK(at, listed(v, json_object_get(schema, "enum")));
	CHECK(at, !json_is_integer(v) || !least ||
		      json_integer_value(v) >= json_integer_value(least));
	CHECK(at, !json_is_integer(v) || !most ||
		      json_integer_value(v) <= json_integer_value(most));
	for (size_t i = 0; i < json_array_size(v); i++)
		validate(at, json_array_get(v, i), json_object_get(schema, "items"),
			 root);
	if (!json_is_object(v))
		return;
	have = json_object_iter(v);
	want = json_object_iter(properties);
	for (; have || want; have = json_object_iter_next(v, have),
			     want = json_object_iter_next(properties, want)) {
		if (!have || !want ||
		    strcmp(json_object_iter_key(have), json_object_iter_key(want)) != 0)
			fail_msg("%s: key '%s' where the schema has '%s'", at,
				 have ? json_object_iter_key(have) : "(end)",
				 want ? json_object_iter_key(want) : "(end)");
		validate(json_object_iter_key(have), json_object_iter_value(have),
			 json_object_iter_value(want), root);
	}
}

/* The first line of the text form, and the JSON, say the same. */
static void json_follows_schema(void **state)
{
	json_error_t error;
	json_t *schema = json_load_file(SOURCE_ROOT "/docs/npudoctor.schema.json",
					JSON_REJECT_DUPLICATES, &error);

	(void)state;
	if (!schema)
		fail_msg("docs/npudoctor.schema.json:%d: %s", error.line, error.text);
	for (size_t i = 0; i < COUNT(cases); i++) {
		int code, quiet_code;
		char *text = run_case(i, "--json", &code);
		char *line = run_case(i, "--quiet", &quiet_code);
		json_t *v = json_loads(text, JSON_REJECT_DUPLICATES, &error);
		const char *id;

		if (!v)
			fail_msg("%s: line %d: %s", cases[i].name, error.line,
				 error.text);
		CHECK(cases[i].name, code == cases[i].code && quiet_code == code);
		validate(cases[i].name, v, schema, schema);
		CHECK_TEXT(cases[i].name, line,
			   json_string_value(json_object_get(v, "verdict")));
		CHECK_TEXT(cases[i].name, line,
			   json_string_value(json_object_get(v, "sentence")));
		id = json_string_value(json_object_get(v, "id"));
		CHECK(cases[i].name, !id == (code == 0 || !strstr(line, "TROUBLE")));
		if (id)
			CHECK_TEXT(cases[i].name, line, id);
		CHECK(cases[i].name, strchr(line, '\n') == line + strlen(line) - 1);
		json_decref(v);
		free(text);
		free(line);
	}
	json_decref(schema);
}

/* clang-format off */
static const struct {
	const char *name, *options, *want;
	int code;
} lines[] = {
	{ "help", "--help", "EXIT STATUS", 0 },
	{ "recover help", "recover --help", "--process PID|NAME", 0 },
	{ "capture help", "capture --help", "HAZARDS", 0 },
	{ "unknown option", "--lgo x", "did you mean '--log'", 2 },
	{ "word", "kernel.log", "unexpected argument 'kernel.log'", 2 },
	{ "family", "--family tpu", "'tpu' is not one of: rknpu, axcl, xdna, auto", 2 },
	{ "symptom", "--symptom slow", "is not one of: zeros", 2 },
	{ "hazard", "--allow fire", "is not one of: mmio-read", 2 },
	{ "no log", "--log /nonexistent/x.log", "/nonexistent/x.log: No such file", 3 },
	{ "log is a directory", "--log /", "/: is a directory", 3 },
	{ "no root", "--root /nonexistent", "/nonexistent: No such file", 3 },
	{ "no signatures", "--signatures /nonexistent", "/nonexistent: No such file", 3 },
	{ "signatures of no file", "--signatures /dev", "no signatures", 3 },
	{ "full disk", "--log /dev/null > /dev/full", "npudoctor: standard output: cannot write", 3 },
	{ "help on a full disk", "--help > /dev/full", "npudoctor: standard output: cannot write", 3 },
	{ "plan on a full disk", "recover --family rknpu > /dev/full", "standard output: cannot write", 3 },
	{ "own signatures", "--signatures " SOURCE_ROOT "/runtime/doctor/signatures --log /dev/null --family axcl --root "
	  TEST_DATA, "HEALTHY axcl", 0 },
	{ "execute on a copy", "recover --execute --root " TEST_DATA, "--execute acts on this machine", 2 },
	{ "step", "recover --step pray", "'pray' is not one of", 2 },
	{ "step without process", "recover --step process", "needs --process", 2 },
	{ "capture without directory", "capture -- true", "-o DIR is missing", 2 },
	{ "capture without command", "capture -o x", "the command is missing", 2 },
	{ "capture word before --", "capture -o x true", "the command comes behind --", 2 },
};
/* clang-format on */

static void command_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		char command[2000];
		char *text;
		int code;

		snprintf(command, sizeof command, "{ " NPUDOCTOR " %s; }",
			 lines[i].options);
		text = test_run(command, &code);
		if (code != lines[i].code)
			fail_msg("%s: exit code %d:\n%s", lines[i].name, code, text);
		CHECK_TEXT(lines[i].name, text, lines[i].want);
		free(text);
	}
}

/* A copied tree without its log: nothing is wrong, yet nobody can tell. */
static void missing_kernel_log_is_unknown(void **state)
{
	char command[1000];
	char *root = test_tree("healthy"), *text;
	int code;

	(void)state;
	snprintf(command, sizeof command, "rm %s/kernel.log; " NPUDOCTOR " --root %s",
		 root, root);
	text = test_run(command, &code);
	assert_int_equal(code, 3);
	CHECK_TEXT("unknown", text, "npudoctor: UNKNOWN rknpu: nothing is wrong");
	CHECK_TEXT("unknown", text, "kernel.log) cannot be read: No such file");
	free(text);
	test_tree_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_golden),
		cmocka_unit_test(json_follows_schema),
		cmocka_unit_test(command_lines),
		cmocka_unit_test(missing_kernel_log_is_unknown),
	};

	return cmocka_run_group_tests_name("diagnose_golden", tests, NULL, NULL);
}
