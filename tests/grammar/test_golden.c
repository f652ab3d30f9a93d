/*
 * tests/golden/errors/<reason>/: a spec and exactly what is said about it.
 * UPDATE_GOLDEN=1 rewrites error.txt; the difference is then reviewed like code.
 */
#include "reading.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_CASES 256

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t list_cases(char **names, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && count < MAX_CASES)
			names[count++] = strdup(entry->d_name);
	closedir(dir);
	assert_true(count < MAX_CASES);
	qsort(names, count, sizeof *names, compare_names);
	return count;
}

/* Run the case in the current directory; false when the messages differ. */
static bool run_case(const char *name)
{
	const char *spec = access("spec.conv", R_OK) == 0 ? "spec.conv" : "spec.json";
	struct reading r;
	size_t bytes;
	char *want;
	bool same;

	reading_of_arg(&r, spec);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *out = fopen("error.txt", "w");

		assert_non_null(out);
		fputs(r.messages, out);
		fclose(out);
	}
	want = read_whole("error.txt", &bytes);
	same = want && r.errors > 0 && strcmp(want, r.messages) == 0;
	if (!same)
		print_error("%s: %u errors; found\n%s\nwant\n%s\n", name, r.errors,
			    r.messages, want ? want : "(no error.txt)");
	free(want);
	reading_free(&r);
	return same;
}

static void test_errors(void **state)
{
	char *names[MAX_CASES];
	size_t count = list_cases(names, SOURCE_ROOT "/tests/golden/errors"), failed = 0;
	char path[512];

	(void)state;
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/tests/golden/errors/%s", SOURCE_ROOT,
			 names[i]);
		assert_int_equal(chdir(path), 0);
		failed += !run_case(names[i]);
		free(names[i]);
	}
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_errors) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
