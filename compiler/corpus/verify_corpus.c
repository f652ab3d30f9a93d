#include "corpus/verify_corpus.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "corpus/verify_compare.h"
#include "explain/explain_lines.h"

/* Families of the report: element type and kind of conv. */
enum { KIND_POINTWISE, KIND_SPATIAL, KIND_DEPTHWISE, KIND_IMAGE, KIND_N };

static const char *const kind_names[KIND_N] = { "pointwise", "spatial", "depthwise", "image" };
static const struct {
	enum npu_elem elem;
	const char *name;
} elems[] = { { NPU_ELEM_FP16, "fp16" }, { NPU_ELEM_INT8, "int8" } };

#define ELEMS (sizeof elems / sizeof elems[0])
#define MAX_SHOWN 4000u /* difference lines kept in full */

struct report {
	const struct verify_corpus_options *options;
	FILE *out;
	struct verify_tally family[ELEMS][2][KIND_N]; /* plain, fused */
	struct verify_tally all;
	uint32_t shown, unreadable;
	bool broken_orders;
};

static int kind_of(const struct conv_problem *p)
{
	if (conv_is_depthwise(p))
		return KIND_DEPTHWISE;
	if (p->in_c <= NPU_PIXEL_MAX_CHANS && p->input_kind == INPUT_GRAPH)
		return KIND_IMAGE;
	return p->kernel_h == 1 && p->kernel_w == 1 ? KIND_POINTWISE : KIND_SPATIAL;
}

static void show_difference(void *ctx, const char *sentence)
{
	struct report *r = ctx;

	if (r->shown++ < MAX_SHOWN)
		fprintf(r->out, "DIFF %s\n", sentence);
}

static void add_tally(struct verify_tally *sum, const struct verify_tally *t)
{
	uint32_t *to = (uint32_t *)sum;
	const uint32_t *from = (const uint32_t *)t;

	for (size_t i = 0; i < sizeof *t / sizeof *from; i++)
		to[i] += from[i];
}

static void compare_file(struct report *r, const char *path, const struct capture_orders *orders)
{
	struct verify_tally tally = { 0 };
	struct verify_sink sink = { show_difference, r };
	char why[CAPTURE_WHY_BYTES];
	struct capture c;
	size_t elem = 0;
	bool exact, fused;

	if (!capture_read(&c, path, orders, why)) {
		fprintf(r->out, "FAIL %s\n", why);
		r->unreadable++;
		return;
	}
	if (r->options->only && !strstr(c.slug, r->options->only)) {
		capture_free(&c);
		return;
	}
	exact = verify_compare(&c, &tally, &sink);
	if (r->options->verbose)
		fprintf(r->out, "%s %s: %u plans, %u tasks, %u registers\n",
			exact ? "PASS" : "FAIL", c.slug, tally.plans, tally.tasks,
			tally.registers);
	while (elem + 1 < ELEMS && elems[elem].elem != c.problem.elem)
		elem++;
	fused = strcmp(c.op_type, "Conv") != 0;
	add_tally(&r->family[elem][fused][kind_of(&c.problem)], &tally);
	add_tally(&r->all, &tally);
	capture_free(&c);
}

static void print_row(FILE *out, const char *name, const struct verify_tally *t)
{
	uint32_t taken = 0;

	for (int i = 0; i < TAKEN_N; i++)
		taken += t->taken[i];
	fprintf(out, "%-22s %8u %6u %6u %9u %9u %9u %6u %9u\n", name, t->captures, t->plans,
		t->tasks, t->registers, t->differences, taken, t->exact, t->differing);
}

/* What came from the captures: facts of models, and registers that nothing explains. */
static void print_sources(FILE *out, const struct verify_tally *t)
{
	char text[512] = "";

	for (int i = 0, n = 0; i < FACT_N; i++) {
		if (t->facts[i])
			n += snprintf(text + n, sizeof text - (size_t)n, "%s%u %s",
				      n ? ", " : "", t->facts[i],
				      capture_fact_name((enum capture_fact)i));
	}
	if (*text)
		explain_field(out, 0, "facts", "read once from each capture: %s",
			      text);
	for (int i = 0; i < TAKEN_N; i++) {
		enum verify_taken why = (enum verify_taken)i;

		verify_taken_regs(why, text, sizeof text);
		if (t->taken[i])
			explain_field(out, 0, "not compared", "%u registers %s: %s",
				      t->taken[i], verify_taken_name(why), text);
	}
	if (t->table_loads)
		explain_field(out, 0, "not compared", "%u records that load look-up tables",
			      t->table_loads);
}

/* Beside the registers: what else was compared, and what departs. */
static void print_notes(FILE *out, const struct verify_tally *t)
{
	explain_field(out, 0, "also compared",
		      "%u write orders, %u chains, %u barrier tasks, %u delta tasks, "
		      "%u buffer sizes, %u syncs, %u submits",
		      t->orders, t->chains, t->barriers, t->deltas, t->buffers, t->syncs,
		      t->submits);
	print_sources(out, t);
	if (t->unlisted)
		explain_field(out, 0, "not listed", "%u plans that captures leave out",
			      t->unlisted);
	if (t->unplaced)
		explain_field(out, 0, "not compared",
			      "%u addresses in no buffer that the capture knows", t->unplaced);
	if (t->unknown_orders)
		explain_field(out, 0, "not compared",
			      "%u write orders whose number is not in _orders.json",
			      t->unknown_orders);
	if (t->open_lists)
		explain_field(out, 0, "open lists",
			      "%u of networks go on into the next operator or end without a "
			      "barrier: not a property of the conv",
			      t->open_lists);
	if (t->marked)
		explain_field(out, 0, "on purpose",
			      "%u registers depart: strides of images whose width is no "
			      "multiple of %u, distance of a batch's images",
			      t->marked, NPU_PIXEL_ROW_ALIGN);
}

static void print_report(const struct report *r)
{
	FILE *out = r->out;

	fprintf(out, "%-22s %8s %6s %6s %9s %9s %9s %6s %9s\n", "family", "captures", "plans",
		"tasks", "registers", "different", "taken", "exact", "differing");
	for (size_t e = 0; e < ELEMS; e++) {
		for (int fused = 0; fused < 2; fused++) {
			for (int k = 0; k < KIND_N; k++) {
				const struct verify_tally *t = &r->family[e][fused][k];
				char name[64];

				snprintf(name, sizeof name, "%s %s%s", elems[e].name,
					 kind_names[k], fused ? " fused" : "");
				if (t->captures)
					print_row(out, name, t);
			}
		}
	}
	print_row(out, "all", &r->all);
	print_notes(out, &r->all);
	if (r->shown > MAX_SHOWN)
		fprintf(out, "%u more differences not shown\n", r->shown - MAX_SHOWN);
	if (r->unreadable)
		fprintf(out, "%u captures could not be read\n", r->unreadable);
}

static int is_capture(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 5 && !strcmp(e->d_name + n - 5, ".json") && e->d_name[0] != '_';
}

int verify_corpus(const char *dir, const struct verify_corpus_options *options, FILE *out)
{
	struct report r = { .options = options, .out = out };
	struct capture_orders orders;
	char why[CAPTURE_WHY_BYTES], path[4096];
	struct dirent **names;
	int n = scandir(dir, &names, is_capture, alphasort);

	if (n < 0) {
		fprintf(stderr, "npucc: %s: %s\n", dir, strerror(errno));
		return EXIT_FILE;
	}
	if (!capture_orders_read(&orders, dir, why)) {
		fprintf(stderr, "npucc: %s: write orders are not compared\n", why);
		r.broken_orders = true;
	}
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
		compare_file(&r, path, &orders);
		free(names[i]);
	}
	free(names);
	capture_orders_free(&orders);
	if (!r.all.captures && !r.unreadable) {
		fprintf(stderr, "npucc: %s: no captures (*.json) there%s%s\n", dir,
			options->only ? " whose slug has " : "",
			options->only ? options->only : "");
		return EXIT_FILE;
	}
	print_report(&r);
	if (r.unreadable || r.broken_orders)
		return EXIT_FILE;
	return r.all.differing ? EXIT_REFUSED : EXIT_DONE;
}
