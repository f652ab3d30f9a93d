/*
 * Every signature takes its samples and leaves the near misses alone; what is wrong
 * with a signature file is named with its place.
 */
#include "doctor_test.h"

struct sample {
	bool wanted;
	char id[64];
	const char *text;
	bool is_log;
};

/* "+ id log: text"; false for blank lines and comments. */
static bool parse_sample(char *line, struct sample *s)
{
	char kind[16];
	int used = 0;

	if (!*line || *line == '#')
		return false;
	if (sscanf(line, "%*c %63s %15[a-z]: %n", s->id, kind, &used) != 2 || !used)
		fail_msg("samples.txt: '%s'", line);
	s->wanted = line[0] == '+';
	s->text = line + used;
	s->is_log = !strcmp(kind, "log");
	return true;
}

static void add_facts(struct facts *facts, const char *text)
{
	char copy[512], name[64], value[128];

	snprintf(copy, sizeof copy, "%s", text);
	for (char *save, *pair = strtok_r(copy, ";", &save); pair;
	     pair = strtok_r(NULL, ";", &save)) {
		enum fact_id id;

		if (sscanf(pair, " %63s = %127[^\n]", name, value) != 2)
			fail_msg("samples.txt: '%s'", pair);
		while (value[0] && value[strlen(value) - 1] == ' ')
			value[strlen(value) - 1] = '\0';
		id = fact_from_name(name, strlen(name));
		if (id == FACT_N)
			fail_msg("samples.txt: no fact '%s'", name);
		facts_add(facts, id, "/sample", "%s", value);
	}
}

/* Whether a diagnosis of the family finds the signature. */
static bool finds(const struct signatures *s, const struct sample *sample,
		  const struct signature *sig)
{
	struct facts facts = { 0 };
	struct scan scan = { 0 };
	struct diagnosis d = {
		.signatures = s, .facts = &facts, .scan = &scan, .asked = sig->family
	};
	bool found = false;

	if (sample->is_log)
		scan_text(&scan, s, "sample", sample->text, strlen(sample->text));
	else
		add_facts(&facts, sample->text);
	diagnose(&d);
	for (size_t i = 0; i < d.finding_count; i++)
		found = found || d.findings[i].sig == sig;
	diagnosis_free(&d);
	scan_free(&scan);
	facts_free(&facts);
	return found;
}

static void samples_are_told_apart(void **state)
{
	char *text = test_file("samples.txt");
	struct signatures s;
	unsigned *yes, *no;

	(void)state;
	test_signatures(&s);
	yes = calloc(s.count, sizeof *yes);
	no = calloc(s.count, sizeof *no);
	for (char *save, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		const struct signature *sig;
		struct sample sample;

		if (!parse_sample(line, &sample))
			continue;
		sig = signature_find(&s, sample.id);
		if (!sig)
			fail_msg("%s: no such signature", sample.id);
		if (finds(&s, &sample, sig) != sample.wanted)
			fail_msg("%s: %s '%s'", sample.id,
				 sample.wanted ? "misses" : "takes", sample.text);
		++*(sample.wanted ? &yes[sig - s.items] : &no[sig - s.items]);
	}
	for (size_t i = 0; i < s.count; i++) {
		if (!yes[i] || !no[i])
			fail_msg("%s: %u samples and %u near misses; it needs both",
				 s.items[i].id, yes[i], no[i]);
	}
	assert_true(s.count > 60);
	free(yes);
	free(no);
	free(text);
	signatures_free(&s);
}

/* clang-format off */
#define ONE(rest) "{\"family\": \"axcl\", \"signatures\": [\n{\"id\": \"axcl.a\", " \
	"\"severity\": \"error\", \"rank\": 5, \"title\": \"t\", \"meaning\": \"m\", " \
	"\"source\": \"s\",\n" rest "}]}"

static const struct {
	const char *name, *text, *want;
} broken[] = {
	{ "empty", "", "s.json:1:1: error: the file is empty" },
	{ "not JSON", "{\n  \"family\" \"axcl\"}", "s.json:2:12: error: " },
	{ "family", "{\"family\": \"tpu\", \"signatures\": []}",
	  "s.json:1:12: error: family cannot be 'tpu'" },
	{ "no signatures", "{\"family\": \"axcl\", \"signatures\": []}", "s.json:1:34: error: signatures has 0" },
	{ "unknown key", ONE("\"regx\": [\"a\"], \"steps\": [\"x\"]"),
	  "s.json:3:1: error: a signature has no key 'regx'" },
	{ "nearest key", ONE("\"regx\": [\"a\"], \"steps\": [\"x\"]"), "did you mean 'regex'" },
	{ "missing key", "{\"family\": \"axcl\", \"signatures\": [{\"id\": \"axcl.a\"}]}",
	  "s.json:1:35: error: a signature lacks 'severity'" },
	{ "bad regex", ONE("\"regex\": [\"a(\"], \"steps\": [\"x\"]"),
	  "s.json:3:11: error: not a regex:" },
	{ "back-reference", ONE("\"regex\": [\"(a)\\\\1\"], \"steps\": [\"x\"]"),
	  "s.json:3:11: error: back-references are not allowed" },
	{ "matches all", ONE("\"regex\": [\"a*\"], \"steps\": [\"x\"]"), "matches an empty line" },
	{ "glob of stars", ONE("\"glob\": [\"b\", \"**\"], \"steps\": [\"x\"]"),
	  "s.json:3:15: error: a pattern has" },
	{ "no pattern", ONE("\"steps\": [\"x\"]"), "it could never match" },
	{ "no steps", ONE("\"glob\": [\"b\"]"), "is trouble without steps" },
	{ "unknown fact", ONE("\"when\": [\"axcl.nod absent\"], \"steps\": [\"x\"]"),
	  "s.json:3:10: error: 'axcl.nod absent': no fact has this name" },
	{ "bad operator", ONE("\"when\": [\"axcl.node ~ 3\"], \"steps\": [\"x\"]"), "the operator is not" },
	{ "order of text", ONE("\"when\": [\"axcl.node < x\"], \"steps\": [\"x\"]"), "needs a whole number" },
	{ "text after absent", ONE("\"when\": [\"axcl.node absent 3\"], \"steps\": [\"x\"]"), "nothing may follow" },
	{ "placeholder", ONE("\"glob\": [\"b\"], \"steps\": [\"join {axcl.gruop}\"]"),
	  "s.json:3:26: error: '{axcl.gruop}' names no fact" },
	{ "open placeholder", ONE("\"glob\": [\"b\"], \"steps\": [\"join {axcl\"]"), "names no fact" },
	{ "rank", "{\"family\": \"axcl\", \"signatures\": [{\"id\": \"axcl.a\", \"severity\": \"info\", "
	  "\"rank\": 100, \"title\": \"t\", \"meaning\": \"m\", \"source\": \"s\", \"glob\": [\"b\"]}]}",
	  "rank 100 is not in 1..99" },
	{ "id of another family", "{\"family\": \"axcl\", \"signatures\": [{\"id\": \"rknpu.a\", \"severity\": "
	  "\"info\", \"rank\": 1, \"title\": \"t\", \"meaning\": \"m\", \"source\": \"s\", \"glob\": [\"b\"]}]}",
	  "'rknpu.a' is not 'axcl.'" },
	{ "cause unknown", ONE("\"glob\": [\"b\"], \"steps\": [\"x\"], \"explained_by\": [\"axcl.z\"]"),
	  "s.json:3:49: error: no signature has the id 'axcl.z'" },
	{ "cause of itself", ONE("\"glob\": [\"b\"], \"steps\": [\"x\"], \"explained_by\": [\"axcl.a\"]"),
	  "a cause of rank 5 must have less" },
	{ "control character", ONE("\"glob\": [\"b\\u0007\"], \"steps\": [\"x\"]"), "control character" },
};
/* clang-format on */

static void broken_files_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct signatures s = { 0 };
		char *message = NULL;
		size_t bytes;
		FILE *out = open_memstream(&message, &bytes);
		struct diag *diag = diag_new(out);
		bool ok;

		ok = signatures_read(
		    &s, "s.json", (struct str){ broken[i].text, strlen(broken[i].text) },
		    diag);
		ok = signatures_check(&s, diag) && ok;
		fclose(out);
		CHECK(broken[i].name, !ok);
		CHECK_TEXT(broken[i].name, message, broken[i].want);
		diag_free(diag);
		signatures_free(&s);
		free(message);
	}
}

static void ids_are_unique(void **state)
{
	static const char text[] = ONE("\"glob\": [\"b\"], \"steps\": [\"x\"]");
	struct diag *diag = diag_new(NULL);
	struct signatures s = { 0 };

	(void)state;
	assert_true(signatures_read(&s, "a", (struct str){ text, strlen(text) }, diag));
	assert_true(signatures_check(&s, diag));
	assert_true(signatures_read(&s, "b", (struct str){ text, strlen(text) }, diag));
	assert_false(signatures_check(&s, diag));
	diag_free(diag);
	signatures_free(&s);
}

/* clang-format off */
static const struct {
	const char *name, *pattern, *line;
	bool is_regex, want;
} patterns[] = {
	{ "glob inside", "b*d", "abcde", false, true },
	{ "glob order", "d*b", "abcde", false, false },
	{ "glob ends", "*cde", "abcde", false, true },
	{ "glob case", "ABC", "abcde", false, false },
	{ "glob overlap", "aba*aba", "ababa", false, false },
	{ "glob dots", "a.c", "abc", false, false },
	{ "regex needle", "core [0-9]+ irq", "core 12 irq", true, true },
	{ "regex set with ]", "x[]a]bcd", "x]bcd", true, true },
	{ "regex negated set", "x[^]a]bcd", "xqbcd", true, true },
	{ "regex optional letter", "abcx?d", "abcd", true, true },
	{ "regex count", "abx{0,2}cd", "abcd", true, true },
	{ "regex escape", "abc\\.def", "abc.def", true, true },
	{ "regex escape misses", "abc\\.def", "abcxdef", true, false },
	{ "regex alternatives", "abc|xyz", "__xyz", true, true },
	{ "regex class", "a[[:digit:]]bcd", "a7bcd", true, true },
	{ "regex plus", "ab+cd", "abbbcd", true, true },
	{ "regex anchor", "^abc", "xabc", true, false },
};
/* clang-format on */

static void patterns_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(patterns); i++) {
		char why[PATTERN_WHY_BYTES];
		struct pattern p;

		if (!pattern_init(&p, patterns[i].pattern, patterns[i].is_regex, why))
			fail_msg("%s: %s", patterns[i].name, why);
		if (pattern_matches(&p, patterns[i].line) != patterns[i].want)
			fail_msg("%s: '%s' on '%s'", patterns[i].name,
				 patterns[i].pattern, patterns[i].line);
		pattern_free(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_are_told_apart),
		cmocka_unit_test(broken_files_are_named),
		cmocka_unit_test(ids_are_unique),
		cmocka_unit_test(patterns_match),
	};

	return cmocka_run_group_tests_name("signatures", tests, NULL, NULL);
}
