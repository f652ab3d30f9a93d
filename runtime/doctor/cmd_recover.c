/*
 * npudoctor recover [OPTION...]: print the plan, or carry it out with --execute.
 */
#include <string.h>

#include "common/options.h"
#include "doctor_cmd.h"
#include "probe.h"
#include "recover.h"

enum option_id {
	OPT_EXECUTE = 1,
	OPT_PROCESS,
	OPT_STEP,
	OPT_FAMILY,
	OPT_YES,
	OPT_LOGS,
	OPT_ROOT
};

/* clang-format off */
static const struct option_row rows[] = {
	{ NULL, "execute", NULL, OPT_EXECUTE, "do what the plan says" },
	{ NULL, "process", "PID|NAME", OPT_PROCESS,
	  "end this process first: SIGTERM to its group, 5 s, SIGKILL. Refused while it is "
	  "inside a job" },
	{ NULL, "step", "STEP", OPT_STEP,
	  "only this step; may be given more than once: logs, process, files, reset, module, "
	  "rebind, reboot or check" },
	{ NULL, "family", "FAMILY", OPT_FAMILY, "auto, rknpu, axcl or xdna (default auto)" },
	{ "y", "yes", NULL, OPT_YES, "do not ask before a process is ended" },
	{ NULL, "logs", "DIR", OPT_LOGS,
	  "where to collect logs (default npudoctor-logs)" },
	{ NULL, "root", "DIR", OPT_ROOT,
	  "plan for a machine whose files were collected below DIR; never with --execute" },
	{ "h", "help", NULL, OPTIONS_HELP, "print this page" },
	{ "V", "version", NULL, OPTIONS_VERSION, "print the version" },
};

static const struct options_section sections[] = {
	{ "EXIT STATUS",
	  " 0  the plan was printed, or everything was done\n"
	  " 1  a step is refused, failed, or is yours to do; or no NPU was found\n"
	  " 2  wrong command line\n 3  a file could not be read\n"
	  " 4  internal error or out of memory\n" },
	{ "EXAMPLES", " npudoctor recover\n npudoctor recover --process myapp --execute\n"
		      " npudoctor recover --step module --execute\n" },
	{ "SEE ALSO", "npurun; docs/npudoctor.md" },
};
/* clang-format on */

static const struct options options = {
	.program = "npudoctor recover",
	.rows = rows,
	.row_count = sizeof rows / sizeof rows[0],
	.summary = "bring a dead NPU back, step by step",
	.synopsis = "[OPTION...]",
	.description =
	    "Prints which steps would help, from gentle to harsh, and which are refused "
	    "because they would make things worse. With --execute it does them in order, "
	    "looks again before each, gives up whatever hangs after its time limit, and "
	    "stops at the first that does not succeed. It never reboots.",
	.sections = sections,
	.section_count = sizeof sections / sizeof sections[0],
};

struct request {
	const char *root, *process, *logs;
	enum family family;
	uint32_t asked;
	bool execute, yes;
};

static int take_option(void *request, const struct options_scan *scan, int id)
{
	struct request *r = request;
	static const char *const families[] = { "rknpu", "axcl", "xdna", "auto" };
	int choice;

	switch (id) {
	case OPT_EXECUTE:
		r->execute = true;
		break;
	case OPT_PROCESS:
		r->process = scan->value;
		break;
	case OPT_STEP:
		choice = options_choice(scan, recover_names, RECOVER_N);
		if (choice < 0)
			return DOCTOR_USAGE;
		r->asked |= 1u << choice;
		break;
	case OPT_FAMILY:
		choice = options_choice(scan, families, FAMILY_N + 1);
		if (choice < 0)
			return DOCTOR_USAGE;
		r->family = (enum family)choice;
		break;
	case OPT_YES:
		r->yes = true;
		break;
	case OPT_LOGS:
		r->logs = scan->value;
		break;
	case OPT_ROOT:
		r->root = scan->value;
		break;
	case OPTIONS_WORD:
		options_usage(&options, stderr, "unexpected argument '%s'", scan->value);
		return DOCTOR_USAGE;
	}
	return -1;
}

/* The family that the machine has, in the order of the families. */
static enum family find_family(const struct facts *facts)
{
	static const enum fact_id signs[FAMILY_N][2] = {
		{ FACT_RKNPU_NODE, FACT_RKNPU_DEVICE },
		{ FACT_AXCL_NODE, FACT_AXCL_PCI },
		{ FACT_XDNA_NODE, FACT_XDNA_PCI },
	};

	for (int f = 0; f < FAMILY_N; f++) {
		if (facts_find(facts, signs[f][0]) || facts_find(facts, signs[f][1]))
			return (enum family)f;
	}
	return FAMILY_AUTO;
}

static int run(const struct request *request)
{
	const struct probe_options probe = { 0 };
	struct facts facts = { 0 };
	struct hands hands;
	struct sys sys;
	struct recover r = { .sys = &sys,
			     .hands = &hands,
			     .facts = &facts,
			     .family = request->family,
			     .process = request->process,
			     .logs = request->logs,
			     .asked = request->asked };
	bool ok = true;

	sys_host_init(&sys, request->root);
	hands_host_init(&hands, request->yes);
	probe_machine(&facts, &sys, &probe);
	if (r.family == FAMILY_AUTO)
		r.family = find_family(&facts);
	if (r.family == FAMILY_AUTO) {
		doctor_complain("no NPU of a known family shows itself; name one with "
				"--family");
		ok = false;
	} else if (request->execute) {
		ok = recover_execute(&r, stdout);
	} else {
		struct recover_plan plan;

		recover_plan(&r, &plan);
		recover_print_plan(stdout, &r, &plan);
		for (size_t i = 0; i < plan.count; i++)
			ok = ok && plan.steps[i].state != RECOVER_REFUSED;
	}
	facts_free(&facts);
	return ok ? DOCTOR_HEALTHY : DOCTOR_TROUBLE;
}

int cmd_recover(int argc, char **argv)
{
	struct request r = { .root = "",
			     .logs = "npudoctor-logs",
			     .family = FAMILY_AUTO };
	int code = options_each(&options, argc, argv, take_option, &r);

	if (code >= 0)
		return code;
	if (r.execute && r.root[0]) {
		options_usage(&options, stderr,
			      "--execute acts on this machine, --root is another one");
		return DOCTOR_USAGE;
	}
	if ((r.asked & 1u << RECOVER_PROCESS) && !r.process) {
		options_usage(&options, stderr, "--step process needs --process");
		return DOCTOR_USAGE;
	}
	if (r.process && r.asked)
		r.asked |= 1u << RECOVER_PROCESS;
	return run(&r);
}
