/*
 * Any bytes as a template: any errors, never a stray read; what is accepted can be
 * written, and reads again.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *null = fopen("/dev/null", "w");
	struct diag *diag = diag_new(null);
	struct template t, again;
	char *text = NULL;
	size_t bytes = 0;
	FILE *out;

	if (template_read_text(&t, "fuzz.json", (const char *)data, size, diag)) {
		out = open_memstream(&text, &bytes);
		assert(out && template_write(&t, out));
		fclose(out);
		assert(template_read_text(&again, "again.json", text, bytes, diag));
		template_clear(&again);
		template_clear(&t);
		free(text);
	}
	diag_free(diag);
	if (null)
		fclose(null);
	return 0;
}
