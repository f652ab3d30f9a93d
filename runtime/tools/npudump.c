/* npudump: what is in a bundle. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/files.h"
#include "common/options.h"
#include "dump.h"
#include "json_put.h"

#define PROGRAM "npudump"
#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

enum {
	OPT_PART = 1, /* and the parts' bits above it */
	OPT_CONV = 1 << 10,
	OPT_CORES,
	OPT_TASK,
	OPT_JSON,
	OPT_AS,
	OPT_OUTPUT
};

static const struct option_row rows[] = {
	{ NULL, NULL, NULL, 0,
	  "What to print (default: all but channels, registers, relocations, tiles)" },
	{ NULL, "header", NULL, OPT_PART | DUMP_HEADER << 16,
	  "the header and the sections" },
	{ NULL, "tensors", NULL, OPT_PART | DUMP_TENSORS << 16,
	  "each conv's tensors: sizes, type, quantisation, layout, place" },
	{ NULL, "op", NULL, OPT_PART | DUMP_OP << 16,
	  "what each conv does to the sum of products, with its constants" },
	{ NULL, "channels", NULL, OPT_PART | DUMP_CHANNELS << 16,
	  "each output channel's weight scale, bias, correction and multiplier" },
	{ NULL, "bos", NULL, OPT_PART | DUMP_BOS << 16,
	  "the buffers the driver allocates" },
	{ NULL, "tasks", NULL, OPT_PART | DUMP_TASKS << 16,
	  "plans and task records, 40 bytes each, as the driver gets them" },
	{ NULL, "syncs", NULL, OPT_PART | DUMP_SYNCS << 16,
	  "the cache syncs around a submit" },
	{ NULL, "regs", NULL, OPT_PART | DUMP_REGS << 16,
	  "every command word of every task, with its register's fields; fields that are "
	  "zero are left out" },
	{ NULL, "relocs", NULL, OPT_PART | DUMP_RELOCS << 16,
	  "the words that get an address, and which" },
	{ NULL, "debug", NULL, OPT_PART | DUMP_DEBUG << 16,
	  "the tile each task computes, when the bundle was not stripped" },
	{ NULL, NULL, NULL, 0, "Of what" },
	{ NULL, "conv", "NAME", OPT_CONV, "only this conv, by name or number" },
	{ NULL, "cores", "N", OPT_CORES, "only the plan for N cores" },
	{ NULL, "task", "N", OPT_TASK, "only this task of each conv" },
	{ NULL, NULL, NULL, 0, "How" },
	{ NULL, "json", NULL, OPT_JSON, "everything as JSON" },
	{ NULL, "as", "FORM", OPT_AS,
	  "text, json, or capture: the form in which captured vendor schedules are "
	  "kept" },
	{ "o", "output", "FILE", OPT_OUTPUT,
	  "write to FILE, whole or not at all, instead of standard output" },
	{ "h", "help", NULL, OPTIONS_HELP, "print this page" },
	{ "V", "version", NULL, OPTIONS_VERSION, "print the version" },
};

static const struct options_section sections[] = {
	{ "EXIT STATUS", " 0  done\n"
			 " 1  the file is not a bundle, or a damaged one\n"
			 " 2  wrong usage\n"
			 " 3  a file cannot be read or written\n"
			 " 4  internal error, or out of memory\n" },
	{ "EXAMPLES", " npudump edge.npub\n"
		      " npudump --regs --task 0 edge.npub\n"
		      " npudump --as=capture --conv layer3 net.npub -o layer3.json\n" },
	{ "SEE ALSO", "npucc, npurun; docs/bundle-format.md, docs/tools.md" },
};

static const struct options page = {
	PROGRAM,
	rows,
	ROWS(rows),
	"print what is in a bundle",
	"[OPTION...] BUNDLE\n",
	"Prints a bundle made by npucc: its tensors, buffers, plans, task records, cache "
	"syncs, and on request every hardware register, decoded. No device is needed.\n\n"
	"A bundle whose structure or checksums are broken is refused. One that is well "
	"formed but would not be run, because its command words fail verification, is "
	"printed, with a warning.",
	sections,
	ROWS(sections),
};

enum form { FORM_TEXT, FORM_JSON, FORM_CAPTURE };

struct request {
	const char *bundle, *conv, *output;
	uint32_t parts, cores, task;
	enum form form;
};

/* False after a complaint. */
static bool apply_option(struct request *r, const struct options_scan *scan, int id)
{
	static const char *const forms[] = { "text", "json", "capture" };
	uint64_t number = 0;
	int form;

	switch (id) {
	case OPT_CONV:
		r->conv = scan->value;
		return true;
	case OPT_CORES:
		r->cores = 0;
		if (!options_number(scan, 1, NPU_MAX_CORES, &number))
			return false;
		r->cores = (uint32_t)number;
		return true;
	case OPT_TASK:
		if (!options_number(scan, 0, NPUB_NONE - 1, &number))
			return false;
		r->task = (uint32_t)number;
		return true;
	case OPT_JSON:
		r->form = FORM_JSON;
		return true;
	case OPT_AS:
		form = options_choice(scan, forms, ROWS(forms));
		r->form = (enum form)form;
		return form >= 0;
	case OPT_OUTPUT:
		r->output = scan->value;
		return true;
	case OPTIONS_WORD:
		if (r->bundle) {
			options_usage(&page, stderr,
				      "one bundle at a time, not '%s' and '%s'",
				      r->bundle, scan->value);
			return false;
		}
		r->bundle = scan->value;
		return true;
	default:
		r->parts |= (uint32_t)id >> 16;
		return true;
	}
}

static int take_option(void *request, const struct options_scan *scan, int id)
{
	return apply_option(request, scan, id) ? -1 : EXIT_USAGE;
}

static enum tool_exit render(struct dump *d, const struct request *r, char **text,
			     size_t *bytes)
{
	json_t *document;

	if (r->form == FORM_TEXT) {
		d->out = open_memstream(text, bytes);
		if (!d->out)
			return EXIT_INTERNAL;
		dump_text(d);
		return fclose(d->out) == 0 ? EXIT_DONE : EXIT_INTERNAL;
	}
	document = r->form == FORM_JSON ? dump_json(d) : dump_capture(d);
	*text = json_text(document, bytes);
	json_decref(document);
	return *text ? EXIT_DONE : EXIT_INTERNAL;
}

/* Whether --cores and --task leave anything; a complaint when not. */
static bool finds_tasks(const struct dump *d)
{
	const struct npub *b = d->npub;
	uint32_t most = 0;

	for (uint32_t i = 0; i < b->conv_count; i++) {
		const struct npub_conv *c = &b->convs[i];

		for (uint32_t t = 0; dump_wants_conv(d, i) && t < c->task_count; t++)
			if (dump_wants_task(d, c, t))
				return true;
		if (dump_wants_conv(d, i) && c->task_count > most)
			most = c->task_count;
	}
	if (d->task != NPUB_NONE && d->task >= most)
		tool_complain(PROGRAM, d->file->path,
			      "there is no task %u; the last one is %u", d->task,
			      most - 1);
	else if (d->task != NPUB_NONE)
		tool_complain(
		    PROGRAM, d->file->path,
		    "task %u is not of the plan that --cores %u names; --tasks shows "
		    "which are",
		    d->task, d->cores);
	else
		tool_complain(PROGRAM, d->file->path,
			      "there is no plan for %u cores; npucc --cores makes others",
			      d->cores);
	return false;
}

static enum tool_exit dump_bundle(const struct bundle_file *file, const struct request *r)
{
	struct dump d = { .file = file, .npub = &file->npub, .conv = NPUB_NONE };
	char *text = NULL, why[256];
	struct file_part part;
	enum tool_exit code;

	d.parts = r->parts ? r->parts : DUMP_DEFAULT;
	d.cores = r->cores;
	d.task = r->task;
	if (r->conv) {
		d.conv = bundle_file_conv(file, PROGRAM, r->conv);
		if (d.conv == NPUB_NONE)
			return EXIT_REFUSED;
	}
	if ((d.cores || d.task != NPUB_NONE) && !finds_tasks(&d))
		return EXIT_REFUSED;
	d.verdict = npurt_verify(file->blob, file->bytes, &d.verdict_place);
	if (d.verdict != NPURT_OK)
		tool_complain_npurt(PROGRAM ": warning", file->path, d.verdict,
				    &d.verdict_place);
	code = render(&d, r, &text, &part.bytes);
	part.data = text;
	if (code != EXIT_DONE) {
		tool_complain(PROGRAM, file->path, "internal error: out of memory");
	} else if (!files_write(r->output ? r->output : "-", &part, 1, why,
				sizeof(why))) {
		tool_complain(PROGRAM, r->output ? r->output : "standard output", "%s",
			      why);
		code = EXIT_FILE;
	}
	free(text);
	return code;
}

static int run(int argc, char **argv)
{
	struct request request = { .task = NPUB_NONE };
	struct bundle_file file;
	int code = options_each(&page, argc, argv, take_option, &request);

	if (code >= 0)
		return code;
	if (!request.bundle) {
		options_usage(&page, stderr, "which bundle?");
		return EXIT_USAGE;
	}
	if (tool_same_file(request.output, request.bundle)) {
		tool_complain(PROGRAM, "-o", "'%s' is the bundle that is read",
			      request.output);
		return EXIT_USAGE;
	}
	code = bundle_file_open(&file, PROGRAM, request.bundle);
	if (code != EXIT_DONE)
		return code;
	code = dump_bundle(&file, &request);
	bundle_file_close(&file);
	return code;
}

int main(int argc, char **argv)
{
	files_expect_full();
	json_put_init();
	return tool_flush_stdout(PROGRAM, run(argc, argv));
}
