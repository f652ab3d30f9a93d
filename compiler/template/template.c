#include "template/template.h"

#include <stdlib.h>
#include <string.h>

#include "conv_attr.h"

void template_init(struct template *t)
{
	memset(t, 0, sizeof *t);
}

static void clear_board(struct template_board *b)
{
	free(b->driver);
	free(b->date);
	free(b->note);
}

void template_clear(struct template *t)
{
	free(t->name);
	conv_problem_clear(&t->problem);
	free(t->provenance.capture);
	free(t->provenance.kind);
	free(t->provenance.compiler);
	free(t->provenance.runtime);
	free(t->provenance.driver);
	free(t->provenance.date);
	for (uint32_t i = 0; i < t->note_count; i++)
		free(t->notes[i]);
	for (uint32_t i = 0; i < t->hazard_count; i++)
		free(t->hazards[i].note);
	for (uint32_t i = 0; i < t->plan_count; i++)
		clear_board(&t->plans[i].board);
	for (uint32_t i = 0; i < t->record_count; i++)
		free(t->records[i].writes);
	free(t->records);
	template_init(t);
}

const char *template_evidence_name(enum npub_evidence evidence)
{
	static const char *const names[] = {
		[NPUB_EVIDENCE_FORMULA] = "formula",
		[NPUB_EVIDENCE_CAPTURED] = "captured",
		[NPUB_EVIDENCE_PROMOTED] = "promoted",
	};

	return names[evidence];
}

const char *template_hazard_name(uint32_t bit)
{
	switch (bit) {
	case NPUB_HAZARD_POISONS_NEXT_JOB:
		return "poisons-next-job";
	case NPUB_HAZARD_UNTESTED:
		return "untested";
	default:
		return "?";
	}
}

const char *template_bo_name(enum npub_bo_role role)
{
	static const char *const names[TEMPLATE_BOS] = {
		[NPUB_BO_TASK] = "task",	 [NPUB_BO_WEIGHT] = "weight",
		[NPUB_BO_INTERNAL] = "internal", [NPUB_BO_INPUT] = "input",
		[NPUB_BO_OUTPUT] = "output",
	};

	return names[role];
}

const char *template_buffer_name(enum template_buffer buffer)
{
	static const char *const names[TEMPLATE_BUFFER_N] = {
		[TEMPLATE_NO_BUFFER] = "",    [TEMPLATE_INPUT] = "input",
		[TEMPLATE_OUTPUT] = "output", [TEMPLATE_WEIGHT] = "weight",
		[TEMPLATE_BIAS] = "bias",     [TEMPLATE_SCRATCH] = "scratch",
	};

	return names[buffer];
}

void template_values(const struct template *t, const struct template_list *list,
		     uint32_t index, uint32_t value[NPU_REG_N])
{
	memset(value, 0, NPU_REG_N * sizeof *value);
	for (uint32_t i = index % 2; i <= index; i += 2) {
		const struct template_record *r = &t->records[list->first + i];

		for (uint32_t k = 0; k < r->write_count; k++)
			value[r->writes[k].reg] = r->writes[k].value;
	}
}
