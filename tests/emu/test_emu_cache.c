/* The two images of a cached buffer, and what is said when they disagree. */
#include "rig.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096u
#define LINE 64u

static const struct tiny_options one_task = { .max_cores = 1, .tiles = 1 };

/* What a test does between preparing and submitting. */
enum spoil {
	NOTHING,
	DIRTY_INPUT,
	DIRTY_WEIGHTS,
	DIRTY_COMMANDS,
	DIRTY_OUTPUT,
	DROP_INPUT,
	NO_FETCH
};

static void spoil(struct rig *r, enum spoil what)
{
	uint8_t *input = r->bo[TINY_INPUT].map, *weights = r->bo[TINY_WEIGHT].map;

	switch (what) {
	case DIRTY_INPUT:
		input[3 * LINE + 1] ^= 0x40;
		break;
	case DIRTY_WEIGHTS:
		weights[0] ^= 1;
		break;
	case DIRTY_COMMANDS:
		*rig_word(r, 0, 0x1010) ^= 1u << 20;
		break;
	case DIRTY_OUTPUT:
		((uint8_t *)r->bo[TINY_OUTPUT].map)[0] ^= 1;
		break;
	case DROP_INPUT:
		input[0] ^= 0x40;
		assert_int_equal(0, rig_sync(r->fd, &r->bo[TINY_INPUT], 2, 0, LINE));
		break;
	default:
		break;
	}
}

static void jobs(void **state)
{
	static const struct {
		const char *name;
		enum spoil what;
		const char *who, *where; /* of the verdict; NULL: none */
		bool output_ok;
	} cases[] = {
		{ "all synced", NOTHING, NULL, NULL, true },
		{ "input not cleaned", DIRTY_INPUT, "DMA read: BO 4",
		  "offset 192, 64 bytes: read while", true },
		{ "weights not cleaned", DIRTY_WEIGHTS, "DMA read: BO 2",
		  "offset 0, 64 bytes: read while", true },
		{ "commands not cleaned", DIRTY_COMMANDS, "command fetch: BO 2",
		  "64 bytes: read while", true },
		{ "output dirty", DIRTY_OUTPUT, "DMA write: BO 5",
		  "offset 0, 64 bytes: written while", true },
		{ "input invalidated", DROP_INPUT, "MEM_SYNC from the device: BO 4",
		  "offset 0, 64 bytes: bytes the processor wrote", true },
		{ "output not fetched", NO_FETCH, NULL, NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *name = cases[i].name;
		struct rig_submit s;
		struct rig r;
		int err;

		rig_reset(NULL);
		rig_begin(&r, &one_task);
		rig_prepare(&r);
		rig_header(&r, 0, &s);
		spoil(&r, cases[i].what);
		err = rig_submit(&r, &s);
		CHECK(name, !err, "errno %d", err);
		if (cases[i].what != NO_FETCH)
			assert_int_equal(0, rig_sync(r.fd, &r.bo[TINY_OUTPUT], 2, 0,
						     r.bo[TINY_OUTPUT].size));
		/* The device saw what was there when it was last cleaned. */
		CHECK(name, rig_output_ok(&r) == cases[i].output_ok, "output");
		if (cases[i].who) {
			CHECK_VERDICT(name, cases[i].who);
			CHECK_VERDICT(name, cases[i].where);
		} else {
			CHECK_NO_VERDICT(name);
		}
		rig_end(&r);
	}
}

/* Whole buffers of two lines, one file. */
struct lines {
	int fd;
	struct rig_bo bo;
	uint8_t *p;
};

static void lines_open(struct lines *l, uint32_t flags)
{
	rig_reset(NULL);
	l->fd = rig_open();
	assert_int_equal(0, rig_create(l->fd, flags, PAGE, &l->bo));
	assert_int_equal(0, rig_map(l->fd, &l->bo));
	l->p = l->bo.map;
}

static void lines_close(struct lines *l)
{
	assert_int_equal(0, rig_destroy(l->fd, &l->bo));
	close(l->fd);
}

static void invalidate_drops_writes(void **state)
{
	struct lines l;

	(void)state;
	lines_open(&l, 0x403);
	assert_int_equal(0, rig_sync(l.fd, &l.bo, 3, 0, PAGE));
	l.p[0] = 1;
	l.p[LINE] = 2;
	assert_int_equal(0, rig_sync(l.fd, &l.bo, 1, 0, 1)); /* the line of it */
	assert_int_equal(0, rig_sync(l.fd, &l.bo, 2, 0, 2 * LINE));
	assert_int_equal(1, l.p[0]);
	assert_int_equal(0, l.p[LINE]);
	CHECK_VERDICT("dropped", "offset 64, 64 bytes: bytes the processor wrote");
	lines_close(&l);
}

static void partial_lines_are_cleaned(void **state)
{
	struct lines l;

	(void)state;
	lines_open(&l, 0x403);
	assert_int_equal(0, rig_sync(l.fd, &l.bo, 3, 0, PAGE));
	l.p[0] = 1;
	l.p[2 * LINE + 9] = 2;
	assert_int_equal(0, rig_sync(l.fd, &l.bo, 2, 32, 2 * LINE));
	assert_int_equal(1, l.p[0]);
	assert_int_equal(2, l.p[2 * LINE + 9]);
	assert_int_equal(0, rig_sync(l.fd, &l.bo, 2, 0, PAGE));
	assert_int_equal(1, l.p[0]); /* they did reach the device */
	assert_int_equal(2, l.p[2 * LINE + 9]);
	CHECK_NO_VERDICT("partial lines");
	lines_close(&l);
}

/* Fresh zeros are dirty lines of the kernel's; dropped, the device's bytes show. */
static void fresh_lines(void **state)
{
	struct lines l;

	(void)state;
	lines_open(&l, 0x403);
	assert_int_equal(0, l.p[0]);
	assert_int_equal(0, rig_sync(l.fd, &l.bo, 2, 0, LINE));
	assert_true(l.p[0] != 0);
	assert_int_equal(0, rig_sync(l.fd, &l.bo, 3, LINE, LINE));
	assert_int_equal(0, l.p[LINE]);
	lines_close(&l);
}

static void sync_arguments(void **state)
{
	static const struct {
		const char *name;
		uint32_t bo_flags, flags;
		bool null;
		uint64_t offset, bytes;
		int want;
		bool verdict;
	} cases[] = {
		{ "whole", 0x403, 3, false, 0, PAGE, 0, false },
		{ "no direction", 0x403, 0, false, 0, PAGE, 0, false },
		{ "unknown bits", 0x403, 0xf4, false, 0, PAGE, 0, false },
		{ "null", 0x403, 1, true, 0, PAGE, EINVAL, false },
		{ "not cached", 0x401, 1, false, 0, PAGE, EINVAL, false },
		{ "beyond the end", 0x403, 1, false, 2 * PAGE, PAGE, 0, false },
		{ "past the end", 0x403, 1, false, 0, 2 * PAGE, 0, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_bo bo;
		struct lines l;
		int err;

		lines_open(&l, cases[i].bo_flags);
		bo = l.bo;
		if (cases[i].null)
			bo.obj = 0;
		err =
		    rig_sync(l.fd, &bo, cases[i].flags, cases[i].offset, cases[i].bytes);
		CHECK(cases[i].name, err == cases[i].want, "errno %d", err);
		CHECK(cases[i].name, rig_verdict("MEM_SYNC: BO") == cases[i].verdict,
		      "%s", rig_verdicts());
		lines_close(&l);
	}
}

static void sync_of_nothing(void *arg)
{
	struct lines *l = arg;

	l->bo.obj += 8;
	rig_sync(l->fd, &l->bo, 1, 0, 64);
}

static void sync_crash(void **state)
{
	char text[1024];
	struct lines l;

	(void)state;
	lines_open(&l, 0x403);
	CHECK("guessed token", rig_aborts(sync_of_nothing, &l, text, sizeof text),
	      "went on");
	CHECK("guessed token",
	      strstr(text, "kernel crash: MEM_SYNC of obj_addr 0xffffff81"), "%s", text);
	assert_true(npuemu_script("crash einval", "test", NULL, 0));
	l.bo.obj += 8;
	assert_int_equal(EINVAL, rig_sync(l.fd, &l.bo, 1, 0, 64));
	CHECK_VERDICT("guessed token", "kernel crash");
	l.bo.obj -= 8;
	lines_close(&l);
}

/* The kernel writes int_status through the processor's cache. */
static void task_buffer_is_the_kernels(void **state)
{
	struct rig_submit s;
	struct rig r;

	(void)state;
	rig_reset(NULL);
	rig_begin(&r, &one_task);
	rig_prepare(&r);
	rig_header(&r, 0, &s);
	rig_record(&r, 0)->op_idx = 7; /* not cleaned, and need not be */
	assert_int_equal(0, rig_submit(&r, &s));
	assert_int_equal(0x100, rig_record(&r, 0)->int_status);
	CHECK_NO_VERDICT("task buffer");
	assert_int_equal(0, rig_sync(r.fd, &r.bo[TINY_TASK], 2, 0, PAGE));
	assert_int_equal(0, rig_record(&r, 0)->int_status); /* thrown away */
	CHECK_VERDICT("task buffer", "MEM_SYNC from the device: BO 1");
	rig_end(&r);
}

/* A canary over an output that nobody fetched. */
static void unread_output(void **state)
{
	struct rig_submit s;
	struct rig r;

	(void)state;
	rig_reset(NULL);
	rig_begin(&r, &one_task);
	rig_prepare(&r);
	rig_header(&r, 0, &s);
	assert_int_equal(0, rig_submit(&r, &s));
	memset(r.bo[TINY_OUTPUT].map, 0x77, LINE);
	assert_int_equal(0, rig_sync(r.fd, &r.bo[TINY_OUTPUT], 1, 0, PAGE));
	CHECK_VERDICT("unread output",
		      "offset 0, 64 bytes: the processor's bytes replace");
	rig_end(&r);
	CHECK_LOG("unread output", "were never read back");
}

/* Command, weight or input bytes that nobody put there. */
static void unwritten_input(void **state)
{
	static const struct {
		const char *name, *verdict;
		uint32_t sync; /* of the fresh buffer */
	} cases[] = {
		{ "no sync", "read while the processor's bytes were not cleaned", 0 },
		{ "dropped", "read but nobody has written it", 2 },
		{ "zeros cleaned", NULL, 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct rig_submit s;
		struct rig_bo *in;
		struct rig r;

		rig_reset(NULL);
		rig_begin(&r, &one_task);
		rig_prepare(&r);
		in = &r.bo[TINY_INPUT];
		assert_int_equal(0, rig_destroy(r.fd, in));
		assert_int_equal(0, rig_create(r.fd, 0x403, PAGE, in)); /* same address */
		assert_int_equal(0, rig_sync(r.fd, in, cases[i].sync, 0, PAGE));
		rig_header(&r, 0, &s);
		assert_int_equal(0, rig_submit(&r, &s));
		if (cases[i].verdict)
			CHECK_VERDICT(cases[i].name, cases[i].verdict);
		else
			CHECK_NO_VERDICT(cases[i].name);
		rig_end(&r);
	}
}

/* Uncached buffers have one image; the job needs no sync of them. */
static void uncached(void **state)
{
	struct rig_submit s;
	struct rig_bo *out;
	struct rig r;

	(void)state;
	rig_reset(NULL);
	rig_begin(&r, &one_task);
	rig_prepare(&r);
	out = &r.bo[TINY_OUTPUT];
	assert_int_equal(0, rig_destroy(r.fd, out));
	assert_int_equal(0, rig_create(r.fd, 0x401, r.tiny.bo[TINY_OUTPUT].bytes, out));
	assert_int_equal(0, rig_map(r.fd, out));
	rig_header(&r, 0, &s);
	assert_int_equal(0, rig_submit(&r, &s));
	assert_true(rig_output_ok(&r));
	CHECK_NO_VERDICT("uncached output");
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs),
		cmocka_unit_test(invalidate_drops_writes),
		cmocka_unit_test(partial_lines_are_cleaned),
		cmocka_unit_test(fresh_lines),
		cmocka_unit_test(sync_arguments),
		cmocka_unit_test(sync_crash),
		cmocka_unit_test(task_buffer_is_the_kernels),
		cmocka_unit_test(unread_output),
		cmocka_unit_test(unwritten_input),
		cmocka_unit_test(uncached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
