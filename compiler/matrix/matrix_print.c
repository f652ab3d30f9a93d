#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/text_table.h"
#include "matrix/matrix.h"
#include "mem.h"
#include "template/template.h"

#define TABLE_COLUMNS 100
#define CELL_BYTES 48u

typedef const struct matrix_cell (*matrix_cells)[MATRIX_TYPES];

/* Refusals, each told once and referred to by its number. */
struct reasons {
	const struct matrix_cell **first; /* NULL: they are not told */
	uint32_t count;
};

static bool same_reason(const struct matrix_cell *a, const struct matrix_cell *b)
{
	return !strcmp(a->sentence, b->sentence) && !strcmp(a->reason, b->reason);
}

/* Number of the cell's refusal, from 1; a new one is added. */
static uint32_t number_reason(struct reasons *r, const struct matrix_cell *cell)
{
	uint32_t i = 0;

	while (i < r->count && !same_reason(r->first[i], cell))
		i++;
	if (i == r->count)
		r->first[r->count++] = cell;
	return i + 1;
}

static void status_text(char text[CELL_BYTES], struct reasons *r,
			const struct matrix_cell *cell)
{
	enum matrix_status status = matrix_cell_status(cell);

	switch (status) {
	case MATRIX_REFUSED:
		snprintf(text, CELL_BYTES, r->first ? "no (%u)" : "no",
			 r->first ? number_reason(r, cell) : 0);
		break;
	case MATRIX_EMPTY:
		snprintf(text, CELL_BYTES, "-");
		break;
	case MATRIX_CAPTURED:
		snprintf(text, CELL_BYTES, "captured (%u)", cell->captures);
		break;
	default:
		snprintf(text, CELL_BYTES, "%s", matrix_status_name(status));
	}
}

/* Numbers of cores that have a plan of their own: "1 2 3", "1", "-". */
static void cores_text(char text[CELL_BYTES], const struct matrix_cell *cell)
{
	size_t used = 0;

	snprintf(text, CELL_BYTES, "-");
	for (uint32_t i = 0; i < NPU_MAX_CORES; i++)
		if (cell->plan[i].status < MATRIX_REFUSED && !cell->plan[i].shared)
			used += (size_t)snprintf(text + used, CELL_BYTES - used, "%s%u",
						 used ? " " : "", i + 1);
}

static void print_text(FILE *out, matrix_cells cells, struct reasons *r)
{
	struct text_table *t = text_table_new("feature|fp16|cores|int8|cores");
	char text[CELL_BYTES];

	for (size_t i = 0; i < matrix_row_count; i++) {
		if (matrix_rows[i].group)
			text_line(t, "%s", matrix_rows[i].group);
		text_cell(t, "  %s", matrix_rows[i].feature);
		for (int type = 0; type < MATRIX_TYPES; type++) {
			status_text(text, r, &cells[i][type]);
			text_cell(t, "%s", text);
			cores_text(text, &cells[i][type]);
			text_cell(t, "%s", text);
		}
	}
	text_table_end(t, out, 0, TABLE_COLUMNS);
}

static void print_markdown_row(FILE *out, const char *feature,
			       const struct matrix_cell cells[MATRIX_TYPES],
			       struct reasons *r)
{
	char text[CELL_BYTES];

	fprintf(out, "| %s", feature);
	for (int type = 0; type < MATRIX_TYPES; type++) {
		status_text(text, r, &cells[type]);
		fprintf(out, " | %s", text);
		cores_text(text, &cells[type]);
		fprintf(out, " | %s", text);
	}
	fputs(" |\n", out);
}

static bool is_refused(const struct matrix_cell cells[MATRIX_TYPES])
{
	for (int type = 0; type < MATRIX_TYPES; type++)
		if (matrix_cell_status(&cells[type]) != MATRIX_REFUSED)
			return false;
	return true;
}

static void print_markdown(FILE *out, matrix_cells cells, struct reasons *r, bool brief)
{
	const char *sep = "\nRefused in both: ";

	fputs("| feature | fp16 | cores | int8 | cores |\n"
	      "| --- | --- | --- | --- | --- |\n", out);
	for (size_t i = 0; i < matrix_row_count; i++) {
		if (matrix_rows[i].group)
			fprintf(out, "| **%s** | | | | |\n", matrix_rows[i].group);
		if (!brief || !is_refused(cells[i]))
			print_markdown_row(out, matrix_rows[i].feature, cells[i], r);
	}
	for (size_t i = 0; i < matrix_row_count; i++) {
		if (brief && is_refused(cells[i])) {
			fprintf(out, "%s%s", sep, matrix_rows[i].feature);
			sep = "; ";
		}
	}
	if (brief)
		fputs(".\n", out);
}

static void print_reasons(FILE *out, const struct reasons *r, bool markdown)
{
	fputs(markdown ? "\nRefused, in the compiler's own words:\n\n"
		       : "\nRefused:\n", out);
	for (uint32_t i = 0; i < r->count; i++) {
		const struct matrix_cell *cell = r->first[i];

		fprintf(out, markdown ? "%u. %s: %s" : "  (%u) %s: %s", i + 1, cell->sentence,
			cell->reason);
		fprintf(out, markdown ? " `[%s]`\n" : " [%s]\n", cell->rule);
	}
}

static json_t *plan_json(const struct matrix_plan *plan, uint32_t cores)
{
	json_t *hazards = json_array();

	for (uint32_t bit = 1; bit <= NPUB_HAZARD_UNTESTED; bit <<= 1)
		if (plan->hazards & bit)
			json_array_append_new(hazards,
					      json_string(template_hazard_name(bit)));
	return json_pack("{s:i,s:s,s:b,s:s,s:o}", "cores", (int)cores, "evidence",
			 matrix_status_name(plan->status), "one_core_again", plan->shared,
			 "basis", plan_basis_name(plan->basis), "hazards", hazards);
}

static json_t *cell_json(const struct matrix_row *row, const struct matrix_cell *cell,
			 enum matrix_type type)
{
	json_t *plans = json_array(), *refusal = json_null();
	char *spec = matrix_spec(row, type);
	json_t *o;

	if (matrix_cell_status(cell) == MATRIX_REFUSED)
		refusal = json_pack("{s:s,s:s,s:s}", "sentence", cell->sentence, "reason",
				    cell->reason, "rule", cell->rule);
	for (uint32_t i = 0; i < NPU_MAX_CORES; i++)
		if (cell->plan[i].status < MATRIX_REFUSED)
			json_array_append_new(plans, plan_json(&cell->plan[i], i + 1));
	o = json_pack("{s:s,s:s,s:i,s:o,s:o,s:s}", "type", matrix_type_name(type),
		      "evidence", matrix_status_name(matrix_cell_status(cell)), "captures",
		      (int)cell->captures, "plans", plans, "refusal", refusal, "spec", spec);
	free(spec);
	return o;
}

static void print_json(FILE *out, matrix_cells cells)
{
	json_t *array = json_array();
	const char *group = "";

	for (size_t i = 0; i < matrix_row_count; i++) {
		const struct matrix_row *row = &matrix_rows[i];
		json_t *types = json_array();

		group = row->group ? row->group : group;
		for (int type = 0; type < MATRIX_TYPES; type++)
			json_array_append_new(types, cell_json(row, &cells[i][type],
							       (enum matrix_type)type));
		json_array_append_new(array, json_pack("{s:s,s:s,s:o}", "group", group,
						       "feature", row->feature, "types",
						       types));
	}
	json_dumpf(array, out, JSON_INDENT(2));
	putc('\n', out);
	json_decref(array);
}

void matrix_print(FILE *out, const struct matrix_cell (*cells)[MATRIX_TYPES],
		  enum matrix_format format)
{
	struct reasons r = { 0 };

	if (format == MATRIX_JSON) {
		print_json(out, cells);
		return;
	}
	if (format != MATRIX_SHORT)
		r.first = mem_new(matrix_row_count * MATRIX_TYPES * sizeof *r.first);
	if (format == MATRIX_TEXT)
		print_text(out, cells, &r);
	else
		print_markdown(out, cells, &r, format == MATRIX_SHORT);
	if (r.count)
		print_reasons(out, &r, format == MATRIX_MARKDOWN);
	free(r.first);
}
