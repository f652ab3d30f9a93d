/* Nodes, their directory, the driver's text files, the char device. */
#include "rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096u

static void nodes(void **state)
{
	static const struct {
		const char *name, *script, *path;
		int want;
	} cases[] = {
		{ "render node", NULL, "/dev/dri/renderD128", 0 },
		{ "card node", NULL, "/dev/dri/card0", 0 },
		{ "no such node", NULL, "/dev/dri/renderD129", ENOENT },
		{ "no char device", NULL, "/dev/rknpu", ENOENT },
		{ "nothing at all", "node none", "/dev/dri/renderD128", ENOENT },
		{ "no permission", "node /dev/dri/renderD128 errno EACCES",
		  "/dev/dri/renderD128", EACCES },
		{ "busy", "node /dev/dri/card1 errno EBUSY", "/dev/dri/card1", EBUSY },
		{ "char device", "node /dev/rknpu", "/dev/rknpu", 0 },
		{ "mainline", "node /dev/accel/accel0 name rocket", "/dev/accel/accel0",
		  0 },
		{ "signal", "fail open call 1 errno EINTR", "/dev/dri/card0", EINTR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct stat st;
		int fd, there;

		rig_reset(cases[i].script);
		there = !stat(cases[i].path, &st);
		CHECK(cases[i].name, there == (cases[i].want != ENOENT), "stat says %d",
		      there);
		CHECK(cases[i].name, there == !access(cases[i].path, F_OK), "access");
		CHECK(cases[i].name, !there || S_ISCHR(st.st_mode), "mode %o",
		      st.st_mode);
		fd = open(cases[i].path, O_RDWR | O_CLOEXEC);
		CHECK(cases[i].name, (fd < 0 ? errno : 0) == cases[i].want, "errno %d",
		      errno);
		if (fd >= 0) {
			assert_int_equal(0, fstat(fd, &st));
			CHECK(cases[i].name, S_ISCHR(st.st_mode), "fstat %o", st.st_mode);
			assert_int_equal(0, close(fd));
		}
	}
}

static void directory(void **state)
{
	struct dirent *entry;
	char names[64] = "";
	DIR *dir;

	(void)state;
	rig_reset(NULL);
	dir = opendir("/dev/dri");
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		strcat(names, entry->d_name);
		strcat(names, " ");
	}
	assert_int_equal(0, closedir(dir));
	assert_string_equal(names, "renderD128 card0 ");
	dir = opendir("/");
	assert_non_null(dir);
	assert_non_null(readdir(dir));
	assert_int_equal(0, closedir(dir));
	rig_reset("node none");
	assert_null(opendir("/dev/dri"));
	assert_int_equal(ENOENT, errno);
}

static void text_files(void **state)
{
	static const struct {
		const char *name, *script, *path, *want;
	} cases[] = {
		{ "version", "version 906", "/proc/rknpu/version",
		  "RKNPU driver: v0.9.6\n" },
		{ "three cores", NULL, "/proc/rknpu/load",
		  "NPU load:  Core0:  0%, Core1:  0%, Core2:  0%,\n" },
		{ "two cores", "cores 2", "/sys/kernel/debug/rknpu/load",
		  "NPU load:  Core0:  0%, Core1:  0%,\n" },
		{ "one core", "cores 1", "/proc/rknpu/load", "NPU load:  0%\n" },
		{ "power", NULL, "/proc/rknpu/power", "off\n" },
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		ssize_t n;
		FILE *f;
		int fd;

		rig_reset(cases[i].script);
		fd = open(cases[i].path, O_RDONLY);
		CHECK(cases[i].name, fd >= 0, "errno %d", errno);
		n = read(fd, text, sizeof text - 1);
		close(fd);
		text[n > 0 ? n : 0] = 0;
		CHECK(cases[i].name, !strcmp(text, cases[i].want), "'%s'", text);
		f = fopen(cases[i].path, "r");
		assert_non_null(f);
		assert_non_null(fgets(text, sizeof text, f));
		fclose(f);
		CHECK(cases[i].name, !strcmp(text, cases[i].want), "'%s'", text);
	}
	rig_reset("procfs off");
	assert_int_equal(-1, open("/proc/rknpu/load", O_RDONLY));
	assert_int_equal(ENOENT, errno);
	rig_reset(NULL);
	assert_int_equal(-1, open("/proc/rknpu/reset", O_WRONLY));
	assert_int_equal(EACCES, errno);
}

/* ---- the char device ---- */

static void char_device(void **state)
{
	struct rig_bo a;
	uint64_t arg[16] = { 0 };
	int fd;
	void *p;

	(void)state;
	rig_reset("node /dev/rknpu");
	fd = open("/dev/rknpu", O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(0, rig_ioctl(fd, 0xc0087200ul, arg)); /* ACTION 0 */
	assert_int_equal(0x46495245, arg[0] >> 32);
	assert_int_equal(0, rig_ioctl(fd, 0xc0085500ul, arg));	    /* any magic */
	assert_int_equal(EINVAL, rig_ioctl(fd, 0xc0107203ul, arg)); /* MEM_MAP */
	assert_int_equal(EINVAL, rig_ioctl(fd, 0xc0087206ul, arg));
	assert_int_equal(EINVAL, rig_ioctl(fd, REQ_VERSION + 6, arg));
	memset(&a, 0, sizeof a);
	arg[0] = UINT64_C(0x402) << 32;
	arg[1] = PAGE;
	arg[2] = arg[3] = arg[4] = arg[5] = 0;
	assert_int_equal(0, rig_ioctl(fd, 0xc0307202ul, arg));
	a = (struct rig_bo){ .handle = (uint32_t)arg[0], .size = arg[1], .obj = arg[2] };
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, (int)a.handle, 0);
	assert_true(p != MAP_FAILED); /* the handle is a buffer's descriptor */
	munmap(p, PAGE);
	arg[0] = 0;
	arg[1] = a.obj;
	assert_int_equal(0, rig_ioctl(fd, 0xc0107204ul, arg));
	assert_int_equal(0, close((int)a.handle));
	arg[0] = 0;
	arg[1] = 0x1234; /* no kernel address */
	assert_int_equal(EINVAL, rig_ioctl(fd, 0xc0107204ul, arg));
	arg[1] = a.obj; /* gone, and ignored */
	assert_int_equal(0, rig_ioctl(fd, 0xc0107204ul, arg));
	close(fd);
}

static void char_overrun(void *arg)
{
	uint64_t create[32] = { 0, PAGE };
	int fd = open("/dev/rknpu", O_RDWR);

	(void)arg;
	create[0] = UINT64_C(0x402) << 32;
	rig_ioctl(fd, 0xc0807202ul, create);
}

static void char_device_crash(void **state)
{
	char text[1024];

	(void)state;
	rig_reset("node /dev/rknpu");
	CHECK("larger struct", rig_aborts(char_overrun, NULL, text, sizeof text), "%s",
	      text);
	CHECK("larger struct", strstr(text, "stack is overwritten"), "%s", text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes),
		cmocka_unit_test(directory),
		cmocka_unit_test(text_files),
		cmocka_unit_test(char_device),
		cmocka_unit_test(char_device_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
