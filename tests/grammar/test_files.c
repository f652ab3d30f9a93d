/* Files: includes, paths, dependencies, digests and files that are no specs. */
#include "reading.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory of the test's own, and the names in it. */
static char root[] = "grammar-files-XXXXXX";

static void write_file(const char *path, const char *text, size_t bytes)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, bytes, file), bytes);
	assert_int_equal(fclose(file), 0);
}

static void put(const char *path, const char *text)
{
	write_file(path, text, strlen(text));
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(root) && chdir(root) == 0 && mkdir("sub", 0755) == 0 &&
		       mkdir("sub/deeper", 0755) == 0
		   ? 0
		   : -1;
}

static int clean_up(void **state)
{
	static const char *const names[] = { "top.conv",	  "sub/common.conv",
					     "sub/deeper/a.json", "self.conv",
					     "ping.conv",	  "pong.conv",
					     "deep.conv",	  "bad.conv",
					     "large.conv",	  "pipe",
					     "wide.conv",	  "leaf.conv",
					     "half.conv",	  "secret.conv" };
	char name[32];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		unlink(names[i]);
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "deep%d.conv", i);
		unlink(name);
	}
	rmdir("sub/deeper");
	rmdir("sub");
	return chdir("..") == 0 && rmdir(root) == 0 ? 0 : -1;
}

#define BODY "input 3x9x7; output 2; kernel 1"

/* Paths count from the file that names them; defaults come along. */
static void test_include(void **state)
{
	static const char *const deps[] = { "top.conv",		 "sub/common.conv",
					    "sub/deeper/a.json", "sub/deeper/../w.npy",
					    "sub/b.npy",	 "t.npy" };
	struct reading r;

	(void)state;
	put("sub/common.conv",
	    "defaults { bias \"b.npy\"; seed 4 }\ninclude \"deeper/a.json\"\n");
	put("sub/deeper/a.json", "{\"convs\": [{\"name\": \"in\", \"input\": \"3x9x7\", "
				 "\"output\": 2, \"kernel\": 1,"
				 " \"weights\": \"../w.npy\"}]}");
	put("top.conv",
	    "include \"sub/common.conv\"\nconv out { " BODY "; weights \"t.npy\" }\n");
	reading_of_arg(&r, "top.conv");
	if (r.errors)
		fail_msg("include: %s", r.messages);
	assert_int_equal(r.spec.count, 2);
	assert_string_equal(r.spec.convs[0].name, "in");
	assert_string_equal(r.spec.convs[0].weights.path, "sub/deeper/../w.npy");
	assert_string_equal(r.spec.convs[1].weights.path, "t.npy");
	assert_string_equal(r.spec.convs[1].bias.path, "sub/b.npy");
	assert_int_equal(r.spec.convs[1].seed, 4);
	assert_int_equal(r.spec.dep_count, sizeof deps / sizeof deps[0]);
	for (size_t i = 0; i < r.spec.dep_count; i++)
		assert_string_equal(r.spec.deps[i], deps[i]);
	reading_free(&r);
}

/* The same conv has the same digest wherever it is built; any change changes it. */
static void test_digest(void **state)
{
	static const char *const texts[] = {
		"conv a { " BODY " }",
		"conv b { " BODY " }",
		"conv a { " BODY "; seed 1 }",
		"conv a { " BODY "; stride 2 }",
		"conv a { " BODY "; bias seed }",
		"conv a { " BODY "; output_type fp32 }",
		"conv a { " BODY "; weights \"w.npy\" }",
		"conv a { " BODY "; weights \"v.npy\" }",
		"conv a { " BODY "; weights \"v.safetensors\" \"t\" }",
		"conv a { " BODY "; weights \"v.safetensors\" \"u\" }",
		"conv a { " BODY "; split y 2 }",
		"conv a { " BODY "; split k 2 }",
		"conv a { " BODY "; input inner }",
		"conv a { " BODY " }\nconv b { " BODY " }",
	};
	enum { N = sizeof texts / sizeof texts[0] };
	uint64_t digests[N];
	struct reading moved;

	(void)state;
	digests_of(digests, texts, N);
	reading_start(&moved);
	spec_read_text(&moved.spec, "/some/where/t.conv", texts[6], strlen(texts[6]),
		       moved.diag);
	reading_finish(&moved);
	assert_string_equal(moved.spec.convs[0].weights.path, "/some/where/w.npy");
	assert_true(spec_digest(&moved.spec) == digests[6]);
	reading_free(&moved);
}

static void expect_error(const char *arg, const char *message)
{
	struct reading r;

	reading_of_arg(&r, arg);
	if (r.errors != 1 || !strstr(r.messages, message))
		fail_msg("%s: %u errors, %s", arg, r.errors, r.messages);
	reading_free(&r);
}

static void test_cycles(void **state)
{
	(void)state;
	put("self.conv", "\n  include \"self.conv\"\n");
	expect_error("self.conv", "self.conv:2:11: error: 'self.conv' includes itself");
	put("ping.conv", "include \"pong.conv\"\n");
	put("pong.conv", "include \"./ping.conv\"\n");
	expect_error("ping.conv", "pong.conv:1:9: error: './ping.conv' includes itself");
}

static void test_depth(void **state)
{
	char name[32], text[64];

	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "deep%d.conv", i);
		snprintf(text, sizeof text, "include \"deep%d.conv\"\n", i + 1);
		put(name, text);
	}
	expect_error("deep0.conv", "deep15.conv:1:9: error: includes nest too deep");
}

/* Sixteen levels of two includes each would be 65,536 files. */
static void test_width(void **state)
{
	char name[32], text[64];

	(void)state;
	for (int i = 0; i < 15; i++) {
		snprintf(name, sizeof name, "deep%d.conv", i);
		snprintf(text, sizeof text,
			 "include \"deep%d.conv\"\ninclude \"deep%d.conv\"\n", i + 1,
			 i + 1);
		put(name, text);
	}
	put("deep15.conv", "# nothing\n");
	{
		struct reading r;

		reading_of_arg(&r, "deep0.conv");
		assert_true(r.errors > 0);
		assert_non_null(
		    strstr(r.messages, "includes read too much [include-count]"));
		reading_free(&r);
	}
}

static void test_no_specs(void **state)
{
	char *large = calloc(1, SPEC_MAX_BYTES + 1);
	static const char binary[] = "conv a {\0}";

	(void)state;
	assert_non_null(large);
	expect_error("missing.conv",
		     "<command line>:1:1: error: cannot read 'missing.conv': No such");
	expect_error("b1_c3", "name a spec file or a slug");
	expect_error("", "cannot read ''");
	expect_error("sub", "'sub' is a directory");
	put("bad.conv", "");
	expect_error("bad.conv", "bad.conv:1:1: error: the spec is empty [no-conv]");
	put("bad.conv", "# only a comment\n");
	expect_error("bad.conv", "there is no conv in this spec [no-conv]");
	write_file("bad.conv", binary, sizeof binary - 1);
	expect_error("bad.conv",
		     "bad.conv:1:9: error: byte 0x00 does not belong in a text");
	put("bad.conv", "conv a {\n # \xc3\x28\n}");
	expect_error("bad.conv",
		     "bad.conv:2:4: error: byte 0xc3 does not belong in a text");
	memset(large, '\n', SPEC_MAX_BYTES + 1);
	write_file("large.conv", large, SPEC_MAX_BYTES + 1);
	expect_error("large.conv",
		     "'large.conv' is larger than 16777216 bytes [spec-bytes]");
	write_file("large.conv", large, SPEC_MAX_BYTES);
	expect_error("large.conv", "there is no conv in this spec [no-conv]");
	expect_error("/dev/zero", "is larger than 16777216 bytes");
	free(large);
	if (geteuid() != 0) {
		put("secret.conv", "conv a {}");
		assert_int_equal(chmod("secret.conv", 0), 0);
		expect_error("secret.conv",
			     "cannot read 'secret.conv': Permission denied");
	}
}

static void test_bad_includes(void **state)
{
	(void)state;
	put("bad.conv", "include \"missing.conv\"\n");
	expect_error("bad.conv",
		     "bad.conv:1:9: error: cannot read 'missing.conv': No such");
	put("bad.conv", "include \"sub\"\n");
	expect_error("bad.conv", "'sub' is a directory");
	/* Must not wait for a writer. */
	assert_int_equal(mkfifo("pipe", 0600), 0);
	put("bad.conv", "include \"pipe\"\n");
	expect_error("bad.conv", "'pipe' is not a regular file");
}

/* A block begun in one file does not end in another. */
static void test_half_block(void **state)
{
	struct reading r;

	(void)state;
	put("half.conv", "conv a { " BODY "\n");
	put("bad.conv", "include \"half.conv\"\nconv b { " BODY " }\n");
	reading_of_arg(&r, "bad.conv");
	assert_int_equal(r.errors, 1);
	assert_non_null(
	    strstr(r.messages, "half.conv:2:1: error: unexpected end of the file"));
	assert_int_equal(r.spec.count, 1);
	reading_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_include),	     cmocka_unit_test(test_digest),
		cmocka_unit_test(test_cycles),	     cmocka_unit_test(test_depth),
		cmocka_unit_test(test_width),	     cmocka_unit_test(test_no_specs),
		cmocka_unit_test(test_bad_includes), cmocka_unit_test(test_half_block),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
