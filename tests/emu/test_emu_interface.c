/* Nodes, numbers, sizes, handles, objects, mappings, ACTION codes. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096u

/* ---- numbers and sizes ---- */

static void request_numbers(void **state)
{
	static const struct {
		const char *name;
		unsigned long request;
		const char *script;
		int want;
	} cases[] = {
		{ "driver command", 0xc0086440, NULL, 0 },
		{ "another magic", 0xc0087a40, NULL, ENOTTY },
		{ "seventh command", 0xc0086446, NULL, EINVAL },
		{ "far command", 0xc008647f, NULL, EINVAL },
		{ "core ioctl on a render node", 0xc008640a, NULL, EACCES },
		{ "unknown core ioctl", 0xc0086433, NULL, EACCES },
		{ "another driver", 0xc0086440, "node /dev/dri/renderD128 name rocket",
		  EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t arg[16] = { 0 };
		int fd, err;

		rig_reset(cases[i].script);
		fd = rig_open();
		err = rig_ioctl(fd, cases[i].request, arg);
		CHECK(cases[i].name, err == cases[i].want, "errno %d", err);
		close(fd);
	}
}

static void bad_pointers(void **state)
{
	uint32_t *page =
	    mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd;

	(void)state;
	rig_reset(NULL);
	fd = rig_open();
	assert_int_equal(EFAULT, rig_ioctl(fd, REQ_ACTION, NULL));
	munmap(page, PAGE);
	assert_int_equal(EFAULT, rig_ioctl(fd, REQ_ACTION, page));
	/* without direction bits nothing is copied: code 0, and no fault */
	assert_int_equal(0, rig_ioctl(fd, 0x00086440ul, NULL));
	close(fd);
}

/* Sizes in the number never make a call fail; missing bytes are zeros. */
static void struct_sizes(void **state)
{
	static const struct {
		const char *name, *script;
		unsigned long request;
	} cases[] = {
		{ "48 bytes on 0.9.8", "version 908", REQ_CREATE },
		{ "40 bytes on 0.9.8", "version 908", REQ_CREATE_40 },
		{ "32 bytes on 0.9.8", "version 908", REQ_CREATE_32 },
		{ "48 bytes on 0.9.5", "version 905", REQ_CREATE },
		{ "40 bytes on 0.9.5", "version 905", REQ_CREATE_40 },
		{ "48 bytes on 0.7.2", "version 702", REQ_CREATE },
		{ "64 bytes on 0.9.8", "version 908", 0xc0406442ul },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint32_t user = (uint32_t)cases[i].request >> 16 & 0x3fff;
		union {
			struct rig_create c;
			unsigned char bytes[96];
		} u;
		int fd, err;

		rig_reset(cases[i].script);
		fd = rig_open();
		memset(&u, 0xee, sizeof u);
		memset(&u, 0, user < sizeof u.c ? user : sizeof u.c);
		u.c.flags = 0x403;
		u.c.size = 5000;
		err = rig_ioctl(fd, cases[i].request, &u);
		CHECK(cases[i].name, !err, "errno %d", err);
		CHECK(cases[i].name, u.c.size == 8192 && u.c.handle == 1 && u.c.dma_addr,
		      "size %llu", (unsigned long long)u.c.size);
		for (uint32_t b = user; b < sizeof u; b++)
			CHECK(cases[i].name, u.bytes[b] == 0xee, "byte %u written", b);
		close(fd);
	}
}

static void results_come_back_on_failure(void **state)
{
	struct rig_submit s;
	struct rig r;

	(void)state;
	rig_reset("hang");
	rig_begin(&r, &(struct tiny_options){ .max_cores = 1, .tiles = 1 });
	rig_prepare(&r);
	rig_header(&r, 0, &s);
	s.task_counter = 77;
	assert_int_equal(ETIMEDOUT, rig_submit(&r, &s));
	assert_int_equal(0, s.task_counter);
	assert_int_equal(1, s.core_mask); /* auto was resolved in place */
	rig_end(&r);
}

static void versions(void **state)
{
	static const struct {
		const char *script;
		uint32_t code;
		int minor, patch;
		const char *date;
	} cases[] = {
		{ "version 802", 802, 8, 2, "20220829" },
		{ "version 905", 905, 9, 5, "20240226" },
		{ "version 908", 908, 9, 8, "20240828" },
		{ "version 909", 909, 9, 9, "0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char name[4] = "zzz", date[16] = "", desc[32] = "";
		struct {
			int major, minor, patch, pad;
			uint64_t name_len;
			char *name;
			uint64_t date_len;
			char *date;
			uint64_t desc_len;
			char *desc;
		} v = { 0, 0, 0, 0, 3, name, sizeof date, date, sizeof desc, desc };
		uint32_t code = 0;
		int fd;

		rig_reset(cases[i].script);
		fd = rig_open();
		assert_int_equal(0, rig_ioctl(fd, REQ_VERSION, &v));
		CHECK(cases[i].script,
		      !v.major && v.minor == cases[i].minor && v.patch == cases[i].patch,
		      "%d.%d.%d", v.major, v.minor, v.patch);
		/* as many bytes as there is room for, no zero, and the real length */
		CHECK(cases[i].script, !memcmp(name, "rkn\0", 4) && v.name_len == 5,
		      "name of %u", (unsigned)v.name_len);
		CHECK(cases[i].script, !strcmp(date, cases[i].date), "date %s", date);
		CHECK(cases[i].script, !strcmp(desc, "RKNPU driver"), "desc %s", desc);
		assert_int_equal(0, rig_action(fd, 1, &code));
		assert_int_equal(cases[i].code, code);
		close(fd);
	}
}

/* ---- nodes ---- */

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

/* ---- handles and objects ---- */

static void handles(void **state)
{
	struct rig_bo a, b, c, d;
	struct npuemu_stats s;
	int one, two;

	(void)state;
	rig_reset(NULL);
	one = rig_open();
	two = rig_open();
	assert_int_equal(0, rig_create(one, 0x403, 1, &a));
	assert_int_equal(0, rig_create(one, 0x403, 4097, &b));
	assert_int_equal(0, rig_create(two, 0x403, 4096, &c));
	assert_int_equal(1, a.handle);
	assert_int_equal(2, b.handle);
	assert_int_equal(1, c.handle); /* a name space of its own */
	assert_int_equal(8192, b.size);
	assert_true(a.obj != b.obj && b.obj != c.obj && a.obj >> 32 == 0xffffff81);
	assert_true(a.dma == b.dma + b.size && b.dma == c.dma + c.size);
	assert_int_equal(0, rig_destroy(one, &a));
	assert_int_equal(EINVAL, rig_destroy(one, &a));
	assert_int_equal(EINVAL, rig_destroy(two, &b));
	assert_int_equal(0, rig_create(one, 0x403, 4096, &d));
	assert_int_equal(1, d.handle); /* lowest free */
	assert_int_equal(a.dma, d.dma);
	assert_true(d.obj != a.obj);
	close(one);
	npuemu_stats(&s);
	assert_int_equal(1, s.bos);
	assert_int_equal(1, s.files);
	assert_int_equal(4096, s.iova_bytes);
	close(two);
	npuemu_stats(&s);
	assert_int_equal(0, s.bos + s.files + s.fds);
}

static void create_query(void **state)
{
	struct rig_create c;
	struct rig_bo a;
	int fd;

	(void)state;
	rig_reset(NULL);
	fd = rig_open();
	assert_int_equal(0, rig_create(fd, 0x403, 9000, &a));
	c = (struct rig_create){ .handle = a.handle };
	assert_int_equal(0, rig_ioctl(fd, REQ_CREATE, &c));
	assert_true(c.size == a.size && c.obj_addr == a.obj && c.dma_addr == a.dma);
	c = (struct rig_create){ .handle = 99, .flags = 0x403, .size = 1 };
	assert_int_equal(0, rig_ioctl(fd, REQ_CREATE, &c)); /* as if it were 0 */
	assert_int_equal(2, c.handle);
	assert_int_equal(EINVAL, rig_create(fd, 0x403, 0, &a));
	CHECK_LOG("size 0", "invalid buffer size: 0");
	c = (struct rig_create){ .flags = 0x403, .size = 1, .domain = 16 };
	assert_int_equal(EINVAL, rig_ioctl(fd, REQ_CREATE, &c));
	close(fd);
}

static void alignment(void **state)
{
	struct rig_bo a, b;
	int fd;

	(void)state;
	rig_reset("iova-top 0xfffff000");
	fd = rig_open();
	assert_int_equal(0, rig_create(fd, 0x403, 5 * PAGE, &a));
	assert_int_equal(0xfffff000u - 5 * PAGE, a.dma);
	assert_int_equal(0, rig_create(fd, 0x003, 5 * PAGE, &b)); /* power of two */
	assert_int_equal(0xffff0000u, b.dma);
	close(fd);
	rig_reset("iova-gap 16384");
	fd = rig_open();
	assert_int_equal(0, rig_create(fd, 0x403, 16384, &a));
	assert_int_equal(EFAULT, rig_create(fd, 0x403, 16385, &b));
	CHECK_LOG("fragmented", "dma map 20480 fail");
	close(fd);
}

static void fresh_contents(void **state)
{
	struct rig_bo paged, contiguous, zeroed;
	int fd;

	(void)state;
	rig_reset(NULL);
	fd = rig_open();
	assert_int_equal(0, rig_create(fd, 0x401, PAGE, &paged));
	assert_int_equal(0, rig_create(fd, 0x400, PAGE, &contiguous));
	assert_int_equal(0, rig_create(fd, 0x420, PAGE, &zeroed));
	assert_int_equal(0, rig_map(fd, &paged) || rig_map(fd, &contiguous) ||
				rig_map(fd, &zeroed));
	assert_int_equal(0, *(uint8_t *)paged.map);
	assert_int_equal(0x5a, *(uint8_t *)contiguous.map);
	assert_int_equal(0, *(uint8_t *)zeroed.map);
	rig_destroy(fd, &paged);
	rig_destroy(fd, &contiguous);
	rig_destroy(fd, &zeroed);
	close(fd);
}

/* ---- mappings ---- */

static void map_errors(void **state)
{
	struct rig_bo a, b, other;
	int one, two;
	void *p;

	(void)state;
	rig_reset(NULL);
	one = rig_open();
	two = rig_open();
	assert_int_equal(0, rig_create(one, 0x403, 3 * PAGE, &a));
	assert_int_equal(0, rig_create(two, 0x403, PAGE, &other));
	b = (struct rig_bo){ .handle = 7, .size = PAGE };
	assert_int_equal(ENOENT, rig_map(one, &b));
	assert_int_equal(0, rig_map(one, &a));
	assert_true(a.offset == UINT64_C(0x100000000));
	assert_int_equal(0, rig_map(two, &other));
	assert_true(other.offset == a.offset + a.size); /* the device's, not the file's */

	errno = 0;
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, two, (off_t)a.offset);
	CHECK("another file's", p == MAP_FAILED && errno == EACCES, "errno %d", errno);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, one, (off_t)(a.offset + PAGE));
	CHECK("inside", p == MAP_FAILED && errno == EINVAL, "errno %d", errno);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, one, 0);
	CHECK("no object's", p == MAP_FAILED && errno == EINVAL, "errno %d", errno);
	p = mmap(NULL, 3 * PAGE + 1, PROT_READ, MAP_SHARED, one, (off_t)a.offset);
	CHECK("too long", p == MAP_FAILED && errno == EINVAL, "errno %d", errno);
	p = mmap(NULL, PAGE + 1, PROT_READ | PROT_WRITE, MAP_SHARED, one,
		 (off_t)a.offset);
	CHECK("shorter than the object", p != MAP_FAILED, "errno %d", errno);
	((uint8_t *)p)[2 * PAGE - 1] = 9; /* rounded up by the kernel */
	assert_int_equal(9, ((uint8_t *)a.map)[2 * PAGE - 1]);
	munmap(p, 2 * PAGE);
	assert_int_equal(0, rig_destroy(one, &a));
	assert_int_equal(0, rig_destroy(two, &other));
	close(one);
	close(two);
}

/* A mapping keeps the object; a munmap that stops short keeps part of it mapped. */
static void objects_live_while_mapped(void **state)
{
	struct npuemu_stats s;
	struct rig_bo a;
	uint8_t *p;
	int fd;

	(void)state;
	rig_reset(NULL);
	fd = rig_open();
	assert_int_equal(0, rig_create(fd, 0x403, 3 * PAGE, &a));
	assert_int_equal(0, rig_map(fd, &a));
	p = a.map;
	a.map = NULL;
	assert_int_equal(0, rig_destroy(fd, &a));
	close(fd);
	p[3 * PAGE - 1] = 1;
	npuemu_stats(&s);
	assert_int_equal(1, s.bos);
	assert_int_equal(0, munmap(p + PAGE, PAGE)); /* a hole */
	npuemu_stats(&s);
	assert_int_equal(2, s.mmaps);
	assert_int_equal(0, munmap(p, PAGE));
	npuemu_stats(&s);
	assert_int_equal(1, s.bos);
	assert_int_equal(1, p[3 * PAGE - 1]);
	assert_int_equal(0, munmap(p + 2 * PAGE, PAGE));
	npuemu_stats(&s);
	assert_int_equal(0, s.bos + s.mmaps);
	assert_int_equal(0, s.iova_bytes);
}

static void duplicates(void **state)
{
	struct npuemu_stats s;
	struct rig_bo a;
	int fd, copy, third;

	(void)state;
	rig_reset(NULL);
	fd = rig_open();
	copy = dup(fd);
	third = fcntl(fd, F_DUPFD_CLOEXEC, 50);
	assert_true(copy >= 0 && third >= 50);
	assert_int_equal(0, rig_create(fd, 0x403, PAGE, &a));
	close(fd);
	assert_int_equal(0, rig_map(copy, &a)); /* the same file */
	npuemu_stats(&s);
	assert_true(s.fds == 2 && s.files == 1 && s.handles == 1);
	assert_int_equal(0, rig_destroy(third, &a));
	assert_int_equal(0, dup2(0, copy) - copy); /* no longer ours */
	assert_int_not_equal(0, rig_ioctl(copy, REQ_ACTION, &(uint64_t){ 0 }));
	close(copy);
	close(third);
	npuemu_stats(&s);
	assert_int_equal(0, s.fds + s.files + s.bos);
	assert_int_not_equal(0, rig_ioctl(third, REQ_ACTION, &(uint64_t){ 0 }));
}

/* ---- names and exported buffers ---- */

static void sharing(void **state)
{
	struct rig_create query;
	struct npuemu_stats s;
	struct rig_bo a;
	uint32_t flink[2], prime[3], *p;
	uint64_t name[2];
	int card, render;

	(void)state;
	rig_reset(NULL);
	card = open("/dev/dri/card0", O_RDWR);
	render = rig_open();
	assert_int_equal(0, rig_create(card, 0x403, PAGE, &a));
	flink[0] = a.handle;
	assert_int_equal(0, rig_ioctl(card, REQ_FLINK, flink));
	name[0] = flink[1];
	assert_int_equal(EACCES, rig_ioctl(render, REQ_GEM_OPEN, name));
	assert_int_equal(0, rig_ioctl(card, REQ_GEM_OPEN, name));
	assert_int_equal(PAGE, name[1]);
	assert_int_equal(2, name[0] >> 32);

	prime[0] = a.handle;
	prime[1] = O_CLOEXEC;
	assert_int_equal(0, rig_ioctl(card, REQ_TO_FD, prime));
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, (int)prime[2], 0);
	assert_true(p != MAP_FAILED);
	assert_int_equal(0, rig_ioctl(render, REQ_TO_HANDLE, prime));
	query = (struct rig_create){ .handle = prime[0] };
	assert_int_equal(0, rig_ioctl(render, REQ_CREATE, &query));
	assert_true(query.obj_addr == a.obj && query.dma_addr == a.dma);
	a.handle = prime[0];
	assert_int_equal(EINVAL, rig_map(render, &a)); /* imported */
	close(card);
	close(render);
	*p = 5;
	npuemu_stats(&s);
	assert_int_equal(1, s.bos);
	munmap(p, PAGE);
	close((int)prime[2]);
	npuemu_stats(&s);
	assert_int_equal(0, s.bos + s.fds);
}

/* ---- ACTION ---- */

static void actions(void **state)
{
	static const struct {
		const char *name, *script;
		uint32_t code, in;
		int err;
		uint32_t out;
	} cases[] = {
		{ "hardware", NULL, 0, 1, 0, 0x46495245 },
		{ "another chip", "soc rk3576", 0, 1, 0, 0x46495247 },
		{ "any hardware", "hw 0x1234", 0, 1, 0, 0x1234 },
		{ "driver", NULL, 1, 1, 0, 908 },
		{ "frequency", NULL, 2, 1, 0, 1000000000 },
		{ "set frequency", NULL, 3, 1, EINVAL, 1 },
		{ "set voltage", NULL, 5, 1, EINVAL, 1 },
		{ "reset", NULL, 6, 1, 0, 1 },
		{ "bandwidth", NULL, 7, 1, EINVAL, 1 },
		{ "window", NULL, 12, 1, EINVAL, 1 },
		{ "clear counters", NULL, 13, 42, 0, 42 },
		{ "write counter", NULL, 14, 42, 0, 42 },
		{ "total", NULL, 17, 42, 0, 42 },
		{ "iommu on", NULL, 18, 7, 0, 1 },
		{ "iommu off", "iommu off", 18, 7, 0, 0 },
		{ "nice", NULL, 19, 0xffffffed, 0, 0xffffffed },
		{ "power on", NULL, 20, 1, EINVAL, 1 },
		{ "power off", NULL, 21, 1, EINVAL, 1 },
		{ "power on of old", "version 802", 20, 1, 0, 1 },
		{ "total sram", NULL, 22, 1, 0, 0 },
		{ "free sram", NULL, 23, 1, 0, 0 },
		{ "domain", NULL, 24, 1, 0, 0 },
		{ "domain of old", "version 905", 24, 1, EINVAL, 1 },
		{ "set domain", NULL, 25, 3, 0, 3 },
		{ "no such domain", NULL, 25, 16, EINVAL, 16 },
		{ "domain without iommu", "iommu off", 25, 1, EINVAL, 1 },
		{ "unknown", NULL, 26, 1, EINVAL, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint32_t value = cases[i].in;
		int fd, err;

		rig_reset(cases[i].script);
		fd = rig_open();
		err = rig_action(fd, cases[i].code, &value);
		CHECK(cases[i].name, err == cases[i].err, "errno %d", err);
		CHECK(cases[i].name, value == cases[i].out, "value 0x%x", value);
		close(fd);
	}
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
		cmocka_unit_test(request_numbers),
		cmocka_unit_test(bad_pointers),
		cmocka_unit_test(struct_sizes),
		cmocka_unit_test(results_come_back_on_failure),
		cmocka_unit_test(versions),
		cmocka_unit_test(nodes),
		cmocka_unit_test(directory),
		cmocka_unit_test(text_files),
		cmocka_unit_test(handles),
		cmocka_unit_test(create_query),
		cmocka_unit_test(alignment),
		cmocka_unit_test(fresh_contents),
		cmocka_unit_test(map_errors),
		cmocka_unit_test(objects_live_while_mapped),
		cmocka_unit_test(duplicates),
		cmocka_unit_test(sharing),
		cmocka_unit_test(actions),
		cmocka_unit_test(char_device),
		cmocka_unit_test(char_device_crash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
