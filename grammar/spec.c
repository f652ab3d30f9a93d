#include "spec.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "conv_attr.h"
#include "digest.h"
#include "reader.h"
#include "slug.h"

void spec_init(struct spec *spec)
{
	*spec = (struct spec){ .default_elem = NPU_ELEM_FP16 };
}

void spec_free(struct spec *spec)
{
	for (size_t i = 0; i < spec->count; i++)
		conv_problem_clear(&spec->convs[i]);
	for (size_t i = 0; i < spec->dep_count; i++)
		free(spec->deps[i]);
	free(spec->convs);
	free(spec->deps);
	spec_init(spec);
}

static void read_slug_arg(struct reader *reader, struct str slug)
{
	struct diag *diag = reader->diag;
	struct loc loc = { diag_add_source(diag, COMMAND_LINE_SOURCE, slug.at,
					   slug.bytes),
			   1, 1, (uint32_t)slug.bytes };
	struct draft draft;
	struct attr_context context = { &draft, diag, "" };

	draft_init(&draft, &reader->defaults, loc);
	slug_read(&context, slug, loc);
	reader_add_conv(reader, &draft);
	draft_free(&draft);
}

void spec_read(struct spec *spec, const char *arg, struct diag *diag)
{
	struct str text = { arg, strlen(arg) };
	struct reader reader;
	struct stat st;

	reader_init(&reader, spec, diag);
	if (str_is_slug(text) && stat(arg, &st) != 0)
		read_slug_arg(&reader, text);
	else
		reader_read_file(&reader, arg);
	reader_free(&reader);
}

void spec_read_text(struct spec *spec, const char *name, const char *text, size_t bytes,
		    struct diag *diag)
{
	struct reader reader;

	reader_init(&reader, spec, diag);
	reader_read_text(&reader, name, (struct str){ text, bytes });
	reader_free(&reader);
}

#define SLUG_BYTES 320u

/* Was the conv named after its shape?  Then a second one may get another name. */
static bool is_named_by_slug(const struct conv_problem *p)
{
	char slug[SLUG_BYTES];

	conv_slug(p, slug, sizeof slug);
	return strcmp(slug, p->name) == 0;
}

/* Append -2, -3 ... until the name is new; the set counts how far it got. */
static void make_unique(struct conv_problem *p, struct strset *names)
{
	size_t bytes = strlen(p->name) + 12;
	char *name = mem_new(bytes);
	uint32_t uses = *strset_uses(names, p->name);

	do
		snprintf(name, bytes, "%s-%u", p->name, ++uses + 1);
	while (!strset_add(names, name));
	*strset_uses(names, p->name) = uses;
	free(p->name);
	p->name = name;
}

static const struct conv_problem *find_named(const struct spec *spec, const char *name)
{
	size_t i = 0;

	while (strcmp(spec->convs[i].name, name) != 0)
		i++;
	return &spec->convs[i];
}

/* Names tell convs of a bundle apart. */
static void check_names(struct spec *spec, struct diag *diag)
{
	struct strset names = { 0 };

	for (size_t i = 0; i < spec->count && !diag_full(diag); i++) {
		struct conv_problem *p = &spec->convs[i];

		if (is_named_by_slug(p) || strset_add(&names, p->name))
			continue;
		diag_error(diag, p->loc[CONV_NAME], "name-unique",
			   "two convs are called '%s'", p->name);
		diag_note(diag, find_named(spec, p->name)->loc[CONV_NAME],
			  "the first one is here");
	}
	for (size_t i = 0; i < spec->count; i++) {
		struct conv_problem *p = &spec->convs[i];

		if (is_named_by_slug(p) && !strset_add(&names, p->name))
			make_unique(p, &names);
	}
	strset_free(&names);
}

void spec_check(struct spec *spec, struct diag *diag)
{
	for (size_t i = 0; i < spec->count && !diag_full(diag); i++)
		check_conv(&spec->convs[i], diag);
	check_names(spec, diag);
}

uint64_t spec_digest(const struct spec *spec)
{
	uint64_t hash = FNV_START;

	for (size_t i = 0; i < spec->count; i++)
		hash = conv_digest(hash, &spec->convs[i]);
	return hash;
}
