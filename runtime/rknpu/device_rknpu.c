/*
 * The vendor's DRM driver behind the device seam: buffers, syncs, submits.
 *
 * SUBMIT is never repeated by the layer below, and its header is built afresh.
 */
#include "rknpu/device_rknpu.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "error.h"
#include "hw/npu_hw.h"
#include "rknpu/rknpu_uapi.h"

#define CACHE_LINE_BYTES 64u

static uint64_t page_round(uint64_t bytes)
{
	return npu_round_up64(bytes, NPU_PAGE_BYTES);
}

static void rknpu_bo_destroy(struct npurt_device *dev, struct npurt_device_bo *bo)
{
	struct npurt_rknpu *d = (struct npurt_rknpu *)dev;
	struct rknpu_mem_destroy destroy = { .handle = bo->handle,
					     .obj_addr = bo->token };

	if (bo->data)
		munmap(bo->data, page_round(bo->bytes));
	npurt_rknpu_ioctl(d->fd, RKNPU_MEM_DESTROY, &destroy);
	bo->data = NULL;
	bo->handle = 0;
}

/* Driver ABI 22.2: what came back must be what was asked for. */
static enum npurt_err check_create(const struct npurt_rknpu *d,
				   const struct rknpu_mem_create *c, uint64_t asked,
				   struct npurt_error *error)
{
	const enum npurt_err code = NPURT_ERR_DEVICE_MEMORY;

	if (!c->handle)
		return npurt_fail(error, code, "MEM_CREATE gave no handle");
	if (!c->obj_addr)
		return npurt_fail(error, code, "MEM_CREATE gave no object");
	if (c->size != page_round(asked))
		return npurt_failf(error, code, "MEM_CREATE gave %U bytes, not %U",
				   c->size, page_round(asked));
	if (c->sram_size)
		return npurt_failf(error, code, "MEM_CREATE put %U bytes into SRAM",
				   c->sram_size);
	if (!c->dma_addr || c->dma_addr % NPU_PAGE_BYTES ||
	    c->dma_addr > NPU_MAX_ADDRESS ||
	    c->size > (uint64_t)NPU_MAX_ADDRESS + 1 - c->dma_addr)
		return npurt_failf(
		    error, code,
		    "MEM_CREATE gave %U bytes at %X, registers reach 4 GiB; IOMMU is %s",
		    c->size, c->dma_addr, d->iommu ? "on" : "off");
	return NPURT_OK;
}

static int map_bo(const struct npurt_rknpu *d, struct npurt_device_bo *bo)
{
	struct rknpu_mem_map map = { .handle = bo->handle };
	int err = npurt_rknpu_ioctl(d->fd, RKNPU_MEM_MAP, &map);
	void *p;

	if (err)
		return err;
	p = mmap(NULL, page_round(bo->bytes), PROT_READ | PROT_WRITE, MAP_SHARED, d->fd,
		 (off_t)map.offset);
	if (p == MAP_FAILED)
		return errno;
	bo->data = p;
	return 0;
}

static enum npurt_err rknpu_bo_create(struct npurt_device *dev,
				      struct npurt_device_bo *bo,
				      struct npurt_error *error)
{
	struct npurt_rknpu *d = (struct npurt_rknpu *)dev;
	struct rknpu_mem_create create = { .flags = bo->flags, .size = bo->bytes };
	int err = npurt_rknpu_ioctl(
	    d->fd, RKNPU_MEM_CREATE_SIZED(d->version->create_bytes), &create);
	enum npurt_err code;

	if (err)
		return npurt_rknpu_fail(error, NPURT_RKNPU_MEMORY, "MEM_CREATE", err);
	bo->data = NULL;
	bo->handle = create.handle;
	bo->token = create.obj_addr;
	bo->dma_addr = create.dma_addr;
	code = check_create(d, &create, bo->bytes, error);
	if (!code) {
		err = map_bo(d, bo);
		if (!err)
			return NPURT_OK;
		code = npurt_rknpu_fail(error, NPURT_RKNPU_MEMORY, "mapping", err);
	}
	if (bo->handle)
		rknpu_bo_destroy(dev, bo);
	return code;
}

/* Whole cache lines, but nothing outside the buffer. */
static enum npurt_err rknpu_bo_sync(struct npurt_device *dev,
				    const struct npurt_device_bo *bo, uint32_t flags,
				    uint64_t offset, uint64_t bytes,
				    struct npurt_error *error)
{
	struct npurt_rknpu *d = (struct npurt_rknpu *)dev;
	uint64_t first = offset / CACHE_LINE_BYTES * CACHE_LINE_BYTES, end;
	struct rknpu_mem_sync sync = { .flags = flags,
				       .obj_addr = bo->token,
				       .offset = first };
	int err;

	if (offset > bo->bytes || bytes > bo->bytes - offset)
		return npurt_fail(error, NPURT_ERR_DEVICE_SYNC, "outside the buffer");
	end = npu_round_up64(offset + bytes, CACHE_LINE_BYTES);
	sync.size = (end > bo->bytes ? bo->bytes : end) - first;
	err = npurt_rknpu_ioctl(d->fd, RKNPU_MEM_SYNC, &sync);
	return err ? npurt_rknpu_fail(error, NPURT_RKNPU_SYNC, "MEM_SYNC", err)
		   : NPURT_OK;
}

/* One job at a time: the mutex in this process, the lock file between processes. */
static int begin_exclusive(struct npurt_rknpu *d)
{
	int err;

	pthread_mutex_lock(&d->lock);
	err = npurt_rknpu_lock(d->lock_fd);
	if (err)
		pthread_mutex_unlock(&d->lock);
	return err;
}

static void end_exclusive(struct npurt_rknpu *d)
{
	npurt_rknpu_unlock(d->lock_fd);
	pthread_mutex_unlock(&d->lock);
}

static void fill_header(struct rknpu_submit *s, const struct npurt_job *job)
{
	*s = (struct rknpu_submit){ .flags = job->flags,
				    .timeout = job->timeout_ms,
				    .task_start = job->task_start,
				    .task_number = job->task_number,
				    .task_obj_addr = job->task_bo->token,
				    .core_mask = job->core_mask,
				    .fence_fd = -1 };
	for (int i = 0; i < 5; i++) {
		s->subcore_task[i].task_start = job->subcore[i].task_start;
		s->subcore_task[i].task_number = job->subcore[i].task_number;
	}
}

/* A thread that is cancelled inside SUBMIT would leave the lock behind. */
static enum npurt_err rknpu_submit(struct npurt_device *dev, struct npurt_job *job,
				   struct npurt_error *error)
{
	struct npurt_rknpu *d = (struct npurt_rknpu *)dev;
	struct rknpu_submit submit;
	int err, cancel;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	fill_header(&submit, job);
	err = begin_exclusive(d);
	if (err) {
		pthread_setcancelstate(cancel, NULL);
		return npurt_rknpu_fail(error, NPURT_RKNPU_SUBMIT, "lock", err);
	}
	err = npurt_rknpu_ioctl_once(d->fd, RKNPU_SUBMIT, &submit);
	if (err)
		d->sleep_ms(RKNPU_RECOVERY_MS);
	end_exclusive(d);
	pthread_setcancelstate(cancel, NULL);
	job->task_counter = submit.task_counter;
	job->hw_elapsed_ns = d->version->elapsed ? submit.hw_elapse_time : 0;
	job->refused = err == EINVAL;
	if (!err)
		return NPURT_OK;
	if (error && error->code == NPURT_OK)
		error->found = submit.task_counter;
	npurt_detailf(error, "%u tasks begun; ", submit.task_counter);
	return npurt_rknpu_fail(error, NPURT_RKNPU_SUBMIT, "SUBMIT", err);
}

/* Under the lock: a reset ends every job of every process. */
static enum npurt_err rknpu_reset(struct npurt_device *dev, struct npurt_error *error)
{
	struct npurt_rknpu *d = (struct npurt_rknpu *)dev;
	uint32_t value = 0;
	int err = begin_exclusive(d);

	if (err)
		return npurt_rknpu_fail(error, NPURT_RKNPU_RESET, "lock", err);
	err = npurt_rknpu_action(d->fd, RKNPU_RESET, &value);
	d->sleep_ms(RKNPU_RECOVERY_MS);
	end_exclusive(d);
	return err ? npurt_rknpu_fail(error, NPURT_RKNPU_RESET, "RESET", err) : NPURT_OK;
}

/* The calls of the vendor's runtime that a run does not need. */
static enum npurt_err rknpu_hint(struct npurt_device *dev, enum npurt_device_hint hint,
				 struct npurt_error *error)
{
	static const uint8_t actions[] = {
		[NPURT_HINT_CREATE] = RKNPU_GET_IOMMU_EN,
		[NPURT_HINT_FILLED] = RKNPU_GET_DRV_VERSION,
		[NPURT_HINT_CLOSE] = RKNPU_POWER_OFF, /* refused since 0.9 */
	};
	struct npurt_rknpu *d = (struct npurt_rknpu *)dev;
	uint32_t value = 0;
	int err = npurt_rknpu_action(d->fd, actions[hint], &value);

	return err ? npurt_rknpu_fail(error, NPURT_RKNPU_MEMORY, "ACTION", err)
		   : NPURT_OK;
}

static const char *rknpu_describe(const struct npurt_device *dev)
{
	return ((const struct npurt_rknpu *)dev)->describe;
}

static void rknpu_close(struct npurt_device *dev)
{
	struct npurt_rknpu *d = (struct npurt_rknpu *)dev;

	if (d->lock_fd != d->fd)
		close(d->lock_fd);
	close(d->fd);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

const struct npurt_device_ops npurt_rknpu_ops = {
	.bo_create = rknpu_bo_create,
	.bo_destroy = rknpu_bo_destroy,
	.bo_sync = rknpu_bo_sync,
	.submit = rknpu_submit,
	.reset = rknpu_reset,
	.hint = rknpu_hint,
	.describe = rknpu_describe,
	.close = rknpu_close,
};
