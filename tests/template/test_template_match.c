/*
 * Finding the template of a problem, and the evidence that plans take from it.
 */
#include "template_fixture.h"

static void load(struct template_set *set)
{
	struct diag *diag = diag_new(stderr);

	assert_true(template_set_load(set, NULL, diag));
	assert_true(template_set_complete(set, diag));
	diag_free(diag);
}

static void all_shipped_are_built_in(void **state)
{
	struct template_set set;

	(void)state;
	load(&set);
	assert_int_equal(set.count, SHIPPED);
	assert_int_equal(set.from_dir, 0);
	for (size_t i = 0; i < SHIPPED; i++) {
		char name[80];

		snprintf(name, sizeof name, "schedules/%s", shipped[i]);
		assert_string_equal(set.items[i].name, name);
	}
	template_set_free(&set);
}

#define NUMBER(field) offsetof(struct conv_problem, field), #field

/* Changing any one of these makes another problem. */
static const struct {
	size_t offset;
	const char *name;
} deciding[] = {
	{ NUMBER(batch) },	{ NUMBER(in_c) },	{ NUMBER(in_h) },
	{ NUMBER(in_w) },	{ NUMBER(out_c) },	{ NUMBER(kernel_h) },
	{ NUMBER(kernel_w) },	{ NUMBER(stride_y) },	{ NUMBER(stride_x) },
	{ NUMBER(pad_top) },	{ NUMBER(pad_left) },	{ NUMBER(pad_bottom) },
	{ NUMBER(pad_right) },	{ NUMBER(dilation_y) }, { NUMBER(dilation_x) },
	{ NUMBER(groups) },	{ NUMBER(elem) },	{ NUMBER(out_elem) },
	{ NUMBER(input_kind) },	{ NUMBER(act.kind) },
};

static void only_the_same_problem_matches(void **state)
{
	struct template_set set;

	(void)state;
	load(&set);
	for (size_t i = 0; i < set.count; i++) {
		struct conv_problem p = set.items[i].problem;

		p.name = (char *)"another name";
		p.seed = 77;
		p.weights.kind = SOURCE_NPY;
		if (template_find(&set, &p) != &set.items[i])
			fail_msg("%s: does not match its own problem", set.items[i].name);
		for (size_t k = 0; k < sizeof deciding / sizeof deciding[0]; k++) {
			uint32_t *field =
			    (uint32_t *)(void *)((char *)&p + deciding[k].offset);

			*field += 1;
			if (template_find(&set, &p) == &set.items[i])
				fail_msg("%s: matches with another %s", set.items[i].name,
					 deciding[k].name);
			*field -= 1;
		}
		p.bias.kind = SOURCE_SEED;
		assert_null(template_find(&set, &p));
	}
	assert_null(template_find(NULL, &set.items[0].problem));
	template_set_free(&set);
}

/* What is built in is read when it is asked for, and not before. */
static void templates_are_read_when_found(void **state)
{
	struct diag *diag = diag_new(stderr);
	struct template_set set;
	const struct template *t;

	(void)state;
	assert_true(template_set_load(&set, NULL, diag));
	for (size_t i = 0; i < set.count; i++)
		assert_int_equal(set.items[i].record_count, 0);
	t = template_find(&set, &set.items[2].problem);
	assert_ptr_equal(t, &set.items[2]);
	assert_int_equal(t->record_count, 17);
	assert_int_equal(set.items[1].record_count, 0);
	template_set_free(&set);
	diag_free(diag);
}

static void equal_plans_take_the_evidence(void **state)
{
	struct template_set set;

	(void)state;
	load(&set);
	for (size_t i = 0; i < set.count; i++) {
		for (uint32_t mask = 1; mask < 8; mask++) {
			struct compiled_conv c;

			compile_problem(&c, &set.items[i].problem, mask, &set);
			if (c.verdict.template != &set.items[i] ||
			    c.verdict.equal_plans != mask ||
			    c.verdict.compared_plans != mask || c.verdict.differences)
				fail_msg("%s, plans %#x: equal %#x, %u differences",
					 set.items[i].name, mask, c.verdict.equal_plans,
					 c.verdict.differences);
			assert_non_null(
			    strstr(c.verdict.note, "equals it in every register"));
			for (uint32_t k = 0; k < c.plan_count; k++) {
				assert_int_equal(c.plans[k].evidence,
						 NPUB_EVIDENCE_CAPTURED);
				assert_int_equal(c.plans[k].hazards, 0);
			}
			compiled_conv_free(&c);
		}
	}
	template_set_free(&set);
}

static void without_a_template_plans_rest_on_the_formula(void **state)
{
	struct template_set set;
	struct conv_problem p;
	struct compiled_conv c;

	(void)state;
	load(&set);
	p = set.items[0].problem;
	compile_problem(&c, &p, 7, NULL);
	assert_null(c.verdict.template);
	assert_int_equal(c.plans[0].evidence, NPUB_EVIDENCE_FORMULA);
	compiled_conv_free(&c);
	p.out_c += 16;
	compile_problem(&c, &p, 7, &set);
	assert_null(c.verdict.template);
	assert_string_equal(c.verdict.note, "");
	assert_int_equal(c.plans[0].evidence, NPUB_EVIDENCE_FORMULA);
	compiled_conv_free(&c);
	template_set_free(&set);
}

static void a_difference_keeps_that_plan_at_formula(void **state)
{
	struct template_set set;
	struct compiled_conv c;
	struct template *t;

	(void)state;
	load(&set);
	t = &set.items[SHIPPED - 1];
	t->records[t->plans[1].list[1].first].writes[30].value ^= 1;
	compile_problem(&c, &t->problem, 7, &set);
	assert_int_equal(c.verdict.equal_plans, 5);
	assert_int_equal(c.verdict.differences, 1);
	assert_int_equal(c.plans[0].evidence, NPUB_EVIDENCE_CAPTURED);
	assert_int_equal(c.plans[1].evidence, NPUB_EVIDENCE_FORMULA);
	assert_int_equal(c.plans[2].evidence, NPUB_EVIDENCE_CAPTURED);
	assert_non_null(strstr(c.verdict.note, "differs: plan for 2, core 1, task 0: "));
	compiled_conv_free(&c);
	/* A size belongs to all plans. */
	t->bo_bytes[NPUB_BO_OUTPUT] += 64;
	compile_problem(&c, &t->problem, 7, &set);
	assert_int_equal(c.verdict.equal_plans, 0);
	assert_int_equal(c.plans[0].evidence, NPUB_EVIDENCE_FORMULA);
	compiled_conv_free(&c);
	template_set_free(&set);
}

static void promotion_and_hazards_are_handed_down(void **state)
{
	struct template_set set;
	struct compiled_conv c;
	struct template *t;

	(void)state;
	load(&set);
	t = &set.items[SHIPPED - 1];
	assert_int_equal(t->hazards[0].bit, NPUB_HAZARD_POISONS_NEXT_JOB);
	assert_false(t->hazards[0].inherited);
	t->plans[0].evidence = NPUB_EVIDENCE_PROMOTED;
	t->hazards[0].inherited = true;
	compile_problem(&c, &t->problem, 3, &set);
	assert_int_equal(c.plans[0].evidence, NPUB_EVIDENCE_PROMOTED);
	assert_int_equal(c.plans[1].evidence, NPUB_EVIDENCE_CAPTURED);
	assert_int_equal(c.plans[0].hazards, NPUB_HAZARD_POISONS_NEXT_JOB);
	compiled_conv_free(&c);
	template_set_free(&set);
}

static void a_directory_comes_before_what_is_built_in(void **state)
{
	struct template_set set;
	struct diag *diag = diag_new(stderr);

	(void)state;
	assert_true(template_set_load(&set, SOURCE_ROOT "/schedules", diag));
	assert_int_equal(set.from_dir, SHIPPED);
	assert_int_equal(set.count, 2 * SHIPPED);
	assert_ptr_equal(template_find(&set, &set.items[SHIPPED].problem), &set.items[0]);
	template_set_free(&set);
	diag_free(diag);
	diag = diag_new(NULL);
	assert_false(template_set_load(&set, SOURCE_ROOT "/no-such-directory", diag));
	assert_int_equal(set.count, 0);
	diag_free(diag);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_shipped_are_built_in),
		cmocka_unit_test(only_the_same_problem_matches),
		cmocka_unit_test(templates_are_read_when_found),
		cmocka_unit_test(equal_plans_take_the_evidence),
		cmocka_unit_test(without_a_template_plans_rest_on_the_formula),
		cmocka_unit_test(a_difference_keeps_that_plan_at_formula),
		cmocka_unit_test(promotion_and_hazards_are_handed_down),
		cmocka_unit_test(a_directory_comes_before_what_is_built_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
