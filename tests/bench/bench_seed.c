/* Drawing weights from a seed against memcpy of the same bytes in the same run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "operands/seed.h"

#define COUNT (4u << 20) /* half-words: 8 MiB */
#define ROUNDS 25u
#define ROUND_NS 20000000u

static uint16_t from[COUNT], to[COUNT];

static void body_memcpy(void *context)
{
	(void)context;
	memcpy(to, from, sizeof to);
}

static void body_seed(void *context)
{
	(void)context;
	seed_fill_fp16(to, COUNT, 1, SEED_WEIGHTS);
}

int main(void)
{
	bench_body *const bodies[] = { body_memcpy, body_seed };
	double ns[2];

	memset(from, 1, sizeof from);
	bench_in_turns(bodies, 2, NULL, ns, ROUNDS, ROUND_NS);
	printf("weights from a seed: %.2f GB/s, memcpy %.2f GB/s\n",
	       (double)sizeof to / ns[1], (double)sizeof to / ns[0]);
	return 0;
}
