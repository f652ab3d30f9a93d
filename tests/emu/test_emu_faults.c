/* Every scripted fault has the effect it promises. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct tiny_options three_tasks = { .max_cores = 1, .tiles = 3 };

static uint64_t hits(void)
{
	struct npuemu_stats s;

	npuemu_stats(&s);
	return s.faults_hit;
}

/* ---- faults of a submit: errno, the whole output there, what is logged ---- */

static const struct {
	const char *name, *script;
	int want;
	uint32_t counter;
	bool whole;
	uint32_t status; /* of the last record */
	const char *log;
	int next; /* errno of the next run */
} submit_cases[] = {
	{ "none", "", 0, 9, true, 0x100, NULL, 0 },
	{ "hang at once", "hang submit 1", ETIMEDOUT, 0, false, 0, "task counter: 0x0",
	  0 },
	{ "hang at task 1", "hang task 1 submit 1", ETIMEDOUT, 1, false, 0,
	  "task counter: 0x1", 0 },
	{ "hang at task 2", "hang task 2 submit 1", ETIMEDOUT, 2, false, 0, "soft reset",
	  0 },
	{ "wrong block's interrupt", "irq 0xc00 submit 1", ETIMEDOUT, 3, true, 0,
	  "invalid irq status: 0xc00", EINVAL },
	{ "read error", "irq 0x1000 submit 1", ETIMEDOUT, 3, true, 0,
	  "invalid irq status: 0x1000", EINVAL },
	{ "write error", "irq 0x2000 submit 1", ETIMEDOUT, 3, true, 0,
	  "invalid irq status: 0x2000", EINVAL },
	{ "both error bits and the right one", "irq 0x3200 submit 1", 0, 9, true, 0x3200,
	  NULL, 0 },
	{ "no interrupt", "irq 0 submit 1", ETIMEDOUT, 3, true, 0,
	  "irq status: 0x0, raw status: 0x0, require mask: 0x300", 0 },
	{ "early success", "early-success submit 1", 0, 9, false, 0x100, NULL, 0 },
	{ "zeros", "output zero submit 1", 0, 9, false, 0x100, NULL, 0 },
	{ "stale", "output stale submit 1", 0, 9, false, 0x100, NULL, 0 },
	{ "stale line", "output stale-line submit 1", 0, 9, false, 0x100, NULL, 0 },
	{ "not executed", "no-execute submit 1", 0, 9, false, 0x100, NULL, 0 },
	{ "stub", "stub submit 1", 0, 0, false, 0, NULL, 0 },
	{ "no memory", "fail SUBMIT call 1 errno ENOMEM", ENOMEM, 0, false, 0, NULL, 0 },
	{ "copy-out fault", "fail SUBMIT call 1 errno EFAULT after", EFAULT, 9, true,
	  0x100, NULL, 0 },
	{ "foreign reset meanwhile", "reset during submit 1", EINVAL, 0, false, 0,
	  "job abort, flags: 0x5, ret: -22", 0 },
	{ "during a reset", "reset before submit 1", EINVAL, 0, false, 0,
	  "job commit failed", 0 },
	{ "dead reset line", "reset-line dead, hang submit 1", ETIMEDOUT, 0, false, 0,
	  "failed to soft reset for rknpu: -110", EINVAL },
	{ "poison", "poison after submit 1", 0, 9, true, 0x100, NULL, ETIMEDOUT },
	{ "behind another's job", "foreign job core 0 ms 100 submit 1", 0, 9, true, 0x100,
	  NULL, 0 },
	{ "power lost", "power-off before submit 1", 0, 9, true, 0x100, NULL, 0 },
	{ "node gone", "fail call 17 errno ENODEV, fail call 18 errno ENODEV", 0, 9, true,
	  0x100, NULL, 0 },
};

static void submit_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof submit_cases / sizeof submit_cases[0]; i++) {
		const char *name = submit_cases[i].name;
		struct rig_submit s;
		struct rig r;
		int err;

		rig_reset("strict off");
		rig_begin(&r, &three_tasks);
		rig_prepare(&r);
		npuemu_script(submit_cases[i].script, "test", NULL, 0);
		rig_header(&r, 0, &s);
		s.core_mask = 1;
		err = rig_submit(&r, &s);
		CHECK(name, err == submit_cases[i].want, "errno %d", err);
		CHECK(name, s.task_counter == submit_cases[i].counter, "counter %u",
		      s.task_counter);
		assert_int_equal(0, rig_sync(r.fd, &r.bo[TINY_OUTPUT], 2, 0, 4096));
		CHECK(name, rig_output_ok(&r) == submit_cases[i].whole, "output");
		CHECK(name, rig_record(&r, 2)->int_status == submit_cases[i].status,
		      "status 0x%x", rig_record(&r, 2)->int_status);
		if (submit_cases[i].log)
			CHECK_LOG(name, submit_cases[i].log);
		CHECK(name, !i || !strcmp(name, "node gone") || hits(),
		      "no fault was hit");
		rig_prepare(&r);
		rig_header(&r, 0, &s);
		s.core_mask = 1;
		err = rig_submit(&r, &s);
		CHECK(name, err == submit_cases[i].next, "next: errno %d", err);
		rig_end(&r);
	}
}

/* Zeros are zeros, stale bytes are the canary. */
static void output_contents(void **state)
{
	static const struct {
		const char *name, *script;
		uint32_t zeros, canaries; /* lines of the output's first 16 */
	} cases[] = {
		{ "zero", "output zero", 1, 0 },
		{ "stale", "output stale", 0, 1 },
		{ "stale line", "output stale-line", 0, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint32_t zeros = 0, canaries = 0;
		struct rig_submit s;
		const uint8_t *p;
		struct rig r;

		rig_reset(cases[i].script);
		rig_begin(&r, &three_tasks);
		assert_int_equal(0, rig_run(&r, &s));
		p = r.bo[TINY_OUTPUT].map;
		for (uint32_t b = 0; b < 30 * 16; b++) { /* the first surface */
			zeros += p[b] == 0;
			canaries += p[b] == 0x5c;
		}
		CHECK(cases[i].name, cases[i].zeros ? zeros == 30 * 16 : zeros < 30 * 16,
		      "%u zeros", zeros);
		if (!strcmp(cases[i].name, "stale"))
			assert_int_equal(30 * 16, canaries);
		if (!cases[i].canaries)
			assert_int_equal(0, canaries);
		rig_end(&r);
	}
}

/* ---- faults of buffers ---- */

static const struct {
	const char *name, *script;
	uint32_t flags;
	int create, map;
	bool high, zero_dma, zero_obj, zero_handle, shorter;
	uint64_t sram;
} buffer_cases[] = {
	{ .name = "none", .script = "", .flags = 0x403 },
	{ .name = "scripted errno",
	  .script = "fail ioctl MEM_CREATE call 1 errno ENOSPC",
	  .flags = 0x403,
	  .create = ENOSPC },
	{ .name = "no pages",
	  .script = "memory exhausted",
	  .flags = 0x403,
	  .create = ENOMEM },
	{ .name = "no contiguous pages",
	  .script = "memory exhausted",
	  .flags = 0x402,
	  .create = EINVAL },
	{ .name = "memory used up",
	  .script = "memory 4096",
	  .flags = 0x403,
	  .create = ENOMEM },
	{ .name = "addresses used up",
	  .script = "iova full call 1",
	  .flags = 0x403,
	  .create = EFAULT },
	{ .name = "contiguous falls back",
	  .script = "contiguous exhausted",
	  .flags = 0x402,
	  .map = ENXIO },
	{ .name = "contiguous without iommu",
	  .script = "contiguous exhausted, iommu off",
	  .flags = 0x403,
	  .create = EINVAL },
	{ .name = "no iommu", .script = "iommu off", .flags = 0x403 },
	{ .name = "address above 4 GiB",
	  .script = "dma high",
	  .flags = 0x403,
	  .high = true },
	{ .name = "address 0", .script = "dma zero", .flags = 0x403, .zero_dma = true },
	{ .name = "token 0", .script = "obj zero", .flags = 0x403, .zero_obj = true },
	{ .name = "handle 0",
	  .script = "handle zero",
	  .flags = 0x403,
	  .map = ENOENT,
	  .zero_handle = true },
	{ .name = "size", .script = "short size", .flags = 0x403, .shorter = true },
	{ .name = "sram", .script = "sram 4096", .flags = 0x403, .sram = 4096 },
	{ .name = "map unknown",
	  .script = "fail MEM_MAP errno ENOENT",
	  .flags = 0x403,
	  .map = ENOENT },
	{ .name = "mmap",
	  .script = "fail mmap call 1 errno EACCES",
	  .flags = 0x403,
	  .map = EACCES },
	{ .name = "mmap memory",
	  .script = "fail mmap errno ENOMEM",
	  .flags = 0x403,
	  .map = ENOMEM },
};

static void buffer_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof buffer_cases / sizeof buffer_cases[0]; i++) {
		const char *name = buffer_cases[i].name;
		struct rig_create c = { .flags = buffer_cases[i].flags, .size = 8000 };
		struct rig_bo bo;
		int fd, err;

		rig_reset(buffer_cases[i].script);
		fd = rig_open();
		err = rig_ioctl(fd, REQ_CREATE, &c);
		CHECK(name, err == buffer_cases[i].create, "MEM_CREATE: errno %d", err);
		if (!err) {
			CHECK(name, (c.dma_addr >> 32 == 1) == buffer_cases[i].high,
			      "address 0x%llx", (unsigned long long)c.dma_addr);
			CHECK(name, !c.dma_addr == buffer_cases[i].zero_dma, "address");
			CHECK(name, !c.obj_addr == buffer_cases[i].zero_obj, "token");
			CHECK(name, !c.handle == buffer_cases[i].zero_handle, "handle %u",
			      c.handle);
			CHECK(name, c.size == (buffer_cases[i].shorter ? 4096 : 8192),
			      "size");
			CHECK(name, c.sram_size == buffer_cases[i].sram, "sram");
			bo = (struct rig_bo){ .handle = c.handle, .size = 8192 };
			err = rig_map(fd, &bo);
			CHECK(name, err == buffer_cases[i].map, "mapping: errno %d", err);
			if (bo.map)
				munmap(bo.map, bo.size);
		}
		close(fd);
	}
}

/* Only the call that is meant, counted from 1 by kind or over all kinds. */
static void counting(void **state)
{
	struct rig_bo a, b;
	int fd;

	(void)state;
	rig_reset("fail MEM_CREATE call 2 errno EIO, fail call 6 errno EPERM");
	fd = rig_open();				     /* 1 */
	assert_int_equal(0, rig_create(fd, 0x403, 1, &a));   /* 2 */
	assert_int_equal(EIO, rig_create(fd, 0x403, 1, &b)); /* 3 */
	assert_int_equal(0, rig_create(fd, 0x403, 1, &b));   /* 4 */
	assert_int_equal(0, rig_sync(fd, &a, 1, 0, 64));     /* 5 */
	assert_int_equal(EPERM, rig_sync(fd, &a, 1, 0, 64)); /* 6 */
	assert_int_equal(0, rig_sync(fd, &a, 1, 0, 64));
	assert_int_equal(2, hits());
	close(fd);
}

/* close and munmap do their work and then say otherwise: nothing of ours leaks. */
static void close_and_munmap(void **state)
{
	struct npuemu_stats s;
	struct rig_bo a;
	int fd;

	(void)state;
	rig_reset("fail close call 1 errno EINTR, fail munmap call 1 errno ENOMEM");
	fd = rig_open();
	assert_int_equal(0, rig_create(fd, 0x403, 1, &a));
	assert_int_equal(0, rig_map(fd, &a));
	assert_int_equal(-1, munmap(a.map, a.size));
	assert_int_equal(ENOMEM, errno);
	assert_int_equal(-1, close(fd));
	assert_int_equal(EINTR, errno);
	npuemu_stats(&s);
	assert_int_equal(0, s.fds + s.bos + s.mmaps);
	assert_int_equal(-1, close(fd));
	assert_int_equal(EBADF, errno);
}

static void power_between_calls(void **state)
{
	struct npuemu_stats s;
	uint32_t code = 0;
	int fd;

	(void)state;
	rig_reset("power-off before call 3");
	fd = rig_open();
	assert_int_equal(0, rig_action(fd, 1, &code));
	assert_int_equal(0, rig_action(fd, 1, &code));
	npuemu_stats(&s);
	assert_int_equal(1, s.power_offs);
	assert_int_equal(0, rig_action(fd, 1, &code));
	npuemu_stats(&s);
	assert_int_equal(1, s.power_offs);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(submit_faults),    cmocka_unit_test(output_contents),
		cmocka_unit_test(buffer_faults),    cmocka_unit_test(counting),
		cmocka_unit_test(close_and_munmap), cmocka_unit_test(power_between_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
