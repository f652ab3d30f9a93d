/*
 * npucc verify [SUBJECT] [--log FILE]...: a bundle, spec or template against evidence.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/type_option.h"
#include "common/options.h"
#include "corpus/verify_corpus.h"
#include "verify/evidence.h"
#include "verify/verify_subject.h"

enum option_id {
	OPT_LOG = 1,
	OPT_KIND,
	OPT_CAPTURE,
	OPT_CONV,
	OPT_CORES,
	OPT_TYPE,
	OPT_CORPUS,
	OPT_ONLY,
	OPT_VERBOSE,
	OPT_JSON
};

static const struct option_row rows[] = {
	{ NULL, NULL, NULL, 0, "Evidence" },
	{ "l", "log", "FILE", OPT_LOG,
	  "a text log of one run, or - for standard input; may be given more than once" },
	{ NULL, "kind", "KIND", OPT_KIND,
	  "look only at rows of this kind in the logs that follow: auto, ioctl, dump, "
	  "alloc, "
	  "mmio, sysfs, pc or kernel (default auto: all)" },
	{ NULL, "capture", "FILE", OPT_CAPTURE,
	  "a captured schedule of the conv, as JSON" },
	{ NULL, NULL, NULL, 0, "Selection" },
	{ NULL, "conv", "NAME", OPT_CONV,
	  "only this conv of the bundle or spec; needed with logs when there are "
	  "several" },
	{ NULL, "cores", "N", OPT_CORES,
	  "cores of the plan that the logs ran (default 1)" },
	TYPE_OPTION_ROW(OPT_TYPE),
	{ NULL, NULL, NULL, 0, "All captures" },
	{ NULL, "corpus", "DIR", OPT_CORPUS,
	  "compare the compiler's plans with every capture of a directory" },
	{ NULL, "only", "TEXT", OPT_ONLY,
	  "with --corpus: captures whose slug holds TEXT" },
	{ "v", "verbose", NULL, OPT_VERBOSE,
	  "with --corpus: a line for every capture, not only for differing ones" },
	{ NULL, NULL, NULL, 0, "Output" },
	{ NULL, "json", NULL, OPT_JSON, "print JSON instead of text" },
	{ "h", "help", NULL, OPTIONS_HELP, "print this page" },
	{ "V", "version", NULL, OPTIONS_VERSION, "print the version" },
};

static const struct options_section sections[] = {
	{ "EXIT STATUS",
	  " 0  nothing failed\n 1  an item failed, or the spec was refused\n"
	  " 2  wrong command line\n 3  a file could not be read, or a log is malformed\n"
	  " 4  internal error or out of memory\n" },
	{ "EXAMPLES", " npucc verify net.npub\n"
		      " npucc verify conv.npub --log run.log --log kernel.log\n"
		      " npucc verify b1_c64_h56_w56_oc128_wic64_k1x1_g1_s1_pvalid --log "
		      "run.log --json\n"
		      " npucc verify --kind ioctl --log run.log\n"
		      " npucc verify --corpus captures\n" },
	{ "SEE ALSO", "npucc, npudump, npudoctor; docs/verify.md" },
};

static const struct options options = {
	.program = "npucc verify",
	.rows = rows,
	.row_count = sizeof rows / sizeof rows[0],
	.summary = "hold a bundle, spec or template against captured evidence",
	.synopsis =
	    "[SUBJECT] [--log FILE]... [--capture FILE] [OPTION...]\n--corpus DIR "
	    "[OPTION...]",
	.description =
	    "Prints PASS, SKIP or FAIL with a reason for each item that can be checked "
	    "without a board. SUBJECT is a bundle, a spec in any form, or a template; a "
	    "spec "
	    "or template is compiled in memory. The logs are text of one run: ioctl "
	    "trace, "
	    "buffer dumps, allocation rows, MMIO and sysfs snapshots, PC commit trace, "
	    "kernel "
	    "log, in any mixture and among other text. Without a SUBJECT the logs are "
	    "checked "
	    "against the driver's rules alone.",
	.sections = sections,
	.section_count = sizeof sections / sizeof sections[0],
};

struct log_name {
	const char *path;
	enum log_kind kind;
};

struct request {
	const char *subject, *capture, *conv, *corpus;
	struct verify_corpus_options corpus_options;
	struct log_name *logs;
	size_t log_count;
	enum log_kind kind;
	uint64_t cores;
	enum npu_elem type;
	bool json;
};

static int take_option(void *request, const struct options_scan *scan, int id)
{
	struct request *r = request;
	int choice;

	switch (id) {
	case OPTIONS_WORD:
		if (r->subject) {
			options_usage(&options, stderr, "one SUBJECT at a time: \"%s\"",
				      scan->value);
			return EXIT_USAGE;
		}
		r->subject = scan->value;
		break;
	case OPT_LOG:
		r->logs[r->log_count++] = (struct log_name){ scan->value, r->kind };
		break;
	case OPT_KIND:
		choice = options_choice(scan, log_kind_names, LOG_KIND_N);
		if (choice < 0)
			return EXIT_USAGE;
		r->kind = (enum log_kind)choice;
		/* written after its log it still means it */
		for (size_t i = 0; i < r->log_count; i++) {
			if (r->logs[i].kind == LOG_KIND_AUTO)
				r->logs[i].kind = r->kind;
		}
		break;
	case OPT_CAPTURE:
		r->capture = scan->value;
		break;
	case OPT_CONV:
		r->conv = scan->value;
		break;
	case OPT_CORPUS:
		r->corpus = scan->value;
		break;
	case OPT_ONLY:
		r->corpus_options.only = scan->value;
		break;
	case OPT_VERBOSE:
		r->corpus_options.verbose = true;
		break;
	case OPT_JSON:
		r->json = true;
		break;
	case OPT_TYPE:
		if (!type_option(scan, &r->type))
			return EXIT_USAGE;
		break;
	case OPT_CORES:
		if (!options_number(scan, 1, NPU_MAX_CORES, &r->cores))
			return EXIT_USAGE;
		break;
	}
	return -1;
}

static int check_request(const struct request *r)
{
	bool alone = r->subject || r->log_count || r->capture;

	if (!r->corpus && !alone) {
		options_usage(
		    &options, stderr,
		    "nothing to verify: name a SUBJECT, a --log, a --capture or a "
		    "--corpus");
		return EXIT_USAGE;
	}
	if (r->corpus && (alone || r->json)) {
		options_usage(&options, stderr,
			      "--corpus goes with --only and --verbose alone");
		return EXIT_USAGE;
	}
	if (!r->corpus && (r->corpus_options.only || r->corpus_options.verbose)) {
		options_usage(&options, stderr, "--only and --verbose need --corpus");
		return EXIT_USAGE;
	}
	return -1;
}

static int parse_request(struct request *r, int argc, char **argv)
{
	int code = options_each(&options, argc, argv, take_option, r);

	return code >= 0 ? code : check_request(r);
}

/* All that was read; the checks only look. */
struct material {
	struct log log;
	struct capture capture;
	struct verify_subject subject;
	bool has_capture, has_subject;
};

static int read_material(struct material *m, const struct request *r)
{
	char why[LOG_WHY_BYTES > CAPTURE_WHY_BYTES ? LOG_WHY_BYTES : CAPTURE_WHY_BYTES];

	for (size_t i = 0; i < r->log_count; i++) {
		if (!log_read(&m->log, r->logs[i].path, r->logs[i].kind, why)) {
			fprintf(stderr, "npucc: %s\n", why);
			return EXIT_FILE;
		}
	}
	if (r->capture) {
		if (!capture_read(&m->capture, r->capture, NULL, why)) {
			fprintf(stderr, "npucc: %s\n", why);
			return EXIT_FILE;
		}
		m->has_capture = true;
	}
	if (r->subject || r->capture) {
		int code = r->subject ? subject_open(&m->subject, r->subject, r->type)
				      : subject_from_capture(&m->subject, &m->capture);

		if (code != EXIT_DONE)
			return code;
		m->has_subject = true;
	}
	return EXIT_DONE;
}

static void free_material(struct material *m)
{
	if (m->has_subject)
		subject_close(&m->subject);
	if (m->has_capture)
		capture_free(&m->capture);
	log_free(&m->log);
}

/* Reports of one or more convs, printed as they come. */
struct output {
	bool json;
	uint32_t printed, failed;
};

static void print(struct output *out, const char *conv, bool title,
		  const struct report *report)
{
	out->failed += report_tally(report, VERDICT_FAIL);
	if (out->json) {
		fputs(out->printed ? "," : "[", stdout);
		report_print_json(report, conv, stdout);
	} else {
		if (title)
			printf("%sconv %s\n", out->printed ? "\n" : "", conv);
		report_print(report, stdout);
	}
	out->printed++;
}

/* Every item for one conv; `conv` NPUB_NONE: the logs alone, or a broken bundle. */
static bool verify_one(const struct material *m, const struct request *r, uint32_t conv,
		       struct report *report)
{
	const struct npub *b = conv == NPUB_NONE ? NULL : &m->subject.npub;
	struct evidence ev;

	report_init(report);
	if (m->has_subject) {
		subject_check_structure(&m->subject, conv, report);
		subject_check_plan(&m->subject, conv, report);
		subject_check_numbers(&m->subject, conv, report);
		if (m->subject.kind == SUBJECT_TEMPLATE)
			subject_check_template(&m->subject, report);
		if (m->has_capture)
			subject_check_capture(&m->subject, conv, &m->capture, report);
	}
	if (!evidence_init(&ev, &m->log, b, b ? &b->convs[conv] : NULL,
			   (uint32_t)r->cores))
		return false;
	if (r->log_count)
		evidence_check(&ev, report);
	else
		evidence_check_forbidden(&ev, report);
	evidence_free(&ev);
	return true;
}

/* The conv asked for: its index; NPUB_NONE with a complaint: there is none. */
static uint32_t find_conv(const struct npub *b, const char *name)
{
	for (uint32_t i = 0; i < b->conv_count; i++) {
		if (!strcmp(npub_string(b, b->convs[i].name), name))
			return i;
	}
	fprintf(stderr, "npucc: no conv \"%s\" among the %u\n", name, b->conv_count);
	return NPUB_NONE;
}

/* Convs [first, last) to go through; an exit code when there are none. */
static int choose_convs(const struct material *m, const struct request *r,
			uint32_t *first, uint32_t *last)
{
	bool readable = m->has_subject && m->subject.broken.code == NPURT_OK;

	*first = NPUB_NONE;
	*last = NPUB_NONE;
	if (!readable)
		return EXIT_DONE;
	*first = 0;
	*last = m->subject.npub.conv_count;
	if (r->conv) {
		*first = find_conv(&m->subject.npub, r->conv);
		*last = *first + 1;
		return *first == NPUB_NONE ? EXIT_USAGE : EXIT_DONE;
	}
	if (*last > 1 && (r->log_count || m->has_capture)) {
		fprintf(stderr, "npucc: %u convs: say which one ran with --conv NAME\n",
			*last);
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

static int verify_material(const struct material *m, const struct request *r)
{
	struct output out = { .json = r->json };
	struct report report;
	uint32_t first, last;
	int code = choose_convs(m, r, &first, &last);

	if (code != EXIT_DONE)
		return code;
	for (uint32_t i = first; i != last || i == NPUB_NONE; i++) {
		const char *name =
		    i == NPUB_NONE
			? ""
			: npub_string(&m->subject.npub, m->subject.npub.convs[i].name);

		if (!verify_one(m, r, i, &report)) {
			fprintf(stderr, "npucc: out of memory\n");
			return EXIT_INTERNAL;
		}
		print(&out, name, last - first > 1 && i != NPUB_NONE, &report);
		if (i == NPUB_NONE)
			break;
	}
	if (out.json)
		puts(out.printed ? "]" : "[]");
	return out.failed ? EXIT_REFUSED : EXIT_DONE;
}

int cmd_verify(int argc, char **argv)
{
	struct request r = { .cores = 1, .type = NPU_ELEM_FP16 };
	struct material *m = calloc(1, sizeof *m);
	int code = EXIT_INTERNAL;

	r.logs = calloc((size_t)argc + 1, sizeof *r.logs);
	if (m && r.logs) {
		code = parse_request(&r, argc, argv);
		if (code < 0 && r.corpus) {
			code = verify_corpus(r.corpus, &r.corpus_options, stdout);
		} else if (code < 0) {
			code = read_material(m, &r);
			if (code == EXIT_DONE)
				code = verify_material(m, &r);
			free_material(m);
		}
	}
	free(r.logs);
	free(m);
	return code;
}
