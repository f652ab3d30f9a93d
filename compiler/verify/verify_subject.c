#include "verify/verify_subject.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "compile.h"
#include "corpus/capture_facts.h"
#include "file.h"
#include "spec.h"
#include "verify/verify.h"

#define ALL_PLANS ((1u << NPU_MAX_CORES) - 1)

/* One problem with all its plans into the bundle; the weights are zeros. */
static int add_problem(struct bundle *bundle, const struct conv_problem *p,
		       const struct npub_op *op, struct diag *diag)
{
	const struct compile_options options = { .core_mask = ALL_PLANS };
	struct compiled_conv c;
	struct operands o;
	bool ok;

	if (!compile_conv(&c, p, op, &options, diag))
		return EXIT_REFUSED;
	ok = operands_zero(&o, p) && compile_emit(bundle, &c, &o);
	operands_free(&o);
	compiled_conv_free(&c);
	return ok ? EXIT_DONE : EXIT_INTERNAL;
}

/* Keep the finished image beyond its bundle. */
static int take_image(struct verify_subject *s, struct bundle *bundle)
{
	const uint8_t *image = bundle_finish(bundle, &s->bytes);

	s->blob = image ? malloc(s->bytes) : NULL;
	if (!s->blob)
		return EXIT_INTERNAL;
	memcpy(s->blob, image, s->bytes);
	npub_open(&s->npub, s->blob, s->bytes, &s->broken);
	return EXIT_DONE;
}

/* `op` is that of all; NULL: what each problem says. */
static int compile_problems(struct verify_subject *s, const struct conv_problem *convs,
			    size_t count, const struct npub_op *op, struct diag *diag)
{
	struct bundle *bundle = bundle_new(0);
	int code = bundle ? EXIT_DONE : EXIT_INTERNAL;

	for (size_t i = 0; i < count && code == EXIT_DONE; i++)
		code = add_problem(bundle, &convs[i], op, diag);
	if (code == EXIT_DONE)
		code = take_image(s, bundle);
	bundle_free(bundle);
	if (code == EXIT_INTERNAL)
		fprintf(stderr, "npucc: out of memory\n");
	return code;
}

static int open_spec(struct verify_subject *s, const char *arg, enum npu_elem type)
{
	struct diag *diag = diag_new(stderr);
	struct spec spec;
	int code = EXIT_REFUSED;

	s->kind = SUBJECT_SPEC;
	if (!diag)
		return EXIT_INTERNAL;
	spec_init(&spec);
	spec.default_elem = type;
	spec_read(&spec, arg, diag);
	spec_check(&spec, diag);
	if (!diag_errors(diag))
		code = compile_problems(s, spec.convs, spec.count, NULL, diag);
	spec_free(&spec);
	diag_free(diag);
	return code;
}

static int open_template(struct verify_subject *s, const char *name,
			 const struct file_text *text)
{
	struct diag *diag = diag_new(stderr);
	int code = EXIT_REFUSED;

	s->kind = SUBJECT_TEMPLATE;
	if (!diag)
		return EXIT_INTERNAL;
	if (template_read_text(&s->template, name, text->bytes, text->count, diag))
		code = compile_problems(s, &s->template.problem, 1, NULL, diag);
	diag_free(diag);
	return code;
}

static bool holds(const struct file_text *text, const char *what)
{
	size_t bytes = strlen(what);

	for (size_t i = 0; i + bytes <= text->count; i++) {
		if (!memcmp(text->bytes + i, what, bytes))
			return true;
	}
	return false;
}

int subject_open(struct verify_subject *s, const char *arg, enum npu_elem type)
{
	struct file_text text;
	int code;

	memset(s, 0, sizeof *s);
	template_init(&s->template);
	/* what is no file may be a slug; the spec reader complains if it is not */
	if (!strcmp(arg, "-") || file_read(&text, arg, UINT32_MAX, true) != FILE_OK)
		return open_spec(s, arg, type);
	if (text.count >= NPUB_MAGIC_BYTES &&
	    !memcmp(text.bytes, NPUB_MAGIC, NPUB_MAGIC_BYTES)) {
		s->kind = SUBJECT_BUNDLE;
		s->blob = text.bytes;
		s->bytes = text.count;
		npub_open(&s->npub, s->blob, s->bytes, &s->broken);
		return EXIT_DONE;
	}
	if (text.count && text.bytes[0] == '{' && holds(&text, "\"" TEMPLATE_FORMAT "\""))
		code = open_template(s, arg, &text);
	else
		code = open_spec(s, arg, type);
	free(text.bytes);
	if (code != EXIT_DONE)
		subject_close(s);
	return code;
}

int subject_from_capture(struct verify_subject *s, const struct capture *c)
{
	struct diag *diag = diag_new(stderr);
	struct conv_problem p = c->problem;
	int code = EXIT_INTERNAL;
	struct capture_facts facts;
	struct npub_op op;

	memset(s, 0, sizeof *s);
	template_init(&s->template);
	s->kind = SUBJECT_CAPTURE;
	capture_read_facts(&facts, c);
	op = capture_op(&p, &facts);
	p.name = c->slug;
	if (diag)
		code = compile_problems(s, &p, 1, &op, diag);
	diag_free(diag);
	return code;
}

void subject_close(struct verify_subject *s)
{
	template_clear(&s->template);
	free(s->blob);
	s->blob = NULL;
}

void subject_check_structure(const struct verify_subject *s, uint32_t conv,
			     struct report *report)
{
	struct npurt_error error = s->broken;

	report_item(report, "bundle-structure", "the runtime would accept it");
	/* what the verifier relies on, and the reader has checked before it */
	if (error.code == NPURT_OK && npub_check_elements(&s->npub, &error) == NPURT_OK)
		npurt_verify_conv(&s->npub, conv, &error);
	if (error.code == NPURT_OK)
		return;
	if (error.task != NPURT_NOWHERE && error.task)
		report_fail(report, "%s: %s (task %llu)", npurt_strerror(error.code),
			    error.detail, (unsigned long long)error.task);
	else
		report_fail(report, "%s%s%s", npurt_strerror(error.code),
			    error.detail[0] ? ": " : "", error.detail);
}

void subject_check_template(const struct verify_subject *s, struct report *report)
{
	const struct compile_options options = { .core_mask = ALL_PLANS };
	struct template_differences d = { 0 };
	struct diag *diag = diag_new(NULL);
	struct compiled_conv c;
	bool planned = diag && compile_conv(&c, &s->template.problem, NULL, &options, diag);

	diag_free(diag);
	report_item(report, "template-schedule", "the compiler's own plans equal it");
	if (!planned) {
		report_fail(report, "the problem cannot be planned");
		return;
	}
	template_compare(&d, &s->template, &c);
	for (uint32_t i = 0; i < d.count; i++)
		report_fail(report, "%s", d.items[i].text);
	report_pass(report, "%u plans equal the compiler's own", d.plans);
	if (!d.plans)
		report_skip(report, "the template has no plans");
	template_differences_free(&d);
	compiled_conv_free(&c);
}
