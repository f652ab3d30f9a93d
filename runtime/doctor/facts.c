#include "facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

const char *const fact_names[FACT_N] = {
#define FACT(id, name, what) [FACT_##id] = name,
#include "facts.def"
#undef FACT
};

const char *const fact_meanings[FACT_N] = {
#define FACT(id, name, what) [FACT_##id] = what,
#include "facts.def"
#undef FACT
};

void facts_free(struct facts *facts)
{
	free(facts->items);
	*facts = (struct facts){ 0 };
}

static void make_printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = *text == '\t' ? ' ' : '?';
	}
}

void facts_add(struct facts *facts, enum fact_id id, const char *source, const char *fmt,
	       ...)
{
	struct fact *fact;
	va_list args;

	facts->items = mem_grow(facts->items, facts->count, sizeof *facts->items);
	fact = &facts->items[facts->count++];
	fact->id = id;
	snprintf(fact->source, sizeof fact->source, "%s", source);
	va_start(args, fmt);
	vsnprintf(fact->value, sizeof fact->value, fmt, args);
	va_end(args);
	make_printable(fact->value);
}

const struct fact *facts_find(const struct facts *facts, enum fact_id id)
{
	for (size_t i = 0; i < facts->count; i++) {
		if (facts->items[i].id == id)
			return &facts->items[i];
	}
	return NULL;
}

const char *facts_value(const struct facts *facts, enum fact_id id)
{
	const struct fact *fact = facts_find(facts, id);

	return fact ? fact->value : "";
}

enum fact_id fact_from_name(const char *name, size_t bytes)
{
	for (int i = 0; i < FACT_N; i++) {
		if (strlen(fact_names[i]) == bytes && !memcmp(fact_names[i], name, bytes))
			return (enum fact_id)i;
	}
	return FACT_N;
}
