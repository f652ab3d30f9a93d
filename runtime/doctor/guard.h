/*
 * Calls that may hang in the kernel, made by a child that can be given up.
 */
#ifndef DOCTOR_GUARD_H
#define DOCTOR_GUARD_H

#include "sys.h"

/*
 * Run `work` in a child and copy the `bytes` it leaves at `result` back.  `work`
 * returns 0 or an errno value, which is returned; ETIMEDOUT when the child had to
 * be killed.  A child that cannot be killed (state D) is left behind and its id put
 * into *left_behind, when that is not NULL.
 */
int guard_call(int (*work)(void *arg, void *result), void *arg, void *result,
	       size_t bytes, uint32_t limit_ms, pid_t *left_behind);

/* Run a program in a process group of its own, which is killed at the limit. */
int guard_run(const struct sys_command *command, struct sys_outcome *outcome);

uint64_t guard_now_ms(void);
void guard_sleep_ms(uint32_t ms);

#endif
