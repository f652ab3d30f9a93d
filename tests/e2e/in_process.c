#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/bundle_write.h"
#include "compile.h"
#include "expect.h"
#include "npurt.h"
#include "npy.h"
#include "runner.h"
#include "spec.h"

#define ALL_HAZARDS 0xffffffffu

void result_set(struct result *result, enum outcome outcome, const char *fmt, ...)
{
	va_list args;

	result->outcome = outcome;
	va_start(args, fmt);
	vsnprintf(result->why, sizeof result->why, fmt, args);
	va_end(args);
}

void result_from_messages(struct result *result, const char *messages)
{
	const char *error = strstr(messages, "error: "), *end, *open, *close;

	if (!error) {
		result_set(result, OUTCOME_WRONG,
			   "failed without an error message: %.300s", messages);
		return;
	}
	end = strchr(error, '\n');
	end = end ? end : error + strlen(error);
	result_set(result, OUTCOME_REFUSED, "%.*s", (int)(end - error), error);
	close = end > error && end[-1] == ']' ? end - 1 : NULL;
	for (open = close; open && open > error && *open != '['; open--)
		;
	if (close && *open == '[')
		snprintf(result->rule, sizeof result->rule, "%.*s",
			 (int)(close - open - 1), open + 1);
	else /* a refusal must say which rule it rests on */
		result_set(result, OUTCOME_WRONG, "refused without naming a rule: %.300s",
			   messages);
}

static void fail_runtime(struct result *result, const char *call, enum npurt_err code,
			 const struct npurt_error *e)
{
	result_set(result, OUTCOME_WRONG, "%s: %s: %s", call, npurt_errname(code),
		   e ? e->detail : "");
}

/* What every run of one problem has. */
struct run {
	const struct problem *p;
	const struct spec *spec;
	struct data d;
	struct expect expect;
	void *first; /* output of the first plan */
};

static enum npurt_err write_and_run(const struct run *r, struct npurt *rt, void *y,
				    size_t bytes, struct npurt_error *e)
{
	size_t elem_bytes = data_elem_bytes(r->p);
	enum npurt_err code =
	    npurt_write(rt, NPURT_INPUT, r->d.x, r->d.x_count * elem_bytes);

	if (code == NPURT_OK && r->p->add)
		code = npurt_write(rt, NPURT_OPERAND, r->d.operand,
				   r->d.y_count * elem_bytes);
	if (code == NPURT_OK)
		code = npurt_run(rt, e);
	return code == NPURT_OK ? npurt_read_output(rt, y, bytes) : code;
}

/*
 * Run a loaded conv and compare: with the reference and, bit by bit, with what the
 * first plan gave.
 */
static void run_loaded(struct result *result, struct run *r, struct npurt *rt)
{
	struct npurt_error e = { 0 };
	size_t bytes = r->d.y_count * data_output_bytes(r->p);
	void *y = malloc(bytes);
	enum npurt_err code = y ? write_and_run(r, rt, y, bytes, &e) : NPURT_ERR_NOMEM;

	if (code != NPURT_OK)
		fail_runtime(result, "run", code, &e);
	else if (!expect_compare(&r->expect, r->p, y, result->why, sizeof result->why))
		result->outcome = OUTCOME_WRONG;
	else if (r->first && memcmp(r->first, y, bytes) != 0)
		result_set(result, OUTCOME_WRONG, "plans differ in their output");
	if (r->first || code != NPURT_OK)
		free(y);
	else
		r->first = y;
}

/* One plan of the bundle, on a simulator that has just been switched on. */
static void run_bundle(struct result *result, struct run *r, const void *blob,
		       size_t bytes, uint32_t cores)
{
	struct npurt_options options = { .cores = cores, .allow_hazards = ALL_HAZARDS };
	struct npurt_device *device;
	struct npurt_error e = { 0 };
	struct npurt *rt;
	enum npurt_err code = npurt_device_open_sim(&device, 1, &e);

	if (code != NPURT_OK) {
		fail_runtime(result, "open simulator", code, &e);
		return;
	}
	code = npurt_open(&rt, blob, bytes, device, &options, &e);
	if (code != NPURT_OK) {
		fail_runtime(result, "open", code, &e);
	} else {
		run_loaded(result, r, rt);
		npurt_close(rt);
	}
	npurt_device_close(device);
}

/* ---- compiling, as the compiler program does ---- */

struct compiled {
	struct operands o;
	struct compiled_conv c;
	struct bundle *bundle;
	const uint8_t *blob;
	size_t bytes;
};

/* False after an error in `diag`, or when no bundle could be made. */
static bool compile(struct compiled *out, const struct spec *spec,
		    const struct compile_options *options, struct diag *diag)
{
	const struct conv_problem *p = &spec->convs[0];

	memset(out, 0, sizeof *out);
	if (!operands_load(&out->o, p, diag))
		return false;
	if (!compile_conv(&out->c, p, &out->o.op, options, diag))
		return false;
	out->bundle = bundle_new(spec_digest(spec));
	if (out->bundle && compile_emit(out->bundle, &out->c, &out->o))
		out->blob = bundle_finish(out->bundle, &out->bytes);
	return out->blob;
}

static void compiled_free(struct compiled *c)
{
	bundle_free(c->bundle);
	if (c->c.problem)
		compiled_conv_free(&c->c);
	operands_free(&c->o);
}

/* The image of a second compilation must not differ in a single byte. */
static void check_same_again(struct result *result, const struct run *r,
			     const struct compiled *first)
{
	const struct compile_options options = { .core_mask = 7 };
	struct diag *diag = diag_new(NULL);
	struct compiled again;

	if (!compile(&again, r->spec, &options, diag) || again.bytes != first->bytes ||
	    memcmp(again.blob, first->blob, first->bytes) != 0)
		result_set(result, OUTCOME_WRONG,
			   "a second compilation gives other bytes");
	compiled_free(&again);
	diag_free(diag);
}

/* All plans of a compiled conv; outputs equal to each other and to the first. */
static void run_plans(struct result *result, struct run *r, const struct compiled *c)
{
	for (uint32_t i = 0; i < c->c.plan_count; i++)
		if (result->outcome == OUTCOME_RIGHT && !c->c.plans[i].shared)
			run_bundle(result, r, c->blob, c->bytes, c->c.plans[i].cores);
}

static bool has_deltas(const struct compiled_conv *c)
{
	return c->plan_count && c->lists[0][0].task_count > 2;
}

/* The same with complete records in place of deltas, where there are any. */
static void run_full_records(struct result *result, struct run *r)
{
	const struct compile_options options = { .core_mask = 1, .full_records = true };
	struct diag *diag = diag_new(NULL);
	struct compiled c;

	if (compile(&c, r->spec, &options, diag))
		run_plans(result, r, &c);
	else
		result_set(result, OUTCOME_WRONG, "refused with complete records");
	compiled_free(&c);
	diag_free(diag);
}

static void run_compiled(struct result *result, struct run *r, const struct compiled *c)
{
	struct chosen chosen;

	if (!chosen_read(&chosen, c->blob, c->bytes))
		result_set(result, OUTCOME_WRONG, "the bundle has no conv");
	else if (!expect_make(&r->expect, r->p, &r->d, &chosen, result->why,
			      sizeof result->why))
		result->outcome = OUTCOME_WRONG;
	if (result->outcome == OUTCOME_RIGHT)
		run_plans(result, r, c);
	if (result->outcome == OUTCOME_RIGHT)
		check_same_again(result, r, c);
	if (result->outcome == OUTCOME_RIGHT && has_deltas(&c->c))
		run_full_records(result, r);
	expect_free(&r->expect);
	free(r->first);
}

/* Parse, check, compile, run; messages go to `out`. */
static void run_text(struct result *result, struct run *r, const char *path,
		     const char *text, size_t text_bytes, FILE *out)
{
	const struct compile_options options = { .core_mask = 7 };
	struct diag *diag = diag_new(out);
	struct compiled c = { .blob = NULL };
	struct spec spec;

	spec_init(&spec);
	r->spec = &spec;
	spec_read_text(&spec, path, text, text_bytes, diag);
	spec_check(&spec, diag);
	if (diag_errors(diag) == 0 && spec.count == 1 &&
	    compile(&c, &spec, &options, diag))
		run_compiled(result, r, &c);
	else
		result->outcome = OUTCOME_REFUSED;
	compiled_free(&c);
	spec_free(&spec);
	diag_free(diag);
}

void run_in_process(struct result *result, const struct problem *p, enum form form,
		    const char *dir)
{
	struct spec_files files;
	struct run r = { .p = p };
	char *text = NULL, *messages = NULL, path[PATH_BYTES];
	size_t text_bytes, message_bytes;
	FILE *text_out = open_memstream(&text, &text_bytes);
	FILE *out = open_memstream(&messages, &message_bytes);

	memset(result, 0, sizeof *result);
	npy_path(path, dir, "e2e.conv");
	if (!data_make(&r.d, p) || !npy_write_weights(dir, p, &r.d, &files)) {
		result_set(result, OUTCOME_WRONG, "the test has no room for its data");
		fclose(text_out);
	} else {
		problem_write_spec(text_out, p, form, &files);
		fclose(text_out);
		run_text(result, &r, path, text, text_bytes, out);
	}
	fflush(out);
	if (result->outcome == OUTCOME_REFUSED)
		result_from_messages(result, messages);
	data_free(&r.d);
	npy_remove(dir);
	fclose(out);
	free(text);
	free(messages);
}
