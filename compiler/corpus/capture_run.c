/*
 * The run-time side of a capture: buffers, syncs, submit; and the directory's
 * list of write orders.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus/capture_priv.h"

static bool role_of(const char *name, enum npub_bo_role *role)
{
	static const char *const names[] = {
		[NPUB_BO_TASK] = "task", [NPUB_BO_WEIGHT] = "weight",
		[NPUB_BO_INTERNAL] = "internal", [NPUB_BO_INPUT] = "input",
		[NPUB_BO_OUTPUT] = "output",
	};

	for (size_t i = 0; name && i < sizeof names / sizeof names[0]; i++) {
		if (!strcmp(names[i], name)) {
			*role = (enum npub_bo_role)i;
			return true;
		}
	}
	return false;
}

/* "task": 440 or "task": { "size": 440, ... }; 0 when absent. */
static uint64_t size_of(const json_t *sizes, const char *key)
{
	const json_t *v = json_object_get(sizes, key);

	if (json_is_object(v))
		v = json_object_get(v, "size");
	return json_is_integer(v) && json_integer_value(v) > 0
		       ? (uint64_t)json_integer_value(v) : 0;
}

/* A lone conv's sizes; in a network they are those of the whole network. */
static void read_sizes(const json_t *root, struct capture *c)
{
	const json_t *sizes = json_object_get(root, "bo_sizes");
	const json_t *offset = json_object_get(root, "regcmd_bo_offset");
	const json_t *page = json_object_get(root, "regcmd_page_offset");

	if (!c->single_op)
		return;
	c->bos.has_page_offset = capture_is_u32(page);
	if (c->bos.has_page_offset)
		c->bos.regcmd_page_offset = (uint32_t)json_integer_value(page);
	c->bos.task = size_of(sizes, "task");
	c->bos.weight = size_of(sizes, "weight");
	c->bos.internal = size_of(sizes, "internal");
	c->bos.input = size_of(sizes, "input");
	c->bos.output = size_of(sizes, "output");
	c->bos.regcmd = size_of(sizes, "regcmd");
	c->bos.regcmd_offset = size_of(sizes, "weight_arena");
	/* a table joined with the commands of another run has no offset to speak of */
	if (json_is_object(sizes) && json_is_integer(offset) && json_integer_value(offset) > 0)
		c->bos.regcmd_offset = (uint64_t)json_integer_value(offset);
}

static bool event_u64(const struct capture_reading *r, const json_t *event, size_t i, uint64_t *out)
{
	const json_t *v = json_array_get(event, i);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return capture_fail(r, "ioctl event has no number at %zu", i);
	*out = (uint64_t)json_integer_value(v);
	return true;
}

static void note_create(struct capture *c, enum npub_bo_role role, uint64_t bytes)
{
	uint64_t *const slot[] = {
		[NPUB_BO_TASK] = &c->bos.task, [NPUB_BO_WEIGHT] = &c->bos.weight,
		[NPUB_BO_INTERNAL] = &c->bos.internal, [NPUB_BO_INPUT] = &c->bos.input,
		[NPUB_BO_OUTPUT] = &c->bos.output,
	};

	*slot[role] = bytes;
}

static bool read_submit(const struct capture_reading *r, const json_t *s, struct capture_submit *out)
{
	const json_t *ranges = json_object_get(s, "subcore");

	for (size_t i = 0; i < 5; i++) {
		for (size_t k = 0; k < 2; k++)
			out->subcore[i][k] = (uint32_t)json_integer_value(
				json_array_get(json_array_get(ranges, i), k));
	}
	return capture_u32(r, s, "flags", true, &out->flags) &&
	       capture_u32(r, s, "timeout", false, &out->timeout) &&
	       capture_u32(r, s, "task_start", true, &out->task_start) &&
	       capture_u32(r, s, "task_number", true, &out->task_number) &&
	       capture_u32(r, s, "core_mask", true, &out->core_mask);
}

static bool read_event(const struct capture_reading *r, const json_t *event, struct capture *c)
{
	const char *kind = json_string_value(json_array_get(event, 0));
	const char *name = json_string_value(json_array_get(event, 1));
	enum npub_bo_role role = NPUB_BO_TASK;
	uint64_t flags, offset, bytes;

	if (kind && !strcmp(kind, "create") && role_of(name, &role)) {
		if (!event_u64(r, event, 2, &bytes))
			return false;
		note_create(c, role, bytes);
	} else if (kind && !strcmp(kind, "sync") && role_of(name, &role)) {
		if (!event_u64(r, event, 2, &flags) || !event_u64(r, event, 3, &offset) ||
		    !event_u64(r, event, 4, &bytes))
			return false;
		c->syncs[c->sync_count++] = (struct capture_sync){
			role, (uint32_t)flags, offset, bytes
		};
	} else if (kind && !strcmp(kind, "submit")) {
		c->has_submit = true;
		return read_submit(r, json_array_get(event, 1), &c->submit);
	}
	return true;
}

/* Does the run say that it is of a plan for several cores? */
static bool is_many_cores(const json_t *run)
{
	const json_t *plan = json_object_get(run, "plan");

	return plan && json_integer_value(plan) != 1;
}

/*
 * The first run whose trace names its buffers.  Captures of this project have one for
 * each plan, that of one core first; the submit of another is not what is compared.
 */
static bool read_trace(const struct capture_reading *r, const json_t *root, struct capture *c)
{
	const json_t *run = json_array_get(json_object_get(root, "ioctl"), 0);
	const json_t *events = json_object_get(run, "events");

	if (!json_is_array(events))
		return true;
	c->syncs = calloc(json_array_size(events) + 1, sizeof *c->syncs);
	if (!c->syncs)
		return capture_fail(r, "out of memory");
	for (size_t i = 0; i < json_array_size(events); i++) {
		if (!read_event(r, json_array_get(events, i), c))
			return false;
	}
	c->has_submit = c->has_submit && !is_many_cores(run);
	return true;
}

bool capture_read_run(const struct capture_reading *r, const json_t *root, struct capture *c)
{
	read_sizes(root, c);
	return read_trace(r, root, c);
}

bool capture_orders_from(const struct capture_reading *r, const json_t *root, struct capture_orders *o)
{
	size_t count = json_array_size(root);

	o->order = calloc(count + 1, sizeof *o->order);
	o->length = calloc(count + 1, sizeof *o->length);
	if (!o->order || !o->length)
		return capture_fail(r, "out of memory");
	for (o->count = 0; o->count < count; o->count++) {
		const json_t *list = json_array_get(root, o->count);
		size_t length = json_array_size(list);
		enum npu_reg *order = calloc(length + 1, sizeof *order);

		o->order[o->count] = order;
		o->length[o->count] = (uint32_t)length;
		if (!order)
			return capture_fail(r, "out of memory");
		for (size_t i = 0; i < length; i++) {
			const char *name = json_string_value(json_array_get(list, i));

			order[i] = name ? capture_reg(name) : NPU_REG_N;
		}
	}
	return true;
}

bool capture_orders_read(struct capture_orders *o, const char *dir, char *why)
{
	char path[4096];
	struct capture_reading r = { why, path };
	json_t *root;
	FILE *f;
	bool ok;

	memset(o, 0, sizeof *o);
	snprintf(path, sizeof path, "%s/_orders.json", dir);
	f = fopen(path, "r");
	if (!f)
		return true;
	root = json_loadf(f, 0, NULL);
	fclose(f);
	ok = json_is_array(root) ? capture_orders_from(&r, root, o)
				 : capture_fail(&r, "not an array of orders");
	json_decref(root);
	if (!ok)
		capture_orders_free(o);
	return ok;
}

void capture_orders_free(struct capture_orders *o)
{
	for (uint32_t i = 0; o->order && i < o->count; i++)
		free(o->order[i]);
	free(o->order);
	free(o->length);
	memset(o, 0, sizeof *o);
}
