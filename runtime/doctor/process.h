/*
 * Processes, as far as they matter to a device: who holds a node, and who is inside
 * a job, where killing does harm.
 */
#ifndef DOCTOR_PROCESS_H
#define DOCTOR_PROCESS_H

#include "sys.h"

struct process {
	pid_t pid, group;
	char name[32];
	bool uninterruptible; /* a thread is in state D */
	bool holds_node;      /* it has the node open */
	bool in_driver;	      /* D, and the kernel names an NPU driver's function */
	int fd_error;	      /* why its files could not be seen; 0 */
};

struct process_list {
	struct process *items;
	size_t count;
};

/* All processes, by number; 0 or an errno value. */
int process_read(struct sys *sys, struct process_list *list);
void process_list_free(struct process_list *list);

/* One of them by number; false when it is gone. */
bool process_find(struct sys *sys, pid_t pid, struct process *p);

/* Fill in what the process does with `node`: threads' states, files, kernel stacks. */
void process_look(struct sys *sys, struct process *p, const char *node);

/*
 * Why the process must not be killed now; NULL when it may.  A thread in state D
 * that holds the node, or may hold it as far as can be seen, is inside a job.
 */
const char *process_objection(const struct process *p);

#endif
