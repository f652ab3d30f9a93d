/*
 * Reading JSON by hand: values with their places, and messages that point at them.
 */
#ifndef TEMPLATE_JSON_H
#define TEMPLATE_JSON_H

#include <jansson.h>

#include "json_place.h"

struct tjson {
	struct diag *diag;
	uint32_t source;
	struct json_places places;
};

/* A value and its place. */
struct tjson_node {
	json_t *json; /* NULL: absent */
	uint32_t place;
};

struct tjson_member {
	const char *key;
	bool required;
	struct tjson_node node; /* filled */
};

/* What one key holds, in messages: `what` is "buffers.task" or the like. */

/*
 * Parse; false after an error in `diag`.  On success the caller decrefs
 * `root->json` and frees `j->places`.
 */
bool tjson_open(struct tjson *j, struct tjson_node *root, const char *name,
		struct str text, struct diag *diag);

struct loc tjson_loc(const struct tjson *j, struct tjson_node node);

/* Report that `what` is not `wanted`. */
void tjson_wrong(const struct tjson *j, struct tjson_node node, const char *what,
		 const char *wanted);

/*
 * An object's members: unknown keys are reported with the nearest known one,
 * required ones that are absent at the object.  False when anything was reported.
 */
bool tjson_members(const struct tjson *j, struct tjson_node node, const char *what,
		   struct tjson_member *members, size_t count);

/* Typed values; false after a report, *out untouched.  Numbers lie in [min, max]. */
bool tjson_number(const struct tjson *j, struct tjson_node node, const char *what,
		  uint64_t min, uint64_t max, uint64_t *out);
bool tjson_u32(const struct tjson *j, struct tjson_node node, const char *what,
	       uint32_t min, uint32_t max, uint32_t *out);
bool tjson_bool(const struct tjson *j, struct tjson_node node, const char *what,
		bool *out);
/* 1 to `max_bytes` printable bytes; a copy that the caller frees. */
bool tjson_text(const struct tjson *j, struct tjson_node node, const char *what,
		size_t max_bytes, char **out);
/* One of `words`, by index. */
bool tjson_choice(const struct tjson *j, struct tjson_node node, const char *what,
		  const char *const *words, size_t count, size_t *out);
/* An array of `count` numbers, each in [0, max]. */
bool tjson_numbers(const struct tjson *j, struct tjson_node node, const char *what,
		   size_t count, uint32_t max, uint32_t *const out[]);

/* An array of `min` to `max` elements; *count is how many. */
bool tjson_array(const struct tjson *j, struct tjson_node node, const char *what,
		 size_t min, size_t max, size_t *count);

/*
 * Walk an array:
 *
 *     struct tjson_node item = tjson_first(array);
 *     for (size_t i = 0; i < count; i++, item = tjson_next(j, array, item, i))
 */
struct tjson_node tjson_first(struct tjson_node array);
struct tjson_node tjson_next(const struct tjson *j, struct tjson_node array,
			     struct tjson_node item, size_t i);

#endif
