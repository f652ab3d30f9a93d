#include "fake_device.h"

#include <assert.h>
#include <string.h>

#include "bundle_format.h"
#include "error.h"

static struct fake_call *note(struct fake_device *f, enum fake_call_kind kind,
			      uint64_t bo)
{
	struct fake_call *c = &f->call[f->calls++];

	assert(f->calls <= FAKE_MAX_CALLS);
	*c = (struct fake_call){ .kind = kind, .bo = bo };
	return c;
}

static int fails_now(struct fake_device *f)
{
	return ++f->fallible == f->fail_at;
}

static enum npurt_err fake_create(struct npurt_device *dev, struct npurt_device_bo *bo,
				  struct npurt_error *error)
{
	struct fake_device *f = (struct fake_device *)dev;
	uint64_t bytes = (bo->bytes + 4095) / 4096 * 4096;

	if (fails_now(f))
		return npurt_fail(error, NPURT_ERR_DEVICE_MEMORY, "injected");
	assert(f->used + bytes <= sizeof f->arena && f->bo_count < FAKE_MAX_BOS);
	bo->data = f->arena + f->used;
	memset(bo->data, 0xcd, bytes);
	bo->dma_addr = bo->token = f->dma_base + f->used;
	bo->handle = f->bo_count + 1;
	f->bo_data[f->bo_count++] = bo->data;
	f->used += bytes;
	f->live++;
	note(f, FAKE_CREATE, bo->dma_addr)->flags = bo->flags;
	return NPURT_OK;
}

static void fake_destroy(struct npurt_device *dev, struct npurt_device_bo *bo)
{
	struct fake_device *f = (struct fake_device *)dev;

	note(f, FAKE_DESTROY, bo->dma_addr);
	f->live--;
	bo->handle = 0;
}

static enum npurt_err fake_sync(struct npurt_device *dev,
				const struct npurt_device_bo *bo, uint32_t flags,
				uint64_t offset, uint64_t bytes,
				struct npurt_error *error)
{
	struct fake_device *f = (struct fake_device *)dev;
	struct fake_call *c;

	if (fails_now(f))
		return npurt_fail(error, NPURT_ERR_DEVICE_SYNC, "injected");
	c = note(f, FAKE_SYNC, bo->dma_addr);
	c->flags = flags;
	c->offset = offset;
	c->bytes = bytes;
	return NPURT_OK;
}

static enum npurt_err fake_submit(struct npurt_device *dev, struct npurt_job *job,
				  struct npurt_error *error)
{
	struct fake_device *f = (struct fake_device *)dev;
	struct npub_task *records = job->task_bo->data;
	uint32_t entry = job->core_mask == 7 ? 4 : job->core_mask == 3 ? 1 : 0;
	uint32_t last =
	    job->subcore[entry].task_start + job->subcore[entry].task_number - 1;

	if (fails_now(f))
		return npurt_fail(error, NPURT_ERR_TIMEOUT, "injected");
	note(f, FAKE_SUBMIT, job->task_bo->dma_addr);
	f->job = *job;
	if (f->output) {
		uint8_t *to = f->bo_data[f->output_bo_index];
		uint64_t after = f->hole_at + f->hole_bytes;

		memcpy(to, f->output, f->hole_at);
		memcpy(to + after, (const uint8_t *)f->output + after,
		       f->output_bytes - after);
	}
	job->task_counter = job->task_number - f->task_counter_less;
	if (!f->no_interrupt)
		records[last].int_status = records[last].int_mask;
	return NPURT_OK;
}

static const char *fake_describe(const struct npurt_device *dev)
{
	(void)dev;
	return "fake";
}

static void fake_close(struct npurt_device *dev)
{
	(void)dev;
}

void fake_device_init(struct fake_device *f)
{
	static const struct npurt_device_ops ops = {
		.bo_create = fake_create,
		.bo_destroy = fake_destroy,
		.bo_sync = fake_sync,
		.submit = fake_submit,
		.describe = fake_describe,
		.close = fake_close,
	};

	memset(f, 0, sizeof *f);
	f->device.ops = &ops;
	f->device.cores = NPUB_MAX_CORES;
	f->dma_base = 0x10000000;
}
