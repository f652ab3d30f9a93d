/*
 * npudoctor capture -o DIR [OPTION...] -- COMMAND...: plan, or record with --execute.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect.h"
#include "common/options.h"
#include "doctor_cmd.h"
#include "probe.h"

#define MAX_WORDS 256u
#define MAX_LIMIT_S 86400u

enum option_id { OPT_OUTPUT = 1, OPT_EXECUTE, OPT_ALLOW, OPT_LIMIT, OPT_ROOT };

/* clang-format off */
static const struct option_row rows[] = {
	{ "o", "output", "DIR", OPT_OUTPUT, "directory for the record; new or empty" },
	{ NULL, "execute", NULL, OPT_EXECUTE, "run the command and record" },
	{ NULL, "allow", "HAZARD", OPT_ALLOW,
	  "accept what the run may do to the board: poisons-next-job, untested, "
	  "unverified-program or mmio-read; may be given more than once" },
	{ NULL, "limit", "SECONDS", OPT_LIMIT,
	  "end the command after so long (default 120); never inside a job" },
	{ NULL, "root", "DIR", OPT_ROOT,
	  "plan for a machine whose files were collected below DIR; never with --execute" },
	{ "h", "help", NULL, OPTIONS_HELP, "print this page" },
	{ "V", "version", NULL, OPTIONS_VERSION, "print the version" },
};

static const struct options_section sections[] = {
	{ "HAZARDS",
	  "A run that can reach an NPU is risky when a bundle among the command's words has "
	  "plans with hazards, and when the command is not npurun, because then nobody checks "
	  "its jobs. Registers are only read with --allow=mmio-read: a board hangs when its "
	  "NPU loses power in that moment." },
	{ "EXIT STATUS",
	  " 0  the plan was printed, or the run was recorded and succeeded\n"
	  " 1  a hazard was not allowed, or the command failed (the record is there)\n"
	  " 2  wrong command line\n 3  the record could not be written\n"
	  " 4  internal error or out of memory\n" },
	{ "EXAMPLES", " npudoctor capture -o rec -- npurun edge.npub\n"
		      " npudoctor capture -o rec --execute --allow=unverified-program -- ./app\n" },
	{ "SEE ALSO", "npucc verify, npurun; docs/npudoctor.md" },
};
/* clang-format on */

static const struct options options = {
	.program = "npudoctor capture",
	.rows = rows,
	.row_count = sizeof rows / sizeof rows[0],
	.summary = "record one run of a program for npucc verify",
	.synopsis = "-o DIR [OPTION...] -- COMMAND [ARGUMENT...]",
	.description =
	    "Keeps power state, clocks and registers before and after, the calls on NPU "
	    "nodes, and what the kernel logged meanwhile. Prints what it would do; does "
	    "it "
	    "with --execute, when every hazard of the run is allowed by name.",
	.sections = sections,
	.section_count = sizeof sections / sizeof sections[0],
};

struct request {
	struct collect collect;
	const char *command[MAX_WORDS + 1];
	size_t words;
	const char *root;
	bool execute;
};

static int take_option(void *request, const struct options_scan *scan, int id)
{
	struct request *r = request;
	uint64_t number;
	int choice;

	switch (id) {
	case OPT_OUTPUT:
		r->collect.dir = scan->value;
		break;
	case OPT_EXECUTE:
		r->execute = true;
		break;
	case OPT_ALLOW:
		choice = options_choice(scan, collect_hazard_names, COLLECT_HAZARDS);
		if (choice < 0)
			return DOCTOR_USAGE;
		r->collect.allowed |= 1u << choice;
		break;
	case OPT_LIMIT:
		if (!options_number(scan, 1, MAX_LIMIT_S, &number))
			return DOCTOR_USAGE;
		r->collect.limit_ms = (uint32_t)number * 1000;
		break;
	case OPT_ROOT:
		r->root = scan->value;
		break;
	case OPTIONS_WORD:
		if (!scan->only_words) {
			options_usage(&options, stderr,
				      "'%s': the command comes behind --", scan->value);
			return DOCTOR_USAGE;
		}
		if (r->words == MAX_WORDS) {
			options_usage(&options, stderr, "more than %u words", MAX_WORDS);
			return DOCTOR_USAGE;
		}
		r->command[r->words++] = scan->value;
		break;
	}
	return -1;
}

/* libnputrace.so beside the program, or in ../lib; "" when it is in neither. */
static void find_tracer(char path[SYS_PATH_BYTES])
{
	static const char *const places[] = { "", "../lib/" };
	char self[256];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	char *slash;

	path[0] = '\0';
	if (n <= 0)
		return;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return;
	slash[1] = '\0';
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		sys_path(path, "%s%slibnputrace.so", self, places[i]);
		if (!access(path, R_OK))
			return;
	}
	path[0] = '\0';
}

static int run(struct request *r)
{
	const struct probe_options probe = { 0 };
	char tracer[SYS_PATH_BYTES];
	struct facts facts = { 0 };
	struct hands hands;
	struct sys sys;
	int code = DOCTOR_HEALTHY;

	sys_host_init(&sys, r->root);
	hands_host_init(&hands, false);
	find_tracer(tracer);
	probe_machine(&facts, &sys, &probe);
	r->collect.sys = &sys;
	r->collect.hands = &hands;
	r->collect.facts = &facts;
	r->collect.command = r->command;
	r->collect.tracer = tracer[0] ? tracer : NULL;
	if (!r->execute) {
		collect_print_plan(&r->collect, stdout);
	} else if (!tracer[0]) {
		doctor_complain("libnputrace.so is neither beside npudoctor nor in "
				"../lib; install it");
		code = DOCTOR_UNREADABLE;
	} else {
		switch (collect_run(&r->collect, stderr)) {
		case COLLECT_DONE:
			break;
		case COLLECT_FILE:
			code = DOCTOR_UNREADABLE;
			break;
		default:
			code = DOCTOR_TROUBLE;
		}
	}
	facts_free(&facts);
	return code;
}

int cmd_capture(int argc, char **argv)
{
	struct request r = { .collect.limit_ms = COLLECT_LIMIT_MS, .root = "" };
	int code = options_each(&options, argc, argv, take_option, &r);

	if (code >= 0)
		return code;
	if (!r.collect.dir || !r.words || (r.execute && r.root[0])) {
		options_usage(&options, stderr, "%s",
			      !r.collect.dir ? "-o DIR is missing"
			      : !r.words     ? "the command is missing: -- COMMAND..."
					 : "--execute acts on this machine, --root is "
					   "another one");
		return DOCTOR_USAGE;
	}
	return run(&r);
}
