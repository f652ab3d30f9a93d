/*
 * tests/golden/explain/<reason>/: a spec and exactly what --explain says about it
 * for one, two and three cores.  UPDATE_GOLDEN=1 rewrites explain.txt and
 * explain.json; the difference is then reviewed like code.
 */
#include "explain_fixture.h"

#include <dirent.h>

#define FOLDER SOURCE_ROOT "/tests/golden/explain"
#define ALL_CORES ((1u << NPU_MAX_CORES) - 1)

static char *read_whole(const char *path, size_t *bytes)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	ssize_t length;
	size_t room = 0;

	*bytes = 0;
	if (!file)
		return NULL;
	length = getdelim(&text, &room, '\0', file);
	fclose(file);
	*bytes = length > 0 ? (size_t)length : 0;
	return text;
}

/* Compare a product with its file, or write it. */
static bool is_golden(const char *name, const char *file, const char *found)
{
	char path[1024];
	size_t bytes;
	char *want;
	bool same;

	snprintf(path, sizeof path, "%s/%s/%s", FOLDER, name, file);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *out = fopen(path, "w");

		if (!out || fputs(found, out) < 0 || fclose(out))
			fail_msg("%s cannot be written", path);
	}
	want = read_whole(path, &bytes);
	same = want && !strcmp(want, found);
	if (!same)
		print_error("%s: %s differs; found\n%s\nwant\n%s\n", name, file, found,
			    want ? want : "(no such file)");
	free(want);
	return same;
}

static bool run_case(const char *name)
{
	struct explained e;
	char path[1024], *spec, *json, *line;
	size_t bytes;
	bool same;

	snprintf(path, sizeof path, "%s/%s/spec.conv", FOLDER, name);
	spec = read_whole(path, &bytes);
	if (!spec)
		fail_msg("%s cannot be read", path);
	explained_open(&e, name, spec, bytes, ALL_CORES);
	json = json_dumps(e.json, JSON_INDENT(2));
	line = malloc(strlen(json) + 2);
	assert_non_null(line);
	sprintf(line, "%s\n", json);
	same = is_golden(name, "explain.txt", e.text);
	same = is_golden(name, "explain.json", line) && same;
	free(line);
	free(json);
	free(spec);
	explained_close(&e);
	return same;
}

static void golden(void **state)
{
	DIR *dir = opendir(FOLDER);
	uint32_t count = 0, failed = 0;
	struct dirent *entry;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		failed += !run_case(entry->d_name);
		count++;
	}
	closedir(dir);
	assert_true(count >= 5);
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(golden) };

	return cmocka_run_group_tests_name("explain_golden", tests, NULL, NULL);
}
