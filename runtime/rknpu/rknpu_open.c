/*
 * Finding the NPU's node and checking what stands behind it: by the name its
 * driver gives, never by its number, and then by what the driver says of itself.
 */
#include "rknpu/device_rknpu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "error.h"
#include "hw/npu_hw.h"
#include "rknpu/rknpu_uapi.h"

#define NICE_OF_VENDOR 0xffffffedu /* -19 */

/* How much a node that cannot be used says about the NPU; the greatest is told. */
enum rank { RANK_ABSENT, RANK_OTHER, RANK_ROCKET, RANK_CLOSED, RANK_UNFIT };

/* One try at one node. */
struct candidate {
	const char *path;
	const struct npurt_rknpu_options *options;
	int fd;
	uint32_t driver, hardware, iommu;
	const struct npurt_rknpu_version *version;
	struct npurt_error *error;
	enum rank rank; /* of the failure */
};

static enum npurt_err fail_call(struct candidate *c, enum rank rank, int err)
{
	c->rank = rank;
	return npurt_rknpu_fail(c->error, NPURT_RKNPU_OPEN, c->path, err);
}

static enum npurt_err check_name(struct candidate *c)
{
	char name[16] = { 0 };
	struct drm_version_arg version = { .name_len = sizeof name - 1,
					   .name = (uintptr_t)name };
	int err = npurt_rknpu_ioctl(c->fd, RKNPU_DRM_VERSION, &version);

	if (err)
		return fail_call(c, RANK_OTHER, err);
	if (!strcmp(name, RKNPU_DRM_NAME))
		return NPURT_OK;
	c->rank = strcmp(name, RKNPU_ROCKET_NAME) ? RANK_OTHER : RANK_ROCKET;
	return npurt_failf(
	    c->error, NPURT_ERR_DEVICE_KIND, "%s: DRM driver '%s'%s", c->path, name,
	    c->rank == RANK_ROCKET ? ", the mainline one, is not supported; the vendor's "
				     "'rknpu' is needed"
				   : ", the NPU's is 'rknpu'");
}

/* The thread's niceness is put back: the call is part of the profile, not its use. */
static void set_nice_as_vendor(int fd)
{
	uint32_t value = NICE_OF_VENDOR;
	int before = getpriority(PRIO_PROCESS, 0);

	npurt_rknpu_action(fd, RKNPU_SET_PROC_NICE, &value);
	setpriority(PRIO_PROCESS, 0, before);
}

/* The questions of either profile, in its order; the vendor asks some twice. */
static int ask(struct candidate *c)
{
	bool vendor = c->options->profile == NPURT_PROFILE_VENDOR;
	int err = 0;

	c->hardware = vendor ? UINT32_MAX : 0;
	c->driver = 0;
	if (vendor) {
		err = npurt_rknpu_action(c->fd, RKNPU_GET_HW_VERSION, &c->hardware);
		if (!err)
			err =
			    npurt_rknpu_action(c->fd, RKNPU_GET_DRV_VERSION, &c->driver);
		if (!err) {
			uint32_t value = 0;

			npurt_rknpu_action(c->fd, RKNPU_POWER_ON, &value);
			set_nice_as_vendor(c->fd);
			c->driver = 0; /* asked anew, not with the answer in it */
		}
	}
	if (!err)
		err = npurt_rknpu_action(c->fd, RKNPU_GET_DRV_VERSION, &c->driver);
	if (!err && !vendor)
		err = npurt_rknpu_action(c->fd, RKNPU_GET_HW_VERSION, &c->hardware);
	if (!err)
		err = npurt_rknpu_action(c->fd, RKNPU_GET_IOMMU_EN, &c->iommu);
	return err;
}

static enum npurt_err unfit(struct candidate *c, uint64_t found, uint64_t allowed)
{
	c->rank = RANK_UNFIT;
	c->error->found = found;
	c->error->allowed = allowed;
	return NPURT_ERR_DEVICE_KIND;
}

static enum npurt_err check_versions(struct candidate *c)
{
	uint32_t oldest = npurt_rknpu_oldest();
	int err = ask(c);
	enum npurt_err code;

	if (err)
		return fail_call(c, RANK_UNFIT, err);
	c->version = npurt_rknpu_version(c->driver);
	if (c->version->support == RKNPU_REFUSED ||
	    (c->version->support == RKNPU_IF_ASKED && !c->options->old_driver)) {
		code = unfit(c, c->driver, oldest);
		return npurt_failf(c->error, code,
				   "%s: driver %u.%u.%u found, %u.%u.%u or later needed: "
				   "%s",
				   c->path, c->driver / 10000, c->driver / 100 % 100,
				   c->driver % 100, oldest / 10000, oldest / 100 % 100,
				   oldest % 100, c->version->lacks);
	}
	if (c->hardware != RKNPU_HW_RK3588) {
		code = unfit(c, c->hardware, RKNPU_HW_RK3588);
		return npurt_failf(
		    c->error, code,
		    "%s: hardware version %x found, %x (RK3588) needed: another chip",
		    c->path, c->hardware, RKNPU_HW_RK3588);
	}
	return NPURT_OK;
}

/* ---- the lock file ---- */

/*
 * The same file for every program, whichever node it opens.  Not created where it
 * exists: the kernel may forbid that in a shared directory.
 */
static int open_lock(const struct npurt_rknpu_options *o, int node)
{
	static const char *const usual[] = { "/run/lock/npurt.lock", "/tmp/npurt.lock" };
	const char *const *paths = o->lock_path ? &o->lock_path : usual;
	size_t count = o->lock_path ? 1 : sizeof usual / sizeof usual[0];

	for (size_t i = 0; i < count; i++) {
		int fd = npurt_rknpu_open_lock(paths[i]);

		if (fd >= 0)
			return fd;
	}
	return node;
}

/* ---- the device ---- */

static void describe(struct npurt_rknpu *d, const struct candidate *c)
{
	struct npurt_error text;

	npurt_error_reset(&text);
	npurt_detailf(&text, "%s, rknpu %u.%u.%u", c->path, c->driver / 10000,
		      c->driver / 100 % 100, c->driver % 100);
	if (c->driver > npurt_rknpu_newest())
		npurt_detailf(&text, " (newer than known, taken for %u)",
			      npurt_rknpu_newest());
	npurt_detailf(&text, ", IOMMU %s, ", c->iommu ? "on" : "off");
	if (d->device.cores)
		npurt_detailf(&text, "%u core%s", d->device.cores,
			      d->device.cores == 1 ? "" : "s");
	else
		npurt_detailf(&text, "core count unknown");
	memcpy(d->describe, text.detail, sizeof d->describe);
}

static struct npurt_rknpu *make_device(const struct candidate *c)
{
	struct npurt_rknpu *d = calloc(1, sizeof *d);

	if (!d)
		return NULL;
	d->device.ops = &npurt_rknpu_ops;
	d->device.profile = c->options->profile;
	d->device.cores =
	    c->options->cores ? c->options->cores : npurt_rknpu_count_cores("", c->path);
	d->fd = c->fd;
	d->lock_fd = open_lock(c->options, c->fd);
	d->version = c->version;
	d->iommu = c->iommu != 0;
	d->sleep_ms = c->options->sleep_ms ? c->options->sleep_ms : npurt_rknpu_sleep;
	pthread_mutex_init(&d->lock, NULL);
	describe(d, c);
	return d;
}

static enum npurt_err open_node(struct npurt_device **out, struct candidate *c)
{
	int err = npurt_rknpu_open_path(c->path, &c->fd);
	struct npurt_rknpu *d;
	enum npurt_err code;

	if (err)
		return fail_call(
		    c, err == ENOENT || err == ENXIO ? RANK_ABSENT : RANK_CLOSED, err);
	code = check_name(c);
	if (!code)
		code = check_versions(c);
	d = code ? NULL : make_device(c);
	if (!d) {
		close(c->fd);
		if (code)
			return code;
		c->rank = RANK_UNFIT;
		return npurt_fail(c->error, NPURT_ERR_NOMEM, "device");
	}
	*out = &d->device;
	return NPURT_OK;
}

/*
 * The dma-heap build's character device has no DRM name to ask for; its buffers are
 * dma-bufs with rules of their own, which this runtime does not follow.
 */
static void look_at_char_device(struct candidate *c)
{
	struct rknpu_action_arg arg = { .flags = RKNPU_GET_DRV_VERSION };
	int err = npurt_rknpu_open_path(c->path, &c->fd);

	if (err) {
		fail_call(c, err == ENOENT || err == ENXIO ? RANK_ABSENT : RANK_CLOSED,
			  err);
		return;
	}
	err = npurt_rknpu_ioctl(c->fd, RKNPU_CHAR_ACTION, &arg);
	close(c->fd);
	c->rank = RANK_UNFIT;
	if (err)
		fail_call(c, RANK_OTHER, err);
	else
		npurt_failf(c->error, NPURT_ERR_DEVICE_KIND,
			    "%s: driver %u.%u.%u built for dma-heap is not supported; "
			    "the DRM build (a node in /dev/dri) is needed",
			    c->path, arg.value / 10000, arg.value / 100 % 100,
			    arg.value % 100);
}

/* Render nodes first: they need no rights to the display. */
static enum npurt_err search_nodes(struct npurt_device **out,
				   const struct npurt_rknpu_options *o,
				   struct npurt_error *error)
{
	static const struct {
		const char *prefix;
		uint32_t first, count;
		bool numbered;
	} kinds[] = { { "/dev/dri/renderD", 128, 64, true },
		      { "/dev/dri/card", 0, 64, true },
		      { "/dev/accel/accel", 0, 8, true },
		      { "/dev/rknpu", 0, 1, false } };
	struct npurt_error telling;
	enum rank rank = RANK_ABSENT;

	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		for (uint32_t i = 0; i < kinds[k].count; i++) {
			struct npurt_error path, e;
			struct candidate c = { .path = path.detail,
					       .options = o,
					       .error = &e };

			npurt_error_reset(&path);
			npurt_error_reset(&e);
			npurt_detailf(&path, "%s", kinds[k].prefix);
			if (kinds[k].numbered)
				npurt_detailf(&path, "%u", kinds[k].first + i);
			if (!kinds[k].numbered)
				look_at_char_device(&c);
			else if (!open_node(out, &c))
				return NPURT_OK;
			if (c.rank > rank) {
				rank = c.rank;
				telling = e;
			}
		}
	}
	if (rank == RANK_ABSENT)
		return npurt_fail(error, NPURT_ERR_NODEVICE,
				  "no node of an NPU in /dev/dri; is the driver loaded?");
	*error = telling;
	return telling.code;
}

enum npurt_err npurt_device_open_rknpu_with(struct npurt_device **out,
					    const struct npurt_rknpu_options *options,
					    struct npurt_error *error)
{
	static const struct npurt_rknpu_options none;
	const char *forbidden = getenv("NPURT_NO_DEVICE");
	struct npurt_error local;
	struct candidate c;

	error = error ? error : &local;
	npurt_error_reset(error);
	options = options ? options : &none;
	if (!out)
		return npurt_fail(error, NPURT_ERR_ARGUMENT, "out is NULL");
	if (options->profile > NPURT_PROFILE_VENDOR || options->cores > NPU_MAX_CORES)
		return npurt_fail(error, NPURT_ERR_ARGUMENT, "profile or cores");
	if (forbidden && *forbidden && strcmp(forbidden, "0"))
		return npurt_fail(error, NPURT_ERR_DEVICE_FORBIDDEN,
				  "the variable is set in the environment");
	if (!options->path)
		return search_nodes(out, options, error);
	c = (struct candidate){ .path = options->path,
				.options = options,
				.error = error };
	return open_node(out, &c);
}

enum npurt_err npurt_device_open_rknpu(struct npurt_device **out, const char *path,
				       struct npurt_error *error)
{
	const struct npurt_rknpu_options options = { .path = path };

	return npurt_device_open_rknpu_with(out, &options, error);
}
