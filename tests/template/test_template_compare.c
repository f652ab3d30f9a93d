/*
 * Comparing a template with the formula: nothing differs as shipped, and whatever is
 * changed is what is reported, and nothing else.
 */
#include "template_fixture.h"

static void shipped_templates_equal_the_formula(void **state)
{
	(void)state;
	for (size_t i = 0; i < SHIPPED; i++) {
		struct template_differences d;
		struct compiled_conv c;
		struct template t;

		read_shipped(&t, shipped[i]);
		compile_problem(&c, &t.problem, 7, NULL);
		template_compare(&d, &t, &c);
		if (d.count)
			fail_msg("%s: %u differences: %s", shipped[i], d.count,
				 d.items[0].text);
		if (d.plans != 3)
			fail_msg("%s: %u plans compared", shipped[i], d.plans);
		template_differences_free(&d);
		compiled_conv_free(&c);
		template_clear(&t);
	}
}

static void expect_one(const struct template *t, const struct compiled_conv *c,
		       const char *name, const char *want)
{
	struct template_differences d;

	template_compare(&d, t, c);
	if (d.count != 1)
		fail_msg("%s: %u differences, want one that says '%s'; first: %s", name,
			 d.count, want, d.count ? d.items[0].text : "-");
	if (!strstr(d.items[0].text, want))
		fail_msg("%s: says '%s', want '%s'", name, d.items[0].text, want);
	template_differences_free(&d);
}

/* A change of one bit in one field of one write, everywhere it is written. */
static void flip(struct template_record *r, enum npu_reg reg, uint32_t bit)
{
	for (uint32_t i = 0; i < r->write_count; i++) {
		if (r->writes[i].reg == reg)
			r->writes[i].value ^= bit;
	}
}

/* Flip the lowest bit of every field of every register of a record. */
static uint32_t mutate_record(struct template *t, uint32_t index,
			      const struct compiled_conv *c)
{
	struct template_record *r = &t->records[index];
	uint32_t mutants = 0;

	for (uint32_t i = 0; i < r->write_count; i++) {
		enum npu_reg reg = r->writes[i].reg;
		enum npu_field first;
		uint32_t count;
		char name[120], want[160];

		npu_reg_fields(reg, &first, &count);
		for (uint32_t k = 0; k < count; k++) {
			const struct npu_field_desc *f = &npu_fields[first + k];

			snprintf(name, sizeof name, "record %u, write %u, %s", index, i,
				 f->name);
			if (r->writes[i].buffer)
				snprintf(want, sizeof want, "%s.%s is byte ",
					 npu_block_name(npu_regs[reg].block),
					 npu_regs[reg].name);
			else
				snprintf(want, sizeof want, "%s.%s.%s is ",
					 npu_block_name(npu_regs[reg].block),
					 npu_regs[reg].name, f->name);
			flip(r, reg, 1u << f->lo);
			expect_one(t, c, name, want);
			flip(r, reg, 1u << f->lo);
			mutants++;
		}
	}
	return mutants;
}

static void a_changed_field_is_the_one_reported(void **state)
{
	/* one record of each kind: prelude, second task, multi-core, barrier */
	static const uint32_t indices[] = { 0, 1, 3, 4 };
	struct compiled_conv c;
	struct template t;
	uint32_t mutants = 0;

	(void)state;
	read_shipped(&t, "c64_h56_w56_oc128_k1.json");
	compile_problem(&c, &t.problem, 7, NULL);
	for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++)
		mutants += mutate_record(&t, indices[i], &c);
	assert_true(mutants > 700);
	compiled_conv_free(&c);
	template_clear(&t);
}

static struct template_write saved_write;

/* Changes outside registers; each undone by the one after it. */
static void swap_writes(struct template *t)
{
	struct template_write *w = t->records[3].writes;

	saved_write = w[20];
	w[20] = w[21];
	w[21] = saved_write;
}

static void change_buffer(struct template *t)
{
	for (uint32_t i = 0; i < t->records[0].write_count; i++) {
		struct template_write *w = &t->records[0].writes[i];

		if (w->reg == NPU_REG_CNA_FEATURE_DATA_ADDR)
			w->buffer = w->buffer == TEMPLATE_INPUT ? TEMPLATE_OUTPUT
								: TEMPLATE_INPUT;
	}
}

static void change_link(struct template *t)
{
	t->records[0].tail[0][2] ^= 64;
}
static void change_amount(struct template *t)
{
	t->records[0].tail[1][2] ^= 1;
}
static void change_start(struct template *t)
{
	t->records[0].tail[3][2] ^= 16;
}
static void change_offset(struct template *t)
{
	t->records[1].offset ^= 64;
}
static void change_mask(struct template *t)
{
	t->records[0].mask ^= 16;
}
static void change_int_mask(struct template *t)
{
	t->records[0].int_mask ^= 256;
}
static void change_task_bo(struct template *t)
{
	t->bo_bytes[NPUB_BO_TASK] ^= 1;
}
static void change_input_bo(struct template *t)
{
	t->bo_bytes[NPUB_BO_INPUT] ^= 1;
}
static void change_weight_bo(struct template *t)
{
	t->bo_bytes[NPUB_BO_WEIGHT] ^= 1;
}
static void change_commands(struct template *t)
{
	t->regcmd_bytes ^= 64;
}
static void change_window(struct template *t)
{
	t->regcmd_offset ^= 64;
}
static void change_sync(struct template *t)
{
	t->syncs[7].bytes ^= 1;
}
static void change_submit(struct template *t)
{
	t->submit.task_number ^= 1;
}
static void change_range(struct template *t)
{
	t->submit.subcore[2][1] ^= 1;
}

static void drop_sync(struct template *t)
{
	t->sync_count = t->sync_count == 14 ? 12 : 14;
}

static void a_change_elsewhere_is_reported(void **state)
{
	static const struct {
		const char *name;
		void (*change)(struct template *t); /* twice: as before */
		const char *want;
	} cases[] = {
		{ "order of writes", swap_writes, "write 20 is CNA." },
		{ "buffer of an address", change_buffer,
		  "points into 'output' in the template, 'input'" },
		{ "link", change_link, "plan for 1, core 0, task 0: chain word 0 is" },
		{ "amount", change_amount,
		  "plan for 1, core 0, task 0: chain word 1 is 0x36 in the template, "
		  "0x37" },
		{ "start", change_start,
		  "chain word 3 is 0x1d in the template, 0xd by formula" },
		{ "place of the commands", change_offset,
		  "commands start 960 bytes into the plan in the template, 896" },
		{ "mask", change_mask, "mask is 0x1d in the template, 0xd by formula" },
		{ "interrupts", change_int_mask,
		  "int_mask is 0x200 in the template, 0x300 by formula" },
		{ "task buffer", change_task_bo,
		  "task buffer: 561 bytes in the template, 560 by formula" },
		{ "input buffer", change_input_bo,
		  "input buffer: 401409 bytes in the template" },
		{ "weight buffer", change_weight_bo,
		  "weight buffer: 28353 bytes in the template" },
		{ "commands", change_commands,
		  "commands: 9408 bytes in the template, 9344 by formula" },
		{ "window", change_window,
		  "commands begin at byte 18496 of the weight buffer" },
		{ "sync", change_sync,
		  "sync 2 is weight, flags 1, 9345 bytes at 18432 in the template" },
		{ "fewer syncs", drop_sync,
		  "6 syncs of a run in the template, 7 by formula" },
		{ "task number", change_submit,
		  "submit: 7 tasks in the template, 6 by formula" },
		{ "range", change_range,
		  "submit: range 2 is [0, 3] in the template, [0, 2] by formula" },
	};
	struct template_differences d;
	struct compiled_conv c;
	struct template t;

	(void)state;
	read_shipped(&t, "c64_h56_w56_oc128_k1.json");
	compile_problem(&c, &t.problem, 7, NULL);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		cases[i].change(&t);
		expect_one(&t, &c, cases[i].name, cases[i].want);
		cases[i].change(&t);
	}
	template_compare(&d, &t, &c);
	assert_int_equal(d.count, 0);
	compiled_conv_free(&c);
	template_clear(&t);
}

/* With fewer plans, commands lie elsewhere: still the same schedule. */
static void each_choice_of_plans_is_compared(void **state)
{
	(void)state;
	for (size_t i = 0; i < SHIPPED; i++) {
		struct template t;

		read_shipped(&t, shipped[i]);
		for (uint32_t mask = 1; mask < 8; mask++) {
			struct template_differences d;
			struct compiled_conv c;

			compile_problem(&c, &t.problem, mask, NULL);
			template_compare(&d, &t, &c);
			if (d.count || d.plans != c.plan_count)
				fail_msg("%s, plans %#x: %u of %u compared, %u "
					 "differences: %s",
					 shipped[i], mask, d.plans, c.plan_count, d.count,
					 d.count ? d.items[0].text : "-");
			compiled_conv_free(&c);
		}
		template_clear(&t);
	}
}

/* A record with a write less is told by its count and by where it goes apart. */
static void a_missing_write_is_told(void **state)
{
	struct template_differences d;
	struct compiled_conv c;
	struct template t;

	(void)state;
	read_shipped(&t, "c64_h56_w56_oc128_k1.json");
	compile_problem(&c, &t.problem, 7, NULL);
	t.records[0].write_count--;
	template_compare(&d, &t, &c);
	assert_int_equal(d.count, 1);
	assert_non_null(
	    strstr(d.items[0].text, "107 register writes in the template, 108"));
	template_differences_free(&d);
	compiled_conv_free(&c);
	template_clear(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_templates_equal_the_formula),
		cmocka_unit_test(a_changed_field_is_the_one_reported),
		cmocka_unit_test(a_change_elsewhere_is_reported),
		cmocka_unit_test(each_choice_of_plans_is_compared),
		cmocka_unit_test(a_missing_write_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
