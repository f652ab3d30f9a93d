/*
 * The JSON form: what libjansson decodes goes through the same setters as text.
 *
 *     { "include": ["common.json"],
 *       "defaults": { "type": "fp16" },
 *       "convs": [ { "name": "a", "input": [3, 224, 224], "output": 8, "kernel": 3 },
 *                  "b1_c64_h56_w56_oc128_wic64_k1x1_g1_s1_pvalid" ] }
 *
 * An array is a list of values; an object is a list of names and values, as in
 * `pad top 1 left 2` or `activation clip 0 6`, where a value may be an array; null is
 * the word `none`.  A name that is true stands alone, one that is false does not stand.
 */
#include <jansson.h>
#include <string.h>

#include "json_place.h"
#include "reader.h"
#include "slug.h"

/* A value and where it stands. */
struct node {
	json_t *json;
	uint32_t place;
};

struct json_reader {
	struct reader *reader;
	struct json_places places;
};

static struct loc place_loc(const struct json_reader *r, uint32_t place)
{
	const struct json_place *p = &r->places.items[place];

	return (struct loc){ r->reader->file->source, p->line, p->col, p->len };
}

static struct str json_text(const json_t *string)
{
	return (struct str){ json_string_value(string), json_string_length(string) };
}

/* Report that a value is not what can stand there. */
static void wrong_type(struct json_reader *r, struct node node, const char *key,
		       const char *wanted)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",  [JSON_INTEGER] = "a number",
		[JSON_REAL] = "a number",    [JSON_TRUE] = "true",
		[JSON_FALSE] = "false",	     [JSON_NULL] = "null",
	};

	diag_error(r->reader->diag, place_loc(r, node.place), NULL, "%s is %s", key,
		   names[json_typeof(node.json)]);
	diag_note(r->reader->diag, place_loc(r, node.place), "it can be %s", wanted);
}

/* A string that holds numbers: "3x224x224". */
static void add_number_string(struct json_reader *r, struct node node,
			      struct values *values)
{
	struct loc loc = place_loc(r, node.place);
	struct str text = json_text(node.json);

	/* The quotes; with escapes inside, characters cannot be told apart. */
	if (loc.len == text.bytes + 2)
		loc = loc_part(loc, 1, text.bytes);
	values_add_numbers(values, text, loc, r->reader->diag);
}

static void add_scalar(struct json_reader *r, struct node node, const char *key,
		       struct values *values)
{
	const struct json_place *place = &r->places.items[node.place];
	struct loc loc = place_loc(r, node.place);
	struct value v = { .kind = VALUE_TEXT, .loc = loc };
	struct str source = { r->reader->file->text.at + place->offset, place->len };

	switch (json_typeof(node.json)) {
	case JSON_INTEGER:
	case JSON_REAL:
		values_add_numbers(values, source, loc, r->reader->diag);
		break;
	case JSON_STRING:
		v.text = json_text(node.json);
		if (str_is_numeric(v.text))
			add_number_string(r, node, values);
		else
			values_add(values, &v, r->reader->diag);
		break;
	case JSON_NULL:
		v.kind = VALUE_WORD;
		v.text = (struct str){ "none", 4 };
		values_add(values, &v, r->reader->diag);
		break;
	default:
		wrong_type(r, node, key, "numbers, strings or null");
		values->bad = true;
	}
}

static void read_array(struct json_reader *r, struct node node, const char *key,
		       struct values *values)
{
	struct node inner = { NULL, node.place + 1 };
	size_t i;

	json_array_foreach(node.json, i, inner.json)
	{
		add_scalar(r, inner, key, values);
		inner.place = r->places.items[inner.place].next;
	}
}

/* Names and values, one after the other. */
static void read_object(struct json_reader *r, struct node node, const char *key,
			struct values *values)
{
	struct node inner = { NULL, node.place + 1 };
	struct value name = { .kind = VALUE_WORD };
	const char *word;

	json_object_foreach(node.json, word, inner.json)
	{
		name.loc = place_loc(r, inner.place);
		name.text = (struct str){ word, strlen(word) };
		inner.place++;
		if (!json_is_false(inner.json))
			values_add(values, &name, r->reader->diag);
		if (json_is_array(inner.json))
			read_array(r, inner, key, values);
		else if (!json_is_boolean(inner.json))
			add_scalar(r, inner, key, values);
		inner.place = r->places.items[inner.place].next;
	}
}

/* An attribute that needs no value is there or not. */
static void add_alone(struct json_reader *r, struct node node, struct values *values)
{
	struct value none = { .kind = VALUE_WORD,
			      .loc = place_loc(r, node.place),
			      .text = { "none", 4 } };

	if (json_is_false(node.json))
		values_add(values, &none, r->reader->diag);
}

static void read_values(struct json_reader *r, struct node node, const char *key,
			struct values *values)
{
	bool alone = attr_is_alone((struct str){ key, strlen(key) });

	values_clear(values);
	if (json_is_array(node.json))
		read_array(r, node, key, values);
	else if (json_is_object(node.json))
		read_object(r, node, key, values);
	else if (alone && json_is_boolean(node.json))
		add_alone(r, node, values);
	else
		add_scalar(r, node, key, values);
}

static void read_slug(struct json_reader *r, struct node node, struct draft *draft)
{
	struct attr_context context = reader_context(r->reader, draft);
	struct loc loc = place_loc(r, node.place);
	struct str text = json_text(node.json);

	if (!str_is_slug(text)) {
		diag_error(r->reader->diag, loc, "slug", "'%.*s' is not a slug",
			   STR_ARGS(text));
		diag_note(r->reader->diag, loc, "a slug looks like %s", slug_example);
		for (enum conv_attr a = CONV_BATCH; a <= CONV_GROUPS; a++)
			draft->has[a] = draft->bad[a] = true;
		return;
	}
	if (loc.len == text.bytes + 2)
		loc = loc_part(loc, 1, text.bytes);
	slug_read(&context, text, loc);
}

/* One key of a conv or of the defaults. */
static void read_attr(struct json_reader *r, const char *key, uint32_t key_place,
		      struct node node, struct draft *draft, bool is_conv)
{
	struct attr_context context = reader_context(r->reader, draft);
	bool is_name = strcmp(key, "name") == 0, is_slug = strcmp(key, "slug") == 0;
	struct values values;

	if (!is_conv || (!is_name && !is_slug)) {
		read_values(r, node, key, &values);
		attr_set(&context, (struct str){ key, strlen(key) },
			 place_loc(r, key_place), &values);
	} else if (!json_is_string(node.json)) {
		wrong_type(r, node, key, "a string");
		draft->bad[CONV_NAME] = true;
	} else if (is_name) {
		attr_set_name(&context, json_text(node.json), place_loc(r, node.place));
	} else {
		read_slug(r, node, draft);
	}
}

static void read_attrs(struct json_reader *r, struct node node, struct draft *draft,
		       bool is_conv)
{
	struct node value = { NULL, node.place + 1 };
	const char *key;

	json_object_foreach(node.json, key, value.json)
	{
		uint32_t key_place = value.place++;

		read_attr(r, key, key_place, value, draft, is_conv);
		value.place = r->places.items[value.place].next;
	}
}

static void read_conv(struct json_reader *r, struct node node)
{
	struct draft draft;

	draft_init(&draft, &r->reader->defaults, place_loc(r, node.place));
	if (json_is_object(node.json))
		read_attrs(r, node, &draft, true);
	else
		read_slug(r, node, &draft);
	reader_add_conv(r->reader, &draft);
	draft_free(&draft);
}

static void read_convs(struct json_reader *r, struct node node)
{
	struct node conv = { NULL, node.place + 1 };
	size_t i;

	if (!json_is_array(node.json)) {
		wrong_type(r, node, "convs", "an array of convs");
		return;
	}
	json_array_foreach(node.json, i, conv.json)
	{
		if (json_is_object(conv.json) || json_is_string(conv.json))
			read_conv(r, conv);
		else
			wrong_type(r, conv, "a conv", "an object or a slug");
		conv.place = r->places.items[conv.place].next;
		if (diag_full(r->reader->diag))
			return;
	}
}

static void read_defaults(struct json_reader *r, struct node node)
{
	struct draft draft;

	if (!json_is_object(node.json)) {
		wrong_type(r, node, "defaults", "an object of attributes");
		return;
	}
	draft_init(&draft, &r->reader->defaults, place_loc(r, node.place));
	read_attrs(r, node, &draft, false);
	draft_free(&r->reader->defaults);
	r->reader->defaults = draft;
}

static void read_include(struct json_reader *r, struct node node)
{
	if (json_is_string(node.json))
		reader_include(r->reader, json_text(node.json), place_loc(r, node.place));
	else
		wrong_type(r, node, "include", "a file's name or an array of them");
}

static void read_includes(struct json_reader *r, struct node node)
{
	struct node file = { NULL, node.place + 1 };
	size_t i;

	if (!json_is_array(node.json)) {
		read_include(r, node);
		return;
	}
	json_array_foreach(node.json, i, file.json)
	{
		read_include(r, file);
		file.place = r->places.items[file.place].next;
	}
}

/* Members of the top level, in the order in which they take effect. */
static const struct {
	const char *key;
	void (*read)(struct json_reader *r, struct node node);
} members[] = {
	{ "include", read_includes },
	{ "defaults", read_defaults },
	{ "convs", read_convs },
};

#define MEMBER_N (sizeof members / sizeof members[0])

static void read_top(struct json_reader *r, struct node top)
{
	struct node found[MEMBER_N] = { 0 }, value = { NULL, top.place + 1 };
	const char *key, *keys[MEMBER_N];
	size_t i;

	if (!json_is_object(top.json)) {
		wrong_type(r, top, "the spec", "an object with \"convs\"");
		return;
	}
	for (i = 0; i < MEMBER_N; i++)
		keys[i] = members[i].key;
	json_object_foreach(top.json, key, value.json)
	{
		uint32_t key_place = value.place++;
		struct loc loc = place_loc(r, key_place);

		for (i = 0; i < MEMBER_N && strcmp(key, keys[i]) != 0; i++)
			;
		if (i < MEMBER_N) {
			found[i] = value;
		} else {
			diag_error(r->reader->diag, loc, NULL, "unknown key '%s'", key);
			note_nearest(r->reader->diag, loc,
				     (struct str){ key, strlen(key) }, keys, MEMBER_N);
		}
		value.place = r->places.items[value.place].next;
	}
	for (i = 0; i < MEMBER_N; i++)
		if (found[i].json)
			members[i].read(r, found[i]);
}

void spec_json_read(struct reader *reader)
{
	struct json_reader r = { .reader = reader };
	struct str text = reader->file->text;
	json_error_t error;
	json_t *json = json_loadb(text.at, text.bytes, JSON_REJECT_DUPLICATES, &error);

	if (!json) {
		json_report_syntax(reader->diag, reader->file->source, text, &error);
		return;
	}
	json_places_scan(&r.places, text);
	read_top(&r, (struct node){ json, 0 });
	json_places_free(&r.places);
	json_decref(json);
}
