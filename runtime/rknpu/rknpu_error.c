/* What an errno of the driver means and what helps (driver ABI 22.9). */
#include "rknpu/device_rknpu.h"

#include <errno.h>
#include <string.h>

#include "error.h"

#define ANY_CALL 5

struct row {
	int err;
	uint8_t call;	     /* enum npurt_rknpu_call or ANY_CALL */
	enum npurt_err code; /* NPURT_OK: the call's own */
	const char *sentence;
};

/* The first row that fits wins. */
static const struct row rows[] = {
	{ EACCES, ANY_CALL, NPURT_OK,
	  "no permission; be in group 'render' (renderD*) or 'video' (card*)" },
	{ EPERM, ANY_CALL, NPURT_OK,
	  "no permission; be in group 'render' (renderD*) or 'video' (card*)" },
	{ ENOTTY, ANY_CALL, NPURT_ERR_DEVICE_KIND, "another driver answers there" },
	{ EOPNOTSUPP, ANY_CALL, NPURT_ERR_DEVICE_KIND, "another driver answers there" },
	{ ENOSYS, ANY_CALL, NPURT_ERR_DEVICE_KIND, "another driver answers there" },
	{ EBADF, ANY_CALL, NPURT_ERR_NODEVICE, "the device is gone; open it again" },
	{ ENODEV, ANY_CALL, NPURT_ERR_NODEVICE, "the device is gone; open it again" },
	{ ETIMEDOUT, NPURT_RKNPU_SUBMIT, NPURT_ERR_TIMEOUT,
	  "the driver has reset the NPU; do not repeat the same job" },
	{ EFAULT, NPURT_RKNPU_MEMORY, NPURT_OK,
	  "the device's address space is full; use fewer or smaller buffers" },
	{ ENXIO, NPURT_RKNPU_MEMORY, NPURT_OK,
	  "the driver has the buffer but not its pages; its memory is exhausted" },
	{ ENOMEM, ANY_CALL, NPURT_OK, "the driver is out of memory" },
	{ EBUSY, NPURT_RKNPU_OPEN, NPURT_OK, "another program holds it" },
	{ EINVAL, NPURT_RKNPU_SUBMIT, NPURT_OK,
	  "another process's reset, a stuck queue, or fewer cores than the plan" },
	{ EINVAL, ANY_CALL, NPURT_OK, "the driver refused the request" },
};

enum npurt_err npurt_rknpu_error(enum npurt_rknpu_call call, int err,
				 const char **sentence)
{
	static const enum npurt_err codes[] = {
		[NPURT_RKNPU_OPEN] = NPURT_ERR_NODEVICE,
		[NPURT_RKNPU_MEMORY] = NPURT_ERR_DEVICE_MEMORY,
		[NPURT_RKNPU_SYNC] = NPURT_ERR_DEVICE_SYNC,
		[NPURT_RKNPU_SUBMIT] = NPURT_ERR_SUBMIT,
		[NPURT_RKNPU_RESET] = NPURT_ERR_RESET,
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];

		if (r->err == err && (r->call == ANY_CALL || r->call == call)) {
			*sentence = r->sentence;
			return r->code ? r->code : codes[call];
		}
	}
	*sentence = strerror(err);
	return codes[call];
}

enum npurt_err npurt_rknpu_fail(struct npurt_error *error, enum npurt_rknpu_call call,
				const char *what, int err)
{
	const char *sentence;
	enum npurt_err code = npurt_rknpu_error(call, err, &sentence);

	return npurt_failf(error, code, "%s: errno %u: %s", what, (uint32_t)err,
			   sentence);
}
