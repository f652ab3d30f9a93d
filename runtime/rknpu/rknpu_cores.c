/*
 * How many cores the NPU has.  The driver has no call that says it, and a submit
 * that asks for too many is only refused after its wait, so others are asked:
 *
 *   load file     "NPU load:  Core0:  0%, Core1:  0%, Core2:  0%,", one for each
 *                 core; "NPU load:  0%" with a single one
 *   device tree   one interrupt for each core; an RK3583 is an RK3588 whose tree
 *                 names a "cores" fuse, and then core 2 is absent (driver ABI 15)
 */
#include "rknpu/device_rknpu.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "hw/npu_hw.h"

#define FUSED_CORES 2u

/* First bytes of a file, zero terminated; 0 when it cannot be read. */
static size_t read_head(const char *root, const char *path, char *text, size_t room)
{
	struct npurt_error name;
	ssize_t got = -1;
	int fd;

	npurt_error_reset(&name);
	npurt_detailf(&name, "%s%s", root, path);
	fd = open(name.detail, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		got = read(fd, text, room - 1);
		close(fd);
	}
	if (got <= 0)
		return 0;
	text[got] = 0;
	return (size_t)got;
}

static uint32_t clamp(uint32_t cores)
{
	return cores <= NPU_MAX_CORES ? cores : 0;
}

static uint32_t cores_from_load(const char *text)
{
	uint32_t cores = 0;

	if (!strstr(text, "NPU load:"))
		return 0;
	for (const char *at = text; (at = strstr(at, "Core")); at++)
		cores++;
	return cores ? cores : 1;
}

/* Strings with a zero after each; how many begin with `prefix`. */
static uint32_t count_strings(const char *text, size_t bytes, const char *prefix)
{
	uint32_t count = 0;

	for (size_t at = 0; at < bytes; at += strlen(text + at) + 1)
		count += strncmp(text + at, prefix, strlen(prefix)) == 0;
	return count;
}

static uint32_t cores_from_tree(const char *root, const char *node)
{
	struct npurt_error path;
	char text[256];
	uint32_t cores;
	size_t bytes;

	npurt_error_reset(&path);
	npurt_detailf(&path, "/sys/class/drm/%s/device/of_node/interrupt-names", node);
	bytes = read_head(root, path.detail, text, sizeof text);
	cores = clamp(count_strings(text, bytes, "npu"));
	npurt_error_reset(&path);
	npurt_detailf(&path, "/sys/class/drm/%s/device/of_node/nvmem-cell-names", node);
	bytes = read_head(root, path.detail, text, sizeof text);
	if (cores > FUSED_CORES && count_strings(text, bytes, "cores"))
		cores = FUSED_CORES;
	return cores;
}

uint32_t npurt_rknpu_count_cores(const char *root, const char *node)
{
	static const char *const loads[] = { "/proc/rknpu/load",
					     "/sys/kernel/debug/rknpu/load" };
	const char *base = strrchr(node, '/');
	char text[256];

	for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++) {
		uint32_t cores = 0;

		if (read_head(root, loads[i], text, sizeof text))
			cores = clamp(cores_from_load(text));
		if (cores)
			return cores;
	}
	return cores_from_tree(root, base ? base + 1 : node);
}
