/* Devices of the PCI bus, from sysfs. */
#ifndef DOCTOR_PCI_H
#define DOCTOR_PCI_H

#include "sys.h"

struct pci_device {
	uint32_t vendor, device;
	char slot[32]; /* "0000:c5:00.1" */
	char path[SYS_PATH_BYTES];
};

/* The first device that `wanted` takes. */
bool pci_find(struct sys *sys, bool (*wanted)(const struct pci_device *),
	      struct pci_device *found);

#endif
