/*
 * The driver's files under /proc/rknpu and debugfs (driver ABI section 16), as far
 * as they are read: what the version is, how many cores there are, whether the
 * power is on.  Each opening takes a snapshot.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/emu.h"

#define TEXT_BYTES 160
#define FREQ_HZ 1000000000u

static const char *const roots[] = { "/proc/rknpu/", "/sys/kernel/debug/rknpu/" };

static int put_version(char *text)
{
	uint32_t v = emu.settings.version;

	return snprintf(text, TEXT_BYTES, "RKNPU driver: v%u.%u.%u\n", v / 10000,
			v / 100 % 100, v % 100);
}

static int put_load(char *text)
{
	int n = snprintf(text, TEXT_BYTES, "NPU load: ");

	if (emu.settings.soc.core_mask == 1)
		return n + snprintf(text + n, TEXT_BYTES - (size_t)n, "%2u%%\n",
				    emu.core[0].current ? 100u : 0u);
	for (uint32_t c = 0; c < NPU_MAX_CORES; c++) {
		if (emu.settings.soc.core_mask >> c & 1)
			n += snprintf(text + n, TEXT_BYTES - (size_t)n, " Core%u: %2u%%,",
				      c, emu.core[c].current ? 100u : 0u);
	}
	return n + snprintf(text + n, TEXT_BYTES - (size_t)n, "\n");
}

static int put_power(char *text)
{
	return snprintf(text, TEXT_BYTES, "%s\n", emu.powered ? "on" : "off");
}

static int put_freq(char *text)
{
	return snprintf(text, TEXT_BYTES, "%u\n", FREQ_HZ);
}

static int put_delay(char *text)
{
	return snprintf(text, TEXT_BYTES, "%u\n", emu.settings.power_delay_ms);
}

static int put_reset(char *text)
{
	return snprintf(text, TEXT_BYTES, "on\n");
}

static const struct {
	const char *name;
	int (*put)(char *text);
} files[] = { { "version", put_version }, { "load", put_load },
	      { "power", put_power },	  { "freq", put_freq },
	      { "delayms", put_delay },	  { "reset", put_reset } };

static const char *below_root(const char *path)
{
	for (size_t i = 0; path && i < sizeof roots / sizeof roots[0]; i++) {
		if (!strncmp(path, roots[i], strlen(roots[i])))
			return path + strlen(roots[i]);
	}
	return NULL;
}

bool emu_text_is_ours(const char *path)
{
	return below_root(path) != NULL;
}

bool emu_text_exists(const char *path)
{
	const char *name = below_root(path);
	bool there;

	emu_enter();
	there = emu.settings.procfs;
	emu_leave();
	for (size_t i = 0; name && there && i < sizeof files / sizeof files[0]; i++) {
		if (!strcmp(files[i].name, name))
			return true;
	}
	return false;
}

int emu_text_open(const char *path, bool writes)
{
	const char *name = below_root(path);
	char text[TEXT_BYTES];
	int n = -1, fd;

	if (!emu_text_exists(path) || writes) {
		errno = writes ? EACCES : ENOENT;
		return -1;
	}
	emu_enter();
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		if (!strcmp(files[i].name, name))
			n = files[i].put(text);
	}
	emu_leave();
	fd = memfd_create("npuemu-text", MFD_CLOEXEC);
	if (fd >= 0 && (write(fd, text, (size_t)n) != n || lseek(fd, 0, SEEK_SET))) {
		emu_sys_close(fd);
		fd = -1;
	}
	return fd;
}
