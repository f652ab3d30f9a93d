/*
 * Everything npudoctor asks of the machine (struct sys) and does to it (struct
 * hands), as function pointers, so that tests bring a machine of their own.  A
 * diagnosis only ever gets a struct sys: it cannot change anything.
 *
 * Functions that return int return 0 or an errno value.
 */
#ifndef DOCTOR_SYS_H
#define DOCTOR_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SYS_PATH_BYTES 512
#define SYS_NAMES_MAX 4096u		   /* entries of one directory */
#define SYS_SMALL_BYTES ((size_t)64 << 10) /* of a sysfs, debugfs or /proc file */
#define SYS_LOG_BYTES ((size_t)64 << 20)   /* of a log */
#define SYS_NODE_LIMIT_MS 3000u /* a node that does not answer by then is hung */

struct sys_text {
	char *bytes; /* zero-terminated as well; free() it */
	size_t count;
};

struct sys_names {
	char **items; /* sorted: digits by value; sys_names_free() */
	size_t count;
};

/* Who may use a file. */
struct sys_access {
	uint32_t mode; /* permission bits */
	char owner[32], group[32];
};

enum sys_action { SYS_HW_VERSION, SYS_DRV_VERSION, SYS_IOMMU_EN, SYS_ACTION_N };

/* What a device node answers. */
struct sys_node {
	int open_error;	   /* ETIMEDOUT: it did not answer in time */
	int version_error; /* of DRM VERSION; the name is empty then */
	char name[32], version[32], date[32];
	struct {
		int error;
		uint32_t value;
	} action[SYS_ACTION_N]; /* only of RKNPU nodes */
};

struct sys {
	/* At most `max` bytes; the rest is cut off. */
	int (*read_file)(struct sys *sys, const char *path, size_t max,
			 struct sys_text *text);
	int (*list_dir)(struct sys *sys, const char *path, struct sys_names *names);
	int (*read_link)(struct sys *sys, const char *path, char *target, size_t bytes);
	int (*get_access)(struct sys *sys, const char *path, struct sys_access *access);
	/* Open, ask, close; never blocks for longer than SYS_NODE_LIMIT_MS. */
	int (*ask_node)(struct sys *sys, const char *path, struct sys_node *node);
	/* The kernel's log as text; *name is what evidence quotes ("/dev/kmsg"). */
	int (*kernel_log)(struct sys *sys, struct sys_text *text, const char **name);
	/* Words of a physical address range; the block must have power. */
	int (*read_mmio)(struct sys *sys, uint64_t address, const uint32_t *offsets,
			 size_t count, uint32_t *values);
	uint64_t (*now_ms)(struct sys *sys);
	void (*sleep_ms)(struct sys *sys, uint32_t ms);
	const char *root; /* "" for this machine, else where copied data begins */
};

/* One helper program to run. */
struct sys_command {
	const char *const *argv; /* ends with NULL */
	const char *const *env; /* "NAME=VALUE" on top of ours, ends with NULL; or NULL */
	const char *output;	/* file for its standard output; NULL: ours */
	uint32_t limit_ms;
	/*
	 * Asked before the group is killed at the limit; false leaves it alone.  NULL:
	 * a helper of ours, killed with all that it started.
	 */
	bool (*may_kill)(pid_t group);
};

struct sys_outcome {
	bool timed_out;	   /* it was killed after its limit */
	pid_t left_behind; /* it is still there: not to be killed, or state D; 0: none */
	int exit_code;	   /* 128 + signal when one ended it */
};

struct hands {
	int (*run)(struct hands *hands, const struct sys_command *command,
		   struct sys_outcome *outcome);
	/* Both can block in the kernel, so both have a limit: ETIMEDOUT. */
	int (*write_file)(struct hands *hands, const char *path, const char *text,
			  uint32_t limit_ms);
	int (*reset_node)(struct hands *hands, const char *path, uint32_t limit_ms);
	/* Remove a lock file that nobody holds: EWOULDBLOCK when somebody does. */
	int (*remove_stale)(struct hands *hands, const char *path);
	int (*kill_group)(struct hands *hands, pid_t group, int sig);
	/* A yes/no question to the user; no answer is no. */
	bool (*confirm)(struct hands *hands, const char *question);
	bool assume_yes;
};

/* This machine, or data collected from another below `root`. */
void sys_host_init(struct sys *sys, const char *root);
void hands_host_init(struct hands *hands, bool assume_yes);

void sys_text_free(struct sys_text *text);
void sys_names_free(struct sys_names *names);

/* First line of a small file, without its newline and outer blanks; "" on error. */
int sys_read_line(struct sys *sys, const char *path, char *line, size_t bytes);

/* snprintf whose result fits by construction or is cut. */
void sys_path(char path[SYS_PATH_BYTES], const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
