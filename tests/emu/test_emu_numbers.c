/* Request numbers, struct sizes, pointers, versions, ACTION codes. */
#include "rig.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096u

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_numbers),
		cmocka_unit_test(bad_pointers),
		cmocka_unit_test(struct_sizes),
		cmocka_unit_test(results_come_back_on_failure),
		cmocka_unit_test(versions),
		cmocka_unit_test(actions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
