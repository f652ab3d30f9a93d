/* Any bytes as a log, checked alone and against a bundle: any answer, never a stray read.
 */
#include <stdlib.h>

#include "verify/evidence.h"
#include "verify/verify_subject.h"

#define SLUG "b1_c32_h14_w14_oc128_wic32_k3x3_g1_s1_pvalid"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct log *log, const struct npub *bundle, uint32_t cores)
{
	static struct report report;
	struct evidence ev;

	if (!evidence_init(&ev, log, bundle, bundle ? &bundle->convs[0] : NULL, cores))
		return;
	report_init(&report);
	evidence_check(&ev, &report);
	evidence_free(&ev);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct verify_subject subject;
	static struct log log;
	char why[LOG_WHY_BYTES];

	if (!subject.blob && subject_open(&subject, SLUG, NPU_ELEM_FP16) != 0)
		abort();
	log_init(&log);
	/* what was read before an error is looked at too */
	log_read_text(&log, "fuzz.log", (const char *)data, size, LOG_KIND_AUTO, why);
	check(&log, NULL, 1);
	for (uint32_t cores = 1; cores <= NPU_MAX_CORES; cores++)
		check(&log, &subject.npub, cores);
	log_free(&log);
	return 0;
}
