/* The script language: what is taken, and where a mistake is. */
#include "rig.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void good(void **state)
{
	static const char *const scripts[] = {
		"",
		"\n\n# nothing but a remark\n",
		"version 905 # old\n\n  soc=rk3583,iommu=off;strict=off\n",
		"fail ioctl MEM_CREATE call 3 errno ENOMEM",
		"fail MEM_CREATE errno 12 call 3",
		"fail call 17 errno EIO after",
		"fail mmap errno ENXIO\nfail munmap errno EINVAL\nfail close errno EINTR",
		"fail open call 1 errno EBUSY, fail VERSION errno ENOTTY, fail GEM errno "
		"EIO",
		"hang\nhang task 2\nhang task 0 core 1 submit 7",
		"irq 0x100, irq 4096 submit 2",
		"early-success, no-execute submit 1, stub, output zero, output stale",
		"output stale-line submit 3, power-off before submit 2",
		"power-off before call 9, reset-line dead, reset during submit 1",
		"reset before submit 2, poison after submit 1, contiguous exhausted",
		"memory exhausted call 2, iova full, dma high call 1, dma zero, obj zero",
		"handle zero, short size, sram 4096, foreign job core 2 ms 50 submit 1",
		"node none\nnode /dev/rknpu\nnode /dev/accel/accel0 name rocket errno "
		"EPERM",
		"hw 0x46495247, clock real, crash einval, iova-top 0xfffff000, cores 2",
		"iova-gap 4096, memory 1048576, power-delay 0, wake 100, threads 2",
		"garbage off, procfs off",
	};

	(void)state;
	for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
		char error[256] = "";

		npuemu_reset();
		CHECK(scripts[i], npuemu_script(scripts[i], "good", error, sizeof error),
		      "%s", error);
	}
	npuemu_reset();
}

static const struct {
	const char *script, *error;
} bad_scripts[] = {
	{ "hung", "bad:1: unknown word 'hung'" },
	{ "\n\nversion 908\nhung", "bad:4: unknown word 'hung'" },
	{ "version 908, hung", "bad:1: unknown word 'hung'" },
	{ "version", "bad:1: 'version' takes a version code such as 908, not "
		     "'nothing'" },
	{ "version old", "not 'old'" },
	{ "version 3", "not '3'" },
	{ "version 908 909", "bad:1: '909' is too much here" },
	{ "soc rk9999", "takes rk3588, rk3583, rk3576 or rv1106, not 'rk9999'" },
	{ "cores 4", "takes 1, 2 or 3, not '4'" },
	{ "cores 0", "not '0'" },
	{ "iommu yes", "takes on or off, not 'yes'" },
	{ "iova-top 0x1001", "takes a page address" },
	{ "iova-top 0x100001000", "takes a page address" },
	{ "power-delay -1", "takes milliseconds, not '-1'" },
	{ "threads 65", "takes 1 to 64" },
	{ "strict maybe", "takes off, on or abort" },
	{ "fail", "bad:1: 'nothing' is no call that can fail" },
	{ "fail ioctl MEM_MAKE errno EIO", "'MEM_MAKE' is no call that can fail" },
	{ "fail mmap", "'fail' lacks what it is about" },
	{ "fail mmap errno ENOTHING", "'ENOTHING' is no errno" },
	{ "fail mmap errno 0", "'0' is no errno" },
	{ "fail mmap errno", "'nothing' is no errno" },
	{ "fail call errno EIO", "a number is wanted where 'errno' stands" },
	{ "fail call 0 errno EIO", "'call' counts from 1" },
	{ "fail call 1", "'fail' lacks what it is about" },
	{ "fail mmap call 1 call 2 errno EIO", "'call' stands twice" },
	{ "hang task", "a number is wanted where 'nothing' stands" },
	{ "hang task two", "a number is wanted where 'two' stands" },
	{ "hang call 3", "'call' does not belong here" },
	{ "irq", "'irq' takes a number" },
	{ "irq x", "'irq' takes a number" },
	{ "output wrong", "unknown word 'output'" },
	{ "reset during", "'reset' lacks what it is about" },
	{ "foreign job core 1", "'foreign' lacks what it is about" },
	{ "foreign job core 3 ms 5", "there is no core 3" },
	{ "node", "'node' takes a path" },
	{ "node /dev/sda", "node '/dev/sda' is not below /dev/dri" },
	{ "node /dev/dri/card0 named x", "'named' does not belong here" },
	{ "node /dev/dri/card0 name", "'name' does not belong here" },
	{ "node /dev/dri/card0 errno EWHAT", "'EWHAT' is no errno" },
	{ "a b c d e f g h i j k l m n o p q", "too many words, from 'q' on" },
};

static void bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad_scripts / sizeof bad_scripts[0]; i++) {
		char error[256] = "";
		bool ok;

		npuemu_reset();
		ok = npuemu_script(bad_scripts[i].script, "bad", error, sizeof error);
		CHECK(bad_scripts[i].script, !ok, "taken");
		CHECK(bad_scripts[i].script, strstr(error, bad_scripts[i].error), "%s",
		      error);
		CHECK(bad_scripts[i].script, !strncmp(error, "bad:", 4), "%s", error);
	}
	npuemu_reset();
}

/* Statements before the mistake are in force, later ones are not. */
static void order(void **state)
{
	char error[128];
	uint32_t value = 0;
	int fd;

	(void)state;
	npuemu_reset();
	assert_false(npuemu_script("version 906\nnonsense\nversion 907", "order", error,
				   sizeof error));
	fd = rig_open();
	assert_int_equal(0, rig_action(fd, 1, &value));
	assert_int_equal(906, value);
	npuemu_reset();
	assert_int_equal(0, rig_action(fd, 1, &value)); /* the file survives a reset */
	assert_int_equal(908, value);
	close(fd);
}

/* The examples of the documentation are taken, and every word is documented. */
static void documentation(void **state)
{
	static const char *const words[] = {
		"version", "soc",	 "cores",	  "hw",		"iommu",
		"strict",  "crash",	 "clock",	  "iova-top",	"iova-gap",
		"memory",  "garbage",	 "power-delay",	  "wake",	"threads",
		"procfs",  "node",	 "fail",	  "hang",	"irq",
		"stub",	   "no-execute", "early-success", "output",	"power-off",
		"poison",  "reset",	 "reset-line",	  "contiguous", "iova",
		"dma",	   "obj",	 "handle",	  "short",	"sram",
		"foreign",
	};
	static char text[65536];
	FILE *f = fopen(SOURCE_ROOT "/docs/emulator.md", "r");
	uint32_t examples = 0;
	size_t bytes;

	(void)state;
	assert_non_null(f);
	bytes = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	assert_true(bytes > 1000 && bytes < sizeof text - 1);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		char quoted[32];

		snprintf(quoted, sizeof quoted, "`%s", words[i]);
		CHECK(words[i], strstr(text, quoted), "not in the documentation");
	}
	for (char *at = text; (at = strstr(at, "```npuemu\n")); examples++) {
		char error[256] = "", *end;

		at = strchr(at, '\n') + 1;
		end = strstr(at, "```");
		assert_non_null(end);
		*end = 0;
		npuemu_reset();
		CHECK(at, npuemu_script(at, "emulator.md", error, sizeof error), "%s",
		      error);
		at = end + 3;
	}
	assert_true(examples >= 2);
	npuemu_reset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(order),
		cmocka_unit_test(documentation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
