/* What all devices have in common. */
#include "device.h"

#include "error.h"

const char *npurt_device_describe(const struct npurt_device *device)
{
	return device ? device->ops->describe(device) : "no device";
}

uint32_t npurt_device_cores(const struct npurt_device *device)
{
	return device ? device->cores : 0;
}

enum npurt_err npurt_device_reset(struct npurt_device *device, struct npurt_error *error)
{
	struct npurt_error local;

	error = error ? error : &local;
	npurt_error_reset(error);
	if (!device)
		return npurt_fail(error, NPURT_ERR_ARGUMENT, "device is NULL");
	if (!device->ops->reset)
		return npurt_failf(error, NPURT_ERR_UNSUPPORTED, "%s has no reset",
				   device->ops->describe(device));
	return device->ops->reset(device, error);
}

void npurt_device_close(struct npurt_device *device)
{
	if (device)
		device->ops->close(device);
}
