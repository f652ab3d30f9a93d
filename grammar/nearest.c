#include <ctype.h>
#include <string.h>

#include "diag.h"
#include "hw/npu_hw.h"

/* Longer words are never near anything. */
#define MAX_WORD 31u

static uint32_t least(uint32_t a, uint32_t b, uint32_t c)
{
	return npu_min(npu_min(a, b), c);
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * Edits that turn a into b: insertions, deletions, replacements and swaps of
 * neighbours (optimal string alignment); case does not count.
 */
static uint32_t calc_edits(const char *a, size_t a_len, const char *b, size_t b_len)
{
	uint32_t rows[3][MAX_WORD + 1];
	uint32_t *before = rows[0], *above = rows[1], *row = rows[2], *spare;

	for (uint32_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (uint32_t i = 1; i <= a_len; i++) {
		spare = before;
		before = above;
		above = row;
		row = spare;
		row[0] = i;
		for (uint32_t j = 1; j <= b_len; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1,
				       above[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]))
				row[j] = npu_min(row[j], before[j - 2] + 1);
		}
	}
	return row[b_len];
}

const char *diag_nearest(const char *word, const char *const *candidates, size_t count)
{
	size_t word_len = strlen(word);
	const char *best = NULL;
	uint32_t best_edits = 0;

	if (word_len == 0 || word_len > MAX_WORD)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(candidates[i]);
		uint32_t edits, allowed;

		if (len == 0 || len > MAX_WORD)
			continue;
		/* A third of the letters may be wrong, in short words one. */
		allowed = npu_max(1, (uint32_t)(len > word_len ? len : word_len) / 3);
		edits = calc_edits(word, word_len, candidates[i], len);
		if (edits <= allowed && edits < len && (!best || edits < best_edits)) {
			best = candidates[i];
			best_edits = edits;
		}
	}
	return best;
}
