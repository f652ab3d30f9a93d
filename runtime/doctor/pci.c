#include "pci.h"

#include <stdio.h>
#include <stdlib.h>

static uint32_t read_id(struct sys *sys, const char *path, const char *name)
{
	char file[SYS_PATH_BYTES], line[32];

	sys_path(file, "%.400s/%s", path, name);
	if (sys_read_line(sys, file, line, sizeof line))
		return 0;
	return (uint32_t)strtoul(line, NULL, 16);
}

bool pci_find(struct sys *sys, bool (*wanted)(const struct pci_device *),
	      struct pci_device *found)
{
	struct sys_names names;
	bool hit = false;

	if (sys->list_dir(sys, "/sys/bus/pci/devices", &names))
		return false;
	for (size_t i = 0; i < names.count && !hit; i++) {
		struct pci_device d;

		snprintf(d.slot, sizeof d.slot, "%.31s", names.items[i]);
		sys_path(d.path, "/sys/bus/pci/devices/%s", d.slot);
		d.vendor = read_id(sys, d.path, "vendor");
		d.device = read_id(sys, d.path, "device");
		hit = wanted(&d);
		if (hit)
			*found = d;
	}
	sys_names_free(&names);
	return hit;
}
