/*
 * A program that knows nothing of the emulator: says what the node says.
 *
 *     probe [crash]
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct {
		uint32_t flags, value;
	} action = { 1, 0 };
	struct {
		uint32_t flags, reserved;
		uint64_t obj, offset, size;
	} sync = { 1, 0, 0xdead, 0, 64 };
	int fd = open("/dev/dri/renderD128", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, 0xc0086440ul, &action)) {
		puts("no device");
		return 1;
	}
	printf("driver %u, query %s\n", action.value,
	       dlsym(RTLD_DEFAULT, "npuemu_stats") ? "found" : "missing");
	fflush(stdout);
	if (argc > 1 && !strcmp(argv[1], "crash"))
		ioctl(fd, 0xc0206445ul, &sync);
	return close(fd) != 0;
}
