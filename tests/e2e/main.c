/*
 * e2e: problems along the whole path, compared with the reference convolution.
 *
 *     e2e [OPTION...] random COUNT         random problems
 *     e2e [OPTION...] edges COUNT          random problems at the CBUF's edges
 *     e2e [OPTION...] operators COUNT      COUNT random problems for each feature of
 *                                          the operator
 *     e2e [OPTION...] slugs FILE           the shapes of a file, a slug a line
 *       --npucc PATH --npurun PATH         through these programs and files;
 *                                          else through the libraries
 *       --jobs N                           worker processes (2)
 *       --expect N                         the file must hold N different shapes
 *
 * E2E_SEED=N repeats a run, E2E_ONLY=I its problem I alone.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner.h"
#include "shrink.h"
#include "tally.h"

#define MAX_JOBS 16u
#define MAX_PROBLEMS 65536u
#define MAX_FAILURES 5u /* of a worker, before it gives up */
#define MAX_REFUSED_PERCENT 15u

struct run {
	const char *npucc, *npurun;
	uint32_t jobs, count, expect;
	uint64_t seed;
	struct problem *slugs; /* NULL: random */
	enum problem_kind kind;
	char dir[64];
	struct tally *tallies;
};

static void get_problem(const struct run *run, uint32_t index, struct problem *p)
{
	if (run->slugs)
		*p = run->slugs[index];
	else
		problem_random(p, run->seed, index, run->kind);
	/* Through programs, every fifth shape that a slug can say is one, with weights
	 * from the seed. */
	if (run->npucc && run->kind != PROBLEM_OPERATORS && index % 5 == 4 && !p->bias &&
	    !p->wide && !p->inner && !p->split_y && !p->split_k)
		p->seeded = true;
}

static void run_one(const struct run *run, struct result *result, const struct problem *p,
		    enum form form)
{
	const struct programs programs = { run->npucc, run->npurun, run->dir };

	if (run->npucc)
		run_programs(result, p, form, &programs);
	else
		run_in_process(result, p, form, run->dir);
}

struct wrong {
	const struct run *run;
	enum form form;
	const struct result *first;
};

/* Wrong in the same way: wrong numbers, or the same words before a colon. */
static bool is_alike(const char *a, const char *b)
{
	size_t n = strcspn(a, ":0123456789");

	return n == strcspn(b, ":0123456789") && strncmp(a, b, n) == 0;
}

static bool is_still_wrong(void *context, const struct problem *p)
{
	const struct wrong *w = context;
	struct result result;

	run_one(w->run, &result, p, w->form);
	return result.outcome == OUTCOME_WRONG && is_alike(result.why, w->first->why);
}

static void report_wrong(const struct run *run, uint32_t index, const struct problem *p,
			 enum form form, const struct result *result)
{
	const struct spec_files none = { .scales = "scales.npy", .zeros = "zeros.npy" };
	struct wrong wrong = { run, form, result };
	struct problem least = *p;
	struct result least_result;
	char slug[256];

	problem_format_slug(slug, sizeof slug, p);
	printf("\nWRONG: problem %u (%s) %s: %s\n", index, p->family, slug, result->why);
	fflush(stdout);
	shrink(&least, is_still_wrong, &wrong);
	run_one(run, &least_result, &least, form);
	printf("smallest problem found that is wrong (%s):\n", least_result.why);
	problem_write_spec(stdout, &least, FORM_TEXT, &none);
	if (!run->slugs)
		printf("repeat with E2E_SEED=%llu E2E_ONLY=%u\n",
		       (unsigned long long)run->seed, index);
	fflush(stdout);
}

static void work(const struct run *run, uint32_t worker, uint32_t first, uint32_t end)
{
	struct tally *t = &run->tallies[worker];

	for (uint32_t i = first + worker; i < end; i += run->jobs) {
		enum form form = (enum form)(i % FORM_N);
		struct problem p;
		struct result result;

		t->current = i;
		get_problem(run, i, &p);
		run_one(run, &result, &p, form);
		tally_count(t, &p, &result);
		if (result.outcome != OUTCOME_WRONG)
			continue;
		report_wrong(run, i, &p, form, &result);
		if (t->wrong == MAX_FAILURES) {
			printf("worker %u stops after %u wrong problems\n", worker,
			       t->wrong);
			break;
		}
	}
}

static bool make_dir(struct run *run, uint32_t worker)
{
	snprintf(run->dir, sizeof run->dir, "e2e-%u-XXXXXX", worker);
	if (mkdtemp(run->dir))
		return true;
	perror("e2e: cannot make a directory here");
	return false;
}

/* Fork the workers and wait; true when all of them ended well. */
static bool run_workers(struct run *run, uint32_t first, uint32_t end)
{
	pid_t pids[MAX_JOBS];
	bool ok = true;

	fflush(stdout);
	for (uint32_t w = 0; w < run->jobs; w++) {
		if (!make_dir(run, w))
			exit(1);
		pids[w] = fork();
		if (pids[w] < 0) {
			perror("e2e: fork");
			exit(1);
		}
		if (pids[w] == 0) {
			work(run, w, first, end);
			rmdir(run->dir);
			exit(0);
		}
	}
	for (uint32_t w = 0; w < run->jobs; w++) {
		int status;

		while (waitpid(pids[w], &status, 0) < 0 && errno == EINTR)
			;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			printf("worker %u crashed in problem %u (status %d)\n", w,
			       run->tallies[w].current, status);
			ok = false;
		}
	}
	return ok;
}

/* ---- what to run ---- */

static bool read_slugs(struct run *run, const char *path)
{
	FILE *file = fopen(path, "r");
	char line[256];
	bool ok = true;

	if (!file) {
		perror(path);
		return false;
	}
	run->slugs = calloc(MAX_PROBLEMS, sizeof *run->slugs);
	while (ok && run->slugs && fgets(line, sizeof line, file)) {
		struct problem *p = &run->slugs[run->count];

		if (line[0] == '#' || line[0] == '\n')
			continue;
		ok = run->count < MAX_PROBLEMS && problem_from_slug(p, line);
		if (!ok)
			printf("%s: not a slug: %s", path, line);
		for (uint32_t i = 0; ok && i < run->count; i++) {
			ok = memcmp(&run->slugs[i].r, &p->r, sizeof p->r) != 0;
			if (!ok)
				printf("%s: twice: %s", path, line);
		}
		p->seed = run->seed + run->count;
		run->count += ok;
	}
	fclose(file);
	if (ok && run->expect && run->count != run->expect) {
		printf("%s: %u shapes, expected %u\n", path, run->count, run->expect);
		ok = false;
	}
	return ok && run->slugs;
}

static void usage(void)
{
	fprintf(stderr, "usage: e2e [--npucc PATH --npurun PATH] [--jobs N] [--expect N] "
			"random COUNT | edges COUNT | operators COUNT | slugs FILE\n");
	exit(2);
}

static const struct {
	const char *word;
	enum problem_kind kind;
} kinds[] = {
	{ "random", PROBLEM_SHAPES },
	{ "edges", PROBLEM_EDGES },
	{ "operators", PROBLEM_OPERATORS },
};

static void parse_arguments(struct run *run, int argc, char **argv)
{
	int i = 1;

	for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
		if (strcmp(argv[i], "--npucc") == 0)
			run->npucc = argv[i + 1];
		else if (strcmp(argv[i], "--npurun") == 0)
			run->npurun = argv[i + 1];
		else if (strcmp(argv[i], "--jobs") == 0)
			run->jobs = (uint32_t)atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--expect") == 0)
			run->expect = (uint32_t)atoi(argv[i + 1]);
		else
			usage();
	}
	if (i + 2 != argc || !run->npucc != !run->npurun || run->jobs < 1 ||
	    run->jobs > MAX_JOBS)
		usage();
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		if (strcmp(argv[i], kinds[k].word) != 0)
			continue;
		run->kind = kinds[k].kind;
		run->count = (uint32_t)atoi(argv[i + 1]);
	}
	if (run->kind == PROBLEM_OPERATORS)
		run->count *= operator_features();
	if (!run->count && strcmp(argv[i], "slugs") != 0)
		usage();
	if (!run->count && !read_slugs(run, argv[i + 1]))
		exit(1);
	if (run->count < 1 || run->count > MAX_PROBLEMS)
		usage();
}

int main(int argc, char **argv)
{
	const char *seed = getenv("E2E_SEED"), *only = getenv("E2E_ONLY");
	struct run run = { .jobs = 2 };
	uint32_t first = 0, end;
	struct tally sum;
	bool ok;

	run.seed = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
	parse_arguments(&run, argc, argv);
	end = run.count;
	if (only) {
		first = (uint32_t)atoi(only);
		end = first + 1;
		run.jobs = 1;
		if (first >= run.count)
			usage();
	}
	printf("E2E_SEED=%llu\n", (unsigned long long)run.seed);
	run.tallies = mmap(NULL, sizeof *run.tallies * MAX_JOBS, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run.tallies == MAP_FAILED) {
		perror("e2e");
		return 1;
	}
	ok = run_workers(&run, first, end);
	tally_sum(&sum, run.tallies, run.jobs);
	ok = tally_report(&sum, run.slugs ? 0 : MAX_REFUSED_PERCENT) && ok &&
	     sum.done == end - first;
	free(run.slugs);
	return !ok;
}
