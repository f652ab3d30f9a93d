#include "mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_MACHINE_TROUBLE 3
#define FIRST_CAPACITY 8u

_Noreturn void mem_out(void)
{
	fputs("error: out of memory\n", stderr);
	exit(EXIT_MACHINE_TROUBLE);
}

void *mem_new(size_t bytes)
{
	void *p = calloc(1, bytes);

	if (!p)
		mem_out();
	return p;
}

char *mem_strndup(const char *text, size_t bytes)
{
	char *copy = mem_new(bytes + 1);

	if (bytes)
		memcpy(copy, text, bytes);
	return copy;
}

void *mem_grow(void *array, size_t count, size_t elem_bytes)
{
	bool full = count == 0 || (count >= FIRST_CAPACITY && (count & (count - 1)) == 0);
	size_t capacity = count < FIRST_CAPACITY ? FIRST_CAPACITY : count * 2;

	if (!full)
		return array;
	if (capacity > SIZE_MAX / elem_bytes)
		mem_out();
	array = realloc(array, capacity * elem_bytes);
	if (!array)
		mem_out();
	return array;
}

bool str_is(struct str s, const char *word)
{
	return s.bytes == strlen(word) && memcmp(s.at, word, s.bytes) == 0;
}

uint64_t fnv1a(uint64_t hash, const void *bytes, size_t count)
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < count; i++)
		hash = (hash ^ b[i]) * 0x100000001b3u;
	return hash;
}

static struct strset_slot *find_slot(const struct strset *set, const char *text)
{
	size_t mask = set->slot_count - 1;
	size_t i = (size_t)fnv1a(FNV_START, text, strlen(text)) & mask;

	while (set->slots[i].text && strcmp(set->slots[i].text, text) != 0)
		i = (i + 1) & mask;
	return &set->slots[i];
}

static void double_slots(struct strset *set)
{
	struct strset bigger = { .slot_count =
				     set->slot_count ? set->slot_count * 2 : 16 };

	bigger.slots = mem_new(bigger.slot_count * sizeof *bigger.slots);
	for (size_t i = 0; i < set->slot_count; i++)
		if (set->slots[i].text)
			*find_slot(&bigger, set->slots[i].text) = set->slots[i];
	bigger.count = set->count;
	free(set->slots);
	*set = bigger;
}

bool strset_add(struct strset *set, const char *text)
{
	struct strset_slot *slot;

	if (set->count * 2 >= set->slot_count)
		double_slots(set);
	slot = find_slot(set, text);
	if (slot->text)
		return false;
	slot->text = text;
	set->count++;
	return true;
}

uint32_t *strset_uses(const struct strset *set, const char *text)
{
	return &find_slot(set, text)->uses;
}

void strset_free(struct strset *set)
{
	free(set->slots);
	*set = (struct strset){ 0 };
}
