/*
 * A program that makes the calls of a small run on an NPU's node, and calls on other
 * files that a tracer must leave out.
 */
#undef _FILE_OFFSET_BITS

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rknpu/rknpu_uapi.h"

int main(int argc, char **argv)
{
	struct rknpu_action_arg version = { 1, 0 }, power = { 20, 0 };
	struct rknpu_mem_create create = { .flags = 0x40b, .size = 560 };
	struct rknpu_mem_map map = { .handle = 1 };
	struct rknpu_mem_sync sync = { .flags = 3, .size = 560 };
	struct rknpu_submit submit = { .flags = 5,
				       .timeout = 6000,
				       .task_number = 6,
				       .fence_fd = -1,
				       .subcore_task = { { 0, 2 }, { 0, 2 }, { 0, 2 } } };
	struct rknpu_mem_destroy destroy = { .handle = 1 };
	int fd = open("/dev/dri/renderD128", O_RDWR | O_CLOEXEC);
	int other = open("/dev/null", O_RDWR);
	void *mapped;

	if (fd < 0 || other < 0)
		return 1;
	if (ioctl(fd, RKNPU_ACTION, &version) || version.value != 908)
		return 2;
	errno = 0;
	if (ioctl(fd, RKNPU_ACTION, &power) != -1 || errno != EINVAL)
		return 3;
	if (ioctl(other, RKNPU_ACTION, &version) != -1 || errno != ENOTTY)
		return 4;
	if (ioctl(fd, RKNPU_MEM_CREATE, &create) || ioctl(fd, RKNPU_MEM_MAP, &map))
		return 5;
	mapped =
	    mmap(NULL, 560, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)map.offset);
	if (mapped == MAP_FAILED)
		return 6;
	sync.obj_addr = submit.task_obj_addr = create.obj_addr;
	if (ioctl(fd, RKNPU_MEM_SYNC, &sync) || ioctl(fd, RKNPU_SUBMIT, &submit))
		return 7;
	munmap(mapped, 4096);
	if (ioctl(fd, RKNPU_MEM_DESTROY, &destroy) || close(fd))
		return 8;
	/* the number of a closed node may come back as another file */
	fd = open("/dev/null", O_RDWR);
	if (ioctl(fd, RKNPU_ACTION, &version) != -1)
		return 9;
	return argc > 1 && !strcmp(argv[1], "fail") ? 42 : 0;
}
