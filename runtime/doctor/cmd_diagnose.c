/*
 * npudoctor [OPTION...]: facts, logs, signatures, verdict.  Nothing is changed.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/options.h"
#include "doctor_cmd.h"
#include "doctor_report.h"
#include "file.h"
#include "probe.h"

#define MAX_LOGS 32u

enum option_id {
	OPT_LOG = 1,
	OPT_ROOT,
	OPT_FAMILY,
	OPT_SIGNATURES,
	OPT_SYMPTOM,
	OPT_ALLOW,
	OPT_JSON,
	OPT_QUIET
};

/* clang-format off */
static const struct option_row rows[] = {
	{ NULL, NULL, NULL, 0, "Where to look" },
	{ "l", "log", "FILE", OPT_LOG,
	  "look through this log instead of the kernel's, or - for standard input; may be "
	  "given more than once, oldest first" },
	{ NULL, "root", "DIR", OPT_ROOT,
	  "look at files collected from another machine below DIR" },
	{ NULL, "family", "FAMILY", OPT_FAMILY,
	  "auto, rknpu, axcl or xdna (default auto: what is there)" },
	{ NULL, "symptom", "WORD", OPT_SYMPTOM,
	  "what you saw, as no log tells it: zeros" },
	{ NULL, "signatures", "DIR", OPT_SIGNATURES,
	  "use the *.json files of DIR instead of the built-in signatures" },
	{ NULL, "allow", "HAZARD", OPT_ALLOW,
	  "mmio-read: read the NPU's registers through /dev/mem. A board hangs when its NPU "
	  "loses power in that moment" },
	{ NULL, NULL, NULL, 0, "Output" },
	{ NULL, "json", NULL, OPT_JSON, "print JSON instead of text" },
	{ "q", "quiet", NULL, OPT_QUIET, "print the verdict line only" },
	{ "h", "help", NULL, OPTIONS_HELP, "print this page" },
	{ "V", "version", NULL, OPTIONS_VERSION, "print the version" },
};

static const struct options_section sections[] = {
	{ "SUBCOMMANDS",
	  " npudoctor recover   bring a dead NPU back, step by step\n"
	  " npudoctor capture   record one run for npucc verify\n" },
	{ "EXIT STATUS",
	  " 0  healthy\n 1  trouble was found, or no NPU\n 2  wrong command line\n"
	  " 3  a file or the kernel log could not be read\n"
	  " 4  internal error or out of memory\n" },
	{ "EXAMPLES",
	  " npudoctor\n npudoctor --log kernel.log --family rknpu\n"
	  " dmesg | npudoctor --log - --json\n npudoctor --root collected\n" },
	{ "SEE ALSO", "npurun; docs/npudoctor.md" },
};
/* clang-format on */

static const struct options options = {
	.program = "npudoctor",
	.rows = rows,
	.row_count = sizeof rows / sizeof rows[0],
	.summary = "say what is wrong with an NPU and what to do",
	.synopsis = "[OPTION...]\nrecover [OPTION...]\ncapture [OPTION...] -- COMMAND...",
	.description =
	    "Looks at device nodes, permissions, driver and hardware versions, power "
	    "state and the kernel log, compares them with known signatures of trouble, "
	    "and "
	    "prints one verdict, the lines it rests on, and what to do next. Knows "
	    "Rockchip's NPU with the vendor driver (rknpu), AXERA cards with AXCL "
	    "(axcl), and AMD's NPU with XRT (xdna). Changes nothing.",
	.sections = sections,
	.section_count = sizeof sections / sizeof sections[0],
};

struct request {
	const char *logs[MAX_LOGS], *root, *signatures;
	size_t log_count;
	struct probe_options probe;
	enum family family;
	bool json, quiet;
};

void doctor_complain(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "npudoctor: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
}

/* Exit code to end with, or -1 to go on. */
static int take_option(void *request, const struct options_scan *scan, int id)
{
	struct request *r = request;
	static const char *const families[] = { "rknpu", "axcl", "xdna", "auto" };
	static const char *const symptoms[] = { "zeros" };
	static const char *const hazards[] = { "mmio-read" };
	int choice;

	switch (id) {
	case OPT_LOG:
		if (r->log_count == MAX_LOGS) {
			options_complain(scan, "at most %u logs", MAX_LOGS);
			return DOCTOR_USAGE;
		}
		r->logs[r->log_count++] = scan->value;
		break;
	case OPT_ROOT:
		r->root = scan->value;
		break;
	case OPT_FAMILY:
		choice = options_choice(scan, families, FAMILY_N + 1);
		if (choice < 0)
			return DOCTOR_USAGE;
		r->family = (enum family)choice;
		break;
	case OPT_SYMPTOM:
		if (options_choice(scan, symptoms, 1) < 0)
			return DOCTOR_USAGE;
		r->probe.symptom = scan->value;
		break;
	case OPT_SIGNATURES:
		r->signatures = scan->value;
		break;
	case OPT_ALLOW:
		if (options_choice(scan, hazards, 1) < 0)
			return DOCTOR_USAGE;
		r->probe.allow_mmio = true;
		break;
	case OPT_JSON:
		r->json = true;
		break;
	case OPT_QUIET:
		r->quiet = true;
		break;
	case OPTIONS_WORD:
		options_usage(&options, stderr, "unexpected argument '%s'", scan->value);
		return DOCTOR_USAGE;
	}
	return -1;
}

static bool load_signatures(const struct request *r, struct signatures *s)
{
	struct diag *diag = diag_new(stderr);
	char failed[FACT_SOURCE_BYTES];
	int error = 0;
	bool ok;

	if (r->signatures) {
		error = signatures_directory(s, r->signatures, diag, failed);
		if (error)
			doctor_complain("%s: %s", failed, strerror(error));
		else if (!s->count && !diag_errors(diag))
			doctor_complain("%s: no signatures: it needs *.json files",
					r->signatures);
		ok = !error && s->count && !diag_errors(diag);
	} else {
		ok = signatures_builtin(s, diag);
	}
	diag_free(diag);
	return ok;
}

static bool read_log(struct scan *scan, const struct signatures *s, const char *path)
{
	bool standard = !strcmp(path, "-");
	struct file_text text;

	switch (file_read(&text, standard ? NULL : path, SYS_LOG_BYTES, true)) {
	case FILE_OK:
		scan_text(scan, s, standard ? "<standard input>" : path, text.bytes,
			  text.count);
		free(text.bytes);
		return true;
	case FILE_DIRECTORY:
		doctor_complain("%s: is a directory, not a log", path);
		return false;
	case FILE_TOO_LARGE:
		doctor_complain("%s: larger than 64 MiB; cut out the part that matters",
				path);
		return false;
	default:
		doctor_complain("%s: %s", path, strerror(text.error));
		return false;
	}
}

static void read_kernel_log(struct diagnosis *d, struct scan *scan, struct sys *sys)
{
	struct sys_text text;
	const char *name;
	int error = sys->kernel_log(sys, &text, &name);

	if (error) {
		snprintf(d->log_error, sizeof d->log_error,
			 "the kernel log (%s) cannot be read: %s", name, strerror(error));
		return;
	}
	scan_text(scan, d->signatures, name, text.bytes, text.count);
	sys_text_free(&text);
}

static int print(const struct request *r, const struct diagnosis *d)
{
	if (r->json)
		doctor_print_json(stdout, d);
	else if (r->quiet)
		doctor_print_verdict(stdout, d);
	else
		doctor_print_text(stdout, d);
	if (d->verdict == VERDICT_HEALTHY)
		return DOCTOR_HEALTHY;
	return d->verdict == VERDICT_UNKNOWN && d->log_error[0] ? DOCTOR_UNREADABLE
								: DOCTOR_TROUBLE;
}

static int run(const struct request *r)
{
	struct signatures signatures = { 0 };
	struct facts facts = { 0 };
	struct scan scan = { 0 };
	struct diagnosis d = { .signatures = &signatures,
			       .facts = &facts,
			       .scan = &scan,
			       .asked = r->family };
	struct sys_names names;
	struct sys sys;
	int code = DOCTOR_UNREADABLE, error;

	sys_host_init(&sys, r->root);
	error = sys.list_dir(&sys, "/", &names);
	if (error) {
		doctor_complain("%s: %s", r->root, strerror(error));
		return DOCTOR_UNREADABLE;
	}
	sys_names_free(&names);
	if (load_signatures(r, &signatures)) {
		bool ok = true;

		for (size_t i = 0; i < r->log_count; i++)
			ok = read_log(&scan, &signatures, r->logs[i]) && ok;
		if (ok) {
			probe_machine(&facts, &sys, &r->probe);
			if (!r->log_count)
				read_kernel_log(&d, &scan, &sys);
			diagnose(&d);
			code = print(r, &d);
		}
	}
	diagnosis_free(&d);
	scan_free(&scan);
	facts_free(&facts);
	signatures_free(&signatures);
	return code;
}

int cmd_diagnose(int argc, char **argv)
{
	struct request r = { .root = "", .family = FAMILY_AUTO };
	int code = options_each(&options, argc, argv, take_option, &r);

	if (code >= 0)
		return code;
	return run(&r);
}
