/*
 * The support matrix: every answer is the compiler's, and what it calls supported
 * makes a bundle that the runtime's verifier takes.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "compile.h"
#include "matrix/matrix.h"
#include "npurt.h"
#include "spec.h"

#define CAPTURES TEST_DATA "/captures"
#define CAPTURED_FP16 152u
#define CAPTURED_INT8 208u

static const struct matrix_row *find_row(const char *feature)
{
	for (size_t i = 0; i < matrix_row_count; i++)
		if (!strcmp(matrix_rows[i].feature, feature))
			return &matrix_rows[i];
	fail_msg("no row '%s'", feature);
	return NULL;
}

static struct matrix_cell ask(const struct matrix_row *row, enum matrix_type type)
{
	struct matrix_cell cell;

	matrix_ask(&cell, row, type, row->captures[type]);
	return cell;
}

/* The feature's conv as a bundle: made, and taken by the verifier. */
static void check_bundle(const struct matrix_row *row, enum matrix_type type)
{
	const struct compile_options options = { .core_mask = 7 };
	struct diag *diag = diag_new(stderr);
	struct npurt_error e = { 0 };
	char *text = matrix_spec(row, type);
	struct bundle *b = bundle_new(0);
	struct compiled_conv c;
	struct operands o;
	struct spec spec;
	const uint8_t *blob;
	size_t bytes;

	spec_init(&spec);
	spec_read_text(&spec, row->feature, text, strlen(text), diag);
	spec_check(&spec, diag);
	assert_int_equal(diag_errors(diag), 0);
	assert_int_equal(spec.count, 1);
	assert_true(operands_load(&o, &spec.convs[0], diag));
	assert_true(compile_conv(&c, &spec.convs[0], &o.op, &options, diag));
	assert_true(compile_emit(b, &c, &o));
	blob = bundle_finish(b, &bytes);
	assert_non_null(blob);
	if (npurt_verify(blob, bytes, &e) != NPURT_OK)
		fail_msg("%s, %s: %s", row->feature, matrix_type_name(type), e.detail);
	compiled_conv_free(&c);
	operands_free(&o);
	bundle_free(b);
	spec_free(&spec);
	diag_free(diag);
	free(text);
}

static void every_cell(void **state)
{
	uint32_t supported = 0, refused = 0;

	(void)state;
	for (size_t i = 0; i < matrix_row_count; i++) {
		const struct matrix_row *row = &matrix_rows[i];

		for (int type = 0; type < MATRIX_TYPES; type++) {
			struct matrix_cell cell = ask(row, (enum matrix_type)type);
			enum matrix_status status = matrix_cell_status(&cell);

			if (status == MATRIX_EMPTY)
				continue;
			if (status != MATRIX_REFUSED) {
				check_bundle(row, (enum matrix_type)type);
				assert_string_equal(cell.sentence, "");
				supported++;
				continue;
			}
			if (!*cell.sentence || !*cell.reason || !*cell.rule)
				fail_msg("%s: '%s' '%s' '%s'", row->feature, cell.sentence,
					 cell.reason, cell.rule);
			refused++;
		}
	}
	print_message("%u cells supported, %u refused\n", supported, refused);
	assert_true(supported >= 60 && refused >= 20);
}

/* A status of each kind, for features where it cannot change unnoticed. */
static void known_cells(void **state)
{
	static const struct {
		const char *feature;
		enum matrix_type type;
		enum matrix_status status;
		bool shared;
		const char *rule;
	} cases[] = {
		{ "dense, 3x3", MATRIX_FP16, MATRIX_CAPTURED, false, "" },
		{ "grouped, in one block", MATRIX_INT8, MATRIX_FORMULA, false, "" },
		{ "dilation", MATRIX_FP16, MATRIX_UNTESTED, false, "" },
		{ "batch", MATRIX_INT8, MATRIX_CAPTURED, true, "" },
		{ "silu", MATRIX_INT8, MATRIX_REFUSED, false, "activation-support" },
		{ "input bf16", MATRIX_FP16, MATRIX_REFUSED, false, "type-support" },
		{ "weight scale for each channel", MATRIX_FP16, MATRIX_EMPTY, false, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct matrix_cell cell = ask(find_row(cases[i].feature), cases[i].type);

		if (matrix_cell_status(&cell) != cases[i].status)
			fail_msg("%s is %s", cases[i].feature,
				 matrix_status_name(matrix_cell_status(&cell)));
		assert_int_equal(cell.plan[2].shared, cases[i].shared);
		assert_string_equal(cell.rule, cases[i].rule);
	}
}

/* A row whose conv cannot be planned is refused, and says why. */
static void refusal_of_the_planner(void **state)
{
	static const struct matrix_row row = { NULL, "too large",
					       "input 8000x4x2047; kernel 7; pad 3", NULL,
					       { 1, 1 } };
	struct matrix_cell cell = ask(&row, MATRIX_INT8);

	(void)state;
	assert_int_equal(matrix_cell_status(&cell), MATRIX_REFUSED);
	assert_string_not_equal(cell.sentence, "");
	assert_string_not_equal(cell.reason, "");
}

/* Every capture is one of five kinds of conv; the numbers built in add up to all. */
static void captures_add_up(void **state)
{
	static const char *const kinds[] = { "dense, 3x3", "dense, 1x1", "depthwise",
					     "grouped, in one block", "image of 1 channel",
					     "image of 2 channels", "image of 3 channels",
					     "image of 4 channels" };
	uint32_t sum[MATRIX_TYPES] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		for (int type = 0; type < MATRIX_TYPES; type++)
			sum[type] += find_row(kinds[i])->captures[type];
	assert_int_equal(sum[MATRIX_FP16], CAPTURED_FP16);
	assert_int_equal(sum[MATRIX_INT8], CAPTURED_INT8);
}

/* Captures whose file names say the operation, such as i8_c16_..._g1_relu_v2.json. */
static uint32_t count_names(const char *type, const char *op)
{
	DIR *dir = opendir(CAPTURES);
	struct dirent *entry;
	uint32_t count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		const char *at = strstr(entry->d_name, op);

		count += !strncmp(entry->d_name, type, strlen(type)) && at &&
			 (at[strlen(op)] == '.' || at[strlen(op)] == '_');
	}
	closedir(dir);
	return count;
}

static void captures_are_counted(void **state)
{
	static const struct {
		const char *feature, *op;
	} cases[] = {
		{ "relu", "_relu" },	       { "relu6, clip from 0", "_clip" },
		{ "sigmoid", "_sigmoid" },     { "hardswish", "_hardswish" },
		{ "residual add, relu", "_addrelu" },
		{ "stride 2", "_s2" },
	};
	static const char *const types[] = { "f16", "i8" };
	uint32_t(*counts)[MATRIX_TYPES] = calloc(matrix_row_count, sizeof *counts);
	uint32_t all = 0;

	(void)state;
	assert_non_null(counts);
	assert_true(matrix_count_captures(CAPTURES, counts));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const uint32_t *got = counts[find_row(cases[i].feature) - matrix_rows];

		for (int type = 0; type < MATRIX_TYPES; type++) {
			uint32_t want = count_names(types[type], cases[i].op);

			if (got[type] != want)
				fail_msg("%s, %s: %u, by names %u", cases[i].feature,
					 types[type], got[type], want);
			all += want;
		}
	}
	assert_true(all >= 4);
	assert_false(matrix_count_captures(TEST_DATA "/no-such", counts));
	free(counts);
}

static char *run(const char *arguments)
{
	char command[512], *text = NULL;
	size_t room = 0;
	FILE *in;

	snprintf(command, sizeof command, "'%s' matrix %s", getenv("NPUCC"), arguments);
	in = popen(command, "r");
	assert_non_null(in);
	if (getdelim(&text, &room, '\0', in) < 0)
		text[0] = 0;
	assert_int_equal(pclose(in), 0);
	return text;
}

static void json_says_the_same(void **state)
{
	char *text = run("--json");
	json_t *rows = json_loads(text, 0, NULL);

	(void)state;
	assert_int_equal(json_array_size(rows), matrix_row_count);
	for (size_t i = 0; i < matrix_row_count; i++) {
		json_t *row = json_array_get(rows, i), *types = json_object_get(row, "types");

		assert_string_equal(json_string_value(json_object_get(row, "feature")),
				    matrix_rows[i].feature);
		for (int type = 0; type < MATRIX_TYPES; type++) {
			struct matrix_cell cell =
			    ask(&matrix_rows[i], (enum matrix_type)type);
			enum matrix_status status = matrix_cell_status(&cell);
			json_t *o = json_array_get(types, (size_t)type);

			assert_string_equal(
			    json_string_value(json_object_get(o, "evidence")),
			    matrix_status_name(status));
			assert_int_equal(json_array_size(json_object_get(o, "plans")),
					 status < MATRIX_REFUSED ? NPU_MAX_CORES : 0);
			assert_int_equal(json_is_null(json_object_get(o, "refusal")),
					 status != MATRIX_REFUSED);
		}
	}
	json_decref(rows);
	free(text);
}

static int exit_code(const char *arguments)
{
	char command[512];

	snprintf(command, sizeof command, "'%s' matrix %s >/dev/null 2>&1",
		 getenv("NPUCC"), arguments);
	return WEXITSTATUS(system(command));
}

static void command_line(void **state)
{
	(void)state;
	assert_int_equal(exit_code("--help"), EXIT_DONE);
	assert_int_equal(exit_code(""), EXIT_DONE);
	assert_int_equal(exit_code("--captures " CAPTURES), EXIT_DONE);
	assert_int_equal(exit_code("--markdown=long"), EXIT_USAGE);
	assert_int_equal(exit_code("net.conv"), EXIT_USAGE);
	assert_int_equal(exit_code("--captures " TEST_DATA "/no-such"), EXIT_FILE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell),
		cmocka_unit_test(known_cells),
		cmocka_unit_test(refusal_of_the_planner),
		cmocka_unit_test(captures_add_up),
		cmocka_unit_test(captures_are_counted),
		cmocka_unit_test(json_says_the_same),
		cmocka_unit_test(command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
