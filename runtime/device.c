#include "device.h"

const char *npurt_device_describe(const struct npurt_device *device)
{
	return device ? device->ops->describe(device) : "no device";
}

void npurt_device_close(struct npurt_device *device)
{
	if (device)
		device->ops->close(device);
}
