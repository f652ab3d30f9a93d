/*
 * Which board is emulated: SoC, driver version, nodes, modes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/emu.h"

/* Driver ABI section 15; hardware versions from section 6. */
static const struct emu_soc socs[] = {
	{ "rk3588", 0x46495245, 7, 2, 12, 4095, true, 6 },
	{ "rk3583", 0x46495245, 3, 2, 12, 4095, true, 6 },
	{ "rk3576", 0x46495247, 3, 2, 16, 65535, true, 2 },
	{ "rv1106", 0x54524548, 1, 2, 16, 65535, false, 2 },
};

#define IOVA_TOP_DEFAULT UINT64_C(0xfffa0000) /* where a capture's first object ended */
#define ADDRESS_LIMIT UINT64_C(0x100000000)

bool emu_number(const char *text, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && !*end;
}

bool emu_errno(const char *name, int *value)
{
#define E(n)                                                                             \
	{                                                                                \
#n, n                                                                    \
	}
	static const struct {
		const char *name;
		int value;
	} names[] = { E(EPERM),	     E(ENOENT),	   E(EINTR),	 E(EIO),
		      E(ENXIO),	     E(EBADF),	   E(EAGAIN),	 E(ENOMEM),
		      E(EACCES),     E(EFAULT),	   E(EBUSY),	 E(EEXIST),
		      E(ENODEV),     E(ENOTDIR),   E(EINVAL),	 E(ENFILE),
		      E(EMFILE),     E(ENOTTY),	   E(ENOSPC),	 E(EPIPE),
		      E(ERANGE),     E(EDEADLK),   E(ENOSYS),	 E(ETIME),
		      E(EPROTO),     E(ENODATA),   E(EOVERFLOW), E(EREMOTEIO),
		      E(EOPNOTSUPP), E(ETIMEDOUT), E(ECANCELED), E(ENOLCK) };
#undef E
	uint64_t number;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!strcmp(names[i].name, name)) {
			*value = names[i].value;
			return true;
		}
	}
	if (!emu_number(name, &number) || !number || number > 4095)
		return false;
	*value = (int)number;
	return true;
}

/* The kind of a node follows from its path and the driver's name. */
bool emu_add_node(struct emu_settings *s, const char *path, const char *name,
		  int open_errno)
{
	struct emu_node *n;

	if (!s->nodes_set)
		s->nodes = 0;
	s->nodes_set = true;
	if (!strcmp(path, "none"))
		return true;
	if (s->nodes == EMU_NODES || strlen(path) >= sizeof n->path ||
	    strlen(name) >= sizeof n->name || !emu_path_is_ours(path))
		return false;
	n = &s->node[s->nodes++];
	memset(n, 0, sizeof *n);
	memcpy(n->path, path, strlen(path));
	memcpy(n->name, name, strlen(name));
	n->open_errno = open_errno;
	if (strcmp(name, "rknpu"))
		n->kind = EMU_FOREIGN;
	else if (!strcmp(path, "/dev/rknpu"))
		n->kind = EMU_CHAR;
	else
		n->kind = strstr(path, "/renderD") ? EMU_RENDER : EMU_CARD;
	return true;
}

void emu_settings_default(struct emu_settings *s)
{
	*s = (struct emu_settings){ .soc = socs[0],
				    .version = 908,
				    .iommu = true,
				    .garbage = true,
				    .procfs = true,
				    .strict = EMU_STRICT_ON,
				    .iova_top = IOVA_TOP_DEFAULT,
				    .power_delay_ms = 3000,
				    .threads = 1 };
	emu_add_node(s, "/dev/dri/renderD128", "rknpu", 0);
	emu_add_node(s, "/dev/dri/card0", "rknpu", 0);
	s->nodes_set = false;
}

/* ---- one function per setting: false when the value is not acceptable ---- */

static bool set_soc(struct emu_settings *s, const char *value)
{
	for (size_t i = 0; i < sizeof socs / sizeof socs[0]; i++) {
		if (!strcmp(socs[i].name, value)) {
			s->soc = socs[i];
			return true;
		}
	}
	return false;
}

static bool set_cores(struct emu_settings *s, const char *value)
{
	uint64_t n;

	if (!emu_number(value, &n) || !n || n > NPU_MAX_CORES)
		return false;
	s->soc.core_mask = (1u << n) - 1;
	return true;
}

static bool set_u32(uint32_t *to, const char *value, uint64_t least, uint64_t most)
{
	uint64_t n;

	if (!emu_number(value, &n) || n < least || n > most)
		return false;
	*to = (uint32_t)n;
	return true;
}

static bool set_hw(struct emu_settings *s, const char *value)
{
	return set_u32(&s->soc.hw_version, value, 0, UINT32_MAX);
}

static bool set_version(struct emu_settings *s, const char *value)
{
	return set_u32(&s->version, value, 500, 99999);
}

static bool set_bool(bool *to, const char *value, const char *no, const char *yes)
{
	*to = !strcmp(value, yes);
	return *to || !strcmp(value, no);
}

static bool set_iommu(struct emu_settings *s, const char *value)
{
	return set_bool(&s->iommu, value, "off", "on");
}

static bool set_garbage(struct emu_settings *s, const char *value)
{
	return set_bool(&s->garbage, value, "off", "on");
}

static bool set_procfs(struct emu_settings *s, const char *value)
{
	return set_bool(&s->procfs, value, "off", "on");
}

static bool set_clock(struct emu_settings *s, const char *value)
{
	return set_bool(&s->real_clock, value, "fake", "real");
}

static bool set_crash(struct emu_settings *s, const char *value)
{
	return set_bool(&s->crash_returns, value, "abort", "einval");
}

static bool set_strict(struct emu_settings *s, const char *value)
{
	static const char *const names[] = { "off", "on", "abort" };

	for (uint32_t i = 0; i < 3; i++) {
		if (!strcmp(names[i], value)) {
			s->strict = (enum emu_strict)i;
			return true;
		}
	}
	return false;
}

static bool set_iova_top(struct emu_settings *s, const char *value)
{
	return emu_number(value, &s->iova_top) && s->iova_top % NPU_PAGE_BYTES == 0 &&
	       s->iova_top && s->iova_top <= ADDRESS_LIMIT;
}

static bool set_iova_gap(struct emu_settings *s, const char *value)
{
	return emu_number(value, &s->iova_gap);
}

static bool set_memory(struct emu_settings *s, const char *value)
{
	return emu_number(value, &s->memory_bytes);
}

static bool set_power_delay(struct emu_settings *s, const char *value)
{
	return set_u32(&s->power_delay_ms, value, 0, INT32_MAX);
}

static bool set_wake(struct emu_settings *s, const char *value)
{
	return set_u32(&s->wake_us, value, 0, INT32_MAX);
}

static bool set_threads(struct emu_settings *s, const char *value)
{
	return set_u32(&s->threads, value, 1, 64);
}

static const struct {
	const char *name;
	bool (*set)(struct emu_settings *s, const char *value);
	const char *accepts;
} settings[] = {
	{ "soc", set_soc, "rk3588, rk3583, rk3576 or rv1106" },
	{ "cores", set_cores, "1, 2 or 3" },
	{ "hw", set_hw, "a 32-bit number" },
	{ "version", set_version, "a version code such as 908" },
	{ "iommu", set_iommu, "on or off" },
	{ "garbage", set_garbage, "on or off" },
	{ "procfs", set_procfs, "on or off" },
	{ "clock", set_clock, "fake or real" },
	{ "crash", set_crash, "abort or einval" },
	{ "strict", set_strict, "off, on or abort" },
	{ "iova-top", set_iova_top, "a page address of at most 0x100000000" },
	{ "iova-gap", set_iova_gap, "a number of bytes" },
	{ "memory", set_memory, "a number of bytes" },
	{ "power-delay", set_power_delay, "milliseconds" },
	{ "wake", set_wake, "microseconds" },
	{ "threads", set_threads, "1 to 64" },
};

bool emu_setting(struct emu_settings *s, const char *name, const char *value, char *why,
		 size_t why_bytes, bool *known)
{
	*known = false;
	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		if (strcmp(settings[i].name, name))
			continue;
		*known = true;
		if (value && settings[i].set(s, value))
			return true;
		snprintf(why, why_bytes, "'%s' takes %s, not '%s'", name,
			 settings[i].accepts, value ? value : "nothing");
		return false;
	}
	return false;
}
