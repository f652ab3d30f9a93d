/*
 * npucc SPEC... -o FILE: read, check, plan, lower, encode, write - in that order.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "depfile.h"
#include "explain.h"
#include "figure.h"
#include "mem.h"
#include "options.h"
#include "spec.h"
#include "weights.h"

enum option_id {
	OPT_OUTPUT = 1,
	OPT_CORES,
	OPT_SEED,
	OPT_SCHEDULE,
	OPT_FULL_RECORDS,
	OPT_SCHEDULES,
	OPT_EXPLAIN,
	OPT_FIGURE,
	OPT_DRY_RUN,
	OPT_STRIP,
	OPT_DEPFILE,
	OPT_DEPFILE_NAME,
	OPT_QUIET,
	OPT_HELP,
	OPT_VERSION
};

static const struct option_row rows[] = {
	{ NULL, NULL, NULL, 0, "Output" },
	{ "o", "output", "FILE", OPT_OUTPUT,
	  "write the bundle to FILE, whole or not at all" },
	{ NULL, "strip", NULL, OPT_STRIP,
	  "leave out the optional debug section (tile of each task)" },
	{ "MD", NULL, NULL, OPT_DEPFILE,
	  "also write a make rule that names every file read, to FILE.d" },
	{ "MF", NULL, "FILE", OPT_DEPFILE_NAME, "write that rule to FILE (implies -MD)" },
	{ NULL, NULL, NULL, 0, "Plans" },
	{ NULL, "cores", "LIST", OPT_CORES,
	  "make plans for these numbers of cores: 1, 2, 3, a list such as 1,3, or all "
	  "(default 1)" },
	{ NULL, "schedule", "NAME", OPT_SCHEDULE,
	  "vendor: the tiles, records and buffers of the vendor's compiler (default, and "
	  "the only schedule; a split pinned in the spec replaces its tiles)" },
	{ NULL, "full-records", NULL, OPT_FULL_RECORDS,
	  "write every register in every record, instead of the vendor's delta records "
	  "from the third record of a one-core list on" },
	{ NULL, "seed", "N", OPT_SEED,
	  "seed of all weights that come from a seed, instead of the spec's" },
	{ NULL, "schedules", "DIR", OPT_SCHEDULES,
	  "compare plans with the captured schedules in DIR (*.json) before those built in; the "
	  "variable NPUCC_SCHEDULES does the same" },
	{ NULL, NULL, NULL, 0, "Information" },
	{ NULL, "explain", "[FORMAT]", OPT_EXPLAIN,
	  "print every decision and its reason as text or json (default text); without "
	  "-o nothing is written" },
	{ NULL, "figure", "FILE", OPT_FIGURE,
	  "draw the plans of the one conv as SVG: rows and channels of the output by "
	  "core and tile, input rows with their halo" },
	{ "n", "dry-run", NULL, OPT_DRY_RUN,
	  "do everything, weights included, but write no file" },
	{ "q", "quiet", NULL, OPT_QUIET, "no progress and no summary" },
	{ "h", "help", NULL, OPT_HELP, "print this page" },
	{ NULL, "version", NULL, OPT_VERSION, "print the version" },
};

static const struct options_section sections[] = {
	{ "EXIT STATUS",
	  " 0  done\n 1  the input was refused\n 2  wrong command line\n"
	  " 3  a file could not be read or written\n 4  internal error or out of memory\n" },
	{ "EXAMPLES",
	  " npucc net.conv -o net.npub\n"
	  " npucc b1_c160_h40_w40_oc320_wic160_k3x3_g1_s1_pvalid --explain\n"
	  " npucc layers.json --cores=all --explain=json -o layers.npub -MD\n" },
};

static const struct options options = {
	.program = "npucc",
	.rows = rows,
	.row_count = sizeof rows / sizeof rows[0],
	.summary = "compile convolutions for the Rockchip RK3588 NPU",
	.synopsis = "SPEC... -o FILE [OPTION...]\nSPEC... --explain[=FORMAT] [OPTION...]",
	.description =
		"Each SPEC is a file of convs in the spec language or in JSON, \"-\" for "
		"standard input, or one conv as a slug such as "
		"b1_c3_h224_w224_oc32_wic3_k3x3_g1_s2_pvalid. All convs go into one "
		"bundle: tiles, register commands, task records, relocations and packed "
		"weights, ready for libnpurt and npurun. The same input gives the same "
		"bytes.",
	.sections = sections,
	.section_count = sizeof sections / sizeof sections[0],
};

enum explain_format { EXPLAIN_NO, EXPLAIN_TEXT, EXPLAIN_JSON };

struct request {
	const char **specs;
	size_t spec_count;
	const char *output, *depfile, *figure, *schedules;
	bool want_depfile, dry_run, strip, quiet, have_seed;
	uint64_t seed;
	enum explain_format explain;
	struct compile_options compile;
};

/* "1", "1,3", "all" to a mask. */
static bool parse_cores(const struct options_scan *scan, uint32_t *mask)
{
	const char *s = scan->value;

	*mask = 0;
	if (!strcmp(s, "all")) {
		*mask = (1u << NPU_MAX_CORES) - 1;
		return true;
	}
	for (;; s++) {
		if (*s < '1' || *s > '0' + (int)NPU_MAX_CORES || (s[1] && s[1] != ','))
			break;
		*mask |= 1u << (*s - '1');
		if (!*++s)
			return true;
	}
	options_complain(scan, "\"%s\" is no list of core counts: use 1, 2, 3, 1,3 or all",
			 scan->value);
	return false;
}

/* Exit code to end with, or -1 to go on. */
static int apply_option(struct request *r, struct options_scan *scan, int id)
{
	static const char *const formats[] = { "text", "json" };
	static const char *const schedules[] = { "vendor" };
	int choice;

	switch (id) {
	case OPTIONS_WORD: r->specs[r->spec_count++] = scan->value; break;
	case OPT_OUTPUT: r->output = scan->value; break;
	case OPT_FIGURE: r->figure = scan->value; break;
	case OPT_STRIP: r->strip = true; break;
	case OPT_DRY_RUN: r->dry_run = true; break;
	case OPT_QUIET: r->quiet = true; break;
	case OPT_DEPFILE: r->want_depfile = true; break;
	case OPT_DEPFILE_NAME:
		r->want_depfile = true;
		r->depfile = scan->value;
		break;
	case OPT_CORES:
		if (!parse_cores(scan, &r->compile.core_mask))
			return EXIT_USAGE;
		break;
	case OPT_SCHEDULE:
		if (options_choice(scan, schedules, 1) < 0)
			return EXIT_USAGE;
		break;
	case OPT_FULL_RECORDS: r->compile.full_records = true; break;
	case OPT_SEED:
		if (!options_number(scan, 0, UINT64_MAX, &r->seed))
			return EXIT_USAGE;
		r->have_seed = true;
		break;
	case OPT_SCHEDULES: r->schedules = scan->value; break;
	case OPT_EXPLAIN:
		choice = scan->value ? options_choice(scan, formats, 2) : 0;
		if (choice < 0)
			return EXIT_USAGE;
		r->explain = choice ? EXPLAIN_JSON : EXPLAIN_TEXT;
		break;
	case OPT_HELP:
		options_help(&options, stdout);
		return EXIT_DONE;
	case OPT_VERSION:
		puts("npucc " NPUCC_VERSION);
		return EXIT_DONE;
	default: return EXIT_USAGE;
	}
	return -1;
}

static int check_request(const struct request *r)
{
	if (!r->spec_count) {
		options_usage(&options, stderr, "no SPEC: name a file, a slug or -");
		return EXIT_USAGE;
	}
	if (!r->output && !r->dry_run && !r->explain && !r->figure) {
		options_usage(&options, stderr,
			      "where to? give -o FILE, --explain, --figure or --dry-run");
		return EXIT_USAGE;
	}
	if (r->want_depfile && !r->depfile && !r->output) {
		options_usage(&options, stderr, "-MD needs -o FILE or -MF FILE");
		return EXIT_USAGE;
	}
	return -1;
}

static int parse_request(struct request *r, int argc, char **argv)
{
	struct options_scan scan;
	int id;

	options_begin(&scan, &options, argc, argv, stderr);
	while ((id = options_next(&scan)) != OPTIONS_END) {
		int code = apply_option(r, &scan, id);

		if (code >= 0)
			return code;
	}
	return check_request(r);
}

/* A line that counts convs, on a terminal, once it has taken a while. */
static void show_progress(const struct request *r, size_t done, size_t total, const char *name)
{
	static const double patience_s = 0.5;

	if (r->quiet || !isatty(STDERR_FILENO) || clock() < patience_s * CLOCKS_PER_SEC)
		return;
	if (done < total)
		fprintf(stderr, "\r\033[K[%zu/%zu] %s", done + 1, total, name);
	else
		fprintf(stderr, "\r\033[K");
	fflush(stderr);
}

/* Load weights and add the compiled conv to the bundle. */
static bool emit_conv(struct bundle *bundle, const struct compiled_conv *c, struct diag *diag)
{
	uint32_t errors = diag_errors(diag);
	void *weights = weights_load(c->problem, diag);
	float *bias = bias_load(c->problem, diag);
	bool ok = weights && diag_errors(diag) == errors;

	if (ok && !compile_emit(bundle, c, weights, bias)) {
		diag_error(diag, c->problem->loc[CONV_NAME], NULL, "out of memory");
		ok = false;
	}
	free(bias);
	free(weights);
	return ok;
}

/* One conv through all stages; errors are in `diag`. */
static void run_conv(const struct request *r, const struct conv_problem *p,
		     struct bundle *bundle, json_t *explained, struct diag *diag)
{
	struct compiled_conv c;
	char why[256];

	if (!compile_conv(&c, p, &r->compile, diag))
		return;
	if (r->figure && !figure_write(r->figure, &c, why, sizeof why))
		diag_error(diag, p->loc[CONV_NAME], NULL, "no figure: %s", why);
	if (r->explain == EXPLAIN_TEXT)
		explain_text(stdout, &c);
	if (r->explain == EXPLAIN_JSON)
		json_array_append_new(explained, explain_json(&c));
	if (r->output || r->dry_run)
		emit_conv(bundle, &c, diag);
	compiled_conv_free(&c);
}

static void run_convs(const struct request *r, const struct spec *spec, struct bundle *bundle,
		      struct diag *diag)
{
	json_t *explained = r->explain == EXPLAIN_JSON ? json_array() : NULL;

	for (size_t i = 0; i < spec->count && !diag_full(diag); i++) {
		show_progress(r, i, spec->count, spec->convs[i].name);
		run_conv(r, &spec->convs[i], bundle, explained, diag);
	}
	show_progress(r, spec->count, spec->count, NULL);
	if (explained && !diag_errors(diag)) {
		json_dumpf(explained, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(explained);
}

/* Product to disk: bundle, then the dependency file. */
static int write_output(const struct request *r, const struct spec *spec, struct bundle *bundle)
{
	char why[256];

	if (!r->output || r->dry_run)
		return EXIT_DONE;
	if (r->strip)
		bundle_strip(bundle);
	if (!bundle_write_file(bundle, r->output, why, sizeof why)) {
		fprintf(stderr, "npucc: %s\n", why);
		return EXIT_FILE;
	}
	if (r->want_depfile &&
	    !depfile_write(r->depfile, r->output, (const char *const *)spec->deps,
			   spec->dep_count, why, sizeof why)) {
		fprintf(stderr, "npucc: %s\n", why);
		return EXIT_FILE;
	}
	return EXIT_DONE;
}

/* Standard output carries the product of --explain: a full disk must show. */
static int flush_stdout(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "npucc: standard output: %s\n", strerror(errno));
	return EXIT_FILE;
}

/* The captured schedules; files read from a directory are dependencies too. */
static bool load_templates(struct request *r, struct template_set *set, struct spec *spec,
			   struct diag *diag)
{
	if (!template_set_load(set, template_dir(r->schedules), diag))
		return false;
	r->compile.templates = set;
	for (size_t i = 0; i < set->from_dir; i++) {
		const char *name = set->items[i].name;

		spec->deps = mem_grow(spec->deps, spec->dep_count, sizeof *spec->deps);
		spec->deps[spec->dep_count++] = mem_strndup(name, strlen(name));
	}
	return true;
}

static int compile_request(struct request *r)
{
	struct diag *diag = diag_new(stderr);
	struct template_set templates = { 0 };
	struct bundle *bundle = NULL;
	struct spec spec;
	int code = EXIT_REFUSED;

	spec_init(&spec);
	if (!diag)
		return EXIT_INTERNAL;
	for (size_t i = 0; i < r->spec_count; i++)
		spec_read(&spec, r->specs[i], diag);
	if (!diag_errors(diag))
		spec_check(&spec, diag);
	if (r->figure && spec.count > 1 && !diag_errors(diag))
		diag_error(diag, spec.convs[1].loc[CONV_NAME], "figure-one-conv",
			   "--figure draws one conv, there are %zu", spec.count);
	for (size_t i = 0; r->have_seed && i < spec.count; i++)
		spec.convs[i].seed = r->seed;
	if (!diag_errors(diag) && load_templates(r, &templates, &spec, diag)) {
		bundle = bundle_new(spec_digest(&spec));
		if (bundle)
			run_convs(r, &spec, bundle, diag);
		else
			code = EXIT_INTERNAL;
	}
	if (bundle && !diag_errors(diag))
		code = write_output(r, &spec, bundle);
	bundle_free(bundle);
	template_set_free(&templates);
	spec_free(&spec);
	diag_free(diag);
	return flush_stdout(code);
}

int cmd_compile(int argc, char **argv)
{
	struct request r = { .compile.core_mask = 1 };
	int code;

	r.specs = calloc((size_t)argc + 1, sizeof *r.specs);
	if (!r.specs)
		return EXIT_INTERNAL;
	code = parse_request(&r, argc, argv);
	if (code < 0)
		code = compile_request(&r);
	free(r.specs);
	return code;
}
