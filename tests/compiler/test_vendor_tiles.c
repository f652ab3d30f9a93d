/*
 * The plan is the vendor's: every tile of tests/data/vendor_tiles.txt, for one,
 * two and three cores, in the registers that the plan decides; and where there is no
 * capture it is what a second planner makes of the same rules (rule_tiles.txt).
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operands/operands.h"
#include "problem_fixture.h"
#include "tasks/lower.h"

#define MAX_LINE 512

static const enum npu_reg columns[] = {
	NPU_REG_CNA_CBUF_CON0, NPU_REG_CNA_CONV_CON2, NPU_REG_CNA_DATA_SIZE0,
	NPU_REG_CNA_CBUF_CON1, NPU_REG_CNA_WEIGHT_SIZE0, NPU_REG_CORE_DATAOUT_SIZE_0,
	NPU_REG_CORE_DATAOUT_SIZE_1, NPU_REG_DPU_SURFACE_ADD,
	NPU_REG_CNA_FEATURE_DATA_ADDR, NPU_REG_CNA_DCOMP_ADDR0, NPU_REG_DPU_DST_BASE_ADDR,
};
#define COLUMNS (sizeof columns / sizeof columns[0])

struct expected {
	uint32_t cores, core;
	uint32_t value[COLUMNS];
};

struct table {
	struct conv_problem problem;
	char line[MAX_LINE]; /* of the conv, for messages */
	struct expected *tasks;
	size_t count, room;
};

static void parse_conv(struct table *t, const char *line)
{
	struct conv_problem p = make_problem(1, 1, 1, 1, 1, 1);
	char elem[8], input[8];
	int n = sscanf(line, "conv %7s %u %u %u %u %ux%u s%ux%u p%ux%ux%ux%u g%u %7s", elem,
		       &p.in_c, &p.in_h, &p.in_w, &p.out_c, &p.kernel_h, &p.kernel_w,
		       &p.stride_y, &p.stride_x, &p.pad_top, &p.pad_left, &p.pad_bottom,
		       &p.pad_right, &p.groups, input);

	if (n != 15)
		fail_msg("malformed: %s", line);
	p.elem = p.out_elem = strcmp(elem, "int8") ? NPU_ELEM_FP16 : NPU_ELEM_INT8;
	p.input_kind = strcmp(input, "inner") ? INPUT_GRAPH : INPUT_INNER;
	if (!derive_sizes(&p))
		fail_msg("impossible: %s", line);
	t->problem = p;
	t->count = 0;
	snprintf(t->line, sizeof t->line, "%s", line);
}

static void parse_task(struct table *t, const char *line)
{
	struct expected *e;
	const char *at = line + 1;
	char *end;

	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 16;
		t->tasks = realloc(t->tasks, t->room * sizeof *t->tasks);
		assert_non_null(t->tasks);
	}
	e = &t->tasks[t->count++];
	e->cores = (uint32_t)strtoul(at, &end, 10);
	e->core = (uint32_t)strtoul(end, &end, 10);
	for (size_t i = 0; i < COLUMNS; i++) {
		at = end;
		e->value[i] = (uint32_t)strtoul(at, &end, 16);
		if (end == at)
			fail_msg("malformed: %s", line);
	}
}

static void check_tile(const struct table *t, const struct conv_layout *l,
		       const struct plan *plan, const struct tile *tile,
		       const struct expected *e, uint32_t index)
{
	static const struct weight_bo_layout wbo = { 0 };
	const struct npub_op op = op_from_problem(&t->problem);
	struct task_desc task;

	lower_conv(&task, &t->problem, &op, l, plan, tile, &wbo);
	for (uint32_t a = 0; a < task.addr_count; a++)
		task.value[task.addr[a].reg] = (uint32_t)task.addr[a].offset;
	for (size_t i = 0; i < COLUMNS; i++) {
		if (task.value[columns[i]] != e->value[i])
			fail_msg("%s: %u cores, core %u, tile %u: %s is %#x, expected %#x",
				 t->line, e->cores, e->core, index,
				 npu_regs[columns[i]].name, task.value[columns[i]],
				 e->value[i]);
	}
}

/* Every list of one plan; returns the tasks compared. */
static size_t check_plan(const struct table *t, const struct conv_layout *l, uint32_t cores)
{
	struct plan plan;
	struct plan_refusal why;
	size_t compared = 0;

	if (plan_from_problem(&plan, &t->problem, l, cores, &why) != PLAN_OK)
		fail_msg("%s: refused for %u cores: %s", t->line, cores, why.sentence);
	for (uint32_t core = 0; core < cores; core++) {
		uint32_t index = 0;

		for (size_t i = 0; i < t->count; i++) {
			const struct expected *e = &t->tasks[i];

			if (e->cores != cores || e->core != core)
				continue;
			if (index >= plan.list[core].count)
				fail_msg("%s: %u cores, core %u: more than our %u tiles",
					 t->line, cores, core, plan.list[core].count);
			check_tile(t, l, &plan,
				   &plan.tiles[plan.list[core].first + index], e, index);
			index++;
		}
		compared += index;
		/* a plan that is not split may be left out of the capture */
		if (index != plan.list[core].count && !(plan.shared && index == 0))
			fail_msg("%s: %u cores, core %u: %u tiles, expected %u", t->line,
				 cores, core, plan.list[core].count, index);
	}
	plan_free(&plan);
	return compared;
}

static size_t check_table(const struct table *t)
{
	struct conv_layout layout;
	size_t compared = 0;

	assert_true(layout_from_problem(&layout, &t->problem));
	for (uint32_t cores = 1; cores <= NPU_MAX_CORES; cores++)
		compared += check_plan(t, &layout, cores);
	assert_int_equal(compared, t->count);
	layout_free(&layout);
	return compared;
}

static void check_file(const char *path, size_t least_convs, size_t least_tasks)
{
	FILE *f = fopen(path, "r");
	struct table t = { 0 };
	char line[MAX_LINE];
	size_t convs = 0, tasks = 0;

	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "conv ", 5)) {
			if (t.count)
				tasks += check_table(&t);
			convs++;
			parse_conv(&t, line);
		} else if (line[0] == 't') {
			parse_task(&t, line);
		}
	}
	tasks += check_table(&t);
	fclose(f);
	free(t.tasks);
	print_message("%zu convs, %zu tiles, %zu registers each: equal\n", convs, tasks, COLUMNS);
	assert_true(convs >= least_convs && tasks >= least_tasks);
}

static void vendor_tiles(void **state)
{
	(void)state;
	check_file(TEST_DATA "/vendor_tiles.txt", 150, 1000);
}

static void rule_tiles(void **state)
{
	(void)state;
	check_file(TEST_DATA "/rule_tiles.txt", 300, 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vendor_tiles),
		cmocka_unit_test(rule_tiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
