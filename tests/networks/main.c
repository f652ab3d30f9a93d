/*
 * networks: every conv of a spec through compiler, verifier and simulator.
 *
 *     networks [--sampled] SPEC...
 *
 * All outputs are compared with the reference, or with --sampled random rows and
 * channels of each conv, for slow builds; the last line says so.  NETWORKS_SEED=N
 * repeats a run's data and samples.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "network.h"
#include "spec.h"

static bool run_spec(const char *path, bool sampled, uint64_t seed)
{
	struct diag *diag = diag_new(stderr);
	struct tally t = { .sampled = sampled };
	struct spec spec;
	uint32_t wrong = 0;

	spec_init(&spec);
	spec_read(&spec, path, diag);
	spec_check(&spec, diag);
	for (size_t i = 0; diag_errors(diag) == 0 && i < spec.count; i++) {
		const struct conv_problem *p = &spec.convs[i];
		char why[320] = "";

		if (!layer_run(p, seed + i, &t, why, sizeof why)) {
			printf("FAIL %s, %s: %s\n", path, p->name, why);
			wrong++;
		}
	}
	printf("%s: %u convs, %" PRIu64 " MACs, %" PRIu64 " of %" PRIu64
	       " outputs compared",
	       path, t.convs, t.macs, t.compared, t.outputs);
	if (sampled)
		printf(" (%u rows of %u channels of each conv)", SAMPLE_ROWS,
		       SAMPLE_CHANNELS);
	printf("; %u wrong\n", wrong);
	wrong += diag_errors(diag) || !t.convs;
	spec_free(&spec);
	diag_free(diag);
	return wrong == 0;
}

int main(int argc, char **argv)
{
	const char *given = getenv("NETWORKS_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
	bool good = argc > 1, sampled = false;

	printf("NETWORKS_SEED=%" PRIu64 "\n", seed);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--sampled"))
			sampled = true;
		else
			good = run_spec(argv[i], sampled, seed) && good;
	}
	return good ? 0 : 1;
}
