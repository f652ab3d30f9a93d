#define _XOPEN_SOURCE 700 /* nftw */

#include "doctor_test.h"

#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "file.h"

char *test_file(const char *name)
{
	char path[600];
	struct file_text text;

	snprintf(path, sizeof path, TEST_DATA "/doctor/%s", name);
	if (file_read(&text, path, (size_t)1 << 20, false) != FILE_OK)
		fail_msg("%s: cannot be read", path);
	text.bytes = realloc(text.bytes, text.count + 1);
	assert_non_null(text.bytes);
	text.bytes[text.count] = '\0';
	return text.bytes;
}

static void make_parents(char *path)
{
	for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdir(path, 0755);
		*at = '/';
	}
}

static void put(const char *root, const char *name, const char *text, size_t bytes)
{
	char path[700], target[256];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", root, name);
	make_parents(path);
	if (sscanf(text, "-> %255[^\n]", target) == 1) {
		if (symlink(target, path))
			fail_msg("%s: no link", path);
		return;
	}
	file = fopen(path, "w");
	if (!file || fwrite(text, 1, bytes, file) != bytes || fclose(file))
		fail_msg("%s: cannot be written", path);
}

char *test_tree(const char *name)
{
	char root[] = "doctor-tree-XXXXXX", file_name[128], path[256];
	char *text, *at;

	if (!mkdtemp(root))
		fail_msg("%s: no directory", name);
	snprintf(file_name, sizeof file_name, "trees/%s.tree", name);
	text = test_file(file_name);
	for (at = text; at && *at;) {
		char *body = strchr(at, '\n') + 1, *next = strstr(body, "\n== ");
		size_t bytes = next ? (size_t)(next + 1 - body) : strlen(body);

		if (sscanf(at, "== %255[^\n]", path) != 1)
			fail_msg("%s: no file name at '%.40s'", name, at);
		put(root, path, body, bytes);
		at = next ? next + 1 : NULL;
	}
	free(text);
	return strdup(root);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void test_tree_remove(char *root)
{
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(root);
}

void test_signatures(struct signatures *s)
{
	struct diag *diag = diag_new(stderr);

	*s = (struct signatures){ 0 };
	if (!signatures_builtin(s, diag) || diag_errors(diag))
		fail_msg("the built-in signatures do not load");
	diag_free(diag);
}

char *test_run(const char *command, int *code)
{
	char line[2000];
	char *text = NULL;
	size_t bytes = 0, n;
	FILE *pipe, *out = open_memstream(&text, &bytes);

	snprintf(line, sizeof line, "%s 2>&1", command);
	pipe = popen(line, "r");
	if (!pipe || !out)
		fail_msg("%s: cannot be run", command);
	while ((n = fread(line, 1, sizeof line, pipe)) > 0)
		fwrite(line, 1, n, out);
	fclose(out);
	*code = WEXITSTATUS(pclose(pipe));
	return text;
}
