/*
 * Who uses the device, and ending a process without harm.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recover.h"

#define POLL_MS 100u

static void say(char why[RECOVER_TEXT_BYTES], const struct process *p, const char *text)
{
	snprintf(why, RECOVER_TEXT_BYTES, "%ld (%s): %s", (long)p->pid, p->name, text);
}

/* By number, or by exact name when only one process has it. */
bool recover_find_process(const struct recover *r, struct process *p,
			  char why[RECOVER_TEXT_BYTES])
{
	bool by_number = !r->process[strspn(r->process, "0123456789")];
	struct process_list list;
	size_t hits = 0;

	if (process_read(r->sys, &list)) {
		snprintf(why, RECOVER_TEXT_BYTES, "/proc cannot be read");
		return false;
	}
	for (size_t i = 0; i < list.count; i++) {
		const struct process *q = &list.items[i];

		if (by_number ? q->pid != (pid_t)strtol(r->process, NULL, 10)
			      : strcmp(q->name, r->process) != 0)
			continue;
		*p = *q;
		hits++;
	}
	process_list_free(&list);
	if (hits == 1)
		return true;
	if (hits)
		snprintf(why, RECOVER_TEXT_BYTES,
			 "%zu processes are called %.64s; name one by its number", hits,
			 r->process);
	else
		snprintf(why, RECOVER_TEXT_BYTES, "there is no process %.64s",
			 r->process);
	return false;
}

/* Every process of the group may be killed; false with a sentence. */
static bool group_may_die(const struct recover *r, pid_t group, size_t *alive,
			  char why[RECOVER_TEXT_BYTES])
{
	struct process_list list;
	bool ok = true;

	*alive = 0;
	if (process_read(r->sys, &list)) {
		snprintf(why, RECOVER_TEXT_BYTES, "/proc cannot be read");
		return false;
	}
	for (size_t i = 0; i < list.count && ok; i++) {
		struct process *p = &list.items[i];
		const char *objection;

		if (p->group != group)
			continue;
		++*alive;
		process_look(r->sys, p, recover_node(r));
		objection = process_objection(p);
		if (p->pid == 1 || p->pid == getpid())
			objection = "it is not a program that uses the NPU";
		if (objection)
			say(why, p, objection);
		ok = !objection;
	}
	process_list_free(&list);
	return ok;
}

/* True when nobody of the group is left before the limit. */
static bool wait_for_end(const struct recover *r, pid_t group, uint32_t limit_ms)
{
	uint64_t end = r->sys->now_ms(r->sys) + limit_ms;
	char why[RECOVER_TEXT_BYTES];
	size_t alive;

	for (;;) {
		/* a member inside a job counts as alive, which is all that matters */
		bool seen = group_may_die(r, group, &alive, why);

		if (seen && !alive)
			return true;
		if (r->sys->now_ms(r->sys) >= end)
			return false;
		r->sys->sleep_ms(r->sys, POLL_MS);
	}
}

bool recover_end_process(const struct recover *r, char why[RECOVER_TEXT_BYTES])
{
	char question[RECOVER_TEXT_BYTES];
	struct process p;
	size_t alive;

	if (!recover_find_process(r, &p, why) || !group_may_die(r, p.group, &alive, why))
		return false;
	snprintf(question, sizeof question, "End %ld (%s) and its group of %zu?",
		 (long)p.pid, p.name, alive);
	if (!r->hands->confirm(r->hands, question)) {
		snprintf(why, RECOVER_TEXT_BYTES,
			 "nobody agreed (answer y on a terminal, or give --yes)");
		return false;
	}
	if (r->hands->kill_group(r->hands, p.group, SIGTERM)) {
		say(why, &p, "SIGTERM was not allowed; run as its owner or as root");
		return false;
	}
	if (wait_for_end(r, p.group, RECOVER_TERM_MS))
		return true;
	/* it may have entered a job meanwhile */
	if (!group_may_die(r, p.group, &alive, why))
		return false;
	r->hands->kill_group(r->hands, p.group, SIGKILL);
	if (wait_for_end(r, p.group, RECOVER_KILL_MS))
		return true;
	say(why, &p, "it is still there after SIGKILL; it is not waited for");
	return false;
}

/* The group that an earlier step of the plan ends; 0: none. */
static pid_t doomed_group(const struct recover *r)
{
	char why[RECOVER_TEXT_BYTES];
	struct process p;

	return r->process && recover_find_process(r, &p, why) ? p.group : 0;
}

bool recover_is_unused(const struct recover *r, const char *node,
		       char why[RECOVER_TEXT_BYTES])
{
	pid_t doomed = doomed_group(r);
	struct process_list list;
	bool ok = true;

	if (process_read(r->sys, &list)) {
		snprintf(why, RECOVER_TEXT_BYTES, "/proc cannot be read");
		return false;
	}
	for (size_t i = 0; i < list.count && ok; i++) {
		struct process *p = &list.items[i];
		const char *objection = NULL;
		struct process again;

		if (p->pid == getpid())
			continue;
		process_look(r->sys, p, node);
		if (p->in_driver || (p->uninterruptible && p->holds_node))
			objection = "it is inside a job, which this would break";
		else if (doomed && p->group == doomed)
			continue; /* gone by then, or the plan has stopped */
		else if (p->holds_node)
			objection = "it has the device open; end it first (--process)";
		else if (p->fd_error && process_find(r->sys, p->pid, &again))
			objection = "its open files cannot be seen, so it may use the "
				    "device; run as root";
		if (objection)
			say(why, p, objection);
		ok = !objection;
	}
	process_list_free(&list);
	return ok;
}
