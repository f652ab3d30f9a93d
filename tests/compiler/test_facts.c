/*
 * runtime/hw/FACTS.md against the tree: every fact that code cites has a row, every
 * row is cited by code, and a row names a known kind and a test that exists.
 */
#include <ctype.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define MAX_FACTS 1000u
#define PATH_BYTES 1024u
#define FACTS_FILE SOURCE_ROOT "/runtime/hw/FACTS.md"

struct facts {
	char row[MAX_FACTS][4][1024]; /* claim, kind, source, test; "" claim: no row */
	bool cited[MAX_FACTS];
	char where[MAX_FACTS][PATH_BYTES]; /* the first file that cites it */
	uint32_t files;
};

/* The number of the fact at `s`, "F-" and two or three digits; -1: none. */
static int fact_at(const char *s)
{
	size_t digits;

	if (strncmp(s, "F-", 2) != 0)
		return -1;
	digits = strspn(s + 2, "0123456789");
	return digits == 2 || digits == 3 ? atoi(s + 2) : -1;
}

/* Note every fact that a text names; "UTF-16" is none. */
static void note_citations(struct facts *f, const char *path, const char *text)
{
	f->files++;
	for (const char *s = text; (s = strstr(s, "F-")); s += 2) {
		int id = fact_at(s);

		if (id < 0 || (s > text && isalnum((unsigned char)s[-1])))
			continue;
		if (!f->cited[id])
			snprintf(f->where[id], PATH_BYTES, "%s", path);
		f->cited[id] = true;
	}
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = NULL;
	size_t room = 0;

	if (!file)
		fail_msg("%s cannot be read", path);
	if (getdelim(&text, &room, '\0', file) < 0) {
		free(text);
		text = calloc(1, 1);
	}
	fclose(file);
	return text;
}

static bool is_code(const char *name)
{
	static const char *const endings[] = { ".c", ".h", ".def", ".y", ".l" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; i++) {
		if (!strcmp(dot, endings[i]))
			return true;
	}
	return false;
}

static void walk(struct facts *f, const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		fail_msg("%s cannot be read", dir);
	while ((e = readdir(d))) {
		char path[PATH_BYTES];
		struct stat st;

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		if (stat(path, &st))
			continue; /* somebody's temporary file is gone */
		if (S_ISDIR(st.st_mode)) {
			walk(f, path);
		} else if (is_code(e->d_name)) {
			char *text = read_file(path);

			note_citations(f, path, text);
			free(text);
		}
	}
	closedir(d);
}

/* "| F-10 | claim | kind | source | test |" */
static void read_row(struct facts *f, char *line)
{
	int id = fact_at(line + 2);
	char *cell = strchr(line + 2, '|');

	if (id < 0)
		fail_msg("%s: no fact's id in '%s'", FACTS_FILE, line);
	if (f->row[id][0][0])
		fail_msg("F-%02d has two rows", id);
	for (int i = 0; i < 4; i++) {
		char *end = cell ? strchr(cell + 1, '|') : NULL;
		size_t bytes;

		if (!end)
			fail_msg("F-%02d: its row has not five cells", id);
		bytes = (size_t)(end - cell) - 1;
		if (bytes < 3 || bytes - 2 >= sizeof f->row[id][i])
			fail_msg("F-%02d: cell %d is empty or too long", id, i + 2);
		memcpy(f->row[id][i], cell + 2, bytes - 2);
		cell = end;
	}
}

static void read_table(struct facts *f)
{
	char *text = read_file(FACTS_FILE), *line, *next;

	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!strncmp(line, "| F", 3))
			read_row(f, line);
	}
	free(text);
}

static struct facts *load_facts(void)
{
	static const char *const code[] = { "compiler", "runtime", "grammar" };
	struct facts *f = calloc(1, sizeof *f);

	assert_non_null(f);
	read_table(f);
	for (size_t i = 0; i < sizeof code / sizeof code[0]; i++) {
		char dir[PATH_BYTES];

		snprintf(dir, sizeof dir, "%s/%s", SOURCE_ROOT, code[i]);
		walk(f, dir);
	}
	assert_true(f->files > 50);
	return f;
}

static void citations_have_rows(void **state)
{
	struct facts *f = load_facts();

	(void)state;
	walk(f, SOURCE_ROOT "/tests");
	for (uint32_t id = 0; id < MAX_FACTS; id++) {
		if (f->cited[id] && !f->row[id][0][0])
			fail_msg("F-%02u: cited by %s, without a row in %s", id,
				 f->where[id], FACTS_FILE);
	}
	free(f);
}

static void rows_are_cited(void **state)
{
	struct facts *f = load_facts();
	uint32_t rows = 0;

	(void)state;
	for (uint32_t id = 0; id < MAX_FACTS; id++) {
		rows += f->row[id][0][0] != '\0';
		if (f->row[id][0][0] && !f->cited[id])
			fail_msg("F-%02u: no code cites it", id);
	}
	assert_true(rows >= 30);
	free(f);
}

static void rows_are_whole(void **state)
{
	static const char *const kinds[] = { "board", "capture", "manual", "guess" };
	struct facts *f = load_facts();

	(void)state;
	for (uint32_t id = 0; id < MAX_FACTS; id++) {
		const char *kind = f->row[id][1], *test = f->row[id][3];
		char path[PATH_BYTES];
		bool known = false;
		struct stat st;

		if (!f->row[id][0][0])
			continue;
		for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
			known |= !strcmp(kind, kinds[i]);
		if (!known)
			fail_msg("F-%02u: kind '%s'", id, kind);
		/* what nobody knows cannot be tested; everything else must be */
		if (!strcmp(test, "none") && !strcmp(kind, "guess"))
			continue;
		snprintf(path, sizeof path, "%s/%s", SOURCE_ROOT, test);
		if (stat(path, &st))
			fail_msg("F-%02u: its test %s does not exist", id, test);
	}
	free(f);
}

/* The scanner itself: what counts as a citation. */
static void citations_are_found(void **state)
{
	struct facts *f = calloc(1, sizeof *f);

	(void)state;
	assert_non_null(f);
	/* the ids in two pieces, or this file would cite them */
	note_citations(f, "x",
		       "F"
		       "-10, (F"
		       "-11): UTF-16 F"
		       "-8 DIFF-12 F"
		       "-130x");
	assert_true(f->cited[10] && f->cited[11] && f->cited[130]);
	assert_false(f->cited[16] || f->cited[8] || f->cited[12]);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(citations_are_found),
		cmocka_unit_test(citations_have_rows),
		cmocka_unit_test(rows_are_cited),
		cmocka_unit_test(rows_are_whole),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
