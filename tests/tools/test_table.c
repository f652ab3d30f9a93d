#include "tool_test.h"

#include "table.h"

static void aligned(void **state)
{
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);
	struct table *t = table_new("name|>bytes|role");

	(void)state;
	table_cell(t, "%s", "a");
	table_cell(t, "%d", 12345678);
	table_cell(t, "%s", "in");
	table_cell(t, "%s", "longer");
	table_cell(t, "%d", 7);
	table_cell(t, "%s", "");
	table_end(t, out, 2);
	fclose(out);
	assert_string_equal(text, "  name       bytes  role\n"
				  "  a       12345678  in\n"
				  "  longer         7\n");
	free(text);
}

/* Characters count, not the bytes that they take. */
static void names_of_other_scripts(void **state)
{
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);
	struct table *t = table_new("name|>n");

	(void)state;
	table_cell(t, "%s", "n\u00e4me \u00b5");
	table_cell(t, "%d", 1);
	table_cell(t, "%s", "conv-10");
	table_cell(t, "%d", 10);
	table_end(t, out, 0);
	fclose(out);
	assert_string_equal(text, "name      n\n"
				  "n\u00e4me \u00b5    1\n"
				  "conv-10  10\n");
	free(text);
}

static void heads_only(void **state)
{
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	(void)state;
	table_end(table_new("one|>two"), out, 0);
	fclose(out);
	assert_string_equal(text, "one  two\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aligned),
		cmocka_unit_test(names_of_other_scripts),
		cmocka_unit_test(heads_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
