#include "tool_test.h"

#include "common/options.h"

enum { OUT = 1, WHY, DEPS, DEP_FILE, QUIET, COUNT_OPTION };

static const struct option_row rows[] = {
	{ NULL, NULL, NULL, 0, "Output:" },
	{ "o", "output", "FILE", OUT, "write to FILE" },
	{ NULL, "explain", "[FORM]", WHY, "say why" },
	{ "MD", NULL, NULL, DEPS, "dependencies" },
	{ "MF", NULL, "FILE", DEP_FILE, "their file" },
	{ "q", "quiet", NULL, QUIET, "say nothing" },
	{ "n", "count", "N", COUNT_OPTION, "how many" },
};

static const struct options options = {
	"prog",
	rows,
	COUNT(rows),
	"does things",
	"[OPTION...] FILE\n",
	"A description.\n",
	NULL,
	0,
};

/* Walk argv and write what came as "id=value " into `trace`. */
static int walk(const char *const *words, char *trace, size_t room, FILE *err)
{
	char *argv[12] = { (char *)"prog" };
	struct options_scan scan;
	size_t used = 0;
	int argc = 1, id;

	while (words[argc - 1]) {
		argv[argc] = (char *)words[argc - 1];
		argc++;
	}
	trace[0] = '\0';
	options_begin(&scan, &options, argc, argv, err);
	while ((id = options_next(&scan)) > OPTIONS_ERROR && id != OPTIONS_END)
		used += (size_t)snprintf(trace + used, room - used, "%d=%s ", id,
					 scan.value ? scan.value : "-");
	return id;
}

static void accepts(void **state)
{
	static const struct {
		const char *name;
		const char *words[8];
		const char *trace;
	} cases[] = {
		{ "nothing", { NULL }, "" },
		{ "separate argument", { "-o", "a", "--output", "b" }, "1=a 1=b " },
		{ "joined argument", { "-oa", "--output=b" }, "1=a 1=b " },
		{ "argument like an option", { "-o", "-q", "-o", "--" }, "1=-q 1=-- " },
		{ "optional argument left out", { "--explain", "x" }, "2=- -1=x " },
		{ "optional argument given", { "--explain=json" }, "2=json " },
		{ "short names of two letters",
		  { "-MD", "-MF", "f", "-MFg" },
		  "3=- 4=f 4=g " },
		{ "flags in one word", { "-qqo", "x" }, "5=- 5=- 1=x " },
		{ "words between options", { "a", "-q", "b" }, "-1=a 5=- -1=b " },
		{ "a dash is a word", { "-", "-q" }, "-1=- 5=- " },
		{ "after two dashes all are words",
		  { "--", "-q", "--" },
		  "-1=-q -1=-- " },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char trace[256];

		CHECK(cases[i].name,
		      walk(cases[i].words, trace, sizeof(trace), stderr) == OPTIONS_END);
		if (strcmp(trace, cases[i].trace) != 0)
			fail_msg("%s: got '%s', want '%s'", cases[i].name, trace,
				 cases[i].trace);
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *name;
		const char *words[4];
		const char *text;
	} cases[] = {
		{ "unknown", { "--nonsense" }, "prog: unknown option '--nonsense'" },
		{ "nearly known", { "--ouptut=x" }, "did you mean '--output'?" },
		{ "unknown short", { "-z" }, "unknown option '-z'" },
		{ "unknown letter among flags", { "-qz" }, "unknown option '-z'" },
		{ "prefix of a name", { "--out" }, "unknown option '--out'" },
		{ "missing argument",
		  { "--output" },
		  "--output: needs an argument: FILE" },
		{ "missing short argument", { "-MF" }, "-MF: needs an argument: FILE" },
		{ "empty argument",
		  { "--output=" },
		  "--output: its argument is empty: FILE" },
		{ "empty word behind it",
		  { "-o", "" },
		  "-o: its argument is empty: FILE" },
		{ "empty argument that may be left out",
		  { "--explain=" },
		  "--explain: its argument is empty: [FORM]" },
		{ "argument of a flag", { "--quiet=1" }, "--quiet: takes no argument" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char trace[256], *text = NULL;
		size_t bytes;
		FILE *err = open_memstream(&text, &bytes);
		int id = walk(cases[i].words, trace, sizeof(trace), err);

		fclose(err);
		CHECK(cases[i].name, id == OPTIONS_ERROR);
		CHECK_TEXT(cases[i].name, text, cases[i].text);
		free(text);
	}
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t value;
	} cases[] = {
		{ "2", true, 2 },     { "010", true, 10 },
		{ "0x10", true, 16 }, { "300", true, 300 },
		{ "1", false, 0 },    { "301", false, 0 },
		{ "-3", false, 0 },   { "+3", false, 0 },
		{ " 3", false, 0 },   { "3 ", false, 0 },
		{ "3x", false, 0 },   { "0x", false, 0 },
		{ "1e2", false, 0 },  { "18446744073709551618", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *argv[] = { (char *)"prog", (char *)"-n", (char *)cases[i].text };
		char *text = NULL;
		size_t bytes;
		FILE *err = open_memstream(&text, &bytes);
		struct options_scan scan;
		uint64_t value = 77;

		options_begin(&scan, &options, 3, argv, err);
		CHECK(cases[i].text, options_next(&scan) == COUNT_OPTION);
		CHECK(cases[i].text,
		      options_number(&scan, 2, 300, &value) == cases[i].good);
		fclose(err);
		CHECK(cases[i].text, value == (cases[i].good ? cases[i].value : 77));
		if (!cases[i].good)
			CHECK_TEXT(cases[i].text, text, "a whole number from 2 to 300");
		free(text);
	}
}

static void choices(void **state)
{
	static const char *const words[] = { "text", "json" };
	char *argv[] = { (char *)"prog", (char *)"--explain=json",
			 (char *)"--explain=xml" };
	char *text = NULL;
	size_t bytes;
	FILE *err = open_memstream(&text, &bytes);
	struct options_scan scan;

	(void)state;
	options_begin(&scan, &options, 3, argv, err);
	assert_int_equal(options_next(&scan), WHY);
	assert_int_equal(options_choice(&scan, words, COUNT(words)), 1);
	assert_int_equal(options_next(&scan), WHY);
	assert_int_equal(options_choice(&scan, words, COUNT(words)), -1);
	fclose(err);
	assert_string_equal(text, "prog: --explain: 'xml' is not one of: text, json\n");
	free(text);
}

/* Ends with 7 at -q; counts what it is given. */
static int take(void *request, const struct options_scan *scan, int id)
{
	(void)scan;
	++*(unsigned *)request;
	return id == QUIET ? 7 : -1;
}

static void each_until_a_code(void **state)
{
	static const struct {
		const char *name;
		const char *words[4];
		int code;
		unsigned taken;
	} cases[] = {
		{ "nothing", { NULL }, -1, 0 },
		{ "all taken", { "-n", "3", "word" }, -1, 2 },
		{ "the caller's code", { "word", "-q", "-n3" }, 7, 2 },
		{ "unknown", { "word", "--nonsense", "-q" }, OPTIONS_EXIT_USAGE, 1 },
		{ "help", { "word", "--help", "-q" }, 0, 1 },
		{ "version", { "--version", "-q" }, 0, 0 },
	};
	static const struct option_row more[] = {
		{ "n", "count", "N", COUNT_OPTION, "how many" },
		{ "q", "quiet", NULL, QUIET, "say nothing" },
		{ "h", "help", NULL, OPTIONS_HELP, "print this page" },
		{ NULL, "version", NULL, OPTIONS_VERSION, "print the version" },
	};
	struct options o = options;

	(void)state;
	o.rows = more;
	o.row_count = COUNT(more);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *argv[5] = { (char *)"prog" };
		unsigned taken = 0;
		int argc = 1;

		while (argc <= 4 && cases[i].words[argc - 1]) {
			argv[argc] = (char *)cases[i].words[argc - 1];
			argc++;
		}
		CHECK(cases[i].name,
		      options_each(&o, argc, argv, take, &taken) == cases[i].code);
		CHECK(cases[i].name, taken == cases[i].taken);
	}
}

/* Each option is on the page, and no line is too long for a terminal. */
static void help_page(void **state)
{
	char *text = NULL, *line;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	(void)state;
	options_help(&options, out);
	fclose(out);
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_TEXT("help", text, rows[i].help);
	CHECK_TEXT("help", text, "NAME\n       prog - does things\n");
	CHECK_TEXT("help", text, "SYNOPSIS\n       prog [OPTION...] FILE\n");
	CHECK_TEXT("help", text, "-o, --output FILE\n");
	CHECK_TEXT("help", text, "--explain[=FORM]\n");
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		CHECK(line, strlen(line) < 80);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),   cmocka_unit_test(refuses),
		cmocka_unit_test(numbers),   cmocka_unit_test(choices),
		cmocka_unit_test(help_page), cmocka_unit_test(each_until_a_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
