/*
 * Building the JSON of --explain, key by key.
 */
#ifndef EXPLAIN_OBJECT_H
#define EXPLAIN_OBJECT_H

#include <jansson.h>
#include <stdint.h>

/*
 * Allocation failures travel as NULL: the *_new setters below refuse NULL values
 * and return -1, which `failed` collects.
 */
struct object {
	json_t *json;
	bool failed;
};

static inline struct object object_new(void)
{
	struct object o = { json_object(), false };

	o.failed = !o.json;
	return o;
}

static inline void put(struct object *o, const char *key, json_t *value)
{
	if (!value || json_object_set_new(o->json, key, value))
		o->failed = true;
}

static inline void put_uint(struct object *o, const char *key, uint64_t value)
{
	put(o, key, json_integer((json_int_t)value));
}

static inline void put_text(struct object *o, const char *key, const char *value)
{
	put(o, key, json_string(value));
}

static inline void put_bool(struct object *o, const char *key, bool value)
{
	put(o, key, json_boolean(value));
}

static inline void put_real(struct object *o, const char *key, double value)
{
	put(o, key, json_real(value));
}

static inline json_t *object_end(struct object *o)
{
	if (!o->failed)
		return o->json;
	json_decref(o->json);
	return NULL;
}

/* Append to an array; either may be NULL after a failure. */
static inline void push(json_t **array, json_t *value)
{
	if (*array && value && !json_array_append_new(*array, value))
		return;
	json_decref(*array);
	*array = NULL;
}

#endif
