#include "json_put.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_abort(size_t bytes)
{
	void *memory = malloc(bytes ? bytes : 1);

	if (!memory) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return memory;
}

void json_put_init(void)
{
	json_set_alloc_funcs(or_abort, free);
}

void put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

void put_u(json_t *object, const char *key, uint64_t value)
{
	put(object, key, json_integer((json_int_t)value));
}

void put_i(json_t *object, const char *key, int64_t value)
{
	put(object, key, json_integer(value));
}

void put_real(json_t *object, const char *key, double value)
{
	/* JSON has no infinities; jansson refuses them. */
	json_t *real = json_real(value);

	put(object, key, real ? real : json_null());
}

void put_bool(json_t *object, const char *key, bool value)
{
	put(object, key, json_boolean(value));
}

/* A JSON string of any bytes. */
static json_t *string_of(const char *text)
{
	json_t *string = json_string(text);
	char *plain, *p;

	if (string)
		return string;
	plain = or_abort(strlen(text) + 1);
	strcpy(plain, text);
	for (p = plain; *p; p++)
		if (*p & 0x80)
			*p = '?';
	string = json_string(plain);
	free(plain);
	return string;
}

void put_s(json_t *object, const char *key, const char *text)
{
	put(object, key, string_of(text));
}

void put_hex(json_t *object, const char *key, uint64_t value, int digits)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%0*" PRIx64, digits, value);
	put_s(object, key, text);
}

void append_u(json_t *array, uint64_t value)
{
	json_array_append_new(array, json_integer((json_int_t)value));
}

void append_s(json_t *array, const char *text)
{
	json_array_append_new(array, string_of(text));
}

char *json_text(const json_t *document, size_t *bytes)
{
	char *text = json_dumps(document, JSON_INDENT(1)), *ended;

	if (!text)
		return NULL;
	*bytes = strlen(text) + 1;
	ended = or_abort(*bytes);
	memcpy(ended, text, *bytes - 1);
	ended[*bytes - 1] = '\n';
	free(text);
	return ended;
}

json_t *json_pair(uint64_t a, uint64_t b)
{
	json_t *array = json_array();

	append_u(array, a);
	append_u(array, b);
	return array;
}
