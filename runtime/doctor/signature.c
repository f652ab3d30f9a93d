#include "signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "signature_builtin.h"
#include "sys.h"

#define SIGNATURE_FILE_BYTES ((size_t)1 << 20)

const char *const family_names[FAMILY_N] = { "rknpu", "axcl", "xdna" };
const char *const severity_names[SEVERITY_N] = { "start", "info", "warning", "error",
						 "fatal" };

static void free_texts(char **items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(items[i]);
	free(items);
}

static void free_patterns(struct pattern *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pattern_free(&items[i]);
	free(items);
}

void signatures_free(struct signatures *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct signature *sig = &s->items[i];

		free(sig->id);
		free(sig->title);
		free(sig->meaning);
		free(sig->source);
		free_texts(sig->steps, sig->step_count);
		free_patterns(sig->patterns, sig->pattern_count);
		free_patterns(sig->unless, sig->unless_count);
		free(sig->when);
		free_texts(sig->explained_by, sig->explained_count);
		free(sig->explained_loc);
	}
	free(s->items);
	*s = (struct signatures){ 0 };
}

const struct signature *signature_find(const struct signatures *s, const char *id)
{
	for (size_t i = 0; i < s->count; i++) {
		if (!strcmp(s->items[i].id, id))
			return &s->items[i];
	}
	return NULL;
}

bool signature_matches(const struct signature *sig, const char *line)
{
	bool hit = false;

	for (size_t i = 0; i < sig->pattern_count && !hit; i++)
		hit = pattern_matches(&sig->patterns[i], line);
	for (size_t i = 0; i < sig->unless_count && hit; i++)
		hit = !pattern_matches(&sig->unless[i], line);
	return hit;
}

void signature_fill(char out[SIGNATURE_TEXT_BYTES], const char *text,
		    const struct facts *facts)
{
	size_t used = 0;

	out[0] = '\0';
	while (*text && used < SIGNATURE_TEXT_BYTES - 1) {
		size_t n = strcspn(text, "{"), room = SIGNATURE_TEXT_BYTES - used;
		const char *close = text[n] ? strchr(text + n, '}') : NULL;
		const struct fact *fact = NULL;
		enum fact_id id;

		if (!close) {
			snprintf(out + used, room, "%s", text);
			return;
		}
		id = fact_from_name(text + n + 1, (size_t)(close - text) - n - 1);
		fact = id < FACT_N ? facts_find(facts, id) : NULL;
		if (fact)
			snprintf(out + used, room, "%.*s%s", (int)n, text, fact->value);
		else
			snprintf(out + used, room, "%.*s<%.*s>", (int)n, text,
				 (int)(close - text - (ptrdiff_t)n - 1), text + n + 1);
		used += strlen(out + used);
		text = close + 1;
	}
}

/* A cause ranks before its symptoms, so nothing can explain itself in a circle. */
bool signatures_check(const struct signatures *s, struct diag *diag)
{
	uint32_t before = diag_errors(diag);

	for (size_t i = 0; i < s->count; i++) {
		const struct signature *sig = &s->items[i];

		if (signature_find(s, sig->id) != sig) {
			diag_error(diag, sig->loc, "unique", "the id '%s' is used twice",
				   sig->id);
			diag_note(diag, signature_find(s, sig->id)->loc,
				  "it is used here first");
		}
		for (size_t k = 0; k < sig->explained_count; k++) {
			const struct signature *by =
			    signature_find(s, sig->explained_by[k]);

			if (!by)
				diag_error(diag, sig->explained_loc[k], "explained-by",
					   "no signature has the id '%s'",
					   sig->explained_by[k]);
			else if (by->rank >= sig->rank)
				diag_error(diag, sig->explained_loc[k], "explained-by",
					   "'%s' has rank %u, a cause of rank %u must "
					   "have less",
					   by->id, by->rank, sig->rank);
		}
	}
	return diag_errors(diag) == before;
}

bool signatures_builtin(struct signatures *s, struct diag *diag)
{
	bool ok = true;

	for (size_t i = 0; i < signature_builtin_count; i++) {
		const struct signature_builtin *file = &signature_builtins[i];
		struct str text = { (const char *)file->bytes, file->count };

		ok = signatures_read(s, file->name, text, diag) && ok;
	}
	return signatures_check(s, diag) && ok;
}

/* Read one file of a directory; 0 or an errno value. */
static int read_one(struct signatures *s, const char *path, struct diag *diag)
{
	struct file_text text;

	if (file_read(&text, path, SIGNATURE_FILE_BYTES, false) != FILE_OK)
		return text.error ? text.error : 22;
	signatures_read(s, path, (struct str){ text.bytes, text.count }, diag);
	free(text.bytes);
	return 0;
}

int signatures_directory(struct signatures *s, const char *path, struct diag *diag,
			 char failed[FACT_SOURCE_BYTES])
{
	struct sys_names names;
	struct sys sys;
	int error;

	sys_host_init(&sys, "");
	snprintf(failed, FACT_SOURCE_BYTES, "%s", path);
	error = sys.list_dir(&sys, path, &names);
	for (size_t i = 0; !error && i < names.count; i++) {
		const char *dot = strrchr(names.items[i], '.');

		if (!dot || strcmp(dot, ".json") != 0)
			continue;
		snprintf(failed, FACT_SOURCE_BYTES, "%s/%s", path, names.items[i]);
		error = read_one(s, failed, diag);
	}
	sys_names_free(&names);
	if (!error)
		signatures_check(s, diag);
	return error;
}
