/* The whole path through files and the built programs. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"
#include "npy.h"
#include "runner.h"

extern char **environ;

#define MESSAGE_BYTES 4096u

/* One problem's files beside its data. */
struct files {
	char spec[PATH_BYTES], bundle[PATH_BYTES], again[PATH_BYTES],
	    messages[PATH_BYTES];
};

static void name_files(struct files *f, const char *dir, enum form form)
{
	npy_path(f->spec, dir, form == FORM_JSON ? "e2e.json" : "e2e.conv");
	npy_path(f->bundle, dir, "e2e.npub");
	npy_path(f->again, dir, "again.npub");
	npy_path(f->messages, dir, "messages");
}

static void remove_files(const struct files *f, const char *dir)
{
	unlink(f->spec);
	unlink(f->bundle);
	unlink(f->again);
	unlink(f->messages);
	npy_remove(dir);
}

/* ---- programs ---- */

/* Run to its end with stdout and stderr into `messages`; the exit code, or -1. */
static int run(char *const argv[], const char *messages)
{
	posix_spawn_file_actions_t actions;
	int status, code = -1;
	pid_t pid;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -1;
	posix_spawn_file_actions_addopen(&actions, 1, messages,
					 O_WRONLY | O_CREAT | O_TRUNC, 0644);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) == 0) {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	}
	posix_spawn_file_actions_destroy(&actions);
	return code;
}

static void read_messages(const char *path, char *text)
{
	FILE *file = fopen(path, "rb");
	size_t n = file ? fread(text, 1, MESSAGE_BYTES - 1, file) : 0;

	text[n] = '\0';
	if (file)
		fclose(file);
}

static bool write_inputs(const struct files *f, const char *dir, const struct problem *p,
			 const struct data *d, enum form form)
{
	struct spec_files named;
	FILE *spec;

	if (!npy_write_inputs(dir, p, d))
		return false;
	if (p->seeded)
		return true;
	spec = npy_write_weights(dir, p, d, &named) ? fopen(f->spec, "w") : NULL;
	if (!spec)
		return false;
	problem_write_spec(spec, p, form, &named);
	return fclose(spec) == 0;
}

/* npucc; true when there is a bundle to run. */
static bool compile(struct result *result, const struct problem *p, const struct files *f,
		    const struct programs *programs, const char *bundle)
{
	char slug[PATH_BYTES], seed[32], messages[MESSAGE_BYTES];
	char *argv[] = { (char *)(uintptr_t)programs->npucc,
			 "--quiet",
			 "-o",
			 (char *)(uintptr_t)bundle,
			 (char *)(uintptr_t)f->spec,
			 NULL,
			 NULL,
			 NULL };
	int code;

	if (p->seeded) { /* the shape on the command line, no file at all */
		problem_format_slug(slug, sizeof slug, p);
		snprintf(seed, sizeof seed, "%llu", (unsigned long long)p->seed);
		argv[4] = "--seed";
		argv[5] = seed;
		argv[6] = slug;
	}
	code = run(argv, f->messages);
	if (code == 0)
		return true;
	read_messages(f->messages, messages);
	if (code != 1)
		result_set(result, OUTCOME_WRONG, "npucc ended with %d: %.400s", code,
			   messages);
	else if (access(bundle, F_OK) == 0)
		result_set(result, OUTCOME_WRONG, "npucc refused but left a bundle");
	else
		result_from_messages(result, messages);
	return false;
}

static bool files_are_equal(const char *a, const char *b)
{
	FILE *fa = fopen(a, "rb"), *fb = fopen(b, "rb");
	bool equal = fa && fb;
	int ca, cb;

	while (equal) {
		ca = getc(fa);
		cb = getc(fb);
		equal = ca == cb;
		if (ca == EOF)
			break;
	}
	if (fa)
		fclose(fa);
	if (fb)
		fclose(fb);
	return equal;
}

/* The bytes of a file; NULL when it cannot be read. */
static uint8_t *read_file(const char *path, size_t *bytes)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long size = -1;

	if (file && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (size > 0)
		data = aligned_alloc(64, ((size_t)size + 63) / 64 * 64);
	*bytes = size > 0 ? (size_t)size : 0;
	if (data &&
	    (fseek(file, 0, SEEK_SET) != 0 || fread(data, 1, *bytes, file) != *bytes)) {
		free(data);
		data = NULL;
	}
	if (file)
		fclose(file);
	return data;
}

/* npurun's output against what the bundle's own scales make of the data. */
static void compare_output(struct result *result, const struct problem *p,
			   const struct data *d, const struct files *f, const char *dir)
{
	struct expect e = { .y = NULL };
	struct chosen chosen;
	size_t bytes;
	uint8_t *blob = read_file(f->bundle, &bytes);
	void *y = npy_read_output(dir, p);

	if (!y)
		result_set(result, OUTCOME_WRONG,
			   "the output is no .npy file of the right shape");
	else if (!blob || !chosen_read(&chosen, blob, bytes))
		result_set(result, OUTCOME_WRONG, "the bundle has no conv");
	else if (!expect_make(&e, p, d, &chosen, result->why, sizeof result->why) ||
		 !expect_compare(&e, p, y, result->why, sizeof result->why))
		result->outcome = OUTCOME_WRONG;
	expect_free(&e);
	free(blob);
	free(y);
}

static void run_bundle(struct result *result, const struct problem *p,
		       const struct data *d, const struct files *f,
		       const struct programs *programs)
{
	char input[PATH_BYTES], operand[PATH_BYTES], output[PATH_BYTES];
	char *argv[] = { (char *)(uintptr_t)programs->npurun,
			 "--quiet",
			 "--device",
			 "sim",
			 "--threads",
			 "1",
			 "--input",
			 input,
			 "--output",
			 output,
			 (char *)(uintptr_t)f->bundle,
			 p->add ? "--operand" : NULL,
			 operand,
			 NULL };
	char messages[MESSAGE_BYTES];
	int code;

	npy_path(input, programs->dir, "x.npy");
	npy_path(operand, programs->dir, "operand.npy");
	npy_path(output, programs->dir, "y.npy");
	code = run(argv, f->messages);
	if (code == 0) {
		compare_output(result, p, d, f, programs->dir);
		return;
	}
	read_messages(f->messages, messages);
	result_set(result, OUTCOME_WRONG, "npurun ended with %d: %.500s", code, messages);
}

void run_programs(struct result *result, const struct problem *p, enum form form,
		  const struct programs *programs)
{
	struct files f;
	struct data d;

	memset(result, 0, sizeof *result);
	name_files(&f, programs->dir, form);
	if (!data_make(&d, p)) {
		result_set(result, OUTCOME_WRONG, "out of memory in the test");
		return;
	}
	if (!write_inputs(&f, programs->dir, p, &d, form))
		result_set(result, OUTCOME_WRONG, "cannot write to %s", programs->dir);
	else if (compile(result, p, &f, programs, f.bundle) &&
		 compile(result, p, &f, programs, f.again)) {
		if (files_are_equal(f.bundle, f.again))
			run_bundle(result, p, &d, &f, programs);
		else
			result_set(result, OUTCOME_WRONG,
				   "a second npucc gives other bytes");
	}
	remove_files(&f, programs->dir);
	data_free(&d);
}
