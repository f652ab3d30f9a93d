/* The whole path through files and the built programs. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner.h"

extern char **environ;

#define PATH_BYTES 512u
#define NPY_HEADER_BYTES 128u
#define MESSAGE_BYTES 4096u

/* One problem's files. */
struct files {
	char spec[PATH_BYTES], weights[PATH_BYTES], bias[PATH_BYTES], input[PATH_BYTES];
	char output[PATH_BYTES], bundle[PATH_BYTES], again[PATH_BYTES],
	    messages[PATH_BYTES];
};

static void name_files(struct files *f, const char *dir, enum form form)
{
	const struct {
		char *path;
		const char *name;
	} names[] = {
		{ f->spec, form == FORM_JSON ? "e2e.json" : "e2e.conv" },
		{ f->weights, "w.npy" },
		{ f->bias, "b.npy" },
		{ f->input, "x.npy" },
		{ f->output, "y.npy" },
		{ f->bundle, "e2e.npub" },
		{ f->again, "again.npub" },
		{ f->messages, "messages" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		snprintf(names[i].path, PATH_BYTES, "%s/%s", dir, names[i].name);
}

static void remove_files(const struct files *f)
{
	const char *const paths[] = { f->spec,	 f->weights, f->bias,  f->input,
				      f->output, f->bundle,  f->again, f->messages };

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		unlink(paths[i]);
}

/* ---- npy, as NumPy documents it ---- */

static bool write_npy(const char *path, const char *descr, uint32_t ndim,
		      const uint32_t *shape, const void *data, size_t bytes)
{
	char header[NPY_HEADER_BYTES], dims[64] = "", text[NPY_HEADER_BYTES];
	FILE *file = fopen(path, "wb");
	bool ok;

	if (!file)
		return false;
	for (uint32_t i = 0; i < ndim; i++)
		snprintf(dims + strlen(dims), sizeof dims - strlen(dims), "%u, ",
			 shape[i]);
	snprintf(text, sizeof text,
		 "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, dims);
	memset(header, ' ', sizeof header);
	memcpy(header, "\x93NUMPY\x01\x00\x76\x00", 10);
	memcpy(header + 10, text, strlen(text) < 117 ? strlen(text) : 117);
	header[NPY_HEADER_BYTES - 1] = '\n';
	ok = fwrite(header, 1, NPY_HEADER_BYTES, file) == NPY_HEADER_BYTES &&
	     fwrite(data, 1, bytes, file) == bytes;
	return fclose(file) == 0 && ok;
}

/* The data of an .npy file that must have this type and shape. */
static void *read_npy(const char *path, const char *descr, const uint32_t shape[4],
		      size_t bytes)
{
	char header[NPY_HEADER_BYTES + 1] = "", want[96];
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(bytes + 1);
	bool ok = file && data;

	ok = ok && fread(header, 1, NPY_HEADER_BYTES, file) == NPY_HEADER_BYTES;
	snprintf(want, sizeof want, "(%u, %u, %u, %u)", shape[0], shape[1], shape[2],
		 shape[3]);
	ok = ok && memcmp(header, "\x93NUMPY\x01\x00\x76\x00", 10) == 0 &&
	     strstr(header + 10, want);
	snprintf(want, sizeof want, "'descr': '%s'", descr);
	ok = ok && strstr(header + 10, want) &&
	     strstr(header + 10, "'fortran_order': False") &&
	     fread(data, 1, bytes + 1, file) == bytes;
	if (file)
		fclose(file);
	if (ok)
		return data;
	free(data);
	return NULL;
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

static bool write_inputs(const struct files *f, const struct problem *p,
			 const struct data *d, enum form form)
{
	const uint32_t x[] = { p->r.n, p->r.c, p->r.h, p->r.w };
	const uint32_t w[] = { p->r.k, p->r.c / p->r.g, p->r.kh, p->r.kw };
	const struct spec_files named = { "w.npy", "b.npy" };
	FILE *spec;

	if (!write_npy(f->input, "<f2", 4, x, d->x, d->x_count * sizeof *d->x))
		return false;
	if (p->seeded)
		return true;
	if (!write_npy(f->weights, "<f2", 4, w, d->w, d->w_count * sizeof *d->w))
		return false;
	if (p->bias &&
	    !write_npy(f->bias, "<f4", 1, &p->r.k, d->bias, p->r.k * sizeof *d->bias))
		return false;
	spec = fopen(f->spec, "w");
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

static void run_bundle(struct result *result, const struct problem *p,
		       const struct data *d, const struct files *f,
		       const struct programs *programs)
{
	const uint32_t shape[] = { p->r.n, p->r.k, ref_out_h(&p->r), ref_out_w(&p->r) };
	char *argv[] = { (char *)(uintptr_t)programs->npurun,
			 "--quiet",
			 "--device",
			 "sim",
			 "--threads",
			 "1",
			 "--input",
			 (char *)(uintptr_t)f->input,
			 "--output",
			 (char *)(uintptr_t)f->output,
			 (char *)(uintptr_t)f->bundle,
			 NULL };
	char messages[MESSAGE_BYTES];
	int code = run(argv, f->messages);
	void *y;

	if (code != 0) {
		read_messages(f->messages, messages);
		result_set(result, OUTCOME_WRONG, "npurun ended with %d: %.500s", code,
			   messages);
		return;
	}
	y = read_npy(f->output, p->fp32 ? "<f4" : "<f2", shape,
		     d->y_count * (p->fp32 ? 4 : 2));
	if (!y)
		result_set(result, OUTCOME_WRONG,
			   "the output is no .npy file of the right shape");
	else if (!data_compare(d, p, y, result->why, sizeof result->why))
		result->outcome = OUTCOME_WRONG;
	free(y);
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
	if (!write_inputs(&f, p, &d, form))
		result_set(result, OUTCOME_WRONG, "cannot write to %s", programs->dir);
	else if (compile(result, p, &f, programs, f.bundle) &&
		 compile(result, p, &f, programs, f.again)) {
		if (files_are_equal(f.bundle, f.again))
			run_bundle(result, p, &d, &f, programs);
		else
			result_set(result, OUTCOME_WRONG,
				   "a second npucc gives other bytes");
	}
	remove_files(&f);
	data_free(&d);
}
