/* Parts of struct sys for a real machine and for a copied tree. */
#ifndef DOCTOR_SYS_HOST_H
#define DOCTOR_SYS_HOST_H

#include "sys.h"

/* `path` below the root. */
void sys_host_place(const struct sys *sys, const char *path, char full[SYS_PATH_BYTES]);

/* Read a descriptor to its end or `max` bytes. */
int sys_host_read_fd(int fd, size_t max, struct sys_text *text);

/*
 * In a copied tree a device node is a text file with its answers, one "key = value"
 * a line (docs/npudoctor.md); without them it counts as there and readable.
 */
int sys_node_ask(struct sys *sys, const char *path, struct sys_node *node);
int sys_node_recorded_access(struct sys *sys, const char *path,
			     struct sys_access *access);

/* /dev/kmsg, else klogctl; in a copied tree /kernel.log. */
int sys_kernel_log(struct sys *sys, struct sys_text *text, const char **name);

/*
 * One record of /dev/kmsg, "prio,seq,usec,flags;text", as dmesg prints it; NULL for
 * a record of no known form.  Returns where the line ends in `out`.
 */
char *klog_line(const char *record, size_t bytes, char *out, size_t room);

#endif
