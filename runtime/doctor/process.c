#include "process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* "pid (name) S ppid pgrp ...": the name may hold anything, even ')'. */
static bool parse_stat(const char *line, struct process *p, char *state)
{
	const char *open = strchr(line, '('), *close = strrchr(line, ')');
	long pid, group;

	if (!open || !close || close < open || sscanf(line, "%ld", &pid) != 1 ||
	    sscanf(close + 1, " %c %*d %ld", state, &group) != 2)
		return false;
	p->pid = (pid_t)pid;
	p->group = (pid_t)group;
	snprintf(p->name, sizeof p->name, "%.*s", (int)(close - open - 1), open + 1);
	return true;
}

bool process_find(struct sys *sys, pid_t pid, struct process *p)
{
	char path[SYS_PATH_BYTES], line[512], state;

	*p = (struct process){ 0 };
	sys_path(path, "/proc/%ld/stat", (long)pid);
	if (sys_read_line(sys, path, line, sizeof line) || !parse_stat(line, p, &state))
		return false;
	p->uninterruptible = state == 'D';
	return state != 'Z' && state != 'X'; /* only a record is left of those */
}

int process_read(struct sys *sys, struct process_list *list)
{
	struct sys_names names;
	int error = sys->list_dir(sys, "/proc", &names);

	*list = (struct process_list){ 0 };
	if (error)
		return error;
	for (size_t i = 0; i < names.count; i++) {
		struct process p;

		if (names.items[i][strspn(names.items[i], "0123456789")] ||
		    !process_find(sys, (pid_t)strtol(names.items[i], NULL, 10), &p))
			continue;
		list->items = mem_grow(list->items, list->count, sizeof *list->items);
		list->items[list->count++] = p;
	}
	sys_names_free(&names);
	return 0;
}

void process_list_free(struct process_list *list)
{
	free(list->items);
	*list = (struct process_list){ 0 };
}

static bool names_driver(struct sys *sys, const char *path)
{
	static const char *const drivers[] = { "rknpu", "axcl", "amdxdna", "aie2_" };
	struct sys_text text;
	bool hit = false;

	if (sys->read_file(sys, path, SYS_SMALL_BYTES, &text))
		return false;
	for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
		hit = hit || strstr(text.bytes, drivers[i]);
	sys_text_free(&text);
	return hit;
}

static void look_at_threads(struct sys *sys, struct process *p)
{
	static const char *const files[] = { "wchan", "stack" };
	char dir[64], path[SYS_PATH_BYTES], line[512], state;
	struct sys_names names;

	snprintf(dir, sizeof dir, "/proc/%ld/task", (long)p->pid);
	if (sys->list_dir(sys, dir, &names))
		return;
	for (size_t i = 0; i < names.count; i++) {
		struct process thread;

		sys_path(path, "%s/%s/stat", dir, names.items[i]);
		if (sys_read_line(sys, path, line, sizeof line) ||
		    !parse_stat(line, &thread, &state) || state != 'D')
			continue;
		p->uninterruptible = true;
		for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
			sys_path(path, "%s/%s/%s", dir, names.items[i], files[f]);
			p->in_driver = p->in_driver || names_driver(sys, path);
		}
	}
	sys_names_free(&names);
}

void process_look(struct sys *sys, struct process *p, const char *node)
{
	char dir[64], path[SYS_PATH_BYTES], target[SYS_PATH_BYTES];
	struct sys_names names;

	look_at_threads(sys, p);
	snprintf(dir, sizeof dir, "/proc/%ld/fd", (long)p->pid);
	p->fd_error = sys->list_dir(sys, dir, &names);
	if (p->fd_error)
		return;
	for (size_t i = 0; i < names.count && node[0]; i++) {
		sys_path(path, "%s/%s", dir, names.items[i]);
		if (!sys->read_link(sys, path, target, sizeof target) &&
		    !strcmp(target, node))
			p->holds_node = true;
	}
	sys_names_free(&names);
}

const char *process_objection(const struct process *p)
{
	if (p->in_driver)
		return "it waits inside the NPU's driver: killing it in the middle of a "
		       "job can crash the board";
	if (p->uninterruptible && p->holds_node)
		return "it is in state D with the NPU open, so it is inside a job; "
		       "killing it there can crash the board";
	if (p->uninterruptible && p->fd_error)
		return "it is in state D and its files cannot be seen, so it may be "
		       "inside a job; look again as root";
	return NULL;
}
