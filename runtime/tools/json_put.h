/*
 * Building JSON without a check on every line: out of memory ends the program, as
 * half a document helps nobody.
 */
#ifndef JSON_PUT_H
#define JSON_PUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Make libjansson's allocations end the program when they fail. */
void json_put_init(void);

/* object[key] = value; keys keep the order in which they came. */
void put_u(json_t *object, const char *key, uint64_t value);
void put_i(json_t *object, const char *key, int64_t value);
void put_real(json_t *object, const char *key, double value);
void put_bool(json_t *object, const char *key, bool value);
/* Bytes that are not UTF-8 become '?'. */
void put_s(json_t *object, const char *key, const char *text);
/* A string "0x..." of `digits` digits: numbers that JSON readers would round. */
void put_hex(json_t *object, const char *key, uint64_t value, int digits);
void put(json_t *object, const char *key, json_t *value);

void append_u(json_t *array, uint64_t value);
void append_s(json_t *array, const char *text);

/* The document as text with a newline at its end, for the caller to free. */
char *json_text(const json_t *document, size_t *bytes);

/* [a, b] */
json_t *json_pair(uint64_t a, uint64_t b);

#endif
