/*
 * The records of a capture: registers, addresses, chain words and order of writes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus/capture_priv.h"

/* The first register that no record of ours writes: one without a name, "R4108". */
static void note_unknown(struct capture_task *t, const char *name)
{
	if (!t->unknown[0])
		snprintf(t->unknown, sizeof t->unknown, "%s", name);
}

static bool read_regs(const struct capture_reading *r, const json_t *task,
		      struct capture_task *t)
{
	const char *key;
	json_t *v;

	json_object_foreach(json_object_get(task, "regs"), key, v) {
		enum npu_reg reg = capture_reg(key);

		if (reg == NPU_REG_N) {
			note_unknown(t, key);
			continue;
		}
		if (!capture_is_u32(v))
			return capture_fail(r, "register %s is not a 32-bit number", key);
		t->value[reg] = (uint32_t)json_integer_value(v);
		t->has[reg] = t->written[reg] = true;
	}
	return true;
}

/*
 * Addresses as offsets in their buffers.  One that lies in no buffer of the run (joined
 * from another run, or a buffer that was not recorded) has no offset, and no value.
 */
static void read_addresses(const json_t *task, struct capture_task *t)
{
	const char *key, *buffer;
	json_t *v;

	json_object_foreach(json_object_get(task, "addr"), key, v) {
		enum npu_reg reg = capture_reg(key);
		const json_t *offset = json_array_get(v, 1);

		if (reg == NPU_REG_N)
			continue;
		t->is_addr[reg] = true;
		t->unplaced[reg] = !capture_is_u32(offset);
		t->has[reg] = !t->unplaced[reg];
		t->value[reg] = t->has[reg] ? (uint32_t)json_integer_value(offset) : 0;
		buffer = json_string_value(json_array_get(v, 0));
		t->in_weight_bo[reg] = buffer && !strcmp(buffer, "weight_bo");
	}
}

static bool read_tail(const struct capture_reading *r, const json_t *tail, struct capture_task *t)
{
	if (!json_is_array(tail) || json_array_size(tail) != 4)
		return true;
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 3; k++) {
			const json_t *v = json_array_get(json_array_get(tail, i), k);

			if (!capture_is_u32(v))
				return capture_fail(r, "\"tail\" is not four words of three");
			t->tail[i][k] = (uint32_t)json_integer_value(v);
		}
	}
	t->has_tail = true;
	return true;
}

/* A delta inherits from the task two before in its list. */
static void complete_delta(struct capture *c, uint32_t index)
{
	struct capture_task *t = &c->tasks[index], *from;

	if (index < 2)
		return;
	from = &c->tasks[index - 2];
	if (from->plan != t->plan || from->core != t->core || from->mask != t->mask)
		return;
	for (int reg = 0; reg < NPU_REG_N; reg++) {
		if (!t->has[reg] && !t->unplaced[reg] && from->has[reg]) {
			t->value[reg] = from->value[reg];
			t->has[reg] = true;
			t->is_addr[reg] = from->is_addr[reg];
		}
	}
}

/* The order of writes, by number in the directory's list; one not in it is not known. */
static void read_order(const json_t *j, const struct capture_orders *orders,
		       struct capture_task *t)
{
	const json_t *v = json_object_get(j, "order");
	json_int_t at = json_integer_value(v);

	if (!orders || !orders->count || !json_is_integer(v))
		return;
	t->order_missing = at < 0 || at >= orders->count;
	if (!t->order_missing && orders->length[at] == t->amount)
		t->order = orders->order[at];
}

/* A dump joined with a table of another run may lie before its own start. */
static void read_offset(const json_t *j, struct capture_task *t)
{
	const json_t *v = json_object_get(j, "regcmd_offset");

	t->has_offset = capture_is_u32(v);
	if (t->has_offset)
		t->regcmd_offset = (uint32_t)json_integer_value(v);
}

bool capture_read_tasks(const struct capture_reading *r, const json_t *tasks,
			const struct capture_orders *orders, struct capture *c)
{
	if (!json_is_array(tasks))
		return capture_fail(r, "no \"tasks\"");
	c->task_count = (uint32_t)json_array_size(tasks);
	c->tasks = calloc(c->task_count ? c->task_count : 1, sizeof *c->tasks);
	if (!c->tasks)
		return capture_fail(r, "out of memory");
	for (uint32_t i = 0; i < c->task_count; i++) {
		json_t *j = json_array_get(tasks, i);
		struct capture_task *t = &c->tasks[i];

		if (!capture_u32(r, j, "plan", true, &t->plan) ||
		    !capture_u32(r, j, "core", true, &t->core) ||
		    !capture_u32(r, j, "amount", false, &t->amount) ||
		    !capture_u32(r, j, "mask", false, &t->mask) ||
		    !capture_u32(r, j, "int_mask", false, &t->int_mask) ||
		    !read_regs(r, j, t) ||
		    !read_tail(r, json_object_get(j, "tail"), t))
			return false;
		read_addresses(j, t);
		read_order(j, orders, t);
		read_offset(j, t);
		t->full = t->written[NPU_REG_CNA_DATA_SIZE0];
		complete_delta(c, i);
	}
	return true;
}
