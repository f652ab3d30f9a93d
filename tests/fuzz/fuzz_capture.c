/*
 * Any bytes as a capture: a reason why not, or a comparison with what the compiler
 * makes of it; never a stray read.
 */
#include <stddef.h>
#include <stdint.h>

#include "corpus/verify_compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is larger says nothing new and takes the planner seconds. */
#define MAX_PIXELS 4096u
#define MAX_CHANS 4096u

static void ignore(void *ctx, const char *sentence)
{
	(void)ctx;
	(void)sentence;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct verify_sink sink = { .difference = ignore };
	struct verify_tally tally = { 0 };
	char why[CAPTURE_WHY_BYTES];
	struct capture c;

	if (!capture_read_text(&c, "fuzz.json", (const char *)data, size, NULL, why))
		return 0;
	if (c.problem.in_h * c.problem.in_w <= MAX_PIXELS && c.problem.in_c <= MAX_CHANS &&
	    c.problem.out_c <= MAX_CHANS && c.problem.batch <= 4)
		verify_compare(&c, &tally, &sink);
	capture_free(&c);
	return 0;
}
