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

/* Run a loaded conv and compare. */
static void run_loaded(struct result *result, const struct problem *p,
		       const struct data *d, struct npurt *rt)
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
	free(y);
}

/* Every plan of the bundle, on a simulator that has just been switched on. */
static void run_bundle(struct result *result, const struct problem *p,
		       const struct data *d, const void *blob, size_t bytes,
		       uint32_t cores)
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
		run_loaded(result, p, d, rt);
		npurt_close(rt);
	}
	npurt_device_close(device);
}

/* A bundle as the compiler program would write it. */
static struct bundle *make_bundle(const struct compiled_conv *c, const struct spec *spec,
				  const struct data *d)
{
	struct bundle *b = bundle_new(spec_digest(spec));

	if (b && !compile_emit(b, c, d->w, d->bias)) {
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

	if (compile_conv(&c, &spec->convs[0], &options, diag)) {
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

static void run_compiled(struct result *result, const struct problem *p,
			 const struct compiled_conv *c, const struct spec *spec)
{
	struct data d;
	struct bundle *b;
	const uint8_t *blob;
	size_t bytes;

	if (!data_make(&d, p)) {
		result_set(result, OUTCOME_WRONG, "out of memory in the test");
		return;
	}
	b = make_bundle(c, spec, &d);
	blob = b ? bundle_finish(b, &bytes) : NULL;
	if (!blob)
		result_set(result, OUTCOME_WRONG, "no bundle was made");
	for (uint32_t i = 0; blob && i < c->plan_count; i++)
		if (result->outcome == OUTCOME_RIGHT && !c->plans[i].shared)
			run_bundle(result, p, &d, blob, bytes, c->plans[i].cores);
	if (blob && result->outcome == OUTCOME_RIGHT)
		check_same_again(result, spec, &d, blob, bytes);
	bundle_free(b);
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
	    compile_conv(&c, &spec.convs[0], &options, diag)) {
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
