/*
 * npucc template list, show and check.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/cmd_template.h"
#include "common/text_table.h"
#include "compile.h"

#define SLUG_BYTES 320u
#define TABLE_COLUMNS 110

/* A template against the formula. */
struct result {
	bool planned; /* false: the formula refuses the problem */
	struct template_differences differences;
	uint32_t registers;
};

static uint32_t plan_mask(const struct template *t)
{
	uint32_t mask = 0;

	for (uint32_t i = 0; i < t->plan_count; i++)
		mask |= 1u << (t->plans[i].cores - 1);
	return mask;
}

static void compare(struct result *result, const struct template *t)
{
	struct compile_options options = { .core_mask = plan_mask(t) };
	struct diag *diag = diag_new(NULL);
	struct compiled_conv c;

	memset(result, 0, sizeof *result);
	for (uint32_t i = 0; i < t->record_count; i++)
		result->registers += t->records[i].write_count;
	result->planned = compile_conv(&c, &t->problem, NULL, &options, diag);
	if (result->planned) {
		template_compare(&result->differences, t, &c);
		compiled_conv_free(&c);
	}
	diag_free(diag);
}

static uint32_t difference_count(const struct result *result)
{
	return result->differences.count + result->differences.dropped;
}

static bool is_equal(const struct result *result)
{
	return result->planned && !difference_count(result);
}

/* "captured", or "captured/promoted" where plans have several levels. */
static void evidence_text(char *text, size_t bytes, const struct template *t)
{
	size_t used = 0;

	*text = 0;
	for (uint32_t i = 0; i < t->plan_count; i++) {
		if (i && t->plans[i].evidence == t->plans[i - 1].evidence)
			continue;
		used += (size_t)snprintf(text + used, bytes - used, "%s%s", i ? "/" : "",
					 template_evidence_name(t->plans[i].evidence));
	}
}

static void hazard_text(char *text, size_t bytes, const struct template *t)
{
	size_t used = 0;

	snprintf(text, bytes, "none");
	for (uint32_t i = 0; i < t->hazard_count; i++)
		used +=
		    (size_t)snprintf(text + used, bytes - used, "%s%s%s", i ? ", " : "",
				     template_hazard_name(t->hazards[i].bit),
				     t->hazards[i].inherited ? "" : " (not inherited)");
}

static bool load(struct template_set *set, const char *option)
{
	struct diag *diag = diag_new(stderr);
	bool ok = template_set_load(set, template_dir(option), diag);

	if (ok && !template_set_complete(set, diag)) {
		template_set_free(set);
		ok = false;
	}

	diag_free(diag);
	return ok;
}

static json_t *result_json(const struct template *t, const struct result *result)
{
	json_t *differences = json_array();
	char slug[SLUG_BYTES], evidence[64];

	conv_slug(&t->problem, slug, sizeof slug);
	evidence_text(evidence, sizeof evidence, t);
	for (uint32_t i = 0; i < result->differences.count; i++)
		json_array_append_new(
		    differences, json_pack("{s:i,s:s}", "cores",
					   (int)result->differences.items[i].cores,
					   "text", result->differences.items[i].text));
	return json_pack("{s:s,s:s,s:s,s:i,s:i,s:i,s:b,s:b,s:o}", "template", t->name,
			 "conv", slug, "evidence", evidence, "plans", (int)t->plan_count,
			 "records", (int)t->record_count, "registers",
			 (int)result->registers, "planned", result->planned, "equal",
			 is_equal(result), "differences", differences);
}

static void print_json(json_t *array)
{
	json_dumpf(array, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(array);
}

int template_list(const struct template_request *r)
{
	struct template_set set;
	struct text_table *table;
	json_t *array = r->json ? json_array() : NULL;

	if (!load(&set, r->schedules)) {
		json_decref(array);
		return EXIT_REFUSED;
	}
	table = r->json ? NULL
			: text_table_new("template|conv|plans|evidence|hazards|formula");
	for (size_t i = 0; i < set.count; i++) {
		const struct template *t = &set.items[i];
		char slug[SLUG_BYTES], evidence[64], hazards[96];
		struct result result;

		compare(&result, t);
		if (r->json) {
			json_array_append_new(array, result_json(t, &result));
		} else {
			conv_slug(&t->problem, slug, sizeof slug);
			evidence_text(evidence, sizeof evidence, t);
			hazard_text(hazards, sizeof hazards, t);
			text_cell(table, "%s", t->name);
			text_cell(table, "%s", slug);
			text_cell(table, "%u", t->plan_count);
			text_cell(table, "%s", evidence);
			text_cell(table, "%s", hazards);
			text_cell(table, "%s",
				  is_equal(&result) ? "equal"
				  : result.planned  ? "differs"
						    : "refuses");
		}
		template_differences_free(&result.differences);
	}
	if (r->json)
		print_json(array);
	else
		text_table_end(table, stdout, 0, TABLE_COLUMNS);
	template_set_free(&set);
	return EXIT_DONE;
}

/* --- show ------------------------------------------------------------------ */

static void show_provenance(const struct template *t)
{
	const struct {
		const char *label, *text;
	} lines[] = {
		{ "capture", t->provenance.capture },
		{ "kind", t->provenance.kind },
		{ "compiler", t->provenance.compiler },
		{ "runtime", t->provenance.runtime },
		{ "driver", t->provenance.driver },
		{ "date", t->provenance.date },
	};

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		printf("  %-10s %s\n", lines[i].label,
		       lines[i].text ? lines[i].text : "not known");
	for (uint32_t i = 0; i < t->note_count; i++)
		printf("  note       %s\n", t->notes[i]);
	for (uint32_t i = 0; i < t->hazard_count; i++)
		printf("  hazard     %s, %s: %s\n",
		       template_hazard_name(t->hazards[i].bit),
		       t->hazards[i].inherited ? "inherited by equal plans"
					       : "not inherited",
		       t->hazards[i].note);
}

static void show_sizes(const struct template *t)
{
	char number[TEXT_NUMBER_BYTES];

	for (uint32_t i = 0; i < TEMPLATE_BOS; i++)
		printf("  %-10s %s\n", template_bo_name(i),
		       t->bo_bytes[i] ? text_number(number, t->bo_bytes[i])
				      : "not captured");
	if (t->regcmd_bytes)
		printf("  commands   %s", text_number(number, t->regcmd_bytes));
	if (t->regcmd_bytes)
		printf(" at %s of the weight buffer\n",
		       text_number(number, t->regcmd_offset));
}

static void show_plan(const struct template *t, const struct template_plan *plan)
{
	struct text_table *table =
	    text_table_new(">core|>task|>y|>rows|>k|>kernels|>c|>chans|>in y|>in rows|"
			   ">banks|>entries|>grains|reuse|>writes|>offset");

	printf("\nplan for %u core%s: %s%s\n", plan->cores, plan->cores == 1 ? "" : "s",
	       template_evidence_name(plan->evidence),
	       plan->cores > 1 && plan->list_count == 1 ? ", not split" : "");
	for (uint32_t core = 0; core < plan->list_count; core++) {
		for (uint32_t i = 0; i < plan->list[core].count; i++) {
			const struct template_record *rec =
			    &t->records[plan->list[core].first + i];
			const struct tile *tile = &rec->tile;
			const uint32_t cells[] = { core,       i,
						   tile->y,    tile->y_count,
						   tile->k,    tile->k_count,
						   tile->c,    tile->c_count,
						   tile->in_y, tile->in_rows };

			if (rec->mask == NPU_MASK_BARRIER) {
				text_line(table,
					  "core %u, task %u: barrier, %u writes at %u",
					  core, i, rec->write_count, rec->offset);
				continue;
			}
			for (size_t k = 0; k < sizeof cells / sizeof cells[0]; k++)
				text_cell(table, "%u", cells[k]);
			text_cell(table, "%u+%u", tile->data_banks, tile->weight_banks);
			text_cell(table, "%u", tile->row_entries);
			text_cell(table, "%u", tile->grains);
			text_cell(table, "%s", tile->weight_reuse ? "yes" : "no");
			text_cell(table, "%u", rec->write_count);
			text_cell(table, "%u", rec->offset);
		}
	}
	text_table_end(table, stdout, 2, TABLE_COLUMNS);
}

static void print_verdict(const struct template *t, const struct result *result)
{
	if (!result->planned)
		printf("%s: the formula refuses the problem\n", t->name);
	else if (is_equal(result))
		printf("%s: the formula reproduces it: %u plan%s, %u records, %u register "
		       "writes\n",
		       t->name, result->differences.plans,
		       result->differences.plans == 1 ? "" : "s", t->record_count,
		       result->registers);
	else
		printf("%s: %u difference%s\n", t->name, difference_count(result),
		       difference_count(result) == 1 ? "" : "s");
	for (uint32_t i = 0; i < result->differences.count; i++)
		printf("  %s\n", result->differences.items[i].text);
	if (result->differences.dropped)
		printf("  and %u more\n", result->differences.dropped);
}

static void show(const struct template *t)
{
	struct result result;
	char slug[SLUG_BYTES];

	conv_slug(&t->problem, slug, sizeof slug);
	printf("%s\n  conv       %s, input from %s%s\n", t->name, slug,
	       t->problem.input_kind == INPUT_GRAPH ? "the graph" : "another operator",
	       t->problem.bias.kind == SOURCE_NONE ? "" : ", with bias");
	show_provenance(t);
	show_sizes(t);
	for (uint32_t i = 0; i < t->plan_count; i++)
		show_plan(t, &t->plans[i]);
	putchar('\n');
	compare(&result, t);
	print_verdict(t, &result);
	template_differences_free(&result.differences);
}

int template_show(const struct template_request *r)
{
	struct template_set set;
	struct diag *diag;
	struct template t;
	bool ok;

	if (!load(&set, r->schedules))
		return EXIT_REFUSED;
	for (size_t i = 0; i < set.count; i++) {
		if (!strcmp(set.items[i].name, r->words[0])) {
			show(&set.items[i]);
			template_set_free(&set);
			return EXIT_DONE;
		}
	}
	template_set_free(&set);
	if (access(r->words[0], F_OK) != 0 && errno == ENOENT) {
		fprintf(stderr,
			"npucc template: no template or file is called '%s'; "
			"'npucc template list' has the names\n",
			r->words[0]);
		return EXIT_FILE;
	}
	diag = diag_new(stderr);
	ok = template_read_file(&t, r->words[0], diag);
	diag_free(diag);
	if (!ok)
		return EXIT_REFUSED;
	show(&t);
	template_clear(&t);
	return EXIT_DONE;
}

/* --- check ----------------------------------------------------------------- */

/* True when the formula reproduces it. */
static bool check(const struct template *t, json_t *array)
{
	struct result result;
	bool equal;

	compare(&result, t);
	equal = is_equal(&result);
	if (array)
		json_array_append_new(array, result_json(t, &result));
	else
		print_verdict(t, &result);
	template_differences_free(&result.differences);
	return equal;
}

/* The set's templates, or the files named. */
static int check_all(const struct template_request *r, json_t *array)
{
	bool equal = true, well_formed = true;
	struct template_set set;
	struct diag *diag;

	if (!r->word_count) {
		if (!load(&set, r->schedules))
			return EXIT_REFUSED;
		for (size_t i = 0; i < set.count; i++)
			equal = check(&set.items[i], array) && equal;
		template_set_free(&set);
	}
	diag = diag_new(stderr);
	for (size_t i = 0; i < r->word_count; i++) {
		struct template t;

		if (!template_read_file(&t, r->words[i], diag)) {
			well_formed = false;
			continue;
		}
		equal = check(&t, array) && equal;
		template_clear(&t);
	}
	diag_free(diag);
	return well_formed && (equal || r->report) ? EXIT_DONE : EXIT_REFUSED;
}

int template_check(const struct template_request *r)
{
	json_t *array = r->json ? json_array() : NULL;
	int code = check_all(r, array);

	if (array)
		print_json(array);
	return code;
}
