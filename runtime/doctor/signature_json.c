/*
 * Signatures from JSON, strictly: every complaint names file, line and column.
 */
#include <stdlib.h>
#include <string.h>

#include "signature.h"
#include "template/template_json.h"

#define FILE_SIGNATURES 200u
#define LIST_MAX 16u
#define TITLE_BYTES 100u
#define TEXT_BYTES 600u

/* Text may hold {fact.name}; it must be a fact, and the brace must end. */
static bool check_placeholders(const struct tjson *j, struct tjson_node node,
			       const char *text)
{
	for (const char *at = strchr(text, '{'); at; at = strchr(at + 1, '{')) {
		const char *end = strchr(at, '}');

		if (!end || fact_from_name(at + 1, (size_t)(end - at) - 1) == FACT_N) {
			diag_error(j->diag, tjson_loc(j, node), "placeholder",
				   "'%.*s' names no fact",
				   end ? (int)(end - at) + 1 : (int)strlen(at), at);
			return false;
		}
	}
	return true;
}

static bool read_text(const struct tjson *j, struct tjson_node node, const char *what,
		      size_t max, char **out)
{
	return tjson_text(j, node, what, max, out) && check_placeholders(j, node, *out);
}

static bool read_texts(const struct tjson *j, struct tjson_node node, const char *what,
		       size_t max_bytes, char ***out, size_t *out_count,
		       struct loc **places)
{
	struct tjson_node item = tjson_first(node);
	bool ok = true;
	size_t n;

	if (!node.json)
		return true;
	if (!tjson_array(j, node, what, 1, LIST_MAX, &n))
		return false;
	*out = mem_new(n * sizeof **out);
	if (places)
		*places = mem_new(n * sizeof **places);
	for (size_t i = 0; i < n; i++, item = tjson_next(j, node, item, i - 1)) {
		ok = read_text(j, item, what, max_bytes, &(*out)[i]) && ok;
		if (places)
			(*places)[i] = tjson_loc(j, item);
	}
	*out_count = n;
	return ok;
}

/* Globs and regexes share one array, so that either or both may be given. */
static bool read_patterns(const struct tjson *j, struct tjson_node node, const char *what,
			  bool is_regex, struct pattern **out, size_t *out_count)
{
	struct tjson_node item = tjson_first(node);
	char why[PATTERN_WHY_BYTES];
	bool ok = true;
	size_t n;

	if (!node.json)
		return true;
	if (!tjson_array(j, node, what, 1, LIST_MAX, &n))
		return false;
	for (size_t i = 0; i < n; i++, item = tjson_next(j, node, item, i - 1)) {
		char *text = NULL;

		if (!tjson_text(j, item, what, PATTERN_BYTES, &text)) {
			ok = false;
			continue;
		}
		*out = mem_grow(*out, *out_count, sizeof **out);
		if (pattern_init(&(*out)[*out_count], text, is_regex, why)) {
			++*out_count;
		} else {
			diag_error(j->diag, tjson_loc(j, item), "pattern", "%s", why);
			ok = false;
		}
		free(text);
	}
	return ok;
}

static bool read_conditions(const struct tjson *j, struct tjson_node node,
			    struct signature *sig)
{
	struct tjson_node item = tjson_first(node);
	bool ok = true;
	size_t n;

	if (!node.json)
		return true;
	if (!tjson_array(j, node, "when", 1, LIST_MAX, &n))
		return false;
	sig->when = mem_new(n * sizeof *sig->when);
	sig->when_count = n;
	for (size_t i = 0; i < n; i++, item = tjson_next(j, node, item, i - 1)) {
		char *text = NULL;
		const char *why;

		if (!tjson_text(j, item, "when", PATTERN_BYTES, &text)) {
			ok = false;
			continue;
		}
		why = condition_parse(&sig->when[i], text);
		if (why)
			diag_error(j->diag, tjson_loc(j, item), "condition", "'%s': %s",
				   text, why);
		ok = !why && ok;
		free(text);
	}
	return ok;
}

/* "rknpu.job-timeout": the family, a dot, lower-case words. */
static bool check_id(const struct tjson *j, struct tjson_node node,
		     const struct signature *sig)
{
	const char *family = family_names[sig->family];
	size_t n = strlen(family);
	const char *rest = sig->id + n + 1;

	if (!strncmp(sig->id, family, n) && sig->id[n] == '.' && *rest &&
	    !rest[strspn(rest, "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return true;
	diag_error(j->diag, tjson_loc(j, node), "id",
		   "'%s' is not '%s.' and lower-case words with '-'", sig->id, family);
	return false;
}

enum key {
	KEY_ID,
	KEY_SEVERITY,
	KEY_RANK,
	KEY_TITLE,
	KEY_AT_START,
	KEY_GLOB,
	KEY_REGEX,
	KEY_UNLESS,
	KEY_WHEN,
	KEY_MEANING,
	KEY_STEPS,
	KEY_SOURCE,
	KEY_EXPLAINED_BY,
	KEY_N
};

/* What it takes to match, and what to do then. */
static bool check_parts(const struct tjson *j, const struct signature *sig)
{
	bool matches = sig->pattern_count || sig->when_count;
	bool helps = sig->step_count || sig->severity <= SEVERITY_INFO;

	if (!matches)
		diag_error(j->diag, sig->loc, "pattern",
			   "'%s' has neither glob, regex nor when: it could never match",
			   sig->id);
	if (!helps)
		diag_error(j->diag, sig->loc, "steps", "'%s' is trouble without steps",
			   sig->id);
	return matches && helps;
}

static bool read_signature(const struct tjson *j, struct tjson_node node,
			   struct signature *sig)
{
	struct tjson_member m[KEY_N] = {
		[KEY_ID] = { "id", true, { 0 } },
		[KEY_SEVERITY] = { "severity", true, { 0 } },
		[KEY_RANK] = { "rank", true, { 0 } },
		[KEY_TITLE] = { "title", true, { 0 } },
		[KEY_AT_START] = { "at_start", false, { 0 } },
		[KEY_GLOB] = { "glob", false, { 0 } },
		[KEY_REGEX] = { "regex", false, { 0 } },
		[KEY_UNLESS] = { "unless", false, { 0 } },
		[KEY_WHEN] = { "when", false, { 0 } },
		[KEY_MEANING] = { "meaning", true, { 0 } },
		[KEY_STEPS] = { "steps", false, { 0 } },
		[KEY_SOURCE] = { "source", true, { 0 } },
		[KEY_EXPLAINED_BY] = { "explained_by", false, { 0 } },
	};
	size_t severity = 0;
	bool ok;

	sig->loc = tjson_loc(j, node);
	if (!tjson_members(j, node, "a signature", m, KEY_N))
		return false;
	sig->loc = tjson_loc(j, m[KEY_ID].node);
	ok = tjson_text(j, m[KEY_ID].node, "id", TITLE_BYTES, &sig->id) &&
	     check_id(j, m[KEY_ID].node, sig);
	ok = tjson_choice(j, m[KEY_SEVERITY].node, "severity", severity_names, SEVERITY_N,
			  &severity) &&
	     ok;
	sig->severity = (enum severity)severity;
	ok = tjson_u32(j, m[KEY_RANK].node, "rank", 1, SIGNATURE_RANKS, &sig->rank) && ok;
	ok = (!m[KEY_AT_START].node.json ||
	      tjson_bool(j, m[KEY_AT_START].node, "at_start", &sig->at_start)) &&
	     ok;
	ok = read_text(j, m[KEY_TITLE].node, "title", TITLE_BYTES, &sig->title) && ok;
	ok =
	    read_text(j, m[KEY_MEANING].node, "meaning", TEXT_BYTES, &sig->meaning) && ok;
	ok = read_text(j, m[KEY_SOURCE].node, "source", TEXT_BYTES, &sig->source) && ok;
	ok = read_patterns(j, m[KEY_GLOB].node, "glob", false, &sig->patterns,
			   &sig->pattern_count) &&
	     ok;
	ok = read_patterns(j, m[KEY_REGEX].node, "regex", true, &sig->patterns,
			   &sig->pattern_count) &&
	     ok;
	ok = read_patterns(j, m[KEY_UNLESS].node, "unless", false, &sig->unless,
			   &sig->unless_count) &&
	     ok;
	ok = read_conditions(j, m[KEY_WHEN].node, sig) && ok;
	ok = read_texts(j, m[KEY_STEPS].node, "steps", TEXT_BYTES, &sig->steps,
			&sig->step_count, NULL) &&
	     ok;
	ok = read_texts(j, m[KEY_EXPLAINED_BY].node, "explained_by", TITLE_BYTES,
			&sig->explained_by, &sig->explained_count, &sig->explained_loc) &&
	     ok;
	return ok && check_parts(j, sig);
}

static bool read_list(const struct tjson *j, struct tjson_node node, enum family family,
		      struct signatures *s)
{
	struct tjson_node item = tjson_first(node);
	bool ok = true;
	size_t n;

	if (!tjson_array(j, node, "signatures", 1, FILE_SIGNATURES, &n))
		return false;
	for (size_t i = 0; i < n; i++, item = tjson_next(j, node, item, i - 1)) {
		struct signature sig = { .family = family };
		struct signatures one = { &sig, 1 };

		if (read_signature(j, item, &sig)) {
			s->items = mem_grow(s->items, s->count, sizeof *s->items);
			s->items[s->count++] = sig;
		} else {
			one.items = mem_new(sizeof sig);
			one.items[0] = sig;
			signatures_free(&one);
			ok = false;
		}
	}
	return ok;
}

bool signatures_read(struct signatures *s, const char *name, struct str text,
		     struct diag *diag)
{
	struct tjson_member m[] = { { "family", true, { 0 } },
				    { "signatures", true, { 0 } } };
	struct tjson_node root;
	struct tjson j;
	size_t family;
	bool ok;

	if (!tjson_open(&j, &root, name, text, diag)) {
		json_places_free(&j.places);
		return false;
	}
	ok = tjson_members(&j, root, "a signature file", m, 2) &&
	     tjson_choice(&j, m[0].node, "family", family_names, FAMILY_N, &family) &&
	     read_list(&j, m[1].node, (enum family)family, s);
	json_decref(root.json);
	json_places_free(&j.places);
	return ok;
}
