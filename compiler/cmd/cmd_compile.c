/*
 * npucc SPEC... -o FILE: read, check, plan, lower, encode, write - in that order.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/compile_request.h"
#include "cmd/depfile.h"
#include "conv_attr.h"
#include "explain/explain.h"
#include "explain/figure.h"
#include "mem.h"
#include "npurt.h"
#include "spec.h"

/* A line that counts convs, on a terminal, once it has taken a while. */
static void show_progress(const struct request *r, size_t done, size_t total,
			  const char *name)
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

static bool emit_conv(struct bundle *bundle, const struct compiled_conv *c,
		      const struct operands *o, struct diag *diag)
{
	if (compile_emit(bundle, c, o))
		return true;
	diag_error(diag, c->problem->loc[CONV_NAME], NULL, "out of memory");
	return false;
}

static bool scales_are_given(const struct conv_problem *p)
{
	return p->elem == NPU_ELEM_INT8 && (p->weight_quant.kind == WEIGHT_QUANT_GIVEN ||
					    p->weight_quant.kind == WEIGHT_QUANT_FILE);
}

/* Weights that their given scale cannot say make a conv that is not the one meant. */
static void warn_of_cut_weights(const struct conv_problem *p, const struct operands *o,
				struct diag *diag)
{
	struct loc loc = conv_attr_loc(p, CONV_WEIGHT_QUANT);
	uint64_t cut = o->notes.saturated_weights;

	if (scales_are_given(p) && o->notes.lost_channels) {
		diag_warning(diag, loc, "weight-range",
			     "all weights of %u of %u output channels are less than half "
			     "their scale, and become 0",
			     o->notes.lost_channels, p->out_c);
		diag_note(diag, loc,
			  "smaller scales keep them; without 'weight_quant' npucc "
			  "chooses scales");
	}
	if (!cut)
		return;
	diag_warning(
	    diag, loc, "weight-range",
	    "%llu of %llu weights are beyond what their scale can say, and are cut",
	    (unsigned long long)cut, (unsigned long long)o->notes.weight_count);
	diag_note(diag, loc,
		  "larger scales keep them; without 'weight_quant' npucc "
		  "chooses scales");
}

/*
 * One conv through all stages; errors are in `diag`.  EXIT_DONE, or EXIT_FILE when
 * its figure could not be written.
 */
static int run_conv(const struct request *r, const struct conv_problem *p,
		    struct bundle *bundle, json_t *explained, struct diag *diag)
{
	bool numbers = r->output || r->dry_run || explain_needs_operands(p);
	struct operands o = { .op = op_from_problem(p) };
	struct compiled_conv c;
	int code = EXIT_DONE;
	char why[256];
	bool ok;

	if ((numbers && !operands_load(&o, p, diag)) ||
	    !compile_conv(&c, p, &o.op, &r->compile, diag)) {
		operands_free(&o);
		return EXIT_DONE;
	}
	if (numbers)
		warn_of_cut_weights(p, &o, diag);
	if (r->explain == EXPLAIN_TEXT)
		explain_text(stdout, &c, &o);
	if (r->explain == EXPLAIN_JSON)
		json_array_append_new(explained, explain_json(&c, &o));
	ok = !(r->output || r->dry_run) || emit_conv(bundle, &c, &o, diag);
	if (ok && r->figure && !r->dry_run &&
	    !figure_write(r->figure, &c, why, sizeof why)) {
		fprintf(stderr, "npucc: %s\n", why);
		code = EXIT_FILE;
	}
	compiled_conv_free(&c);
	operands_free(&o);
	return code;
}

/* EXIT_DONE, or the code of a file that could not be written; errors are in `diag`. */
static int run_convs(const struct request *r, const struct spec *spec,
		     struct bundle *bundle, struct diag *diag)
{
	json_t *explained = r->explain == EXPLAIN_JSON ? json_array() : NULL;
	int code = EXIT_DONE;

	for (size_t i = 0; i < spec->count && !diag_full(diag) && code == EXIT_DONE;
	     i++) {
		show_progress(r, i, spec->count, spec->convs[i].name);
		code = run_conv(r, &spec->convs[i], bundle, explained, diag);
	}
	show_progress(r, spec->count, spec->count, NULL);
	if (explained && !diag_errors(diag)) {
		json_dumpf(explained, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(explained);
	return code;
}

/*
 * What the runtime would refuse is never written: mixed plans, counts that differ
 * from chains, stray barriers, half interrupt pairs, stray DMAs are our own bugs.
 */
static bool passes_runtime(struct bundle *bundle)
{
	struct npurt_error error = { 0 };
	size_t bytes;
	const uint8_t *image = bundle_finish(bundle, &bytes);
	enum npurt_err err = image ? npurt_verify(image, bytes, &error) : NPURT_ERR_NOMEM;

	if (err != NPURT_OK)
		fprintf(stderr,
			"npucc: internal error: the bundle would be refused: %s (%s)\n",
			npurt_strerror(err), error.detail);
	return err == NPURT_OK;
}

/*
 * A bundle that is newer than its sources but lacks its dependency file would never
 * be made again; a device or pipe stays.
 */
static void remove_bundle(const char *path)
{
	struct stat st;

	if (strcmp(path, "-") && lstat(path, &st) == 0 && S_ISREG(st.st_mode))
		unlink(path);
}

/* Product to disk: bundle, then the dependency file. */
static int write_output(const struct request *r, const struct spec *spec,
			struct bundle *bundle)
{
	char why[256];

	if (!r->output && !r->dry_run)
		return EXIT_DONE;
	if (r->strip)
		bundle_strip(bundle);
	if (!passes_runtime(bundle))
		return EXIT_INTERNAL;
	if (r->dry_run)
		return EXIT_DONE;
	if (!bundle_write_file(bundle, r->output, why, sizeof why)) {
		fprintf(stderr, "npucc: %s\n", why);
		return EXIT_FILE;
	}
	if (r->want_depfile &&
	    !depfile_write(r->depfile, r->output, (const char *const *)spec->deps,
			   spec->dep_count, why, sizeof why)) {
		fprintf(stderr, "npucc: %s\n", why);
		remove_bundle(r->output);
		return EXIT_FILE;
	}
	return EXIT_DONE;
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

/* Is `path` a file that was read, under whatever name? */
static bool is_source(const struct spec *spec, const char *path)
{
	struct stat out, in;

	if (!path || stat(path, &out) != 0 || !S_ISREG(out.st_mode))
		return false;
	for (size_t i = 0; i < spec->dep_count; i++)
		if (stat(spec->deps[i], &in) == 0 && in.st_dev == out.st_dev &&
		    in.st_ino == out.st_ino)
			return true;
	return false;
}

/* Outputs never replace a spec, an include or a weights file; errors are printed. */
static bool spares_sources(const struct request *r, const struct spec *spec)
{
	const struct {
		const char *option, *path;
	} outputs[] = {
		{ "-o", r->output },
		{ "-MF", r->want_depfile ? r->depfile : NULL },
		{ "--figure", r->figure },
	};

	for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++) {
		if (!is_source(spec, outputs[i].path))
			continue;
		fprintf(stderr, "npucc: %s: '%s' is one of the files that are read\n",
			outputs[i].option, outputs[i].path);
		return false;
	}
	return true;
}

static int compile_request(struct request *r)
{
	struct diag *diag = diag_new(stderr);
	struct template_set templates = { 0 };
	struct bundle *bundle = NULL;
	struct spec spec;
	int code = EXIT_REFUSED, run = EXIT_DONE;

	spec_init(&spec);
	spec.default_elem = r->type;
	if (!diag)
		return EXIT_INTERNAL;
	for (size_t i = 0; i < r->spec_count; i++)
		spec_read(&spec, r->specs[i], diag);
	spec_check(&spec, diag);
	if (r->figure && spec.count > 1 && !diag_errors(diag))
		diag_error(diag, spec.convs[1].loc[CONV_NAME], "figure-one-conv",
			   "--figure draws one conv, there are %zu", spec.count);
	for (size_t i = 0; r->have_seed && i < spec.count; i++)
		spec.convs[i].seed = r->seed;
	if (diag_errors(diag) || !load_templates(r, &templates, &spec, diag)) {
		run = EXIT_REFUSED;
	} else if (!spares_sources(r, &spec)) {
		run = EXIT_USAGE;
	} else {
		bundle = bundle_new(spec_digest(&spec));
		run = bundle ? run_convs(r, &spec, bundle, diag) : EXIT_INTERNAL;
	}
	if (run != EXIT_DONE)
		code = run;
	else if (bundle && !diag_errors(diag))
		code = write_output(r, &spec, bundle);
	bundle_free(bundle);
	template_set_free(&templates);
	spec_free(&spec);
	diag_free(diag);
	return code;
}

int cmd_compile(int argc, char **argv)
{
	struct request r = { .compile.core_mask = (1u << NPU_MAX_CORES) - 1 };
	int code;

	r.specs = calloc((size_t)argc + 1, sizeof *r.specs);
	if (!r.specs)
		return EXIT_INTERNAL;
	code = compile_request_parse(&r, argc, argv);
	if (code < 0)
		code = compile_request(&r);
	free(r.specs);
	return code;
}
