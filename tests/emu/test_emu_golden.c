/*
 * Six recorded sessions of the vendor's runtime with one convolution each: the same
 * calls give the same return values, handles, offsets and device addresses.
 */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TASK, WEIGHT, INTERNAL, INPUT, OUTPUT, BOS };

#define PAGE 4096u
#define FAKE_BASE UINT64_C(0x100000000)

/* clang-format off */
static const struct shape {
	const char *name;
	uint32_t tasks; /* of the one-core plan */
	uint64_t bytes[BOS];
	uint64_t window, window_bytes;
	bool dump;
	uint64_t offset[BOS]; /* pages after FAKE_BASE */
	uint32_t dma[BOS];
} shapes[] = {
	{ "c160 h40", 2, { 680, 936384, 1436160, 512000, 924160 }, 923648, 12032, false,
	  { 0, 1, 0xe6, 0x245, 0x2c2 },
	  { 0xfff8d000, 0xffea8000, 0xffd49000, 0xffccc000, 0xffbea000 } },
	{ "c160 h14", 1, { 440, 930752, 154880, 62720, 92160 }, 923648, 6656, true,
	  { 0, 1, 0xe5, 0x10b, 0x11b },
	  { 0xfffa7000, 0xffec3000, 0xffe9d000, 0xffe8d000, 0xffe76000 } },
	{ "c160 h7", 1, { 440, 930752, 34560, 16640, 17920 }, 923648, 6656, true,
	  { 0, 1, 0xe5, 0xee, 0xf3 },
	  { 0xfffa9000, 0xffec5000, 0xffebc000, 0xffeb7000, 0xffeb2000 } },
	{ "c32 h14", 1, { 440, 82880, 49408, 12544, 36864 }, 75776, 6656, false,
	  { 0, 1, 0x16, 0x23, 0x27 },
	  { 0xfffa7000, 0xfff92000, 0xfff85000, 0xfff81000, 0xfff78000 } },
	{ "c256 h14 pointwise", 1, { 440, 271296, 301056, 100352, 200704 }, 264192, 6656, true,
	  { 0, 1, 0x44, 0x8e, 0xa7 },
	  { 0xfff9f000, 0xfff5c000, 0xfff12000, 0xffef9000, 0xffec8000 } },
	{ "c64 h56", 2, { 560, 28352, 1204224, 401408, 802816 }, 18432, 9344, true,
	  { 0, 1, 8, 0x12e, 0x190 },
	  { 0xfff9f000, 0xfff98000, 0xffe72000, 0xffe10000, 0xffd4c000 } },
};
/* clang-format on */

static void expect_action(const char *name, int fd, uint32_t code, uint32_t in, int err,
			  uint32_t out)
{
	uint32_t value = in;
	int got = rig_action(fd, code, &value);

	CHECK(name, got == err, "ACTION %u: errno %d", code, got);
	CHECK(name, value == out, "ACTION %u: value 0x%x", code, value);
}

static void init(const char *name, int fd)
{
	expect_action(name, fd, 0, UINT32_MAX, 0, 0x46495245);
	expect_action(name, fd, 1, 0, 0, 908);
	expect_action(name, fd, 20, 0, EINVAL, 0);
	expect_action(name, fd, 19, 0xffffffed, 0, 0xffffffed);
	expect_action(name, fd, 1, 0, 0, 908);
	expect_action(name, fd, 18, 0, 0, 1);
}

static void make_bo(const struct shape *s, int fd, int i, struct rig_bo *bo)
{
	struct rig_create c = { .flags = i == TASK ? 0x40b : 0x403, .size = s->bytes[i] };
	struct {
		uint32_t handle, reserved;
		uint64_t offset;
	} map = { 0, 0, 0 };

	if (i)
		expect_action(s->name, fd, 18, 0, 0, 1);
	CHECK(s->name, !rig_ioctl(fd, REQ_CREATE, &c), "MEM_CREATE %d: errno %d", i,
	      errno);
	CHECK(s->name, c.handle == (uint32_t)i + 1, "handle %u of buffer %d", c.handle,
	      i);
	CHECK(s->name, c.dma_addr == s->dma[i], "buffer %d at 0x%llx", i,
	      (unsigned long long)c.dma_addr);
	CHECK(s->name, c.size == (s->bytes[i] + PAGE - 1) / PAGE * PAGE && !c.sram_size,
	      "size %llu", (unsigned long long)c.size);
	CHECK(s->name, c.obj_addr >> 32 == 0xffffff81 && !(c.obj_addr & 0xff),
	      "token 0x%llx", (unsigned long long)c.obj_addr);
	map.handle = c.handle;
	CHECK(s->name, !rig_ioctl(fd, REQ_MAP, &map), "MEM_MAP: errno %d", errno);
	CHECK(s->name, map.offset == FAKE_BASE + s->offset[i] * PAGE,
	      "offset 0x%llx of buffer %d", (unsigned long long)map.offset, i);
	/* the length as it was asked for, not rounded */
	bo->map = mmap(NULL, s->bytes[i], PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		       (off_t)map.offset);
	CHECK(s->name, bo->map != MAP_FAILED, "mmap: errno %d", errno);
	bo->handle = c.handle;
	bo->obj = c.obj_addr;
	bo->size = s->bytes[i];
	CHECK(s->name, !rig_sync(fd, bo, 3, 0, s->bytes[i]), "SYNC 3: errno %d", errno);
}

static void fill(const struct shape *s, int fd, struct rig_bo *bo)
{
	struct npub_task *records = bo[TASK].map;

	memset(bo[WEIGHT].map, 0x11, s->bytes[WEIGHT]);
	assert_int_equal(0, rig_sync(fd, &bo[WEIGHT], 1, 0, s->bytes[WEIGHT]));
	expect_action(s->name, fd, 1, 0, 0, 908);
	for (uint64_t i = 0; i < s->bytes[TASK] / sizeof *records; i++)
		records[i] =
		    (struct npub_task){ .op_idx = 1,
					.enable_mask = 0xd,
					.int_mask = 0x300,
					.int_clear = 0x1ffff,
					.regcfg_amount = 108,
					.regcmd_addr = s->dma[WEIGHT] + s->window };
	assert_int_equal(0, rig_sync(fd, &bo[TASK], 1, 0, s->bytes[TASK]));
}

static void run(const struct shape *s, int fd, struct rig_bo *bo)
{
	const struct npub_task *last =
	    (const struct npub_task *)bo[TASK].map + s->tasks - 1;
	struct rig_submit submit = { .flags = 5,
				     .timeout = 6000,
				     .task_number = 3 * s->tasks,
				     .task_obj_addr = bo[TASK].obj,
				     .fence_fd = -1 };

	for (int i = 0; i < 3; i++)
		submit.sub[i].number = s->tasks;
	assert_int_equal(0, rig_sync(fd, &bo[WEIGHT], 1, s->window, s->window_bytes));
	assert_int_equal(0, rig_sync(fd, &bo[INPUT], 1, 0, s->bytes[INPUT]));
	if (s->dump)
		assert_int_equal(0, rig_sync(fd, &bo[INPUT], 2, 0, s->bytes[INPUT]));
	assert_int_equal(0, rig_sync(fd, &bo[WEIGHT], 1, s->window, s->window_bytes));
	CHECK(s->name, !rig_ioctl(fd, REQ_SUBMIT, &submit), "SUBMIT: errno %d", errno);
	CHECK(s->name, submit.task_counter == 3 * s->tasks, "counter %u",
	      submit.task_counter);
	CHECK(s->name, submit.core_mask == 1, "core mask %u", submit.core_mask);
	CHECK(s->name, submit.fence_fd == -1 && submit.elapsed_ns > 0,
	      "fence %d, %lld ns", submit.fence_fd, (long long)submit.elapsed_ns);
	CHECK(s->name, last->int_status == 0x100, "int_status 0x%x", last->int_status);
	for (int i = 0; i < (s->dump ? 4 : 2); i++)
		assert_int_equal(0, rig_sync(fd, &bo[OUTPUT], 2, 0, s->bytes[OUTPUT]));
}

static void sessions(void **state)
{
	static const int order[BOS] = { INTERNAL, WEIGHT, TASK, INPUT, OUTPUT };

	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		const struct shape *s = &shapes[i];
		struct npuemu_stats stats;
		struct rig_bo bo[BOS];
		char script[64];
		int fd;

		/* The words of those sessions are not at hand: only the calls are. */
		snprintf(script, sizeof script, "iova-top 0x%x, no-execute",
			 s->dma[TASK] + PAGE);
		rig_reset(script);
		fd = rig_open();
		init(s->name, fd);
		make_bo(s, fd, TASK, &bo[TASK]);
		make_bo(s, fd, WEIGHT, &bo[WEIGHT]);
		fill(s, fd, bo);
		for (int b = INTERNAL; b < BOS; b++)
			make_bo(s, fd, b, &bo[b]);
		run(s, fd, bo);
		expect_action(s->name, fd, 21, 0, EINVAL, 0);
		for (int b = 0; b < BOS; b++)
			assert_int_equal(0, rig_destroy(fd, &bo[order[b]]));
		close(fd);
		npuemu_stats(&stats);
		CHECK_NO_VERDICT(s->name);
		CHECK(s->name,
		      !stats.bos && !stats.iova_bytes && !stats.mmaps && !stats.fds,
		      "left over: %u BOs", stats.bos);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(sessions) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
