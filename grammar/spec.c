#include "spec.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "conv_attr.h"
#include "reader.h"
#include "slug.h"

void spec_init(struct spec *spec)
{
	*spec = (struct spec){ 0 };
}

void spec_free(struct spec *spec)
{
	for (size_t i = 0; i < spec->count; i++)
		conv_problem_clear(&spec->convs[i]);
	for (size_t i = 0; i < spec->dep_count; i++)
		free(spec->deps[i]);
	free(spec->convs);
	free(spec->deps);
	*spec = (struct spec){ 0 };
}

static void read_slug_arg(struct reader *reader, struct str slug)
{
	struct diag *diag = reader->diag;
	struct loc loc = { diag_add_source(diag, "<command line>", slug.at, slug.bytes),
			   1, 1, (uint32_t)slug.bytes };
	struct draft draft;
	struct attr_context context = { &draft, diag, "" };

	draft_init(&draft, NULL, loc);
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

static uint64_t digest_text(uint64_t hash, const char *text)
{
	return fnv1a(hash, text ? text : "", text ? strlen(text) + 1 : 1);
}

/*
 * Only the last part of a path counts, so that a bundle does not depend on the
 * directory it was built in.
 */
static uint64_t digest_source(uint64_t hash, const struct tensor_source *s)
{
	const char *slash = s->path ? strrchr(s->path, '/') : NULL;
	char kind[16];

	snprintf(kind, sizeof kind, "%u", (unsigned)s->kind);
	hash = digest_text(hash, kind);
	hash = digest_text(hash, slash ? slash + 1 : s->path);
	return digest_text(hash, s->tensor);
}

static uint64_t digest_number(uint64_t hash, double value)
{
	char text[32];

	snprintf(text, sizeof text, "%.17g", value);
	return digest_text(hash, text);
}

static uint64_t digest_quant(uint64_t hash, const struct conv_quant *q)
{
	hash = digest_number(hash, q->given + 2 * q->uint8);
	hash = digest_number(hash, q->scale);
	return digest_number(hash, q->zero);
}

/* What follows the sum, from CONV_INPUT_QUANT on. */
static uint64_t digest_operator(uint64_t hash, const struct conv_problem *p)
{
	const struct conv_weight_quant *w = &p->weight_quant;

	hash = digest_quant(hash, &p->input_quant);
	hash = digest_number(hash, w->kind);
	hash = digest_number(hash, w->scale);
	hash = digest_number(hash, w->zero);
	hash = digest_source(hash, &w->scales);
	hash = digest_source(hash, &w->zeros);
	hash = digest_quant(hash, &p->output_quant);
	hash = digest_number(hash, p->add);
	hash = digest_quant(hash, &p->add_quant);
	hash = digest_number(hash, p->act.kind);
	hash = digest_number(hash, p->act.low);
	hash = digest_number(hash, p->act.high);
	hash = digest_number(hash, p->act.slope);
	hash = digest_source(hash, &p->bn_scale);
	hash = digest_source(hash, &p->bn_shift);
	for (uint32_t i = 0; i < p->pixel_norm.mean_count; i++)
		hash = digest_number(hash, p->pixel_norm.mean[i]);
	for (uint32_t i = 0; i < p->pixel_norm.std_count; i++)
		hash = digest_number(hash, p->pixel_norm.std[i]);
	return hash;
}

/* Every value in the order of enum conv_attr, as text, each ended by a zero. */
static uint64_t digest_conv(uint64_t hash, const struct conv_problem *p)
{
	char text[32];

	hash = digest_text(hash, p->name);
	for (enum conv_attr a = CONV_BATCH; a < CONV_INPUT_QUANT; a++) {
		if (a == CONV_WEIGHTS || a == CONV_BIAS) {
			hash =
			    digest_source(hash, a == CONV_BIAS ? &p->bias : &p->weights);
			continue;
		}
		snprintf(text, sizeof text, "%llu",
			 a == CONV_TYPE		? (unsigned long long)p->elem
			 : a == CONV_OUT_TYPE	? (unsigned long long)p->out_elem
			 : a == CONV_SEED	? (unsigned long long)p->seed
			 : a == CONV_INPUT_KIND ? (unsigned long long)p->input_kind
						: (unsigned long long)conv_value(p, a));
		hash = digest_text(hash, text);
	}
	return digest_operator(hash, p);
}

uint64_t spec_digest(const struct spec *spec)
{
	uint64_t hash = FNV_START;

	for (size_t i = 0; i < spec->count; i++)
		hash = digest_conv(hash, &spec->convs[i]);
	return hash;
}
