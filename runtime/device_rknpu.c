/*
 * The vendor's DRM driver behind the device seam.
 *
 * All ioctls but SUBMIT go through one function that repeats them when a signal
 * came between; SUBMIT is never repeated, and its header is built afresh.
 */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* flock */
#endif
#include "device_rknpu.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "device.h"
#include "error.h"
#include "rknpu_uapi.h"

#define PAGE_BYTES 4096u
#define RECOVERY_MS 250 /* a reset may be under way: touch nothing for as long */

struct rknpu_device {
	struct npurt_device device; /* first */
	pthread_mutex_t lock;	    /* one submit at a time in this process */
	int fd;
	char describe[NPURT_DETAIL_BYTES];
};

enum npurt_err npurt_rknpu_error(enum npurt_rknpu_call call, int err,
				 const char **sentence)
{
	static const enum npurt_err codes[] = {
		[NPURT_RKNPU_OPEN] = NPURT_ERR_NODEVICE,
		[NPURT_RKNPU_MEMORY] = NPURT_ERR_DEVICE_MEMORY,
		[NPURT_RKNPU_SYNC] = NPURT_ERR_DEVICE_SYNC,
		[NPURT_RKNPU_SUBMIT] = NPURT_ERR_SUBMIT,
	};

	switch (err) {
	case EACCES:
	case EPERM:
		*sentence =
		    "no permission; be in group 'render' (renderD*) or 'video' (card*)";
		return codes[call];
	case ENOTTY:
	case EOPNOTSUPP:
	case ENOSYS:
		*sentence = "another driver answers there";
		return NPURT_ERR_DEVICE_KIND;
	case EBADF:
	case ENODEV:
		*sentence = "the device is gone; open it again";
		return NPURT_ERR_NODEVICE;
	case ETIMEDOUT:
		*sentence = "the driver has reset the NPU; do not repeat the same job";
		return call == NPURT_RKNPU_SUBMIT ? NPURT_ERR_TIMEOUT : codes[call];
	case EFAULT:
		*sentence =
		    "the device's address space is full; use fewer or smaller buffers";
		return codes[call];
	case ENOMEM:
		*sentence = "the driver is out of memory";
		return codes[call];
	case EINVAL:
		*sentence = call == NPURT_RKNPU_SUBMIT
				? "bad header, another process's reset, or a stuck queue"
				: "the driver refused the request";
		return codes[call];
	default:
		*sentence = strerror(err);
		return codes[call];
	}
}

static enum npurt_err fail_errno(struct npurt_error *error, enum npurt_rknpu_call call,
				 const char *what, int err)
{
	const char *sentence;
	enum npurt_err code = npurt_rknpu_error(call, err, &sentence);

	return npurt_failf(error, code, "%s: errno %u: %s", what, (uint32_t)err,
			   sentence);
}

/* The one place that repeats.  Returns 0 or an errno. */
static int do_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret && (errno == EINTR || errno == EAGAIN));
	return ret ? errno : 0;
}

static void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static uint64_t page_round(uint64_t bytes)
{
	return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

static void rknpu_bo_destroy(struct npurt_device *dev, struct npurt_device_bo *bo)
{
	struct rknpu_device *d = (struct rknpu_device *)dev;
	struct rknpu_mem_destroy destroy = { .handle = bo->handle,
					     .obj_addr = bo->token };

	if (bo->data)
		munmap(bo->data, page_round(bo->bytes));
	do_ioctl(d->fd, RKNPU_MEM_DESTROY, &destroy);
	bo->data = NULL;
	bo->handle = 0;
}

static enum npurt_err rknpu_bo_create(struct npurt_device *dev,
				      struct npurt_device_bo *bo,
				      struct npurt_error *error)
{
	struct rknpu_device *d = (struct rknpu_device *)dev;
	struct rknpu_mem_create create = { .flags = bo->flags, .size = bo->bytes };
	struct rknpu_mem_map map = { 0 };
	enum npurt_err code;
	int err = do_ioctl(d->fd, RKNPU_MEM_CREATE, &create);

	if (err)
		return fail_errno(error, NPURT_RKNPU_MEMORY, "MEM_CREATE", err);
	bo->handle = map.handle = create.handle;
	bo->token = create.obj_addr;
	bo->dma_addr = create.dma_addr;
	bo->data = NULL;
	if (!create.handle)
		return npurt_fail(error, NPURT_ERR_DEVICE_MEMORY,
				  "MEM_CREATE gave no handle");
	if (!create.obj_addr || create.size != page_round(bo->bytes) ||
	    create.sram_size) {
		code =
		    npurt_failf(error, NPURT_ERR_DEVICE_MEMORY,
				"MEM_CREATE gave %U bytes for %U, object %s", create.size,
				bo->bytes, create.obj_addr ? "set" : "null");
		rknpu_bo_destroy(dev, bo);
		return code;
	}
	err = do_ioctl(d->fd, RKNPU_MEM_MAP, &map);
	if (!err) {
		void *p = mmap(NULL, page_round(bo->bytes), PROT_READ | PROT_WRITE,
			       MAP_SHARED, d->fd, (off_t)map.offset);

		if (p == MAP_FAILED)
			err = errno;
		else
			bo->data = p;
	}
	if (!err)
		return NPURT_OK;
	code = fail_errno(error, NPURT_RKNPU_MEMORY, "mapping", err);
	rknpu_bo_destroy(dev, bo);
	return code;
}

/* Whole cache lines, but nothing outside the buffer. */
static enum npurt_err rknpu_bo_sync(struct npurt_device *dev,
				    const struct npurt_device_bo *bo, uint32_t flags,
				    uint64_t offset, uint64_t bytes,
				    struct npurt_error *error)
{
	struct rknpu_device *d = (struct rknpu_device *)dev;
	const uint64_t line = 64;
	uint64_t first = offset / line * line;
	uint64_t end = (offset + bytes + line - 1) / line * line;
	struct rknpu_mem_sync sync = { .flags = flags,
				       .obj_addr = bo->token,
				       .offset = first };
	int err;

	if (offset > bo->bytes || bytes > bo->bytes - offset)
		return npurt_fail(error, NPURT_ERR_DEVICE_SYNC, "outside the buffer");
	sync.size = (end > bo->bytes ? bo->bytes : end) - first;
	err = do_ioctl(d->fd, RKNPU_MEM_SYNC, &sync);
	return err ? fail_errno(error, NPURT_RKNPU_SYNC, "MEM_SYNC", err) : NPURT_OK;
}

/* Between processes the device node itself is the lock; it goes with the fd. */
static int lock_device(struct rknpu_device *d)
{
	int ret;

	pthread_mutex_lock(&d->lock);
	do {
		ret = flock(d->fd, LOCK_EX);
	} while (ret && errno == EINTR);
	if (!ret)
		return 0;
	ret = errno;
	pthread_mutex_unlock(&d->lock);
	return ret;
}

static void unlock_device(struct rknpu_device *d)
{
	flock(d->fd, LOCK_UN);
	pthread_mutex_unlock(&d->lock);
}

static enum npurt_err rknpu_submit(struct npurt_device *dev, struct npurt_job *job,
				   struct npurt_error *error)
{
	struct rknpu_device *d = (struct rknpu_device *)dev;
	struct rknpu_submit submit = { .flags = job->flags,
				       .timeout = job->timeout_ms,
				       .task_start = job->task_start,
				       .task_number = job->task_number,
				       .task_obj_addr = job->task_bo->token,
				       .core_mask = job->core_mask,
				       .fence_fd = -1 };
	int err;

	for (int i = 0; i < 5; i++) {
		submit.subcore_task[i].task_start = job->subcore[i].task_start;
		submit.subcore_task[i].task_number = job->subcore[i].task_number;
	}
	err = lock_device(d);
	if (err)
		return fail_errno(error, NPURT_RKNPU_SUBMIT, "lock", err);
	err = ioctl(d->fd, RKNPU_SUBMIT, &submit) ? errno : 0;
	if (err)
		sleep_ms(RECOVERY_MS);
	unlock_device(d);
	job->task_counter = submit.task_counter;
	job->hw_elapsed_ns = submit.hw_elapse_time;
	if (!err)
		return NPURT_OK;
	if (error && error->code == NPURT_OK)
		error->found = submit.task_counter;
	npurt_detailf(error, "%u tasks begun; ", submit.task_counter);
	return fail_errno(error, NPURT_RKNPU_SUBMIT, "SUBMIT", err);
}

static const char *rknpu_describe(const struct npurt_device *dev)
{
	return ((const struct rknpu_device *)dev)->describe;
}

static void rknpu_close(struct npurt_device *dev)
{
	struct rknpu_device *d = (struct rknpu_device *)dev;

	close(d->fd);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

static const struct npurt_device_ops rknpu_ops = {
	.bo_create = rknpu_bo_create,
	.bo_destroy = rknpu_bo_destroy,
	.bo_sync = rknpu_bo_sync,
	.submit = rknpu_submit,
	.describe = rknpu_describe,
	.close = rknpu_close,
};

/* ---- finding the node ---- */

static int get_action(int fd, enum rknpu_action what, uint32_t *value)
{
	struct rknpu_action_arg arg = { .flags = what };
	int err = do_ioctl(fd, RKNPU_ACTION, &arg);

	*value = arg.value;
	return err;
}

/* A node is the NPU's by the name its driver gives, never by its number. */
static enum npurt_err check_name(int fd, const char *path, struct npurt_error *error)
{
	char name[16] = { 0 };
	struct drm_version_arg version = { .name_len = sizeof name - 1,
					   .name = (uintptr_t)name };
	int err = do_ioctl(fd, RKNPU_DRM_VERSION, &version);

	if (err)
		return fail_errno(error, NPURT_RKNPU_OPEN, path, err);
	if (strcmp(name, RKNPU_DRM_NAME))
		return npurt_failf(
		    error, NPURT_ERR_DEVICE_KIND, "%s: DRM driver '%s'%s", path, name,
		    strcmp(name, "rocket") ? "" : " (mainline) is not supported");
	return NPURT_OK;
}

static enum npurt_err check_versions(int fd, const char *path, char *describe,
				     struct npurt_error *error)
{
	uint32_t driver = 0, hardware = 0, iommu = 0;
	struct npurt_error text;
	int err = get_action(fd, RKNPU_GET_DRV_VERSION, &driver);

	if (!err)
		err = get_action(fd, RKNPU_GET_HW_VERSION, &hardware);
	if (!err)
		err = get_action(fd, RKNPU_GET_IOMMU_EN, &iommu);
	if (err)
		return fail_errno(error, NPURT_RKNPU_OPEN, path, err);
	if (driver < RKNPU_MIN_DRIVER) {
		if (error) {
			error->found = driver;
			error->allowed = RKNPU_MIN_DRIVER;
		}
		return npurt_failf(error, NPURT_ERR_DEVICE_KIND,
				   "%s: driver %u.%u.%u, 0.9.6 is the oldest supported",
				   path, driver / 10000, driver / 100 % 100,
				   driver % 100);
	}
	if (hardware != RKNPU_HW_RK3588)
		return npurt_failf(error, NPURT_ERR_DEVICE_KIND,
				   "%s: hardware %x is not an RK3588", path, hardware);
	npurt_error_reset(&text);
	npurt_failf(&text, NPURT_ERR_STATE, "%s, rknpu %u.%u.%u, IOMMU %s", path,
		    driver / 10000, driver / 100 % 100, driver % 100,
		    iommu ? "on" : "off");
	memcpy(describe, text.detail, sizeof text.detail);
	return NPURT_OK;
}

static enum npurt_err open_node(struct npurt_device **out, const char *path,
				struct npurt_error *error)
{
	char describe[NPURT_DETAIL_BYTES];
	struct rknpu_device *d;
	enum npurt_err code;
	int fd;

	do {
		fd = open(path, O_RDWR | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return fail_errno(error, NPURT_RKNPU_OPEN, path, errno);
	code = check_name(fd, path, error);
	if (!code)
		code = check_versions(fd, path, describe, error);
	d = code ? NULL : calloc(1, sizeof *d);
	if (!d) {
		close(fd);
		return code ? code : npurt_fail(error, NPURT_ERR_NOMEM, "device");
	}
	d->device.ops = &rknpu_ops;
	d->fd = fd;
	pthread_mutex_init(&d->lock, NULL);
	memcpy(d->describe, describe, sizeof d->describe);
	*out = &d->device;
	return NPURT_OK;
}

/* Render nodes first: they need no rights to the display. */
static enum npurt_err search_nodes(struct npurt_device **out, struct npurt_error *error)
{
	static const struct {
		const char *prefix;
		uint32_t first, count;
	} kinds[] = { { "/dev/dri/renderD", 128, 64 }, { "/dev/dri/card", 0, 64 } };
	struct npurt_error denied;

	npurt_error_reset(&denied);
	for (int k = 0; k < 2; k++) {
		for (uint32_t i = 0; i < kinds[k].count; i++) {
			struct npurt_error path, e;
			enum npurt_err code;

			npurt_error_reset(&path);
			npurt_error_reset(&e);
			npurt_failf(&path, NPURT_ERR_STATE, "%s%u", kinds[k].prefix,
				    kinds[k].first + i);
			if (access(path.detail, F_OK))
				continue;
			code = open_node(out, path.detail, &e);
			if (!code)
				return NPURT_OK;
			/* The most telling failure is that of a node we may not open. */
			if (denied.code == NPURT_OK || code == NPURT_ERR_NODEVICE)
				denied = e;
		}
	}
	if (denied.code != NPURT_OK)
		return npurt_failf(error, denied.code, "%s", denied.detail);
	return npurt_fail(error, NPURT_ERR_NODEVICE, "there is no node in /dev/dri");
}

enum npurt_err npurt_device_open_rknpu(struct npurt_device **out, const char *path,
				       struct npurt_error *error)
{
	const char *forbidden = getenv("NPURT_NO_DEVICE");
	struct npurt_error local;

	error = error ? error : &local;
	npurt_error_reset(error);
	if (!out)
		return npurt_fail(error, NPURT_ERR_ARGUMENT, "out is NULL");
	if (forbidden && *forbidden && strcmp(forbidden, "0"))
		return npurt_fail(error, NPURT_ERR_DEVICE_FORBIDDEN, "");
	return path ? open_node(out, path, error) : search_nodes(out, error);
}
