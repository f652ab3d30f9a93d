/*
 * Logs and signature files are somebody else's bytes: any of them may be said about
 * them, but no stray read, and no endless search.
 *
 * Input: one byte that says which it is, then the bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "doctor_report.h"
#include "sys_host.h"

enum { LOG_BYTES, SIGNATURE_BYTES, RECORD_BYTES, KINDS };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_log(const struct signatures *s, const char *text, size_t bytes)
{
	struct facts facts = { 0 };
	struct scan scan = { 0 };
	struct diagnosis d = {
		.signatures = s, .facts = &facts, .scan = &scan, .asked = FAMILY_AUTO
	};
	FILE *out = fopen("/dev/null", "w");

	scan_text(&scan, s, "log", text, bytes);
	diagnose(&d);
	if (out) {
		doctor_print_text(out, &d);
		doctor_print_json(out, &d);
		fclose(out);
	}
	diagnosis_free(&d);
	scan_free(&scan);
	facts_free(&facts);
}

static void read_signatures(const char *text, size_t bytes)
{
	static const char line[] = "RKNPU: job timeout, flags: 0x0:";
	struct diag *diag = diag_new(NULL);
	struct signatures s = { 0 };

	/* what the loader takes must work */
	if (signatures_read(&s, "fuzz.json", (struct str){ text, bytes }, diag) &&
	    signatures_check(&s, diag))
		read_log(&s, line, sizeof line - 1);
	diag_free(diag);
	signatures_free(&s);
}

static void read_record(const char *text, size_t bytes)
{
	char *copy = malloc(bytes + 1), *out = malloc(2 * bytes + 64);

	if (copy && out) {
		/* as the kernel's records come: terminated by the reader */
		for (size_t i = 0; i < bytes; i++)
			copy[i] = text[i];
		copy[bytes] = '\0';
		klog_line(copy, bytes, out, 2 * bytes + 64);
	}
	free(copy);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct signatures builtin; /* loaded once: it is the same every time */
	const char *text = (const char *)data + 1;

	if (!size)
		return 0;
	if (!builtin.count) {
		struct diag *diag = diag_new(NULL);

		if (!signatures_builtin(&builtin, diag))
			abort();
		diag_free(diag);
	}
	switch (data[0] % KINDS) {
	case LOG_BYTES:
		read_log(&builtin, text, size - 1);
		break;
	case SIGNATURE_BYTES:
		read_signatures(text, size - 1);
		break;
	default:
		read_record(text, size - 1);
		break;
	}
	return 0;
}
