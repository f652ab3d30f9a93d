#include "matrix/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "compile.h"
#include "mem.h"
#include "spec.h"

static const char *const type_names[] = { [MATRIX_FP16] = "fp16", [MATRIX_INT8] = "int8" };

static const char *const status_names[] = {
	[MATRIX_CAPTURED] = "captured",
	[MATRIX_FORMULA] = "formula",
	[MATRIX_UNTESTED] = "untested",
	[MATRIX_REFUSED] = "refused",
	[MATRIX_EMPTY] = "none",
};

const char *matrix_type_name(enum matrix_type type)
{
	return type_names[type];
}

const char *matrix_status_name(enum matrix_status status)
{
	return status_names[status];
}

#define SPEC_BYTES 512u

char *matrix_spec(const struct matrix_row *row, enum matrix_type type)
{
	char *text = mem_new(SPEC_BYTES);

	snprintf(text, SPEC_BYTES, "defaults { type %s; %s }\nconv feature { %s }\n",
		 type_names[type], MATRIX_BASE, row->spec);
	return text;
}

/* The first error and the note under it. */
static void keep_first(void *context, const struct diag_message *m)
{
	struct matrix_cell *cell = context;

	if (*m->kind == 'e' && !*cell->sentence) {
		snprintf(cell->sentence, sizeof cell->sentence, "%s", m->text);
		snprintf(cell->rule, sizeof cell->rule, "%s", m->check ? m->check : "");
	} else if (*m->kind == 'n' && *cell->sentence && !*cell->reason) {
		snprintf(cell->reason, sizeof cell->reason, "%s", m->text);
	}
}

static enum matrix_status status_of(const struct plan *plan, uint32_t captures)
{
	if (plan->hazards & NPUB_HAZARD_UNTESTED)
		return MATRIX_UNTESTED;
	return captures ? MATRIX_CAPTURED : MATRIX_FORMULA;
}

static void ask_plan(struct matrix_cell *cell, const struct conv_problem *p,
		     const struct operands *o, uint32_t cores, struct diag *diag)
{
	const struct compile_options options = { .core_mask = 1u << (cores - 1) };
	struct matrix_plan *plan = &cell->plan[cores - 1];
	struct compiled_conv c;

	if (!compile_conv(&c, p, &o->op, &options, diag))
		return;
	plan->status = status_of(&c.plans[0], cell->captures);
	plan->shared = cores > 1 && c.plans[0].shared;
	plan->basis = c.plans[0].basis;
	plan->hazards = c.plans[0].hazards;
	compiled_conv_free(&c);
}

static void ask_spec(struct matrix_cell *cell, const struct matrix_row *row,
		     enum matrix_type type)
{
	struct diag *diag = diag_new(NULL);
	char *text = matrix_spec(row, type);
	struct operands o;
	struct spec spec;

	diag_set_sink(diag, keep_first, cell);
	spec_init(&spec);
	spec_read_text(&spec, row->feature, text, strlen(text), diag);
	spec_check(&spec, diag);
	if (!diag_errors(diag)) {
		if (operands_load(&o, &spec.convs[0], diag))
			for (uint32_t cores = 1; cores <= NPU_MAX_CORES; cores++)
				ask_plan(cell, &spec.convs[0], &o, cores, diag);
		operands_free(&o);
	}
	spec_free(&spec);
	diag_free(diag);
	free(text);
}

void matrix_ask(struct matrix_cell *cell, const struct matrix_row *row,
		enum matrix_type type, uint32_t captures)
{
	bool empty = row->captures[type] == MATRIX_NO_MEANING;

	memset(cell, 0, sizeof *cell);
	cell->captures = empty ? 0 : captures;
	for (uint32_t i = 0; i < NPU_MAX_CORES; i++)
		cell->plan[i].status = empty ? MATRIX_EMPTY : MATRIX_REFUSED;
	if (!empty)
		ask_spec(cell, row, type);
}

enum matrix_status matrix_cell_status(const struct matrix_cell *cell)
{
	enum matrix_status weakest = MATRIX_CAPTURED;

	for (uint32_t i = 0; i < NPU_MAX_CORES; i++)
		if (cell->plan[i].status > weakest)
			weakest = cell->plan[i].status;
	return weakest;
}
