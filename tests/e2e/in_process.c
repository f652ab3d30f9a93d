#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bundle_write.h"
#include "compile.h"
#include "npurt.h"
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

/*
 * Run a loaded conv and compare: with the reference and, bit by bit, with what
 * the first plan gave, which is kept in *first.
 */
static void run_loaded(struct result *result, const struct problem *p,
		       const struct data *d, struct npurt *rt, void **first)
{
	struct npurt_error e = { 0 };
	size_t bytes = d->y_count * (p->fp32 ? 4 : 2);
	void *y = malloc(bytes);
	enum npurt_err code = NPURT_ERR_NOMEM;

	if (y)
		code = npurt_write_input(rt, d->x, d->x_count * sizeof *d->x);
	if (code == NPURT_OK)
		code = npurt_run(rt, &e);
	if (code == NPURT_OK)
		code = npurt_read_output(rt, y, bytes);
	if (code != NPURT_OK)
		fail_runtime(result, "run", code, &e);
	else if (!data_compare(d, p, y, result->why, sizeof result->why))
		result->outcome = OUTCOME_WRONG;
	else if (*first && memcmp(*first, y, bytes) != 0)
		result_set(result, OUTCOME_WRONG, "plans differ in their output");
	if (*first || code != NPURT_OK)
		free(y);
	else
		*first = y;
}

/* Every plan of the bundle, on a simulator that has just been switched on. */
static void run_bundle(struct result *result, const struct problem *p,
		       const struct data *d, const void *blob, size_t bytes,
		       uint32_t cores, void **first)
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
		run_loaded(result, p, d, rt, first);
		npurt_close(rt);
	}
	npurt_device_close(device);
}

/* A bundle as the compiler program would write it. */
static struct bundle *make_bundle(const struct compiled_conv *c, const struct spec *spec,
				  const struct data *d)
{
	struct bundle *b = bundle_new(spec_digest(spec));

	const struct operands o = { .weights = d->w, .bias = d->bias,
				    .input.scale = 1, .output.scale = 1 };

	if (b && !compile_emit(b, c, &o)) {
		bundle_free(b);
		return NULL;
	}
	return b;
}

/* The image of a second compilation must not differ in a single byte. */
static void check_same_again(struct result *result, const struct spec *spec,
			     const struct data *d, const uint8_t *blob, size_t bytes)
{
	const struct compile_options options = { .core_mask = 7 };
	struct diag *diag = diag_new(NULL);
	struct compiled_conv c;
	struct bundle *b = NULL;
	const uint8_t *again = NULL;
	size_t again_bytes = 0;

	if (compile_conv(&c, &spec->convs[0], NULL, &options, diag)) {
		b = make_bundle(&c, spec, d);
		if (b)
			again = bundle_finish(b, &again_bytes);
		compiled_conv_free(&c);
	}
	if (!again || again_bytes != bytes || memcmp(again, blob, bytes) != 0)
		result_set(result, OUTCOME_WRONG,
			   "a second compilation gives other bytes");
	bundle_free(b);
	diag_free(diag);
}

/* All plans of a compiled conv; outputs equal to each other and to *first. */
static void run_plans(struct result *result, const struct problem *p,
		      const struct compiled_conv *c, const struct spec *spec,
		      const struct data *d, bool again, void **first)
{
	struct bundle *b = make_bundle(c, spec, d);
	size_t bytes;
	const uint8_t *blob = b ? bundle_finish(b, &bytes) : NULL;

	if (!blob)
		result_set(result, OUTCOME_WRONG, "no bundle was made");
	for (uint32_t i = 0; blob && i < c->plan_count; i++)
		if (result->outcome == OUTCOME_RIGHT && !c->plans[i].shared)
			run_bundle(result, p, d, blob, bytes, c->plans[i].cores, first);
	if (blob && again && result->outcome == OUTCOME_RIGHT)
		check_same_again(result, spec, d, blob, bytes);
	bundle_free(b);
}

static bool has_deltas(const struct compiled_conv *c)
{
	return c->plan_count && c->lists[0][0].task_count > 2;
}

/* The same with complete records in place of deltas, where there are any. */
static void run_full_records(struct result *result, const struct problem *p,
			     const struct spec *spec, const struct data *d, void **first)
{
	const struct compile_options options = { .core_mask = 1, .full_records = true };
	struct diag *diag = diag_new(NULL);
	struct compiled_conv c;

	if (compile_conv(&c, &spec->convs[0], NULL, &options, diag)) {
		run_plans(result, p, &c, spec, d, false, first);
		compiled_conv_free(&c);
	} else {
		result_set(result, OUTCOME_WRONG, "refused with complete records");
	}
	diag_free(diag);
}

static void run_compiled(struct result *result, const struct problem *p,
			 const struct compiled_conv *c, const struct spec *spec)
{
	struct data d;
	void *first = NULL;

	if (!data_make(&d, p)) {
		result_set(result, OUTCOME_WRONG, "out of memory in the test");
		return;
	}
	run_plans(result, p, c, spec, &d, true, &first);
	if (result->outcome == OUTCOME_RIGHT && has_deltas(c))
		run_full_records(result, p, spec, &d, &first);
	free(first);
	data_free(&d);
}

void run_in_process(struct result *result, const struct problem *p, enum form form)
{
	const struct compile_options options = { .core_mask = 7 };
	const struct spec_files files = { NULL, NULL };
	char *text = NULL, *messages = NULL;
	size_t text_bytes, message_bytes;
	FILE *text_out = open_memstream(&text, &text_bytes);
	FILE *out = open_memstream(&messages, &message_bytes);
	struct diag *diag = diag_new(out);
	struct compiled_conv c;
	struct spec spec;

	memset(result, 0, sizeof *result);
	problem_write_spec(text_out, p, form, &files);
	fclose(text_out);
	spec_init(&spec);
	spec_read_text(&spec, "e2e.conv", text, text_bytes, diag);
	spec_check(&spec, diag);
	if (diag_errors(diag) == 0 && spec.count == 1 &&
	    compile_conv(&c, &spec.convs[0], NULL, &options, diag)) {
		run_compiled(result, p, &c, &spec);
		compiled_conv_free(&c);
	} else {
		fflush(out);
		result_from_messages(result, messages);
	}
	spec_free(&spec);
	diag_free(diag);
	fclose(out);
	free(text);
	free(messages);
}
