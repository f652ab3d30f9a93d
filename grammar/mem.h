/*
 * Memory of the front end: allocation that does not return on failure, growing
 * arrays, slices of text and sets of strings.
 */
#ifndef MEM_H
#define MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of a longer text; not zero-terminated. */
struct str {
	const char *at;
	size_t bytes;
};

/* For printf's "%.*s". */
#define STR_ARGS(s) (int)(s).bytes, (s).at

/* Say "out of memory" and leave with the exit code for file and machine trouble. */
_Noreturn void mem_out(void);

/* Zeroed memory; bytes >= 1.  Free with free(). */
void *mem_new(size_t bytes);

/* A zero-terminated copy.  Free with free(). */
char *mem_strndup(const char *text, size_t bytes);

/*
 * Room for one more element: returns the array, moved if need be, when it holds
 * `count` elements of `elem_bytes`.  Capacities are powers of two, so no counter
 * of its own is needed; the array must only ever grow through this function.
 */
void *mem_grow(void *array, size_t count, size_t elem_bytes);

bool str_is(struct str s, const char *word);

/* A set of strings that live elsewhere and outlive it, each with a counter. */
struct strset_slot {
	const char *text; /* NULL: free */
	uint32_t uses;
};

struct strset {
	struct strset_slot *slots;
	size_t slot_count, count;
};

/* Add; false when an equal string was there already. */
bool strset_add(struct strset *set, const char *text);
/* The counter of a string that is in the set; good until the next strset_add(). */
uint32_t *strset_uses(const struct strset *set, const char *text);
void strset_free(struct strset *set);

/* FNV-1a, 64 bits: start with FNV_START, feed bytes in order. */
#define FNV_START 0xcbf29ce484222325u
uint64_t fnv1a(uint64_t hash, const void *bytes, size_t count);

#endif
