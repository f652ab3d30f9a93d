#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hw/npu_hw.h"
#include "hw/npu_regs.h"

#define PAGE 4096u
#define TEXT_BYTES (1u << 20)
#define CANARY 0x5c

void rig_reset(const char *script)
{
	char error[256] = "";

	npuemu_reset();
	if (script && !npuemu_script(script, "test", error, sizeof error))
		fail_msg("%s", error);
}

int rig_open(void)
{
	int fd = open("/dev/dri/renderD128", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail_msg("cannot open the node: %s", strerror(errno));
	return fd;
}

int rig_ioctl(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) ? errno : 0;
}

int rig_action(int fd, uint32_t code, uint32_t *value)
{
	struct {
		uint32_t flags, value;
	} a = { code, value ? *value : 0 };
	int err = rig_ioctl(fd, REQ_ACTION, &a);

	if (value)
		*value = a.value;
	return err;
}

int rig_create(int fd, uint32_t flags, uint64_t size, struct rig_bo *bo)
{
	struct rig_create c = { .flags = flags, .size = size };
	int err = rig_ioctl(fd, REQ_CREATE, &c);

	memset(bo, 0, sizeof *bo);
	if (err)
		return err;
	*bo = (struct rig_bo){
		.handle = c.handle, .size = c.size, .obj = c.obj_addr, .dma = c.dma_addr
	};
	return 0;
}

int rig_map(int fd, struct rig_bo *bo)
{
	struct {
		uint32_t handle, reserved;
		uint64_t offset;
	} m = { bo->handle, 0, 0 };
	int err = rig_ioctl(fd, REQ_MAP, &m);
	void *p;

	if (err)
		return err;
	bo->offset = m.offset;
	p = mmap(NULL, bo->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)m.offset);
	if (p == MAP_FAILED)
		return errno;
	bo->map = p;
	return 0;
}

int rig_sync(int fd, const struct rig_bo *bo, uint32_t flags, uint64_t offset,
	     uint64_t bytes)
{
	struct {
		uint32_t flags, reserved;
		uint64_t obj, offset, size;
	} s = { flags, 0, bo->obj, offset, bytes };

	return rig_ioctl(fd, REQ_SYNC, &s);
}

int rig_destroy(int fd, struct rig_bo *bo)
{
	struct {
		uint32_t handle, reserved;
		uint64_t obj;
	} d = { bo->handle, 0, bo->obj };

	if (bo->map)
		munmap(bo->map, bo->size);
	bo->map = NULL;
	return rig_ioctl(fd, REQ_DESTROY, &d);
}

/* ---- the tiny conv on the device ---- */

static uint8_t *command_base(const struct rig *r)
{
	return (uint8_t *)r->bo[TINY_WEIGHT].map + r->tiny.conv.regcmd_bo_offset;
}

static void fill_commands(struct rig *r)
{
	const struct tiny *t = &r->tiny;
	uint64_t base = r->bo[TINY_WEIGHT].dma + t->conv.regcmd_bo_offset;
	struct npub_task *records = r->bo[TINY_TASK].map;
	uint64_t *words = (uint64_t *)(void *)command_base(r);

	memcpy(words, t->word, t->word_count * sizeof *words);
	for (uint32_t i = 0; i < t->reloc_count; i++) {
		const struct npub_reloc *reloc = &t->reloc[i];

		words[reloc->word] += (r->bo[reloc->bo].dma + reloc->addend) << 16;
	}
	for (uint32_t i = 0; i < t->task_count; i++) {
		records[i] = t->task[i];
		records[i].regcmd_addr += base;
	}
}

/* NC1HWC2: eight channels side by side, planes of the tensor's pixels. */
static void fill_input(struct rig *r)
{
	uint16_t nchw[TINY_C * TINY_H * TINY_W], *to = r->bo[TINY_INPUT].map;

	tiny_input(nchw);
	for (uint32_t c = 0; c < TINY_C; c++)
		for (uint32_t p = 0; p < TINY_H * TINY_W; p++)
			to[(c / 8 * TINY_H * TINY_W + p) * 8 + c % 8] =
			    nchw[c * TINY_H * TINY_W + p];
}

void rig_begin(struct rig *r, const struct tiny_options *options)
{
	memset(r, 0, sizeof *r);
	tiny_make(&r->tiny, options);
	r->fd = rig_open();
	for (int i = 0; i < TINY_BOS; i++) {
		assert_int_equal(0, rig_create(r->fd, r->tiny.bo[i].flags,
					       r->tiny.bo[i].bytes, &r->bo[i]));
		assert_int_equal(0, rig_map(r->fd, &r->bo[i]));
		assert_int_equal(0, rig_sync(r->fd, &r->bo[i], 3, 0, r->bo[i].size));
	}
	memcpy(r->bo[TINY_WEIGHT].map, r->tiny.data, r->tiny.data_bytes);
	fill_commands(r);
	fill_input(r);
}

void rig_end(struct rig *r)
{
	for (int i = 0; i < TINY_BOS; i++) {
		if (r->bo[i].handle)
			assert_int_equal(0, rig_destroy(r->fd, &r->bo[i]));
	}
	assert_int_equal(0, close(r->fd));
}

void rig_prepare(struct rig *r)
{
	memset(r->bo[TINY_OUTPUT].map, CANARY, r->bo[TINY_OUTPUT].size);
	for (int i = 0; i < TINY_BOS; i++)
		assert_int_equal(0, rig_sync(r->fd, &r->bo[i], 1, 0, r->bo[i].size));
}

void rig_header(const struct rig *r, uint32_t plan, struct rig_submit *s)
{
	const struct npub_plan *p = &r->tiny.plan[plan];

	*s = (struct rig_submit){ .flags = 5,
				  .timeout = 1000,
				  .task_obj_addr = r->bo[TINY_TASK].obj,
				  .core_mask = p->cores == 1 ? 0 : (1u << p->cores) - 1,
				  .fence_fd = -1 };
	for (uint32_t i = 0; i < 3; i++) {
		const struct npub_list *l = &p->list[p->cores == 1 ? 0 : i];

		if (i >= p->cores && p->cores != 1)
			break;
		s->sub[p->cores == 3 ? i + 2 : i].start = l->first_task;
		s->sub[p->cores == 3 ? i + 2 : i].number = l->task_count;
		s->task_number += l->task_count;
	}
}

int rig_submit(struct rig *r, struct rig_submit *s)
{
	return rig_ioctl(r->fd, REQ_SUBMIT, s);
}

int rig_run(struct rig *r, struct rig_submit *s)
{
	int err;

	rig_prepare(r);
	rig_header(r, 0, s);
	err = rig_submit(r, s);
	assert_int_equal(
	    0, rig_sync(r->fd, &r->bo[TINY_OUTPUT], 2, 0, r->bo[TINY_OUTPUT].size));
	return err;
}

bool rig_output_ok(const struct rig *r)
{
	uint16_t want[TINY_K * TINY_H * TINY_W];
	const uint16_t *got = r->bo[TINY_OUTPUT].map;

	tiny_expected(&r->tiny, want);
	for (uint32_t k = 0; k < TINY_K; k++)
		for (uint32_t p = 0; p < TINY_H * TINY_W; p++)
			if (got[(k / 8 * TINY_PLANE_OUT + p) * 8 + k % 8] !=
			    want[k * TINY_H * TINY_W + p])
				return false;
	return true;
}

static uint64_t *task_words(struct rig *r, uint32_t task)
{
	return (uint64_t *)(void *)command_base(r) + r->tiny.task[task].regcmd_addr / 8;
}

uint64_t *rig_word(struct rig *r, uint32_t task, uint16_t offset)
{
	return task_words(r, task) + (tiny_word(&r->tiny, task, offset) -
				      &r->tiny.word[r->tiny.task[task].regcmd_addr / 8]);
}

uint64_t *rig_tail(struct rig *r, uint32_t task)
{
	return task_words(r, task) + r->tiny.task[task].regcfg_amount;
}

struct npub_task *rig_record(struct rig *r, uint32_t task)
{
	return (struct npub_task *)r->bo[TINY_TASK].map + task;
}

/* ---- what the emulator says ---- */

const char *rig_verdicts(void)
{
	static char text[TEXT_BYTES];

	npuemu_verdicts(text, sizeof text);
	return text;
}

const char *rig_log(void)
{
	static char text[TEXT_BYTES];

	npuemu_log(text, sizeof text);
	return text;
}

bool rig_verdict(const char *text)
{
	return strstr(rig_verdicts(), text) != NULL;
}

bool rig_logged(const char *text)
{
	return strstr(rig_log(), text) != NULL;
}

bool rig_aborts(void (*body)(void *arg), void *arg, char *text, size_t bytes)
{
	size_t used = 0;
	int ends[2], status;
	ssize_t n;
	pid_t child;

	assert_int_equal(0, pipe(ends));
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		dup2(ends[1], 2);
		close(ends[0]);
		signal(SIGABRT, SIG_DFL);
		body(arg);
		_exit(0);
	}
	close(ends[1]);
	while (used + 1 < bytes && (n = read(ends[0], text + used, bytes - used - 1)) > 0)
		used += (size_t)n;
	text[used] = 0;
	close(ends[0]);
	assert_true(waitpid(child, &status, 0) == child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}
