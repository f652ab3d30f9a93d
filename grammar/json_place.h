/*
 * Where the values of a JSON text stand.  The parsed tree has no places, so the
 * text is scanned once more into a list in the order of the text: every object or
 * array is followed by what is in it, every key by its value.
 */
#ifndef JSON_PLACE_H
#define JSON_PLACE_H

#include <jansson.h>

#include "diag.h"
#include "mem.h"

struct json_place {
	uint32_t line, col, len; /* in characters */
	uint32_t offset;	 /* in bytes */
	uint32_t next;		 /* index behind this value and all that is in it */
};

struct json_places {
	struct json_place *items;
	size_t count;
};

/* Scan a text that is known to be valid JSON.  Free with json_places_free(). */
void json_places_scan(struct json_places *places, struct str text);
void json_places_free(struct json_places *places);

/* Report libjansson's error on `text`, which is `source` to diag, at its place. */
void json_report_syntax(struct diag *diag, uint32_t source, struct str text,
			const json_error_t *error);

#endif
