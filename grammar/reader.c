#include "reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conv_attr.h"
#include "file.h"
#include "slug.h"

void reader_init(struct reader *reader, struct spec *spec, struct diag *diag)
{
	*reader = (struct reader){ .spec = spec, .diag = diag };
	draft_init(&reader->defaults, NULL, (struct loc){ 0 });
	reader->defaults.problem.elem = spec->default_elem;
	for (size_t i = 0; i < spec->dep_count; i++)
		strset_add(&reader->deps, spec->deps[i]);
}

void reader_free(struct reader *reader)
{
	draft_free(&reader->defaults);
	strset_free(&reader->deps);
}

/* Note a file that the outcome depends on, once. */
static void add_dep(struct reader *reader, const char *path)
{
	struct spec *spec = reader->spec;
	char *copy = mem_strndup(path, strlen(path));

	if (!strset_add(&reader->deps, copy)) {
		free(copy);
		return;
	}
	spec->deps = mem_grow(spec->deps, spec->dep_count, sizeof *spec->deps);
	spec->deps[spec->dep_count++] = copy;
}

struct attr_context reader_context(const struct reader *reader, struct draft *draft)
{
	return (struct attr_context){ draft, reader->diag, reader->file->dir };
}

void reader_add_conv(struct reader *reader, struct draft *draft)
{
	struct spec *spec = reader->spec;
	struct conv_problem p;

	if (!draft_finish(draft, &p, reader->diag))
		return;
	if (spec->count == SPEC_MAX_CONVS) {
		diag_error(reader->diag, draft->block, "conv-count",
			   "more than %u convs in one spec", SPEC_MAX_CONVS);
		diag_note(reader->diag, draft->block, "compile the others separately");
		conv_problem_clear(&p);
		return;
	}
	for (size_t i = 0; i < CONV_SOURCE_N; i++)
		if (conv_source(&p, i)->path)
			add_dep(reader, conv_source(&p, i)->path);
	spec->convs = mem_grow(spec->convs, spec->count, sizeof *spec->convs);
	spec->convs[spec->count++] = p;
}

/* Directory of a path, with its slash; empty for the current one. */
static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return mem_strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
}

/*
 * Bytes of the valid UTF-8 character at `at`, without control characters other
 * than tab and line ends; 0 for anything else.
 */
static size_t text_char_bytes(const unsigned char *at, const unsigned char *end)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = *at < 0x80 ? 1 : *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
	uint32_t code = *at < 0x80 ? *at : *at & (0x7fu >> n);

	if (n == 0 || *at > 0xf4 || (size_t)(end - at) < n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (at[i] & 0x3f);
	}
	if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	if ((code < 0x20 && !strchr("\t\n\r", (int)code)) || code == 0 ||
	    (code >= 0x7f && code < 0xa0))
		return 0;
	return n;
}

/* Refuse what is not text, at the first byte that shows it. */
static bool check_text(struct reader *reader, struct str text, uint32_t source)
{
	const unsigned char *at = (const unsigned char *)text.at, *end = at + text.bytes;
	struct loc loc = { source, 1, 1, 1 };

	while (at < end) {
		size_t n = text_char_bytes(at, end);

		if (!n) {
			diag_error(reader->diag, loc, "text-encoding",
				   "byte 0x%02x does not belong in a text", *at);
			diag_note(reader->diag, loc, "a spec is UTF-8 text or JSON");
			return false;
		}
		loc.col++;
		if (*at == '\n') {
			loc.line++;
			loc.col = 1;
		}
		at += n;
	}
	return true;
}

static char first_char(struct str text)
{
	for (size_t i = 0; i < text.bytes; i++)
		if (!strchr(" \t\r\n", text.at[i]))
			return text.at[i];
	return 0;
}

/* Read the text of `file`, whose name, text and identity are filled in. */
static void read_open_file(struct reader *reader, struct reader_file *file)
{
	char first;

	if (file->text.bytes >= 3 && memcmp(file->text.at, "\xef\xbb\xbf", 3) == 0) {
		file->text.at += 3;
		file->text.bytes -= 3;
	}
	file->source =
	    diag_add_source(reader->diag, file->name, file->text.at, file->text.bytes);
	if (!check_text(reader, file->text, file->source))
		return;
	file->dir = dir_of(file->name);
	file->below = reader->file;
	file->depth = file->below ? file->below->depth + 1 : 1;
	reader->file = file;
	reader->file_count++;
	reader->total_bytes += file->text.bytes;
	first = first_char(file->text);
	if (first == '{' || first == '[')
		spec_json_read(reader);
	else
		conv_text_read(reader);
	reader->file = file->below;
	free(file->dir);
}

/* A spec that says nothing is a mistake; an included file may only set defaults. */
static void read_top(struct reader *reader, struct reader_file *file)
{
	size_t convs = reader->spec->count;
	uint32_t errors = diag_errors(reader->diag);
	struct loc loc = { 0, 1, 1, 1 };

	read_open_file(reader, file);
	loc.source = file->source;
	if (diag_errors(reader->diag) > errors || reader->spec->count > convs)
		return;
	diag_error(reader->diag, loc, "no-conv",
		   file->text.bytes ? "there is no conv in this spec"
				    : "the spec is empty");
	diag_note(reader->diag, loc,
		  "write one as 'conv NAME { input 3x224x224; output 8; kernel 3x3 }'");
}

void reader_read_text(struct reader *reader, const char *name, struct str text)
{
	struct reader_file file = { .name = name, .text = text };
	struct loc loc = { 0, 1, 1, 1 };

	if (text.bytes > SPEC_MAX_BYTES) {
		loc.source = diag_add_source(reader->diag, name, "", 0);
		diag_error(reader->diag, loc, "spec-bytes",
			   "the spec is larger than %u bytes", SPEC_MAX_BYTES);
		diag_note(reader->diag, loc, "divide it into several files");
		return;
	}
	read_top(reader, &file);
}

/* Why a file could not be read; `loc` is who asked for it. */
static void report_file(struct reader *reader, struct loc loc, const char *path,
			enum file_status status, int error)
{
	switch (status) {
	case FILE_OK:
		break;
	case FILE_ERRNO:
		diag_error(reader->diag, loc, NULL, "cannot read '%s': %s", path,
			   strerror(error));
		if (error == ENOENT && !reader->file)
			diag_note(reader->diag, loc,
				  "name a spec file or a slug, such as %s", slug_example);
		else
			diag_note(reader->diag, loc,
				  "check the name and the permissions");
		break;
	case FILE_DIRECTORY:
		diag_error(reader->diag, loc, NULL, "'%s' is a directory", path);
		diag_note(reader->diag, loc, "name a file in it");
		break;
	case FILE_SPECIAL:
		diag_error(reader->diag, loc, NULL, "'%s' is not a regular file", path);
		diag_note(reader->diag, loc, "only regular files can be included");
		break;
	case FILE_TOO_LARGE:
		diag_error(reader->diag, loc, "spec-bytes",
			   "'%s' is larger than %u bytes", path, SPEC_MAX_BYTES);
		diag_note(reader->diag, loc, "divide it into several files");
		break;
	}
}

void reader_read_file(struct reader *reader, const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	struct file_text text;
	enum file_status status =
	    file_read(&text, standard ? NULL : path, SPEC_MAX_BYTES, true);
	struct reader_file file = { .name = standard ? "<standard input>" : path };
	struct loc loc = { 0, 1, 1, (uint32_t)strlen(path) };

	if (status != FILE_OK) {
		loc.source = diag_add_source(reader->diag, COMMAND_LINE_SOURCE, path,
					     strlen(path));
		report_file(reader, loc, file.name, status, text.error);
		return;
	}
	if (!standard)
		add_dep(reader, path);
	file.text = (struct str){ text.bytes, text.count };
	file.device = text.device;
	file.inode = text.inode;
	read_top(reader, &file);
	free(text.bytes);
}

static bool is_open(const struct reader *reader, const struct file_text *text)
{
	for (const struct reader_file *f = reader->file; f; f = f->below)
		if ((f->device || f->inode) && f->device == text->device &&
		    f->inode == text->inode)
			return true;
	return false;
}

/* Refuse includes that never end or multiply beyond reason. */
static bool may_include(struct reader *reader, const char *path,
			const struct file_text *text, struct loc loc)
{
	if (is_open(reader, text)) {
		diag_error(reader->diag, loc, "include-cycle", "'%s' includes itself",
			   path);
		diag_note(reader->diag, loc,
			  "it is being read when this line includes it again");
		return false;
	}
	if (reader->file->depth >= SPEC_MAX_INCLUDE_DEPTH) {
		diag_error(reader->diag, loc, "include-depth", "includes nest too deep");
		diag_note(reader->diag, loc, "files include each other %u deep at most",
			  SPEC_MAX_INCLUDE_DEPTH);
		return false;
	}
	if (reader->file_count >= READER_MAX_FILES ||
	    reader->total_bytes + text->count > READER_MAX_TOTAL_BYTES) {
		diag_error(reader->diag, loc, "include-count", "includes read too much");
		diag_note(reader->diag, loc, "one spec can read %u files and %u bytes",
			  READER_MAX_FILES, READER_MAX_TOTAL_BYTES);
		return false;
	}
	return true;
}

void reader_include(struct reader *reader, struct str path, struct loc loc)
{
	size_t dir_bytes = path.bytes && *path.at == '/' ? 0 : strlen(reader->file->dir);
	char *full = mem_new(dir_bytes + path.bytes + 1);
	struct reader_file file = { .name = full };
	struct file_text text;
	enum file_status status;

	memcpy(full, reader->file->dir, dir_bytes);
	memcpy(full + dir_bytes, path.at, path.bytes);
	status = file_read(&text, full, SPEC_MAX_BYTES, false);
	if (status != FILE_OK) {
		report_file(reader, loc, full, status, text.error);
	} else if (may_include(reader, full, &text, loc)) {
		add_dep(reader, full);
		file.text = (struct str){ text.bytes, text.count };
		file.device = text.device;
		file.inode = text.inode;
		read_open_file(reader, &file);
	}
	free(text.bytes);
	free(full);
}
