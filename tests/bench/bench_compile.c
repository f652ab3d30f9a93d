/*
 * How long compiling takes, and how much memory:
 *
 *     bench_compile [--check] NPUCC SLUGS
 *
 * First the whole file of slugs in one call of the program, weights included; then
 * each shape by itself through the library: planning alone, and everything from the
 * plan to the bundle's bytes with the weights at hand.  --check fails when one of the
 * limits below is missed.
 */
#define _DEFAULT_SOURCE /* wait4 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "bundle/bundle_write.h"
#include "compile.h"
#include "spec.h"

#define ROUNDS 5u
#define MAX_ALL_SECONDS 0.5
#define MAX_ALL_MIB 64.0
#define MAX_ONE_MS 10.0
#define MAX_MEDIAN_PLAN_US 100.0
#define BUNDLE_NAME "bench_compile.npub"

static void fail(const char *what)
{
	fprintf(stderr, "bench_compile: %s\n", what);
	exit(1);
}

/* One call of the program: wall time, and the peak of its memory. */
static double run_program(const char *npucc, const char *slugs, double *mib)
{
	uint64_t begin = bench_now_ns();
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid < 0)
		fail("cannot fork");
	if (pid == 0) {
		execl(npucc, npucc, "--quiet", "-o", BUNDLE_NAME, slugs, (char *)NULL);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) != 0)
		fail("npucc failed");
	*mib = (double)usage.ru_maxrss / 1024;
	return (double)(bench_now_ns() - begin) * 1e-9;
}

static bool bench_program(const char *npucc, const char *slugs)
{
	double best = 0, most_mib = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		double mib, seconds = run_program(npucc, slugs, &mib);

		if (i == 0 || seconds < best)
			best = seconds;
		if (mib > most_mib)
			most_mib = mib;
	}
	unlink(BUNDLE_NAME);
	printf("all shapes in one npucc call: %.3f s, %.1f MiB at most (limits %.1f s, "
	       "%.0f MiB)\n",
	       best, most_mib, MAX_ALL_SECONDS, MAX_ALL_MIB);
	return best <= MAX_ALL_SECONDS && most_mib <= MAX_ALL_MIB;
}

/* One shape: its problem, its weights, nothing shared. */
struct shape {
	const struct conv_problem *p;
	struct conv_layout layout;
	struct operands operands;
};

/* All three plans. */
static void plan_once(void *context)
{
	const struct shape *s = context;
	struct plan_refusal why;
	struct plan plan;

	for (uint32_t cores = 1; cores <= NPU_MAX_CORES; cores++) {
		if (plan_from_problem(&plan, s->p, &s->layout, cores, &why) != PLAN_OK)
			fail("a shape cannot be planned");
		plan_free(&plan);
	}
}

static void compile_once(void *context)
{
	const struct compile_options options = { .core_mask = 1 };
	const struct shape *s = context;
	struct diag *diag = diag_new(NULL);
	struct bundle *bundle = bundle_new(0);
	struct compiled_conv c;
	size_t bytes;

	if (!diag || !bundle || !compile_conv(&c, s->p, NULL, &options, diag) ||
	    !compile_emit(bundle, &c, &s->operands) ||
	    !bundle_finish(bundle, &bytes))
		fail("a shape cannot be compiled");
	compiled_conv_free(&c);
	bundle_free(bundle);
	diag_free(diag);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Best of a few rounds, so that one interruption does not count. */
static void bench_shape(const struct conv_problem *p, struct diag *diag, double *plan_us,
			double *whole_ms)
{
	struct shape s = { .p = p };

	if (!layout_from_problem(&s.layout, p))
		fail("out of memory");
	if (!operands_load(&s.operands, p, diag))
		fail("out of memory");
	*plan_us = bench_best_ns(plan_once, &s, ROUNDS, 0) * 1e-3;
	*whole_ms = bench_best_ns(compile_once, &s, ROUNDS, 0) * 1e-6;
	operands_free(&s.operands);
	layout_free(&s.layout);
}

static bool bench_shapes(const char *slugs)
{
	struct diag *diag = diag_new(stderr);
	double *plan_us, *whole_ms;
	struct spec spec;
	size_t slowest = 0;
	bool ok;

	spec_init(&spec);
	spec_read(&spec, slugs, diag);
	spec_check(&spec, diag);
	if (diag_errors(diag) || !spec.count)
		fail("the shapes cannot be read");
	plan_us = calloc(spec.count, sizeof *plan_us);
	whole_ms = calloc(spec.count, sizeof *whole_ms);
	if (!plan_us || !whole_ms)
		fail("out of memory");
	for (size_t i = 0; i < spec.count; i++) {
		bench_shape(&spec.convs[i], diag, &plan_us[i], &whole_ms[i]);
		if (whole_ms[i] > whole_ms[slowest])
			slowest = i;
	}
	ok = whole_ms[slowest] <= MAX_ONE_MS;
	printf("the slowest of %zu shapes: %.3f ms, %s (limit %.0f ms)\n", spec.count,
	       whole_ms[slowest], spec.convs[slowest].name, MAX_ONE_MS);
	qsort(plan_us, spec.count, sizeof *plan_us, compare);
	ok &= plan_us[spec.count / 2] <= MAX_MEDIAN_PLAN_US;
	printf("planning for 1, 2 and 3 cores: median %.2f us, 99%% %.2f us, most %.2f us (limit of the "
	       "median %.0f us)\n",
	       plan_us[spec.count / 2], plan_us[spec.count * 99 / 100],
	       plan_us[spec.count - 1], MAX_MEDIAN_PLAN_US);
	free(plan_us);
	free(whole_ms);
	spec_free(&spec);
	diag_free(diag);
	return ok;
}

int main(int argc, char **argv)
{
	bool check = argc > 1 && strcmp(argv[1], "--check") == 0;
	bool ok;

	if (argc - check != 3) {
		fprintf(stderr, "usage: bench_compile [--check] NPUCC SLUGS\n");
		return 2;
	}
	ok = bench_program(argv[1 + check], argv[2 + check]);
	ok &= bench_shapes(argv[2 + check]);
	if (check && !ok) {
		fprintf(stderr, "bench_compile: a limit is missed\n");
		return 1;
	}
	return 0;
}
