/* npurun --check and --compare: how good the output is. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "run_session.h"
#include "tensor_image.h"

/* "0.0125 (0.5 steps)": an error in real numbers and in the output's steps. */
#define ERROR_TEXT_BYTES 64
static const char *error_text(char text[ERROR_TEXT_BYTES], double error,
			      const struct tensor_desc *d)
{
	if (tensor_is_integer(d))
		snprintf(text, ERROR_TEXT_BYTES, "%.6g (%.3f steps)", error,
			 error / (double)d->scale);
	else
		snprintf(text, ERROR_TEXT_BYTES, "%.6g", error);
	return text;
}

#define SNR_TEXT_BYTES 32
static const char *snr_text(char text[SNR_TEXT_BYTES], double snr)
{
	if (isinf(snr))
		snprintf(text, SNR_TEXT_BYTES, "%s", snr > 0 ? "infinite" : "none");
	else
		snprintf(text, SNR_TEXT_BYTES, "%.2f dB", snr);
	return text;
}

static void print_stats(FILE *out, const char *head, const struct error_stats *e,
			const struct tensor_desc *d)
{
	char most[ERROR_TEXT_BYTES], mean[ERROR_TEXT_BYTES], place[TENSOR_TEXT_BYTES];
	char snr[SNR_TEXT_BYTES];

	fprintf(out, "%s: largest error %s, mean %s,\n", head,
		error_text(most, e->max_error, d), error_text(mean, error_mean(e), d));
	fprintf(out, "  cosine %.9f, SNR %s, %llu of %llu equal\n", error_cosine(e),
		snr_text(snr, error_snr(e)), (unsigned long long)e->equal,
		(unsigned long long)e->count);
	if (e->max_error > 0)
		fprintf(out, "  largest at %s: got %.9g, reference %.9g\n",
			tensor_place(place, d, e->worst), e->worst_got,
			e->worst_reference);
}

/* Whether the errors keep --max-error and --min-snr; complains. */
static bool within_limits(const struct session *s, const char *what,
			  const struct error_stats *e)
{
	const struct run_options *o = &s->options;
	char snr[SNR_TEXT_BYTES];
	bool good = true;

	if (o->has_max_error && !(e->max_error <= o->max_error)) {
		tool_complain(PROGRAM, what, "the largest error is %.6g; allowed is %.6g",
			      e->max_error, o->max_error);
		good = false;
	}
	if (o->has_min_snr && !(error_snr(e) >= o->min_snr)) {
		tool_complain(PROGRAM, what, "the SNR is %s; wanted is %.2f dB",
			      snr_text(snr, error_snr(e)), o->min_snr);
		good = false;
	}
	return good;
}

static void print_bounded(const struct session *s, const struct check_result *r,
			  FILE *out)
{
	char place[TENSOR_TEXT_BYTES];

	fprintf(out, "check: %s: %llu of %llu outputs out of bounds\n",
		r->failures ? "FAIL" : "PASS", (unsigned long long)r->failures,
		(unsigned long long)r->outputs);
	fprintf(out, "  largest error %.6g, cosine %.9f, %.2f s\n", r->error.max_error,
		error_cosine(&r->error), r->seconds);
	fprintf(
	    out,
	    "  nearest to its bound: %s got %.9g, reference %.9g, off by %.3g of %.3g\n",
	    tensor_place(place, &s->output.desc, r->worst), r->worst_got,
	    r->worst_reference, r->worst_ratio * r->worst_bound, r->worst_bound);
}

/* int8 outputs must also be as near to real numbers as rounding leaves them. */
static bool check_failed(const struct check_result *r)
{
	return r->failures || r->beyond;
}

static void print_fixed(const struct session *s, const struct check_result *r, FILE *out)
{
	const struct tensor_desc *d = &s->output.desc;
	char place[TENSOR_TEXT_BYTES];

	fprintf(out,
		"check: %s: %llu of %llu outputs differ from the fixed-point "
		"reference, %.2f s\n",
		check_failed(r) ? "FAIL" : "PASS", (unsigned long long)r->failures,
		(unsigned long long)r->outputs, r->seconds);
	if (r->failures)
		fprintf(out, "  largest difference %g at %s: got %g, reference %g\n",
			r->error.max_error, tensor_place(place, d, r->error.worst),
			r->error.worst_got, r->error.worst_reference);
	if (!r->has_model) {
		fprintf(out, "  the bundle has no scales of weights to compare with real "
			     "numbers by\n");
		return;
	}
	print_stats(out, "  from the conv in real numbers", &r->model, d);
	if (r->beyond)
		fprintf(out,
			"  %llu outputs are further from it than rounding explains: the "
			"multipliers do not belong to the scales\n",
			(unsigned long long)r->beyond);
	if (r->clipped)
		fprintf(out, "  %llu outputs are beyond what the output can hold\n",
			(unsigned long long)r->clipped);
}

/* The limits concern --compare; without it, what --check compares with. */
static bool check_limits(const struct session *s, const struct check_result *r)
{
	const struct run_options *o = &s->options;

	if (o->compare || !(o->has_max_error || o->has_min_snr))
		return true;
	if (!r->is_fixed)
		return within_limits(s, "--check", &r->error);
	if (r->has_model)
		return within_limits(s, "--check", &r->model);
	tool_complain(PROGRAM, s->bundle.path,
		      "there are no scales of weights to find an error in real numbers "
		      "by; give --compare");
	return false;
}

enum tool_exit verdict_check(const struct session *s)
{
	const struct check_run run = {
		.npub = &s->bundle.npub,
		.conv = s->conv,
		.input = &s->input,
		.output = &s->output,
		.operand = s->operand.data ? &s->operand : NULL,
		.threads = s->options.threads,
		.progress = !s->options.quiet && isatty(STDERR_FILENO),
	};
	struct check_result result;
	char why[200];

	if (!s->options.check)
		return EXIT_DONE;
	switch (check_output(&result, &run, why, sizeof(why))) {
	case CHECK_NOMEM:
		return session_no_memory();
	case CHECK_IMPOSSIBLE:
		tool_complain(PROGRAM, s->bundle.path, "%s", why);
		return EXIT_REFUSED;
	default:
		break;
	}
	if (check_failed(&result) || !s->options.quiet)
		(result.is_fixed ? print_fixed : print_bounded)(
		    s, &result, check_failed(&result) ? stderr : s->report);
	return check_limits(s, &result) && !check_failed(&result) ? EXIT_DONE
								  : EXIT_REFUSED;
}

/* Real numbers as they are; integers are stored numbers of the output. */
static bool read_reference(struct tensor *t, const struct session *s,
			   struct tensor_report *report)
{
	struct tensor_in how = TENSOR_IN_DEFAULT;
	struct tensor_desc desc = s->output.desc;
	const char *path = s->options.compare;

	how.side = "the conv gives";
	desc.elem = NPU_ELEM_FP32;
	desc.is_uint8 = false;
	if (!tensor_new(t, &desc))
		return tensor_refuse(report, "out of memory");
	if (!tensor_read_file(t, path, TENSOR_FORMAT_NPY, &how, report))
		return false;
	if (!report->integers || !tensor_is_integer(&s->output.desc))
		return true;
	tensor_free(t);
	if (!tensor_new(t, &s->output.desc))
		return tensor_refuse(report, "out of memory");
	return tensor_read_file(t, path, TENSOR_FORMAT_NPY, &how, report);
}

/* All pairs, and how many outputs are at an end of what the type holds. */
static uint64_t add_pairs(struct error_stats *stats, const struct tensor *output,
			  const struct tensor *reference)
{
	struct tensor_range range = tensor_range(&output->desc);
	uint64_t at_ends = 0;

	for (size_t i = 0; i < output->count; i++) {
		double stored = tensor_get(output, i);

		at_ends += stored == range.least || stored == range.most;
		error_add(stats, i, tensor_real(&output->desc, stored),
			  tensor_real(&reference->desc, tensor_get(reference, i)));
	}
	return at_ends;
}

enum tool_exit verdict_prepare(struct session *s)
{
	struct tensor_report report = { .file_trouble = false };

	if (!s->options.compare || read_reference(&s->reference, s, &report))
		return EXIT_DONE;
	tool_complain(PROGRAM, s->options.compare, "%s", report.why);
	return report.file_trouble ? EXIT_FILE : EXIT_REFUSED;
}

enum tool_exit verdict_compare(const struct session *s)
{
	struct error_stats stats = { .count = 0 };
	uint64_t at_ends;
	FILE *out;
	bool good;

	if (!s->reference.data)
		return EXIT_DONE;
	at_ends = add_pairs(&stats, &s->output, &s->reference);
	good = within_limits(s, s->options.compare, &stats);
	if (good && s->options.quiet)
		return EXIT_DONE;
	out = good ? s->report : stderr;
	print_stats(out, "compare", &stats, &s->output.desc);
	if (tensor_is_integer(&s->output.desc))
		fprintf(out,
			"  %llu outputs are the least or the largest that %s holds\n",
			(unsigned long long)at_ends, tensor_type(&s->output.desc));
	return good ? EXIT_DONE : EXIT_REFUSED;
}
