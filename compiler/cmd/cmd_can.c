/*
 * npucc can SPEC...: whether and how each conv is supported, without weights and
 * without writing anything.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/can.h"
#include "cmd/cmd.h"
#include "cmd/type_option.h"
#include "common/options.h"
#include "spec.h"

enum option_id { OPT_SCHEDULES = 1, OPT_JSON, OPT_TIME, OPT_TYPE };

static const struct option_row rows[] = {
	{ NULL, NULL, NULL, 0, "Options" },
	{ NULL, "json", NULL, OPT_JSON, "print an array of objects, one for each conv" },
	{ NULL, "time", NULL, OPT_TIME,
	  "say how long each answer took, in microseconds" },
	TYPE_OPTION_ROW(OPT_TYPE),
	{ NULL, "schedules", "DIR", OPT_SCHEDULES,
	  "look for captured schedules in DIR before those built in (NPUCC_SCHEDULES)" },
	{ "h", "help", NULL, OPTIONS_HELP, "print this page" },
	{ "V", "version", NULL, OPTIONS_VERSION, "print the version" },
};

static const struct options_section sections[] = {
	{ "COLUMNS",
	  " 1 core, 2 cores, 3 cores  how the conv is split, and the tasks of each "
	  "core's list;\n"
	  "                           '=' stands for the plan for one core once more\n"
	  " evidence   what the plans rest on: promoted, captured or formula\n"
	  " basis      how well the formula's rules for this conv are known\n"
	  " hazards    what a caller must allow before such a plan may run on a "
	  "board\n" },
	{ "EXIT STATUS",
	  " 0  all are supported\n 1  some are not, or cannot be read\n 2  wrong command "
	  "line\n"
	  " 3  the answer could not be written\n 4  internal error or out of memory\n" },
	{ "EXAMPLES", " npucc can b1_c160_h40_w40_oc320_wic160_k3x3_g1_s1_pvalid\n"
		      " npucc can net.conv --json\n" },
	{ "SEE ALSO", "npucc; docs/templates.md" },
};

static const struct options options = {
	.program = "npucc can",
	.rows = rows,
	.row_count = sizeof rows / sizeof rows[0],
	.summary = "say whether and how convolutions are supported",
	.synopsis = "SPEC... [--type=TYPE] [--json] [--time]",
	.description = "Each SPEC is a file of convs or a slug, as for npucc. Nothing is "
		       "compiled to "
		       "a file and no weights are read.",
	.sections = sections,
	.section_count = sizeof sections / sizeof sections[0],
};

struct request {
	const char **specs;
	size_t spec_count;
	const char *schedules;
	bool json, time;
	enum npu_elem type;
};

static int take_option(void *request, const struct options_scan *scan, int id)
{
	struct request *r = request;

	switch (id) {
	case OPTIONS_WORD:
		r->specs[r->spec_count++] = scan->value;
		break;
	case OPT_SCHEDULES:
		r->schedules = scan->value;
		break;
	case OPT_JSON:
		r->json = true;
		break;
	case OPT_TIME:
		r->time = true;
		break;
	case OPT_TYPE:
		if (!type_option(scan, &r->type))
			return EXIT_USAGE;
		break;
	}
	return -1;
}

/* Exit code to end with, or -1 to go on. */
static int parse_request(struct request *r, int argc, char **argv)
{
	int code = options_each(&options, argc, argv, take_option, r);

	if (code >= 0 || r->spec_count)
		return code;
	options_usage(&options, stderr, "no SPEC: name a file, a slug or -");
	return EXIT_USAGE;
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void answer_conv(struct can_answer *a, struct conv_problem *p,
			struct template_set *templates, struct diag *diag)
{
	double start = now_us();

	can_ask(a, p, templates, diag);
	a->us = now_us() - start;
}

struct report {
	const struct request *request;
	struct can_table *table; /* NULL: JSON */
	json_t *array;
	bool refused;
};

static void put_answer(struct report *report, const struct can_answer *a)
{
	report->refused = report->refused || !a->supported;
	if (report->array)
		json_array_append_new(report->array, can_json(a, report->request->time));
	else
		can_row(report->table, a);
}

/* A text that cannot be read is one answer: no conv of it can be compiled. */
static void put_unreadable(struct report *report, struct can_answer *a, const char *arg,
			   const struct diag *diag)
{
	const char *text = a->place.line ? diag_source_name(diag, a->place.source) : "";
	char sentence[sizeof a->sentence];
	size_t used;

	a->name = arg;
	if (*text && strcmp(text, COMMAND_LINE_SOURCE)) {
		memcpy(sentence, a->sentence, sizeof sentence);
		snprintf(a->sentence, sizeof a->sentence, "%.100s:%u:%u: %.180s", text,
			 a->place.line, a->place.col, sentence);
	}
	used = strlen(a->sentence);
	if (a->errors > 1)
		snprintf(a->sentence + used, sizeof a->sentence - used,
			 " (and %u more error%s)", a->errors - 1,
			 a->errors == 2 ? "" : "s");
	put_answer(report, a);
}

static void answer_spec(struct report *report, const char *arg,
			struct template_set *templates)
{
	struct diag *diag = diag_new(NULL);
	struct can_answer a = { 0 };
	struct spec spec;
	bool readable;

	can_listen(&a, diag);
	spec_init(&spec);
	spec.default_elem = report->request->type;
	spec_read(&spec, arg, diag);
	readable = !a.errors;
	if (!readable)
		put_unreadable(report, &a, arg, diag);
	for (size_t i = 0; readable && i < spec.count; i++) {
		memset(&a, 0, sizeof a);
		answer_conv(&a, &spec.convs[i], templates, diag);
		put_answer(report, &a);
		can_answer_clear(&a);
	}
	spec_free(&spec);
	diag_free(diag);
}

static int answer_all(const struct request *r, struct template_set *templates)
{
	struct report report = { .request = r };

	if (r->json)
		report.array = json_array();
	else
		report.table = can_table_new(r->time);
	for (size_t i = 0; i < r->spec_count; i++)
		answer_spec(&report, r->specs[i], templates);
	if (report.array) {
		json_dumpf(report.array, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(report.array);
	} else {
		can_table_end(report.table, stdout);
	}
	return report.refused ? EXIT_REFUSED : EXIT_DONE;
}

int cmd_can(int argc, char **argv)
{
	struct diag *diag = diag_new(stderr);
	struct request r = { .type = NPU_ELEM_FP16 };
	struct template_set templates;
	int code;

	r.specs = calloc((size_t)argc + 1, sizeof *r.specs);
	if (!r.specs)
		return EXIT_INTERNAL;
	code = parse_request(&r, argc, argv);
	if (code < 0) {
		code = EXIT_REFUSED;
		if (template_set_load(&templates, template_dir(r.schedules), diag)) {
			code = answer_all(&r, &templates);
			template_set_free(&templates);
		}
	}
	free(r.specs);
	diag_free(diag);
	return code;
}
