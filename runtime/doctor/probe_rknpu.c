/*
 * Rockchip's NPU with the vendor's driver: /dev/dri nodes by driver name, /dev/rknpu,
 * sysfs, debugfs or procfs, and processes inside the driver.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmio.h"
#include "probe.h"
#include "process.h"
#include "rknpu/rknpu_uapi.h"

#define DRIVER_DIR "/sys/bus/platform/drivers/RKNPU"
#define CHAR_NODE "/dev/rknpu"

static void add_versions(struct facts *facts, const struct probe_node *n)
{
	static const struct {
		enum fact_id fact;
		const char *format;
	} rows[SYS_ACTION_N] = {
		[SYS_HW_VERSION] = { FACT_RKNPU_HW_VERSION, "0x%08" PRIx32 },
		[SYS_DRV_VERSION] = { FACT_RKNPU_DRIVER_VERSION, "%" PRIu32 },
		[SYS_IOMMU_EN] = { FACT_RKNPU_IOMMU, "%" PRIu32 },
	};
	bool failed = false;

	if (n->answer.version[0])
		facts_add(facts, FACT_RKNPU_DRM_VERSION, n->path, "%s %s",
			  n->answer.version, n->answer.date);
	for (int i = 0; i < SYS_ACTION_N; i++) {
		char text[32];

		if (n->answer.action[i].error && !failed) {
			facts_add(facts, FACT_RKNPU_ACTION_ERROR, n->path, "%d",
				  n->answer.action[i].error);
			failed = true;
		}
		if (n->answer.action[i].error)
			continue;
		if (i == SYS_HW_VERSION)
			snprintf(text, sizeof text, "0x%08" PRIx32,
				 n->answer.action[i].value);
		else
			snprintf(text, sizeof text, "%" PRIu32,
				 n->answer.action[i].value);
		facts_add(facts, rows[i].fact, n->path, "%s", text);
	}
}

static void add_node(struct facts *facts, struct sys *sys, const struct probe_node *n)
{
	int error = n->answer.open_error;

	facts_add(facts, FACT_RKNPU_NODE, n->path, "%s", n->path);
	facts_add(facts, FACT_RKNPU_ACCESS, n->path, "%s",
		  !error			      ? "ok"
		  : error == ETIMEDOUT		      ? "hung"
		  : error == EACCES || error == EPERM ? "denied"
						      : strerror(error));
	probe_access(facts, sys, n->path, FACT_RKNPU_GROUP, FACT_RKNPU_MODE);
	if (!error)
		add_versions(facts, n);
}

/* The platform device bound to the driver and its DRM nodes, by sysfs alone. */
static void find_bound(struct facts *facts, struct sys *sys, char device[64],
		       char node[64])
{
	char path[SYS_PATH_BYTES];
	struct sys_names names;

	device[0] = node[0] = '\0';
	if (sys->list_dir(sys, DRIVER_DIR, &names))
		return;
	for (size_t i = 0; i < names.count && !device[0]; i++) {
		if (strstr(names.items[i], ".npu"))
			snprintf(device, 64, "%.63s", names.items[i]);
	}
	sys_names_free(&names);
	if (!device[0])
		return;
	facts_add(facts, FACT_RKNPU_DEVICE, DRIVER_DIR, "%s", device);
	sys_path(path, DRIVER_DIR "/%s/drm", device);
	if (sys->list_dir(sys, path, &names))
		return;
	for (size_t i = 0; i < names.count; i++) {
		if (!strncmp(names.items[i], "renderD", 7) ||
		    (!node[0] && !strncmp(names.items[i], "card", 4)))
			snprintf(node, 64, "/dev/dri/%.40s", names.items[i]);
	}
	sys_names_free(&names);
}

/*
 * A node that opens and says "rknpu"; else the one that sysfs names as the driver's
 * and that did not open; else the char device.
 */
static void find_node(struct facts *facts, struct sys *sys, const char *bound)
{
	struct probe_node n = { 0 };

	if (probe_find_node(sys, "/dev/dri", "renderD", RKNPU_DRM_NAME, &n, NULL) ||
	    probe_find_node(sys, "/dev/dri", "card", RKNPU_DRM_NAME, &n, NULL)) {
		add_node(facts, sys, &n);
		return;
	}
	snprintf(n.path, sizeof n.path, "%s", bound[0] ? bound : CHAR_NODE);
	/* a node that opens here answered with another name above */
	if (!sys->ask_node(sys, n.path, &n.answer) && n.answer.open_error != ENOENT &&
	    (n.answer.open_error || !bound[0]))
		add_node(facts, sys, &n);
	if (probe_find_node(sys, "/dev/accel", "accel", "rocket", &n, NULL))
		facts_add(facts, FACT_ROCKET_NODE, n.path, "%s", n.path);
}

static void find_device_tree(struct facts *facts, struct sys *sys)
{
	static const char dir[] = "/sys/firmware/devicetree/base";
	struct sys_names names;

	if (sys->list_dir(sys, dir, &names))
		return;
	for (size_t i = 0; i < names.count; i++) {
		if (strncmp(names.items[i], "npu@", 4) != 0)
			continue;
		facts_add(facts, FACT_RKNPU_OF_NODE, dir, "%s", names.items[i]);
		break;
	}
	sys_names_free(&names);
}

static void read_sysfs(struct facts *facts, struct sys *sys, const char *device)
{
	static const struct {
		enum fact_id id;
		const char *format;
	} rows[] = {
		{ FACT_RKNPU_RUNTIME_STATUS,
		  "/sys/devices/platform/%s/power/runtime_status" },
		{ FACT_RKNPU_RUNTIME_USAGE,
		  "/sys/devices/platform/%s/power/runtime_usage" },
		{ FACT_RKNPU_CUR_FREQ, "/sys/class/devfreq/%s/cur_freq" },
		{ FACT_RKNPU_TARGET_FREQ, "/sys/class/devfreq/%s/target_freq" },
		{ FACT_RKNPU_GOVERNOR, "/sys/class/devfreq/%s/governor" },
		{ FACT_RKNPU_FREQUENCIES, "/sys/class/devfreq/%s/available_frequencies" },
	};
	char path[SYS_PATH_BYTES];

	for (size_t i = 0; device[0] && i < sizeof rows / sizeof rows[0]; i++) {
		size_t n = strcspn(rows[i].format, "%");

		sys_path(path, "%.*s%s%s", (int)n, rows[i].format, device,
			 rows[i].format + n + 2);
		probe_line(facts, sys, rows[i].id, path);
	}
	probe_line(facts, sys, FACT_RKNPU_BYPASS_RESET,
		   "/sys/module/rknpu/parameters/bypass_soft_reset");
	probe_line(facts, sys, FACT_RKNPU_BYPASS_IRQ,
		   "/sys/module/rknpu/parameters/bypass_irq_handler");
	/* a loadable module has a state, one built in has not */
	if (device[0]) {
		char line[32];

		facts_add(facts, FACT_RKNPU_BUILTIN, "/sys/module/rknpu/initstate", "%d",
			  sys_read_line(sys, "/sys/module/rknpu/initstate", line,
					sizeof line) != 0);
	}
}

static void read_debug(struct facts *facts, struct sys *sys)
{
	static const char *const dirs[] = { "/sys/kernel/debug/rknpu", "/proc/rknpu" };
	static const struct {
		enum fact_id id;
		const char *name;
	} rows[] = {
		{ FACT_RKNPU_DEBUG_VERSION, "version" },
		{ FACT_RKNPU_DEBUG_LOAD, "load" },
		{ FACT_RKNPU_DEBUG_POWER, "power" },
		{ FACT_RKNPU_DEBUG_RESET, "reset" },
		{ FACT_RKNPU_DEBUG_DELAY, "delayms" },
	};
	char path[SYS_PATH_BYTES], line[FACT_VALUE_BYTES];
	int first_error = 0;

	for (size_t d = 0; d < sizeof dirs / sizeof dirs[0]; d++) {
		int error;

		sys_path(path, "%s/version", dirs[d]);
		error = sys_read_line(sys, path, line, sizeof line);
		first_error = first_error ? first_error : error;
		for (size_t i = 0; !error && i < sizeof rows / sizeof rows[0]; i++) {
			sys_path(path, "%s/%s", dirs[d], rows[i].name);
			probe_line(facts, sys, rows[i].id, path);
		}
		if (!error)
			return;
	}
	facts_add(facts, FACT_RKNPU_DEBUG_ERROR, dirs[0], "%s", strerror(first_error));
}

static void find_stuck(struct facts *facts, struct sys *sys, const char *node)
{
	struct process_list list;

	if (!node[0] || process_read(sys, &list))
		return;
	for (size_t i = 0; i < list.count; i++) {
		const struct process *p = &list.items[i];

		process_look(sys, &list.items[i], node);
		if (p->in_driver || (p->uninterruptible && p->holds_node))
			facts_add(facts, FACT_RKNPU_STUCK, "/proc", "%ld (%s)",
				  (long)p->pid, p->name);
	}
	process_list_free(&list);
}

void probe_rknpu(struct facts *facts, struct sys *sys,
		 const struct probe_options *options)
{
	char device[64], bound[64];

	find_bound(facts, sys, device, bound);
	find_node(facts, sys, bound);
	find_device_tree(facts, sys);
	read_sysfs(facts, sys, device);
	if (!facts_find(facts, FACT_RKNPU_NODE) && !device[0])
		return;
	read_debug(facts, sys);
	find_stuck(facts, sys, facts_value(facts, FACT_RKNPU_NODE));
	mmio_probe(facts, sys, options->allow_mmio);
}
