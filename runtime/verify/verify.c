#include "verify/verify.h"

#include "error.h"

enum npurt_err npurt_verify(const void *blob, size_t blob_bytes,
			    struct npurt_error *error)
{
	struct npurt_error local;
	struct npub b;
	enum npurt_err err;

	error = error ? error : &local;
	npurt_error_reset(error);
	err = npub_open(&b, blob, blob_bytes, error);
	for (uint32_t i = 0; !err && i < b.conv_count; i++)
		err = npurt_verify_conv(&b, i, error);
	return err;
}
