/* npurun --emulate: the same program, with libnpuemu.so between it and the kernel. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run_device.h"

#define LIBRARY "libnpuemu.so"
#define PATH_BYTES 4096

/* Loaded already, because this is the second start or somebody preloaded it. */
static bool is_loaded(void)
{
	void *self = dlopen(NULL, RTLD_LAZY);
	bool there = self && dlsym(self, "npuemu_stats");

	if (self)
		dlclose(self);
	return there;
}

/* Installed, and as built: beside the program or in a lib directory near it. */
static bool find_library(char *path)
{
	static const char *const places[] = { "", "../lib/", "../../lib/" };
	const char *given = getenv("NPUEMU_LIB");
	char self[PATH_BYTES];
	ssize_t bytes = readlink("/proc/self/exe", self, sizeof self - 1);
	char *slash;

	if (bytes > 0) {
		self[bytes] = 0;
		slash = strrchr(self, '/');
		slash[1] = 0;
		for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
			int n =
			    snprintf(path, PATH_BYTES, "%s%s" LIBRARY, self, places[i]);

			if (n < PATH_BYTES && access(path, R_OK) == 0)
				return true;
		}
	}
	if (!given || strlen(given) >= PATH_BYTES)
		return false;
	strcpy(path, given);
	return access(path, R_OK) == 0;
}

/* Behind whatever is preloaded already: a tracer sees the calls before they are served.
 */
static bool set_environment(const char *library, const char *script)
{
	const char *before = getenv("LD_PRELOAD");
	char preload[2 * PATH_BYTES];
	int n = snprintf(preload, sizeof preload, "%s%s%s", before ? before : "",
			 before && *before ? ":" : "", library);

	return n < (int)sizeof preload && !setenv("LD_PRELOAD", preload, 1) &&
	       (!script || !setenv("NPUEMU_SCRIPT", script, 1)) &&
	       /* The emulator hides every real node: what that forbids cannot happen. */
	       !unsetenv("NPURT_NO_DEVICE");
}

enum tool_exit run_emulate(const struct run_options *o, char **argv)
{
	char library[PATH_BYTES];

	if (!o->emulate || is_loaded())
		return EXIT_DONE;
	if (strcmp(o->device, "sim") == 0) {
		tool_complain(PROGRAM, "--emulate",
			      "there is no driver in --device sim to emulate");
		return EXIT_USAGE;
	}
	if (o->emulate_script && access(o->emulate_script, R_OK)) {
		tool_complain(PROGRAM, o->emulate_script, "cannot read: %s",
			      strerror(errno));
		return EXIT_FILE;
	}
	if (!find_library(library)) {
		tool_complain(PROGRAM, "--emulate",
			      LIBRARY " is neither next to npurun nor in ../lib; "
				      "NPUEMU_LIB can name it");
		return EXIT_FILE;
	}
	if (set_environment(library, o->emulate_script))
		execv("/proc/self/exe", argv);
	tool_complain(PROGRAM, "--emulate", "cannot start again: %s", strerror(errno));
	return EXIT_INTERNAL;
}
