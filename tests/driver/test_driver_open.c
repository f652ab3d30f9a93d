/* Finding the node: what is found, what is needed, and which failure is told of. */
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "rknpu/device_rknpu.h"
#include "trace.h"

#define NODE "/dev/dri/renderD128"

/* One search with a board's nodes; what it says, or what it opened. */
static const struct {
	const char *name, *script;
	enum npurt_err want;
	const char *says[3];
} searches[] = {
	/* clang-format off */
	{ "a board", NULL, NPURT_OK, { NODE ", rknpu 0.9.8, IOMMU on, 3 cores" } },
	{ "card only", "node /dev/dri/card1", NPURT_OK, { "/dev/dri/card1, rknpu" } },
	{ "display first", "node /dev/dri/card0 name rockchip\nnode /dev/dri/renderD129", NPURT_OK,
	  { "/dev/dri/renderD129" } },
	{ "far node", "node /dev/dri/renderD191", NPURT_OK, { "renderD191" } },
	{ "node that is busy, then another", "node /dev/dri/renderD128 errno EBUSY\nnode /dev/dri/card0",
	  NPURT_OK, { "/dev/dri/card0" } },
	{ "nothing", "node none", NPURT_ERR_NODEVICE, { "no node", "driver loaded" } },
	{ "display only", "node /dev/dri/card0 name rockchip", NPURT_ERR_DEVICE_KIND,
	  { "/dev/dri/card0", "'rockchip'", "'rknpu'" } },
	{ "name that begins alike", "node /dev/dri/card0 name rknpuX", NPURT_ERR_DEVICE_KIND,
	  { "'rknpuX'" } },
	{ "name cut short", "node /dev/dri/card0 name rknp", NPURT_ERR_DEVICE_KIND, { "'rknp'" } },
	{ "mainline", "node /dev/accel/accel0 name rocket", NPURT_ERR_DEVICE_KIND,
	  { "/dev/accel/accel0", "mainline", "vendor" } },
	{ "mainline beside a display", "node /dev/accel/accel0 name rocket\nnode /dev/dri/card0 name rockchip",
	  NPURT_ERR_DEVICE_KIND, { "mainline" } },
	{ "no permission", "node /dev/dri/renderD128 errno EACCES", NPURT_ERR_NODEVICE,
	  { NODE, "group", "'render'" } },
	{ "no permission, and a display", "node /dev/dri/renderD128 errno EACCES\nnode /dev/dri/card0 name rockchip",
	  NPURT_ERR_NODEVICE, { NODE, "'render'" } },
	{ "busy", "node /dev/dri/renderD128 errno EBUSY", NPURT_ERR_NODEVICE, { NODE, "holds it" } },
	{ "no such driver behind it", "fail VERSION errno ENOTTY", NPURT_ERR_DEVICE_KIND,
	  { "another driver" } },
	{ "no such feature", "fail VERSION errno EOPNOTSUPP", NPURT_ERR_DEVICE_KIND,
	  { "another driver" } },
	{ "unplugged while asked", "fail ACTION errno ENODEV", NPURT_ERR_NODEVICE, { "gone" } },
	{ "version 0.7.2", "version 702", NPURT_ERR_DEVICE_KIND,
	  { "0.7.2 found", "0.9.6 or later needed", "32 bytes" } },
	{ "version 0.8.2", "version 802", NPURT_ERR_DEVICE_KIND, { "0.8.2 found", "0.9.6", "40 bytes" } },
	{ "version 0.9.5", "version 905", NPURT_ERR_DEVICE_KIND, { "0.9.5 found", "40 bytes" } },
	{ "version 0.9.6", "version 906", NPURT_OK, { "rknpu 0.9.6," } },
	{ "version 0.9.7", "version 907", NPURT_OK, { "rknpu 0.9.7," } },
	{ "version 0.9.9", "version 909", NPURT_OK, { "rknpu 0.9.9 (newer than known, taken for 908)" } },
	{ "another chip", "hw 0x46495247", NPURT_ERR_DEVICE_KIND,
	  { "0x46495247 found", "0x46495245", "RK3588" } },
	{ "small chip", "soc rv1106", NPURT_ERR_DEVICE_KIND, { "another chip" } },
	{ "fused chip", "soc rk3583", NPURT_OK, { "2 cores" } },
	{ "one core", "cores 1", NPURT_OK, { "1 core" } },
	{ "nobody says how many", "procfs off", NPURT_OK, { "core count unknown" } },
	{ "no IOMMU", "iommu off", NPURT_OK, { "IOMMU off" } },
	{ "character device", "node /dev/rknpu", NPURT_ERR_DEVICE_KIND,
	  { "/dev/rknpu", "dma-heap", "/dev/dri" } },
	{ "character device without rights", "node /dev/rknpu errno EACCES", NPURT_ERR_NODEVICE,
	  { "/dev/rknpu", "permission" } },
	{ "character device that says no", "node /dev/rknpu\nfail ACTION errno EINVAL", NPURT_ERR_NODEVICE,
	  { "/dev/rknpu", "refused" } },
	/* clang-format on */
};

static void test_search(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof searches / sizeof searches[0]; i++) {
		struct npurt_device *device = NULL;
		struct npurt_error error;
		enum npurt_err err;
		const char *text;

		board(searches[i].script);
		err = npurt_device_open_rknpu(&device, NULL, &error);
		CHECK_ERR(searches[i].name, err, searches[i].want, &error);
		text = err ? error.detail : npurt_device_describe(device);
		for (int s = 0; s < 3 && searches[i].says[s]; s++)
			CHECK(searches[i].name, strstr(text, searches[i].says[s]),
			      "'%s' does not say '%s'", text, searches[i].says[s]);
		npurt_device_close(device);
		check_nothing_alive(searches[i].name);
	}
}

/* A search for one path does not look elsewhere. */
static void test_path(void **state)
{
	struct npurt_device *device = NULL;
	struct npurt_error error;

	(void)state;
	board("node /dev/dri/card1");
	assert_int_equal(npurt_device_open_rknpu(&device, NODE, &error),
			 NPURT_ERR_NODEVICE);
	assert_non_null(strstr(error.detail, NODE));
	assert_int_equal(npurt_device_open_rknpu(&device, "/dev/dri/card1", &error),
			 NPURT_OK);
	npurt_device_close(device);
}

static void test_old_driver(void **state)
{
	static const struct {
		const char *name, *script;
		enum npurt_err want;
		uint32_t create;
	} cases[] = {
		{ "0.8.2", "version 802", NPURT_OK, 0xc0286442 },
		{ "0.9.5", "version 905", NPURT_OK, 0xc0286442 },
		{ "0.9.8", "version 908", NPURT_OK, 0xc0306442 },
		{ "0.7.2, never", "version 702", NPURT_ERR_DEVICE_KIND, 0 },
	};
	struct npurt_rknpu_options options = driver_options();
	struct conv c;

	(void)state;
	options.old_driver = true;
	conv_make(&c, &(struct tiny_options){ .tiles = 1 });
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct npurt_error error;
		enum npurt_err err;
		enum stage stage;

		board(cases[i].script);
		trace_begin();
		err = run_once(cases[i].name, &c, &options, NULL, &stage, &error);
		CHECK_ERR(cases[i].name, err, cases[i].want, &error);
		CHECK(cases[i].name, err || trace_count_of(cases[i].create) == 5,
		      "%u MEM_CREATE of that size", trace_count_of(cases[i].create));
		check_nothing_alive(cases[i].name);
	}
	conv_free(&c);
}

static void test_arguments(void **state)
{
	struct npurt_device *device = NULL;
	struct npurt_rknpu_options options = { .cores = 4 };

	(void)state;
	board(NULL);
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL),
			 NPURT_ERR_ARGUMENT);
	options = (struct npurt_rknpu_options){ .profile = (enum npurt_profile)2 };
	assert_int_equal(npurt_device_open_rknpu_with(&device, &options, NULL),
			 NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_device_open_rknpu_with(NULL, NULL, NULL),
			 NPURT_ERR_ARGUMENT);
	assert_int_equal(npurt_device_open_rknpu_with(&device, NULL, NULL), NPURT_OK);
	npurt_device_close(device);
	setenv("NPURT_NO_DEVICE", "1", 1);
	trace_begin();
	assert_int_equal(npurt_device_open_rknpu(&device, NULL, NULL),
			 NPURT_ERR_DEVICE_FORBIDDEN);
	assert_int_equal(trace_count, 0); /* nothing was touched */
	unsetenv("NPURT_NO_DEVICE");
}

static void write_file(const char *root, const char *path, const char *text, size_t bytes)
{
	char name[256];
	FILE *f;

	snprintf(name, sizeof name, "%s%s", root, path);
	for (char *p = name + strlen(root) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = 0;
		mkdir(name, 0700);
	}
	f = fopen(name, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, bytes, f), bytes);
	fclose(f);
}

static void test_cores(void **state)
{
	static const char three[] = "npu0_irq\0npu1_irq\0npu2_irq";
	static const char one[] = "npu_irq";
	static const char fuse[] = "leakage\0cores";
	static const char other[] = "leakage\0opp-info";
	static const char load3[] = "NPU load:  Core0:  0%, Core1:  7%, Core2: 11%,\n";
	static const char load1[] = "NPU load:  3%\n";
	static const struct {
		const char *name;
		const char *load, *irqs, *cells;
		size_t irq_bytes, cell_bytes;
		uint32_t want;
	} cases[] = {
		{ "nothing", NULL, NULL, NULL, 0, 0, 0 },
		{ "load of three", load3, NULL, NULL, 0, 0, 3 },
		{ "load of one", load1, NULL, NULL, 0, 0, 1 },
		{ "load before tree", load1, three, NULL, sizeof three, 0, 1 },
		{ "load of something else", "hello\n", NULL, NULL, 0, 0, 0 },
		{ "tree of three", NULL, three, other, sizeof three, sizeof other, 3 },
		{ "tree without cells", NULL, three, NULL, sizeof three, 0, 3 },
		{ "tree of one", NULL, one, NULL, sizeof one, 0, 1 },
		{ "fused", NULL, three, fuse, sizeof three, sizeof fuse, 2 },
		{ "one and fused", NULL, one, fuse, sizeof one, sizeof fuse, 1 },
		{ "four?", NULL, "npu0\0npu1\0npu2\0npu3", NULL, 20, 0, 0 },
		{ "empty tree", NULL, "", NULL, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char root[] = "/tmp/npurt-root.XXXXXX", remove[64];
		uint32_t got;

		assert_non_null(mkdtemp(root));
		if (cases[i].load)
			write_file(root, "/sys/kernel/debug/rknpu/load", cases[i].load,
				   strlen(cases[i].load));
		if (cases[i].irqs)
			write_file(root,
				   "/sys/class/drm/card1/device/of_node/interrupt-names",
				   cases[i].irqs, cases[i].irq_bytes);
		if (cases[i].cells)
			write_file(root,
				   "/sys/class/drm/card1/device/of_node/nvmem-cell-names",
				   cases[i].cells, cases[i].cell_bytes);
		got = npurt_rknpu_count_cores(root, "/dev/dri/card1");
		CHECK(cases[i].name, got == cases[i].want, "%u instead of %u", got,
		      cases[i].want);
		snprintf(remove, sizeof remove, "rm -r %s", root);
		assert_int_equal(system(remove), 0);
	}
}

/* The lock file: made when missing, shared, and done without when impossible. */
static void test_lock_file(void **state)
{
	char dir[] = "/tmp/npurt-lock.XXXXXX", path[64], below[80];
	struct npurt_rknpu_options options = driver_options();
	struct npurt_device *a, *b;
	struct stat st;
	mode_t mask;

	(void)state;
	board(NULL);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/lock", dir);
	snprintf(below, sizeof below, "%s/none/lock", dir);
	options.lock_path = path;
	mask = umask(077);
	assert_int_equal(npurt_device_open_rknpu_with(&a, &options, NULL), NPURT_OK);
	umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0666);
	assert_int_equal(npurt_device_open_rknpu_with(&b, &options, NULL), NPURT_OK);
	assert_true(((struct npurt_rknpu *)a)->lock_fd != ((struct npurt_rknpu *)a)->fd);
	assert_int_equal(flock(((struct npurt_rknpu *)a)->lock_fd, LOCK_EX), 0);
	assert_int_equal(flock(((struct npurt_rknpu *)b)->lock_fd, LOCK_EX | LOCK_NB),
			 -1);
	npurt_device_close(a); /* which lets go of it */
	assert_int_equal(flock(((struct npurt_rknpu *)b)->lock_fd, LOCK_EX | LOCK_NB), 0);
	npurt_device_close(b);
	options.lock_path = below;
	assert_int_equal(npurt_device_open_rknpu_with(&a, &options, NULL), NPURT_OK);
	assert_int_equal(((struct npurt_rknpu *)a)->lock_fd,
			 ((struct npurt_rknpu *)a)->fd);
	npurt_device_close(a);
	unlink(path);
	/* A link, which somebody may have put there, is not followed. */
	assert_int_equal(symlink("/tmp/npurt-not-there", path), 0);
	assert_true(npurt_rknpu_open_lock(path) < 0);
	unlink(path);
	rmdir(dir);
}

/* calloc() fails once when it is told to. */
static int no_memory;
void *__real_calloc(size_t n, size_t bytes);
void *__wrap_calloc(size_t n, size_t bytes);

void *__wrap_calloc(size_t n, size_t bytes)
{
	if (!no_memory)
		return __real_calloc(n, bytes);
	no_memory = 0;
	return NULL;
}

static void test_no_memory(void **state)
{
	struct npurt_device *device;
	struct npurt_error error;
	struct npurt *rt;
	struct conv c;

	(void)state;
	board("node /dev/dri/card0");
	conv_make(&c, &(struct tiny_options){ .tiles = 1 });
	no_memory = 1;
	assert_int_equal(npurt_device_open_rknpu(&device, NULL, &error), NPURT_ERR_NOMEM);
	assert_int_equal(npurt_device_open_rknpu(&device, NULL, &error), NPURT_OK);
	no_memory = 1;
	assert_int_equal(npurt_open(&rt, c.bundle, c.bytes, device, NULL, &error),
			 NPURT_ERR_NOMEM);
	assert_int_equal(no_memory, 0);
	npurt_device_close(device);
	conv_free(&c);
	check_nothing_alive("no memory");
}

/* A file larger than what may be mapped. */
static void test_file_too_large(void **state)
{
	const off_t bytes = (off_t)1 << 30;
	char path[] = "/tmp/npurt-large.XXXXXX";
	struct npurt_device *device;
	struct rlimit before, low, now;
	struct npurt_error error;
	unsigned long pages;
	struct npurt *rt;
	FILE *statm = fopen("/proc/self/statm", "r");
	int fd = mkstemp(path);
	enum npurt_err err;

	(void)state;
	assert_true(fd >= 0 && statm);
	assert_int_equal(ftruncate(fd, bytes), 0);
	board(NULL);
	assert_int_equal(npurt_device_open_rknpu(&device, NULL, &error), NPURT_OK);
	assert_int_equal(fscanf(statm, "%lu", &pages), 1);
	fclose(statm);
	assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
	low = before;
	low.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + (rlim_t)bytes / 2;
	assert_int_equal(setrlimit(RLIMIT_AS, &low), 0);
	assert_int_equal(getrlimit(RLIMIT_AS, &now), 0);
	err = npurt_open_file(&rt, path, device, NULL, &error);
	assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
	if (now.rlim_cur == low.rlim_cur) { /* qemu-user takes no such limit */
		assert_int_equal(err, NPURT_ERR_FILE);
		assert_non_null(strstr(error.detail, path));
	} else {
		assert_int_equal(err, NPURT_ERR_MAGIC); /* it is all zeros */
	}
	npurt_device_close(device);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_search),	   cmocka_unit_test(test_path),
		cmocka_unit_test(test_old_driver), cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_cores),	   cmocka_unit_test(test_lock_file),
		cmocka_unit_test(test_no_memory),  cmocka_unit_test(test_file_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
