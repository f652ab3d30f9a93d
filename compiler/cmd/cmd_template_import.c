/*
 * npucc template import: a capture to a template file.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/cmd_template.h"
#include "common/files.h"
#include "corpus/capture.h"
#include "mem.h"
#include "spec.h"
#include "verify/evidence.h"

/* The directory of a path, "." for a bare name; free() it. */
static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? mem_strndup(path, slash > path ? (size_t)(slash - path) : 1)
		     : mem_strndup(".", 1);
}

static void set_text(char **to, const char *text)
{
	if (!text)
		return;
	free(*to);
	*to = mem_strndup(text, strlen(text));
}

/* What the command line adds to the capture's own words. */
static void add_provenance(struct template *t, const struct template_request *r)
{
	set_text(&t->provenance.compiler, r->compiler);
	set_text(&t->provenance.runtime, r->runtime);
	set_text(&t->provenance.driver, r->driver);
	set_text(&t->provenance.date, r->date);
	for (uint32_t i = 0; i < r->note_count; i++)
		set_text(&t->notes[t->note_count++], r->notes[i]);
}

/* "poisons-next-job=why"; false for a name that no hazard has. */
static bool add_hazard(struct template *t, const char *text)
{
	static const uint32_t bits[] = { NPUB_HAZARD_POISONS_NEXT_JOB,
					 NPUB_HAZARD_UNTESTED };
	const char *equals = strchr(text, '=');
	struct template_hazard *h = &t->hazards[t->hazard_count];

	for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
		const char *name = template_hazard_name(bits[i]);

		if (strlen(name) == (size_t)(equals - text) &&
		    !strncmp(name, text, strlen(name))) {
			h->bit = bits[i];
			h->inherited = true;
			set_text(&h->note, equals + 1);
			t->hazard_count++;
			return true;
		}
	}
	fprintf(
	    stderr,
	    "npucc template: --hazard: '%.*s' is neither poisons-next-job nor untested\n",
	    (int)(equals - text), text);
	return false;
}

static bool add_hazards(struct template *t, const struct template_request *r)
{
	for (uint32_t i = 0; i < r->hazard_count; i++) {
		if (!add_hazard(t, r->hazards[i]))
			return false;
	}
	return true;
}

/* The text as it will be read: a template that breaks a rule is never written. */
static bool check_text(const char *name, const char *text, size_t bytes)
{
	struct diag *diag = diag_new(stderr);
	struct template t;
	bool ok = template_read_text(&t, name, text, bytes, diag);

	template_clear(&t);
	diag_free(diag);
	return ok;
}

static int write_text(const char *path, const char *text, size_t bytes)
{
	struct file_part part = { text, bytes };
	char why[256];

	if (files_write(path, &part, 1, why, sizeof why))
		return EXIT_DONE;
	fprintf(stderr, "npucc template: %s: %s\n", path, why);
	return EXIT_FILE;
}

static int write_template(const struct template *t, const char *path)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *memory = open_memstream(&text, &bytes);
	int code = EXIT_INTERNAL;
	bool ok;

	if (!memory)
		return EXIT_INTERNAL;
	ok = template_write(t, memory);
	ok = !fclose(memory) && ok;
	if (ok)
		code = check_text(path, text, bytes) ? write_text(path, text, bytes)
						     : EXIT_REFUSED;
	free(text);
	return code;
}

/* A template in hand: what the command line adds, and out. */
static int finish(struct template *t, const struct template_request *r)
{
	int code;

	add_provenance(t, r);
	code = add_hazards(t, r) ? write_template(t, r->output) : EXIT_USAGE;
	template_clear(t);
	return code;
}

static int refuse_import(const char *path, const char *why)
{
	fprintf(stderr, "npucc template: %s: no template can be made: %s\n", path, why);
	return EXIT_REFUSED;
}

static int complain(const char *why)
{
	fprintf(stderr, "npucc template: %s\n", why);
	return EXIT_FILE;
}

static int import_json(const struct template_request *r)
{
	const char *path = r->words[0];
	char why[TEMPLATE_WHY_BYTES], *dir = dir_of(path);
	struct capture_orders orders;
	struct capture capture;
	struct template t;
	bool ok = capture_orders_read(&orders, dir, why);
	int code;

	free(dir);
	if (!ok)
		return complain(why);
	if (!capture_read(&capture, path, &orders, why)) {
		capture_orders_free(&orders);
		complain(why);
		if (!access(path, R_OK))
			complain("of the log of a run, --conv SPEC says which conv ran");
		return EXIT_FILE;
	}
	code = template_from_capture(&t, &capture, why) ? finish(&t, r)
							: refuse_import(path, why);
	capture_free(&capture);
	capture_orders_free(&orders);
	return code;
}

/* The one conv of --conv; errors are printed. */
static bool read_conv(struct spec *spec, const char *arg, enum npu_elem type)
{
	struct diag *diag = diag_new(stderr);
	bool ok;

	spec_init(spec);
	spec->default_elem = type;
	spec_read(spec, arg, diag);
	spec_check(spec, diag);
	if (!diag_errors(diag) && spec->count != 1)
		diag_error(diag, (struct loc){ 0 }, NULL,
			   "--conv: %zu convs; name the one that ran", spec->count);
	ok = !diag_errors(diag);
	diag_free(diag);
	return ok;
}

static int import_evidence(const struct template_request *r, const struct log *log,
			   const struct conv_problem *p)
{
	char why[TEMPLATE_WHY_BYTES];
	struct evidence *ev = mem_new(sizeof *ev);
	struct template t;
	int code;

	if (!evidence_init(ev, log, NULL, NULL, 1))
		mem_out();
	code = template_from_evidence(&t, ev, p, why) ? finish(&t, r)
						      : refuse_import(r->words[0], why);
	evidence_free(ev);
	free(ev);
	return code;
}

static int import_logs(const struct template_request *r)
{
	struct log *log = mem_new(sizeof *log);
	char why[LOG_WHY_BYTES];
	struct spec spec;
	int code = EXIT_REFUSED;

	log_init(log);
	if (read_conv(&spec, r->conv, r->type)) {
		code = EXIT_DONE;
		for (size_t i = 0; code == EXIT_DONE && i < r->word_count; i++) {
			if (!log_read(log, r->words[i], LOG_KIND_AUTO, why))
				code = complain(why);
		}
		if (code == EXIT_DONE)
			code = import_evidence(r, log, &spec.convs[0]);
	}
	spec_free(&spec);
	log_free(log);
	free(log);
	return code;
}

int template_import(const struct template_request *r)
{
	if (r->conv)
		return import_logs(r);
	if (r->word_count > 1)
		return complain("import: several files are logs, which need --conv SPEC");
	return import_json(r);
}
