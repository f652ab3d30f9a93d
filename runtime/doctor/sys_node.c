/*
 * Asking a device node who it is: DRM VERSION, then the three RKNPU actions that
 * only read.  In a copied tree the answers were recorded in a text file.
 */
#define _DEFAULT_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guard.h"
#include "rknpu/rknpu_uapi.h"
#include "sys_host.h"

/* The char device of the dma-heap build: 'r', numbers from 0, 8 bytes. */
#define CHAR_ACTION 0xc0087200u
#define CHAR_NODE "/dev/rknpu"

static const uint32_t actions[SYS_ACTION_N] = {
	[SYS_HW_VERSION] = RKNPU_GET_HW_VERSION,
	[SYS_DRV_VERSION] = RKNPU_GET_DRV_VERSION,
	[SYS_IOMMU_EN] = RKNPU_GET_IOMMU_EN,
};

static int repeat_ioctl(int fd, unsigned long request, void *arg)
{
	int ret;

	do {
		ret = ioctl(fd, request, arg);
	} while (ret < 0 && (errno == EINTR || errno == EAGAIN));
	return ret < 0 ? errno : 0;
}

static void ask_version(int fd, struct sys_node *node)
{
	struct drm_version_arg v = {
		.name_len = sizeof node->name - 1,
		.name = (uint64_t)(uintptr_t)node->name,
		.date_len = sizeof node->date - 1,
		.date = (uint64_t)(uintptr_t)node->date,
	};

	node->version_error = repeat_ioctl(fd, RKNPU_DRM_VERSION, &v);
	if (!node->version_error)
		snprintf(node->version, sizeof node->version, "%d.%d.%d", v.major,
			 v.minor, v.patch);
}

static void ask_actions(int fd, unsigned long request, struct sys_node *node)
{
	for (int i = 0; i < SYS_ACTION_N; i++) {
		struct rknpu_action_arg arg = { actions[i], 0 };

		node->action[i].error = repeat_ioctl(fd, request, &arg);
		node->action[i].value = arg.value;
	}
}

static int ask_work(void *arg, void *result)
{
	const char *path = arg;
	struct sys_node *node = result;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		node->open_error = errno;
		return 0;
	}
	if (!strcmp(path, CHAR_NODE)) {
		node->version_error = ENOTTY;
		ask_actions(fd, CHAR_ACTION, node);
	} else {
		ask_version(fd, node);
		if (!strcmp(node->name, RKNPU_DRM_NAME))
			ask_actions(fd, RKNPU_ACTION, node);
	}
	return 0;
}

/* Keys of a recorded node. */
struct record {
	struct sys_node *node;
	struct sys_access access;
};

static void take_pair(struct record *r, const char *key, const char *value)
{
	static const char *const action_keys[SYS_ACTION_N] = {
		[SYS_HW_VERSION] = "action.0",
		[SYS_DRV_VERSION] = "action.1",
		[SYS_IOMMU_EN] = "action.18",
	};
	unsigned long number = strtoul(value, NULL, 0);

	if (!strcmp(key, "mode"))
		r->access.mode = (uint32_t)number & 07777;
	else if (!strcmp(key, "owner"))
		snprintf(r->access.owner, sizeof r->access.owner, "%.31s", value);
	else if (!strcmp(key, "group"))
		snprintf(r->access.group, sizeof r->access.group, "%.31s", value);
	else if (!strcmp(key, "open.errno"))
		r->node->open_error = (int)number;
	else if (!strcmp(key, "drm.name"))
		snprintf(r->node->name, sizeof r->node->name, "%.31s", value);
	else if (!strcmp(key, "drm.version"))
		snprintf(r->node->version, sizeof r->node->version, "%.31s", value);
	else if (!strcmp(key, "drm.date"))
		snprintf(r->node->date, sizeof r->node->date, "%.31s", value);
	for (int i = 0; i < SYS_ACTION_N; i++) {
		if (!strcmp(key, action_keys[i]))
			r->node->action[i].value = (uint32_t)number;
	}
}

static int read_record(struct sys *sys, const char *path, struct record *r)
{
	char key[32], value[64];
	struct sys_text text;
	int error = sys->read_file(sys, path, SYS_SMALL_BYTES, &text);

	if (error)
		return error;
	r->access = (struct sys_access){ 0660, "root", "root" };
	for (const char *at = text.bytes; *at;) {
		size_t length = strcspn(at, "\n");

		if (sscanf(at, " %31[a-z0-9.] = %63[^\n]", key, value) == 2)
			take_pair(r, key, value);
		at += length + (at[length] == '\n');
	}
	sys_text_free(&text);
	return 0;
}

int sys_node_recorded_access(struct sys *sys, const char *path, struct sys_access *access)
{
	struct sys_node node = { 0 };
	struct record r = { .node = &node };
	int error = read_record(sys, path, &r);

	*access = r.access;
	return error;
}

int sys_node_ask(struct sys *sys, const char *path, struct sys_node *node)
{
	struct record r = { .node = node };
	int error;

	memset(node, 0, sizeof *node);
	if (sys->root[0])
		return read_record(sys, path, &r);
	error = guard_call(ask_work, (void *)(uintptr_t)path, node, sizeof *node,
			   SYS_NODE_LIMIT_MS, NULL);
	if (error)
		*node = (struct sys_node){ .open_error = error };
	return 0;
}
