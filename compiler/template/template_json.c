#include "template/template_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "attr.h"

bool tjson_open(struct tjson *j, struct tjson_node *root, const char *name,
		struct str text, struct diag *diag)
{
	json_error_t error;

	*j = (struct tjson){ .diag = diag };
	j->source = diag_add_source(diag, name, text.at, text.bytes);
	*root = (struct tjson_node){ 0 };
	if (!text.bytes) {
		diag_error(diag, (struct loc){ j->source, 1, 1, 1 }, NULL,
			   "the file is empty");
		return false;
	}
	/* libjansson passes over some of them, which would move all places behind. */
	if (memchr(text.at, 0, text.bytes)) {
		diag_error(diag, (struct loc){ j->source, 1, 1, 1 }, NULL,
			   "the file has zero bytes: not a JSON text");
		return false;
	}
	root->json = json_loadb(text.at, text.bytes, JSON_REJECT_DUPLICATES, &error);
	if (!root->json) {
		json_report_syntax(diag, j->source, text, &error);
		return false;
	}
	json_places_scan(&j->places, text);
	return true;
}

struct loc tjson_loc(const struct tjson *j, struct tjson_node node)
{
	const struct json_place *p = &j->places.items[node.place];

	return (struct loc){ j->source, p->line, p->col, p->len };
}

static const char *type_name(const json_t *json)
{
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "a whole number";
	case JSON_REAL:
		return "a fraction";
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	default:
		return "null";
	}
}

void tjson_wrong(const struct tjson *j, struct tjson_node node, const char *what,
		 const char *wanted)
{
	diag_error(j->diag, tjson_loc(j, node), NULL, "%s is %s, not %s", what,
		   type_name(node.json), wanted);
}

static void report_unknown(const struct tjson *j, struct tjson_node key_node,
			   const char *key, const char *what,
			   const struct tjson_member *members, size_t count)
{
	const char *keys[32];
	size_t n = count < 32 ? count : 32;
	struct loc loc = tjson_loc(j, key_node);

	for (size_t i = 0; i < n; i++)
		keys[i] = members[i].key;
	diag_error(j->diag, loc, NULL, "%s has no key '%s'", what, key);
	note_nearest(j->diag, loc, (struct str){ key, strlen(key) }, keys, n);
}

bool tjson_members(const struct tjson *j, struct tjson_node node, const char *what,
		   struct tjson_member *members, size_t count)
{
	struct tjson_node value = { NULL, node.place + 1 };
	const char *key;
	bool ok = true;

	if (!json_is_object(node.json)) {
		tjson_wrong(j, node, what, "an object");
		return false;
	}
	json_object_foreach(node.json, key, value.json)
	{
		struct tjson_node key_node = { value.json, value.place++ };
		size_t i = 0;

		while (i < count && strcmp(key, members[i].key))
			i++;
		if (i < count) {
			members[i].node = value;
		} else {
			report_unknown(j, key_node, key, what, members, count);
			ok = false;
		}
		value.place = j->places.items[value.place].next;
	}
	for (size_t i = 0; i < count; i++) {
		if (members[i].required && !members[i].node.json) {
			diag_error(j->diag, tjson_loc(j, node), NULL, "%s lacks '%s'",
				   what, members[i].key);
			ok = false;
		}
	}
	return ok;
}

bool tjson_number(const struct tjson *j, struct tjson_node node, const char *what,
		  uint64_t min, uint64_t max, uint64_t *out)
{
	json_int_t n = json_integer_value(node.json);

	if (!json_is_integer(node.json)) {
		tjson_wrong(j, node, what, "a whole number");
		return false;
	}
	if (n < 0 || (uint64_t)n < min || (uint64_t)n > max) {
		diag_error(j->diag, tjson_loc(j, node), "range",
			   "%s %" JSON_INTEGER_FORMAT " is not in %" PRIu64 "..%" PRIu64,
			   what, n, min, max);
		return false;
	}
	*out = (uint64_t)n;
	return true;
}

bool tjson_u32(const struct tjson *j, struct tjson_node node, const char *what,
	       uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t n;

	if (!tjson_number(j, node, what, min, max, &n))
		return false;
	*out = (uint32_t)n;
	return true;
}

bool tjson_bool(const struct tjson *j, struct tjson_node node, const char *what,
		bool *out)
{
	if (!json_is_boolean(node.json)) {
		tjson_wrong(j, node, what, "true or false");
		return false;
	}
	*out = json_is_true(node.json);
	return true;
}

bool tjson_text(const struct tjson *j, struct tjson_node node, const char *what,
		size_t max_bytes, char **out)
{
	const char *text = json_string_value(node.json);
	size_t bytes = json_string_length(node.json);

	if (!text) {
		tjson_wrong(j, node, what, "a string");
		return false;
	}
	if (!bytes || bytes > max_bytes) {
		diag_error(j->diag, tjson_loc(j, node), "text",
			   "%s of %zu bytes; it has 1 to %zu", what, bytes, max_bytes);
		return false;
	}
	for (size_t i = 0; i < bytes; i++) {
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
			diag_error(j->diag, tjson_loc(j, node), "text",
				   "%s has a control character", what);
			return false;
		}
	}
	free(*out);
	*out = mem_strndup(text, bytes);
	return true;
}

bool tjson_choice(const struct tjson *j, struct tjson_node node, const char *what,
		  const char *const *words, size_t count, size_t *out)
{
	const char *text = json_string_value(node.json);

	if (!text) {
		tjson_wrong(j, node, what, "a string");
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(text, words[i])) {
			*out = i;
			return true;
		}
	}
	diag_error(j->diag, tjson_loc(j, node), NULL, "%s cannot be '%s'", what, text);
	note_nearest(j->diag, tjson_loc(j, node), (struct str){ text, strlen(text) },
		     words, count);
	return false;
}

bool tjson_array(const struct tjson *j, struct tjson_node node, const char *what,
		 size_t min, size_t max, size_t *count)
{
	size_t n = json_array_size(node.json);

	if (!json_is_array(node.json)) {
		tjson_wrong(j, node, what, "an array");
		return false;
	}
	if (n < min || n > max) {
		if (min == max)
			diag_error(j->diag, tjson_loc(j, node), NULL,
				   "%s has %zu element%s, not %zu", what, n,
				   n == 1 ? "" : "s", min);
		else
			diag_error(j->diag, tjson_loc(j, node), NULL,
				   "%s has %zu element%s, not %zu to %zu", what, n,
				   n == 1 ? "" : "s", min, max);
		return false;
	}
	*count = n;
	return true;
}

struct tjson_node tjson_first(struct tjson_node array)
{
	return (struct tjson_node){ json_array_get(array.json, 0), array.place + 1 };
}

struct tjson_node tjson_next(const struct tjson *j, struct tjson_node array,
			     struct tjson_node item, size_t i)
{
	return (struct tjson_node){ json_array_get(array.json, i + 1),
				    j->places.items[item.place].next };
}

bool tjson_numbers(const struct tjson *j, struct tjson_node node, const char *what,
		   size_t count, uint32_t max, uint32_t *const out[])
{
	struct tjson_node item = tjson_first(node);
	size_t n;

	if (!tjson_array(j, node, what, count, count, &n))
		return false;
	for (size_t i = 0; i < n; i++, item = tjson_next(j, node, item, i - 1)) {
		if (!tjson_u32(j, item, what, 0, max, out[i]))
			return false;
	}
	return true;
}
