/*
 * Templates of captures and of logs: the same records as those shipped, and a reason
 * for what holds no complete schedule.
 */
#include "template_fixture.h"

#include "corpus/capture.h"
#include "spec.h"
#include "verify/evidence.h"

#define CAPTURES TEST_DATA "/captures"

/* False with `why` filled, as the importer says it. */
static bool import_capture(struct template *t, const char *file, char *why)
{
	struct capture_orders orders;
	struct capture capture;
	char path[512];
	bool ok;

	snprintf(path, sizeof path, "%s/%s.json", CAPTURES, file);
	if (!capture_orders_read(&orders, CAPTURES, why) ||
	    !capture_read(&capture, path, &orders, why))
		fail_msg("%s: %s", file, why);
	ok = template_from_capture(t, &capture, why);
	capture_free(&capture);
	capture_orders_free(&orders);
	return ok;
}

/* Two templates hold the same schedule: what is written of them, provenance aside. */
static void expect_same_records(const char *name, const struct template *a,
				const struct template *b)
{
	if (a->record_count != b->record_count || a->plan_count != b->plan_count)
		fail_msg("%s: %u records of %u plans, want %u of %u", name,
			 a->record_count, a->plan_count, b->record_count, b->plan_count);
	for (uint32_t i = 0; i < a->record_count; i++) {
		const struct template_record *x = &a->records[i], *y = &b->records[i];

		if (x->write_count != y->write_count || x->offset != y->offset ||
		    x->mask != y->mask || x->int_mask != y->int_mask ||
		    memcmp(x->tail, y->tail, sizeof x->tail))
			fail_msg("%s: record %u differs outside its writes", name, i);
		for (uint32_t k = 0; k < x->write_count; k++) {
			const struct template_write *v = &x->writes[k],
						    *w = &y->writes[k];

			if (v->reg != w->reg || v->buffer != w->buffer ||
			    v->value != w->value)
				fail_msg(
				    "%s: record %u, write %u: %s %s+%u, want %s %s+%u",
				    name, i, k, npu_regs[v->reg].name,
				    template_buffer_name(v->buffer), v->value,
				    npu_regs[w->reg].name,
				    template_buffer_name(w->buffer), w->value);
		}
	}
	assert_memory_equal(a->bo_bytes, b->bo_bytes, sizeof a->bo_bytes);
	assert_int_equal(a->regcmd_offset, b->regcmd_offset);
	assert_int_equal(a->regcmd_bytes, b->regcmd_bytes);
}

static void a_capture_gives_the_shipped_template(void **state)
{
	struct template made, want;
	char why[TEMPLATE_WHY_BYTES];

	(void)state;
	if (!import_capture(&made, "f16_c160_7x7_oc320_k3x3_s1_p0_g1", why))
		fail_msg("%s", why);
	read_shipped(&want, "c160_h7_w7_oc320_k3.json");
	expect_same_records("c160 h7", &made, &want);
	assert_int_equal(made.sync_count, want.sync_count);
	assert_memory_equal(made.syncs, want.syncs,
			    made.sync_count * sizeof made.syncs[0]);
	assert_true(made.dumps);
	assert_int_equal(made.submit.task_number, want.submit.task_number);
	assert_string_equal(made.provenance.capture, "f16_c160_7x7_oc320_k3x3_s1_p0_g1");
	assert_string_equal(made.provenance.kind, "rknn-container");
	assert_null(made.provenance.runtime);
	template_clear(&made);
	template_clear(&want);
}

static void what_is_no_plain_conv_is_refused(void **state)
{
	static const struct {
		const char *file, *want;
	} cases[] = {
		{ "f16_c16_160x160_oc40_k1x1_s1_p0_g1_relu", "its operator is ConvRelu" },
		{ "f16_c64_20x20_oc2_k3x3_s1_p1_g1_sigmoid",
		  "its operator is ConvSigmoid" },
		{ "f16_c24_3x3_oc24_k3x3_s1_p0_g24", "lead on into the next operator" },
		{ "i8_c9216_1x1_oc1_k1x1_s1_p0_g1_add", "its operator is ConvAdd" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char why[TEMPLATE_WHY_BYTES] = "";
		struct template t;

		if (import_capture(&t, cases[i].file, why))
			fail_msg("%s: made a template", cases[i].file);
		if (!strstr(why, cases[i].want))
			fail_msg("%s: says '%s', want '%s'", cases[i].file, why,
				 cases[i].want);
	}
}

/* The logs of a run; conv as a slug. */
static bool import_log(struct template *t, const char *file, const char *slug, char *why)
{
	struct diag *diag = diag_new(stderr);
	struct evidence *ev = calloc(1, sizeof *ev);
	struct log *log = calloc(1, sizeof *log);
	char path[512], log_why[LOG_WHY_BYTES];
	struct spec spec;
	bool ok;

	assert_non_null(ev);
	assert_non_null(log);
	spec_init(&spec);
	spec_read(&spec, slug, diag);
	spec_check(&spec, diag);
	assert_int_equal(diag_errors(diag), 0);
	log_init(log);
	snprintf(path, sizeof path, "%s/logs/%s", TEST_DATA, file);
	if (!log_read(log, path, LOG_KIND_AUTO, log_why))
		fail_msg("%s: %s", file, log_why);
	assert_true(evidence_init(ev, log, NULL, NULL, 1));
	ok = template_from_evidence(t, ev, &spec.convs[0], why);
	evidence_free(ev);
	log_free(log);
	spec_free(&spec);
	diag_free(diag);
	free(ev);
	free(log);
	return ok;
}

static void logs_give_the_shipped_templates(void **state)
{
	static const struct {
		const char *log, *slug, *shipped;
	} cases[] = {
		{ "c64-h56-run.log", "b1_c64_h56_w56_oc128_wic64_k1x1_g1_s1_pvalid",
		  "c64_h56_w56_oc128_k1.json" },
		{ "c160-h40-run.log", "b1_c160_h40_w40_oc320_wic160_k3x3_g1_s1_pvalid",
		  "c160_h40_w40_oc320_k3.json" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char why[TEMPLATE_WHY_BYTES] = "";
		struct template made, want;

		if (!import_log(&made, cases[i].log, cases[i].slug, why))
			fail_msg("%s: %s", cases[i].log, why);
		read_shipped(&want, cases[i].shipped);
		expect_same_records(cases[i].log, &made, &want);
		assert_true(made.has_submit);
		assert_int_equal(made.submit.task_number, want.submit.task_number);
		assert_memory_equal(made.submit.subcore, want.submit.subcore,
				    sizeof made.submit.subcore);
		template_clear(&made);
		template_clear(&want);
	}
}

static void a_log_without_commands_gives_none(void **state)
{
	char why[TEMPLATE_WHY_BYTES] = "";
	struct template t;

	(void)state;
	assert_false(import_log(&t, "c160-h14-trace.log",
				"b1_c160_h14_w14_oc320_wic160_k3x3_g1_s1_pvalid", why));
	assert_non_null(strstr(why, "no command window"));
	assert_false(import_log(&t, "sysfs.log",
				"b1_c160_h14_w14_oc320_wic160_k3x3_g1_s1_pvalid", why));
	assert_non_null(strstr(why, "0 buffers"));
}

/* The compiler's own product in template form is the template. */
static void the_formula_in_template_form_is_the_template(void **state)
{
	(void)state;
	for (size_t i = 0; i < SHIPPED; i++) {
		struct template made, want;
		struct compiled_conv c;

		read_shipped(&want, shipped[i]);
		compile_problem(&c, &want.problem, 7, NULL);
		template_from_compiled(&made, &c);
		for (uint32_t b = 0; b < TEMPLATE_BOS; b++) {
			if (!want.bo_bytes[b])
				want.bo_bytes[b] = made.bo_bytes[b]; /* not captured */
		}
		expect_same_records(shipped[i], &made, &want);
		template_clear(&made);
		template_clear(&want);
		compiled_conv_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_capture_gives_the_shipped_template),
		cmocka_unit_test(what_is_no_plain_conv_is_refused),
		cmocka_unit_test(logs_give_the_shipped_templates),
		cmocka_unit_test(a_log_without_commands_gives_none),
		cmocka_unit_test(the_formula_in_template_form_is_the_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
