/* A bundle file as read-only memory.  Internal to libnpurt. */
#ifndef NPURT_FILE_H
#define NPURT_FILE_H

#include "npurt.h"

/* Map a regular file that is not empty.  FILE. */
enum npurt_err npurt_file_map(const char *path, void **data, size_t *bytes,
			      struct npurt_error *error);

/* NULL is allowed. */
void npurt_file_unmap(void *data, size_t bytes);

#endif
