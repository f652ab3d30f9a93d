/*
 * npucc template ACTION: make, list, show and check captured schedules.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/cmd_template.h"
#include "cmd/type_option.h"
#include "verify/log.h"

enum option_id {
	OPT_OUTPUT = 1,
	OPT_CONV,
	OPT_TYPE,
	OPT_SCHEDULES,
	OPT_JSON,
	OPT_REPORT,
	OPT_COMPILER,
	OPT_RUNTIME,
	OPT_DRIVER,
	OPT_DATE,
	OPT_NOTE,
	OPT_HAZARD
};

static const struct option_row rows[] = {
	{ NULL, NULL, NULL, 0, "Templates" },
	{ NULL, "schedules", "DIR", OPT_SCHEDULES,
	  "look in DIR before the templates that are built in; the variable "
	  "NPUCC_SCHEDULES does the same" },
	{ NULL, "json", NULL, OPT_JSON, "list, check: print JSON" },
	{ NULL, "report", NULL, OPT_REPORT,
	  "check: only a malformed template is a failure; differences are printed" },
	{ NULL, NULL, NULL, 0, "Import" },
	{ "o", "output", "FILE", OPT_OUTPUT, "write the template to FILE" },
	{ NULL, "conv", "SPEC", OPT_CONV,
	  "the conv that ran, where the capture is logs: they do not say" },
	TYPE_OPTION_ROW(OPT_TYPE),
	{ NULL, "compiler", "TEXT", OPT_COMPILER,
	  "version of the vendor compiler, where the capture does not say" },
	{ NULL, "runtime", "TEXT", OPT_RUNTIME, "version of the vendor runtime" },
	{ NULL, "driver", "TEXT", OPT_DRIVER, "version of the kernel driver" },
	{ NULL, "date", "TEXT", OPT_DATE, "when it was captured" },
	{ NULL, "note", "TEXT", OPT_NOTE, "a sentence to keep with it; may be repeated" },
	{ NULL, "hazard", "NAME=TEXT", OPT_HAZARD,
	  "record poisons-next-job or untested and why; plans that equal the template "
	  "inherit "
	  "it until the file says \"inherited\": false; may be repeated" },
	{ NULL, NULL, NULL, 0, "Help" },
	{ "h", "help", NULL, OPTIONS_HELP, "print this page" },
	{ "V", "version", NULL, OPTIONS_VERSION, "print the version" },
};

static const struct options_section sections[] = {
	{ "ACTIONS", " import CAPTURE -o FILE   make a template of a captured schedule\n"
		     " list                     one line for each template\n"
		     " show NAME                everything a template says; NAME as "
		     "listed, or a file\n"
		     " check [FILE...]          compare templates with the formula, "
		     "field by field\n" },
	{ "EXIT STATUS",
	  " 0  done; check: all equal\n 1  refused; check: malformed or different\n"
	  " 2  wrong command line\n 3  a file could not be read or written\n"
	  " 4  internal error or out of memory\n" },
	{ "EXAMPLES",
	  " npucc template list\n"
	  " npucc template import capture.json -o schedules/c64_h56_oc128_k1.json\n"
	  " npucc template check schedules/c64_h56_oc128_k1.json\n" },
	{ "SEE ALSO", "npucc, npudump; docs/templates.md" },
};

static const struct options options = {
	.program = "npucc template",
	.rows = rows,
	.row_count = sizeof rows / sizeof rows[0],
	.summary = "captured schedules as evidence for plans",
	.synopsis = "ACTION [ARGUMENT...] [OPTION...]",
	.description =
	    "A template is a schedule that the vendor's compiler made, with every "
	    "register "
	    "of every task. A plan that the formula makes for the same convolution is "
	    "compared with it, and rests on that evidence when nothing differs.",
	.sections = sections,
	.section_count = sizeof sections / sizeof sections[0],
};

#define BIT(id) (1u << (id))
#define IMPORT_OPTIONS                                                                   \
	(BIT(OPT_OUTPUT) | BIT(OPT_CONV) | BIT(OPT_TYPE) | BIT(OPT_COMPILER) |           \
	 BIT(OPT_RUNTIME) | BIT(OPT_DRIVER) | BIT(OPT_DATE) | BIT(OPT_NOTE) |            \
	 BIT(OPT_HAZARD))

static const struct action {
	const char *name;
	int (*run)(const struct template_request *r);
	size_t min_words, max_words;
	uint32_t takes; /* options */
} actions[] = {
	{ "import", template_import, 1, LOG_MAX_FILES, IMPORT_OPTIONS },
	{ "list", template_list, 0, 0, BIT(OPT_SCHEDULES) | BIT(OPT_JSON) },
	{ "show", template_show, 1, 1, BIT(OPT_SCHEDULES) },
	{ "check", template_check, 0, SIZE_MAX,
	  BIT(OPT_SCHEDULES) | BIT(OPT_JSON) | BIT(OPT_REPORT) },
};

static void take_word(struct template_request *r, const char *word)
{
	if (!r->action)
		r->action = word;
	else
		r->words[r->word_count++] = word;
}

static int take_option(void *request, const struct options_scan *scan, int id)
{
	struct template_request *r = request;

	if (id > 0)
		r->given |= BIT(id);
	switch (id) {
	case OPTIONS_WORD:
		take_word(r, scan->value);
		break;
	case OPT_OUTPUT:
		r->output = scan->value;
		break;
	case OPT_CONV:
		r->conv = scan->value;
		break;
	case OPT_TYPE:
		if (!type_option(scan, &r->type))
			return EXIT_USAGE;
		break;
	case OPT_SCHEDULES:
		r->schedules = scan->value;
		break;
	case OPT_JSON:
		r->json = true;
		break;
	case OPT_REPORT:
		r->report = true;
		break;
	case OPT_COMPILER:
		r->compiler = scan->value;
		break;
	case OPT_RUNTIME:
		r->runtime = scan->value;
		break;
	case OPT_DRIVER:
		r->driver = scan->value;
		break;
	case OPT_DATE:
		r->date = scan->value;
		break;
	case OPT_NOTE:
		if (r->note_count == TEMPLATE_MAX_NOTES) {
			options_complain(scan, "more than %u notes", TEMPLATE_MAX_NOTES);
			return EXIT_USAGE;
		}
		r->notes[r->note_count++] = scan->value;
		break;
	case OPT_HAZARD:
		if (r->hazard_count == TEMPLATE_MAX_HAZARDS ||
		    !strchr(scan->value, '=')) {
			options_complain(scan, "give NAME=TEXT, at most %u times",
					 TEMPLATE_MAX_HAZARDS);
			return EXIT_USAGE;
		}
		r->hazards[r->hazard_count++] = scan->value;
		break;
	}
	return -1;
}

static const struct action *find_action(const struct template_request *r)
{
	const size_t count = sizeof actions / sizeof actions[0];

	for (size_t i = 0; r->action && i < count; i++) {
		if (!strcmp(r->action, actions[i].name))
			return &actions[i];
	}
	if (r->action)
		options_usage(&options, stderr,
			      "no action '%s': use import, list, show or check",
			      r->action);
	else
		options_usage(&options, stderr,
			      "no action: use import, list, show or check");
	return NULL;
}

/* An option that the action would not look at is a mistake. */
static bool takes_options(const struct action *action, const struct template_request *r)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].id <= 0 || rows[i].id > OPT_HAZARD ||
		    !(r->given & ~action->takes & BIT(rows[i].id)))
			continue;
		options_usage(&options, stderr, "%s takes no --%s", action->name,
			      rows[i].long_name);
		return false;
	}
	return true;
}

static int run_action(struct template_request *r)
{
	const struct action *action = find_action(r);

	if (!action || !takes_options(action, r))
		return EXIT_USAGE;
	if (r->word_count < action->min_words || r->word_count > action->max_words) {
		options_usage(&options, stderr, "%s takes %s", action->name,
			      action->max_words > 1 ? "at least one file"
			      : action->max_words   ? "one argument"
						    : "no argument");
		return EXIT_USAGE;
	}
	if (action->takes & BIT(OPT_OUTPUT) && !r->output) {
		options_usage(&options, stderr, "%s: where to? give -o FILE",
			      action->name);
		return EXIT_USAGE;
	}
	return action->run(r);
}

int cmd_template(int argc, char **argv)
{
	struct template_request r = { .type = NPU_ELEM_FP16 };
	int code;

	r.words = calloc((size_t)argc + 1, sizeof *r.words);
	if (!r.words)
		return EXIT_INTERNAL;
	code = options_each(&options, argc, argv, take_option, &r);
	if (code < 0)
		code = run_action(&r);
	free(r.words);
	return code;
}
