/*
 * AXERA accelerators behind PCIe, served by the AXCL host driver.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pci.h"
#include "probe.h"

#define AXCL_NODE "/dev/axcl_host"
#define AXERA_VENDOR 0x1f4bu

static bool is_axera(const struct pci_device *d)
{
	return d->vendor == AXERA_VENDOR;
}

void probe_axcl(struct facts *facts, struct sys *sys)
{
	struct pci_device card;
	struct sys_names names;
	struct sys_node node;

	if (pci_find(sys, is_axera, &card))
		facts_add(facts, FACT_AXCL_PCI, card.path, "%s", card.slot);
	if (!sys->list_dir(sys, "/sys/module/axcl_host", &names)) {
		facts_add(facts, FACT_AXCL_MODULE, "/sys/module/axcl_host", "1");
		sys_names_free(&names);
	}
	if (sys->ask_node(sys, AXCL_NODE, &node) || node.open_error == ENOENT)
		return;
	facts_add(facts, FACT_AXCL_NODE, AXCL_NODE, AXCL_NODE);
	facts_add(facts, FACT_AXCL_ACCESS, AXCL_NODE, "%s",
		  node.open_error == EACCES || node.open_error == EPERM ? "denied"
		  : node.open_error ? strerror(node.open_error)
				    : "ok");
	probe_access(facts, sys, AXCL_NODE, FACT_AXCL_GROUP, FACT_N);
}
