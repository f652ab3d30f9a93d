/* Any bytes as a spec, text or JSON: any errors, never a stray read. */
#include <stdio.h>

#include "spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *out = fopen("/dev/null", "w");
	struct diag *diag = diag_new(out);
	struct spec spec;

	spec_init(&spec);
	/* A directory that does not exist: an include finds nothing. */
	spec_read_text(&spec, "no-such-directory/fuzz.conv", (const char *)data, size,
		       diag);
	spec_check(&spec, diag);
	(void)spec_digest(&spec);
	spec_free(&spec);
	diag_free(diag);
	if (out)
		fclose(out);
	return 0;
}
