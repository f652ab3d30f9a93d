#include "cmd/compile_request.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/type_option.h"
#include "common/options.h"

enum option_id {
	OPT_OUTPUT = 1,
	OPT_TYPE,
	OPT_CORES,
	OPT_SEED,
	OPT_SCHEDULE,
	OPT_FULL_RECORDS,
	OPT_SCHEDULES,
	OPT_EXPLAIN,
	OPT_FIGURE,
	OPT_DRY_RUN,
	OPT_STRIP,
	OPT_DEPFILE,
	OPT_DEPFILE_NAME,
	OPT_QUIET
};

static const struct option_row rows[] = {
	{ NULL, NULL, NULL, 0, "Output" },
	{ "o", "output", "FILE", OPT_OUTPUT,
	  "write the bundle to FILE, whole or not at all; - is standard output" },
	{ NULL, "strip", NULL, OPT_STRIP,
	  "leave out the optional debug section (tile of each task)" },
	{ "MD", NULL, NULL, OPT_DEPFILE,
	  "also write a make rule that names every file read, to FILE.d" },
	{ "MF", NULL, "FILE", OPT_DEPFILE_NAME, "write that rule to FILE (implies -MD)" },
	{ NULL, NULL, NULL, 0, "Convs" },
	TYPE_OPTION_ROW(OPT_TYPE),
	{ NULL, "seed", "N", OPT_SEED,
	  "seed of all weights that come from a seed, instead of the spec's" },
	{ NULL, NULL, NULL, 0, "Plans" },
	{ NULL, "cores", "LIST", OPT_CORES,
	  "make plans for these numbers of cores: 1, 2, 3, a list such as 1,3, or all "
	  "(default all, as the vendor's compiler does; a run takes one of them)" },
	{ NULL, "schedule", "NAME", OPT_SCHEDULE,
	  "vendor: the tiles, records and buffers of the vendor's compiler (default, and "
	  "the only schedule; a split pinned in the spec replaces its tiles)" },
	{ NULL, "full-records", NULL, OPT_FULL_RECORDS,
	  "write every register in every record, instead of the vendor's delta records "
	  "from the third record of a one-core list on" },
	{ NULL, "schedules", "DIR", OPT_SCHEDULES,
	  "compare plans with the captured schedules in DIR (*.json) before those built "
	  "in; the "
	  "variable NPUCC_SCHEDULES does the same" },
	{ NULL, NULL, NULL, 0, "Information" },
	{ NULL, "explain", "[FORMAT]", OPT_EXPLAIN,
	  "print every decision and its reason as text or json (default text); without "
	  "-o nothing is written" },
	{ NULL, "figure", "FILE", OPT_FIGURE,
	  "draw the plans of the one conv as SVG: rows and channels of the output by "
	  "core and tile, input rows with their halo" },
	{ "n", "dry-run", NULL, OPT_DRY_RUN,
	  "do everything, weights included, but write no file" },
	{ "q", "quiet", NULL, OPT_QUIET, "no progress on a terminal" },
	{ "h", "help", NULL, OPTIONS_HELP, "print this page" },
	{ "V", "version", NULL, OPTIONS_VERSION, "print the version" },
};

static const struct options_section sections[] = {
	{ "COMMANDS",
	  " npucc can SPEC...           say whether and how convs are supported\n"
	  " npucc matrix                say what is supported, and what that rests on\n"
	  " npucc verify [SUBJECT] ...  hold bundles and specs against logs and "
	  "captures\n"
	  " npucc template ACTION ...   captured schedules: list, show, check, import\n"
	  " npucc compile ...           this page; the word can be left out\n" },
	{ "FILES",
	  "A spec names the files of its weights. A bundle is written under another name "
	  "and "
	  "renamed when it is complete: after an error there is the old one or none.\n" },
	{ "EXIT STATUS",
	  " 0  done\n 1  the input was refused, or could not be read\n 2  wrong command "
	  "line\n"
	  " 3  a file could not be written\n 4  internal error or out of memory\n" },
	{ "EXAMPLES",
	  " npucc net.conv -o net.npub\n"
	  " npucc b1_c160_h40_w40_oc320_wic160_k3x3_g1_s1_pvalid --explain\n"
	  " npucc layers.json --cores=all --explain=json -o layers.npub -MD\n" },
	{ "SEE ALSO",
	  "npurun, npudump, npudoctor; docs/spec-language.md, docs/explain.md" },
};

static const struct options options = {
	.program = "npucc",
	.rows = rows,
	.row_count = sizeof rows / sizeof rows[0],
	.summary = "compile convolutions for the Rockchip RK3588 NPU",
	.synopsis = "SPEC... -o FILE [OPTION...]\nSPEC... --explain[=FORMAT] [OPTION...]",
	.description =
		"Each SPEC is a file of convs in the spec language or in JSON, \"-\" for "
		"standard input, or one conv as a slug such as "
		"b1_c3_h224_w224_oc32_wic3_k3x3_g1_s2_pvalid. All convs go into one "
		"bundle: tiles, register commands, task records, relocations and packed "
		"weights, ready for libnpurt and npurun. The same input gives the same "
		"bytes.",
	.sections = sections,
	.section_count = sizeof sections / sizeof sections[0],
};

/* "1", "1,3", "all" to a mask. */
static bool parse_cores(const struct options_scan *scan, uint32_t *mask)
{
	const char *s = scan->value;

	*mask = 0;
	if (!strcmp(s, "all")) {
		*mask = (1u << NPU_MAX_CORES) - 1;
		return true;
	}
	for (;; s++) {
		if (*s < '1' || *s > '0' + (int)NPU_MAX_CORES || (s[1] && s[1] != ','))
			break;
		*mask |= 1u << (*s - '1');
		if (!*++s)
			return true;
	}
	options_complain(scan, "\"%s\" is no list of core counts: use 1, 2, 3, 1,3 or all",
			 scan->value);
	return false;
}

static int take_option(void *request, const struct options_scan *scan, int id)
{
	static const char *const formats[] = { "text", "json" };
	static const char *const schedules[] = { "vendor" };
	struct request *r = request;
	int choice;

	switch (id) {
	case OPTIONS_WORD: r->specs[r->spec_count++] = scan->value; break;
	case OPT_OUTPUT: r->output = scan->value; break;
	case OPT_FIGURE: r->figure = scan->value; break;
	case OPT_STRIP: r->strip = true; break;
	case OPT_DRY_RUN: r->dry_run = true; break;
	case OPT_QUIET: r->quiet = true; break;
	case OPT_DEPFILE: r->want_depfile = true; break;
	case OPT_DEPFILE_NAME:
		r->want_depfile = true;
		r->depfile = scan->value;
		break;
	case OPT_CORES:
		if (!parse_cores(scan, &r->compile.core_mask))
			return EXIT_USAGE;
		break;
	case OPT_SCHEDULE:
		if (options_choice(scan, schedules, 1) < 0)
			return EXIT_USAGE;
		break;
	case OPT_FULL_RECORDS: r->compile.full_records = true; break;
	case OPT_TYPE:
		if (!type_option(scan, &r->type))
			return EXIT_USAGE;
		break;
	case OPT_SEED:
		if (!options_number(scan, 0, UINT64_MAX, &r->seed))
			return EXIT_USAGE;
		r->have_seed = true;
		break;
	case OPT_SCHEDULES: r->schedules = scan->value; break;
	case OPT_EXPLAIN:
		choice = scan->value ? options_choice(scan, formats, 2) : 0;
		if (choice < 0)
			return EXIT_USAGE;
		r->explain = choice ? EXPLAIN_JSON : EXPLAIN_TEXT;
		break;
	}
	return -1;
}

static bool is_same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static int check_request(const struct request *r)
{
	if (!r->spec_count) {
		options_usage(&options, stderr, "no SPEC: name a file, a slug or -");
		return EXIT_USAGE;
	}
	if (!r->output && !r->dry_run && !r->explain && !r->figure) {
		options_usage(&options, stderr,
			      "where to? give -o FILE, --explain, --figure or --dry-run");
		return EXIT_USAGE;
	}
	if (r->want_depfile && !r->depfile && (!r->output || !strcmp(r->output, "-"))) {
		options_usage(&options, stderr, "-MD needs -o FILE or -MF FILE");
		return EXIT_USAGE;
	}
	if (r->want_depfile && !r->output && !r->dry_run) {
		options_usage(&options, stderr,
			      "-MF: the rule is for a bundle: give -o FILE");
		return EXIT_USAGE;
	}
	if (is_same(r->output, r->figure) || is_same(r->output, r->depfile) ||
	    is_same(r->figure, r->depfile)) {
		options_usage(&options, stderr, "two outputs have the same name");
		return EXIT_USAGE;
	}
	return -1;
}

int compile_request_parse(struct request *r, int argc, char **argv)
{
	int code;

	r->type = NPU_ELEM_FP16;
	code = options_each(&options, argc, argv, take_option, r);
	return code >= 0 ? code : check_request(r);
}
