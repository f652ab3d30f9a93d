/*
 * A finished bundle to a file: whole or not at all, magic last, so that a file cut
 * short is never taken for a bundle.
 */
#include <stdio.h>

#include "bundle/bundle_write.h"
#include "common/files.h"

bool bundle_write_file(struct bundle *b, const char *path, char *why, size_t why_bytes)
{
	struct file_part part;
	char reason[120];

	part.data = bundle_finish(b, &part.bytes);
	if (!part.data) {
		snprintf(why, why_bytes,
			 "out of memory, or a section has more than %u elements",
			 NPUB_NONE - 1);
		return false;
	}
	if (files_write_marked(path, &part, NPUB_MAGIC_BYTES, reason, sizeof reason))
		return true;
	snprintf(why, why_bytes, "%s: %s", path, reason);
	return false;
}
