/*
 * AMD's NPU (XDNA) with amdxdna and XRT.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pci.h"
#include "probe.h"

#define AMD_VENDOR 0x1022u
#define NPU1_DEVICE 0x1502u /* Phoenix, Hawk Point */
#define NPU4_DEVICE 0x17f0u /* Strix and later */
#define PACKAGES "/var/lib/dpkg/status"
#define PACKAGES_BYTES ((size_t)32 << 20)

static bool is_npu(const struct pci_device *d)
{
	return d->vendor == AMD_VENDOR &&
	       (d->device == NPU1_DEVICE || d->device == NPU4_DEVICE);
}

static void read_firmware(struct facts *facts, struct sys *sys, const char *pci)
{
	char path[SYS_PATH_BYTES], line[64];
	unsigned major, minor;

	sys_path(path, "%.400s/fw_version", pci);
	if (sys_read_line(sys, path, line, sizeof line) ||
	    sscanf(line, "%u.%u", &major, &minor) != 2)
		return;
	facts_add(facts, FACT_XDNA_FIRMWARE, path, "%s", line);
	facts_add(facts, FACT_XDNA_FIRMWARE_MINOR, path, "%u", minor);
}

/*
 * "2:2.18.0~rc1-3ubuntu1" to "2.18.0": the first three numbers after the epoch, which
 * base and plugin share when they belong together.
 */
static bool short_version(const char *text, char out[32])
{
	const char *colon = strchr(text, ':');
	unsigned a, b, c;

	if (sscanf(colon ? colon + 1 : text, "%u.%u.%u", &a, &b, &c) != 3)
		return false;
	snprintf(out, 32, "%u.%u.%u", a, b, c);
	return true;
}

static bool one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

static void read_packages(struct facts *facts, struct sys *sys)
{
	static const char *const bases[] = { "xrt-base", "xrt", "libxrt2" };
	static const char *const plugins[] = { "xrt_plugin-amdxdna", "xrt-plugin-amdxdna",
					       "xrt_plugin.amdxdna", "libxrt-npu2" };
	char name[64] = "", text[64], version[32];
	bool installed = false;
	struct sys_text status;

	if (sys->read_file(sys, PACKAGES, PACKAGES_BYTES, &status))
		return;
	for (const char *at = status.bytes; *at;) {
		size_t length = strcspn(at, "\n");

		if (sscanf(at, "Package: %63[^\n ]", name) == 1)
			installed = false;
		installed = installed || !strncmp(at, "Status: install ok installed", 28);
		if (installed && sscanf(at, "Version: %63[^\n ]", text) == 1 &&
		    short_version(text, version)) {
			if (one_of(name, bases, sizeof bases / sizeof bases[0]))
				facts_add(facts, FACT_XDNA_XRT, PACKAGES, "%s", version);
			if (one_of(name, plugins, sizeof plugins / sizeof plugins[0]))
				facts_add(facts, FACT_XDNA_PLUGIN, PACKAGES, "%s",
					  version);
		}
		at += length + (at[length] == '\n');
	}
	sys_text_free(&status);
}

void probe_xdna(struct facts *facts, struct sys *sys)
{
	struct probe_node node = { 0 }, denied = { 0 };
	struct pci_device npu = { 0 };
	struct sys_names names;
	bool on_bus = pci_find(sys, is_npu, &npu);

	if (on_bus) {
		facts_add(facts, FACT_XDNA_PCI, npu.path, "%s", npu.slot);
		facts_add(facts, FACT_XDNA_GENERATION, npu.path, "%d",
			  npu.device == NPU1_DEVICE ? 1 : 2);
		read_firmware(facts, sys, npu.path);
	}
	if (!sys->list_dir(sys, "/sys/module/amdxdna", &names)) {
		facts_add(facts, FACT_XDNA_MODULE, "/sys/module/amdxdna", "1");
		sys_names_free(&names);
	}
	if (!probe_find_node(sys, "/dev/accel", "accel", "amdxdna_accel_driver", &node,
			     &denied) &&
	    !probe_find_node(sys, "/dev/accel", "accel", "amdxdna", &node, &denied)) {
		if (!on_bus || !denied.path[0])
			node.path[0] = '\0';
		else
			node = denied;
	}
	if (node.path[0]) {
		int error = node.answer.open_error;

		facts_add(facts, FACT_XDNA_NODE, node.path, "%s", node.path);
		facts_add(facts, FACT_XDNA_ACCESS, node.path, "%s",
			  error == EACCES || error == EPERM ? "denied"
			  : error			    ? strerror(error)
							    : "ok");
		probe_access(facts, sys, node.path, FACT_XDNA_GROUP, FACT_N);
	}
	if (on_bus || node.path[0])
		read_packages(facts, sys);
}
