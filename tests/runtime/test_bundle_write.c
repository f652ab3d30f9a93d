#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle/bundle_write.h"
#include "tiny.h"

static char dir[] = "/tmp/test_bundle_write.XXXXXX";
static char path[64];

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/out.npub", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

/* Files in the directory, to see that nothing was left behind. */
static int count_files(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static struct bundle *small_bundle(void)
{
	struct bundle *b = bundle_new(42);
	uint64_t at;

	assert_non_null(b);
	memset(bundle_data(b, 100, &at), 0x5a, 100);
	bundle_string(b, "name");
	return b;
}

static size_t read_file(uint8_t *buf, size_t room)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(buf, 1, room, f);
	fclose(f);
	return n;
}

static void test_same_calls_same_bytes(void **state)
{
	struct tiny t;
	size_t n[2];
	uint8_t *b[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		tiny_make(
		    &t, &(struct tiny_options){ .max_cores = 3, .tiles = 3, .bias = 1 });
		b[i] = tiny_bundle(&t, &n[i]);
	}
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(b[0], b[1], n[0]);
	free(b[0]);
	free(b[1]);
}

static void test_strings_are_shared(void **state)
{
	struct bundle *b = bundle_new(0);
	uint32_t first;

	(void)state;
	assert_non_null(b);
	assert_int_equal(bundle_string(b, ""), 0);
	first = bundle_string(b, "conv1");
	assert_int_equal(first, 1);
	assert_int_equal(bundle_string(b, "conv11"), 7);
	assert_int_equal(bundle_string(b, "conv1"), first);
	assert_int_equal(bundle_count(b, NPUB_SECTION_STRINGS), 14);
	bundle_free(b);
	bundle_free(NULL);
}

static void test_data_is_aligned_and_zero(void **state)
{
	struct bundle *b = bundle_new(0);
	uint64_t at[3];
	uint8_t *p;

	(void)state;
	assert_non_null(b);
	for (int i = 0; i < 3; i++) {
		p = bundle_data(b, 65, &at[i]);
		assert_non_null(p);
		for (int k = 0; k < 65; k++)
			assert_int_equal(p[k], 0);
		memset(p, 0xff, 65);
	}
	assert_int_equal(at[0], 0);
	assert_int_equal(at[1], 128);
	assert_int_equal(at[2], 256);
	assert_int_equal(bundle_count(b, NPUB_SECTION_DATA), 321);
	bundle_free(b);
}

/* Elements added after an image was made are in the next image. */
static void test_finish_again(void **state)
{
	struct bundle *b = small_bundle();
	size_t first, again, grown;
	const uint8_t *image;

	(void)state;
	image = bundle_finish(b, &first);
	assert_non_null(image);
	assert_ptr_equal(bundle_finish(b, &again), image);
	assert_int_equal(again, first);
	bundle_string(
	    b, "another name, long enough to move the sections that follow it......");
	assert_non_null(bundle_finish(b, &grown));
	assert_true(grown > first);
	bundle_free(b);
}

static void test_debug_is_optional(void **state)
{
	struct bundle *b = small_bundle();
	const struct npub_header *h;
	struct npub_debug_tile d = { .task = 0 };
	size_t bytes;

	(void)state;
	bundle_debug(b, &d, 1);
	h = (const struct npub_header *)bundle_finish(b, &bytes);
	assert_int_equal(h->section_count, 11);
	bundle_strip(b);
	free(NULL);
	bundle_string(b, "changed");
	h = (const struct npub_header *)bundle_finish(b, &bytes);
	assert_int_equal(h->section_count, 10);
	bundle_free(b);
}

static void test_too_much_data(void **state)
{
	struct bundle *b = bundle_new(0);
	char why[160] = "";
	uint64_t at;
	size_t bytes;

	(void)state;
	assert_non_null(b);
	assert_null(bundle_data(b, UINT64_C(1) << 32, &at));
	assert_null(bundle_finish(b, &bytes)); /* the failure sticks */
	assert_false(bundle_write_file(b, path, why, sizeof why));
	assert_non_null(strstr(why, "memory"));
	assert_int_equal(count_files(), 0);
	bundle_free(b);
}

static void test_file_equals_image(void **state)
{
	static uint8_t file[65536];
	struct bundle *b = small_bundle();
	const uint8_t *image;
	char why[160];
	struct stat st;
	size_t bytes;
	mode_t mask = umask(027);

	(void)state;
	image = bundle_finish(b, &bytes);
	assert_true(bundle_write_file(b, path, why, sizeof why));
	assert_int_equal(read_file(file, sizeof file), bytes);
	assert_memory_equal(file, image, bytes);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(count_files(), 1);
	/* again, over the old one */
	assert_true(bundle_write_file(b, path, why, sizeof why));
	assert_int_equal(count_files(), 1);
	umask(mask);
	unlink(path);
	bundle_free(b);
}

static void test_link_stays_a_link(void **state)
{
	struct bundle *b = small_bundle();
	char why[160], target[64];
	struct stat st;

	(void)state;
	snprintf(target, sizeof target, "%s/target", dir);
	close(open(target, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(symlink("target", path), 0);
	assert_true(bundle_write_file(b, path, why, sizeof why));
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(target, &st), 0);
	assert_true(st.st_size > 128);
	unlink(path);
	unlink(target);
	bundle_free(b);
}

static void test_bad_paths(void **state)
{
	static const struct {
		const char *name, *path, *says;
	} cases[] = {
		{ "missing directory", "/nonexistent-directory/x.npub", "No such file" },
		{ "directory", "/tmp", "directory" },
		{ "file as directory", "/dev/null/x.npub", "Not a directory" },
		{ "empty", "", "" },
		{ "full disk", "/dev/full", "No space" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bundle *b = small_bundle();
		char why[160] = "";

		CHECK(cases[i].name,
		      !bundle_write_file(b, cases[i].path, why, sizeof why),
		      "was written");
		CHECK(cases[i].name,
		      strstr(why, cases[i].says) && strstr(why, cases[i].path), "'%s'",
		      why);
		bundle_free(b);
	}
}

/* A pipe takes the plain bytes. */
static void test_stream(void **state)
{
	static uint8_t file[65536];
	struct bundle *b = small_bundle();
	const uint8_t *image;
	char why[160], name[64];
	int fds[2];
	size_t bytes;

	(void)state;
	image = bundle_finish(b, &bytes);
	assert_int_equal(pipe(fds), 0);
	snprintf(name, sizeof name, "/dev/fd/%d", fds[1]);
	if (access(name, W_OK) == 0) {
		assert_true(bundle_write_file(b, name, why, sizeof why));
		close(fds[1]);
		assert_int_equal(read(fds[0], file, sizeof file), bytes);
		assert_memory_equal(file, image, bytes);
	} else {
		close(fds[1]);
		assert_true(bundle_write_file(b, "/dev/null", why, sizeof why));
	}
	close(fds[0]);
	bundle_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_calls_same_bytes),
		cmocka_unit_test(test_strings_are_shared),
		cmocka_unit_test(test_data_is_aligned_and_zero),
		cmocka_unit_test(test_finish_again),
		cmocka_unit_test(test_debug_is_optional),
		cmocka_unit_test(test_too_much_data),
		cmocka_unit_test(test_file_equals_image),
		cmocka_unit_test(test_link_stays_a_link),
		cmocka_unit_test(test_bad_paths),
		cmocka_unit_test(test_stream),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
