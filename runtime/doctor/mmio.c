#include "mmio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* PC block of core 0, in the order of the manual: version to task status. */
static const uint32_t offsets[] = { 0x0000, 0x0004, 0x0008, 0x0010, 0x0014, 0x0020,
				    0x0024, 0x0028, 0x002c, 0x0030, 0x0034, 0x003c };
#define OFFSETS (sizeof offsets / sizeof offsets[0])

static void unavailable(char rows[MMIO_ROWS_BYTES], int error, const char *why)
{
	snprintf(rows, MMIO_ROWS_BYTES,
		 "MMIO_UNAVAILABLE device=/dev/mem errno=%d error=%s\n", error, why);
}

/* Where the registers begin: "fdab0000.npu" to 0xfdab0000. */
static uint64_t base_address(const char *device)
{
	char *end;
	uint64_t base = strtoull(device, &end, 16);

	return *end == '.' ? base : 0;
}

void mmio_rows(char rows[MMIO_ROWS_BYTES], const char *name, struct sys *sys,
	       const char *device, bool allowed)
{
	uint32_t values[OFFSETS];
	char path[SYS_PATH_BYTES], status[32];
	uint64_t base = base_address(device);
	size_t used;
	int error;

	sys_path(path, "/sys/devices/platform/%.64s/power/runtime_status", device);
	if (!allowed) {
		/* whether the file could be opened at all is the better reason */
		error = sys->read_mmio(sys, 0, NULL, 0, NULL);
		unavailable(rows, error ? error : EPERM,
			    error ? strerror(error)
				  : "not asked for (--allow=mmio-read)");
		return;
	}
	if (!base) {
		unavailable(rows, ENODEV, "no NPU is bound to the driver");
		return;
	}
	if (sys_read_line(sys, path, status, sizeof status) || strcmp(status, "active")) {
		unavailable(rows, EAGAIN, "the NPU is not powered");
		return;
	}
	error = sys->read_mmio(sys, base, offsets, OFFSETS, values);
	if (error) {
		unavailable(rows, error, strerror(error));
		return;
	}
	used = (size_t)snprintf(rows, MMIO_ROWS_BYTES, "MMIO_SNAPSHOT %s\n", name);
	for (size_t i = 0; i < OFFSETS; i++)
		used += (size_t)snprintf(rows + used, MMIO_ROWS_BYTES - used,
					 "0x%04x = 0x%08x\n", offsets[i], values[i]);
}

void mmio_probe(struct facts *facts, struct sys *sys, bool allowed)
{
	char rows[MMIO_ROWS_BYTES];

	mmio_rows(rows, "npudoctor", sys, facts_value(facts, FACT_RKNPU_DEVICE), allowed);
	for (char *at = rows; *at; at++) {
		if (*at == '\n')
			*at = at[1] ? ',' : '\0';
	}
	facts_add(facts, FACT_RKNPU_MMIO, "/dev/mem", "%s", rows);
}
