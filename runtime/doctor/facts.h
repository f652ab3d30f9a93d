/*
 * What was found out about the machine: names, values and where each came from.
 */
#ifndef DOCTOR_FACTS_H
#define DOCTOR_FACTS_H

#include <stdbool.h>
#include <stddef.h>

enum fact_id {
#define FACT(id, name, what) FACT_##id,
#include "facts.def"
#undef FACT
	FACT_N
};

extern const char *const fact_names[FACT_N];
extern const char *const fact_meanings[FACT_N];

#define FACT_VALUE_BYTES 256
#define FACT_SOURCE_BYTES 160

struct fact {
	enum fact_id id;
	char value[FACT_VALUE_BYTES];
	char source[FACT_SOURCE_BYTES]; /* a path, or a path and a call */
};

struct facts {
	struct fact *items; /* mem_grow() */
	size_t count;
};

void facts_free(struct facts *facts);

/* Add; control characters become '?'.  A fact may have several values. */
void facts_add(struct facts *facts, enum fact_id id, const char *source, const char *fmt,
	       ...) __attribute__((format(printf, 4, 5)));

/* The first one of that id, NULL when it is not known. */
const struct fact *facts_find(const struct facts *facts, enum fact_id id);
/* Its value; "" when it is not known. */
const char *facts_value(const struct facts *facts, enum fact_id id);

/* FACT_N when no fact has this name. */
enum fact_id fact_from_name(const char *name, size_t bytes);

#endif
